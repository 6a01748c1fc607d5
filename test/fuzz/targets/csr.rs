//! See `cairn_fuzz::csr`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    cairn_fuzz::csr(data);
});
