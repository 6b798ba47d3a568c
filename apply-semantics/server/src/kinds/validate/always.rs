//! Which checks which kind has, whether it is new or changed.

use serde_json::Value;

use super::{
    super::{cause::Causes, read::at},
    Kind, admission, claim, core, crd, devices, ingress, job, meta, networking, pod, pod_update,
    policy, rbac, resources, scaling, service, signing, storage, workload,
};

/// The checks of a kind, without those of metadata, of a new object.
pub(super) fn create(kind: &Kind<'_>, object: &Value, causes: &mut Causes) {
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
            ingress::ingress(spec, causes);
            ingress::ingress_annotation(object, causes);
        }
        ("apiextensions.k8s.io", _) => {
            crd::name(object, causes);
            crd::definition(object, causes);
        }
        ("resource.k8s.io", "ResourceClaim") => {
            devices::device_claim(spec, format_args!("spec"), causes);
        }
        _ => always(kind, object, causes),
    }
}

/// The checks that are the same for new and for changed objects.
pub(super) fn always(kind: &Kind<'_>, object: &Value, causes: &mut Causes) {
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
        ("networking.k8s.io", "Ingress") => ingress::ingress(spec, causes),
        ("networking.k8s.io", "IngressClass") => ingress::ingress_class(spec, causes),
        ("networking.k8s.io", "NetworkPolicy") => networking::network_policy(spec, causes),
        ("discovery.k8s.io", _) => networking::endpoint_slice(object, causes),
        ("rbac.authorization.k8s.io", "Role" | "ClusterRole") => rbac::role(object, causes),
        ("rbac.authorization.k8s.io", _) => rbac::binding(object, causes),
        ("storage.k8s.io", kind) => always_storage(kind, object, causes),
        ("scheduling.k8s.io", _) => policy::priority_class(object, causes),
        ("node.k8s.io", _) => policy::runtime_class(object, causes),
        ("coordination.k8s.io", "Lease") => policy::lease(spec, causes),
        ("certificates.k8s.io", _) => signing::signing_request(spec, causes),
        ("admissionregistration.k8s.io", kind) => match kind {
            "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration" => {
                admission::webhooks(object, causes);
            }
            "ValidatingAdmissionPolicyBinding" => admission::policy_binding(spec, causes),
            _ => {}
        },
        ("flowcontrol.apiserver.k8s.io", "FlowSchema") => policy::flow_schema(spec, causes),
        ("flowcontrol.apiserver.k8s.io", _) => policy::priority_level(spec, causes),
        ("resource.k8s.io", "ResourceClaimTemplate") => {
            devices::device_claim(at(spec, "spec"), format_args!("spec.spec"), causes);
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
