//! Entries from and to JSON.

use std::{error, fmt};

use serde_json::{Map, Value, map};

use super::{Entry, Operation, Time};
use crate::{
    fieldset::{FieldSet, FieldsV1Error},
    scan::write_html_string,
};

const FIELDS_TYPE: &str = "FieldsV1";

/// Why the API server does not read a list of entries. One entry that it cannot read spoils them all.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ManagedFieldsError {
    /// `metadata.managedFields` is neither a list nor null.
    NotAList,
    /// An entry, or a field of it, is of another kind than it must be.
    Kind {
        /// The index of the entry.
        index: usize,
        /// The field; empty for the entry itself.
        field: &'static str,
    },
    /// The operation is neither `Apply` nor `Update`.
    Operation {
        /// The index of the entry.
        index: usize,
    },
    /// The version of the fields is missing.
    NoApiVersion {
        /// The index of the entry.
        index: usize,
    },
    /// The type of the fields is not `FieldsV1`.
    FieldsType {
        /// The index of the entry.
        index: usize,
    },
    /// The fields are no set of fields.
    Fields {
        /// The index of the entry.
        index: usize,
        /// What is wrong with them.
        error: FieldsV1Error,
    },
}

impl fmt::Display for ManagedFieldsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("metadata.managedFields")?;
        match self {
            Self::NotAList => f.write_str(": expected a list"),
            Self::Kind { index, field: "" } => write!(f, "[{index}]: expected an object"),
            Self::Kind {
                index,
                field: "time",
            } => {
                write!(f, "[{index}].time: expected a time as RFC 3339 writes it")
            }
            Self::Kind { index, field } => write!(f, "[{index}].{field}: expected a string"),
            Self::Operation { index } => {
                write!(f, "[{index}].operation: expected Apply or Update")
            }
            Self::NoApiVersion { index } => {
                write!(f, "[{index}].apiVersion: expected a version")
            }
            Self::FieldsType { index } => write!(f, "[{index}].fieldsType: expected FieldsV1"),
            Self::Fields { index, error } => write!(f, "[{index}].fieldsV1: {error}"),
        }
    }
}

impl error::Error for ManagedFieldsError {}

pub(super) fn decode(entries: &Value) -> Result<Vec<Entry>, ManagedFieldsError> {
    match entries {
        Value::Null => Ok(Vec::new()),
        Value::Array(entries) => entries
            .iter()
            .enumerate()
            .map(|(index, entry)| Reader::new(index, entry)?.entry())
            .collect(),
        _ => Err(ManagedFieldsError::NotAList),
    }
}

/// Whether an entry says nothing at all.
pub(super) fn is_blank(entry: &Value) -> bool {
    const TEXTS: [&str; 5] = [
        "manager",
        "operation",
        "apiVersion",
        "fieldsType",
        "subresource",
    ];
    let Some(entry) = entry.as_object() else {
        return entry.is_null();
    };
    entry.iter().all(|(name, value)| match name.as_str() {
        "time" | "fieldsV1" => value.is_null(),
        name if TEXTS.contains(&name) => value.is_null() || value == "",
        _ => true,
    })
}

struct Reader<'a> {
    index: usize,
    entry: Option<&'a Map<String, Value>>,
}

impl<'a> Reader<'a> {
    fn new(index: usize, entry: &'a Value) -> Result<Self, ManagedFieldsError> {
        let entry = match entry {
            Value::Null => None,
            Value::Object(entry) => Some(entry),
            _ => return Err(ManagedFieldsError::Kind { index, field: "" }),
        };
        Ok(Self { index, entry })
    }

    fn entry(&self) -> Result<Entry, ManagedFieldsError> {
        let index = self.index;
        let [manager, operation, api_version, fields_type, subresource] = [
            self.text("manager")?,
            self.text("operation")?,
            self.text("apiVersion")?,
            self.text("fieldsType")?,
            self.text("subresource")?,
        ];
        let time = self.time()?;
        let operation: Operation = operation
            .parse()
            .map_err(|()| ManagedFieldsError::Operation { index })?;
        if api_version.is_empty() {
            return Err(ManagedFieldsError::NoApiVersion { index });
        }
        if fields_type != FIELDS_TYPE {
            return Err(ManagedFieldsError::FieldsType { index });
        }
        let fields = self
            .value("fieldsV1")
            .map_or_else(|| Ok(FieldSet::new()), FieldSet::from_value)
            .map_err(|error| ManagedFieldsError::Fields { index, error })?;
        Ok(Entry::new(manager, operation, api_version, fields)
            .at(time)
            .on(subresource))
    }

    fn value(&self, field: &str) -> Option<&'a Value> {
        self.entry?.get(field).filter(|value| !value.is_null())
    }

    fn text(&self, field: &'static str) -> Result<&'a str, ManagedFieldsError> {
        let index = self.index;
        match self.value(field) {
            None => Ok(""),
            Some(Value::String(text)) => Ok(text),
            Some(_) => Err(ManagedFieldsError::Kind { index, field }),
        }
    }

    fn time(&self) -> Result<Option<Time>, ManagedFieldsError> {
        let (index, field) = (self.index, "time");
        if self.value(field).is_none() {
            return Ok(None);
        }
        let time = self.text(field)?.parse();
        time.map(Some)
            .map_err(|_| ManagedFieldsError::Kind { index, field })
    }
}

impl Entry {
    /// What is written before and behind the fields, in order; without what is empty.
    fn texts(&self) -> impl Iterator<Item = (&'static str, String)> {
        let time = self.time().map(|time| time.to_string());
        [
            ("manager", self.name().to_owned()),
            ("operation", self.operation().to_string()),
            ("apiVersion", self.api_version().to_owned()),
            ("time", time.unwrap_or_default()),
            ("fieldsType", FIELDS_TYPE.to_owned()),
            ("fieldsV1", String::new()),
            ("subresource", self.subresource().to_owned()),
        ]
        .into_iter()
        .filter(|(name, text)| *name == "fieldsV1" || !text.is_empty())
    }

    pub(super) fn encode(&self) -> Value {
        let value = |(name, text)| {
            let value = match name {
                "fieldsV1" => self.fields().to_value(),
                _ => Value::String(text),
            };
            (name.to_owned(), value)
        };
        Value::Object(self.texts().map(value).collect())
    }
}

pub(super) fn to_json(entries: &[Entry]) -> String {
    let mut out = String::from("[");
    for (index, entry) in entries.iter().enumerate() {
        out.push_str(if index > 0 { ",{" } else { "{" });
        for (index, (name, text)) in entry.texts().enumerate() {
            if index > 0 {
                out.push(',');
            }
            write_html_string(&mut out, name);
            out.push(':');
            match name {
                "fieldsV1" => out.push_str(&entry.fields().to_fields_v1()),
                _ => write_html_string(&mut out, &text),
            }
        }
        out.push('}');
    }
    out.push(']');
    out
}

/// Puts the list into an object, with metadata if it has none.
pub(crate) fn put(object: &mut Value, entries: Value) {
    let Value::Object(object) = object else {
        return;
    };
    let metadata = match object.entry("metadata") {
        map::Entry::Vacant(vacant) => vacant.insert(Value::Null),
        map::Entry::Occupied(occupied) => occupied.into_mut(),
    };
    if metadata.is_null() {
        *metadata = Value::Object(Map::new());
    }
    if let Value::Object(metadata) = metadata {
        metadata.insert("managedFields".to_owned(), entries);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::managed_fields::ManagedFields;

    fn with(field: &str, value: Value) -> Value {
        let mut entry = json!({
            "manager": "m", "operation": "Update", "apiVersion": "v1", "time": "2024-01-01T00:00:00Z",
            "fieldsType": "FieldsV1", "fieldsV1": {"f:a": {}},
        });
        entry[field] = value;
        json!([entry])
    }

    #[test]
    fn one_bad_entry_spoils_all() {
        for (field, value, message) in [
            (
                "operation",
                json!("apply"),
                "[0].operation: expected Apply or Update",
            ),
            (
                "operation",
                json!(null),
                "[0].operation: expected Apply or Update",
            ),
            (
                "apiVersion",
                json!(""),
                "[0].apiVersion: expected a version",
            ),
            ("fieldsType", json!(""), "[0].fieldsType: expected FieldsV1"),
            (
                "time",
                json!("now"),
                "[0].time: expected a time as RFC 3339 writes it",
            ),
            ("manager", json!(1), "[0].manager: expected a string"),
            (
                "fieldsV1",
                json!({"a": {}}),
                "[0].fieldsV1: \"a\": a path element has at least a letter and a colon",
            ),
        ] {
            let error = ManagedFields::from_entries(&with(field, value)).unwrap_err();
            assert_eq!(
                error.to_string(),
                format!("metadata.managedFields{message}")
            );
        }
        for entries in [json!({}), json!("x"), json!([1])] {
            assert!(ManagedFields::from_entries(&entries).is_err(), "{entries}");
        }
    }

    #[test]
    fn what_is_missing_is_empty() {
        for field in ["fieldsV1", "time", "manager", "subresource"] {
            let managed = ManagedFields::from_entries(&with(field, Value::Null)).unwrap();
            assert_eq!(managed.len(), 1, "{field}");
        }
        assert!(
            ManagedFields::from_entries(&Value::Null)
                .unwrap()
                .is_empty()
        );
    }

    #[test]
    fn the_last_entry_of_a_manager_counts() {
        let entry = |field: &str| with("fieldsV1", json!({field: {}}))[0].clone();
        let managed = ManagedFields::from_entries(&json!([entry("f:a"), entry("f:b")])).unwrap();
        assert_eq!(managed.len(), 1);
        let only = managed.iter().next().unwrap();
        assert_eq!(only.fields().to_string(), r#"{"f:b":{}}"#);
    }

    #[test]
    fn texts_are_exact() {
        let entries = with(
            "fieldsV1",
            json!({"v:2": {}, "k:{\"a\":\"<\"}": {}, "v:10": {}, "f:z": {}}),
        );
        let managed = ManagedFields::from_entries(&entries).unwrap();
        assert_eq!(
            managed.to_json(),
            concat!(
                r#"[{"manager":"m","operation":"Update","apiVersion":"v1","time":"2024-01-01T00:00:00Z","#,
                r#""fieldsType":"FieldsV1","fieldsV1":{"f:z":{},"k:{\"a\":\"\\u003c\"}":{},"v:2":{},"v:10":{}}}]"#
            )
        );
        assert_eq!(ManagedFields::new().to_json(), "[]");
    }
}
