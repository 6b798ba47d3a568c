//! What a kubelet tells of the static Pods that it runs: a mirror of each in the API.

use apply_semantics::{
    op::{
        DeleteOptions, ListOptions, ObjectRef, Operation, Outcome, Reason, Refusal, ResourceRef,
        WriteOptions,
    },
    patch::Patch,
};
use apply_server::Server;
use bootstrap_phases::Files;
use componentconfig::yaml;
use examples::failure::Failure;
use serde_json::{Value, json};

const MANIFESTS: &str = "/etc/kubernetes/manifests";
const SYSTEM: &str = "kube-system";

/// Shows the static Pods of a node, which all run.
pub(crate) fn static_pods(server: &Server, node: &str, files: &dyn Files) -> Result<(), Failure> {
    if files.stat(MANIFESTS).map_err(Failure::run)?.is_none() {
        return Ok(());
    }
    for name in files.list(MANIFESTS).map_err(Failure::run)? {
        let Some(name) = name.strip_suffix(".yaml") else {
            continue;
        };
        let text = files
            .read(&format!("{MANIFESTS}/{name}.yaml"))
            .map_err(Failure::run)?;
        let pod = yaml::read(&String::from_utf8_lossy(&text)).map_err(Failure::run)?;
        mirror(server, node, pod).map_err(Failure::run)?;
    }
    Ok(())
}

fn mirror(server: &Server, node: &str, mut pod: Value) -> Result<(), Refusal> {
    let name = format!(
        "{}-{node}",
        pod.pointer("/metadata/name")
            .and_then(Value::as_str)
            .unwrap_or_default()
    );
    if let Some(metadata) = pod.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.insert("name".to_owned(), json!(name));
        metadata.insert("namespace".to_owned(), json!(SYSTEM));
        metadata.insert(
            "annotations".to_owned(),
            json!({"kubernetes.io/config.mirror": "static"}),
        );
    }
    if let Some(spec) = pod.get_mut("spec").and_then(Value::as_object_mut) {
        spec.insert("nodeName".to_owned(), json!(node));
    }
    let pods = ResourceRef::of_kind("v1", "Pod").within(SYSTEM);
    let create = Operation::create(pods.clone(), pod, WriteOptions::new("kubelet"));
    match server.execute(&create) {
        Err(refusal) if refusal.reason != Reason::AlreadyExists => return Err(refusal),
        _ => {}
    }
    let status = json!({"status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}});
    let target = pods.named(name).subresource("status");
    let patch = Operation::patch(target, Patch::Merge(status), WriteOptions::new("kubelet"));
    server.execute(&patch).map(drop)
}

/// The Pods of a node.
pub(crate) fn pods(server: &Server, node: &str) -> Vec<Value> {
    let pods = ResourceRef::of_kind("v1", "Pod").all();
    let found = server.execute(&Operation::list(pods, ListOptions::default()));
    let found = found.ok().and_then(Outcome::into_list).unwrap_or_default();
    let on_node = |pod: &Value| pod.pointer("/spec/nodeName").and_then(Value::as_str) == Some(node);
    found.items.into_iter().filter(on_node).collect()
}

/// The Pods of a node that is gone go, too.
pub(crate) fn collect(server: &Server, node: &str) {
    for pod in pods(server, node) {
        if let Ok(target) = ObjectRef::of(&pod) {
            let options = DeleteOptions::default().grace_period_seconds(0);
            let _ = server.execute(&Operation::delete(target, options));
        }
    }
}
