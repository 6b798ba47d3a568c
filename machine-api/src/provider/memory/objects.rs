//! Objects inside of clusters that are only remembered: those of kubeadm, and what was put beside them.

use apply_semantics::{
    op::{Effect, ObjectRef, Operation, Outcome, Refusal},
    patch::{Patch, merge},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Key, MemoryProvider};

/// The objects of one cluster.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct MemoryObjects {
    objects: Vec<Value>,
    version: u64,
}

impl MemoryObjects {
    fn find(&mut self, target: &ObjectRef) -> Option<&mut Value> {
        let mut objects = self.objects.iter_mut();
        objects.find(|object| ObjectRef::of(object).is_ok_and(|one| one == *target))
    }

    /// Puts an object in the place of the one that there is.
    fn put(&mut self, target: &ObjectRef, mut object: Value) -> Value {
        self.version += 1;
        if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
            let version = json!(self.version.to_string());
            metadata.insert("resourceVersion".to_owned(), version);
        }
        match self.find(target) {
            Some(place) => place.clone_from(&object),
            None => self.objects.push(object.clone()),
        }
        object
    }

    fn patch(&mut self, target: &ObjectRef, patch: &Value) -> Result<Outcome, Refusal> {
        let current = self.find(target).cloned();
        let current = current.ok_or_else(|| Refusal::not_found(target))?;
        let version = |object: &Value| object.pointer("/metadata/resourceVersion").cloned();
        let wanted = version(patch);
        if wanted.is_some() && wanted != version(&current) {
            return Err(Refusal::stale(target, "it was changed since"));
        }
        let changed = merge::apply(current.clone(), patch.clone());
        let changed = changed.map_err(|error| Refusal::bad_request(error.to_string()))?;
        if changed == current {
            return Ok(Outcome::object(current, Effect::Unchanged));
        }
        Ok(Outcome::object(self.put(target, changed), Effect::Changed))
    }
}

impl MemoryProvider {
    /// An object is in a cluster, such as a Deployment of a user. Those of kubeadm are there once the first machine of the control plane
    /// runs: `kubeadm-config`, kube-proxy and CoreDNS.
    pub fn put_object(&mut self, namespace: &str, cluster: &str, object: Value) {
        let key = (namespace.to_owned(), cluster.to_owned());
        if let Ok(target) = ObjectRef::of(&object) {
            self.objects.entry(key).or_default().put(&target, object);
        }
    }

    /// An object inside of a cluster.
    pub fn object(&self, namespace: &str, cluster: &str, target: &ObjectRef) -> Option<&Value> {
        let key = (namespace.to_owned(), cluster.to_owned());
        let mut objects = self.objects.get(&key)?.objects.iter();
        objects.find(|object| ObjectRef::of(object).is_ok_and(|one| one == *target))
    }

    /// What kubeadm makes with the first machine of a control plane.
    pub(super) fn make_objects(&mut self, cluster: &Key, version: &str) {
        let configuration = format!(
            "apiVersion: kubeadm.k8s.io/v1beta4\nclusterName: {}\nkind: ClusterConfiguration\nkubernetesVersion: {version}\n",
            cluster.1
        );
        for object in [
            json!({
                "apiVersion": "v1", "kind": "ConfigMap", "metadata": named("kubeadm-config"),
                "data": {"ClusterConfiguration": configuration},
            }),
            json!({
                "apiVersion": "v1", "kind": "ConfigMap", "metadata": named("coredns"),
                "data": {"Corefile": COREFILE},
            }),
            json!({
                "apiVersion": "apps/v1", "kind": "Deployment", "metadata": named("coredns"),
                "spec": {"template": {"spec": {
                    "containers": [{"name": "coredns", "image": CORE_DNS}],
                    "volumes": [{"name": "config-volume", "configMap": {
                        "name": "coredns", "items": [{"key": "Corefile", "path": "Corefile"}],
                    }}],
                }}},
            }),
            json!({
                "apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": named("kube-proxy"),
                "spec": {"template": {"spec": {"containers": [
                    {"name": "kube-proxy", "image": format!("registry.k8s.io/kube-proxy:{version}")},
                ]}}},
            }),
        ] {
            self.put_object(&cluster.0, &cluster.1, object);
        }
    }

    /// Reads, makes and changes objects; `None` of kinds that are looked after elsewhere.
    pub(super) fn execute_on_objects(
        &mut self,
        cluster: &Key,
        operation: &Operation,
    ) -> Option<Result<Outcome, Refusal>> {
        let kind = operation.collection().resource.kind;
        if !["ConfigMap", "Deployment", "DaemonSet", "ClusterRoleBinding"].contains(&kind.as_str())
        {
            return None;
        }
        if self.is_made(cluster) && !self.has_quorum(cluster) {
            return Some(Err(Refusal::unreachable("etcd has no leader")));
        }
        let objects = self.objects.entry(cluster.clone()).or_default();
        match operation {
            Operation::Get { target } => {
                let found = objects.find(target).cloned();
                let found = found.map(|object| Outcome::object(object, Effect::Read));
                Some(found.ok_or_else(|| Refusal::not_found(target)))
            }
            Operation::Create { object, .. } => {
                let target = match ObjectRef::of(object) {
                    Ok(target) => target,
                    Err(error) => return Some(Err(Refusal::bad_request(error.to_string()))),
                };
                if objects.find(&target).is_some() {
                    return Some(Err(Refusal::already_exists(&target)));
                }
                let made = objects.put(&target, object.clone());
                Some(Ok(Outcome::object(made, Effect::Created)))
            }
            Operation::Patch {
                target,
                patch: Patch::Merge(patch),
                ..
            } => Some(objects.patch(target, patch)),
            _ => None,
        }
    }
}

fn named(name: &str) -> Value {
    json!({"name": name, "namespace": "kube-system"})
}

/// The image of CoreDNS that a cluster begins with.
const CORE_DNS: &str = "registry.k8s.io/coredns/coredns:v1.12.0";

/// What CoreDNS is told at first.
const COREFILE: &str = ".:53 {
    errors
    kubernetes cluster.local in-addr.arpa ip6.arpa {
       pods insecure
    }
    forward . /etc/resolv.conf
    cache 30
}
";
