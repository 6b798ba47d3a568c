use std::fmt;

use apply_semantics::op::FormError;
use serde_json::{Value, json};

use crate::{core::Core, ids::Ids, store::Place, store::Store};

/// All objects of a server at one moment, and where its identifiers stand.
///
/// ```
/// use apply_server::{Server, Snapshot};
///
/// let server = Server::new();
/// let before = server.snapshot();
/// let text = before.to_json();
/// server.restore(&Snapshot::from_json(&text)?);
/// # Ok::<(), apply_semantics::op::FormError>(())
/// ```
#[derive(Clone)]
pub struct Snapshot {
    store: Store,
    ids: Ids,
}

impl Snapshot {
    pub(super) fn of(core: &Core) -> Self {
        Self {
            store: core.store.clone(),
            ids: core.ids,
        }
    }

    pub(super) fn put_into(&self, core: &mut Core) {
        core.store = self.store.clone();
        core.ids = self.ids;
        core.serve_definitions();
    }

    /// The snapshot as JSON. It holds all objects, Secrets too. The history is left out.
    pub fn to_json(&self) -> String {
        let objects: Vec<Value> = self
            .store
            .all()
            .map(|(place, object)| json!({"table": &*place.table, "key": &*place.key, "object": &*object.value()}))
            .collect();
        json!({"revision": self.store.revision(), "ids": self.ids.state(), "objects": objects})
            .to_string()
    }

    /// Reads a snapshot.
    ///
    /// # Errors
    /// The text is none.
    pub fn from_json(text: &str) -> Result<Self, FormError> {
        let wrong = |place: &str| FormError::expected(place, "a snapshot of a server");
        let value: Value = serde_json::from_str(text)
            .map_err(|error| FormError::expected("", error.to_string()))?;
        let number = |name: &str| {
            value
                .get(name)
                .and_then(Value::as_u64)
                .ok_or_else(|| wrong(name))
        };
        let objects = value
            .get("objects")
            .and_then(Value::as_array)
            .ok_or_else(|| wrong("objects"))?;
        let mut store = Store::new(10_000);
        let revision = number("revision")?;
        for entry in objects {
            let text = |name: &str| {
                entry
                    .get(name)
                    .and_then(Value::as_str)
                    .ok_or_else(|| wrong(name))
            };
            let place = Place {
                table: text("table")?.into(),
                key: text("key")?.into(),
            };
            store.replay(&place, revision, entry.get("object").cloned());
        }
        store.compact(revision);
        Ok(Self {
            store,
            ids: Ids::new(number("ids")?),
        })
    }
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot")
            .field("revision", &self.store.revision())
            .finish_non_exhaustive()
    }
}
