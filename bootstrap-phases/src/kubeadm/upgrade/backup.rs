//! Where an upgrade keeps what it replaces, and how that is put back.

use std::time::SystemTime;

use super::control_plane_manifests;
use crate::kubeadm::Paths;
use crate::{Content, Cx, Files, Node, Note, PhaseError, Plan, Timestamp, Workflow};

/// What folders of former manifests are called; the moment comes behind.
pub(super) const MANIFEST_BACKUP: &str = "kubeadm-backup-manifests";
/// What folders of etcd's data are called.
pub(super) const ETCD_BACKUP: &str = "kubeadm-backup-etcd";
/// What folders of the kubelet's former files are called.
pub(super) const KUBELET_BACKUP: &str = "kubeadm-kubelet-config";

/// The name of a folder of this moment: `kubeadm-backup-manifests-2026-01-02-03-04-05`.
pub(super) fn folder_of_now(prefix: &str, now: SystemTime) -> String {
    let text = Timestamp::from(now).to_string();
    let seconds = text.split('.').next().unwrap_or_default();
    format!("{prefix}-{}", seconds.replace(['T', ':'], "-"))
}

/// What is put back, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RollbackContext {
    /// The folder of the former manifests: [`newest_backup`] finds the last one.
    pub backup: String,
    /// Where files go.
    pub paths: Paths,
    /// Whether etcd's manifest is put back, too. Its data are not: a member that has learnt more than its backup would forget
    /// what the others have been told.
    pub etcd: bool,
}

/// The folder that the last upgrade of this node kept the manifests in, if there is one.
///
/// # Errors
/// A folder cannot be looked at.
pub fn newest_backup(files: &dyn Files, paths: &Paths) -> Result<Option<String>, PhaseError> {
    let folder = format!("{}/tmp", paths.kubernetes.trim_end_matches('/'));
    if files.stat(&folder)?.is_none() {
        return Ok(None);
    }
    let names = files.list(&folder)?;
    let newest = names
        .into_iter()
        .filter(|name| name.starts_with(MANIFEST_BACKUP))
        .max();
    Ok(newest.map(|name| format!("{folder}/{name}")))
}

/// The workflow `rollback`: puts the manifests of a backup back, those that differ.
///
/// For upgrades whose `control-plane` failed. The run that failed is over then: the next one has to begin afresh.
pub fn rollback_workflow() -> Workflow<RollbackContext> {
    let short = "Put the former manifests of the control plane back";
    Workflow::new("rollback").phase(Node::new("manifests", short).run(put_back))
}

fn put_back(cx: &Cx<'_, RollbackContext>) -> Result<Plan, PhaseError> {
    let folder = cx.config.backup.trim_end_matches('/');
    let target = format!(
        "{}/manifests",
        cx.config.paths.kubernetes.trim_end_matches('/')
    );
    let mut draft = cx.draft();
    for component in control_plane_manifests(cx.config.etcd) {
        let Some(text) = cx
            .files
            .read_if_exists(&format!("{folder}/{component}.yaml"))?
        else {
            continue;
        };
        let text = String::from_utf8_lossy(&text).into_owned();
        draft.file(
            &format!("{target}/{component}.yaml"),
            0o600,
            Content::text(text),
        )?;
        let text = format!("{component} runs from its former manifest");
        draft.note(Note::info("rollback.put-back", text));
    }
    Ok(draft.finish())
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    #[test]
    fn folders_are_named_by_the_moment() {
        let now = UNIX_EPOCH + Duration::from_secs(1_795_235_010);
        assert_eq!(folder_of_now("x", now), "x-2026-11-21-04-23-30");
    }
}
