//! FieldsV1 that is written as we write it: read in one pass, and kept as it is.
//!
//! What is rare is not looked at closely, and not called canonical: then it is read and written anew.

use std::{cmp::Ordering, sync::OnceLock};

use super::{FieldSet, Node, PLAIN};
use crate::{
    path::PathElement,
    scan::{is_special, plain_length},
};

/// How many levels below the topmost one are read here.
const MAX_DEPTH: usize = 150;
/// About how long a node is written, with what is around it.
const USUAL_TEXT: usize = 16;
/// A quote, and one within a JSON string.
const QUOTE: &[u8] = b"\"";
const INNER_QUOTE: &[u8] = b"\\\"";

/// Reads a set that is written canonically, and keeps its text.
pub(super) fn read(text: &str) -> Option<FieldSet> {
    let mut reader = Reader {
        text: text.as_bytes(),
        at: 0,
        nodes: Vec::with_capacity(text.len() / USUAL_TEXT),
        others: 0,
    };
    reader.set()?;
    Some(FieldSet {
        text: text.to_owned(),
        nodes: reader.nodes,
        elements: OnceLock::new(),
        canonical: true,
    })
}

/// The element of a key as it stands in a canonical set, where the only escapes are those of quotes.
pub(super) fn element(key: &str) -> PathElement {
    PathElement::parse(&key.replace("\\\"", "\"")).unwrap_or_else(|_| PathElement::field(key))
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

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    nodes: Vec<Node>,
    /// How many nodes are no fields.
    others: u32,
}

/// A level that is being read.
struct Open<'a> {
    /// The node that it is below of.
    node: usize,
    /// The last entry of the level around it, which is that node's.
    last: Element<'a>,
}

impl<'a> Reader<'a> {
    fn set(&mut self) -> Option<()> {
        self.take(b"{")?;
        if self.take(b"}").is_some() {
            return self.end();
        }
        let mut open: Vec<Open<'a>> = Vec::new();
        let mut last = None;
        loop {
            let element = self.element()?;
            if last.is_some_and(|last| element.compare(last) != Some(Ordering::Greater)) {
                return None;
            }
            if self.take(b"}").is_none() {
                self.descend(&mut open, element)?;
                last = None;
                continue;
            }
            self.mark();
            last = Some(element);
            while self.take(b",").is_none() {
                self.take(b"}")?;
                let Some(Open { node, last: around }) = open.pop() else {
                    return self.end();
                };
                let below = self.nodes.len() - node - 1;
                self.nodes.get_mut(node)?.below = below;
                last = Some(around);
            }
        }
    }

    /// Goes below the last node.
    fn descend(&mut self, open: &mut Vec<Open<'a>>, last: Element<'a>) -> Option<()> {
        if open.len() >= MAX_DEPTH {
            return None;
        }
        open.push(Open {
            node: self.nodes.len() - 1,
            last,
        });
        if self.take(b"\".\":{},").is_some() {
            self.mark();
        }
        Some(())
    }

    /// Says that the last node is in the set.
    fn mark(&mut self) {
        if let Some(node) = self.nodes.last_mut() {
            node.member = true;
        }
    }

    fn end(&self) -> Option<()> {
        (self.at == self.text.len()).then_some(())
    }

    /// Takes a path element with its quotes, the colon and the brace.
    fn element(&mut self) -> Option<Element<'a>> {
        let start = self.at;
        self.take(QUOTE)?;
        let key = self.at;
        let field = self.take(b"f:").is_some();
        loop {
            self.at += plain_length(self.text.get(self.at..)?);
            if self.take(b"\":{").is_some() {
                break;
            }
            if field {
                return None;
            }
            self.take(INNER_QUOTE)?;
        }
        let text = self.text.get(key..self.at - 3)?;
        let (element, kept) = if field {
            (Element::Field(text.get(2..)?), PLAIN)
        } else {
            self.others += 1;
            (Element::read(text, INNER_QUOTE)?, self.others - 1)
        };
        self.nodes.push(Node {
            start,
            end: self.at,
            below: 0,
            element: kept,
            member: false,
        });
        Some(element)
    }

    fn take(&mut self, text: &[u8]) -> Option<()> {
        self.text.get(self.at..)?.strip_prefix(text)?;
        self.at += text.len();
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
            let set = read(text).unwrap();
            assert_eq!(set.to_string(), text);
            let other = super::super::fields_v1::read_any(text).unwrap();
            assert_eq!(other.to_string(), text);
            assert_eq!(set, other);
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
            assert!(read(text).is_none(), "{text}");
        }
        let deep = "{\"f:a\":".repeat(300);
        assert!(read(&deep).is_none());
    }
}
