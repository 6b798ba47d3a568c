//! What may change of Services and of ranges of their addresses.

use super::{Change, Findings, at};
use crate::plan::semantic::{items, text};

pub(super) fn service(change: Change<'_>, findings: &mut Findings) {
    let kind = |object| text(object, "spec.type").to_owned();
    let (old, new) = (kind(change.old), kind(change.new));
    // A service that had no address may get any, and one that becomes a mere name gives it up.
    if old != "ExternalName" && new != "ExternalName" {
        let address = text(change.old, "spec.clusterIP");
        if !address.is_empty() && address != text(change.new, "spec.clusterIP") {
            findings.refuse("spec.clusterIP", "the address of a service is immutable");
        } else {
            let first = |object| items(object, "spec.clusterIPs").first().cloned();
            if first(change.old).is_some() && first(change.old) != first(change.new) {
                findings.refuse(
                    "spec.clusterIPs[0]",
                    "the first address of a service is immutable",
                );
            }
        }
        let family = |object| items(object, "spec.ipFamilies").first().cloned();
        if family(change.old).is_some()
            && family(change.new).is_some()
            && family(change.old) != family(change.new)
        {
            findings.refuse(
                "spec.ipFamilies[0]",
                "the first address family of a service is immutable",
            );
        }
    }
    if old == "LoadBalancer" && new == "LoadBalancer" {
        findings.keep(
            change,
            "spec.loadBalancerClass",
            "the class of a load balancer is immutable",
        );
    }
    let checked = |object| {
        kind(object) == "LoadBalancer" && text(object, "spec.externalTrafficPolicy") == "Local"
    };
    if checked(change.old) && checked(change.new) {
        findings.keep(
            change,
            "spec.healthCheckNodePort",
            "the port of health checks is immutable",
        );
    }
}

/// A range may get a second one of the other family.
pub(super) fn service_cidr(change: Change<'_>, findings: &mut Findings) {
    let (old, new) = (
        items(change.old, "spec.cidrs"),
        items(change.new, "spec.cidrs"),
    );
    let extended = old.len() == 1 && new.len() == 2 && old.first() == new.first();
    if !extended && at(change.old, "spec.cidrs") != at(change.new, "spec.cidrs") {
        findings.refuse(
            "spec.cidrs",
            "ranges are immutable, but for a second one of the other family",
        );
    }
}
