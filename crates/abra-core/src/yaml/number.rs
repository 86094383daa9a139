//! Numbers as Go writes and reads them.

/// A float the way Go's `%v` prints it: shortest, with an exponent of at least two digits from 1e6 on and below 1e-4.
pub fn float_text(value: f64) -> String {
    shape(value, &format!("{value:e}"))
}

/// A 32-bit float the way Go prints it.
pub(crate) fn short_float_text(value: f32) -> String {
    shape(f64::from(value), &format!("{value:e}"))
}

fn shape(value: f64, scientific: &str) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if value == 0.0 || (-4..6).contains(&exponent) {
        return plain(mantissa, exponent);
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

/// The digits of `mantissa` with the point moved by `exponent`.
fn plain(mantissa: &str, exponent: i32) -> String {
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let digits: String = mantissa.chars().filter(|c| *c != '.').collect();
    let point = usize::try_from(exponent + 1).unwrap_or(0);
    if exponent < 0 {
        let zeros = "0".repeat(exponent.unsigned_abs() as usize - 1);
        format!("{sign}0.{zeros}{digits}")
    } else if digits.len() <= point {
        format!("{sign}{digits}{}", "0".repeat(point - digits.len()))
    } else {
        format!("{sign}{}.{}", &digits[..point], &digits[point..])
    }
}

/// A number as Go's `ParseFloat` reads it: decimal or hexadecimal with an exponent (`0x1p4`), `_` between digits; `None`
/// also when it is out of range.
pub fn parse_float(text: &str) -> Option<f64> {
    if !text.contains('_') {
        return parse_digits(text);
    }
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(|b| b.is_ascii_hexdigit() || matches!(b, b'x' | b'X'));
    let separates =
        |at: usize| at > 0 && digit(at - 1) && bytes[at + 1..].first().is_some_and(u8::is_ascii_hexdigit);
    let fits = (0..bytes.len()).filter(|at| bytes[*at] == b'_').all(separates);
    if fits { parse_digits(&text.replace('_', "")) } else { None }
}

fn parse_digits(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if let Some(hex) = unsigned.strip_prefix("0x").or_else(|| unsigned.strip_prefix("0X")) {
        let value = parse_hex(hex).filter(|value| value.is_finite())?;
        return Some(if text.starts_with('-') { -value } else { value });
    }
    let value: f64 = text.parse().ok()?;
    let spelled_out = text.bytes().any(|b| matches!(b, b'i' | b'I' | b'n' | b'N'));
    (value.is_finite() || spelled_out).then_some(value)
}

/// `1.8p-3`: hexadecimal digits and a power of two that must be there.
fn parse_hex(text: &str) -> Option<f64> {
    let (mantissa, exponent) = text.split_once(['p', 'P'])?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.len() + fraction.len() == 0
        || exponent.strip_prefix(['+', '-']).unwrap_or(exponent).contains(['+', '-'])
    {
        return None;
    }
    let mut value = 0.0;
    for digit in whole.chars().chain(fraction.chars()) {
        value = value * 16.0 + f64::from(digit.to_digit(16)?);
    }
    let point = i32::try_from(fraction.len()).ok()?.checked_mul(4)?;
    let exponent: i32 = exponent.parse().ok()?;
    Some(value * 2f64.powi(exponent.checked_sub(point)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_print_as_go_prints_them() {
        let table = [
            (1.1, "1.1"),
            (1.0, "1"),
            (-0.0, "-0"),
            (0.0, "0"),
            (100_000.0, "100000"),
            (999_999.5, "999999.5"),
            (1e6, "1e+06"),
            (1_000_000.5, "1.0000005e+06"),
            (0.0001, "0.0001"),
            (0.00012, "0.00012"),
            (1e-5, "1e-05"),
            (1e21, "1e+21"),
            (1.5e300, "1.5e+300"),
            (-12.5, "-12.5"),
            (12_345_678.5, "1.23456785e+07"),
            (123_456_789_012_345_678_901_234_567_890.0, "1.2345678901234568e+29"),
            (f64::INFINITY, "+Inf"),
        ];
        for (value, text) in table {
            assert_eq!(float_text(value), text);
        }
        assert_eq!(short_float_text(0.123_456_79), "0.12345679");
    }

    #[test]
    fn floats_are_read_as_go_reads_them() {
        for (text, value) in [
            ("1.", Some(1.0)),
            (".5", Some(0.5)),
            ("1e400", None),
            ("x", None),
            ("", None),
            ("+1e3", Some(1e3)),
            ("1_0", Some(10.0)),
            ("1_0.5_5", Some(10.55)),
            ("0x1p4", Some(16.0)),
            ("-0x1.8p1", Some(-3.0)),
            ("0x_1Fp-1", Some(15.5)),
            ("1__0", None),
            ("_1", None),
            ("1_", None),
            ("1_.5", None),
            ("0x10", None),
            ("0xp1", None),
            ("0x1p", None),
            ("0x1p99999", None),
        ] {
            assert_eq!(parse_float(text), value, "{text}");
        }
        assert_eq!(parse_float("inf"), Some(f64::INFINITY));
    }
}
