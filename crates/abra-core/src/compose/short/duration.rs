//! Durations as Go reads and writes them: `1h30m`, `.5s`, `-1m`, `0`.
use crate::compose::model::Nanos;
use std::fmt::Write;

const UNITS: [(&str, u64); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

/// Reads a duration; `None` when it is not one or does not fit (about 292 years).
pub(crate) fn parse(text: &str) -> Option<Nanos> {
    let (negative, mut rest) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    if rest == "0" {
        return Some(Nanos(0));
    }
    if rest.is_empty() {
        return None;
    }
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let (nanos, after) = part(rest)?;
        total = total.checked_add(nanos).filter(|sum| *sum <= 1 << 63)?;
        rest = after;
    }
    if negative {
        Some(Nanos(0i64.wrapping_sub_unsigned(total)))
    } else {
        i64::try_from(total).ok().map(Nanos)
    }
}

/// Reads one number with its unit.
fn part(text: &str) -> Option<(u64, &str)> {
    let digits = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let whole_end = digits(text);
    let (whole, mut rest) = text.split_at(whole_end);
    let mut fraction = "";
    if let Some(after) = rest.strip_prefix('.') {
        (fraction, rest) = after.split_at(digits(after));
    }
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let unit_end = rest.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(rest.len());
    let (unit, rest) = rest.split_at(unit_end);
    let unit = UNITS.iter().find(|(name, _)| *name == unit)?.1;
    let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let nanos = whole.checked_mul(unit).filter(|n| *n <= 1 << 63)?.checked_add(part_of(fraction, unit))?;
    Some((nanos, rest))
}

/// What `.fraction` of a unit is, in nanoseconds, with Go's rounding: digits that do not fit 63 bits are dropped, and the
/// product is one of floats.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "Go computes it in floats, too; the result is at most one unit"
)]
fn part_of(fraction: &str, unit: u64) -> u64 {
    let mut number: u64 = 0;
    let mut scale = 1.0;
    for digit in fraction.bytes() {
        let next = number.checked_mul(10).and_then(|n| n.checked_add(u64::from(digit - b'0')));
        match next.filter(|next| *next <= 1 << 63) {
            Some(next) if number <= i64::MAX as u64 / 10 => number = next,
            _ => break,
        }
        scale *= 10.0;
    }
    (number as f64 * (unit as f64 / scale)) as u64
}

/// Writes a duration as Go does: `1m0s`, `1.5s`, `100ms`, `0s`.
pub(crate) fn print(Nanos(nanos): Nanos) -> String {
    let sign = if nanos < 0 { "-" } else { "" };
    let nanos = nanos.unsigned_abs();
    if nanos == 0 {
        return "0s".to_owned();
    }
    if nanos < 1_000_000_000 {
        let (unit, name) = match nanos {
            0..1_000 => (1, "ns"),
            1_000..1_000_000 => (1_000, "µs"),
            _ => (1_000_000, "ms"),
        };
        return format!("{sign}{}{name}", decimal(nanos, unit));
    }
    let (minutes, seconds) = (nanos / 60_000_000_000, nanos % 60_000_000_000);
    let mut out = sign.to_owned();
    if minutes >= 60 {
        let _ = write!(out, "{}h", minutes / 60);
    }
    if minutes > 0 {
        let _ = write!(out, "{}m", minutes % 60);
    }
    out + &decimal(seconds, 1_000_000_000) + "s"
}

fn decimal(value: u64, unit: u64) -> String {
    let fraction = value % unit;
    if fraction == 0 {
        return (value / unit).to_string();
    }
    let width = unit.ilog10() as usize;
    let text = format!("{}.{fraction:0width$}", value / unit);
    text.trim_end_matches('0').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn durations_are_read_and_written_as_go_does() {
        let table = [
            ("0", "0s"),
            ("0s", "0s"),
            ("1s", "1s"),
            ("60s", "1m0s"),
            ("90m", "1h30m0s"),
            (".5s", "500ms"),
            ("1.5s", "1.5s"),
            ("1.9999999999999999999s", "2s"),
            ("0.3333333333333333333h", "20m0s"),
            ("0.1ns", "0s"),
            ("-1s", "-1s"),
            ("+5s", "5s"),
            ("1s1s", "2s"),
            ("1ms2s", "2.001s"),
            ("1µs", "1µs"),
            ("1.5us", "1.5µs"),
            ("100ns", "100ns"),
            ("1h", "1h0m0s"),
            ("2562047h47m16.854775807s", "2562047h47m16.854775807s"),
            ("-2562047h47m16.854775808s", "-2562047h47m16.854775808s"),
        ];
        for (text, want) in table {
            assert_eq!(parse(text).map(print).as_deref(), Some(want), "{text}");
        }
    }

    #[test]
    fn what_is_no_duration() {
        for text in [
            "",
            "1",
            "1d",
            "1e3s",
            "s",
            ".s",
            "1 s",
            "-",
            "1s ",
            "2562047h47m16.854775808s",
            "99999999999999999999s",
            "--1s",
            "1w",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back(nanos: i64) {
            prop_assert_eq!(parse(&print(Nanos(nanos))), Some(Nanos(nanos)));
        }

        #[test]
        fn no_text_panics(text in "[-+0-9.nuµmsh ]{0,30}") {
            let _ = parse(&text);
        }
    }
}
