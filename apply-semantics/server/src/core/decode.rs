//! Bodies as objects.

use apply_semantics::{
    op::{FieldValidation, Reason, Refusal},
    types::builtin,
};
use serde_json::Value;

use super::{
    Core,
    strict::{self, Known, Reading},
};
use crate::{
    call::{Body, Call},
    meta,
    registry::Resource,
};

/// What is known of the objects of a resource.
pub(super) fn known(resource: &Resource) -> Known<'_> {
    match &resource.custom {
        Some(custom) => custom.known(),
        None => known_kind(&resource.api_version(), &resource.kind),
    }
}

fn known_kind(api_version: &str, kind: &str) -> Known<'static> {
    let node = builtin().kind(api_version, kind);
    node.map_or(Known::Anything, Known::Type)
}

impl Core {
    /// The object that a create or an update carries. It has the version and kind of the resource,
    /// and the namespace and name of the call.
    pub(super) fn decode(
        &mut self,
        call: &Call,
        resource: &Resource,
        validation: FieldValidation,
    ) -> Result<Value, Refusal> {
        let version = resource.api_version();
        let reading = read(call, &version, &resource.kind, known(resource))?;
        let faults = reading.faults();
        let mut object = reading.value;
        identify(&mut object, &version, &resource.kind)?;
        let warnings = judge(faults, validation).map_err(|faults| {
            Refusal::bad_request(format!(
                "{} in version \"{}\" cannot be handled as a {}: strict decoding error: {faults}",
                resource.kind, resource.version, resource.kind
            ))
        })?;
        self.warned.extend(warnings);
        Ok(object)
    }

    /// The object that a subresource carries, of another kind than the resource.
    pub(super) fn decode_other(call: &Call, version: &str, kind: &str) -> Result<Value, Refusal> {
        let mut object = read(call, version, kind, known_kind(version, kind))?.value;
        identify(&mut object, version, kind)?;
        Ok(object)
    }

    /// The body of a deletion; null if there is none.
    pub(super) fn decode_options(call: &Call) -> Result<Value, Refusal> {
        match &call.body {
            Body::None => Ok(Value::Null),
            Body::Value(value) => Ok(value.clone()),
            Body::Text(text) if text.is_empty() => Ok(Value::Null),
            Body::Text(text) => serde_json::from_slice(text)
                .map_err(|error| unrecognised("DeleteOptions", &error.to_string(), text)),
        }
    }
}

/// What a call carries, as it was sent; null if it cannot be read.
pub(super) fn read_again(call: &Call, resource: &Resource) -> Value {
    let reading = read(
        call,
        &resource.api_version(),
        &resource.kind,
        known(resource),
    );
    reading.map_or(Value::Null, |reading| reading.value)
}

/// What becomes of faults: warnings, a refusal that names them all, or nothing.
pub(super) fn judge(
    faults: Vec<String>,
    validation: FieldValidation,
) -> Result<Vec<String>, String> {
    match validation {
        FieldValidation::Ignore => Ok(Vec::new()),
        FieldValidation::Warn => Ok(faults),
        FieldValidation::Strict if faults.is_empty() => Ok(faults),
        FieldValidation::Strict => Err(faults.join(", ")),
    }
}

fn read(call: &Call, version: &str, kind: &str, known: Known<'_>) -> Result<Reading, Refusal> {
    let _ = version;
    let text = match &call.body {
        Body::Value(value) => return Ok(strict::check(value.clone(), known)),
        Body::None => return Err(unrecognised(kind, "unexpected end of JSON input", b"")),
        Body::Text(text) => text,
    };
    match call.media_type() {
        "" | "application/json" => {}
        #[cfg(feature = "yaml")]
        "application/yaml" => {
            let (value, _) = crate::yaml::read(text).map_err(Refusal::bad_request)?;
            return Ok(strict::check(value, known));
        }
        _ => return Err(unsupported_media_type(MEDIA_TYPES)),
    }
    let reading = strict::read(text, known);
    let reading =
        reading.map_err(|error| unrecognised(kind, &go_json_error(&error, text), text))?;
    if !reading.value.is_object() {
        let found = json_word(&reading.value);
        let error = format!(
            "json: cannot unmarshal {found} into Go value of type struct {{ APIVersion string \"json:\\\"apiVersion,omitempty\\\"\"; Kind string \"json:\\\"kind,omitempty\\\"\" }}"
        );
        return Err(unrecognised(kind, &error, text));
    }
    Ok(reading)
}

const MEDIA_TYPES: &str = "application/json, application/yaml, application/vnd.kubernetes.protobuf";

/// The server does not read bodies of that type.
pub(super) fn unsupported_media_type(accepted: &str) -> Refusal {
    Refusal::new(
        Reason::UnsupportedMediaType,
        format!(
            "the body of the request was in an unknown format - accepted media types include: {accepted}"
        ),
    )
}

fn unrecognised(kind: &str, error: &str, text: &[u8]) -> Refusal {
    let shown = match text {
        [] => "<empty>".to_owned(),
        [b'{', ..] => {
            let text = String::from_utf8_lossy(text);
            let head: String = text.chars().take(1000).collect();
            let more = text.len() > head.len();
            if more { format!("{head}...") } else { head }
        }
        other => other
            .iter()
            .take(75)
            .fold(String::new(), |out, byte| format!("{out}{byte:02x}")),
    };
    Refusal::bad_request(format!(
        "the object provided is unrecognized (must be of type {kind}): couldn't get version/kind; json parse error: {error} ({shown})"
    ))
}

/// What Go says of text that is no JSON, where that is plain.
fn go_json_error(error: &serde_json::Error, text: &[u8]) -> String {
    if error.is_eof() {
        return "unexpected end of JSON input".to_owned();
    }
    match text.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(byte) if !b"{[\"-0123456789tfn".contains(byte) => {
            format!(
                "invalid character {} looking for beginning of value",
                go_character(*byte)
            )
        }
        _ => error.to_string(),
    }
}

/// A byte as Go quotes a character.
pub(crate) fn go_character(byte: u8) -> String {
    match byte {
        b'\'' => "'\\''".to_owned(),
        b'"' => "'\"'".to_owned(),
        b'\\' => "'\\\\'".to_owned(),
        b'\n' => "'\\n'".to_owned(),
        b'\t' => "'\\t'".to_owned(),
        b'\r' => "'\\r'".to_owned(),
        0..=0x1f | 0x7f => format!("'\\x{byte:02x}'"),
        0x80..=0xa0 | 0xad => format!("'\\u{byte:04x}'"),
        _ => format!("'{}'", char::from(byte)),
    }
}

/// What Go calls a JSON value.
pub(super) fn json_word(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Makes sure that an object is of that version and kind. What it does not say, it is.
fn identify(object: &mut Value, version: &str, kind: &str) -> Result<(), Refusal> {
    let text = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default();
    let (found_version, found_kind) = (text("apiVersion").to_owned(), text("kind").to_owned());
    if !found_version.is_empty() && found_version != version {
        return Err(Refusal::bad_request(format!(
            "the API version in the data ({found_version}) does not match the expected API version ({version})"
        )));
    }
    if !found_kind.is_empty() && found_kind != kind {
        let short = version.rsplit('/').next().unwrap_or(version);
        return Err(Refusal::bad_request(format!(
            "{found_kind} in version \"{short}\" cannot be handled as a {kind}: converting ({short}.{found_kind}) to ({short}.{kind}): unknown conversion"
        )));
    }
    if let Some(fields) = object.as_object_mut() {
        fields.insert("apiVersion".to_owned(), version.into());
        fields.insert("kind".to_owned(), kind.into());
    }
    Ok(())
}

/// Gives an object the namespace of the call.
///
/// # Errors
/// It says that it is in another one.
pub(super) fn place_in_namespace(
    object: &mut Value,
    call: &Call,
    resource: &Resource,
) -> Result<(), Refusal> {
    if !object
        .get("metadata")
        .is_none_or(|m| m.is_object() || m.is_null())
    {
        return Ok(());
    }
    match (&call.namespace, meta::namespace(object)) {
        (Some(namespace), None) if resource.namespaced => {
            meta::set(object, "namespace", namespace.as_str());
            Ok(())
        }
        (Some(namespace), Some(found)) if namespace == found => Ok(()),
        (None, None) => Ok(()),
        (None, Some(_)) if !resource.namespaced => {
            meta::remove(object, "namespace");
            Ok(())
        }
        _ => Err(Refusal::bad_request(
            "the namespace of the provided object does not match the namespace sent on the request",
        )),
    }
}

/// Makes sure that an object has the name of the call.
pub(super) fn check_name(object: &Value, call: &Call) -> Result<(), Refusal> {
    let name = call.name.as_deref().unwrap_or_default();
    match meta::text(object, "name") {
        None => Err(Refusal::bad_request(format!(
            "the name of the object ({name} based on URL) was undeterminable: name must be provided"
        ))),
        Some(found) if found != name => Err(Refusal::bad_request(format!(
            "the name of the object ({found}) does not match the name on the URL ({name})"
        ))),
        Some(_) => Ok(()),
    }
}
