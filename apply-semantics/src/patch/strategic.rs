//! Strategic merge patch, as apimachinery's `strategicpatch` makes and applies it.
//!
//! A strategic merge patch looks like the object it patches. Objects merge and null deletes, as in a JSON merge patch; a
//! list is replaced, unless its field has the patch strategy `merge`. Directives say the rest:
//!
//! | directive | where | what |
//! |---|---|---|
//! | `$patch: replace` | object | the object becomes the patch |
//! | `$patch: delete` | object | the object becomes empty; an element of a merging list goes |
//! | `$patch: replace` | element of a merging list | the list becomes the other elements of the patch |
//! | `$retainKeys` | object | fields not listed go |
//! | `$deleteFromPrimitiveList/FIELD` | beside FIELD | these elements go |
//! | `$setElementOrder/FIELD` | beside FIELD | the order of the elements, by value or merge key |
//!
//! Where the original depends on the order in which Go walks a map, deletions from lists come first here.

mod conflicts;
mod diff;
mod elements;
mod lists;
mod objects;
mod schema;

use serde_json::{Map, Value};

use self::objects::Mode;
use super::{Conflict, Outcome, PatchError, PatchFault, Precondition, outcome::Made};

pub use schema::Schema;

const DIRECTIVE: &str = "$patch";
const RETAIN_KEYS: &str = "$retainKeys";
const DELETE_FROM_LIST: &str = "$deleteFromPrimitiveList";
const ELEMENT_ORDER: &str = "$setElementOrder";

/// Applies a strategic merge patch to an object of the type that `schema` describes. Null counts as an empty object.
///
/// ```
/// use apply_semantics::{patch::strategic, types::builtin};
/// use serde_json::json;
///
/// let pod = json!({"spec": {"containers": [{"name": "a", "image": "a:1"}, {"name": "b", "image": "b:1"}]}});
/// let patch = json!({"spec": {"containers": [{"name": "a", "image": "a:2"}, {"name": "b", "$patch": "delete"}]}});
/// let patched = strategic::apply(pod, patch, builtin().kind("v1", "Pod").into())?;
/// assert_eq!(patched, json!({"spec": {"containers": [{"name": "a", "image": "a:2"}]}}));
/// # Ok::<(), apply_semantics::patch::PatchError>(())
/// ```
///
/// # Errors
/// A value is no object, a directive is malformed, or the schema does not say how two objects or lists merge.
pub fn apply(object: Value, patch: Value, schema: Schema<'_>) -> Result<Value, PatchError> {
    objects::merge(
        into_object(object)?,
        into_object(patch)?,
        schema,
        Mode::Apply,
    )
    .map(Value::Object)
}

/// Makes the strategic merge patch that turns one object into another.
///
/// # Errors
/// A value is no object, an element of a merging list has no merge key, or the schema does not say how two objects or
/// lists that differ merge.
pub fn create_two_way(
    original: &Value,
    modified: &Value,
    schema: Schema<'_>,
    preconditions: &[Precondition],
) -> Made {
    let empty = Map::new();
    let options = diff::Options {
        element_order: true,
        ..diff::Options::default()
    };
    let patch = diff::objects(
        as_object(original, &empty)?,
        as_object(modified, &empty)?,
        schema,
        options,
    )?;
    Ok(Precondition::check(Value::Object(patch), preconditions))
}

/// What [`create_three_way`] does when the object was changed where the configuration was changed too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnConflict {
    /// The configuration wins.
    Overwrite,
    /// The outcome is a conflict.
    Refuse,
}

/// Makes the strategic merge patch with which `kubectl apply` brings the current object in line with the modified
/// configuration: what differs is set, and what the original configuration had and the modified one has not is deleted.
///
/// # Errors
/// As [`create_two_way`].
pub fn create_three_way(
    original: &Value,
    modified: &Value,
    current: &Value,
    schema: Schema<'_>,
    on_conflict: OnConflict,
    preconditions: &[Precondition],
) -> Made {
    let empty = Map::new();
    let original = as_object(original, &empty)?;
    let modified = as_object(modified, &empty)?;
    let current = as_object(current, &empty)?;

    let additions = diff::Options {
        element_order: true,
        ignore_deletions: true,
        ..diff::Options::default()
    };
    let additions = diff::objects(current, modified, schema, additions)?;
    let deletions = diff::Options {
        element_order: true,
        ignore_changes: true,
        ..diff::Options::default()
    };
    let deletions = diff::objects(original, modified, schema, deletions)?;
    let patch = Value::Object(objects::merge(deletions, additions, schema, Mode::Combine)?);

    let outcome = Precondition::check(patch, preconditions);
    let Outcome::Patch(patch) = outcome else {
        return Ok(outcome);
    };
    if on_conflict == OnConflict::Overwrite {
        return Ok(Outcome::Patch(patch));
    }
    let changes = Value::Object(diff::objects(
        original,
        current,
        schema,
        diff::Options::default(),
    )?);
    Ok(match first_conflict(&patch, &changes, schema)? {
        Some(path) => Outcome::Conflict(Conflict {
            path,
            patch,
            changes,
        }),
        None => Outcome::Patch(patch),
    })
}

/// Merges strategic merge patches into one, in order. As in the original, `$patch` directives of the first patch for a
/// field are lost; [`first_conflict`] tells whether patches get into each other's way.
///
/// # Errors
/// As [`apply`], and patches that disagree about `$retainKeys` or `$setElementOrder`.
pub fn merge_patches(
    patches: impl IntoIterator<Item = Value>,
    schema: Schema<'_>,
) -> Result<Value, PatchError> {
    let merged = patches.into_iter().try_fold(Map::new(), |merged, patch| {
        objects::merge(merged, into_object(patch)?, schema, Mode::Combine)
    })?;
    Ok(Value::Object(merged))
}

/// The first field, as a path, that two strategic merge patches of one type set differently.
///
/// # Errors
/// A value is no object, or the schema does not describe a field that both patches have.
pub fn first_conflict(
    left: &Value,
    right: &Value,
    schema: Schema<'_>,
) -> Result<Option<String>, PatchError> {
    let empty = Map::new();
    conflicts::objects(as_object(left, &empty)?, as_object(right, &empty)?, schema)
}

fn into_object(value: Value) -> Result<Map<String, Value>, PatchError> {
    match value {
        Value::Object(map) => Ok(map),
        Value::Null => Ok(Map::new()),
        other => Err(PatchError::expected("an object", &other)),
    }
}

fn as_object<'a>(
    value: &'a Value,
    empty: &'a Map<String, Value>,
) -> Result<&'a Map<String, Value>, PatchError> {
    match value {
        Value::Object(map) => Ok(map),
        Value::Null => Ok(empty),
        other => Err(PatchError::expected("an object", other)),
    }
}

/// The field that a parallel-list directive is about: what follows the first slash.
fn target<'a>(key: &'a str, directive: &str) -> Option<&'a str> {
    key.strip_prefix(directive)?.strip_prefix('/')
}

/// Whether a value is an element of a list with this directive.
fn has_directive(value: &Value, directive: &str) -> bool {
    value.get(DIRECTIVE).and_then(Value::as_str) == Some(directive)
}

fn expected_list(found: &Value) -> PatchError {
    PatchError::expected("a list", found)
}

fn bad(fault: PatchFault) -> PatchError {
    fault.into()
}
