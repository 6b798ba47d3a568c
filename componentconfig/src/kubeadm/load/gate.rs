//! Which documents are let in.

use super::LoadOptions;
use crate::{
    Class, Diagnostic, Document, DocumentSet, GroupVersionKind, Report,
    field::Path,
    kubeadm::kinds::{
        self, CLUSTER, GROUP, JOIN as JOIN_KIND, KUBE_PROXY_GROUP, KUBELET_GROUP,
        RESET as RESET_KIND, UPGRADE as UPGRADE_KIND,
    },
};

/// The kinds of kubeadm that a command reads.
pub(super) type Wanted = &'static [&'static str];

pub(super) const INIT: Wanted = &[kinds::INIT, CLUSTER];
pub(super) const JOIN: Wanted = &[JOIN_KIND];
pub(super) const RESET: Wanted = &[RESET_KIND];
pub(super) const UPGRADE: Wanted = &[UPGRADE_KIND];
pub(super) const ALL: Wanted = &[kinds::INIT, CLUSTER, JOIN_KIND, RESET_KIND, UPGRADE_KIND];

/// The documents to decode, and warnings about others.
#[derive(Debug, Default)]
pub(super) struct Admitted<'a> {
    pub(super) documents: Vec<(&'a Document, &'a GroupVersionKind)>,
    pub(super) report: Report,
}

/// Looks at the kinds of all documents before any of them is decoded.
///
/// # Errors
/// A kind is not known, or its version is gone; with every warning.
pub(super) fn check(
    set: &DocumentSet,
    options: LoadOptions,
    wanted: Wanted,
) -> Result<Admitted<'_>, Report> {
    let mut admitted = Admitted::default();
    for document in set {
        let Some(gvk) = document.gvk() else {
            continue;
        };
        let about = kinds::about_version(document, gvk, options.allow_deprecated);
        admitted.report.extend(about);
        match keep_out(document, gvk, options, wanted) {
            None => admitted.documents.push((document, gvk)),
            Some(why) => admitted.report.push(why),
        }
    }
    if admitted.report.has_errors() {
        return Err(admitted.report);
    }
    Ok(admitted)
}

/// Why a document is not decoded: an error, or a warning that it is ignored.
fn keep_out(
    document: &Document,
    gvk: &GroupVersionKind,
    options: LoadOptions,
    wanted: Wanted,
) -> Option<Diagnostic> {
    let group = gvk.group();
    if group.is_empty() {
        let path = Path::new("apiVersion");
        let message = "the group of apiVersion must be specified";
        let error = Diagnostic::error(Class::MissingTypeMeta, message).source(document.source());
        return Some(error.span(document.locate(&path)).at(path));
    }
    if kinds::is_known(gvk) {
        let ours = group != GROUP || wanted.contains(&gvk.kind());
        return (!ours).then(|| ignored(document, gvk));
    }
    let error = kinds::unknown(document, gvk);
    if options.known_kinds_only || matches!(group, KUBELET_GROUP | KUBE_PROXY_GROUP) {
        return Some(error);
    }
    if group == GROUP {
        return Some(Diagnostic {
            class: Class::NotRegistered,
            ..error
        });
    }
    Some(ignored(document, gvk))
}

pub(super) fn ignored(document: &Document, gvk: &GroupVersionKind) -> Diagnostic {
    let path = Path::new("kind");
    let message = format!("ignored configuration document with GroupVersionKind {gvk}");
    Diagnostic::warning(Class::IgnoredDocument, message)
        .span(document.locate(&path))
        .at(path)
        .source(document.source())
}
