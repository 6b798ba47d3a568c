//! What runs in the clusters: nodes, their pods, and what is done to them.

use std::collections::{BTreeMap, BTreeSet};

use apply_semantics::{
    op::{Effect, Operation, Outcome, Reason, Refusal},
    patch::Patch,
};
use componentconfig::core::Time;
use serde_json::{Value, json};

use super::{Key, MemoryMachine, MemoryProvider, Role, key};
use crate::{
    core::v1beta2::Cluster,
    machine::{Named, Node, NodeCondition, Pod, PodCondition},
    meta::{ConditionStatus, LabelSelector, NodeSystemInfo, ObjectMeta, Taint, TaintEffect},
    provider::{DrainFacts, WorkloadClusters},
    selector::Selector,
};

/// The label of nodes of the control plane, and the key of their taint.
const NODE_ROLE: &str = "node-role.kubernetes.io/control-plane";

/// The static pods of a node of the control plane.
const COMPONENTS: [&str; 4] = [
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
];

/// Pods and budgets that were added, and Secrets that were made, by cluster.
#[derive(Clone, Debug, Default)]
pub(super) struct MemoryWorkload {
    pods: BTreeMap<Key, Vec<Pod>>,
    budgets: BTreeMap<Key, Vec<Budget>>,
    secrets: BTreeMap<Key, Vec<Value>>,
}

#[derive(Clone, Debug)]
struct Budget {
    namespace: String,
    selector: LabelSelector,
    min_available: usize,
}

impl MemoryWorkload {
    pub(super) fn forget(&mut self, cluster: &Key) {
        self.pods.remove(cluster);
        self.budgets.remove(cluster);
        self.secrets.remove(cluster);
    }
}

impl MemoryProvider {
    /// A pod runs in a cluster, on the node of its `spec.nodeName`. When it is evicted it is gone after its
    /// `deletionGracePeriodSeconds`, at once if there are none.
    pub fn add_pod(&mut self, namespace: &str, cluster: &str, pod: Pod) {
        let key = (namespace.to_owned(), cluster.to_owned());
        self.workload.pods.entry(key).or_default().push(pod);
    }

    /// Of the pods of a namespace that a selector matches, so many have to stay: a PodDisruptionBudget.
    pub fn add_budget(
        &mut self,
        (namespace, cluster): (&str, &str),
        pod_namespace: &str,
        selector: LabelSelector,
        min_available: usize,
    ) {
        let key = (namespace.to_owned(), cluster.to_owned());
        self.workload.budgets.entry(key).or_default().push(Budget {
            namespace: pod_namespace.to_owned(),
            selector,
            min_available,
        });
    }

    /// The pods that were added and are still there.
    pub fn user_pods(&self, namespace: &str, cluster: &str) -> &[Pod] {
        let key = (namespace.to_owned(), cluster.to_owned());
        self.workload.pods.get(&key).map_or(&[], Vec::as_slice)
    }

    /// Secrets that were made inside of a cluster, such as those of tokens.
    pub fn secrets(&self, namespace: &str, cluster: &str) -> &[Value] {
        let key = (namespace.to_owned(), cluster.to_owned());
        self.workload.secrets.get(&key).map_or(&[], Vec::as_slice)
    }

    fn nodes_of(&mut self, cluster: &Key, now: Time) -> Vec<Node> {
        self.join(cluster, now);
        let machines = self.machines.iter();
        machines
            .filter(|(key, machine)| {
                machine.cluster == *cluster
                    && self.is_started(key, machine, now)
                    && machine.role != Role::Starting
                    && !machine.lost
            })
            .map(|((_, name), machine)| machine.node(name))
            .collect()
    }

    fn machine_of(&mut self, cluster: &Key, node: &str) -> Option<&mut MemoryMachine> {
        let key = (cluster.0.clone(), node.to_owned());
        let machine = self.machines.get_mut(&key)?;
        (machine.cluster == *cluster).then_some(machine)
    }

    /// Pods whose time is over go.
    fn sweep(&mut self, cluster: &Key, now: Time) {
        if let Some(pods) = self.workload.pods.get_mut(cluster) {
            pods.retain(|pod| {
                let end = pod.metadata.deletion_timestamp;
                end.is_none_or(|end| end > now)
            });
        }
    }

    fn evict(&mut self, cluster: &Key, namespace: &str, name: &str, now: Time) -> Evicted {
        let Some(pods) = self.workload.pods.get_mut(cluster) else {
            return Evicted::NotFound;
        };
        let is_it = |pod: &Pod| pod.metadata.namespace == namespace && pod.metadata.name == name;
        let Some(pod) = pods.iter().find(|pod| is_it(pod)) else {
            return Evicted::NotFound;
        };
        let budgets = self.workload.budgets.get(cluster).into_iter().flatten();
        for budget in budgets.filter(|budget| budget.namespace == namespace) {
            let Ok(selector) = Selector::new(&budget.selector) else {
                continue;
            };
            let staying = pods.iter().filter(|pod| {
                pod.metadata.namespace == namespace
                    && selector.matches(&pod.metadata.labels)
                    && !pod.metadata.is_deleting()
            });
            let matches = selector.matches(&pod.metadata.labels);
            if matches && staying.count() <= budget.min_available {
                return Evicted::Budget;
            }
        }
        if let Some(pod) = pods.iter_mut().find(|pod| is_it(pod)) {
            let grace = pod.metadata.deletion_grace_period_seconds.unwrap_or(0);
            pod.metadata.deletion_timestamp = Time::from_unix(now.unix() + grace);
        }
        self.sweep(cluster, now);
        Evicted::Yes
    }
}

enum Evicted {
    Yes,
    NotFound,
    Budget,
}

impl WorkloadClusters for MemoryProvider {
    fn nodes(&mut self, cluster: &Cluster, now: Time) -> Option<Vec<Node>> {
        let cluster = key(&cluster.metadata);
        let nodes = self.nodes_of(&cluster, now);
        (!self.is_made(&cluster) || self.has_quorum(&cluster)).then_some(nodes)
    }

    fn pods(&mut self, cluster: &Cluster, node: &str, now: Time) -> Option<Vec<Pod>> {
        let cluster = key(&cluster.metadata);
        self.sweep(&cluster, now);
        let added = self.workload.pods.get(&cluster).into_iter().flatten();
        let mut pods: Vec<Pod> = added
            .filter(|pod| pod.spec.node_name == node)
            .cloned()
            .collect();
        let machine = self.machine_of(&cluster, node)?;
        if machine.role != Role::Worker {
            let ready = machine.broken.is_none();
            pods.extend(COMPONENTS.map(|component| static_pod(component, node, ready)));
        }
        Some(pods)
    }

    fn drain_facts(&mut self, cluster: &Cluster, _: &str, _: Time) -> Option<DrainFacts> {
        let pods = self.workload.pods.get(&key(&cluster.metadata));
        let pods = pods.into_iter().flatten();
        let names: BTreeSet<&str> = pods
            .map(|pod| pod.metadata.namespace.as_str())
            .chain(["kube-system"])
            .collect();
        let namespaces = names.into_iter().map(|name| Named {
            metadata: ObjectMeta::named("", name),
        });
        Some(DrainFacts {
            namespaces: namespaces.collect(),
            ..DrainFacts::default()
        })
    }

    fn has_kubeadm_config(&mut self, cluster: &Cluster, now: Time) -> Option<bool> {
        let cluster = key(&cluster.metadata);
        self.join(&cluster, now);
        Some(self.is_made(&cluster))
    }

    fn execute(
        &mut self,
        (namespace, name): (&str, &str),
        operation: &Operation,
        now: Time,
    ) -> Result<Outcome, Refusal> {
        let cluster = (namespace.to_owned(), name.to_owned());
        if let Some(outcome) = self.execute_on_objects(&cluster, operation) {
            return outcome;
        }
        let is = |kind: &str| operation.collection().resource.kind == kind;
        match operation {
            Operation::Delete { target, .. } if is("Node") => {
                let machine = self.machine_of(&cluster, &target.name);
                let machine = machine.ok_or_else(|| Refusal::not_found(target))?;
                machine.lost = true;
                Ok(Outcome::Deleted { object: None })
            }
            Operation::Patch {
                target,
                patch: Patch::Merge(patch),
                ..
            } if is("Node") => {
                let machine = self.machine_of(&cluster, &target.name);
                let machine = machine.ok_or_else(|| Refusal::not_found(target))?;
                let cordoned = patch.pointer("/spec/unschedulable");
                machine.cordoned = cordoned == Some(&Value::Bool(true));
                let node = json!(machine.node(&target.name));
                Ok(Outcome::object(node, Effect::Changed))
            }
            Operation::CreateSubresource { target, object, .. }
                if is("Pod") && target.subresource.as_deref() == Some("eviction") =>
            {
                let namespace = target.namespace.as_deref().unwrap_or_default();
                match self.evict(&cluster, namespace, &target.name, now) {
                    Evicted::Yes => Ok(Outcome::object(object.clone(), Effect::Created)),
                    Evicted::NotFound => Err(Refusal::not_found(target)),
                    Evicted::Budget => Err(Refusal::new(
                        Reason::TooManyRequests,
                        "Cannot evict pod as it would violate the pod's disruption budget.",
                    )),
                }
            }
            Operation::Create { object, .. } if is("Secret") => {
                let secrets = self.workload.secrets.entry(cluster).or_default();
                secrets.push(object.clone());
                Ok(Outcome::object(object.clone(), Effect::Created))
            }
            other => Err(Refusal::method_not_allowed(other.to_string())),
        }
    }
}

/// A pod that the kubelet runs from a file.
fn static_pod(component: &str, node: &str, ready: bool) -> Pod {
    let mut pod = Pod {
        metadata: ObjectMeta::named("kube-system", format!("{component}-{node}")),
        ..Pod::default()
    };
    let source = "kubernetes.io/config.mirror".to_owned();
    pod.metadata.annotations.insert(source, "file".to_owned());
    node.clone_into(&mut pod.spec.node_name);
    "Running".clone_into(&mut pod.status.phase);
    pod.status.conditions = vec![PodCondition {
        r#type: "Ready".to_owned(),
        status: if ready {
            ConditionStatus::True
        } else {
            ConditionStatus::False
        },
    }];
    pod
}

impl MemoryMachine {
    fn node(&self, name: &str) -> Node {
        let (status, reason, since) = match self.broken {
            None => (ConditionStatus::True, "KubeletReady", self.since),
            Some(since) => (ConditionStatus::False, "KubeletNotReady", since),
        };
        let mut node = Node {
            metadata: ObjectMeta::named("", name),
            ..Node::default()
        };
        node.metadata.creation_timestamp = Some(self.since);
        node.spec.provider_id = self.facts.provider_id.clone().unwrap_or_default();
        node.spec.unschedulable = self.cordoned;
        if self.role != Role::Worker {
            let labels = &mut node.metadata.labels;
            labels.insert(NODE_ROLE.to_owned(), String::new());
            node.spec.taints.push(Taint {
                key: NODE_ROLE.to_owned(),
                effect: TaintEffect::NoSchedule,
                ..Taint::default()
            });
        }
        node.status.node_info = Some(NodeSystemInfo {
            kubelet_version: self.version.clone(),
            ..NodeSystemInfo::default()
        });
        let condition = |kind: &str, status, reason: &str, since| NodeCondition {
            r#type: kind.to_owned(),
            status,
            reason: reason.to_owned(),
            last_transition_time: Some(since),
            message: String::new(),
        };
        let pressures = ["MemoryPressure", "DiskPressure", "PIDPressure"];
        let pressures = pressures
            .map(|kind| condition(kind, ConditionStatus::False, "KubeletHasEnough", self.since));
        node.status.conditions = vec![condition("Ready", status, reason, since)];
        node.status.conditions.extend(pressures);
        node
    }
}
