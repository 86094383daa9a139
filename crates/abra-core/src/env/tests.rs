use super::{EnvFile, looks_secret, shown_value};
use crate::finding::Finding;
use crate::recipe::Record;
use proptest::prelude::*;

fn parse(text: &str) -> EnvFile {
    EnvFile::parse("app.env", text.as_bytes())
        .unwrap_or_else(|findings| panic!("{text:?}: {}", shown(&findings)))
}

fn shown(findings: &[Finding]) -> String {
    let line = |f: &Finding| format!("{}: {}", f.location.as_ref().unwrap(), f.message);
    findings.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn record(text: &str) -> Record {
    Record::parse(text).unwrap()
}

/// The value that `X` gets in a file.
#[track_caller]
fn check(text: &str, expected: &str) {
    let file = parse(text);
    assert_eq!(file.get("X"), Some(expected), "{text:?}");
    assert_eq!(file.bytes(), text.as_bytes());
}

#[test]
fn bare_values_are_trimmed_and_cut_at_the_last_comment_mark() {
    check("X=v", "v");
    check("export X=v\r\nY=1\r\n", "v");
    check("  X = a b \t\n", "a b");
    check("X: v", "v");
    check("X=", "");
    check("X=\nY=1\n", "");
    check("X=v # note", "v");
    check("X=a # b # c", "a # b");
    check("X= # note", "");
    check("X= # one # two", "");
    check("X=a#b", "a#b");
    check("X=#b", "#b");
    check("X=/ /var/lib/docker", "/ /var/lib/docker");
    check("X=https://example.com:8080/?a=b", "https://example.com:8080/?a=b");
    check("X=it's", "it's");
    check("---\nX=a\n", "a");
    check("X=1\nX=2\n", "2");
    check("A.B=1\nX=2", "2");
}

#[test]
fn single_quotes_take_everything_as_it_is() {
    check("X=', `www.example.com`'", ", `www.example.com`");
    check("X='$A ${A} \\n # no comment' # comment", "$A ${A} \\n # no comment");
    check("X='a\\'b'", "a\\'b");
    check("X='a\r\nb'\nY=1", "a\nb");
    check("X=''", "");
}

#[test]
fn double_quotes_unescape_expand_and_span_lines() {
    check(r#"X="a\nb\rc""#, "a\nb\rc");
    check(r#"X="say \"hi\"""#, "say \"hi\"");
    check(r#"X="C:\\""#, "C:\\");
    check(r#"X="a\tb""#, "atb");
    check("A=1\nX=\"$A ${A} \\$A\"", "1 1 $A");
    check("X=\"a\nb=c\nd\" # note\nY=1", "a\nb=c\nd");
    check("X=\"compose.yml\"", "compose.yml");
}

#[test]
fn variables_expand_from_the_lines_above() {
    check("A=1\nX=$A-${A}", "1-1");
    check("X=a\nX=$X:b\nX=\"$X:c\"\n", "a:b:c");
    check("X=$A\nA=1", "");
    check("X=$lower ${lower} $", "$lower ${lower} $");
    check("A=1\nX=\\$A", "$A");
    check("X=$2y$05$abc", "y$abc");
    check("A=1\nX=$A}", "1");
}

#[test]
fn doubtful_values_are_warned_of() {
    for (text, expected) in [
        ("X=$A", "app.env:1:3: no line above sets `A`, so `$A` gives nothing"),
        (
            "PASSWORD=$2y$SECRETPART",
            "app.env:1:10: no line above sets `…`, so `$…` gives nothing\n\
          app.env:1:10: no line above sets `…`, so `$…` gives nothing",
        ),
        (
            "A=1\nX=${A:-b}",
            "app.env:2:3: only `$NAME` and `${NAME}` are known here, not what stands around `A`",
        ),
        ("X=a # b # c", "app.env:1:3: only the last ` #` of the line begins the comment"),
        ("X=a # b\nY='$A'\nZ=\"$X\"", ""),
    ] {
        assert_eq!(shown(parse(text).warnings()), expected, "{text:?}");
    }
}

#[test]
fn all_errors_are_told_with_line_and_column() {
    for (text, expected) in [
        ("A=1\nTYPE-wordpress\n", "app.env:2:5: `-` is not allowed in the name of a variable"),
        ("for x86 (built by CI):\n", "app.env:1:4: ` ` is not allowed in the name of a variable"),
        ("NAME\n", "app.env:1:5: there is no `=` behind the variable name"),
        ("=1", "app.env:1:1: there is no variable name before this"),
        ("  A=\"x\nB=2\n", "app.env:1:5: this \" is never closed"),
        ("A='x", "app.env:1:3: this ' is never closed"),
        ("A=\"x\"y", "app.env:1:6: there is more text behind the closing \""),
        (
            "A=\"x\nB=\"y\"\n?=1\n",
            "app.env:2:4: there is more text behind the closing \"\n\
          app.env:3:1: `?` is not allowed in the name of a variable",
        ),
        ("ä=1", "app.env:1:1: `ä` is not allowed in the name of a variable"),
        ("A=ä\u{1b}[0m", "app.env:1:4: the value holds the control character `\\u{1b}`"),
        ("A=1\0", "app.env:1:4: the value holds the control character `\\0`"),
        (
            "A-1=1\nB=2\n\nC D=1",
            "app.env:1:2: `-` is not allowed in the name of a variable\n\
          app.env:4:2: ` ` is not allowed in the name of a variable",
        ),
        ("\u{feff}A=1", "app.env:1:1: the file begins with a byte order mark"),
    ] {
        assert_eq!(shown(&EnvFile::parse("app.env", text.as_bytes()).unwrap_err()), expected, "{text:?}");
    }
    let findings = EnvFile::parse("app.env", b"A=1\nB=\xff\n").unwrap_err();
    assert_eq!(shown(&findings), "app.env:2:3: this is not UTF-8 text");
}

#[test]
fn secrets_are_not_shown_in_findings() {
    for text in [
        "DB_PASSWORD=\"hunter2\n",
        "DB_PASSWORD='hunter2' x",
        "DB_PASSWORD='hunter2' hunter2",
        "A=\"\nhunter2\n",
        "TOKEN-1=hunter2",
        "my password is hunter2",
        "URL=\"https://me:hunter2@example.com",
        "API_KEY=hunter2\u{1b}",
        "KEY=\"-----BEGIN\nhunter2hunter2hunter2hunter2hunter2\n?",
    ] {
        let findings = EnvFile::parse("app.env", text.as_bytes()).unwrap_err();
        assert!(!format!("{findings:?}").contains("hunter2"), "{text:?}: {findings:?}");
    }
    let findings = EnvFile::parse("app.env", b"DOMAIN=\"example.com").unwrap_err();
    assert_eq!(findings[0].location.as_ref().unwrap().source.as_deref(), Some("DOMAIN=\"example.com"));
}

#[test]
fn names_tell_what_is_secret() {
    for (key, secret) in [
        ("DB_PASSWORD", true),
        ("api_token", true),
        ("SECRET_DB_VERSION", false),
        ("DOMAIN", false),
        ("SECRET_X", true),
    ] {
        assert_eq!(looks_secret(key), secret, "{key}");
    }
    assert_eq!(shown_value("DATABASE_URL", "postgres://me:pw@db/x"), "…");
    assert_eq!(shown_value("URL", "https://example.com/@me:x"), "https://example.com/@me:x");
}

#[test]
fn values_cannot_grow_without_bound() {
    let doubling = "A=aaaaaaaaaaaaaaaa\n".to_owned() + &"A=$A$A\n".repeat(40);
    let findings = EnvFile::parse("app.env", doubling.as_bytes()).unwrap_err();
    assert!(shown(&findings).contains("the value has more than 65536 bytes"));
    let many: String = (0..1000).map(|i| format!("B{i}=$A\n")).collect();
    let wide = format!("A={}\n{many}", "a".repeat(60_000));
    let findings = EnvFile::parse("app.env", wide.as_bytes()).unwrap_err();
    assert!(shown(&findings).contains("together"));
    let long = "A=1\n".repeat(300_000);
    assert!(
        shown(&EnvFile::parse("app.env", long.as_bytes()).unwrap_err()).contains("at most 1048576 are read")
    );
}

#[test]
fn modifiers_are_read_from_the_comment() {
    let file = parse(
        "A=v1 # length=64 charset=hex generate=false\nB=\"v1\" # length=20\nC=v1 # set FOO=bar later, see a=\nD=v1   # length=9\n",
    );
    let modifiers = |key: &str| {
        let found = file.modifiers(key).unwrap().iter();
        found.map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(modifiers("A"), "charset=hex generate=false length=64");
    assert_eq!(modifiers("B"), "length=20");
    assert_eq!(modifiers("C"), "");
    assert_eq!(modifiers("D"), "length=9");
    assert!(file.modifiers("E").is_none());
}

#[test]
fn the_recipe_line_names_recipe_and_pin() {
    for (text, recipe, pin) in [
        ("TYPE=wiki", "wiki", None),
        ("TYPE=wiki:1.0.0+2", "wiki", Some("1.0.0+2")),
        ("export TYPE='wiki:a1b2c3d4+U' # note", "wiki", Some("a1b2c3d4+U")),
        ("TYPE=git.example/org/wiki:1.0.0+2", "git.example/org/wiki", Some("1.0.0+2")),
        ("TYPE=old\nRECIPE=wiki", "wiki", None),
        ("TYPE=old\nTYPE=wiki", "wiki", None),
    ] {
        let line = parse(text).recipe_line().unwrap();
        assert_eq!((line.recipe.as_str(), line.pin), (recipe, pin.map(record)), "{text}");
    }
    for (text, expected) in [
        ("A=1", "app.env: neither `TYPE` nor `RECIPE` says which recipe this app is"),
        ("A=1\nTYPE=../x", "app.env:2:1: the recipe name `../x` may not begin with `.`"),
        ("TYPE=", "app.env:1:1: the recipe name is empty"),
        ("TYPE=wiki:", "app.env:1:1: `TYPE` pins an empty version"),
        ("TYPE=wiki:-f", "app.env:1:1: `TYPE` pins `-f`, which is no version: `-` is not allowed there"),
    ] {
        assert_eq!(shown(&[parse(text).recipe_line().unwrap_err()]), expected, "{text}");
    }
}

#[test]
fn compose_files_are_split_on_colons() {
    for (text, expected) in [
        ("A=1", vec!["compose.yml"]),
        ("COMPOSE_FILE=", vec!["compose.yml"]),
        (
            "COMPOSE_FILE=\"compose.yml\"\nCOMPOSE_FILE=\"$COMPOSE_FILE:postgres/compose.tune.yml\"",
            vec!["compose.yml", "postgres/compose.tune.yml"],
        ),
    ] {
        assert_eq!(parse(text).compose_files(), expected, "{text}");
    }
}

/// What the file becomes with the record `2.0.0+3`.
#[track_caller]
fn check_record(before: &str, after: &str) {
    let written = parse(before).with_record(&record("2.0.0+3"));
    assert_eq!(String::from_utf8(written.clone()).unwrap(), after, "{before:?}");
    let again = EnvFile::parse("app.env", &written).unwrap();
    assert_eq!(again.record().unwrap(), Some(record("2.0.0+3")), "{after:?}");
}

#[test]
fn a_first_record_goes_below_the_recipe_line() {
    let line = "OPERATOR_SYNC_VERSION=2.0.0+3 # managed by Abra";
    check_record("# a\nTYPE=wiki\nB=1\n", &format!("# a\nTYPE=wiki\n{line}\nB=1\n"));
    check_record("TYPE=wiki:1.0.0+2 # x\r\nB=1", &format!("TYPE=wiki:1.0.0+2 # x\r\n{line}\r\nB=1"));
    check_record("A=1\r\nTYPE=wiki", &format!("A=1\r\nTYPE=wiki\r\n{line}"));
    check_record("TYPE=wiki", &format!("TYPE=wiki\n{line}"));
    check_record("TYPE=\"wiki\n\"\nA=1", &format!("TYPE=\"wiki\n\"\n{line}\nA=1"));
    check_record("RECIPE=wiki\nTYPE=wiki\n", &format!("RECIPE=wiki\n{line}\nTYPE=wiki\n"));
    check_record("A=1\n", &format!("A=1\n{line}\n"));
    check_record("", &format!("{line}\n"));
    check_record("A='1\n2'", &format!("A='1\n2'\n{line}"));
}

#[test]
fn a_further_record_takes_the_place_of_the_one_that_rules() {
    let key = "OPERATOR_SYNC_VERSION";
    for (before, after) in [
        ("=1.0.0+2 # managed by Abra\r\nB=1", "=2.0.0+3 # managed by Abra\r\nB=1"),
        ("=1.0.0+2\nB=1\n", "=2.0.0+3 # managed by Abra\nB=1\n"),
        ("=1.0.0+2  \r\nB=1\n", "=2.0.0+3 # managed by Abra  \r\nB=1\n"),
        ("=", "=2.0.0+3 # managed by Abra"),
        ("= # mine", "=2.0.0+3 # mine"),
        ("='1.0.0+2'", "='2.0.0+3' # managed by Abra"),
        ("=\"\" # x\n", "=\"2.0.0+3\" # x\n"),
        (" : 1.0.0+2\t# mine", " : 2.0.0+3\t# mine"),
        ("=1.0.0+2 # managed by Abra # mine", "=2.0.0+3 # managed by Abra # mine"),
        ("=nonsense here", "=2.0.0+3 # managed by Abra"),
    ] {
        check_record(
            &format!("TYPE=wiki\nA=1\nexport {key}{before}"),
            &format!("TYPE=wiki\nA=1\nexport {key}{after}"),
        );
    }
    check_record(
        &format!("{key}=1.0.0+1\nTYPE=wiki\n{key}=1.0.0+2 # managed by Abra\n"),
        &format!("{key}=1.0.0+1\nTYPE=wiki\n{key}=2.0.0+3 # managed by Abra\n"),
    );
}

#[test]
fn a_record_that_is_none_is_told() {
    for (text, expected) in
        [("A=1", None), ("OPERATOR_SYNC_VERSION=", None), ("OPERATOR_SYNC_VERSION=a1b2c3d", Some("a1b2c3d"))]
    {
        assert_eq!(parse(text).record().unwrap(), expected.map(record), "{text}");
    }
    let finding = parse("A=1\nOPERATOR_SYNC_VERSION=a b").record().unwrap_err();
    let expected =
        "app.env:2:1: `OPERATOR_SYNC_VERSION` records `a b`, which is no version: ` ` is not allowed there";
    assert_eq!(shown(&[finding]), expected);
}

#[test]
fn a_pin_is_updated_where_there_is_one_and_never_added() {
    let version = record("2.0.0+3");
    for (before, after) in [
        ("TYPE=wiki\nA=1", None),
        ("TYPE=wiki:1.0.0+2 # x\r\nA=1", Some("TYPE=wiki:2.0.0+3 # x\r\nA=1")),
        ("TYPE='wiki:1.0.0+2'", Some("TYPE='wiki:2.0.0+3'")),
        ("TYPE=git.example:3000/org/wiki", None),
        ("TYPE=git.example/org/wiki:1.0.0+2", Some("TYPE=git.example/org/wiki:2.0.0+3")),
        ("A=1", None),
    ] {
        let written = parse(before).with_pin(&version).map(|bytes| String::from_utf8(bytes).unwrap());
        assert_eq!(written.as_deref(), after, "{before:?}");
    }
}

#[test]
fn record_and_pin_are_updated_together() {
    let file = parse("TYPE=wiki:1.0.0+2\nOPERATOR_SYNC_VERSION=1.1.0+2 # managed by Abra\n");
    let written = file.with_record_and_pin(&record("2.0.0+3"));
    assert_eq!(written, b"TYPE=wiki:2.0.0+3\nOPERATOR_SYNC_VERSION=2.0.0+3 # managed by Abra\n");
    for text in ["TYPE=wiki", "TYPE=wiki:1.0.0+2", "TYPE=wiki\nOPERATOR_SYNC_VERSION=1.0.0+2"] {
        assert!(EnvFile::parse("", &parse(text).with_record_and_pin(&record("a1b2c3d4+U"))).is_ok());
    }
}

/// Lines that make up believable files.
fn lines() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        "[A-Z]{1,3}=[a-z$A-Z{}# '\"]{0,8}",
        "(export )?TYPE=[a-z]{1,4}(:1\\.0\\.0\\+[0-9])?( # x)?",
        "OPERATOR_SYNC_VERSION=('1\\.0\\.0\\+1'|[0-9]\\.0\\.0\\+1| |)( # managed by Abra)?",
        "[A-Z]=\"[a-z\n$]{0,6}\"( #.{0,3})?",
        "# .{0,9}",
        "",
    ];
    let ending = prop_oneof![Just("\n"), Just("\r\n")];
    (prop::collection::vec((line, ending), 0..8), any::<bool>()).prop_map(|(lines, cut)| {
        let text: String = lines.into_iter().map(|(line, ending)| line + ending).collect();
        if cut { text.trim_end_matches(['\r', '\n']).to_owned() } else { text }
    })
}

/// Whether `after` is `before` with one stretch replaced by another.
fn one_stretch(before: &[u8], after: &[u8]) -> bool {
    let front = before.iter().zip(after).take_while(|(a, b)| a == b).count();
    let back =
        before[front..].iter().rev().zip(after[front..].iter().rev()).take_while(|(a, b)| a == b).count();
    let removed = &before[front..before.len() - back];
    // At most the old record's value goes.
    !removed.contains(&b'\n') && removed.len() <= 12
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic_and_kept(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(file) = EnvFile::parse("app.env", &bytes) {
            prop_assert_eq!(file.bytes(), &bytes[..]);
        }
    }

    #[test]
    fn any_text_is_read_without_panic(text in "([A-Z=:'\"\\\\$#{}() \t\r\n]|\\PC){0,60}") {
        if let Ok(file) = EnvFile::parse("app.env", text.as_bytes()) {
            let _ = (file.recipe_line(), file.record(), file.with_pin(&record("1.0.0+1")));
            let written = file.with_record(&Record::parse("a1b2c3d4+U").unwrap());
            let again = EnvFile::parse("app.env", &written).unwrap();
            prop_assert_eq!(again.record().unwrap(), Some(record("a1b2c3d4+U")));
        }
    }

    #[test]
    fn a_record_that_is_written_is_read_again_and_nothing_else_changes(text in lines()) {
        if let Ok(file) = EnvFile::parse("app.env", text.as_bytes()) {
            let new = record("4.0.0+v1.93.0");
            let written = file.with_record(&new);
            let again = EnvFile::parse("app.env", &written).unwrap();
            prop_assert_eq!(again.record().unwrap(), Some(new.clone()));
            prop_assert!(one_stretch(text.as_bytes(), &written), "{:?} -> {:?}", text, String::from_utf8_lossy(&written));
            let others = |file: &EnvFile| {
                let mut values = file.values().clone();
                values.remove(super::RECORD_KEY);
                values
            };
            prop_assert_eq!(others(&again), others(&file));
            prop_assert_eq!(again.with_record(&new), written);
        }
    }
}

#[test]
fn what_quotes_a_secret_is_masked_and_nobody_sees_one_by_printing() {
    let text = "DB_PASSWORD=hunter2-long\nDB_PASSWORD_OLD=hunter2\nPIN_TOKEN=123\nMOTTO=we share\n\
                DATABASE=postgres://app:s3cret-pw@db/app\n";
    let env = EnvFile::parse("a.env", text.as_bytes()).unwrap();
    for (text, expected) in [
        ("can't use hunter2-long here", "can't use … here"),
        ("hunter2 and hunter2-long", "… and …"),
        ("we share 123 things", "we share 123 things"),
        ("connect to app:s3cret-pw@db", "connect to app:…@db"),
    ] {
        assert_eq!(env.masked(text), expected);
    }
    let printed = format!("{env:?}");
    assert!(
        printed.contains("a.env") && !printed.contains("hunter2") && !printed.contains("s3cret"),
        "{printed}"
    );
}
