//! kube-proxy, which has the version of the control plane.

use apply_semantics::op::Operation;
use serde_json::Value;

use super::{UpgradeError, change, image::Image, image_of, with_image};
use crate::{controlplane::v1beta2::KubeadmControlPlane, facts, labels};

/// The container of its DaemonSet, which has the same name.
const NAME: &str = "kube-proxy";

/// What brings the DaemonSet `kube-proxy` in `kube-system` to the version and the image repository of a control plane; nothing if it
/// is there, has no such container, or is to be left alone.
///
/// ```
/// use machine_api::{controlplane::v1beta2::KubeadmControlPlane, kcp::upgrade};
/// use serde_json::json;
///
/// let mut kcp = KubeadmControlPlane::default();
/// kcp.spec.version = "v1.36.1".to_owned();
/// let daemon_set = json!({
///     "apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "kube-proxy", "namespace": "kube-system"},
///     "spec": {"template": {"spec": {"containers": [{"name": "kube-proxy", "image": "registry.k8s.io/kube-proxy:v1.36.0"}]}}},
/// });
/// let patch = upgrade::kube_proxy(&kcp, &daemon_set)?.expect("another version");
/// assert_eq!(patch.to_string(), "patch apps/v1 DaemonSet kube-system/kube-proxy with a JSON merge patch as manager");
/// # Ok::<(), upgrade::UpgradeError>(())
/// ```
///
/// # Errors
/// Its image cannot be read, or is told by its digest.
pub fn kube_proxy(
    kcp: &KubeadmControlPlane,
    daemon_set: &Value,
) -> Result<Option<Operation>, UpgradeError> {
    let image = image_of(daemon_set, NAME);
    let (Some(image), false) = (
        image,
        facts::has_annotation(&kcp.metadata, labels::SKIP_KUBE_PROXY),
    ) else {
        return Ok(None);
    };
    let tagged = Image::read(image)?.tagged(&kcp.spec.version)?;
    let repository = &kcp.spec.kubeadm_config_spec.cluster_configuration;
    let wanted = match repository.image_repository.as_str() {
        "" => tagged.to_string(),
        repository => tagged.moved(repository)?,
    };
    if wanted == image {
        return Ok(None);
    }
    let desired = with_image(daemon_set.clone(), NAME, &wanted);
    Ok(change(daemon_set, &desired))
}
