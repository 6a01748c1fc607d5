//! See `cairn_fuzz::error_detail`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    cairn_fuzz::error_detail(data);
});
