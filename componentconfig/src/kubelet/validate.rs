//! What is wrong with a complete configuration of the kubelet.
//!
//! Follows `pkg/kubelet/apis/config/validation/validation.go`, which gives sentences; here each error has the path of its
//! field. What depends on the host, such as the version of cgroups, is not looked at.

mod allocatable;
mod memory;
mod policies;
mod ranges;
mod shutdown;

use super::v1beta1::KubeletConfiguration;
use crate::{
    field::{Errors, Path},
    gates::Gates,
};

impl KubeletConfiguration {
    /// Everything that is wrong with it. It has to be complete: see [`set_defaults`](Self::set_defaults).
    ///
    /// ```
    /// use componentconfig::kubelet::v1beta1::KubeletConfiguration;
    ///
    /// let mut kubelet = KubeletConfiguration { max_pods: -5, ..KubeletConfiguration::default() };
    /// kubelet.set_defaults();
    /// assert_eq!(
    ///     kubelet.validate().to_string(),
    ///     "maxPods: Invalid value: -5: must not be a negative number",
    /// );
    /// ```
    pub fn validate(&self) -> Errors {
        let mut errors = Errors::new();
        let gates = Gates::new(&self.feature_gates);
        for (_, why) in gates.errors() {
            errors.invalid(&Path::new("featureGates"), "", why);
        }
        ranges::check(self, gates, &mut errors);
        policies::check(self, gates, &mut errors);
        allocatable::check(self, &mut errors);
        shutdown::check(self, gates, &mut errors);
        memory::check(self, gates, &mut errors);
        self.logging
            .validate(gates, &Path::new("logging"), &mut errors);
        if let Some(tracing) = &self.tracing {
            tracing.validate(&Path::new("tracing"), &mut errors);
        }
        errors
    }
}
