use super::*;
use crate::{Applies, Idle};

fn leaf(name: &str) -> Node<()> {
    Node::new(name, "").run(Idle)
}

fn refused(workflow: Workflow<()>) -> String {
    workflow.build().unwrap_err().to_string()
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let workflow = Workflow::new("init")
        .phase(leaf("a").inputs(["late"]))
        .phase(leaf("b").outputs(["late"]).inputs(["nowhere"]))
        .phase(leaf("c").outputs(["late"]).dependencies(["d"]))
        .phase(leaf("B x").alias("a"));
    assert_eq!(
        refused(workflow),
        "workflow init: a needs late, which b makes only later; \
         b needs nowhere, which no phase makes and which is not external; \
         c makes late, which b makes too; c depends on d, which is no earlier phase; \
         two phases are called b; two phases are called a"
    );
}

#[test]
fn what_is_external_needs_no_maker_and_dependencies_go_by_path_or_name() {
    let flow = Workflow::new("init")
        .external(["etcd"])
        .phase(Node::new("g", "").children([leaf("a").inputs(["etcd"])]))
        .phase(leaf("b").dependencies(["g/a", "a", "g"]))
        .build()
        .unwrap();
    assert_eq!(flow.paths().collect::<Vec<_>>(), ["g", "g/a", "b"]);
}

#[test]
fn a_phase_cannot_need_what_it_makes_itself() {
    let text = refused(Workflow::new("init").phase(leaf("a").inputs(["x"]).outputs(["x"])));
    assert_eq!(text, "workflow init: a needs x, which a makes only later");
}

#[test]
fn names_have_to_be_names_and_run_all_entries_idle() {
    let workflow = Workflow::new("init")
        .phase(leaf(""))
        .phase(leaf("a/b"))
        .phase(Node::new("g", "").children([
            Node::run_all("").run(Idle),
            Node::run_all("").run_if(|_| Ok(Applies::Yes)),
        ]));
    let text = refused(workflow);
    for part in [
        "\"\" is no name for a phase",
        "\"a/b\" is no name for a phase",
        "g/all runs its siblings and can have no action, condition or phases",
        "two phases are called g/all",
    ] {
        assert!(text.contains(part), "{text}");
    }
}
