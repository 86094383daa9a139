//! Bytes to text: UTF-8, or UTF-16 that says so with its first two bytes (docker).
use std::borrow::Cow;

/// The text of a file, without its byte order mark; otherwise where it can't be read, in bytes.
pub(super) fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, usize> {
    match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes).map(Cow::Owned).ok_or(0),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes).map(Cow::Owned).ok_or(0),
        _ => {
            let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
            let skipped = bytes.len() - text.len();
            std::str::from_utf8(text).map(Cow::Borrowed).map_err(|error| skipped + error.valid_up_to())
        }
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<String> {
    let (pairs, []) = bytes.as_chunks::<2>() else { return None };
    char::decode_utf16(pairs.iter().map(|pair| unit(*pair))).collect::<Result<_, _>>().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings() {
        let utf16 = |mark: &[u8], bytes: fn(u16) -> [u8; 2]| {
            let units = "a: ö😀\n".encode_utf16().flat_map(bytes);
            mark.iter().copied().chain(units).collect::<Vec<u8>>()
        };
        let little = utf16(b"\xff\xfe", u16::to_le_bytes);
        for bytes in [
            "a: ö😀\n".as_bytes().to_vec(),
            "\u{feff}a: ö😀\n".as_bytes().to_vec(),
            little.clone(),
            utf16(b"\xfe\xff", u16::to_be_bytes),
        ] {
            assert_eq!(decode(&bytes).as_deref(), Ok("a: ö😀\n"), "{bytes:x?}");
        }
        // Half a character, half of a pair.
        assert_eq!(decode(&little[..little.len() - 1]), Err(0));
        assert_eq!(decode(b"\xff\xfe\x00\xd8"), Err(0));
        assert_eq!(decode(b"ab\xff"), Err(2));
        assert_eq!(decode(b"\xef\xbb\xbfab\xff"), Err(5));
    }
}
