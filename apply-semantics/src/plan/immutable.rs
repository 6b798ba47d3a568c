//! What may not change once an object is there: the update validation of Kubernetes 1.36, as far as it refuses what a new
//! object could have.
//!
//! `immutable.txt` has a line a rule, `group/Kind field [condition]`: the field may not change. The conditions: `once` it may be
//! set where it was not; `as-set` the order of its elements may change; `but=a,b` these fields of it may change;
//! `immutable-if=field` the rule holds if that field of the live object is true. Rules that need more are functions.

mod batch;
mod definitions;
mod network;
mod pods;
mod storage;

use std::{collections::HashMap, sync::OnceLock};

use serde_json::Value;

use super::{
    outcome::Refusal,
    semantic::{at, copy, place, same},
};
use crate::types::Node;

static TABLE: &str = include_str!("immutable.txt");

/// A line of the table.
#[derive(Debug, Clone, Copy)]
struct Rule {
    path: &'static str,
    condition: Condition,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Condition {
    Always,
    Once,
    AsSet,
    But(&'static str),
    If(&'static str),
}

/// What is found in a change.
#[derive(Debug, Default)]
pub(super) struct Findings {
    /// What a server refuses although a new object could have it.
    pub(super) refusals: Vec<Refusal>,
    /// What depends on more than the two objects.
    pub(super) questions: Vec<String>,
}

impl Findings {
    fn refuse(&mut self, path: impl Into<String>, why: &str) {
        let refusal = Refusal {
            path: path.into(),
            why: why.to_owned(),
        };
        if !self.refusals.contains(&refusal) {
            self.refusals.push(refusal);
        }
    }

    fn ask(&mut self, why: impl Into<String>) {
        self.questions.push(why.into());
    }

    /// Refuses the change of a field, if there is one.
    fn keep(&mut self, change: Change<'_>, path: &str, why: &str) {
        if !change.keeps(path) {
            self.refuse(path, why);
        }
    }
}

/// A change of an object of a built-in kind, both sides normalised.
#[derive(Clone, Copy)]
pub(super) struct Change<'a> {
    pub(super) node: Node<'static>,
    pub(super) old: &'a Value,
    pub(super) new: &'a Value,
}

impl<'a> Change<'a> {
    /// Whether a field means the same before and after.
    fn keeps(self, path: &str) -> bool {
        let Some(node) = place(self.node, path) else {
            return true;
        };
        same(node, at(self.old, path), at(self.new, path))
    }

    /// The same change with another new object.
    fn with(self, new: &'a Value) -> Self {
        Self { new, ..self }
    }
}

/// What is refused of a change, by the group and kind of the objects.
pub(super) fn check(group: &str, kind: &str, change: Change<'_>) -> Findings {
    let mut findings = Findings::default();
    for rule in rules(group, kind) {
        rule.check(change, &mut findings);
    }
    match (group, kind) {
        ("", "Pod") => pods::check(change, &mut findings),
        ("", "Service") => network::service(change, &mut findings),
        ("networking.k8s.io", "ServiceCIDR") => network::service_cidr(change, &mut findings),
        ("", "PersistentVolume") => storage::volume(change, &mut findings),
        ("", "PersistentVolumeClaim") => storage::claim(change, &mut findings),
        ("storage.k8s.io", "CSINode") => storage::csi_node(change, &mut findings),
        ("batch", "Job") => batch::job(change, &mut findings),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => {
            definitions::check(change, &mut findings);
        }
        _ => {}
    }
    findings
}

/// The fields of a kind that have a rule of their own, sorted. Kinds with more than such rules (Pods, Jobs, Services, claims,
/// volumes, definitions) have further ones.
pub(super) fn fields(group: &str, kind: &str) -> Vec<&'static str> {
    let mut fields: Vec<_> = rules(group, kind).iter().map(|rule| rule.path).collect();
    fields.sort_unstable();
    fields
}

fn rules(group: &str, kind: &str) -> &'static [Rule] {
    static RULES: OnceLock<HashMap<&'static str, Vec<Rule>>> = OnceLock::new();
    let rules = RULES.get_or_init(|| {
        let mut rules: HashMap<_, Vec<_>> = HashMap::new();
        for (kind, rule) in TABLE.lines().filter_map(read) {
            rules.entry(kind).or_default().push(rule);
        }
        rules
    });
    rules
        .get(format!("{group}/{kind}").as_str())
        .map_or(&[], Vec::as_slice)
}

fn read(line: &'static str) -> Option<(&'static str, Rule)> {
    let mut parts = line.split(' ');
    let (kind, path) = (parts.next()?, parts.next()?);
    let condition = match parts.next() {
        None => Condition::Always,
        Some("once") => Condition::Once,
        Some("as-set") => Condition::AsSet,
        Some(other) => match other.split_once('=')? {
            ("but", fields) => Condition::But(fields),
            ("immutable-if", field) => Condition::If(field),
            _ => return None,
        },
    };
    Some((kind, Rule { path, condition }))
}

impl Rule {
    fn check(self, change: Change<'_>, findings: &mut Findings) {
        let path = self.path;
        match self.condition {
            Condition::Always => findings.keep(change, path, "the field is immutable"),
            Condition::Once => {
                let unset = at(change.old, path).is_none_or(|old| {
                    old.is_null() || old == "" || *old == Value::Array(Vec::new())
                });
                if !unset {
                    findings.keep(change, path, "the field is immutable once it is set");
                }
            }
            Condition::AsSet => {
                if !same_set(at(change.old, path), at(change.new, path)) {
                    findings.refuse(path, "the field is immutable");
                }
            }
            Condition::But(fields) => {
                let mut new = change.new.clone();
                for field in fields.split(',') {
                    copy(change.old, &mut new, &format!("{path}.{field}"));
                }
                let why = format!("all of it but {} is immutable", fields.replace(',', ", "));
                findings.keep(change.with(&new), path, &why);
            }
            Condition::If(field) => {
                if at(change.old, field) == Some(&Value::Bool(true)) {
                    findings.keep(
                        change,
                        path,
                        "the field is immutable when `immutable` is set",
                    );
                }
            }
        }
    }
}

fn same_set(left: Option<&Value>, right: Option<&Value>) -> bool {
    let items =
        |value: Option<&Value>| value.and_then(Value::as_array).cloned().unwrap_or_default();
    let (left, right) = (items(left), items(right));
    left.iter().all(|item| right.contains(item)) && right.iter().all(|item| left.contains(item))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::builtin;

    #[test]
    fn every_rule_names_a_field() {
        let kinds: Vec<_> = builtin().kinds().collect();
        for line in TABLE.lines() {
            let (kind, rule) = read(line).unwrap_or_else(|| panic!("{line}"));
            let (group, name) = kind.split_once('/').unwrap();
            let mut versions = kinds.iter().filter(|(of, _)| {
                let (version, of) = of.rsplit_once('/').unwrap();
                of == name && version.rsplit_once('/').map_or("", |(group, _)| group) == group
            });
            assert!(
                versions.any(|(_, node)| place(*node, rule.path).is_some()),
                "{line}"
            );
        }
    }
}
