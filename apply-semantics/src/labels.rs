//! Label selectors in their text form: `a=b,c!=d,e in (f,g),h,!i`.
//!
//! Follows k8s.io/apimachinery `pkg/labels`.

use std::{collections::BTreeMap, error, fmt, str::FromStr};

/// A label selector: all its requirements must be met. The empty one selects everything.
///
/// ```
/// use apply_semantics::labels::Selector;
///
/// let selector: Selector = "app=web, tier notin (a,b)".parse()?;
/// assert_eq!(selector.to_string(), "app=web, tier notin (a,b)");
/// assert!(selector.matches(&[("app".to_owned(), "web".to_owned())].into()));
/// # Ok::<(), apply_semantics::labels::SelectorError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
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
    In(Vec<String>),
    NotIn(Vec<String>),
    Greater(i64),
    Less(i64),
}

/// A text is no label selector. It shows as what an API server says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelectorError {
    reason: String,
}

impl fmt::Display for SelectorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl error::Error for SelectorError {}

impl Selector {
    /// Whether there are no requirements.
    pub const fn is_empty(&self) -> bool {
        self.requirements.is_empty()
    }

    /// Whether labels meet all requirements.
    pub fn matches(&self, labels: &BTreeMap<String, String>) -> bool {
        self.matches_by(|key| labels.get(key).map(String::as_str))
    }

    /// Whether labels that are asked for by their keys meet all requirements.
    pub fn matches_by<'a>(&self, label: impl Fn(&str) -> Option<&'a str>) -> bool {
        self.requirements
            .iter()
            .all(|requirement| requirement.test.holds(label(&requirement.key)))
    }

    /// The label that the fewest values are allowed for, with them: by it an index finds the fewest objects to look at.
    pub fn narrowest(&self) -> Option<(&str, &[String])> {
        let listed = self.requirements.iter().filter_map(|requirement| {
            let Test::In(values) = &requirement.test else {
                return None;
            };
            Some((requirement.key.as_str(), values.as_slice()))
        });
        listed.min_by_key(|(_, values)| values.len())
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
        let mut parser = Parser {
            tokens: tokens(text),
            at: 0,
        };
        let requirements = parser
            .requirements()
            .map_err(|reason| SelectorError { reason })?;
        Ok(Self {
            text: text.to_owned(),
            requirements,
        })
    }
}

impl Test {
    fn holds(&self, value: Option<&str>) -> bool {
        let number = || value.and_then(|value| value.parse::<i64>().ok());
        match self {
            Self::Exists => value.is_some(),
            Self::Missing => value.is_none(),
            Self::In(values) => value.is_some_and(|value| values.iter().any(|v| v == value)),
            Self::NotIn(values) => value.is_none_or(|value| values.iter().all(|v| v != value)),
            Self::Greater(bound) => number().is_some_and(|number| number > *bound),
            Self::Less(bound) => number().is_some_and(|number| number < *bound),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Word(String),
    Symbol(&'static str),
    End,
}

impl Token {
    fn text(&self) -> &str {
        match self {
            Self::Word(word) => word,
            Self::Symbol(symbol) => symbol,
            Self::End => "",
        }
    }
}

const SYMBOLS: [&str; 9] = ["!=", "==", "=", "!", "(", ")", ",", ">", "<"];

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        if let Some(symbol) = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol)) {
            tokens.push(Token::Symbol(symbol));
            rest = rest.get(symbol.len()..).unwrap_or_default();
        } else {
            let special = |c: char| c.is_whitespace() || "!=(),><".contains(c);
            let end = rest.find(special).unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            tokens.push(Token::Word(word.to_owned()));
            rest = after;
        }
        rest = rest.trim_start();
    }
    tokens
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

impl Parser {
    fn peek(&self) -> Token {
        self.tokens.get(self.at).cloned().unwrap_or(Token::End)
    }

    fn next(&mut self) -> Token {
        let token = self.peek();
        self.at += 1;
        token
    }

    fn requirements(&mut self) -> Result<Vec<Requirement>, String> {
        let mut found = Vec::new();
        if self.peek() == Token::End {
            return Ok(found);
        }
        loop {
            match self.peek() {
                Token::Word(_) | Token::Symbol("!") => found.push(
                    self.requirement()
                        .map_err(|error| format!("unable to parse requirement: {error}"))?,
                ),
                other => {
                    return Err(format!(
                        "found '{}', expected: !, identifier, or 'end of string'",
                        other.text()
                    ));
                }
            }
            match self.next() {
                Token::End => return Ok(found),
                Token::Symbol(",")
                    if matches!(self.peek(), Token::Word(_) | Token::Symbol("!")) => {}
                Token::Symbol(",") => {
                    let next = self.peek();
                    return Err(format!(
                        "found '{}', expected: identifier after ','",
                        next.text()
                    ));
                }
                other => {
                    return Err(format!(
                        "found '{}', expected: ',' or 'end of string'",
                        other.text()
                    ));
                }
            }
        }
    }

    fn requirement(&mut self) -> Result<Requirement, String> {
        let missing = self.peek() == Token::Symbol("!");
        if missing {
            self.next();
        }
        let Token::Word(key) = self.next() else {
            self.at -= 1;
            return Err(format!(
                "found '{}', expected: identifier",
                self.peek().text()
            ));
        };
        if missing || matches!(self.peek(), Token::End | Token::Symbol(",")) {
            let test = if missing { Test::Missing } else { Test::Exists };
            return Ok(Requirement { key, test });
        }
        let test = self.test()?;
        Ok(Requirement { key, test })
    }

    fn test(&mut self) -> Result<Test, String> {
        let operator = self.next();
        Ok(match &operator {
            Token::Symbol("=" | "==") => Test::In(vec![self.value()?]),
            Token::Symbol("!=") => Test::NotIn(vec![self.value()?]),
            Token::Symbol(">") => Test::Greater(self.number()?),
            Token::Symbol("<") => Test::Less(self.number()?),
            Token::Word(word) if word == "in" => Test::In(self.values()?),
            Token::Word(word) if word == "notin" => Test::NotIn(self.values()?),
            other => {
                return Err(format!(
                    "found '{}', expected: in, notin, =, ==, !=, gt, lt",
                    other.text()
                ));
            }
        })
    }

    fn value(&mut self) -> Result<String, String> {
        match self.peek() {
            Token::Word(word) => {
                self.next();
                Ok(word)
            }
            Token::End | Token::Symbol(",") => Ok(String::new()),
            other @ Token::Symbol(_) => {
                Err(format!("found '{}', expected: identifier", other.text()))
            }
        }
    }

    fn number(&mut self) -> Result<i64, String> {
        let value = self.value()?;
        value
            .parse()
            .map_err(|_| format!("values[0][]: Invalid value: \"{value}\": for 'Gt', 'Lt' operators, the value must be an integer"))
    }

    fn values(&mut self) -> Result<Vec<String>, String> {
        let open = self.next();
        if open != Token::Symbol("(") {
            return Err(format!("found '{}', expected: '('", open.text()));
        }
        let mut values = Vec::new();
        if self.peek() == Token::Symbol(")") {
            values.push(String::new());
        }
        loop {
            match self.next() {
                Token::Word(word) => values.push(word),
                Token::Symbol(",") => {
                    let first = values.is_empty();
                    if first || matches!(self.peek(), Token::Symbol("," | ")")) {
                        values.push(String::new());
                    }
                }
                Token::Symbol(")") => return Ok(values),
                other => return Err(format!("found '{}', expected: ',', or ')'", other.text())),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(selector: &str) -> bool {
        let labels = [("app", "web"), ("size", "5"), ("empty", "")];
        let labels = labels.map(|(key, value)| (key.to_owned(), value.to_owned()));
        let selector: Selector = selector.parse().unwrap();
        selector.matches(&labels.into())
    }

    #[test]
    fn requirements_hold_or_not() {
        for selector in [
            "",
            "app",
            "app=web",
            "app == web",
            "app!=x",
            "x!=y",
            "!x",
            "app in (x, web)",
            "x notin (y)",
            "app notin (x),size",
            "size>4",
            "size>4,size<6",
            "empty=",
            "app==web,empty=",
            "empty in ()",
            "empty in (,x)",
            "x!=",
        ] {
            assert!(matches(selector), "{selector}");
        }
        for selector in [
            "x",
            "app=x",
            "!app",
            "app notin (web)",
            "size>5",
            "app>0",
            "app,x",
            "x=",
            "app in (x)",
        ] {
            assert!(!matches(selector), "{selector}");
        }
    }

    #[test]
    fn errors_say_what_was_found() {
        let error = |text: &str| text.parse::<Selector>().unwrap_err().to_string();
        assert_eq!(
            error("g=(x"),
            "unable to parse requirement: found '(', expected: identifier"
        );
        assert_eq!(error("a,"), "found '', expected: identifier after ','");
        assert!(error("a in x").contains("expected: '('"));
        assert!(error("a b").contains("expected: in, notin"));
        for text in ["a in 1", "a in (1", ",", "a>x", "=x"] {
            assert!(text.parse::<Selector>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_narrowest_has_the_fewest_values() {
        let selector: Selector = "a in (1,2),!c,b=1,d notin (1)".parse().unwrap();
        assert_eq!(selector.narrowest(), Some(("b", &["1".to_owned()][..])));
        let selector: Selector = "a,b!=1".parse().unwrap();
        assert_eq!(selector.narrowest(), None);
        assert!(!selector.is_empty());
    }
}
