//! Answers of docker 28.2.2.
use super::*;

/// Written, and familiar with a tag.
const GOOD: &[(&str, &str)] = &[
    ("nginx", "nginx:latest"),
    ("index.docker.io/nginx", "nginx:latest"),
    ("docker.io/nginx:2", "nginx:2"),
    ("index.docker.io/library/nginx:1", "nginx:1"),
    ("docker.io/a/b", "a/b:latest"),
    ("docker.io/library/a/b", "library/a/b:latest"),
    ("library/b", "b:latest"),
    ("docker.io/library", "library:latest"),
    ("library/library/x", "library/library/x:latest"),
    ("localhost/x", "localhost/x:latest"),
    ("LOCALHOST/x", "LOCALHOST/x:latest"),
    ("Foo/x", "Foo/x:latest"),
    ("Docker.io/x", "Docker.io/x:latest"),
    ("x.y/z", "x.y/z:latest"),
    ("x:80/z", "x:80/z:latest"),
    ("x:80", "x:80"),
    ("[::1]:5000/x", "[::1]:5000/x:latest"),
    ("[::1]/x", "[::1]/x:latest"),
    ("127.0.0.1/x", "127.0.0.1/x:latest"),
    ("a.b:99999999/x", "a.b:99999999/x:latest"),
    ("a.b:80/c:x", "a.b:80/c:x"),
    ("a_b.c/d", "a_b.c/d:latest"),
    ("docker.io", "docker.io:latest"),
    ("localhost", "localhost:latest"),
    ("sha256:abc", "sha256:abc"),
    ("a__b", "a__b:latest"),
    ("a--b", "a--b:latest"),
    ("a:_t", "a:_t"),
    ("xn--x.de/b", "xn--x.de/b:latest"),
];

const BAD: &[&str] = &[
    "",
    " nginx",
    "nginx ",
    "Nginx",
    "x/Y",
    "x:abc/z",
    "[::1]",
    "a//b",
    "/a",
    "a/",
    "a:",
    "a@",
    "a@sha256:abc",
    "a___b",
    "a._b",
    "a..b",
    "a-",
    "-a",
    "_a",
    "a_",
    ".a",
    "a:.t",
    "a:-t",
    "a:t/x",
    "a.b:80:x",
    "http://a/b",
    "a b",
    "ü",
    "a:t:u",
    "a.-b.c/d",
    "a.b./c",
    "-a.b/c",
    "docker.io/",
];

#[test]
fn names_become_familiar_with_a_tag() {
    for (written, familiar) in GOOD {
        let image = written.parse::<Image>().map(|image| image.tagged().to_string());
        assert_eq!(image.as_deref(), Ok(*familiar), "{written}");
    }
}

#[test]
fn what_docker_refuses_is_refused() {
    for written in BAD {
        assert!(written.parse::<Image>().is_err(), "{written:?}");
    }
}

#[test]
fn digests_are_checked_and_kept() {
    let hex = "a".repeat(64);
    let check = |written: &str, expected: Option<&str>| {
        let image = written.parse::<Image>().map(|image| image.tagged().pinned("sha256:other").to_string());
        assert_eq!(image.ok().as_deref(), expected, "{written}");
    };
    check("a", Some("a:latest@sha256:other"));
    for kept in
        [format!("a@sha256:{hex}"), format!("a:t@sha256:{hex}"), format!("{hex}@sha256:{hex}"), hex.clone()]
    {
        check(&kept, Some(&kept));
    }
    check(&format!("a@sha512:{hex}{hex}"), Some(&format!("a@sha512:{hex}{hex}")));
    check(&format!("a@sha256:{}", hex.to_uppercase()), None);
    check(&format!("a@md5:{}", &hex[..32]), None);
    check(&format!("a@sha256:{hex}@sha256:{hex}"), None);
    check(&format!("sha256:{hex}"), Some(&format!("sha256:{hex}@sha256:other")));
}

#[test]
fn lengths_are_limited() {
    let check = |written: &str, good: bool| assert_eq!(written.parse::<Image>().is_ok(), good, "{written}");
    check(&"b".repeat(247), true);
    check(&"b".repeat(248), false);
    check(&format!("r.io/{}", "b".repeat(255)), true);
    check(&format!("r.io/{}", "b".repeat(256)), false);
    check(&format!("a:{}", "t".repeat(128)), true);
    check(&format!("a:{}", "t".repeat(129)), false);
}
