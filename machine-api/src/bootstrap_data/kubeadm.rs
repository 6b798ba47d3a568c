//! The documents of kubeadm, in the version that the machine's kubeadm reads.

use componentconfig::{
    kubeadm::{DocumentsV1Beta3, DocumentsV1Beta4, Loss, v1beta4},
    scalar::Duration,
    yaml,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{BootstrapError, Input, Role, put};
use crate::{
    Compat,
    bootstrap::v1beta2::{
        ClusterConfiguration, FileDiscovery, InitConfiguration, JoinConfiguration,
    },
    core::v1beta2::{APIEndpoint, Cluster, NetworkRanges},
    version::Version,
};

/// What an older kubeadm cannot be told.
pub type Lost = Loss;

/// The node keeps others away until Cluster API has labelled it.
const UNINITIALIZED: &str = "node.cluster.x-k8s.io/uninitialized";

/// The documents as one text, and what is lost in them.
pub(super) fn documents(input: &Input<'_>) -> Result<(String, Vec<Lost>), BootstrapError> {
    let version: Version = input.machine.spec.version.parse()?;
    let spec = &input.config.spec;
    let mut documents = DocumentsV1Beta4::default();
    if input.role == Role::Init {
        documents.init = Some(init(&spec.init_configuration)?);
        documents.cluster = Some(cluster(input)?);
    } else {
        documents.join = Some(join(input)?);
    }
    let (texts, lost) = texts(&documents, &version)?;
    Ok((together(texts), lost))
}

/// Those of the cluster, of its first machine and of one that joins, as kubeadm of that version reads them.
fn texts(
    documents: &DocumentsV1Beta4,
    version: &Version,
) -> Result<([Option<String>; 3], Vec<Lost>), BootstrapError> {
    let numbers = (version.major(), version.minor());
    if numbers < (1, 22) {
        return Err(BootstrapError::OldVersion(version.clone()));
    }
    if numbers >= (1, 31) {
        let texts = [
            document(documents.cluster.as_ref()),
            document(documents.init.as_ref()),
            document(documents.join.as_ref()),
        ];
        return Ok((texts, Vec::new()));
    }
    let (documents, lost) = documents.to_v1beta3();
    let texts = [
        document(documents.cluster.as_ref()),
        document(documents.init.as_ref()),
        document(documents.join.as_ref()),
    ];
    Ok((texts, lost))
}

fn document<T: Serialize + componentconfig::Kind>(document: Option<&T>) -> Option<String> {
    let mut value = serde_json::to_value(document?).unwrap_or_default();
    // Some kinds write what they are by themselves; for the others it is added.
    if let Value::Object(fields) = &mut value {
        let kind = &T::GVK;
        let api_version = kind.group_version().to_string();
        fields.insert("apiVersion".to_owned(), api_version.into());
        fields.insert("kind".to_owned(), kind.kind().to_string().into());
    }
    Some(yaml::write(&value))
}

fn together(texts: [Option<String>; 3]) -> String {
    let texts: Vec<String> = texts.into_iter().flatten().collect();
    format!("---\n{}", texts.join("---\n"))
}

/// A part of the configuration as kubeadm's own type, whose fields have the same names but for those that were renamed.
fn translated<T: DeserializeOwned>(value: Value, place: &str) -> Result<T, BootstrapError> {
    serde_json::from_value(value).map_err(|error| BootstrapError::Field {
        place: place.to_owned(),
        problem: error.to_string(),
    })
}

fn value_of<T: Serialize>(part: &T) -> Value {
    serde_json::to_value(part).unwrap_or_default()
}

/// Renames a field of seconds and writes it as a duration.
fn duration(value: &mut Value, from: &str, to: &str, unit: i64) {
    let Some(fields) = value.as_object_mut() else {
        return;
    };
    if let Some(number) = fields.remove(from).and_then(|number| number.as_i64())
        && (number != 0 || unit == 1)
    {
        let duration = Duration::from_secs(number.saturating_mul(unit));
        fields.insert(to.to_owned(), value_of(&duration));
    }
}

const TIMEOUTS: [&str; 6] = [
    "controlPlaneComponentHealthCheck",
    "kubeletHealthCheck",
    "kubernetesAPICall",
    "etcdAPICall",
    "tlsBootstrap",
    "discovery",
];

fn timeouts(value: &mut Value) {
    if let Some(timeouts) = value.get_mut("timeouts") {
        for timeout in TIMEOUTS {
            duration(timeouts, &format!("{timeout}Seconds"), timeout, 1);
        }
    }
}

fn init(config: &InitConfiguration) -> Result<v1beta4::InitConfiguration, BootstrapError> {
    let mut value = value_of(config);
    timeouts(&mut value);
    let tokens = value
        .get_mut("bootstrapTokens")
        .and_then(Value::as_array_mut);
    for token in tokens.into_iter().flatten() {
        duration(token, "ttlSeconds", "ttl", 1);
    }
    translated(value, "spec.initConfiguration")
}

const DAY: i64 = 24 * 60 * 60;

/// The configuration of a cluster as kubeadm has it, as far as it is configured.
pub(crate) fn translated_cluster(
    config: &ClusterConfiguration,
) -> Result<v1beta4::ClusterConfiguration, BootstrapError> {
    let mut value = value_of(config);
    for (from, to) in [
        ("certificateValidityPeriodDays", "certificateValidityPeriod"),
        (
            "caCertificateValidityPeriodDays",
            "caCertificateValidityPeriod",
        ),
    ] {
        duration(&mut value, from, to, DAY);
    }
    translated(value, "spec.clusterConfiguration")
}

/// The configuration of a cluster, whichever version it is in.
pub(crate) fn read_cluster(text: &str) -> Result<v1beta4::ClusterConfiguration, String> {
    let value = yaml::read(text).map_err(|report| report.to_string())?;
    let api_version = value.get("apiVersion").and_then(Value::as_str);
    let api_version = api_version.unwrap_or_default().to_owned();
    let problem = |error: serde_json::Error| error.to_string();
    match api_version.as_str() {
        "kubeadm.k8s.io/v1beta4" => serde_json::from_value(value).map_err(problem),
        "kubeadm.k8s.io/v1beta3" => {
            let cluster = Some(serde_json::from_value(value).map_err(problem)?);
            let documents = DocumentsV1Beta3 {
                cluster,
                ..DocumentsV1Beta3::default()
            };
            Ok(documents.to_v1beta4().cluster.unwrap_or_default())
        }
        other => Err(format!("unknown version of kubeadm's kinds: {other:?}")),
    }
}

/// The configuration of a cluster as kubeadm of that version reads it, and what is lost in it.
pub(crate) fn write_cluster(
    cluster: &v1beta4::ClusterConfiguration,
    version: &Version,
) -> Result<(String, Vec<Lost>), BootstrapError> {
    let documents = DocumentsV1Beta4 {
        cluster: Some(cluster.clone()),
        ..DocumentsV1Beta4::default()
    };
    let ([text, ..], lost) = texts(&documents, version)?;
    Ok((text.unwrap_or_default(), lost))
}

fn cluster(input: &Input<'_>) -> Result<v1beta4::ClusterConfiguration, BootstrapError> {
    let mut made = translated_cluster(&input.config.spec.cluster_configuration)?;
    let cluster: &Cluster = input.cluster;
    let network = &cluster.spec.cluster_network;
    made.cluster_name.clone_from(&cluster.metadata.name);
    made.kubernetes_version
        .clone_from(&input.machine.spec.version);
    made.networking
        .dns_domain
        .clone_from(&network.service_domain);
    let blocks = |ranges: &NetworkRanges| ranges.cidr_blocks.join(",");
    made.networking.service_subnet = blocks(&network.services);
    made.networking.pod_subnet = blocks(&network.pods);
    if made.control_plane_endpoint.is_empty() {
        made.control_plane_endpoint = endpoint(cluster).unwrap_or_default();
    }
    Ok(made)
}

/// Host and port, as one text.
fn endpoint(cluster: &Cluster) -> Option<String> {
    let APIEndpoint { host, port } = &cluster.spec.control_plane_endpoint;
    let set = !host.is_empty() && *port != 0;
    let host = if host.contains(':') && !host.starts_with('[') {
        format!("[{host}]")
    } else {
        host.clone()
    };
    set.then(|| format!("{host}:{port}"))
}

fn join(input: &Input<'_>) -> Result<v1beta4::JoinConfiguration, BootstrapError> {
    let mut config: JoinConfiguration = input.config.spec.join_configuration.clone();
    if config.discovery.file == FileDiscovery::default() {
        token(input, &mut config)?;
    }
    match input.role {
        Role::JoinWorker if config.control_plane.is_some() => {
            return Err(BootstrapError::WorkerAsControlPlane);
        }
        Role::JoinWorker => {
            let taints = config.node_registration.taints.get_or_insert_default();
            if !taints.iter().any(|taint| taint.key == UNINITIALIZED) {
                taints.push(crate::meta::Taint {
                    key: UNINITIALIZED.to_owned(),
                    effect: crate::meta::TaintEffect::NoSchedule,
                    ..Default::default()
                });
            }
        }
        _ => drop(config.control_plane.get_or_insert_default()),
    }
    let mut value = value_of(&config);
    timeouts(&mut value);
    if let Some(Value::Object(file)) = value.pointer_mut("/discovery/file") {
        file.remove("kubeConfig");
    }
    if input.role == Role::JoinControlPlane && value.get("controlPlane").is_none() {
        put(&mut value, "controlPlane", json!({}));
    }
    translated(value, "spec.joinConfiguration")
}

/// What a machine needs that finds the API server by a token.
fn token(input: &Input<'_>, config: &mut JoinConfiguration) -> Result<(), BootstrapError> {
    let discovery = &mut config.discovery.bootstrap_token;
    if discovery.ca_cert_hashes.is_empty() {
        discovery.ca_cert_hashes = input.ca_cert_hashes.to_vec();
    }
    if discovery.api_server_endpoint.is_empty() {
        discovery.api_server_endpoint =
            endpoint(input.cluster).ok_or(BootstrapError::NoEndpoint)?;
    }
    if discovery.token.is_empty() {
        return Err(BootstrapError::NoToken);
    }
    if discovery.ca_cert_hashes.is_empty() && discovery.unsafe_skip_ca_verification != Some(true) {
        if input.compat == Compat::Fixed {
            return Err(BootstrapError::Unverified);
        }
        discovery.unsafe_skip_ca_verification = Some(true);
    }
    Ok(())
}
