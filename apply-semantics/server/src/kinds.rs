//! What belongs to each built-in kind: which resources there are, what a new object gets beyond what was sent, what an
//! update keeps, what is refused, and what a table of it shows.
//!
//! Everything here is a function of JSON values; addresses, ports, uids and the time come in as data.

use apply_semantics::types::builtin;
use serde_json::Value;

pub(crate) mod discovery;

mod admission;
mod cause;
mod cron;
mod diff;
mod go;
mod names;
mod patched;
mod pem;
mod prepare;
mod qos;
mod read;
mod semantic;
mod table;
mod validate;

pub(crate) use admission::{Denied, judge};
pub(crate) use cause::{Cause, summary};
pub(crate) use patched::patched_json;
pub(crate) use prepare::{Cx, User, bind, prepare_create, prepare_update};
pub(crate) use table::{since, table_columns, table_row};
pub(crate) use validate::{
    validate_create, validate_metadata, validate_metadata_update, validate_scale, validate_update,
};

/// A value of a type as the server writes it, its fields in the order of the Go struct.
pub(crate) fn ordered_json(value: &Value, type_name: &str) -> String {
    go::versioned(value, builtin().named(type_name)).compact()
}

/// A value of a type as the server writes its internal type, which has no JSON names.
pub(crate) fn internal_json(value: &Value, type_name: &str) -> String {
    go::internal(value, type_name).compact()
}
