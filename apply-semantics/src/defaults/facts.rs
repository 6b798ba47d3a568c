//! What is known of each built-in type, put together once so that walks through objects need not look it up by name.

use std::sync::OnceLock;

use serde_json::Value;

use super::{
    aliases::{self, Alias},
    functions::{self, Function},
    tables::{self, Presence},
};
use crate::types::{Node, Shape, builtin};

/// Whether quantities are those of a list of resources, which are rounded.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Resources {
    Yes,
    No,
}

/// What is known of a type. Fields are told by their places in it.
pub(super) struct Facts {
    /// How each field is written.
    presences: Vec<Presence>,
    /// The fields that are written even if they are not there.
    pub(super) standing: Vec<usize>,
    /// The field that is not looked into: who owns what is not part of what an object says.
    pub(super) untouched: Option<usize>,
    pub(super) resources: Resources,
    /// What reading does with fields that others replaced, and what writing does.
    pub(super) read: Option<Alias>,
    pub(super) write: Option<Alias>,
    /// What fields default to that depends on nothing else.
    pub(super) defaults: Vec<(usize, &'static Value)>,
    /// What is set before these defaults and after them.
    pub(super) before: Option<Function>,
    pub(super) after: Option<Function>,
    /// The fields that have defaults in them.
    filled: Vec<usize>,
    /// Whether there are defaults in the type, however deep.
    pub(super) has_defaults: bool,
}

impl Facts {
    /// How a field is written.
    pub(super) fn presence(&self, field: usize) -> Presence {
        self.presences.get(field).copied().unwrap_or_default()
    }

    /// Whether there are defaults in what stands in a field.
    pub(super) fn is_filled(&self, field: usize) -> bool {
        self.filled.binary_search(&field).is_ok()
    }

    /// The structs that are there even if they are not written, and have defaults.
    pub(super) fn implied(&self) -> impl Iterator<Item = usize> {
        let implied =
            |field: &&usize| self.presence(**field) == Presence::Always && self.is_filled(**field);
        self.standing.iter().filter(implied).copied()
    }

    fn of(node: Node<'static>) -> Self {
        let name = match node.shape() {
            Shape::Struct(name) => name,
            _ => "",
        };
        let presences: Vec<_> = node
            .fields()
            .map(|field| tables::presence(name, field.name()))
            .collect();
        let standing = (0..presences.len()).filter(|field| {
            matches!(
                presences.get(*field),
                Some(Presence::Always | Presence::Null)
            )
        });
        let standing = standing.collect();
        let rules = tables::rules(name).iter();
        let rules = rules.filter_map(|(field, value)| Some((node.position(field)?, value)));
        let declared = node.fields().enumerate();
        let declared = declared.filter_map(|(at, field)| Some((at, field.default_value()?)));
        let defaults: Vec<_> = rules.chain(declared).collect();
        let (before, after) = (functions::before(name), functions::after(name));
        let is_metadata = name == "meta.v1.ObjectMeta";
        let of_resources = ["core.", "node."]
            .iter()
            .any(|group| name.starts_with(group));
        Self {
            standing,
            untouched: is_metadata
                .then(|| node.position("managedFields"))
                .flatten(),
            resources: if of_resources {
                Resources::Yes
            } else {
                Resources::No
            },
            read: aliases::read(name),
            write: aliases::write(name),
            has_defaults: !defaults.is_empty() || before.is_some() || after.is_some(),
            filled: Vec::new(),
            presences,
            defaults,
            before,
            after,
        }
    }
}

/// The facts of the type of a struct.
pub(super) fn facts(node: Node<'static>) -> Option<&'static Facts> {
    static FACTS: OnceLock<Vec<Facts>> = OnceLock::new();
    FACTS.get_or_init(all).get(node.type_place()?)
}

fn all() -> Vec<Facts> {
    let nodes: Vec<_> = builtin().in_order().collect();
    let mut facts: Vec<_> = nodes.iter().map(|node| Facts::of(*node)).collect();
    // Types hold each other, so that what has defaults is found step by step.
    loop {
        let mut grown = false;
        for (at, node) in nodes.iter().enumerate() {
            let fields = node.fields().enumerate();
            let filled = fields.filter(|(_, field)| has_defaults(&facts, field.node()));
            let filled: Vec<_> = filled.map(|(field, _)| field).collect();
            if let Some(facts) = facts.get_mut(at)
                && facts.filled.len() < filled.len()
            {
                facts.filled = filled;
                facts.has_defaults = true;
                grown = true;
            }
        }
        if !grown {
            return facts;
        }
    }
}

fn has_defaults(facts: &[Facts], node: Node<'_>) -> bool {
    match node.shape() {
        Shape::List(inner) | Shape::Map(inner) => has_defaults(facts, inner),
        _ => {
            let of_type = node.type_place().and_then(|place| facts.get(place));
            of_type.is_some_and(|facts| facts.has_defaults)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> &'static Facts {
        let node = builtin().named(name);
        node.and_then(facts).unwrap_or_else(|| panic!("{name}"))
    }

    #[test]
    fn defaults_are_found_however_deep() {
        assert!(named("apps.v1.Deployment").has_defaults);
        assert!(named("core.v1.Container").has_defaults);
        assert!(!named("meta.v1.ObjectMeta").has_defaults);
        assert!(!named("core.v1.ConfigMap").has_defaults);
        let deployment = builtin().named("apps.v1.Deployment").unwrap();
        let filled = |field: &str| {
            let field = deployment.position(field).unwrap();
            named("apps.v1.Deployment").is_filled(field)
        };
        assert!(filled("spec") && !filled("metadata") && !filled("status"));
    }

    #[test]
    fn fields_are_told_by_their_places() {
        let spec = builtin().named("core.v1.PodSpec").unwrap();
        for (place, field) in spec.fields().enumerate() {
            assert_eq!(spec.position(field.name()), Some(place));
            let by_name = tables::presence("core.v1.PodSpec", field.name());
            assert_eq!(named("core.v1.PodSpec").presence(place), by_name);
        }
    }
}
