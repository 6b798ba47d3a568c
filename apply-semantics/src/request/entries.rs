//! Entries of `metadata.managedFields` as they stand in an object: read no further than is needed, and changed in place.

use std::cmp::Ordering;

use serde_json::{Map, Value};

use super::history::Past;
use crate::{
    fieldset::FieldSet,
    fused::{Fields, maps_are_sorted, trie},
    managed_fields::{Manager, Operation, Time},
    schema::Type,
};

const FIELDS: &str = "fieldsV1";

/// Entries that would be written again just as they are, all of the version of the request.
pub(super) struct Entries(Vec<Item>);

struct Item {
    operation: Operation,
    time: Option<Time>,
    entry: Value,
    past: Option<Past>,
}

impl Entries {
    /// No entries.
    pub(super) const fn none() -> Self {
        Self(Vec::new())
    }

    /// The entries of a list, if they are like that; else the list.
    pub(super) fn read(list: Value, version: &str, ty: &Type) -> Result<Self, Value> {
        let facts = |entry: &Value| facts(entry, version, ty);
        let settled = match &list {
            Value::Array(entries) => entries.iter().map(facts).collect::<Option<Vec<_>>>(),
            _ => None,
        };
        match (settled, list) {
            (Some(facts), Value::Array(entries)) if !entries.is_empty() => {
                let items = facts.into_iter().zip(entries);
                let items = items.map(|((operation, time), entry)| Item {
                    operation,
                    time,
                    entry,
                    past: None,
                });
                let read = Self(items.collect());
                if read.are_distinct() {
                    Ok(read)
                } else {
                    Err(read.into_list())
                }
            }
            (_, list) => Err(list),
        }
    }

    /// Whether each manager has one entry.
    fn are_distinct(&self) -> bool {
        let mut rest = self.0.as_slice();
        while let Some((first, others)) = rest.split_first() {
            if others
                .iter()
                .any(|other| first.identity() == other.identity())
            {
                return false;
            }
            rest = others;
        }
        true
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// How many entries are by updates.
    pub(super) fn updaters(&self) -> usize {
        let updates = |item: &&Item| item.operation == Operation::Update;
        self.0.iter().filter(updates).count()
    }

    /// Where the entry of a manager is, among those of one version.
    pub(super) fn position(&self, manager: &Manager) -> Option<usize> {
        let wanted = (manager.operation(), manager.name(), manager.subresource());
        self.0.iter().position(|item| item.identity() == wanted)
    }

    /// What the entries say is owned.
    pub(super) fn fields(&self) -> impl Iterator<Item = Option<&Fields>> {
        self.0
            .iter()
            .map(|item| item.entry.get(FIELDS).and_then(Value::as_object))
    }

    /// Whether an entry owns any of those paths.
    pub(super) fn owns_any(&self, at: usize, paths: &FieldSet) -> bool {
        let fields = self.0.get(at).and_then(Item::fields);
        fields.is_some_and(|fields| trie::meets(fields, paths))
    }

    /// The manager of an entry, and since when it is.
    pub(super) fn manager(&self, at: usize) -> Option<(Manager, Option<Time>)> {
        let item = self.0.get(at)?;
        let manager = match item.operation {
            Operation::Apply => Manager::applier(item.text("manager"), item.text("subresource")),
            Operation::Update => Manager::updater(
                item.text("manager"),
                item.text("apiVersion"),
                item.text("subresource"),
            ),
        };
        Some((manager, item.time))
    }

    /// Says that an entry changes now.
    pub(super) fn touch(&mut self, at: usize, time: Option<Time>) {
        let Some(item) = self.0.get_mut(at) else {
            return;
        };
        item.time = time;
        let Value::Object(entry) = &mut item.entry else {
            return;
        };
        let old = match time {
            None => entry.remove("time"),
            Some(time) => {
                let old = entry.insert("time".to_owned(), time.to_string().into());
                if old.is_none() {
                    reorder(entry);
                }
                old
            }
        };
        item.past = match item.past.take() {
            None => Some(Past::Changed {
                time: old,
                fields: Vec::new(),
            }),
            Some(Past::Changed { fields, .. }) => Some(Past::Changed { time: old, fields }),
            past => past,
        };
    }

    /// Changes what an entry owns; the change answers how it is undone.
    pub(super) fn edit(&mut self, at: usize, change: impl FnOnce(&mut Value) -> trie::Undo) {
        let Some(item) = self.0.get_mut(at) else {
            return;
        };
        let time = item.entry.get("time").cloned();
        if let Some(owned) = item.entry.get_mut(FIELDS) {
            let fields = change(owned);
            item.past = Some(Past::Changed { time, fields });
        }
    }

    /// Changes what an entry owns to another set; the entry is kept as it was.
    pub(super) fn change(&mut self, at: usize, change: impl FnOnce(&mut Fields)) {
        let Some(item) = self.0.get_mut(at) else {
            return;
        };
        let before = Past::Whole(item.entry.clone());
        if let Some(owned) = item.entry.get_mut(FIELDS) {
            if let Value::Object(owned) = owned {
                change(owned);
            }
            trie::reorder(owned);
        }
        item.past.get_or_insert(before);
    }

    /// Adds the entry of a manager that has none.
    pub(super) fn add(
        &mut self,
        manager: &Manager,
        version: &str,
        time: Option<Time>,
        fields: Value,
    ) {
        let time_text = time.map(|time| time.to_string());
        let texts = [
            ("manager", Some(manager.name())),
            ("operation", Some(manager.operation().as_str())),
            ("apiVersion", Some(version)),
            ("time", time_text.as_deref()),
            ("fieldsType", Some("FieldsV1")),
            (FIELDS, Some("")),
            (
                "subresource",
                Some(manager.subresource()).filter(|text| !text.is_empty()),
            ),
        ];
        let mut entry = Map::new();
        for (name, text) in texts {
            if let Some(text) = text {
                entry.insert(name.to_owned(), text.into());
            }
        }
        entry.insert(FIELDS.to_owned(), fields);
        self.0.push(Item {
            operation: manager.operation(),
            time,
            entry: Value::Object(entry),
            past: Some(Past::Nothing),
        });
    }

    /// The list, in order and without entries that own nothing, and how it was before.
    pub(super) fn finish(self) -> (Value, Vec<(Option<usize>, Past)>) {
        let mut items = self.0;
        let mut past = Vec::new();
        items.retain_mut(|item| {
            let empty = item.fields().is_none_or(Map::is_empty);
            if empty && let Some(Past::Whole(before)) = item.past.take() {
                past.push((None, Past::Whole(before)));
            }
            !empty
        });
        items.sort_by(Item::compare);
        for (at, item) in items.iter_mut().enumerate() {
            past.extend(item.past.take().map(|past| (Some(at), past)));
        }
        (Self(items).into_list(), past)
    }

    pub(super) fn into_list(self) -> Value {
        self.0.into_iter().map(|item| item.entry).collect()
    }
}

/// The fields of an entry in the order in which they are written, where maps keep an order.
const NAMES: [&str; 7] = [
    "manager",
    "operation",
    "apiVersion",
    "time",
    "fieldsType",
    FIELDS,
    "subresource",
];

/// Puts the fields of an entry in order, where maps do not do that themselves.
fn reorder(entry: &mut Map<String, Value>) {
    if maps_are_sorted() {
        return;
    }
    let mut fields = std::mem::take(entry);
    let in_order = NAMES
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), fields.remove(name)?)));
    entry.extend(in_order);
}

impl Item {
    fn text(&self, name: &str) -> &str {
        let text = self.entry.get(name).and_then(Value::as_str);
        text.unwrap_or_default()
    }

    fn fields(&self) -> Option<&Fields> {
        self.entry.get(FIELDS)?.as_object()
    }

    fn identity(&self) -> (Operation, &str, &str) {
        (
            self.operation,
            self.text("manager"),
            self.text("subresource"),
        )
    }

    /// The order in which the API server writes entries.
    fn compare(&self, other: &Self) -> Ordering {
        let seconds = |item: &Self| item.time.map_or(0, Time::unix_seconds);
        self.operation
            .cmp(&other.operation)
            .then_with(|| seconds(self).cmp(&seconds(other)))
            .then_with(|| self.text("manager").cmp(other.text("manager")))
            .then_with(|| self.text("subresource").cmp(other.text("subresource")))
    }
}

/// The operation and time of an entry, if it would be written again as it is.
fn facts(entry: &Value, version: &str, ty: &Type) -> Option<(Operation, Option<Time>)> {
    let (mut operation, mut time, mut needed) = (None, None, 0);
    for (name, value) in entry.as_object()? {
        if name == FIELDS {
            let fields = value.as_object()?;
            needed += usize::from(trie::is_settled(&ty.schema, ty.root, fields));
            continue;
        }
        let text = value.as_str().filter(|text| !text.is_empty())?;
        match name.as_str() {
            "manager" => needed += 1,
            "operation" => operation = Some(text.parse().ok()?),
            "apiVersion" if text == version => needed += 1,
            "time" if text.len() == 20 && text.ends_with('Z') => time = Some(text.parse().ok()?),
            "fieldsType" if text == "FieldsV1" => needed += 1,
            "subresource" => {}
            _ => return None,
        }
    }
    (needed == 4).then_some((operation?, time))
}
