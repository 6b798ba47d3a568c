//! Whether FieldsV1 is written as we write it, told without reading it into a set.
//!
//! What is rare is not looked at closely, and not called canonical: then it is read and written anew.

use std::cmp::Ordering;

use crate::{path::PathElement, scan::is_special};

/// How deep sets may be nested.
const MAX_DEPTH: usize = 200;
/// A quote, and one within a JSON string.
const QUOTE: &[u8] = b"\"";
const INNER_QUOTE: &[u8] = b"\\\"";

/// Whether a whole set is written canonically.
pub(super) fn is_canonical(text: &str) -> bool {
    let mut check = Check {
        rest: text.as_bytes(),
        depth: 0,
    };
    check.object(false).is_some() && check.rest.is_empty()
}

/// Whether a path element, as it stands in a set once the JSON string is read, is written canonically, so that it is the same as
/// another one just if the texts are. A negative zero is the same as zero, and not called canonical.
pub(crate) fn is_canonical_element(key: &str) -> bool {
    match key.as_bytes() {
        [b'f', b':', ..] => true,
        text if Element::read(text, QUOTE).is_some() => true,
        _ => {
            !key.contains("-0")
                && PathElement::parse(key).is_ok_and(|element| element.serialize() == key)
        }
    }
}

struct Check<'a> {
    rest: &'a [u8],
    depth: usize,
}

impl<'a> Check<'a> {
    fn object(&mut self, marked: bool) -> Option<()> {
        self.take(b"{")?;
        if self.take(b"}").is_some() {
            return Some(());
        }
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        if marked && self.rest.starts_with(b"\".\"") {
            self.take(b"\".\":{},")?;
        }
        let mut last = None;
        loop {
            let element = self.element()?;
            if last.is_some_and(|last| element.compare(last) != Some(Ordering::Greater)) {
                return None;
            }
            last = Some(element);
            self.object(true)?;
            if self.take(b"}").is_some() {
                break;
            }
            self.take(b",")?;
        }
        self.depth -= 1;
        Some(())
    }

    /// Takes a path element with its quotes and the colon.
    fn element(&mut self) -> Option<Element<'a>> {
        self.take(QUOTE)?;
        let field = self.rest.starts_with(b"f:");
        let mut length = 0;
        loop {
            length += self
                .rest
                .get(length..)?
                .iter()
                .position(|byte| is_special(*byte, false))?;
            match self.rest.get(length..)? {
                [b'"', ..] => break,
                [b'\\', b'"', ..] if !field => length += 2,
                _ => return None,
            }
        }
        let (text, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        self.take(b"\":")?;
        match text {
            [b'f', b':', name @ ..] => Some(Element::Field(name)),
            _ => Element::read(text, INNER_QUOTE),
        }
    }

    fn take(&mut self, text: &[u8]) -> Option<()> {
        self.rest = self.rest.strip_prefix(text)?;
        Some(())
    }
}

/// A path element of which there is no doubt: a field, plain keys or a plain value.
#[derive(Clone, Copy)]
enum Element<'a> {
    Field(&'a [u8]),
    /// The keys, without braces.
    Keys(Text<'a>),
    Value(Scalar<'a>),
}

/// A text in which quotes look like that.
#[derive(Clone, Copy)]
struct Text<'a> {
    text: &'a [u8],
    quote: &'static [u8],
}

/// A scalar that can be written in one way only. In the order of values.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Scalar<'a> {
    Integer(u64),
    Text(&'a [u8]),
    Bool(bool),
}

impl<'a> Element<'a> {
    /// Reads plain keys or a plain value.
    fn read(text: &'a [u8], quote: &'static [u8]) -> Option<Self> {
        match text {
            [b'k', b':', b'{', text @ .., b'}'] => {
                let keys = Text { text, quote };
                keys.are_sorted().then_some(Self::Keys(keys))
            }
            [b'v', b':', text @ ..] => match (Text { text, quote }).scalar()? {
                (scalar, []) => Some(Self::Value(scalar)),
                _ => None,
            },
            _ => None,
        }
    }

    fn compare(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Field(left), Self::Field(right)) => Some(left.cmp(right)),
            (Self::Keys(left), Self::Keys(right)) => left.compare(right),
            (Self::Value(left), Self::Value(right)) => Some(left.cmp(&right)),
            _ => Some(self.rank().cmp(&other.rank())),
        }
    }

    fn rank(self) -> u8 {
        match self {
            Self::Field(_) => 0,
            Self::Keys(_) => 1,
            Self::Value(_) => 2,
        }
    }
}

impl<'a> Text<'a> {
    /// Whether these are names with plain values, in order.
    fn are_sorted(self) -> bool {
        let mut rest = Some(self);
        let mut last: Option<&[u8]> = None;
        while let Some(keys) = rest {
            let Some(((name, _), next)) = keys.pair() else {
                return false;
            };
            if last.is_some_and(|last| last >= name) {
                return false;
            }
            last = Some(name);
            rest = next;
        }
        true
    }

    /// The first name and value, and what is behind the comma.
    #[expect(
        clippy::type_complexity,
        reason = "it is taken apart where it is called"
    )]
    fn pair(self) -> Option<((&'a [u8], Scalar<'a>), Option<Self>)> {
        let (name, behind) = self.string()?;
        let (scalar, behind) = self.with(behind.strip_prefix(b":")?).scalar()?;
        let rest = match behind {
            [] => None,
            behind => Some(self.with(behind.strip_prefix(b",")?)),
        };
        Some(((name, scalar), rest))
    }

    fn compare(self, other: Self) -> Option<Ordering> {
        let (mut left, mut right) = (Some(self), Some(other));
        loop {
            let (Some(one), Some(two)) = (left, right) else {
                return Some(left.is_some().cmp(&right.is_some()));
            };
            let ((one, next_left), (two, next_right)) = (one.pair()?, two.pair()?);
            match one.cmp(&two) {
                Ordering::Equal => (left, right) = (next_left, next_right),
                order => return Some(order),
            }
        }
    }

    fn with(self, text: &'a [u8]) -> Self {
        Self { text, ..self }
    }

    fn scalar(self) -> Option<(Scalar<'a>, &'a [u8])> {
        match self.text {
            [b't', b'r', b'u', b'e', rest @ ..] => Some((Scalar::Bool(true), rest)),
            [b'f', b'a', b'l', b's', b'e', rest @ ..] => Some((Scalar::Bool(false), rest)),
            [b'0'..=b'9', ..] => self.integer(),
            _ => {
                let (text, rest) = self.string()?;
                Some((Scalar::Text(text), rest))
            }
        }
    }

    /// An integer that floats hold exactly.
    fn integer(self) -> Option<(Scalar<'a>, &'a [u8])> {
        let digits = self.text.iter().take_while(|byte| byte.is_ascii_digit());
        let length = digits.count();
        let (digits, rest) = self.text.split_at_checked(length)?;
        let plain = length <= 15
            && (length == 1 || digits.first() != Some(&b'0'))
            && !matches!(rest.first(), Some(b'.' | b'e' | b'E'));
        if !plain {
            return None;
        }
        let value = digits
            .iter()
            .fold(0, |value, digit| value * 10 + u64::from(digit - b'0'));
        Some((Scalar::Integer(value), rest))
    }

    /// A string of characters that are never escaped.
    fn string(self) -> Option<(&'a [u8], &'a [u8])> {
        let text = self.text.strip_prefix(self.quote)?;
        let end = text.iter().position(|byte| is_special(*byte, true))?;
        let (string, rest) = text.split_at_checked(end)?;
        Some((string, rest.strip_prefix(self.quote)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fieldset::FieldSet;

    #[test]
    fn canonical_elements_are_known() {
        for key in [
            "f:",
            "f:a",
            "f:<",
            "k:{\"a\":\"b\"}",
            "k:{\"a\":1,\"b\":true}",
            "k:{}",
            "v:1",
            "v:0",
            "v:\"a\"",
            "v:1.5",
            "v:null",
            "i:3",
            "k:{\"a\":\"\\u003c\"}",
            "v:-1",
            "k:{\"a\":[1]}",
            "v:123456789012345",
            "v:\"é\"",
            "k:{\"a\":1,\"a\":1}",
        ] {
            assert!(is_canonical_element(key), "{key}");
        }
        for key in [
            ".",
            "",
            "f",
            "x:a",
            "k:{ \"a\":1}",
            "k:{\"b\":1,\"a\":1}",
            "k:null",
            "v:1.0",
            "v:01",
            "v:\"<\"",
            "v:1e3",
            "v:9007199254740993",
            "i:03",
            "k:{\"a\":1}x",
            "k:{\"a\":1",
            "v:1 ",
            "v:tru",
            "v:-0 ",
        ] {
            assert!(!is_canonical_element(key), "{key}");
        }
    }

    #[test]
    fn canonical_sets_are_written_as_they_were() {
        for text in [
            "{}",
            r#"{"f:a":{}}"#,
            r#"{"f:a":{".":{},"f:b":{}},"f:c":{"k:{\"n\":\"a\"}":{},"k:{\"n\":\"b\",\"p\":80}":{".":{},"f:n":{}},"v:2":{},"v:10":{},"v:\"x\"":{},"v:true":{}}}"#,
            r#"{"f:a":{"k:{\"p\":9}":{},"k:{\"p\":80}":{}}}"#,
        ] {
            assert!(is_canonical(text), "{text}");
            assert_eq!(
                super::super::fields_v1::read_all(text)
                    .map(FieldSet::from_nodes)
                    .unwrap()
                    .to_string(),
                text
            );
        }
        for text in [
            "",
            "null",
            "{ }",
            "{}x",
            r#"{".":{}}"#,
            r#"{"f:a":{".":{}}}"#,
            r#"{"f:a":{"f:b":{},".":{}}}"#,
            r#"{"f:a":null}"#,
            r#"{"f:b":{},"f:a":{}}"#,
            r#"{"f:a":{},"f:a":{}}"#,
            r#"{"f:a":{},}"#,
            r#"{"f:a":{"k:{\"p\":80}":{},"k:{\"p\":9}":{}}}"#,
            r#"{"f:a":{"v:\"x\"":{},"v:2":{}}}"#,
            r#"{"f:a":{"k:{\"n\":\"\u003c\"}":{}}}"#,
            r#"{"z:a":{}}"#,
            r#"{"v:123456789012345678901234567890":{}}"#,
        ] {
            assert!(!is_canonical(text), "{text}");
        }
        let deep = "{\"f:a\":".repeat(300);
        assert!(!is_canonical(&deep));
    }
}
