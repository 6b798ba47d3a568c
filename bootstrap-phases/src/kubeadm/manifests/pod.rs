//! What the static Pods have in common.

use componentconfig::core::EnvVar;
use serde_json::{Map, Value, json};

use super::{Component, probe::Probes, volumes::Mounts};

/// The parts in which the Pods differ.
pub(super) struct Parts {
    pub(super) component: Component,
    pub(super) image: String,
    pub(super) flags: Vec<String>,
    pub(super) probes: Probes,
    pub(super) requests: Value,
    pub(super) env: Vec<EnvVar>,
    pub(super) mounts: Mounts,
    /// Key and value, both plain.
    pub(super) annotation: Option<(&'static str, String)>,
}

/// The priority of `system-node-critical`.
const PRIORITY: i32 = 2_000_001_000;

impl Parts {
    pub(super) fn into_pod(self) -> Value {
        let name = self.component.name();
        let mut metadata = json!({
            "name": name,
            "namespace": "kube-system",
            "labels": {"component": name, "tier": "control-plane"},
        });
        if let (Some((key, value)), Some(metadata)) = (&self.annotation, metadata.as_object_mut()) {
            metadata.insert("annotations".to_owned(), json!({*key: value}));
        }
        let volumes = self.mounts.volumes();
        json!({
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": metadata,
            "spec": {
                "containers": [self.container(name)],
                "hostNetwork": true,
                "priority": PRIORITY,
                "priorityClassName": "system-node-critical",
                "securityContext": {"seccompProfile": {"type": "RuntimeDefault"}},
                "volumes": volumes,
            },
            "status": {},
        })
    }

    fn container(self, name: &str) -> Value {
        let command: Vec<String> = std::iter::once(name.to_owned()).chain(self.flags).collect();
        let mut container = Map::new();
        let mut set = |field: &str, value: Value| container.insert(field.to_owned(), value);
        set("name", name.into());
        set("image", self.image.into());
        set("imagePullPolicy", "IfNotPresent".into());
        set("command", command.into());
        set("resources", json!({"requests": self.requests}));
        set("ports", self.probes.ports());
        set("volumeMounts", self.mounts.mounts());
        if !self.env.is_empty() {
            set("env", json!(self.env));
        }
        for (field, probe) in self.probes.into_fields() {
            set(field, probe);
        }
        container.into()
    }
}
