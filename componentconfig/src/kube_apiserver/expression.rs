//! CEL expressions. Without feature `cel` they are opaque: every text is taken. With it are refused, as the API server
//! refuses them, with line and column in the expression:
//!
//! - bad syntax (the words of the parser may be others);
//! - names that are not in scope, and fields that `request` and `user` do not have, at any depth;
//! - conditions that certainly give something else than true or false.
//!
//! Taken are what only a full type checker finds: functions that nobody has, arguments of the wrong types, operands that
//! cannot be compared; and expressions that cost too much.

#[cfg(feature = "cel")]
mod place;
#[cfg(feature = "cel")]
mod types;

use crate::field::{Errors, Path};

/// What an expression can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// `claims`, a map of anything.
    Claims,
    /// `user`, a user.
    User,
    /// `request`, the spec of a SubjectAccessReview.
    Request,
}

/// An expression that was found good.
#[derive(Debug)]
pub(super) struct Expression {
    #[cfg(feature = "cel")]
    selections: Vec<(String, String)>,
}

impl Expression {
    /// Whether it selects that field of that variable. Without feature `cel` nobody knows; it is taken that it does not.
    #[cfg_attr(not(feature = "cel"), allow(clippy::unused_self, reason = "opaque"))]
    pub(super) fn selects(&self, variable: &str, field: &str) -> bool {
        #[cfg(feature = "cel")]
        return self
            .selections
            .iter()
            .any(|selection| selection.0 == variable && selection.1 == field);
        #[cfg(not(feature = "cel"))]
        {
            let _ = (variable, field);
            false
        }
    }
}

/// Checks an expression; `truth` says that it has to be a condition.
#[cfg_attr(
    not(feature = "cel"),
    allow(clippy::unnecessary_wraps, reason = "opaque")
)]
pub(super) fn check(
    text: &str,
    scope: Scope,
    truth: bool,
    path: &Path,
    errors: &mut Errors,
) -> Option<Expression> {
    #[cfg(feature = "cel")]
    match types::check(text, scope, truth) {
        Ok(selections) => Some(Expression { selections }),
        Err(why) => {
            errors.invalid(path, text, why);
            None
        }
    }
    #[cfg(not(feature = "cel"))]
    {
        let _ = (text, scope, truth, path, errors);
        Some(Expression {})
    }
}

#[cfg(test)]
#[cfg(feature = "cel")]
mod tests;
