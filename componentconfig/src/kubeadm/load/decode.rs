//! From documents to the newest types.

use serde::de::DeserializeOwned;

use super::{
    LoadOptions, Loaded,
    gate::{self, Admitted, Wanted},
};
use crate::{
    Compat, Document, DocumentSet, GroupVersionKind, Report,
    decode::decode as decode_document,
    kube_proxy::v1alpha1::KubeProxyConfiguration,
    kubeadm::{
        convert,
        findings::Findings,
        kinds::{CLUSTER, INIT, JOIN, KUBE_PROXY, KUBELET, RESET, UPGRADE},
        v1beta3,
        v1beta4::{
            ClusterConfiguration, InitConfiguration, JoinConfiguration, ResetConfiguration,
            UpgradeConfiguration,
        },
    },
    kubelet::v1beta1::KubeletConfiguration,
    scalar::Duration,
};

/// The documents of a file at the newest versions, as they were written, and what is known about them.
#[derive(Debug, Default)]
pub(super) struct Typed {
    pub(super) init: Option<InitConfiguration>,
    pub(super) cluster: Option<ClusterConfiguration>,
    /// What a v1beta3 cluster says about the timeouts of a v1beta4 `InitConfiguration`.
    pub(super) control_plane_timeout: Option<Duration>,
    pub(super) join: Option<JoinConfiguration>,
    pub(super) reset: Option<ResetConfiguration>,
    pub(super) upgrade: Option<UpgradeConfiguration>,
    pub(super) kubelet: Option<KubeletConfiguration>,
    pub(super) kube_proxy: Option<KubeProxyConfiguration>,
    /// Whether a document could not be read, so that nothing can be said about what depends on it.
    pub(super) broken: bool,
    pub(super) compat: Compat,
    pub(super) report: Report,
    pub(super) findings: Findings,
}

impl Typed {
    /// The outcome with what was found on the way.
    pub(super) fn finish<T>(
        mut self,
        set: Option<&DocumentSet>,
        config: T,
    ) -> Result<Loaded<T>, Report> {
        let found = self.findings.diagnostics(|kind| set?.by_kind(kind));
        self.report.extend(found);
        self.report.sort();
        let (config, warnings) = self.report.unless_errors(config)?;
        Ok(Loaded {
            config,
            warnings,
            unset: self.findings.unset,
        })
    }

    fn read<T: DeserializeOwned>(
        &mut self,
        document: &Document,
        options: LoadOptions,
    ) -> Option<T> {
        let decoded = decode_document(document, options.strictness);
        self.report.extend(decoded.diagnostics);
        self.broken |= decoded.value.is_none();
        decoded.value
    }

    fn document(&mut self, document: &Document, gvk: &GroupVersionKind, options: LoadOptions) {
        let old = gvk.version() == "v1beta3";
        match gvk.kind() {
            INIT if old => {
                let init: Option<v1beta3::InitConfiguration> = self.read(document, options);
                self.init = init.as_ref().map(Into::into);
            }
            INIT => self.init = self.read(document, options),
            CLUSTER if old => {
                let cluster: Option<v1beta3::ClusterConfiguration> = self.read(document, options);
                if let Some(cluster) = cluster {
                    let (cluster, timeout) = convert::cluster_up(&cluster);
                    self.cluster = Some(cluster);
                    self.control_plane_timeout = timeout;
                }
            }
            CLUSTER => self.cluster = self.read(document, options),
            JOIN if old => {
                let join: Option<v1beta3::JoinConfiguration> = self.read(document, options);
                self.join = join.as_ref().map(Into::into);
            }
            JOIN => self.join = self.read(document, options),
            RESET => self.reset = self.read(document, options),
            UPGRADE => self.upgrade = self.read(document, options),
            KUBELET => self.kubelet = self.read(document, options),
            KUBE_PROXY => self.kube_proxy = self.read(document, options),
            // Other kinds of a component's group, such as its records: nothing that kubeadm reads.
            _ => {}
        }
    }
}

/// Decodes every document that is wanted.
///
/// # Errors
/// A kind is not known, or its version is gone.
pub(super) fn decode(
    set: &DocumentSet,
    options: LoadOptions,
    wanted: Wanted,
) -> Result<Typed, Report> {
    let Admitted { documents, report } = gate::check(set, options, wanted)?;
    let mut typed = Typed {
        report,
        compat: options.compat,
        ..Typed::default()
    };
    for (document, gvk) in documents {
        typed.document(document, gvk, options);
    }
    Ok(typed)
}
