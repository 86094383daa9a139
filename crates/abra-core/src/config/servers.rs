//! What differs by server: `servers.<name>.<key>`.
use super::Setting;
use super::keys::{SERVERS, SOCKET};
use super::read::Reader;
use crate::finding::Spanned;
use crate::name::ServerName;
use crate::ssh::SocketPath;
use crate::yaml::{Node, Problem};
use std::collections::BTreeMap;

impl Reader<'_> {
    /// The sockets of all servers that have one of their own.
    pub(super) fn sockets(&mut self, root: &Node) -> BTreeMap<ServerName, Setting<SocketPath>> {
        let mut found = BTreeMap::new();
        let Some(entry) = root.as_map().and_then(|map| map.get(SERVERS)) else { return found };
        for (name, entry) in self.mapping("`servers`", &entry.value).into_iter().flatten() {
            let server = ServerName::new(name);
            if let Err(error) = &server {
                self.problems.push(Problem::blocker(entry.key, error.to_string()));
            }
            let what = format!("`{SERVERS}.{}`", name.escape_debug());
            for (key, entry) in self.mapping(&what, &entry.value).into_iter().flatten() {
                if key != SOCKET {
                    let message = format!("unknown key `{}` of a server", key.escape_debug());
                    self.problems.push(Problem::blocker(entry.key, message).help("known is `socket`"));
                } else if let (Some(socket), Ok(server)) = (self.socket(&what, &entry.value), &server) {
                    found.insert(server.clone(), self.setting(socket));
                }
            }
        }
        found
    }

    fn socket(&mut self, server: &str, node: &Node) -> Option<Spanned<SocketPath>> {
        let text = self.text(&format!("{}.{SOCKET}", server.trim_matches('`')), node)?;
        match SocketPath::new(&text.value) {
            Ok(path) => Some(Spanned::new(path, text.place)),
            Err(error) => {
                self.problems.push(Problem::blocker(text.place, error.to_string()));
                None
            }
        }
    }
}
