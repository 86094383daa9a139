//! What a machine must have to run private engines.
use std::env;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Folders that a user's `PATH` may lack and engines need.
const SYSTEM_FOLDERS: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const PROGRAMS: &[(&str, &str)] = &[
    ("dockerd", "dockerd (package docker.io)"),
    ("containerd", "containerd (package containerd)"),
    ("unshare", "unshare (package util-linux)"),
    ("nsenter", "nsenter (package util-linux)"),
    ("ip", "ip (package iproute2)"),
    ("flock", "flock (package util-linux)"),
    ("bash", "bash"),
];

/// `PATH` for an engine and its helpers.
pub(crate) fn path() -> String {
    match env::var("PATH") {
        Ok(path) if !path.is_empty() => format!("{path}:{SYSTEM_FOLDERS}"),
        _ => SYSTEM_FOLDERS.to_owned(),
    }
}

/// Where a program is.
pub(crate) fn program(name: &str) -> Option<PathBuf> {
    path().split(':').map(|folder| PathBuf::from(folder).join(name)).find(|file| file.is_file())
}

/// All that is missing, in words. `root` is where another engine than the machine's is to come from.
pub(crate) fn missing(root: Option<&Path>) -> Vec<String> {
    let mut missing = Vec::new();
    if !rustix::process::geteuid().is_root() {
        missing.push("root".to_owned());
    }
    missing.extend(
        PROGRAMS.iter().filter(|(name, _)| program(name).is_none()).map(|(_, words)| (*words).to_owned()),
    );
    if let Some(root) = root
        && !root.join("usr/sbin/dockerd").is_file()
    {
        missing.push(format!("an engine in {}", root.display()));
    }
    if static_busybox().is_none() {
        missing.push("a statically linked busybox (package busybox-static)".to_owned());
    }
    missing
}

/// A busybox that runs in an image with nothing else in it.
pub(crate) fn static_busybox() -> Option<PathBuf> {
    program("busybox").filter(|file| {
        let mut head = Vec::new();
        let read = fs::File::open(file).and_then(|file| file.take(4096).read_to_end(&mut head));
        // A dynamic one names its loader (/lib/ld-…) at the start.
        read.is_ok() && !head.windows(4).any(|bytes| bytes == b"/ld-")
    })
}
