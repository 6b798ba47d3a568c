//! `control-plane-prepare/download-certs`: the certificates that all control planes share.
//!
//! Follows `DownloadCerts` in `cmd/kubeadm/app/phases/copycerts`.

use apply_semantics::op::ResourceRef;
use serde_json::Value;

use super::context::JoinContext;
use super::phases::only_for_control_planes;
use crate::kubeadm::InitContext;
use crate::kubeadm::objects::SYSTEM;
use crate::kubeadm::objects::bundle::{self, CertificateKey};
use crate::{Content, Cx, Files, Note, PhaseError, Plan};

/// The uploaded certificates, decrypted; those that are here stay.
pub(super) fn download(cx: &Cx<'_, JoinContext>) -> Result<Plan, PhaseError> {
    let Some(own) = &cx.config.join.control_plane else {
        return Ok(only_for_control_planes());
    };
    if own.certificate_key.is_empty() {
        let text = "certificates are expected to be here already";
        return Ok(Plan {
            notes: vec![Note::info("join.no-certificate-key", text)],
            ..Plan::up_to_date()
        });
    }
    let key = CertificateKey::parse(own.certificate_key.expose())
        .map_err(|error| bad(&error.to_string()).field("controlPlane.certificateKey"))?;
    let found = cx.config.found(cx)?;
    if missing(cx.files, &found.init)?.is_empty() {
        return Ok(Plan::up_to_date());
    }
    let api = found.init.api.as_ref();
    let api = api.ok_or_else(|| bad("there is no API"))?;
    let secrets = ResourceRef::of_kind("v1", "Secret").within(SYSTEM);
    let Some(secret) = api.get(&secrets.named(bundle::NAME))? else {
        return Err(bad(
            "it is not there: it may be over, and has to be uploaded again",
        ));
    };
    uploaded_certificates(cx.files, &found.init, &secret, &key)
}

/// What is to be written of the Secret of uploaded certificates, decrypted with this key: files that are not here yet. Entries without
/// content stand for files that the uploading node did not have, such as the key of an authority that is kept elsewhere.
///
/// # Errors
/// An entry is missing, or the key is another one.
pub fn uploaded_certificates(
    files: &dyn Files,
    init: &InitContext,
    secret: &Value,
    key: &CertificateKey,
) -> Result<Plan, PhaseError> {
    let mut draft = crate::Draft::new(files);
    for (name, path) in missing(files, init)? {
        let Some(entry) = secret.get("data").and_then(|data| data.get(&name)) else {
            return Err(bad(&format!("it has no entry {name}")));
        };
        let entry = match entry {
            Value::Null => Vec::new(),
            _ => bundle::entry(secret, &name)
                .ok_or_else(|| bad(&format!("its entry {name} is not base64")))?,
        };
        if entry.is_empty() {
            let text = format!("{path} was not uploaded");
            draft.note(Note::info("join.certificate-not-uploaded", text));
            continue;
        }
        let text = key
            .decrypt(&entry)
            .map_err(|error| bad(&error.to_string()))?;
        let folder = path.rsplit_once('/').map_or("/", |(folder, _)| folder);
        let is_key = path.strip_suffix(".key").is_some();
        let content = match std::str::from_utf8(text.expose()) {
            Ok(text) if !is_key => Content::text(text),
            _ => Content::Secret(text),
        };
        draft
            .dir(folder, 0o755)?
            .file(&path, if is_key { 0o600 } else { 0o644 }, content)?;
    }
    Ok(draft.finish())
}

/// Entries whose files are not here, with the files' paths.
fn missing(files: &dyn Files, init: &InitContext) -> Result<Vec<(String, String)>, PhaseError> {
    let external = init.cluster.etcd.external.as_ref();
    let external = external.map(|etcd| [&*etcd.ca_file, &*etcd.cert_file, &*etcd.key_file]);
    let mut missing = Vec::new();
    for (name, path) in bundle::files(external) {
        let path = if path.starts_with('/') {
            path
        } else {
            init.pki_path(&path)
        };
        if files.stat(&path)?.is_none() {
            missing.push((name, path));
        }
    }
    Ok(missing)
}

fn bad(why: &str) -> PhaseError {
    PhaseError::invalid("join.bad-secret", format!("{}: {why}", bundle::NAME))
}
