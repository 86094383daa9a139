//! An operator's workstation: recipes, env files, docker's contexts, and an ssh whose settings lead to throwaway sshds.
use crate::tool::{Pair, Tools};
use abra_rig::{Distance, Engine, RigError, Sshd, SshdOptions, own_ssh};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// A round trip to a server that is far away.
pub(crate) const FAR: Duration = Duration::from_millis(50);
/// Between one server and the next, where each is at another distance.
pub(crate) const STEP: Duration = Duration::from_millis(5);
/// A key exchange that costs next to nothing, and is everywhere.
const CHEAP: &str = "curve25519-sha256";
/// What OpenSSH 9 prefers.
const COSTLY: &str = "sntrup761x25519-sha512@openssh.com";
/// Whatever is never asked.
pub(crate) const NOWHERE: &str = "unix:///nonexistent";
/// How many services one app after the other has: a program, with a database, with a cache. Two on average.
const SERVICES: [usize; 4] = [1, 3, 2, 2];
const VERSION: &str = "1.0.0+1.0.0";

/// The workstation and the one engine behind all servers.
pub(crate) struct Ground<'a> {
    pub(crate) tools: &'a Tools,
    pub(crate) engine: &'a Engine,
    abra: PathBuf,
}

/// A server by several names: next door, and away.
pub(crate) struct Server {
    pub(crate) sshd: Sshd,
    /// The name that leads there directly.
    pub(crate) near: String,
    /// The name that leads there through a relay, [`FAR`] away.
    pub(crate) far: String,
    /// The same, with another key exchange.
    pub(crate) other: String,
    /// The name that leads there through a relay of its own distance.
    pub(crate) away: String,
    /// The name that leads there as far as [`Self::far`], through an sshd that takes less of this machine.
    pub(crate) small: String,
    small_sshd: Option<Sshd>,
}

/// Servers, and the distance to them.
pub(crate) struct Reach {
    pub(crate) servers: Vec<Server>,
    /// The key exchange that ssh and sshd choose by themselves.
    pub(crate) exchange: String,
    /// One that costs more, or less.
    pub(crate) other: &'static str,
    distance: Distance,
}

impl Server {
    fn names(&self) -> impl Iterator<Item = &String> {
        let small = self.small_sshd.is_some().then_some(&self.small);
        [&self.near, &self.far, &self.other, &self.away].into_iter().chain(small)
    }

    /// How many logins a run of each tool makes.
    pub(crate) fn logins(
        &self,
        mut run: impl FnMut(usize) -> Result<Duration, RigError>,
    ) -> Result<Pair<usize>, RigError> {
        let mut logins = [0, 0];
        for (tool, count) in logins.iter_mut().enumerate() {
            let before = self.sshd.logins();
            run(tool)?;
            *count = self.sshd.logins() - before;
        }
        Ok(logins)
    }
}

impl Reach {
    /// ssh's settings for the names that lead through relays.
    fn relayed(&self, known_hosts: &Path) -> String {
        let mut settings = String::new();
        let (far, others) = self.distance.ports().split_at(self.servers.len());
        let (away, small) = others.split_at(self.servers.len());
        let small_sshds =
            self.servers.iter().filter_map(|server| Some((server, server.small_sshd.as_ref()?)));
        for ((server, sshd), port) in small_sshds.zip(small) {
            settings += &sshd.host_by(&server.small, *port, known_hosts);
        }
        for ((server, far), away) in self.servers.iter().zip(far).zip(away) {
            let Server { sshd, far: name, other, away: own, .. } = server;
            settings += &sshd.host_by(name, *far, known_hosts);
            settings += &sshd.host_by(own, *away, known_hosts);
            settings += &sshd.host_by(other, *far, known_hosts);
            let _ = writeln!(settings, "  KexAlgorithms {}", self.other);
        }
        settings
    }

    /// Whether there are sshds that take less of this machine.
    pub(crate) fn has_small(&self) -> bool {
        self.servers.iter().all(|server| server.small_sshd.is_some())
    }
}

impl<'a> Ground<'a> {
    pub(crate) fn new(tools: &'a Tools, engine: &'a Engine) -> Result<Self, RigError> {
        let ground = Self { tools, engine, abra: tools.home().join(".abra") };
        for services in [1, 2, 3] {
            ground.recipe(services)?;
        }
        Ok(ground)
    }

    /// So many sshds in front of the engine, which ssh and docker know by their names; and as many that take less of this
    /// machine, if there is such a program.
    pub(crate) fn reach(&self, count: usize, small: Option<&Path>) -> Result<Reach, RigError> {
        let servers = self.servers(count, small)?;
        let ports = || servers.iter().map(|server| server.sshd.port());
        let away = (1..).map(|number| STEP * number);
        let small = servers.iter().filter_map(|server| Some((server.small_sshd.as_ref()?.port(), FAR)));
        let targets: Vec<_> = ports().map(|port| (port, FAR)).chain(ports().zip(away)).chain(small).collect();
        let distance = Distance::start(&targets)?;
        let sshds = servers.iter().flat_map(|server| std::iter::once(&server.sshd).chain(&server.small_sshd));
        let known: String = sshds.map(Sshd::known).collect::<Result<_, _>>()?;
        let settings: String =
            servers.iter().map(|server| server.sshd.host(&server.near, &self.known_hosts())).collect();
        own_ssh(self.tools.home(), &settings, &known)?;
        let exchange =
            servers.first().map(|server| self.exchange(&server.near)).transpose()?.unwrap_or_default();
        let other = if exchange.starts_with("sntrup") { CHEAP } else { COSTLY };
        let reach = Reach { servers, exchange, other, distance };
        let relayed = reach.relayed(&self.known_hosts());
        own_ssh(self.tools.home(), &(settings + &relayed), &known)?;
        for name in reach.servers.iter().flat_map(Server::names) {
            self.context(name, &format!("ssh://{name}"))?;
        }
        Ok(reach)
    }

    fn servers(&self, count: usize, small: Option<&Path>) -> Result<Vec<Server>, RigError> {
        let options = SshdOptions { engine: Some(self.engine.socket()), ..SshdOptions::default() };
        let folder = self.engine.folder().join("sshd");
        fs::create_dir_all(&folder).map_err(RigError::io("the folder for sshds"))?;
        let server = |number| {
            let names = ["n", "f", "o", "a", "s"].map(|kind| format!("{kind}{number}.example"));
            let listening = |name: &str, program: Option<&Path>| {
                let folder = folder.join(name);
                let _ = fs::remove_dir_all(&folder);
                Sshd::listening(
                    &folder,
                    &SshdOptions { program: program.map(Path::to_owned), ..options.clone() },
                )
            };
            let sshd = listening(&names[0], None)?;
            let small_sshd = small.map(|program| listening(&names[4], Some(program))).transpose()?;
            let [near, far, other, away, small] = names;
            Ok(Server { sshd, near, far, other, away, small, small_sshd })
        };
        (0..count).map(server).collect()
    }

    fn known_hosts(&self) -> PathBuf {
        self.tools.home().join(".ssh/known_hosts")
    }

    /// The key exchange of a login, as ssh tells it.
    fn exchange(&self, name: &str) -> Result<String, RigError> {
        let mut ssh = Command::new("ssh");
        let output = ssh.args(["-v", name, "true"]).output().map_err(RigError::io("ssh"))?;
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        let algorithm = text.lines().find_map(|line| line.split_once("kex: algorithm: "));
        algorithm.map(|(_, name)| name.trim().to_owned()).ok_or_else(|| RigError::Refused {
            what: format!("ssh {name}"),
            status: 1,
            text: text.clone(),
        })
    }

    /// A server by docker's context.
    pub(crate) fn context(&self, name: &str, address: &str) -> Result<(), RigError> {
        let endpoint = format!("host={address}");
        self.tools.run(1, NOWHERE, &["context", "create", name, "--docker", &endpoint]).map(drop)
    }

    /// The env file of an app.
    pub(crate) fn env(&self, server: &str, app: usize) -> Result<String, RigError> {
        let name = format!("a{app}.example.com");
        let dir = self.abra.join("servers").join(server);
        fs::create_dir_all(&dir).map_err(RigError::io("a server"))?;
        let recipe = recipe(SERVICES[app % SERVICES.len()]);
        let text = format!("TYPE={recipe}:{VERSION}\nDOMAIN={name}\nLETS_ENCRYPT_ENV=production\n");
        fs::write(dir.join(format!("{name}.env")), text).map_err(RigError::io("an env file"))?;
        Ok(name)
    }

    /// Forgets a server's env files.
    pub(crate) fn forget(&self, server: &str) {
        let _ = fs::remove_dir_all(self.abra.join("servers").join(server));
    }

    /// A recipe of so many services without tasks, in one release.
    fn recipe(&self, services: usize) -> Result<(), RigError> {
        let dir = self.abra.join("recipes").join(recipe(services));
        fs::create_dir_all(&dir).map_err(RigError::io("a recipe"))?;
        let mut compose = String::from("version: \"3.8\"\nservices:\n");
        for name in ["app", "db", "cache"].iter().take(services) {
            let _ = write!(
                compose,
                "  {name}:\n    image: bb:1\n    environment: [DOMAIN]\n    deploy:\n      replicas: 0\n      labels:\n        \
                 - \"traefik.http.routers.${{STACK_NAME}}.rule=Host(`${{DOMAIN}}`)\"\n"
            );
        }
        fs::write(dir.join("compose.yml"), compose).map_err(RigError::io("a recipe"))?;
        for arguments in [
            &["init", "--quiet"][..],
            &["add", "--all"],
            &["commit", "--quiet", "--message", VERSION],
            &["tag", "--annotate", "--message", VERSION, VERSION],
        ] {
            let mut git = Command::new("git");
            git.args(["-c", "user.name=Bench", "-c", "user.email=bench@example.org"]).args(arguments);
            let status = git.current_dir(&dir).status().map_err(RigError::io("git"))?;
            if !status.success() {
                let what = format!("git {}", arguments.join(" "));
                return Err(RigError::Refused { what, status: 1, text: String::new() });
            }
        }
        Ok(())
    }
}

/// How many services so many apps have.
pub(crate) fn services_of(apps: usize) -> usize {
    (0..apps).map(|app| SERVICES[app % SERVICES.len()]).sum()
}

fn recipe(services: usize) -> String {
    format!("recipe{services}")
}
