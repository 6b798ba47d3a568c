//! Volumes that a node has to let go of before its machine can go.

use std::collections::BTreeSet;

use componentconfig::core::Time;
use serde::Serialize;

use super::{Node, PersistentVolume, Pod, drain, shortened, view::key};

/// Volumes are looked at again after so many seconds.
pub const RETRY_SECONDS: i64 = 20;

const LISTED: usize = 5;

/// Volumes that are still attached to a node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Attached {
    /// Claims, apart from those of pods that are left on the node.
    pub claims: BTreeSet<String>,
    /// PersistentVolumes that nothing claims.
    pub unclaimed: BTreeSet<String>,
    /// What the node names without there being a PersistentVolume.
    pub unknown_to_node: BTreeSet<String>,
    /// What a VolumeAttachment names without there being a PersistentVolume.
    pub unknown_to_attachments: BTreeSet<String>,
}

impl Attached {
    /// The volumes that are still attached to `node`: those of its status, and the names of PersistentVolumes in VolumeAttachments
    /// of it whose status is attached.
    ///
    /// Claims of pods that draining leaves are not waited for.
    pub fn of(
        node: &Node,
        attachments: &BTreeSet<String>,
        volumes: &[PersistentVolume],
        pods: &[Pod],
        plan: &drain::DrainPlan,
    ) -> Self {
        let left: BTreeSet<String> = plan
            .pods
            .iter()
            .filter(|pod| pod.behavior == drain::Behavior::Skip)
            .map(drain::PodDecision::key)
            .collect();
        let ignored: BTreeSet<String> = pods
            .iter()
            .filter(|pod| left.contains(&pod.key()))
            .flat_map(|pod| {
                let claims = pod.spec.volumes.iter();
                let claims = claims.filter_map(|one| one.persistent_volume_claim.as_ref());
                claims.map(|claim| key(&pod.metadata.namespace, &claim.claim_name))
            })
            .collect();
        let by_node: BTreeSet<String> = node
            .status
            .volumes_attached
            .iter()
            .map(|volume| volume.name.clone())
            .collect();
        let mut attached = Self {
            unknown_to_node: by_node.clone(),
            unknown_to_attachments: attachments.clone(),
            ..Self::default()
        };
        for volume in volumes {
            let name = &volume.metadata.name;
            let csi = volume.spec.csi.as_ref();
            let csi =
                csi.map(|csi| format!("kubernetes.io/csi/{}^{}", csi.driver, csi.volume_handle));
            let csi = csi.filter(|csi| by_node.contains(csi));
            let named = attachments.contains(name);
            if csi.is_none() && !named {
                continue;
            }
            attached.unknown_to_attachments.remove(name);
            if let Some(csi) = csi {
                attached.unknown_to_node.remove(&csi);
            }
            match &volume.spec.claim_ref {
                Some(claim) if claim.kind == "PersistentVolumeClaim" => {
                    let claim = key(&claim.namespace, &claim.name);
                    if !ignored.contains(&claim) {
                        attached.claims.insert(claim);
                    }
                }
                _ => {
                    attached.unclaimed.insert(name.clone());
                }
            }
        }
        attached
    }

    /// Whether nothing is waited for.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The message of the condition Deleting for a wait that began at `started`.
    pub fn message(&self, started: Time) -> String {
        let mut lines = vec![format!(
            "Waiting for Node volumes to be detached (started at {started})"
        )];
        let lists = [
            ("PersistentVolumeClaims", &self.claims),
            (
                "PersistentVolumes without a .spec.claimRef to a PersistentVolumeClaim",
                &self.unclaimed,
            ),
            (
                "Node with .status.volumesAttached entries not matching a PersistentVolume",
                &self.unknown_to_node,
            ),
            (
                "VolumeAttachment with .spec.source.persistentVolumeName not matching a PersistentVolume",
                &self.unknown_to_attachments,
            ),
        ];
        for (what, names) in lists {
            if !names.is_empty() {
                let names: Vec<String> = names.iter().cloned().collect();
                lines.push(format!("* {what}: {}", shortened(&names, LISTED)));
            }
        }
        lines.join("\n")
    }
}
