#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| broaden_fuzz::replay(bytes));
