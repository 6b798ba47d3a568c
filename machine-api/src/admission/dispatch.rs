//! Admission of objects whose kind is only known when they are read.

use componentconfig::{GroupVersionKind, Strictness, decode_value};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Admit, Refusal, Request, Warnings};
use crate::{addons, bootstrap, controlplane, core, ipam, runtime};

/// What is done with an object.
#[derive(Clone, Copy, Debug)]
pub enum Operation<'a> {
    /// It is created.
    Create,
    /// It takes the place of this one.
    Update(&'a Value),
    /// It is deleted.
    Delete,
}

/// Validates an object of any of the kinds.
///
/// ```
/// use machine_api::admission::{Operation, Request, default, review};
/// use serde_json::json;
///
/// let check = json!({
///     "apiVersion": "cluster.x-k8s.io/v1beta2", "kind": "MachineHealthCheck", "metadata": {"name": "a"},
///     "spec": {"clusterName": "c", "selector": {"matchLabels": {"app": "web"}}},
/// });
/// let check = default(&check, Operation::Create, &Request::new(&()))?;
/// assert_eq!(check["spec"]["checks"]["nodeStartupTimeoutSeconds"], 600);
/// assert!(review(&check, Operation::Create, &Request::new(&())).is_ok());
/// # Ok::<(), machine_api::admission::Refusal>(())
/// ```
///
/// # Errors
/// The object is refused, is of another kind, or cannot be read.
pub fn review(
    object: &Value,
    operation: Operation<'_>,
    request: &Request<'_>,
) -> Result<Warnings, Refusal> {
    (kind_of(object)?.validate)(object, operation, request)
}

/// Sets what is unset in an object of any of the kinds.
///
/// # Errors
/// There is no default, or the object is of another kind or cannot be read.
pub fn default(
    object: &Value,
    operation: Operation<'_>,
    request: &Request<'_>,
) -> Result<Value, Refusal> {
    (kind_of(object)?.default)(object, operation, request)
}

struct Admission {
    kind: GroupVersionKind,
    default: fn(&Value, Operation<'_>, &Request<'_>) -> Result<Value, Refusal>,
    validate: fn(&Value, Operation<'_>, &Request<'_>) -> Result<Warnings, Refusal>,
}

fn kind_of(object: &Value) -> Result<&'static Admission, Refusal> {
    let text = |field: &str| {
        object
            .get(field)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let (version, kind) = (text("apiVersion"), text("kind"));
    let found = KINDS
        .iter()
        .find(|one| one.kind.kind() == kind && one.kind.api_version() == version);
    found.ok_or_else(|| {
        Refusal::Other(format!(
            "{version} {kind} is none of the kinds that are reviewed"
        ))
    })
}

const fn admission<T: Admit + DeserializeOwned>() -> Admission {
    Admission {
        kind: T::GVK,
        default: |object, operation, request| {
            let mut object = read::<T>(object)?;
            let old = match operation {
                Operation::Update(old) => Some(read::<T>(old)?),
                Operation::Create | Operation::Delete => None,
            };
            object.set_defaults(old.as_ref(), request)?;
            Ok(object.to_document())
        },
        validate: |object, operation, request| {
            let object = read::<T>(object)?;
            match operation {
                Operation::Create => object.validate_create(request),
                Operation::Update(old) => object.validate_update(&read(old)?, request),
                Operation::Delete => object.validate_delete(request),
            }
        },
    }
}

fn read<T: DeserializeOwned>(object: &Value) -> Result<T, Refusal> {
    let read = decode_value(object, Strictness::Ignore).into_result();
    Ok(read.map_err(|report| Refusal::Other(report.to_string()))?.0)
}

static KINDS: [Admission; 17] = [
    admission::<core::v1beta2::Cluster>(),
    admission::<core::v1beta2::ClusterClass>(),
    admission::<core::v1beta2::Machine>(),
    admission::<core::v1beta2::MachineSet>(),
    admission::<core::v1beta2::MachineDeployment>(),
    admission::<core::v1beta2::MachineHealthCheck>(),
    admission::<core::v1beta2::MachinePool>(),
    admission::<core::v1beta2::MachineDrainRule>(),
    admission::<addons::v1beta2::ClusterResourceSet>(),
    admission::<addons::v1beta2::ClusterResourceSetBinding>(),
    admission::<bootstrap::v1beta2::KubeadmConfig>(),
    admission::<bootstrap::v1beta2::KubeadmConfigTemplate>(),
    admission::<controlplane::v1beta2::KubeadmControlPlane>(),
    admission::<controlplane::v1beta2::KubeadmControlPlaneTemplate>(),
    admission::<ipam::v1beta2::IPAddress>(),
    admission::<ipam::v1beta2::IPAddressClaim>(),
    admission::<runtime::v1beta2::ExtensionConfig>(),
];
