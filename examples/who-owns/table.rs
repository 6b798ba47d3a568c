//! Columns of text.

use std::fmt;

const HEADER: [&str; 7] = [
    "OBJECT",
    "PATH",
    "MANAGER",
    "OPERATION",
    "SUBRESOURCE",
    "VERSION",
    "SINCE",
];

/// Rows whose columns stand below each other. What could break a line is escaped.
#[derive(Debug, Default)]
pub(crate) struct Table {
    rows: Vec<[String; 7]>,
}

impl Table {
    pub(crate) fn row(&mut self, cells: [&str; 7]) {
        self.rows.push(cells.map(printable));
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let header = HEADER.map(str::to_owned);
        let rows = || std::iter::once(&header).chain(&self.rows);
        let mut widths = [0; 7];
        for row in rows() {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        for row in rows() {
            let cells = row
                .iter()
                .zip(widths)
                .map(|(cell, width)| format!("{cell:width$}"));
            writeln!(f, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
        }
        Ok(())
    }
}

fn printable(text: &str) -> String {
    let escape = |char: char| {
        let plain = (!char.is_control()).then_some(char);
        let escaped = char.is_control().then(|| char.escape_unicode());
        plain.into_iter().chain(escaped.into_iter().flatten())
    };
    text.chars().flat_map(escape).collect()
}
