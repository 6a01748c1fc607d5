//! See `cairn_fuzz::http_answer`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    cairn_fuzz::http_answer(data);
});
