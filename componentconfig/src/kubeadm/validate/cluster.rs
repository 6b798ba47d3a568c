//! `ClusterConfiguration`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{
    common::{absolute_path, cert_sans, extra_args, image_repository},
    etcd, networking,
};
use crate::{
    Class,
    check::host,
    field::Path,
    kubeadm::{
        constants::{
            CA_CERTIFICATE_VALIDITY_PERIOD, CERTIFICATE_VALIDITY_PERIOD, ENCRYPTION_ALGORITHMS,
            FEATURE_GATES,
        },
        findings::Scope,
        v1beta4::ClusterConfiguration,
    },
};

pub(crate) fn cluster(cluster: &ClusterConfiguration, scope: &mut Scope<'_>) {
    if !cluster.dns.image_repository.is_empty() {
        image_repository(
            &cluster.dns.image_repository,
            &Path::new("dns").child("imageRepository"),
            scope,
        );
    }
    networking::networking(cluster, &Path::new("networking"), scope);
    let api_server = Path::new("apiServer");
    cert_sans(
        &cluster.api_server.cert_sans,
        &api_server.child("certSANs"),
        scope,
    );
    for (component, args) in [
        ("apiServer", &cluster.api_server.extra_args),
        ("controllerManager", &cluster.controller_manager.extra_args),
        ("scheduler", &cluster.scheduler.extra_args),
    ] {
        extra_args(args, &Path::new(component).child("extraArgs"), scope);
    }
    absolute_path(
        &cluster.certificates_dir,
        &Path::new("certificatesDir"),
        scope,
    );
    feature_gates(&cluster.feature_gates, &Path::new("featureGates"), scope);
    control_plane_endpoint(
        &cluster.control_plane_endpoint,
        &Path::new("controlPlaneEndpoint"),
        scope,
    );
    image_repository(
        &cluster.image_repository,
        &Path::new("imageRepository"),
        scope,
    );
    etcd::etcd(&cluster.etcd, &Path::new("etcd"), scope);
    encryption_algorithm(
        &cluster.encryption_algorithm,
        &Path::new("encryptionAlgorithm"),
        scope,
    );
}

fn control_plane_endpoint(endpoint: &str, path: &Path, scope: &mut Scope<'_>) {
    let valid = endpoint.is_empty() || host::host_and_port(endpoint).is_ok();
    if !valid && !scope.has_error_at(path) {
        scope.invalid(path, endpoint, "endpoint is not valid");
    }
}

fn feature_gates(gates: &BTreeMap<String, bool>, path: &Path, scope: &mut Scope<'_>) {
    for name in gates
        .keys()
        .filter(|name| !FEATURE_GATES.contains(&name.as_str()))
    {
        let all: Map<String, Value> = gates
            .iter()
            .map(|(name, on)| (name.clone(), (*on).into()))
            .collect();
        let detail = format!("{name} is not a valid feature name.");
        scope.invalid_at(path, path.child(name.clone()), all, detail);
    }
}

fn encryption_algorithm(algorithm: &str, path: &Path, scope: &mut Scope<'_>) {
    if !ENCRYPTION_ALGORITHMS.contains(&algorithm) {
        let known = ENCRYPTION_ALGORITHMS.join(" ");
        let detail =
            format!("Invalid encryption algorithm {algorithm:?}. Must be one of [{known}]");
        scope.invalid(path, algorithm, detail);
    }
}

/// Warns of certificates that live longer than recommended, or than the authority that signs them.
pub(crate) fn validity(cluster: &ClusterConfiguration, scope: &mut Scope<'_>) {
    let leaf = (
        Path::new("certificateValidityPeriod"),
        cluster.certificate_validity_period,
    );
    let ca = (
        Path::new("caCertificateValidityPeriod"),
        cluster.ca_certificate_validity_period,
    );
    for ((path, period), what, longest) in [
        (&leaf, "certificate", CERTIFICATE_VALIDITY_PERIOD),
        (&ca, "CA certificate", CA_CERTIFICATE_VALIDITY_PERIOD),
    ] {
        if let Some(period) = period.filter(|period| *period > longest) {
            let message = format!(
                "the value {period} is more than the recommended default for {what} expiration: {longest}"
            );
            scope.warn(Class::CertificateValidity, path, message);
        }
    }
    if let (Some(period), Some(longest)) = (leaf.1, ca.1)
        && period > longest
    {
        let message =
            format!("the value {period} is more than the caCertificateValidityPeriod: {longest}");
        scope.warn(Class::CertificateValidity, &leaf.0, message);
    }
}
