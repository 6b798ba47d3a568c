//! Checks of the addresses of Services and of their families.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    super::super::{
        cause::{Causes, Field},
        names,
        read::{has, list, text},
    },
    is_headless,
};

pub(super) fn addresses(spec: &Value, causes: &mut Causes) {
    if text(spec, "type") == "ExternalName" {
        return;
    }
    let field = "spec.clusterIPs";
    let (first, all) = (text(spec, "clusterIP"), list(spec, "clusterIPs"));
    match (first.is_empty(), all.first()) {
        (false, None) => causes.required(field, ""),
        (false, Some(ip)) if ip != first => {
            causes.invalid(field, all.to_vec(), "first value must match `clusterIP`");
        }
        (true, Some(_)) => {
            let detail = "must be empty when `clusterIP` is not specified";
            causes.invalid(field, all.to_vec(), detail);
        }
        _ => {}
    }
    families(spec, causes);
    let before = causes.len();
    for (index, ip) in all.iter().filter_map(Value::as_str).enumerate() {
        if index == 0 && ip == "None" {
            if all.len() > 1 {
                causes.invalid(
                    field,
                    all.to_vec(),
                    "'None' must be the first and only value",
                );
            }
            continue;
        }
        causes.each(format_args!("{field}[{index}]"), ip, names::ip(ip));
    }
    if all.len() > 2 {
        causes.invalid(field, all.to_vec(), "may only hold up to 2 values");
    }
    if causes.len() > before || is_headless(spec) {
        return;
    }
    let is_v6 = |ip: &Value| ip.as_str().is_some_and(|ip| ip.contains(':'));
    if let [first, second] = all
        && is_v6(first) == is_v6(second)
    {
        let detail = "may specify no more than one IP for each IP family";
        causes.invalid(field, all.to_vec(), detail);
    }
    for (index, (ip, family)) in all.iter().zip(list(spec, "ipFamilies")).enumerate() {
        let family = family.as_str().unwrap_or_default();
        if matches!((family, is_v6(ip)), ("IPv4", true) | ("IPv6", false)) {
            let detail =
                format!("expected an {family} value as indicated by `ipFamilies[{index}]`");
            causes.invalid(format_args!("{field}[{index}]"), ip.clone(), &detail);
        }
    }
}

fn families(spec: &Value, causes: &mut Causes) {
    let mut seen = BTreeSet::new();
    for (index, family) in list(spec, "ipFamilies")
        .iter()
        .filter_map(Value::as_str)
        .enumerate()
    {
        let field = format_args!("spec.ipFamilies[{index}]");
        if !matches!(family, "IPv4" | "IPv6") {
            causes.not_supported(field, family, &["IPv4", "IPv6"]);
        }
        if !seen.insert(family) {
            causes.duplicate(field, family);
        }
    }
    let policies = ["PreferDualStack", "RequireDualStack", "SingleStack"];
    let policy = text(spec, "ipFamilyPolicy");
    if has(spec, "ipFamilyPolicy") && !policies.contains(&policy) {
        causes.not_supported("spec.ipFamilyPolicy", policy, &policies);
    }
}

/// What a cluster of a single stack cannot give; checked when addresses are allocated.
pub(in crate::kinds::validate) fn single_stack(spec: &Value, causes: &mut Causes) {
    if text(spec, "type") == "ExternalName" {
        return;
    }
    let detail = "this cluster is not configured for dual-stack services";
    if text(spec, "ipFamilyPolicy") == "RequireDualStack" {
        causes.invalid("spec.ipFamilyPolicy", "RequireDualStack", detail);
    }
    for (index, family) in list(spec, "ipFamilies")
        .iter()
        .filter_map(Value::as_str)
        .enumerate()
    {
        if family == "IPv6" {
            let detail = "not configured on this cluster";
            causes.invalid(format_args!("spec.ipFamilies[{index}]"), family, detail);
        }
    }
}

pub(super) fn external_ip(ip: &str, field: Field<'_>, causes: &mut Causes) {
    let wrong = names::ip(ip);
    if !wrong.is_empty() {
        return causes.each(field, ip, wrong);
    }
    let Some(address) = names::sloppy_ip(ip) else {
        return;
    };
    let details = [
        (
            address.is_unspecified(),
            "may not be unspecified (0.0.0.0 or ::)",
        ),
        (
            address.is_loopback(),
            "may not be in the loopback range (127.0.0.0/8, ::1/128)",
        ),
        (
            matches!(address, std::net::IpAddr::V4(ip) if ip.is_link_local()),
            "may not be in the link-local range (169.254.0.0/16, fe80::/10)",
        ),
        (
            address.is_multicast(),
            "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)",
        ),
    ];
    for (_, detail) in details.into_iter().filter(|(is, _)| *is) {
        causes.invalid(field, ip, detail);
    }
}
