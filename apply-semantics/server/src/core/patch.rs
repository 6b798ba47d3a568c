//! Patches.

use std::sync::Arc;

use apply_semantics::{
    op::{Cause, Reason, Refusal},
    patch::{Patch, PatchError, PatchFault, PatchType},
    types::{Node, builtin},
};
use serde_json::Value;

use super::{
    Answered, Core, decode, failure,
    fields::Writer,
    strict::{self, Known},
    write::Write,
};
use crate::{
    call::{Body, Call, WriteSettings},
    convert, kinds,
    registry::Resource,
    rules,
};

const APPLY: &str = "application/apply-patch+yaml";

impl Core {
    pub(super) fn patch(&mut self, call: &Call, resource: &Arc<Resource>) -> Answered {
        self.patch_through(call, resource, "")
    }

    pub(super) fn patch_through(
        &mut self,
        call: &Call,
        resource: &Arc<Resource>,
        subresource: &str,
    ) -> Answered {
        match kind_of_patch(call, resource.custom.is_some())? {
            None => self.apply(call, resource, subresource),
            Some(kind) => self.patch_object(call, resource, subresource, kind),
        }
    }

    fn patch_object(
        &mut self,
        call: &Call,
        resource: &Arc<Resource>,
        subresource: &str,
        kind: PatchType,
    ) -> Answered {
        let settings = WriteSettings::of(call, false)?;
        let live = convert::shared(&self.live(call, resource)?, resource);
        let (patch, duplicates) = patch_of(call, kind)?;
        let ty = builtin().kind(&resource.api_version(), &resource.kind);
        let patched = apply_patch(&live, &patch, ty)?;
        let reading = strict::check(patched, decode::known(resource));
        let mut object = reading.value;
        let faults = duplicates.into_iter().chain(reading.unknown).collect();
        let warnings = decode::judge(faults, settings.validation).map_err(|faults| {
            undecodable(
                &patch,
                &object,
                &live,
                &format!("strict decoding error: {faults}"),
            )
        })?;
        self.warned.extend(warnings);
        if kind == PatchType::Strategic {
            // It is read into the type of the live object, whatever it says.
            for name in ["apiVersion", "kind"] {
                if let (Some(fields), Some(value)) = (object.as_object_mut(), live.get(name)) {
                    fields.insert(name.to_owned(), value.clone());
                }
            }
        }
        if let Some(error) = self.changed_type(&object, resource)? {
            return Err(undecodable(&patch, &object, &live, &error));
        }
        let mut object = convert::owned(object, &resource.api_version());
        let decoder = match kind {
            PatchType::Strategic => rules::Decoder::Unstructured,
            _ => rules::Decoder::Json,
        };
        let sent = || apply_patch(&live, &patch, ty).unwrap_or_default();
        rules::read(resource, &mut object, decoder)
            .map_err(|error| undecodable(&patch, &sent(), &live, &error))?;
        decode::check_name(&object, call)?;
        decode::place_in_namespace(&mut object, call, resource)?;
        let writer = Writer {
            manager: &settings.manager,
            subresource,
            force: false,
        };
        let place = Self::place(call, resource);
        let copy = self.store.copy(&place, &live);
        let object = self.own_updated(Some(copy), object, writer, resource)?;
        let write = Write::new(resource, &settings)
            .through(subresource)
            .of(&sent);
        let answered = self.store_changed(&live, object, &write);
        self.store.let_go(&place, live);
        answered
    }

    /// Why a patched object cannot be read as one of the resource any more: it says that it is of another type.
    fn changed_type(&self, object: &Value, resource: &Resource) -> Result<Option<String>, Refusal> {
        let text = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default();
        let (version, kind) = (text("apiVersion"), text("kind"));
        if (version, kind) == (&*resource.api_version(), &*resource.kind) {
            return Ok(None);
        }
        if resource.custom.is_some() {
            return Err(Refusal::bad_request(format!(
                "the API version in the data ({version}) does not match the expected API version ({})",
                resource.api_version()
            )));
        }
        let other = self.registry.of_kind(version, kind);
        if other.is_some_and(|other| other.table == resource.table) {
            return Ok(None);
        }
        let Some(other) = other else {
            return Ok(Some(format!(
                "no kind \"{kind}\" is registered for version \"{version}\" in scheme \"pkg/api/legacyscheme/scheme.go:30\""
            )));
        };
        let package = resource
            .group
            .split('.')
            .next()
            .filter(|group| !group.is_empty());
        Ok(Some(format!(
            "converting ({}.{kind}) to ({}.{}): unknown conversion",
            other.version,
            package.unwrap_or("core"),
            resource.kind
        )))
    }
}

/// The type of patch that a call carries; none for an apply.
pub(super) fn kind_of_patch(call: &Call, custom: bool) -> Result<Option<PatchType>, Refusal> {
    let media = call.media_type();
    if media == APPLY {
        return Ok(None);
    }
    match PatchType::from_content_type(media) {
        Some(PatchType::Strategic) | None if custom => Err(decode::unsupported_media_type(
            "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml",
        )),
        Some(kind) => Ok(Some(kind)),
        None => Err(Refusal::new(
            Reason::UnsupportedMediaType,
            "415: Unsupported Media Type",
        )),
    }
}

/// The patch of a call, and the fields that stand in it twice.
pub(super) fn patch_of(call: &Call, kind: PatchType) -> Result<(Patch, Vec<String>), Refusal> {
    let (content, duplicates) = match &call.body {
        Body::Value(value) => (value.clone(), Vec::new()),
        Body::None => return Err(bad_patch("unexpected end of JSON input")),
        Body::Text(text) => {
            let reading = strict::read(text, Known::Anything)
                .map_err(|error| bad_patch(&json_error(&error)))?;
            (reading.value, reading.duplicates)
        }
    };
    match (&content, kind) {
        (Value::Array(_), PatchType::Json)
        | (Value::Object(_) | Value::Null, PatchType::Merge | PatchType::Strategic) => {
            Ok((Patch::new(kind, content), duplicates))
        }
        (other, PatchType::Json) => Err(bad_patch(&format!(
            "json: cannot unmarshal {} into Go value of type []handlers.jsonPatchOp",
            decode::json_word(other)
        ))),
        (other, _) => Err(bad_patch(&format!(
            "json: cannot unmarshal {} into Go value of type map[string]interface {{}}",
            decode::json_word(other)
        ))),
    }
}

fn bad_patch(error: &str) -> Refusal {
    Refusal::bad_request(format!("error decoding patch: {error}"))
}

fn json_error(error: &serde_json::Error) -> String {
    if error.is_eof() {
        "unexpected end of JSON input".to_owned()
    } else {
        error.to_string()
    }
}

pub(super) fn apply_patch(
    live: &Value,
    patch: &Patch,
    ty: Option<Node<'_>>,
) -> Result<Value, Refusal> {
    let patched = patch.clone().apply(live.clone(), ty);
    let content = match patch {
        Patch::Strategic(content) | Patch::Merge(content) | Patch::Json(content) => content,
    };
    patched.map_err(|error| patch_refusal(&error, patch.patch_type(), content))
}

fn patch_refusal(error: &PatchError, kind: PatchType, content: &Value) -> Refusal {
    match kind {
        PatchType::Json => Refusal::new(
            Reason::Invalid,
            "the server rejected our request due to an error in our request",
        ),
        PatchType::Merge => Refusal::bad_request(error.to_string()),
        PatchType::Strategic => match error.fault() {
            PatchFault::Expected { .. } => {
                Refusal::bad_request(format!("error decoding patch: {error}"))
            }
            PatchFault::MissingMergeKey { key } => {
                let element = rules::value_at(content, error.path()).unwrap_or(&Value::Null);
                failure(format!(
                    "map: {} does not contain declared merge key: {key}",
                    crate::go_text::map(element)
                ))
            }
            _ => failure(error.to_string()),
        },
    }
}

/// The patched object could not be read.
fn undecodable(patch: &Patch, object: &Value, live: &Value, error: &str) -> Refusal {
    let shown = match patch {
        Patch::Strategic(patch) => crate::go_text::map(patch),
        patch => kinds::patched_json(object, live, patch),
    };
    let message = format!("Invalid value: {}: {error}", crate::call::go_quoted(&shown));
    let cause = Cause::new("FieldValueInvalid", &*message, "patch");
    Refusal::new(
        Reason::Invalid,
        format!(" \"\" is invalid: patch: {message}"),
    )
    .with_causes(vec![cause])
}
