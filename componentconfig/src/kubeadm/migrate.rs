//! Writing a file anew with the newest versions.
//!
//! Follows `MigrateOldConfig` of `cmd/kubeadm/app/util/config/common.go`, and keeps what that drops.

use serde_json::Value;

use super::{
    facts::Facts,
    findings::Unset,
    kinds::GROUP,
    load::{Configuration, LoadOptions, load},
};
use crate::{Diagnostic, Document, DocumentSet, Kind, Report};

/// A file at the newest versions.
#[derive(Clone, Debug, PartialEq)]
pub struct Migration {
    /// The documents of kubeadm, complete: first node, cluster, join, reset, upgrade.
    pub documents: Vec<Value>,
    /// The documents of the kubelet and of kube-proxy, as they were written. `kubeadm config migrate` drops them.
    pub components: Vec<Value>,
    /// Warnings, in the order of the file.
    pub warnings: Vec<Diagnostic>,
    /// Fields that stay unset because nothing is known that could fill them.
    pub unset: Vec<Unset>,
}

/// Brings the documents of a file to the newest versions. A file for `kubeadm init` gets both of its documents.
///
/// # Errors
/// Everything that is wrong with the documents.
pub fn migrate(set: &DocumentSet, facts: &Facts) -> Result<Migration, Report> {
    let loaded = load(set, facts, LoadOptions::migrate())?;
    let of_component =
        |document: &&Document| document.gvk().is_some_and(|gvk| gvk.group() != GROUP);
    Ok(Migration {
        documents: loaded.config.to_documents(),
        components: set
            .iter()
            .filter(of_component)
            .map(Document::to_value)
            .collect(),
        warnings: loaded.warnings,
        unset: loaded.unset,
    })
}

impl Configuration {
    /// The documents of kubeadm, in the order that upstream writes them.
    pub fn to_documents(&self) -> Vec<Value> {
        let init = self.init.as_ref();
        let documents = [
            init.map(|init| init.init.to_document()),
            init.map(|init| init.cluster.to_document()),
            self.join.as_ref().map(Kind::to_document),
            self.reset.as_ref().map(Kind::to_document),
            self.upgrade.as_ref().map(Kind::to_document),
        ];
        documents.into_iter().flatten().collect()
    }
}
