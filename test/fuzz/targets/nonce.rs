//! See `cairn_fuzz::nonce`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    cairn_fuzz::nonce(data);
});
