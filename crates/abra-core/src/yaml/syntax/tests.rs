//! What docker's parser takes and refuses, as tables; each line was tried on it.
use crate::finding::FileId;
use crate::yaml::{print, read};

fn problem(text: &str) -> Option<String> {
    let found = read(text, FileId(0)).err()?.remove(0);
    Some(format!("{}:{} {}", found.place.line, found.place.column, found.message))
}

#[test]
fn what_is_taken() {
    let table = [
        "x: [? a : b]",
        "x: {? a : b, c: d}",
        "x: [-]",
        "x: [a:]",
        "x: {a:1}",
        "x: {a:,b: }",
        "x: {\"a\":1}",
        "x: [a, ]",
        "x: [a\n, b\n]",
        "x: [a,\n\tb]",
        r#"x: "\x41\u00e9\U0001F600\e\_""#,
        "x: \"a\\\n   b\"",
        "x: \"a  \n\n  b\"",
        "x: 'a\n b'",
        "x: 'it''s'",
        "x: |# c\n  a",
        "x: | # c\n  a",
        "x: |2\n   a",
        "x: |-2\n   a\n",
        "x: >\n  a\n  b\n\n  c\n    d\n  e\n",
        "x: |\n\n  a\n",
        "x: a\n\ny:\tb\t# c",
        "x: [a]#c",
        "x: 'a'#c",
        "x: a#c",
        "x: a b\n   c\ny: d",
        "x:\n- a\n- b\ny: c",
        "x:\n- a\n- - b\n  - c",
        "x:\n -a",
        "? x\n: y",
        "? x\n? y",
        "x: &a",
        "x: &a b\ny: *a",
        "x: !!str &a 5\ny: *a",
        "x: &a !!int \"5\"",
        "x: !<tag:yaml.org,2002:str> 5",
        "%TAG !e! tag:yaml.org,2002:\n---\nx: !e!str 5",
        "x: ! 5",
        "x: !a,b c",
        "x: y\n...\nz: [",
        "x: y\n--- z",
        "--- {x: y}",
        "x: a\n---\n",
        "{x: y} z",
        "x: y\u{2028}  z",
        "x: a\u{feff}b",
        "x: ~a",
        "x: =",
        "x: <<",
        "x:\n  y",
        "x : y",
        "'x': y",
    ];
    for text in table {
        assert_eq!(problem(text), None, "{text}");
    }
    assert_eq!(problem(&format!("? {}\n: a", "k".repeat(1100))), None);
}

#[test]
fn what_is_refused() {
    let table = [
        "x: [?]",
        "x: [a?, b]",
        "x: [- a]",
        "x: [|]",
        "x: [:a]",
        "x: [a,,b]",
        "x: [, a]",
        "x: {a\n  b: c}",
        "x: {\"a\n b\": c}",
        "x: [a\n\tb]",
        r#"x: "a\/b""#,
        r#"x: "a\qb""#,
        r#"x: "\ud800""#,
        "x: |0\n  a",
        "x: |+-\n  a",
        "x: |\n  \ta\n",
        "x: |\n \t\n  a\n",
        "x: |a",
        "x: a\n\t\ny: b",
        "x: a\n  b: c",
        "x: a: b",
        "x: - a",
        "x:\n  - a\n b: c",
        "x:\n    a: b\n  c: d",
        "x: @a",
        "x: `a`",
        "x: %a",
        "x: *",
        "x: &a b\ny: *b",
        "x: &ä b",
        "x: &a &b c",
        "x: !e!f g",
        "%TAG ! a\n%TAG ! b\n---\nx: y",
        "%YAML 1.1\n%YAML 1.1\n---\nx: y",
        "%YAML 1.1\nx: y",
        "x: y\n---\n...\n@",
        "x: \"a\n---\nb\"",
        "x: \"y\" z",
        "x: [a] b",
        "x: {a: b} c",
        "x: a\n\u{feff}",
        "x: -",
        "x: - # c",
        "x: {a: b}}",
        "x: [a]]",
        "x: {a: [b}",
        "[x]: y",
        "{x: y}: z",
    ];
    let taken: Vec<_> = table.into_iter().filter(|text| problem(text).is_none()).collect();
    assert_eq!(taken, [""; 0]);
    for key in ["k".repeat(1100), format!("\"{}\"", "k".repeat(1100))] {
        assert!(problem(&format!("{key}: a")).is_some());
        assert!(problem(&format!("x: {{{key}: a}}")).is_some());
    }
}

#[test]
fn texts_over_several_lines() {
    let table = [
        ("x: a\n  b\n\n  c\n", "a b\nc"),
        ("x: 'a\n b'", "a b"),
        ("x: \"a  \n\n  b\"", "a\nb"),
        ("x: \"a\\\n   b\"", "ab"),
        ("x: \"a\\\n\n   b\"", "a\nb"),
        ("x: \"a\\\n  \\  b\"", "a  b"),
        ("x: |\n  a\n   b\n\n", "a\n b\n"),
        ("x: |-\n  a\n\n", "a"),
        ("x: |+\n  a\n\n", "a\n\n"),
        ("x: |2\n   a\n", " a\n"),
        ("x: >\n  a\n  b\n\n  c\n    d\n  e\n", "a b\nc\n  d\ne\n"),
        ("x: >-\n\n  a\n", "\na"),
        ("x: \"\\x41\\u00e9\\t\\_\"", "Aé\t\u{a0}"),
        ("x: y\u{2028}  z", "y\u{2028}z"),
        ("x: a\u{feff}b", "a\u{feff}b"),
    ];
    for (text, want) in table {
        let root = read(text, FileId(0)).unwrap_or_else(|found| panic!("{text}: {found:?}")).root;
        assert_eq!(root.get("x").and_then(|node| node.as_text()), Some(want), "{text}");
    }
}

#[test]
fn problems_stand_where_a_person_would_look() {
    let table = [
        ("a: [b,\n  c\nd: e\n", "3:2 a colon stands where \",\" or \"]\" is expected"),
        ("a: [b,\n  c\n", "1:4 the \"[\" is not closed"),
        ("a: {b: c\n", "1:4 the \"{\" is not closed"),
        ("a: \"b\nc: d\n", "1:4 the quote that begins here does not end"),
        ("a:\n    b: c\n  d: e\n", "3:3 a key at column 3, where the indentation fits nothing above"),
        ("a:\n  - b\n c: d\n", "3:2 a key at column 2, where the indentation fits nothing above"),
        ("a: 'b' c\n", "1:8 text behind a value that has ended"),
        ("a: b\nc\nd: e\n", "2:1 a key without \":\""),
        ("a: b: c\n", "1:5 a \": \" where no key can be"),
        ("a: - b\n", "1:4 a list can't begin in the middle of a line"),
        ("\ta: b\n", "1:1 a tab stands where only blanks may"),
        ("a:\n  b: c\n\td: e\n", "3:1 a tab stands where only blanks may"),
        ("a: @b\n", "1:4 a value can't begin with \"@\""),
        ("a: |b\n", "1:5 text can't begin in the line of its \"|\" or \">\""),
        ("a: \"C:\\path\"\n", "1:8 \"\\p\" means nothing in double quotes"),
        ("a: [b, *]\n", "1:8 \"*\" begins an alias, whose name has letters, digits, \"_\" and \"-\" only"),
        ("a: [b, , c]\n", "1:8 a comma stands where a value is expected"),
        ("a: b]\nc: [d]]\n", "2:7 a closing bracket behind a value that has ended"),
        ("%FOO\n---\na: b\n", "1:1 docker does not take this %FOO line"),
        ("a: b\u{2028}c: d\ne: 'f\n", "2:4 the quote that begins here does not end"),
    ];
    for (text, want) in table {
        assert_eq!(problem(text).as_deref(), Some(want), "{text}");
    }
}

#[test]
fn what_is_printed_is_well_formed() {
    let value = serde_json::json!({"a": ["b: c", "#", "- d", "x\ny\n", "", "é", "\u{85}"]});
    assert_eq!(problem(&print(&value)), None);
}
