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

/// A decimal number as Go's `ParseFloat` reads it; `None` also when it is out of range.
pub fn parse_float(text: &str) -> Option<f64> {
    let value: f64 = text.parse().ok()?;
    let spelled_out = text.bytes().any(|b| matches!(b, b'i' | b'I' | b'n' | b'N'));
    (value.is_finite() || spelled_out).then_some(value)
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
        ] {
            assert_eq!(parse_float(text), value, "{text}");
        }
        assert_eq!(parse_float("inf"), Some(f64::INFINITY));
    }
}
