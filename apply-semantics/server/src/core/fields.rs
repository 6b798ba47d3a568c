//! Who owns which fields: the engine of apply-semantics, with refusals as the server words them.

use apply_semantics::{
    op::Refusal,
    request::{ApplyOptions, Engine, Kinds, OnFailure, RequestError, UpdateOptions},
    typed::EmptyContainers,
};
use serde_json::Value;

use super::{Core, failure};
use crate::{convert::Conversion, registry::Resource};

/// The engine for the built-in kinds; custom ones are added as they are defined.
pub(crate) fn engine_of(empty: EmptyContainers) -> Engine {
    Engine::new(Kinds::builtin())
        .converter(Conversion)
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
    /// The live object with a configuration applied to it, or the object that the configuration creates.
    pub(super) fn own_applied(
        &self,
        live: Option<&Value>,
        config: Value,
        writer: Writer<'_>,
        resource: &Resource,
    ) -> Result<Value, Refusal> {
        let options = ApplyOptions::new(writer.manager)
            .force(writer.force)
            .at(self.now())
            .subresource(writer.subresource)
            .version(resource.api_version());
        let written = self.engine.apply(live.cloned(), config, &options);
        written
            .map(apply_semantics::request::Written::into_object)
            .map_err(|error| refusal(&error))
    }

    /// The new object with the ownership that comes of writing it.
    pub(super) fn own_updated(
        &self,
        live: Option<&Value>,
        new: Value,
        writer: Writer<'_>,
        resource: &Resource,
    ) -> Result<Value, Refusal> {
        let options = UpdateOptions::new(writer.manager)
            .at(self.now())
            .subresource(writer.subresource)
            .version(resource.api_version())
            .on_failure(OnFailure::Forget);
        let written = self.engine.update(live.cloned(), new, &options);
        written
            .map(apply_semantics::request::Written::into_object)
            .map_err(|error| refusal(&error))
    }
}

fn refusal(error: &RequestError) -> Refusal {
    match error {
        RequestError::Conflicts(conflicts) => Refusal::from_status(&conflicts.to_status(), 409),
        other if other.code() == 400 => Refusal::bad_request(other.to_string()),
        other => failure(other.to_string()),
    }
}
