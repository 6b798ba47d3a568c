//! A small part of CEL: comparisons of fields of `self` and `oldSelf` with each other and with literals, `has`, `size`,
//! and what joins them.

use serde_json::Value;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expression {
    Literal(Value),
    /// `self` or, if set, `oldSelf`, with fields.
    Path {
        old: bool,
        fields: Vec<String>,
    },
    Has(Box<Expression>),
    Size(Box<Expression>),
    Not(Box<Expression>),
    Binary(Operator, Box<Expression>, Box<Expression>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Or,
    And,
    Equal,
    NotEqual,
    LessOrEqual,
    GreaterOrEqual,
    Less,
    Greater,
}

/// The operators, by how weakly they bind; longer ones first.
const LEVELS: [&[(&str, Operator)]; 3] = [
    &[("||", Operator::Or)],
    &[("&&", Operator::And)],
    &[
        ("==", Operator::Equal),
        ("!=", Operator::NotEqual),
        ("<=", Operator::LessOrEqual),
        (">=", Operator::GreaterOrEqual),
        ("<", Operator::Less),
        (">", Operator::Greater),
    ],
];

impl Expression {
    /// Reads an expression; `None` if it is more than is understood.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parser = Parser {
            rest: text.trim(),
            depth: 0,
        };
        let expression = parser.binary(0)?;
        parser.rest.is_empty().then_some(expression)
    }

    /// Whether it holds; `None` if that cannot be said, as for a field that is not there.
    pub(super) fn holds(&self, new: &Value, old: &Value) -> Option<bool> {
        match self {
            Self::Binary(Operator::Or, left, right) => {
                match (left.holds(new, old), right.holds(new, old)) {
                    (Some(true), _) | (_, Some(true)) => Some(true),
                    (left, right) => Some(left? || right?),
                }
            }
            Self::Binary(Operator::And, left, right) => {
                match (left.holds(new, old), right.holds(new, old)) {
                    (Some(false), _) | (_, Some(false)) => Some(false),
                    (left, right) => Some(left? && right?),
                }
            }
            other => other.value(new, old)?.as_bool(),
        }
    }

    fn value(&self, new: &Value, old: &Value) -> Option<Value> {
        match self {
            Self::Literal(value) => Some(value.clone()),
            Self::Path { .. } => self.at(new, old).cloned(),
            Self::Has(path) => Some(path.at(new, old).is_some().into()),
            Self::Size(of) => size(&of.value(new, old)?).map(Value::from),
            Self::Not(of) => Some((!of.holds(new, old)?).into()),
            Self::Binary(Operator::Or | Operator::And, ..) => self.holds(new, old).map(Value::from),
            Self::Binary(operator, left, right) => {
                let (left, right) = (left.value(new, old)?, right.value(new, old)?);
                operator.compare(&left, &right).map(Value::from)
            }
        }
    }

    fn at<'v>(&self, new: &'v Value, old: &'v Value) -> Option<&'v Value> {
        let Self::Path {
            old: is_old,
            fields,
        } = self
        else {
            return None;
        };
        let root = if *is_old { old } else { new };
        fields
            .iter()
            .try_fold(root, |value, field| value.get(field))
    }
}

impl Operator {
    fn compare(self, left: &Value, right: &Value) -> Option<bool> {
        let equal = crate::value::equal(left, right);
        let comparable =
            (left.is_number() && right.is_number()) || (left.is_string() && right.is_string());
        let order = comparable.then(|| crate::value::compare(left, right));
        match self {
            Self::Equal => Some(equal),
            Self::NotEqual => Some(!equal),
            Self::Less => Some(order?.is_lt()),
            Self::LessOrEqual => Some(order?.is_le()),
            Self::Greater => Some(order?.is_gt()),
            Self::GreaterOrEqual => Some(order?.is_ge()),
            Self::Or | Self::And => None,
        }
    }
}

fn size(value: &Value) -> Option<usize> {
    match value {
        Value::String(text) => Some(text.chars().count()),
        Value::Array(items) => Some(items.len()),
        Value::Object(entries) => Some(entries.len()),
        _ => None,
    }
}

struct Parser<'a> {
    rest: &'a str,
    depth: usize,
}

impl Parser<'_> {
    fn binary(&mut self, level: usize) -> Option<Expression> {
        let Some(operators) = LEVELS.get(level) else {
            return self.unary();
        };
        let mut left = self.binary(level + 1)?;
        while let Some(operator) = operators
            .iter()
            .find(|(text, _)| self.take(text))
            .map(|(_, operator)| *operator)
        {
            let right = self.binary(level + 1)?;
            left = Expression::Binary(operator, Box::new(left), Box::new(right));
        }
        Some(left)
    }

    fn unary(&mut self) -> Option<Expression> {
        self.depth += 1;
        if self.depth > 200 {
            return None;
        }
        if self.take("!") {
            return Some(Expression::Not(Box::new(self.unary()?)));
        }
        if self.take("(") {
            let inner = self.binary(0)?;
            return self.take(")").then_some(inner);
        }
        if self.rest.starts_with(['\'', '"']) {
            return self.text();
        }
        let word = self.word()?;
        match word.as_str() {
            "true" | "false" => Some(Expression::Literal((word == "true").into())),
            "null" => Some(Expression::Literal(Value::Null)),
            "has" | "size" if self.take("(") => {
                let inner = self.binary(0)?;
                self.take(")").then_some(())?;
                let path = matches!(inner, Expression::Path { .. });
                match word.as_str() {
                    "has" => path.then(|| Expression::Has(Box::new(inner))),
                    _ => Some(Expression::Size(Box::new(inner))),
                }
            }
            "self" | "oldSelf" => self.path(word == "oldSelf"),
            number => number
                .parse::<i64>()
                .ok()
                .map(|number| Expression::Literal(number.into())),
        }
    }

    fn path(&mut self, old: bool) -> Option<Expression> {
        let mut fields = Vec::new();
        while self.take(".") {
            let field = self.word()?;
            if self.rest.starts_with('(') {
                // Calls are not understood, but for the size of something.
                let call = field == "size" && self.take("(") && self.take(")");
                return call.then(|| Expression::Size(Box::new(Expression::Path { old, fields })));
            }
            fields.push(unescape(&field));
        }
        (!self.rest.starts_with('[')).then_some(Expression::Path { old, fields })
    }

    fn word(&mut self) -> Option<String> {
        let end = self
            .rest
            .find(|char: char| !char.is_alphanumeric() && char != '_')
            .unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest.trim_start();
        (end > 0).then(|| word.to_owned())
    }

    fn text(&mut self) -> Option<Expression> {
        let quote = self.rest.chars().next()?;
        let inner = self.rest.get(1..)?;
        let end = inner.find(quote)?;
        let (text, rest) = (inner.get(..end)?, inner.get(end + 1..)?);
        self.rest = rest.trim_start();
        (!text.contains('\\')).then(|| Expression::Literal(text.into()))
    }

    fn take(&mut self, token: &str) -> bool {
        let Some(rest) = self.rest.strip_prefix(token) else {
            return false;
        };
        // An equals sign behind `!`, `<` or `>` belongs to it.
        if matches!(token, "!" | "<" | ">") && rest.starts_with('=') {
            return false;
        }
        self.rest = rest.trim_start();
        true
    }
}

/// Names that CEL cannot write are escaped.
fn unescape(field: &str) -> String {
    let plain = field
        .replace("__dot__", ".")
        .replace("__dash__", "-")
        .replace("__slash__", "/");
    match plain
        .strip_prefix("__")
        .and_then(|plain| plain.strip_suffix("__"))
    {
        Some(keyword) if !keyword.is_empty() => keyword.to_owned(),
        _ => plain.replace("__underscores__", "__"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn changes_are_judged() {
        let (old, new) = (
            json!({"a": 1, "b": "x", "list": [1]}),
            json!({"a": 2, "b": "x", "list": [1, 2]}),
        );
        let cases = [
            ("self == oldSelf", Some(false)),
            ("oldSelf.b == self.b", Some(true)),
            ("!has(oldSelf.c) || has(self.c)", Some(true)),
            ("has(self.a) == has(oldSelf.a)", Some(true)),
            ("self.a >= oldSelf.a", Some(true)),
            ("self.a < oldSelf.a || self.b != 'x'", Some(false)),
            ("!(self.a == 2 && size(self.list) == 2)", Some(false)),
            ("self.list.size() >= oldSelf.list.size()", Some(true)),
            ("self.c == oldSelf.c", None),
            ("self.list.all(x, x > 1)", None),
            ("self.list[0] == 1", None),
        ];
        for (rule, wanted) in cases {
            let holds = Expression::parse(rule).and_then(|rule| rule.holds(&new, &old));
            assert_eq!(holds, wanted, "{rule}");
        }
    }
}
