//! What is refused: the checks of Kubernetes 1.36 when an object is created or changed, with the server's own words.
//!
//! What is not checked, so that objects pass here which a server would refuse:
//!
//! | where | what |
//! |---|---|
//! | pods | annotations for AppArmor and seccomp; names of sysctls; Windows options; the parts of rarely used volume sources; downward API items; what hangs on the operating system; resources of whole pods; `podFailurePolicy` and `successPolicy` of Jobs |
//! | changes of pods | gated pods may not have node selector and affinity widened; container state transitions in status |
//! | quotas | which scope fits which resource, `scopeSelector` |
//! | ranges of limits | `maxLimitRequestRatio` against minimum and maximum |
//! | certificates | the contents of a request beyond its envelope, the contents of certificates in status |
//! | admission policies, CEL | expressions are not compiled; match conditions, variables, parameters |
//! | definitions of custom resources | defaults against the schema, CEL rules, paths of columns and selectable fields, CA bundles |
//! | flow control | subjects and rules in depth, queuing parameters |
//! | devices | selectors, constraints and configuration of claims; ResourceSlices and DeviceClasses beyond metadata |
//! | IPAddresses, ServiceCIDRs, StorageVersions, APIServices | everything beyond metadata |
//! | all kinds | warnings; limits on cost; declarative checks that repeat a check in other words |

mod claim;
mod container;
mod core;
mod crd;
mod job;
mod meta;
mod networking;
mod pod;
mod pod_update;
mod policy;
mod rbac;
mod resources;
mod scaling;
mod scheduling;
mod security;
pub(crate) mod service;
mod storage;
mod volume;
mod workload;

use serde_json::Value;

use super::{
    cause::{Cause, Causes},
    discovery, names,
    read::{at, text},
};

/// Everything that is wrong with a new object; the defaults are set and the server's own fields are filled in.
pub(crate) fn validate_create(object: &Value) -> Vec<Cause> {
    let mut causes = Causes::default();
    let Some(kind) = Kind::of(object) else {
        return Vec::new();
    };
    meta::object_meta(object, kind.namespaced, name_form(&kind), &mut causes);
    create(&kind, object, &mut causes);
    causes.into_vec()
}

/// Everything that is wrong with a changed object, through the main resource or a subresource.
pub(crate) fn validate_update(new: &Value, old: &Value, subresource: Option<&str>) -> Vec<Cause> {
    let mut causes = Causes::default();
    let Some(kind) = Kind::of(new) else {
        return Vec::new();
    };
    meta::common_update(new, old, kind.namespaced, &mut causes);
    match subresource {
        None => update(&kind, new, old, &mut causes),
        Some(subresource) => {
            meta::object_meta_update(new, old, &mut causes);
            self::subresource(&kind, subresource, new, old, &mut causes);
        }
    }
    causes.into_vec()
}

/// Everything that is wrong with the metadata of a new custom resource.
pub(crate) fn validate_metadata(object: &Value, namespaced: bool) -> Vec<Cause> {
    let mut causes = Causes::default();
    meta::object_meta(object, namespaced, names::dns_subdomain, &mut causes);
    causes.into_vec()
}

/// Everything that is wrong with the metadata of a changed custom resource.
pub(crate) fn validate_metadata_update(new: &Value, old: &Value, namespaced: bool) -> Vec<Cause> {
    let mut causes = Causes::default();
    meta::common_update(new, old, namespaced, &mut causes);
    meta::object_meta_update(new, old, &mut causes);
    causes.into_vec()
}

/// Everything that is wrong with a scale.
pub(crate) fn validate_scale(scale: &Value) -> Vec<Cause> {
    let mut causes = Causes::default();
    meta::object_meta(scale, true, names::dns_subdomain, &mut causes);
    scaling::scale(scale, &mut causes);
    causes.into_vec()
}

struct Kind<'a> {
    group: &'a str,
    name: &'a str,
    namespaced: bool,
}

impl<'a> Kind<'a> {
    fn of(object: &'a Value) -> Option<Self> {
        let (api_version, kind) = (text(object, "apiVersion"), text(object, "kind"));
        let (_, resource) = discovery::resource_of(api_version, kind)?;
        Some(Self {
            group: discovery::split_api_version(api_version).0,
            name: kind,
            namespaced: resource.namespaced,
        })
    }
}

fn name_form(kind: &Kind<'_>) -> meta::Name {
    match (kind.group, kind.name) {
        ("", "Namespace" | "Service") => names::dns_label,
        ("rbac.authorization.k8s.io", _) => names::path_segment,
        ("networking.k8s.io", "IPAddress") => names::ip,
        _ => names::dns_subdomain,
    }
}

/// The checks of a kind, without those of metadata, of a new object.
fn create(kind: &Kind<'_>, object: &Value, causes: &mut Causes) {
    let spec = at(object, "spec");
    match (kind.group, kind.name) {
        ("", "Pod") => pod_update::create(object, causes),
        ("", "Service") => {
            service::service(object, causes);
            if causes.is_empty() {
                service::single_stack(spec, causes);
            }
        }
        ("apps", "StatefulSet") => {
            workload::stateful_set(spec, causes);
            workload::claim_templates(spec, causes);
        }
        ("batch", "Job") => job::job(object, causes),
        ("batch", "CronJob") => job::cron_job(object, true, causes),
        ("networking.k8s.io", "Ingress") => {
            networking::ingress(spec, causes);
            networking::ingress_annotation(object, causes);
        }
        ("apiextensions.k8s.io", _) => {
            crd::name(object, causes);
            crd::definition(object, causes);
        }
        ("resource.k8s.io", "ResourceClaim") => {
            policy::device_claim(spec, format_args!("spec"), causes)
        }
        _ => always(kind, object, causes),
    }
}

/// The checks that are the same for new and for changed objects.
fn always(kind: &Kind<'_>, object: &Value, causes: &mut Causes) {
    let spec = at(object, "spec");
    match (kind.group, kind.name) {
        ("", kind) => always_core(kind, object, causes),
        ("apps", "Deployment") => workload::deployment(spec, causes),
        ("apps", "ReplicaSet") => workload::replica_set(spec, causes),
        ("apps", "DaemonSet") => workload::daemon_set(spec, causes),
        ("apps", "ControllerRevision") => {
            if at(object, "data").is_null() {
                causes.required("data", "data is mandatory");
            }
            meta::non_negative_at_root(object, "revision", causes);
        }
        ("autoscaling", _) => scaling::autoscaler(spec, causes),
        ("policy", _) => scaling::disruption_budget(spec, causes),
        ("networking.k8s.io", "Ingress") => networking::ingress(spec, causes),
        ("networking.k8s.io", "IngressClass") => networking::ingress_class(spec, causes),
        ("networking.k8s.io", "NetworkPolicy") => networking::network_policy(spec, causes),
        ("discovery.k8s.io", _) => networking::endpoint_slice(object, causes),
        ("rbac.authorization.k8s.io", "Role" | "ClusterRole") => rbac::role(object, causes),
        ("rbac.authorization.k8s.io", _) => rbac::binding(object, causes),
        ("storage.k8s.io", kind) => always_storage(kind, object, causes),
        ("scheduling.k8s.io", _) => policy::priority_class(object, causes),
        ("node.k8s.io", _) => policy::runtime_class(object, causes),
        ("coordination.k8s.io", "Lease") => policy::lease(spec, causes),
        ("certificates.k8s.io", _) => policy::signing_request(spec, causes),
        ("admissionregistration.k8s.io", kind) => match kind {
            "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration" => {
                policy::webhooks(object, causes);
            }
            "ValidatingAdmissionPolicyBinding" => policy::policy_binding(spec, causes),
            _ => {}
        },
        ("flowcontrol.apiserver.k8s.io", "FlowSchema") => policy::flow_schema(spec, causes),
        ("flowcontrol.apiserver.k8s.io", _) => policy::priority_level(spec, causes),
        ("resource.k8s.io", "ResourceClaimTemplate") => {
            policy::device_claim(at(spec, "spec"), format_args!("spec.spec"), causes);
        }
        _ => {}
    }
}

fn always_core(kind: &str, object: &Value, causes: &mut Causes) {
    let spec = at(object, "spec");
    match kind {
        "ConfigMap" => core::config_map(object, causes),
        "Secret" => core::secret(object, causes),
        "Node" => core::node(object, causes),
        "Namespace" => core::namespace(object, causes),
        "Endpoints" => core::endpoints(object, causes),
        "PersistentVolume" => core::persistent_volume(object, causes),
        "PersistentVolumeClaim" => claim::spec(spec, format_args!("spec"), causes),
        "ReplicationController" => workload::replication_controller(spec, causes),
        "PodTemplate" => pod::template(at(object, "template"), format_args!("template"), causes),
        "ResourceQuota" => resources::quota(spec, causes),
        "LimitRange" => resources::limit_range(spec, causes),
        _ => {}
    }
}

fn always_storage(kind: &str, object: &Value, causes: &mut Causes) {
    let spec = at(object, "spec");
    match kind {
        "StorageClass" => storage::storage_class(object, causes),
        "VolumeAttributesClass" => storage::attributes_class(object, causes),
        "CSIDriver" => storage::csi_driver(spec, causes),
        "CSINode" => storage::csi_node(spec, causes),
        "VolumeAttachment" => storage::attachment(spec, causes),
        _ => {}
    }
}

/// The checks of a kind of a changed object. Most kinds check metadata for changes once more, and some check all of it.
fn update(kind: &Kind<'_>, new: &Value, old: &Value, causes: &mut Causes) {
    let whole = |causes: &mut Causes| {
        meta::object_meta(new, kind.namespaced, name_form(kind), causes);
        always(kind, new, causes);
    };
    let changed = |causes: &mut Causes| meta::object_meta_update(new, old, causes);
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
        ("apps", "StatefulSet") => {
            changed(causes);
            workload::stateful_set(at(new, "spec"), causes);
            workload::stateful_set_update(new, old, causes);
        }
        ("apps", "ControllerRevision") => {
            changed(causes);
            whole(causes);
            meta::immutable_value(
                at(new, "data"),
                at(old, "data"),
                format_args!("data"),
                causes,
            );
        }
        ("apps", _) => {
            changed(causes);
            always(kind, new, causes);
            workload::same_selector(new, old, causes);
        }
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
            meta::immutable_text(
                text(new, "handler"),
                text(old, "handler"),
                format_args!("handler"),
                causes,
            );
            always(kind, new, causes);
        }
        ("discovery.k8s.io", _) => {
            changed(causes);
            whole(causes);
            meta::immutable_text(
                text(new, "addressType"),
                text(old, "addressType"),
                format_args!("addressType"),
                causes,
            );
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

fn subresource(kind: &Kind<'_>, subresource: &str, new: &Value, old: &Value, causes: &mut Causes) {
    match (kind.group, kind.name, subresource) {
        ("", "Service", "status") => service::status(new, causes),
        ("", "Namespace", "status") => core::namespace_status(new, causes),
        ("", "Namespace", "finalize") => core::namespace(new, causes),
        ("", "Pod", "status") => pod_update::status(new, old, causes),
        ("", "Pod", "ephemeralcontainers") => pod_update::ephemeral(new, old, causes),
        ("", "Pod", "resize") => pod_update::resize(new, old, causes),
        ("batch", "Job", "status") => job::status(at(new, "status"), causes),
        ("networking.k8s.io", "Ingress", "status") => networking::ingress_status(new, causes),
        ("certificates.k8s.io", _, _) => policy::signing_request_update(new, old, causes),
        _ => {}
    }
}
