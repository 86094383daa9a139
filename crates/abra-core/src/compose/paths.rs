//! Paths as text: lexical joining, and what counts as absolute.

/// `path` as it stands when it is absolute, else below `directory`, with `.` and `..` resolved.
pub(crate) fn join(directory: &str, path: &str) -> String {
    if path.starts_with('/') { path.to_owned() } else { clean(&format!("{directory}/{path}")) }
}

/// True for `C:\x`, `C:/x` and `\\host\share\x`.
pub(crate) fn is_windows_absolute(path: &str) -> bool {
    let slash = |b: Option<&u8>| matches!(b, Some(b'/' | b'\\'));
    let bytes = path.as_bytes();
    if bytes.first().is_some_and(u8::is_ascii_alphabetic) && bytes.get(1) == Some(&b':') {
        return slash(bytes.get(2));
    }
    let parts: Vec<&str> = path.split(['/', '\\']).collect();
    matches!(parts.as_slice(), ["", "", host, share, _, ..] if !host.is_empty() && !share.is_empty())
}

fn clean(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joining() {
        let table = [
            (".", "/d/e"),
            ("./", "/d/e"),
            ("", "/d/e"),
            ("a/../b//c", "/d/e/b/c"),
            ("../x", "/d/x"),
            ("../../../x", "/x"),
            ("/a/../b//c/", "/a/../b//c/"),
            ("~/x", "/d/e/~/x"),
        ];
        for (path, want) in table {
            assert_eq!(join("/d/e", path), want, "{path}");
        }
    }

    #[test]
    fn windows_paths() {
        for path in [r"C:\a", "C:/x", r"c:\", r"\\host\share\x", r"\\host\share\"] {
            assert!(is_windows_absolute(path), "{path}");
        }
        for path in ["C:x", "a:b", r"\\h\s", "/a", "", "C:"] {
            assert!(!is_windows_absolute(path), "{path}");
        }
    }
}
