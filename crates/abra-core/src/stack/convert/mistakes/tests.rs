use super::mistakes;
use crate::compose::files::{FileError, Files};
use crate::compose::{LoadRequest, SourceFile, load};
use std::collections::{BTreeMap, BTreeSet};

struct Nothing;

impl Files for Nothing {
    fn read(&self, _: &str) -> Result<Vec<u8>, FileError> {
        Err(FileError::Missing)
    }
}

/// What is said of these files, which must be refused: places and beginnings of messages.
fn said(texts: &[&str]) -> Vec<String> {
    let file =
        |(at, text): (usize, &&str)| SourceFile { name: format!("{at}.yml"), text: text.as_bytes().to_vec() };
    let env = BTreeMap::from([("NET".to_owned(), "net".to_owned())]);
    let refused = load(&LoadRequest {
        files: texts.iter().enumerate().map(file).collect(),
        directory: "/recipe".to_owned(),
        env: &env,
        home: None,
        skip_interpolation: false,
        optional: BTreeSet::new(),
        reader: &Nothing,
    });
    let findings = mistakes(refused.expect_err("refused"));
    findings
        .iter()
        .map(|finding| format!("{} {}", finding.location.as_ref().expect("a place"), finding.message))
        .collect()
}

/// A service with a mistake of its own in line 2.
const WRONG: &str = "services:\n  web: {imge: x}\n";

#[test]
fn names_that_nothing_declares_are_told_beside_other_mistakes() {
    let app = |keys: &str| format!("{WRONG}  app: {{image: x, {keys}}}\n");
    for (keys, rest, told) in [
        ("networks: [nett]", "networks: {net: }", Some("network \"nett\"")),
        ("networks: {nett: {aliases: [a]}}", "", Some("network \"nett\"")),
        ("networks: [\"${NET}\"]", "", Some("network \"net\"")),
        ("networks: [default]", "", None),
        ("networks: [net]", "networks: {net: {drivr: x}}", None),
        ("volumes: [\"data:/data\"]", "volumes: {date: }", Some("volume \"data\"")),
        ("volumes: [{type: volume, source: data, target: /d}]", "", Some("volume \"data\"")),
        ("volumes: [{type: cluster, source: \"group:a\", target: /d}]", "", None),
        ("volumes: [\"/data:/data\", \"/data\", \"./a:/b\"]", "", None),
        ("volumes: [{type: tmpfs, source: data, target: /d}]", "", None),
        ("secrets: [pass]", "secrets: {passs: {external: true}}", Some("secret \"pass\"")),
        ("secrets: [{source: pass, target: a}]", "", Some("secret \"pass\"")),
        ("configs: [conf]", "configs: {conf: {flie: a}}", None),
        ("configs: [conf]", "", Some("config \"conf\"")),
        ("credential_spec: {config: conf}", "", Some("config \"conf\"")),
        // What the names are can't be told.
        ("networks: [\"${NET\"]", "", None),
        ("networks: [1]", "", None),
        ("networks: net", "", None),
        // More may be declared than can be read.
        ("networks: [net]", "networks: [net]", None),
        ("networks: [net]", "network: {net: }", None),
        ("networks: [net]", "networks: *nets", None),
        ("networks: [net]", "networks: {a: }\nnetworks: {net: }", None),
        ("volumes: [\"data:/data\"]", "networks: [net]", Some("volume \"data\"")),
    ] {
        let said = said(&[&format!("{}{rest}\n", app(keys))]);
        let undeclared: Vec<&String> =
            said.iter().filter(|line| line.contains("is not declared in")).collect();
        assert!(said.iter().any(|line| line.starts_with("0.yml:2:")), "{keys}: {rest}: {said:?}");
        match told {
            None => assert_eq!(undeclared, Vec::<&String>::new(), "{keys}: {rest}"),
            Some(told) => {
                assert_eq!(undeclared.len(), 1, "{keys}: {rest}: {said:?}");
                assert!(
                    undeclared[0].starts_with("0.yml:3:") && undeclared[0].contains(told),
                    "{undeclared:?}"
                );
            }
        }
    }
}

#[test]
fn files_are_looked_at_together() {
    let base = "services:\n  app: {image: x, networks: [a, b, c]}\n";
    let all = |rest: &str| said(&[base, &format!("{WRONG}{rest}")]);
    assert_eq!(
        all("networks: {a: , b: }\n"),
        [
            "0.yml:2:36 service app: network \"c\" is not declared in networks",
            "1.yml:2:9 services.web: the key \"imge\" is not known"
        ]
    );
    // Of a file that can't be read nobody knows what it declares; of one whose keys stand twice among the services, everybody.
    let broken = said(&[base, WRONG, "networks: {a: , b: \n"]);
    assert!(!broken.iter().any(|line| line.contains("not declared")), "{broken:?}");
    let twice = said(&[base, "services:\n  web:\n    image: x\n    image: y\nnetworks: {a: , b: }\n"]);
    assert!(twice[0].contains("network \"c\" is not declared") && twice.len() == 2, "{twice:?}");
    // A slip of indentation: the section stands among the services.
    let slip = said(&[base, "services:\n  web: {image: x}\n  networks:\n    a: {}\n"]);
    assert!(!slip.iter().any(|line| line.contains("not declared")), "{slip:?}");
}
