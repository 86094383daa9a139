//! `scripts/engine-root`: other systems for engines, made once and never taken away from under an engine.
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Stands in for debootstrap: makes what an engine is looked for by, and a note that it ran. `FAIL`: gives up half-way.
const DEBOOTSTRAP: &str = "#!/bin/sh\necho run >>\"$RUNS\"\nmkdir -p \"$4/usr/sbin\" \"$4/var/cache/apt/archives\"\n\
     [ -z \"${FAIL:-}\" ] || exit 1\ntouch \"$4/usr/sbin/dockerd\"\n";

fn script(folder: &Path, fail: &str) -> Output {
    let path = format!("{}:{}", folder.join("bin").display(), std::env::var("PATH").unwrap());
    Command::new("bash")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/engine-root"))
        .arg("trixie")
        .envs([("ABRA_TEST_CACHE", folder.join("cache")), ("RUNS", folder.join("runs"))])
        .env("PATH", path)
        .env("FAIL", fail)
        .output()
        .unwrap()
}

fn root(output: &Output) -> PathBuf {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    PathBuf::from(str::from_utf8(&output.stdout).unwrap().trim())
}

#[test]
fn a_root_is_made_once_whole_and_beside_older_ones() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::create_dir(folder.join("bin")).unwrap();
    fs::write(folder.join("bin/debootstrap"), DEBOOTSTRAP).unwrap();
    fs::set_permissions(folder.join("bin/debootstrap"), fs::Permissions::from_mode(0o755)).unwrap();
    // Made by an earlier version, perhaps with an engine in it.
    for old in ["trixie", "trixie-01234567"] {
        fs::create_dir_all(folder.join("cache").join(old).join("usr/sbin")).unwrap();
        fs::write(folder.join("cache").join(old).join("usr/sbin/dockerd"), "runs").unwrap();
    }
    assert!(!script(folder, "yes").status.success());
    let made = script(folder, "");
    let root_made = root(&made);
    assert!(root_made.join("usr/sbin/dockerd").exists());
    let said = String::from_utf8_lossy(&made.stderr);
    for old in ["trixie", "trixie-01234567"] {
        let old = folder.join("cache").join(old);
        assert_eq!(fs::read_to_string(old.join("usr/sbin/dockerd")).unwrap(), "runs");
        assert!(said.contains(&format!("{} was made for another version", old.display())), "{said}");
    }
    assert_eq!(root(&script(folder, "")), root_made);
    assert_eq!(
        fs::read_to_string(folder.join("runs")).unwrap().lines().count(),
        2,
        "one failed, one made it"
    );
}
