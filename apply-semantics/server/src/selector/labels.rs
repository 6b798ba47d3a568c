//! `a=b,c!=d,e in (f,g),h,!i`, read as `labels.Parse` of apimachinery reads it.

use serde_json::Value;

use crate::meta;

/// A parsed label selector: all requirements must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct LabelSelector(Vec<Requirement>);

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

impl LabelSelector {
    /// # Errors
    /// What an API server says about such a text.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut parser = Parser {
            tokens: tokens(text),
            at: 0,
        };
        parser.requirements().map(Self)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A label, and the values one of which it must have: what the fewest objects are likely to fulfil.
    pub(crate) fn narrowest(&self) -> Option<(&str, &[String])> {
        let mut found: Vec<(&str, &[String])> = Vec::new();
        for requirement in &self.0 {
            if let Test::In(values) = &requirement.test {
                found.push((&requirement.key, values));
            }
        }
        found.into_iter().min_by_key(|(_, values)| values.len())
    }

    /// Whether an object in its value is selected.
    pub(crate) fn selects(&self, object: &Value) -> bool {
        let labels = meta::field(object, "labels");
        self.matches(|key| labels?.get(key)?.as_str())
    }

    /// Whether an object with these labels is selected.
    pub(crate) fn matches<'a>(&self, label: impl Fn(&str) -> Option<&'a str>) -> bool {
        self.0.iter().all(|requirement| {
            let value = label(&requirement.key);
            let number = || value.and_then(|value| value.parse::<i64>().ok());
            match &requirement.test {
                Test::Exists => value.is_some(),
                Test::Missing => value.is_none(),
                Test::In(values) => value.is_some_and(|value| values.iter().any(|v| v == value)),
                Test::NotIn(values) => value.is_none_or(|value| values.iter().all(|v| v != value)),
                Test::Greater(bound) => number().is_some_and(|number| number > *bound),
                Test::Less(bound) => number().is_some_and(|number| number < *bound),
            }
        })
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
                    if matches!(self.peek(), Token::Symbol("," | ")")) {
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
    use serde_json::json;

    use super::*;

    fn matches(selector: &str) -> bool {
        let object = json!({"metadata": {"labels": {"app": "web", "size": "5", "empty": ""}}});
        LabelSelector::parse(selector).unwrap().selects(&object)
    }

    #[test]
    fn requirements_hold_or_not() {
        for selector in [
            "",
            "app",
            "app=web",
            "app==web",
            "app!=x",
            "x!=y",
            "!x",
            "app in (x, web)",
            "x notin (y)",
            "app notin (x),size",
            "size>4",
            "size<6",
            "empty=",
            "empty in ()",
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
            "app,x",
            "x=",
            "app in (x)",
        ] {
            assert!(!matches(selector), "{selector}");
        }
    }

    #[test]
    fn errors_say_what_was_found() {
        let error = |text| LabelSelector::parse(text).unwrap_err();
        assert_eq!(
            error("g=(x"),
            "unable to parse requirement: found '(', expected: identifier"
        );
        assert_eq!(error("a,"), "found '', expected: identifier after ','");
        assert!(error("a in x").contains("expected: '('"));
        assert!(error("a b").contains("expected: in, notin"));
    }
}
