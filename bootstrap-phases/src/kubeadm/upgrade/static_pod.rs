//! Waiting for static Pods: the kubelet shows each as a mirror Pod, whose annotation tells one manifest from the next.
//!
//! Follows `WaitForStaticPodHashChange` and `WaitForPodsWithLabel` in `cmd/kubeadm/app/util/apiclient/wait.go`.

use apply_semantics::op::{ListOptions, ResourceRef};
use serde_json::{Value, json};

use crate::kubeadm::api::Api;
use crate::kubeadm::objects::SYSTEM;
use crate::{Effect, ErrorClass, PhaseError, Port};

/// The name under which a [`Runner`](crate::Runner) has the port that waits for static Pods.
pub const STATIC_POD_PORT: &str = "static-pods";

const HASH: &str = "kubernetes.io/config.hash";

/// The port that waits until the kubelet runs a static Pod from its new manifest, or until a Job is complete. What is not so yet is
/// asked again by the runner.
#[derive(Clone, Debug)]
pub struct StaticPodPort(pub Api);

/// Waits until the mirror Pod is another one than that of this hash, and all Pods of the component run.
pub(super) fn wait(node: &str, component: &str, before: Option<&str>) -> Effect {
    let title = format!("wait for the kubelet of {node} to restart {component}");
    let data = json!({"node": node, "component": component, "before": before});
    Effect::new(STATIC_POD_PORT, format!("{component}-{node}"), title, data).repeatable()
}

/// The mirror Pod of a component on a node.
pub(super) fn mirror(api: &Api, node: &str, component: &str) -> Result<Option<Value>, PhaseError> {
    let pods = ResourceRef::of_kind("v1", "Pod").within(SYSTEM);
    api.get(&pods.named(format!("{component}-{node}")))
}

/// What the kubelet tells manifests apart by.
pub(super) fn hash(pod: &Value) -> Option<&str> {
    let annotations = pod.pointer("/metadata/annotations")?;
    annotations.get(HASH)?.as_str()
}

impl Port for StaticPodPort {
    fn carry_out(&self, effect: &Effect) -> Result<(), PhaseError> {
        let field = |name: &str| effect.data().get(name).and_then(Value::as_str);
        if let Some(job) = field("job") {
            return self.completed(job);
        }
        let (Some(node), Some(component)) = (field("node"), field("component")) else {
            let text = format!("{} is no wait for a static Pod", effect.title());
            return Err(PhaseError::fatal("static-pods.not-a-wait", text));
        };
        let pod = mirror(&self.0, node, component).map_err(patient)?;
        let Some(hash) = pod.as_ref().and_then(hash) else {
            let text = format!("the kubelet of {node} does not show its Pod of {component}");
            return Err(PhaseError::not_yet("static-pods.no-pod", text));
        };
        if Some(hash) == field("before") {
            let text = format!("{component} on {node} still runs from the old manifest");
            return Err(PhaseError::not_yet("static-pods.old-manifest", text));
        }
        self.all_run(component)
    }
}

impl StaticPodPort {
    fn completed(&self, name: &str) -> Result<(), PhaseError> {
        let jobs = ResourceRef::of_kind("batch/v1", "Job").within(SYSTEM);
        let job = self.0.get(&jobs.named(name)).map_err(patient)?;
        let conditions = job
            .as_ref()
            .and_then(|job| job.pointer("/status/conditions")?.as_array());
        let has = |wanted: &str| {
            let mut all = conditions.into_iter().flatten();
            all.any(|condition| condition.get("type").and_then(Value::as_str) == Some(wanted))
        };
        if has("Complete") {
            return Ok(());
        }
        if has("Failed") {
            let text = format!("the Job {name} failed: see why in its Pod");
            return Err(PhaseError::fatal("preflight.failed", text));
        }
        let text = format!("the Job {name} is not complete");
        Err(PhaseError::not_yet("preflight.job-not-complete", text))
    }

    fn all_run(&self, component: &str) -> Result<(), PhaseError> {
        let options = ListOptions::default().labels(format!("component={component}"));
        let pods = ResourceRef::of_kind("v1", "Pod");
        let pods = self.0.list(pods, Some(SYSTEM), options).map_err(patient)?;
        let phase = |pod: &Value| pod.pointer("/status/phase").cloned().unwrap_or_default();
        match pods.iter().find(|pod| phase(pod) != "Running") {
            None => Ok(()),
            Some(pod) => {
                let name = pod.pointer("/metadata/name").and_then(Value::as_str);
                let text = format!("the Pod {} does not run", name.unwrap_or_default());
                Err(PhaseError::not_yet("static-pods.not-running", text))
            }
        }
    }
}

/// The API server may be what is being restarted.
fn patient(error: PhaseError) -> PhaseError {
    match error.class {
        ErrorClass::Transient => PhaseError {
            class: ErrorClass::NotYet,
            ..error
        },
        _ => error,
    }
}
