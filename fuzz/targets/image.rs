//! Image references: the familiar form reads back as the same.
#![no_main]
use abra_core::stack::image::Image;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(image) = text.parse::<Image>() else { return };
    // Docker writes docker.io/a.b/c as a.b/c, which names another registry; such names can't exist on Docker Hub.
    if image.to_string().parse::<Image>().is_ok_and(|again| again != image) && text.starts_with("docker.io/") {
        return;
    }
    let shown = image.to_string();
    let again: Image = shown.parse().expect("what is shown reads back");
    assert_eq!(again.to_string(), shown);
});
