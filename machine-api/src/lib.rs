//! Cluster API's decisions as pure functions: what its controllers decide, without controllers.
//!
//! ```
//! use machine_api::{core::v1beta2::{MachineDeployment, MachineSet}, names, rollout::Rollout};
//!
//! let deployment: MachineDeployment = serde_json::from_str(
//!     r#"{"metadata": {"name": "workers"},
//!         "spec": {"replicas": 3, "template": {"spec": {"version": "v1.36.0"}},
//!             "rollout": {"strategy": {"type": "RollingUpdate",
//!                 "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}}}}"#,
//! )?;
//! let old: MachineSet = serde_json::from_str(
//!     r#"{"metadata": {"name": "workers-x2b4c", "labels": {"machine-template-hash": "a"}},
//!         "spec": {"replicas": 3, "template": {"spec": {"version": "v1.35.4"}}},
//!         "status": {"replicas": 3, "availableReplicas": 3}}"#,
//! )?;
//! let (sets, now) = ([old], "2026-06-01T00:00:00Z".parse()?);
//! let plan = Rollout::of(&deployment, &sets, now).plan(&mut |length| names::suffix(0, length))?;
//!
//! let current = plan.current().expect("a MachineSet for v1.36.0");
//! assert_eq!((current.replicas(), plan.old()[0].replicas()), (1, 3));
//! assert_eq!(
//!     current.reasons()[0].to_string(),
//!     "3 current Machines < 3 MachineDeployment spec.replicas + 1 maxSurge",
//! );
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Begin with the [`guide`]: objects read and let in, a rollout played through beforehand, a management cluster in a test.
//!
//! # Objects
//!
//! - [`core`], [`addons`], [`bootstrap`], [`controlplane`], [`ipam`], [`runtime`]: the kinds, each in its versions; [`meta`]:
//!   what they contain of Kubernetes' own types; [`IntOrString`]: a number or a percentage.
//! - [`conversion`]: objects of one version as those of another, without loss.
//! - [`admission`]: defaults of objects, and whether they may be created, changed and deleted.
//! - [`conditions`]: writing conditions, and making one of many; [`contract`]: what objects of providers say.
//! - [`seed`]: the first Cluster API, `cluster.k8s.io/v1alpha1`, and the way from it to today's.
//!
//! # Decisions
//!
//! All of them say why, and why nothing happens: [`explain`].
//!
//! - [`machine_set`]: how many machines a MachineSet makes, deletes or gives away, and which.
//! - [`rollout`]: how a MachineDeployment rolls out, step by step.
//! - [`kcp`]: what a KubeadmControlPlane does next, and what it must not do for etcd's sake.
//! - [`cluster`]: what a Cluster says about itself.
//! - [`machine`]: the status of a machine, its Pods on the way out, and the steps of its deletion.
//! - [`health_check`]: what a MachineHealthCheck finds, and whether anything is done about it.
//! - `topology`: the objects of a Cluster made from a ClusterClass, with its patches and the versions it goes through;
//!   [`variables`]: which definitions of its variables are valid, and which values; [`upgrade_plan`]: the versions that control
//!   plane and workers go through on their way to another one.
//! - `bootstrap_data`: what a machine is told on its first boot, for cloud-init and for Ignition.
//! - [`propagation`]: what owners write into what they own; [`cloning`]: objects made from templates of providers;
//!   [`names`], [`template`]: what generated objects are called, and Go's templates that say so; [`version`]: versions as
//!   Cluster API reads and compares them.
//! - [`moving`]: the objects of clusters on their way to another management cluster.
//!
//! # Around them
//!
//! - [`certificates`]: the keys and certificates that a cluster is made with, and their Secrets.
//! - [`provider`]: what providers of infrastructure, bootstrap data and control planes do, and one that does it in memory.
//! - [`driver`]: a small reconciler that makes these decisions for the objects of a management cluster.
//! - [`typed`]: machines that cannot be edited where they are replaced, and templates of one provider.
//!
//! # What it does not do
//!
//! It talks to no cluster and to no cloud: objects and a time go in, decisions come out, and whoever asked carries them out. What
//! the driver leaves out stands in [`driver`]. Expressions in CEL are run by whoever implements the trait for it.
//!
//! Behaviour is that of Cluster API 1.14, shown by answers recorded from it. Where its own answer is a fault of it, the right one is
//! given; [`Compat::Upstream`] asks for the other.
//!
//! # Features
//!
//! | feature | for whom | costs |
//! |---|---|---|
//! | `bootstrap-data` | whoever gives machines their bootstrap data: `bootstrap_data` | componentconfig's kubeadm kinds, YAML |
//! | `kube` | whoever reads and writes the kinds through kube: `kube::Stored`, or runs the driver through it: `driver::Driver::run` | kube with its client |
//! | `schemars` | whoever installs CustomResourceDefinitions: `crd`, `schema` | schemars |
//! | `yaml` | whoever makes Clusters from ClusterClasses: `topology` | a YAML reader |
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod addons;
pub mod admission;
pub mod bootstrap;
#[cfg(feature = "bootstrap-data")]
pub mod bootstrap_data;
pub mod certificates;
pub mod cloning;
pub mod cluster;
mod compat;
pub mod conditions;
pub mod contract;
pub mod controlplane;
pub mod conversion;
pub mod core;
mod core_dns;
#[cfg(feature = "schemars")]
pub mod crd;
pub mod driver;
pub mod explain;
pub mod facts;
mod gates;
#[cfg(doc)]
pub mod guide;
pub mod health_check;
mod int_or_string;
pub mod ipam;
pub mod kcp;
mod kind;
#[cfg(feature = "kube")]
pub mod kube;
pub mod labels;
pub mod machine;
pub mod machine_set;
pub mod meta;
pub mod moving;
pub mod names;
mod omit;
mod open_enum;
pub mod propagation;
pub mod provider;
pub mod rollout;
pub mod runtime;
#[cfg(feature = "schemars")]
pub mod schema;
pub mod seed;
pub mod selector;
pub mod template;
#[cfg(feature = "yaml")]
pub mod topology;
pub mod typed;
pub mod upgrade_plan;
pub mod variables;
pub mod version;
mod versions;

pub use compat::Compat;
pub use gates::Gates;
pub use int_or_string::{IntOrString, Rounding, ScaledValueError};
pub use kind::Object;

/// The example of the README is a test too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
