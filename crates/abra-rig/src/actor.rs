//! Images that play other images: whatever program a service starts in one runs until it is told to stop, and whatever
//! health check is made in one succeeds.
use crate::image::{BLOCK, entry};
use crate::{Engine, RigError, needs};
use abra_core::stack::spec::ContainerSpec;
use std::collections::BTreeSet;
use std::fs;

/// What every program is. One that was started from outside beside the first (docker exec, a health check) is done at
/// once.
const PROGRAM: &str = "#!/.rig/busybox sh\n[ $$ = 1 ] || [ $PPID != 0 ] || exit 0\n\
                       trap 'exit 0' TERM INT QUIT\nwhile :; do /.rig/busybox sleep 1000 & wait; done\n";
/// Programs that scripts name as their interpreter, and the image's own command.
const USUAL: [&str; 8] = [
    "/bin/sh",
    "/bin/ash",
    "/bin/bash",
    "/bin/dash",
    "/usr/bin/env",
    "/usr/bin/bash",
    "/usr/bin/perl",
    "/usr/bin/python3",
];

/// The part of one image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Actor {
    programs: BTreeSet<String>,
    users: BTreeSet<String>,
}

impl Default for Actor {
    fn default() -> Self {
        Self { programs: USUAL.map(str::to_owned).into(), users: BTreeSet::new() }
    }
}

impl Actor {
    /// Learns what a container expects.
    pub(crate) fn learn(&mut self, container: &ContainerSpec) {
        let test = container.healthcheck.iter().flat_map(|check| check.test.get(1));
        let first = container.command.first().into_iter().chain(container.args.first());
        for word in first.chain(test) {
            let path = word
                .strip_prefix("./")
                .map_or_else(|| word.clone(), |rest| format!("{}/{rest}", container.dir));
            match path.strip_prefix('/') {
                Some(_) => self.programs.insert(path),
                None if path.contains('/') => false,
                None => self.programs.insert(format!("/bin/{path}")),
            };
        }
        self.users.extend(
            container
                .user
                .split(':')
                .map(str::to_owned)
                .filter(|name| !name.is_empty() && name.parse::<u32>().is_err()),
        );
    }

    /// Its root as a tar.
    fn root(&self) -> Result<Vec<u8>, RigError> {
        let busybox = needs::static_busybox().ok_or_else(|| {
            RigError::Missing(vec!["a statically linked busybox (package busybox-static)".to_owned()])
        })?;
        let program = fs::read(&busybox).map_err(RigError::io(busybox.display().to_string()))?;
        let mut tar = Vec::with_capacity(program.len() + 100 * BLOCK);
        entry(&mut tar, ".rig/busybox", 0o755, b'0', "", &program);
        entry(&mut tar, "tmp/", 0o1777, b'5', "", &[]);
        let line = |name: &String| format!("{name}:x:1000:1000::/:/bin/sh\n");
        let users: String = self.users.iter().map(line).collect();
        let groups: String = self.users.iter().map(|name| format!("{name}:x:1000:\n")).collect();
        entry(
            &mut tar,
            "etc/passwd",
            0o644,
            b'0',
            "",
            format!("root:x:0:0:root:/:/bin/sh\n{users}").as_bytes(),
        );
        entry(&mut tar, "etc/group", 0o644, b'0', "", format!("root:x:0:\n{groups}").as_bytes());
        for path in self.programs.iter().filter(|path| path.len() < 90 && !path.ends_with('/')) {
            entry(&mut tar, path.trim_start_matches('/'), 0o755, b'0', "", PROGRAM.as_bytes());
        }
        tar.resize(tar.len() + 2 * BLOCK, 0);
        Ok(tar)
    }
}

impl Engine {
    /// Makes an image of this name that plays its part. One that is named by its digest can't be made.
    pub(crate) fn cast(&self, image: &str, actor: &Actor) -> Result<(), RigError> {
        if image.contains('@') {
            return Ok(());
        }
        let (name, tag) = image.rsplit_once(':').unwrap_or((image, "latest"));
        self.import_tar(name, tag, &[r#"CMD ["/bin/sh"]"#], &actor.root()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_found_where_a_container_looks_for_them() {
        let mut actor = Actor::default();
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        actor.learn(&ContainerSpec {
            command: words(&["/start.sh"]),
            args: words(&["serve", "-x"]),
            dir: "/srv".to_owned(),
            user: "www:1000".to_owned(),
            ..ContainerSpec::default()
        });
        actor.learn(&ContainerSpec {
            command: words(&["./run"]),
            dir: "/srv".to_owned(),
            ..ContainerSpec::default()
        });
        let usual: BTreeSet<String> = USUAL.map(str::to_owned).into();
        let learnt: Vec<&String> = actor.programs.difference(&usual).collect();
        assert_eq!(learnt, ["/bin/serve", "/srv/run", "/start.sh"]);
        assert_eq!(actor.users, BTreeSet::from(["www".to_owned()]));
    }
}
