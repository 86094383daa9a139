//! The short form of a volume: `[source:]target[:options]`.

/// What a short form stands for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct ShortVolume {
    pub(crate) source: Option<String>,
    pub(crate) target: String,
    /// True when the source is a path.
    pub(crate) bind: bool,
    pub(crate) read_only: bool,
    pub(crate) nocopy: bool,
    pub(crate) propagation: Option<String>,
    /// Options that are not known and so have no effect.
    pub(crate) ignored: Vec<String>,
    /// True when a single letter was read as a Windows drive although a `/` follows.
    pub(crate) drive: bool,
}

/// Why a short form can't be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum VolumeError {
    #[error("an empty volume")]
    Empty,
    #[error("an empty part between colons")]
    EmptyPart,
    #[error("too many colons")]
    TooMany,
}

/// Reads a short form. A single letter before a colon is a Windows drive unless it names a volume.
pub(crate) fn parse(text: &str, is_volume: impl Fn(&str) -> bool) -> Result<ShortVolume, VolumeError> {
    if text.is_empty() {
        return Err(VolumeError::Empty);
    }
    if text.len() <= 2 {
        return Ok(ShortVolume { target: text.to_owned(), ..ShortVolume::default() });
    }
    let (parts, drive) = sections(text, is_volume);
    if parts.iter().any(String::is_empty) {
        return Err(VolumeError::EmptyPart);
    }
    let mut volume = ShortVolume { drive, ..ShortVolume::default() };
    match parts.as_slice() {
        [target] => volume.target.clone_from(target),
        [source, target, options @ ..] => {
            volume.bind = is_path(source);
            volume.source = Some(source.clone());
            volume.target.clone_from(target);
            match options {
                [] => {}
                [options] => apply_options(&mut volume, options),
                _ => return Err(VolumeError::TooMany),
            }
        }
        [] => return Err(VolumeError::Empty),
    }
    Ok(volume)
}

/// Splits at colons, but not after a drive letter.
fn sections(text: &str, is_volume: impl Fn(&str) -> bool) -> (Vec<String>, bool) {
    let mut parts = Vec::new();
    let mut part = String::new();
    let mut drive = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c != ':' {
            part.push(c);
            continue;
        }
        let letter = part.chars().count() == 1 && part.chars().all(char::is_alphabetic);
        let slash = chars.peek() == Some(&'/');
        if letter && !(parts.is_empty() && slash && is_volume(&part)) {
            drive |= slash && parts.is_empty();
            part.push(c);
        } else {
            parts.push(std::mem::take(&mut part));
        }
    }
    parts.push(part);
    (parts, drive)
}

fn apply_options(volume: &mut ShortVolume, options: &str) {
    for option in options.split(',') {
        match option {
            "ro" => volume.read_only = true,
            "rw" => volume.read_only = false,
            "nocopy" => volume.nocopy = true,
            "private" | "rprivate" | "shared" | "rshared" | "slave" | "rslave" => {
                volume.propagation = Some(option.to_owned());
            }
            other => volume.ignored.push(other.to_owned()),
        }
    }
}

/// True for what starts with `.`, `/`, `~`, `\\` or a drive letter.
fn is_path(source: &str) -> bool {
    let mut chars = source.chars();
    let drive = chars.next().is_some_and(char::is_alphabetic) && chars.next() == Some(':');
    source.starts_with(['.', '/', '~']) || source.starts_with("\\\\") || drive
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, want: &str) {
        let got = match parse(text, |name| name == "v") {
            Err(error) => error.to_string(),
            Ok(v) => format!(
                "{} {}>{}{}{}{}",
                if v.bind { "bind" } else { "volume" },
                v.source.unwrap_or_default(),
                v.target,
                if v.read_only { " ro" } else { "" },
                if v.nocopy { " nocopy" } else { "" },
                v.propagation.map(|p| format!(" {p}")).unwrap_or_default(),
            ),
        };
        assert_eq!(got, want, "{text}");
    }

    #[test]
    fn short_forms() {
        let table = [
            ("/data", "volume >/data"),
            ("c", "volume >c"),
            ("~", "volume >~"),
            ("name:/b", "volume name>/b"),
            ("./x:/y:z", "bind ./x>/y"),
            ("/a:/b:rw,ro", "bind /a>/b ro"),
            ("/a:/b:ro,rw", "bind /a>/b"),
            ("~/x:/y:ro", "bind ~/x>/y ro"),
            ("/x:/y:nocopy", "bind /x>/y nocopy"),
            ("name:/b:rprivate", "volume name>/b rprivate"),
            (r"C:\x:D:\y:ro", r"bind C:\x>D:\y ro"),
            ("q:/b", "volume >q:/b"),
            ("v:/b", "volume v>/b"),
            ("v:/b:ro", "volume v>/b ro"),
            ("a:b", "volume >a:b"),
            ("a:b:c:d", "bind a:b>c:d"),
        ];
        for (text, want) in table {
            check(text, want);
        }
    }

    #[test]
    fn what_is_refused() {
        check("", "an empty volume");
        check(":/x:/y", "an empty part between colons");
        check("/x::ro", "an empty part between colons");
        check("/x:/y:", "an empty part between colons");
        check("/x:/y:ro:z", "too many colons");
    }
}
