//! What belongs to each built-in kind: which resources there are, what a new object gets beyond what was sent, what an
//! update keeps, what is refused, and what a table of it shows.
//!
//! Everything here is a function of JSON values; addresses, ports, uids and the time come in as data.

pub(crate) mod discovery;
