//! Whatever keeps an env file from being written is told before anything is changed, and finding it out leaves no trace.
use crate::operator::{APP, GOOD, Operator, Output, Running, World};
use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::{Path, PathBuf};

/// Something that keeps a record from being written, put up in a mount namespace of the run's own. `$S`: the folder of the
/// env file, `$L`: the locks' folder, `$F`: the env file.
struct Case {
    script: &'static str,
    says: &'static str,
}

/// Without what lets root write everywhere: like anybody else.
const PLAIN: &str = "set -- setpriv --bounding-set=-dac_override,-chown,-fowner \"$@\"";

const CASES: [Case; 7] = [
    Case { script: READ_ONLY, says: "can't write in {S}: Read-only file system" },
    Case {
        script: "cp $F $L/../kept; mount -t tmpfs -o size=4k none $S; cp $L/../kept $F",
        says: "can't write in {S}: No space left on device",
    },
    Case { script: "mount --bind $F $F", says: "is mounted as a single file" },
    Case {
        script: "mount --bind $L $L; mount -o remount,ro,bind $L",
        says: "can't write {L}/env.lock: Read-only file system",
    },
    Case { script: "chown 12345 $F; {PLAIN}", says: "belongs to another user" },
    Case { script: "chown 12345 $S; {PLAIN}", says: "can't write in {S}: Permission denied" },
    Case { script: "chown 12345 $F $S; chmod 1777 $S; {PLAIN}", says: "belongs to another user" },
];

const READ_ONLY: &str = "mount --bind $S $S; mount -o remount,ro,bind $S";

fn folder(operator: &Operator, name: &str) -> PathBuf {
    operator.home().join("abra").join(name)
}

/// Runs `abra` with these words where a script has been before.
fn run(operator: &Operator, script: &str, words: &str) -> Output {
    let (servers, locks) = (folder(operator, "servers/default"), folder(operator, "locks"));
    let script = script.replace("{PLAIN}", PLAIN);
    let mut command = operator.command("unshare");
    command.args(["--mount", "--propagation", "private", "bash", "-euc"]);
    command.args([&format!("{script}\nexec \"$@\""), "bash", env!("CARGO_BIN_EXE_abra")]);
    command.args(words.split_whitespace()).env("F", servers.join(format!("{APP}.env")));
    command.env("S", servers).env("L", locks);
    Running::start(command).end()
}

/// Everything about the files of a folder that writing would change, and about the folder itself.
fn seen(folder: &Path) -> Vec<String> {
    let fact = |path: &Path| {
        let data = std::fs::metadata(path).unwrap();
        let content = if path.is_file() { std::fs::read(path).unwrap() } else { vec![] };
        format!("{} {} {}.{} {content:?}", path.display(), data.ino(), data.mtime(), data.mtime_nsec())
    };
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    [folder.to_owned()].iter().chain(&files).map(|path| fact(path)).collect()
}

/// What is on the server: the service, and what abra keeps for itself.
fn served(world: &World) -> (u64, usize) {
    (world.state("app").0, world.rig.json("/configs").unwrap().as_array().unwrap().len())
}

#[test]
fn what_could_not_be_recorded_is_told_before_anything_is_changed() {
    let world = World::new(&[GOOD]);
    let ada = &world.ada;
    world.forge.release("0.9.0+1", &[GOOD]);
    world.forge.release("1.1.0+1.1", &[&GOOD.replace("bb:1", "bb:2")]);
    // At first there is no folder of locks yet.
    ada.run(&format!("app deploy -n -D --dry-run {APP}")).is(0, &[]);
    let first = "mount --bind $S/../.. $S/../..; mount -o remount,ro,bind $S/../..";
    run(ada, first, &format!("app deploy -n -D {APP} 0.9.0+1"))
        .is(1, &["0.9.0+1 could not be recorded: can't write in", "Read-only file system"]);
    assert!(!folder(ada, "locks").exists());
    ada.deploy("1.0.0+1.0").is(0, &[]);
    let (files, locks) = (folder(ada, "servers/default"), folder(ada, "locks"));
    let file = files.join(format!("{APP}.env"));
    let before = (seen(&files), seen(&locks), served(&world));
    for Case { script, says } in &CASES {
        let places = says.replace("{S}", &files.display().to_string());
        let says = places.replace("{L}", &locks.display().to_string());
        for words in ["upgrade --dry-run", "upgrade", "upgrade -m"] {
            run(ada, script, &format!("app {words} -n -D {APP}"))
                .is(1, &["1.1.0+1.1 could not be recorded: ", &says, "nothing was changed"]);
        }
        for path in [&file, &files] {
            chown(path, Some(0), None).unwrap();
        }
        assert_eq!((seen(&files), seen(&locks), served(&world)), before, "{script}");
    }
    everything_else(&world);
}

/// What else records is refused, and what records nothing is not.
fn everything_else(world: &World) {
    let ada = &world.ada;
    let read_only = |words: &str| run(ada, READ_ONLY, &format!("app {words}"));
    for words in ["deploy -n -D {} 1.1.0+1.1", "rollback -n -D {}", "deploy -n -D -l --dry-run {}"] {
        read_only(&words.replace("{}", APP)).is(1, &["could not be recorded", "nothing was changed"]);
    }
    let served_before = served(world);
    // The record is there already: nothing is to be written.
    read_only(&format!("deploy -n -D --stable 1s {APP}")).is(0, &[]);
    read_only(&format!("sync -n --check -D {APP}")).is(0, &["in sync"]);
    assert_eq!(served(world), served_before);
    // Another version runs than is recorded, without a verdict. Looking at it gives the verdict, and says early what will
    // not come of it.
    read_only(&format!("deploy -n -c -D {APP} 1.1.0+1.1")).is(0, &["nothing is recorded"]);
    let watched = read_only(&format!("watch --stable 1s {APP}"));
    let watched = watched.is(1, &["1.1.0+1.1 is deployed and runs", "nothing is recorded of"]);
    let place = |words: &str| watched.text.find(words).unwrap_or_else(|| panic!("{}", watched.text));
    assert!(place("warning: 1.1.0+1.1 could not be recorded") < place("watching, for"));
    let served_before = served(world);
    for words in ["--adopt", "--adopt --dry-run"] {
        read_only(&format!("sync -n {words} {APP}")).is(1, &["1.1.0+1.1 could not be recorded"]);
    }
    read_only("sync -n --adopt --all").is(1, &["1.1.0+1.1 could not be recorded"]);
    assert_eq!(served(world), served_before);
    // Going back to the record writes nothing, and neither does removing.
    read_only(&format!("sync -n --converge -D --stable 1s {APP}")).is(0, &["1.0.0+1.0 is deployed and runs"]);
    read_only(&format!("undeploy -n {APP}")).is(0, &["is gone"]);
}
