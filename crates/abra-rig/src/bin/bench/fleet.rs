//! Listing apps: many files, many services on a server, many servers.
use crate::plot::plot;
use crate::report::{Fleet, Row};
use crate::say;
use crate::tool::Tools;
use abra_rig::{Engine, Proxy, RigError};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const SERVERS: usize = 20;
const APPS: usize = 50;
const SERVICES: usize = 6;
/// A round trip to a server that is far away.
const FAR: Duration = Duration::from_millis(50);
/// Whatever is never asked.
const NOWHERE: &str = "unix:///nonexistent";
const VERSION: &str = "1.0.0+1.0.0";

pub(crate) fn measure(
    tools: &Tools,
    engine: &Engine,
    folder: &Path,
    report: &mut Fleet,
) -> Result<(), RigError> {
    let ground = Ground { tools, abra: tools.home().join(".abra"), host: engine.address() };
    ground.recipe()?;
    let proxy = Proxy::start(&folder.join("server.sock"), &engine.socket())?;
    ground.context("one.example", &proxy)?;
    ground.services(&proxy, report)?;
    ground.servers(engine, folder, report)?;
    ground.here(report)
}

struct Ground<'a> {
    tools: &'a Tools,
    abra: PathBuf,
    host: String,
}

impl Ground<'_> {
    /// One server with more and more apps.
    fn services(&self, proxy: &Proxy, report: &mut Fleet) -> Result<(), RigError> {
        let (mut points, mut deployed) = (Vec::new(), 0);
        for apps in [2, 17, APPS] {
            say(&format!("a server with {} services", apps * SERVICES));
            for app in deployed..apps {
                let name = self.env("one.example", app)?;
                self.tools.run(0, &self.host, &["app", "deploy", "-n", "-o", "-c", "-D", &name])?;
            }
            deployed = apps;
            let look = |tool| match tool {
                0 => self.tools.run(0, NOWHERE, &["app", "ls", "-S", "-o", "-s", "one.example"]),
                _ => self.tools.run(1, NOWHERE, &["-c", "one.example", "service", "ls"]),
            };
            let near = self.tools.alternate(7, |_, tool| look(tool))?;
            let mut requests = [0, 0];
            for (tool, count) in requests.iter_mut().enumerate() {
                proxy.forget();
                look(tool)?;
                *count = proxy.seen().len();
            }
            let services = apps * SERVICES;
            let row = Row::new(&format!("{services} services"), near).requests(requests);
            report.services.push(if apps == APPS { row.requests_at_most(6) } else { row });
            proxy.delay(FAR);
            let far = self.tools.alternate(5, |_, tool| look(tool))?;
            proxy.delay(Duration::ZERO);
            report
                .services
                .push(Row::new(&format!("{services} services, 50 ms far"), far).requests(requests));
            points.push((services, far));
        }
        let title = "Time until it is known how all apps of a server are, 50 ms far";
        report.plots.push(("services.svg", plot(title, "services on the server, 50 ms far", &points)));
        Ok(())
    }

    /// More and more servers, all as the first one.
    fn servers(&self, engine: &Engine, folder: &Path, report: &mut Fleet) -> Result<(), RigError> {
        fs::remove_dir_all(self.abra.join("servers/one.example"))
            .map_err(RigError::io("the first server"))?;
        let (mut proxies, mut points) = (Vec::new(), Vec::new());
        for count in [1, 5, 10, SERVERS] {
            say(&format!("{count} servers"));
            while proxies.len() < count {
                let name = name(proxies.len());
                let proxy = Proxy::start(&folder.join(format!("{name}.sock")), &engine.socket())?;
                proxy.delay(FAR);
                self.context(&name, &proxy)?;
                (0..APPS).try_for_each(|app| self.env(&name, app).map(drop))?;
                proxies.push(proxy);
            }
            let times = self.tools.alternate(5, |_, tool| self.look_at_all(tool, count))?;
            let row = Row::new(&format!("{count} servers, {} apps", count * APPS), times);
            report.servers.push(row);
            points.push((count, times));
        }
        // Each is as slow as the other.
        let alone = |_: &Tools, _| self.tools.run(0, NOWHERE, &["app", "ls", "-S", "-o", "-s", &name(0)]);
        let [slowest, _] = self.tools.alternate(5, alone)?;
        report.spread = points.last().map(|(count, [all, _])| (*count, *all, slowest));
        let title = "Time until it is known how all apps of all servers are";
        report.plots.push(("servers.svg", plot(title, "servers with 50 apps each, 50 ms far", &points)));
        Ok(())
    }

    fn look_at_all(&self, tool: usize, servers: usize) -> Result<Duration, RigError> {
        if tool == 0 {
            return self.tools.run(0, NOWHERE, &["app", "ls", "-S", "-o"]);
        }
        (0..servers).map(|server| self.tools.run(1, NOWHERE, &["-c", &name(server), "service", "ls"])).sum()
    }

    /// Files only.
    fn here(&self, report: &mut Fleet) -> Result<(), RigError> {
        say("files only");
        let start = self.tools.alternate(21, |tools, tool| tools.run(tool, NOWHERE, &["--version"]))?;
        report.here.push(Row::new("`--version`", start).within(Duration::from_millis(5)));
        let complete = self.tools.alternate(21, |tools, tool| match tool {
            0 => {
                let variables = [("COMPLETE", "bash"), ("_CLAP_COMPLETE_INDEX", "3"), ("_CLAP_IFS", "\n")];
                tools.run_with(0, NOWHERE, &["--", "abra", "app", "deploy", "a"], &variables)
            }
            _ => tools.run(1, NOWHERE, &["__complete", "context", "use", ""]),
        })?;
        let what = format!("completing the names of {} apps", SERVERS * APPS);
        report.here.push(Row::new(&what, complete).within(Duration::from_millis(20)));
        let list = |tools: &Tools, tool| match tool {
            0 => tools.run(0, NOWHERE, &["app", "ls"]),
            _ => tools.run(1, NOWHERE, &["context", "ls"]),
        };
        let mut points = Vec::new();
        for servers in [SERVERS, SERVERS / 2, SERVERS / 4, 1] {
            for server in servers..SERVERS {
                let _ = fs::remove_dir_all(self.abra.join("servers").join(name(server)));
            }
            let times = self.tools.alternate(21, list)?;
            points.push((servers * APPS, times));
            let row = Row::new(&format!("`app ls`, {} apps", servers * APPS), times);
            report.here.push(if servers == SERVERS { row.within(Duration::from_millis(50)) } else { row });
        }
        points.reverse();
        report.plots.push(("apps.svg", plot("Time of app ls", "apps (docker: its 20 contexts)", &points)));
        Ok(())
    }

    /// A recipe of a few services without tasks, in one release.
    fn recipe(&self) -> Result<(), RigError> {
        let dir = self.abra.join("recipes/many");
        fs::create_dir_all(&dir).map_err(RigError::io("a recipe"))?;
        let mut compose = String::from("version: \"3.8\"\nservices:\n");
        for service in 0..SERVICES {
            let name = if service == 0 { "app".to_owned() } else { format!("s{service}") };
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

    /// A server by docker's context.
    fn context(&self, name: &str, proxy: &Proxy) -> Result<(), RigError> {
        let endpoint = format!("host={}", proxy.address());
        self.tools.run(1, NOWHERE, &["context", "create", name, "--docker", &endpoint]).map(drop)
    }

    /// The env file of an app.
    fn env(&self, server: &str, app: usize) -> Result<String, RigError> {
        let name = format!("a{app}.example.com");
        let dir = self.abra.join("servers").join(server);
        fs::create_dir_all(&dir).map_err(RigError::io("a server"))?;
        let text = format!("TYPE=many:{VERSION}\nDOMAIN={name}\nLETS_ENCRYPT_ENV=production\n");
        fs::write(dir.join(format!("{name}.env")), text).map_err(RigError::io("an env file"))?;
        Ok(name)
    }
}

fn name(server: usize) -> String {
    format!("s{server}.example")
}
