//! Reading a value as a type, and writing the type again.

use std::{error::Error, fmt};

use componentconfig::{core::Time, scalar::Quantity};
use serde_json::{Map, Value};

use super::types::{Field, Kind, fields};

/// A Pod that Kubernetes could not decode: where, and what was expected there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodError {
    /// Path of the field, such as `spec.containers[0].image`; empty for the Pod itself.
    pub path: String,
    /// What the field has to be.
    pub expected: &'static str,
}

impl fmt::Display for PodError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = if self.path.is_empty() {
            "the Pod"
        } else {
            &self.path
        };
        write!(f, "{path} is not {}", self.expected)
    }
}

impl Error for PodError {}

/// The Pod as Kubernetes writes it after reading it: without fields it does not know, without optional ones that are empty,
/// and with quantities in their canonical form.
///
/// # Errors
/// A field that has not the type it has in a Pod.
pub fn normalize(pod: &Value) -> Result<Value, PodError> {
    Reader::default().object("Pod", pod)
}

/// Reads values, and knows where it is.
#[derive(Default)]
struct Reader {
    path: Vec<Step>,
}

enum Step {
    Field(String),
    Index(usize),
}

impl Reader {
    fn object(&mut self, type_name: &str, value: &Value) -> Result<Value, PodError> {
        let empty = Map::new();
        let object = match value {
            Value::Null => &empty,
            Value::Object(object) => object,
            _ => return Err(self.error("an object")),
        };
        let mut written = Map::new();
        for (name, field) in fields(type_name).into_iter().flatten() {
            let step = Step::Field((*name).to_owned());
            let value = object.get(*name).unwrap_or(&Value::Null);
            if let Some(value) = self.at(step, |reader| reader.field(field, value))? {
                written.insert((*name).to_owned(), value);
            }
        }
        Ok(Value::Object(written))
    }

    /// What a field is written as, or nothing if it is left out.
    fn field(&mut self, field: &Field, value: &Value) -> Result<Option<Value>, PodError> {
        if value.is_null()
            && (field.omit_zero || (field.omit_empty && !field.kind.is_struct(field)))
        {
            return Ok(None);
        }
        if value.is_null() && field.pointer {
            return Ok(Some(Value::Null));
        }
        let written = self.value(&field.kind, value)?;
        let drop = field.omit_empty && !field.pointer && is_empty(&field.kind, &written);
        Ok((!drop).then_some(written))
    }

    fn value(&mut self, kind: &Kind, value: &Value) -> Result<Value, PodError> {
        match (kind, value) {
            (Kind::Raw, value) => Ok(value.clone()),
            (Kind::Struct(name), value) => self.object(name, value),
            (Kind::List(_) | Kind::Map(_) | Kind::Time, Value::Null) => Ok(Value::Null),
            (kind, Value::Null) => Ok(kind.zero()),
            (Kind::List(item), Value::Array(items)) => {
                let items = items.iter().enumerate();
                let items: Result<_, _> = items
                    .map(|(index, value)| self.at(Step::Index(index), |r| r.value(item, value)))
                    .collect();
                Ok(Value::Array(items?))
            }
            (Kind::Map(item), Value::Object(entries)) => {
                let written: Result<_, _> = entries
                    .iter()
                    .map(|(key, value)| {
                        let value = self.at(Step::Field(key.clone()), |r| r.value(item, value))?;
                        Ok((key.clone(), value))
                    })
                    .collect();
                Ok(Value::Object(written?))
            }
            (kind, value) => scalar(kind, value).ok_or_else(|| self.error(kind.expected())),
        }
    }

    fn at<T>(&mut self, step: Step, read: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(step);
        let outcome = read(self);
        self.path.pop();
        outcome
    }

    fn error(&self, expected: &'static str) -> PodError {
        let mut path = String::new();
        for step in &self.path {
            match step {
                Step::Field(name) if path.is_empty() => path.push_str(name),
                Step::Field(name) => path.extend([".", name]),
                Step::Index(index) => path.extend(["[", &index.to_string(), "]"]),
            }
        }
        PodError { path, expected }
    }
}

impl Kind {
    /// A struct that is no pointer is written even if nothing is in it.
    fn is_struct(&self, field: &Field) -> bool {
        matches!(self, Self::Struct(_)) && !field.pointer
    }

    /// What an unset field is written as where it must be written.
    fn zero(&self) -> Value {
        match self {
            Self::Text => "".into(),
            Self::Bool => false.into(),
            Self::Quantity => "0".into(),
            _ => 0.into(),
        }
    }

    fn expected(&self) -> &'static str {
        match self {
            Self::Text => "a string",
            Self::Bool => "true or false",
            Self::Int32 => "a 32-bit integer",
            Self::Int64 => "an integer",
            Self::Quantity => "a quantity such as 100m or 1Gi",
            Self::IntOrText => "an integer or a string",
            Self::Time => "a time such as 2006-01-02T15:04:05Z",
            Self::List(_) => "a list",
            Self::Map(_) | Self::Struct(_) => "an object",
            Self::Raw => "anything",
        }
    }
}

fn scalar(kind: &Kind, value: &Value) -> Option<Value> {
    match kind {
        Kind::Text => value.is_string().then(|| value.clone()),
        Kind::Bool => value.is_boolean().then(|| value.clone()),
        Kind::Int32 => integer(value)
            .and_then(|number| i32::try_from(number).ok())
            .map(Value::from),
        Kind::Int64 => integer(value).map(Value::from),
        Kind::IntOrText if value.is_string() => Some(value.clone()),
        Kind::IntOrText => scalar(&Kind::Int32, value),
        Kind::Quantity => {
            let quantity: Quantity = serde_json::from_value(value.clone()).ok()?;
            serde_json::to_value(quantity).ok()
        }
        Kind::Time => {
            let time: Time = value.as_str()?.parse().ok()?;
            Some(time.to_string().into())
        }
        Kind::List(_) | Kind::Map(_) | Kind::Struct(_) | Kind::Raw => None,
    }
}

fn integer(value: &Value) -> Option<i64> {
    value.as_i64()
}

fn is_empty(kind: &Kind, written: &Value) -> bool {
    match written {
        Value::Null => true,
        Value::Bool(value) => !value,
        Value::Number(number) => number.as_i64() == Some(0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(entries) => matches!(kind, Kind::Map(_)) && entries.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_pod_has_not_goes_and_what_is_always_written_comes() {
        let pod = json!({
            "apiVersion": "v1", "kind": "Pod", "unknown": 1,
            "metadata": {"labels": {"a": ""}, "annotations": {}, "creationTimestamp": null},
            "spec": {
                "hostNetwork": false, "terminationGracePeriodSeconds": 0, "hostname": "",
                "containers": [{"name": "c", "livenessProbe": null, "resources": {"limits": {"cpu": 2}}}],
            },
        });
        let expected = json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"labels": {"a": ""}},
            "spec": {
                "terminationGracePeriodSeconds": 0,
                "containers": [{"name": "c", "resources": {"limits": {"cpu": "2"}}}],
            },
            "status": {},
        });
        let written = normalize(&pod).unwrap();
        assert_eq!(written, expected);
        assert_eq!(normalize(&written).unwrap(), written);
    }

    #[test]
    fn an_unset_required_list_is_null() {
        let written = normalize(&json!({"spec": {"nodeName": "n"}})).unwrap();
        assert_eq!(
            written,
            json!({"metadata": {}, "spec": {"containers": null, "nodeName": "n"}, "status": {}})
        );
    }

    #[test]
    fn a_wrong_type_is_refused_with_its_place() {
        let refused = |pod| normalize(&pod).unwrap_err().to_string();
        assert_eq!(
            refused(
                json!({"spec": {"containers": [{}, {"ports": [{"containerPort": 3_000_000_000_u64}]}]}})
            ),
            "spec.containers[1].ports[0].containerPort is not a 32-bit integer"
        );
        assert_eq!(refused(json!([])), "the Pod is not an object");
        assert_eq!(
            refused(json!({"metadata": {"labels": {"x": 1}}})),
            "metadata.labels.x is not a string"
        );
    }
}
