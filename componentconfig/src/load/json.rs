//! JSON text as events, with places, which `serde_json` does not give.

use std::borrow::Cow;

use super::{Event, Events, Scalar, SyntaxError};
use crate::Span;

/// Reads RFC 8259 JSON as Go does: lone surrogates become U+FFFD, and nothing may follow the value.
#[derive(Debug)]
pub(crate) struct JsonEvents<'a> {
    text: &'a str,
    at: usize,
    line: u32,
    column: u32,
    /// The open lists (`false`) and maps (`true`).
    open: Vec<bool>,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// A value comes.
    Value,
    /// A value or the end of the list that has just begun comes.
    FirstItem,
    /// A key or the end of the map that has just begun comes.
    FirstKey,
    /// A comma or the end of what is open comes.
    After,
    Done,
}

impl<'a> JsonEvents<'a> {
    pub(crate) const fn new(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            line: 1,
            column: 1,
            open: Vec::new(),
            state: State::Value,
        }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        if c == '\n' {
            self.line += 1;
            self.column = 1;
        } else {
            self.column += 1;
        }
        Some(c)
    }

    fn skip_blanks(&mut self) {
        while matches!(self.peek(), Some(' ' | '\t' | '\r' | '\n')) {
            self.bump();
        }
    }

    fn here(&self) -> Span {
        Span::new(self.line, self.column, 1)
    }

    fn since(&self, start: Span) -> Span {
        let len = if start.line == self.line {
            self.column - start.column
        } else {
            1
        };
        Span { len, ..start }
    }

    fn expected<T>(&self, what: &str) -> Result<T, SyntaxError> {
        let message = match self.peek() {
            Some(c) => format!("expected {what}, found {c:?}"),
            None => format!("expected {what}, found the end of the document"),
        };
        Err(SyntaxError {
            message,
            span: self.here(),
        })
    }

    fn value(&mut self) -> Result<(Event<'a>, Span), SyntaxError> {
        let start = self.here();
        let scalar = match self.peek() {
            Some('{') => {
                self.bump();
                self.open.push(true);
                self.state = State::FirstKey;
                return Ok((Event::MapStart { anchor: 0 }, start));
            }
            Some('[') => {
                self.bump();
                self.open.push(false);
                self.state = State::FirstItem;
                return Ok((Event::ListStart { anchor: 0 }, start));
            }
            Some('"') => Scalar::Text(self.string()?),
            Some('-' | '0'..='9') => self.number()?,
            _ => self.word()?,
        };
        self.state = State::After;
        Ok((scalar_event(scalar), self.since(start)))
    }

    fn key(&mut self) -> Result<(Event<'a>, Span), SyntaxError> {
        let start = self.here();
        if self.peek() != Some('"') {
            return self.expected("a key in double quotes");
        }
        let key = self.string()?;
        let span = self.since(start);
        self.skip_blanks();
        if self.peek() != Some(':') {
            return self.expected("':' after a key");
        }
        self.bump();
        self.state = State::Value;
        Ok((scalar_event(Scalar::Text(key)), span))
    }

    fn end(&mut self) -> (Event<'a>, Span) {
        let span = self.here();
        self.bump();
        self.open.pop();
        self.state = State::After;
        (Event::End, span)
    }

    fn after(&mut self) -> Result<(Event<'a>, Span), SyntaxError> {
        match (self.open.last().copied(), self.peek()) {
            (None, None) => {
                self.state = State::Done;
                Ok((Event::Done, self.here()))
            }
            (None, Some(_)) => self.expected("nothing after the value"),
            (Some(true), Some('}')) | (Some(false), Some(']')) => Ok(self.end()),
            (Some(map), Some(',')) => {
                self.bump();
                self.skip_blanks();
                if map { self.key() } else { self.value() }
            }
            (Some(true), _) => self.expected("',' or '}' after a value"),
            (Some(false), _) => self.expected("',' or ']' after an item"),
        }
    }

    fn word(&mut self) -> Result<Scalar<'a>, SyntaxError> {
        for (word, scalar) in [
            ("true", Scalar::Bool(true)),
            ("false", Scalar::Bool(false)),
            ("null", Scalar::Null),
        ] {
            let rest = self.rest().strip_prefix(word);
            let ends = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
            if rest.is_some_and(ends) {
                for _ in word.chars() {
                    self.bump();
                }
                return Ok(scalar);
            }
        }
        self.expected("a value")
    }

    fn number(&mut self) -> Result<Scalar<'a>, SyntaxError> {
        let (start, span) = (self.at, self.here());
        self.take_if(|c| c == '-');
        if self.take_if(|c| c == '0') == 0 && self.digits() == 0 {
            return self.expected("a digit");
        }
        let mut whole = true;
        if self.take_if(|c| c == '.') > 0 {
            whole = false;
            if self.digits() == 0 {
                return self.expected("a digit after the point");
            }
        }
        if self.take_if(|c| matches!(c, 'e' | 'E')) > 0 {
            whole = false;
            self.take_if(|c| matches!(c, '+' | '-'));
            if self.digits() == 0 {
                return self.expected("a digit of the exponent");
            }
        }
        let text = self.text.get(start..self.at).unwrap_or_default();
        if whole {
            if let Ok(value) = text.parse::<i64>() {
                return Ok(Scalar::Int(value));
            }
            if let Ok(value) = text.parse::<u64>() {
                return Ok(Scalar::Uint(value));
            }
        }
        match text.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(Scalar::Float(value)),
            _ => Err(SyntaxError {
                message: "the number is too large for a float of 64 bits".to_owned(),
                span: self.since(span),
            }),
        }
    }

    fn digits(&mut self) -> usize {
        let mut taken = 0;
        while self.take_if(|c| c.is_ascii_digit()) > 0 {
            taken += 1;
        }
        taken
    }

    fn take_if(&mut self, wanted: impl Fn(char) -> bool) -> usize {
        if self.peek().is_some_and(wanted) {
            self.bump();
            1
        } else {
            0
        }
    }

    fn string(&mut self) -> Result<Cow<'a, str>, SyntaxError> {
        self.bump();
        let start = self.at;
        let mut owned = None;
        loop {
            match self.peek() {
                Some('"') => {
                    let text = self.text.get(start..self.at).unwrap_or_default();
                    self.bump();
                    return Ok(owned.map_or(Cow::Borrowed(text), Cow::Owned));
                }
                Some('\\') => {
                    let so_far = self.text.get(start..self.at).unwrap_or_default();
                    let text = owned.get_or_insert_with(|| so_far.to_owned());
                    text.push(self.escape()?);
                }
                None | Some('\0'..='\x1f') => return self.expected("the end of a string"),
                Some(c) => {
                    self.bump();
                    if let Some(text) = &mut owned {
                        text.push(c);
                    }
                }
            }
        }
    }

    fn escape(&mut self) -> Result<char, SyntaxError> {
        self.bump();
        let c = match self.peek() {
            Some(c @ ('"' | '\\' | '/')) => c,
            Some('b') => '\x08',
            Some('f') => '\x0c',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('u') => {
                self.bump();
                return self.unicode();
            }
            _ => return self.expected("an escaped character"),
        };
        self.bump();
        Ok(c)
    }

    fn unicode(&mut self) -> Result<char, SyntaxError> {
        let unit = self.hex()?;
        if !(0xd800..0xdc00).contains(&unit) {
            return Ok(char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        // The second half has to follow; what follows otherwise stands for itself.
        let low = self
            .rest()
            .strip_prefix("\\u")
            .and_then(|rest| rest.get(..4));
        let low = low.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        match low.filter(|low| (0xdc00..0xe000).contains(low)) {
            Some(low) => {
                for _ in 0..6 {
                    self.bump();
                }
                let code = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
                Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))
            }
            None => Ok(char::REPLACEMENT_CHARACTER),
        }
    }

    fn hex(&mut self) -> Result<u32, SyntaxError> {
        let mut unit = 0;
        for _ in 0..4 {
            let Some(digit) = self.peek().and_then(|c| c.to_digit(16)) else {
                return self.expected("four hexadecimal digits");
            };
            self.bump();
            unit = unit * 16 + digit;
        }
        Ok(unit)
    }
}

impl<'a> Events<'a> for JsonEvents<'a> {
    fn next(&mut self) -> Result<(Event<'a>, Span), SyntaxError> {
        self.skip_blanks();
        match self.state {
            State::FirstItem if self.peek() == Some(']') => Ok(self.end()),
            State::FirstKey if self.peek() == Some('}') => Ok(self.end()),
            State::Value | State::FirstItem => self.value(),
            State::FirstKey => self.key(),
            State::After => self.after(),
            State::Done => Ok((Event::Done, self.here())),
        }
    }
}

fn scalar_event(scalar: Scalar<'_>) -> Event<'_> {
    Event::Scalar {
        value: Ok(scalar),
        anchor: 0,
        merge: false,
        empty: false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::load::load;

    fn read(text: &str) -> Result<Value, String> {
        let loaded = load(JsonEvents::new(text), 1);
        match loaded.errors.first() {
            None => Ok(loaded.root.to_value()),
            Some(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn it_reads_what_serde_json_reads() {
        for text in [
            r#"{"a": [1, -2.5, 1e3, true, false, null, "x\n\u0041\ud83d\ude00\/"], "b": {}, "c": []}"#,
            " 0 ",
            "18446744073709551615",
            "123456789012345678901234567890",
            "\"é😀\"",
            "[[],{}]",
        ] {
            let theirs: Value = serde_json::from_str(text).unwrap();
            assert_eq!(read(text).unwrap(), theirs, "{text}");
        }
    }

    #[test]
    fn it_refuses_what_serde_json_refuses() {
        for text in [
            "",
            "{",
            "[",
            "[1",
            "[1,]",
            "[,1]",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1,}",
            "{a: 1}",
            "{'a': 1}",
            "01",
            "1.",
            ".5",
            "-",
            "1e",
            "+1",
            "tru",
            "nul",
            "truex",
            "\"\\x\"",
            "\"\\u12\"",
            "\"a\nb\"",
            "\"a",
            "1 2",
            "{} x",
            "[1 2]",
            "{\"a\" 1}",
            "1e999",
            "// c\n1",
            "\u{feff}1",
            "NaN",
        ] {
            assert!(serde_json::from_str::<Value>(text).is_err(), "{text}");
            assert!(read(text).is_err(), "{text}: {:?}", read(text));
        }
    }

    #[test]
    fn places_are_exact() {
        assert_eq!(
            read("{\n  \"é\": 1,\n  \"b\" 2\n}").unwrap_err(),
            "3:7: expected ':' after a key, found '2'"
        );
        assert_eq!(
            read("[1,").unwrap_err(),
            "1:4: [1]: expected a value, found the end of the document"
        );
        let loaded = load(JsonEvents::new("{\"a\": {\"b\": 1,\n \"b\": 2}}"), 5);
        let duplicate = loaded.duplicates.first().unwrap();
        assert_eq!(duplicate.path.to_string(), "a.b");
        assert_eq!(duplicate.first, Span::new(5, 8, 3));
        assert_eq!(duplicate.again, Span::new(6, 2, 3));
    }

    #[test]
    fn surrogates_alone_are_replaced() {
        assert_eq!(
            read(r#""\ud83dx\ude00\ud83d\u0041""#).unwrap(),
            "\u{fffd}x\u{fffd}\u{fffd}A"
        );
    }

    #[test]
    fn depth_is_limited() {
        let deep = |n: usize| "[".repeat(n) + &"]".repeat(n);
        assert!(read(&deep(128)).is_ok());
        assert!(
            read(&deep(129))
                .unwrap_err()
                .contains("exceeded max depth of 128")
        );
        assert!(read(&deep(200_000)).is_err());
    }
}
