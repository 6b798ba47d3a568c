//! JSON patch, RFC 6902, as `gopkg.in/evanphx/json-patch.v4`, the library of Kubernetes, does it.
//!
//! It differs from the RFC, and so from the `json-patch` crate, in what it lets pass: a negative index counts from the
//! end, `+1` and `007` are indexes, `replace` and `copy` do not mind that a key is missing, a missing `value` is null, and
//! `test` finds null where nothing is. Numbers are tested as written: 1 is not 1.0. The whole document can be tested and
//! replaced, but neither added nor removed.

use serde_json::{Map, Number, Value};

use super::{PatchError, PatchFault};

/// Applies a JSON patch. Either all operations apply or none.
///
/// ```
/// use serde_json::json;
/// let patch = json!([{"op": "add", "path": "/l/-", "value": 3}, {"op": "remove", "path": "/l/0"}]);
/// let patched = apply_semantics::patch::json::apply(json!({"l": [1, 2]}), &patch)?;
/// assert_eq!(patched, json!({"l": [2, 3]}));
/// # Ok::<(), apply_semantics::patch::PatchError>(())
/// ```
///
/// # Errors
/// The document is no container, the patch no list, or an operation malformed or not applicable; the error says which.
pub fn apply(mut document: Value, patch: &Value) -> Result<Value, PatchError> {
    if !matches!(document, Value::Object(_) | Value::Array(_) | Value::Null) {
        return Err(PatchError::expected("an object or a list", &document));
    }
    let operations = match patch {
        Value::Array(operations) => operations.as_slice(),
        Value::Null => &[],
        other => return Err(PatchError::expected("a list of operations", other)),
    };
    for (index, operation) in operations.iter().enumerate() {
        let fields = operation
            .as_object()
            .ok_or_else(|| PatchError::expected("an object", operation));
        let fields = fields.map_err(|error| error.in_operation(index, ""))?;
        document = apply_operation(document, fields).map_err(|fault| {
            let path = fields
                .get("path")
                .and_then(Value::as_str)
                .unwrap_or_default();
            PatchError::from(fault).in_operation(index, path)
        })?;
    }
    Ok(document)
}

type Step<T> = Result<T, PatchFault>;

fn apply_operation(mut document: Value, operation: &Map<String, Value>) -> Step<Value> {
    let text = |member| {
        operation
            .get(member)
            .and_then(Value::as_str)
            .ok_or(PatchFault::MissingMember(member))
    };
    let value = || operation.get("value").cloned().unwrap_or_default();
    match operation.get("op").and_then(Value::as_str) {
        Some("add") => locate(&mut document, text("path")?)?.add(value())?,
        Some("remove") => drop(locate(&mut document, text("path")?)?.remove()?),
        Some("replace") if text("path")?.is_empty() => return whole(value()),
        Some("replace") => locate(&mut document, text("path")?)?.replace(value())?,
        Some("move") => {
            let moved = locate(&mut document, text("from")?)?.remove()?;
            locate(&mut document, text("path")?)?.add(moved)?;
        }
        Some("copy") => {
            let copied = locate(&mut document, text("from")?)?
                .find()?
                .cloned()
                .unwrap_or_default();
            locate(&mut document, text("path")?)?.add(copied)?;
        }
        Some("test") => test(&mut document, text("path")?, operation.get("value"))?,
        _ => return Err(PatchFault::UnknownOperation),
    }
    Ok(document)
}

fn whole(value: Value) -> Step<Value> {
    match value {
        Value::Object(_) | Value::Array(_) => Ok(value),
        other => {
            let found = super::JsonKind::of(&other);
            Err(PatchFault::Expected {
                wanted: "an object or a list to replace the document",
                found,
            })
        }
    }
}

fn test(document: &mut Value, path: &str, wanted: Option<&Value>) -> Step<()> {
    let found = if path.is_empty() {
        Some(&*document)
    } else {
        locate(document, path)?.find()?
    };
    let null = Value::Null;
    let equal = same(found.unwrap_or(&null), wanted.unwrap_or(&null));
    if equal {
        Ok(())
    } else {
        Err(PatchFault::TestFailed)
    }
}

/// The last part of a path, and the container that it is to be looked up in.
struct Location<'a> {
    container: &'a mut Value,
    key: String,
}

/// Walks a JSON pointer up to its last part.
fn locate<'a>(document: &'a mut Value, pointer: &str) -> Step<Location<'a>> {
    let mut parts = pointer.split('/').skip(1).map(decode).collect::<Vec<_>>();
    let key = parts.pop().ok_or(PatchFault::MissingPath)?;
    let mut container = document;
    for part in parts {
        container = child(container, &part).ok_or(PatchFault::MissingPath)?;
    }
    Ok(Location { container, key })
}

fn child<'a>(container: &'a mut Value, part: &str) -> Option<&'a mut Value> {
    let next = match container {
        Value::Object(map) => map.get_mut(part)?,
        Value::Array(items) => {
            let index = index(part, items.len()).ok()?;
            items.get_mut(index)?
        }
        _ => return None,
    };
    matches!(next, Value::Object(_) | Value::Array(_)).then_some(next)
}

impl<'a> Location<'a> {
    /// The value there. Objects, unlike lists, have something at every key: nothing is as good as null.
    fn find(self) -> Step<Option<&'a Value>> {
        match self.container {
            Value::Object(map) => Ok(map.get(&self.key)),
            Value::Array(items) => {
                let index = index(&self.key, items.len())?;
                items.get(index).map(Some).ok_or(PatchFault::BadIndex)
            }
            _ => Ok(None),
        }
    }

    fn add(self, value: Value) -> Step<()> {
        match self.container {
            Value::Object(map) => drop(map.insert(self.key, value)),
            Value::Array(items) if self.key == "-" => items.push(value),
            Value::Array(items) => {
                // A negative index counts from behind the end, where the new element can go.
                let index = index(&self.key, items.len() + 1)?;
                items.insert(index, value);
            }
            _ => return Err(PatchFault::MissingPath),
        }
        Ok(())
    }

    fn replace(self, value: Value) -> Step<()> {
        match self.container {
            Value::Object(map) => drop(map.insert(self.key, value)),
            Value::Array(items) => {
                let index = index(&self.key, items.len())?;
                *items.get_mut(index).ok_or(PatchFault::BadIndex)? = value;
            }
            _ => return Err(PatchFault::MissingPath),
        }
        Ok(())
    }

    fn remove(self) -> Step<Value> {
        match self.container {
            Value::Object(map) => map.remove(&self.key).ok_or(PatchFault::MissingKey),
            Value::Array(items) => {
                let index = index(&self.key, items.len())?;
                Ok(items.remove(index))
            }
            _ => Err(PatchFault::MissingKey),
        }
    }
}

/// An index below `len`; a negative one counts from `len`.
fn index(text: &str, len: usize) -> Step<usize> {
    let index: i64 = text.parse().map_err(|_| PatchFault::BadIndex)?;
    let magnitude = usize::try_from(index.unsigned_abs()).map_err(|_| PatchFault::BadIndex)?;
    let index = if index < 0 {
        len.checked_sub(magnitude)
    } else {
        Some(magnitude)
    };
    index
        .filter(|index| *index < len)
        .ok_or(PatchFault::BadIndex)
}

/// Undoes the escapes of a JSON pointer in one pass: `~1` is `/`, `~0` is `~`.
fn decode(part: &str) -> String {
    let mut decoded = String::with_capacity(part.len());
    let mut rest = part;
    while let Some(at) = rest.find('~') {
        let (before, from) = rest.split_at(at);
        decoded.push_str(before);
        let (text, after) = match from.as_bytes().get(1) {
            Some(b'1') => ("/", from.get(2..)),
            Some(b'0') => ("~", from.get(2..)),
            _ => ("~", from.get(1..)),
        };
        decoded.push_str(text);
        rest = after.unwrap_or_default();
    }
    decoded + rest
}

/// Equality as `test` sees it: numbers are the same when they are written the same.
fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => same_number(left, right),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .zip(right)
                    .all(|(left, right)| same(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .all(|(key, left)| right.get(key).is_some_and(|right| same(left, right)))
        }
        _ => left == right,
    }
}

fn same_number(left: &Number, right: &Number) -> bool {
    // 0.0 and -0.0 are equal as numbers, but not as written.
    left == right
        && (!left.is_f64() || left.as_f64().map(f64::to_bits) == right.as_f64().map(f64::to_bits))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn errors_name_operation_path_and_cause() {
        let patch =
            json!([{"op": "test", "path": "/a", "value": 1}, {"op": "remove", "path": "/b/c"}]);
        let error = apply(json!({"a": 1}), &patch).unwrap_err();
        assert_eq!(
            error.to_string(),
            "operation 1: /b/c: the path does not exist"
        );
        assert_eq!((error.operation(), error.path()), (Some(1), "/b/c"));
    }

    #[test]
    fn escapes_are_undone_once() {
        assert_eq!(decode("a~1b~0c~01~"), "a/b~c~1~");
        assert_eq!(decode("~é"), "~é");
    }

    #[test]
    fn indexes_reach_both_ends() {
        assert_eq!(index("-3", 3), Ok(0));
        assert_eq!(index("-4", 3), Err(PatchFault::BadIndex));
        assert_eq!(index("3", 3), Err(PatchFault::BadIndex));
        assert_eq!(index("-9223372036854775808", 3), Err(PatchFault::BadIndex));
    }
}
