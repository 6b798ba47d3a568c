use super::*;
use crate::{Node, Workflow};

fn flow() -> Flow<()> {
    let join = Node::new("certs", "Certificates").children([
        Node::run_all("All certificates").inherit_flags(["config"]),
        Node::new("ca", "The CA").alias("authority").inherit_flags([
            "config",
            "dry-run",
            "kubeconfig",
        ]),
    ]);
    Workflow::new("join")
        .command("join [endpoint]")
        .description("Joins a node")
        .flags([Flag::new("config").shorthand('c'), Flag::switch("dry-run")])
        .phase_flags(["kubeconfig"])
        .phase(join)
        .phase(Node::new("start", "Start it").max_args(0))
        .build()
        .unwrap()
}

fn call(args: &[&str]) -> Call {
    match parse(&flow(), args).unwrap() {
        Invocation::Run(call) => call,
        Invocation::Help(text) => panic!("help: {text}"),
    }
}

fn refused(args: &[&str]) -> String {
    parse(&flow(), args).unwrap_err().to_string()
}

#[test]
fn flags_stand_anywhere_and_in_every_spelling() {
    let call = call(&[
        "-c",
        "x.yaml",
        "phase",
        "--dry-run",
        "certs",
        "authority",
        "--kubeconfig=k",
    ]);
    assert_eq!(call.selection, Selection::only(["certs/ca"]));
    assert!(call.single_phase);
    assert_eq!(call.flag("config"), Some("x.yaml"));
    assert_eq!(call.flag("dry-run"), Some("true"));
    assert_eq!(call.flag("kubeconfig"), Some("k"));
    assert_eq!(call.flag("absent"), None);
}

#[test]
fn arguments_are_counted() {
    assert_eq!(call(&["10.0.0.1:6443"]).args, ["10.0.0.1:6443"]);
    assert_eq!(call(&["--", "--odd"]).args, ["--odd"]);
    assert_eq!(
        refused(&["a", "b"]),
        "join: accepts at most 1 arguments, received 2"
    );
    assert_eq!(
        refused(&["phase", "start", "x"]),
        "unknown command \"x\" for \"join phase start\""
    );
}

#[test]
fn mistakes_are_named() {
    assert_eq!(
        refused(&["phase", "certs"]),
        "join phase certs: subcommand is required"
    );
    assert_eq!(
        refused(&["phase", "cert"]),
        "unknown command \"cert\" for \"join phase\"; did you mean certs?"
    );
    assert_eq!(
        refused(&["--kubeconfig", "k"]),
        "unknown flag: --kubeconfig"
    );
    assert_eq!(refused(&["-x"]), "unknown flag: -x");
    assert_eq!(refused(&["--config"]), "flag needs an argument: --config");
}

#[test]
fn a_config_list_counts_only_where_kubeadm_lets_it() {
    let skip = |args: &[&str]| call(args).with_config_skip(["start"]).selection.skip;
    assert_eq!(skip(&[]), ["start"]);
    assert_eq!(
        skip(&["--skip-phases=certs,certs/ca"]),
        ["certs", "certs/ca"]
    );
    assert_eq!(skip(&["--skip-phases="]), ["start"]);
    assert!(skip(&["phase", "start"]).is_empty());
}

#[test]
fn help_tells_phases_commands_and_flags() {
    let text = |args: &[&str]| match parse(&flow(), args).unwrap() {
        Invocation::Help(text) => text,
        Invocation::Run(call) => panic!("{call:?}"),
    };
    assert!(text(&["--help"]).starts_with("Joins a node\n\nThe \"join [endpoint]\" command"));
    assert_eq!(text(&["-h"]), help(&flow()));
    let certs = text(&["phase", "certs", "-h"]);
    assert!(
        certs.contains("Commands:\n  all  All certificates\n  ca   The CA\n"),
        "{certs}"
    );
    let ca = text(&["phase", "certs", "ca", "-h"]);
    assert!(
        ca.contains("Flags:\n  -c, --config VALUE\n  --dry-run\n"),
        "{ca}"
    );
}

proptest::proptest! {
    #[test]
    fn any_arguments_are_understood_or_refused(
        args in proptest::collection::vec("-{0,3}(phase|certs|ca|all|config|skip-phases|c|h|x)?(=[a-z,]{0,3})?", 0..6),
    ) {
        if let Ok(Invocation::Run(call)) = parse(&flow(), &args) {
            proptest::prop_assert!(call.args.len() <= 1);
            proptest::prop_assert_eq!(call.single_phase, !call.selection.only.is_empty());
        }
    }
}
