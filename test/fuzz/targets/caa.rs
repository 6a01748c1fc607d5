//! See `cairn_fuzz::caa`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    cairn_fuzz::caa(data);
});
