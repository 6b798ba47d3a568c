//! `kubelet-finalize`: the kubelet takes the certificates that it renews itself.
//!
//! Follows `cmd/kubeadm/app/cmd/phases/init/kubeletfinalize.go`.

use componentconfig::yaml;
use serde_json::{Map, Value};

use super::noted;
use crate::{
    Compat, Content, Cx, Node, Note, PhaseError, Plan,
    kubeadm::{
        InitContext, arguments,
        pki::{FileProblem, Problem},
    },
};

const FLAGS: [&str; 3] = ["config", "cert-dir", "dry-run"];
/// What the kubelet keeps its current certificate and key under.
const CURRENT: &str = "kubelet-client-current.pem";

/// The phase `kubelet-finalize` with `kubelet-finalize/enable-client-cert-rotation`: once the kubelet has a certificate of
/// its own making, its kubeconfig points to it, in place of the one that it was bootstrapped with.
///
/// kubeadm restarts the kubelet then; this phase says in a note that somebody has to.
pub fn kubelet_finalize() -> Node<InitContext> {
    let short = "Updates settings relevant to the kubelet after TLS bootstrap";
    Node::new("kubelet-finalize", short).children([
        Node::run_all("Run all kubelet-finalize phases").inherit_flags(FLAGS),
        Node::new(
            "enable-client-cert-rotation",
            "Enable kubelet client certificate rotation",
        )
        .inherit_flags(FLAGS)
        .after(["kubeconfig", "kubelet-start", "wait-control-plane"])
        .run(enable_rotation),
    ])
}

fn enable_rotation(cx: &Cx<'_, InitContext>) -> Result<Plan, PhaseError> {
    let args = &cx.config.init.node_registration.kubelet_extra_args;
    let own_folder = format!("{}/pki", cx.config.paths.kubelet);
    let folder = arguments::value(args, "cert-dir").unwrap_or(&own_folder);
    let current = crate::clean_path(&format!("{folder}/{CURRENT}"));
    if cx.files.stat(&current)?.is_none() {
        let text = format!("the kubelet does not renew its certificate: there is no {current}");
        return Ok(noted(Note::info("kubelet.no-rotation", text)));
    }
    let path = cx.config.kubeconfig_path("kubelet.conf");
    let bytes = cx.files.read(&path)?;
    let broken =
        |why: String| PhaseError::from(FileProblem::new(&path, Problem::BrokenKubeconfig { why }));
    let text = String::from_utf8(bytes).map_err(|_| broken("not UTF-8".to_owned()))?;
    let mut kubeconfig = yaml::read(&text).map_err(|report| broken(report.to_string()))?;
    let user = current_user(&mut kubeconfig).map_err(|why| broken(why.to_owned()))?;
    if !point_to(user, &current) {
        return Ok(Plan::up_to_date());
    }
    let mode = match cx.files.stat(&path)? {
        Some(stat) if cx.config.compat == Compat::Upstream => stat.mode,
        _ => 0o600,
    };
    let mut draft = cx.draft();
    draft.file(&path, mode, Content::secret(yaml::write(&kubeconfig)))?;
    draft.note(Note::info(
        "kubelet.not-restarted",
        "the kubelet is not restarted here: it sees its new kubeconfig when it starts",
    ));
    Ok(draft.finish())
}

/// The user of the current context.
fn current_user(kubeconfig: &mut Value) -> Result<&mut Map<String, Value>, &'static str> {
    let named = |list: &str, name: &str, kubeconfig: &Value| {
        let items = kubeconfig.get(list)?.as_array()?;
        items
            .iter()
            .position(|item| item.get("name").and_then(Value::as_str) == Some(name))
    };
    let context = text(kubeconfig, "/current-context").ok_or("it has no current context")?;
    let context =
        named("contexts", &context, kubeconfig).ok_or("its current context is not defined")?;
    let user = text(kubeconfig, &format!("/contexts/{context}/context/user")).unwrap_or_default();
    let user = named("users", &user, kubeconfig)
        .ok_or("the user of its current context is not defined")?;
    kubeconfig
        .pointer_mut(&format!("/users/{user}/user"))
        .and_then(Value::as_object_mut)
        .ok_or("the user of its current context has no credentials")
}

fn text(value: &Value, pointer: &str) -> Option<String> {
    let text = value.pointer(pointer)?.as_str()?;
    (!text.is_empty()).then(|| text.to_owned())
}

/// Makes the user show the certificate in this file; answers whether that is new.
fn point_to(user: &mut Map<String, Value>, path: &str) -> bool {
    let before = user.clone();
    for inline in ["client-certificate-data", "client-key-data"] {
        user.remove(inline);
    }
    for file in ["client-certificate", "client-key"] {
        user.insert(file.to_owned(), path.into());
    }
    *user != before
}
