//! For those who test with properties: strategies for schemas, objects and writes, the invariants of server-side apply, and a check of
//! controllers among other managers.
//!
//! The strategies are those of the crate `proptest`, and go wherever its own go. They generate from a stock of few names
//! and values, so that writers meet each other, and shrink to fewer fields, elements and writes.
//!
//! | strategy | values |
//! |---|---|
//! | [`schema`] | schemas of all shapes |
//! | [`object`], [`object_with_duplicates`] | objects of a type: built-in, of a schema, or generated |
//! | [`crd_objects`] | custom resources that are valid by their definition |
//! | [`mutation`], [`projection`] | objects with changes, parts of objects |
//! | [`managers`], [`op_sequence`], [`ops`] | names of managers, sequences of writes by several of them |
//!
//! Whoever has an implementation of their own, or something on top of ours, holds it against the invariants as a [`Subject`]; [`Model`]
//! is one by the letter of the rules, to compare with.
//!
//! ```
//! use apply_semantics::{
//!     proptest::{Model, State, check_sequence, op_sequence, schema},
//!     updater::{SameVersion, Updater},
//! };
//! use proptest::{prelude::*, test_runner::TestRunner};
//!
//! let cases = schema().prop_flat_map(|schema| (op_sequence(schema.ty(), 4), Just(schema)));
//! let mut runner = TestRunner::new(ProptestConfig { cases: 32, ..ProptestConfig::default() });
//! runner.run(&cases, |(ops, schema)| {
//!     let start = State::new(schema.ty());
//!     check_sequence(&Updater::new(SameVersion), &Model::default(), start, &ops)
//!         .map(drop)
//!         .map_err(|violation| TestCaseError::fail(violation.to_string()))
//! }).expect("the invariants hold");
//! ```
//!
//! Whoever writes a controller gives it to [`check_reconciler`].

mod custom;
mod generator;
pub mod invariants;
mod model;
mod objects;
mod operations;
mod reconciler;
mod reduce;
mod schemas;

pub use custom::{CrdError, crd_objects};
pub use generator::{Generator, Shrinking};
pub use invariants::{Check, Invariant, Violation, check_sequence, check_write};
pub use model::{Model, State, Subject};
pub use objects::{mutation, object, object_with_duplicates, projection};
pub use operations::{Action, Op, managers, op_sequence, ops};
pub use reconciler::{ReconcilerFailure, ReconcilerFault, ReconcilerOptions, check_reconciler};
pub use schemas::{OBJECT, TestSchema, schema};
