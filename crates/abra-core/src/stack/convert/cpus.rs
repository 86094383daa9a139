//! Numbers of CPUs: exact rationals, as Go's big numbers read them, in billionths.
mod big;

use big::Big;

/// Longest text that is read; nobody needs more for a number of CPUs.
const MAX_LENGTH: usize = 256;

/// Largest exponent that is read.
const MAX_EXPONENT: i64 = 1_000_000;

/// Digits after the point that can be sent.
const DECIMALS: i64 = 9;

/// A number of CPUs as it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cpus {
    /// In billionths.
    pub(super) nano: i64,
    /// True if the number has more than 63 bits: docker sends the low ones.
    pub(super) wrapped: bool,
}

/// Why a text is no number of CPUs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum CpusError {
    #[error("this is not a number")]
    NotANumber,
    #[error("only nine digits after the point can be sent")]
    TooPrecise,
}

/// Reads `1.5`, `1/2`, `1e3`, `0x1p-2`…
pub(super) fn nano_cpus(text: &str) -> Result<Cpus, CpusError> {
    if text.len() > MAX_LENGTH {
        return Err(CpusError::NotANumber);
    }
    let (negative, digits) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    let (low, wide) = match digits.split_once('/') {
        Some((above, below)) => fraction(above, below)?,
        None => decimal(digits)?,
    };
    let nano = if negative { low.wrapping_neg() } else { low }.cast_signed();
    // The one number that has a negative but no positive form of 64 bits is whole as well.
    let wrapped = wide || (low > i64::MAX as u64 && !(negative && nano == i64::MIN));
    Ok(Cpus { nano, wrapped })
}

/// `a/b` with whole numbers, octal ones included: the low 64 bits, and whether there are more.
fn fraction(above: &str, below: &str) -> Result<(u64, bool), CpusError> {
    let above = Mantissa::read(above, Octal::Yes).filter(Mantissa::is_all).ok_or(CpusError::NotANumber)?;
    let below = Mantissa::read(below, Octal::Yes).filter(Mantissa::is_all).ok_or(CpusError::NotANumber)?;
    if above.has_point || below.has_point || below.number.is_zero() {
        return Err(CpusError::NotANumber);
    }
    let mut value = above.number;
    value.multiply_add(10_u32.pow(9), 0);
    // A divisor beyond 64 bits leaves a whole number only of a numerator that nobody writes.
    let divisor = below.number.as_u64().ok_or(CpusError::TooPrecise)?;
    if value.divide(divisor) != 0 {
        return Err(CpusError::TooPrecise);
    }
    Ok((value.low(), value.as_u64().is_none()))
}

/// A number with point and exponent: the low 64 bits, and whether there are more.
fn decimal(text: &str) -> Result<(u64, bool), CpusError> {
    let mantissa = Mantissa::read(text, Octal::No).ok_or(CpusError::NotANumber)?;
    let exponent = exponent(mantissa.rest).ok_or(CpusError::NotANumber)?;
    let (mut twos, mut fives) = (DECIMALS, DECIMALS);
    match exponent {
        Exponent::None => {}
        Exponent::Ten(power) => (twos, fives) = (twos + power, fives + power),
        Exponent::Two(power) => twos += power,
    }
    let behind = mantissa.decimals;
    match mantissa.base {
        10 => (twos, fives) = (twos - behind, fives - behind),
        base => twos -= behind * i64::from(base.ilog2()),
    }
    let mut number = mantissa.number;
    if number.is_zero() {
        return Ok((0, false));
    }
    for (factor, power) in [(2, &mut twos), (5, &mut fives)] {
        while *power < 0 {
            if number.divide(factor) != 0 {
                return Err(CpusError::TooPrecise);
            }
            *power += 1;
        }
    }
    let exact = number.as_u64().and_then(|low| checked_scale(low, twos, fives));
    let power = |base: u64, exponent: i64| base.wrapping_pow(u32::try_from(exponent).unwrap_or(u32::MAX));
    let low = number.low().wrapping_mul(power(2, twos)).wrapping_mul(power(5, fives));
    Ok((low, exact.is_none()))
}

fn checked_scale(number: u64, twos: i64, fives: i64) -> Option<u64> {
    let power = |base: u64, exponent: i64| base.checked_pow(u32::try_from(exponent).ok()?);
    number.checked_mul(power(2, twos)?)?.checked_mul(power(5, fives)?)
}

enum Exponent {
    None,
    Ten(i64),
    Two(i64),
}

fn exponent(text: &str) -> Option<Exponent> {
    let Some(mark) = text.chars().next() else { return Some(Exponent::None) };
    let digits = &text[1..];
    let plain = digits.strip_prefix(['+', '-']).unwrap_or(digits);
    if !plain.bytes().all(|b| b.is_ascii_digit() || b == b'_') || !separators_are_between_digits(plain, false)
    {
        return None;
    }
    let power: i64 =
        digits.replace('_', "").parse().ok().filter(|power: &i64| power.abs() <= MAX_EXPONENT)?;
    match mark {
        'e' | 'E' => Some(Exponent::Ten(power)),
        'p' | 'P' => Some(Exponent::Two(power)),
        _ => None,
    }
}

/// Underscores stand between digits only (after a prefix such as `0x` as well).
fn separators_are_between_digits(text: &str, after_prefix: bool) -> bool {
    (after_prefix || !text.starts_with('_')) && !text.ends_with('_') && !text.contains("__")
}

/// Whether a leading 0 means base 8.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Octal {
    Yes,
    No,
}

/// Digits in a base, with a point perhaps.
struct Mantissa<'a> {
    number: Big,
    base: u32,
    decimals: i64,
    has_point: bool,
    rest: &'a str,
}

impl<'a> Mantissa<'a> {
    fn read(text: &'a str, octal: Octal) -> Option<Self> {
        let prefix = text.get(..2).unwrap_or_default().to_ascii_lowercase();
        let (base, skip) = match prefix.as_str() {
            "0x" => (16, 2),
            "0o" => (8, 2),
            "0b" => (2, 2),
            _ if octal == Octal::Yes && text.len() > 1 && text.starts_with('0') => (8, 1),
            _ => (10, 0),
        };
        let body = &text[skip..];
        let end = body.find(|c: char| !(c.is_digit(base) || c == '.' || c == '_')).unwrap_or(body.len());
        let (digits, rest) = body.split_at(end);
        let (whole, behind) = digits.split_once('.').unwrap_or((digits, ""));
        let plain = whole.len() + behind.len() > whole.matches('_').count() + behind.matches('_').count();
        if !plain || behind.contains('.') || !separators(whole, behind, skip > 0) {
            return None;
        }
        let mut number = Big::default();
        for digit in whole.chars().chain(behind.chars()).filter_map(|c| c.to_digit(base)) {
            number.multiply_add(base, digit);
        }
        let decimals = i64::try_from(behind.len() - behind.matches('_').count()).ok()?;
        Some(Self { number, base, decimals, has_point: digits.contains('.'), rest })
    }

    const fn is_all(&self) -> bool {
        self.rest.is_empty()
    }
}

fn separators(whole: &str, behind: &str, prefixed: bool) -> bool {
    separators_are_between_digits(whole, prefixed) && separators_are_between_digits(behind, false)
}

#[cfg(test)]
mod tests;
