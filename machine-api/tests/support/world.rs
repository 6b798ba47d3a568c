//! A management cluster inside the process.

use apply_semantics::{
    op::{
        DeleteOptions, Executor, ListOptions, ObjectRef, Operation, Outcome, Refusal, ResourceRef,
        WriteOptions,
    },
    patch::Patch,
};
use apply_server::{ManualClock, Server};
use componentconfig::core::Time;
use machine_api::{
    Gates, Object,
    admission::{Admit, Request},
    contract::ContractVersion,
    controlplane::v1beta2::KubeadmControlPlane,
    core::v1beta2::{Machine, MachineDeployment},
    crd,
    driver::Driver,
    explain::Why,
    facts,
    machine_set::preflight::PreflightCheck,
    names,
    provider::MemoryProvider,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

const START: i64 = 1_780_272_000;
const CORE: &str = "cluster.x-k8s.io/v1beta2";
const KCP: (&str, &str) = (
    "controlplane.cluster.x-k8s.io/v1beta2",
    "KubeadmControlPlane",
);
const DEMO: [(&str, &str); 6] = [
    ("infrastructure.example.com", "DemoCluster"),
    ("infrastructure.example.com", "DemoMachine"),
    ("infrastructure.example.com", "DemoMachineTemplate"),
    ("bootstrap.example.com", "DemoConfig"),
    ("bootstrap.example.com", "DemoConfigTemplate"),
    ("controlplane.example.com", "DemoControlPlane"),
];

/// A driver of a provider in memory.
pub(crate) type MemoryDriver =
    Driver<MemoryProvider, Box<dyn FnMut(usize) -> String + Send + Sync>>;

/// How many machines of the deployment are available.
pub(crate) fn available_on(server: &Server) -> Option<i32> {
    let target = reference(CORE, "MachineDeployment", "workers");
    let outcome = server.execute(&Operation::get(target)).ok()?;
    let count = outcome.as_object()?.pointer("/status/availableReplicas")?;
    i32::try_from(count.as_i64()?).ok()
}

/// Somebody wants another number of machines.
pub(crate) fn scale_on(server: &Server, replicas: i32) {
    let target = reference(CORE, "MachineDeployment", "workers");
    let patch = Patch::Merge(json!({"spec": {"replicas": replicas}}));
    let operation = Operation::patch(target, patch, WriteOptions::new("user"));
    server.execute(&operation).expect("a patch");
}

/// An API server, a clock, and the driver with its provider.
pub(crate) struct World {
    server: Server,
    clock: ManualClock,
    now: i64,
    driver: MemoryDriver,
    why: Vec<Why>,
}

impl World {
    pub(crate) fn new(provider: MemoryProvider, contract: ContractVersion) -> Self {
        let clock = ManualClock::at(START);
        let server = Server::builder().clock(clock.clone()).build();
        let mut counter = 0;
        let random: Box<dyn FnMut(usize) -> String + Send + Sync> = Box::new(move |length| {
            counter += 1;
            names::suffix(counter, length)
        });
        let world = Self {
            server,
            clock,
            now: START,
            driver: Driver::new(provider, random, Gates::default()),
            why: Vec::new(),
        };
        for definition in crd::definitions() {
            world.create(definition.to_value());
        }
        for (group, kind) in DEMO {
            world.create(definition(group, kind, contract));
        }
        world
    }

    /// The server, its clock, and the driver.
    pub(crate) fn into_parts(self) -> (Server, ManualClock, MemoryDriver) {
        (self.server, self.clock, self.driver)
    }

    /// With checks before machines are made.
    pub(crate) fn checking(mut self, checks: &[PreflightCheck]) -> Self {
        self.driver = self.driver.preflight_checks(checks.to_vec());
        self
    }

    /// With bootstrap data that the driver makes.
    #[cfg(feature = "bootstrap-data")]
    pub(crate) fn making_data(mut self) -> Self {
        self.driver = self.driver.bootstrap_data();
        self
    }

    /// A cluster with a control plane of the provider, and a MachineDeployment.
    pub(crate) fn create_cluster(&mut self, replicas: i32) {
        let control_plane = "controlplane.example.com/v1";
        self.create(object(
            control_plane,
            "DemoControlPlane",
            "prod",
            json!({"version": "v1.36.0"}),
        ));
        self.create_with(
            &reference_to("controlplane.example.com", "DemoControlPlane", "prod"),
            replicas,
        );
    }

    /// A cluster whose control plane is made of machines, and a MachineDeployment.
    pub(crate) fn create_kubeadm_cluster(&mut self, control_plane: i32, replicas: i32) {
        let mut kcp: KubeadmControlPlane = serde_json::from_value(object(KCP.0, KCP.1, "prod", json!({
            "replicas": control_plane,
            "version": "v1.36.0",
            "machineTemplate": {"spec": {
                "infrastructureRef": reference_to("infrastructure.example.com", "DemoMachineTemplate", "small"),
            }},
        })))
        .expect("a control plane");
        kcp.set_defaults(None, &Request::new(&()))
            .expect("defaults");
        self.create(json!(kcp));
        let reference = reference_to("controlplane.cluster.x-k8s.io", KCP.1, "prod");
        self.create_with(&reference, replicas);
    }

    fn create_with(&mut self, control_plane: &Value, replicas: i32) {
        let template = json!({"template": {"spec": {"size": "small"}}});
        let (infrastructure, bootstrap) =
            ("infrastructure.example.com/v1", "bootstrap.example.com/v1");
        self.create(object(infrastructure, "DemoCluster", "prod", json!({})));
        self.create(object(
            infrastructure,
            "DemoMachineTemplate",
            "small",
            template.clone(),
        ));
        self.create(object(bootstrap, "DemoConfigTemplate", "node", template));
        let reference = reference_to;
        self.create(object(
            CORE,
            "Cluster",
            "prod",
            json!({
                "infrastructureRef": reference("infrastructure.example.com", "DemoCluster", "prod"),
                "controlPlaneRef": control_plane,
            }),
        ));
        let mut deployment: MachineDeployment = serde_json::from_value(object(CORE, "MachineDeployment", "workers", json!({
            "clusterName": "prod", "replicas": replicas,
            "template": {"spec": {
                "clusterName": "prod", "version": "v1.36.0",
                "infrastructureRef": reference("infrastructure.example.com", "DemoMachineTemplate", "small"),
                "bootstrap": {"configRef": reference("bootstrap.example.com", "DemoConfigTemplate", "node")},
            }},
        })))
        .expect("a deployment");
        deployment
            .set_defaults(None, &Request::new(&()))
            .expect("defaults");
        self.create(json!(deployment));
    }

    pub(crate) fn create_health_check(&mut self, trigger: &Value) {
        self.create(json!({
            "apiVersion": CORE, "kind": "MachineHealthCheck",
            "metadata": {"name": "workers", "namespace": "default"},
            "spec": {
                "clusterName": "prod",
                "selector": {"matchLabels": {"cluster.x-k8s.io/deployment-name": "workers"}},
                "checks": {
                    "nodeStartupTimeoutSeconds": 600,
                    "unhealthyNodeConditions": [{"type": "Ready", "status": "False", "timeoutSeconds": 300}],
                },
                "remediation": {"triggerIf": trigger},
            },
        }));
    }

    pub(crate) fn create_control_plane_health_check(&mut self) {
        self.create(json!({
            "apiVersion": CORE, "kind": "MachineHealthCheck",
            "metadata": {"name": "control-plane", "namespace": "default"},
            "spec": {
                "clusterName": "prod",
                "selector": {"matchLabels": {"cluster.x-k8s.io/control-plane": ""}},
                "checks": {
                    "nodeStartupTimeoutSeconds": 600,
                    "unhealthyNodeConditions": [{"type": "Ready", "status": "False", "timeoutSeconds": 300}],
                },
            },
        }));
    }

    pub(crate) fn delete(&self, api_version: &str, kind: &str, name: &str) {
        let target = reference(api_version, kind, name);
        self.run(&Operation::delete(target, DeleteOptions::default()));
    }

    pub(crate) fn scale(&mut self, replicas: i32) {
        self.patch(json!({"spec": {"replicas": replicas}}));
    }

    /// Changes the control plane that is made of machines.
    #[allow(clippy::needless_pass_by_value, reason = "values are made in place")]
    pub(crate) fn change_control_plane(&mut self, spec: Value) {
        self.change(KCP.0, KCP.1, "prod", json!({"spec": spec}));
    }

    pub(crate) fn control_plane(&self) -> KubeadmControlPlane {
        self.list().remove(0)
    }

    /// The machines of the control plane.
    pub(crate) fn control_plane_machines(&self) -> Vec<Machine> {
        let mut machines: Vec<Machine> = self.list();
        machines.retain(facts::is_control_plane);
        machines
    }

    pub(crate) fn provider(&mut self) -> &mut MemoryProvider {
        self.driver.provider()
    }

    pub(crate) fn set_version(&mut self, version: &str) {
        self.patch(json!({"spec": {"template": {"spec": {"version": version}}}}));
    }

    pub(crate) fn delete_cluster(&mut self) {
        let target = reference(CORE, "Cluster", "prod");
        self.run(&Operation::delete(target, DeleteOptions::default()));
    }

    pub(crate) fn break_node(&mut self, machine: &str) {
        let now = self.time();
        assert!(self.driver.provider().break_node(machine, now));
    }

    /// Steps until nothing changes any more, with the clock.
    pub(crate) fn settle(&mut self) {
        self.settle_watching(|_| ());
    }

    pub(crate) fn settle_watching(&mut self, mut watch: impl FnMut(&mut Self)) {
        let mut quiet = 0;
        for _ in 0..600 {
            let now = self.time();
            let report = self
                .driver
                .step(&mut self.server.clone(), now)
                .expect("lists");
            self.why = report.why;
            for (subject, refusal) in &report.refusals {
                let retriable = refusal.is_not_found()
                    || refusal.conflict().is_some()
                    || refusal.is_retriable();
                assert!(retriable, "{subject}: {}", refusal.message);
            }
            watch(self);
            let busy = report.changes > 0 || !report.refusals.is_empty();
            quiet = if busy { 0 } else { quiet + 1 };
            if !busy {
                match report.requeue_after_seconds {
                    None => return,
                    Some(_) if quiet > 20 => return,
                    Some(seconds) => self.advance(i64::from(seconds.max(1))),
                }
            }
        }
        panic!("it does not settle: {:?}", self.why);
    }

    /// How much is written in so many seconds, when it is looked as often as the driver wants to.
    pub(crate) fn changes_in(&mut self, seconds: i64) -> Vec<String> {
        let end = self.now + seconds;
        let mut changes = Vec::new();
        while self.now < end {
            let now = self.time();
            let mut server = self.server.clone();
            let mut writes = apply_semantics::op::from_fn(|operation: &Operation| {
                if !operation.is_read() {
                    changes.push(operation.to_string());
                }
                Executor::execute(&mut server, operation)
            });
            let report = self.driver.step(&mut writes, now).expect("lists");
            let wait = report.requeue_after_seconds.unwrap_or(60);
            self.advance(i64::from(wait.clamp(1, 60)));
        }
        changes
    }

    /// A step that ends after so many writes; a little time goes by.
    pub(crate) fn step_killed_after(&mut self, writes: usize) {
        let mut server = self.server.clone();
        let mut left = writes;
        let mut killed = apply_semantics::op::from_fn(|operation: &Operation| {
            if !operation.is_read() {
                left = left
                    .checked_sub(1)
                    .ok_or_else(|| Refusal::unreachable("killed"))?;
            }
            Executor::execute(&mut server, operation)
        });
        let now = Time::from_unix(self.now).expect("a time");
        let _report = self.driver.step(&mut killed, now);
        self.advance(7);
    }

    pub(crate) fn why(&self) -> &[Why] {
        &self.why
    }

    /// How many machines the provider has.
    pub(crate) fn machines(&mut self) -> usize {
        self.driver.provider().machines().count()
    }

    pub(crate) fn available(&self) -> Option<i32> {
        let deployments: Vec<MachineDeployment> = self.list();
        deployments
            .first()
            .and_then(|one| one.status.available_replicas)
    }

    pub(crate) fn list<T: Object + DeserializeOwned>(&self) -> Vec<T> {
        let items = self.items(&T::GVK.api_version(), T::GVK.kind()).into_iter();
        items
            .map(|item| serde_json::from_value(item).expect("an object"))
            .collect()
    }

    pub(crate) fn count(&self, api_version: &str, kind: &str) -> usize {
        self.items(api_version, kind).len()
    }

    /// What is left of a cluster: everything but templates and definitions.
    pub(crate) fn left(&self) -> Vec<String> {
        let demo = DEMO.map(|(group, kind)| (format!("{group}/v1"), kind));
        let core = ["Cluster", "MachineDeployment", "MachineSet", "Machine"];
        let core = core.map(|kind| (CORE.to_owned(), kind));
        let kubeadm = [
            (KCP.0.to_owned(), KCP.1),
            (
                "bootstrap.cluster.x-k8s.io/v1beta2".to_owned(),
                "KubeadmConfig",
            ),
            ("v1".to_owned(), "Secret"),
        ];
        let kinds = demo.into_iter().chain(core).chain(kubeadm);
        kinds
            .filter(|(_, kind)| !kind.ends_with("Template"))
            .flat_map(|(api_version, kind)| self.items(&api_version, kind))
            .map(|item| format!("{} {}", item["kind"], item["metadata"]["name"]))
            .collect()
    }

    pub(crate) fn items(&self, api_version: &str, kind: &str) -> Vec<Value> {
        let collection = ResourceRef::of_kind(api_version, kind).within("default");
        let outcome = self.run(&Operation::list(collection, ListOptions::default()));
        outcome.into_list().expect("a list").items
    }

    pub(crate) fn create(&self, object: Value) {
        let target = ObjectRef::of(&object).expect("a name");
        let options = WriteOptions::new("user");
        self.run(&Operation::create(target.collection(), object, options));
    }

    fn patch(&self, patch: Value) {
        self.change(CORE, "MachineDeployment", "workers", patch);
    }

    pub(crate) fn change(&self, api_version: &str, kind: &str, name: &str, patch: Value) {
        let target = reference(api_version, kind, name);
        let options = WriteOptions::new("user");
        self.run(&Operation::patch(target, Patch::Merge(patch), options));
    }

    fn run(&self, operation: &Operation) -> Outcome {
        let outcome = self.server.execute(operation);
        outcome.unwrap_or_else(|refusal| panic!("{operation}: {}", refusal.message))
    }

    fn time(&self) -> Time {
        Time::from_unix(self.now).expect("a time")
    }

    pub(crate) fn advance(&mut self, seconds: i64) {
        self.now += seconds;
        self.clock.advance(seconds);
    }
}

#[allow(clippy::needless_pass_by_value, reason = "values are made in place")]
fn object(api_version: &str, kind: &str, name: &str, spec: Value) -> Value {
    json!({
        "apiVersion": api_version, "kind": kind,
        "metadata": {"name": name, "namespace": "default"}, "spec": spec,
    })
}

fn reference_to(group: &str, kind: &str, name: &str) -> Value {
    json!({"apiGroup": group, "kind": kind, "name": name})
}

fn reference(api_version: &str, kind: &str, name: &str) -> ObjectRef {
    ResourceRef::of_kind(api_version, kind)
        .within("default")
        .named(name)
}

/// A kind of a provider: everything is allowed in it.
fn definition(group: &str, kind: &str, contract: ContractVersion) -> Value {
    let plural = format!("{}s", kind.to_lowercase());
    let open = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("{plural}.{group}"), "labels": {contract.label(): "v1"}},
        "spec": {
            "group": group, "scope": "Namespaced",
            "names": {"kind": kind, "plural": plural, "singular": kind.to_lowercase(), "listKind": format!("{kind}List")},
            "versions": [{
                "name": "v1", "served": true, "storage": true, "subresources": {"status": {}},
                "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": open, "status": open}}},
            }],
        },
    })
}
