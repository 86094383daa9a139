use super::*;
use crate::compose::files::FileError;
use crate::compose::print;
use std::fmt::Write;

/// Files by absolute path.
struct Memory(BTreeMap<&'static str, &'static str>);

impl Files for Memory {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        match path {
            "/big.env" => Ok(b"#\n".repeat(1 << 20)),
            "/long.env" => Ok([b"A=".as_slice(), &b"x".repeat(64 << 10)].concat()),
            _ => self.0.get(path).map(|text| text.as_bytes().to_vec()).ok_or(FileError::Missing),
        }
    }
}

fn attempt(texts: &[&str]) -> Result<Loaded, Refused> {
    let env = [("FOO", "foo"), ("N", "3")].map(|(k, v)| (k.to_owned(), v.to_owned())).into();
    let name = |at: usize| ["a.yml", "b.yml", "c.yml"][at].to_owned();
    let file = |(at, text): (usize, &&str)| SourceFile { name: name(at), text: text.as_bytes().to_vec() };
    load(&LoadRequest {
        files: texts.iter().enumerate().map(file).collect(),
        directory: "/recipe".to_owned(),
        env: &env,
        home: Some("/home/u".to_owned()),
        skip_interpolation: false,
        optional: BTreeSet::new(),
        reader: &Memory([("/recipe/e.env", "A=file\nFOO=\nB\nN\n")].into()),
    })
}

fn loaded(texts: &[&str]) -> Loaded {
    attempt(texts).unwrap_or_else(|refused| panic!("{texts:?}: {:#?}", refused.findings))
}

/// The printed services of documents whose services are given in flow form.
fn services(bodies: &[&str]) -> String {
    let texts: Vec<String> = bodies.iter().map(|body| format!("services: {{w: {{{body}}}}}\n")).collect();
    let printed = print(&loaded(&texts.iter().map(String::as_str).collect::<Vec<_>>()).document);
    let body: String = printed
        .lines()
        .skip(3)
        .map(|line| line.strip_prefix("    ").unwrap_or(line).to_owned() + "\n")
        .collect();
    body
}

fn check(bodies: &[&str], want: &str) {
    assert_eq!(services(bodies), want, "{bodies:?}");
}

/// The findings as `severity file:line:column message`.
fn findings(texts: &[&str]) -> Vec<String> {
    let found = match attempt(texts) {
        Ok(loaded) => loaded.findings,
        Err(refused) => refused.findings,
    };
    let show = |f: &Finding| {
        let place = f.location.as_ref().map(ToString::to_string).unwrap_or_default();
        format!("{:?} {place} {}", f.severity, f.message).to_lowercase()
    };
    found.iter().map(show).collect()
}

#[test]
fn short_forms_become_long_ones() {
    check(&["command: a 'b c'"], "command:\n  - a\n  - b c\n");
    check(&["healthcheck: {test: a b}"], "healthcheck:\n  test:\n    - CMD-SHELL\n    - a b\n");
    check(
        &["ports: ['81:80']"],
        "ports:\n  - mode: ingress\n    target: 80\n    published: 81\n    protocol: tcp\n",
    );
    check(
        &["volumes: ['./x:/y:ro']"],
        "volumes:\n  - type: bind\n    source: /recipe/x\n    target: /y\n    read_only: true\n",
    );
    check(&["volumes: ['~/x:/y']"], "volumes:\n  - type: bind\n    source: /home/u/x\n    target: /y\n");
    check(&["networks: [a]"], "networks:\n  a: null\n");
    check(&["dns: 1.1.1.1"], "dns:\n  - 1.1.1.1\n");
    check(&["labels: [a=b=c, d]"], "labels:\n  a: b=c\n  d: \"\"\n");
    check(&["extra_hosts: {b: '[::1]', a: 1.1.1.1, c: }"], "extra_hosts:\n  - a:1.1.1.1\n  - b:::1\n");
    check(
        &["deploy: {resources: {limits: {memory: 50M}}}"],
        "deploy:\n  resources:\n    limits:\n      memory: \"52428800\"\n",
    );
    check(&["stop_grace_period: 90s"], "stop_grace_period: 1m30s\n");
}

#[test]
fn environment_is_taken_from_files_then_keys_then_the_caller() {
    check(
        &["env_file: e.env"],
        "environment:\n  A: file\n  FOO: foo\n  \"N\": \"3\"\nenv_file:\n  - e.env\n",
    );
    check(
        &["env_file: e.env, environment: {A: , N: 5}"],
        "environment:\n  A: null\n  FOO: foo\n  \"N\": \"5\"\nenv_file:\n  - e.env\n",
    );
    check(&["environment: [FOO=, X, Y=]"], "environment:\n  FOO: foo\n  X: null\n  \"Y\": \"\"\n");
}

#[test]
fn zeros_are_left_out_where_docker_leaves_them_out() {
    check(&["tty: false, hostname: '', dns: [], deploy: {labels: {}}"], "");
    check(&["init: false, deploy: {replicas: 0}"], "deploy:\n  replicas: 0\ninit: false\n");
    check(&["healthcheck: {}, logging: {}"], "healthcheck: {}\nlogging: {}\n");
    check(&["oom_score_adj: 5"], "oom_score_adj: 5\n");
}

#[test]
fn what_merges_with_what_in_extension_keys() {
    let table = [
        ("x-a: 1", "x-a: null", "x-a: null\n"),
        ("x-a: null", "x-a: [1]", "x-a:\n  - 1\n"),
        ("x-a: [1]", "x-a: {b: 1}", "x-a:\n  b: 1\n"),
        ("x-a: {b: [1], c: 2}", "x-a: {b: [2]}", "x-a:\n  b:\n    - 1\n    - 2\n  c: 2\n"),
    ];
    for (base, over, want) in table {
        check(&[base, over], want);
    }
    for (base, over) in [("x-a: 1", "x-a: []"), ("x-a: {b: 1}", "x-a: {b: [1]}")] {
        let found = findings(&[
            &format!("services: {{w: {{image: x, {base}}}}}\n"),
            &format!("services: {{w: {{{over}}}}}\n"),
        ]);
        let want = "blocker b.yml:1:15 x-a of the service \"w\" has a list where an earlier file has none";
        assert!(found.iter().any(|line| line.starts_with(want)), "{base} {over}: {found:?}");
    }
}

#[test]
fn merge_rules() {
    let table = [
        ("tty: true", "tty: false", "tty: true\n"),
        ("hostname: a", "hostname: b", "hostname: b\n"),
        ("deploy: {replicas: 2}", "deploy: {replicas: 0}", "deploy:\n  replicas: 0\n"),
        ("command: a", "command: []", "command:\n  - a\n"),
        ("command: a", "command: b c", "command:\n  - b\n  - c\n"),
        (
            "environment: {A: 1, B: 2}",
            "environment: [A=, B=3, C]",
            "environment:\n  A: \"1\"\n  B: \"3\"\n  C: null\n",
        ),
        ("labels: {a: 1}", "labels: [a=]", "labels:\n  a: \"\"\n"),
        ("tmpfs: a", "tmpfs: a", "tmpfs:\n  - a\n  - a\n"),
        (
            "healthcheck: {test: [CMD, a], retries: 3}",
            "healthcheck: {test: [CMD, b], retries: 0}",
            "healthcheck:\n  test:\n    - CMD\n    - b\n  retries: 0\n",
        ),
        ("secrets: [b, {source: a, mode: 0400}]", "secrets: [a]", "secrets:\n  - source: a\n  - source: b\n"),
        (
            "volumes: ['aa:/b', 'cc:/a']",
            "volumes: ['dd:/b']",
            "volumes:\n  - type: volume\n    source: cc\n    target: /a\n  - type: volume\n    source: dd\n    target: /b\n",
        ),
        (
            "networks: {a: {aliases: [x], driver_opts: {k: v}}}",
            "networks: {a: {aliases: [y], driver_opts: {l: w}}}",
            "networks:\n  a:\n    aliases:\n      - \"y\"\n    driver_opts:\n      k: v\n      l: w\n",
        ),
        ("networks: {a: {aliases: [x]}}", "networks: [a]", "networks:\n  a:\n    aliases:\n      - x\n"),
        (
            "logging: {driver: a}",
            "logging: {options: {b: 1}}",
            "logging:\n  driver: a\n  options:\n    b: \"1\"\n",
        ),
        ("logging: {driver: a, options: {b: 1}}", "logging: {driver: c}", "logging:\n  driver: c\n"),
        ("ulimits: {a: {soft: 1, hard: 2}}", "ulimits: {a: 5}", "ulimits:\n  a: 5\n"),
        ("x-a: {b: [1], c: 1}", "x-a: {b: [2], d: 0}", "x-a:\n  b:\n    - 1\n    - 2\n  c: 1\n  d: 0\n"),
        (
            "deploy: {placement: {constraints: [a]}}",
            "deploy: {placement: {constraints: [b]}}",
            "deploy:\n  placement:\n    constraints:\n      - a\n      - b\n",
        ),
        (
            "build: {context: a, args: {k: 1}}",
            "build: {args: {k: , l: 2}}",
            "build:\n  context: a\n  args:\n    k: \"1\"\n    l: \"2\"\n",
        ),
    ];
    for (base, over, want) in table {
        check(&[base, over], want);
    }
}

#[test]
fn ports_of_other_protocols_and_unpublished_ones_survive_a_merge() {
    let printed = services(&["ports: ['53:53', '53:53/udp', 90, 91]", "ports: ['53:54/udp']"]);
    let lines: Vec<&str> =
        printed.lines().filter(|l| l.contains("target") || l.contains("protocol")).map(str::trim).collect();
    let target = |n: &str| lines.iter().filter(|l| **l == format!("target: {n}")).count();
    assert_eq!((target("90"), target("91"), target("53"), target("54")), (1, 1, 1, 1), "{printed}");
}

#[test]
fn top_level_objects_are_replaced_whole() {
    let document = loaded(&[
        "services: {}\nnetworks: {n: {driver: x}}\nsecrets: {s: {external: true}}\nx-a: 1\n",
        "networks: {n: }\nsecrets: {s: {file: f}}\nx-b: 2\n",
    ])
    .document;
    let want = "version: \"3.13\"\nservices: {}\nnetworks:\n  \"n\": {}\nsecrets:\n  s:\n    file: /recipe/f\nx-a: 1\n";
    assert_eq!(print(&document), want);
}

#[test]
fn external_objects_get_a_name() {
    let document = loaded(&[
        "networks: {a: {external: true}, b: {external: {name: x}}, c: {external: true, name: z}}\n",
    ])
    .document;
    let name = |key: &str| document.networks[key].name.as_ref().map(|name| name.value.clone());
    assert_eq!((name("a"), name("b"), name("c")), (Some("a".into()), Some("x".into()), Some("z".into())));
    for text in [
        "networks: {a: {external: {name: x}, name: z}}\n",
        "volumes: {a: {external: true, driver: x}}\n",
        "volumes: {a: {external: true, labels: {b: c}}}\n",
        "secrets: {a: {driver: x, file: z}}\n",
    ] {
        assert!(attempt(&[text]).is_err(), "{text}");
    }
}

#[test]
fn every_problem_of_all_files_is_reported_at_its_place() {
    let found = findings(&[
        "services:\n  w:\n    image: 5\n    prots: []\n    hostname: ${X:?why}\n",
        "services:\n  v:\n    mem_limit: 5m\n    tty: yes\n",
        "services: {a: {}, a: {}}\n",
    ]);
    let want = [
        "blocker a.yml:3:12 services.w.image must be text, but is a whole number",
        "blocker a.yml:4:5 services.w: the key \"prots\" is not known",
        "blocker a.yml:5:15 the variable x needs a value: why",
        "blocker b.yml:3:5 services.v.mem_limit is not allowed in a stack",
        "blocker b.yml:4:10 services.v.tty must be true or false, but is text",
        "blocker c.yml:1:19 the key \"a\" is already defined in line 1",
    ];
    assert_eq!(found, want);
}

#[test]
fn places_survive_anchors_merges_and_interpolation() {
    let found =
        findings(&["x-d: &d\n  hostname: 5\nservices:\n  v: {<<: *d}\n  w:\n    <<: *d\n    tty: $FOO\n"]);
    let want = [
        "blocker a.yml:2:13 services.v.hostname must be text, but is a whole number",
        "blocker a.yml:2:13 services.w.hostname must be text, but is a whole number",
        "blocker a.yml:7:10 services.w.tty must be true or false, but the variables make it \"foo\"",
    ];
    assert_eq!(found, want);
    let document =
        loaded(&["services:\n  w:\n    image: a\n", "services:\n  w:\n\n    image: $FOO\n"]).document;
    let place = document.services["w"].image.as_ref().unwrap().place;
    assert_eq!((place.file, place.line, place.column), (FileId(1), 4, 12));
}

#[test]
fn docker_is_silent_where_abra_warns() {
    let table: [(&[&str], &str); 15] = [
        (&["services: {w: {tmpfs: /x}}"], "services.w.tmpfs has no effect"),
        (&["services: {w: {depends_on: [a]}}"], "services.w.depends_on does not make a service wait"),
        (&["services: {w: {networks: {a: {ipv4_address: 1.1.1.1}}}}"], "ipv4_address has no effect"),
        (&["services: {w: {hostname: $UNSET}}"], "variable unset is not set"),
        (&["services: {w: {hostname: $FOO-x}}"], "read as an operator"),
        (&["services: {w: {environment: {A: 1.10}}}"], "becomes \"1.1\""),
        (&["services: {w: {environment: {A: 010}}}"], "becomes \"8\""),
        (&["services: {w: {tty: true}}", "services: {w: {tty: false}}"], "false can't override"),
        (
            &["services: {w: {environment: [A=1]}}", "services: {w: {environment: [A=]}}"],
            "empty variable can't override",
        ),
        (&["services: {w: {build: .}}"], "services.w.build has no effect"),
        (&["services: {w: {ports: ['127.0.0.1:80:80']}}"], "address 127.0.0.1 is ignored"),
        (&["services: {w: {environment: [FOO=]}}"], "takes its value from the environment"),
        (&["services: {}\n---\nservices: {}\n"], "further documents"),
        (&["services: {w: {volumes: ['/a:/b:z']}}"], "volume option \"z\" has no effect"),
        (&["services: {w: {configs: [{source: a, mode: 444}]}}"], "read as a decimal number"),
    ];
    for (texts, want) in table {
        let found = findings(texts);
        assert!(found.len() == 1 && found[0].contains(want), "{texts:?}: {found:?}");
    }
}

#[test]
fn restart_is_used_and_so_not_warned_about() {
    assert_eq!(findings(&["services: {w: {restart: always}}"]), [""; 0]);
}

#[test]
fn what_only_decoding_can_refuse() {
    for body in [
        "deploy: {replicas: -3}",
        "deploy: {resources: {limits: {memory: 5x}}}",
        "ports: [{target: 5000000000}]",
        "ports: [80.0]",
        "ulimits: {a: 1.0}",
        "command: \"'\"",
        "volumes: [':/x']",
        "volumes: [{type: bind}]",
        "env_file: missing.env",
        "healthcheck: {retries: -1.5}",
        "configs: [{source: a, mode: -1}]",
    ] {
        let text = format!("services: {{w: {{{body}}}}}");
        let refused = attempt(&[&text]).expect_err(body);
        assert!(refused.findings.iter().all(|finding| finding.location.is_some()), "{body}");
    }
}

#[test]
fn files_that_are_no_compose_files() {
    for text in [
        "",
        "# nothing\n",
        "a\n",
        "- a\n",
        "services: [a]\n",
        "services:\n",
        "x-a: .inf\n",
        "version: 3.8\n",
        "\u{0}",
    ] {
        assert!(attempt(&[text]).is_err(), "{text:?}");
    }
    assert!(attempt(&[]).is_err());
    assert!(attempt(&["\u{feff}services: {}\n"]).is_ok());
    let mut broken = loaded_request(b"services:\n  \xff");
    assert_eq!(broken.findings.remove(0).location.unwrap().line, 2);
}

fn loaded_request(bytes: &[u8]) -> Refused {
    let env = BTreeMap::new();
    let files = vec![SourceFile { name: "a.yml".to_owned(), text: bytes.to_vec() }];
    let reader = Memory(BTreeMap::new());
    let request = LoadRequest {
        files,
        directory: "/".to_owned(),
        env: &env,
        home: None,
        skip_interpolation: false,
        optional: BTreeSet::new(),
        reader: &reader,
    };
    load(&request).expect_err("not UTF-8")
}

#[test]
fn findings_are_bounded() {
    let mut text = "services:\n  w:\n".to_owned();
    for at in 0..5000 {
        let _ = writeln!(text, "    k{at}: 1");
    }
    let refused = attempt(&[&text]).unwrap_err();
    assert_eq!(refused.findings.len(), MAX_FINDINGS + 1);
    assert_eq!(refused.findings.last().unwrap().message, "and 4500 more");
}

#[test]
fn a_thousand_services_load() {
    let mut text = "services:\n".to_owned();
    for at in 0..1000 {
        let _ = write!(
            text,
            "  s{at}:\n    image: nginx:$N\n    environment: [A, B=1]\n    deploy: {{replicas: 2, labels: [a=b]}}\n"
        );
    }
    assert_eq!(loaded(&[&text]).document.services.len(), 1000);
}

/// That many entries of a section.
fn entries(count: usize, body: &str) -> String {
    (0..count).fold(String::new(), |mut text, at| {
        let _ = writeln!(text, "  s{at}{body}");
        text
    })
}

/// A document of that many services with the same body.
fn every(count: usize, body: &str) -> String {
    format!("services:\n{}", entries(count, &format!(": {{image: x, {body}}}")))
}

#[test]
fn a_text_with_millions_of_variables_has_few_remarks() {
    for (text, want) in
        [("$1 ", "is not a variable"), ("$A ", "the variable a is not set"), ("${B-", "is not a variable")]
    {
        let found =
            findings(&[&format!("services: {{w: {{image: x, user: \"{}\"}}}}\n", text.repeat(500_000))]);
        assert!((1..=100).contains(&found.len()) && found[0].contains(want), "{text}: {:?}", found.first());
    }
    // What breaks a text is found behind any number of remarks.
    let unset: String = (0..200).map(|at| format!("$A{at} ")).collect();
    let found = findings(&[&format!("services: {{w: {{image: x, user: \"{unset}${{C:?why}}\"}}}}\n")]);
    assert!(found.iter().any(|line| line.contains("blocker") && line.contains("why")), "{found:?}");
}

/// Budgets are counts, so that a slow machine decides as a fast one does.
#[test]
fn hostile_documents_are_refused_by_counts() {
    let service = |body: &str| format!("services:\n  w:\n    image: x\n{body}");
    let deep = format!("x-a: {}{}\n", "[".repeat(300), "]".repeat(300));
    let table = [
        (service(&format!("    {deep}")), "nested more than 200 deep"),
        (service(&format!("x-a: [{}]\n", "[],".repeat(2_100_000))), "too many values"),
        (format!("# {}\n", "a".repeat(17 << 20)), "larger than 16 MiB"),
        (service("    hostname: \"a\u{7}\"\n"), "control character"),
        (service("    deploy: {replicas: 99999999999999999999999}\n"), "too large"),
        (
            service(&format!(
                "    deploy: {{resources: {{limits: {{memory: \"{}\"}}}}}}\n",
                "9".repeat(2000)
            )),
            "999…",
        ),
        (service("    stop_grace_period: 99999999999h\n"), "is not a duration"),
        (service("    ports: [\"0-99999999:1\"]\n"), "not a port or range"),
        (service("    env_file: ../../etc/passwd\n"), "the env file ../../etc/passwd"),
        (
            format!("services:\n{}", entries(20_001, ": {image: x}")),
            "may have 20000 services, this one has 20001",
        ),
        (service(&format!("volumes:\n{}", entries(20_001, ": {}"))), "may have 20000 volumes"),
        (service(&format!("    command: {}\n", "a ".repeat(300_002))), "more than 300000 words"),
        (service(&format!("    volumes: [{}]\n", "/a,".repeat(300_001))), "more than 300000 values"),
        (every(10, "ports: [\"1-65535\"]"), "more than 300000 values"),
        (every(100, &format!("command: {}", "a ".repeat(4_000))), "more than 300000 values"),
        (every(9, "env_file: /big.env"), "more than 16 mib together"),
        (service("    env_file: /long.env\n"), "line 1 is longer than 64 kib"),
    ];
    for (text, want) in table {
        let found = findings(&[&text]);
        assert!(found.iter().any(|line| line.contains(&want.to_lowercase())), "{want}: {:?}", found.first());
    }
}

#[test]
fn a_range_of_all_ports_is_one_entry_each_and_no_more() {
    let text = "services: {w: {image: x, ports: [\"1-65535\"]}}\n";
    assert_eq!(loaded(&[text]).document.services["w"].ports.len(), 65_535);
    let many: String = (0..8).map(|zeros| format!("\"{}1-65535\",", "0".repeat(zeros))).collect();
    let found = findings(&[&format!("services: {{w: {{image: x, ports: [{many}]}}}}\n")]);
    assert!(found.iter().any(|line| line.contains("more than 300000 values")), "{found:?}");
}

#[test]
fn limits_with_odd_names_may_have_unknown_keys() {
    check(
        &["ulimits: {ODD-name: {soft: 1, hard: 2, x: 3}}"],
        "ulimits:\n  ODD-name:\n    soft: 1\n    hard: 2\n",
    );
    for body in
        ["ulimits: {odd: {soft: 1, hard: 2, x: 3}}", "ulimits: {ODD-name: {soft: 1}}", "ulimits: {ODD: }"]
    {
        assert!(attempt(&[&format!("services: {{w: {{{body}}}}}\n")]).is_err(), "{body}");
    }
}

#[test]
fn docker_takes_keys_of_build_in_any_case() {
    let text = "build: {Context: a, DOCKERFILE: b, Args: {Ab: c}}";
    check(&[text], "build:\n  context: a\n  dockerfile: b\n  args:\n    Ab: c\n");
    let found = findings(&[&format!("version: '3.8'\nservices: {{w: {{{text}}}}}\n")]);
    assert!(found.iter().any(|line| line.contains("the key \"context\" is not known")), "{found:?}");
}

#[test]
fn an_empty_generic_resource_is_warned_about() {
    let body = "deploy: {resources: {reservations: {generic_resources: [{}]}}}";
    let found = findings(&[&format!("services: {{w: {{{body}}}}}\n")]);
    assert_eq!(found, ["warning a.yml:1:72 this entry of generic_resources reserves nothing"]);
}

#[test]
fn ratios_have_32_bits() {
    let body = |ratio: &str| format!("deploy: {{update_config: {{max_failure_ratio: {ratio}}}}}");
    check(&[&body("99999999999999999999999")], "deploy:\n  update_config:\n    max_failure_ratio: 1e+23\n");
    for ratio in ["1e39", "1e300", "-1e39"] {
        let found = findings(&[&format!("services: {{w: {{{}}}}}\n", body(ratio))]);
        assert!(found.iter().any(|line| line.contains("the ratio is too large")), "{ratio}: {found:?}");
    }
}

#[test]
fn a_word_may_begin_with_a_line_end() {
    let loaded = loaded(&["services: {w: {image: x, command: \"a \\\\\\nb\"}}\n"]);
    let words = loaded.document.services["w"].command.as_ref().unwrap();
    assert_eq!(words.iter().map(|word| word.value.as_str()).collect::<Vec<_>>(), ["a", "\nb"]);
}

#[test]
fn utf_16_with_its_mark_is_read() {
    let text = "\u{feff}services: {w: {image: x, hostname: ö, tty: 1}}\n";
    let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let found = loaded_request(&bytes).findings;
    let at = found[0].location.as_ref().unwrap();
    assert_eq!((at.line, at.column), (1, 44), "{found:?}");
}
