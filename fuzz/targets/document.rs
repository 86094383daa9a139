//! Whole documents: YAML, variables, schema, decoding, merge. What loads must print as YAML.
#![no_main]
use abra_core::compose::files::{FileError, Files};
use abra_core::compose::{LoadRequest, Loaded, SourceFile, load, print};
use abra_core::finding::FileId;
use abra_core::yaml;
use libfuzzer_sys::fuzz_target;
use std::collections::{BTreeMap, BTreeSet};

struct Nothing;

impl Files for Nothing {
    fn read(&self, _: &str) -> Result<Vec<u8>, FileError> {
        Err(FileError::Missing)
    }
}

fn loaded(texts: &[&[u8]]) -> Option<Loaded> {
    let env: BTreeMap<String, String> =
        [("A", "a"), ("N", "3"), ("B", "true"), ("E", "")].map(|(k, v)| (k.to_owned(), v.to_owned())).into();
    let file = |(at, text): (usize, &&[u8])| SourceFile { name: format!("{at}.yml"), text: text.to_vec() };
    load(&LoadRequest {
        files: texts.iter().enumerate().map(file).collect(),
        directory: "/recipe".to_owned(),
        env: &env,
        home: Some("/home/u".to_owned()),
        skip_interpolation: false,
        optional: BTreeSet::new(),
        reader: &Nothing,
    })
    .ok()
}

fuzz_target!(|data: &[u8]| {
    // A zero byte, which no document can hold, parts one file from the next.
    let texts: Vec<&[u8]> = data.splitn(3, |byte| *byte == 0).collect();
    let Some(first) = loaded(&texts) else { return };
    let printed = print(&first.document);
    if let Err(problems) = yaml::read(&printed, FileId(0)) {
        panic!("what was printed can't be read: {problems:?}\n{printed}");
    }
});
