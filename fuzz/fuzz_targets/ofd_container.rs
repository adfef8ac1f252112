#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| boyin_testkit::fuzz::ofd_container(data));
