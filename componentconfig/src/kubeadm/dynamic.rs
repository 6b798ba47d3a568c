//! The defaults that depend on facts: names, addresses, sockets, tokens, versions.
//!
//! Follows `SetInitDynamicDefaults` and its parts in `cmd/kubeadm/app/util/config/initconfiguration.go`.

use std::{
    net::{IpAddr, Ipv4Addr},
    slice,
};

use super::{
    constants::{
        CI_IMAGE_REPOSITORY, CONTROL_PLANE_LABEL, DEFAULT_CRI_SOCKET, DEFAULT_IMAGE_REPOSITORY,
    },
    facts::{Facts, HostAddress},
    findings::Scope,
    release,
    token::{BootstrapToken, Token},
    v1beta4::{APIEndpoint, ClusterConfiguration, NodeRegistrationOptions},
};
use crate::{
    Class,
    check::{host, ip},
    core::Taint,
    field::Path,
};

/// Gives every bootstrap token that has none the next random one.
pub(crate) fn bootstrap_tokens(
    tokens: &mut [BootstrapToken],
    random: &mut slice::Iter<'_, Token>,
    scope: &mut Scope<'_>,
) {
    for (index, token) in tokens.iter_mut().enumerate() {
        if token.token.is_none() {
            token.token = random.next().cloned();
        }
        if token.token.is_none() {
            let path = Path::new("bootstrapTokens").index(index).child("token");
            scope.unset(path, "a random token");
        }
    }
}

/// Completes the registration of a node; `taint` is whether it is a control-plane node of its own accord.
pub(crate) fn node_registration(
    node: &mut NodeRegistrationOptions,
    taint: bool,
    facts: &Facts,
    scope: &mut Scope<'_>,
) {
    let path = Path::new("nodeRegistration");
    let given = Some(node.name.as_str()).filter(|name| !name.is_empty());
    match given.or(facts.hostname.as_deref()) {
        Some(name) => node.name = name.trim().to_lowercase(),
        None => scope.unset(path.child("name"), "the name of the host"),
    }
    if taint {
        node.taints
            .get_or_insert_with(|| vec![control_plane_taint()]);
    }
    cri_socket(&mut node.cri_socket, &path.child("criSocket"), facts, scope);
}

/// The taint of control-plane nodes.
pub(crate) fn control_plane_taint() -> Taint {
    Taint {
        key: CONTROL_PLANE_LABEL.to_owned(),
        effect: "NoSchedule".to_owned(),
        ..Taint::default()
    }
}

/// Completes the endpoint of the container runtime.
pub(crate) fn cri_socket(socket: &mut String, path: &Path, facts: &Facts, scope: &mut Scope<'_>) {
    if !socket.is_empty() && !socket.starts_with("unix") {
        scope.warn(
            Class::EndpointWithoutScheme,
            path,
            format!(
                "usage of CRI endpoints without URL scheme is deprecated and can cause kubelet errors; \"unix\" is \
                 prepended to {socket:?}"
            ),
        );
        socket.insert_str(0, "unix://");
    }
    if !socket.is_empty() {
        return;
    }
    match facts.cri_sockets.as_deref() {
        None => scope.unset(path.clone(), "the endpoints of container runtimes"),
        Some([]) => DEFAULT_CRI_SOCKET.clone_into(socket),
        Some([one]) => one.clone_into(socket),
        Some(several) => scope.invalid(
            path,
            "",
            format!(
                "found multiple CRI endpoints on the host, name one of them: {}",
                several.join(", ")
            ),
        ),
    }
}

/// Completes the address of the API server, and writes it in its usual form.
pub(crate) fn api_endpoint(
    endpoint: &mut APIEndpoint,
    path: &Path,
    facts: &Facts,
    scope: &mut Scope<'_>,
) {
    let path = path.child("advertiseAddress");
    let text = &endpoint.advertise_address;
    let given = ip::parse(text);
    if given.is_none() && !text.is_empty() {
        let detail = format!(
            "couldn't use {text:?} as \"apiserver-advertise-address\", must be ipv4 or ipv6 address"
        );
        scope.invalid(&path, text.as_str(), detail);
        return;
    }
    let chosen = match given {
        Some(address) if address.is_loopback() => on_loopback(facts),
        Some(address) if !address.is_unspecified() => Ok(Some(address)),
        given => of_host(given, facts, &path, scope),
    };
    match chosen {
        Ok(Some(address)) => endpoint.advertise_address = address.to_string(),
        Ok(None) => scope.unset(path, "the address of the host"),
        Err(why) => scope.invalid(&path, endpoint.advertise_address.as_str(), why),
    }
}

fn on_loopback(facts: &Facts) -> Result<Option<IpAddr>, &'static str> {
    match facts.loopback_address {
        Some(address) => Ok(Some(address)),
        None if facts.address == HostAddress::Unknown => Ok(None),
        None => Err("unable to resolve link-local addresses"),
    }
}

/// The address of the host, of the family of `given` if there is one.
fn of_host(
    given: Option<IpAddr>,
    facts: &Facts,
    path: &Path,
    scope: &mut Scope<'_>,
) -> Result<Option<IpAddr>, &'static str> {
    match facts.address {
        HostAddress::Unknown => Ok(None),
        HostAddress::NoAddress => {
            Err("no acceptable interface with global unicast address found on host")
        }
        HostAddress::NoRoute => {
            let message = "could not obtain a bind address for the API server: no default routes; using: 0.0.0.0";
            scope.warn(Class::Other, path, message);
            Ok(Some(Ipv4Addr::UNSPECIFIED.into()))
        }
        HostAddress::Found { ipv4, ipv6 } => {
            let (ipv4, ipv6) = (ipv4.map(IpAddr::V4), ipv6.map(IpAddr::V6));
            let chosen = match given {
                Some(IpAddr::V6(_)) => ipv6.or(ipv4),
                _ => ipv4.or(ipv6),
            };
            chosen
                .map(Some)
                .ok_or("no acceptable interface with global unicast address found on host")
        }
    }
}

/// The build of continuous integration that a cluster runs, where it does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CiBuild {
    /// The version with the prefix `ci/`.
    pub kubernetes_version: String,
    /// The registry of its images, where `imageRepository` is the default one.
    pub image_repository: Option<String>,
}

/// Completes a cluster. `bind_port` is that of the API server of this node.
pub(crate) fn cluster(
    cluster: &mut ClusterConfiguration,
    bind_port: i32,
    facts: &Facts,
    scope: &mut Scope<'_>,
) -> Option<CiBuild> {
    let ci = kubernetes_version(cluster, facts, scope);
    let endpoint = &mut cluster.control_plane_endpoint;
    if !endpoint.is_empty() {
        match host::host_and_port(endpoint) {
            Ok((host, "")) => *endpoint = host::join(host, &bind_port.to_string()),
            Ok(_) => {}
            Err(why) => scope.invalid(&Path::new("controlPlaneEndpoint"), endpoint.as_str(), why),
        }
    }
    for san in &mut cluster.api_server.cert_sans {
        *san = san.to_lowercase();
    }
    ci
}

fn kubernetes_version(
    cluster: &mut ClusterConfiguration,
    facts: &Facts,
    scope: &mut Scope<'_>,
) -> Option<CiBuild> {
    let path = Path::new("kubernetesVersion");
    let text = &cluster.kubernetes_version;
    let resolved = match release::resolve(text, &facts.releases, &facts.kubeadm_version) {
        Ok(resolved) => resolved,
        Err(why) => {
            scope.invalid(&path, text.as_str(), why);
            return None;
        }
    };
    for warning in resolved.warnings {
        scope.warn(Class::Other, &path, warning);
    }
    let ci = resolved.ci.then(|| CiBuild {
        kubernetes_version: format!("ci/{}", resolved.version),
        image_repository: (cluster.image_repository == DEFAULT_IMAGE_REPOSITORY)
            .then(|| CI_IMAGE_REPOSITORY.to_owned()),
    });
    cluster.kubernetes_version = resolved.version;
    ci
}
