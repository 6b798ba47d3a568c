//! The kinds that kubeadm reads, and which versions of them it still does.

use crate::{Class, Diagnostic, Document, GroupVersionKind, field::Path};

pub(crate) const GROUP: &str = "kubeadm.k8s.io";
pub(crate) const INIT: &str = "InitConfiguration";
pub(crate) const CLUSTER: &str = "ClusterConfiguration";
pub(crate) const JOIN: &str = "JoinConfiguration";
pub(crate) const RESET: &str = "ResetConfiguration";
pub(crate) const UPGRADE: &str = "UpgradeConfiguration";
pub(crate) const KUBELET: &str = "KubeletConfiguration";
pub(crate) const KUBE_PROXY: &str = "KubeProxyConfiguration";

pub(crate) const KUBELET_GROUP: &str = "kubelet.config.k8s.io";
pub(crate) const KUBELET_VERSION: &str = "v1beta1";
pub(crate) const KUBE_PROXY_GROUP: &str = "kubeproxy.config.k8s.io";
pub(crate) const KUBE_PROXY_VERSION: &str = "v1alpha1";

/// Versions that are gone, with the last kubeadm that reads them.
const GONE: [(&str, &str); 5] = [
    ("v1alpha1", "v1.11"),
    ("v1alpha2", "v1.12"),
    ("v1alpha3", "v1.14"),
    ("v1beta1", "v1.15"),
    ("v1beta2", "v1.22"),
];

/// Whether kubeadm has a type for this kind, or had one.
pub(crate) fn is_known(gvk: &GroupVersionKind) -> bool {
    last_reader(gvk).is_some() || kinds_of(gvk.group(), gvk.version()).contains(&gvk.kind())
}

/// The last kubeadm that reads a version that is gone.
fn last_reader(gvk: &GroupVersionKind) -> Option<&'static str> {
    let gone = GONE.iter().find(|(version, _)| *version == gvk.version())?;
    (gvk.group() == GROUP).then_some(gone.1)
}

fn kinds_of(group: &str, version: &str) -> &'static [&'static str] {
    match (group, version) {
        (GROUP, "v1beta3") => &[INIT, CLUSTER, JOIN],
        (GROUP, "v1beta4") => &[INIT, CLUSTER, JOIN, RESET, UPGRADE],
        (KUBELET_GROUP, KUBELET_VERSION) => &[
            KUBELET,
            "CredentialProviderConfig",
            "SerializedNodeConfigSource",
            "ImagePullIntent",
            "ImagePulledRecord",
        ],
        (KUBE_PROXY_GROUP, KUBE_PROXY_VERSION) => &[KUBE_PROXY],
        _ => &[],
    }
}

/// The error for a kind that there never was, at what is wrong with it: its version, or only its name.
pub(crate) fn unknown(document: &Document, gvk: &GroupVersionKind) -> Diagnostic {
    let error = document.unknown_api();
    if kinds_of(gvk.group(), gvk.version()).is_empty() {
        return error;
    }
    let path = Path::new("kind");
    let span = document.locate(&path);
    error.at(path).span(span)
}

/// What is said about the version of a document: an error if it is gone, a warning if it is going.
pub(crate) fn about_version(
    document: &Document,
    gvk: &GroupVersionKind,
    allow_deprecated: bool,
) -> Option<Diagnostic> {
    let path = Path::new("apiVersion");
    let migrate =
        "kubeadm config migrate --old-config old-config-file --new-config new-config-file";
    let (version, kind) = (gvk.api_version(), gvk.kind());
    let diagnostic = if let Some(reader) = last_reader(gvk) {
        let message =
            format!("your configuration file uses an old API spec: {version:?} (kind: {kind:?})");
        let help = format!(
            "use kubeadm {reader} and run '{migrate}', which writes a similar spec with a newer API version"
        );
        Diagnostic::error(Class::UnsupportedVersion, message).help(help)
    } else if gvk.group() == GROUP && gvk.version() == "v1beta3" && !allow_deprecated {
        let message = format!(
            "your configuration file uses a deprecated API spec: {version:?} (kind: {kind:?})"
        );
        let help = format!("run '{migrate}', which writes a similar spec with a newer API version");
        Diagnostic::warning(Class::DeprecatedVersion, message).help(help)
    } else {
        return None;
    };
    let span = document.locate(&path);
    Some(diagnostic.at(path).span(span).source(document.source()))
}
