//! What a template is made of.

use serde_json::Value;

use super::function::Function;

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
