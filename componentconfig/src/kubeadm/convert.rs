//! Conversion between v1beta3 and v1beta4, of whole sets of documents: a timeout moves from one kind to another.
//!
//! Follows `cmd/kubeadm/app/apis/kubeadm/v1beta3/conversion.go` and `.../v1beta4/conversion.go`, without the internal
//! type in between. Values are converted as they are: what is unset stays unset.

mod args;
mod down;
mod loss;
mod up;

use super::{v1beta3, v1beta4};
pub use crate::conversion::Loss;

pub(crate) use up::cluster as cluster_up;

/// The documents of v1beta3 that belong together: those of one file, say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DocumentsV1Beta3 {
    /// The `InitConfiguration`.
    pub init: Option<v1beta3::InitConfiguration>,
    /// The `ClusterConfiguration`.
    pub cluster: Option<v1beta3::ClusterConfiguration>,
    /// The `JoinConfiguration`.
    pub join: Option<v1beta3::JoinConfiguration>,
}

/// The documents of v1beta4 that belong together: those of one file, say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DocumentsV1Beta4 {
    /// The `InitConfiguration`.
    pub init: Option<v1beta4::InitConfiguration>,
    /// The `ClusterConfiguration`.
    pub cluster: Option<v1beta4::ClusterConfiguration>,
    /// The `JoinConfiguration`.
    pub join: Option<v1beta4::JoinConfiguration>,
    /// The `ResetConfiguration`, which v1beta3 does not have.
    pub reset: Option<v1beta4::ResetConfiguration>,
    /// The `UpgradeConfiguration`, which v1beta3 does not have.
    pub upgrade: Option<v1beta4::UpgradeConfiguration>,
}

impl DocumentsV1Beta3 {
    /// The same in v1beta4. Nothing is lost.
    ///
    /// `apiServer.timeoutForControlPlane` of the cluster becomes `timeouts.controlPlaneComponentHealthCheck` of the
    /// `InitConfiguration`, which is made if there is none.
    #[must_use]
    pub fn to_v1beta4(&self) -> DocumentsV1Beta4 {
        let (cluster, timeout) = match &self.cluster {
            Some(cluster) => {
                let (cluster, timeout) = up::cluster(cluster);
                (Some(cluster), timeout)
            }
            None => (None, None),
        };
        let mut init = self.init.as_ref().map(v1beta4::InitConfiguration::from);
        if timeout.is_some() {
            let timeouts = &mut init.get_or_insert_default().timeouts;
            timeouts
                .get_or_insert_default()
                .control_plane_component_health_check = timeout;
        }
        DocumentsV1Beta4 {
            init,
            cluster,
            join: self.join.as_ref().map(v1beta4::JoinConfiguration::from),
            reset: None,
            upgrade: None,
        }
    }
}

impl DocumentsV1Beta4 {
    /// The nearest in v1beta3, and everything that was set and cannot be said there.
    ///
    /// `timeouts.controlPlaneComponentHealthCheck` of the `InitConfiguration` becomes
    /// `apiServer.timeoutForControlPlane` of the cluster, which is made if there is none.
    #[must_use]
    pub fn to_v1beta3(&self) -> (DocumentsV1Beta3, Vec<Loss>) {
        let mut cluster = self.cluster.as_ref().map(down::cluster);
        let timeouts = self.init.as_ref().and_then(|init| init.timeouts.as_ref());
        let timeout = timeouts.and_then(|timeouts| timeouts.control_plane_component_health_check);
        if timeout.is_some() {
            cluster
                .get_or_insert_default()
                .api_server
                .timeout_for_control_plane = timeout;
        }
        let documents = DocumentsV1Beta3 {
            init: self.init.as_ref().map(down::init),
            cluster,
            join: self.join.as_ref().map(down::join),
        };
        let losses = loss::between(self, &documents.to_v1beta4());
        (documents, losses)
    }
}

#[cfg(test)]
mod tests;
