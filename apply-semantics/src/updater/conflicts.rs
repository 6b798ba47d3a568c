//! What other managers own of what would change.

use std::{collections::BTreeMap, fmt};

use crate::{
    fieldset::FieldSet,
    go_text,
    path::{self, Path},
};

/// Fields that would change, and belong to other managers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Conflicts(BTreeMap<String, FieldSet>);

/// A field that would change, and the manager it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict<'a> {
    /// The manager.
    pub manager: &'a str,
    /// The field.
    pub path: Path,
}

impl Conflicts {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The fields of each manager, by its name.
    pub fn by_manager(&self) -> impl Iterator<Item = (&str, &FieldSet)> {
        self.0
            .iter()
            .map(|(manager, fields)| (manager.as_str(), fields))
    }

    /// Every conflict: by manager, and in the order of paths.
    pub fn iter(&self) -> impl Iterator<Item = Conflict<'_>> {
        self.by_manager().flat_map(|(manager, fields)| {
            fields.paths().map(move |path| Conflict { manager, path })
        })
    }

    pub(crate) fn add(&mut self, manager: String, fields: FieldSet) {
        if !fields.is_empty() {
            self.0.insert(manager, fields);
        }
    }
}

impl fmt::Display for Conflict<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "conflict with {}: {}",
            quoted(self.manager),
            path::display(&self.path)
        )
    }
}

/// As structured-merge-diff words it: one line for one conflict, and else a list for each manager.
impl fmt::Display for Conflicts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut all = self.iter();
        if let (Some(only), None) = (all.next(), all.next()) {
            return only.fmt(f);
        }
        let mut separator = "";
        for (manager, fields) in self.by_manager() {
            write!(f, "{separator}conflicts with {}:", quoted(manager))?;
            separator = "\n";
            for path in fields.paths() {
                write!(f, "\n- {}", path::display(&path))?;
            }
        }
        Ok(())
    }
}

fn quoted(text: &str) -> String {
    let mut out = String::new();
    go_text::write_quoted(&mut out, text);
    out
}
