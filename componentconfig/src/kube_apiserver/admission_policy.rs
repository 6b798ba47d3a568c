//! The configurations of the plugins `ValidatingAdmissionPolicy` and `MutatingAdmissionPolicy`.

pub mod v1;

use crate::config::Config;

impl Config for v1::MutatingAdmissionPolicyConfiguration {}
impl Config for v1::ValidatingAdmissionPolicyConfiguration {}
