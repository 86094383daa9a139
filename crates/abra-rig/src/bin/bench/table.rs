//! Tables of comparisons, as Markdown.
use crate::tool::Pair;
use std::fmt::Write as _;
use std::time::Duration;

/// One comparison.
#[derive(Debug)]
pub(crate) struct Row {
    what: String,
    times: Pair<Duration>,
    requests: Option<Pair<usize>>,
    logins: Option<Pair<usize>>,
    /// The largest share of docker's time that is good enough.
    share: Option<f64>,
    most_requests: Option<usize>,
    longest: Option<Duration>,
}

impl Row {
    pub(crate) fn new(what: &str, times: Pair<Duration>) -> Self {
        Self {
            what: what.to_owned(),
            times,
            requests: None,
            logins: None,
            share: None,
            most_requests: None,
            longest: None,
        }
    }

    pub(crate) fn requests(self, requests: Pair<usize>) -> Self {
        Self { requests: Some(requests), ..self }
    }

    /// ssh's logins.
    pub(crate) fn logins(self, logins: Pair<usize>) -> Self {
        Self { logins: Some(logins), ..self }
    }

    pub(crate) fn at_most(self, share: f64) -> Self {
        Self { share: Some(share), ..self }
    }

    pub(crate) fn requests_at_most(self, most: usize) -> Self {
        Self { most_requests: Some(most), ..self }
    }

    pub(crate) fn within(self, longest: Duration) -> Self {
        Self { longest: Some(longest), ..self }
    }

    /// Goals that were not reached, in words.
    pub(crate) fn missed(&self) -> Vec<String> {
        let missed = self.goals().into_iter().filter(|(_, met)| !met);
        missed.map(|(goal, _)| format!("{}: {goal}, is {:.2}", self.what, self.ratio())).collect()
    }

    fn ratio(&self) -> f64 {
        self.times[0].as_secs_f64() / self.times[1].as_secs_f64().max(f64::EPSILON)
    }

    fn goals(&self) -> Vec<(String, bool)> {
        let share = self.share.map(|share| (format!("≤ {share:.2}"), self.ratio() <= share));
        let requests = self.requests.zip(self.most_requests);
        let requests = requests.map(|(made, most)| (format!("≤ {most} requests"), made[0] <= most));
        let longest = self.longest.map(|most| (format!("≤ {} ms", most.as_millis()), self.times[0] <= most));
        share.into_iter().chain(requests).chain(longest).collect()
    }
}

type Count = fn(&Row) -> Option<Pair<usize>>;

/// A table with the columns that its rows have something for.
pub(crate) fn table(text: &mut String, rows: &[Row]) {
    let counts: [(&str, Count); 2] = [("requests", |row| row.requests), ("logins", |row| row.logins)];
    let counts: Vec<_> =
        counts.into_iter().filter(|(_, count)| rows.iter().any(|row| count(row).is_some())).collect();
    let heads: String = counts.iter().map(|(name, _)| format!(" {name} abra | {name} docker |")).collect();
    let line = " ---: | ---: |".repeat(counts.len());
    let _ = writeln!(text, "| what | abra ÷ docker | abra, ms | docker, ms |{heads} goal |");
    let _ = writeln!(text, "| --- | ---: | ---: | ---: |{line} --- |");
    for row in rows {
        let [ours, theirs] = row.times.map(|time| time.as_secs_f64() * 1e3);
        let counts = counts.iter().map(|(_, count)| match count(row) {
            Some([ours, theirs]) => format!(" {ours} | {theirs} |"),
            None => "  |  |".to_owned(),
        });
        let counts: String = counts.collect();
        let goals: Vec<_> = row.goals().iter().map(|(goal, met)| format!("{goal}: {}", word(*met))).collect();
        let goals = goals.join(", ");
        let _ = writeln!(
            text,
            "| {} | **{:.2}** | {ours:.1} | {theirs:.1} |{counts} {goals} |",
            row.what,
            row.ratio()
        );
    }
}

/// Whether a goal was reached.
pub(crate) const fn word(met: bool) -> &'static str {
    if met { "met" } else { "missed" }
}
