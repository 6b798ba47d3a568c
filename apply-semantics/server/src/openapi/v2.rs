//! OpenAPI v2, for clients that know no other: one document of all versions, as JSON, and as the protobuf of gnostic that
//! kubectl up to 1.28 checks manifests with.

use serde_json::{Map, Value, json};

use super::document;
use crate::registry::Registry;

/// The document.
pub(crate) fn swagger(registry: &Registry) -> Value {
    let (mut paths, mut definitions) = (Map::new(), Map::new());
    for (group, version) in registry.group_versions() {
        let Some(mut document) = document(registry, group, version) else {
            continue;
        };
        let mut part = |path: &str| match document.pointer_mut(path).map(Value::take) {
            Some(Value::Object(part)) => part,
            _ => Map::new(),
        };
        let schemas = part("/components/schemas");
        definitions.extend(
            schemas
                .into_iter()
                .map(|(name, schema)| (name, older(schema))),
        );
        for (path, mut item) in part("/paths") {
            for operation in item.as_object_mut().into_iter().flatten() {
                simplify(operation.1);
            }
            paths.insert(path, item);
        }
    }
    json!({
        "swagger": "2.0", "info": {"title": "Kubernetes", "version": "v1.36.2"},
        "paths": paths, "definitions": definitions,
    })
}

/// An operation in the older form: types stand beside the names of parameters, schemas in the answers.
fn simplify(operation: &mut Value) {
    let parameters = operation
        .get_mut("parameters")
        .and_then(Value::as_array_mut);
    for parameter in parameters.into_iter().flatten() {
        if let Some(parameter) = parameter.as_object_mut()
            && let Some(Value::Object(schema)) = parameter.remove("schema")
        {
            parameter.extend(schema);
        }
    }
    let schema = operation.pointer_mut("/responses/200/content/application~1json/schema");
    let schema = older(schema.map(Value::take).unwrap_or_default());
    if let Some(fields) = operation.as_object_mut() {
        let answers = json!({"200": {"description": "OK", "schema": schema}});
        fields.insert("responses".to_owned(), answers);
    }
}

/// A schema in the older form, which knows no alternatives, no nulls, and references only by themselves.
fn older(schema: Value) -> Value {
    let Value::Object(mut schema) = schema else {
        return schema;
    };
    if let Some(reference) = reference(&schema) {
        let mut alone = Map::new();
        alone.insert("$ref".to_owned(), reference.into());
        return Value::Object(alone);
    }
    let flag = |name: &str| schema.get(name) == Some(&Value::Bool(true));
    let anything = flag("x-kubernetes-preserve-unknown-fields") || flag("nullable");
    let int_or_string = flag("x-kubernetes-int-or-string");
    let alternatives = schema.remove("oneOf").is_some() | schema.remove("anyOf").is_some();
    for name in ["allOf", "not", "nullable"] {
        schema.remove(name);
    }
    if anything || int_or_string {
        for name in [
            "type",
            "properties",
            "items",
            "additionalProperties",
            "required",
        ] {
            schema.remove(name);
        }
    }
    if alternatives && !anything {
        // Clients let numbers pass as strings.
        schema.insert("type".to_owned(), "string".into());
    }
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        for property in properties.values_mut() {
            *property = older(property.take());
        }
    }
    for name in ["items", "additionalProperties"] {
        if let Some(inner) = schema.get_mut(name) {
            *inner = older(inner.take());
        }
    }
    Value::Object(schema)
}

/// What a schema refers to and adds nothing but remarks to.
fn reference(schema: &Map<String, Value>) -> Option<String> {
    let direct = schema.get("$ref").and_then(Value::as_str);
    let only = schema.get("allOf").and_then(Value::as_array);
    let only = only.and_then(|all| match all.as_slice() {
        [one] => one.get("$ref")?.as_str(),
        _ => None,
    });
    let name = direct.or(only)?.strip_prefix("#/components/schemas/")?;
    Some(format!("#/definitions/{name}"))
}

/// The document in protobuf: the fields of `openapiv2/OpenAPIv2.proto` of gnostic that clients of Kubernetes read.
pub(crate) fn protobuf(swagger: &Value) -> Vec<u8> {
    let mut document = Message::default();
    document.text(1, at(swagger, "/swagger"));
    let mut info = Message::default();
    info.text(1, at(swagger, "/info/title"));
    info.text(2, at(swagger, "/info/version"));
    document.message(2, &info);
    let mut paths = Message::default();
    for (name, item) in entries(at(swagger, "/paths")) {
        let mut written = Message::default();
        for (method, operation) in entries(item) {
            let number = match method.as_str() {
                "get" => 2,
                "put" => 3,
                "post" => 4,
                "delete" => 5,
                _ => 8,
            };
            written.message(number, &operation_in(operation));
        }
        paths.message(2, &Message::named(name, &written));
    }
    document.message(8, &paths);
    let mut definitions = Message::default();
    for (name, schema) in entries(at(swagger, "/definitions")) {
        definitions.message(1, &Message::named(name, &schema_in(schema)));
    }
    document.message(9, &definitions);
    document.0
}

fn operation_in(operation: &Value) -> Message {
    let mut written = Message::default();
    written.text(5, at(operation, "/operationId"));
    for parameter in at(operation, "/parameters")
        .as_array()
        .into_iter()
        .flatten()
    {
        let mut query = Message::default();
        query.text(2, at(parameter, "/in"));
        query.text(4, at(parameter, "/name"));
        query.text(6, at(parameter, "/type"));
        query.truth(20, parameter.get("uniqueItems") == Some(&Value::Bool(true)));
        // One of four kinds, one of two kinds, one of two forms.
        let other = Message::around(3, &query);
        let parameter = Message::around(2, &other);
        written.message(8, &Message::around(1, &parameter));
    }
    let mut answer = Message::default();
    answer.text(1, at(operation, "/responses/200/description"));
    answer.message(
        2,
        &Message::around(1, &schema_in(at(operation, "/responses/200/schema"))),
    );
    let mut code = Message::default();
    code.text(1, &"200".into());
    code.message(2, &Message::around(1, &answer));
    written.message(9, &Message::around(1, &code));
    extensions(&mut written, 13, operation);
    written
}

fn schema_in(schema: &Value) -> Message {
    let mut written = Message::default();
    written.text(1, at(schema, "/$ref"));
    written.text(2, at(schema, "/format"));
    written.text(4, at(schema, "/description"));
    if let Some(default) = schema.get("default") {
        written.message(5, &any(default));
    }
    for name in at(schema, "/required").as_array().into_iter().flatten() {
        written.text(19, name);
    }
    for value in at(schema, "/enum").as_array().into_iter().flatten() {
        written.message(20, &any(value));
    }
    match schema.get("additionalProperties") {
        Some(Value::Bool(allowed)) => {
            let mut item = Message::default();
            item.truth(2, *allowed);
            written.message(21, &item);
        }
        Some(inner) => written.message(21, &Message::around(1, &schema_in(inner))),
        None => {}
    }
    if at(schema, "/type").is_string() {
        let mut item = Message::default();
        item.text(1, at(schema, "/type"));
        written.message(22, &item);
    }
    if let Some(items) = schema.get("items") {
        written.message(23, &Message::around(1, &schema_in(items)));
    }
    if at(schema, "/properties").is_object() {
        let mut properties = Message::default();
        for (name, property) in entries(at(schema, "/properties")) {
            properties.message(1, &Message::named(name, &schema_in(property)));
        }
        written.message(25, &properties);
    }
    extensions(&mut written, 31, schema);
    written
}

fn extensions(written: &mut Message, number: u32, of: &Value) {
    for (name, value) in entries(of).filter(|(name, _)| name.starts_with("x-")) {
        written.message(number, &Message::named(name, &any(value)));
    }
}

/// Anything, as YAML, which JSON is.
fn any(value: &Value) -> Message {
    let mut written = Message::default();
    written.bytes(2, value.to_string().as_bytes());
    written
}

/// What is at a path; null if nothing is.
fn at<'a>(value: &'a Value, path: &str) -> &'a Value {
    value.pointer(path).unwrap_or(&Value::Null)
}

fn entries(object: &Value) -> impl Iterator<Item = (&String, &Value)> {
    object.as_object().into_iter().flatten()
}

/// A message that is being written.
#[derive(Debug, Default)]
struct Message(Vec<u8>);

impl Message {
    /// A message in a field of another one.
    fn around(number: u32, inner: &Self) -> Self {
        let mut message = Self::default();
        message.message(number, inner);
        message
    }

    /// A name and what has it.
    fn named(name: &str, value: &Self) -> Self {
        let mut message = Self::default();
        message.bytes(1, name.as_bytes());
        message.message(2, value);
        message
    }

    fn message(&mut self, number: u32, message: &Self) {
        self.bytes(number, &message.0);
    }

    fn text(&mut self, number: u32, text: &Value) {
        if let Some(text) = text.as_str().filter(|text| !text.is_empty()) {
            self.bytes(number, text.as_bytes());
        }
    }

    fn truth(&mut self, number: u32, truth: bool) {
        if truth {
            self.number(u64::from(number) << 3);
            self.number(1);
        }
    }

    fn bytes(&mut self, number: u32, bytes: &[u8]) {
        self.number(u64::from(number) << 3 | 2);
        self.number(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }

    fn number(&mut self, mut number: u64) {
        while number > 0x7f {
            self.0
                .push(u8::try_from(number & 0x7f).unwrap_or_default() | 0x80);
            number >>= 7;
        }
        self.0.push(u8::try_from(number).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemas_in_the_older_form() {
        let reference = json!({"allOf": [{"$ref": "#/components/schemas/a.B"}], "default": {}});
        assert_eq!(older(reference), json!({"$ref": "#/definitions/a.B"}));
        let quantity = json!({"oneOf": [{"type": "string"}, {"type": "number"}]});
        assert_eq!(older(quantity), json!({"type": "string"}));
        let open = json!({"type": "object", "properties": {"a": {}}, "x-kubernetes-preserve-unknown-fields": true});
        assert_eq!(
            older(open),
            json!({"x-kubernetes-preserve-unknown-fields": true})
        );
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let swagger = swagger(&Registry::builtin(false));
        let text = swagger.to_string();
        for part in text.split("\"#/definitions/").skip(1) {
            let name = part.split('"').next().unwrap();
            assert!(swagger["definitions"].get(name).is_some(), "{name}");
        }
        assert!(!text.contains("#/components/"));
        assert!(protobuf(&swagger).starts_with(b"\x0a\x032.0\x12"));
    }
}
