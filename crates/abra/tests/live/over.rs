//! All that operators do, through an sshd of their own instead of at the engine's socket: `scripts/test --over ssh`.
use abra_rig::{Sshd, SshdOptions, own_ssh};
use std::path::Path;

/// Set to `ssh` it wants that of every operator.
const VARIABLE: &str = "ABRA_TEST_OVER";
/// The host's name in the operator's ssh settings.
const HOST: &str = "engine.example.com";

/// An operator's way to engines.
pub(crate) struct Over {
    _sshd: Sshd,
}

impl Over {
    /// One for the operator who lives there, if that is wanted.
    pub(crate) fn wanted(home: &Path) -> Option<Self> {
        let wanted = std::env::var(VARIABLE).unwrap_or_default();
        assert!(matches!(&*wanted, "" | "ssh"), "{VARIABLE} is {wanted:?}");
        (wanted == "ssh").then(|| Self::new(home))
    }

    /// An sshd with keys of its own, which the operator knows.
    fn new(home: &Path) -> Self {
        let sshd = Sshd::start(&home.join("sshd"), &SshdOptions::default()).unwrap();
        let known_hosts = home.join(".ssh/known_hosts");
        own_ssh(home, &sshd.host(HOST, &known_hosts), &sshd.known().unwrap()).unwrap();
        std::fs::create_dir_all(home.join("run")).unwrap();
        Self { _sshd: sshd }
    }

    /// The address behind it of an engine, or of a proxy in front of one, that has this one here.
    pub(crate) fn address(&self, local: &str) -> String {
        local.strip_prefix("unix://").map_or_else(|| local.to_owned(), |path| format!("ssh://{HOST}{path}"))
    }
}
