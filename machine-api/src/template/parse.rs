//! Reading a template.

mod literal;
mod pipeline;

use super::{
    Dialect, Fault,
    tree::{Block, Node},
};

/// Deeper than this nobody nests by hand.
const DEPTH_MAX: usize = 64;

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
