//! Checks that several kinds need.

use crate::{
    check::{dns, image, ip, url},
    field::Path,
    kubeadm::{
        constants::CERTIFICATE_KEY_BYTES,
        findings::Scope,
        v1beta4::{APIEndpoint, Arg, NodeRegistrationOptions},
    },
    secret::Secret,
};

pub(super) fn node_registration(
    node: &NodeRegistrationOptions,
    path: &Path,
    scope: &mut Scope<'_>,
) {
    let name = path.child("name");
    if node.name.is_empty() {
        let detail = "--node-name or .nodeRegistration.name in the config file is a required value. It seems like this \
                      value couldn't be automatically detected in your environment, please specify the desired value \
                      using the CLI or config file.";
        scope.required_at(path, name, detail);
    } else {
        for wrong in dns::subdomain(&node.name) {
            scope.invalid(&name, node.name.as_str(), wrong);
        }
    }
    cri_socket(&node.cri_socket, &path.child("criSocket"), scope);
    extra_args(
        &node.kubelet_extra_args,
        &path.child("kubeletExtraArgs"),
        scope,
    );
    image_pull_policy(
        &node.image_pull_policy,
        &path.child("imagePullPolicy"),
        scope,
    );
}

pub(super) fn cri_socket(socket: &str, path: &Path, scope: &mut Scope<'_>) {
    if socket.is_empty() {
        scope.invalid(path, socket, "empty CRI socket");
        return;
    }
    match url::parse(socket) {
        Err(why) => scope.invalid(path, socket, format!("URL parsing error: {why}")),
        Ok(url) if url.scheme != "unix" => {
            let detail = format!(
                "only URL scheme \"unix\" is supported, got {:?}",
                url.scheme
            );
            scope.invalid(path, socket, detail);
        }
        Ok(_) => {}
    }
}

pub(super) fn extra_args(args: &[Arg], path: &Path, scope: &mut Scope<'_>) {
    for (index, arg) in args.iter().enumerate() {
        if arg.name.is_empty() {
            let value = format!("index {index}");
            scope.invalid_at(path, path.index(index), value, "argument has no name");
        }
    }
}

pub(super) fn image_pull_policy(policy: &str, path: &Path, scope: &mut Scope<'_>) {
    if !matches!(policy, "" | "Always" | "IfNotPresent" | "Never") {
        scope.invalid(path, policy, "invalid pull policy");
    }
}

pub(super) fn api_endpoint(endpoint: &APIEndpoint, path: &Path, scope: &mut Scope<'_>) {
    let (address, field) = (&endpoint.advertise_address, path.child("advertiseAddress"));
    if ip::parse(address).is_none() && !scope.has_error_at(&field) {
        scope.invalid(&field, address.as_str(), "ip address is not valid");
    }
    if !(1..=65535).contains(&endpoint.bind_port) {
        scope.invalid(
            &path.child("bindPort"),
            endpoint.bind_port,
            "port number is not valid",
        );
    }
}

pub(super) fn certificate_key(key: &Secret, path: &Path, scope: &mut Scope<'_>) {
    let text = key.expose();
    if text.is_empty() {
        return;
    }
    if !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        scope.invalid_secret(path, "certificate key decoding error: not hexadecimal");
    } else if text.len() % 2 == 1 {
        scope.invalid_secret(
            path,
            "certificate key decoding error: odd length hex string",
        );
    } else if text.len() != CERTIFICATE_KEY_BYTES * 2 {
        let detail = format!(
            "invalid certificate key size {}, the key must be an AES key of size {CERTIFICATE_KEY_BYTES}",
            text.len() / 2
        );
        scope.invalid_secret(path, detail);
    }
}

pub(super) fn absolute_path(file: &str, path: &Path, scope: &mut Scope<'_>) {
    if !file.starts_with('/') {
        scope.invalid(path, file, "path is not absolute");
    }
}

pub(super) fn image_repository(repository: &str, path: &Path, scope: &mut Scope<'_>) {
    if !image::is_repository(repository) {
        scope.invalid(path, repository, "invalid image repository format");
    }
}

pub(super) fn cert_sans(names: &[String], path: &Path, scope: &mut Scope<'_>) {
    for (index, name) in names.iter().enumerate() {
        let (plain, wildcard) = (dns::subdomain(name), dns::wildcard_subdomain(name));
        if plain.is_empty() || wildcard.is_empty() || ip::parse(name).is_some() {
            continue;
        }
        let detail = format!(
            "altname is not a valid IP address, DNS label or a DNS label with subdomain wildcards: {}; {}",
            plain.join("; "),
            wildcard.join("; ")
        );
        scope.invalid_at(path, path.index(index), name.as_str(), detail);
    }
}
