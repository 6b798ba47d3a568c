//! Reading files of one JSON case a line.

use std::{fs, io, path::Path};

use serde_json::Value;

/// The cases of one file, in file order: the id of each and the whole line as JSON.
pub type JsonLines = Vec<(String, Value)>;

/// Reads a file with one JSON object a line; `id` names a case, or its line number where it has none.
///
/// # Errors
/// The file cannot be read, or a line is no JSON; the message names file and line.
pub fn json_lines(path: &Path) -> io::Result<JsonLines> {
    let text = fs::read_to_string(path)
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))?;
    text.lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(index, line)| {
            let value: Value = serde_json::from_str(line).map_err(|error| {
                io::Error::other(format!("{}:{}: {error}", path.display(), index + 1))
            })?;
            let id = value
                .get("id")
                .and_then(Value::as_str)
                .map_or_else(|| format!("line-{}", index + 1), str::to_owned);
            Ok((id, value))
        })
        .collect()
}
