//! The drawing of trees, against kubeadm's own trees: what a case declares goes into a workflow, and list and data come out.
//!
//! Whether *our* workflows declare these trees is another question, that of suite `trees`.

use bootstrap_phases::{Applies, Idle, Node, Workflow};
use conformance_runner::{Runner, first_difference};
use serde_json::Value;

use crate::cases::Case;

pub(crate) fn replay(runner: &mut Runner, cases: &[Case]) {
    for case in cases {
        runner.case("rendering", &case.id, || replay_case(case));
    }
}

fn replay_case(case: &Case) -> Result<(), String> {
    let declared = case.json("expected/tree.json")?;
    let tree = Workflow::new("declared")
        .command(text(&declared, "use"))
        .flags(list(&declared, "commandFlags"))
        .phase_flags(list(&declared, "phaseOnlyFlags"))
        .phases(children(&declared).map(node))
        .build_unchecked()
        .tree();
    let data = serde_json::to_value(&tree).map_err(|error| error.to_string())?;
    if let Some(difference) = first_difference(&data, &declared) {
        return Err(format!("tree.json: {difference}"));
    }
    let help = case.text("expected/help.txt")?;
    if tree.to_string().trim_end() != help.trim_end() {
        return Err(format!("help.txt: expected\n{help}\ngot\n{tree}"));
    }
    Ok(())
}

fn node(declared: &Value) -> Node<()> {
    let mut node = Node::new(text(declared, "name"), text(declared, "short"))
        .dependencies(list(declared, "dependencies"))
        .inherit_flags(list(declared, "inheritFlags"))
        .local_flags(list(declared, "localFlags"))
        .children(children(declared).map(node));
    for alias in list(declared, "aliases") {
        node = node.alias(alias);
    }
    let is = |name: &str| declared[name] == true;
    if is("hidden") {
        node = node.hidden();
    }
    if is("runAllSiblings") {
        node = node.run_all_siblings();
    }
    if is("hasRun") {
        node = node.run(Idle);
    }
    if is("hasRunIf") {
        node = node.run_if(|_| Ok(Applies::Yes));
    }
    if is("ownArgsValidator") {
        node = node.max_args(0);
    }
    node
}

fn children(declared: &Value) -> impl Iterator<Item = &Value> {
    declared["phases"].as_array().into_iter().flatten()
}

fn text<'a>(declared: &'a Value, name: &str) -> &'a str {
    declared[name].as_str().unwrap_or_default()
}

fn list(declared: &Value, name: &str) -> Vec<String> {
    let items = declared[name].as_array().into_iter().flatten();
    items.filter_map(Value::as_str).map(str::to_owned).collect()
}
