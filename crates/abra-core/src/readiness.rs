//! Whether apps can be deployed to a server: what was seen of it becomes a list of checks, each with what it found and,
//! where something is missing, the commands that set it up. Nothing is ever set up unasked.
//!
//! Not here: looking at the server, and whether it can be reached at all.
use crate::name::ServerName;

/// The network that most recipes join: the reverse proxy's.
pub const PROXY: &str = "proxy";
/// Less free space than that is worth a word.
const LITTLE: u64 = 2 << 30;
/// Less than one part in so many, too.
const SHARE: u64 = 20;

/// What was seen of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The engine's version: `28.2.2`.
    pub engine: String,
    /// The API version that client and engine agreed on: `1.41`.
    pub api: String,
    /// The name that the server has for itself.
    pub host: String,
    /// Its part in a swarm.
    pub swarm: Part,
    /// Networks called [`PROXY`].
    pub proxies: Vec<Proxy>,
    /// The disk that the engine keeps its data on, or why it could not be looked at; `None`: nobody can look.
    pub disk: Option<Result<Disk, String>>,
}

/// An engine's part in a swarm, as it says itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Part {
    /// `inactive`, `pending`, `active`, `error`, `locked`.
    pub state: String,
    /// Whether it is a manager.
    pub is_manager: bool,
    /// What is wrong, such as a lost leader; empty when nothing is.
    pub error: String,
    /// Nodes in the swarm.
    pub nodes: u64,
    /// Managers in the swarm.
    pub managers: u64,
}

/// A network that may be the reverse proxy's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proxy {
    /// `swarm` or `local`.
    pub scope: String,
    /// Its driver.
    pub driver: String,
}

/// Space on a disk, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disk {
    /// The folder that was looked at.
    pub folder: String,
    /// What is free for the engine.
    pub free: u64,
    /// All of it.
    pub total: u64,
}

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// As it should be.
    Fine,
    /// Some apps will want something else.
    Doubtful,
    /// Nothing can be deployed.
    Missing,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What: one word.
    pub what: &'static str,
    /// How it ended.
    pub standing: Standing,
    /// What was found: a fragment without a final stop.
    pub words: String,
    /// What can be done, each a sentence that names a command.
    pub hints: Vec<String>,
}

/// All checks of a server, in the order in which things are set up. `docker`: docker's own command line for its engine.
pub fn checks(server: &ServerName, docker: &str, facts: &Facts) -> Vec<Check> {
    let engine = format!("{} on {}, API {}", facts.engine, facts.host, facts.api);
    let mut all = vec![fine("engine", engine)];
    all.extend(facts.disk.as_ref().map(|disk| match disk {
        Ok(disk) => of_disk(server, disk),
        Err(reason) => of_unknown_disk(docker, reason),
    }));
    let swarm = of_swarm(docker, &facts.swarm, &facts.host);
    let is_manager = swarm.standing == Standing::Fine;
    all.push(swarm);
    if is_manager {
        all.push(of_proxy(docker, &facts.proxies));
    }
    all
}

/// The words of a command line that tells the space of a folder's disk on a server, read by [`disk`]; `None` where the
/// folder, which the server names, can't stand there: a shell over there reads those words.
pub fn disk_command(folder: &str) -> Option<[&str; 3]> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@,=".contains(c);
    (folder.starts_with('/') && folder.chars().all(is_plain)).then_some(["df", "-Pk", folder])
}

/// Reads what `df -Pk` says of a folder (POSIX: `filesystem total used available percentage mounted-on`, in KiB). A login
/// there may say something of its own before that.
pub fn disk(folder: &str, said: &str) -> Option<Disk> {
    let words: Vec<&str> = said.lines().rfind(|line| !line.trim().is_empty())?.split_whitespace().collect();
    let share = words.iter().position(|word| word.strip_suffix('%').is_some_and(is_number))?;
    let kib = |before: usize| words.get(share.checked_sub(before)?)?.parse::<u64>().ok();
    let (total, free) = (kib(3)?, kib(1)?);
    Some(Disk {
        folder: folder.to_owned(),
        free: free.checked_mul(1 << 10)?,
        total: total.checked_mul(1 << 10)?,
    })
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn of_disk(server: &ServerName, disk: &Disk) -> Check {
    let words = format!("{} free of {} at {}", size(disk.free), size(disk.total), disk.folder);
    if disk.free >= LITTLE && disk.free >= disk.total / SHARE {
        return fine("disk", words);
    }
    let hint = format!("`abra server prune {server}` frees what nothing uses any more");
    Check { what: "disk", standing: Standing::Doubtful, words: format!("only {words}"), hints: vec![hint] }
}

fn of_unknown_disk(docker: &str, reason: &str) -> Check {
    let words = format!("free space is not known: {reason}");
    let hint = format!("`{docker} system df` shows what docker itself takes up");
    Check { what: "disk", standing: Standing::Doubtful, words, hints: vec![hint] }
}

fn of_swarm(docker: &str, part: &Part, host: &str) -> Check {
    let missing = |words: String, hints: &[String]| Check {
        what: "swarm",
        standing: Standing::Missing,
        words,
        hints: hints.to_vec(),
    };
    match part.state.as_str() {
        "active" if part.is_manager && part.error.is_empty() => {
            let counted =
                |count: u64, one: &str| format!("{count} {one}{}", if count == 1 { "" } else { "s" });
            let words =
                format!("manager; {}, {}", counted(part.managers, "manager"), counted(part.nodes, "node"));
            fine("swarm", words)
        }
        "active" if part.is_manager => missing(
            format!("a manager, but the swarm does not answer: {}", part.error),
            &["more than half of the swarm's managers must be online".to_owned()],
        ),
        "active" => missing(
            "only a worker of its swarm".to_owned(),
            &[
                "apps are deployed through a manager: add that one as a server instead".to_owned(),
                format!(
                    "`docker node promote {}`, run on a manager, makes this one a manager, too",
                    node(host)
                ),
            ],
        ),
        "locked" => missing(
            "the swarm is locked".to_owned(),
            &[format!("`{docker} swarm unlock` asks for its key; the engine locks it when it restarts")],
        ),
        "inactive" | "" => missing(
            "the engine is in no swarm".to_owned(),
            &[
                format!("`{docker} swarm init` makes it a swarm of its own"),
                "with several addresses it wants `--advertise-addr`: the one that other servers would reach"
                    .to_owned(),
            ],
        ),
        state => missing(
            format!("the engine's swarm is in state `{state}`{}", error_after(&part.error)),
            &[format!("`{docker} info` says more")],
        ),
    }
}

/// What may stand in a command that people copy: the server itself says what it is called.
fn node(host: &str) -> &str {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if !host.is_empty() && !host.starts_with('-') && host.chars().all(is_plain) { host } else { "NODE" }
}

fn error_after(error: &str) -> String {
    if error.is_empty() { String::new() } else { format!(": {error}") }
}

fn of_proxy(docker: &str, proxies: &[Proxy]) -> Check {
    let create = format!("`{docker} network create -d overlay --scope swarm {PROXY}` creates it");
    let doubtful =
        |words: String, hints| Check { what: "network", standing: Standing::Doubtful, words, hints };
    if proxies.iter().any(|proxy| proxy.scope == "swarm") {
        return fine("network", format!("{PROXY} is there"));
    }
    match proxies.first() {
        None => doubtful(format!("there is no network {PROXY}, which most recipes join"), vec![create]),
        Some(proxy) => doubtful(
            format!(
                "{PROXY} is a {} network of this node, which no service of a swarm can join",
                proxy.driver
            ),
            vec![format!("`{docker} network rm {PROXY}` removes it"), create],
        ),
    }
}

fn fine(what: &'static str, words: String) -> Check {
    Check { what, standing: Standing::Fine, words, hints: vec![] }
}

/// Bytes in the largest unit that leaves a number above 1: `12.3 GB`, as docker counts them (1 kB = 1000 B).
pub fn size(bytes: u64) -> String {
    let units = ["kB", "MB", "GB", "TB", "PB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let mut tenths = bytes / 100;
    let mut unit = 0;
    while tenths >= 10_000 && unit + 1 < units.len() {
        tenths /= 1000;
        unit += 1;
    }
    format!("{}.{} {}", tenths / 10, tenths % 10, units[unit])
}

#[cfg(test)]
mod tests {
    use super::{Disk, Facts, Part, Proxy, Standing, checks, disk, disk_command, size};
    use crate::name::ServerName;

    fn ready() -> Facts {
        Facts {
            engine: "28.2.2".to_owned(),
            api: "1.41".to_owned(),
            host: "swarm1".to_owned(),
            swarm: Part {
                state: "active".to_owned(),
                is_manager: true,
                nodes: 3,
                managers: 1,
                ..Part::default()
            },
            proxies: vec![Proxy { scope: "swarm".to_owned(), driver: "overlay".to_owned() }],
            disk: Some(Ok(Disk { folder: "/d".to_owned(), free: 30 << 30, total: 40 << 30 })),
        }
    }

    #[track_caller]
    fn check(change: impl Fn(&mut Facts), what: &str, standing: Standing, words: &str, hint: &str) {
        let mut facts = ready();
        change(&mut facts);
        let all = checks(&ServerName::new("s.example").unwrap(), "docker --context s.example", &facts);
        let found = all.iter().find(|check| check.what == what).unwrap();
        assert_eq!((found.standing, found.words.as_str()), (standing, words));
        assert!(found.hints.join("\n").contains(hint), "{:?}", found.hints);
        // Whatever is not fine says what to do.
        assert!(all.iter().all(|check| check.hints.is_empty() == (check.standing == Standing::Fine)));
    }

    #[test]
    fn a_server_that_is_ready_passes_every_check() {
        let all = checks(&ServerName::local(), "docker", &ready());
        let words: Vec<String> = all.iter().map(|check| format!("{}: {}", check.what, check.words)).collect();
        assert!(all.iter().all(|check| check.standing == Standing::Fine), "{all:?}");
        assert_eq!(
            words,
            [
                "engine: 28.2.2 on swarm1, API 1.41",
                "disk: 32.2 GB free of 42.9 GB at /d",
                "swarm: manager; 1 manager, 3 nodes",
                "network: proxy is there",
            ]
        );
    }

    #[test]
    fn what_is_missing_is_told_with_the_command_that_sets_it_up() {
        use Standing::{Doubtful, Missing};
        let part = |state: &'static str, error: &'static str| {
            move |facts: &mut Facts| {
                facts.swarm = Part { state: state.to_owned(), error: error.to_owned(), ..Part::default() };
            }
        };
        check(
            part("inactive", ""),
            "swarm",
            Missing,
            "the engine is in no swarm",
            "docker --context s.example swarm init",
        );
        check(
            part("active", ""),
            "swarm",
            Missing,
            "only a worker of its swarm",
            "docker node promote swarm1",
        );
        check(part("locked", ""), "swarm", Missing, "the swarm is locked", "swarm unlock");
        check(
            part("error", "disk"),
            "swarm",
            Missing,
            "the engine's swarm is in state `error`: disk",
            "docker --context s.example info",
        );
        check(
            |facts| facts.swarm.error = "no leader".to_owned(),
            "swarm",
            Missing,
            "a manager, but the swarm does not answer: no leader",
            "more than half",
        );
        check(
            |facts| facts.proxies.clear(),
            "network",
            Doubtful,
            "there is no network proxy, which most recipes join",
            "docker --context s.example network create -d overlay --scope swarm proxy",
        );
        check(
            |facts| {
                facts.proxies = vec![Proxy { scope: "local".to_owned(), driver: "bridge".to_owned() }];
            },
            "network",
            Doubtful,
            "proxy is a bridge network of this node, which no service of a swarm can join",
            "network rm proxy",
        );
        check(
            |facts| facts.disk = Some(Ok(Disk { folder: "/d".to_owned(), free: 1 << 30, total: 40 << 30 })),
            "disk",
            Doubtful,
            "only 1.0 GB free of 42.9 GB at /d",
            "abra server prune s.example",
        );
        check(
            |facts| facts.disk = Some(Err("df: not found".to_owned())),
            "disk",
            Doubtful,
            "free space is not known: df: not found",
            "docker --context s.example system df",
        );
    }

    #[test]
    fn without_a_swarm_no_network_is_asked_for() {
        let facts = Facts { swarm: Part::default(), proxies: vec![], ..ready() };
        assert!(checks(&ServerName::local(), "docker", &facts).iter().all(|check| check.what != "network"));
    }

    #[test]
    fn what_df_says_is_read() {
        let head = "Filesystem     1024-blocks      Used Available Capacity Mounted on\n";
        for (said, expected) in [
            ("/dev/sda1 41152736 30123456 8904512 78% /var/lib/docker\n", Some((41_152_736, 8_904_512))),
            ("a b c 10 9 0 100% /a 5% b\n\n", Some((10, 0))),
            ("overlay 10 - - - /\n", None),
            ("7% 1 2", None),
            ("x 1 2 -3 5% /", None),
            ("x 18446744073709551615 2 3 5% /", None),
            ("df: /nosuch: No such file or directory", None),
            ("%", None),
        ] {
            let expected = expected.map(|(total, free): (u64, u64)| (total << 10, free << 10));
            let found = disk("/d", &format!("Welcome, 99% full!\n{head}{said}"));
            assert_eq!(found.map(|disk| (disk.total, disk.free)), expected, "{said}");
        }
        assert_eq!(disk("/d", ""), None);
    }

    #[test]
    fn only_a_harmless_folder_gets_on_a_command_line() {
        assert_eq!(disk_command("/var/lib/docker"), Some(["df", "-Pk", "/var/lib/docker"]));
        for folder in
            ["", "-rf", "var", "/a b", "/a;id", "/$(id)", "/`id`", "/a'b", "/a\n", "/\u{1b}[2J", "/ä", "/*"]
        {
            assert_eq!(disk_command(folder), None, "{folder:?}");
        }
    }

    #[test]
    fn sizes_are_short() {
        for (bytes, words) in [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.0 kB"),
            (1_234_567, "1.2 MB"),
            (999_999_999, "999.9 MB"),
            (42_949_672_960, "42.9 GB"),
            (u64::MAX, "18446.7 PB"),
        ] {
            assert_eq!(size(bytes), words);
        }
    }
}
