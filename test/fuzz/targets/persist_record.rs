//! See `cairn_fuzz::persist_record`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    cairn_fuzz::persist_record(data);
});
