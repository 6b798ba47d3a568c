//! Lists of objects.

use componentconfig::{Kind, core::ListMeta};
use serde::{Deserialize, Serialize, Serializer, ser::SerializeMap};

use crate::omit;

/// A list of objects of one kind.
///
/// ```
/// use machine_api::{core::v1beta2::Machine, meta::List};
///
/// let list: List<Machine> = serde_json::from_str(r#"{"items": [{"metadata": {"name": "a"}}]}"#)?;
/// assert_eq!(list.items[0].metadata.name, "a");
/// assert_eq!(serde_json::to_value(&list)?["kind"], "MachineList");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, bound(deserialize = "T: Default + Deserialize<'de>"))]
pub struct List<T> {
    /// Metadata of the list.
    pub metadata: ListMeta,
    /// The objects.
    #[serde(deserialize_with = "omit::nullable")]
    pub items: Vec<T>,
}

impl<T: Kind> Serialize for List<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(4))?;
        map.serialize_entry("apiVersion", &T::GVK.api_version())?;
        map.serialize_entry("kind", &format!("{}List", T::GVK.kind()))?;
        map.serialize_entry("metadata", &self.metadata)?;
        map.serialize_entry("items", &self.items)?;
        map.end()
    }
}
