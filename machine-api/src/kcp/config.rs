//! Whether the KubeadmConfig of a machine is the one that its control plane would make.

use serde_json::{Map, Value};

use crate::{
    admission::kubeadm::previous_defaults,
    bootstrap::v1beta2::{
        Discovery, InitConfiguration, JoinConfiguration, JoinControlPlane, KubeadmConfig,
        KubeadmConfigSpec,
    },
    controlplane::v1beta2::KubeadmControlPlane,
    version::{ParseVersionError, Version},
};

/// The feature gate of kubeadm by which kubelets talk to the API server on their own machine, and the first version that has it and
/// the first one that has nothing else any more.
const LOCAL_MODE: (&str, (u64, u64), (u64, u64)) =
    ("ControlPlaneKubeletLocalMode", (1, 31), (1, 36));

/// The configuration that a control plane gives to a machine: to its first one, or to one that joins.
///
/// # Errors
/// The version of the control plane cannot be read.
pub fn kubeadm_config_spec(
    kcp: &KubeadmControlPlane,
    joins: bool,
) -> Result<KubeadmConfigSpec, ParseVersionError> {
    let mut spec = kcp.spec.kubeadm_config_spec.clone();
    if joins {
        spec.init_configuration = InitConfiguration::default();
        // By this a machine is known as one that joins.
        let control_plane = &mut spec.join_configuration.control_plane;
        control_plane.get_or_insert_with(JoinControlPlane::default);
    } else {
        spec.join_configuration = JoinConfiguration::default();
    }
    let version: Version = kcp.spec.version.parse()?;
    let (gate, first, last) = LOCAL_MODE;
    let minor = (version.major(), version.minor());
    if minor >= first && minor < last {
        let gates = &mut spec.cluster_configuration.feature_gates;
        gates.entry(gate.to_owned()).or_insert(true);
    }
    Ok(spec)
}

/// The fields that differ in a way that a machine has to be replaced for.
///
/// The first machine is compared as one that joins, too: it need not be replaced just because it was the first one.
pub(super) fn config_differences(
    kcp: &KubeadmControlPlane,
    config: &KubeadmConfig,
) -> Result<Vec<String>, ParseVersionError> {
    let is_first = config.spec.join_configuration.control_plane.is_none();
    let desired = kubeadm_config_spec(kcp, true)?;
    let mut current = config.spec.clone();
    if is_first {
        make_joining(&mut current, &desired);
    }
    let fields = differences(current, desired);
    if fields.is_empty() || !is_first {
        return Ok(fields);
    }
    Ok(differences(
        config.spec.clone(),
        kubeadm_config_spec(kcp, false)?,
    ))
}

/// Turns the configuration of a first machine into that of one that joins.
fn make_joining(current: &mut KubeadmConfigSpec, desired: &KubeadmConfigSpec) {
    let init = std::mem::take(&mut current.init_configuration);
    let join = &mut current.join_configuration;
    join.timeouts = init.timeouts;
    join.patches = init.patches;
    join.skip_phases = init.skip_phases;
    join.node_registration = init.node_registration;
    join.control_plane = Some(JoinControlPlane {
        local_api_endpoint: init.local_api_endpoint,
    });
    // Only a machine that joins has this one.
    join.ca_cert_path
        .clone_from(&desired.join_configuration.ca_cert_path);
}

fn differences(mut current: KubeadmConfigSpec, mut desired: KubeadmConfigSpec) -> Vec<String> {
    // What the machine gets from elsewhere, and what is changed on a running cluster.
    let (ours, theirs) = (
        &mut current.cluster_configuration,
        &desired.cluster_configuration,
    );
    ours.control_plane_endpoint
        .clone_from(&theirs.control_plane_endpoint);
    ours.dns = theirs.dns.clone();
    normalize(&mut current);
    normalize(&mut desired);
    if current == desired {
        return Vec::new();
    }
    let object = |spec: &KubeadmConfigSpec| match serde_json::to_value(spec) {
        Ok(Value::Object(object)) => object,
        _ => Map::new(),
    };
    let mut fields = Vec::new();
    differing_fields(&object(&current), &object(&desired), "spec", &mut fields);
    if fields.is_empty() {
        fields.push("spec".to_owned());
    }
    fields
}

/// Defaults are set, and what only matters for joining goes.
fn normalize(spec: &mut KubeadmConfigSpec) {
    previous_defaults(spec);
    spec.join_configuration.discovery = Discovery::default();
    for timeouts in [
        &mut spec.init_configuration.timeouts,
        &mut spec.join_configuration.timeouts,
    ] {
        timeouts.control_plane_component_health_check_seconds = None;
    }
    let cluster = &mut spec.cluster_configuration;
    for variables in [
        &mut cluster.etcd.local.extra_envs,
        &mut cluster.api_server.extra_envs,
        &mut cluster.controller_manager.extra_envs,
        &mut cluster.scheduler.extra_envs,
    ] {
        *variables = variables.take().filter(|variables| !variables.is_empty());
    }
}

fn differing_fields(
    a: &Map<String, Value>,
    b: &Map<String, Value>,
    at: &str,
    fields: &mut Vec<String>,
) {
    let only_in_b = b.keys().filter(|key| !a.contains_key(*key));
    for key in a.keys().chain(only_in_b) {
        let place = format!("{at}.{key}");
        match (a.get(key), b.get(key)) {
            (a, b) if a == b => {}
            (Some(Value::Object(a)), Some(Value::Object(b))) => {
                differing_fields(a, b, &place, fields);
            }
            _ => fields.push(place),
        }
    }
}
