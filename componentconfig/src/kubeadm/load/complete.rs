//! Defaults, static ones first, then those that depend on facts; then validation.

use super::{Component, Init, decode::Typed, upstream};
use crate::{
    Compat,
    field::Path,
    kubeadm::{
        components, dynamic,
        facts::Facts,
        kinds::{CLUSTER, INIT, JOIN, KUBE_PROXY, KUBELET, RESET, UPGRADE},
        v1beta4::{
            ClusterConfiguration, JoinConfiguration, ResetConfiguration, UpgradeConfiguration,
        },
        validate,
    },
};

/// Completes the first node and the cluster; `None` if there is a document of neither.
pub(super) fn init(typed: &mut Typed, facts: &Facts) -> Option<Init> {
    if typed.init.is_none() && typed.cluster.is_none() {
        return None;
    }
    let mut init = typed.init.take().unwrap_or_default();
    let mut cluster = typed.cluster.take().unwrap_or_default();
    if typed.control_plane_timeout.is_some() {
        let timeouts = init.timeouts.get_or_insert_default();
        timeouts.control_plane_component_health_check = typed.control_plane_timeout;
    }
    if typed.compat == Compat::Upstream {
        let tokens = init.bootstrap_tokens.iter_mut();
        tokens.for_each(upstream::token_defaults);
    }
    init.set_defaults();
    cluster.set_defaults();

    let findings = &mut typed.findings;
    let mut scope = findings.of(INIT);
    dynamic::bootstrap_tokens(
        &mut init.bootstrap_tokens,
        &mut facts.tokens.iter(),
        &mut scope,
    );
    dynamic::node_registration(&mut init.node_registration, true, facts, &mut scope);
    let path = Path::new("localAPIEndpoint");
    dynamic::api_endpoint(&mut init.local_api_endpoint, &path, facts, &mut scope);

    let mut kubelet = component(typed.kubelet.take());
    let mut scope = findings.of(KUBELET);
    components::kubelet(
        &mut kubelet.config,
        &cluster,
        facts.systemd_resolved,
        &mut scope,
    );
    let mut kube_proxy = component(typed.kube_proxy.take());
    let mut scope = findings.of(KUBE_PROXY);
    components::kube_proxy(
        &mut kube_proxy.config,
        &cluster,
        &init.local_api_endpoint,
        &mut scope,
    );

    let ci = self::cluster(
        &mut cluster,
        init.local_api_endpoint.bind_port,
        facts,
        typed,
    );
    validate::init(&init, &mut typed.findings.of(INIT));
    Some(Init {
        init,
        cluster,
        kubelet,
        kube_proxy,
        ci,
    })
}

fn component<T: Default>(config: Option<T>) -> Component<T> {
    Component {
        user_supplied: config.is_some(),
        config: config.unwrap_or_default(),
    }
}

fn cluster(
    cluster: &mut ClusterConfiguration,
    bind_port: i32,
    facts: &Facts,
    typed: &mut Typed,
) -> Option<dynamic::CiBuild> {
    let mut scope = typed.findings.of(CLUSTER);
    let ci = dynamic::cluster(cluster, bind_port, facts, &mut scope);
    validate::cluster(cluster, &mut scope);
    validate::validity(cluster, &mut scope);
    ci
}

/// Completes a joining node, if there is one.
pub(super) fn join(typed: &mut Typed, facts: &Facts) -> Option<JoinConfiguration> {
    let mut join = typed.join.take()?;
    join.set_defaults();
    let mut scope = typed.findings.of(JOIN);
    let taint = join.control_plane.is_some();
    dynamic::node_registration(&mut join.node_registration, taint, facts, &mut scope);
    if let Some(control_plane) = &mut join.control_plane {
        let path = Path::new("controlPlane").child("localAPIEndpoint");
        dynamic::api_endpoint(
            &mut control_plane.local_api_endpoint,
            &path,
            facts,
            &mut scope,
        );
    }
    validate::join(&join, &mut scope);
    validate::discovery_file(&join, facts.discovery_file_exists, &mut scope);
    Some(join)
}

/// Completes a reset, if there is one.
pub(super) fn reset(typed: &mut Typed, facts: &Facts) -> Option<ResetConfiguration> {
    let mut reset = typed.reset.take()?;
    reset.set_defaults();
    let mut scope = typed.findings.of(RESET);
    dynamic::cri_socket(
        &mut reset.cri_socket,
        &Path::new("criSocket"),
        facts,
        &mut scope,
    );
    validate::reset(&reset, &mut scope);
    Some(reset)
}

/// Completes an upgrade, if there is one.
pub(super) fn upgrade(typed: &mut Typed) -> Option<UpgradeConfiguration> {
    let mut upgrade = typed.upgrade.take()?;
    upgrade.set_defaults();
    validate::upgrade(&upgrade, &mut typed.findings.of(UPGRADE));
    Some(upgrade)
}
