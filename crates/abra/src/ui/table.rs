//! Tables that stay readable in 80 columns.
use super::text::{clean, padded, width};
use comfy_table::{ContentArrangement, Table, presets};

/// Blanks between columns.
const GAP: usize = 2;

/// Lays out rows under headings; cells wrap where the terminal is narrow.
pub fn table(headings: &[&str], rows: &[Vec<String>]) -> String {
    let head = headings.iter().map(|heading| heading.to_uppercase()).collect();
    let body = rows.iter().map(|row| row.iter().map(|cell| clean(cell)).collect());
    let lines: Vec<Vec<String>> = std::iter::once(head).chain(body).collect();
    let mut narrow = Table::new();
    narrow.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    // Some terminals say that they have no columns at all: then nobody knows.
    if narrow.width() == Some(0) {
        narrow.set_width(u16::MAX);
    }
    let room = narrow.width().map_or(usize::MAX, usize::from);
    plain(&lines, room).unwrap_or_else(|| wrapped(narrow, &lines))
}

/// A line of a table whose other lines come later: cells under columns of these widths.
pub fn line(cells: &[&str], widths: &[usize]) -> String {
    let cells = cells.iter().zip(widths).map(|(cell, width)| padded(&clean(cell), width + GAP));
    cells.collect::<String>().trim_end().to_owned()
}

/// Every cell in one line, which most tables have room for: many times faster than wrapping. `None`: there is no room.
fn plain(lines: &[Vec<String>], room: usize) -> Option<String> {
    let count = lines.first().map_or(0, Vec::len);
    if lines.iter().any(|line| line.len() != count || line.iter().any(|cell| cell.contains(['\n', '\t']))) {
        return None;
    }
    let widths: Vec<usize> = (0..count)
        .map(|column| lines.iter().map(|line| width(&line[column])).max().unwrap_or_default())
        .collect();
    if widths.iter().map(|width| width + GAP).sum::<usize>() > room {
        return None;
    }
    let shown = |cells: &Vec<String>| line(&cells.iter().map(String::as_str).collect::<Vec<_>>(), &widths);
    Some(lines.iter().map(shown).collect::<Vec<_>>().join("\n"))
}

fn wrapped(mut table: Table, lines: &[Vec<String>]) -> String {
    let mut lines = lines.iter();
    if let Some(head) = lines.next() {
        table.set_header(head);
    }
    for line in lines {
        table.add_row(line);
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::{Table, plain, wrapped};
    use comfy_table::{ContentArrangement, presets};

    #[test]
    fn what_has_room_looks_the_same_either_way() {
        let lines = [["APP", "服务", "X"], ["wiki.example.com", "ü", ""], ["a", "längeres Wort", "–"]];
        let lines: Vec<Vec<String>> = lines.iter().map(|line| line.map(str::to_owned).into()).collect();
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
        table.set_width(200);
        assert_eq!(plain(&lines, 200), Some(wrapped(table, &lines)));
        assert_eq!(plain(&lines, 20), None);
    }
}
