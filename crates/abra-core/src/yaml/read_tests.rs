use super::*;
use crate::yaml::print;

/// The document printed back, or the problems as `line:column message`.
fn show(text: &str) -> String {
    match read(text, FileId(0)) {
        Ok(read) => print(&json(&read.root)),
        Err(problems) => problems
            .iter()
            .map(|p| format!("{}:{} {}", p.place.line, p.place.column, p.message))
            .collect::<Vec<_>>()
            .join("\n"),
    }
}

fn json(node: &Node) -> serde_json::Value {
    use serde_json::{Map, Value};
    match &node.data {
        Data::Null => Value::Null,
        Data::Bool(value) => Value::Bool(*value),
        Data::Int { value, .. } => Value::from(i64::try_from(*value).unwrap()),
        Data::Float { value, .. } => Value::from(*value),
        Data::Date(text) | Data::Text(text) => Value::String(text.clone()),
        Data::List(items) => items.iter().map(json).collect(),
        Data::Map(map) => {
            Value::Object(map.iter().map(|(k, e)| (k.clone(), json(&e.value))).collect::<Map<_, _>>())
        }
    }
}

fn check(text: &str, want: &str) {
    assert_eq!(show(text).trim_end(), want, "{text}");
}

#[test]
fn every_duplicate_key_is_reported() {
    let text = "a: 1\nb: 2\na: 3\nc: {d: 1, 'd': 2}\n";
    check(
        text,
        "3:1 the key \"a\" is already defined in line 1\n4:11 the key \"d\" is already defined in line 4",
    );
    check("x: &x {a: 1}\ny:\n  <<: *x\n  <<: *x\n", "4:3 the key \"<<\" is already defined in line 3");
}

#[test]
fn brackets_and_quotes_go_on_at_any_column() {
    check("a:\n  b: [c,\n  d\n]\n", "a:\n  b:\n    - c\n    - d");
    check("a:\n  b: {c: d,\ne: f}\n  g: h\n", "a:\n  b:\n    c: d\n    e: f\n  g: h");
    check("a:\n  b: \"c\n  d\"\n", "a:\n  b: c d");
    check("a:\n  b: [c,\n\td]\ne:\tf\n", "a:\n  b:\n    - c\n    - d\ne: f");
}

#[test]
fn lines_that_were_moved_keep_their_places() {
    let read = read("a:\n  b: [c,\n  *d]\n", FileId(0)).unwrap_err();
    assert_eq!((read[0].place.line, read[0].place.column), (3, 3));
    check("a:\n  b: [{x: 1},\n  {x: 1, x: 2}]\n", "3:10 the key \"x\" is already defined in line 3");
}

#[test]
fn merge_keys() {
    check("x: &x {a: 1}\ny: {<<: [*x, {a: 2, b: 2}], c: 3}\n", "x:\n  a: 1\n\"y\":\n  c: 3\n  a: 1\n  b: 2");
    check("x: &x {a: 1}\ny: {a: 0, <<: *x}\n", "x:\n  a: 1\n\"y\":\n  a: 0");
    check("x: {\"<<\": {a: 1}}\n", "x:\n  \"<<\":\n    a: 1");
    for value in ["null", "5", "[1]", "text"] {
        check(&format!("x: {{<<: {value}}}"), "1:5 a merge key (<<) takes a mapping or a list of mappings");
    }
    check("x: &x [{a: 1}]\ny: {<<: *x}", "2:5 a merge key (<<) takes a mapping or a list of mappings");
}

#[test]
fn keys_that_are_not_text() {
    check(
        "1: a\ntrue: b\n~: c\n1.5: d\n2001-01-01: e\n\"1\": f\n",
        &[
            "1:1 a key must be text, but this one is a number",
            "2:1 a key must be text, but this one is a boolean",
            "3:1 a key must be text, but this one is empty",
            "4:1 a key must be text, but this one is a number",
            "5:1 a key must be text, but this one is a date",
            "6:1 the key \"1\" is already defined in line 1",
        ]
        .join("\n"),
    );
    check("? [a]\n: b\n", "1:3 a key must be text, not a list or a mapping");
}

#[test]
fn aliases() {
    check("a: &x [1]\nb: *x\n", "a:\n  - 1\nb:\n  - 1");
    check("a: &x k\n*x : v\n", "a: k\nk: v");
    assert!(show("a: *x\n").contains("not defined"));
    assert!(show("a: &x [*x]\n").contains("contains it"));
}

#[test]
fn positions_survive_anchors_and_merges() {
    let read = read("x: &x\n  a: [1]\ny:\n  <<: *x\n  b: 2\n", FileId(3)).unwrap();
    let y = read.root.get("y").unwrap();
    let place = |key| y.get(key).unwrap().place;
    assert_eq!((place("a").line, place("a").column, place("a").file), (2, 6, FileId(3)));
    assert_eq!((place("b").line, place("b").column), (5, 6));
}

#[test]
fn only_the_first_document_counts() {
    let read = read("a: 1\n---\nb: [\n", FileId(0)).unwrap();
    assert!(read.root.get("b").is_none());
    assert_eq!(read.problems.len(), 1);
    assert_eq!(read.problems[0].place.line, 2);
}

#[test]
fn hostile_input_is_refused() {
    let mut bomb = "a0: &a0 [1,1,1,1,1,1,1,1,1,1]\n".to_owned();
    for n in 1..9 {
        let item = format!("*a{},", n - 1).repeat(10);
        bomb += &format!("a{n}: &a{n} [{item}]\n");
    }
    assert!(show(&bomb).contains("excessively") || show(&bomb).contains("too many"), "{}", show(&bomb));
    assert!(show(&"[".repeat(100_000)).contains(':'));
    assert!(show(&"- ".repeat(100_000)).contains("nested more than"));
    assert!(show(&"a: ".repeat(1000)).contains("where no key can be"));
    let text = "t".repeat(1 << 20);
    let copies = format!("a: &a {text}\nb: [{}]\n", "*a,".repeat(70));
    assert!(show(&copies).contains("copy more than 64 MiB of text"));
    let anchors: String = (0..100).map(|at| format!("&a{at} [")).collect();
    let nested = format!("a: {anchors}{text}{}\n", "]".repeat(100));
    assert!(show(&nested).contains("copy more than 64 MiB of text"));
    let mut chain = "a0: &a0 [1]\n".to_owned();
    for n in 1..300 {
        chain += &format!("a{n}: &a{n} [*a{}]\n", n - 1);
    }
    assert!(show(&chain).contains("nested more than"));
    assert!(show("a: \u{1b}[31m").contains("control character"));
}

#[test]
fn directives_are_refused_as_docker_does() {
    check("%YAML 1.1\n---\na: b\n", "a: b");
    check("# c\n%YAML 1.2\n---\na: b\n", "2:1 docker does not take this %YAML line");
    check("%FOO\n---\na: b\n", "1:1 docker does not take this %FOO line");
}

#[test]
fn empty_files_are_null() {
    for text in ["", "# only a comment\n", "---\n", "---\n...\n"] {
        check(text, "null");
    }
}
