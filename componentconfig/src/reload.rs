//! Reloading: what a new text of a file means for a program that runs with the old one.
//!
//! The decision is a function of both texts ([`Registry::reload`]). With feature `reload` there is a [`FileWatch`] that
//! says when there is a new text.

#[cfg(feature = "reload")]
mod watch;

use serde::Serialize;
use serde_json::Value;

use crate::{Config, Diagnostic, Document, Policy, Registry, Report, field::Path};

#[cfg(feature = "reload")]
pub use watch::FileWatch;

/// What a new text of a file means.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Reload<T> {
    /// The configuration is the same: only comments, order or form have changed, or nothing.
    Unchanged,
    /// The configuration is another one.
    Changed {
        /// It, complete and validated.
        config: Box<T>,
        /// What is different.
        changes: Vec<Change>,
        /// What is odd about it.
        warnings: Vec<Diagnostic>,
    },
    /// The new text is wrong. The program goes on with what it has.
    Refused(Report),
}

/// A field that is different.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Change {
    /// The field.
    pub path: Path,
    /// What it was.
    pub before: Option<Value>,
    /// What it is.
    pub after: Option<Value>,
}

impl Registry {
    /// What the text `new` of a file means for a program that runs with the text `old`. `source` is the name that
    /// diagnostics carry.
    ///
    /// Both are taken complete, so a field that is spelled out with the value it has by default is no change; nor is
    /// anything if `old` itself is wrong, which a running program's is not: then everything of `new` is a change.
    ///
    /// ```
    /// # #[cfg(all(feature = "yaml", feature = "kube-apiserver"))] {
    /// use componentconfig::{Policy, Registry, kube_apiserver::tracing::v1::TracingConfiguration, reload::Reload};
    ///
    /// let head = "apiVersion: apiserver.config.k8s.io/v1\nkind: TracingConfiguration\n";
    /// let old = format!("{head}samplingRatePerMillion: 1\n");
    /// let reload = |new: &str| {
    ///     Registry::kubernetes().reload::<TracingConfiguration>("tracing.yaml", &old, new, Policy::Upstream)
    /// };
    /// assert_eq!(reload(&format!("# rate\n{old}")), Reload::Unchanged);
    /// let Reload::Changed { changes, .. } = reload(&format!("{head}samplingRatePerMillion: 2\n")) else {
    ///     panic!("it has changed");
    /// };
    /// assert_eq!(changes[0].path.to_string(), "samplingRatePerMillion");
    /// assert!(matches!(reload(&format!("{head}samplingRatePerMillion: -1\n")), Reload::Refused(_)));
    /// # }
    /// ```
    pub fn reload<T: Config>(
        &self,
        source: &str,
        old: &str,
        new: &str,
        policy: Policy,
    ) -> Reload<T> {
        if old == new {
            return Reload::Unchanged;
        }
        let read = |text: &str| {
            let document = Document::read(source, text)?;
            self.load::<T>(&document, policy)
        };
        let (config, warnings) = match read(new) {
            Ok(loaded) => loaded,
            Err(report) => return Reload::Refused(report),
        };
        let before = read(old).map_or(Value::Null, |(config, _)| config.to_document());
        let changes = changes(&before, &config.to_document());
        if changes.is_empty() {
            return Reload::Unchanged;
        }
        Reload::Changed {
            config: Box::new(config),
            changes,
            warnings,
        }
    }
}

/// Every field in which two documents differ, in the order of their names. Lists count as one value.
pub fn changes(before: &Value, after: &Value) -> Vec<Change> {
    let mut changes = Vec::new();
    compare(Path::root(), Some(before), Some(after), &mut changes);
    changes
}

fn compare(path: Path, before: Option<&Value>, after: Option<&Value>, out: &mut Vec<Change>) {
    let (before, after) = (
        before.filter(|value| !value.is_null()),
        after.filter(|value| !value.is_null()),
    );
    if before == after {
        return;
    }
    let fields = |value: Option<&Value>| match value {
        None => Some(Vec::new()),
        Some(Value::Object(fields)) => Some(fields.keys().cloned().collect()),
        Some(_) => None,
    };
    if let (Some(mut names), Some(others)) = (fields(before), fields(after))
        && !(names.is_empty() && others.is_empty())
    {
        names.extend(others);
        names.sort();
        names.dedup();
        for name in names {
            let field =
                |value: Option<&'_ Value>| value.and_then(|value| value.get(&name)).cloned();
            let (before, after) = (field(before), field(after));
            compare(
                path.child(name.clone()),
                before.as_ref(),
                after.as_ref(),
                out,
            );
        }
        return;
    }
    out.push(Change {
        path,
        before: before.cloned(),
        after: after.cloned(),
    });
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn differences() {
        let before = json!({"a": 1, "b": {"c": [1], "d": null}, "e": {}});
        let after = json!({"a": 1, "b": {"c": [1, 2], "d": 1}, "f": {"g": true}});
        let changes = changes(&before, &after);
        let paths: Vec<_> = changes
            .iter()
            .map(|change| change.path.to_string())
            .collect();
        assert_eq!(paths, ["b.c", "b.d", "e", "f.g"]);
        assert_eq!(changes[1].before, None);
        assert_eq!(super::changes(&before, &before), []);
    }
}
