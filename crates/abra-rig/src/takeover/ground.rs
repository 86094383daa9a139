//! An engine with what a stack expects of others, and the two programs on it.
use super::recipe::Case;
use crate::actor::Actor;
use crate::{Engine, RigError};
use abra_core::compose::files::{FileError, Files};
use abra_core::compose::{LoadRequest, SourceFile, load};
use abra_core::finding::{Finding, Severity};
use abra_core::stack::api::ApiVersion;
use abra_core::stack::convert::{ConvertRequest, convert};
use abra_core::stack::wanted::StackSpec;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Command;
use std::{env, fs};

/// The two programs.
#[derive(Debug, Clone)]
pub struct Tools {
    /// Docker's own client.
    pub docker: PathBuf,
    /// Ours.
    pub abra: PathBuf,
}

/// One of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tool {
    Docker,
    Abra,
}

impl Tool {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::Abra => "abra",
        }
    }
}

/// Files as they are on disk.
struct Disk;

impl Files for Disk {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        fs::read(path).map_err(|error| FileError::Unreadable(error.to_string()))
    }
}

/// What the files of a case come to on an engine, or the first thing that is wrong with them.
pub(super) fn wanted(case: &Case, engine: &Engine) -> Result<Result<StackSpec, String>, RigError> {
    let version = engine.json("/version")?;
    let api = version["ApiVersion"].as_str().and_then(|text| text.parse().ok()).unwrap_or(ApiVersion::LEAST);
    Ok(converted(case, api.min(ApiVersion::OURS)))
}

pub(super) fn converted(case: &Case, api: ApiVersion) -> Result<StackSpec, String> {
    let first = |findings: Vec<Finding>| {
        let blocker = findings.into_iter().find(|finding| finding.severity == Severity::Blocker);
        blocker.map(|finding| finding.message).unwrap_or_default()
    };
    let source = |name: &String| match fs::read(case.folder.join(name)) {
        Ok(text) => Ok(SourceFile { name: name.clone(), text }),
        Err(error) => Err(format!("{name}: {error}")),
    };
    let files = case.files.iter().map(source).collect::<Result<Vec<_>, _>>()?;
    let directory = case.files.first().and_then(|file| case.folder.join(file).parent().map(PathBuf::from));
    let request = LoadRequest {
        files,
        directory: directory.unwrap_or_default().display().to_string(),
        env: &case.variables,
        home: None,
        skip_interpolation: false,
        optional: BTreeSet::new(),
        reader: &Disk,
    };
    let loaded = load(&request).map_err(|refused| first(refused.findings))?;
    let request = ConvertRequest { stack: &case.stack, files: &Disk, api };
    convert(&loaded.document, &loaded.sources, &request).map_err(first)
}

/// Gives an engine all that a stack expects of others: networks, secrets and configs of others, and its images, whose programs
/// all run until they are told to stop.
///
/// # Errors
/// The engine takes something of it badly.
pub fn prepare(engine: &mut Engine, wanted: &StackSpec) -> Result<(), RigError> {
    let made = |name: &&String| !matches!(name.as_str(), "host" | "bridge" | "none");
    for name in wanted.external.networks.keys().filter(made) {
        let body = json!({ "Name": name, "Driver": "overlay", "Attachable": true });
        engine.post("/networks/create", &body)?.accepted(name)?;
    }
    for (kind, names) in [("secrets", &wanted.external.secrets), ("configs", &wanted.external.configs)] {
        for name in names.keys() {
            engine
                .post(&format!("/{kind}/create"), &json!({ "Name": name, "Data": "eA==" }))?
                .accepted(name)?;
        }
    }
    let mut images: BTreeMap<&str, Actor> = BTreeMap::new();
    let mut sources = BTreeSet::new();
    for service in wanted.services.values() {
        let container = &service.spec.task_template.container_spec;
        images.entry(&container.image).or_default().learn(container);
        let binds = container.mounts.iter().filter(|mount| mount.kind == "bind");
        sources.extend(binds.map(|mount| mount.source.as_str()));
    }
    for (image, actor) in images {
        engine.cast(image, &actor)?;
    }
    // What bind mounts show: only where an engine has a folder of its own for it.
    for source in
        sources.into_iter().filter(|source| ["/run/", "/var/run/"].iter().any(|own| source.starts_with(own)))
    {
        engine.own_file(source)?;
    }
    Ok(())
}

/// A case on an engine.
pub(super) struct Ground<'a> {
    pub(super) engine: &'a Engine,
    pub(super) tools: &'a Tools,
    pub(super) case: &'a Case,
}

/// Names of tasks by their service.
pub(super) type Tasks = BTreeMap<String, BTreeSet<String>>;

impl Ground<'_> {
    /// Deploys with a program; what it says where it fails.
    pub(super) fn deploy(&self, tool: Tool) -> Result<Result<(), String>, RigError> {
        let program = match tool {
            Tool::Docker => &self.tools.docker,
            Tool::Abra => &self.tools.abra,
        };
        let home = self.engine.folder().join("home");
        fs::create_dir_all(&home).map_err(RigError::io("a home"))?;
        let mut command = Command::new(program);
        command.env_clear().envs(&self.case.variables).env("HOME", home);
        command
            .env("PATH", env::var_os("PATH").unwrap_or_default())
            .env("DOCKER_HOST", self.engine.address());
        command.current_dir(&self.case.folder).args([
            "stack",
            "deploy",
            "--detach",
            "--resolve-image",
            "never",
        ]);
        for file in &self.case.files {
            command.args(["-c", file]);
        }
        let output =
            command.arg(&self.case.stack).output().map_err(RigError::io(program.display().to_string()))?;
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).trim().to_owned();
        Ok(if output.status.success() { Ok(()) } else { Err(said) })
    }

    /// The version of every service.
    pub(super) fn versions(&self) -> Result<BTreeMap<String, Value>, RigError> {
        let services = self.services()?.into_iter();
        Ok(services.map(|service| (name(&service), service["Version"].clone())).collect())
    }

    /// Services that are jobs.
    pub(super) fn jobs(&self) -> Result<BTreeSet<String>, RigError> {
        let is_job = |service: &Value| {
            ["ReplicatedJob", "GlobalJob"].iter().any(|mode| service["Spec"]["Mode"].get(*mode).is_some())
        };
        Ok(self.services()?.iter().filter(|service| is_job(service)).map(name).collect())
    }

    /// Tasks of the services whose tasks stay as they are, and why those of the others don't: a container that can't
    /// start is tried again and again, whoever deployed it.
    pub(super) fn steady_tasks(&self) -> Result<(Tasks, BTreeMap<String, String>), RigError> {
        let mut found = (Tasks::new(), BTreeMap::new());
        self.engine.wait_for("the tasks", || {
            found = (Tasks::new(), BTreeMap::new());
            self.services().and_then(|services| self.sorted(&services, &mut found)).unwrap_or(false)
        })?;
        for idle in found.1.keys() {
            found.0.remove(idle);
        }
        Ok(found)
    }

    /// Whether every service has its tasks and every task has come to something.
    fn sorted(
        &self,
        services: &[Value],
        (tasks, idle): &mut (Tasks, BTreeMap<String, String>),
    ) -> Result<bool, RigError> {
        let names: BTreeMap<&str, String> = services
            .iter()
            .map(|service| (service["ID"].as_str().unwrap_or_default(), name(service)))
            .collect();
        let all = self.engine.json("/tasks")?;
        let mut settled = true;
        for task in all.as_array().into_iter().flatten() {
            let Some(service) = names.get(task["ServiceID"].as_str().unwrap_or_default()) else { continue };
            let (state, error) = (task["Status"]["State"].as_str(), task["Status"]["Err"].as_str());
            match state.unwrap_or_default() {
                "running" | "starting" | "complete" | "shutdown" | "orphaned" | "remove" => {}
                "pending" if error.is_some() => {}
                "rejected" | "failed" => {
                    idle.insert(service.clone(), error.unwrap_or_default().to_owned());
                }
                "ready" if idle.contains_key(service) => {}
                _ => settled = false,
            }
            tasks
                .entry(service.clone())
                .or_default()
                .insert(task["ID"].as_str().unwrap_or_default().to_owned());
        }
        let wants =
            |service: &Value| service["Spec"]["Mode"].pointer("/Replicated/Replicas") != Some(&json!(0));
        let missing = services.iter().any(|service| wants(service) && !tasks.contains_key(&name(service)));
        Ok(!missing && (settled || services.iter().all(|service| idle.contains_key(&name(service)))))
    }

    /// Waits until the swarm has dealt with all that was sent before: it takes things in their order, so a service that
    /// is made now gets its task after all others got theirs.
    pub(super) fn settle(&self) -> Result<(), RigError> {
        let body = json!({"Name": "last", "TaskTemplate": {"ContainerSpec": {"Image": "bb:1"}}});
        let made = self.engine.post("/services/create", &body)?.accepted("last")?.json();
        let id = made["ID"].as_str().unwrap_or_default().to_owned();
        let mine = || {
            let tasks = self.engine.json("/tasks").unwrap_or_default();
            let tasks = tasks.as_array().cloned().unwrap_or_default();
            tasks.into_iter().filter(|task| task["ServiceID"] == *id).collect::<Vec<_>>()
        };
        self.engine.wait_for("the last service", || {
            mine().iter().any(|task| task["Status"]["State"] == "running")
        })?;
        self.engine.delete(&format!("/services/{id}"))?.accepted("last")?;
        self.engine.wait_for("the last service's end", || mine().is_empty())
    }

    fn services(&self) -> Result<Vec<Value>, RigError> {
        let list = self.engine.json("/services")?;
        Ok(list.as_array().cloned().unwrap_or_default())
    }
}

fn name(service: &Value) -> String {
    service.pointer("/Spec/Name").and_then(Value::as_str).unwrap_or_default().to_owned()
}
