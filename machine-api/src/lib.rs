//! Cluster API's decisions as pure functions: what its controllers decide, without controllers.
//!
//! ```
//! use machine_api::{IntOrString, rollout::Fenceposts};
//!
//! // Three machines, rolled with Cluster API's defaults: one more at a time, none fewer.
//! let posts = Fenceposts::resolve(&IntOrString::Int(1), &IntOrString::Int(0), 3)?;
//! assert_eq!((posts.max_surge(), posts.max_unavailable()), (1, 0));
//!
//! let posts = Fenceposts::resolve(&"25%".into(), &"25%".into(), 10)?;
//! assert_eq!((posts.max_surge(), posts.max_unavailable()), (3, 2));
//! # Ok::<(), machine_api::ScaledValueError>(())
//! ```
//!
//! Begin with the [`guide`]: objects read and let in, a rollout played through beforehand, a management cluster in a test.
//!
//! - [`core`], [`addons`], [`bootstrap`], [`controlplane`], [`ipam`], [`runtime`]: the kinds, each in its versions; [`meta`]:
//!   what they contain of Kubernetes' own types.
//! - [`admission`]: defaults of objects, and whether they may be created, changed and deleted.
//! - [`conditions`]: writing conditions, and making one of many; [`contract`]: what objects of providers say.
//! - [`conversion`]: objects of one version as those of another, without loss.
//! - [`variables`]: the variables of a ClusterClass: which definitions are valid, and which values.
//! - [`machine`]: the status of a machine, its Pods on the way out, and the steps of its deletion.
//! - `topology`: the objects of a Cluster made from a ClusterClass, with its patches and the versions it goes through.
//! - `bootstrap_data`: what a machine is told on its first boot, for cloud-init and for Ignition.
//! - [`seed`]: the first Cluster API, `cluster.k8s.io/v1alpha1`, and the way from it to today's.
//! - [`machine_set`]: how many machines a MachineSet makes, deletes or gives away, and which; [`propagation`]: what owners
//!   write into what they own; [`explain`]: the form in which plans say why.
//! - [`health_check`]: what a MachineHealthCheck finds, and whether anything is done about it; [`cloning`]: objects made from
//!   templates of providers.
//! - [`certificates`]: the keys and certificates that a cluster is made with, and their Secrets.
//! - [`moving`]: the objects of clusters on their way to another management cluster.
//! - [`provider`]: what providers of infrastructure, bootstrap data and control planes do, and one that does it in memory.
//! - [`driver`]: a small reconciler that makes these decisions for the objects of a management cluster.
//! - [`rollout`]: how a MachineDeployment rolls out, step by step; [`kcp`]: what a KubeadmControlPlane does next, and what it
//!   must not do for etcd's sake.
//! - [`names`]: names of generated objects, and [`template`]: the part of Go's templates that they are written in.
//! - [`upgrade_plan`]: the versions that control plane and workers go through on their way to another one.
//! - [`version`]: Kubernetes versions as Cluster API reads and compares them.
//! - [`IntOrString`]: a number or a percentage, as in Kubernetes' APIs.
//!
//! Where Cluster API's own answer is a fault of it, the right one is given; [`Compat::Upstream`] asks for the other.
//!
//! Behaviour is that of Cluster API 1.14, shown by answers recorded from it.
//!
//! | feature | for whom | costs |
//! |---|---|---|
//! | `bootstrap-data` | whoever gives machines their bootstrap data: `bootstrap_data` | componentconfig's kubeadm kinds, YAML |
//! | `kube` | whoever reads and writes the kinds through kube: `kube::Stored` | kube with its client |
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
mod compat;
pub mod conditions;
pub mod contract;
pub mod controlplane;
pub mod conversion;
pub mod core;
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
pub mod upgrade_plan;
pub mod variables;
pub mod version;

pub use compat::Compat;
pub use gates::Gates;
pub use int_or_string::{IntOrString, Rounding, ScaledValueError};
pub use kind::Object;

/// The example of the README is a test too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
