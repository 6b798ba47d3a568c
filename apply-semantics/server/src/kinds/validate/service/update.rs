//! What may not change in a Service.

use serde_json::Value;

use super::{
    super::super::{
        cause::Causes,
        read::{at, int, list, same, text},
    },
    is_headless, load_balancer_class, needs_health_check,
};

/// What may not change in a Service.
pub(in crate::kinds::validate) fn update(new: &Value, old: &Value, causes: &mut Causes) {
    let (new, old) = (at(new, "spec"), at(old, "spec"));
    let external = text(new, "type") == "ExternalName" || text(old, "type") == "ExternalName";
    if !external {
        cluster_ips(new, old, causes);
        ip_families(new, old, causes);
    }
    let balances = |spec: &Value| text(spec, "type") == "LoadBalancer";
    let (class, before) = (at(new, "loadBalancerClass"), at(old, "loadBalancerClass"));
    if balances(new) && balances(old) && !same(class, before) {
        causes.invalid(
            "spec.loadBalancerClass",
            class.clone(),
            "may not change once set",
        );
    }
    load_balancer_class(new, causes);
    let port = "healthCheckNodePort";
    if needs_health_check(new) && needs_health_check(old) && int(new, port) != int(old, port) {
        causes.forbidden("spec.healthCheckNodePort", "field is immutable");
    }
}

fn cluster_ips(new: &Value, old: &Value, causes: &mut Causes) {
    if is_headless(new) && is_headless(old) {
        return;
    }
    let (ips, before) = (list(new, "clusterIPs"), list(old, "clusterIPs"));
    let first = "spec.clusterIPs[0]";
    if ips.len() == before.len() {
        for (index, _) in ips
            .iter()
            .zip(before)
            .enumerate()
            .filter(|(_, (ip, held))| ip != held)
        {
            let field = format_args!("spec.clusterIPs[{index}]");
            causes.invalid(field, ips.to_vec(), "may not change once set");
        }
        return;
    }
    if ips.is_empty() {
        causes.invalid(first, Value::Null, "primary clusterIP can not be unset");
    } else if !before.is_empty() && ips.first() != before.first() {
        causes.invalid(first, ips.to_vec(), "may not change once set");
    }
    if before.len() > ips.len() && ips.len() == 1 && text(new, "ipFamilyPolicy") != "SingleStack" {
        let detail = "must be set to 'SingleStack' when releasing the secondary clusterIP";
        causes.invalid(
            "spec.ipFamilyPolicy",
            at(new, "ipFamilyPolicy").clone(),
            detail,
        );
    }
}

fn ip_families(new: &Value, old: &Value, causes: &mut Causes) {
    if is_headless(new) || is_headless(old) {
        return;
    }
    let (families, before) = (list(new, "ipFamilies"), list(old, "ipFamilies"));
    let first = "spec.ipFamilies[0]";
    let resized = families.len() != before.len() && !families.is_empty() && !before.is_empty();
    if resized && families.first() != before.first() {
        causes.invalid(
            first,
            list(new, "clusterIPs").to_vec(),
            "may not change once set",
        );
    }
}
