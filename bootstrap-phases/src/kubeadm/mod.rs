//! kubeadm's phases.

pub mod api;
pub mod arguments;
pub mod commands;
mod context;
pub mod credentials;
pub mod day2;
pub mod discovery;
pub mod flags;
pub mod http;
pub mod images;
mod init;
pub mod join;
pub mod kept;
pub mod kubeconfig;
pub mod kubelet;
pub mod manifests;
pub mod net;
pub mod objects;
pub mod patches;
pub mod phases;
pub mod pki;
pub mod pod;
pub mod preflight;
pub mod reset;
pub mod skew;
mod text;
pub mod tokens;
pub mod upgrade;
pub mod users;

pub use context::{HostFacts, InitContext, Paths};
pub use init::{init_context, init_workflow, settle_addons};
