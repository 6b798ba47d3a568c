//! The lines of a journal: entries in JSON, each with a sum over itself and all before it.
//!
//! What is damaged does not pass for something else: a changed, missing, added or moved line is told from the sums. What a crash can
//! do to the last line is mended instead: its end is missing, or blocks of it never reached the disk and read as zeros.

use crate::{Digest, Entry};

/// What the last field of a line looks like, but for the digits.
const BEFORE: &str = ",\"sum\":\"";
const AFTER: &str = "\"}\n";
const DIGITS: usize = 16;

/// The sum of all lines so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Chain(String);

impl Chain {
    /// The chain after a line whose text is this, without its sum.
    fn after(&self, body: &str) -> Self {
        let mut digits = Digest::of(format!("{}{body}", self.0).as_bytes()).to_string();
        digits.truncate(DIGITS);
        Self(digits)
    }
}

/// An entry as the next line, and the chain after it.
pub(super) fn write(entry: &Entry, chain: &Chain) -> Result<(String, Chain), serde_json::Error> {
    let mut line = serde_json::to_string(entry)?;
    // The sum goes in before the last brace.
    line.pop();
    let chain = chain.after(&line);
    line.push_str(BEFORE);
    line.push_str(&chain.0);
    line.push_str(AFTER);
    Ok((line, chain))
}

/// What stands in a journal.
#[derive(Debug, Default)]
pub(super) struct Read {
    pub(super) entries: Vec<Entry>,
    /// How many bytes they take; what comes after was cut short by a crash.
    pub(super) whole: usize,
    pub(super) chain: Chain,
}

/// A line that makes no sense.
#[derive(Debug)]
pub(super) struct Bad {
    /// Its number, from 1.
    pub(super) line: usize,
    pub(super) why: String,
}

/// Reads all lines.
pub(super) fn read(bytes: &[u8]) -> Result<Read, Bad> {
    let mut read = Read::default();
    for (index, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        match entry(line, &read.chain) {
            Ok((entry, chain)) => {
                read.entries.push(entry);
                read.chain = chain;
                read.whole += line.len();
            }
            Err(why) => {
                let is_last = read.whole + line.len() == bytes.len();
                if is_last && (!line.ends_with(b"\n") || line.contains(&0)) {
                    break;
                }
                let line = index + 1;
                return Err(Bad { line, why });
            }
        }
    }
    Ok(read)
}

fn entry(line: &[u8], chain: &Chain) -> Result<(Entry, Chain), String> {
    let text = std::str::from_utf8(line).map_err(|_| "it is not UTF-8".to_owned())?;
    let parts = text.strip_suffix(AFTER).and_then(|text| {
        let (rest, digits) = text.split_at_checked(text.len().checked_sub(DIGITS)?)?;
        Some((rest.strip_suffix(BEFORE)?, digits))
    });
    let (body, digits) = parts.ok_or_else(|| "it has no sum".to_owned())?;
    let chain = chain.after(body);
    if chain.0 != digits {
        return Err("it was changed, or a line before it was".to_owned());
    }
    let entry = serde_json::from_str(&format!("{body}}}")).map_err(|error| error.to_string())?;
    Ok((entry, chain))
}
