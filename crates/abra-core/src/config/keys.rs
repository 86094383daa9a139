//! The table of settings.

/// Where recipes are found by their name.
pub(super) const RECIPES_URL: &str = "https://git.coopcloud.tech/coop-cloud";

/// A setting.
#[derive(Debug)]
pub(super) struct Key {
    /// Its key, with dots between the levels.
    pub(super) path: &'static str,
    /// What it does, for the generated file.
    pub(super) meaning: &'static [&'static str],
    /// Its default as it is written; `None` when it is worked out.
    pub(super) default: Option<&'static str>,
    /// An example where there is no default.
    pub(super) example: &'static str,
    /// Whether the generated file sets it. Others stand there as comments.
    pub(super) is_written: bool,
}

/// All settings, in the order of the generated file.
pub(super) const KEYS: [Key; 6] = [
    Key {
        path: "operator.sync",
        meaning: &[
            "Record the deployed version of each app in its env file, and check it against",
            "the server before anything is changed. While this is false, nothing is recorded.",
        ],
        default: Some("false"),
        example: "",
        is_written: true,
    },
    Key {
        path: "operator.name",
        meaning: &["Who you are, in locks and in the history. Default: git's user.name and user.email."],
        default: None,
        example: "Ada <ada@example.com>",
        is_written: false,
    },
    Key {
        path: "operator.remote",
        meaning: &[
            "check: before acting, fetch the git repository that holds the env file, and warn",
            "when its remote records something else. off: never. Nothing is ever merged.",
        ],
        default: Some("check"),
        example: "",
        is_written: false,
    },
    Key {
        path: "operator.commit",
        meaning: &["After a version was recorded, commit that one file."],
        default: Some("false"),
        example: "",
        is_written: false,
    },
    Key {
        path: "operator.push",
        meaning: &["Push that commit."],
        default: Some("false"),
        example: "",
        is_written: false,
    },
    Key {
        path: "recipes.url",
        meaning: &["Recipes are cloned from <url>/<recipe>.git, unless an app names another place."],
        default: Some(RECIPES_URL),
        example: "",
        is_written: false,
    },
];

/// The group of what differs by server.
pub(super) const SERVERS: &str = "servers";
/// The key of it that every server knows.
pub(super) const SOCKET: &str = "socket";

/// What the generated file says of servers.
pub(super) const SERVERS_TEMPLATE: &str = "
#servers:
  # A server, by the name of its folder.
  #matrix.example.com:
    # Where the engine listens there, if not at /var/run/docker.sock.
    #socket: /run/user/1000/docker.sock
";

/// The short form of `operator.sync`.
pub(super) const SHORT_SYNC: &str = "sync";
