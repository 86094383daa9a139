use super::{Home, HomeError};
use abra_core::name::{AppName, RecipeName, ServerName};
use abra_core::recipe::Record;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::PathBuf;

fn home() -> (tempfile::TempDir, Home) {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::at(dir.path());
    (dir, home)
}

fn app(name: &str) -> AppName {
    AppName::new(name).unwrap()
}

fn server(name: &str) -> ServerName {
    ServerName::new(name).unwrap()
}

fn record(text: &str) -> Record {
    Record::parse(text).unwrap()
}

fn write(home: &Home, path: &str, text: &str) -> PathBuf {
    let path = home.root().join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, text).unwrap();
    path
}

fn entries(path: &std::path::Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(path).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn the_home_is_abra_dir_else_below_home() {
    for (abra_dir, home, expected) in [
        (Some("/a"), Some("/h"), Some("/a")),
        (Some(""), Some("/h"), Some("/h/.abra")),
        (None, Some("/h"), Some("/h/.abra")),
        (None, None, None),
        (None, Some(""), None),
    ] {
        let found = Home::of(abra_dir.map(PathBuf::from), home.map(PathBuf::from)).ok();
        assert_eq!(found.map(|home| home.root().display().to_string()).as_deref(), expected);
    }
    let recipe = RecipeName::new("git.example/org/wiki").unwrap();
    assert_eq!(Home::at("/a").recipe_dir(&recipe), PathBuf::from("/a/recipes/git_example_org_wiki"));
}

#[test]
fn servers_and_apps_are_folders_and_env_files_or_links_to_them() {
    let (_dir, home) = home();
    assert_eq!(home.servers().unwrap(), []);
    write(&home, "servers/b.example/wiki.env", "TYPE=wiki");
    write(&home, "servers/b.example/chat.example.com.env", "TYPE=chat");
    write(&home, "servers/b.example/README.md", "");
    write(&home, "servers/b.example/.env", "");
    write(&home, "servers/b.example/-f.env", "");
    write(&home, "servers/.git/HEAD", "");
    write(&home, "servers/notes.txt", "");
    fs::create_dir(home.root().join("servers/b.example/dir.env")).unwrap();
    write(&home, "elsewhere/blog.env", "TYPE=blog");
    symlink("../elsewhere", home.root().join("servers/a.example")).unwrap();
    symlink("../../elsewhere/blog.env", home.root().join("servers/b.example/linked.env")).unwrap();
    symlink("../../elsewhere/gone.env", home.root().join("servers/b.example/gone.env")).unwrap();
    symlink("../../elsewhere", home.root().join("servers/b.example/linked-dir.env")).unwrap();
    symlink("nobody@here.1:1", home.root().join("servers/b.example/.#wiki.env")).unwrap();
    let listing = home.listing().unwrap();
    let shown: Vec<String> = listing
        .iter()
        .map(|(server, apps)| {
            format!("{server}: {}", apps.iter().map(AppName::as_str).collect::<Vec<_>>().join(" "))
        })
        .collect();
    assert_eq!(shown, ["a.example: blog", "b.example: chat.example.com gone linked wiki"]);
}

#[test]
fn what_looks_like_a_server_or_an_app_and_can_not_be_one_is_told() {
    let (_dir, home) = home();
    assert_eq!(home.strays().unwrap(), [""; 0]);
    write(&home, "servers/b.example/wiki.env", "TYPE=wiki");
    write(&home, "servers/b.example/-f.env", "");
    write(&home, "servers/b.example/my app.env", "");
    for nobodys in
        ["b.example/README.md", "b.example/.x y.env", ".git/x.env", "old notes/todo.txt", "x y.env"]
    {
        write(&home, &format!("servers/{nobodys}"), "");
    }
    write(&home, "servers/my\nserver/wiki.env", "TYPE=wiki");
    symlink("../elsewhere", home.root().join("servers/gone.example")).unwrap();
    let no_text = home.server_dir(&server("b.example")).join(OsStr::from_bytes(b"\xff.env"));
    fs::write(no_text, "").unwrap();
    let of_b = [
        "b.example/-f.env: the app name `-f` may not begin with `-`; it is passed over",
        "b.example/my app.env: the app name `my app` may not contain ` `; letters, digits, `.`, `-` and `_` are allowed; it is passed over",
        "b.example/\u{fffd}.env: the app name `\u{fffd}` may not contain `\u{fffd}`; letters, digits, `.`, `-` and `_` are allowed; it is passed over",
    ];
    let others = [
        "gone.example: the link leads nowhere, so whatever server it stands for is passed over",
        "my\\nserver: the server name `my\\nserver` may not contain `\\n`; letters, digits, `.`, `-` and `_` are allowed; its apps are passed over",
    ];
    let shown = |strays: Vec<String>| {
        let begin = format!("{}/", home.servers_dir().display());
        strays.iter().map(|stray| stray.replacen(&begin, "", 1)).collect::<Vec<_>>()
    };
    assert_eq!(shown(home.strays_of(&server("b.example")).unwrap()), of_b);
    assert_eq!(shown(home.strays().unwrap()), [&of_b[..], &others].concat());
}

#[test]
fn an_app_is_found_by_its_name_alone() {
    let (_dir, home) = home();
    write(&home, "servers/a/wiki.example.com.env", "TYPE=wiki");
    write(&home, "servers/a/both.env", "TYPE=wiki");
    write(&home, "servers/b/both.env", "TYPE=wiki");
    let place = home.find(&app("wiki.example.com")).unwrap();
    assert_eq!(place.server, server("a"));
    assert_eq!(home.load(&place).unwrap().recipe.as_str(), "wiki");
    let HomeError::NoApp { nearest, .. } = home.find(&app("wikki.example.com")).unwrap_err() else {
        panic!()
    };
    assert_eq!(nearest, ["wiki.example.com"]);
    let error = home.find(&app("both")).unwrap_err();
    assert_eq!(error.to_string(), "there are several apps `both`: on a, b");
    let HomeError::NoServer { nearest, .. } = home.apps_of(&server("bb")).unwrap_err() else { panic!() };
    assert_eq!(nearest, ["b"]);
}

#[test]
fn errors_name_the_path() {
    let (_dir, home) = home();
    write(&home, "servers/a/wiki.env", "TYPE-wiki\n");
    let HomeError::Findings { path, findings } = home.env(&server("a"), &app("wiki")).unwrap_err() else {
        panic!()
    };
    assert_eq!((path, findings.len()), (home.root().join("servers/a/wiki.env"), 1));
    let error = home.env(&server("a"), &app("none")).unwrap_err().to_string();
    assert!(error.starts_with("can't read ") && error.ends_with("servers/a/none.env"), "{error}");
    write(&home, "servers/a/large.env", &"#".repeat((1 << 20) + 1));
    assert!(
        home.env(&server("a"), &app("large")).unwrap_err().to_string().ends_with("large.env is too large")
    );
    fs::create_dir_all(home.config_path()).unwrap();
    assert!(home.config_text().unwrap_err().to_string().ends_with("config.yml is not a plain file"));
}

#[test]
fn a_record_is_written_with_mode_and_link_kept_and_nothing_left_behind() {
    let (_dir, home) = home();
    let real = write(&home, "repo/wiki.env", "TYPE=wiki\r\nA=1");
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    fs::create_dir_all(home.server_dir(&server("a"))).unwrap();
    let link = home.env_path(&server("a"), &app("wiki"));
    symlink("../../repo/wiki.env", &link).unwrap();
    let (before, place) = (fs::metadata(&real).unwrap(), (server("a"), app("wiki")));
    let change = |env: &abra_core::env::EnvFile| Some(env.with_record(&record("1.0.0+2")));
    assert!(home.rewrite_env(&place.0, &place.1, change).unwrap());
    let expected = "TYPE=wiki\r\nOPERATOR_SYNC_VERSION=1.0.0+2 # managed by Abra\r\nA=1";
    assert_eq!(fs::read_to_string(&real).unwrap(), expected);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    let after = fs::metadata(&real).unwrap();
    assert_eq!((after.mode(), after.uid(), after.gid()), (before.mode(), before.uid(), before.gid()));
    assert_ne!(after.ino(), before.ino(), "the file is replaced, not written over");
    assert!(!home.rewrite_env(&place.0, &place.1, change).unwrap(), "the same record is not written again");
    assert_eq!(fs::metadata(&real).unwrap().ino(), after.ino());
    assert_eq!(
        (entries(real.parent().unwrap()), entries(&home.servers_dir().join("a"))),
        (vec!["wiki.env".to_owned()], vec!["wiki.env".to_owned()])
    );
}

#[test]
fn the_owner_is_kept_where_the_system_lets_us() {
    let (_dir, home) = home();
    let path = write(&home, "servers/a/wiki.env", "TYPE=wiki\n");
    if std::os::unix::fs::chown(&path, Some(12345), Some(12346)).is_err() {
        return; // Only root can give files away, so only root can test it.
    }
    home.rewrite_env(&server("a"), &app("wiki"), |env| Some(env.with_record(&record("1.0.0+2")))).unwrap();
    let metadata = fs::metadata(&path).unwrap();
    assert_eq!((metadata.uid(), metadata.gid()), (12345, 12346));
}

#[test]
fn writers_side_by_side_lose_nothing() {
    let (_dir, home) = home();
    let path = write(&home, "servers/a/wiki.env", "TYPE=wiki\n");
    let (writers, lines) = (8, 10);
    std::thread::scope(|scope| {
        for writer in 0..writers {
            let home = home.clone();
            scope.spawn(move || {
                for line in 0..lines {
                    let added = |env: &abra_core::env::EnvFile| {
                        Some([env.bytes(), format!("W{writer}_{line}=1\n").as_bytes()].concat())
                    };
                    assert!(home.rewrite_env(&server("a"), &app("wiki"), added).unwrap());
                }
            });
        }
    });
    assert_eq!(fs::read_to_string(path).unwrap().lines().count(), 1 + writers * lines);
    assert_eq!(entries(&home.root().join("servers/a")), ["wiki.env"]);
    assert_eq!(fs::read_to_string(home.root().join("locks/.gitignore")).unwrap(), "*\n");
}

#[test]
fn a_file_with_errors_is_not_rewritten() {
    let (_dir, home) = home();
    let path = write(&home, "servers/a/wiki.env", "TYPE=wiki\nA=\"\n");
    let result =
        home.rewrite_env(&server("a"), &app("wiki"), |env| Some(env.with_record(&record("1.0.0+2"))));
    assert!(matches!(result, Err(HomeError::Findings { .. })));
    assert_eq!(fs::read_to_string(path).unwrap(), "TYPE=wiki\nA=\"\n");
}

#[test]
fn new_files_never_replace_old_ones_unless_forced() {
    let (_dir, home) = home();
    assert!(matches!(home.create_app(&server("a"), &app("wiki"), b""), Err(HomeError::NoServer { .. })));
    assert!(home.create_server(&server("a")).unwrap());
    assert!(!home.create_server(&server("a")).unwrap());
    let path = home.create_app(&server("a"), &app("wiki"), b"TYPE=wiki\n").unwrap();
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
    assert!(matches!(home.create_app(&server("a"), &app("wiki"), b"x"), Err(HomeError::Exists { .. })));
    assert_eq!(home.env(&server("a"), &app("wiki")).unwrap().get("TYPE"), Some("wiki"));

    assert_eq!(home.config_text().unwrap(), None);
    home.create_config("a: 1\n", false).unwrap();
    assert!(matches!(home.create_config("b: 1\n", false), Err(HomeError::Exists { .. })));
    assert_eq!(home.config_text().unwrap().as_deref(), Some("a: 1\n"));
    home.create_config("b: 1\n", true).unwrap();
    assert_eq!(home.config_text().unwrap().as_deref(), Some("b: 1\n"));
    assert_eq!(entries(&home.root().join("servers/a")), ["wiki.env"]);
}
