//! What the phases that use the API have in common.

use apply_semantics::op::{ObjectRef, Operation, Reason, Refusal, WriteOptions};

use super::noted;
use crate::kubeadm::InitContext;
use crate::kubeadm::api::{
    Api, ApiDraft, Attempt, MANAGER, Request, error_of, target_of, undo_of_made,
};
use crate::kubeadm::objects::rbac;
use crate::{Compat, Cx, FileError, FileErrorKind, Note, PhaseError, Plan};

/// Plans with the API; without one there is nothing to do.
pub(crate) fn with_api(
    cx: &Cx<'_, InitContext>,
    wants: impl FnOnce(&mut ApiDraft<'_, '_>) -> Result<(), PhaseError>,
) -> Result<Plan, PhaseError> {
    let Some(api) = &cx.config.api else {
        return Ok(noted(Note::info("api.none", "no API is configured")));
    };
    if let Some(path) = &cx.config.kubeconfig
        && cx.files.stat(path)?.is_none()
    {
        return Err(FileError::new("open", path, FileErrorKind::NotFound).into());
    }
    let mut draft = cx.draft();
    let mut wanted = ApiDraft::new(api, cx.config.compat, &mut draft);
    if cx.config.grants_admins && !cx.config.init.dry_run {
        administrators(cx, api, &mut wanted)?;
    }
    wants(&mut wanted)?;
    Ok(draft.finish())
}

/// The administrators of `admin.conf` have their rights by a binding that only the super-admin can make at first.
///
/// Follows `EnsureAdminClusterRoleBinding` in `cmd/kubeadm/app/phases/kubeconfig`.
fn administrators(
    cx: &Cx<'_, InitContext>,
    api: &Api,
    wanted: &mut ApiDraft<'_, '_>,
) -> Result<(), PhaseError> {
    let binding = rbac::cluster_admins();
    let target = target_of(&binding)?;
    if cx.config.compat == Compat::Fixed {
        match look(api, &target) {
            Ok(true) => return Ok(()),
            Ok(false) => {}
            Err(refusal) if refusal.reason == Reason::Forbidden => {}
            Err(refusal) => return Err(error_of(&format!("get {target}"), &refusal)),
        }
    }
    let options = match cx.config.compat {
        Compat::Fixed => WriteOptions::new(MANAGER),
        Compat::Upstream => WriteOptions::default(),
    };
    let create = Operation::create(target.collection(), binding, options);
    let mut attempts = vec![Attempt::new(create.clone())];
    if api.has_super_admin() {
        attempts = vec![
            Attempt::new(create.clone()).otherwise([Reason::Forbidden]),
            Attempt::new(create).as_super_admin(),
        ];
    }
    let request = Request::any(attempts)
        .enough([Reason::AlreadyExists])
        .once();
    wanted.request(match cx.config.compat {
        Compat::Fixed => request.undone_by(undo_of_made(&target)),
        Compat::Upstream => request,
    });
    Ok(())
}

fn look(api: &Api, target: &ObjectRef) -> Result<bool, Refusal> {
    match api.execute(&Operation::get(target.clone())) {
        Ok(_) => Ok(true),
        Err(refusal) if refusal.reason == Reason::NotFound => Ok(false),
        Err(refusal) => Err(refusal),
    }
}
