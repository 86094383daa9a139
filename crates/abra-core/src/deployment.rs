//! What abra adds to a recipe when it deploys an app of it: labels that tell the version, and the app's settings in the
//! environment of the service `app`, where other tools of this ecosystem look for both.
use crate::app::App;
use crate::env::RECORD_KEY;
use crate::recipe::Target;
use crate::stack::labels::{self, Deployed};
use crate::stack::wanted::StackSpec;
use std::collections::BTreeSet;

/// The service that stands for the app.
const APP: &str = "app";

/// Marks a converted recipe as a deployment of `app` at `target`.
pub fn mark(stack: &mut StackSpec, app: &App, target: &Target) {
    labels::write(stack, &labels_of(app, target));
    expose(stack, app, target);
}

/// A release and a commit are named by the version label. For the working tree the label stays as the compose file has
/// it, and the chaos labels name the commit.
fn labels_of(app: &App, target: &Target) -> Deployed {
    let record = target.record().to_string();
    let chaos = matches!(target, Target::WorkingTree { .. });
    Deployed {
        version: (!chaos).then(|| record.clone()),
        chaos: chaos.then_some(record),
        recipe: Some(app.recipe.short().to_owned()),
        timeout: None,
    }
}

/// Adds every variable of the env file to the service `app` that it does not have yet. The recipe line names the version
/// that is deployed; the record is left out, as it changes after the deployment and would make every next one a change.
fn expose(stack: &mut StackSpec, app: &App, target: &Target) {
    let Some(service) = stack.services.values_mut().find(|service| service.short == APP) else { return };
    let env = &mut service.spec.task_template.container_spec.env;
    let present: BTreeSet<&str> =
        env.iter().map(|entry| entry.split('=').next().unwrap_or_default()).collect();
    let missing =
        app.env.values().iter().filter(|(key, _)| *key != RECORD_KEY && !present.contains(key.as_str()));
    let added: Vec<String> = missing
        .map(|(key, value)| match key.as_str() {
            "TYPE" | "RECIPE" => format!("{key}={}:{}", app.recipe, target.record()),
            _ => format!("{key}={value}"),
        })
        .collect();
    env.extend(added);
    env.sort();
}

#[cfg(test)]
mod tests {
    use super::mark;
    use crate::app::App;
    use crate::env::EnvFile;
    use crate::name::{AppName, ServerName};
    use crate::recipe::{Commit, Release, Target, Version};
    use crate::stack::spec::ServiceSpec;
    use crate::stack::wanted::{StackSpec, WantedService};

    fn stack() -> StackSpec {
        let mut stack = StackSpec { name: "st".to_owned(), ..StackSpec::default() };
        for short in ["app", "db"] {
            let mut spec = ServiceSpec { name: format!("st_{short}"), ..ServiceSpec::default() };
            spec.labels.insert("coop-cloud.st.version".to_owned(), "0.1.0+1".to_owned());
            spec.task_template.container_spec.env = vec!["B=recipe".to_owned()];
            let service = WantedService {
                spec,
                short: short.to_owned(),
                image: String::new(),
                image_place: None,
                depends_on: vec![],
                place: None,
            };
            stack.services.insert(format!("st_{short}"), service);
        }
        stack
    }

    fn marked(target: &Target) -> StackSpec {
        let text = "TYPE=wiki:0.9.0+1\nOPERATOR_SYNC_VERSION=0.9.0+1\nSTACK_NAME=st\nB=file\nC=1\n";
        let env = EnvFile::parse("a.env", text.as_bytes()).unwrap();
        let app = App::new(ServerName::local(), AppName::new("a").unwrap(), env).unwrap();
        let mut stack = stack();
        mark(&mut stack, &app, target);
        stack
    }

    fn commit() -> Commit {
        Commit::parse("0123456789012345678901234567890123456789").unwrap()
    }

    #[test]
    fn the_app_service_gets_the_settings_and_every_service_the_labels() {
        let version = Version::parse("1.0.0+2").unwrap();
        let stack = marked(&Target::Release(Release { version, commit: commit() }));
        let env = |name: &str| stack.services[name].spec.task_template.container_spec.env.clone();
        assert_eq!(env("st_app"), ["B=recipe", "C=1", "STACK_NAME=st", "TYPE=wiki:1.0.0+2"]);
        assert_eq!(env("st_db"), ["B=recipe"]);
        for service in stack.services.values() {
            assert_eq!(service.spec.labels["coop-cloud.st.version"], "1.0.0+2");
            assert_eq!(service.spec.labels["coop-cloud.st.chaos"], "false");
            assert_eq!(service.spec.labels["coop-cloud.st.recipe"], "wiki");
        }
    }

    #[test]
    fn the_working_tree_is_named_by_its_commit() {
        let stack = marked(&Target::WorkingTree { head: commit(), dirty: true });
        let labels = &stack.services["st_db"].spec.labels;
        assert_eq!(labels["coop-cloud.st.version"], "0.1.0+1");
        assert_eq!(labels["coop-cloud.st.chaos"], "true");
        assert_eq!(labels["coop-cloud.st.chaos-version"], "01234567+U");
    }
}
