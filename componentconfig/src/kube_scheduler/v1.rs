//! The types of `kubescheduler.config.k8s.io/v1`.
//!
//! They mirror `staging/src/k8s.io/kube-scheduler/config/v1/types.go` and `types_pluginargs.go`.

mod args;
mod args_rules;
mod configuration;
mod defaults;
mod plugins;
mod validate;

pub use self::{args::*, configuration::*};
pub use crate::{
    component_base::{ClientConnectionConfiguration, LeaderElectionConfiguration},
    core::{
        LabelSelector, LabelSelectorRequirement, NodeAffinity, NodeSelector,
        NodeSelectorRequirement, NodeSelectorTerm, PreferredSchedulingTerm,
        TopologySpreadConstraint,
    },
};
