//! The kinds of `kubeadm.k8s.io`: what `kubeadm init`, `join`, `reset` and `upgrade` read.

mod components;
mod config;
pub mod constants;
mod convert;
mod dynamic;
mod facts;
mod findings;
mod flags;
mod kinds;
mod load;
mod migrate;
pub mod output;
mod print;
mod release;
mod state;
pub mod token;
pub mod v1beta3;
pub mod v1beta4;
mod validate;

pub use config::register;
pub use convert::{DocumentsV1Beta3, DocumentsV1Beta4, Loss};
pub use dynamic::CiBuild;
pub use facts::{Facts, HostAddress};
pub use findings::Unset;
pub use flags::{InitFlags, check_mixed_flags};
pub use load::{
    Component, Configuration, Init, LoadOptions, Loaded, complete_init, complete_join, load,
    load_init, load_join, load_reset, load_upgrade,
};
pub use migrate::{Migration, migrate, migrate_with};
pub use print::{PrintedComponent, init_defaults, join_defaults, reset_defaults, upgrade_defaults};
pub use release::{ReleaseVersion, release_version};
pub use state::{
    ComponentConfigVersion, ConfigMap, HASH_ANNOTATION, Metadata, component_config_versions,
};
pub use validate::ignored_preflight_errors;
