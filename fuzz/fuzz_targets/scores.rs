#![no_main]

#[path = "../../tests/checks/mod.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(
    // The Parquet library may panic on damaged pages, which the readers turn into an error. The
    // fuzzer's own hook would end the process at the panic, before the readers come to that; one
    // that nothing catches still is a crash.
    init: std::panic::set_hook(Box::new(|_| {})),
    |data: &[u8]| checks::scores::scores(data)
);
