//! The team's git repository through the program: what a colleague recorded is named before acting, nothing is merged, and
//! nothing about it stops a deployment.
use crate::operator::{APP, ENV, GOOD, Operator, World, git};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Ada and Bob, each with a checkout of the team's bare repository.
struct Team {
    world: World,
    bob: Operator,
    bare: PathBuf,
    _folder: tempfile::TempDir,
}

impl Team {
    fn new(settings: &str) -> Self {
        let world = World::new(&[GOOD]);
        let folder = tempfile::tempdir().unwrap();
        let bare = folder.path().join("servers.git");
        git(
            folder.path(),
            folder.path(),
            &["init", "--quiet", "--bare", "--initial-branch=main", "servers.git"],
        );
        let bob = Operator::new(&world.forge, world.rig.address(), true).named("Bob");
        let team = Self { world, bob, bare, _folder: folder };
        let address = team.bare.to_str().unwrap();
        team.git(&team.world.ada, &["init", "--quiet", "--initial-branch=main"]);
        team.git(&team.world.ada, &["remote", "add", "origin", address]);
        team.git(&team.world.ada, &["add", "."]);
        team.git(&team.world.ada, &["commit", "--quiet", "--message", "first"]);
        team.git(&team.world.ada, &["push", "--quiet", "--set-upstream", "origin", "main"]);
        std::fs::remove_dir_all(servers(&team.bob)).unwrap();
        git(
            team.bob.home(),
            team.bob.home(),
            &["clone", "--quiet", address, servers(&team.bob).to_str().unwrap()],
        );
        for (operator, name) in [(&team.world.ada, "Ada"), (&team.bob, "Bob")] {
            team.git(operator, &["config", "user.name", name]);
            team.git(operator, &["config", "user.email", "us@coop.example"]);
            let path = operator.home().join("abra/config.yml");
            let config = std::fs::read_to_string(&path).unwrap();
            std::fs::write(&path, config.replace("operator:\n", &format!("operator:\n{settings}"))).unwrap();
        }
        team
    }

    fn git(&self, operator: &Operator, arguments: &[&str]) -> String {
        git(operator.home(), &servers(operator), arguments)
    }
}

fn servers(operator: &Operator) -> PathBuf {
    operator.home().join("abra/servers")
}

/// A hook that says so and fails.
fn bad_hook(path: &Path) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, "#!/bin/sh\necho not on a friday >&2\nexit 1\n").unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_record_is_one_commit_of_one_file_and_the_colleague_sees_it_before_acting() {
    let team = Team::new("  commit: true\n  push: true\n");
    let (ada, bob) = (&team.world.ada, &team.bob);
    std::fs::write(servers(ada).join("other"), "x").unwrap();
    team.git(ada, &["add", "other"]);
    ada.deploy("").is(0, &["recorded 1.0.0+1.0", "committed the record", "pushed the record"]);
    assert_eq!(team.git(ada, &["status", "--porcelain"]), "A  other", "what was staged stays so");
    let commit = team.git(ada, &["log", "--format=%B", "--name-only", "origin/main~..origin/main"]);
    let expected = format!(
        "{APP}: deploy – → 1.0.0+1.0\n\nApp: {APP}\nServer: default\nOperator: Ada <us@coop.example>\nOutcome: succeeded\n\n\ndefault/{APP}.env"
    );
    assert_eq!(commit, expected);

    // Bob has not pulled.
    let head = team.git(bob, &["rev-parse", "HEAD"]);
    let named = "the team's remote records 1.0.0+1.0 (committed by Ada <us@coop.example> at 2";
    bob.run(&format!("app deploy -n -D --dry-run {APP}"))
        .is(0, &[named, "this checkout nothing", "pull the servers' repository"]);
    assert_eq!(
        (team.git(bob, &["rev-parse", "HEAD"]), bob.env()),
        (head, ENV.to_owned()),
        "nothing was merged"
    );
    let said = bob.deploy("").is(
        0,
        &[
            named,
            "recorded 1.0.0+1.0",
            "committed the record",
            "the record is not pushed: the remote has commits that",
        ],
    );
    assert!(!said.text.contains("hint: Updates"), "{}", said.text);

    // What a colleague removed is told, too; and what is only here.
    team.git(bob, &["reset", "--quiet", "--hard", "origin/main"]);
    bob.run(&format!("app sync --check {APP}")).is(0, &["is in sync"]);
    ada.write_env(ENV);
    team.git(ada, &["commit", "--quiet", "--all", "--message", "oops"]);
    team.git(ada, &["push", "--quiet"]);
    bob.run(&format!("app sync --check {APP}"))
        .is(0, &["the team's remote no longer has the record 1.0.0+1.0 (committed by Ada"]);
    team.git(bob, &["reset", "--quiet", "--hard", "origin/main"]);
    bob.run(&format!("app sync -n --adopt {APP}")).is(0, &["recorded 1.0.0+1.0", "pushed the record"]);
    team.git(ada, &["pull", "--quiet", "--rebase"]);

    // Hooks, here and there.
    team.world.forge.release("1.1.0+1.1", &[&GOOD.replace("bb:1", "bb:2")]);
    bad_hook(&servers(ada).join(".git/hooks/pre-commit"));
    ada.deploy("-l").is(0, &["recorded 1.1.0+1.1", "the record is not committed", "not on a friday"]);
    assert_eq!(team.git(ada, &["diff", "--cached", "--name-only"]), "", "nothing is left staged");
    ada.run(&format!("app sync --check {APP}")).is(
        0,
        &["this checkout records 1.1.0+1.1, but the team's remote records 1.0.0+1.0", "commit and push"],
    );
    std::fs::remove_file(servers(ada).join(".git/hooks/pre-commit")).unwrap();
    bad_hook(&team.bare.join("hooks/pre-receive"));
    team.world.forge.release("1.2.0+1.2", &[GOOD]);
    ada.deploy("-l").is(0, &["recorded 1.2.0+1.2", "the record is not pushed", "not on a friday"]);
    let said = bob.run(&format!("app sync --check {APP}"));
    let said = said.is(8, &["recorded is 1.0.0+1.0, but 1.2.0+1.2 runs, which is newer; deployed by Ada"]);
    assert!(!said.text.contains("remote"), "{}", said.text);
}

#[test]
fn whatever_is_wrong_with_the_teams_repository_stops_no_deployment() {
    let team = Team::new("  commit: true\n  push: true\n");
    let ada = &team.world.ada;
    let count = std::cell::Cell::new(0);
    let check = |says: &[&str], silent: &str| {
        count.set(count.get() + 1);
        ada.write_env(&format!("{ENV}\n# state {}\n", count.get()));
        let begun = Instant::now();
        let said = ada.deploy("").is(0, says);
        assert!(silent.is_empty() || !said.text.contains(silent), "{silent}:\n{}", said.text);
        assert!(begun.elapsed().as_secs() < 55, "{:?}", begun.elapsed());
        assert_eq!(ada.recorded().as_deref(), Some("1.0.0+1.0"));
    };
    check(&["pushed the record"], "warning: the ");
    let git = |arguments: &[&str]| team.git(ada, arguments);
    git(&["checkout", "--quiet", "--detach"]);
    check(&["was not asked: no branch is checked out", "so the commit would get lost"], "pushed");
    git(&["checkout", "--quiet", "-f", "main"]);
    git(&["branch", "--unset-upstream"]);
    check(&["follows no remote one", "not pushed"], "could not be asked");
    git(&["remote", "remove", "origin"]);
    check(&["not pushed: the servers' repository has no remote"], "asked");
    // Nobody is there, nobody answers, somebody wants a password.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    for address in ["/nowhere/servers.git".to_owned(), format!("http://127.0.0.1:{port}/servers.git")] {
        git(&["remote", "add", "origin", &address]);
        git(&["config", "branch.main.remote", "origin"]);
        git(&["config", "branch.main.merge", "refs/heads/main"]);
        let offline = ada.run(&format!("app sync --check --offline {APP}"));
        assert!(!offline.text.contains("asked"), "{}", offline.text);
        ada.run(&format!("app deploy -n -D --dry-run {APP}"))
            .is(0, &["the team's repository could not be asked", "--offline"]);
        git(&["remote", "remove", "origin"]);
    }
    git(&["rm", "--quiet", "--cached", &format!("default/{APP}.env")]);
    std::fs::write(servers(ada).join(".gitignore"), "*.env\n").unwrap();
    check(&["the record is not committed", "git ignores it"], "asked");
    std::fs::write(servers(ada).join(".git/index.lock"), "").unwrap();
    std::fs::remove_file(servers(ada).join(".gitignore")).unwrap();
    check(&["the record is not committed", "index.lock"], "asked");
    std::fs::remove_dir_all(servers(ada).join(".git")).unwrap();
    check(&["the record is not committed: its file is in no git repository"], "asked");
}
