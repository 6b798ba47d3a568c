//! The catalog of upstream's kinds and fields.

use std::{collections::BTreeMap, fs, path::Path};

use serde::Deserialize;

#[derive(Deserialize)]
struct Catalog {
    kinds: Vec<Kind>,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "each test needs a part")]
#[allow(clippy::struct_field_names, reason = "the names of the file")]
pub(crate) struct Kind {
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) kind: String,
    /// Whether upstream's defaults of the version change an empty document.
    pub(crate) defaulted: bool,
    pub(crate) root: String,
    pub(crate) types: BTreeMap<String, Vec<Field>>,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "each test needs a part")]
pub(crate) struct Field {
    pub(crate) json: String,
    pub(crate) r#type: String,
    #[serde(default)]
    pub(crate) omitempty: bool,
}

/// Every kind of the catalog.
pub(crate) fn kinds() -> Vec<Kind> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/catalog.json");
    let catalog: Catalog = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    catalog.kinds
}

/// The type in a type such as `list<string>`.
pub(crate) fn generic<'a>(ty: &'a str, name: &str) -> Option<&'a str> {
    ty.strip_prefix(name)?.strip_prefix('<')?.strip_suffix('>')
}
