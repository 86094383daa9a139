//! A plot as SVG: time against a number, one line per tool, both axes from zero.
use crate::tool::Pair;
use std::fmt::Write as _;
use std::time::Duration;

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 320.0;
const LEFT: f64 = 70.0;
const BOTTOM: f64 = 50.0;
const TOP: f64 = 20.0;
const RIGHT: f64 = 90.0;
/// Names and colours of the tools, dark enough for both light and dark pages.
const TOOLS: Pair<(&str, &str)> = [("abra", "#1a7f37"), ("docker", "#6e7781")];

/// Times of both tools for each number.
pub(crate) fn plot(title: &str, unit: &str, points: &[(usize, Pair<Duration>)]) -> String {
    let most = points.iter().map(|(number, _)| *number).max().unwrap_or(1).max(1);
    let longest = points.iter().flat_map(|(_, times)| times).max().copied().unwrap_or_default();
    let ceiling = round_up(longest.as_secs_f64() * 1e3);
    let x = |number: usize| LEFT + (WIDTH - LEFT - RIGHT) * share(number, most);
    let y = |millis: f64| HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * millis / ceiling;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" \
         font-size=\"12\" fill=\"#6e7781\">\n<title>{title}</title>\n"
    );
    for step in 0..=4 {
        let millis = ceiling * f64::from(step) / 4.0;
        let (at, end) = (y(millis), WIDTH - RIGHT);
        let _ = writeln!(
            svg,
            "<line x1=\"{LEFT}\" y1=\"{at:.1}\" x2=\"{end}\" y2=\"{at:.1}\" stroke=\"#d0d7de\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{millis:.0} ms</text>",
            LEFT - 8.0,
            at + 4.0
        );
    }
    for (number, _) in points {
        let _ = writeln!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{number}</text>",
            x(*number),
            HEIGHT - BOTTOM + 18.0
        );
    }
    let middle = f64::midpoint(LEFT, WIDTH - RIGHT);
    let _ =
        writeln!(svg, "<text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\">{unit}</text>", HEIGHT - 10.0);
    for (tool, (name, colour)) in TOOLS.iter().enumerate() {
        let places: Vec<(f64, f64)> =
            points.iter().map(|(number, times)| (x(*number), y(times[tool].as_secs_f64() * 1e3))).collect();
        let line: Vec<String> = places.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let _ = writeln!(
            svg,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>",
            line.join(" ")
        );
        for (x, y) in &places {
            let _ = writeln!(svg, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"{colour}\"/>");
        }
        if let Some((x, y)) = places.last() {
            let _ = writeln!(
                svg,
                "<text x=\"{:.1}\" y=\"{:.1}\" fill=\"{colour}\">{name}</text>",
                x + 8.0,
                y + 4.0
            );
        }
    }
    svg + "</svg>\n"
}

fn share(number: usize, most: usize) -> f64 {
    let exact = |number: usize| f64::from(u32::try_from(number).unwrap_or(u32::MAX));
    exact(number) / exact(most)
}

/// The next of 1, 2, 4, 8 times a power of ten.
fn round_up(millis: f64) -> f64 {
    let mut unit = 1.0;
    loop {
        for times in [1.0, 2.0, 4.0, 8.0] {
            if unit * times >= millis {
                return unit * times;
            }
        }
        unit *= 10.0;
    }
}
