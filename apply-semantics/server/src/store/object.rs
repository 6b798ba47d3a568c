use std::{
    collections::VecDeque,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
};

use bytes::Bytes;
use serde_json::{Map, Value};

use super::labels::{Interned, LabelIndex};
use crate::meta;

/// An object as it is kept: its text, written once for each revision, and the value for as long as somebody works with it.
///
/// The text is the truth. It begins with `apiVersion` and `kind`, so that lists can leave them out by cutting them off.
pub(crate) struct Object {
    text: Bytes,
    /// Where what follows `apiVersion` and `kind` begins.
    rest: usize,
    labels: Box<[(Interned, Interned)]>,
    marks: Marks,
    /// Whether an apply that leaves everything as it is was let through.
    settled: AtomicBool,
    value: Mutex<Option<Arc<Value>>>,
}

/// What is asked of all objects, and must not need their values.
#[derive(Debug, Clone, Copy)]
struct Marks {
    is_terminating: bool,
    has_owners: bool,
}

impl Object {
    pub(super) fn new(value: Value, labels: &LabelIndex) -> Self {
        let (text, rest) = write(&value);
        let owners = meta::field(&value, "ownerReferences");
        Self {
            text: text.into(),
            rest,
            labels: labels.of(&value),
            marks: Marks {
                is_terminating: meta::is_terminating(&value),
                has_owners: owners.is_some(),
            },
            settled: AtomicBool::new(false),
            value: Mutex::new(Some(Arc::new(value))),
        }
    }

    /// An object that is in no store.
    #[cfg(test)]
    pub(crate) fn sample(value: Value) -> Self {
        Self::new(value, &LabelIndex::default())
    }

    /// The whole object as JSON.
    pub(crate) fn text(&self) -> &Bytes {
        &self.text
    }

    /// The object as JSON without `apiVersion` and `kind`, but for the brace that it begins with.
    pub(crate) fn untyped(&self) -> &[u8] {
        self.text.get(self.rest..).unwrap_or_default()
    }

    /// The value. It is made of the text when it is not there.
    pub(crate) fn value(&self) -> Arc<Value> {
        self.present().unwrap_or_else(|| Arc::new(self.read()))
    }

    /// The `apiVersion`; empty if there is none.
    pub(crate) fn api_version(&self) -> &str {
        let after = self.text.strip_prefix(br#"{"apiVersion":""#);
        let version = after.and_then(|after| after.split(|byte| *byte == b'"').next());
        str::from_utf8(version.unwrap_or_default()).unwrap_or_default()
    }

    pub(crate) fn label(&self, key: &str) -> Option<&str> {
        let at = self.labels.binary_search_by(|(name, _)| (**name).cmp(key));
        let (_, value) = self.labels.get(at.ok()?)?;
        Some(value)
    }

    /// A field as text, by a path of names with dots between them; empty if there is none.
    pub(crate) fn field(&self, path: &str) -> String {
        super::peek::field(&self.text, path)
    }

    pub(super) fn labels(&self) -> &[(Interned, Interned)] {
        &self.labels
    }

    /// Whether it is being deleted.
    pub(crate) fn is_terminating(&self) -> bool {
        self.marks.is_terminating
    }

    /// Whether it names owners.
    pub(crate) fn has_owners(&self) -> bool {
        self.marks.has_owners
    }

    /// Whether the object, written as it is, passed everything that a write goes through, came out the same, and was not warned of.
    pub(crate) fn is_settled(&self) -> bool {
        self.settled.load(Ordering::Relaxed)
    }

    /// Remembers that.
    pub(crate) fn settle(&self) {
        self.settled.store(true, Ordering::Relaxed);
    }

    /// Gives the value up: somebody else is there now.
    pub(super) fn forget_value(&self) {
        *self.slot() = None;
    }

    fn present(&self) -> Option<Arc<Value>> {
        self.slot().clone()
    }

    fn slot(&self) -> MutexGuard<'_, Option<Arc<Value>>> {
        self.value.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the text, which was written from a value: it is nested no deeper than what was held then.
    fn read(&self) -> Value {
        let mut text = serde_json::Deserializer::from_slice(&self.text);
        text.disable_recursion_limit();
        serde_core::Deserialize::deserialize(&mut text).unwrap_or_default()
    }
}

impl fmt::Debug for Object {
    /// Objects may be Secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Object({} bytes)", self.text.len())
    }
}

/// The text of an object, and where what follows its type begins.
fn write(value: &Value) -> (Vec<u8>, usize) {
    const TYPE: [&str; 2] = ["apiVersion", "kind"];
    let empty = Map::new();
    let fields = value.as_object().unwrap_or(&empty);
    let mut text = Vec::with_capacity(1024);
    text.push(b'{');
    for name in TYPE {
        if let Some(value) = fields.get(name) {
            member(&mut text, name, value);
        }
    }
    let rest = text.len();
    for (name, value) in fields {
        if !TYPE.contains(&name.as_str()) {
            member(&mut text, name, value);
        }
    }
    let rest = if text.last() == Some(&b',') {
        text.pop();
        rest.min(text.len())
    } else {
        rest
    };
    text.push(b'}');
    text.shrink_to_fit();
    (text, rest)
}

/// Writes a field, and a comma after it.
fn member(text: &mut Vec<u8>, name: &str, value: &Value) {
    let start = text.len();
    let written = serde_json::to_writer(&mut *text, name).and_then(|()| {
        text.push(b':');
        serde_json::to_writer(&mut *text, value)
    });
    match written {
        Ok(()) => text.push(b','),
        // Values can always be written into memory.
        Err(_) => text.truncate(start),
    }
}

/// The objects whose values are there, those that were used last behind.
#[derive(Default)]
pub(super) struct Hot(Mutex<Ring>);

#[derive(Default)]
struct Ring {
    objects: VecDeque<Weak<Object>>,
    /// The length of all their texts.
    bytes: usize,
}

impl Hot {
    /// Values are kept of objects with texts of so many bytes together; a value takes about ten times as much as its text.
    const BYTES: usize = 512 * 1024;

    /// The value of an object, which is kept from now on.
    pub(super) fn value(&self, object: &Arc<Object>) -> Arc<Value> {
        if let Some(value) = object.present() {
            return value;
        }
        let value = Arc::new(object.read());
        *object.slot() = Some(Arc::clone(&value));
        self.keep(object);
        value
    }

    /// Remembers that an object has its value.
    pub(super) fn keep(&self, object: &Arc<Object>) {
        let mut ring = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ring.objects.push_back(Arc::downgrade(object));
        ring.bytes += object.text.len();
        while ring.bytes > Self::BYTES && ring.objects.len() > 1 {
            let Some(old) = ring.objects.pop_front() else {
                break;
            };
            if let Some(old) = old.upgrade() {
                ring.bytes = ring.bytes.saturating_sub(old.text.len());
                old.forget_value();
            }
        }
    }
}

/// A copy of a store has values where the original has them.
impl Clone for Hot {
    fn clone(&self) -> Self {
        Self::default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_text_begins_with_the_type() {
        let whole = Object::sample(json!({"a": 1, "kind": "K", "apiVersion": "g/v1", "z": []}));
        assert_eq!(
            &whole.text()[..],
            br#"{"apiVersion":"g/v1","kind":"K","a":1,"z":[]}"#
        );
        assert_eq!(whole.untyped(), br#""a":1,"z":[]}"#);
        assert_eq!(whole.api_version(), "g/v1");
        let bare = Object::sample(json!({"kind": "K"}));
        assert_eq!(&bare.text()[..], br#"{"kind":"K"}"#);
        assert_eq!((bare.untyped(), bare.api_version()), (&b"}"[..], ""));
        let none = Object::sample(json!({"b": 2}));
        assert_eq!(
            (&none.text()[..], none.untyped()),
            (&br#"{"b":2}"#[..], &br#""b":2}"#[..])
        );
        assert_eq!(&Object::sample(json!({})).text()[..], b"{}");
    }

    #[test]
    fn values_come_back_from_the_text() {
        let hot = Hot::default();
        let mut deep = json!(0.1);
        for _ in 0..200 {
            deep = json!({"d": [deep]});
        }
        let value = json!({"apiVersion": "v1", "deep": deep, "n": [1, -2, 1.5e300, u64::MAX, "é\u{1}"], "pad": "x".repeat(Hot::BYTES)});
        let kept = Arc::new(Object::sample(value.clone()));
        hot.keep(&kept);
        assert!(kept.present().is_some());
        let other = Arc::new(Object::sample(json!({"apiVersion": "v1"})));
        hot.keep(&other);
        assert!(kept.present().is_none(), "there is no room for both");
        assert_eq!(*hot.value(&kept), value);
        assert!(kept.present().is_some());
    }
}
