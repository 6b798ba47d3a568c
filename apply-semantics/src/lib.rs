//! What a Kubernetes API server does with a write, as pure functions on JSON values: patches of all types, and server-side
//! apply with the ownership of fields; for tools that need the answer without a server.
//!
//! ```
//! use apply_semantics::request::{ApplyOptions, Engine, Kinds, UpdateOptions};
//! use serde_json::json;
//!
//! let engine = Engine::new(Kinds::builtin());
//! let web = |replicas| {
//!     json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
//!         "spec": {"replicas": replicas}})
//! };
//!
//! let live = engine.apply(None, web(1), &ApplyOptions::new("deployer"))?.into_object();
//! let live = engine.update(Some(live), web(5), &UpdateOptions::new("scaler"))?.into_object();
//! assert_eq!(live["metadata"]["managedFields"][0]["manager"], "scaler");
//!
//! let options = ApplyOptions::new("deployer");
//! let refused = engine.apply(Some(live), web(2), &options).expect_err("scaler owns it");
//! let conflict = refused.conflicts().and_then(|all| all.iter().next()).expect("a conflict");
//! assert_eq!(conflict.to_string(), r#"conflict with "scaler" using apps/v1: .spec.replicas"#);
//! assert_eq!((conflict.live(), conflict.wanted()), (Some(&json!(5)), Some(&json!(2))));
//! # Ok::<(), apply_semantics::request::RequestError>(())
//! ```
//!
//! # What is where
//!
//! Begin with the [`guide`]: sharing an object with others, who owns a field, what a manifest would do, code without a client.
//!
//! - [`request`]: writes of whole objects as an API server answers them: server-side apply and updates, with conflicts as data,
//!   policies for them, and previews.
//! - [`managed_fields`]: the entries of `metadata.managedFields`, read and written as the API server does.
//! - [`patch`]: [`Patch`](patch::Patch) of any type with its content type, and the modules
//!   [`strategic`](patch::strategic), [`merge`](patch::merge) and [`json`](patch::json) to make, merge and apply them.
//! - [`fieldset`], [`path`], [`value`]: sets of fields as `metadata.managedFields` holds them, with set operations and the
//!   exact FieldsV1 text; the paths in them; and how values compare.
//! - [`schema`], [`typed`]: schemas (built-in, from OpenAPI, or written down), and what can be done with objects by them: validate,
//!   take their set of fields, compare, merge, remove, extract.
//! - [`updater`]: writes by several managers, and what they do: who owns what, what conflicts, what goes away.
//! - [`op`]: operations on a Kubernetes API and their outcomes as data, how they look as HTTP requests, and their recordings.
//! - [`defaults`]: what a server makes of an object of a built-in kind before it stores it.
//! - [`explain`](mod@explain): who owns each field of an object, since when, and why it is still there.
//! - [`extract`](mod@extract): what a manager applied, taken out of the live object.
//! - [`migrate`]: from client-side apply to server-side apply.
//! - [`scale`]: who manages the number of replicas, through the subresource `scale`.
//! - [`client_side`]: what `kubectl` sends: apply with its annotation and three-way patches, the move to server-side apply,
//!   pruning, and the commands around them.
//! - [`labels`]: label selectors in their text form.
//! - [`plan`]: whether a manifest is what lives in the cluster already, and what applying it would do.
//! - [`structural`]: schemas of custom resources: defaults, pruning, validation.
//! - [`types`]: what the fields of all built-in kinds of Kubernetes 1.36 are, with their patch and ownership markers.
//!
//! # What it does not do
//!
//! It talks to no server and reads no files. It does not read YAML, and does not convert objects between versions by itself:
//! [`request::Convert`] is how it is told. It runs no rules in CEL, and does not validate objects of built-in kinds.
//!
//! # Features
//!
//! By default the crate needs `serde_json` and what is below it.
//!
//! | feature | what for | needs |
//! |---|---|---|
//! | `kube` | whoever carries out operations through a `kube::Client` ([`op`]) | `kube` with its client; the program picks a version of `k8s-openapi` |
//! | `proptest` | property tests of code on top of this: strategies, invariants, the check of controllers (module `proptest`) | `proptest` |
//! | `reference` | tests: the engine that follows the original step by step, as `Engine::reference` | nothing |
//! | `schemars` | schemas of Rust types that derive `JsonSchema`, where there is no CustomResourceDefinition at hand | `schemars` |
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(test)]
extern crate self as apply_semantics;

pub mod client_side;
pub mod defaults;
pub mod explain;
pub mod extract;
pub mod fieldset;
mod fused;
mod go_text;
#[cfg(doc)]
pub mod guide;
pub mod labels;
pub mod managed_fields;
pub mod migrate;
pub mod op;
pub mod patch;
pub mod path;
pub mod plan;
#[cfg(feature = "proptest")]
pub mod proptest;
pub mod request;
pub mod scale;
mod scan;
pub mod schema;
pub mod structural;
pub mod typed;
pub mod types;
pub mod updater;
pub mod value;

/// The example of the README is a test too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
