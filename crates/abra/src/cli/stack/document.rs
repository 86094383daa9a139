//! The document that `-c` names: loaded from files on disk, with the variables of the process environment.
use abra_core::compose::files::{FileError, Files};
use abra_core::compose::{LoadRequest, Loaded, SourceFile, load};
use abra_core::finding::Finding;
use abra_core::stack::convert::mistakes;
use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::{Path, PathBuf, absolute};

/// The largest file that is read, in bytes; the loader has its own limit below it.
const MAX_BYTES: u64 = 64 << 20;

/// Which compose files
#[derive(Debug, clap::Args)]
pub struct FileArgs {
    /// A compose file, `-` for stdin; may be repeated, and split on commas
    #[arg(short = 'c', long = "compose-file", value_name = "FILE")]
    pub files: Vec<String>,
}

impl FileArgs {
    /// Loads and merges the files.
    ///
    /// # Errors
    /// Every problem of all files at once.
    pub fn load(&self, skip_interpolation: bool) -> Result<Loaded, Vec<Finding>> {
        let names: Vec<&str> =
            self.files.iter().flat_map(|names| names.split(',')).filter(|name| !name.is_empty()).collect();
        let (files, unreadable) = sources(&names);
        if !unreadable.is_empty() {
            return Err(unreadable);
        }
        let text = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
        let env: BTreeMap<String, String> =
            std::env::vars_os().map(|(name, value)| (text(name), text(value))).collect();
        let request = LoadRequest {
            files,
            directory: directory(names.first().copied())?,
            env: &env,
            home: env.get("HOME").cloned(),
            skip_interpolation,
            optional: std::collections::BTreeSet::new(),
            reader: &Disk,
        };
        load(&request).map_err(mistakes)
    }
}

/// The contents of all files, and a finding for each that can't be read.
fn sources(names: &[&str]) -> (Vec<SourceFile>, Vec<Finding>) {
    let mut files = Vec::new();
    let mut findings = Vec::new();
    for name in names {
        let (shown, text) = match *name {
            "-" => ("<stdin>", bounded(io::stdin().lock())),
            path => (path, std::fs::File::open(path).and_then(bounded)),
        };
        match text {
            Ok(text) => files.push(SourceFile { name: shown.to_owned(), text }),
            Err(error) => findings.push(Finding::blocker(format!("can't read {shown}: {error}"))),
        }
    }
    (files, findings)
}

/// The directory of the first file, absolute.
fn directory(first: Option<&str>) -> Result<String, Vec<Finding>> {
    let file = match first {
        None | Some("-") => PathBuf::from("./-"),
        Some(path) => PathBuf::from(path),
    };
    let found = absolute(&file)
        .map_err(|error| vec![Finding::blocker(format!("can't tell the working directory: {error}"))])?;
    Ok(found.parent().unwrap_or(Path::new("/")).to_string_lossy().into_owned())
}

fn bounded(reader: impl Read) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    reader.take(MAX_BYTES + 1).read_to_end(&mut text)?;
    if text.len() as u64 > MAX_BYTES {
        return Err(io::Error::other("the file is too large"));
    }
    Ok(text)
}

/// Files as they are on disk.
#[derive(Debug)]
pub(super) struct Disk;

impl Files for Disk {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        match std::fs::File::open(path).and_then(bounded) {
            Ok(bytes) => Ok(bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(FileError::Missing),
            Err(error) => Err(FileError::Unreadable(error.to_string())),
        }
    }
}
