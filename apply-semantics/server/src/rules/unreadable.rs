//! What Go says about values that it cannot read.

use std::{collections::HashMap, sync::LazyLock};

use apply_semantics::{
    defaults::{Unreadable, UnreadableErrors},
    types::{Leaf, Node, Shape, builtin},
};
use serde_json::Value;

use super::go_time;

/// Who reads an object into its Go type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decoder {
    /// `encoding/json`: bodies of POST and PUT, and what JSON and merge patches make.
    Json,
    /// The converter from unstructured objects: what applies and strategic merge patches make.
    Unstructured,
}

/// The first thing that cannot be read, as the decoder says it.
pub(super) fn text(errors: &UnreadableErrors, object: &Value, decoder: Decoder) -> String {
    let Some(error) = errors.iter().next() else {
        return String::new();
    };
    let value = at(object, &error.path).unwrap_or(&Value::Null);
    let kind = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default();
    let root = builtin().kind(kind("apiVersion"), kind("kind"));
    let Some(place) = root.and_then(|root| Place::find(root, &error.path)) else {
        return error.to_string();
    };
    own_decoder(place.leaf, value, decoder).unwrap_or_else(|| match decoder {
        Decoder::Json => format!(
            "json: cannot unmarshal {} into Go struct field {}.{} of type {}",
            json_word(value, place.leaf),
            short(place.within),
            place.fields,
            place.go_type()
        ),
        Decoder::Unstructured => unstructured(&place, value, error),
    })
}

/// Types that read themselves say the same to whoever asks them.
fn own_decoder(leaf: Option<Leaf>, value: &Value, decoder: Decoder) -> Option<String> {
    match (leaf?, value) {
        (Leaf::Quantity, value) => Some(quantity(value).to_owned()),
        (Leaf::Time, Value::String(text)) => Some(go_time::seconds_error(text)),
        (Leaf::MicroTime, Value::String(text)) => Some(go_time::micros_error(text)),
        (Leaf::Time | Leaf::MicroTime, value) => Some(format!(
            "json: cannot unmarshal {} into Go value of type string",
            json_word(value, None)
        )),
        (Leaf::IntOrString, value) => Some(format!(
            "json: cannot unmarshal {} into Go value of type int32",
            json_word(value, Some(Leaf::Integer))
        )),
        (Leaf::Bytes, Value::String(text)) => {
            let how = match decoder {
                Decoder::Json => "",
                Decoder::Unstructured => "error decoding from json: ",
            };
            let at = bad_base64(text);
            Some(format!("{how}illegal base64 data at input byte {at}"))
        }
        _ => None,
    }
}

fn unstructured(place: &Place<'_>, value: &Value, error: &Unreadable) -> String {
    let found = match value {
        Value::Null => return error.to_string(),
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float64",
        Value::Number(_) => "int64",
        Value::String(_) => "string",
        Value::Array(_) => "slice",
        Value::Object(_) => "map",
    };
    match place.node.shape() {
        Shape::Struct(_) => format!("cannot restore struct from: {found}"),
        Shape::List(_) | Shape::Leaf(Leaf::Bytes) => {
            format!("cannot restore slice from {found}")
        }
        Shape::Map(_) => format!("cannot restore map from {found}"),
        Shape::Leaf(Leaf::String) => "unrecognized type: string".to_owned(),
        Shape::Leaf(Leaf::Boolean) => "unrecognized type: bool".to_owned(),
        _ => format!("unrecognized type: {}", place.go_type()),
    }
}

/// A place in an object, and its type.
struct Place<'a> {
    /// The innermost struct around it.
    within: &'a str,
    /// The field of that struct.
    field: &'a str,
    /// All fields on the way, without indices and keys.
    fields: String,
    /// How many lists and maps are between the field and the place.
    depth: usize,
    node: Node<'a>,
    leaf: Option<Leaf>,
}

impl<'a> Place<'a> {
    fn find(root: Node<'a>, path: &'a str) -> Option<Self> {
        let mut place = Self {
            within: "",
            field: "",
            fields: String::new(),
            depth: 0,
            node: root,
            leaf: None,
        };
        let mut rest = path;
        while !rest.is_empty() {
            rest = place.step(rest)?;
        }
        if let Shape::Leaf(leaf) = place.node.shape() {
            place.leaf = Some(leaf);
        }
        Some(place)
    }

    /// Goes into a field, an element or an entry, and says what is left of the path.
    fn step(&mut self, path: &'a str) -> Option<&'a str> {
        let path = path.trim_start_matches('.');
        match self.node.shape() {
            Shape::Struct(name) => {
                let end = path.find(['.', '[']).unwrap_or(path.len());
                let (field, rest) = path.split_at(end);
                self.node = self.node.field(field)?.node();
                (self.within, self.field, self.depth) = (name, field, 0);
                if !self.fields.is_empty() {
                    self.fields.push('.');
                }
                self.fields.push_str(field);
                Some(rest)
            }
            Shape::List(element) => {
                self.node = element;
                self.depth += 1;
                path.split_once(']').map(|(_, rest)| rest)
            }
            Shape::Map(inner) => {
                self.depth += 1;
                self.node = inner;
                // Keys may have dots in them; below a map of scalars there is nothing but the key.
                let end = match inner.shape() {
                    Shape::Leaf(_) => path.len(),
                    _ => path.find(['.', '[']).unwrap_or(path.len()),
                };
                path.get(end..)
            }
            _ => None,
        }
    }

    /// The Go type of the place: its own, or what the type of its field holds.
    fn go_type(&self) -> String {
        let own = named_types(self.within).and_then(|types| types.get(self.field));
        let mut own = own.copied();
        for _ in 0..self.depth {
            own = own.and_then(|name| match name.strip_prefix("[]") {
                Some(element) => Some(element),
                None => name
                    .strip_prefix("map[")
                    .and_then(|map| map.split_once(']'))
                    .map(|(_, inner)| inner),
            });
        }
        own.map_or_else(|| usual_type(self.node), str::to_owned)
    }
}

fn usual_type(node: Node<'_>) -> String {
    match node.shape() {
        Shape::Struct(name) => versioned(name),
        Shape::List(element) => format!("[]{}", usual_type(element)),
        Shape::Map(inner) => format!("map[string]{}", usual_type(inner)),
        Shape::Leaf(Leaf::Integer) => "int32".to_owned(),
        Shape::Leaf(Leaf::Number) => "float64".to_owned(),
        Shape::Leaf(Leaf::Boolean) => "bool".to_owned(),
        Shape::Leaf(Leaf::Bytes) => "[]uint8".to_owned(),
        Shape::Leaf(Leaf::Quantity) => "resource.Quantity".to_owned(),
        _ => "string".to_owned(),
    }
}

/// `core.v1.Container` as `v1.Container`.
fn versioned(name: &str) -> String {
    name.split_once('.')
        .map_or(name, |(_, rest)| rest)
        .to_owned()
}

/// `core.v1.Container` as `Container`.
fn short(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

/// The fields of a type whose Go types have names of their own, or are 64 bits wide.
fn named_types(name: &str) -> Option<&'static HashMap<&'static str, &'static str>> {
    type Table = HashMap<&'static str, HashMap<&'static str, &'static str>>;
    static TABLE: LazyLock<Table> = LazyLock::new(|| {
        let lines = include_str!("go_types.txt").lines();
        let types = lines.filter_map(|line| line.split_once(' '));
        let fields = |words: &'static str| words.split(' ').filter_map(|word| word.split_once('='));
        types
            .map(|(name, words)| (name, fields(words).collect()))
            .collect()
    });
    TABLE.get(name)
}

/// What `encoding/json` calls a value.
fn json_word(value: &Value, wanted: Option<Leaf>) -> String {
    match value {
        Value::Number(number) if wanted == Some(Leaf::Integer) => format!("number {number}"),
        Value::Null => "null".to_owned(),
        Value::Bool(_) => "bool".to_owned(),
        Value::Number(_) => "number".to_owned(),
        Value::String(_) => "string".to_owned(),
        Value::Array(_) => "array".to_owned(),
        Value::Object(_) => "object".to_owned(),
    }
}

/// Whether the form is wrong or only the suffix.
fn quantity(value: &Value) -> &'static str {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        other => other.to_string(),
    };
    let number = text.trim_start_matches(['+', '-']);
    let digits = number.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let letters = digits.trim_start_matches(|c| "eEinumkKMGTP".contains(c));
    let exponent = letters.strip_prefix(['+', '-']).unwrap_or(letters);
    let formed = digits.len() < number.len()
        && number.len() + 1 >= text.len()
        && exponent.bytes().all(|byte| byte.is_ascii_digit());
    let (numeric, _) = number.split_at(number.len() - digits.len());
    match (formed, numeric.matches('.').count() < 2 && numeric != ".") {
        (false, _) => {
            "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
        }
        (true, false) => "unable to parse numeric part of quantity",
        (true, true) => "unable to parse quantity's suffix",
    }
}

/// Where a text stops to be base64, as Go's decoder counts: four digits at a time, of which the last may be padding.
fn bad_base64(text: &str) -> usize {
    let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/';
    let mut bytes = text
        .bytes()
        .enumerate()
        .filter(|(_, byte)| !b"\r\n".contains(byte));
    loop {
        for digit in 0..4 {
            match bytes.next() {
                None if digit == 0 => return text.len(),
                None => return text.len() - digit,
                Some((_, byte)) if is_digit(byte) => {}
                Some((_, b'=')) if digit > 1 => {
                    let second = if digit == 2 {
                        bytes.next()
                    } else {
                        Some((0, b'='))
                    };
                    return match (second, bytes.next()) {
                        (None, _) => text.len(),
                        (Some((at, byte)), _) if byte != b'=' => at - 1,
                        (_, after) => after.map_or(text.len(), |(at, _)| at),
                    };
                }
                Some((at, _)) => return at,
            }
        }
    }
}

/// The value at a path such as `spec.containers[0].image`.
pub(crate) fn at<'a>(object: &'a Value, path: &str) -> Option<&'a Value> {
    let parts = path.split(['.', '[', ']']).filter(|part| !part.is_empty());
    parts
        .into_iter()
        .try_fold(object, |value, part| match value {
            Value::Array(items) => items.get(part.parse::<usize>().ok()?),
            other => other.get(part),
        })
}

#[cfg(test)]
mod tests {
    use apply_semantics::defaults;
    use serde_json::json;

    use super::*;

    fn said(object: &Value, decoder: Decoder) -> String {
        let mut read = object.clone();
        text(
            &defaults::normalise(&mut read).unwrap_err(),
            object,
            decoder,
        )
    }

    #[test]
    fn wrong_types_are_told_by_their_go_types() {
        let pod = |spec: Value| json!({"apiVersion": "v1", "kind": "Pod", "spec": spec});
        let cases = [
            (
                json!({"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"replicas": "3"}}),
                "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32",
                "unrecognized type: int32",
            ),
            (
                pod(json!({"containers": [{"name": "a", "args": [true]}]})),
                "json: cannot unmarshal bool into Go struct field Container.spec.containers.args of type string",
                "unrecognized type: string",
            ),
            (
                pod(json!({"activeDeadlineSeconds": 1.5})),
                "json: cannot unmarshal number 1.5 into Go struct field PodSpec.spec.activeDeadlineSeconds of type int64",
                "unrecognized type: int64",
            ),
            (
                pod(json!({"containers": {"a": 1}})),
                "json: cannot unmarshal object into Go struct field PodSpec.spec.containers of type []v1.Container",
                "cannot restore slice from map",
            ),
            (
                pod(json!({"dnsPolicy": 1})),
                "json: cannot unmarshal number into Go struct field PodSpec.spec.dnsPolicy of type v1.DNSPolicy",
                "unrecognized type: string",
            ),
        ];
        for (object, json, unstructured) in cases {
            assert_eq!(said(&object, Decoder::Json), json);
            assert_eq!(said(&object, Decoder::Unstructured), unstructured);
        }
    }

    #[test]
    fn base64_ends_where_go_says() {
        assert_eq!(bad_base64("not base64!"), 3);
        assert_eq!(bad_base64("YWJj\nYQ"), 5);
        assert_eq!(bad_base64("YQ=a"), 2);
        assert_eq!(bad_base64("YQ==x"), 4);
        assert_eq!(bad_base64("YWJj="), 4);
    }

    #[test]
    fn quantities_are_wrong_in_three_ways() {
        assert!(quantity(&json!("1 GiB")).starts_with("quantities must match"));
        assert_eq!(quantity(&json!("1Gk")), "unable to parse quantity's suffix");
        assert_eq!(
            quantity(&json!("1.2.3")),
            "unable to parse numeric part of quantity"
        );
    }
}
