//! Which etcd a cluster uses.

use super::common::{absolute_path, cert_sans, extra_args, image_repository};
use crate::{
    check::url,
    field::Path,
    kubeadm::{
        findings::Scope,
        v1beta4::{Etcd, ExternalEtcd, LocalEtcd},
    },
};

pub(super) fn etcd(etcd: &Etcd, path: &Path, scope: &mut Scope<'_>) {
    match (&etcd.local, &etcd.external) {
        (None, None) => scope.invalid(path, "", "either .Etcd.Local or .Etcd.External is required"),
        (Some(_), Some(_)) => scope.invalid(
            path,
            "",
            ".Etcd.Local and .Etcd.External are mutually exclusive",
        ),
        (Some(local), None) => self::local(local, &path.child("local"), scope),
        (None, Some(external)) => self::external(external, &path.child("external"), scope),
    }
}

fn local(local: &LocalEtcd, path: &Path, scope: &mut Scope<'_>) {
    absolute_path(&local.data_dir, &path.child("dataDir"), scope);
    cert_sans(
        &local.server_cert_sans,
        &path.child("serverCertSANs"),
        scope,
    );
    cert_sans(&local.peer_cert_sans, &path.child("peerCertSANs"), scope);
    if !local.image_repository.is_empty() {
        image_repository(
            &local.image_repository,
            &path.child("imageRepository"),
            scope,
        );
    }
    extra_args(&local.extra_args, &path.child("extraArgs"), scope);
}

fn external(external: &ExternalEtcd, path: &Path, scope: &mut Scope<'_>) {
    let files = [
        ("caFile", &external.ca_file),
        ("certFile", &external.cert_file),
        ("keyFile", &external.key_file),
    ];
    let pair = (external.cert_file.is_empty(), external.key_file.is_empty());
    if pair.0 != pair.1 {
        let detail =
            "either both or none of .Etcd.External.CertFile and .Etcd.External.KeyFile must be set";
        scope.invalid(path, "", detail);
    }
    if pair == (false, false) && external.ca_file.is_empty() {
        let detail = "setting .Etcd.External.CertFile and .Etcd.External.KeyFile requires .Etcd.External.CAFile";
        scope.invalid(path, "", detail);
    }
    let https = files.iter().any(|(_, file)| !file.is_empty());
    let endpoints = path.child("endpoints");
    if external.endpoints.is_empty() {
        scope.invalid(&endpoints, "", "at least one endpoint must be specified");
    }
    urls(&external.endpoints, https, &endpoints, scope);
    urls(
        &external.http_endpoints,
        false,
        &path.child("httpEndpoints"),
        scope,
    );
    for (name, file) in files {
        if !file.is_empty() {
            absolute_path(file, &path.child(name), scope);
        }
    }
}

fn urls(urls: &[String], https: bool, path: &Path, scope: &mut Scope<'_>) {
    for (index, text) in urls.iter().enumerate() {
        let mut wrong =
            |detail: String| scope.invalid_at(path, path.index(index), text.as_str(), detail);
        match url::parse(text) {
            Err(why) => wrong(format!("URL parse error: {why}")),
            Ok(url) => {
                if https && url.scheme != "https" {
                    wrong("the URL must be using the HTTPS scheme".to_owned());
                }
                if url.scheme.is_empty() {
                    wrong("the URL without scheme is not allowed".to_owned());
                }
            }
        }
    }
}
