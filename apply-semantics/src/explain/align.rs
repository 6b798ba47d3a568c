//! Lines with notes that stand below each other.

/// Notes stand no further to the right than this, unless their line is longer.
const WIDEST: usize = 72;

/// A line, and what is noted behind it.
pub(super) struct Line {
    pub(super) text: String,
    pub(super) note: Option<String>,
}

impl Line {
    pub(super) fn new(text: impl Into<String>, note: Option<String>) -> Self {
        Self {
            text: text.into(),
            note,
        }
    }

    fn width(&self) -> usize {
        self.text.chars().count()
    }
}

/// The lines with all notes in one column; `mark` stands before each note.
pub(super) fn align(lines: &[Line], mark: &str) -> String {
    let noted = lines.iter().filter(|line| line.note.is_some());
    let widths = noted.map(Line::width).filter(|width| *width <= WIDEST);
    // In steps, so that the column moves less often when a line changes.
    let column = widths.max().unwrap_or(0).div_ceil(4) * 4 + 2;
    let mut out = String::new();
    for line in lines {
        out.push_str(&line.text);
        if let Some(note) = &line.note {
            let gap = column.saturating_sub(line.width()).max(2);
            out.extend(std::iter::repeat_n(' ', gap));
            out.push_str(mark);
            out.push_str(note);
        }
        out.push('\n');
    }
    out
}
