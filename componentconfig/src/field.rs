//! Field paths and field errors: what validation says, in apimachinery's words.
//!
//! Follows `apimachinery/pkg/util/validation/field`.

mod error;
mod path;

pub use error::{Errors, FieldError, FieldErrorKind};
pub use path::{Element, Path, PathParseError};
