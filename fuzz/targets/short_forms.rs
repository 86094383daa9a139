//! Short forms, each in its place in an otherwise good document: ports, volumes, durations, sizes, command lines, hosts.
#![no_main]
use abra_core::compose::files::{FileError, Files};
use abra_core::compose::{LoadRequest, SourceFile, load, print};
use libfuzzer_sys::fuzz_target;
use std::collections::{BTreeMap, BTreeSet};

struct Nothing;

impl Files for Nothing {
    fn read(&self, _: &str) -> Result<Vec<u8>, FileError> {
        Err(FileError::Missing)
    }
}

const PLACES: [&str; 10] = [
    "ports: [@]",
    "volumes: [@]",
    "stop_grace_period: @",
    "deploy: {resources: {limits: {memory: @}}}",
    "command: @",
    "extra_hosts: [@]",
    "environment: [@]",
    "restart: @",
    "deploy: {resources: {limits: {cpus: @}}}",
    "hostname: @",
];

fuzz_target!(|data: &[u8]| {
    let Some((place, text)) = data.split_first() else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    let quoted = serde_json::Value::from(text).to_string();
    let body = PLACES[usize::from(*place) % PLACES.len()].replace('@', &quoted);
    let env = BTreeMap::new();
    let loaded = load(&LoadRequest {
        files: vec![SourceFile {
            name: "a.yml".to_owned(),
            text: format!("services: {{w: {{image: x, {body}}}}}\nvolumes: {{a: {{}}}}\n").into_bytes(),
        }],
        directory: "/recipe".to_owned(),
        env: &env,
        home: None,
        skip_interpolation: false,
        optional: BTreeSet::new(),
        reader: &Nothing,
    });
    if let Ok(loaded) = loaded {
        let _ = print(&loaded.document);
    }
});
