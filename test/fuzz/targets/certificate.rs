//! See `cairn_fuzz::certificate`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    cairn_fuzz::certificate(data);
});
