//! What belongs to each built-in kind: which resources there are, what a new object gets beyond what was sent, what an
//! update keeps, what is refused, and what a table of it shows.
//!
//! Everything here is a function of JSON values; addresses, ports, uids and the time come in as data.

pub(crate) mod discovery;

mod cause;
mod cron;
mod diff;
mod go;
mod names;
mod pem;
mod prepare;
mod qos;
mod read;
mod semantic;
mod table;
mod validate;

pub(crate) use cause::Cause;
#[cfg(test)]
pub(crate) use cause::summary;
pub(crate) use prepare::{Cx, User, bind, prepare_create, prepare_update};
pub(crate) use table::{since, table_columns, table_row};
pub(crate) use validate::{
    validate_create, validate_metadata, validate_metadata_update, validate_scale, validate_update,
};

#[cfg(test)]
mod recorded;
