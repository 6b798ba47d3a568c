//! What differs between two states of entries.

use std::{collections::BTreeSet, fmt};

use super::{Entry, ManagedFields, Manager, Time};
use crate::{fieldset::FieldSet, path};

/// What differs for one manager.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct EntryDiff {
    /// The manager.
    pub manager: Manager,
    /// What it owns only afterwards.
    pub gained: FieldSet,
    /// What it owned only before.
    pub lost: FieldSet,
    /// The times before and afterwards, if they differ.
    pub times: Option<(Option<Time>, Option<Time>)>,
    /// The versions before and afterwards, if they differ: an applier can go to another one.
    pub versions: Option<(String, String)>,
}

impl ManagedFields {
    /// What differs from these entries to others, manager by manager. Managers for whom nothing differs are left out.
    ///
    /// ```
    /// use apply_semantics::managed_fields::{Entry, ManagedFields, Operation};
    /// let entry = |fields: &str| Entry::new("m", Operation::Apply, "v1", fields.parse().expect("fields"));
    /// let before: ManagedFields = [entry(r#"{"f:a":{},"f:b":{}}"#)].into_iter().collect();
    /// let after: ManagedFields = [entry(r#"{"f:b":{},"f:c":{}}"#)].into_iter().collect();
    /// assert_eq!(before.diff(&after)[0].to_string(), "\"m\"\n+ .c\n- .a");
    /// ```
    pub fn diff(&self, after: &Self) -> Vec<EntryDiff> {
        let managers: BTreeSet<Manager> = self
            .iter()
            .chain(after.iter())
            .map(Entry::manager)
            .collect();
        let diffs = managers.into_iter().map(|manager| {
            let (before, after) = (self.get(&manager), after.get(&manager));
            EntryDiff::between(manager, before, after)
        });
        diffs.filter(|diff| !diff.is_empty()).collect()
    }
}

impl EntryDiff {
    fn between(manager: Manager, before: Option<&Entry>, after: Option<&Entry>) -> Self {
        let none = FieldSet::new();
        let fields =
            |entry: Option<&Entry>| entry.map_or(none.clone(), |entry| entry.fields().clone());
        let (old, new) = (fields(before), fields(after));
        let times = (before.and_then(Entry::time), after.and_then(Entry::time));
        let versions = before.zip(after).map(|(before, after)| {
            let [before, after] = [before, after].map(|entry| entry.api_version().to_owned());
            (before, after)
        });
        Self {
            manager,
            gained: new.difference(&old),
            lost: old.difference(&new),
            times: (times.0 != times.1).then_some(times),
            versions: versions.filter(|(before, after)| before != after),
        }
    }

    fn is_empty(&self) -> bool {
        self.gained.is_empty()
            && self.lost.is_empty()
            && self.times.is_none()
            && self.versions.is_none()
    }
}

/// The manager, then what it gained and lost, one field a line.
impl fmt::Display for EntryDiff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.manager)?;
        if let Some((before, after)) = &self.versions {
            write!(f, ": {before} -> {after}")?;
        }
        for (sign, fields) in [('+', &self.gained), ('-', &self.lost)] {
            for path in fields.paths() {
                write!(f, "\n{sign} {}", path::display(&path))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::managed_fields::Operation;

    fn entry(name: &str, version: &str, fields: &str) -> Entry {
        Entry::new(name, Operation::Apply, version, fields.parse().unwrap())
    }

    #[test]
    fn only_what_differs_is_told() {
        let old = [
            entry("a", "v1", r#"{"f:x":{}}"#),
            entry("b", "v1", r#"{"f:y":{}}"#),
            entry("d", "v1", r#"{"f:z":{}}"#),
        ];
        let time = Time::from_unix_seconds(0);
        let new = [
            entry("a", "v1", r#"{"f:x":{}}"#),
            entry("b", "v2", r#"{"f:y":{}}"#).at(time),
            entry("c", "v1", r#"{"f:z":{}}"#),
        ];
        let (old, new): (ManagedFields, ManagedFields) =
            (old.into_iter().collect(), new.into_iter().collect());
        let diff = old.diff(&new);
        let texts: Vec<_> = diff.iter().map(ToString::to_string).collect();
        assert_eq!(texts, ["\"b\": v1 -> v2", "\"c\"\n+ .z", "\"d\"\n- .z"]);
        assert_eq!(diff[0].times, Some((None, Some(time))));
        assert!(new.diff(&new).is_empty());
    }
}
