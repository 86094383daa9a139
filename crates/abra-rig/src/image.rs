//! Images made of nothing but a static busybox, assembled here: no registry, no network.
use crate::RigError;
use crate::needs;
use std::fs;
use std::path::Path;
use std::process::Command;

pub(crate) const BLOCK: usize = 512;

/// Start of a container that says who it is, runs until it is told to stop, and then stops at once.
pub(crate) fn steady(name: &str) -> String {
    format!(r#"CMD ["sh","-c","echo {name}; trap 'exit 0' TERM; while :; do sleep 1000 & wait; done"]"#)
}

/// The root file system as a tar: `/bin` with all applets, `/tmp`, `/etc`.
pub(crate) fn root_tar() -> Result<Vec<u8>, RigError> {
    let busybox = needs::static_busybox().ok_or_else(|| {
        RigError::Missing(vec!["a statically linked busybox (package busybox-static)".to_owned()])
    })?;
    let program = fs::read(&busybox).map_err(RigError::io(busybox.display().to_string()))?;
    let mut tar = Vec::with_capacity(program.len() + 400 * BLOCK);
    for (folder, mode) in [("bin/", 0o755), ("etc/", 0o755), ("tmp/", 0o1777)] {
        entry(&mut tar, folder, mode, b'5', "", &[]);
    }
    entry(&mut tar, "etc/passwd", 0o644, b'0', "", b"root:x:0:0:root:/:/bin/sh\n");
    entry(&mut tar, "bin/busybox", 0o755, b'0', "", &program);
    for applet in applets(&busybox)? {
        entry(&mut tar, &format!("bin/{applet}"), 0o777, b'2', "busybox", &[]);
    }
    tar.resize(tar.len() + 2 * BLOCK, 0);
    Ok(tar)
}

fn applets(busybox: &Path) -> Result<Vec<String>, RigError> {
    let output = Command::new(busybox).arg("--list").output().map_err(RigError::io("busybox --list"))?;
    let names = String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect::<Vec<_>>();
    Ok(names.into_iter().filter(|name| name != "busybox" && name.len() < 90 && !name.contains('/')).collect())
}

/// One entry in the format of POSIX.1-1988 (ustar).
pub(crate) fn entry(tar: &mut Vec<u8>, name: &str, mode: u32, kind: u8, link: &str, content: &[u8]) {
    let mut head = [0_u8; BLOCK];
    let mut put = |at: usize, bytes: &[u8]| head[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, name.as_bytes());
    put(100, format!("{mode:07o}\0").as_bytes());
    put(108, b"0000000\0");
    put(116, b"0000000\0");
    put(124, format!("{:011o}\0", content.len()).as_bytes());
    put(136, b"00000000000\0");
    put(148, b"        ");
    put(156, &[kind]);
    put(157, link.as_bytes());
    put(257, b"ustar\x0000");
    let sum: u32 = head.iter().map(|byte| u32::from(*byte)).sum();
    head[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    tar.extend_from_slice(&head);
    tar.extend_from_slice(content);
    tar.resize(tar.len().next_multiple_of(BLOCK), 0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_has_its_name_size_and_checksum() {
        let mut tar = Vec::new();
        entry(&mut tar, "a", 0o644, b'0', "", b"hello");
        assert_eq!(tar.len(), 2 * BLOCK);
        assert_eq!((&tar[124..136], &tar[BLOCK..BLOCK + 5]), (&b"00000000005\0"[..], &b"hello"[..]));
        let written = u32::from_str_radix(str::from_utf8(&tar[148..154]).unwrap(), 8).unwrap();
        let spaces = 8 * u32::from(b' ');
        let sum: u32 = tar[..148].iter().chain(&tar[156..BLOCK]).map(|byte| u32::from(*byte)).sum();
        assert_eq!(written, sum + spaces);
    }
}
