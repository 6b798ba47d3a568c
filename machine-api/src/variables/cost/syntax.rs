//! Expressions in CEL, with their macros taken apart as CEL does.

use super::lexer::{Token, tokens};

/// An expression; its number tells it from all others of the same rule.
#[derive(Debug)]
pub(super) struct Expr {
    pub(super) id: usize,
    pub(super) kind: Kind,
    /// How many expressions are in each other here.
    depth: usize,
}

#[derive(Debug)]
pub(super) enum Kind {
    /// A value that is written out, and its size.
    Literal(Literal, u64),
    Name(String),
    /// A field of an object or a value of a map.
    Select {
        operand: Box<Expr>,
        field: String,
        /// Whether it is only asked whether it is there.
        test: bool,
    },
    Call {
        function: String,
        target: Option<Box<Expr>>,
        arguments: Vec<Expr>,
    },
    List(Vec<Expr>),
    Map(Vec<(Expr, Expr)>),
    Loop(Box<Loop>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Literal {
    Null,
    Bool,
    /// Its value, if it is no larger than can be.
    Int(Option<u64>),
    Uint,
    Double,
    String,
    Bytes,
}

/// What the macros for lists and maps stand for.
#[derive(Debug)]
pub(super) struct Loop {
    pub(super) range: Expr,
    pub(super) variable: String,
    pub(super) start: Expr,
    pub(super) condition: Expr,
    pub(super) step: Expr,
    pub(super) result: Expr,
    pub(super) gives: Gives,
}

/// What a loop gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gives {
    Bool,
    /// The items that were chosen.
    Items,
    /// Other values, made by the expression of that number.
    Values(usize),
}

/// The name of what a loop gathers; no name that can be written.
pub(super) const GATHERED: &str = "@result";

/// How deep expressions may be in each other, and how deep brackets. CEL stops at 250 of either.
const DEPTH: usize = 150;
const BRACKETS: usize = 50;

/// Reads an expression; none if it cannot be read, or has something in it that is not known here.
pub(super) fn parse(text: &str) -> Option<Expr> {
    let mut parser = Parser {
        tokens: tokens(text)?,
        at: 0,
        expressions: 0,
        depth: 0,
    };
    let parsed = parser.expression()?;
    (parser.at == parser.tokens.len()).then_some(parsed)
}

impl Kind {
    /// The depth of the deepest expression inside.
    fn depth(&self) -> usize {
        let of = |all: &[&Expr]| all.iter().map(|one| one.depth).max().unwrap_or(0);
        match self {
            Self::Literal(..) | Self::Name(_) => 0,
            Self::Select { operand, .. } => operand.depth,
            Self::Call {
                target, arguments, ..
            } => {
                let arguments = arguments.iter().map(|one| one.depth).max();
                let target = target.as_ref().map(|target| target.depth);
                arguments.max(target).unwrap_or(0)
            }
            Self::List(items) => items.iter().map(|one| one.depth).max().unwrap_or(0),
            Self::Map(entries) => {
                let entries = entries.iter().map(|(name, value)| of(&[name, value]));
                entries.max().unwrap_or(0)
            }
            Self::Loop(inner) => of(&[
                &inner.range,
                &inner.start,
                &inner.condition,
                &inner.step,
                &inner.result,
            ]),
        }
    }
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    expressions: usize,
    depth: usize,
}

/// Binary operators, from those that bind least; each binds to the left.
const LEVELS: [&[&str]; 5] = [
    &["||"],
    &["&&"],
    &["==", "!=", "<=", ">=", "<", ">", "in"],
    &["+", "-"],
    &["*", "/", "%"],
];

impl Parser {
    /// An expression with its number; none if it is too deep.
    fn make(&mut self, kind: Kind) -> Option<Expr> {
        let id = self.expressions;
        self.expressions += 1;
        let depth = kind.depth() + 1;
        (depth <= DEPTH).then_some(Expr { id, kind, depth })
    }

    fn call(&mut self, function: &str, arguments: Vec<Expr>) -> Option<Expr> {
        self.make(Kind::Call {
            function: function.to_owned(),
            target: None,
            arguments,
        })
    }

    fn name(&mut self, name: &str) -> Option<Expr> {
        self.make(Kind::Name(name.to_owned()))
    }

    fn literal(&mut self, literal: Literal) -> Option<Expr> {
        self.make(Kind::Literal(literal, 1))
    }

    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn skip(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Sign(found)) if *found == sign);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, sign: &str) -> Option<()> {
        self.skip(sign).then_some(())
    }

    fn expression(&mut self) -> Option<Expr> {
        self.depth += 1;
        if self.depth > BRACKETS {
            return None;
        }
        let condition = self.binary(0)?;
        let parsed = if self.skip("?") {
            let then = self.binary(0)?;
            self.expect(":")?;
            let otherwise = self.expression()?;
            self.call("?:", vec![condition, then, otherwise])?
        } else {
            condition
        };
        self.depth -= 1;
        Some(parsed)
    }

    fn binary(&mut self, level: usize) -> Option<Expr> {
        let Some(operators) = LEVELS.get(level) else {
            return self.unary();
        };
        let mut left = self.binary(level + 1)?;
        loop {
            let operator = match self.peek() {
                Some(Token::Sign(sign)) => *sign,
                Some(Token::Name(name)) if name == "in" => "in",
                _ => return Some(left),
            };
            if !operators.contains(&operator) {
                return Some(left);
            }
            self.at += 1;
            let right = self.binary(level + 1)?;
            left = self.call(operator, vec![left, right])?;
        }
    }

    fn unary(&mut self) -> Option<Expr> {
        for sign in ["!", "-"] {
            let from = self.at;
            while self.skip(sign) {}
            let times = self.at - from;
            if times == 0 {
                continue;
            }
            let number = matches!(self.peek(), Some(Token::Int(_) | Token::Double));
            let own = usize::from(sign == "-" && number);
            let mut operand = self.member()?;
            // A number takes its sign with it.
            for _ in own..times {
                let function = if sign == "!" { "!_" } else { "-_" };
                operand = self.call(function, vec![operand])?;
            }
            return Some(operand);
        }
        self.member()
    }

    fn member(&mut self) -> Option<Expr> {
        let mut operand = self.primary()?;
        loop {
            if self.skip(".") {
                let Some(Token::Name(field)) = self.peek().cloned() else {
                    return None;
                };
                self.at += 1;
                operand = if self.skip("(") {
                    let arguments = self.list(")")?;
                    self.method(operand, field, arguments)?
                } else {
                    self.make(Kind::Select {
                        operand: Box::new(operand),
                        field,
                        test: false,
                    })?
                };
            } else if self.skip("[") {
                let index = self.expression()?;
                self.expect("]")?;
                operand = self.call("[]", vec![operand, index])?;
            } else {
                return Some(operand);
            }
        }
    }

    fn list(&mut self, end: &str) -> Option<Vec<Expr>> {
        let mut items = Vec::new();
        while !self.skip(end) {
            items.push(self.expression()?);
            if !self.skip(",") {
                self.expect(end)?;
                break;
            }
        }
        Some(items)
    }

    fn primary(&mut self) -> Option<Expr> {
        let token = self.peek()?.clone();
        self.at += 1;
        let literal = match token {
            Token::Int(number) => Kind::Literal(Literal::Int(number), 1),
            Token::Uint => Kind::Literal(Literal::Uint, 1),
            Token::Double => Kind::Literal(Literal::Double, 1),
            Token::Text(size) => Kind::Literal(Literal::String, size),
            Token::Bytes(size) => Kind::Literal(Literal::Bytes, size),
            Token::Name(name) => return self.named(&name),
            Token::Sign("(") => {
                let inner = self.expression()?;
                self.expect(")")?;
                return Some(inner);
            }
            Token::Sign("[") => Kind::List(self.list("]")?),
            Token::Sign("{") => Kind::Map(self.entries()?),
            Token::Sign(_) => return None,
        };
        self.make(literal)
    }

    fn entries(&mut self) -> Option<Vec<(Expr, Expr)>> {
        let mut entries = Vec::new();
        while !self.skip("}") {
            let key = self.expression()?;
            self.expect(":")?;
            entries.push((key, self.expression()?));
            if !self.skip(",") {
                self.expect("}")?;
                break;
            }
        }
        Some(entries)
    }

    fn named(&mut self, name: &str) -> Option<Expr> {
        match name {
            "true" | "false" => return self.literal(Literal::Bool),
            "null" => return self.literal(Literal::Null),
            "in" => return None,
            _ => {}
        }
        if !self.skip("(") {
            return self.name(name);
        }
        let mut arguments = self.list(")")?;
        if name != "has" {
            return self.call(name, arguments);
        }
        let argument = arguments.pop().filter(|_| arguments.is_empty())?;
        let Kind::Select { operand, field, .. } = argument.kind else {
            return None;
        };
        self.make(Kind::Select {
            operand,
            field,
            test: true,
        })
    }

    fn method(&mut self, target: Expr, function: String, arguments: Vec<Expr>) -> Option<Expr> {
        let count = arguments.len();
        let mut given = arguments.into_iter();
        match (function.as_str(), count) {
            ("all" | "exists" | "exists_one" | "existsOne" | "filter", 2) | ("map", 2 | 3) => {
                let Kind::Name(variable) = given.next()?.kind else {
                    return None;
                };
                let (first, second) = (given.next()?, given.next());
                self.macro_of(&function, target, variable, first, second)
            }
            // Macros with two variables are not known here.
            ("all" | "exists" | "exists_one" | "existsOne" | "map" | "filter", _) => None,
            _ => self.make(Kind::Call {
                function,
                target: Some(Box::new(target)),
                arguments: given.collect(),
            }),
        }
    }

    fn macro_of(
        &mut self,
        function: &str,
        range: Expr,
        variable: String,
        first: Expr,
        second: Option<Expr>,
    ) -> Option<Expr> {
        let gathered = self.name(GATHERED)?;
        let (start, condition, step, gives) = match function {
            "all" => {
                let on = self.name(GATHERED)?;
                let on = self.call("@not_strictly_false", vec![on])?;
                let step = self.call("&&", vec![gathered, first])?;
                (self.literal(Literal::Bool)?, on, step, Gives::Bool)
            }
            "exists" => {
                let on = self.name(GATHERED)?;
                let on = self.call("!_", vec![on])?;
                let on = self.call("@not_strictly_false", vec![on])?;
                let step = self.call("||", vec![gathered, first])?;
                (self.literal(Literal::Bool)?, on, step, Gives::Bool)
            }
            "exists_one" | "existsOne" => {
                let one = self.literal(Literal::Int(Some(1)))?;
                let more = self.call("+", vec![gathered, one])?;
                let same = self.name(GATHERED)?;
                let step = self.call("?:", vec![first, more, same])?;
                let on = self.literal(Literal::Bool)?;
                (self.literal(Literal::Int(Some(0)))?, on, step, Gives::Bool)
            }
            _ => {
                let (chosen, value, gives) = match (function, second) {
                    ("map", None) => {
                        let gives = Gives::Values(first.id);
                        (None, first, gives)
                    }
                    ("map", Some(value)) => {
                        let gives = Gives::Values(value.id);
                        (Some(first), value, gives)
                    }
                    _ => (Some(first), self.name(&variable)?, Gives::Items),
                };
                let item = self.make(Kind::List(vec![value]))?;
                let more = self.call("+", vec![gathered, item])?;
                let step = match chosen {
                    None => more,
                    Some(chosen) => {
                        let same = self.name(GATHERED)?;
                        self.call("?:", vec![chosen, more, same])?
                    }
                };
                let on = self.literal(Literal::Bool)?;
                (self.make(Kind::List(Vec::new()))?, on, step, gives)
            }
        };
        let mut result = self.name(GATHERED)?;
        if matches!(function, "exists_one" | "existsOne") {
            let one = self.literal(Literal::Int(Some(1)))?;
            result = self.call("==", vec![result, one])?;
        }
        self.make(Kind::Loop(Box::new(Loop {
            range,
            variable,
            start,
            condition,
            step,
            result,
            gives,
        })))
    }
}
