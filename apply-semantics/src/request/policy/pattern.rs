//! Patterns of paths, for people.

use std::{error, fmt, str::FromStr};

use serde_json::Value;

use crate::{
    path::{KeyFields, PathElement},
    value::equal,
};

/// A pattern of paths.
///
/// It is written as paths are in messages, with or without the dot at the beginning: `spec.replicas`,
/// `spec.containers[name=app].image`. Names with dots are quoted: `metadata.labels."example.com/tier"`. A list element may be
/// named by some of its keys (`[containerPort=80]`), as the element of a set (`[=x]`), by its index (`[0]`), or not at all (`[*]`).
/// `*` stands for one field or list element, and `**` for any number of them, also none: `spec.template.**` is the template with
/// all that is in it.
///
/// ```
/// use apply_semantics::{path::PathElement, request::PathPattern};
/// let pattern: PathPattern = "spec.containers[name=app].*".parse()?;
/// let app = PathElement::key([("name", "app".into())]);
/// assert!(pattern.matches(&["spec", "containers"].map(PathElement::field).into_iter().chain([app, PathElement::field("image")]).collect::<Vec<_>>()));
/// # Ok::<(), apply_semantics::request::PatternError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct PathPattern {
    text: String,
    steps: Vec<Step>,
}

impl Eq for PathPattern {}

#[derive(Debug, Clone, PartialEq)]
enum Step {
    /// Any number of elements.
    Rest,
    /// One element.
    One,
    Field(String),
    /// A list element.
    Item,
    /// A list element with these keys, among others.
    Keys(Vec<(String, Literal)>),
    Value(Literal),
    Index(i64),
}

/// A value as it is written: bare words are strings, but what is JSON may be that.
#[derive(Debug, Clone, PartialEq)]
struct Literal {
    text: String,
    json: Option<Value>,
}

impl PathPattern {
    /// Whether a path is one of those.
    pub fn matches(&self, path: &[PathElement]) -> bool {
        matches(&self.steps, path)
    }
}

fn matches(steps: &[Step], path: &[PathElement]) -> bool {
    match (steps.split_first(), path.split_first()) {
        (None, None) => true,
        (Some((Step::Rest, rest)), None) => matches(rest, path),
        (Some((Step::Rest, rest)), Some((_, below))) => {
            matches(rest, path) || matches(steps, below)
        }
        (Some((step, rest)), Some((element, below))) => {
            step.matches(element) && matches(rest, below)
        }
        _ => false,
    }
}

impl Step {
    fn matches(&self, element: &PathElement) -> bool {
        match (self, element) {
            (Self::Rest | Self::One, _) => true,
            (Self::Field(wanted), PathElement::Field(name)) => **wanted == **name,
            (Self::Item, element) => !matches!(element, PathElement::Field(_)),
            (Self::Keys(wanted), PathElement::Key(keys)) => {
                wanted.iter().all(|(name, value)| has(keys, name, value))
            }
            (Self::Value(wanted), PathElement::Value(value)) => wanted.is(value),
            (Self::Index(wanted), PathElement::Index(index)) => wanted == index,
            _ => false,
        }
    }
}

fn has(keys: &KeyFields, name: &str, wanted: &Literal) -> bool {
    keys.iter()
        .any(|(key, value)| key == name && wanted.is(value))
}

impl Literal {
    fn is(&self, value: &Value) -> bool {
        value.as_str() == Some(&*self.text)
            || self.json.as_ref().is_some_and(|json| equal(json, value))
    }
}

/// Where a pattern is malformed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternError {
    pattern: String,
    offset: usize,
    expected: &'static str,
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            pattern,
            offset,
            expected,
        } = self;
        write!(
            f,
            "pattern {pattern:?}: expected {expected} at byte {offset}"
        )
    }
}

impl error::Error for PatternError {}

impl fmt::Display for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for PathPattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        let reader = Reader { text, at: 0 };
        Ok(Self {
            text: text.to_owned(),
            steps: reader.steps()?,
        })
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn steps(mut self) -> Result<Vec<Step>, PatternError> {
        let mut steps = Vec::new();
        self.skip('.');
        loop {
            if self.rest().starts_with('[') {
                steps.push(self.item()?);
            } else {
                steps.push(self.name()?);
            }
            if self.rest().is_empty() {
                return Ok(steps);
            }
            if !self.skip('.') && !self.rest().starts_with('[') {
                return Err(self.error("a dot or ["));
            }
        }
    }

    fn name(&mut self) -> Result<Step, PatternError> {
        if self.rest().starts_with('"') {
            return self.quoted().map(Step::Field);
        }
        match self.until(&['.', '[']) {
            "" => Err(self.error("a name")),
            "**" => Ok(Step::Rest),
            "*" => Ok(Step::One),
            name => Ok(Step::Field(name.to_owned())),
        }
    }

    fn item(&mut self) -> Result<Step, PatternError> {
        self.skip('[');
        let step = if self.skip('*') {
            Step::Item
        } else if self.skip('=') {
            Step::Value(self.literal()?)
        } else if let Ok(index) = self.peek(&[']', '=']).parse() {
            self.until(&[']', '=']);
            Step::Index(index)
        } else {
            Step::Keys(self.keys()?)
        };
        if self.skip(']') {
            Ok(step)
        } else {
            Err(self.error("] behind ["))
        }
    }

    fn keys(&mut self) -> Result<Vec<(String, Literal)>, PatternError> {
        let mut keys = Vec::new();
        loop {
            let name = self.until(&['=', ']', ',']).to_owned();
            if name.is_empty() && self.rest().is_empty() {
                return Err(self.error("] behind ["));
            }
            if !self.skip('=') {
                return Err(self.error("= behind the name of a key"));
            }
            keys.push((name, self.literal()?));
            if !self.skip(',') {
                return Ok(keys);
            }
        }
    }

    fn literal(&mut self) -> Result<Literal, PatternError> {
        if self.rest().starts_with('"') {
            let text = self.quoted()?;
            return Ok(Literal { text, json: None });
        }
        let text = self.until(&[',', ']']);
        Ok(Literal {
            text: text.to_owned(),
            json: serde_json::from_str(text).ok(),
        })
    }

    /// A JSON string.
    fn quoted(&mut self) -> Result<String, PatternError> {
        let mut strings = serde_json::Deserializer::from_str(self.rest()).into_iter::<String>();
        let Some(Ok(text)) = strings.next() else {
            return Err(self.error("a string in double quotes"));
        };
        self.at += strings.byte_offset();
        Ok(text)
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self, ends: &[char]) -> &'a str {
        self.rest().split(ends).next().unwrap_or_default()
    }

    fn until(&mut self, ends: &[char]) -> &'a str {
        let found = self.peek(ends);
        self.at += found.len();
        found
    }

    fn skip(&mut self, wanted: char) -> bool {
        let found = self.rest().starts_with(wanted);
        if found {
            self.at += wanted.len_utf8();
        }
        found
    }

    fn error(&self, expected: &'static str) -> PatternError {
        PatternError {
            pattern: self.text.to_owned(),
            offset: self.at,
            expected,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pattern(text: &str) -> PathPattern {
        text.parse().unwrap()
    }

    fn field(name: &str) -> PathElement {
        PathElement::field(name)
    }

    #[test]
    fn stars_stand_for_elements() {
        let port = PathElement::key([("port", json!(80)), ("protocol", json!("TCP"))]);
        let path = [field("spec"), field("ports"), port, field("name")];
        for text in [
            "spec.ports[port=80].name",
            ".spec.ports[port=80,protocol=\"TCP\"].name",
            "spec.ports[*].name",
            "spec.*.*.name",
            "spec.**",
            "**.name",
            "**",
            "spec.**.ports.**.name.**",
        ] {
            assert!(pattern(text).matches(&path), "{text}");
        }
        for text in [
            "spec",
            "spec.ports[port=81].name",
            "spec.ports[*]",
            "spec.*",
            "spec.ports.*",
            "**.spec",
            "spec.ports[0].name",
        ] {
            assert!(!pattern(text).matches(&path), "{text}");
        }
    }

    #[test]
    fn names_are_quoted_where_they_must() {
        let path = [field("metadata"), field("labels"), field("a.b/c \"d\"")];
        assert!(pattern(r#"metadata.labels."a.b/c \"d\"""#).matches(&path));
        assert!(!pattern("metadata.labels.a.b/c").matches(&path));
        assert!(pattern("a[=x]").matches(&[field("a"), PathElement::value("x")]));
        assert!(pattern("a[=1]").matches(&[field("a"), PathElement::value(1)]));
        assert!(pattern("a[=1]").matches(&[field("a"), PathElement::value("1")]));
        assert!(!pattern("a[=\"1\"]").matches(&[field("a"), PathElement::value(1)]));
        assert!(pattern("a[-1]").matches(&[field("a"), PathElement::index(-1)]));
    }

    #[test]
    fn malformed_patterns_say_where() {
        for (text, message) in [
            ("", "pattern \"\": expected a name at byte 0"),
            ("a.", "pattern \"a.\": expected a name at byte 2"),
            ("a..b", "pattern \"a..b\": expected a name at byte 2"),
            (
                "a[b",
                "pattern \"a[b\": expected = behind the name of a key at byte 3",
            ),
            ("a[*", "pattern \"a[*\": expected ] behind [ at byte 3"),
            (
                "\"a",
                "pattern \"\\\"a\": expected a string in double quotes at byte 0",
            ),
            (
                "\"a\"b",
                "pattern \"\\\"a\\\"b\": expected a dot or [ at byte 3",
            ),
        ] {
            assert_eq!(
                text.parse::<PathPattern>().unwrap_err().to_string(),
                message
            );
        }
    }
}
