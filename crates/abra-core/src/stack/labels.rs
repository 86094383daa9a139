//! What the ecosystem's tools write on every service of an app, and read back to see what is deployed.
//!
//! Keys are `coop-cloud.<stack>.<what>`. Other tools read them too: neither names nor values may change.
use super::live::Service;
use super::wanted::StackSpec;
use std::collections::{BTreeMap, BTreeSet};

/// What is, or shall be, deployed of a recipe.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Deployed {
    /// The version of the recipe. A chaos deployment keeps what the compose file says.
    pub version: Option<String>,
    /// For a deployment of something unreleased: the commit, with `+U` if files had changed besides.
    pub chaos: Option<String>,
    /// The recipe.
    pub recipe: Option<String>,
    /// Seconds to wait for the deployment, as written.
    pub timeout: Option<String>,
}

/// What names the plan that last changed a service; only with operator sync.
pub const PLAN: &str = "plan";
/// What holds the digest of a service as that plan meant it; only with operator sync.
pub const DIGEST: &str = "digest";

/// What other tools of the ecosystem write for an updater of theirs.
const AUTO_UPDATE: &str = "auto-update";

/// Keys of the labels that belong to a run, or to another tool, and not to what is deployed: they make no difference.
pub fn of_run(stack: &str) -> BTreeSet<String> {
    [PLAN, DIGEST, AUTO_UPDATE].map(|what| key(stack, what)).into()
}

/// The key of a label.
pub fn key(stack: &str, what: &str) -> String {
    format!("coop-cloud.{stack}.{what}")
}

/// Writes the labels on every service. What is `None` stays as the compose file has it, but for chaos: a deployment is
/// one or is none.
pub fn write(stack: &mut StackSpec, deployed: &Deployed) {
    for service in stack.services.values_mut() {
        write_on(&mut service.spec.labels, &stack.name, deployed);
    }
}

fn write_on(labels: &mut BTreeMap<String, String>, stack: &str, deployed: &Deployed) {
    labels.insert(key(stack, "chaos"), deployed.chaos.is_some().to_string());
    labels.remove(&key(stack, "chaos-version"));
    let given = [
        ("version", &deployed.version),
        ("chaos-version", &deployed.chaos),
        ("recipe", &deployed.recipe),
        ("timeout", &deployed.timeout),
    ];
    for (what, value) in given {
        if let Some(value) = value {
            labels.insert(key(stack, what), value.clone());
        }
    }
}

/// Reads the labels of a live service. One that says it is chaos without a commit has an empty one.
pub fn read(service: &Service, stack: &str) -> Deployed {
    let label = |what: &str| service.label(&key(stack, what)).map(str::to_owned);
    let is_chaos = label("chaos").is_some_and(|chaos| chaos == "true");
    Deployed {
        version: label("version").filter(|version| !version.is_empty()),
        chaos: is_chaos.then(|| label("chaos-version").unwrap_or_default()),
        recipe: label("recipe"),
        timeout: label("timeout"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn round(before: &[(&str, &str)], deployed: &Deployed) -> (BTreeMap<String, String>, Deployed) {
        let mut labels = before.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        write_on(&mut labels, "s", deployed);
        let live = json!({"ID": "x", "Spec": {"Name": "s_app", "Labels": labels}});
        let live: Service = serde_json::from_value(live).unwrap();
        (labels, read(&live, "s"))
    }

    #[test]
    fn a_release_is_written_and_read() {
        let text = |text: &str| Some(text.to_owned());
        let deployed =
            Deployed { version: text("1.0.0+2"), chaos: None, recipe: text("r"), timeout: text("300") };
        let (labels, read) =
            round(&[("coop-cloud.s.chaos-version", "old"), ("coop-cloud.s.version", "0.9")], &deployed);
        assert_eq!(read, deployed);
        assert_eq!(labels["coop-cloud.s.chaos"], "false");
        assert!(!labels.contains_key("coop-cloud.s.chaos-version"));
    }

    #[test]
    fn chaos_keeps_the_version_of_the_compose_file() {
        let deployed = Deployed { chaos: Some("0123abcd+U".to_owned()), ..Deployed::default() };
        let (labels, read) =
            round(&[("coop-cloud.s.version", "1.0.0+2"), ("coop-cloud.s.timeout", "60")], &deployed);
        assert_eq!(labels["coop-cloud.s.chaos"], "true");
        assert_eq!(labels["coop-cloud.s.chaos-version"], "0123abcd+U");
        assert_eq!(read.version.as_deref(), Some("1.0.0+2"));
        assert_eq!((read.chaos.as_deref(), read.timeout.as_deref()), (Some("0123abcd+U"), Some("60")));
    }
}
