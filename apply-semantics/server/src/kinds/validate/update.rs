//! Which checks which kind has when it changes, as a whole or through a subresource.

use serde_json::Value;

use super::{
    super::{
        cause::Causes,
        names,
        read::{at, text},
    },
    Kind,
    always::always,
    claim, core, crd, ingress, job, meta, name_form, pod_update, policy, rbac, service, signing,
    storage, workload,
};

/// The checks of a kind of a changed object. Most kinds check metadata for changes once more, and some check all of it.
pub(super) fn update(kind: &Kind<'_>, new: &Value, old: &Value, causes: &mut Causes) {
    let whole = |causes: &mut Causes| {
        meta::object_meta(new, kind.namespaced, name_form(kind), causes);
        always(kind, new, causes);
    };
    let changed = |causes: &mut Causes| meta::object_meta_update(new, old, causes);
    let fixed = |key: &str, causes: &mut Causes| {
        meta::immutable_text(
            text(new, key),
            text(old, key),
            format_args!("{key}"),
            causes,
        );
    };
    match (kind.group, kind.name) {
        ("", core) => update_core(kind, core, new, old, causes),
        ("batch", "Job") => {
            meta::object_meta(new, true, name_form(kind), causes);
            job::job(new, causes);
            changed(causes);
            job::update(new, old, causes);
        }
        ("batch", _) => {
            changed(causes);
            job::cron_job(new, false, causes);
        }
        ("apps", apps) => update_apps(kind, apps, new, old, causes),
        ("rbac.authorization.k8s.io", binding) => {
            whole(causes);
            changed(causes);
            if binding.ends_with("Binding") {
                rbac::binding_update(new, old, causes);
            }
        }
        ("storage.k8s.io", storage) => update_storage(kind, storage, new, old, causes),
        ("networking.k8s.io", "IngressClass") => {
            changed(causes);
            let controller = |object| text(at(object, "spec"), "controller");
            meta::immutable_text(
                controller(new),
                controller(old),
                format_args!("spec.controller"),
                causes,
            );
            whole(causes);
        }
        ("scheduling.k8s.io", _) => {
            changed(causes);
            policy::priority_class_update(new, old, causes);
        }
        ("node.k8s.io", _) => {
            changed(causes);
            fixed("handler", causes);
            always(kind, new, causes);
        }
        ("discovery.k8s.io", _) => {
            changed(causes);
            whole(causes);
            fixed("addressType", causes);
        }
        ("resource.k8s.io", "ResourceClaim") => {
            changed(causes);
            policy::fixed_spec(new, old, "resource.v1.ResourceClaimSpec", causes);
        }
        ("resource.k8s.io", "ResourceClaimTemplate") => {
            changed(causes);
            whole(causes);
            policy::fixed_spec(new, old, "resource.v1.ResourceClaimTemplateSpec", causes);
        }
        ("apiextensions.k8s.io", _) => {
            changed(causes);
            crd::definition(new, causes);
            crd::update(new, old, causes);
        }
        ("networking.k8s.io", "Ingress") | ("certificates.k8s.io", _) => {
            changed(causes);
            whole(causes);
        }
        _ => {
            changed(causes);
            always(kind, new, causes);
        }
    }
}

fn update_apps(kind: &Kind<'_>, apps: &str, new: &Value, old: &Value, causes: &mut Causes) {
    meta::object_meta_update(new, old, causes);
    match apps {
        "StatefulSet" => {
            workload::stateful_set(at(new, "spec"), causes);
            workload::stateful_set_update(new, old, causes);
        }
        "ControllerRevision" => {
            meta::object_meta(new, kind.namespaced, name_form(kind), causes);
            always(kind, new, causes);
            meta::immutable_value(
                at(new, "data"),
                at(old, "data"),
                format_args!("data"),
                causes,
            );
        }
        _ => {
            always(kind, new, causes);
            workload::same_selector(new, old, causes);
        }
    }
}

fn update_core(kind: &Kind<'_>, core: &str, new: &Value, old: &Value, causes: &mut Causes) {
    let whole = |causes: &mut Causes| {
        meta::object_meta(new, kind.namespaced, name_form(kind), causes);
        always(kind, new, causes);
    };
    if core == "PersistentVolume" {
        whole(causes);
        return core::persistent_volume_update(new, old, causes);
    }
    meta::object_meta_update(new, old, causes);
    match core {
        "ConfigMap" => {
            core::immutable_data(new, old, &["data", "binaryData"], causes);
            whole(causes);
        }
        "Secret" => {
            meta::immutable_text(
                text(new, "type"),
                text(old, "type"),
                format_args!("type"),
                causes,
            );
            core::immutable_data(new, old, &["data"], causes);
            whole(causes);
        }
        "Service" => {
            service::update(new, old, causes);
            meta::object_meta(new, true, names::dns_label, causes);
            service::service(new, causes);
            if causes.is_empty() {
                service::single_stack(at(new, "spec"), causes);
            }
        }
        "Pod" => pod_update::update(new, old, causes),
        "Node" => {
            // The server runs the checks of a new node as well.
            core::node_update(new, old, causes);
            let before = causes.len();
            core::node(new, causes);
            causes.repeat_taints_from(before);
            meta::object_meta(new, false, names::dns_subdomain, causes);
        }
        "PersistentVolumeClaim" => {
            whole(causes);
            claim::update(new, old, causes);
        }
        "ResourceQuota" => core::quota_update(new, old, causes),
        "Namespace" => {}
        "ServiceAccount" | "Endpoints" | "LimitRange" => whole(causes),
        _ => always(kind, new, causes),
    }
}

fn update_storage(kind: &Kind<'_>, storage: &str, new: &Value, old: &Value, causes: &mut Causes) {
    if storage == "StorageClass" {
        meta::object_meta(new, false, names::dns_subdomain, causes);
        always(kind, new, causes);
    }
    meta::object_meta_update(new, old, causes);
    match storage {
        "StorageClass" => {
            let fields = [
                "parameters",
                "provisioner",
                "reclaimPolicy",
                "volumeBindingMode",
            ];
            storage::class_update(new, old, &fields, causes);
        }
        "VolumeAttributesClass" => {
            storage::class_update(new, old, &["driverName", "parameters"], causes);
        }
        "CSIDriver" => {
            always(kind, new, causes);
            storage::csi_driver_update(new, old, causes);
        }
        "CSINode" => {
            always(kind, new, causes);
            storage::csi_node_update(new, old, causes);
        }
        "VolumeAttachment" => {
            always(kind, new, causes);
            policy::fixed_spec(new, old, "storage.v1.VolumeAttachmentSpec", causes);
        }
        _ => {}
    }
}

pub(super) fn subresource(
    kind: &Kind<'_>,
    subresource: &str,
    new: &Value,
    old: &Value,
    causes: &mut Causes,
) {
    match (kind.group, kind.name, subresource) {
        ("", "Service", "status") => service::status(new, causes),
        ("", "Namespace", "status") => core::namespace_status(new, causes),
        ("", "Namespace", "finalize") => core::namespace(new, causes),
        ("", "Pod", "status") => pod_update::status(new, old, causes),
        ("", "Pod", "ephemeralcontainers") => pod_update::ephemeral(new, old, causes),
        ("", "Pod", "resize") => pod_update::resize(new, old, causes),
        ("batch", "Job", "status") => job::status(at(new, "status"), causes),
        ("networking.k8s.io", "Ingress", "status") => ingress::ingress_status(new, causes),
        ("certificates.k8s.io", _, _) => signing::signing_request_update(new, old, causes),
        _ => {}
    }
}
