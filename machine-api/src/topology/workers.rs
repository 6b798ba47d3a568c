//! MachineDeployments and MachinePools of a Cluster, with their templates and what watches over them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    MachineDeploymentState, MachinePoolState, State, TopologyError, Work,
    clone::{self, Metadata, Source},
    control_plane::{Check, health_check},
    kind::{Asked, Offered, Part, Workers},
    object,
};
use crate::{
    core::v1beta2::{
        Bootstrap, Cluster, ClusterClassTemplateReference, DeletionOrderSpec, MachineDeletionSpec,
        MachineDeployment, MachineDeploymentClass, MachineDeploymentHealthCheckRemediation,
        MachineDeploymentRolloutSpec, MachineDeploymentTopology, MachineHealthCheck,
        MachineHealthCheckChecks, MachineHealthCheckRemediation, MachinePool, MachineSpec,
        ObjectMeta,
    },
    labels,
    meta::{self, LabelSelector},
    names::with_suffix,
};

/// How long things may take at the end of a machine. Topologies and classes say so in types of their own.
macro_rules! timeouts {
    ($own:expr, $default:expr) => {
        MachineDeletionSpec {
            node_drain_timeout_seconds: $own
                .node_drain_timeout_seconds
                .or($default.node_drain_timeout_seconds),
            node_volume_detach_timeout_seconds: $own
                .node_volume_detach_timeout_seconds
                .or($default.node_volume_detach_timeout_seconds),
            node_deletion_timeout_seconds: $own
                .node_deletion_timeout_seconds
                .or($default.node_deletion_timeout_seconds),
        }
    };
}

/// What workers of any kind are made of; of what topology and class both say, the topology wins.
pub(super) struct Made<'a, W: Workers> {
    cluster: &'a Cluster,
    wanted: &'a W::Wanted,
    class: &'a W::Class,
    metadata: meta::ObjectMeta,
    /// Cluster, version and references.
    machines: MachineSpec,
    bootstrap: Value,
    infrastructure: Value,
}

impl Work<'_, '_> {
    pub(super) fn workers(&mut self, state: &mut State) -> Result<(), TopologyError> {
        state.machine_deployments = self.all(deployment)?;
        state.machine_pools = self.all(pool)?;
        Ok(())
    }

    fn all<W: Workers>(
        &mut self,
        complete: fn(Made<'_, W>) -> W,
    ) -> Result<BTreeMap<String, W>, TopologyError> {
        let topology = &self.observed.cluster.spec.topology.workers;
        let wanted = W::wanted(topology).iter();
        let all = wanted.map(|wanted| {
            let name = W::asked(wanted).name.to_owned();
            Ok((name, complete(self.one(wanted)?)))
        });
        all.collect()
    }

    fn one<'a, W: Workers>(&mut self, wanted: &'a W::Wanted) -> Result<Made<'a, W>, TopologyError>
    where
        Self: 'a,
    {
        let observed = self.observed;
        let asked = W::asked(wanted);
        let mut classes = W::classes(&observed.class.spec.workers).iter();
        let class = classes.find(|class| W::offered(class).class == asked.class);
        let class = class.ok_or_else(|| TopologyError::NoClass {
            kind: W::KIND,
            class: asked.class.to_owned(),
            topology: asked.name.to_owned(),
        })?;
        let offered = W::offered(class);
        let current = W::all(observed.current).get(asked.name);
        let named = |part| current.map_or("", |current| current.name_of(part));
        let bootstrap = self.part::<W>(offered.bootstrap, asked.name, named(Part::Bootstrap))?;
        let infrastructure = self.part::<W>(
            offered.infrastructure,
            asked.name,
            named(Part::Infrastructure),
        )?;
        let version = self.workers_version(asked.name, current)?;
        let mut name = self.name(W::naming(asked.name), offered.naming)?;
        if let Some(current) = current {
            name.clone_from(&current.metadata().name);
        }
        let cluster = observed.cluster;
        Ok(Made {
            cluster,
            wanted,
            class,
            metadata: metadata(cluster, &asked, &offered, W::LABEL, name),
            machines: MachineSpec {
                cluster_name: cluster.metadata.name.clone(),
                version,
                bootstrap: Bootstrap {
                    config_ref: object::reference(&bootstrap),
                    data_secret_name: None,
                },
                infrastructure_ref: object::reference(&infrastructure),
                ..MachineSpec::default()
            },
            bootstrap,
            infrastructure,
        })
    }

    /// A template for machines, or an object of their own; it keeps the name that it has.
    fn part<W: Workers>(
        &mut self,
        reference: &ClusterClassTemplateReference,
        topology: &str,
        current: &str,
    ) -> Result<Value, TopologyError> {
        let template = self.template(reference)?;
        let cluster = self.observed.cluster;
        let base = format!("{}-{topology}-", cluster.metadata.name);
        let name = with_suffix(&base, self.random);
        let source = Source {
            template: &template,
            reference,
            cluster,
            name: object::first_of([current, &name]),
        };
        let mut made = if W::OF_TEMPLATES {
            source.template(&Metadata::default())
        } else {
            source.object(&Metadata::default(), Some(clone::owner(cluster)))
        };
        label(&mut made, W::LABEL, topology);
        Ok(made)
    }
}

/// Metadata of workers; their machines have the same labels and annotations.
fn metadata(
    cluster: &Cluster,
    asked: &Asked<'_>,
    offered: &Offered<'_>,
    label: &str,
    name: String,
) -> meta::ObjectMeta {
    let mut annotations =
        object::merged(&asked.metadata.annotations, &offered.metadata.annotations);
    // What holds an upgrade is about the topology, not about its objects.
    annotations.remove(labels::HOLD_UPGRADE_SEQUENCE);
    annotations.remove(labels::DEFER_UPGRADE);
    let mut labels = object::merged(&asked.metadata.labels, &offered.metadata.labels);
    let of_cluster = cluster.metadata.name.clone();
    labels.insert(labels::CLUSTER_NAME.to_owned(), of_cluster);
    labels.insert(labels::TOPOLOGY_OWNED.to_owned(), String::new());
    labels.insert(label.to_owned(), asked.name.to_owned());
    meta::ObjectMeta {
        name,
        namespace: cluster.metadata.namespace.clone(),
        labels,
        annotations,
        ..meta::ObjectMeta::default()
    }
}

fn of_machines(metadata: &meta::ObjectMeta) -> ObjectMeta {
    ObjectMeta {
        labels: metadata.labels.clone(),
        annotations: metadata.annotations.clone(),
    }
}

fn deployment(made: Made<'_, MachineDeploymentState>) -> MachineDeploymentState {
    let Made {
        cluster,
        wanted,
        class,
        metadata,
        machines,
        ..
    } = made;
    let mut object = MachineDeployment::default();
    let order = if wanted.deletion.order.is_unset() {
        &class.deletion.order
    } else {
        &wanted.deletion.order
    };
    let (own, default) = (&wanted.deletion, &class.deletion);
    let spec = &mut object.spec;
    spec.cluster_name.clone_from(&cluster.metadata.name);
    spec.replicas = wanted.replicas;
    spec.rollout = rollout(wanted, class);
    spec.deletion = DeletionOrderSpec {
        order: order.clone(),
    };
    let max_in_flight = &wanted.health_check.remediation.max_in_flight;
    let max_in_flight = max_in_flight.as_ref();
    let max_in_flight = max_in_flight.or(class.health_check.remediation.max_in_flight.as_ref());
    spec.remediation.max_in_flight = max_in_flight.cloned();
    spec.selector = LabelSelector {
        match_labels: [
            (labels::CLUSTER_NAME, cluster.metadata.name.as_str()),
            (labels::TOPOLOGY_OWNED, ""),
            (labels::TOPOLOGY_DEPLOYMENT_NAME, &wanted.name),
        ]
        .map(|(label, value)| (label.to_owned(), value.to_owned()))
        .into(),
        ..LabelSelector::default()
    };
    spec.template.metadata = of_machines(&metadata);
    spec.template.spec = MachineSpec {
        failure_domain: object::first_of([&wanted.failure_domain, &class.failure_domain])
            .to_owned(),
        deletion: timeouts!(own, default),
        readiness_gates: first(&wanted.readiness_gates, &class.readiness_gates),
        taints: first(&wanted.taints, &class.taints),
        min_ready_seconds: wanted.min_ready_seconds.or(class.min_ready_seconds),
        ..machines
    };
    let machine_health_check = watched(cluster, &metadata.name, wanted, class);
    object.metadata = metadata;
    MachineDeploymentState {
        object,
        bootstrap_template: Some(made.bootstrap),
        infrastructure_machine_template: Some(made.infrastructure),
        machine_health_check,
    }
}

fn pool(made: Made<'_, MachinePoolState>) -> MachinePoolState {
    let Made { wanted, class, .. } = made;
    let mut object = MachinePool::default();
    let (own, default) = (&wanted.deletion, &class.deletion);
    let spec = &mut object.spec;
    spec.cluster_name.clone_from(&made.cluster.metadata.name);
    spec.replicas = wanted.replicas;
    spec.failure_domains = first(&wanted.failure_domains, &class.failure_domains);
    spec.template.metadata = of_machines(&made.metadata);
    spec.template.spec = MachineSpec {
        deletion: timeouts!(own, default),
        taints: first(&wanted.taints, &class.taints),
        min_ready_seconds: wanted.min_ready_seconds.or(class.min_ready_seconds),
        ..made.machines
    };
    object.metadata = made.metadata;
    MachinePoolState {
        object,
        bootstrap_object: Some(made.bootstrap),
        infrastructure_machine_pool_object: Some(made.infrastructure),
    }
}

/// What watches over the machines of a MachineDeployment.
fn watched(
    cluster: &Cluster,
    name: &str,
    wanted: &MachineDeploymentTopology,
    class: &MachineDeploymentClass,
) -> Option<MachineHealthCheck> {
    let (own, default) = (&wanted.health_check, &class.health_check);
    // How many are remedied at a time is the deployment's business, but says that remedies are wanted.
    let defined = |remediation: &MachineDeploymentHealthCheckRemediation| {
        *remediation != MachineDeploymentHealthCheckRemediation::default()
    };
    let checks = MachineHealthCheckChecks::default();
    let own_defined = defined(&own.remediation) || own.checks != checks;
    let class_defined = defined(&default.remediation) || default.checks != checks;
    let chosen = if own_defined {
        Check {
            checks: &own.checks,
            remediation: remediation(&own.remediation),
        }
    } else {
        Check {
            checks: &default.checks,
            remediation: remediation(&default.remediation),
        }
    };
    if !(own_defined || class_defined) || own.enabled == Some(false) {
        return None;
    }
    let labels = [
        (labels::TOPOLOGY_OWNED, ""),
        (labels::TOPOLOGY_DEPLOYMENT_NAME, &wanted.name),
    ];
    let labels = labels.map(|(label, value)| (label.to_owned(), value.to_owned()));
    Some(health_check(cluster, name, chosen, labels.into()))
}

fn label(object: &mut Value, label: &str, value: &str) {
    let path = ["metadata", "labels"];
    let mut labels: BTreeMap<String, String> = object::labels(object, &path);
    labels.insert(label.to_owned(), value.to_owned());
    object::put_labels(object, &path, &labels);
}

fn first<T: Clone>(own: &[T], default: &[T]) -> Vec<T> {
    if own.is_empty() { default } else { own }.to_vec()
}

/// That of the topology as a whole, if it says anything about it.
fn rollout(
    wanted: &MachineDeploymentTopology,
    class: &MachineDeploymentClass,
) -> MachineDeploymentRolloutSpec {
    if wanted.rollout == MachineDeploymentRolloutSpec::default() {
        return MachineDeploymentRolloutSpec {
            after: None,
            strategy: class.rollout.strategy.clone(),
        };
    }
    wanted.rollout.clone()
}

fn remediation(
    remediation: &MachineDeploymentHealthCheckRemediation,
) -> MachineHealthCheckRemediation {
    MachineHealthCheckRemediation {
        trigger_if: remediation.trigger_if.clone(),
        template_ref: remediation.template_ref.clone(),
    }
}
