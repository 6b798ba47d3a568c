use super::*;
use crate::scalar::Duration;

fn lost(documents: &DocumentsV1Beta4) -> Vec<String> {
    let (_, losses) = documents.to_v1beta3();
    losses.iter().map(ToString::to_string).collect()
}

fn args(args: &[(&str, &str)]) -> Vec<v1beta4::Arg> {
    args.iter()
        .map(|(name, value)| v1beta4::Arg {
            name: (*name).to_owned(),
            value: (*value).to_owned(),
        })
        .collect()
}

#[test]
fn a_timeout_moves_between_kinds() {
    let mut old = DocumentsV1Beta3::default();
    let cluster = old.cluster.get_or_insert_default();
    cluster.api_server.timeout_for_control_plane = Some(Duration::from_secs(10));
    let new = old.to_v1beta4();
    let timeouts = new.init.as_ref().unwrap().timeouts.as_ref().unwrap();
    assert_eq!(
        timeouts.control_plane_component_health_check,
        Some(Duration::from_secs(10))
    );
    let (back, losses) = new.to_v1beta3();
    assert_eq!(back.cluster, old.cluster);
    assert_eq!(losses, []);
}

#[test]
fn flags_lose_order_and_repetition() {
    let mut documents = DocumentsV1Beta4::default();
    let cluster = documents.cluster.get_or_insert_default();
    cluster.scheduler.extra_args = args(&[("a", "1"), ("b", "2")]);
    assert_eq!(lost(&documents), Vec::<String>::new());
    let cluster = documents.cluster.get_or_insert_default();
    cluster.scheduler.extra_args = args(&[("v", "1"), ("a", ""), ("v", "2")]);
    assert_eq!(
        lost(&documents),
        ["ClusterConfiguration scheduler.extraArgs: \
             [{\"name\":\"v\",\"value\":\"1\"},{\"name\":\"a\",\"value\":\"\"},{\"name\":\"v\",\"value\":\"2\"}] becomes \
             [{\"name\":\"a\",\"value\":\"\"},{\"name\":\"v\",\"value\":\"2\"}]"]
    );
}

#[test]
fn what_v1beta3_lacks_is_told() {
    let mut documents = DocumentsV1Beta4::default();
    documents.init.get_or_insert_default().dry_run = true;
    let timeouts = documents
        .join
        .get_or_insert_default()
        .timeouts
        .get_or_insert_default();
    timeouts.discovery = Some(Duration::from_secs(1));
    timeouts.tls_bootstrap = Some(Duration::from_secs(2));
    documents.reset.get_or_insert_default().force = true;
    assert_eq!(
        lost(&documents),
        [
            "InitConfiguration dryRun: true has no place",
            "JoinConfiguration timeouts.tlsBootstrap: \"2s\" has no place",
            "ResetConfiguration : {\"force\":true} has no place",
        ]
    );
}
