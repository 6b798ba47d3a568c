//! Identity in a ClusterSet, and what goes between its clusters: what a cluster is called, who is a member under which ID, which
//! services and workloads go where, and how a change reaches all of them. A ClusterSet is a group of Kubernetes clusters that one authority runs and that trust each other; SIG
//! Multicluster describes it, but ships no code that holds its rules. This crate is that code, for whoever runs a
//! ClusterSet, implements multi-cluster services, or keeps an inventory of clusters.
//!
//! ```
//! use cluster_id::{Explain, id::PhysicalCluster, membership::{Command, Roster}};
//!
//! let now = "2026-03-01T12:00:00Z".parse()?;
//! let mut roster = Roster::default();
//! let cluster: PhysicalCluster = "721ab723-13bc-11e5-aec2-42010af0021e".parse()?;
//! let join = Command::Join { cluster: cluster.clone(), set: "prod".parse()? };
//! let refusal = roster.apply(&join, now).unwrap_err();
//! assert_eq!(refusal.evidence(), "the cluster has no ID to join \"prod\" with");
//!
//! roster.apply(&Command::SetId { cluster, id: "eu-1".parse()? }, now).unwrap();
//! let effects = roster.apply(&join, now).unwrap();
//! println!("{}", serde_json::to_string(&effects)?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is here
//! Begin with the [`guide`]: running a ClusterSet, placing a workload and changing it.
//!
//! - [`id`]: [`ClusterId`](id::ClusterId), [`ClusterSetName`](id::ClusterSetName), [`PhysicalCluster`](id::PhysicalCluster),
//!   and where a text can be used as an ID.
//! - [`property`]: the object [`ClusterProperty`](property::ClusterProperty) of `about.k8s.io`, and who may name one how.
//! - [`membership`]: the [`Roster`](membership::Roster) of a ClusterSet, and admission within one cluster.
//! - [`sameness`]: namespaces that belong to different owners in different clusters.
//! - [`mcs`]: exports of a service merged into its import, conflicts and conditions, the table of exports that replicas
//!   agree on, and DNS records.
//! - [`selector`]: which clusters are meant, by label, name and place.
//! - [`inventory`]: clusters as SIG Multicluster keeps them and how they are reached, groups of selected clusters, and the objects
//!   that decisions are written into.
//! - [`schedule`]: which clusters something goes to.
//! - [`federate`]: one template, the clusters it goes to, and what is different in each.
//! - [`work`]: a bundle of manifests for one cluster, and how far they are there.
//! - [`reconcile`]: what it takes to make a cluster hold what is desired, planned before anything is done, and carried out so
//!   that it can be killed anywhere.
//! - [`rollout`]: which clusters get a change next.
//! - [`metrics`]: counts of all this, as data and as Prometheus reads them.
//! - [`divide`]: replicas divided among clusters by weight, bounds and room.
//!
//! Every decision is a function of data: no clock, no network, no randomness. Every decision that goes against somebody
//! is a value that can [`Explain`] itself with a [`Rule`], what was found, and what to do; it serialises.
//!
//! # What is not
//! Nothing here talks to a cluster: what is to be done are operations, which an executor carries out. The CRDs' schemas are
//! not checked: that is what an API server does.
//!
//! # Features
//!
//! | feature | for whom | costs |
//! |---|---|---|
//! | `kube` | whoever carries plans ([`reconcile`]) out through a `kube::Client` | `kube` with its client; the program picks a version of `k8s-openapi` |
//!
//! The crate needs `serde`, `serde_json`, `thiserror`, of `componentconfig` field errors and time, and of `apply-semantics`
//! operations, plans and patches.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod clock;
mod condition;
pub mod divide;
mod error;
pub mod federate;
#[cfg(doc)]
pub mod guide;
pub mod id;
pub mod inventory;
pub mod mcs;
pub mod membership;
mod meta;
pub mod metrics;
pub mod name;
mod newtype;
pub mod property;
pub mod reconcile;
pub mod rollout;
pub mod rule;
pub mod sameness;
pub mod schedule;
pub mod selector;
pub mod work;

pub use condition::{Condition, ConditionStatus, update_conditions};
pub use error::{Error, NameKind};
pub use meta::ObjectMeta;
pub use rule::{Explain, Explanation, Rule};

/// The example of the README is a test too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
