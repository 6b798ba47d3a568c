//! `upload-config` and `upload-certs`: what nodes that join have to know.
//!
//! Follows `cmd/kubeadm/app/cmd/phases/init/{uploadconfig,uploadcerts}.go`.

use componentconfig::core::Time;
use serde_json::Value;

use super::api::with_api;
use super::noted;
use crate::kubeadm::api::{ApiDraft, target_of};
use crate::kubeadm::objects::bundle::{self, BundleError, CertificateKey};
use crate::kubeadm::objects::{config, token};
use crate::kubeadm::{InitContext, tokens};
use crate::{Compat, Cx, Node, Note, PhaseError, Plan};

const FLAGS: [&str; 4] = ["config", "cri-socket", "kubeconfig", "dry-run"];
const CERTS_FLAGS: [&str; 6] = [
    "config",
    "kubeconfig",
    "upload-certs",
    "certificate-key",
    "skip-certificate-key-print",
    "dry-run",
];
/// Uploaded certificates that go sooner are uploaded anew.
const LEFT_AT_LEAST: i64 = 30 * 60;

/// The phase `upload-config` with `kubeadm` and `kubelet`.
pub fn upload_config() -> Node<InitContext> {
    Node::new(
        "upload-config",
        "Upload the kubeadm and kubelet configuration to a ConfigMap",
    )
    .alias("uploadconfig")
    .children([
        Node::run_all("Upload all configuration to a config map").inherit_flags(FLAGS),
        Node::new(
            "kubeadm",
            "Upload the kubeadm ClusterConfiguration to a ConfigMap",
        )
        .inherit_flags(FLAGS)
        .after(["wait-control-plane"])
        .run(upload_cluster),
        Node::new(
            "kubelet",
            "Upload the kubelet component config to a ConfigMap",
        )
        .inherit_flags(FLAGS)
        .after(["wait-control-plane", "upload-config/kubeadm"])
        .run(upload_kubelet),
    ])
}

/// The phase `upload-certs`: only when it is asked for.
pub fn upload_certs() -> Node<InitContext> {
    Node::new("upload-certs", "Upload certificates to kubeadm-certs")
        .inherit_flags(CERTS_FLAGS)
        .after(["certs", "wait-control-plane", "upload-config"])
        .run(upload_certificates)
}

fn upload_cluster(cx: &Cx<'_, InitContext>) -> Result<Plan, PhaseError> {
    with_api(cx, |wanted| {
        let map = config::cluster(&cx.config.cluster, cx.config.ci_version.as_deref());
        cluster_map(wanted, cx.config, map)?;
        all(wanted, config::cluster_rights())
    })
}

/// Others may keep labels and keys of their own in this map, whichever way it is written.
fn cluster_map(
    wanted: &mut ApiDraft<'_, '_>,
    context: &InitContext,
    map: Value,
) -> Result<(), PhaseError> {
    if context.compat == Compat::Fixed {
        return map_with(wanted, context, map, config::CLUSTER_KEY);
    }
    let live = wanted.api().get(&target_of(&map)?)?;
    let mut merged = live.unwrap_or_else(|| map.clone());
    let key = config::CLUSTER_KEY;
    let text = map
        .pointer(&format!("/data/{key}"))
        .cloned()
        .unwrap_or_default();
    if let Some(data) = merged.get_mut("data").and_then(Value::as_object_mut) {
        data.insert(key.to_owned(), text);
    }
    wanted.replaced(map, merged)
}

/// Wants a ConfigMap with a configuration, which may be the one that the cluster keeps.
pub(super) fn map_with(
    wanted: &mut ApiDraft<'_, '_>,
    context: &InitContext,
    map: Value,
    key: &str,
) -> Result<(), PhaseError> {
    if context.from_cluster {
        wanted.made_from_live(map, key)
    } else {
        wanted.object(map)
    }
}

fn upload_kubelet(cx: &Cx<'_, InitContext>) -> Result<Plan, PhaseError> {
    with_api(cx, |wanted| {
        let map = config::kubelet(&cx.config.kubelet, cx.config.kubelet_user_supplied);
        map_with(wanted, cx.config, map, config::KUBELET_KEY)?;
        all(wanted, config::kubelet_rights())
    })
}

pub(crate) fn all(
    wanted: &mut ApiDraft<'_, '_>,
    objects: impl IntoIterator<Item = Value>,
) -> Result<(), PhaseError> {
    objects
        .into_iter()
        .try_for_each(|object| wanted.object(object))
}

fn upload_certificates(cx: &Cx<'_, InitContext>) -> Result<Plan, PhaseError> {
    if !cx.config.upload_certs {
        let text = "certificates are uploaded only when it is asked for";
        return Ok(noted(Note::info("certs.not-uploaded", text)));
    }
    let key = certificate_key(cx.config)?;
    with_api(cx, |wanted| {
        let files = certificate_files(cx)?;
        if cx.config.compat == Compat::Fixed && is_uploaded(cx, wanted, &key, &files)? {
            return all(wanted, bundle::rights());
        }
        let owner = match cx.config.compat {
            Compat::Fixed => key.owner(&files)?,
            Compat::Upstream => tokens::random(cx.config.keys.as_ref())?,
        };
        let name = token::secret_name(owner.id());
        let owner = token::secret(&token::owner_of_certificates(owner), cx.clock.now());
        let entries = files.iter().map(|(name, text)| {
            let entry = text
                .as_ref()
                .map(|text| key.encrypt(text, cx.config.keys.as_ref()));
            Ok((name.clone(), entry.transpose()?))
        });
        let entries: Vec<_> = entries
            .collect::<Result<_, BundleError>>()
            .map_err(bad_key)?;
        let secret = bundle::secret(&entries, &name);
        // kubeadm looks for a token of that random ID first.
        if let (Some(owner), Compat::Upstream) = (&owner, cx.config.compat) {
            wanted.api().get(&target_of(owner)?)?;
        }
        // Random bytes make every upload another one: it replaces what is there.
        for object in owner.into_iter().chain([secret]) {
            wanted.replaced(object.clone(), object)?;
        }
        all(wanted, bundle::rights())
    })
}

/// A file by the name of its entry; `None` if it is not there.
type Entry = (String, Option<Vec<u8>>);

/// The certificates' files by the name of their entry; `None` for one that is not there.
fn certificate_files(cx: &Cx<'_, InitContext>) -> Result<Vec<Entry>, PhaseError> {
    let external = cx.config.cluster.etcd.external.as_ref();
    let external = external.map(|etcd| [&*etcd.ca_file, &*etcd.cert_file, &*etcd.key_file]);
    let files = bundle::files(external).into_iter().map(|(name, path)| {
        let path = if path.starts_with('/') {
            path
        } else {
            cx.config.pki_path(&path)
        };
        // The dry run of kubeadm writes certificates somewhere else, and does not look for them there.
        if cx.config.compat == Compat::Upstream && cx.files.is_planned(&path)? {
            return Ok((name, None));
        }
        Ok((name, cx.files.read_if_exists(&path)?))
    });
    files.collect()
}

/// Whether the very same certificates are uploaded already, with this key, and stay for a while.
fn is_uploaded(
    cx: &Cx<'_, InitContext>,
    wanted: &ApiDraft<'_, '_>,
    key: &CertificateKey,
    files: &[Entry],
) -> Result<bool, PhaseError> {
    let target = target_of(&bundle::secret(&[], ""))?;
    let Some(secret) = wanted.api().get(&target)? else {
        return Ok(false);
    };
    let same = files.iter().all(|(name, text)| {
        let entry = bundle::entry(&secret, name).and_then(|entry| key.decrypt(&entry).ok());
        entry.as_ref().map(crate::Secret::expose) == text.as_deref()
    });
    let owner = secret
        .pointer("/metadata/ownerReferences/0/name")
        .and_then(Value::as_str);
    let Some(owner) = owner.filter(|_| same) else {
        return Ok(false);
    };
    let mut target = target.clone();
    owner.clone_into(&mut target.name);
    let expires = match wanted.api().get(&target)? {
        Some(owner) => token::of_secret(&owner)
            .ok()
            .and_then(|token| token.expires),
        None => None,
    };
    Ok(expires.is_some_and(|end| end.unix() - unix(cx) >= LEFT_AT_LEAST))
}

fn unix(cx: &Cx<'_, InitContext>) -> i64 {
    let now = cx
        .clock
        .now()
        .duration_since(std::time::SystemTime::UNIX_EPOCH);
    let seconds = now.unwrap_or_default().as_secs();
    Time::from_unix(i64::try_from(seconds).unwrap_or_default()).map_or(0, Time::unix)
}

fn certificate_key(context: &InitContext) -> Result<CertificateKey, PhaseError> {
    let text = context.init.certificate_key.expose();
    if text.is_empty() {
        return Err(PhaseError::invalid(
            "certs.no-certificate-key",
            "certificates are to be uploaded, and there is no key to encrypt them with",
        )
        .field("certificateKey"));
    }
    CertificateKey::parse(text).map_err(bad_key)
}

fn bad_key(error: BundleError) -> PhaseError {
    PhaseError::invalid("certs.bad-certificate-key", error.to_string()).field("certificateKey")
}
