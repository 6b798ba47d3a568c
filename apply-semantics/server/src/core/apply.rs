//! Server-side apply.

use std::sync::Arc;

use apply_semantics::op::{FieldValidation, Refusal};
use serde_json::{Map, Value};

use super::{
    Answered, Core, decode, failure,
    fields::Writer,
    not_found,
    strict::{self, Known},
    write::Write,
};
use crate::{
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
        let live = self.store.value(&Self::place(call, resource));
        match live {
            Some(live) => {
                let live = convert::shared(&live, resource);
                self.apply_to(&live, config, call, resource, subresource, &settings)
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
        let writer = Writer {
            manager: &settings.manager,
            subresource,
            force: settings.force,
        };
        let mut object = self.own_applied(Some(live), &config, writer, resource)?;
        if !named {
            return Err(unnamed(call));
        }
        decode::check_name(&config, call)?;
        let stated = meta::namespace(&config).unwrap_or_default().to_owned();
        decode::place_in_namespace(&mut config, call, resource)?;
        restore_identity(&mut object, live, &config);
        complete_applied(resource, &mut object, &stated)?;
        let write = Write::new(resource, settings).through(subresource);
        self.store_changed(live, object, &write)
    }

    fn apply_new(
        &mut self,
        mut config: Value,
        call: &Call,
        resource: &Arc<Resource>,
        settings: &WriteSettings,
    ) -> Answered {
        let writer = Writer {
            manager: &settings.manager,
            subresource: "",
            force: settings.force,
        };
        let unnamed_config = meta::text(&config, "name").is_none();
        let mut object = self.own_applied(None, &config, writer, resource)?;
        if unnamed_config {
            let generated = meta::text(&config, "generateName").is_some();
            if generated
                || config
                    .get("metadata")
                    .is_none_or(|metadata| !metadata.is_object())
            {
                return Err(unnamed(call));
            }
            for object in [&mut object, &mut config] {
                meta::set(object, "name", call.name.clone().unwrap_or_default());
            }
        }
        decode::check_name(&config, call)?;
        decode::place_in_namespace(&mut object, call, resource)?;
        if let Some(uid) = meta::text(&config, "uid") {
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
        let stated = meta::namespace(&config).unwrap_or_default();
        complete_applied(resource, &mut object, stated)?;
        self.store_new(object, &Write::new(resource, settings))
    }
}

/// Completes an object that was applied. What cannot be read of it the server finds out when it converts it.
fn complete_applied(
    resource: &Resource,
    object: &mut Value,
    namespace: &str,
) -> Result<(), Refusal> {
    let completed = rules::read(resource, object);
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
    for name in [
        "uid",
        "resourceVersion",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
    ] {
        let said = config
            .pointer(&format!("/metadata/{name}"))
            .is_some_and(|value| !value.is_null());
        meta::copy(object, if said { config } else { live }, name);
    }
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
