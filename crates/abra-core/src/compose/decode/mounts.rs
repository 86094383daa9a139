//! `volumes` of a service.
use super::Decoder;
use super::fields::{boolean, text};
use crate::compose::model::{BindOptions, Mount, TmpfsOptions, VolumeOptions};
use crate::compose::paths;
use crate::compose::short::volume;
use crate::finding::{Place, Spanned};
use crate::yaml::{Data, Node, Problem};

impl Decoder<'_> {
    /// All mounts in long form, with absolute paths.
    pub(super) fn mounts(&mut self, node: Option<&Node>) -> Vec<Mount> {
        let items = node.and_then(Node::as_list).unwrap_or_default();
        items
            .iter()
            .filter_map(|item| if self.spend(1, item.place) { self.mount(item) } else { None })
            .collect()
    }

    fn mount(&mut self, item: &Node) -> Option<Mount> {
        let mut mount = match &item.data {
            Data::Text(text) => self.short_mount(text, item.place)?,
            Data::Map(_) => self.long_mount(item),
            _ => return None,
        };
        if mount.kind.as_ref().is_some_and(|kind| kind.value == "bind") {
            self.resolve_bind(&mut mount);
        }
        Some(mount)
    }

    fn short_mount(&mut self, spec: &str, place: Place) -> Option<Mount> {
        let short = match volume::parse(spec, |name| self.volumes.contains(name)) {
            Ok(short) => short,
            Err(why) => {
                let problem = Problem::blocker(place, format!("the volume \"{spec}\" has {why}"));
                self.report(
                    problem.help("a volume is [source:]target[:options], like data:/var/lib/data:ro"),
                );
                return None;
            }
        };
        for option in &short.ignored {
            self.report(Problem::warning(
                place,
                format!("the volume option \"{option}\" has no effect in a swarm"),
            ));
        }
        if short.drive {
            let message = format!(
                "the letter before the first colon of \"{spec}\" is read as a Windows drive, not as a volume"
            );
            self.report(
                Problem::warning(place, message)
                    .help("declare the volume at the top level, or give it a longer name"),
            );
        }
        Some(Mount {
            place,
            kind: Some(Spanned::new(if short.bind { "bind" } else { "volume" }.to_owned(), place)),
            source: short.source.map(|source| Spanned::new(source, place)),
            target: Some(Spanned::new(short.target, place)),
            read_only: short.read_only.then_some(Spanned::new(true, place)),
            consistency: None,
            bind: short.propagation.map(|p| BindOptions { propagation: Some(Spanned::new(p, place)) }),
            volume: short
                .nocopy
                .then(|| VolumeOptions { nocopy: Some(Spanned::new(true, place)), subpath: None }),
            tmpfs: None,
            cluster: false,
        })
    }

    fn long_mount(&mut self, item: &Node) -> Mount {
        Mount {
            place: item.place,
            kind: text(item.get("type")),
            source: text(item.get("source")),
            target: text(item.get("target")),
            read_only: boolean(item.get("read_only")),
            consistency: text(item.get("consistency")),
            bind: item.get("bind").map(|bind| BindOptions { propagation: text(bind.get("propagation")) }),
            volume: item.get("volume").map(|volume| VolumeOptions {
                nocopy: boolean(volume.get("nocopy")),
                subpath: text(volume.get("subpath")),
            }),
            tmpfs: item.get("tmpfs").map(|tmpfs| TmpfsOptions { size: self.whole(tmpfs.get("size")) }),
            cluster: false,
        }
    }

    fn resolve_bind(&mut self, mount: &mut Mount) {
        let Some(source) = mount.source.as_mut().filter(|source| !source.value.is_empty()) else {
            if self.complete() {
                self.report(Problem::blocker(mount.place, "a bind mount needs a source"));
            }
            return;
        };
        if source.value.starts_with('~') {
            match &self.request.home {
                Some(home) => source.value = source.value.replacen('~', home, 1),
                None => {
                    let message = "\"~\" can't be replaced, as there is no home directory";
                    self.problems.push(Problem::warning(source.place, message));
                }
            }
        }
        if !paths::is_windows_absolute(&source.value) {
            source.value = paths::join(&self.request.directory, &source.value);
        }
    }
}
