//! Objects to begin with.

use apply_semantics::op::FormError;
use serde_json::Value;

use super::Core;
use crate::{convert, meta, rules, store::Place};

impl Core {
    /// Adds an object, or replaces it, as it is.
    pub(crate) fn seed(&mut self, mut object: Value) -> Result<(), FormError> {
        let text = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default();
        let (version, kind) = (text("apiVersion"), text("kind"));
        let Some(resource) = self.registry.of_kind(version, kind).cloned() else {
            return Err(FormError::expected(
                "kind",
                format!("{version} {kind} is no kind of this server"),
            ));
        };
        if meta::name(&object).is_empty() {
            return Err(FormError::expected("metadata.name", "required"));
        }
        if resource.namespaced && meta::namespace(&object).is_none() {
            meta::set(&mut object, "namespace", "default");
        }
        rules::complete(&resource, &mut object)
            .map_err(|refusal| FormError::expected("", refusal.message))?;
        if meta::uid(&object).is_empty() {
            let uid = self.ids.uid();
            meta::set(&mut object, "uid", uid);
        }
        if meta::text(&object, "creationTimestamp").is_none() {
            meta::set(&mut object, "creationTimestamp", self.now().to_string());
        }
        let place = Place::new(
            &resource.table,
            meta::namespace(&object),
            meta::name(&object),
        );
        let stored = super::write::stored_version(&resource);
        let object = convert::into(object, &resource, &stored);
        let stored = self.store.put(&place, object);
        self.follow_definitions(&place, Some(&stored.value()));
        self.keep_account(&place, Some(&stored.value()));
        Ok(())
    }

    /// Serves what all stored definitions say, and nothing else beside the built-in resources.
    pub(crate) fn serve_definitions(&mut self) {
        let custom: Vec<(String, String, String)> = self
            .registry
            .all()
            .filter(|resource| resource.custom.is_some())
            .map(|resource| {
                (
                    resource.group.clone(),
                    resource.plural.clone(),
                    resource.kind.clone(),
                )
            })
            .collect();
        for (group, plural, kind) in custom {
            self.registry.remove(&group, &plural);
            self.engine.kinds_mut().remove_kind(&group, &kind);
        }
        let definitions: Vec<_> = self
            .store
            .range("apiextensions.k8s.io/customresourcedefinitions", "", "")
            .map(|(_, definition)| definition.value())
            .collect();
        for definition in definitions {
            self.define(&definition);
        }
    }
}
