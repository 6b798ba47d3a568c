//! A Kubernetes API server inside your process: server-side apply with true field ownership, watches, custom resources, garbage
//! collection; for tests of controllers, and for tools that need an API before there is a cluster.
//!
//! ```
//! use apply_semantics::op::{ApplyOptions, ObjectRef, Operation};
//! use apply_server::Server;
//! use serde_json::json;
//!
//! let server = Server::new();
//! let web = json!({"apiVersion": "v1", "kind": "ConfigMap",
//!     "metadata": {"namespace": "default", "name": "web"}, "data": {"color": "red"}});
//! let target = ObjectRef::of(&web)?;
//! server.execute(&Operation::apply(target.clone(), web.clone(), ApplyOptions::new("deployer")))?;
//!
//! // Somebody else wants another color.
//! let mut blue = web;
//! blue["data"]["color"] = json!("blue");
//! let refusal = server.execute(&Operation::apply(target, blue, ApplyOptions::new("painter"))).unwrap_err();
//! assert_eq!(refusal.message, r#"Apply failed with 1 conflict: conflict with "deployer": .data.color"#);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The [`guide`] tests a controller.
//!
//! # Two ways in
//!
//! - [`Server::execute`] carries out an [`Operation`](apply_semantics::op::Operation) at once, without async; the server is an
//!   [`Executor`](apply_semantics::op::Executor).
//! - The server is a [`tower_service::Service`] of HTTP requests, whatever their body: `kube::Client::new(server, "default")` works,
//!   with any version of kube. [`Server::respond`] is the same without async.
//!
//! ```
//! use apply_server::Server;
//! use bytes::Bytes;
//! use http::Request;
//!
//! let server = Server::new();
//! let (head, ()) = Request::get("/api/v1/namespaces").body(())?.into_parts();
//! let mut response = server.respond(&head, Bytes::new());
//! assert_eq!(response.status(), 200);
//! let list = response.body_mut().take_now().expect("the whole answer");
//! assert!(list.starts_with(b"{\"apiVersion\":\"v1\",\"items\":["));
//! # Ok::<(), http::Error>(())
//! ```
//!
//! # What tests need and no server offers
//!
//! The time comes from a [`Clock`]; uids and generated names are the same in every run. Requests go wrong on demand ([`FaultRule`]),
//! are remembered ([`Requests`]), and the whole server can be put back ([`Snapshot`]). What is written can be kept in a file
//! ([`Builder::persistent`]), which is written anew before it grows without bound.
//!
//! [`simulation`] runs controllers against such a server while everything else goes wrong, from a seed, and tells what breaks a rule as
//! a story.
//!
//! # What it does not do
//!
//! Nothing runs: Pods are not scheduled, and no controller acts but the garbage collector and the one that empties namespaces, at
//! once and in the same request. There are no webhooks ([`Builder::conversion`] stands in for those that convert), no authorisation:
//! whoever asks may do everything, and is `admin` unless it shows who it is ([`UserInfo`], [`Builder::user_token`], a certificate, a
//! token of a service account, `kubectl --as`). Tokens of service accounts have the claims of real ones and no signature. Of the plugins of
//! admission there are `LimitRanger`, `Priority`, `DefaultTolerationSeconds`, `RuntimeClass`, `PodSecurity` and those of default classes
//! and of protected volumes; `ServiceAccount` only with [`Builder::fresh_cluster`]; not
//! `ResourceQuota`, and no policies in CEL. There are no
//! aggregated APIs, no exec, attach, log and proxy. Bodies in protobuf are read, answers are JSON or YAML; the OpenAPI documents have the fields of built-in kinds and no
//! descriptions of them. Validation rules in CEL are checked as far as they are understood. Behaviour is that of Kubernetes 1.36.
//!
//! # Features
//!
//! | feature | for whom | costs |
//! |---|---|---|
//! | `yaml` | clients that send YAML or ask for it, read as Kubernetes reads it; kubectl and kube send JSON, which needs no feature | `componentconfig`, a YAML reader |
//! | `listen` | whoever wants kubectl or another process to connect: `Server::listen`, a port of this machine with a kubeconfig for it | hyper and tokio |
//! | `tls` | the same, encrypted with certificates made for it: `ListenOptions::tls`; brings `listen` | rustls on AWS-LC (a C compiler), rcgen |
#![cfg_attr(docsrs, feature(doc_cfg))]

mod answer;
mod call;
mod clock;
mod convert;
mod core;
mod custom;
mod discovery;
mod faults;
mod go_text;
#[cfg(doc)]
pub mod guide;
mod http;
mod ids;
mod journal;
#[allow(
    dead_code,
    reason = "the tables of kinds say more than is asked of them"
)]
mod kinds;
#[cfg(feature = "listen")]
mod listen;
mod meta;
mod openapi;
mod operation;
mod page;
mod registry;
mod requests;
mod rules;
mod selector;
mod server;
pub mod simulation;
mod store;
mod table;
mod user;
mod watch;
#[cfg(feature = "yaml")]
mod yaml;

pub use clock::{Callback, Clock, ManualClock, SystemClock};
pub use faults::{Fault, FaultRule};
pub use http::ResponseBody;
#[cfg(feature = "listen")]
pub use listen::{ListenOptions, Listener};
pub use requests::{RequestRecord, Requests};
pub use server::{Builder, Server, SetupError, Snapshot};
pub use user::UserInfo;

/// The example of the README is a test too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
