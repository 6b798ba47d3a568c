//! Finding recorded cases and reading their files.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

/// A recorded case: its names, and the folder its files lie in.
pub(crate) struct Case {
    pub(crate) id: String,
    pub(crate) group: String,
    folder: PathBuf,
}

impl Case {
    /// The text of one of its files.
    pub(crate) fn text(&self, name: &str) -> Result<String, String> {
        let path = self.folder.join(name);
        fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))
    }

    /// The folder its files lie in.
    #[cfg(feature = "kubeadm")]
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// One of its files as JSON.
    pub(crate) fn json(&self, name: &str) -> Result<Value, String> {
        serde_json::from_str(&self.text(name)?).map_err(|error| format!("{name}: {error}"))
    }
}

/// All cases that `index.json` lists, in its order.
pub(crate) fn read(folder: &Path) -> Result<Vec<Case>, String> {
    let path = folder.join("index.json");
    let fail = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let text = fs::read_to_string(&path).map_err(|error| fail(&error))?;
    let index: Vec<Value> = serde_json::from_str(&text).map_err(|error| fail(&error))?;
    index
        .iter()
        .map(|entry| {
            let field = |name: &str| entry.get(name).and_then(Value::as_str).map(str::to_owned);
            let missing = || fail(&"an entry without id or group");
            let id = field("id").ok_or_else(missing)?;
            Ok(Case {
                group: field("group").ok_or_else(missing)?,
                folder: folder.join("cases").join(&id),
                id,
            })
        })
        .collect()
}
