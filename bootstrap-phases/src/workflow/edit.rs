//! Changing a workflow that somebody else put together.

use super::{BuildProblem, Workflow};
use crate::{Node, node::path_name};

/// Changes to a workflow by path, such as `certs/ca`. A path that is none is a problem that [`build`](Workflow::build) tells.
impl<C: ?Sized> Workflow<C> {
    /// Puts a phase before another, at its level.
    #[must_use]
    pub fn insert_before(self, path: &str, node: Node<C>) -> Self {
        self.edit(path, |siblings, index| siblings.insert(index, node))
    }

    /// Puts a phase after another with all below it, at its level.
    #[must_use]
    pub fn insert_after(self, path: &str, node: Node<C>) -> Self {
        self.edit(path, |siblings, index| siblings.insert(index + 1, node))
    }

    /// Puts a phase in the place of another and all below it.
    #[must_use]
    pub fn replace(self, path: &str, node: Node<C>) -> Self {
        self.edit(path, |siblings, index| {
            if let Some(place) = siblings.get_mut(index) {
                *place = node;
            }
        })
    }

    /// Takes a phase away, with all below it.
    #[must_use]
    pub fn remove(self, path: &str) -> Self {
        self.edit(path, |siblings, index| {
            siblings.remove(index);
        })
    }

    /// Changes a phase where it stands: gives it other flags, another policy, further children.
    #[must_use]
    pub fn change(self, path: &str, change: impl FnOnce(Node<C>) -> Node<C>) -> Self {
        self.edit(path, |siblings, index| {
            let node = siblings.remove(index);
            siblings.insert(index, change(node));
        })
    }

    /// Does something with the list a phase stands in, and its position there.
    fn edit(mut self, path: &str, act: impl FnOnce(&mut Vec<Node<C>>, usize)) -> Self {
        match place(&mut self.nodes, path) {
            Some((siblings, index)) => act(siblings, index),
            None => self.problems.push(BuildProblem::UnknownPhase {
                path: path.to_owned(),
            }),
        }
        self
    }
}

fn place<'n, C: ?Sized>(
    nodes: &'n mut Vec<Node<C>>,
    path: &str,
) -> Option<(&'n mut Vec<Node<C>>, usize)> {
    let (name, below) = match path.split_once('/') {
        Some((name, below)) => (name, Some(below)),
        None => (path, None),
    };
    let index = nodes
        .iter()
        .position(|node| path_name(node.name()) == name)?;
    match below {
        Some(below) => place(&mut nodes.get_mut(index)?.children, below),
        None => Some((nodes, index)),
    }
}

#[cfg(test)]
mod tests {
    use crate::{Idle, Node, Workflow};

    fn workflow() -> Workflow<()> {
        let leaf = |name: &str| Node::new(name, "").run(Idle);
        Workflow::new("init")
            .phase(leaf("preflight"))
            .phase(Node::new("certs", "").children([leaf("ca"), leaf("sa")]))
    }

    fn paths(workflow: Workflow<()>) -> String {
        workflow
            .build()
            .unwrap()
            .paths()
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn phases_are_put_in_replaced_and_taken_away() {
        let mine = || Node::new("mine", "").run(Idle);
        let after =
            |edit: fn(Workflow<()>, Node<()>) -> Workflow<()>| paths(edit(workflow(), mine()));
        assert_eq!(
            after(|w, node| w.insert_before("certs/ca", node)),
            "preflight certs certs/mine certs/ca certs/sa"
        );
        assert_eq!(
            after(|w, node| w.insert_after("certs", node)),
            "preflight certs certs/ca certs/sa mine"
        );
        assert_eq!(after(|w, node| w.replace("certs", node)), "preflight mine");
        assert_eq!(
            after(|w, _| w.remove("certs/sa")),
            "preflight certs certs/ca"
        );
        assert_eq!(
            after(|w, node| w.change("preflight", |old| old.children([node]))),
            "preflight preflight/mine certs certs/ca certs/sa"
        );
    }

    #[test]
    fn a_path_that_is_none_is_told_when_it_is_built() {
        let error = workflow().remove("certs/nope").build().unwrap_err();
        assert_eq!(
            error.to_string(),
            "workflow init: certs/nope is no phase that could be changed"
        );
    }
}
