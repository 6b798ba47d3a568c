//! Numbers and texts of a template.

use serde_json::Value;

use super::Parser;
use crate::template::Fault;

impl Parser<'_> {
    /// A whole number, or another one if it has a point or an exponent.
    pub(super) fn number(&mut self) -> Result<Value, Fault> {
        let rest = self.rest();
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "+-._".contains(c)));
        let text = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        let error = || Fault::new(self.at, format!("{text:?} is no number"));
        let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
        let decimal = digits.starts_with(|c: char| c.is_ascii_digit());
        let number = match text.parse::<i64>() {
            Ok(number) => number.into(),
            Err(_) if decimal && text.contains(['.', 'e', 'E']) => {
                let float: f64 = text.parse().map_err(|_| error())?;
                serde_json::Number::from_f64(float)
                    .ok_or_else(error)?
                    .into()
            }
            Err(_) => return Err(error()),
        };
        self.at += text.len();
        Ok(number)
    }

    pub(super) fn raw_string(&mut self) -> Result<String, Fault> {
        let inner = self.rest().get(1..).unwrap_or_default();
        let open = || Fault::new(self.at, "the string is not closed");
        let length = inner.find('`').ok_or_else(open)?;
        // Go drops carriage returns from raw strings.
        let text = inner.get(..length).unwrap_or_default().replace('\r', "");
        self.at += length + 2;
        Ok(text)
    }

    pub(super) fn string(&mut self) -> Result<String, Fault> {
        let start = self.at;
        let open = || Fault::new(start, "the string is not closed");
        self.at += 1;
        let mut out = String::new();
        loop {
            let next = self.rest().chars().next().ok_or_else(open)?;
            match next {
                '\n' => return Err(open()),
                '"' => {
                    self.at += 1;
                    return Ok(out);
                }
                '\\' => out.push(self.escape()?),
                _ => {
                    self.at += next.len_utf8();
                    out.push(next);
                }
            }
        }
    }

    fn escape(&mut self) -> Result<char, Fault> {
        let start = self.at;
        let error = || Fault::new(start, "an escape that no string has");
        let kind = self.rest().chars().nth(1).ok_or_else(error)?;
        let digits = match kind {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ => 0,
        };
        self.at += 1 + kind.len_utf8();
        if digits == 0 {
            let plain = [
                ('n', '\n'),
                ('t', '\t'),
                ('r', '\r'),
                ('\\', '\\'),
                ('"', '"'),
                ('a', '\x07'),
                ('b', '\x08'),
                ('f', '\x0c'),
                ('v', '\x0b'),
            ];
            let found = plain.into_iter().find(|(name, _)| *name == kind);
            return found.map(|(_, value)| value).ok_or_else(error);
        }
        let code = self.rest().get(..digits).ok_or_else(error)?;
        let code = u32::from_str_radix(code, 16).map_err(|_| error())?;
        self.at += digits;
        // A byte that is no character by itself has no place in a text.
        let whole = kind != 'x' || code < 0x80;
        char::from_u32(code).filter(|_| whole).ok_or_else(error)
    }
}
