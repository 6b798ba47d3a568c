//! Programs that embed the crates of this workspace: copy from them.
//!
//! - `component`: what can be done with configuration files, and the life of a component of one's own.
//! - `fleet`: clusters that join a ClusterSet, export a service, get a workload and its changes in stages, and leave.
//! - `kops-like`: clusters from a declarative file: machines of a cloud, their bootstrap data, their phases, new versions, certificates.
//! - `minikube-like`: the files of a control plane from a kubeadm configuration, with plan, journal and progress.
//! - `who-owns`: who owns the fields of objects as kubectl prints them, who would object to an apply, and migrations to server-side
//!   apply.

pub mod etcd;
pub mod failure;
pub mod files;
pub mod reach;
pub mod root;
pub mod server;
pub mod stand_in;
pub mod table;
pub mod timeline;

/// The README's examples, as tests.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

/// Those of the page for whoever comes from Go, and with them the names in its tables.
#[cfg(doctest)]
#[doc = include_str!("../../docs/from-go.md")]
struct FromGo;
