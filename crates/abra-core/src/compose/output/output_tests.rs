use super::*;
use crate::compose::files::{FileError, Files};
use crate::compose::{LoadRequest, SourceFile, load};
use proptest::prelude::*;
use std::collections::BTreeMap;

struct Nothing;

impl Files for Nothing {
    fn read(&self, _: &str) -> Result<Vec<u8>, FileError> {
        Err(FileError::Missing)
    }
}

/// The printed form of a document; variables are left alone.
fn round(text: &str) -> Option<String> {
    let env = BTreeMap::new();
    let files = vec![SourceFile { name: "a.yml".to_owned(), text: text.as_bytes().to_vec() }];
    let request = LoadRequest {
        files,
        directory: "/d".to_owned(),
        env: &env,
        home: None,
        skip_interpolation: true,
        optional: std::collections::BTreeSet::new(),
        reader: &Nothing,
    };
    load(&request).ok().map(|loaded| print(&loaded.document))
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// One service with most kinds of values.
fn any_service() -> impl Strategy<Value = String> {
    let text = || "\\PC{0,10}".prop_map(|text| quoted(&text));
    let number = 0..100_000u32;
    let port = (1..9000u16, 1..9000u16, prop_oneof![Just("tcp"), Just("udp")]);
    let texts = (text(), text(), text(), text(), text());
    (texts, number, port, any::<bool>(), 1..1_000_000_000u64, 0.001..1.0f64).prop_map(
        |((image, label, variable, word, extra), number, (host, container, protocol), flag, millis, ratio)| {
            format!(
                "services:\n  w:\n    image: {image}\n    labels: {{a: {label}, b: {number}}}\n    environment: {{A: {variable}, B: }}\n    \
                 command: [{word}]\n    ports: [\"{host}:{container}/{protocol}\"]\n    init: {flag}\n    tty: {flag}\n    \
                 stop_grace_period: {millis}ms\n    deploy: {{replicas: {number}, update_config: {{max_failure_ratio: {ratio}}}, \
                 resources: {{limits: {{memory: {number}k}}}}}}\n    x-a: {{k: [{extra}, {ratio}, {number}, {flag}, null]}}\n    \
                 healthcheck: {{test: {word}, interval: {millis}ms, retries: {number}}}\n    ulimits: {{a: {number}}}\n"
            )
        },
    )
}

proptest! {
    #[test]
    fn what_is_printed_loads_to_the_same(text in any_service()) {
        let once = round(&text).expect("the document is valid");
        prop_assert_eq!(round(&once), Some(once));
    }

    #[test]
    fn no_text_panics(text in "[a-c:\\-\\[\\]{}&*<!|>\"' \n#,$0-9]{0,60}") {
        let _ = round(&text);
    }
}
