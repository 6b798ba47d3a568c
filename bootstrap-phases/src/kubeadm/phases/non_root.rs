//! Users of their own for the components, behind the feature gate `RootlessControlPlane`.

use super::static_pods::{has_external_ca, missing};
use crate::{
    Content, Cx, Draft, Files, Owner, PhaseError,
    kubeadm::{
        InitContext,
        manifests::{Component, wanted_access},
        users::{ControlPlaneUsers, control_plane_users},
    },
};

const GATE: &str = "RootlessControlPlane";
const PASSWD: &str = "/etc/passwd";
const GROUP: &str = "/etc/group";

/// The users, found or to be made.
pub(super) struct NonRoot {
    pub(super) users: ControlPlaneUsers,
}

impl NonRoot {
    /// The users of the control plane, if its components are not to run as root.
    pub(super) fn look(cx: &Cx<'_, InitContext>) -> Result<Option<Self>, PhaseError> {
        let gates = &cx.config.cluster.feature_gates;
        if gates.get(GATE) != Some(&true) {
            return Ok(None);
        }
        let login_defs = text(cx.files, "/etc/login.defs")?.unwrap_or_default();
        let required = |path| text(cx.files, path)?.ok_or_else(|| missing(path).into());
        let (passwd, group): (_, Result<_, PhaseError>) = (required(PASSWD)?, required(GROUP));
        let users = control_plane_users(&login_defs, &passwd, &group?)
            .map_err(|error| PhaseError::conflict("users.unusable", error.to_string()))?;
        Ok(Some(Self { users }))
    }

    /// Wants the users in the two files, and the component's keys in their hands.
    pub(super) fn hand_over(
        &self,
        cx: &Cx<'_, InitContext>,
        component: Component,
        draft: &mut Draft<'_>,
    ) -> Result<(), PhaseError> {
        for (path, text) in [(PASSWD, &self.users.passwd), (GROUP, &self.users.group)] {
            let stat = cx.files.stat(path)?.ok_or_else(|| missing(path))?;
            draft.owned_file(path, stat.mode, stat.owner, Content::text(text.clone()))?;
        }
        let external_ca = has_external_ca(cx)?;
        for access in wanted_access(component, &cx.config.cluster, external_ca, &self.users) {
            match access.mode {
                Some(mode) => {
                    draft.owner(&access.path, access.owner)?;
                    draft.mode(&access.path, mode)?;
                }
                None => own_tree(cx.files, &access.path, access.owner, draft)?,
            }
        }
        Ok(())
    }
}

/// Wants a folder and all in it to belong to somebody. One that is not there yet is made so.
fn own_tree(
    files: &dyn Files,
    path: &str,
    owner: Owner,
    draft: &mut Draft<'_>,
) -> Result<(), PhaseError> {
    let Some(stat) = files.link_stat(path)? else {
        return Ok(());
    };
    draft.owner(path, owner)?;
    if stat.is_dir() {
        for name in files.list(path)? {
            own_tree(files, &format!("{path}/{name}"), owner, draft)?;
        }
    }
    Ok(())
}

fn text(files: &dyn Files, path: &str) -> Result<Option<String>, PhaseError> {
    let bytes = files.read_if_exists(path)?;
    bytes
        .map(|bytes| {
            String::from_utf8(bytes)
                .map_err(|_| PhaseError::conflict("users.unusable", format!("{path}: not UTF-8")))
        })
        .transpose()
}
