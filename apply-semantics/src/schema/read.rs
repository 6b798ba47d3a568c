//! The JSON form of schemas.

use serde_json::{Map as JsonMap, Value, json};

use super::{Atom, Definition, Field, List, Map, Reference, Relationship, Scalar, SchemaError};

type Object = JsonMap<String, Value>;
type Read<T> = Result<T, SchemaError>;

impl Definition {
    /// Reads `{"types": [...]}`, the form that structured-merge-diff writes as YAML.
    ///
    /// # Errors
    /// The JSON has another form.
    pub fn read_all(value: &Value) -> Read<Vec<Self>> {
        let types = list(value.get("types"), "types")?;
        types
            .iter()
            .enumerate()
            .map(|(index, value)| Self::read(value, &format!("types[{index}]")))
            .collect()
    }

    fn read(value: &Value, place: &str) -> Read<Self> {
        let object = object(value, place)?;
        Ok(Self {
            name: text(object.get("name"), place)?.unwrap_or_default(),
            atom: Atom::read(object, place)?,
        })
    }

    /// Writes definitions as [`Definition::read_all`] reads them.
    pub fn write_all(definitions: &[Self]) -> Value {
        let write = |definition: &Self| {
            let mut object = definition.atom.write();
            object.insert("name".to_owned(), definition.name.as_str().into());
            Value::Object(object)
        };
        json!({"types": definitions.iter().map(write).collect::<Vec<_>>()})
    }
}

impl Atom {
    fn read(object: &Object, place: &str) -> Read<Self> {
        let below = |name| format!("{place}.{name}");
        let list = object
            .get("list")
            .map(|value| List::read(value, &below("list")))
            .transpose()?;
        let map = object
            .get("map")
            .map(|value| Map::read(value, &below("map")))
            .transpose()?;
        Ok(Self {
            scalar: one_of(object.get("scalar"), &Scalar::NAMES, &below("scalar"))?,
            list: list.map(Box::new),
            map: map.map(Box::new),
        })
    }

    fn write(&self) -> Object {
        let mut object = Object::new();
        let mut put = |name: &str, value| object.insert(name.to_owned(), value);
        if let Some(scalar) = self.scalar {
            put("scalar", name_of(scalar, &Scalar::NAMES).into());
        }
        if let Some(list) = &self.list {
            put("list", list.write());
        }
        if let Some(map) = &self.map {
            put("map", map.write());
        }
        object
    }
}

impl List {
    fn read(value: &Value, place: &str) -> Read<Self> {
        let object = object(value, place)?;
        let keys = list(object.get("keys"), place)?
            .iter()
            .map(|key| text(Some(key), place));
        let keys = keys
            .map(|key| Ok(key?.unwrap_or_default()))
            .collect::<Read<_>>()?;
        Ok(Self {
            element: element(object, place)?,
            relationship: relationship(object, place)?,
            keys,
        })
    }

    fn write(&self) -> Value {
        let mut object = container(&self.element, self.relationship);
        if !self.keys.is_empty() {
            object.insert("keys".to_owned(), self.keys.clone().into());
        }
        Value::Object(object)
    }
}

impl Map {
    fn read(value: &Value, place: &str) -> Read<Self> {
        let object = object(value, place)?;
        let fields = list(object.get("fields"), place)?
            .iter()
            .map(|field| Field::read(field, place));
        Ok(Self {
            fields: fields.collect::<Read<_>>()?,
            element: element(object, place)?,
            relationship: relationship(object, place)?,
        })
    }

    fn write(&self) -> Value {
        let mut object = container(&self.element, self.relationship);
        if !self.fields.is_empty() {
            object.insert(
                "fields".to_owned(),
                self.fields.iter().map(Field::write).collect(),
            );
        }
        Value::Object(object)
    }
}

impl Field {
    fn read(value: &Value, place: &str) -> Read<Self> {
        let object = object(value, place)?;
        let name = text(object.get("name"), place)?.unwrap_or_default();
        let reference = object
            .get("type")
            .map(|value| Reference::read(value, &format!("{place}.{name}")));
        let default = object
            .get("default")
            .filter(|default| !default.is_null())
            .cloned();
        Ok(Self {
            reference: reference.transpose()?.unwrap_or_default(),
            name,
            default,
        })
    }

    fn write(&self) -> Value {
        let mut object = Object::from_iter([
            ("name".to_owned(), self.name.as_str().into()),
            ("type".to_owned(), self.reference.write()),
        ]);
        if let Some(default) = &self.default {
            object.insert("default".to_owned(), default.clone());
        }
        Value::Object(object)
    }
}

impl Reference {
    fn read(value: &Value, place: &str) -> Read<Self> {
        let object = object(value, place)?;
        Ok(Self {
            name: text(object.get("namedType"), place)?,
            inlined: Atom::read(object, place)?,
            relationship: one_of(
                object.get("elementRelationship"),
                &Relationship::NAMES,
                place,
            )?,
            nullable: object
                .get("nullable")
                .and_then(Value::as_bool)
                .unwrap_or_default(),
        })
    }

    fn write(&self) -> Value {
        let mut object = self.inlined.write();
        if let Some(name) = &self.name {
            object.insert("namedType".to_owned(), name.as_str().into());
        }
        if let Some(relationship) = self.relationship {
            object.insert(
                "elementRelationship".to_owned(),
                name_of(relationship, &Relationship::NAMES).into(),
            );
        }
        if self.nullable {
            object.insert("nullable".to_owned(), true.into());
        }
        Value::Object(object)
    }
}

/// What lists and maps have in common.
fn container(element: &Reference, relationship: Relationship) -> Object {
    let mut object = Object::new();
    if !element.is_empty() {
        object.insert("elementType".to_owned(), element.write());
    }
    if relationship != Relationship::Unset {
        object.insert(
            "elementRelationship".to_owned(),
            name_of(relationship, &Relationship::NAMES).into(),
        );
    }
    object
}

fn element(object: &Object, place: &str) -> Read<Reference> {
    let element = object
        .get("elementType")
        .map(|value| Reference::read(value, &format!("{place}.elementType")));
    Ok(element.transpose()?.unwrap_or_default())
}

fn relationship(object: &Object, place: &str) -> Read<Relationship> {
    Ok(one_of(
        object.get("elementRelationship"),
        &Relationship::NAMES,
        place,
    )?
    .unwrap_or_default())
}

fn object<'a>(value: &'a Value, place: &str) -> Read<&'a Object> {
    value
        .as_object()
        .ok_or_else(|| SchemaError::new(place, "expected an object"))
}

fn list<'a>(value: Option<&'a Value>, place: &str) -> Read<&'a [Value]> {
    match value {
        None | Some(Value::Null) => Ok(&[]),
        Some(Value::Array(items)) => Ok(items),
        Some(_) => Err(SchemaError::new(place, "expected a list")),
    }
}

fn text(value: Option<&Value>, place: &str) -> Read<Option<String>> {
    match value {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(SchemaError::new(place, "expected a string")),
    }
}

fn one_of<T: Copy>(
    value: Option<&Value>,
    names: &[(T, &'static str)],
    place: &str,
) -> Read<Option<T>> {
    let Some(value) = value else { return Ok(None) };
    let found = names.iter().find(|(_, name)| value == *name);
    found
        .map(|(kind, _)| Some(*kind))
        .ok_or_else(|| SchemaError::new(place, format!("{value} is not known")))
}

fn name_of<T: Copy + PartialEq>(kind: T, names: &[(T, &'static str)]) -> &'static str {
    names
        .iter()
        .find(|(other, _)| *other == kind)
        .map_or("", |(_, name)| name)
}
