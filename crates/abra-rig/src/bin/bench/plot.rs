//! A plot as SVG: time against a number, one line per tool and way, both axes from zero. Its colours are for both light and
//! dark pages.
use std::fmt::Write as _;
use std::time::Duration;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 340.0;
const LEFT: f64 = 70.0;
const BOTTOM: f64 = 50.0;
const TOP: f64 = 20.0;
/// Room for the names of the lines.
const RIGHT: f64 = 160.0;
/// What names need, one below the other.
const NAME: f64 = 15.0;

/// Times by a number, in the order of the numbers.
pub(crate) type Points = Vec<(usize, Duration)>;

/// One line of a plot.
pub(crate) struct Line {
    name: String,
    colour: &'static str,
    is_dashed: bool,
    points: Points,
}

impl Line {
    pub(crate) fn abra(points: Points) -> Self {
        Self { name: "abra".to_owned(), colour: "#2da44e", is_dashed: false, points }
    }

    pub(crate) fn docker(name: &str, points: Points) -> Self {
        Self { name: name.to_owned(), colour: "#3b82c4", is_dashed: false, points }
    }

    pub(crate) fn named(self, name: &str) -> Self {
        Self { name: name.to_owned(), ..self }
    }

    pub(crate) fn dashed(self) -> Self {
        Self { is_dashed: true, ..self }
    }
}

/// Where things are on the page.
struct Scale {
    most: usize,
    /// Milliseconds at the top.
    ceiling: f64,
}

impl Scale {
    fn of(lines: &[Line]) -> Self {
        let points = || lines.iter().flat_map(|line| &line.points);
        let most = points().map(|(number, _)| *number).max().unwrap_or(1).max(1);
        let longest = points().map(|(_, time)| *time).max().unwrap_or_default();
        Self { most, ceiling: round_up(longest.as_secs_f64() * 1e3) }
    }

    fn x(&self, number: usize) -> f64 {
        LEFT + (WIDTH - LEFT - RIGHT) * share(number, self.most)
    }

    fn y(&self, millis: f64) -> f64 {
        HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * millis / self.ceiling
    }
}

/// A page with these lines; `unit` says what the numbers are.
pub(crate) fn plot(title: &str, unit: &str, lines: &[Line]) -> String {
    let scale = Scale::of(lines);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" \
         font-size=\"12\" fill=\"#768390\">\n<title>{title}</title>\n"
    );
    axes(&mut svg, &scale, lines);
    let middle = f64::midpoint(LEFT, WIDTH - RIGHT);
    let _ =
        writeln!(svg, "<text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\">{unit}</text>", HEIGHT - 10.0);
    for line in lines {
        draw(&mut svg, &scale, line);
    }
    names(&mut svg, &scale, lines);
    svg + "</svg>\n"
}

fn axes(svg: &mut String, scale: &Scale, lines: &[Line]) {
    for step in 0..=4 {
        let millis = scale.ceiling * f64::from(step) / 4.0;
        let (at, end) = (scale.y(millis), WIDTH - RIGHT);
        let label =
            if scale.ceiling < 4000.0 { format!("{millis:.1} ms") } else { format!("{:.1} s", millis / 1e3) };
        let label = label.replace(".0 ", " ");
        let _ = writeln!(
            svg,
            "<line x1=\"{LEFT}\" y1=\"{at:.1}\" x2=\"{end}\" y2=\"{at:.1}\" stroke=\"#8b949e\" opacity=\"0.35\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{label}</text>",
            LEFT - 8.0,
            at + 4.0
        );
    }
    for (number, _) in lines.first().map(|line| &line.points).into_iter().flatten() {
        let _ = writeln!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{number}</text>",
            scale.x(*number),
            HEIGHT - BOTTOM + 18.0
        );
    }
}

fn draw(svg: &mut String, scale: &Scale, line: &Line) {
    let at = |(number, time): &(usize, Duration)| (scale.x(*number), scale.y(time.as_secs_f64() * 1e3));
    let places: Vec<(f64, f64)> = line.points.iter().map(at).collect();
    let points: Vec<String> = places.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
    let dashes = if line.is_dashed { " stroke-dasharray=\"6 4\"" } else { "" };
    let colour = line.colour;
    let _ = writeln!(
        svg,
        "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"{dashes}/>",
        points.join(" ")
    );
    for (x, y) in &places {
        let _ = writeln!(svg, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"{colour}\"/>");
    }
}

/// Names at the ends of their lines, moved apart where these end close to each other.
fn names(svg: &mut String, scale: &Scale, lines: &[Line]) {
    let end = |line: &Line| line.points.last().map(|(_, time)| scale.y(time.as_secs_f64() * 1e3));
    let mut ends: Vec<(f64, &Line)> = lines.iter().filter_map(|line| Some((end(line)?, line))).collect();
    ends.sort_by(|one, other| other.0.total_cmp(&one.0));
    let mut lowest = HEIGHT;
    for (y, line) in ends {
        lowest = y.min(lowest - NAME);
        let (x, y) = (WIDTH - RIGHT + 10.0, lowest + 4.0);
        let (colour, name) = (line.colour, &line.name);
        let _ = writeln!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" fill=\"{colour}\">{name}</text>");
    }
}

fn share(number: usize, most: usize) -> f64 {
    let exact = |number: usize| f64::from(u32::try_from(number).unwrap_or(u32::MAX));
    exact(number) / exact(most)
}

/// The next number whose quarters are good to read.
fn round_up(millis: f64) -> f64 {
    let mut unit = 1.0;
    loop {
        for times in [1.0, 1.2, 1.6, 2.0, 2.4, 3.2, 4.0, 6.0, 8.0] {
            if unit * times >= millis {
                return unit * times;
            }
        }
        unit *= 10.0;
    }
}
