//! See `cairn_fuzz::jws_header`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    cairn_fuzz::jws_header(data);
});
