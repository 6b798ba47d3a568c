//! The kubelet: what it starts with, and how it comes to credentials of its own.

use apply_semantics::op::ResourceRef;
use serde_json::{Value, json};

use super::{as_init, limit};
use crate::kubeadm::api::refusal;
use crate::kubeadm::http::healthy;
use crate::kubeadm::join::context::{Credentials, Found, JoinContext};
use crate::kubeadm::phases;
use crate::{Compat, Content, Cx, Phase, PhaseError, Plan, RetryPolicy};

/// The kubelet's first credentials.
const BOOTSTRAP_CONF: &str = "bootstrap-kubelet.conf";
const BOOTSTRAP_USER: &str = "tls-bootstrap-token-user";

pub(super) fn kubelet_start(cx: &Cx<'_, JoinContext>) -> Result<Plan, PhaseError> {
    let found = cx.config.found(cx)?;
    let config = cx.config;
    let joined = cx.files.stat(&kubernetes(cx, "kubelet.conf"))?.is_some();
    let taken = if joined {
        None
    } else {
        ready_node(cx, &found)?
    };
    if let (Some(error), Compat::Fixed) = (&taken, config.compat) {
        return Err(error.clone());
    }
    let mut draft = cx.draft();
    if !joined {
        let path = kubernetes(cx, BOOTSTRAP_CONF);
        draft.dir(config.paths.kubernetes.trim_end_matches('/'), 0o755)?;
        draft.file(&path, 0o600, Content::secret(bootstrap_conf(cx, &found)?))?;
    }
    let authority = &config.join.ca_cert_path;
    if cx.files.stat(authority)?.is_none() {
        let folder = authority.rsplit_once('/').map_or("/", |(folder, _)| folder);
        let text = String::from_utf8_lossy(&found.cluster.authority).into_owned();
        draft
            .dir(folder, 0o755)?
            .file(authority, 0o644, Content::text(text))?;
    }
    if let Some(error) = taken {
        // kubeadm looks when these files are written, and leaves them.
        draft.effect(refusal(&error));
        return Ok(draft.finish());
    }
    let first = draft.finish();
    let mut plan = as_init(cx, &found, [&phases::kubelet_start()])?;
    plan.changes.splice(0..0, first.changes);
    Ok(plan)
}

fn kubernetes(cx: &Cx<'_, JoinContext>, name: &str) -> String {
    format!(
        "{}/{name}",
        cx.config.paths.kubernetes.trim_end_matches('/')
    )
}

/// A node of this name that is ready is somebody else: why the join is refused then. A refused join leaves nothing behind.
fn ready_node(cx: &Cx<'_, JoinContext>, found: &Found) -> Result<Option<PhaseError>, PhaseError> {
    let (Some(api), false) = (&found.init.api, cx.config.join.dry_run) else {
        return Ok(None);
    };
    let name = &cx.config.join.node_registration.name;
    let target = ResourceRef::of_kind("v1", "Node").all().named(name);
    let node = match api.get(&target) {
        // Who joins may not always look.
        Err(error) if error.code == "api.denied" => None,
        outcome => outcome?,
    };
    let conditions = node
        .as_ref()
        .and_then(|node| node.pointer("/status/conditions")?.as_array());
    let ready = conditions.into_iter().flatten().any(|condition| {
        let is = |field: &str, wanted: &str| {
            condition.get(field).and_then(Value::as_str) == Some(wanted)
        };
        is("type", "Ready") && is("status", "True")
    });
    Ok(ready.then(|| {
        let text = format!(
            "a Node {name} is there already and ready: delete it, or join under another name"
        );
        PhaseError::conflict("join.node-exists", text)
    }))
}

/// The kubeconfig that the kubelet gets its first certificate with. On a control plane it leads to the API server beside it: through the
/// cluster's endpoint the kubelet might meet a server older than itself.
fn bootstrap_conf(cx: &Cx<'_, JoinContext>, found: &Found) -> Result<String, PhaseError> {
    let token = match &found.credentials {
        Credentials::Token(token) => String::from_utf8_lossy(token.expose()).into_owned(),
        Credentials::Kubeconfig(text) => {
            return Ok(String::from_utf8_lossy(text.expose()).into_owned());
        }
        Credentials::Anonymous => String::new(),
    };
    let server = if cx.config.is_control_plane() {
        found.init.local_endpoint()?.url()
    } else {
        found.cluster.server.clone()
    };
    let cluster = &found.init.cluster.cluster_name;
    let name = format!("{BOOTSTRAP_USER}@{cluster}");
    let authority = base64::Engine::encode(
        &base64::engine::general_purpose::STANDARD,
        &found.cluster.authority,
    );
    Ok(componentconfig::yaml::write(&json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{
            "name": cluster,
            "cluster": {"certificate-authority-data": authority, "server": server},
        }],
        "contexts": [{"name": name, "context": {"cluster": cluster, "user": BOOTSTRAP_USER}}],
        "current-context": name,
        "users": [{"name": BOOTSTRAP_USER, "user": {"token": token}}],
    })))
}

/// Waits for the kubelet's own credentials, then removes those that it came with.
pub(super) struct Bootstrap;

impl Phase<JoinContext> for Bootstrap {
    fn plan(&self, cx: &Cx<'_, JoinContext>) -> Result<Plan, PhaseError> {
        if cx.config.join.dry_run {
            return Ok(Plan::up_to_date());
        }
        if let Some(http) = &cx.config.http
            && let Some(url) = phases::kubelet_url(&cx.config.found(cx)?.init.kubelet)
        {
            healthy(http.as_ref(), "the kubelet", &url)?;
        }
        let path = kubernetes(cx, "kubelet.conf");
        if cx.files.stat(&path)?.is_none() {
            let text = format!("the kubelet has not written {path} yet");
            return Err(PhaseError::not_yet("kubelet.not-bootstrapped", text));
        }
        let mut draft = cx.draft();
        draft.absent(&kubernetes(cx, BOOTSTRAP_CONF))?;
        Ok(draft.finish())
    }

    fn retry(&self, cx: &Cx<'_, JoinContext>) -> RetryPolicy {
        let timeouts = cx.config.join.timeouts.as_ref();
        RetryPolicy::new().deadline(limit(timeouts.and_then(|limits| limits.tls_bootstrap)))
    }
}
