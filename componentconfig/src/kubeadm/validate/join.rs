//! `JoinConfiguration`.

use super::{common, tokens};
use crate::{
    check::{host, url},
    field::Path,
    kubeadm::{
        findings::Scope,
        v1beta4::{BootstrapTokenDiscovery, Discovery, JoinConfiguration},
    },
};

pub(crate) fn join(join: &JoinConfiguration, scope: &mut Scope<'_>) {
    discovery(&join.discovery, &Path::new("discovery"), scope);
    common::node_registration(
        &join.node_registration,
        &Path::new("nodeRegistration"),
        scope,
    );
    if let Some(control_plane) = &join.control_plane {
        let path = Path::new("controlPlane");
        common::api_endpoint(
            &control_plane.local_api_endpoint,
            &path.child("localAPIEndpoint"),
            scope,
        );
        common::certificate_key(
            &control_plane.certificate_key,
            &path.child("certificateKey"),
            scope,
        );
    }
    let ca = &join.ca_cert_path;
    if !ca.starts_with('/') || ca.strip_suffix(".crt").is_none() {
        let detail = "the ca certificate path must be an absolute path";
        scope.invalid(&Path::new("caCertPath"), ca.as_str(), detail);
    }
}

fn discovery(discovery: &Discovery, path: &Path, scope: &mut Scope<'_>) {
    match (&discovery.bootstrap_token, &discovery.file) {
        (None, None) => scope.invalid(path, "", "bootstrapToken or file must be set"),
        (Some(_), Some(_)) => scope.invalid(path, "", "bootstrapToken and file cannot both be set"),
        _ => {}
    }
    if let Some(bootstrap_token) = &discovery.bootstrap_token {
        self::bootstrap_token(bootstrap_token, &path.child("bootstrapToken"), scope);
    }
    if let Some(file) = &discovery.file {
        let path = path.child("file").child("kubeConfigPath");
        match url::parse(&file.kube_config_path) {
            Err(_) => scope.invalid(&path, file.kube_config_path.as_str(), NO_FILE),
            Ok(url) if !matches!(url.scheme.as_str(), "" | "https") => {
                let detail = "if a URL is used, the scheme must be https";
                scope.invalid(&path, file.kube_config_path.as_str(), detail);
            }
            Ok(_) => {}
        }
    }
    let tls = &discovery.tls_bootstrap_token;
    if discovery.bootstrap_token.is_some() || (discovery.file.is_some() && !tls.is_empty()) {
        tokens::token(tls, &path.child("tlsBootstrapToken"), scope);
    }
}

const NO_FILE: &str = "not a valid HTTPS URL or a file on disk";

fn bootstrap_token(discovery: &BootstrapTokenDiscovery, path: &Path, scope: &mut Scope<'_>) {
    let (endpoint, field) = (
        &discovery.api_server_endpoint,
        path.child("apiServerEndpoint"),
    );
    if endpoint.is_empty() {
        scope.required_at(path, field.clone(), "APIServerEndpoint is not set");
    }
    if discovery.ca_cert_hashes.is_empty() && !discovery.unsafe_skip_ca_verification {
        let detail = "using token-based discovery without caCertHashes can be unsafe. Set unsafeSkipCAVerification as \
                      true in your kubeadm config file or pass --discovery-token-unsafe-skip-ca-verification flag to \
                      continue";
        scope.invalid(&path.child("caCertHashes"), "", detail);
    }
    tokens::token(&discovery.token, &path.child("token"), scope);
    if let Err(why) = host::split(endpoint) {
        // Go names the address only where there is one.
        let detail = if endpoint.is_empty() {
            why.to_owned()
        } else {
            format!("address {endpoint}: {why}")
        };
        scope.invalid(&field, endpoint.as_str(), detail);
    }
}

/// Whether the file of a discovery is there, as far as that is known.
pub(crate) fn discovery_file(
    join: &JoinConfiguration,
    exists: Option<bool>,
    scope: &mut Scope<'_>,
) {
    let Some(file) = &join.discovery.file else {
        return;
    };
    let path = Path::new("discovery").child("file").child("kubeConfigPath");
    let is_file = url::parse(&file.kube_config_path).is_ok_and(|url| url.scheme.is_empty());
    match exists {
        Some(false) if is_file => scope.invalid(&path, file.kube_config_path.as_str(), NO_FILE),
        None if is_file => scope.unset(path, "whether the file exists"),
        _ => {}
    }
}
