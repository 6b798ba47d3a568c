use super::*;
use crate::{Idle, Node, Workflow};

fn tree() -> Tree {
    Workflow::<()>::new("init")
        .phase(Node::new("certs", "Certificates").children([
            Node::run_all("All of them"),
            Node::new("ca", "The \"CA\"").run(Idle).outputs(["pki/ca"]),
            Node::new("leaf", "A leaf").run(Idle).inputs(["pki/ca"]),
        ]))
        .phase(Node::new("ghost", "Not seen").hidden().run(Idle))
        .build()
        .unwrap()
        .tree()
}

#[test]
fn mermaid_shows_groups_and_needs() {
    let expected = "flowchart TD\n  n0([\"certs\"])\n  n1([\"certs/all\"])\n  n2[\"certs/ca\"]\n  n3[\"certs/leaf\"]\n  \
        n4[\"ghost\"]\n  n0 --> n1\n  n0 --> n2\n  n0 --> n3\n  n2 -. \"pki/ca\" .-> n3\n";
    assert_eq!(tree().to_mermaid(), expected);
}

#[test]
fn states_show_in_every_form() {
    let states = [
        ("certs/ca", NodeState::new(PhaseState::Done, 2)),
        ("certs/leaf", NodeState::new(PhaseState::Failed, 0)),
    ];
    let tree = tree().with_states(states);
    let text = tree.to_string();
    assert!(
        text.contains("  /ca    The \"CA\"  [done, 2 changes]\n"),
        "{text}"
    );
    assert!(text.contains("A leaf  [failed]\n"), "{text}");
    let mermaid = tree.to_mermaid();
    assert!(mermaid.contains("n2[\"certs/ca (2)\"]:::done"), "{mermaid}");
    assert!(
        mermaid.contains("classDef failed fill:#ffc9c9"),
        "{mermaid}"
    );
    let dot = tree.to_dot();
    assert!(dot.starts_with("digraph \"init\" {"), "{dot}");
    assert!(
        dot.contains("n2 -> n3 [style=dotted, label=\"pki/ca\"];"),
        "{dot}"
    );
    let json = serde_json::to_value(&tree).unwrap();
    assert_eq!(json["phases"][0]["phases"][1]["state"]["state"], "done");
    assert_eq!(json["phases"][0]["phases"][0]["runAllSiblings"], true);
    assert_eq!(json["phases"][1]["hidden"], true);
}
