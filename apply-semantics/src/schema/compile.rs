//! Resolving every reference of a schema.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    Atom, Definition, FieldNode, Fields, List, ListNode, Map, MapNode, Node, Reference,
    Relationship, Schema, SchemaError, Target,
};

pub(super) fn compile(definitions: &[Definition]) -> Result<Schema, SchemaError> {
    let mut names = BTreeMap::new();
    for (index, definition) in definitions.iter().enumerate() {
        names.insert(definition.name.clone(), Target::Node(index));
    }
    let mut compiler = Compiler {
        nodes: vec![Node::default(); definitions.len()],
        names,
        overrides: Vec::new(),
    };
    for (index, definition) in definitions.iter().enumerate() {
        let node = compiler.atom(&definition.atom, &definition.name)?;
        if let Some(place) = compiler.nodes.get_mut(index) {
            *place = node;
        }
    }
    compiler.resolve_overrides();
    Ok(Schema {
        nodes: compiler.nodes,
        names: compiler.names,
    })
}

struct Compiler {
    nodes: Vec<Node>,
    names: BTreeMap<String, Target>,
    /// References that override the relationship: the node to fill, what it refers to, and how.
    overrides: Vec<(usize, usize, Relationship)>,
}

impl Compiler {
    fn atom(&mut self, atom: &Atom, place: &str) -> Result<Node, SchemaError> {
        let list = atom
            .list
            .as_ref()
            .map(|list| self.list(list, place))
            .transpose()?;
        let map = atom
            .map
            .as_ref()
            .map(|map| self.map(map, place))
            .transpose()?;
        Ok(Node {
            scalar: atom.scalar,
            list,
            map,
        })
    }

    fn list(&mut self, list: &List, place: &str) -> Result<ListNode, SchemaError> {
        let atomic = match list.relationship {
            Relationship::Atomic => true,
            Relationship::Associative => false,
            _ => {
                return Err(SchemaError::new(
                    place,
                    "a list must be atomic or associative",
                ));
            }
        };
        let mut keys: Vec<Arc<str>> = list
            .keys
            .iter()
            .map(|key| Arc::from(key.as_str()))
            .collect();
        keys.sort();
        Ok(ListNode {
            element: self.reference(&list.element, &format!("{place}[]"))?,
            atomic,
            keys: keys.into(),
        })
    }

    fn map(&mut self, map: &Map, place: &str) -> Result<MapNode, SchemaError> {
        let mut fields = Fields::default();
        for field in &map.fields {
            let target = self.reference(&field.reference, &format!("{place}.{}", field.name))?;
            fields.insert(
                Arc::from(field.name.as_str()),
                FieldNode {
                    target,
                    default: field.default.clone(),
                },
            );
        }
        Ok(MapNode {
            fields: Arc::new(fields),
            element: self.reference(&map.element, &format!("{place}{{}}"))?,
            atomic: map.relationship == Relationship::Atomic,
            deduced: map.fields.is_empty() && map.element.is_deduced(),
        })
    }

    fn reference(&mut self, reference: &Reference, place: &str) -> Result<Target, SchemaError> {
        if reference.is_empty() {
            return Ok(Target::Absent);
        }
        let target = if let Some(name) = &reference.name {
            self.names.get(name).copied().unwrap_or(Target::Unresolved)
        } else {
            let node = self.atom(&reference.inlined, place)?;
            self.push(node)
        };
        let (Some(relationship), Target::Node(of)) = (reference.relationship, target) else {
            return Ok(target);
        };
        let overridden = self.push(Node::default());
        if let Target::Node(index) = overridden {
            self.overrides.push((index, of, relationship));
        }
        Ok(overridden)
    }

    fn push(&mut self, node: Node) -> Target {
        self.nodes.push(node);
        Target::Node(self.nodes.len() - 1)
    }

    /// Fills the nodes of overriding references, once all others are there. Of a map and a list in one type only the map
    /// is overridden; a type that is neither cannot be, and is left without any kind.
    fn resolve_overrides(&mut self) {
        for (index, of, relationship) in std::mem::take(&mut self.overrides) {
            let Some(mut node) = self.nodes.get(of).cloned() else {
                continue;
            };
            let atomic = relationship == Relationship::Atomic;
            match &mut node {
                Node { map: Some(map), .. } => map.atomic = atomic,
                Node {
                    list: Some(list), ..
                } => list.atomic = atomic,
                _ => node = Node::default(),
            }
            if let Some(place) = self.nodes.get_mut(index) {
                *place = node;
            }
        }
    }
}
