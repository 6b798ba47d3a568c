//! A report with the source lines it is about: plain text, no colours.

use std::fmt::Write as _;

use super::{Diagnostic, Report, Span};

/// The text of a file that a report is about.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The name as given when the file was read.
    pub name: &'a str,
    /// The whole text.
    pub text: &'a str,
}

/// A line longer than this is cut around the place of interest.
const WIDTH: usize = 160;

impl Report {
    /// The report with, for each diagnostic that has a place in one of the `sources`, the line and a caret under it.
    ///
    /// The lines are shown as they are: a caller that logs the result must know whether the file holds secrets.
    ///
    /// ```
    /// use componentconfig::{diagnostic::Source, Class, Diagnostic, Report, Span};
    ///
    /// let report: Report = Diagnostic::error(Class::Strict, "unknown field \"bindport\"")
    ///     .span(Span::new(2, 3, 8))
    ///     .source("a.yaml")
    ///     .help("did you mean \"bindPort\"?")
    ///     .into();
    /// let text = report.render(&[Source { name: "a.yaml", text: "api:\n  bindport: 1\n" }]);
    /// assert_eq!(text, "\
    /// error: unknown field \"bindport\"
    ///  --> a.yaml:2:3
    ///   |
    /// 2 |   bindport: 1
    ///   |   ^^^^^^^^
    ///   = help: did you mean \"bindPort\"?
    /// ");
    /// ```
    pub fn render(&self, sources: &[Source<'_>]) -> String {
        let lines: Vec<(&str, Vec<&str>)> = sources
            .iter()
            .map(|source| (source.name, source.text.split('\n').collect()))
            .collect();
        let mut out = String::new();
        for diagnostic in self.diagnostics() {
            if !out.is_empty() {
                out.push('\n');
            }
            let name = diagnostic.source.as_deref();
            let text = lines.iter().find(|(of, _)| Some(*of) == name);
            render_one(
                &mut out,
                diagnostic,
                text.map_or(&[], |(_, lines)| lines.as_slice()),
            );
        }
        out
    }
}

// Writing to a String cannot fail, so the results of `write!` are dropped below.
fn render_one(out: &mut String, diagnostic: &Diagnostic, lines: &[&str]) {
    let _ = write!(out, "{}: ", diagnostic.severity);
    if let Some(path) = diagnostic.path.as_ref().filter(|path| !path.is_root()) {
        let _ = write!(out, "{path}: ");
    }
    let _ = writeln!(out, "{}", diagnostic.message);
    let last = diagnostic.related.iter().map(|related| related.span.line);
    let last = last.chain(diagnostic.span.map(|span| span.line)).max();
    let margin = " ".repeat(last.unwrap_or(0).to_string().len());
    match (&diagnostic.source, diagnostic.span) {
        (Some(source), Some(span)) => {
            let _ = writeln!(out, "{margin}--> {source}:{span}");
        }
        (Some(source), None) => {
            let _ = writeln!(out, "{margin}--> {source}");
        }
        (None, Some(span)) => {
            let _ = writeln!(out, "{margin}--> {span}");
        }
        (None, None) => {}
    }
    if let Some(span) = diagnostic.span {
        snippet(out, &margin, lines, span, "");
    }
    for related in &diagnostic.related {
        snippet(out, &margin, lines, related.span, &related.message);
    }
    if let Some(help) = &diagnostic.help {
        let _ = writeln!(out, "{margin} = help: {help}");
    }
}

fn snippet(out: &mut String, margin: &str, lines: &[&str], span: Span, remark: &str) {
    let index = (span.line as usize).checked_sub(1);
    let Some(line) = index.and_then(|index| lines.get(index)) else {
        if !remark.is_empty() {
            let _ = writeln!(out, "{margin} = note: {span}: {remark}");
        }
        return;
    };
    let (line, before, carets) = window(line.trim_end_matches('\r'), span);
    let number = span.line;
    let width = margin.len();
    let _ = writeln!(out, "{margin} |");
    let _ = writeln!(out, "{number:>width$} | {line}");
    let _ = write!(out, "{margin} | {before}{}", "^".repeat(carets));
    if !remark.is_empty() {
        let _ = write!(out, " {remark}");
    }
    out.push('\n');
}

/// The shown part of a line, the blanks that bring the caret under its place, and how many carets.
fn window(line: &str, span: Span) -> (String, String, usize) {
    let start = (span.column as usize).saturating_sub(1);
    let skipped = if start >= WIDTH { start - WIDTH / 2 } else { 0 };
    let shown: String = line
        .chars()
        .skip(skipped)
        .take(WIDTH)
        .map(|c| {
            if c.is_control() && c != '\t' {
                '\u{fffd}'
            } else {
                c
            }
        })
        .collect();
    // A tab before the place stays a tab, so that the caret stands right however wide tabs are.
    let before: String = shown
        .chars()
        .chain(std::iter::repeat(' '))
        .take(start - skipped)
        .map(|c| if c == '\t' { '\t' } else { ' ' })
        .collect();
    let rest = shown.chars().count().saturating_sub(start - skipped);
    let carets = (span.len as usize).clamp(1, rest.max(1));
    (shown, before, carets)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Class, field::Path};

    fn render(diagnostic: Diagnostic, text: &str) -> String {
        Report::from(diagnostic).render(&[Source { name: "f", text }])
    }

    #[test]
    fn both_places_of_a_duplicate_are_shown() {
        let diagnostic = Diagnostic::error(Class::Strict, "duplicate field \"a\"")
            .at(Path::new("a"))
            .source("f")
            .span(Span::new(10, 1, 1))
            .related(Span::new(1, 1, 1), "first here");
        let text = render(diagnostic, "a: 1\n\n\n\n\n\n\n\n\na: 2\n");
        assert_eq!(
            text,
            "error: a: duplicate field \"a\"\n  --> f:10:1\n   |\n10 | a: 2\n   | ^\n   |\n 1 | a: 1\n   | ^ first here\n"
        );
    }

    #[test]
    fn places_outside_the_text_show_no_line() {
        let diagnostic = Diagnostic::error(Class::Decode, "bad")
            .source("f")
            .span(Span::new(7, 900, 3));
        assert_eq!(render(diagnostic, "a\n"), "error: bad\n --> f:7:900\n");
    }

    #[test]
    fn long_lines_are_cut_and_tabs_kept() {
        let line = format!("\t{}x", "é".repeat(1000));
        let at = Diagnostic::error(Class::Decode, "bad").source("f");
        let text = render(at.clone().span(Span::new(1, 1002, 1)), &line);
        let lines: Vec<&str> = text.lines().collect();
        let caret = lines[4].chars().position(|c| c == '^').unwrap();
        assert_eq!(lines[3].chars().nth(caret), Some('x'));
        let text = render(at.span(Span::new(1, 2, 400)), &line);
        assert!(text.contains("  | \t^^^"), "{text}");
    }
}
