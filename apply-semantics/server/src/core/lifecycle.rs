//! Where a new object may be.

use std::sync::Arc;

use apply_semantics::op::{Cause, Reason, Refusal};
use serde_json::Value;

use super::Core;
use crate::{meta, registry::Resource, store::Place};

impl Core {
    /// The namespace of a new object.
    pub(crate) fn namespace(&self, name: &str) -> Option<Arc<Value>> {
        let table: Arc<str> = "/namespaces".into();
        self.store.value(&Place::new(&table, None, name))
    }

    /// A new object needs a namespace that is not ending.
    pub(super) fn check_namespace(
        &self,
        object: &Value,
        resource: &Resource,
    ) -> Result<(), Refusal> {
        let Some(name) = meta::namespace(object).filter(|_| resource.namespaced) else {
            return Ok(());
        };
        let Some(namespace) = self.namespace(name) else {
            let namespaces = self.registry.get("", "v1", "namespaces");
            let target = namespaces.map(|namespaces| namespaces.reference().all().named(name));
            return Err(Refusal::not_found(&target.unwrap_or_default()));
        };
        let phase = namespace.pointer("/status/phase").and_then(Value::as_str);
        if phase != Some("Terminating") && !meta::is_terminating(&namespace) {
            return Ok(());
        }
        let message = format!(
            "{} \"{}\" is forbidden: unable to create new content in namespace {name} because it is being terminated",
            resource.qualified(),
            meta::name(object)
        );
        let cause = Cause::new(
            "NamespaceTerminating",
            format!("namespace {name} is being terminated"),
            "metadata.namespace",
        );
        Err(Refusal::new(Reason::Forbidden, message)
            .about(&resource.reference(), meta::name(object))
            .with_causes(vec![cause]))
    }
}
