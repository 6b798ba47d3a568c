//! What Cluster API's contract says about objects of providers, whatever their kind.
//!
//! Follows `internal/contract`. An object follows the version of the contract that its CustomResourceDefinition
//! [says](ContractVersion::of); [`Untyped`] reads objects of any kind, and providers in Rust implement [`InfraCluster`],
//! [`InfraMachine`], [`BootstrapConfig`] and [`ControlPlane`] for their own types.

mod objects;
mod version;

use serde_json::Value;

pub use objects::{
    BootstrapConfig, BootstrapConfigFacts, ControlPlane, ControlPlaneFacts, InfraCluster,
    InfraClusterFacts, InfraMachine, InfraMachineFacts, Untyped, Written,
};
pub use version::ContractVersion;

use crate::version::{ParseVersionError, Version};

/// Whether a control plane is still on its way to its first version: its status names none.
pub fn is_provisioning(control_plane: &Value) -> bool {
    status_versions(control_plane).is_empty() && status_version(control_plane).is_empty()
}

/// Whether a control plane has machines of a lower version than it is to have, or of one that cannot be compared.
///
/// ```
/// use machine_api::contract;
/// use serde_json::json;
///
/// let control_plane = json!({
///     "spec": {"version": "v1.36.0"},
///     "status": {"version": "v1.35.4", "versions": [{"version": "v1.36.0"}, {"version": "v1.35.4"}]},
/// });
/// assert!(!contract::is_provisioning(&control_plane));
/// assert_eq!(contract::is_upgrading(&control_plane), Ok(true));
/// ```
///
/// # Errors
/// A version cannot be read.
pub fn is_upgrading(control_plane: &Value) -> Result<bool, ParseVersionError> {
    let wanted = text(control_plane, "/spec/version");
    let found = status_versions(control_plane);
    is_older_than(wanted, &found, status_version(control_plane))
}

/// Whether one of the versions, or the one that stands for all if there are none, is lower than the one wanted.
fn is_older_than(
    wanted: &str,
    versions: &[impl AsRef<str>],
    otherwise: &str,
) -> Result<bool, ParseVersionError> {
    let wanted: Version = wanted.parse()?;
    let otherwise = Some(otherwise).filter(|one| versions.is_empty() && !one.is_empty());
    for version in versions.iter().map(AsRef::as_ref).chain(otherwise) {
        let order = wanted.cmp_with_build_tags(&version.parse()?);
        if order.is_none_or(std::cmp::Ordering::is_gt) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn status_version(control_plane: &Value) -> &str {
    text(control_plane, "/status/version")
}

fn status_versions(control_plane: &Value) -> Vec<&str> {
    let versions = control_plane
        .pointer("/status/versions")
        .and_then(Value::as_array);
    versions
        .into_iter()
        .flatten()
        .map(|version| text(version, "/version"))
        .collect()
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}
