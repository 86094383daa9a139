//! The operator whose commands are measured: root, with a home of its own. ssh looks for its settings in the home that the
//! system names for a user, whatever `HOME` says; a program in front of it would cost time that no operator's ssh costs. So
//! the whole run has a user list of its own, in namespaces that end with it.
use abra_rig::RigError;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// What names the home to the run inside.
const HOME: &str = "ABRA_BENCH_HOME";
const ENTER: &str = r#"set -e
folder=$1
shift
mount -t tmpfs -o mode=755 tmpfs "$folder"
mkdir "$folder/home"
sed "s|^root:.*|root:*:0:0::$folder/home:/bin/sh|" /etc/passwd >"$folder/passwd"
mount --bind "$folder/passwd" /etc/passwd
export ABRA_BENCH_HOME="$folder/home"
exec "$@"
"#;

/// The operator's home, inside.
pub(crate) fn home() -> Option<PathBuf> {
    std::env::var_os(HOME).map(PathBuf::from)
}

/// Runs this program once more, inside.
///
/// # Errors
/// The namespaces can't be made.
pub(crate) fn become_one() -> Result<ExitCode, RigError> {
    let folder = std::env::temp_dir().join(format!("abra-bench-{}", std::process::id()));
    fs::create_dir(&folder).map_err(RigError::io("the operator's folder"))?;
    let code = inside(&folder);
    // What was in it went with the namespace.
    let _ = fs::remove_dir(&folder);
    code
}

fn inside(folder: &Path) -> Result<ExitCode, RigError> {
    let program = std::env::current_exe().map_err(RigError::io("this program"))?;
    let status = Command::new("unshare")
        .args(["--mount", "--propagation", "private", "sh", "-c", ENTER, "operator"])
        .arg(folder)
        .arg(program)
        .args(std::env::args_os().skip(1))
        .status()
        .map_err(RigError::io("unshare"))?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}
