//! What a command of `rig run` finds.
use std::process::{Command, Stdio};

/// What a script of bash prints under `rig run` with the given options.
fn output(options: &[&str], script: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_rig"))
        .arg("run")
        .args(options)
        .args(["--", "bash", "-ec", script])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_command_meets_a_swarm_with_images() {
    let script = "docker info --format '{{.Swarm.ControlAvailable}}'; docker image ls --format '{{.Repository}}:{{.Tag}}'";
    let text = output(&[], script);
    let mut lines: Vec<_> = text.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["bb:1", "bb:2", "true"]);
}

#[test]
fn several_engines_have_sockets_of_their_own() {
    let script = "for s in $RIG_SOCKET_1 $RIG_SOCKET_2; do docker -H unix://$s info --format '{{.ID}}'; done
        test $DOCKER_HOST = unix://$RIG_SOCKET_1";
    let text = output(&["--engines", "2", "--no-swarm", "--no-images"], script);
    let ids: Vec<_> = text.lines().collect();
    assert_eq!(ids.len(), 2);
    assert_ne!(ids[0], ids[1]);
}

#[test]
fn requests_are_written_down_and_the_file_can_be_emptied() {
    let script = "docker node ls >/dev/null; rm $RIG_DIR/requests; docker node inspect self >/dev/null; cat $RIG_DIR/requests";
    let text = output(&["--no-images", "--log-requests"], script);
    let lines: Vec<_> = text.lines().collect();
    assert!(lines.iter().any(|line| line.starts_with("GET /v1.") && line.contains("/nodes/")), "{lines:?}");
    assert!(
        !lines.iter().any(|line| line.ends_with("/nodes")),
        "the first command's requests are gone: {lines:?}"
    );
}

#[test]
fn a_command_that_is_not_there_is_said_so() {
    let output = Command::new(env!("CARGO_BIN_EXE_rig"))
        .args(["run", "--no-swarm", "--no-images", "--", "no-such-command"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no-such-command: No such file"), "{output:?}");
}

#[test]
fn what_is_run_in_a_container_finds_its_files_and_not_the_machines() {
    let script = "docker service create -q --detach --name s --no-resolve-image bb:1 sh -c 'touch /tmp/mine; exec sleep 1000' >/dev/null
        until [ -n \"$(docker ps -q)\" ]; do sleep 0.1; done
        until docker exec $(docker ps -q) test -e /tmp/mine; do sleep 0.1; done
        docker exec $(docker ps -q) ls /";
    let text = output(&[], script);
    assert_eq!(text.split_whitespace().collect::<Vec<_>>(), ["bin", "dev", "etc", "proc", "sys", "tmp"]);
}
