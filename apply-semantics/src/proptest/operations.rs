//! Sequences of writes by several managers.

use serde_json::Value;

use super::{generator::Generator, objects::object};
use crate::schema::Type;

/// A write to an object.
#[derive(Debug, Clone, PartialEq)]
pub struct Op {
    /// Who writes.
    pub manager: String,
    /// How.
    pub action: Action,
    /// The configuration of an apply, or the whole new object of an update.
    pub object: Value,
}

/// How an object is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// It is applied, unless something belongs to others.
    Apply,
    /// It is applied, whomever something belongs to.
    ForceApply,
    /// It is updated.
    Update,
}

impl Op {
    /// The name under which the manager owns what it wrote: who applies and who updates are different managers, and be their names
    /// the same.
    pub fn owner(&self) -> String {
        match self.action {
            Action::Apply | Action::ForceApply => self.manager.clone(),
            Action::Update => format!("{} (update)", self.manager),
        }
    }

    /// Whether it takes what belongs to others.
    pub fn is_forced(&self) -> bool {
        self.action != Action::Apply
    }
}

/// One of so many managers: `manager-0`, `manager-1` and so on. It shrinks to the first.
pub fn managers(count: usize) -> Generator<String> {
    let name = |number: usize| format!("manager-{number}");
    Generator::new(
        move |dice| name(dice.below(count)),
        move |now| {
            let before = (0..count).map(name).take_while(|name| name != now);
            before.collect()
        },
    )
}

/// At least one write and at most so many, by up to three managers, of objects of a type. It shrinks to fewer writes, writes that
/// force nothing, and smaller objects.
pub fn op_sequence(ty: &Type, most: usize) -> Generator<Vec<Op>> {
    ops(&object(ty), most)
}

/// As [`op_sequence`], with objects of one's own.
pub fn ops(objects: &Generator<Value>, most: usize) -> Generator<Vec<Op>> {
    let (names, simpler_objects, objects) = (managers(3), objects.clone(), objects.clone());
    Generator::new(
        move |dice| {
            let count = 1 + dice.below(most);
            let mut writes = Vec::new();
            for _ in 0..count {
                let action = match dice.below(4) {
                    0 => Action::Update,
                    1 => Action::ForceApply,
                    _ => Action::Apply,
                };
                writes.push(Op {
                    manager: names.make(dice),
                    action,
                    object: objects.make(dice),
                });
            }
            writes
        },
        move |writes| simpler(writes, &simpler_objects),
    )
}

fn simpler(writes: &[Op], objects: &Generator<Value>) -> Vec<Vec<Op>> {
    let mut found = Vec::new();
    if writes.len() > 3 {
        let (first, second) = writes.split_at(writes.len() / 2);
        found.extend([first.to_vec(), second.to_vec()]);
    }
    if writes.len() > 1 {
        found.extend((0..writes.len()).map(|index| {
            let mut writes = writes.to_vec();
            writes.remove(index);
            writes
        }));
    }
    let mut replace = |index: usize, op: Op| {
        let mut writes = writes.to_vec();
        if let Some(place) = writes.get_mut(index) {
            *place = op;
        }
        found.push(writes);
    };
    for (index, op) in writes.iter().enumerate() {
        if op.action != Action::Apply {
            let action = Action::Apply;
            replace(
                index,
                Op {
                    action,
                    ..op.clone()
                },
            );
        }
        for object in objects.reduce(&op.object) {
            replace(
                index,
                Op {
                    object,
                    ..op.clone()
                },
            );
        }
    }
    found
}
