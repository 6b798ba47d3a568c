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

#[cfg(test)]
#[cfg(feature = "yaml")]
mod tests {
    use crate::{kubelet, yaml};

    fn lines(text: &str) -> Vec<(String, u32)> {
        let kind = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n";
        let document = yaml::parse("k", &format!("{kind}{text}")).unwrap();
        let report = kubelet::load(&document).unwrap_err();
        let places = report.errors().map(|error| {
            let path = error.path.as_ref().unwrap().to_string();
            (path, error.span.unwrap().line)
        });
        places.collect()
    }

    #[test]
    fn errors_point_to_what_is_wrong_in_a_list() {
        let at = |text: &str, path: &str, line| assert_eq!(lines(text), [(path.to_owned(), line)]);
        at(
            "registerWithTaints:\n- {key: a, effect: NoSchedule}\n- {key: b, effect: Never}\n",
            "registerWithTaints",
            5,
        );
        at(
            "reservedMemory:\n- numaNode: 0\n  limits: {memory: 1Gi}\n- numaNode: 1\n  limits:\n    cpu: 1\n",
            "reservedMemory",
            8,
        );
        at(
            "enforceNodeAllocatable:\n- pods\n- all\n",
            "enforceNodeAllocatable",
            5,
        );
        at(
            "enforceNodeAllocatable:\n- pods\n- pods\n",
            "enforceNodeAllocatable",
            5,
        );
    }

    #[test]
    fn what_is_missing_is_pointed_to_by_what_asks_for_it() {
        assert_eq!(
            lines("maxPods: 7\nenforceNodeAllocatable:\n- pods\n- kube-reserved\n"),
            [("kubeReservedCgroup".to_owned(), 6)],
        );
        assert_eq!(
            lines("cgroupsPerQOS: false\nenforceNodeAllocatable: [pods]\n"),
            [("cgroupsPerQOS".to_owned(), 3)],
        );
    }
}
