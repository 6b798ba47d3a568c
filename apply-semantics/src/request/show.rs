//! What requests answer, as JSON and as text. Values stay out of both: they may be secret.

use std::fmt;

use serde_core::{Serialize, Serializer};
use serde_json::{Value, json};

use super::{Change, Conflict, Conflicts, Effect, Preview, Report};
use crate::{
    fieldset::FieldSet,
    managed_fields::Manager,
    path::{self, Path},
};

impl Effect {
    /// In one word: `nothing`, `managedFields` or `object`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::ManagedFields => "managedFields",
            Self::Object => "object",
        }
    }
}

fn manager(manager: &Manager) -> Value {
    json!({
        "name": manager.name(),
        "operation": manager.operation().as_str(),
        "subresource": manager.subresource(),
    })
}

fn conflict(conflict: &Conflict) -> Value {
    json!({
        "path": conflict.path_text(),
        "manager": manager(conflict.manager()),
        "apiVersion": conflict.api_version(),
        "since": conflict.since().map(|time| time.to_string()),
    })
}

fn paths<'a>(paths: impl IntoIterator<Item = &'a Path>) -> Value {
    paths.into_iter().map(|path| path::display(path)).collect()
}

fn fields(fields: &FieldSet) -> Value {
    paths(&fields.paths().collect::<Vec<_>>())
}

fn of_managers(parts: &[(Manager, FieldSet)]) -> Value {
    let part = |(owner, owned): &(Manager, FieldSet)| json!({"manager": manager(owner), "fields": fields(owned)});
    parts.iter().map(part).collect()
}

fn report(report: &Report) -> Value {
    json!({
        "gained": fields(&report.gained),
        "taken": of_managers(&report.taken),
        "coOwned": of_managers(&report.co_owned),
        "givenUp": fields(&report.given_up),
        "pruned": fields(&report.pruned),
        "yielded": paths(&report.yielded),
    })
}

fn kind_of(change: &Change) -> &'static str {
    match (change.from(), change.to()) {
        (None, _) => "added",
        (_, None) => "removed",
        _ => "modified",
    }
}

fn preview(preview: &Preview) -> Value {
    let change = |change: &Change| json!({"path": change.path_text(), "change": kind_of(change)});
    json!({
        "effect": preview.written().effect().as_str(),
        "created": preview.written().is_created(),
        "changes": preview.changes().iter().map(change).collect::<Value>(),
        "conflicts": preview.conflicts().iter().map(conflict).collect::<Value>(),
        "report": report(&preview.report()),
    })
}

/// A list of paths and owners.
impl Serialize for Conflicts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.iter()
            .map(conflict)
            .collect::<Value>()
            .serialize(serializer)
    }
}

impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        report(self).serialize(serializer)
    }
}

/// The effect, the changes, the conflicts and the report.
impl Serialize for Preview {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        preview(self).serialize(serializer)
    }
}

/// One line for each field that the write means something for.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines = Vec::new();
        let mut all = |what: &str, fields: &FieldSet| {
            lines.extend(
                fields
                    .paths()
                    .map(|path| format!("{what} {}", path::display(&path))),
            );
        };
        all("owns", &self.gained);
        all("gives up", &self.given_up);
        all("prunes", &self.pruned);
        for (owner, fields) in &self.taken {
            all(&format!("takes from {owner}"), fields);
        }
        for (owner, fields) in &self.co_owned {
            all(&format!("shares with {owner}"), fields);
        }
        let yielded = self
            .yielded
            .iter()
            .map(|path| format!("yields {}", path::display(path)));
        lines.extend(yielded);
        f.write_str(&lines.join("\n"))
    }
}

/// One line for each field that would change, `+`, `-` or `~`, with who is in the way.
impl fmt::Display for Preview {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines = Vec::new();
        for change in self.changes() {
            let sign = match kind_of(change) {
                "added" => '+',
                "removed" => '-',
                _ => '~',
            };
            let path = change.path_text();
            let owners = self
                .conflicts()
                .iter()
                .filter(|conflict| conflict.path_text() == path);
            let owners: Vec<_> = owners
                .map(|conflict| conflict.manager().to_string())
                .collect();
            lines.push(match owners.as_slice() {
                [] => format!("{sign} {path}"),
                owners => format!("{sign} {path} (owned by {})", owners.join(", ")),
            });
        }
        if lines.is_empty() {
            lines.push(match self.written().effect() {
                Effect::Nothing => "nothing changes".to_owned(),
                _ => "only who manages what changes".to_owned(),
            });
        }
        f.write_str(&lines.join("\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::{ApplyOptions, Engine, Kinds};

    #[test]
    fn previews_show_paths_and_owners_alone() {
        let secret = |data: Value| json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": data});
        let engine = Engine::new(Kinds::builtin());
        let apply = |live, data: Value, manager| {
            let options = ApplyOptions::new(manager);
            engine
                .apply(live, secret(data), &options)
                .unwrap()
                .into_object()
        };
        let live = apply(None, json!({"a": "b2xk", "b": "b2xk"}), "x");
        let live = apply(Some(live), json!({"c": "b2xk"}), "y");
        let config = secret(json!({"a": "bmV3", "d": "bmV3"}));
        let preview = engine
            .preview(Some(live), config, &ApplyOptions::new("y"))
            .unwrap();
        assert_eq!(
            preview.to_string(),
            "~ .data.a (owned by \"x\")\n- .data.c\n+ .data.d"
        );
        assert_eq!(
            preview.report().to_string(),
            "owns .data.a\nowns .data.d\nprunes .data.c\ntakes from \"x\" .data.a"
        );
        let text = serde_json::to_string(&preview).unwrap();
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            value["changes"][1],
            json!({"path": ".data.c", "change": "removed"})
        );
        assert_eq!(value["conflicts"][0]["manager"]["name"], "x");
        assert_eq!(value["report"]["pruned"], json!([".data.c"]));
        for text in [
            text,
            preview.to_string(),
            format!("{preview:?}"),
            preview.report().to_string(),
        ] {
            assert!(!text.contains("bmV3") && !text.contains("b2xk"), "{text}");
        }
    }
}
