//! What people get to read for the mistakes they make most.
use super::files::{FileError, Files};
use super::{LoadRequest, SourceFile, load};
use std::collections::BTreeMap;
use std::fmt::Write;

struct Nothing;

impl Files for Nothing {
    fn read(&self, _: &str) -> Result<Vec<u8>, FileError> {
        Err(FileError::Missing)
    }
}

const MISTAKES: &[(&str, &str)] = &[
    ("wrong indent", "services:\n  app:\n   image: x\n    hostname: a\n"),
    ("tab", "services:\n\tapp:\n\t\timage: x\n"),
    ("ports text", "services:\n  app:\n    image: x\n    ports: 80:80\n"),
    ("ports sexagesimal range", "services:\n  app:\n    image: x\n    ports:\n      - 80-90:80-85\n"),
    ("boolean env", "services:\n  app:\n    image: x\n    environment:\n      DEBUG: true\n"),
    (
        "number cpus",
        "services:\n  app:\n    image: x\n    deploy:\n      resources:\n        limits:\n          cpus: 0.5\n",
    ),
    ("unknown key", "services:\n  app:\n    image: x\n    profiles: [dev]\n"),
    ("misspelled key", "services:\n  app:\n    image: x\n    enviroment:\n      A: b\n"),
    ("deploy at wrong level", "services:\n  app:\n    image: x\n    replicas: 2\n"),
    ("missing quotes colon", "services:\n  app:\n    image: x\n    labels:\n      - a=b: c\n"),
    ("unquoted backtick", "services:\n  app:\n    image: x\n    labels:\n      rule: `host`\n"),
    ("unclosed quote", "services:\n  app:\n    image: \"x\n    hostname: a\n"),
    ("unclosed bracket", "services:\n  app:\n    image: x\n    command: [a, b\n    hostname: a\n"),
    ("duplicate service", "services:\n  app:\n    image: x\n  app:\n    image: y\n"),
    ("version number", "version: 3.8\nservices:\n  app:\n    image: x\n"),
    ("version two", "version: \"2.4\"\nservices:\n  app:\n    image: x\n"),
    (
        "version too old for key",
        "version: \"3.2\"\nservices:\n  app:\n    image: x\nconfigs:\n  a:\n    file: b\n",
    ),
    ("unknown network key", "services:\n  app:\n    image: x\nnetworks:\n  a:\n    extern: true\n"),
    ("service as list", "services:\n  - app:\n      image: x\n"),
    (
        "depends on map",
        "services:\n  app:\n    image: x\n    depends_on:\n      db:\n        condition: service_healthy\n",
    ),
    ("env list with colon", "services:\n  app:\n    image: x\n    environment:\n      - A: b\n"),
    (
        "duration without unit",
        "services:\n  app:\n    image: x\n    healthcheck:\n      test: a\n      interval: 30\n",
    ),
    ("duration days", "services:\n  app:\n    image: x\n    stop_grace_period: 1d\n"),
    (
        "size without unit",
        "services:\n  app:\n    image: x\n    deploy: {resources: {limits: {memory: 512MBB}}}\n",
    ),
    ("lone dollar", "services:\n  app:\n    image: x\n    command: echo $1 costs 5$\n"),
    ("required variable", "services:\n  app:\n    image: \"x:${TAG:?set the tag}\"\n"),
    ("nested variable", "services:\n  app:\n    image: \"x:${TAG:-${OTHER}}\"\n"),
    ("mem limit", "services:\n  app:\n    image: x\n    mem_limit: 5m\n"),
    ("secret nothing", "services:\n  app:\n    image: x\n    secrets: [a]\nsecrets:\n  a:\n"),
    ("cap add text", "services:\n  app:\n    image: x\n    cap_add: NET_ADMIN\n"),
    ("update order", "services:\n  app:\n    image: x\n    deploy: {update_config: {order: start_first}}\n"),
    ("service name", "services:\n  my app:\n    image: x\n"),
    ("number key", "services:\n  app:\n    image: x\n    labels:\n      1: a\n"),
    ("list instead of map", "services:\n  app:\n    image: x\n    deploy:\n      - replicas: 2\n"),
    ("missing space", "services:\n  app:\n    image:x\n"),
];

#[test]
fn a_maintainer_can_act_on_every_message() {
    let mut shown = String::new();
    for (name, text) in MISTAKES {
        let file = SourceFile { name: "compose.yml".to_owned(), text: text.as_bytes().to_vec() };
        let loaded = load(&LoadRequest {
            files: vec![file],
            directory: "/recipe".to_owned(),
            env: &BTreeMap::new(),
            home: None,
            skip_interpolation: false,
            optional: std::collections::BTreeSet::new(),
            reader: &Nothing,
        });
        let findings = match loaded {
            Ok(loaded) => loaded.findings,
            Err(refused) => refused.findings,
        };
        assert!(!findings.is_empty(), "{name}");
        let _ = writeln!(shown, "# {name}");
        for finding in findings {
            let place = finding.location.expect("a place");
            let _ = writeln!(shown, "{place} {}", finding.message);
            let _ = writeln!(shown, "  | {}", place.source.unwrap_or_default());
            if let Some(help) = finding.help {
                let _ = writeln!(shown, "  = {help}");
            }
        }
    }
    insta::assert_snapshot!(shown);
}
