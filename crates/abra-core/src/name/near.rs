//! Which known names are near to an unknown one.

/// Longest name that is compared, in characters: the cost grows with the square of it.
const LONGEST: usize = 100;

/// The known names that are nearest to `wanted`, best first, at most `limit`. A name counts as near when a third of its
/// characters or fewer would have to change (at least two may), or when one contains the other. Names that begin with
/// `wanted` come first.
pub fn nearest<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>, limit: usize) -> Vec<&'a str> {
    let wanted = wanted.to_lowercase();
    if wanted.is_empty() {
        return vec![];
    }
    let mut near: Vec<(usize, &str)> = known
        .into_iter()
        .filter_map(|name| near_by(&wanted, &name.to_lowercase()).map(|distance| (distance, name)))
        .collect();
    near.sort_unstable();
    near.dedup();
    near.into_iter().map(|(_, name)| name).take(limit).collect()
}

fn near_by(wanted: &str, name: &str) -> Option<usize> {
    if name.starts_with(wanted) {
        return Some(0);
    }
    let (a, b): (Vec<char>, Vec<char>) =
        (wanted.chars().take(LONGEST).collect(), name.chars().take(LONGEST).collect());
    let distance = edits(&a, &b);
    let allowed = (a.len().max(b.len()) / 3).max(2);
    let contained = a.len() >= 3 && b.len() >= 3 && (name.contains(wanted) || wanted.contains(name));
    (distance < a.len().max(b.len()) && (distance <= allowed || contained)).then_some(distance)
}

/// Single characters to insert, remove, replace or swap with their neighbour.
fn edits(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = above[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replaced.min(above[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(before[j - 2] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut above, row);
    }
    above[b.len()]
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn near_names_come_best_first() {
        let known = ["matrix.example.com", "cloud.example.com", "matrix.example.org", "wiki.test"];
        for (wanted, expected) in [
            ("matrx.example.com", vec!["matrix.example.com", "matrix.example.org", "cloud.example.com"]),
            ("wiki", vec!["wiki.test"]),
            ("w", vec!["wiki.test"]),
            ("", vec![]),
            ("zzz", vec![]),
            ("MATRIX.example.com", vec!["matrix.example.com", "matrix.example.org", "cloud.example.com"]),
        ] {
            assert_eq!(nearest(wanted, known, 3), expected, "{wanted}");
        }
        assert_eq!(nearest("snyc", ["sync", "name"], 3), ["sync"]);
        assert_eq!(nearest("matrix.example", known, 1).len(), 1);
    }
}
