//! Tables for people.

use std::fmt::Write as _;

/// Rows under a header, each column as wide as its widest cell.
pub(crate) fn table_of(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut all = vec![header.iter().map(|cell| (*cell).to_owned()).collect()];
    all.extend(rows);
    let width = |column: usize| {
        let cells = all.iter().filter_map(|row: &Vec<String>| row.get(column));
        cells
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or_default()
    };
    let mut text = String::new();
    for row in &all {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            // Writing into a String cannot fail.
            let _ = write!(line, "{cell:<width$}   ", width = width(column));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}
