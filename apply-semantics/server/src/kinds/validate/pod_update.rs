//! Checks of pods as such, and of what may change in them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    super::{
        cause::{Causes, Field, quoted},
        diff, go, names,
        qos::qos_class,
        read::{at, entries, has, int, list, path, put, text},
        semantic,
    },
    container, meta, pod, scheduling,
};

const CHANGEABLE: &str = "`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

/// A new pod.
pub(super) fn create(object: &Value, causes: &mut Causes) {
    whole(object, causes);
    let spec = at(object, "spec");
    if !list(spec, "ephemeralContainers").is_empty() {
        causes.forbidden("spec.ephemeralContainers", "cannot be set on create");
    }
    if !text(spec, "nodeName").is_empty() && !list(spec, "schedulingGates").is_empty() {
        let detail = "cannot be set until all schedulingGates have been cleared";
        causes.forbidden("spec.nodeName", detail);
    }
}

/// A pod, without its metadata.
fn whole(object: &Value, causes: &mut Causes) {
    let (metadata, spec) = (at(object, "metadata"), at(object, "spec"));
    pod::annotations(metadata, spec, format_args!("metadata.annotations"), causes);
    pod::spec(
        spec,
        Some(text(metadata, "name")),
        format_args!("spec"),
        causes,
    );
    if text(spec, "serviceAccountName").is_empty() {
        tokens(spec, causes);
    }
    for key in ["containers", "initContainers"] {
        for (index, container) in list(spec, key).iter().enumerate() {
            container::image_has_no_blanks(container, format_args!("spec.{key}[{index}]"), causes);
        }
    }
}

fn tokens(spec: &Value, causes: &mut Causes) {
    for (v, volume) in list(spec, "volumes").iter().enumerate() {
        for (s, source) in list(at(volume, "projected"), "sources").iter().enumerate() {
            if has(source, "serviceAccountToken") {
                let field =
                    format_args!("spec.volumes[{v}].projected.sources[{s}].serviceAccountToken");
                causes.forbidden(
                    field,
                    "must not be specified when serviceAccountName is not set",
                );
            }
        }
    }
}

fn meta_and_whole(new: &Value, causes: &mut Causes) {
    meta::object_meta(new, true, names::dns_subdomain, causes);
    whole(new, causes);
}

/// A changed pod.
pub(super) fn update(new: &Value, old: &Value, causes: &mut Causes) {
    meta_and_whole(new, causes);
    let (spec, held) = (at(new, "spec"), at(old, "spec"));
    for key in ["containers", "initContainers"] {
        let (containers, before) = (list(spec, key), list(held, key));
        if containers.len() != before.len() {
            let detail = "pod updates may not add or remove containers";
            return causes.forbidden(format_args!("spec.{key}"), detail);
        }
        for (index, container) in containers.iter().enumerate() {
            let field = format_args!("spec.{key}[{index}]");
            if text(container, "image").is_empty() {
                causes.required(format_args!("{field}.image"), "");
            }
            container::image_has_no_blanks(container, field, causes);
        }
    }
    if !deadline(spec, held, causes) {
        return;
    }
    added_tolerations(spec, held, causes);
    removed_gates(spec, held, causes);
    let kept = with_changes_undone(spec, held);
    if !semantic::equal(&kept, held, "core.v1.PodSpec") {
        let show = |spec: &Value| go::internal(spec, "core.v1.PodSpec").pretty();
        let hunks = diff::unified(&show(held), &show(&kept));
        let detail = format!("pod updates may not change fields other than {CHANGEABLE}\n{hunks}");
        causes.forbidden("spec", &detail);
    }
}

/// A deadline may be set, or come nearer. Answers whether other checks follow.
fn deadline(spec: &Value, held: &Value, causes: &mut Causes) -> bool {
    let key = "activeDeadlineSeconds";
    let field = "spec.activeDeadlineSeconds";
    match (at(spec, key).as_i64(), at(held, key).as_i64()) {
        (Some(new), _) if !(0..=pod::MOST_INT).contains(&new) => {
            causes.invalid(field, new, &names::between(0, pod::MOST_INT));
            false
        }
        (Some(new), Some(old)) if old < new => {
            causes.invalid(field, new, "must be less than or equal to previous value");
            false
        }
        (None, Some(_)) => {
            let detail = "must not update from a positive integer to nil value";
            causes.invalid(field, Value::Null, detail);
            true
        }
        _ => true,
    }
}

fn added_tolerations(spec: &Value, held: &Value, causes: &mut Causes) {
    let timeless = |toleration: &Value| {
        let mut toleration = toleration.clone();
        put(&mut toleration, "tolerationSeconds", Value::Null);
        toleration
    };
    let new: Vec<Value> = list(spec, "tolerations").iter().map(timeless).collect();
    let lost = list(held, "tolerations")
        .iter()
        .any(|held| !new.contains(&timeless(held)));
    let field = "spec.tolerations";
    if lost {
        let detail = "existing toleration can not be modified except its tolerationSeconds";
        return causes.forbidden(field, detail);
    }
    scheduling::tolerations(list(spec, "tolerations"), format_args!("{field}"), causes);
}

fn removed_gates(spec: &Value, held: &Value, causes: &mut Causes) {
    let before = list(held, "schedulingGates");
    for (index, gate) in list(spec, "schedulingGates").iter().enumerate() {
        let name = text(gate, "name");
        if !before.iter().any(|held| text(held, "name") == name) {
            let detail =
                format!("only deletion is allowed, but found new scheduling gate '{name}'");
            causes.forbidden(format_args!("spec.schedulingGates[{index}].name"), &detail);
        }
    }
}

/// The new spec with what may change as it was.
fn with_changes_undone(spec: &Value, held: &Value) -> Value {
    let mut kept = spec.clone();
    for key in ["containers", "initContainers"] {
        let containers = kept.get_mut(key).and_then(Value::as_array_mut);
        for (container, before) in containers.into_iter().flatten().zip(list(held, key)) {
            put(container, "image", at(before, "image").clone());
        }
    }
    for key in ["activeDeadlineSeconds", "schedulingGates", "tolerations"] {
        put(&mut kept, key, at(held, key).clone());
    }
    let key = "terminationGracePeriodSeconds";
    if int(held, key) < 0 && int(spec, key) == 1 {
        put(&mut kept, key, at(held, key).clone());
    }
    kept
}

/// The status of a pod.
pub(super) fn status(new: &Value, old: &Value, causes: &mut Causes) {
    let (status, held) = (at(new, "status"), at(old, "status"));
    for (index, condition) in list(status, "conditions").iter().enumerate() {
        let kind = text(condition, "type");
        if !matches!(kind, "PodScheduled" | "Ready" | "Initialized") {
            let field = format_args!("metadata.conditions[{index}].Type");
            causes.each(field, kind, names::label_key(kind));
        }
    }
    let node = text(status, "nominatedNodeName");
    if !node.is_empty() && node != text(held, "nominatedNodeName") {
        causes.each("status.nominatedNodeName", node, names::dns_subdomain(node));
    }
    meta::immutable_text(
        text(status, "qosClass"),
        text(held, "qosClass"),
        format_args!("status.qosClass"),
        causes,
    );
    addresses(
        list(status, "podIPs"),
        format_args!("status.podIPs"),
        "core.v1.PodIP",
        causes,
    );
    let hosts = list(status, "hostIPs");
    if let Some(first) = hosts.first()
        && text(first, "ip") != text(status, "hostIP")
    {
        causes.invalid(
            "status.hostIPs[0].ip",
            text(first, "ip"),
            "must be equal to `hostIP`",
        );
    }
    addresses(
        hosts,
        format_args!("status.hostIPs"),
        "core.v1.HostIP",
        causes,
    );
}

fn addresses(ips: &[Value], field: Field<'_>, type_name: &str, causes: &mut Causes) {
    for (index, ip) in ips.iter().enumerate() {
        let ip = text(ip, "ip");
        causes.each(format_args!("{field}[{index}]"), ip, names::ip(ip));
    }
    let is_v6 = |ip: &Value| text(ip, "ip").contains(':');
    let is_dual = ips.iter().any(is_v6) && !ips.iter().all(is_v6);
    if ips.len() > 1 && (!is_dual || ips.len() > 2) {
        let shown = go::internal_list(ips, type_name).compact();
        causes.invalid_shown(
            field,
            &shown,
            "may specify no more than one IP for each IP family",
        );
    }
}

/// Ephemeral containers are added, and neither changed nor removed.
pub(super) fn ephemeral(new: &Value, old: &Value, causes: &mut Causes) {
    meta_and_whole(new, causes);
    let key = "ephemeralContainers";
    let field = "spec.ephemeralContainers";
    let given = list(at(new, "spec"), key);
    let by_name: BTreeMap<&str, &Value> = given.iter().map(|c| (text(c, "name"), c)).collect();
    for held in list(at(old, "spec"), key) {
        let name = quoted(text(held, "name"));
        match by_name.get(text(held, "name")) {
            None => {
                let detail = format!("existing ephemeral containers {name} may not be removed\n");
                causes.forbidden(field, &detail);
            }
            Some(given) if !semantic::equal(given, held, "core.v1.EphemeralContainer") => {
                let show = |c: &Value| go::internal(c, "core.v1.EphemeralContainer").pretty();
                let hunks = diff::unified(&show(held), &show(given));
                let detail =
                    format!("existing ephemeral containers {name} may not be changed\n{hunks}");
                causes.forbidden(field, &detail);
            }
            Some(_) => {}
        }
    }
}

/// Amounts of cpu and memory change, and nothing else.
pub(super) fn resize(new: &Value, old: &Value, causes: &mut Causes) {
    meta_and_whole(new, causes);
    let (spec, held) = (at(new, "spec"), at(old, "spec"));
    let class = text(at(old, "status"), "qosClass");
    if class != qos_class(spec) {
        let shown = text(at(new, "status"), "qosClass");
        causes.invalid(
            "spec",
            shown,
            "Pod QOS Class may not change as a result of resizing",
        );
    }
    let pairs = list(spec, "containers")
        .iter()
        .zip(list(held, "containers"));
    for (index, (container, before)) in pairs.enumerate() {
        let field = format_args!("spec.containers[{index}].resources");
        for (key, word) in [("requests", "requests"), ("limits", "limits")] {
            let given = path(container, &["resources", key]);
            let lost = entries(at(before, "resources"), key)
                .iter()
                .any(|(name, _)| given.get(name.as_str()).is_none());
            if lost {
                let detail = format!("resource {word} cannot be removed");
                causes.forbidden(format_args!("{field}.{key}"), &detail);
            }
        }
    }
}
