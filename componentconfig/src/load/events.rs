//! What a syntax says about a text, one thing after the other.

use std::borrow::Cow;

use crate::Span;

/// A text as a sequence of events. Implemented once for each syntax.
pub(crate) trait Events<'a> {
    /// The next event of the first document in the text; [`Event::Done`] after its end, for ever.
    fn next(&mut self) -> Result<(Event<'a>, Span), SyntaxError>;
}

/// Anchors are numbers here; 0 is no anchor.
#[derive(Debug)]
#[cfg_attr(
    not(feature = "yaml"),
    expect(dead_code, reason = "JSON has no aliases")
)]
pub(crate) enum Event<'a> {
    Scalar {
        /// The value, or why there is none.
        value: Result<Scalar<'a>, String>,
        anchor: usize,
        /// Whether, as a key, it is the merge key `<<`.
        merge: bool,
        /// Whether nothing at all is written there.
        empty: bool,
    },
    ListStart {
        anchor: usize,
    },
    MapStart {
        anchor: usize,
    },
    /// The end of the innermost list or map.
    End,
    Alias {
        anchor: usize,
    },
    /// An alias of an anchor that does not exist.
    UnknownAlias {
        name: Cow<'a, str>,
    },
    Done,
}

/// A scalar after its syntax has typed it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Scalar<'a> {
    Null,
    Bool(bool),
    Int(i64),
    /// Above `i64::MAX`.
    Uint(u64),
    /// May be infinite or not a number.
    Float(f64),
    Text(Cow<'a, str>),
}

/// The text ends making sense here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SyntaxError {
    pub(crate) message: String,
    pub(crate) span: Span,
}
