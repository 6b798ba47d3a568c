use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde_json::Value;

use crate::meta;

/// A text that many objects share.
pub(super) type Interned = Arc<str>;

type Keys = BTreeSet<Arc<str>>;

/// Which objects of a table have which labels.
#[derive(Debug, Clone, Default)]
pub(super) struct LabelIndex(BTreeMap<Interned, BTreeMap<Interned, Keys>>);

impl LabelIndex {
    /// The labels of an object, in order; texts that are known are shared.
    pub(super) fn of(&self, object: &Value) -> Box<[(Interned, Interned)]> {
        let labels = meta::field(object, "labels").and_then(Value::as_object);
        let labels = labels.into_iter().flatten().filter_map(|(name, value)| {
            let value = value.as_str()?;
            Some(match self.0.get_key_value(&**name) {
                Some((name, values)) => {
                    let known = values.get_key_value(value).map(|(value, _)| value);
                    let value = known.cloned().unwrap_or_else(|| value.into());
                    (Arc::clone(name), value)
                }
                None => (name.as_str().into(), value.into()),
            })
        });
        let mut labels: Vec<_> = labels.collect();
        // Maps can be in any order, if some crate of the program wants that of JSON kept.
        labels.sort_unstable();
        labels.into()
    }

    pub(super) fn insert(&mut self, key: &Arc<str>, labels: &[(Interned, Interned)]) {
        for (name, value) in labels {
            let values = self.0.entry(Arc::clone(name)).or_default();
            let keys = values.entry(Arc::clone(value)).or_default();
            keys.insert(Arc::clone(key));
        }
    }

    pub(super) fn remove(&mut self, key: &str, labels: &[(Interned, Interned)]) {
        for (name, value) in labels {
            let Some(values) = self.0.get_mut(name) else {
                continue;
            };
            if let Some(keys) = values.get_mut(value) {
                keys.remove(key);
                if keys.is_empty() {
                    values.remove(value);
                }
            }
            if values.is_empty() {
                self.0.remove(name);
            }
        }
    }

    /// The keys of the objects that have a label with one of these values, in order within each value.
    pub(super) fn with<'a>(
        &'a self,
        name: &str,
        values: &'a [String],
    ) -> impl Iterator<Item = &'a Keys> + use<'a> {
        let known = self.0.get(name);
        values
            .iter()
            .filter_map(move |value| known?.get(value.as_str()))
    }
}
