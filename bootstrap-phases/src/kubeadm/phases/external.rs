//! Authorities that are kept elsewhere: their certificate is here, their key is not.
//!
//! Follows `UsingExternalCA`, `UsingExternalFrontProxyCA` in `cmd/kubeadm/app/phases/certs` and
//! `ValidateKubeconfigsForExternalCA` in `cmd/kubeadm/app/phases/kubeconfig`.

use std::time::SystemTime;

use super::kubeconfigs::KUBECONFIGS;
use crate::kubeadm::InitContext;
use crate::kubeadm::pki::existing::Pair;
use crate::kubeadm::pki::{CERTIFICATES, Certificate, ClusterCertificate, FileProblem, Problem};
use crate::{Compat, Files, Note, PhaseError};

/// Checks that all is there that cannot be made here, because the key of the authority that would sign it is elsewhere.
///
/// An authority whose certificate lies in the certificates' folder without its key is an external one. What it signs (for the
/// cluster's own authority, the kubeconfigs too) has to be provided. kubeadm looks before its first phase; so should the
/// caller. The phases themselves refuse one by one what they cannot make.
///
/// kubeadm looks at the authorities of the cluster and of the front proxy; by default etcd's is looked at too.
///
/// # Errors
/// Code `pki.external-ca`, with everything that is missing or unsound, at once.
pub fn check_external_authorities(
    context: &InitContext,
    files: &dyn Files,
    now: SystemTime,
) -> Result<Vec<Note>, PhaseError> {
    let mut notes = Vec::new();
    let mut problems = Vec::new();
    for authority in CERTIFICATES
        .iter()
        .filter(|certificate| certificate.authority.is_none())
    {
        let etcds =
            authority.is_etcds() && (context.compat == Compat::Upstream || context.external_etcd());
        let pair = look(context, files, authority)?;
        if etcds || !pair.is_external_authority() {
            continue;
        }
        notes.push(Note::info(
            "pki.external-ca",
            format!(
                "the key of the authority {} is kept elsewhere",
                authority.name
            ),
        ));
        for leaf in CERTIFICATES
            .iter()
            .filter(|leaf| leaf.authority == Some(authority.name))
        {
            let spec = leaf.spec(&context.init, &context.cluster, now, &mut Vec::new())?;
            problems.extend(look(context, files, leaf)?.provided_problems(
                &pair,
                &spec,
                context.compat,
                now,
            ));
        }
        if authority.name == "ca" {
            kubeconfigs(context, files, &pair, now, &mut notes, &mut problems)?;
        }
    }
    if problems.is_empty() {
        return Ok(notes);
    }
    let problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
    let text = format!(
        "an authority's key is kept elsewhere, so these have to be provided: {}",
        problems.join("; ")
    );
    Err(PhaseError::conflict("pki.external-ca", text))
}

fn kubeconfigs(
    context: &InitContext,
    files: &dyn Files,
    authority: &Pair,
    now: SystemTime,
    notes: &mut Vec<Note>,
    problems: &mut Vec<FileProblem>,
) -> Result<(), PhaseError> {
    let bundle = authority.bundle()?;
    let trusted: Vec<&Certificate> = std::iter::once(&bundle.first)
        .chain(&bundle.others)
        .collect();
    for kubeconfig in &KUBECONFIGS {
        match kubeconfig.find(context, files, &trusted, now, notes)? {
            Ok(true) => {}
            Ok(false) => problems.push(FileProblem::new(
                context.kubeconfig_path(kubeconfig.file),
                Problem::Missing,
            )),
            Err(problem) => problems.push(problem),
        }
    }
    Ok(())
}

fn look(
    context: &InitContext,
    files: &dyn Files,
    certificate: &ClusterCertificate,
) -> Result<Pair, PhaseError> {
    Pair::look(files, &context.pki_path(certificate.base_name))
}
