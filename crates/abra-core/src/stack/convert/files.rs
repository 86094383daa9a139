//! Secrets and configs: those that are created, and how services use them.
use super::names::{Named, check_object, on_server, text};
use super::notes::Notes;
use super::service::plain;
use super::undeclared::{self, Noun};
use super::{NAMESPACE_LABEL, Scope};
use crate::compose::model::{FileObject, FileReference, Service};
use crate::secret::Secret;
use crate::stack::spec::{
    ConfigReference, ConfigSpec, CredentialSpec, Driver, FileTarget, NoOptions, SecretReference, SecretSpec,
};
use crate::stack::wanted::Wanted;
use std::collections::{BTreeMap, BTreeSet};

/// A secret's content is smaller than this many bytes (docker: swarm).
const SECRET_LIMIT: usize = 500 * 1024;

/// A config's content is smaller than this many bytes (docker: swarm).
const CONFIG_LIMIT: usize = 1000 * 1024;

/// Who may read a secret or config if nothing is said: everybody.
const DEFAULT_MODE: u32 = 0o444;

/// Top-level secrets that are not made elsewhere, used or not, by name on the server.
pub(super) fn secrets(scope: &Scope<'_>, notes: &mut Notes<'_>) -> BTreeMap<String, Wanted<SecretSpec>> {
    declared("secret", &scope.document.secrets, scope, notes, |name, object, notes| SecretSpec {
        name: name.to_owned(),
        labels: labels(object, scope),
        data: Secret::new(content("secret", SECRET_LIMIT, name, object, scope, notes)),
        driver: text(&object.driver)
            .map(|driver| Driver { name: driver.to_owned(), options: plain(&object.driver_opts) }),
        templating: templating(object),
    })
}

/// Top-level configs that are not made elsewhere, used or not, by name on the server.
pub(super) fn configs(scope: &Scope<'_>, notes: &mut Notes<'_>) -> BTreeMap<String, Wanted<ConfigSpec>> {
    declared("config", &scope.document.configs, scope, notes, |name, object, notes| ConfigSpec {
        name: name.to_owned(),
        labels: labels(object, scope),
        data: content("config", CONFIG_LIMIT, name, object, scope, notes),
        templating: templating(object),
    })
}

fn declared<T: PartialEq>(
    noun: &str,
    objects: &BTreeMap<String, FileObject>,
    scope: &Scope<'_>,
    notes: &mut Notes<'_>,
    spec: impl Fn(&str, &FileObject, &mut Notes<'_>) -> T,
) -> BTreeMap<String, Wanted<T>> {
    let mut wanted: BTreeMap<String, Wanted<T>> = BTreeMap::new();
    for (key, object) in objects.iter().filter(|(_, object)| !object.is_external()) {
        let name = on_server(scope.request.stack, key, object);
        check_object(noun, &name, object.name.as_ref().map_or(object.place, |name| name.place), notes);
        let spec = spec(&name, object, notes);
        if let Some(other) = wanted.get(&name).filter(|other| other.spec != spec) {
            let text = format!("{noun}s {} and {key} are both called {name:?}, and differ", other.key);
            notes.blocker(object.place, text);
        }
        let place = Some(notes.location(object.place));
        wanted.entry(name).or_insert(Wanted { spec, key: key.clone(), place });
    }
    wanted
}

fn labels(object: &FileObject, scope: &Scope<'_>) -> BTreeMap<String, String> {
    let mut labels = plain(&object.labels);
    labels.insert(NAMESPACE_LABEL.to_owned(), scope.request.stack.to_owned());
    labels
}

fn templating(object: &FileObject) -> Option<Driver> {
    text(&object.template_driver).map(|name| Driver { name: name.to_owned(), options: BTreeMap::new() })
}

/// The content, or nothing after a blocker; a driver brings its own.
fn content(
    noun: &str,
    limit: usize,
    name: &str,
    object: &FileObject,
    scope: &Scope<'_>,
    notes: &mut Notes<'_>,
) -> Vec<u8> {
    if text(&object.driver).is_some() {
        return Vec::new();
    }
    let Some(file) = object.file.as_ref().filter(|file| !file.is_empty()) else {
        notes.blocker(object.place, format!("{noun} {name}: there is no file to take the content from"));
        return Vec::new();
    };
    let problem = match scope.request.files.read(file) {
        Err(problem) => problem.to_string(),
        Ok(data) if data.is_empty() => "it is empty, which an engine refuses".to_owned(),
        Ok(data) if data.len() >= limit => {
            format!("it has {} bytes, and an engine takes less than {limit}", data.len())
        }
        Ok(data) => match notes.take(data.len()) {
            Ok(()) => return data,
            Err(problem) => problem,
        },
    };
    notes.blocker(file.place, format!("{noun} {name}: {}: {problem}", file.value));
    Vec::new()
}

/// Secrets of a service, sorted by name on the server.
pub(super) fn secret_references(
    service: &Service,
    scope: &Scope<'_>,
    notes: &mut Notes<'_>,
) -> Vec<SecretReference> {
    let found = references(Noun::Secret, &service.secrets, &scope.document.secrets, service, scope, notes);
    let reference = |(secret_name, file)| SecretReference { file, secret_id: String::new(), secret_name };
    found.into_iter().map(reference).collect()
}

/// Configs of a service, sorted by name on the server; the one with its credentials is `credentials`.
pub(super) fn config_references(
    service: &Service,
    credentials: Option<String>,
    scope: &Scope<'_>,
    notes: &mut Notes<'_>,
) -> Vec<ConfigReference> {
    let found = references(Noun::Config, &service.configs, &scope.document.configs, service, scope, notes);
    let as_file =
        |(config_name, file)| ConfigReference { file: Some(file), config_name, ..ConfigReference::default() };
    let as_runtime = |config_name| ConfigReference {
        runtime: Some(NoOptions {}),
        config_name,
        ..ConfigReference::default()
    };
    let mut all: Vec<ConfigReference> =
        found.into_iter().map(as_file).chain(credentials.into_iter().map(as_runtime)).collect();
    all.sort_by(|a, b| a.config_name.cmp(&b.config_name));
    all
}

fn references(
    noun: Noun,
    written: &[FileReference],
    objects: &BTreeMap<String, FileObject>,
    service: &Service,
    scope: &Scope<'_>,
    notes: &mut Notes<'_>,
) -> Vec<(String, FileTarget)> {
    let mut all = Vec::new();
    let mut targets = BTreeSet::new();
    for reference in written {
        let source = text(&reference.source).unwrap_or_default();
        let Some(object) = objects.get(source) else {
            undeclared::note(noun, source, &service.name, reference.place, scope.document, notes);
            continue;
        };
        let file = target(reference, source);
        if !targets.insert(file.name.clone()) {
            let text =
                format!("service {}: two {}s have the target {:?}", service.name, noun.word(), file.name);
            notes.blocker(reference.place, text);
        }
        all.push((on_server(scope.request.stack, source, object), file));
    }
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all
}

fn target(reference: &FileReference, source: &str) -> FileTarget {
    FileTarget {
        name: text(&reference.target).unwrap_or(source).to_owned(),
        uid: text(&reference.uid).unwrap_or("0").to_owned(),
        gid: text(&reference.gid).unwrap_or("0").to_owned(),
        mode: reference.mode.as_ref().map_or(DEFAULT_MODE, |mode| mode.value),
    }
}

/// The credentials of a service, and the config on the server that holds them.
pub(super) fn credential_spec(
    service: &Service,
    scope: &Scope<'_>,
    notes: &mut Notes<'_>,
) -> (Option<CredentialSpec>, Option<String>) {
    let Some(written) = &service.credential_spec else { return (None, None) };
    let fields = [&written.config, &written.file, &written.registry];
    let given: Vec<_> =
        fields.iter().filter_map(|field| field.as_ref()).filter(|field| !field.is_empty()).collect();
    let Some(first) = given.first() else { return (None, None) };
    if given.len() > 1 {
        let text =
            format!("service {}: credential_spec takes one of config, file and registry", service.name);
        notes.blocker(first.place, text);
    }
    let mut spec = CredentialSpec {
        config: String::new(),
        file: text(&written.file).unwrap_or_default().to_owned(),
        registry: text(&written.registry).unwrap_or_default().to_owned(),
    };
    let Some(key) = text(&written.config) else { return (Some(spec), None) };
    match scope.document.configs.get(key) {
        Some(config) => spec.config = on_server(scope.request.stack, key, config),
        None => undeclared::note(Noun::Config, key, &service.name, first.place, scope.document, notes),
    }
    let name = Some(spec.config.clone());
    (Some(spec), name)
}
