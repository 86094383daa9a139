//! Image references: the familiar form reads back as the same.
#![no_main]
use abra_core::stack::image::Image;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(image) = text.parse::<Image>() else { return };
    let shown = image.to_string();
    let again: Image = shown.parse().expect("what is shown reads back");
    assert_eq!(again.to_string(), shown);
});
