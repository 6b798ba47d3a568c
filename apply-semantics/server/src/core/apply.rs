//! Server-side apply.

use std::sync::Arc;

use apply_semantics::{
    op::{FieldValidation, Refusal},
    request::Effect,
};
use serde_json::{Map, Value};

use super::{
    Answered, Core, decode, failure,
    fields::Writer,
    not_found,
    strict::{self, Known},
    write::Write,
};
use crate::{
    answer::Content,
    call::{Body, Call, WriteSettings},
    convert, meta,
    registry::Resource,
    rules,
};

impl Core {
    pub(super) fn apply(
        &mut self,
        call: &Call,
        resource: &Arc<Resource>,
        subresource: &str,
    ) -> Answered {
        let settings = WriteSettings::of(call, true)?;
        let (config, warnings) = configuration(call, settings.validation)?;
        self.warned.extend(warnings);
        check_type(&config, &resource.api_version(), &resource.kind)?;
        let place = Self::place(call, resource);
        let live = self.store.value(&place);
        match live.map(|live| convert::shared(&live, resource)) {
            Some(live) => {
                let answered = self.apply_to(&live, config, call, resource, subresource, &settings);
                self.store.let_go(&place, live);
                answered
            }
            None if !subresource.is_empty() => Err(not_found(call, resource)),
            None => self.apply_new(config, call, resource, &settings),
        }
    }

    fn apply_to(
        &mut self,
        live: &Arc<Value>,
        mut config: Value,
        call: &Call,
        resource: &Arc<Resource>,
        subresource: &str,
        settings: &WriteSettings,
    ) -> Answered {
        let named = config.get("metadata").is_some();
        if named && meta::text(&config, "name").is_none() {
            meta::set(&mut config, "name", meta::name(live));
        }
        let mut head = head_of(&config);
        let sent = || sent_again(call, settings);
        let writer = writer(settings, subresource);
        let place = Self::place(call, resource);
        let copy = self.store.copy(&place, live);
        let written = self.own_applied(Some(copy), config, sent, writer, resource)?;
        if !named {
            return Err(unnamed(call));
        }
        decode::check_name(&head, call)?;
        let stated = meta::namespace(&head).unwrap_or_default().to_owned();
        decode::place_in_namespace(&mut head, call, resource)?;
        let sent = || sent_again(call, settings);
        let write = Write::new(resource, settings)
            .through(subresource)
            .of(&sent);
        // What comes of nothing but a change of ownership is known if it was found out before.
        let same = subresource.is_empty()
            && resource.custom.is_none()
            && written.effect() != Effect::Object
            && !DEMANDS.iter().any(|name| says(&head, name));
        let stored = self.store.get(&place);
        let stored = stored.filter(|stored| same && resource.has_version(stored.api_version()));
        let stored = stored.cloned();
        let mut object = written.into_object();
        if stored.as_ref().is_some_and(|stored| stored.is_settled()) {
            return self.store_settled(live, object, &write);
        }
        restore_identity(&mut object, live, &head);
        complete_applied(resource, &mut object, &stated)?;
        let answer = self.store_changed(live, object, &write)?;
        if let (Content::Object { object, .. }, Some(stored)) = (&answer.content, stored)
            && object.is(&stored)
            && self.warned.is_empty()
        {
            stored.settle();
        }
        Ok(answer)
    }

    fn apply_new(
        &mut self,
        config: Value,
        call: &Call,
        resource: &Arc<Resource>,
        settings: &WriteSettings,
    ) -> Answered {
        let mut head = head_of(&config);
        let unnamed_config = meta::text(&head, "name").is_none();
        let sent = || sent_again(call, settings);
        let writer = writer(settings, "");
        let written = self.own_applied(None, config, sent, writer, resource)?;
        let mut object = written.into_object();
        if unnamed_config {
            let generated = meta::text(&head, "generateName").is_some();
            if generated || !head.get("metadata").is_some_and(Value::is_object) {
                return Err(unnamed(call));
            }
            for object in [&mut object, &mut head] {
                meta::set(object, "name", call.name.clone().unwrap_or_default());
            }
        }
        decode::check_name(&head, call)?;
        decode::place_in_namespace(&mut object, call, resource)?;
        if let Some(uid) = meta::text(&head, "uid") {
            let message = format!(
                "uid mismatch: the provided object specified uid {uid}, and no existing object was found"
            );
            let name = call.name.clone().unwrap_or_default();
            return Err(Refusal::stale(
                &resource.reference().all().named(name),
                message,
            ));
        }
        meta::remove(&mut object, "resourceVersion");
        let stated = meta::namespace(&head).unwrap_or_default();
        complete_applied(resource, &mut object, stated)?;
        self.store_new(object, &Write::new(resource, settings))
    }
}

fn writer<'a>(settings: &'a WriteSettings, subresource: &'a str) -> Writer<'a> {
    Writer {
        manager: &settings.manager,
        subresource,
        force: settings.force,
    }
}

/// The metadata of a configuration by itself.
fn head_of(config: &Value) -> Value {
    let metadata = config.get("metadata").cloned();
    let metadata = metadata.map(|metadata| ("metadata".to_owned(), metadata));
    Value::Object(metadata.into_iter().collect())
}

/// The configuration of a call, read once more.
fn sent_again(call: &Call, settings: &WriteSettings) -> Value {
    let sent = configuration(call, settings.validation);
    sent.map_or(Value::Null, |(config, _)| config)
}

/// Completes an object that was applied. What cannot be read of it the server finds out when it converts it.
fn complete_applied(
    resource: &Resource,
    object: &mut Value,
    namespace: &str,
) -> Result<(), Refusal> {
    let completed = rules::read(resource, object, rules::Decoder::Unstructured);
    completed.map_err(|error| {
        let core = if resource.group.is_empty() { "/" } else { "" };
        let ty = format!("{core}{}, Kind={}", resource.api_version(), resource.kind);
        failure(format!(
            "failed to convert new object ({namespace}/{}; {ty}) to proper version: unable to convert unstructured object to {ty}: {error}",
            meta::name(object),
        ))
    })
}

/// What an apply cannot change, whatever it says; what it may demand, it does.
fn restore_identity(object: &mut Value, live: &Value, config: &Value) {
    for name in ["namespace", "creationTimestamp", "generation"] {
        meta::copy(object, live, name);
    }
    for name in DEMANDS {
        let from = if says(config, name) { config } else { live };
        meta::copy(object, from, name);
    }
}

/// What an apply may demand of what it cannot change.
const DEMANDS: [&str; 4] = [
    "uid",
    "resourceVersion",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
];

/// Whether the metadata of a configuration has something in that field.
fn says(config: &Value, name: &str) -> bool {
    let said = config
        .get("metadata")
        .and_then(|metadata| metadata.get(name));
    said.is_some_and(|value| !value.is_null())
}

fn unnamed(call: &Call) -> Refusal {
    let name = call.name.as_deref().unwrap_or_default();
    Refusal::bad_request(format!(
        "the name of the object ({name} based on URL) was undeterminable: name must be provided"
    ))
}

/// The configuration in the body: the first document of YAML, of which JSON is a part.
pub(super) fn configuration(
    call: &Call,
    validation: FieldValidation,
) -> Result<(Value, Vec<String>), Refusal> {
    let text = match &call.body {
        Body::Value(value) => return Ok((value.clone(), Vec::new())),
        Body::None => return Ok((Value::Object(Map::new()), Vec::new())),
        Body::Text(text) if text.is_empty() => return Ok((Value::Object(Map::new()), Vec::new())),
        Body::Text(text) => text,
    };
    let (value, doubled) = match strict::read(text, Known::Anything) {
        Ok(reading) => {
            let lines = doubled_lines(&reading.duplicates);
            (reading.value, lines)
        }
        Err(error) => not_json(text, &error)?,
    };
    let warnings = decode::judge(doubled, validation).map_err(|faults| {
        Refusal::bad_request(format!(
            "error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n  {faults}"
        ))
    })?;
    match value {
        Value::Object(_) => Ok((value, warnings)),
        Value::Null => Ok((Value::Object(Map::new()), warnings)),
        other => Err(Refusal::bad_request(format!(
            "error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {} into Go value of type map[string]interface {{}}",
            decode::json_word(&other)
        ))),
    }
}

/// Doubled keys of JSON in the words of the YAML reader, which knows only that they stand in the first line.
fn doubled_lines(duplicates: &[String]) -> Vec<String> {
    let key = |fault: &String| {
        let path = fault
            .trim_start_matches("duplicate field \"")
            .trim_end_matches('"');
        let key = path.rsplit('.').next().unwrap_or(path);
        format!("line 1: key \"{key}\" already set in map")
    };
    duplicates.iter().map(key).collect()
}

#[cfg(feature = "yaml")]
fn not_json(text: &[u8], _: &serde_json::Error) -> Result<(Value, Vec<String>), Refusal> {
    crate::yaml::read(text)
        .map_err(|error| Refusal::bad_request(format!("error decoding YAML: {error}")))
}

#[cfg(not(feature = "yaml"))]
fn not_json(_: &[u8], error: &serde_json::Error) -> Result<(Value, Vec<String>), Refusal> {
    Err(Refusal::bad_request(format!(
        "error decoding YAML: this server reads only JSON (feature `yaml` is off): {error}"
    )))
}

/// A configuration must be of the kind that it is applied to.
pub(super) fn check_type(config: &Value, version: &str, kind: &str) -> Result<(), Refusal> {
    let text = |name: &str| config.get(name).and_then(Value::as_str).unwrap_or_default();
    let (found_version, found_kind) = (text("apiVersion"), text("kind"));
    if found_version == version && found_kind == kind {
        return Ok(());
    }
    let core = if found_version.contains('/') { "" } else { "/" };
    Err(Refusal::bad_request(format!(
        "invalid object type: {core}{found_version}, Kind={found_kind}"
    )))
}
