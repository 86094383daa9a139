//! Login shells, settings, passwords and busy servers as operators have them: what works, and what is said where it can't.
use crate::operator::{Forge, Operator, Running};
use crate::rig::swarm;
use crate::ssh::{SERVER, leaves_nothing, operator, set, sshd};
use abra_rig::{Sshd, own_ssh};
use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::thread;

const APP: &str = "ways.example.com";
/// crypt(3)'s form of "sesame".
const SESAME: &str =
    "$6$abra$CGI9RWBwd7dLp.yuXnJtcFVMvhg72i2WaoAvGgO51dbqkPPeUpJMNu20xQXt9Dm8jbz3y.CJVrg4o7B5uBhqN.";

/// A look at the server: what it says.
#[track_caller]
fn looks(ada: &Operator, code: i32, says: &[&str]) -> String {
    let said = ada.run(&format!("server add -n {SERVER}")).is(code, says);
    leaves_nothing(ada);
    said.text
}

/// An operator who is this user there.
fn user(sshd: &Sshd, name: &str) -> Operator {
    let ada = operator(&Forge::new(), APP, sshd, "");
    let path = ada.home().join(".ssh/config");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("User root", &format!("User {name}"))).unwrap();
    ada
}

/// Where a program is.
fn program(name: &str) -> PathBuf {
    let folders = ["/bin", "/usr/bin", "/usr/sbin", "/sbin", "/usr/local/bin"];
    let found = folders.iter().map(|folder| Path::new(folder).join(name)).find(|file| file.is_file());
    found.unwrap_or_else(|| panic!("{name} is needed (scripts/setup installs it)"))
}

#[test]
fn whatever_the_login_shell_is_and_prints() {
    let rig = swarm();
    let open = sshd(&rig, "open", &[]);
    let closed = sshd(&rig, "closed", &["AllowStreamLocalForwarding no"]);
    let ash = rig.folder().join("ash");
    symlink(program("busybox"), &ash).unwrap();
    let title = "printf '\\033]0;title\\007'";
    for (name, shell, file, settings) in [
        ("fish", program("fish"), ".config/fish/config.fish", "echo hello"),
        ("zsh", program("zsh"), ".zshenv", "echo hello; echo HTTP/1.1 hey"),
        ("tcsh", program("tcsh"), ".tcshrc", "echo hello; echo oops"),
        ("ash", ash, ".profile", ""),
        ("rbash", program("rbash"), ".bashrc", "echo hello >&2"),
        ("bash", program("bash"), ".bashrc", title),
    ] {
        for sshd in [&open, &closed] {
            let home = sshd.user(name, &shell, "*").unwrap();
            fs::create_dir_all(home.join(file).parent().unwrap()).unwrap();
            fs::write(home.join(file), format!("{settings}\n")).unwrap();
            looks(&user(sshd, name), 0, &["ok swarm manager", "free of"]);
        }
    }
    assert_eq!(open.log().matches("refused streamlocal").count(), 0, "{}", open.log());
    // Without a shell the forwarded socket is all there is.
    let nologin = program("nologin");
    for sshd in [&open, &closed] {
        sshd.user("nobodys", &nologin, "*").unwrap();
        let home = sshd.user("reader", &program("bash"), "*").unwrap();
        fs::write(home.join(".bashrc"), "read x\n").unwrap();
        let home = sshd.user("foreign", &program("bash"), "*").unwrap();
        let words = "command_not_found_handle() { echo Nicht gefunden >&2; return 127; }\nPATH=/nowhere\n";
        fs::write(home.join(".bashrc"), words).unwrap();
    }
    looks(&user(&open, "nobodys"), 0, &["ok swarm manager", "free space is not known"]);
    let no_way = "no way from the login";
    for (name, says) in [
        ("nobodys", ["not available", "AllowStreamLocalForwarding"]),
        ("reader", ["400 Bad Request", "AllowStreamLocalForwarding"]),
        ("foreign", ["Nicht gefunden", "install Docker there"]),
    ] {
        looks(&user(&closed, name), 1, &[no_way, says[0], says[1]]);
    }
}

#[test]
fn whatever_stands_in_the_operators_settings() {
    let rig = swarm();
    let open = sshd(&rig, "open", &[]);
    let closed = sshd(&rig, "closed", &["DisableForwarding yes", "MaxSessions 1"]);
    let all = "Include none*\nMatch exec \"echo noise; echo noise >&2\"\n  Compression yes\nHost *\n  ";
    let with = |sshd: &Sshd, lines: &str| operator(&Forge::new(), APP, sshd, &format!("{all}{lines}\n"));
    for lines in [
        "ForkAfterAuthentication yes",
        "StdinNull yes\n  SessionType none",
        "SessionType subsystem\n  RemoteCommand sftp\n  RequestTTY force\n  EscapeChar ^a",
        "LogLevel DEBUG3\n  LogVerbose *\n  VisualHostKey yes\n  RekeyLimit 1K",
        "ControlMaster autoask\n  ControlPath ~/.ssh/%C\n  ControlPersist 1h\n  LocalForward 1 127.0.0.1:1\n  \
         RemoteForward 1 127.0.0.1:1\n  DynamicForward 1\n  ExitOnForwardFailure yes\n  Tunnel yes",
        "BatchMode yes\n  PermitLocalCommand yes\n  LocalCommand exit 1\n  SendEnv *\n  SetEnv A=b\n  AddKeysToAgent yes",
    ] {
        for sshd in [&open, &closed] {
            looks(&with(sshd, lines), 0, &["ok swarm manager", "free of"]);
        }
    }
    // What is wrong with settings is said with the place.
    let broken = with(&open, "Port none");
    looks(&broken, 1, &[".ssh/config line 5: ", "ssh -G"]);
    let proxied = with(&open, "ProxyCommand nosuchprogram %h");
    looks(&proxied, 1, &["nosuchprogram: ", "not found", "ssh -v"]);
}

/// The home that the system names for root, which ssh heeds, is the operator's.
const AT_HOME: &str = r#"sed "s|^root:.*|root:*:0:0::$HOME:/bin/sh|" /etc/passwd >"$HOME/passwd"
mount --bind "$HOME/passwd" /etc/passwd
exec "$@""#;

#[test]
fn ssh_is_asked_what_its_settings_mean_only_where_they_may_matter() {
    let rig = swarm();
    let sshd = sshd(&rig, "sshd", &[]);
    // ssh starts once; where it is asked first, twice.
    for (more, included, starts) in [
        ("", "", 1),
        ("Include more*\n", "Host none\n  User ada\n", 1),
        ("Host *\n  ConnectTimeout 60\n", "", 2),
        ("Include more*\n", "Host none\n  ServerAliveInterval 5\n", 2),
    ] {
        let ada = operator(&Forge::new(), APP, &sshd, "");
        let (ssh, log) = (ada.home().join(".ssh"), ada.home().join("log"));
        let own = fs::read_to_string(ssh.join("config")).unwrap();
        let counts = format!("Match exec \"echo >>{}\"\n  Compression no\n", log.display());
        fs::write(ssh.join("config"), format!("{own}{counts}{more}")).unwrap();
        fs::write(ssh.join("more.conf"), included).unwrap();
        fs::remove_file(ada.home().join("bin/ssh")).unwrap();
        let mut command = ada.command("unshare");
        command.args(["--mount", "--propagation", "private", "sh", "-euc", AT_HOME, "sh"]);
        command.args([env!("CARGO_BIN_EXE_abra"), "app", "ls", "-S", "-o"]);
        Running::start(command).end().is(0, &["undeployed"]);
        assert_eq!(fs::read_to_string(log).unwrap().lines().count(), starts, "{more}{included}");
        leaves_nothing(&ada);
    }
}

#[test]
fn keys_and_passwords_that_are_not_right_at_once() {
    let rig = swarm();
    let greeting = rig.folder().join("greeting");
    fs::write(&greeting, "Members \u{1b}[31monly\nPermission denied to others\n").unwrap();
    let banner = format!("Banner {}", greeting.display());
    let settings = [&*banner, "PasswordAuthentication yes", "PermitRootLogin yes", "MaxAuthTries 3"];
    let sshd = sshd(&rig, "sshd", &settings);
    sshd.user("ada", &program("sh"), SESAME).unwrap();
    let ada = user(&sshd, "ada");
    // A key that nobody knows, and one that others can read.
    let key = ada.home().join("other");
    abra_rig::keygen(&key, "").unwrap();
    set(&ada, "IdentityFile", key.to_str().unwrap());
    looks(&ada, 1, &["Permission denied (publickey,password)"]);
    sshd.admit(fs::read_to_string(key.with_extension("pub")).unwrap().trim()).unwrap();
    fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    looks(&ada, 1, &["Permission denied", "Load key", "bad permissions"]);
    let mut asked = ada.start_on_terminal(&format!("server add {SERVER}"));
    asked.says("password: ").answer("wrong");
    asked.says("please try again.").answer("sesame");
    let said = asked.end().is(0, &["Members", "Permission denied to others", "ok swarm manager"]);
    assert!(!said.text.contains("\u{1b}[31monly"), "{:?}", said.text);
    leaves_nothing(&ada);
    // More keys than it takes.
    let path = ada.home().join(".ssh/config");
    let mut text = fs::read_to_string(&path).unwrap();
    for number in 0..3 {
        let key = ada.home().join(format!("key{number}"));
        abra_rig::keygen(&key, "").unwrap();
        text += &format!("  IdentityFile {}\n", key.display());
    }
    fs::write(&path, text).unwrap();
    looks(&ada, 1, &["Too many authentication failures", "IdentitiesOnly yes"]);
}

#[test]
fn a_login_that_takes_longer_than_ssh_waits_is_told_as_that() {
    let rig = swarm();
    let settings =
        ["AuthorizedKeysFile none", "AuthorizedKeysCommand /bin/sleep 100", "AuthorizedKeysCommandUser root"];
    let sshd = sshd(&rig, "sshd", &settings);
    let ada = operator(&Forge::new(), APP, &sshd, "");
    set(&ada, "ServerAliveCountMax", "2");
    set(&ada, "ServerAliveInterval", "1");
    looks(&ada, 1, &["Connection to 127.0.0.1 port", "timed out", "ServerAliveInterval 20"]);
}

/// Hangs up on the first connections, as an sshd does that is asked for too many logins at once; leads to a port then.
fn busy(first: usize, port: u16) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let here = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming().skip(first).flatten() {
            let there = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
            let ends = [(&stream, &there), (&there, &stream)]
                .map(|(from, to)| (from.try_clone().unwrap(), to.try_clone().unwrap()));
            for (mut from, mut to) in ends {
                thread::spawn(move || {
                    let _ = std::io::copy(&mut from, &mut to);
                    let _ = to.shutdown(std::net::Shutdown::Both);
                });
            }
        }
    });
    here
}

#[test]
fn a_jump_host_that_takes_few_logins_at_a_time_costs_no_server() {
    let rig = swarm();
    let (jump, sshd) = (sshd(&rig, "jump", &[]), sshd(&rig, "sshd", &[]));
    let ada = operator(&Forge::new(), APP, &sshd, "");
    let known_hosts = ada.home().join(".ssh/known_hosts");
    // However it falls, nobody is turned away more often than five times.
    let mut settings = jump.host_by("jump", busy(5, jump.port()), &known_hosts);
    let names: Vec<String> = (0..8).map(|number| format!("s{number}.example.com")).collect();
    for name in &names {
        settings += &format!("{}  ProxyJump jump\n", sshd.host(name, &known_hosts));
    }
    own_ssh(ada.home(), &settings, &[jump.known().unwrap(), sshd.known().unwrap()].concat()).unwrap();
    for name in &names {
        ada.run(&format!("server add -n --no-checks {name}")).is(0, &[]);
        let folder = ada.home().join("abra/servers").join(name);
        fs::write(folder.join(format!("app.{name}.env")), "TYPE=none\n").unwrap();
    }
    fs::remove_dir_all(ada.home().join("abra/servers").join(SERVER)).unwrap();
    let said = ada.run("app ls -S").is(0, &["app.s0.example.com", "undeployed"]);
    assert!(!said.text.contains("unknown"), "{}", said.text);
    assert_eq!(sshd.logins(), names.len(), "{}", sshd.log());
    leaves_nothing(&ada);
    // Who is turned away for good is told so.
    let settings = sshd.host_by(&names[7], busy(usize::MAX, 0), &known_hosts);
    own_ssh(ada.home(), &settings, "").unwrap();
    ada.run(&format!("server add -n {}", names[7])).is(1, &["can't log in", "MaxStartups", "ssh -v"]);
}
