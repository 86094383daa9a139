//! An operator who is not root: in the group of the engine's socket, and not.
use crate::operator::{APP, GOOD, Operator, Output, Running, World};
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A user and a group that nobody is and no file needs to name.
const USER: u32 = 61_001;
const SOCKETS: u32 = 61_002;

/// Runs `abra` with these words as that user, who is in one more group, in a home with a blank in its name.
fn run(ada: &Operator, group: u32, umask: &str, words: &str) -> Output {
    let mut command = ada.command("setpriv");
    let ids = [format!("--reuid={USER}"), format!("--regid={USER}"), format!("--groups={group}")];
    let script = format!("umask {umask}; exec \"$0\" {words}");
    command.args(ids).args(["sh", "-c", &script]);
    command.arg(ada.home().join("bin/abra")).current_dir("/");
    command.env("HOME", ada.home().join("home of ada")).env_remove("ABRA_DIR");
    Running::start(command).end()
}

/// Gives the user what is in a folder.
fn hand_over(folder: &Path) {
    let owner = format!("{USER}:{USER}");
    let done = Command::new("chown").args(["-R", &owner]).arg(folder).status().unwrap();
    assert!(done.success());
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o777
}

/// The user's home beside the one that the harness has made, and the engine's socket for members of a group.
fn settle(world: &World) -> PathBuf {
    let root = world.ada.home();
    let home = root.join("home of ada");
    fs::create_dir(&home).unwrap();
    fs::rename(root.join("abra"), home.join(".abra")).unwrap();
    fs::create_dir_all(root.join("bin")).unwrap();
    fs::copy(env!("CARGO_BIN_EXE_abra"), root.join("bin/abra")).unwrap();
    hand_over(root);
    let address = world.rig.address();
    let socket = Path::new(address.strip_prefix("unix://").unwrap());
    chown(socket, None, Some(SOCKETS)).unwrap();
    fs::set_permissions(socket, Permissions::from_mode(0o660)).unwrap();
    let folder = socket.parent().unwrap();
    fs::set_permissions(folder, Permissions::from_mode(mode(folder) | 0o011)).unwrap();
    home
}

#[test]
fn an_operator_who_is_not_root_deploys_and_one_outside_the_group_is_told() {
    let world = World::new(&[GOOD]);
    world.forge.release("1.1.0+1.1", &[&GOOD.replace("bb:1", "bb:2")]);
    hand_over(world.forge.folder());
    let ada = world.ada.directly();
    let world = World { ada, ..world };
    let (home, ada) = (settle(&world), &world.ada);
    let (file, stable) = (home.join(format!(".abra/servers/default/{APP}.env")), "-n -D --stable 1s");
    let before = mode(&file);
    run(ada, USER, "022", &format!("app deploy {stable} {APP}"))
        .is(1, &["no permission to use the engine", "`sudo usermod -aG docker \"$USER\"`"]);
    run(ada, SOCKETS, "000", &format!("app deploy {stable} {APP} 1.0.0+1.0")).is(0, &["recorded 1.0.0+1.0"]);
    assert_eq!((mode(&file), fs::metadata(&file).unwrap().uid()), (before, USER));
    run(ada, SOCKETS, "000", "server add --no-checks far").is(0, &[]);
    for folder in [".abra/locks", ".abra/servers/far", ".abra/recipes", ".docker/contexts/meta"] {
        assert_eq!(mode(&home.join(folder)) & 0o002, 0, "{folder} is anybody's");
    }
    run(ada, SOCKETS, "077", &format!("app sync -n -D {APP}")).is(0, &["is in sync"]);
    run(ada, SOCKETS, "077", "app ls -S").is(0, &["in-sync"]);
    // A colleague's own checkout: read, and never written.
    chown(&file, Some(USER + 7), None).unwrap();
    fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
    run(ada, SOCKETS, "022", &format!("app upgrade {stable} {APP}"))
        .is(1, &["belongs to another user", "nothing was changed"]);
    run(ada, SOCKETS, "022", &format!("app undeploy -n {APP}")).is(0, &["is gone"]);
}
