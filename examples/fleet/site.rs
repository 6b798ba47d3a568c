//! One cluster: an API server, and what is kept of what was applied there.

use apply_semantics::{
    op::{ApplyOptions, DeleteOptions, ObjectRef, Operation, Outcome, WriteOptions},
    patch::Patch,
};
use apply_server::{Clock as _, ManualClock, Server};
use cluster_id::{
    id::PhysicalCluster,
    inventory::Cluster,
    membership::policy::admission_policies,
    reconcile::{Inventory, Policy, Reconciler, Record, Report, Run, run},
};
use componentconfig::core::Time;
use serde_json::{Value, json};

use crate::Failure;

/// A cluster of the fleet.
pub(crate) struct Site {
    pub(crate) name: String,
    pub(crate) uid: PhysicalCluster,
    region: String,
    env: String,
    server: Server,
    clock: ManualClock,
    /// What was applied there. A program that is to survive a crash keeps it in a file.
    journal: Vec<Record>,
}

impl Site {
    pub(crate) fn new(
        name: &str,
        region: &str,
        env: &str,
        seed: u64,
        clock: &ManualClock,
    ) -> Result<Self, Failure> {
        let server = Server::builder().clock(clock.clone()).seed(seed).build();
        let system =
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "kube-system"}});
        let system = server.execute(&Operation::get(ObjectRef::of(&system)?))?;
        let uid = system
            .as_object()
            .and_then(|system| system.pointer("/metadata/uid"));
        let uid = uid.and_then(Value::as_str).unwrap_or_default().parse()?;
        let site = Self {
            name: name.to_owned(),
            uid,
            region: region.to_owned(),
            env: env.to_owned(),
            server,
            clock: clock.clone(),
            journal: Vec::new(),
        };
        for object in [
            definition(
                "about.k8s.io",
                "clusterproperties",
                "ClusterProperty",
                "Cluster",
            ),
            definition(
                "multicluster.x-k8s.io",
                "serviceexports",
                "ServiceExport",
                "Namespaced",
            ),
            definition(
                "multicluster.x-k8s.io",
                "serviceimports",
                "ServiceImport",
                "Namespaced",
            ),
        ] {
            site.apply(object)?;
        }
        // A real API server keeps the rules of membership by these; here `join` asks `admission::review`.
        for policy in admission_policies(None) {
            site.apply(policy)?;
        }
        Ok(site)
    }

    /// The cluster as the inventory shows it.
    pub(crate) fn facts(&self) -> Cluster {
        Cluster {
            region: self.region.clone(),
            ..Cluster::new(&self.name, [("region", &self.region), ("env", &self.env)])
        }
    }

    pub(crate) fn apply(&self, object: Value) -> Result<Value, Failure> {
        let apply = Operation::apply_object(object, ApplyOptions::new("fleet").force())?;
        let outcome = self.server.execute(&apply)?;
        Ok(outcome.into_object().unwrap_or_default())
    }

    pub(crate) fn get(&self, object: &Value) -> Result<Option<Value>, Failure> {
        match self.server.execute(&Operation::get(ObjectRef::of(object)?)) {
            Ok(outcome) => Ok(outcome.into_object()),
            Err(refusal) if refusal.is_not_found() => Ok(None),
            Err(refusal) => Err(refusal.into()),
        }
    }

    pub(crate) fn delete(&self, object: &Value) -> Result<(), Failure> {
        let delete = Operation::delete(ObjectRef::of(object)?, DeleteOptions::default());
        match self.server.execute(&delete) {
            Err(refusal) if !refusal.is_not_found() => Err(refusal.into()),
            _ => Ok(()),
        }
    }

    /// Makes the cluster hold what is desired, and nothing more of what it got before.
    pub(crate) fn reconcile(&mut self, desired: &[Value]) -> Result<Report, Failure> {
        let mut policy = Policy::new("fleet", "fleet");
        policy.most_deleted = None;
        let reconciler = Reconciler::new(policy);
        let inventory = Inventory::replay(&self.journal);
        let (_, mut execution) = reconciler.begin(&mut self.server, desired, &inventory)?;
        let now = Time::from_unix(self.clock.unix_seconds()).ok_or("the clock has no time")?;
        match run(&mut execution, &mut self.server, &mut self.journal, now)? {
            Run::Done => Ok(execution.report()),
            other => Err(format!("{}: {other:?}", self.name).into()),
        }
    }

    /// What the nodes of a cluster do: they run the Deployment, or say that they cannot.
    pub(crate) fn run_pods(&self, deployment: &Value, works: bool) -> Result<(), Failure> {
        let Some(live) = self.get(deployment)? else {
            return Ok(());
        };
        let field = |path: &str| live.pointer(path).cloned().unwrap_or_default();
        let replicas = field("/spec/replicas");
        let status = if works {
            json!({"observedGeneration": field("/metadata/generation"), "replicas": replicas,
                "readyReplicas": replicas, "updatedReplicas": replicas, "availableReplicas": replicas, "conditions": null})
        } else {
            let condition = json!({"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded",
                "message": "containers do not start: ImagePullBackOff"});
            json!({"observedGeneration": field("/metadata/generation"), "conditions": [condition]})
        };
        let target = ObjectRef::of(deployment)?.subresource("status");
        let patch = Patch::Merge(json!({"status": status}));
        self.server
            .execute(&Operation::patch(target, patch, WriteOptions::new("nodes")))
            .map(|_: Outcome| ())
            .map_err(Failure::from)
    }
}

/// A definition of a kind whose fields are not looked at here.
fn definition(group: &str, plural: &str, kind: &str, scope: &str) -> Value {
    let schema = json!({"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}});
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("{plural}.{group}"),
            "annotations": {"api-approved.kubernetes.io": "unapproved, for a demonstration"}},
        "spec": {
            "group": group, "scope": scope, "names": {"plural": plural, "singular": kind.to_lowercase(), "kind": kind},
            "versions": [{"name": "v1beta1", "served": true, "storage": true, "schema": schema}],
        },
    })
}
