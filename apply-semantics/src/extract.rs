//! What a manager applied, taken out of the live object: the configuration to start from when it is to be changed.
//!
//! ```
//! use apply_semantics::{extract::extract, schema::Type};
//! use serde_json::json;
//!
//! let live = json!({
//!     "apiVersion": "v1", "kind": "ConfigMap",
//!     "metadata": {"name": "settings", "uid": "1", "managedFields": [
//!         {"manager": "tuner", "operation": "Apply", "apiVersion": "v1", "fieldsType": "FieldsV1",
//!          "fieldsV1": {"f:data": {"f:mode": {}}}},
//!     ]},
//!     "data": {"mode": "fast", "size": "10"},
//! });
//! let ty = Type::builtin("v1", "ConfigMap").expect("a built-in kind");
//! let mut config = extract(&live, "tuner", "", &ty)?.expect("tuner applied something");
//! assert_eq!(config, json!({
//!     "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": {"mode": "fast"},
//! }));
//! # Ok::<(), apply_semantics::extract::ExtractError>(())
//! ```

use std::{error, fmt};

use serde_json::{Map, Value};

use crate::{
    fieldset::FieldSet,
    managed_fields::{ManagedFields, ManagedFieldsError, take},
    schema::Type,
    typed::Typed,
};

/// What a manager owns by apply, as a configuration that it can apply again; `None` if it has applied nothing. `subresource` is
/// the one through which it applied, empty for the object itself.
///
/// The configuration says what object it is for: `apiVersion`, `kind`, name and namespace. Applied again by the same manager it
/// changes nothing. Where the manager owns fields of a list element and not the keys of that element, the element comes out
/// without keys and cannot be applied: see [`extract_with_keys`]. This follows `ExtractInto` of apimachinery.
///
/// # Errors
/// The entries cannot be read, or those of the manager are named in another version than that of the object.
pub fn extract(
    object: &Value,
    manager: &str,
    subresource: &str,
    ty: &Type,
) -> Result<Option<Value>, ExtractError> {
    extract_by(object, manager, subresource, ty, Typed::extract)
}

/// The same, with the keys of all list elements in which the manager owns something. Applied again, the manager comes to own these
/// keys, and the object does not change.
///
/// # Errors
/// As [`extract`].
pub fn extract_with_keys(
    object: &Value,
    manager: &str,
    subresource: &str,
    ty: &Type,
) -> Result<Option<Value>, ExtractError> {
    extract_by(object, manager, subresource, ty, Typed::extract_with_keys)
}

fn extract_by(
    object: &Value,
    manager: &str,
    subresource: &str,
    ty: &Type,
    take_out: impl Fn(&Typed, &FieldSet) -> Typed,
) -> Result<Option<Value>, ExtractError> {
    let managed = ManagedFields::decode(object)?;
    let Some(entry) = managed.applied_by(manager, subresource) else {
        return Ok(None);
    };
    let version = object.get("apiVersion").and_then(Value::as_str);
    if version.is_some_and(|version| version != entry.api_version()) {
        return Err(ExtractError::OtherVersion {
            manager: manager.to_owned(),
            version: entry.api_version().to_owned(),
        });
    }
    let mut live = object.clone();
    take(&mut live);
    let live = Typed::unchecked(ty.clone(), Some(live));
    let config = take_out(&live, &entry.fields().leaves());
    let mut config = match config.into_value() {
        Some(Value::Object(config)) => config,
        _ => Map::new(),
    };
    identify(&mut config, object);
    Ok(Some(Value::Object(config)))
}

/// Says what object a configuration is for.
fn identify(config: &mut Map<String, Value>, object: &Value) {
    for name in ["apiVersion", "kind"] {
        if let Some(value) = object.get(name) {
            config.insert(name.to_owned(), value.clone());
        }
    }
    for name in ["name", "namespace"] {
        let Some(value) = object
            .get("metadata")
            .and_then(|metadata| metadata.get(name))
        else {
            continue;
        };
        let metadata = config.entry("metadata").or_insert(Value::Null);
        if !metadata.is_object() {
            *metadata = Value::Object(Map::new());
        }
        if let Value::Object(metadata) = metadata {
            metadata.insert(name.to_owned(), value.clone());
        }
    }
}

/// Why nothing can be extracted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExtractError {
    /// The entries of the object cannot be read.
    ManagedFields(ManagedFieldsError),
    /// The fields of the manager are named in another version than that of the object: read it in that version.
    OtherVersion {
        /// The manager.
        manager: String,
        /// The version of its fields.
        version: String,
    },
}

impl From<ManagedFieldsError> for ExtractError {
    fn from(error: ManagedFieldsError) -> Self {
        Self::ManagedFields(error)
    }
}

impl fmt::Display for ExtractError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ManagedFields(error) => error.fmt(f),
            Self::OtherVersion { manager, version } => write!(
                f,
                "{manager:?} applied in version {version}: read the object in that version"
            ),
        }
    }
}

impl error::Error for ExtractError {}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]

    use serde_json::json;

    use super::*;

    fn service(version: &str) -> Value {
        let fields = r#"{"f:metadata":{"f:labels":{"f:a":{}}},"f:spec":{"f:ports":{"k:{\"port\":80,\"protocol\":\"TCP\"}":{".":{},"f:port":{}}}}}"#;
        json!({
            "apiVersion": "v1", "kind": "Service",
            "metadata": {"name": "web", "namespace": "default", "labels": {"a": "1", "b": "2"}, "managedFields": [{
                "manager": "x", "operation": "Apply", "apiVersion": version, "fieldsType": "FieldsV1",
                "fieldsV1": serde_json::from_str::<Value>(fields).unwrap(),
            }]},
            "spec": {"ports": [{"port": 80, "protocol": "TCP", "targetPort": 80}, {"port": 81, "protocol": "TCP"}], "type": "ClusterIP"},
        })
    }

    fn ty() -> Type {
        Type::builtin("v1", "Service").unwrap()
    }

    #[test]
    fn only_what_is_owned_comes_out() {
        let config = extract(&service("v1"), "x", "", &ty()).unwrap().unwrap();
        assert_eq!(
            config,
            json!({
                "apiVersion": "v1", "kind": "Service",
                "metadata": {"name": "web", "namespace": "default", "labels": {"a": "1"}},
                "spec": {"ports": [{"port": 80}]},
            })
        );
        let config = extract_with_keys(&service("v1"), "x", "", &ty())
            .unwrap()
            .unwrap();
        assert_eq!(
            config.pointer("/spec/ports"),
            Some(&json!([{"port": 80, "protocol": "TCP"}]))
        );
    }

    #[test]
    fn who_applied_nothing_has_no_configuration() {
        assert_eq!(extract(&service("v1"), "y", "", &ty()), Ok(None));
        assert_eq!(extract(&service("v1"), "x", "status", &ty()), Ok(None));
    }

    #[test]
    fn fields_of_other_versions_are_refused() {
        let error = extract(&service("v2"), "x", "", &ty()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "\"x\" applied in version v2: read the object in that version"
        );
    }
}
