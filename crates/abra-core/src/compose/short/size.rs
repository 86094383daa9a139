//! Sizes like `512m`: a number, at most one blank, a unit; every unit is a power of 1024.
use crate::yaml::parse_float;

/// Reads a size in bytes; fractions of a byte are dropped. What is too large becomes the smallest 64-bit number, as in
/// docker; the caller says so.
pub(crate) fn parse(text: &str) -> Option<i64> {
    let at = text.rfind(|c: char| c.is_ascii_digit() || matches!(c, '.' | ' '))?;
    let (number, suffix) =
        if text.as_bytes()[at] == b' ' { (&text[..at], &text[at + 1..]) } else { text.split_at(at + 1) };
    let number = parse_float(number).filter(|n| *n >= 0.0)?;
    let suffix = suffix.to_lowercase();
    let factor = match suffix.as_str() {
        "" | "b" => 1.0,
        _ => unit(&suffix)?,
    };
    let bytes = number * factor;
    #[expect(clippy::cast_possible_truncation, reason = "checked to fit; fractions are dropped on purpose")]
    Some(if bytes < 9_223_372_036_854_775_808.0 { bytes as i64 } else { i64::MIN })
}

fn unit(suffix: &str) -> Option<f64> {
    let power = "kmgtp".find(suffix.chars().next()?)?;
    if !matches!(&suffix[1..], "" | "b" | "ib") {
        return None;
    }
    Some(1024f64.powi(i32::try_from(power).ok()? + 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sizes() {
        let table = [
            ("0", 0),
            ("50M", 52_428_800),
            ("20m", 20_971_520),
            ("1g", 1 << 30),
            ("1 GiB", 1 << 30),
            ("1KiB", 1024),
            ("1kb", 1024),
            ("1.5g", 1_610_612_736),
            ("1.7", 1),
            (".5k", 512),
            ("1e3", 1000),
            ("1b", 1),
            ("1p", 1 << 50),
            ("99999999999p", i64::MIN),
            ("1_0", 10),
            ("0x1p4k", 16_384),
        ];
        for (text, bytes) in table {
            assert_eq!(parse(text), Some(bytes), "{text}");
        }
        for text in ["", "m", "-1", "1x", "1ib", "1kib2", "1bb", "1kx", "1  g", "50 MiBs", "1.2.3", "é", "1é"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn whole_sizes_are_exact(number in 0..1_000_000u32, unit in 0..5usize) {
            let text = format!("{number}{}", ["k", "m", "g", "t", "p"][unit]);
            let exact = i128::from(number) << (10 * (unit + 1));
            let want = i64::try_from(exact).unwrap_or(i64::MIN);
            prop_assert_eq!(parse(&text), Some(want));
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,8}") {
            let _ = parse(&text);
        }
    }
}
