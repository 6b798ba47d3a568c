//! Columns of text.

use std::fmt;

/// Rows whose columns stand below each other. What could break a line is escaped.
#[derive(Clone, Debug)]
pub struct Table<const N: usize> {
    rows: Vec<[String; N]>,
}

impl<const N: usize> Table<N> {
    /// A table with that header and no rows.
    pub fn new(header: [&str; N]) -> Self {
        Self {
            rows: vec![header.map(str::to_owned)],
        }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: [&str; N]) {
        self.rows.push(cells.map(printable));
    }
}

impl<const N: usize> fmt::Display for Table<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut widths = [0; N];
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        for row in &self.rows {
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
