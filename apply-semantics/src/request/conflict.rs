//! What keeps a configuration from being applied.

use std::fmt;

use serde_json::{Value, json};

use crate::{
    managed_fields::{Manager, Time},
    path::{self, PathElement},
    value,
};

/// A field that would change, and the manager that owns it. The values are for whoever asks: no text shows them by itself, as
/// they may be secret.
#[derive(Clone, PartialEq)]
pub struct Conflict {
    pub(super) path: Vec<PathElement>,
    pub(super) manager: Manager,
    pub(super) api_version: String,
    pub(super) since: Option<Time>,
    pub(super) live: Option<Value>,
    pub(super) wanted: Option<Value>,
}

impl Conflict {
    /// The field, as the version of the owner names it.
    pub fn path(&self) -> &[PathElement] {
        &self.path
    }

    /// The field, as messages name it: `.spec.ports[port=80].name`.
    pub fn path_text(&self) -> String {
        path::display(&self.path)
    }

    /// Who owns it.
    pub fn manager(&self) -> &Manager {
        &self.manager
    }

    /// In which version the owner does.
    pub fn api_version(&self) -> &str {
        &self.api_version
    }

    /// When the owner last changed the object, if that is known.
    pub fn since(&self) -> Option<Time> {
        self.since
    }

    /// What is in the field now.
    pub fn live(&self) -> Option<&Value> {
        self.live.as_ref()
    }

    /// What the configuration wants there.
    pub fn wanted(&self) -> Option<&Value> {
        self.wanted.as_ref()
    }
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "conflict with {}: {}", self.manager, self.path_text())
    }
}

impl fmt::Debug for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Conflict")
            .field("path", &self.path_text())
            .field("manager", &self.manager)
            .field("api_version", &self.api_version)
            .field("since", &self.since)
            .finish_non_exhaustive()
    }
}

/// All conflicts of a request, by manager and in the order of paths.
///
/// Their text is the message of the API server, to the byte.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Conflicts(pub(super) Vec<Conflict>);

impl Conflicts {
    /// The conflicts.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Conflict> {
        self.0.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The answer of the API server, a `Status` with code 409.
    pub fn to_status(&self) -> Value {
        let causes: Vec<_> = self.iter().map(cause).collect();
        json!({
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.to_string(),
            "reason": "Conflict",
            "details": {"causes": causes},
            "code": 409,
        })
    }

    /// The message with the live and the wanted values, for eyes that may see them.
    pub fn with_values(&self) -> impl fmt::Display {
        WithValues(self)
    }

    fn by_manager(&self) -> impl Iterator<Item = &[Conflict]> {
        self.0.chunk_by(|a, b| a.manager == b.manager)
    }
}

fn cause(conflict: &Conflict) -> Value {
    json!({
        "reason": "FieldManagerConflict",
        "message": format!("conflict with {}", conflict.manager),
        "field": conflict.path_text(),
    })
}

impl fmt::Display for Conflicts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let [only] = self.0.as_slice() {
            return write!(f, "Apply failed with 1 conflict: {only}");
        }
        write!(f, "Apply failed with {} conflicts: ", self.0.len())?;
        let mut separator = "";
        for conflicts in self.by_manager() {
            let Some(first) = conflicts.first() else {
                continue;
            };
            write!(f, "{separator}conflicts with {}:", first.manager)?;
            separator = "\n";
            for conflict in conflicts {
                write!(f, "\n- {}", conflict.path_text())?;
            }
        }
        Ok(())
    }
}

struct WithValues<'a>(&'a Conflicts);

impl fmt::Display for WithValues<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |value: &Option<Value>| {
            value
                .as_ref()
                .map_or("nothing".to_owned(), value::path_text)
        };
        for (index, conflict) in self.0.iter().enumerate() {
            let separator = if index > 0 { "\n" } else { "" };
            let (live, wanted) = (text(&conflict.live), text(&conflict.wanted));
            write!(
                f,
                "{separator}{}: {} has {live}",
                conflict.path_text(),
                conflict.manager
            )?;
            if let Some(since) = conflict.since {
                write!(f, " since {since}")?;
            }
            write!(f, ", wanted {wanted}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conflict(field: &str, manager: Manager) -> Conflict {
        Conflict {
            path: vec![PathElement::field(field)],
            manager,
            api_version: "v1".to_owned(),
            since: Some(Time::from_unix_seconds(0)),
            live: Some(json!("old secret")),
            wanted: Some(json!({"a": 1})),
        }
    }

    #[test]
    fn messages_are_those_of_the_server() {
        let one = Conflicts(vec![conflict("a", Manager::applier("m", ""))]);
        assert_eq!(
            one.to_string(),
            "Apply failed with 1 conflict: conflict with \"m\": .a"
        );
        let three = Conflicts(vec![
            conflict("a", Manager::applier("m", "")),
            conflict("b", Manager::applier("m", "")),
            conflict("c", Manager::updater("n", "v1", "status")),
        ]);
        assert_eq!(
            three.to_string(),
            "Apply failed with 3 conflicts: conflicts with \"m\":\n- .a\n- .b\n\
             conflicts with \"n\" with subresource \"status\" using v1:\n- .c"
        );
        assert_eq!(three.to_status()["details"]["causes"][2]["field"], ".c");
    }

    #[test]
    fn values_show_only_when_asked_for() {
        let conflicts = Conflicts(vec![conflict("a", Manager::applier("m", ""))]);
        for text in [
            conflicts.to_string(),
            format!("{conflicts:?}"),
            conflicts.to_status().to_string(),
        ] {
            assert!(!text.contains("secret"), "{text}");
        }
        assert_eq!(
            conflicts.with_values().to_string(),
            ".a: \"m\" has \"old secret\" since 1970-01-01T00:00:00Z, wanted {\"a\":1}"
        );
    }
}
