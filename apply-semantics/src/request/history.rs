//! Who managed what before a write and after it, told from the object and what was written down of the changes.

use std::sync::OnceLock;

use serde_json::Value;

use crate::{
    fused::trie,
    managed_fields::{self, ManagedFields},
};

/// The entries before a write, and after it.
#[derive(Debug, Clone)]
pub(super) enum History {
    /// Both were read.
    Read(Box<[ManagedFields; 2]>),
    /// They stand in the object, and are read when somebody asks.
    Written {
        before: Before,
        read: OnceLock<Box<[ManagedFields; 2]>>,
    },
}

/// The entries before a write.
#[derive(Debug, Clone)]
pub(super) enum Before {
    /// As they stood in the live object.
    List(Value),
    /// The same as after it, but for these. Those without a place are gone.
    Changes(Vec<(Option<usize>, Past)>),
}

/// What an entry was.
#[derive(Debug, Clone)]
pub(super) enum Past {
    /// There was none.
    Nothing,
    Whole(Value),
    Changed {
        time: Option<Value>,
        fields: trie::Undo,
    },
}

impl History {
    pub(super) fn read(before: ManagedFields, after: ManagedFields) -> Self {
        Self::Read(Box::new([before, after]))
    }

    pub(super) fn written(before: Before) -> Self {
        Self::Written {
            before,
            read: OnceLock::new(),
        }
    }

    pub(super) fn before(&self, object: &Value) -> &ManagedFields {
        let [before, _] = self.both(object);
        before
    }

    pub(super) fn after(&self, object: &Value) -> &ManagedFields {
        let [_, after] = self.both(object);
        after
    }

    fn both(&self, object: &Value) -> &[ManagedFields; 2] {
        match self {
            Self::Read(both) => both,
            Self::Written { before, read } => read.get_or_init(|| {
                let list = managed_fields::of(object).unwrap_or(&Value::Null);
                let read = |list| ManagedFields::from_entries(list).unwrap_or_default();
                Box::new([read(&before.list(list)), read(list)])
            }),
        }
    }
}

impl Before {
    fn list(&self, after: &Value) -> Value {
        let changes = match self {
            Self::List(list) => return list.clone(),
            Self::Changes(changes) => changes,
        };
        let entries = after.as_array().map_or(&[][..], Vec::as_slice);
        let past = |at| changes.iter().find(|(place, _)| *place == Some(at));
        let kept = entries
            .iter()
            .enumerate()
            .filter_map(|(at, entry)| match past(at) {
                None => Some(entry.clone()),
                Some((_, past)) => past.of(entry),
            });
        let gone = changes.iter().filter(|(place, _)| place.is_none());
        let gone = gone.filter_map(|(_, past)| past.of(&Value::Null));
        kept.chain(gone).collect()
    }
}

impl Past {
    fn of(&self, entry: &Value) -> Option<Value> {
        let (time, fields) = match self {
            Self::Nothing => return None,
            Self::Whole(entry) => return Some(entry.clone()),
            Self::Changed { time, fields } => (time, fields),
        };
        let mut entry = entry.clone();
        let map = entry.as_object_mut()?;
        match time {
            Some(time) => drop(map.insert("time".to_owned(), time.clone())),
            None => drop(map.remove("time")),
        }
        trie::undo(map.get_mut("fieldsV1")?.as_object_mut()?, fields);
        Some(entry)
    }
}
