//! Capabilities, as docker reduces the two lists.
use crate::compose::model::Strings;
use std::collections::BTreeSet;

const ALL: &str = "ALL";
const RESET: &str = "RESET";

/// What is added and what is dropped. `ALL` swallows the rest of its list, an added one is not dropped, and `RESET` means
/// something only to `docker service update`.
pub(super) fn effective(add: &Strings, drop: &Strings) -> (Vec<String>, Vec<String>) {
    let mut added = normal(add);
    let mut dropped = normal(drop);
    for list in [&mut added, &mut dropped] {
        if list.contains(ALL) {
            *list = BTreeSet::from([ALL.to_owned()]);
        }
        list.remove(RESET);
    }
    dropped.retain(|name| !added.contains(name));
    (added.into_iter().collect(), dropped.into_iter().collect())
}

fn normal(list: &Strings) -> BTreeSet<String> {
    list.iter().map(|name| prefixed(name.trim().to_uppercase())).collect()
}

fn prefixed(name: String) -> String {
    if name == ALL || name == RESET || name.starts_with("CAP_") { name } else { format!("CAP_{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{FileId, Place, Spanned};

    #[test]
    fn lists_are_reduced_as_docker_does() {
        let list = |names: &[&str]| -> Strings {
            names.iter().map(|name| Spanned::new((*name).to_owned(), Place::whole(FileId(0)))).collect()
        };
        let check = |add: &[&str], drop: &[&str], added: &[&str], dropped: &[&str]| {
            let (a, d) = effective(&list(add), &list(drop));
            assert_eq!(
                (a, d),
                (
                    added.iter().map(ToString::to_string).collect(),
                    dropped.iter().map(ToString::to_string).collect()
                )
            );
        };
        check(
            &["ALL", "net_admin", "", "  ", "RESET", "all"],
            &["reset", "net_admin", "NET_RAW"],
            &["ALL"],
            &["CAP_NET_ADMIN", "CAP_NET_RAW"],
        );
        check(&["A"], &["ALL", "a", "b"], &["CAP_A"], &["ALL"]);
        check(&["A", "b"], &["a", "b"], &["CAP_A", "CAP_B"], &[]);
        check(&["ALL"], &["ALL"], &["ALL"], &[]);
        check(&["CAP_ALL"], &["CAP_CAP_X"], &["CAP_ALL"], &["CAP_CAP_X"]);
        check(
            &["net_admin", "CAP_SYS_TIME", " chown "],
            &[],
            &["CAP_CHOWN", "CAP_NET_ADMIN", "CAP_SYS_TIME"],
            &[],
        );
    }
}
