//! A reader of JSON text that keeps what the usual ones lose: the order of keys and doubled keys.
//!
//! It accepts what the JSON reader of structured-merge-diff accepts; halves of surrogate pairs become U+FFFD.

use std::{borrow::Cow, error, fmt};

use serde_json::{Map, Number, Value};

/// How deep values may be nested.
const MAX_DEPTH: usize = 200;

/// Where a JSON text is malformed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScanError {
    /// The byte at which reading stopped.
    pub offset: usize,
    /// What was expected there.
    pub expected: &'static str,
}

impl fmt::Display for ScanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {} at byte {}", self.expected, self.offset)
    }
}

impl error::Error for ScanError {}

type Scan<T> = Result<T, ScanError>;

#[derive(Debug)]
pub(crate) struct Scanner<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            depth: 0,
        }
    }

    /// Reads an object, or null. `entry` is called before each value, with the key, and has to read the value.
    pub(crate) fn object<E: From<ScanError>>(
        &mut self,
        mut entry: impl FnMut(&mut Self, Cow<'a, str>) -> Result<(), E>,
    ) -> Result<(), E> {
        if self.take_null()? {
            return Ok(());
        }
        self.open(b'{', "an object or null")?;
        if !self.take(b'}') {
            loop {
                let key = self.string()?;
                self.expect(b':', "a colon")?;
                entry(self, key)?;
                if self.take(b'}') {
                    break;
                }
                self.expect(b',', "a comma or the end of the object")?;
            }
        }
        self.depth -= 1;
        Ok(())
    }

    /// Reads any value; numbers become floats.
    pub(crate) fn value(&mut self) -> Scan<Value> {
        match self.peek() {
            Some(b'{') => {
                let mut map = Map::new();
                self.object(|scanner, key| {
                    let value = scanner.value()?;
                    map.insert(key.into_owned(), value);
                    Ok::<_, ScanError>(())
                })?;
                Ok(Value::Object(map))
            }
            Some(b'[') => {
                let mut items = Vec::new();
                self.array(|scanner| {
                    items.push(scanner.value()?);
                    Ok(())
                })?;
                Ok(Value::Array(items))
            }
            Some(b'"') => Ok(Value::String(self.string()?.into_owned())),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b'n') => self.word("null").map(|()| Value::Null),
            Some(b't') => self.word("true").map(|()| Value::Bool(true)),
            Some(b'f') => self.word("false").map(|()| Value::Bool(false)),
            _ => Err(self.error("a value")),
        }
    }

    /// Reads over any value.
    pub(crate) fn skip(&mut self) -> Scan<()> {
        match self.peek() {
            Some(b'{') => self.object(|scanner, _| scanner.skip()),
            Some(b'[') => self.array(Self::skip),
            Some(b'-' | b'0'..=b'9') => self.number_text().map(drop),
            Some(b'"') => self.string().map(drop),
            _ => self.value().map(drop),
        }
    }

    /// Demands that nothing follows.
    pub(crate) fn end(&mut self) -> Scan<()> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.error("the end")),
        }
    }

    fn array(&mut self, mut item: impl FnMut(&mut Self) -> Scan<()>) -> Scan<()> {
        self.open(b'[', "a list")?;
        if !self.take(b']') {
            loop {
                item(self)?;
                if self.take(b']') {
                    break;
                }
                self.expect(b',', "a comma or the end of the list")?;
            }
        }
        self.depth -= 1;
        Ok(())
    }

    fn string(&mut self) -> Scan<Cow<'a, str>> {
        self.expect(b'"', "a string")?;
        let rest = self.text.get(self.at..).unwrap_or_default();
        let stop = |byte: &u8| *byte == b'"' || *byte == b'\\' || *byte < b' ';
        let Some(length) = rest.bytes().position(|byte| stop(&byte)) else {
            self.at = self.text.len();
            return Err(self.error("the end of the string"));
        };
        let plain = rest.get(..length).unwrap_or_default();
        self.at += length;
        if self.take_here(b'"') {
            return Ok(Cow::Borrowed(plain));
        }
        let mut string = plain.to_owned();
        self.escaped_string(&mut string)?;
        Ok(Cow::Owned(string))
    }

    /// Reads on from the first escape of a string.
    fn escaped_string(&mut self, string: &mut String) -> Scan<()> {
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let Some(char) = rest.chars().next() else {
                return Err(self.error("the end of the string"));
            };
            match char {
                '"' => {
                    self.at += 1;
                    return Ok(());
                }
                '\\' => {
                    self.at += 1;
                    string.push(self.escape()?);
                }
                char if char < ' ' => return Err(self.error("no control character")),
                char => {
                    self.at += char.len_utf8();
                    string.push(char);
                }
            }
        }
    }

    fn escape(&mut self) -> Scan<char> {
        let Some(byte) = self.byte() else {
            return Err(self.error("an escape"));
        };
        self.at += 1;
        Ok(match byte {
            b'"' | b'\\' | b'/' => char::from(byte),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => self.unicode()?,
            _ => {
                self.at -= 1;
                return Err(self.error("an escape"));
            }
        })
    }

    fn unicode(&mut self) -> Scan<char> {
        let high = self.hex()?;
        if (0xd800..0xdc00).contains(&high)
            && self
                .text
                .get(self.at..)
                .is_some_and(|rest| rest.starts_with("\\u"))
        {
            let before = self.at;
            self.at += 2;
            let low = self.hex()?;
            if (0xdc00..0xe000).contains(&low) {
                let code = 0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            self.at = before;
        }
        Ok(char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn hex(&mut self) -> Scan<u32> {
        let digits = self.text.get(self.at..self.at + 4);
        let digits = digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let code = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let code = code.ok_or_else(|| self.error("four hexadecimal digits"))?;
        self.at += 4;
        Ok(code)
    }

    fn number(&mut self) -> Scan<Value> {
        let text = self.number_text()?;
        let number = text.parse().ok().and_then(Number::from_f64);
        number
            .map(Value::Number)
            .ok_or_else(|| self.error("a number in range"))
    }

    fn number_text(&mut self) -> Scan<&'a str> {
        let start = self.at;
        self.take_here(b'-');
        if self.take_here(b'0') {
            if self.byte().is_some_and(|byte| byte.is_ascii_digit()) {
                return Err(self.error("no digit after a leading zero"));
            }
        } else {
            self.digits()?;
        }
        if self.take_here(b'.') {
            self.digits()?;
        }
        if self.take_here(b'e') || self.take_here(b'E') {
            let _ = self.take_here(b'+') || self.take_here(b'-');
            self.digits()?;
        }
        Ok(self.text.get(start..self.at).unwrap_or_default())
    }

    fn digits(&mut self) -> Scan<()> {
        let start = self.at;
        while self.byte().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at > start {
            Ok(())
        } else {
            Err(self.error("a digit"))
        }
    }

    fn take_null(&mut self) -> Scan<bool> {
        if self.peek() == Some(b'n') {
            return self.word("null").map(|()| true);
        }
        Ok(false)
    }

    fn word(&mut self, word: &'static str) -> Scan<()> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        if !rest.starts_with(word) {
            return Err(self.error(word));
        }
        self.at += word.len();
        Ok(())
    }

    fn open(&mut self, bracket: u8, expected: &'static str) -> Scan<()> {
        self.expect(bracket, expected)?;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.error("less nesting"));
        }
        Ok(())
    }

    fn expect(&mut self, byte: u8, expected: &'static str) -> Scan<()> {
        if self.take(byte) {
            Ok(())
        } else {
            Err(self.error(expected))
        }
    }

    /// Takes a byte, after blanks.
    fn take(&mut self, byte: u8) -> bool {
        self.peek();
        self.take_here(byte)
    }

    fn take_here(&mut self, byte: u8) -> bool {
        let found = self.byte() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// The next byte after blanks.
    fn peek(&mut self) -> Option<u8> {
        while matches!(self.byte(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
        self.byte()
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn error(&self, expected: &'static str) -> ScanError {
        ScanError {
            offset: self.at,
            expected,
        }
    }
}

/// Appends a JSON string that escapes quotes, backslashes and control characters only.
pub(crate) fn write_string(out: &mut String, text: &str) {
    write_escaped(out, text, false);
}

/// Appends a JSON string that also escapes `<`, `>`, `&`, U+2028 and U+2029, as Go does for use in HTML.
pub(crate) fn write_html_string(out: &mut String, text: &str) {
    write_escaped(out, text, true);
}

fn write_escaped(out: &mut String, text: &str, html: bool) {
    out.push('"');
    write_inside(out, text, html);
    out.push('"');
}

/// Whether a text stands in a JSON string as it is.
pub(crate) fn is_plain(text: &str) -> bool {
    plain_length(text.as_bytes()) == text.len()
}

/// Whether it does so even where Go escapes for use in HTML.
pub(crate) fn is_plain_in_html(text: &str) -> bool {
    !text.bytes().any(|byte| is_special(byte, true))
}

/// Appends what is between the quotes of a JSON string.
pub(crate) fn write_inside(out: &mut String, text: &str, html: bool) {
    let mut rest = text;
    loop {
        let plain = if html {
            let special = rest.bytes().position(|byte| is_special(byte, true));
            special.unwrap_or(rest.len())
        } else {
            plain_length(rest.as_bytes())
        };
        let (before, from) = rest.split_at_checked(plain).unwrap_or((rest, ""));
        out.push_str(before);
        let mut chars = from.chars();
        match chars.next() {
            None => return,
            Some('"') => out.push_str("\\\""),
            Some('\\') => out.push_str("\\\\"),
            Some('\n') => out.push_str("\\n"),
            Some('\r') => out.push_str("\\r"),
            Some('\t') => out.push_str("\\t"),
            Some(char @ ('<' | '>' | '&' | '\u{2028}' | '\u{2029}')) if html => {
                write_unicode(out, char);
            }
            Some(char) if char < ' ' => write_unicode(out, char),
            Some(char) => out.push(char),
        }
        rest = chars.as_str();
    }
}

/// How many bytes there are before the first quote, backslash or control character.
pub(crate) fn plain_length(text: &[u8]) -> usize {
    let mut plain = 0;
    let mut rest = text;
    // Whole words first: names are mostly plain.
    while let Some((word, behind)) = rest.split_first_chunk() {
        let special = special_bytes(u64::from_le_bytes(*word));
        if special != 0 {
            let before = special.trailing_zeros() / u8::BITS;
            return plain + usize::try_from(before).unwrap_or_default();
        }
        plain += word.len();
        rest = behind;
    }
    let special = rest.iter().position(|byte| is_special(*byte, false));
    plain + special.unwrap_or(rest.len())
}

/// Eight bytes, of which the first that is a control character, a quote or a backslash has its highest bit set. Those behind it
/// may have theirs set without reason.
const fn special_bytes(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    const fn zero_byte(word: u64) -> u64 {
        word.wrapping_sub(ONES) & !word
    }
    let control = word.wrapping_sub(ONES * 0x20) & !word;
    let quote = zero_byte(word ^ (ONES * b'"' as u64));
    let backslash = zero_byte(word ^ (ONES * b'\\' as u64));
    (control | quote | backslash) & HIGH
}

/// Whether a character that begins with this byte may be one to escape.
pub(crate) fn is_special(byte: u8, html: bool) -> bool {
    let [plain, in_html] = SPECIAL.get(usize::from(byte)).copied().unwrap_or_default();
    if html { in_html } else { plain }
}

/// For each byte, whether it is special, and whether it is in HTML.
#[expect(
    clippy::indexing_slicing,
    reason = "the index is below the length; a constant is made"
)]
static SPECIAL: [[bool; 2]; 256] = {
    let mut special = [[false; 2]; 256];
    let mut byte = 0;
    while byte < special.len() {
        let always = byte < 0x20 || byte == b'"' as usize || byte == b'\\' as usize;
        let html = byte == b'<' as usize || byte == b'>' as usize || byte == b'&' as usize;
        special[byte] = [always, always || html || byte == 0xe2];
        byte += 1;
    }
    special
};

fn write_unicode(out: &mut String, char: char) {
    use fmt::Write as _;
    let _ = write!(out, "\\u{:04x}", u32::from(char));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(text: &str) -> Scan<Value> {
        let mut scanner = Scanner::new(text);
        let value = scanner.value()?;
        scanner.end()?;
        Ok(value)
    }

    #[test]
    fn values_are_read() {
        let value = read(r#" {"a" : [1, -0.5e1, true, null], "b":"\ud83d\ude00\u0041\ud800"} "#);
        assert_eq!(
            value,
            Ok(json!({"a": [1.0, -5.0, true, null], "b": "😀A\u{fffd}"}))
        );
    }

    #[test]
    fn whole_words_are_as_plain_as_their_bytes() {
        for byte in 0..=u8::MAX {
            for place in 0..19 {
                let mut text = [b'a'; 19];
                text[place] = byte;
                let expected = text.iter().position(|byte| is_special(*byte, false));
                let plain = plain_length(&text);
                assert_eq!(plain, expected.unwrap_or(text.len()), "{byte} at {place}");
            }
        }
    }

    #[test]
    fn malformed_text_is_refused() {
        for text in [
            "",
            "{",
            "[1,]",
            "01",
            "1.",
            "1e",
            "+1",
            "\"\u{1}\"",
            r#""\x""#,
            r#""\ud8"#,
            "1 2",
            "1e999",
            "nul",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
        let deep = "[".repeat(100_000);
        assert_eq!(
            read(&deep).map_err(|error| error.expected),
            Err("less nesting")
        );
    }
}
