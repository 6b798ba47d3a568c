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

mod admission;
mod always;
mod claim;
mod container;
mod core;
mod crd;
mod devices;
mod ingress;
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
mod signing;
mod storage;
mod update;
mod volume;
mod workload;

use serde_json::Value;

use super::{
    cause::{Cause, Causes},
    discovery, names,
    read::text,
};

/// Everything that is wrong with a new object; the defaults are set and the server's own fields are filled in.
pub(crate) fn validate_create(object: &Value) -> Vec<Cause> {
    let mut causes = Causes::default();
    let Some(kind) = Kind::of(object) else {
        return Vec::new();
    };
    meta::object_meta(object, kind.namespaced, name_form(&kind), &mut causes);
    always::create(&kind, object, &mut causes);
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
        None => update::update(&kind, new, old, &mut causes),
        Some(subresource) => {
            meta::object_meta_update(new, old, &mut causes);
            update::subresource(&kind, subresource, new, old, &mut causes);
        }
    }
    causes.into_vec()
}

/// Everything that is wrong with the metadata of a new custom resource.
pub(crate) fn validate_metadata(object: &Value, namespaced: bool) -> Vec<Cause> {
    let mut causes = Causes::default();
    meta::custom_meta(object, namespaced, names::dns_subdomain, &mut causes);
    causes.into_vec()
}

/// Everything that is wrong with the metadata of a changed custom resource.
pub(crate) fn validate_metadata_update(new: &Value, old: &Value, namespaced: bool) -> Vec<Cause> {
    let mut causes = Causes::default();
    meta::common_update(new, old, namespaced, &mut causes);
    meta::custom_meta_update(new, old, &mut causes);
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Built-in kinds say more about names of finalizers than custom resources do.
    #[test]
    fn finalizers_of_custom_resources_need_no_prefix() {
        let object = |kind: &str, api_version: &str| {
            json!({
                "apiVersion": api_version, "kind": kind,
                "metadata": {"name": "a", "namespace": "default", "finalizers": ["machine.cluster.x-k8s.io"]},
            })
        };
        let custom = object("Machine", "cluster.x-k8s.io/v1beta2");
        assert!(validate_metadata(&custom, true).is_empty());
        assert!(validate_metadata_update(&custom, &custom, true).is_empty());
        assert!(!validate_create(&object("ConfigMap", "v1")).is_empty());
    }
}
