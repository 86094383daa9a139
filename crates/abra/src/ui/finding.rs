//! Findings, the way compilers show them.
use super::Ui;
use abra_core::finding::{Finding, Location, Severity};
use anstyle::{AnsiColor, Style};
use std::fmt::Write as _;
use std::io::Write as _;

/// The widest part of a source line that is shown, in characters.
const WIDEST: usize = 160;

impl Ui {
    /// Shows a finding.
    pub fn finding(&self, finding: &Finding) {
        let _ = write!(anstream::stderr().lock(), "{}", render(finding));
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
    // A long line is cut so that the place stays in sight.
    let skipped = if column < WIDEST { 0 } else { column - WIDEST / 2 };
    let line: String = source.chars().skip(skipped).take(WIDEST).map(visible_char).collect();
    let _ = writeln!(out, "  {arrow}{number} |{arrow:#} {}", line.trim_end());
    let _ = writeln!(out, "  {gap} {arrow}|{arrow:#} {}{style}^{style:#}", " ".repeat(column - skipped));
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
        let source = format!("{}here{}", "x".repeat(5000), "y".repeat(5000));
        let shown = plain(&Finding::blocker("m").at(location(1, 5001, &source)));
        let lines: Vec<&str> = shown.lines().collect();
        assert!(lines[2].contains("here") && lines[2].len() < 200);
        assert_eq!(lines[2].find("here"), lines[3].find('^'));
    }
}
