//! Findings, the way compilers show them.
use super::{Ui, text};
use abra_core::finding::{Finding, Location, Severity};
use anstyle::{AnsiColor, Style};
use std::fmt::Write as _;

/// How wide a source line is shown at most, its number included: as a terminal is that nobody has made wider.
const WIDEST: usize = 80;

impl Ui {
    /// Shows a finding.
    pub fn finding(&self, finding: &Finding) {
        super::said(&render(finding));
    }

    /// Shows findings in the order given.
    pub fn findings(&self, findings: &[Finding]) {
        findings.iter().for_each(|finding| self.finding(finding));
    }
}

/// One finding: its message, its place with the source line, and advice. It comes with colours, which
/// [`Ui::finding`] takes out where they do not belong. Nothing of a file reaches a terminal as a control sequence.
pub fn render(finding: &Finding) -> String {
    let (word, colour) = match finding.severity {
        Severity::Blocker => ("error", AnsiColor::Red),
        Severity::Warning => ("warning", AnsiColor::Yellow),
        Severity::Note => ("note", AnsiColor::Cyan),
    };
    let style = colour.on_default().bold();
    let bold = Style::new().bold();
    let mut out = format!("{style}{word}{style:#}{bold}: {}{bold:#}\n", visible(&finding.message));
    if let Some(location) = &finding.location {
        place(&mut out, location, style);
    }
    if let Some(help) = &finding.help {
        let _ = writeln!(out, "  {bold}help:{bold:#} {}", visible(help));
    }
    out
}

fn place(out: &mut String, location: &Location, style: Style) {
    let arrow = AnsiColor::Blue.on_default().bold();
    let _ = writeln!(out, "  {arrow}-->{arrow:#} {}", visible(&location.to_string()));
    let Some(source) = &location.source else { return };
    let number = location.line.to_string();
    let gap = " ".repeat(number.len());
    let column = (location.column as usize).saturating_sub(1);
    let (line, before) = excerpt(source, column, WIDEST - gap.len() - "   | ".len());
    let _ = writeln!(out, "  {arrow}{number} |{arrow:#} {}", line.trim_end());
    let _ = writeln!(out, "  {gap} {arrow}|{arrow:#} {}{style}^{style:#}", " ".repeat(before));
}

/// The part of a line that has a column in it, with dots where it was cut, and how wide the text before that column is.
fn excerpt(source: &str, column: usize, room: usize) -> (String, usize) {
    let line: Vec<char> = source.chars().map(visible_char).collect();
    let wide = |chars: &[char]| text::width(&chars.iter().collect::<String>());
    let end = column.min(line.len());
    if wide(&line) <= room {
        return (line.iter().collect(), wide(&line[..end]));
    }
    // What stands behind the place matters most: a third of the room is for what stands before it.
    let mut first = if wide(&line[..end]) < room * 2 / 3 { 0 } else { end };
    while first > 0 && wide(&line[first - 1..end]) <= room / 3 {
        first -= 1;
    }
    let dots = usize::from(first > 0);
    let mut last = first;
    while last < line.len() && wide(&line[first..=last]) + dots < room {
        last += 1;
    }
    while last == line.len() && first > 0 && wide(&line[first - 1..last]) < room {
        first -= 1;
    }
    let dots = usize::from(first > 0);
    let front = if first > 0 { "…" } else { "" };
    let back = if last < line.len() { "…" } else { "" };
    let shown: String = line[first..last].iter().collect();
    (format!("{front}{shown}{back}"), dots + wide(&line[first..end]))
}

/// Text without anything that a terminal would act on.
pub fn visible(text: &str) -> String {
    text.chars().map(|c| if c == '\n' { ' ' } else { visible_char(c) }).collect()
}

fn visible_char(c: char) -> char {
    match c {
        '\t' => ' ',
        // Marks that reorder text would let a file show something else than it says.
        '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' => {
            '\u{fffd}'
        }
        c if c.is_control() => '\u{fffd}',
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(finding: &Finding) -> String {
        anstream::adapter::strip_str(&render(finding)).to_string()
    }

    fn location(line: u32, column: u32, source: &str) -> Location {
        Location { file: "compose.yml".to_owned(), line, column, source: Some(source.to_owned()) }
    }

    #[test]
    fn a_finding_shows_its_line_and_column() {
        let finding = Finding::blocker("it is wrong").at(location(12, 5, "    tty: yes")).help("write true");
        let want = "error: it is wrong\n  --> compose.yml:12:5\n  12 |     tty: yes\n     |     ^\n  help: write true\n";
        assert_eq!(plain(&finding), want);
    }

    #[test]
    fn a_finding_without_a_place() {
        assert_eq!(plain(&Finding::warning("careful")), "warning: careful\n");
        let whole = Location { file: "a.yml".to_owned(), line: 0, column: 0, source: None };
        assert_eq!(plain(&Finding::note("hm").at(whole)), "note: hm\n  --> a.yml\n");
    }

    #[test]
    fn control_characters_of_files_never_reach_the_terminal() {
        let evil = "\u{1b}[2J\u{9b}31m\u{7}\r\u{202e}";
        let finding = Finding::blocker(evil).at(location(1, 1, evil)).help(evil);
        let shown = plain(&finding);
        assert!(shown.chars().all(|c| c == '\n' || !c.is_control()), "{shown:?}");
        assert!(!shown.contains('\u{202e}'));
    }

    #[test]
    fn long_lines_are_cut_around_the_place() {
        let filler = |length: usize| "x".repeat(length);
        for (before, after) in
            [(5000, 5000), (0, 5000), (5000, 0), (60, 60), (30, 900), (71, 0), (72, 0), (90, 3)]
        {
            let source = format!("{}here{}", filler(before), filler(after));
            let column = u32::try_from(before).unwrap() + 1;
            let shown = plain(&Finding::blocker("m").at(location(1000, column, &source)));
            let lines: Vec<&str> = shown.lines().collect();
            assert!(lines[2].chars().count() <= 80, "{}", lines[2]);
            let at = |line: &str, what: &str| line.split(what).next().unwrap().chars().count();
            assert!(lines[2].contains("here"), "{before} {after}: {shown}");
            assert_eq!(at(lines[2], "here"), at(lines[3], "^"), "{before} {after}: {shown}");
        }
        // Marks stand where the eye sees the place.
        let shown = plain(&Finding::blocker("m").at(location(1, 5, "漢字: 5")));
        assert!(shown.ends_with("  1 | 漢字: 5\n    |       ^\n"), "{shown}");
    }
}
