//! Which plain scalars are dates or times for docker's parser.

/// True for `2001-1-1`, `2001-01-01 10:00:00` (one or more blanks, no zone) and `2001-01-01T10:00:00Z` (zone needed);
/// seconds may have a fraction. Months, days and times must exist.
pub(super) fn is_stamp(text: &str) -> bool {
    parse(text).is_some()
}

fn parse(text: &str) -> Option<()> {
    if !text.is_ascii() || text.len() < 8 || text.as_bytes()[4] != b'-' {
        return None;
    }
    let year = digits(&text[..4], 4, 4)?;
    let (month, rest) = text[5..].split_once('-')?;
    let month = digits(month, 1, 2)?;
    let day_end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let day = digits(&rest[..day_end], 1, 2)?;
    if !(1..=12).contains(&month) || day < 1 || day > days_in(year, month) {
        return None;
    }
    let rest = &rest[day_end..];
    match rest.as_bytes().first() {
        None => Some(()),
        Some(b' ') => time(rest.trim_start_matches(' ')).filter(|zone| zone.is_empty()).map(drop),
        Some(b'T' | b't') => zone(time(&rest[1..])?),
        Some(_) => None,
    }
}

/// Reads `h:m:s[.fraction]` and gives back what follows.
fn time(text: &str) -> Option<&str> {
    let (hour, rest) = text.split_once(':')?;
    let (minute, rest) = rest.split_once(':')?;
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let in_range = digits(hour, 1, 2)? < 24 && digits(minute, 1, 2)? < 60 && digits(&rest[..end], 1, 2)? < 60;
    let rest = &rest[end..];
    if !in_range {
        return None;
    }
    let Some(fraction) = rest.strip_prefix(['.', ',']) else { return Some(rest) };
    let end = fraction.find(|c: char| !c.is_ascii_digit()).unwrap_or(fraction.len());
    (end > 0).then(|| &fraction[end..])
}

fn zone(text: &str) -> Option<()> {
    if text == "Z" {
        return Some(());
    }
    let (hour, minute) = text.strip_prefix(['+', '-'])?.split_once(':')?;
    (digits(hour, 2, 2)? <= 24 && digits(minute, 2, 2)? < 60).then_some(())
}

fn digits(text: &str, least: usize, most: usize) -> Option<u32> {
    let fits = (least..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    if fits { text.parse().ok() } else { None }
}

fn days_in(year: u32, month: u32) -> u32 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_times_that_docker_takes_for_such() {
        let yes = [
            "2001-1-1",
            "2001-01-01",
            "2004-02-29",
            "2001-01-01T00:00:00Z",
            "2001-01-01t10:00:00.5+01:00",
            "2001-01-01 10:00:00",
            "2001-01-01  10:00:00.123",
            "2001-1-1 1:1:1",
            "2001-01-01T1:00:00Z",
        ];
        let no = [
            "2001-13-01",
            "2001-02-30",
            "2001-01",
            "20010101",
            "2001-01-01 10:00:00 +1",
            "2001-01-01T10:00:00",
            "2001-01-01T10:00Z",
            "2001-01-01 10:00:00Z",
            "2001-01-01T24:00:00Z",
            "2001-01-011",
            "2001-01-01 ",
            "é001-01-01",
        ];
        for text in yes {
            assert!(is_stamp(text), "{text}");
        }
        for text in no {
            assert!(!is_stamp(text), "{text}");
        }
    }
}
