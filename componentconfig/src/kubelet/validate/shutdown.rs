//! The graceful shutdown of a node.

use crate::{
    field::{Errors, Path},
    gates::Gates,
    kubelet::v1beta1::KubeletConfiguration,
    scalar::Duration,
};

pub(super) fn check(kubelet: &KubeletConfiguration, gates: Gates<'_>, errors: &mut Errors) {
    let (all, critical) = (
        kubelet.shutdown_grace_period,
        kubelet.shutdown_grace_period_critical_pods,
    );
    let fields = [
        ("shutdownGracePeriod", all),
        ("shutdownGracePeriodCriticalPods", critical),
    ];
    let graceful = gates.enabled("GracefulNodeShutdown");
    if graceful && critical > all {
        let detail = format!("must be <= shutdownGracePeriod {all}");
        errors.invalid(
            &Path::new("shutdownGracePeriodCriticalPods"),
            critical.to_string(),
            detail,
        );
    }
    for (name, period) in fields {
        if graceful && !period.is_zero() && period < Duration::from_secs(1) {
            let detail = "must be either zero or otherwise >= 1 sec";
            errors.invalid(&Path::new(name), period.to_string(), detail);
        }
        if !graceful && period > Duration::ZERO {
            errors.forbidden(
                &Path::new(name),
                "requires feature gate GracefulNodeShutdown",
            );
        }
    }
    if kubelet.shutdown_grace_period_by_pod_priority.is_empty() {
        return;
    }
    let path = Path::new("shutdownGracePeriodByPodPriority");
    if !gates.enabled("GracefulNodeShutdownBasedOnPodPriority") {
        errors.forbidden(
            &path,
            "requires feature gate GracefulNodeShutdownBasedOnPodPriority",
        );
    } else if all > Duration::ZERO || critical > Duration::ZERO {
        errors.forbidden(
            &path,
            "cannot be specified together with shutdownGracePeriod",
        );
    }
}
