//! See `cairn_fuzz::jws`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    cairn_fuzz::jws(data);
});
