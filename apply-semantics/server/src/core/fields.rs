//! Who owns which fields: the engine of apply-semantics, with refusals as the server words them.

use apply_semantics::{
    defaults,
    op::Refusal,
    request::{ApplyOptions, Engine, Kinds, OnFailure, RequestError, UpdateOptions},
    typed::EmptyContainers,
};
use serde_json::{Value, json};

use super::{Core, failure, typed_errors};
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
        let sent = config.clone();
        let written = self.engine.apply(live.cloned(), config, &options);
        written
            .map(apply_semantics::request::Written::into_object)
            .map_err(|error| refusal(&error, Some(&sent)))
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
        let live = live.cloned().or_else(|| blank(resource));
        let written = self.engine.update(live, new, &options);
        written
            .map(apply_semantics::request::Written::into_object)
            .map_err(|error| refusal(&error, None))
    }
}

/// What a new object of a built-in kind is compared with: the empty object, with what Go writes in any case. None is for whom the engine
/// knows better.
fn blank(resource: &Resource) -> Option<Value> {
    if resource.custom.is_some() {
        return None;
    }
    let mut blank = json!({"apiVersion": resource.api_version(), "kind": resource.kind});
    defaults::canonicalise(&mut blank).ok()?;
    Some(blank)
}

fn refusal(error: &RequestError, sent: Option<&Value>) -> Refusal {
    match (error, sent) {
        (RequestError::Conflicts(conflicts), _) => {
            Refusal::from_status(&conflicts.to_status(), 409)
        }
        (RequestError::Invalid { errors, .. }, Some(sent)) => {
            let plain = errors.to_string();
            failure(
                error
                    .to_string()
                    .replace(&plain, &typed_errors::text(errors, sent)),
            )
        }
        (other, _) if other.code() == 400 => Refusal::bad_request(other.to_string()),
        (other, _) => failure(other.to_string()),
    }
}
