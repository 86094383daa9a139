//! A page of the handbook, read as a play: what its blocks show, and what happens behind the scenes.
//!
//! | in the page | means |
//! | --- | --- |
//! | a fence ` ```console ` | commands behind prompts like `alice$ `, each with all that it prints; a last line `(exit code 3)` where that is not 0 |
//! | a line ending in `[y/N] y` | the question is waited for, then answered |
//! | a line `^C` | the command is interrupted once it watches what runs |
//! | a fence ` ```sh ci:check.sh ` | a file as it stands in an operator's home |
//! | a comment `<!-- play` … `-->` | commands that are not shown, see [`Hidden`] |
//!
//! Any other block that looks like a command is an error: nothing is shown that nobody has played.
use regex::Regex;
use std::ops::Range;

/// Something that happens.
#[derive(Debug)]
pub(crate) enum Act {
    /// A command that is shown.
    Shown(Shown),
    /// Behind the scenes.
    Hidden(Hidden),
    /// A file that is shown.
    File {
        /// In whose home.
        who: String,
        /// Where in it.
        path: String,
        /// What it holds.
        text: String,
    },
}

/// A command that is shown, with what it prints.
#[derive(Debug)]
pub(crate) struct Shown {
    /// Who types it.
    pub(crate) who: String,
    /// What is typed.
    pub(crate) command: String,
    /// What the page says that it prints.
    pub(crate) output: Vec<String>,
    /// The page's lines that hold the output.
    lines: Range<usize>,
    /// Whether another command follows in the same block.
    has_next: bool,
}

/// A line of a comment.
#[derive(Debug, PartialEq)]
pub(crate) enum Hidden {
    /// `alice$ true`: a command that must succeed.
    Run(String, String),
    /// `alice& sleep 9`: a command that goes on; shown later with the same words, it is waited for there.
    Start(String, String),
    /// `alice: words`: waits until the command that goes on has said this.
    Says(String, String),
    /// `alice.`: waits for its end, however it ends.
    End(String),
    /// `!lease-over`: something that only the stage hands can do.
    Stage(String),
}

/// A page and its acts in their order.
#[derive(Debug)]
pub(crate) struct Page {
    lines: Vec<String>,
    /// What happens.
    pub(crate) acts: Vec<Act>,
}

impl Page {
    /// Reads a page.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let mut acts = Vec::new();
        let mut at = 0;
        while at < lines.len() {
            let line = &lines[at];
            let end = |mark: &str| {
                let found = lines[at + 1..].iter().position(|line| line == mark);
                found.map(|count| at + 1 + count).ok_or_else(|| format!("line {}: has no end", at + 1))
            };
            let told = |problem: String| format!("line {}: {problem}", at + 1);
            let last = if line == "<!-- play" {
                let last = end("-->")?;
                let words = lines[at + 1..last].iter().filter(|line| !line.is_empty());
                for line in words {
                    acts.push(Act::Hidden(hidden(line).ok_or_else(|| told(format!("no step: {line}")))?));
                }
                last
            } else if let Some(kind) = line.strip_prefix("```") {
                let last = end("```")?;
                acts.extend(block(kind, &lines, at + 1..last).map_err(told)?);
                last
            } else if line.starts_with("    ")
                && (prompt(line.trim()).is_some() || line.trim().starts_with("$ "))
            {
                return Err(told("a command in a block that nobody plays".to_owned()));
            } else {
                at
            };
            at = last + 1;
        }
        Ok(Self { lines, acts })
    }

    /// Commands that are shown.
    pub(crate) fn shown(&self) -> impl Iterator<Item = &Shown> {
        self.acts.iter().filter_map(|act| match act {
            Act::Shown(shown) => Some(shown),
            _ => None,
        })
    }

    /// The page with other outputs, one for each shown command.
    pub(crate) fn with(&self, outputs: &[Vec<String>]) -> String {
        let mut lines = self.lines.clone();
        let shown: Vec<&Shown> = self.shown().collect();
        for (shown, output) in shown.iter().zip(outputs).rev() {
            let gap = (shown.has_next && !output.is_empty()).then(String::new);
            lines.splice(shown.lines.clone(), output.iter().cloned().chain(gap));
        }
        lines.join("\n") + "\n"
    }
}

/// Who types what, where a line begins with a prompt.
fn prompt(line: &str) -> Option<(&str, &str)> {
    let (who, command) = line.split_once("$ ")?;
    (!who.is_empty() && who.bytes().all(|byte| byte.is_ascii_lowercase())).then_some((who, command))
}

fn hidden(line: &str) -> Option<Hidden> {
    let name = line.find(|c: char| !c.is_ascii_lowercase())?;
    let (who, rest) = line.split_at(name);
    let (mark, words) = rest.split_at(1);
    let (who, words) = (who.to_owned(), words.trim().to_owned());
    Some(match mark {
        "!" if who.is_empty() => Hidden::Stage(words),
        _ if who.is_empty() => return None,
        "$" => Hidden::Run(who, words),
        "&" => Hidden::Start(who, words),
        ":" => Hidden::Says(who, words),
        "." => Hidden::End(who),
        _ => return None,
    })
}

fn block(kind: &str, lines: &[String], range: Range<usize>) -> Result<Vec<Act>, String> {
    if kind == "console" {
        return Ok(console(lines, range)?.into_iter().map(Act::Shown).collect());
    }
    let place = kind.split_once(' ').and_then(|(_, place)| place.split_once(':'));
    let Some((who, path)) = place else {
        return Err(format!("a block of {kind:?} that nobody plays"));
    };
    let text = lines[range].iter().map(|line| format!("{line}\n")).collect();
    Ok(vec![Act::File { who: who.to_owned(), path: path.to_owned(), text }])
}

fn console(lines: &[String], range: Range<usize>) -> Result<Vec<Shown>, String> {
    let starts: Vec<usize> = range.clone().filter(|at| prompt(&lines[*at]).is_some()).collect();
    if starts.first() != Some(&range.start) {
        return Err("a console block that does not begin with a command".to_owned());
    }
    let ends = starts.iter().skip(1).copied().chain([range.end]);
    let shown = starts.iter().zip(ends).filter_map(|(start, end)| {
        let (who, command) = prompt(&lines[*start])?;
        let mut output = lines[start + 1..end].to_vec();
        while output.last().is_some_and(String::is_empty) {
            output.pop();
        }
        let (who, command) = (who.to_owned(), command.to_owned());
        Some(Shown { who, command, output, lines: start + 1..end, has_next: end < range.end })
    });
    Ok(shown.collect())
}

/// Lines that tell how far a service is. Which of them are seen is the moment's.
const PASSING: &str = r"^((?:\S+: )+)\d+/\d+ (looking for a node|pulling images|starting|replacing old tasks|running, must stay up|rolling back|good|failed|undecided|overtaken|rolled back)$";

/// Of lines that tell how far a service is the last ones, as they stay on a terminal.
pub(crate) fn at_last(lines: &[String]) -> Vec<String> {
    let passing = Regex::new(PASSING).unwrap();
    let lead = |line: &str| passing.captures(line).map(|found| found[1].to_owned());
    let is_last = |(at, line): &(usize, &String)| {
        let mine = lead(line);
        mine.is_none() || lines[at + 1..].iter().all(|later| lead(later) != mine)
    };
    let mut last: Vec<String> =
        lines.iter().enumerate().filter(is_last).map(|(_, line)| line.clone()).collect();
    last.chunk_by_mut(|a, b| lead(a).is_some() && lead(b).is_some()).for_each(<[String]>::sort);
    last
}

/// What differs from run to run, and what stands for it in comparisons: times, hashes and random names, durations; and
/// columns, which are as wide as these.
const VARYING: [(&str, &str); 7] = [
    (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?", "TIME"),
    (r"\b[0-9a-f]{7,64}\b", "HASH"),
    (r"\b\d+(\.\d+)? (s|min|h|seconds)\b", "0 s"),
    (r"(?m)\bnow$", "0 s ago"),
    (r"(?m)^([a-z]+\.\d+)\.[a-z0-9]{6} \|", "$1.TASK |"),
    (r"\.abra-\w{6}\b", ".abra-NAME"),
    (r"(\S) {2,}", "$1  "),
];

/// What two looks or one tell, in the order in which it is seen.
const SEEN: &str = r"^\S+: (task |the swarm goes back)";

/// An output without what differs from run to run.
pub(crate) fn steady(output: &[String]) -> String {
    let (passing, seen) = (Regex::new(PASSING).unwrap(), Regex::new(SEEN).unwrap());
    let mut lines: Vec<&String> = output.iter().filter(|line| !passing.is_match(line)).collect();
    lines.chunk_by_mut(|a, b| seen.is_match(a) && seen.is_match(b)).for_each(<[&String]>::sort);
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    VARYING.iter().fold(text, |text, (pattern, words)| {
        Regex::new(pattern).unwrap().replace_all(&text, *words).into_owned()
    })
}
