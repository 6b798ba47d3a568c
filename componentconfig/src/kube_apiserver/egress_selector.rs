//! Through which proxies the API server connects to what.

pub mod v1alpha1;
pub mod v1beta1;

use std::collections::BTreeSet;

use self::v1beta1::{Connection, EgressSelection, TCPTransport, Transport};
use crate::{
    config::{Config, same_shape},
    field::{Errors, Path},
};

const NAMES: [&str; 3] = ["cluster", "controlplane", "etcd"];
const PROTOCOLS: [&str; 3] = ["Direct", "HTTPConnect", "GRPC"];

impl Config for v1beta1::EgressSelectorConfiguration {
    fn validate(&self) -> Errors {
        validate(self.egress_selections.as_deref())
    }
}

impl Config for v1alpha1::EgressSelectorConfiguration {
    fn validate(&self) -> Errors {
        validate(self.egress_selections.as_deref())
    }
}

same_shape!(
    v1alpha1::EgressSelectorConfiguration,
    v1beta1::EgressSelectorConfiguration { egress_selections }
);

/// Follows `staging/src/k8s.io/apiserver/pkg/server/egressselector/config.go`, with the paths of the document. Whether
/// the files of certificates exist is not looked at.
fn validate(selections: Option<&[EgressSelection]>) -> Errors {
    let mut errors = Errors::new();
    let mut seen = BTreeSet::new();
    for (index, selection) in selections.unwrap_or_default().iter().enumerate() {
        let path = Path::new("egressSelections").index(index);
        selection
            .connection
            .validate(&path.child("connection"), &mut errors);
        let (path, name) = (path.child("name"), selection.name.to_lowercase());
        if !NAMES.contains(&name.as_str()) {
            errors.not_supported(&path, name.as_str(), &NAMES);
        }
        if !seen.insert(name.clone()) {
            errors.duplicate(&path, name);
        }
    }
    errors
}

impl Connection {
    fn validate(&self, path: &Path, errors: &mut Errors) {
        let protocol = self.proxy_protocol.as_str();
        let path_of_transport = path.child("transport");
        match (protocol, &self.transport) {
            ("Direct", None) => {}
            ("Direct", Some(_)) => {
                let detail = "Transport config should be absent for direct connect";
                errors.invalid(&path_of_transport, "direct", detail);
            }
            ("HTTPConnect" | "GRPC", None) => {
                let detail = format!("transport must be set for {protocol}");
                errors.required(&path_of_transport, detail);
            }
            ("HTTPConnect", Some(transport)) => transport.validate_http(&path_of_transport, errors),
            ("GRPC", Some(transport)) => transport.validate_grpc(&path_of_transport, errors),
            _ => errors.not_supported(&path.child("proxyProtocol"), protocol, &PROTOCOLS),
        }
    }
}

impl Transport {
    fn validate_http(&self, path: &Path, errors: &mut Errors) {
        match (&self.tcp, &self.uds) {
            (Some(_), Some(_)) => {
                errors.invalid(&path.child("tcp"), "set", "TCP and UDS cannot both be set");
            }
            (None, None) => errors.required(&path.child("tcp"), "One of TCP or UDS must be set"),
            (Some(tcp), None) => tcp.validate(&path.child("tcp"), errors),
            (None, Some(_)) => self.validate_socket(path, errors),
        }
    }

    fn validate_grpc(&self, path: &Path, errors: &mut Errors) {
        if self.uds.is_none() {
            errors.required(&path.child("uds"), "UDS must be set with GRPC");
        }
        self.validate_socket(path, errors);
    }

    fn validate_socket(&self, path: &Path, errors: &mut Errors) {
        if self.uds.as_ref().is_some_and(|uds| uds.uds_name.is_empty()) {
            let path = path.child("uds").child("udsName");
            errors.invalid(
                &path,
                "nil",
                "UDSName should be present for UDS connections",
            );
        }
    }
}

impl TCPTransport {
    fn validate(&self, path: &Path, errors: &mut Errors) {
        let tls = path.child("tlsConfig");
        if self.url.starts_with("http://") {
            if self.tls_config.is_some() {
                let detail = "TLSConfig config should not be present when using HTTP";
                errors.invalid(&tls, "nil", detail);
            }
            return;
        }
        if !self.url.starts_with("https://") {
            let detail = "supported connection protocols are http:// and https://";
            errors.invalid(&path.child("url"), self.url.as_str(), detail);
            return;
        }
        let Some(config) = &self.tls_config else {
            errors.required(&tls, "TLSConfig must be present when using HTTPS");
            return;
        };
        for (name, file) in [
            ("clientCert", &config.client_cert),
            ("clientKey", &config.client_key),
        ] {
            if file.is_empty() {
                let detail = format!("Using TLS requires {name}");
                errors.invalid(&tls.child(name), "nil", detail);
            }
        }
    }
}
