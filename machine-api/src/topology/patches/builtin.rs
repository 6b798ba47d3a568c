//! Variables: those of the user, and what Cluster API says about the objects.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{Holder, Variables};
use crate::{
    core::v1beta2::{Cluster, ClusterVariable},
    topology::{
        MachineDeploymentState, MachinePoolState, Observed, State,
        kind::{Part, Workers},
        object::{self, Labels},
    },
};

/// Annotations that are large and no variable.
pub(super) const LEFT_OUT: [&str; 2] = [
    "kubectl.kubernetes.io/last-applied-configuration",
    "cluster.x-k8s.io/conversion-data",
];

/// The variable of that name is Cluster API's.
pub(super) const BUILTIN: &str = "builtin";

/// Fields that are left out where they say nothing.
#[derive(Default)]
struct Fields(Map<String, Value>);

impl Fields {
    fn text(mut self, name: &str, text: &str) -> Self {
        if !text.is_empty() {
            self.0.insert(name.to_owned(), text.into());
        }
        self
    }

    fn value<T: Serialize>(mut self, name: &str, value: Option<T>) -> Self {
        let value = value.map(|value| serde_json::to_value(value).unwrap_or_default());
        if let Some(value) = value {
            self.0.insert(name.to_owned(), value);
        }
        self
    }

    fn metadata(self, labels: &Labels, annotations: &Labels) -> Self {
        if labels.is_empty() && annotations.is_empty() {
            return self;
        }
        let mut annotations = annotations.clone();
        annotations.retain(|name, _| !LEFT_OUT.contains(&name.as_str()));
        let some = |labels: Labels| Some(labels).filter(|labels| !labels.is_empty());
        let metadata = Self::default()
            .value("labels", some(labels.clone()))
            .value("annotations", some(annotations));
        self.value("metadata", Some(metadata.0))
    }
}

/// The values of those variables that the class, or the patch, defines.
fn defined(observed: &Observed<'_>, values: &[ClusterVariable], from: &str) -> Variables {
    let definitions = &observed.class.status.variables;
    let known = |name: &str| {
        definitions.iter().any(|variable| {
            let mut definitions = variable.definitions.iter();
            variable.name == name && definitions.any(|definition| definition.from == from)
        })
    };
    let values = values.iter().filter(|value| known(&value.name));
    values
        .map(|value| (value.name.clone(), value.value.clone()))
        .collect()
}

/// The variables of the whole Cluster.
pub(super) fn of_cluster(observed: &Observed<'_>, cluster: &Cluster, from: &str) -> Variables {
    let topology = &observed.cluster.spec.topology;
    let mut variables = defined(observed, &topology.variables, from);
    let class = &cluster.spec.topology.class_ref;
    let namespace = match class.namespace.as_str() {
        "" => &cluster.metadata.namespace,
        _ => &class.namespace,
    };
    let topology = Fields::default()
        .text("version", &cluster.spec.topology.version)
        .text("class", &class.name)
        .text("classNamespace", namespace)
        .value(
            "classRef",
            Some(json!({"name": class.name, "namespace": namespace})),
        );
    let network = &cluster.spec.cluster_network;
    let blocks = |blocks: &Vec<String>| (!blocks.is_empty()).then(|| blocks.clone());
    let network = Fields::default()
        .text("serviceDomain", &network.service_domain)
        .value("services", blocks(&network.services.cidr_blocks))
        .value("pods", blocks(&network.pods.cidr_blocks));
    let metadata = &cluster.metadata;
    let about = Fields::default()
        .text("name", &metadata.name)
        .text("namespace", &metadata.namespace)
        .text("uid", &metadata.uid)
        .metadata(&metadata.labels, &metadata.annotations)
        .value("topology", Some(topology.0))
        .value(
            "network",
            Some(network.0).filter(|network| !network.is_empty()),
        );
    variables.insert(BUILTIN.to_owned(), json!({"cluster": about.0}));
    variables
}

/// The variables of the part of the Cluster that a template belongs to.
pub(super) fn of_holder(
    observed: &Observed<'_>,
    state: &State,
    holder: &Holder,
    from: &str,
) -> Variables {
    let topology = &observed.cluster.spec.topology;
    let (values, about) = match holder {
        Holder::Infrastructure => return Variables::new(),
        Holder::ControlPlane | Holder::ControlPlaneMachines => (
            topology.control_plane.variables.overrides.as_slice(),
            control_plane(observed, state),
        ),
        Holder::MachineDeployment(name, _) => {
            of_workers::<MachineDeploymentState>(observed, state, name)
        }
        Holder::MachinePool(name, _) => of_workers::<MachinePoolState>(observed, state, name),
    };
    let mut variables = defined(observed, values, from);
    variables.insert(BUILTIN.to_owned(), about);
    variables
}

fn named(object: Option<&Value>) -> Option<Value> {
    object.map(|object| json!({"name": object::name(object)}))
}

fn control_plane(observed: &Observed<'_>, state: &State) -> Value {
    let Some(state) = &state.control_plane else {
        return json!({});
    };
    let object = &state.object;
    let machines = named(state.infrastructure_machine_template.as_ref());
    let labels = |field| object::labels(object, &["metadata", field]);
    let topology = &observed.cluster.spec.topology.control_plane;
    let about = Fields::default()
        .text("version", object::text(object, &["spec", "version"]))
        .metadata(&labels("labels"), &labels("annotations"))
        .text("name", object::name(object))
        .value("replicas", topology.replicas)
        .value(
            "machineTemplate",
            machines.map(|machines| json!({"infrastructureRef": machines})),
        );
    json!({"controlPlane": about.0})
}

/// The values of workers themselves, and what is built in about them.
fn of_workers<'a, W: Workers>(
    observed: &'a Observed<'_>,
    state: &State,
    name: &str,
) -> (&'a [ClusterVariable], Value) {
    let topology = &observed.cluster.spec.topology.workers;
    let mut wanted = W::wanted(topology).iter().map(W::asked);
    let wanted = wanted.find(|wanted| wanted.name == name);
    let values = wanted.map_or(&[][..], |wanted| wanted.variables);
    let Some(state) = W::all(state).get(name) else {
        return (values, json!({}));
    };
    let metadata = state.metadata();
    let bootstrap = named(state.part(Part::Bootstrap));
    let about = Fields::default()
        .text("version", &state.machines().version)
        .metadata(&metadata.labels, &metadata.annotations)
        .text("class", wanted.map_or("", |wanted| wanted.class))
        .text("name", &metadata.name)
        .text("topologyName", name)
        .value("replicas", state.replicas())
        .value(
            "bootstrap",
            bootstrap.map(|bootstrap| json!({"configRef": bootstrap})),
        )
        .value("infrastructureRef", named(state.part(Part::Infrastructure)));
    (values, json!({W::VARIABLE: about.0}))
}
