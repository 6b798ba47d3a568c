//! `kubelet-config`, `kubeconfig` and `post-upgrade`: the kubelet's files on this node.
//!
//! Follows `WriteKubeletConfigFiles` and `UpdateKubeletLocalMode` in `cmd/kubeadm/app/phases/upgrade/postupgrade.go`.

use componentconfig::yaml;
use serde_json::Value;

use super::backup::{KUBELET_BACKUP, folder_of_now};
use super::context::{Found, UpgradeContext};
use super::node::unannotated;
use crate::kubeadm::InitContext;
use crate::kubeadm::api::ApiDraft;
use crate::kubeadm::kubelet;
use crate::kubeadm::phases::{self, NODE_LOCAL_CRI_SOCKET};
use crate::{Command, Compat, Content, Cx, Draft, Note, PhaseError, Plan};

/// Where kubeadm expects a container runtime that nobody named.
const DEFAULT_ENDPOINT: &str = "unix:///var/run/containerd/containerd.sock";
const ENDPOINT_FLAG: &str = "--container-runtime-endpoint=";
/// Flags that the kubelet has no more use for.
const USELESS_FLAGS: [&str; 1] = ["--pod-infra-container-image="];

/// Writes the kubelet's configuration anew, out of what the cluster keeps; the former one is copied first.
pub(super) fn config(cx: &Cx<'_, UpgradeContext>) -> Result<Plan, PhaseError> {
    let found = cx.config.found(cx)?;
    let init = Cx::new(found.init()?, cx.files, cx.clock, cx.cancel);
    let mut draft = cx.draft();
    for note in &found.notes {
        draft.note(note.clone());
    }
    let local = local_socket(init.config);
    let endpoint = if local {
        Some(runtime_endpoint(cx, &init, &mut draft)?)
    } else {
        None
    };
    let document = phases::kubelet_document(&init, endpoint.as_deref())?;
    let path = kubelet_file(init.config, "config.yaml");
    let text = yaml::write(&document);
    let old = cx.files.read_if_exists(&path)?;
    let changes = old.as_deref() != Some(text.as_bytes());
    if let Some(old) = old
        && (changes || cx.config.compat == Compat::Upstream)
    {
        copy(cx, &path, &old, &mut draft)?;
    }
    write(&init, &mut draft, &path, text)?;
    if local {
        let mut wanted = ApiDraft::new(&cx.config.api, cx.config.compat, &mut draft);
        unannotated(&mut wanted, &init.config.init.node_registration.name)?;
    }
    Ok(draft.finish())
}

fn local_socket(init: &InitContext) -> bool {
    init.cluster.feature_gates.get(NODE_LOCAL_CRI_SOCKET) != Some(&false)
}

fn kubelet_file(init: &InitContext, name: &str) -> String {
    format!("{}/{name}", init.paths.kubelet.trim_end_matches('/'))
}

/// A file of the kubelet's: one that is there keeps its mode.
fn write(
    init: &Cx<'_, InitContext>,
    draft: &mut Draft<'_>,
    path: &str,
    text: String,
) -> Result<(), PhaseError> {
    draft.dir(init.config.paths.kubelet.trim_end_matches('/'), 0o700)?;
    let there = init.files.stat(path)?;
    let mode = there.map_or(0o644, |stat| stat.mode);
    draft.file(path, mode, Content::text(text))?;
    Ok(())
}

/// Keeps a copy of a file that is about to change.
fn copy(
    cx: &Cx<'_, UpgradeContext>,
    path: &str,
    old: &[u8],
    draft: &mut Draft<'_>,
) -> Result<(), PhaseError> {
    let name = path.rsplit('/').next().unwrap_or_default();
    let folder = folder_of_now(KUBELET_BACKUP, cx.clock.now());
    let folder = cx.config.kubernetes(&format!("tmp/{folder}"));
    let mode = cx.files.stat(path)?.map_or(0o644, |stat| stat.mode);
    let text = String::from_utf8_lossy(old).into_owned();
    draft
        .dir(&folder, 0o700)?
        .file(&format!("{folder}/{name}"), mode, Content::text(text))?;
    Ok(())
}

/// The endpoint of the container runtime: that of this node's own configuration. Where it has none, one is written, with the
/// endpoint that was a flag before.
fn runtime_endpoint(
    cx: &Cx<'_, UpgradeContext>,
    init: &Cx<'_, InitContext>,
    draft: &mut Draft<'_>,
) -> Result<String, PhaseError> {
    let registered = &init.config.init.node_registration.cri_socket;
    // kubeadm looks for these files in the folder of its dry run, where they are not.
    let blind = cx.config.settings.dry_run && cx.config.compat == Compat::Upstream;
    if blind {
        let path = kubelet_file(init.config, "instance-config.yaml");
        write(
            init,
            draft,
            &path,
            kubelet::instance_config(DEFAULT_ENDPOINT),
        )?;
        return Ok(DEFAULT_ENDPOINT.to_owned());
    }
    let path = kubelet_file(init.config, "instance-config.yaml");
    if cx.files.stat(&path)?.is_some() {
        return Ok(registered.clone());
    }
    let flags_path = kubelet_file(init.config, "kubeadm-flags.env");
    let flags = match flags(cx, &flags_path)? {
        Some(flags) => flags,
        None if cx.config.compat == Compat::Upstream => {
            return Err(phases::missing(&flags_path).into());
        }
        None => Vec::new(),
    };
    let given = flags
        .iter()
        .rev()
        .find_map(|flag| flag.strip_prefix(ENDPOINT_FLAG));
    let endpoint = match (given, cx.config.compat) {
        (Some(endpoint), _) => endpoint.to_owned(),
        // Nobody said it anywhere.
        (None, Compat::Upstream) => String::new(),
        (None, Compat::Fixed) => registered.clone(),
    };
    if given.is_some_and(|endpoint| !endpoint.is_empty()) {
        let kept = without(&flags, &[ENDPOINT_FLAG]);
        write(init, draft, &flags_path, kubelet::flags_file(&kept))?;
    }
    write(init, draft, &path, kubelet::instance_config(&endpoint))?;
    Ok(endpoint)
}

fn flags(cx: &Cx<'_, UpgradeContext>, path: &str) -> Result<Option<Vec<String>>, PhaseError> {
    let Some(text) = cx.files.read_if_exists(path)? else {
        return Ok(None);
    };
    let text = String::from_utf8_lossy(&text).into_owned();
    let flags = kubelet::read_flags_file(&text)
        .map_err(|error| PhaseError::invalid("kubelet.broken-flags", format!("{path}: {error}")))?;
    Ok(Some(flags))
}

fn without(flags: &[String], unwanted: &[&str]) -> Vec<String> {
    let kept = flags
        .iter()
        .filter(|flag| !unwanted.iter().any(|prefix| flag.starts_with(prefix)));
    kept.cloned().collect()
}

/// A kubelet beside an API server talks to that one, and not to whichever the cluster's endpoint leads to: during an upgrade that may
/// be an older one than itself.
pub(super) fn local_kubeconfig(cx: &Cx<'_, UpgradeContext>) -> Result<Plan, PhaseError> {
    let found = cx.config.found(cx)?;
    if !found.control_plane {
        let text = "no control plane runs on this node";
        return Ok(phases::noted(Note::info("upgrade.worker", text)));
    }
    let init = found.init()?;
    let path = cx.config.kubernetes("kubelet.conf");
    let Some(text) = cx.files.read_if_exists(&path)? else {
        return Ok(Plan::up_to_date());
    };
    let broken =
        |why: &str| PhaseError::invalid("upgrade.broken-kubeconfig", format!("{path}: {why}"));
    let text = std::str::from_utf8(&text).map_err(|_| broken("it is not UTF-8 text"))?;
    let mut kubeconfig = yaml::read(text).map_err(|_| broken("it is not YAML"))?;
    let (local, shared) = (init.local_endpoint()?.url(), init.control_plane_url()?);
    let cluster = crate::kubeadm::credentials::current(&mut kubeconfig, "clusters", "cluster");
    let cluster = cluster.ok_or_else(|| broken("its current context has no cluster"))?;
    let server = cluster.get("server").and_then(Value::as_str);
    if server != Some(shared.as_str()) || shared == local {
        return Ok(Plan::up_to_date());
    }
    cluster.insert("server".to_owned(), local.into());
    let mut draft = cx.draft();
    let mode = cx.files.stat(&path)?.map_or(0o600, |stat| stat.mode);
    draft.file(&path, mode, Content::secret(yaml::write(&kubeconfig)))?;
    restart(cx, &mut draft);
    Ok(draft.finish())
}

fn restart(cx: &Cx<'_, UpgradeContext>, draft: &mut Draft<'_>) {
    let host = cx.config.machine.as_ref();
    if host.is_some_and(|host| host.find_program("systemctl").is_some()) {
        draft.effect(Command::new("systemctl", ["restart", "kubelet"]).into_effect("kubelet"));
        return;
    }
    let text = "there is no known init system: somebody has to restart the kubelet";
    draft.note(Note::warning("kubelet.not-restarted", text));
}

/// Flags that the kubelet has no more use for go; the former file is copied first. (kubeadm did so one release before.)
pub(super) fn clean_up(cx: &Cx<'_, UpgradeContext>) -> Result<Plan, PhaseError> {
    let found: &Found = &*cx.config.found(cx)?;
    let init = Cx::new(found.init()?, cx.files, cx.clock, cx.cancel);
    let path = kubelet_file(init.config, "kubeadm-flags.env");
    let mut draft = cx.draft();
    if let (Some(flags), Compat::Fixed) = (flags(cx, &path)?, cx.config.compat) {
        let kept = without(&flags, &USELESS_FLAGS);
        if kept != flags {
            let old = cx.files.read(&path)?;
            copy(cx, &path, &old, &mut draft)?;
            write(&init, &mut draft, &path, kubelet::flags_file(&kept))?;
        }
    }
    Ok(draft.finish())
}
