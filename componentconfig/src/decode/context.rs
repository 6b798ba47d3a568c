//! What one decoding keeps between its runs: the way to where it is, what it noted, what it no longer looks at.

use std::cell::RefCell;

use super::{Decoded, Strictness, error::Error, strict, suggest};
use crate::{
    Class, Diagnostic, Span, Syntax,
    field::{Element, Path},
};

/// A step on the way, borrowed from the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step<'a> {
    Field(&'a str),
    Index(usize),
}

/// One decoding. A run ends at the first error that a `Deserialize` raises; what raised it is then *poisoned*, which
/// makes it absent for the next run, until a run comes through.
#[derive(Debug)]
pub(super) struct Context<'a> {
    strictness: Strictness,
    syntax: Option<Syntax>,
    state: RefCell<State<'a>>,
}

#[derive(Debug, Default)]
struct State<'a> {
    way: Vec<Step<'a>>,
    /// Of the present run.
    noted: Vec<Diagnostic>,
    /// Of all runs: what is poisoned, and what was said about it and what is inside.
    poisoned: Vec<(Vec<Step<'a>>, Vec<Diagnostic>)>,
}

impl<'a> Context<'a> {
    /// `syntax` is that of the document, if it is one.
    pub(super) fn new(strictness: Strictness, syntax: Option<Syntax>) -> Self {
        Self {
            strictness,
            syntax,
            state: RefCell::default(),
        }
    }

    /// Whether numbers are those of JSON text, where `1e3` is not an integer.
    pub(super) fn json(&self) -> bool {
        self.syntax == Some(Syntax::Json)
    }

    pub(super) fn begin(&self) {
        let mut state = self.state.borrow_mut();
        state.way.clear();
        state.noted.clear();
    }

    pub(super) fn enter(&self, step: Step<'a>) {
        self.state.borrow_mut().way.push(step);
    }

    pub(super) fn leave(&self) {
        self.state.borrow_mut().way.pop();
    }

    /// Whether the child `step` of where we are is poisoned.
    pub(super) fn is_poisoned(&self, step: Step<'a>) -> bool {
        self.state.borrow().is_poisoned(step)
    }

    /// Notes a value of the wrong type where we are.
    pub(super) fn wrong(&self, diagnostic: Diagnostic) {
        let mut state = self.state.borrow_mut();
        let diagnostic = diagnostic.at(state.path());
        state.noted.push(diagnostic);
    }

    /// Notes that where we are is a field that the type does not know.
    pub(super) fn unknown_field(&self, span: Option<Span>, fields: &[&'static str]) {
        let mut state = self.state.borrow_mut();
        // Every document has these two, whether its type cares or not.
        if self.syntax.is_some()
            && matches!(state.way.as_slice(), [Step::Field("apiVersion" | "kind")])
        {
            return;
        }
        let path = state.path();
        let message = format!("unknown field \"{path}\"");
        let Some(diagnostic) = strict(self.strictness, message) else {
            return;
        };
        let mut diagnostic = diagnostic.at(path).span(span);
        if let Some(Step::Field(name)) = state.way.last()
            && let Some(meant) = suggest::closest(name, fields)
        {
            diagnostic = diagnostic.help(format!("did you mean \"{meant}\"?"));
        }
        state.noted.push(diagnostic);
    }

    /// Takes an error that came out of the value where we are. What goes on up is only that the run is over.
    pub(super) fn fail(&self, span: Option<Span>, error: Error) -> Error {
        if matches!(error, Error::Noted) {
            return error;
        }
        let mut state = self.state.borrow_mut();
        let mut said = state.take_noted_inside();
        let message = match error {
            Error::Missing(field) if state.is_poisoned(Step::Field(field)) => None,
            // The zero value given in place of one of the wrong type may displease its type once more.
            _ if said.iter().any(|d| d.class == Class::Decode) => None,
            error => Some(error.to_string()),
        };
        said.extend(message.map(|message| {
            Diagnostic::error(Class::Decode, message)
                .at(state.path())
                .span(span)
        }));
        let way = state.way.clone();
        state.poisoned.push((way, said));
        Error::Noted
    }

    /// Takes the error that ended a run; whether another run makes sense.
    pub(super) fn note_failure(&self, error: Error) -> bool {
        if matches!(error, Error::Noted) {
            return true;
        }
        self.begin_at_root(error);
        false
    }

    fn begin_at_root(&self, error: Error) {
        self.state.borrow_mut().way.clear();
        let _ = self.fail(None, error);
    }

    /// The outcome of the last run with what all runs noted.
    pub(super) fn finish<T>(self, value: Option<T>) -> Decoded<T> {
        let state = self.state.into_inner();
        let said = state.poisoned.into_iter().flat_map(|(_, said)| said);
        let diagnostics: Vec<_> = said.chain(state.noted).collect();
        let wrong = diagnostics.iter().any(|d| d.class == Class::Decode);
        Decoded {
            value: value.filter(|_| !wrong),
            diagnostics,
        }
    }
}

impl<'a> State<'a> {
    fn path(&self) -> Path {
        self.way
            .iter()
            .map(|step| match step {
                Step::Field(name) => Element::Field((*name).to_owned().into()),
                Step::Index(index) => Element::Index(*index),
            })
            .collect()
    }

    fn is_poisoned(&self, step: Step<'a>) -> bool {
        self.poisoned.iter().any(|(way, _)| {
            way.split_last()
                .is_some_and(|(last, rest)| *last == step && rest == self.way)
        })
    }

    /// Takes out what this run noted about the value where we are and what is inside it.
    fn take_noted_inside(&mut self) -> Vec<Diagnostic> {
        let here = self.path();
        let inside = |d: &mut Diagnostic| {
            d.path
                .as_ref()
                .is_some_and(|path| path.elements().starts_with(here.elements()))
        };
        self.noted.extract_if(.., inside).collect()
    }
}
