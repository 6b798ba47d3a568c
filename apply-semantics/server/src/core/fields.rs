//! Who owns which fields: the engine of apply-semantics, with refusals as the server words them.

use apply_semantics::{
    op::Refusal,
    request::{ApplyOptions, Engine, Kinds, OnFailure, RequestError, UpdateOptions, Written},
    scale::SCALE_VERSION,
    schema::{Schema, Type},
    typed::EmptyContainers,
};
use serde_json::{Value, json};

use super::{Core, failure, typed_errors};
use crate::{convert::Conversion, registry::Resource};

/// The engine for the built-in kinds; custom ones are added as they are defined.
pub(crate) fn engine_of(empty: EmptyContainers, conversion: Conversion) -> Engine {
    let mut kinds = Kinds::builtin();
    if let Some(scale) = scale_type() {
        kinds.insert(SCALE_VERSION, "Scale", scale);
    }
    Engine::new(kinds)
        .converter(conversion)
        .empty_containers(empty)
}

/// Who writes, and where.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Writer<'a> {
    pub(crate) manager: &'a str,
    /// Empty for the object itself.
    pub(crate) subresource: &'a str,
    pub(crate) force: bool,
}

impl Core {
    /// The live object with a configuration applied to it, or the object that the configuration creates. `sent` is the configuration
    /// once more, which is told from when it cannot be applied.
    pub(super) fn own_applied(
        &self,
        live: Option<Value>,
        config: Value,
        sent: impl FnOnce() -> Value,
        writer: Writer<'_>,
        resource: &Resource,
    ) -> Result<Written, Refusal> {
        let options = ApplyOptions::new(writer.manager)
            .force(writer.force)
            .at(self.now())
            .subresource(writer.subresource)
            .version(resource.api_version());
        let written = self.engine.apply(live, config, &options);
        written.map_err(|error| refusal(&error, Some(sent)))
    }

    /// The new object with the ownership that comes of writing it.
    pub(super) fn own_updated(
        &self,
        live: Option<Value>,
        new: Value,
        writer: Writer<'_>,
        resource: &Resource,
    ) -> Result<Value, Refusal> {
        let options = UpdateOptions::new(writer.manager)
            .at(self.now())
            .subresource(writer.subresource)
            .version(resource.api_version())
            .on_failure(OnFailure::Forget);
        let written = self.engine.update(live, new, &options);
        written
            .map(Written::into_object)
            .map_err(|error| refusal(&error, None::<fn() -> Value>))
    }
}

/// The type of Scale objects, which no resource has.
fn scale_type() -> Option<Type> {
    let scalar = |name: &str, scalar: &str| json!({"name": name, "type": {"scalar": scalar}});
    let map =
        |name: &str, fields: Value| json!({"name": name, "type": {"map": {"fields": fields}}});
    let schema = Schema::from_value(&json!({"types": [
        {"name": "Scale", "map": {"fields": [
            scalar("apiVersion", "string"),
            scalar("kind", "string"),
            {"name": "metadata", "type": {"namedType": "Metadata"}},
            map("spec", json!([scalar("replicas", "numeric")])),
            map("status", json!([scalar("replicas", "numeric"), scalar("selector", "string")])),
        ]}},
        {"name": "Metadata", "map": {"elementType": {"namedType": "Anything"}}},
        {"name": "Anything", "scalar": "untyped",
            "list": {"elementType": {"namedType": "Anything"}, "elementRelationship": "atomic"},
            "map": {"elementType": {"namedType": "Anything"}, "elementRelationship": "separable"}},
    ]}));
    schema.ok()?.type_named("Scale")
}

fn refusal(error: &RequestError, sent: Option<impl FnOnce() -> Value>) -> Refusal {
    match (error, sent) {
        (RequestError::Conflicts(conflicts), _) => {
            Refusal::from_status(&conflicts.to_status(), 409)
        }
        (RequestError::Invalid { errors, .. }, Some(sent)) => {
            let plain = errors.to_string();
            failure(
                error
                    .to_string()
                    .replace(&plain, &typed_errors::text(errors, &sent())),
            )
        }
        (other, _) if other.code() == 400 => Refusal::bad_request(other.to_string()),
        (other, _) => failure(other.to_string()),
    }
}
