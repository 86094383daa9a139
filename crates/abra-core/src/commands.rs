//! Functions of a recipe's `abra.sh` that are run for an app: those that operators ask for, and those that its env file
//! wants after a deployment (`POST_DEPLOY_CMDS="app migrate --all|db tune"`).
//!
//! Not here: running them.
use crate::env::{EnvFile, looks_secret};
use crate::finding::Finding;
use crate::name::nearest;
use std::collections::BTreeSet;

/// The variable with the commands after `deploy` and `sync`.
pub const AFTER_DEPLOY: &str = "POST_DEPLOY_CMDS";
/// The variable with the commands after `upgrade`.
pub const AFTER_UPGRADE: &str = "POST_UPGRADE_CMDS";
/// The variable with commands after `undeploy`, as other tools know it.
pub const AFTER_UNDEPLOY: &str = "POST_UNDEPLOY_CMDS";
/// Where `abra.sh` is while a function of it runs in a container; recipes rely on it.
pub const PLACE: &str = "/tmp/abra.sh";
/// The most commands that one variable may hold.
const MOST: usize = 50;
/// Values shorter than this are no secrets, in bytes.
const SHORT: usize = 4;

/// A command after a deployment: one part of the variable, as `service function words…`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostCommand {
    /// The service whose container it runs in, by its name within the stack.
    pub service: String,
    /// The function of `abra.sh`.
    pub function: String,
    /// What stands behind it, for the container's shell to read.
    pub words: String,
}

/// Reads the value of such a variable: commands with `|` between them.
///
/// # Errors
/// Parts that name no service and function.
pub fn post_commands(variable: &str, value: &str) -> Result<Vec<PostCommand>, Vec<Finding>> {
    if value.trim().is_empty() {
        return Ok(vec![]);
    }
    let parts: Vec<&str> = value.split('|').map(str::trim).collect();
    if parts.len() > MOST {
        return Err(vec![Finding::blocker(format!("{variable} holds more than {MOST} commands"))]);
    }
    let read: Vec<_> = parts.iter().map(|part| (part, command(part))).collect();
    let bad = read.iter().filter(|(_, command)| command.is_none());
    let bad: Vec<Finding> = bad
        .map(|(part, _)| {
            Finding::blocker(format!("`{part}` in {variable} names no service and function"))
                .help("it is written `service function words…`, with `|` between several commands")
        })
        .collect();
    if bad.is_empty() { Ok(read.into_iter().filter_map(|(_, command)| command).collect()) } else { Err(bad) }
}

impl PostCommand {
    /// What stands behind the function, without values of the env file that look secret.
    pub fn shown_words(&self, env: &EnvFile) -> String {
        let secrets = env.values().iter().filter(|(key, value)| looks_secret(key) && value.len() >= SHORT);
        secrets.fold(self.words.clone(), |words, (_, value)| words.replace(value.as_str(), "…"))
    }
}

fn command(part: &str) -> Option<PostCommand> {
    let (service, rest) = part.split_once(char::is_whitespace)?;
    let rest = rest.trim_start();
    let (function, words) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    is_function(function).then(|| PostCommand {
        service: service.to_owned(),
        function: function.to_owned(),
        words: words.trim().to_owned(),
    })
}

/// Whether a shell takes this as a name and nothing else.
fn is_function(name: &str) -> bool {
    let of_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ':');
    !name.is_empty() && !name.starts_with('-') && name.chars().all(of_name)
}

/// What is said of commands after an undeployment: none of them can be run.
pub fn after_undeploy(app: &str, env: &EnvFile) -> Option<Finding> {
    let is_set = env.get(AFTER_UNDEPLOY).is_some_and(|value| !value.trim().is_empty());
    let text = format!("{AFTER_UNDEPLOY} is not run: no container is left then that it could run in");
    let help = format!(
        "`abra app cmd {app} SERVICE FUNCTION` runs a function before; `abra app cmd {app} --local FUNCTION` runs one \
         here, also afterwards"
    );
    let finding = is_set.then(|| Finding::warning(text).help(help))?;
    Some(match env.location(AFTER_UNDEPLOY) {
        Some(location) => finding.at(location),
        None => finding,
    })
}

/// What keeps commands from being run: services that are not in the recipe, functions that are not in its `abra.sh`.
pub fn check(
    variable: &str,
    commands: &[PostCommand],
    services: &BTreeSet<&str>,
    functions: &[String],
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for PostCommand { service, function, .. } in commands {
        if !services.contains(service.as_str()) {
            let text =
                format!("{variable} names service {service}, which this version of the recipe has not");
            findings.push(Finding::blocker(text).help(near(service, services.iter().copied(), "services")));
        }
        if !functions.contains(function) {
            let text = format!("{variable} names function {function}, which abra.sh has not at this version");
            let functions = functions.iter().map(String::as_str);
            findings.push(Finding::blocker(text).help(near(function, functions, "functions")));
        }
    }
    findings
}

/// Names that come near, else all there are.
pub fn near<'a>(name: &str, known: impl Iterator<Item = &'a str> + Clone, what: &str) -> String {
    let found = nearest(name, known.clone(), 3);
    let all: Vec<&str> = known.collect();
    match (found.is_empty(), all.is_empty()) {
        (false, _) => format!("nearest {what}: {}", found.join(", ")),
        (true, false) => format!("its {what}: {}", all.join(", ")),
        (true, true) => format!("it has no {what}"),
    }
}

/// How a shell comes by `abra.sh`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Script<'a> {
    /// It lies at [`PLACE`].
    There,
    /// As text.
    Text(&'a str),
}

/// What is run of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Called<'a> {
    /// A function with these arguments, each as it is.
    Exactly(&'a str, &'a [String]),
    /// A function, and words that the shell reads.
    Read(&'a str, &'a str),
}

/// Runs what comes as its first argument: by bash, where there is one.
const SHELL: &str = "if command -v bash >/dev/null 2>&1; then exec bash -c \"$0\" abra \"$@\"; fi; \
                     exec sh -c \"$0\" abra \"$@\"";

/// The arguments of a process that reads `abra.sh` and runs a function of it.
pub fn arguments(script: Script<'_>, called: Called<'_>) -> Vec<String> {
    let mut text = match script {
        Script::There => format!(". {PLACE}\n"),
        Script::Text(text) => format!("{}\n", text.trim_start_matches('\u{feff}')),
    };
    let mut arguments = Vec::new();
    match called {
        Called::Exactly(function, words) => {
            text.push_str("\"$@\"");
            arguments.push(function.to_owned());
            arguments.extend(words.iter().cloned());
        }
        Called::Read(function, words) => text.push_str(&format!("{function} {words}")),
    }
    let mut all = vec!["sh".to_owned(), "-c".to_owned(), SHELL.to_owned(), text];
    all.append(&mut arguments);
    all
}

#[cfg(test)]
mod tests {
    use super::{Called, PostCommand, Script, after_undeploy, arguments, check, post_commands};
    use crate::env::EnvFile;
    use crate::finding::Finding;

    fn messages(findings: &[Finding]) -> Vec<&str> {
        findings.iter().map(|finding| finding.message.as_str()).collect()
    }

    #[test]
    fn commands_are_read_from_their_variable() {
        let command = |service: &str, function: &str, words: &str| PostCommand {
            service: service.to_owned(),
            function: function.to_owned(),
            words: words.to_owned(),
        };
        let cases = [
            ("", Ok(vec![])),
            ("app migrate", Ok(vec![command("app", "migrate", "")])),
            (
                " app  migrate --all 'a b' |db tune",
                Ok(vec![command("app", "migrate", "--all 'a b'"), command("db", "tune", "")]),
            ),
            ("app", Err(vec!["`app` in P names no service and function"])),
            ("app f|", Err(vec!["`` in P names no service and function"])),
            (
                "app f;rm || db g",
                Err(vec![
                    "`app f;rm` in P names no service and function",
                    "`` in P names no service and function",
                ]),
            ),
        ];
        for (text, wanted) in cases {
            let read = post_commands("P", text);
            assert_eq!(
                read.as_ref().map_err(|findings| messages(findings)),
                wanted.as_ref().map_err(Clone::clone),
                "{text:?}"
            );
        }
    }

    #[test]
    fn secrets_among_the_words_are_not_shown() {
        let env = EnvFile::parse("a.env", b"ADMIN_PASSWORD=hunter2\nUSER_NAME=ada\nAPI_KEY=1").unwrap();
        let commands = post_commands("P", "app admin ada hunter2 1").unwrap();
        assert_eq!(commands[0].shown_words(&env), "ada … 1");
    }

    #[test]
    fn what_no_container_could_run_is_told() {
        for (text, line) in [
            ("A=1", None),
            ("POST_UNDEPLOY_CMDS=' '", None),
            ("A=1\nPOST_UNDEPLOY_CMDS='app clean'", Some(2)),
        ] {
            let env = EnvFile::parse("a.env", text.as_bytes()).unwrap();
            let found = after_undeploy("wiki.test", &env);
            assert_eq!(found.and_then(|found| found.location).map(|place| place.line), line, "{text}");
        }
    }

    #[test]
    fn what_is_not_in_the_recipe_is_told() {
        let commands = post_commands("P", "app migrat|frontend tune").unwrap();
        let functions = ["migrate".to_owned(), "tune".to_owned()];
        let findings = check("P", &commands, &["app", "db"].into(), &functions);
        assert_eq!(
            messages(&findings),
            [
                "P names function migrat, which abra.sh has not at this version",
                "P names service frontend, which this version of the recipe has not"
            ]
        );
        assert_eq!(findings[0].help.as_deref(), Some("nearest functions: migrate"));
        assert_eq!(findings[1].help.as_deref(), Some("its services: app, db"));
    }

    #[test]
    fn arguments_reach_the_function_as_they_are() {
        let words = ["a b".to_owned(), "$X".to_owned()];
        let got = arguments(Script::There, Called::Exactly("f", &words));
        assert_eq!(got[3..], [". /tmp/abra.sh\n\"$@\"", "f", "a b", "$X"]);
        let got = arguments(Script::Text("f() { :; }"), Called::Read("f", "'a b' c"));
        assert_eq!(got[3..], ["f() { :; }\nf 'a b' c"]);
    }
}
