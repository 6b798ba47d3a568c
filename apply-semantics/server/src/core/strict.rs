//! Reading JSON as the API server does: the last of several values of one field counts, and what is doubled or unknown is remembered
//! in the order of the text.

use std::fmt;

use apply_semantics::types::{Node, Shape, builtin};
use serde_core::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value, map::Entry};

/// What may be in a value.
#[derive(Clone, Copy)]
pub(crate) enum Known<'a> {
    /// Anything.
    Anything,
    /// What a built-in type declares.
    Type(Node<'a>),
    /// What a structural schema declares.
    Schema(&'a Value),
    /// The same for a whole object, which has metadata in any case.
    Root(&'a Value),
}

impl Known<'_> {
    /// What is known of a field; `None` if there is no such field.
    fn field(self, name: &str) -> Option<Self> {
        match self {
            Self::Anything => Some(Self::Anything),
            Self::Type(node) => match node.shape() {
                Shape::Struct(_) => {
                    let mut fields = node.fields().peekable();
                    if fields.peek().is_none() {
                        return Some(Self::Anything);
                    }
                    let field = node.field(name).filter(|field| field.name() == name)?;
                    Some(Self::Type(field.node()))
                }
                Shape::Map(value) => Some(Self::Type(value)),
                _ => Some(Self::Anything),
            },
            Self::Root(_) if ["apiVersion", "kind"].contains(&name) => Some(Self::Anything),
            Self::Root(_) if name == "metadata" => Some(metadata()),
            Self::Root(schema) | Self::Schema(schema) => schema_field(schema, name),
        }
    }

    fn element(self) -> Self {
        match self {
            Self::Type(node) => match node.shape() {
                Shape::List(element) => Self::Type(element),
                _ => Self::Anything,
            },
            Self::Schema(schema) => schema.get("items").map_or(Self::Anything, Self::Schema),
            Self::Anything | Self::Root(_) => Self::Anything,
        }
    }
}

/// What may be in the metadata of any object.
fn metadata() -> Known<'static> {
    let namespace = builtin().kind("v1", "Namespace");
    let metadata = namespace.and_then(|namespace| namespace.field("metadata"));
    metadata.map_or(Known::Anything, |field| Known::Type(field.node()))
}

fn schema_field<'a>(schema: &'a Value, name: &str) -> Option<Known<'a>> {
    let flag = |key: &str| schema.get(key).and_then(Value::as_bool).unwrap_or_default();
    if let Some(field) = schema.get("properties").and_then(|fields| fields.get(name)) {
        return Some(Known::Schema(field));
    }
    if flag("x-kubernetes-embedded-resource") && ["apiVersion", "kind", "metadata"].contains(&name)
    {
        return Some(Known::Anything);
    }
    match schema.get("additionalProperties") {
        Some(Value::Bool(false)) | None => {}
        Some(Value::Bool(true)) => return Some(Known::Anything),
        Some(entries) => return Some(Known::Schema(entries)),
    }
    flag("x-kubernetes-preserve-unknown-fields").then_some(Known::Anything)
}

/// What a text holds, and what is wrong with it in a strict reading.
#[derive(Default)]
pub(crate) struct Reading {
    pub(crate) value: Value,
    /// `duplicate field "..."`, in order.
    pub(crate) duplicates: Vec<String>,
    /// `unknown field "..."`, in order.
    pub(crate) unknown: Vec<String>,
}

impl Reading {
    /// Everything that a strict reading refuses.
    pub(crate) fn faults(&self) -> Vec<String> {
        self.duplicates
            .iter()
            .chain(&self.unknown)
            .cloned()
            .collect()
    }
}

/// Reads a text.
///
/// # Errors
/// The text is no JSON.
pub(crate) fn read(text: &[u8], known: Known<'_>) -> Result<Reading, serde_json::Error> {
    let mut reading = Reading::default();
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let seed = Seed {
        known,
        path: Path::Root,
        reading: &mut reading,
    };
    let value = seed.deserialize(&mut deserializer)?;
    deserializer.end()?;
    reading.value = value;
    Ok(reading)
}

/// The same for a value: nothing can be doubled in it.
pub(crate) fn check(value: Value, known: Known<'_>) -> Reading {
    let mut reading = Reading::default();
    find_unknown(&value, known, Path::Root, &mut reading.unknown);
    reading.value = value;
    reading
}

fn find_unknown(value: &Value, known: Known<'_>, path: Path<'_>, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let inner = Path::Field(&path, name);
                match known.field(name) {
                    Some(known) => find_unknown(value, known, inner, found),
                    None => found.push(format!("unknown field \"{inner}\"")),
                }
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                find_unknown(item, known.element(), Path::Item(&path, index), found);
            }
        }
        _ => {}
    }
}

/// Where a value is. It is written down only when something is wrong with it.
#[derive(Clone, Copy)]
enum Path<'p> {
    Root,
    Field(&'p Path<'p>, &'p str),
    Item(&'p Path<'p>, usize),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Field(Self::Root, name) => f.write_str(name),
            Self::Field(parent, name) => write!(f, "{parent}.{name}"),
            Self::Item(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

struct Seed<'a, 'p, 'r> {
    known: Known<'a>,
    path: Path<'p>,
    reading: &'r mut Reading,
}

impl<'de> DeserializeSeed<'de> for Seed<'_, '_, '_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_, '_, '_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Bool(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Number::from_f64(number).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::String(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        let known = self.known.element();
        while let Some(item) = items.next_element_seed(Seed {
            known,
            path: Path::Item(&self.path, list.len()),
            reading: &mut *self.reading,
        })? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(name) = entries.next_key::<String>()? {
            let entry = map.entry(name);
            let name = entry.key();
            let path = Path::Field(&self.path, name);
            let field = self.known.field(name);
            let doubled = matches!(entry, Entry::Occupied(_))
                .then(|| format!("duplicate field \"{path}\""))
                .filter(|doubled| !self.reading.duplicates.contains(doubled));
            if let Some(doubled) = doubled {
                self.reading.duplicates.push(doubled);
            } else if field.is_none() {
                self.reading
                    .unknown
                    .push(format!("unknown field \"{path}\""));
            }
            let value = entries.next_value_seed(Seed {
                known: field.unwrap_or(Known::Anything),
                path,
                reading: &mut *self.reading,
            })?;
            match entry {
                Entry::Vacant(entry) => _ = entry.insert(value),
                Entry::Occupied(mut entry) => _ = entry.insert(value),
            }
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_come_in_the_order_of_the_text() {
        let pod = builtin()
            .kind("v1", "Pod")
            .map_or(Known::Anything, Known::Type);
        let text =
            br#"{"zz": 1, "metadata": {"name": "a", "nickname": "b", "labels": {"any": "x"}},
            "spec": {"containers": [{"imagee": "x", "name": "a", "name": "b"}]}}"#;
        let reading = read(text, pod).unwrap();
        assert_eq!(
            reading.unknown,
            [
                "unknown field \"zz\"",
                "unknown field \"metadata.nickname\"",
                "unknown field \"spec.containers[0].imagee\"",
            ]
        );
        assert_eq!(
            reading.duplicates,
            ["duplicate field \"spec.containers[0].name\""]
        );
        assert_eq!(reading.value["spec"]["containers"][0]["name"], "b");
        assert_eq!(check(reading.value, pod).unknown.len(), 3);
    }
}
