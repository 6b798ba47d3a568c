//! Reading a template.

use serde_json::Value;

use super::{Fault, function::Function};

/// A piece of a template.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    Text(String),
    Output(Pipeline),
    If {
        condition: Pipeline,
        then: Vec<Node>,
        otherwise: Vec<Node>,
    },
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
}

/// Deeper than this nobody nests by hand.
const DEPTH_MAX: usize = 64;

const UNSUPPORTED: [&str; 8] = [
    "range", "with", "define", "template", "block", "break", "continue", "nil",
];

pub(super) fn parse(text: &str) -> Result<Vec<Node>, Fault> {
    let mut parser = Parser {
        text,
        at: 0,
        depth: 0,
    };
    let (nodes, end) = parser.nodes()?;
    match end {
        Stop::Text => Ok(nodes),
        Stop::End(at) => Err(Fault::new(at, "unexpected \"end\"")),
        Stop::Else(at) | Stop::ElseIf(at) => Err(Fault::new(at, "unexpected \"else\"")),
    }
}

/// What a list of nodes ends with, and where.
enum Stop {
    Text,
    End(usize),
    Else(usize),
    ElseIf(usize),
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl Parser<'_> {
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
                if self.word() == "if" {
                    self.at += 2;
                    return Ok(Some(Stop::ElseIf(start)));
                }
                self.close()?;
                Ok(Some(Stop::Else(start)))
            }
            "if" => {
                self.at += 2;
                let node = self.conditional()?;
                nodes.push(node);
                Ok(None)
            }
            _ => {
                let pipeline = self.pipeline()?;
                self.close()?;
                nodes.push(Node::Output(pipeline));
                Ok(None)
            }
        }
    }

    /// What follows the word `if`, up to its `end`.
    fn conditional(&mut self) -> Result<Node, Fault> {
        self.deeper()?;
        let condition = self.pipeline()?;
        self.close()?;
        let open = |at| Fault::new(at, "an \"if\" is not closed");
        let (then, end) = self.nodes()?;
        let otherwise = match end {
            Stop::End(_) => Vec::new(),
            Stop::Else(_) => match self.nodes()? {
                (nodes, Stop::End(_)) => nodes,
                (_, Stop::Text) => return Err(open(self.at)),
                (_, Stop::Else(at) | Stop::ElseIf(at)) => {
                    return Err(Fault::new(at, "unexpected \"else\""));
                }
            },
            Stop::ElseIf(_) => vec![self.conditional()?],
            Stop::Text => return Err(open(self.at)),
        };
        self.depth -= 1;
        Ok(Node::If {
            condition,
            then,
            otherwise,
        })
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
            '|' | ')' => return Ok(None),
            _ if self.rest().starts_with("}}") || self.ends_trimming() => return Ok(None),
            '(' => self.parenthesis()?,
            '"' => Term::Literal(self.string()?.into()),
            '`' => Term::Literal(self.raw_string()?.into()),
            '.' => Term::Dot,
            '$' => return Err(Fault::new(at, "variables are not supported")),
            '0'..='9' | '-' | '+' => Term::Literal(self.number()?.into()),
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

    fn named(&mut self) -> Result<Term, Fault> {
        let (at, word) = (self.at, self.word());
        let term = match word {
            "" => return Err(self.unexpected(at)),
            "true" => Term::Literal(Value::Bool(true)),
            "false" => Term::Literal(Value::Bool(false)),
            "if" | "else" | "end" => return Err(Fault::new(at, format!("unexpected {word:?}"))),
            _ if UNSUPPORTED.contains(&word) => {
                return Err(Fault::new(at, format!("{word:?} is not supported")));
            }
            _ => {
                let undefined = || Fault::new(at, format!("function {word:?} is not defined"));
                Term::Function(Function::from_name(word).ok_or_else(undefined)?)
            }
        };
        self.at += word.len();
        Ok(term)
    }

    fn number(&mut self) -> Result<i64, Fault> {
        let rest = self.rest();
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "+-._".contains(c)));
        let text = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        let error = || Fault::new(self.at, format!("{text:?} is no whole number"));
        let number = text.parse().map_err(|_| error())?;
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

    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn word(&self) -> &str {
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
