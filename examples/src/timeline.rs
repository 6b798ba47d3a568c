//! Who was how far when, as a picture.

use std::fmt::Write as _;

/// Rows with stretches of time, as an SVG.
#[derive(Clone, Debug)]
pub struct Timeline {
    title: String,
    /// In the order in which they came.
    rows: Vec<Row>,
    /// Milliseconds.
    end: i64,
}

#[derive(Clone, Debug)]
struct Row {
    name: String,
    /// In order of time.
    marks: Vec<(i64, Mark)>,
}

/// From here on a row looks like this.
#[derive(Clone, Debug)]
pub struct Mark {
    /// The colour of the stretch, as SVG knows it.
    pub colour: &'static str,
    /// What it is, for whoever points at it.
    pub says: String,
    /// What stands in it.
    pub label: Option<String>,
}

/// Pixels: of a row, of a letter, between two marks of the scale at least, of all of the time.
const ROW: i64 = 34;
const LETTER: i64 = 7;
const TICK: i64 = 60;
const WIDTH: i64 = 1200;

/// The marks of the scale are so many seconds apart.
const STEPS: [i64; 11] = [1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600];

impl Timeline {
    /// An empty picture with that title.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            rows: Vec::new(),
            end: 0,
        }
    }

    /// From that time on, in milliseconds, a row looks like this. Times come in order.
    pub fn mark(&mut self, at: i64, row: &str, mark: Mark) {
        self.end_at(at);
        let index = self.rows.iter().position(|one| one.name == row);
        let index = index.unwrap_or_else(|| {
            let name = row.to_owned();
            let marks = Vec::new();
            self.rows.push(Row { name, marks });
            self.rows.len() - 1
        });
        if let Some(row) = self.rows.get_mut(index) {
            row.marks.push((at, mark));
        }
    }

    /// The picture goes on until that time at least.
    pub fn end_at(&mut self, at: i64) {
        self.end = self.end.max(at);
    }

    fn start(&self) -> i64 {
        let first = self.rows.iter().filter_map(|row| row.marks.first());
        first.map(|(at, _)| *at).min().unwrap_or(self.end)
    }

    /// The picture.
    pub fn to_svg(&self) -> String {
        let (start, rows) = (self.start(), count(self.rows.len()));
        let names = self.rows.iter().map(|row| count(row.name.chars().count()));
        let left = names.max().unwrap_or_default() * LETTER + 20;
        let span = (self.end - start).max(1);
        let x = |at: i64| left + (at - start).saturating_mul(WIDTH) / span;
        let (width, height) = (left + WIDTH + 10, (rows + 1) * ROW + 10);
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" font-family=\"sans-serif\" font-size=\"12\">\n\
             <title>{}</title>\n<rect width=\"{width}\" height=\"{height}\" fill=\"white\"/>\n",
            escaped(&self.title)
        );
        for (index, row) in (0..).zip(&self.rows) {
            row.draw(&mut svg, 10 + index * ROW, self.end, x);
        }
        let bottom = 10 + rows * ROW;
        let seconds = STEPS
            .into_iter()
            .find(|seconds| seconds * 1000 * WIDTH / span >= TICK)
            .unwrap_or(3600);
        for tick in 0..=span / (seconds * 1000) {
            let (at, passed) = (x(start + tick * seconds * 1000), tick * seconds);
            let text = match seconds {
                60.. => format!("{} min", passed / 60),
                _ => format!("{passed} s"),
            };
            let _ = writeln!(
                svg,
                "<line x1=\"{at}\" y1=\"10\" x2=\"{at}\" y2=\"{bottom}\" stroke=\"#ccc\" stroke-dasharray=\"2\"/>\n\
                 <text x=\"{at}\" y=\"{}\" fill=\"#666\">{text}</text>",
                bottom + 16
            );
        }
        svg.push_str("</svg>\n");
        svg
    }
}

impl Row {
    fn draw(&self, svg: &mut String, y: i64, end: i64, x: impl Fn(i64) -> i64) {
        let name = escaped(&self.name);
        let _ = writeln!(svg, "<text x=\"8\" y=\"{}\">{name}</text>", y + 18);
        let ends = self.marks.iter().skip(1).map(|(at, _)| *at).chain([end]);
        for ((at, mark), end) in self.marks.iter().zip(ends) {
            let (from, wide) = (x(*at), x(end) - x(*at));
            let _ = writeln!(
                svg,
                "<rect x=\"{from}\" y=\"{y}\" width=\"{wide}\" height=\"24\" fill=\"{}\" stroke=\"white\"><title>{name}: {}, {}</title></rect>",
                mark.colour,
                escaped(&mark.says),
                duration(end - at),
            );
            if let Some(label) = &mark.label {
                let _ = writeln!(
                    svg,
                    "<text x=\"{}\" y=\"{}\" fill=\"white\">{}</text>",
                    from + 4,
                    y + 16,
                    escaped(label)
                );
            }
        }
    }
}

/// Milliseconds for people.
fn duration(milliseconds: i64) -> String {
    match milliseconds {
        ..10_000 if milliseconds % 1000 != 0 => format!("{milliseconds} ms"),
        _ => format!("{} s", milliseconds / 1000),
    }
}

fn count(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX / ROW - 2)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_fill_the_time_and_names_cannot_break_out() {
        let mark = |says: &str| Mark {
            colour: "red",
            says: says.to_owned(),
            label: None,
        };
        let mut timeline = Timeline::new("A & B");
        timeline.mark(1_000, "<a>", mark("begun"));
        timeline.mark(3_000, "<a>", mark("over"));
        timeline.end_at(5_000);
        let svg = timeline.to_svg();
        assert!(svg.contains("<title>A &amp; B</title>"), "{svg}");
        assert!(svg.contains("&lt;a&gt;: begun, 2 s"), "{svg}");
        assert_eq!(svg.matches("width=\"600\"").count(), 2, "{svg}");
        assert!(svg.contains(">4 s</text>"), "{svg}");
    }

    #[test]
    fn a_picture_without_rows_is_one() {
        let svg = Timeline::new("").to_svg();
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
    }
}
