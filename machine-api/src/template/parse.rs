//! Reading a template.

use serde_json::Value;

use super::{Dialect, Fault, function::Function};

/// A piece of a template.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    Text(String),
    Output(Pipeline),
    If(Block),
    With(Block),
    Range(Block),
    Break,
    Continue,
    /// A pipeline whose value a variable gets, and nothing is written.
    Assign(Binding),
}

/// What a condition or a list decides about.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Block {
    pub(super) binding: Binding,
    pub(super) then: Vec<Node>,
    pub(super) otherwise: Vec<Node>,
}

/// A pipeline, and the variables that get its value: two of a list get its keys and its items.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Binding {
    pub(super) at: usize,
    pub(super) variables: Vec<String>,
    /// Whether the variables are new ones.
    pub(super) declares: bool,
    pub(super) pipeline: Pipeline,
}

/// Commands, each of which gets the value of the one before as its last argument.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Pipeline {
    pub(super) first: Command,
    pub(super) rest: Vec<Command>,
}

/// A function with its arguments, or a value alone.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Command {
    pub(super) head: Operand,
    pub(super) arguments: Vec<Operand>,
}

/// A value, and the fields that are taken of it, with the place of each.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Operand {
    pub(super) at: usize,
    pub(super) term: Term,
    pub(super) fields: Vec<(usize, String)>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Term {
    Dot,
    Function(Function),
    Literal(Value),
    Pipeline(Box<Pipeline>),
    /// A variable by its name; that of the whole data is empty.
    Variable(String),
}

/// Deeper than this nobody nests by hand.
const DEPTH_MAX: usize = 64;

const UNSUPPORTED: [&str; 3] = ["define", "template", "block"];

const RESERVED: [&str; 8] = [
    "if", "else", "end", "range", "with", "break", "continue", "nil",
];

pub(super) fn parse(text: &str, dialect: Dialect) -> Result<Vec<Node>, Fault> {
    let mut parser = Parser {
        text,
        at: 0,
        depth: 0,
        loops: 0,
        dialect,
        variables: Vec::new(),
    };
    let (nodes, end) = parser.nodes()?;
    match end {
        Stop::Text => Ok(nodes),
        Stop::End(at) => Err(Fault::new(at, "unexpected \"end\"")),
        Stop::Else(at) | Stop::ElseIf(at) | Stop::ElseWith(at) => {
            Err(Fault::new(at, "unexpected \"else\""))
        }
    }
}

/// What a list of nodes ends with, and where.
enum Stop {
    Text,
    End(usize),
    Else(usize),
    ElseIf(usize),
    ElseWith(usize),
}

/// Actions that have an end.
#[derive(Clone, Copy, PartialEq)]
enum BlockKind {
    If,
    With,
    Range,
}

impl BlockKind {
    const fn word(self) -> &'static str {
        match self {
            Self::If => "if",
            Self::With => "with",
            Self::Range => "range",
        }
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    /// How many loops are open.
    loops: usize,
    dialect: Dialect,
    /// The variables that can be seen here.
    variables: Vec<String>,
}

impl<'a> Parser<'a> {
    fn nodes(&mut self) -> Result<(Vec<Node>, Stop), Fault> {
        let mut nodes = Vec::new();
        let mut trim = self.trims_before();
        loop {
            let rest = self.rest();
            let Some(length) = rest.find("{{") else {
                push_text(&mut nodes, rest, trim, false);
                self.at = self.text.len();
                return Ok((nodes, Stop::Text));
            };
            let (text, action) = rest.split_at(length);
            let trim_end = action.get(2..).is_some_and(begins_with_trim);
            push_text(&mut nodes, text, trim, trim_end);
            self.at += length + 2 + if trim_end { "- ".len() } else { 0 };
            if self.comment()? {
                trim = self.trims_before();
                continue;
            }
            if let Some(end) = self.action(&mut nodes)? {
                return Ok((nodes, end));
            }
            trim = self.trims_before();
        }
    }

    /// Whether the action that ended here trims what follows.
    fn trims_before(&self) -> bool {
        let before = self.text.get(..self.at).unwrap_or_default();
        let before = before.strip_suffix("-}}");
        before.is_some_and(|before| before.ends_with(is_space))
    }

    /// Skips a comment, which fills its action, and says whether there was one.
    fn comment(&mut self) -> Result<bool, Fault> {
        let Some(inner) = self.rest().strip_prefix("/*") else {
            return Ok(false);
        };
        let open = Fault::new(self.at, "the comment is not closed");
        let Some(length) = inner.find("*/") else {
            return Err(open);
        };
        self.at += length + 4;
        let trims = self.rest().starts_with(is_space);
        self.at += usize::from(trims);
        let closed = self.skip(if trims { "-}}" } else { "}}" });
        if closed { Ok(true) } else { Err(open) }
    }

    /// One action, without its opening. Answers what the list of nodes ends with, if it does.
    fn action(&mut self, nodes: &mut Vec<Node>) -> Result<Option<Stop>, Fault> {
        self.blanks();
        let start = self.at;
        match self.word() {
            "end" => {
                self.at += 3;
                self.close()?;
                Ok(Some(Stop::End(start)))
            }
            "else" => {
                self.at += 4;
                self.blanks();
                match self.word() {
                    "if" => {
                        self.at += 2;
                        return Ok(Some(Stop::ElseIf(start)));
                    }
                    "with" => {
                        self.at += 4;
                        return Ok(Some(Stop::ElseWith(start)));
                    }
                    _ => {}
                }
                self.close()?;
                Ok(Some(Stop::Else(start)))
            }
            word @ ("if" | "with" | "range") => {
                self.at += word.len();
                let kind = match word {
                    "if" => BlockKind::If,
                    "with" => BlockKind::With,
                    _ => BlockKind::Range,
                };
                let node = self.block(kind)?;
                nodes.push(node);
                Ok(None)
            }
            word @ ("break" | "continue") => {
                if self.loops == 0 {
                    return Err(Fault::new(start, format!("{word:?} is not within a loop")));
                }
                self.at += word.len();
                self.close()?;
                nodes.push(if word == "break" {
                    Node::Break
                } else {
                    Node::Continue
                });
                Ok(None)
            }
            _ => {
                let binding = self.binding(1)?;
                self.close()?;
                nodes.push(if binding.variables.is_empty() {
                    Node::Output(binding.pipeline)
                } else {
                    Node::Assign(binding)
                });
                Ok(None)
            }
        }
    }

    /// What follows the word that opens a block, up to its `end`.
    fn block(&mut self, kind: BlockKind) -> Result<Node, Fault> {
        self.deeper()?;
        let seen = self.variables.len();
        let most = if kind == BlockKind::Range { 2 } else { 1 };
        let binding = self.binding(most)?;
        self.close()?;
        let open = |at| {
            let problem = match kind {
                BlockKind::If => "an \"if\" is not closed".to_owned(),
                other => format!("a {:?} is not closed", other.word()),
            };
            Fault::new(at, problem)
        };
        let inner = self.variables.len();
        self.loops += usize::from(kind == BlockKind::Range);
        let (then, end) = self.nodes()?;
        self.loops -= usize::from(kind == BlockKind::Range);
        self.variables.truncate(inner);
        let otherwise = match (end, kind) {
            (Stop::End(_), _) => Vec::new(),
            (Stop::Else(_), _) => match self.nodes()? {
                (nodes, Stop::End(_)) => nodes,
                (_, Stop::Text) => return Err(open(self.at)),
                (_, Stop::Else(at) | Stop::ElseIf(at) | Stop::ElseWith(at)) => {
                    return Err(Fault::new(at, "unexpected \"else\""));
                }
            },
            (Stop::ElseIf(_), BlockKind::If) => vec![self.block(BlockKind::If)?],
            (Stop::ElseWith(_), BlockKind::With) => vec![self.block(BlockKind::With)?],
            (Stop::ElseIf(at) | Stop::ElseWith(at), _) => {
                return Err(Fault::new(at, "unexpected \"else\""));
            }
            (Stop::Text, _) => return Err(open(self.at)),
        };
        self.variables.truncate(seen);
        self.depth -= 1;
        let block = Block {
            binding,
            then,
            otherwise,
        };
        Ok(match kind {
            BlockKind::If => Node::If(block),
            BlockKind::With => Node::With(block),
            BlockKind::Range => Node::Range(block),
        })
    }

    /// A pipeline with the variables before it, of which there are `most` at most.
    fn binding(&mut self, most: usize) -> Result<Binding, Fault> {
        self.blanks();
        let start = self.at;
        let (variables, declares) = self.variables_before(most)?;
        if !declares {
            for name in &variables {
                self.known(start, name)?;
            }
        }
        let pipeline = self.pipeline()?;
        if declares {
            self.variables.extend(variables.iter().cloned());
        }
        Ok(Binding {
            at: start,
            variables,
            declares,
            pipeline,
        })
    }

    /// The variables before `:=` or `=`, and whether it is the former; none if a pipeline begins here.
    fn variables_before(&mut self, most: usize) -> Result<(Vec<String>, bool), Fault> {
        let start = self.at;
        let mut names = Vec::new();
        while let Some(rest) = self.rest().strip_prefix('$') {
            let name = leading_word(rest);
            self.at += 1 + name.len();
            names.push(name.to_owned());
            self.blanks();
            if !self.skip(",") {
                break;
            }
            self.blanks();
        }
        let declares = self.skip(":=");
        if names.is_empty() || !(declares || (!self.rest().starts_with("==") && self.skip("="))) {
            self.at = start;
            return Ok((Vec::new(), false));
        }
        if names.len() > most {
            return Err(Fault::new(start, "too many variables"));
        }
        Ok((names, declares))
    }

    fn known(&self, at: usize, name: &str) -> Result<(), Fault> {
        if name.is_empty() || self.variables.iter().any(|known| known == name) {
            return Ok(());
        }
        Err(Fault::new(
            at,
            format!("variable \"${name}\" is not defined"),
        ))
    }

    fn pipeline(&mut self) -> Result<Pipeline, Fault> {
        let first = self.command()?;
        let mut rest = Vec::new();
        while self.skip("|") {
            rest.push(self.command()?);
        }
        Ok(Pipeline { first, rest })
    }

    fn command(&mut self) -> Result<Command, Fault> {
        self.blanks();
        let missing = Fault::new(self.at, "a value is missing");
        let head = self.operand()?.ok_or(missing)?;
        let mut arguments = Vec::new();
        loop {
            let separated = self.blanks();
            let at = self.at;
            match self.operand()? {
                None => return Ok(Command { head, arguments }),
                Some(_) if !separated => return Err(self.unexpected(at)),
                Some(argument) => arguments.push(argument),
            }
        }
    }

    /// The value that begins here, unless the command is over.
    fn operand(&mut self) -> Result<Option<Operand>, Fault> {
        let at = self.at;
        let Some(first) = self.rest().chars().next() else {
            return Err(Fault::new(at, "the action is not closed"));
        };
        let term = match first {
            '|' | ')' | ',' => return Ok(None),
            _ if self.rest().starts_with("}}") || self.ends_trimming() => return Ok(None),
            '(' => self.parenthesis()?,
            '"' => Term::Literal(self.string()?.into()),
            '`' => Term::Literal(self.raw_string()?.into()),
            '.' => Term::Dot,
            '$' => self.variable(at)?,
            '0'..='9' | '-' | '+' => Term::Literal(self.number()?),
            _ => self.named()?,
        };
        let dot = first == '.';
        let fields = self.fields();
        if dot && fields.is_empty() {
            self.at += 1;
        }
        Ok(Some(Operand { at, term, fields }))
    }

    fn parenthesis(&mut self) -> Result<Term, Fault> {
        self.deeper()?;
        let start = self.at;
        self.at += 1;
        let pipeline = self.pipeline()?;
        self.blanks();
        if !self.skip(")") {
            return Err(Fault::new(start, "the parenthesis is not closed"));
        }
        self.depth -= 1;
        Ok(Term::Pipeline(Box::new(pipeline)))
    }

    /// The fields that are taken of what ended here: `.a.b`.
    fn fields(&mut self) -> Vec<(usize, String)> {
        let mut fields = Vec::new();
        while let Some(rest) = self.rest().strip_prefix('.') {
            let name = leading_word(rest);
            if name.is_empty() {
                break;
            }
            fields.push((self.at, name.to_owned()));
            self.at += 1 + name.len();
        }
        fields
    }

    fn variable(&mut self, at: usize) -> Result<Term, Fault> {
        self.at += 1;
        let name = self.word().to_owned();
        self.at += name.len();
        self.known(at, &name)?;
        Ok(Term::Variable(name))
    }

    fn named(&mut self) -> Result<Term, Fault> {
        let (at, word) = (self.at, self.word());
        let term = match word {
            "" => return Err(self.unexpected(at)),
            "true" => Term::Literal(Value::Bool(true)),
            "false" => Term::Literal(Value::Bool(false)),
            "nil" => Term::Literal(Value::Null),
            _ if RESERVED.contains(&word) => {
                return Err(Fault::new(at, format!("unexpected {word:?}")));
            }
            _ if UNSUPPORTED.contains(&word) => {
                return Err(Fault::new(at, format!("{word:?} is not supported")));
            }
            _ => {
                let undefined = || Fault::new(at, format!("function {word:?} is not defined"));
                Term::Function(Function::from_name(word, self.dialect).ok_or_else(undefined)?)
            }
        };
        self.at += word.len();
        Ok(term)
    }

    /// A whole number, or another one if it has a point or an exponent.
    fn number(&mut self) -> Result<Value, Fault> {
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

    fn raw_string(&mut self) -> Result<String, Fault> {
        let inner = self.rest().get(1..).unwrap_or_default();
        let open = || Fault::new(self.at, "the string is not closed");
        let length = inner.find('`').ok_or_else(open)?;
        // Go drops carriage returns from raw strings.
        let text = inner.get(..length).unwrap_or_default().replace('\r', "");
        self.at += length + 2;
        Ok(text)
    }

    fn string(&mut self) -> Result<String, Fault> {
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

    /// The end of an action.
    fn close(&mut self) -> Result<(), Fault> {
        self.blanks();
        if self.skip("}}") || (self.ends_trimming() && self.skip("-}}")) {
            return Ok(());
        }
        if self.rest().is_empty() {
            return Err(Fault::new(self.at, "the action is not closed"));
        }
        Err(self.unexpected(self.at))
    }

    fn ends_trimming(&self) -> bool {
        let before = self.text.get(..self.at).unwrap_or_default();
        self.rest().starts_with("-}}") && before.ends_with(is_space)
    }

    fn deeper(&mut self) -> Result<(), Fault> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(Fault::new(self.at, "nested too deeply"));
        }
        Ok(())
    }

    fn unexpected(&self, at: usize) -> Fault {
        let found = self.text.get(at..).and_then(|rest| rest.chars().next());
        Fault::new(at, format!("unexpected {:?}", found.unwrap_or(' ')))
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn word(&self) -> &'a str {
        leading_word(self.rest())
    }

    fn skip(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        self.at += if found { token.len() } else { 0 };
        found
    }

    /// Skips blanks, and says whether there were any.
    fn blanks(&mut self) -> bool {
        let rest = self.rest();
        let length = rest.len() - rest.trim_start_matches(is_space).len();
        self.at += length;
        length > 0
    }
}

fn leading_word(text: &str) -> &str {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_'));
    text.get(..end.unwrap_or(text.len())).unwrap_or_default()
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

fn begins_with_trim(action: &str) -> bool {
    let rest = action.strip_prefix('-');
    rest.is_some_and(|rest| rest.starts_with(is_space))
}

fn push_text(nodes: &mut Vec<Node>, text: &str, trim_start: bool, trim_end: bool) {
    let mut text = text;
    if trim_start {
        text = text.trim_start_matches(is_space);
    }
    if trim_end {
        text = text.trim_end_matches(is_space);
    }
    if !text.is_empty() {
        nodes.push(Node::Text(text.to_owned()));
    }
}
