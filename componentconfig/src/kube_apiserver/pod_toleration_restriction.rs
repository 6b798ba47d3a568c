//! The configuration of the plugin `PodTolerationRestriction`.

pub mod v1alpha1;

use crate::{Strictness, config::Config};

impl Config for v1alpha1::Configuration {
    const HABIT: Strictness = Strictness::Ignore;
}
