//! Label selectors in their text form.
//!
//! Follows k8s.io/apimachinery `pkg/labels`.

use std::{collections::BTreeSet, error, fmt, str::FromStr};

use super::object::Strings;

/// A label selector, such as `app=web,tier in (a,b),!draft`.
///
/// ```
/// use apply_semantics::client_side::Selector;
///
/// let selector: Selector = "app=web, tier notin (a,b)".parse()?;
/// assert_eq!(selector.to_string(), "app=web, tier notin (a,b)");
/// assert!(selector.matches(&[("app".to_owned(), "web".to_owned())].into()));
/// # Ok::<(), apply_semantics::client_side::SelectorError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selector {
    text: String,
    requirements: Vec<Requirement>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Requirement {
    key: String,
    test: Test,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Test {
    Exists,
    Missing,
    In(BTreeSet<String>),
    NotIn(BTreeSet<String>),
    Above(i64),
    Below(i64),
}

/// A text is no label selector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelectorError {
    requirement: String,
}

impl fmt::Display for SelectorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is no requirement on labels", self.requirement)
    }
}

impl error::Error for SelectorError {}

impl Selector {
    /// Whether labels meet all requirements.
    pub fn matches(&self, labels: &Strings) -> bool {
        self.requirements
            .iter()
            .all(|requirement| requirement.matches(labels))
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Selector {
    type Err = SelectorError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let requirements = split(text)
            .into_iter()
            .map(|requirement| {
                Requirement::parse(requirement.trim()).ok_or_else(|| SelectorError {
                    requirement: requirement.trim().to_owned(),
                })
            })
            .collect::<Result<_, _>>()?;
        Ok(Self {
            text: text.to_owned(),
            requirements,
        })
    }
}

impl Requirement {
    fn parse(text: &str) -> Option<Self> {
        let (key, test) = if let Some(key) = text.strip_prefix('!') {
            (key, Test::Missing)
        } else if let Some((key, value)) = text.split_once("!=") {
            (key, Test::NotIn(one(value)))
        } else if let Some((key, value)) = text.split_once("==").or_else(|| text.split_once('=')) {
            (key, Test::In(one(value)))
        } else if let Some((key, value)) = text.split_once('>') {
            (key, Test::Above(value.trim().parse().ok()?))
        } else if let Some((key, value)) = text.split_once('<') {
            (key, Test::Below(value.trim().parse().ok()?))
        } else if let Some((left, values)) = text.split_once('(') {
            let values: BTreeSet<_> = values.strip_suffix(')')?.split(',').flat_map(one).collect();
            match left.trim().rsplit_once(char::is_whitespace)? {
                (key, "in") => (key, Test::In(values)),
                (key, "notin") => (key, Test::NotIn(values)),
                _ => return None,
            }
        } else {
            (text, Test::Exists)
        };
        let key = key.trim();
        let is_key = !key.is_empty() && !key.contains(|char: char| char.is_whitespace());
        is_key.then(|| Self {
            key: key.to_owned(),
            test,
        })
    }

    fn matches(&self, labels: &Strings) -> bool {
        let found = labels.get(&self.key);
        let number = || found.and_then(|text| text.parse::<i64>().ok());
        match &self.test {
            Test::Exists => found.is_some(),
            Test::Missing => found.is_none(),
            Test::In(values) => found.is_some_and(|text| values.contains(text)),
            Test::NotIn(values) => !found.is_some_and(|text| values.contains(text)),
            Test::Above(limit) => number().is_some_and(|number| number > *limit),
            Test::Below(limit) => number().is_some_and(|number| number < *limit),
        }
    }
}

fn one(value: &str) -> BTreeSet<String> {
    BTreeSet::from([value.trim().to_owned()])
}

/// The requirements: at commas outside of parentheses.
fn split(text: &str) -> Vec<&str> {
    if text.trim().is_empty() {
        return Vec::new();
    }
    let mut inside = false;
    text.split(move |char| {
        match char {
            '(' => inside = true,
            ')' => inside = false,
            _ => {}
        }
        char == ',' && !inside
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_are_met_or_not() {
        let labels = Strings::from([
            ("a".to_owned(), "1".to_owned()),
            ("b".to_owned(), String::new()),
        ]);
        for (text, wanted) in [
            ("", true),
            ("a=1", true),
            ("a == 1,b=", true),
            ("a!=1", false),
            ("c!=1", true),
            ("a in (1, 2)", true),
            ("a notin (1,2)", false),
            ("c notin (1)", true),
            ("b in (,x)", true),
            ("a,!c", true),
            ("!a", false),
            ("a>0,a<2", true),
            ("b>0", false),
        ] {
            let selector: Selector = text.parse().unwrap();
            assert_eq!(selector.matches(&labels), wanted, "{text}");
        }
        for text in ["a b", "a in 1", "a in (1", ",", "a>x", "=x"] {
            assert!(text.parse::<Selector>().is_err(), "{text}");
        }
    }
}
