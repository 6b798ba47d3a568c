//! Kubernetes API machinery for configuration files.

pub mod decode;
pub mod diagnostic;
mod document;
pub mod field;
pub mod gvk;
mod quote;
pub mod scalar;
pub mod tree;

pub use decode::{Decoded, Strictness, decode, decode_value};
pub use diagnostic::{Class, Diagnostic, Report, Severity, Span};
pub use document::{Document, Duplicate, Syntax};
pub use gvk::{GroupVersion, GroupVersionKind};
