#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| boyin_testkit::fuzz::webhook_notice(data));
