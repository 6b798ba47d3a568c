//! Writing a file anew with the newest versions.
//!
//! Follows `MigrateOldConfig` of `cmd/kubeadm/app/util/config/common.go`, and keeps what that drops.

use serde_json::Value;

use super::{
    facts::Facts,
    findings::Unset,
    kinds::{GROUP, UPGRADE},
    load::{Configuration, LoadOptions, global_timeout, load},
};
use crate::{
    Class, Compat, Diagnostic, Document, DocumentSet, Kind, Report, field::Path, scalar::Duration,
};

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
    migrate_with(set, facts, LoadOptions::migrate())
}

/// The same, reading as the options say.
///
/// # Errors
/// Everything that is wrong with the documents; with [`Compat::Upstream`], that there is an `UpgradeConfiguration`.
pub fn migrate_with(
    set: &DocumentSet,
    facts: &Facts,
    options: LoadOptions,
) -> Result<Migration, Report> {
    let mut loaded = load(set, facts, options)?;
    if options.compat == Compat::Upstream {
        repeat_bugs(set, &mut loaded.config)?;
    }
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

/// What the mutators of the migration, and a global variable under the conversions, make of the timeouts.
fn repeat_bugs(set: &DocumentSet, config: &mut Configuration) -> Result<(), Report> {
    if let Some(document) = set.by_kind(UPGRADE) {
        let message = "could not find a mutator for input: UpgradeConfiguration";
        let error = Diagnostic::error(Class::UnsupportedOperation, message);
        let path = Path::new("kind");
        let span = document.locate(&path);
        return Err(error.at(path).span(span).source(document.source()).into());
    }
    let timeout = global_timeout(set);
    if let Some(init) = &mut config.init {
        let timeouts = init.init.timeouts.get_or_insert_default();
        timeouts.control_plane_component_health_check = timeout.or(Some(Duration::default()));
    }
    if let (Some(join), Some(_)) = (&mut config.join, timeout) {
        let timeouts = join.timeouts.get_or_insert_default();
        timeouts.control_plane_component_health_check = timeout;
    }
    Ok(())
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
