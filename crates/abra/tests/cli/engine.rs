//! A stand-in for an engine that only shows things: it answers looks from a table and notes every attempt to change
//! something. What engines really do is tested on real ones.
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};

/// What the engine shows.
#[derive(Debug, Clone)]
pub(crate) struct World {
    /// Its API version.
    pub(crate) api: &'static str,
    /// Whether it is a swarm manager.
    pub(crate) manager: bool,
    /// Whether what is sent to be created is taken (and forgotten).
    pub(crate) takes: bool,
    /// Where answers to what changes something wait.
    pub(crate) gate: Gate,
    /// What it says of itself.
    pub(crate) info: Value,
    pub(crate) services: Value,
    pub(crate) tasks: Value,
    pub(crate) networks: Value,
    pub(crate) secrets: Value,
    pub(crate) configs: Value,
}

impl Default for World {
    /// A manager with all that the usual app wants, and nothing deployed.
    fn default() -> Self {
        let object = |name: &str| json!({ "ID": format!("id-{name}"), "Version": { "Index": 1 }, "Spec": { "Name": name } });
        Self {
            api: "1.41",
            manager: true,
            takes: false,
            gate: Gate::default(),
            info: json!({}),
            services: json!([]),
            tasks: json!([]),
            networks: json!([{ "Name": "proxy", "Id": "id-proxy", "Scope": "swarm", "Driver": "overlay" }]),
            secrets: json!([object("wiki_test_password_v1")]),
            configs: json!([]),
        }
    }
}

/// What is behind it waits while it is shut.
#[derive(Debug, Clone, Default)]
pub(crate) struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    pub(crate) fn shut() -> Self {
        Self(Arc::new((Mutex::new(true), Condvar::new())))
    }

    pub(crate) fn open(&self) {
        *self.0.0.lock().unwrap() = false;
        self.0.1.notify_all();
    }

    fn pass(&self) {
        drop(self.0.1.wait_while(self.0.0.lock().unwrap(), |is_shut| *is_shut).unwrap());
    }
}

/// The stand-in; it ends with the test's process.
#[derive(Debug)]
pub(crate) struct Fake {
    writes: Arc<Mutex<Vec<String>>>,
}

impl Fake {
    pub(crate) fn start(socket: &Path, world: World) -> Self {
        let listener = UnixListener::bind(socket).unwrap();
        let writes = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&writes);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (world, noted) = (world.clone(), Arc::clone(&noted));
                std::thread::spawn(move || serve(&stream, &world, &noted));
            }
        });
        Self { writes }
    }

    /// What was to be changed.
    pub(crate) fn writes(&self) -> Vec<String> {
        self.writes.lock().unwrap().clone()
    }
}

/// Answers one connection's requests until it closes.
fn serve(stream: &UnixStream, world: &World, writes: &Mutex<Vec<String>>) -> Option<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let mut first = String::new();
        if reader.read_line(&mut first).ok()? == 0 {
            return None;
        }
        let mut length = 0;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).ok()?;
            let line = line.trim().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            length = line.strip_prefix("content-length: ").map_or(length, |text| text.parse().unwrap());
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        let mut words = first.split(' ');
        let (method, target) = (words.next()?, words.next()?);
        let (status, answer) = answer(method, target, world, writes);
        let text = answer.to_string();
        let head = format!(
            "HTTP/1.1 {status} X\r\nApi-Version: {}\r\nContent-Length: {}\r\n\r\n",
            world.api,
            text.len()
        );
        let mut stream = stream;
        stream.write_all((head + &text).as_bytes()).ok()?;
    }
}

fn answer(method: &str, target: &str, world: &World, writes: &Mutex<Vec<String>>) -> (u16, Value) {
    if method != "GET" {
        writes.lock().unwrap().push(format!("{method} {target}"));
        world.gate.pass();
        if world.takes {
            return (201, json!({ "ID": "new" }));
        }
        return (500, json!({ "message": "this engine only shows things" }));
    }
    let path = target.split('?').next().unwrap_or_default();
    let path = path.strip_prefix(&format!("/v{}", world.api)).unwrap_or(path);
    let shown = match path {
        "/_ping" => return (200, json!("OK")),
        _ if path.starts_with("/distribution/") => {
            let digest = format!("sha256:{}", "0".repeat(64));
            return (200, json!({ "Descriptor": { "digest": digest }, "Platforms": [] }));
        }
        "/info" => return (200, world.info.clone()),
        "/networks" => return (200, world.networks.clone()),
        "/services" => &world.services,
        "/tasks" => &world.tasks,
        "/secrets" => &world.secrets,
        "/configs" => &world.configs,
        _ => return (404, json!({ "message": format!("no {path} here") })),
    };
    if world.manager {
        (200, shown.clone())
    } else {
        (
            503,
            json!({ "message": "This node is not a swarm manager. Use \"docker swarm init\" or \"docker swarm join\" to connect this node to swarm and try again." }),
        )
    }
}
