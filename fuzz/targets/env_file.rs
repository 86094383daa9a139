//! Env files of apps: whatever is read keeps its bytes, and writing a record changes one line only.
#![no_main]
use abra_core::env::EnvFile;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(file) = EnvFile::parse("app.env", data) else { return };
    assert_eq!(file.bytes(), data, "the bytes that were read");
    let _ = (file.recipe_line(), file.compose_files(), file.record());
    for key in file.values().keys() {
        let _ = (file.location(key), file.modifiers(key));
    }
    if let Ok(Some(record)) = file.record() {
        let written = file.with_record(&record);
        let again = EnvFile::parse("app.env", &written).expect("what was written reads back");
        // Commits are written with eight digits, however many were read.
        let read = again.record().ok().flatten();
        assert!(read.is_some_and(|read| read.same(&record)), "the record reads back");
    }
});
