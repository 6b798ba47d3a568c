//! What all steps of a plan have in common.

use apply_semantics::op::ApplyOptions;

use super::{Established, Pacing, Readiness};
use crate::reconcile::{Adoption, Policy};

/// What all steps have in common.
#[derive(Debug)]
pub(super) struct Context {
    manager: String,
    force: bool,
    pub(super) adoption: Adoption,
    pub(super) pacing: Pacing,
    pub(super) readiness: Box<dyn Readiness>,
}

impl Context {
    pub(super) fn new(policy: &Policy) -> Self {
        Self {
            manager: policy.manager.clone(),
            force: policy.force,
            adoption: policy.adoption,
            pacing: Pacing::default(),
            readiness: Box::new(Established),
        }
    }

    /// Options to create by: without force, so that nothing is taken from an object that somebody creates meanwhile.
    pub(super) fn creating(&self) -> ApplyOptions {
        ApplyOptions::new(self.manager.clone())
    }

    pub(super) fn changing(&self) -> ApplyOptions {
        ApplyOptions {
            force: self.force,
            ..self.creating()
        }
    }
}
