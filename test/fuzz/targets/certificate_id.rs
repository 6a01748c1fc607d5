//! See `cairn_fuzz::certificate_id`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    cairn_fuzz::certificate_id(data);
});
