//! What the API server and the controllers of a fresh cluster bring along.

use serde_json::{Value, json};

use super::Core;
use crate::{meta, store::Place};

const NAMESPACES: &str = "/namespaces";
const ACCOUNTS: &str = "/serviceaccounts";
const DEFAULT: &str = "default";

impl Core {
    /// Adds what a fresh cluster has beside its namespaces, and keeps a service account in each namespace from now on.
    pub(crate) fn furnish(&mut self) {
        self.keeps_accounts = true;
        let namespaces: Vec<String> = self
            .store
            .range(NAMESPACES, "", "")
            .map(|(key, _)| key.to_string())
            .collect();
        for namespace in namespaces {
            self.add_account(&namespace);
        }
        for object in objects() {
            // They are of built-in kinds, and say what they are.
            drop(self.seed(object));
        }
    }

    /// Does what the controller of service accounts does after a write: each namespace that is not ending has one.
    pub(super) fn keep_account(&mut self, place: &Place, object: Option<&Value>) {
        if !self.keeps_accounts {
            return;
        }
        let namespace = match (&*place.table, object) {
            (NAMESPACES, Some(_)) => &*place.key,
            (ACCOUNTS, None) => match place.key.split_once('/') {
                Some((namespace, DEFAULT)) => namespace,
                _ => return,
            },
            _ => return,
        };
        let is_active = self.namespace(namespace).is_some_and(|namespace| {
            let phase = namespace.pointer("/status/phase");
            !meta::is_terminating(&namespace) && phase.is_none_or(|phase| phase == "Active")
        });
        if is_active {
            self.add_account(namespace);
        }
    }

    fn add_account(&mut self, namespace: &str) {
        let place = Place::new(&ACCOUNTS.into(), Some(namespace), DEFAULT);
        if self.store.get(&place).is_none() {
            drop(self.seed(json!({
                "apiVersion": "v1", "kind": "ServiceAccount",
                "metadata": {"namespace": namespace, "name": DEFAULT},
            })));
        }
    }
}

/// The Service of the API server, and the classes of what a cluster needs most.
fn objects() -> [Value; 3] {
    let class = |name: &str, value: i64, description: &str| {
        json!({
            "apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": name, "generation": 1},
            "value": value, "description": description,
        })
    };
    [
        class(
            "system-cluster-critical",
            2_000_000_000,
            "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.",
        ),
        class(
            "system-node-critical",
            2_000_001_000,
            "Used for system critical pods that must not be moved from their current node.",
        ),
        json!({
            "apiVersion": "v1", "kind": "Service",
            "metadata": {"namespace": DEFAULT, "name": "kubernetes", "labels": {"component": "apiserver", "provider": "kubernetes"}},
            "spec": {
                "type": "ClusterIP", "clusterIP": "10.96.0.1", "clusterIPs": ["10.96.0.1"], "internalTrafficPolicy": "Cluster",
                "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack", "sessionAffinity": "None",
                "ports": [{"name": "https", "port": 443, "protocol": "TCP", "targetPort": 6443}],
            },
            "status": {"loadBalancer": {}},
        }),
    ]
}
