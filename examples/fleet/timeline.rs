//! The rollout as a picture.

use std::{collections::BTreeMap, fmt::Write as _};

use apply_server::{Clock as _, ManualClock};
use cluster_id::rollout::Phase;

/// Who was how far when.
pub(crate) struct Timeline {
    start: i64,
    end: i64,
    /// By cluster, in order of time.
    marks: BTreeMap<String, Vec<Mark>>,
}

#[derive(Clone, Copy)]
struct Mark {
    at: i64,
    version: u32,
    phase: Phase,
}

/// Pixels: of the column of names, of a row, of a second.
const NAMES: i64 = 70;
const ROW: i64 = 34;
const SECOND: i64 = 1;

impl Timeline {
    pub(crate) fn new(clock: &ManualClock) -> Self {
        Self {
            start: clock.unix_seconds(),
            end: clock.unix_seconds(),
            marks: BTreeMap::new(),
        }
    }

    /// From now on the cluster is in that phase.
    pub(crate) fn mark(&mut self, clock: &ManualClock, cluster: &str, version: u32, phase: Phase) {
        let at = clock.unix_seconds();
        if self.marks.is_empty() {
            self.start = at;
        }
        self.end = at;
        let marks = self.marks.entry(cluster.to_owned()).or_default();
        marks.push(Mark { at, version, phase });
    }

    /// Leaves some room before what comes next.
    pub(crate) fn gap(&mut self, clock: &ManualClock) {
        clock.advance(30);
        self.end = clock.unix_seconds();
    }

    fn rows(&self) -> i64 {
        i64::try_from(self.marks.len()).unwrap_or(i64::MAX / ROW - 2)
    }

    pub(crate) fn to_svg(&self) -> String {
        let x = |at: i64| NAMES + (at - self.start) * SECOND;
        let (width, height) = (x(self.end) + 10, (self.rows() + 1) * ROW + 10);
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" font-family=\"sans-serif\" font-size=\"12\">\n"
        );
        let mut line = |text: String| {
            let _ = writeln!(svg, "{text}");
        };
        line("<title>What each cluster had when</title>".to_owned());
        line(format!(
            "<rect width=\"{width}\" height=\"{height}\" fill=\"white\"/>"
        ));
        for (row, (cluster, marks)) in (0..).zip(&self.marks) {
            let y = 10 + row * ROW;
            line(format!(
                "<text x=\"8\" y=\"{}\">{}</text>",
                y + 18,
                escaped(cluster)
            ));
            let ends = marks.iter().skip(1).map(|mark| mark.at).chain([self.end]);
            for (mark, end) in marks.iter().zip(ends) {
                let (from, wide) = (x(mark.at), (end - mark.at) * SECOND);
                line(format!(
                    "<rect x=\"{from}\" y=\"{y}\" width=\"{wide}\" height=\"24\" fill=\"{}\" stroke=\"white\"><title>{}: version {}, {}, {} s</title></rect>",
                    colour(mark.phase),
                    escaped(cluster),
                    mark.version,
                    mark.phase,
                    end - mark.at,
                ));
                if mark.phase == Phase::Succeeded || mark.phase == Phase::Failed {
                    line(format!(
                        "<text x=\"{}\" y=\"{}\" fill=\"white\">v{}</text>",
                        from + 4,
                        y + 16,
                        mark.version
                    ));
                }
            }
        }
        let y = 10 + self.rows() * ROW;
        for minute in 0..=(self.end - self.start) / 60 {
            let at = x(self.start + minute * 60);
            line(format!(
                "<line x1=\"{at}\" y1=\"10\" x2=\"{at}\" y2=\"{y}\" stroke=\"#ccc\" stroke-dasharray=\"2\"/>"
            ));
            line(format!(
                "<text x=\"{at}\" y=\"{}\" fill=\"#666\">{minute} min</text>",
                y + 16
            ));
        }
        svg.push_str("</svg>\n");
        svg
    }
}

const fn colour(phase: Phase) -> &'static str {
    match phase {
        Phase::Succeeded => "#2e7d32",
        Phase::Failed | Phase::TimeOut => "#c62828",
        Phase::Progressing => "#f9a825",
        Phase::ToApply | Phase::Skip => "#bdbdbd",
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
