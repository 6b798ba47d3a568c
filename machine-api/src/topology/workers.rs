//! MachineDeployments and MachinePools of a Cluster, with their templates and what watches over them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    MachineDeploymentState, MachinePoolState, State, TopologyError, Work,
    clone::{Metadata, Source},
    control_plane::{Check, health_check},
    object::{self, Labels},
    version::is_deferred,
};
use crate::{
    core::v1beta2::{
        Bootstrap, ClusterClassTemplateReference, DeletionOrderSpec, MachineDeletionSpec,
        MachineDeployment, MachineDeploymentClass, MachineDeploymentHealthCheckRemediation,
        MachineDeploymentRolloutSpec, MachineDeploymentTopology, MachineHealthCheck,
        MachineHealthCheckChecks, MachineHealthCheckRemediation, MachinePool, MachinePoolClass,
        MachinePoolTopology, MachineSpec, ObjectMeta,
    },
    labels,
    meta::LabelSelector,
    names::{NameOf, with_suffix},
};

impl Work<'_, '_> {
    pub(super) fn workers(&mut self, state: &mut State) -> Result<(), TopologyError> {
        let topology = &self.observed.cluster.spec.topology.workers;
        for wanted in &topology.machine_deployments {
            let made = self.machine_deployment(wanted)?;
            let name = wanted.name.clone();
            state.machine_deployments.insert(name, made);
        }
        for wanted in &topology.machine_pools {
            let made = self.machine_pool(wanted)?;
            state.machine_pools.insert(wanted.name.clone(), made);
        }
        Ok(())
    }

    /// A name for a template or an object of workers.
    fn worker_name(&mut self, topology: &str) -> String {
        let cluster = &self.observed.cluster.metadata.name;
        with_suffix(&format!("{cluster}-{topology}-"), self.random)
    }

    /// A template for the machines of a MachineDeployment.
    fn worker_template(
        &mut self,
        reference: &ClusterClassTemplateReference,
        topology: &str,
        current: Option<&String>,
    ) -> Result<Value, TopologyError> {
        let template = self.template(reference)?;
        let name = self.worker_name(topology);
        let made = Source {
            template: &template,
            reference,
            cluster: self.observed.cluster,
            name: object::first_of([current.map_or("", String::as_str), &name]),
        };
        let mut made = made.template(&Metadata::default());
        label(&mut made, labels::TOPOLOGY_DEPLOYMENT_NAME, topology);
        Ok(made)
    }

    /// An object that a MachinePool refers to.
    fn pool_object(
        &mut self,
        reference: &ClusterClassTemplateReference,
        topology: &str,
        current: Option<&String>,
    ) -> Result<Value, TopologyError> {
        let template = self.template(reference)?;
        let name = self.worker_name(topology);
        let source = Source {
            template: &template,
            reference,
            cluster: self.observed.cluster,
            name: object::first_of([current.map_or("", String::as_str), &name]),
        };
        let owner = super::clone::owner(self.observed.cluster);
        let mut made = source.object(&Metadata::default(), Some(owner));
        label(&mut made, labels::TOPOLOGY_POOL_NAME, topology);
        Ok(made)
    }

    fn machine_deployment(
        &mut self,
        wanted: &MachineDeploymentTopology,
    ) -> Result<MachineDeploymentState, TopologyError> {
        let observed = self.observed;
        let mut classes = observed.class.spec.workers.machine_deployments.iter();
        let class = classes.find(|class| class.class == wanted.class);
        let class = class.ok_or_else(|| TopologyError::NoClass {
            kind: "MachineDeployment",
            class: wanted.class.clone(),
            topology: wanted.name.clone(),
        })?;
        let current = observed.current.machine_deployments.get(&wanted.name);
        let template = current.map(|state| &state.object.spec.template.spec);
        let bootstrap = self.worker_template(
            &class.bootstrap.template_ref,
            &wanted.name,
            template
                .filter(|_| current.is_some_and(|state| state.bootstrap_template.is_some()))
                .map(|spec| &spec.bootstrap.config_ref.name),
        )?;
        let infrastructure = self.worker_template(
            &class.infrastructure.template_ref,
            &wanted.name,
            template
                .filter(|_| {
                    current.is_some_and(|state| state.infrastructure_machine_template.is_some())
                })
                .map(|spec| &spec.infrastructure_ref.name),
        )?;
        let topology = &observed.cluster.spec.topology.workers.machine_deployments;
        let all = topology
            .iter()
            .map(|one| (one.name.as_str(), &one.metadata));
        let version = self.workers_version(
            false,
            &wanted.name,
            is_deferred(all, &wanted.name),
            current.map(|state| {
                let version = &state.object.spec.template.spec.version;
                (state.object.metadata.name.as_str(), version.as_str())
            }),
        )?;
        let what = NameOf::MachineDeployment {
            topology_name: &wanted.name,
        };
        let mut name = self.name(what, &class.naming.template)?;
        if let Some(state) = current {
            name.clone_from(&state.object.metadata.name);
        }
        let mut object = MachineDeployment::default();
        object.metadata.name = name;
        let cluster = &observed.cluster.metadata;
        object.metadata.namespace.clone_from(&cluster.namespace);
        self.describe(
            &mut object,
            wanted,
            class,
            [&bootstrap, &infrastructure],
            version,
        );
        let machine_health_check = self.worker_health_check(&object, wanted, class);
        Ok(MachineDeploymentState {
            object,
            bootstrap_template: Some(bootstrap),
            infrastructure_machine_template: Some(infrastructure),
            machine_health_check,
        })
    }

    /// Fills in what topology and class say; of both, the topology wins.
    fn describe(
        &self,
        object: &mut MachineDeployment,
        wanted: &MachineDeploymentTopology,
        class: &MachineDeploymentClass,
        [bootstrap, infrastructure]: [&Value; 2],
        version: String,
    ) {
        let cluster = &self.observed.cluster.metadata.name;
        let (labels, annotations) = self.worker_metadata(
            &wanted.metadata,
            &class.metadata,
            (labels::TOPOLOGY_DEPLOYMENT_NAME, &wanted.name),
        );
        object.metadata.labels.clone_from(&labels);
        object.metadata.annotations.clone_from(&annotations);
        let order = if wanted.deletion.order.is_unset() {
            &class.deletion.order
        } else {
            &wanted.deletion.order
        };
        let (own, default) = (&wanted.deletion, &class.deletion);
        let spec = &mut object.spec;
        spec.cluster_name.clone_from(cluster);
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
                (labels::CLUSTER_NAME, cluster.as_str()),
                (labels::TOPOLOGY_OWNED, ""),
                (labels::TOPOLOGY_DEPLOYMENT_NAME, &wanted.name),
            ]
            .map(|(label, value)| (label.to_owned(), value.to_owned()))
            .into(),
            ..LabelSelector::default()
        };
        spec.template.metadata = ObjectMeta {
            labels,
            annotations,
        };
        spec.template.spec = MachineSpec {
            cluster_name: cluster.clone(),
            version,
            bootstrap: Bootstrap {
                config_ref: object::reference(bootstrap),
                data_secret_name: None,
            },
            infrastructure_ref: object::reference(infrastructure),
            failure_domain: object::first_of([&wanted.failure_domain, &class.failure_domain])
                .to_owned(),
            deletion: MachineDeletionSpec {
                node_drain_timeout_seconds: own
                    .node_drain_timeout_seconds
                    .or(default.node_drain_timeout_seconds),
                node_volume_detach_timeout_seconds: own
                    .node_volume_detach_timeout_seconds
                    .or(default.node_volume_detach_timeout_seconds),
                node_deletion_timeout_seconds: own
                    .node_deletion_timeout_seconds
                    .or(default.node_deletion_timeout_seconds),
            },
            readiness_gates: first(&wanted.readiness_gates, &class.readiness_gates),
            taints: first(&wanted.taints, &class.taints),
            min_ready_seconds: wanted.min_ready_seconds.or(class.min_ready_seconds),
            ..MachineSpec::default()
        };
    }

    /// Labels and annotations of workers and of their machines.
    fn worker_metadata(
        &self,
        wanted: &ObjectMeta,
        class: &ObjectMeta,
        (label, topology): (&str, &str),
    ) -> (Labels, Labels) {
        let mut annotations = object::merged(&wanted.annotations, &class.annotations);
        // What holds an upgrade is about the topology, not about its objects.
        annotations.remove(labels::HOLD_UPGRADE_SEQUENCE);
        annotations.remove(labels::DEFER_UPGRADE);
        let mut labels = object::merged(&wanted.labels, &class.labels);
        let cluster = self.observed.cluster.metadata.name.clone();
        labels.insert(labels::CLUSTER_NAME.to_owned(), cluster);
        labels.insert(labels::TOPOLOGY_OWNED.to_owned(), String::new());
        labels.insert(label.to_owned(), topology.to_owned());
        (labels, annotations)
    }

    fn worker_health_check(
        &self,
        object: &MachineDeployment,
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
        Some(health_check(
            self.observed.cluster,
            &object.metadata.name,
            chosen,
            labels.into(),
        ))
    }

    fn machine_pool(
        &mut self,
        wanted: &MachinePoolTopology,
    ) -> Result<MachinePoolState, TopologyError> {
        let observed = self.observed;
        let mut classes = observed.class.spec.workers.machine_pools.iter();
        let class: &MachinePoolClass = classes
            .find(|class| class.class == wanted.class)
            .ok_or_else(|| TopologyError::NoClass {
                kind: "MachinePool",
                class: wanted.class.clone(),
                topology: wanted.name.clone(),
            })?;
        let current = observed.current.machine_pools.get(&wanted.name);
        let template = current.map(|state| &state.object.spec.template.spec);
        let bootstrap = self.pool_object(
            &class.bootstrap.template_ref,
            &wanted.name,
            template
                .filter(|_| current.is_some_and(|state| state.bootstrap_object.is_some()))
                .map(|spec| &spec.bootstrap.config_ref.name),
        )?;
        let infrastructure = self.pool_object(
            &class.infrastructure.template_ref,
            &wanted.name,
            template
                .filter(|_| {
                    current.is_some_and(|state| state.infrastructure_machine_pool_object.is_some())
                })
                .map(|spec| &spec.infrastructure_ref.name),
        )?;
        let topology = &observed.cluster.spec.topology.workers.machine_pools;
        let all = topology
            .iter()
            .map(|one| (one.name.as_str(), &one.metadata));
        let version = self.workers_version(
            true,
            &wanted.name,
            is_deferred(all, &wanted.name),
            current.map(|state| {
                let version = &state.object.spec.template.spec.version;
                (state.object.metadata.name.as_str(), version.as_str())
            }),
        )?;
        let what = NameOf::MachinePool {
            topology_name: &wanted.name,
        };
        let mut name = self.name(what, &class.naming.template)?;
        if let Some(state) = current {
            name.clone_from(&state.object.metadata.name);
        }
        let (labels, annotations) = self.worker_metadata(
            &wanted.metadata,
            &class.metadata,
            (labels::TOPOLOGY_POOL_NAME, &wanted.name),
        );
        let cluster = &observed.cluster.metadata;
        let mut object = MachinePool::default();
        object.metadata.name = name;
        object.metadata.namespace.clone_from(&cluster.namespace);
        object.metadata.labels.clone_from(&labels);
        object.metadata.annotations.clone_from(&annotations);
        object.spec.cluster_name.clone_from(&cluster.name);
        object.spec.replicas = wanted.replicas;
        object.spec.failure_domains = first(&wanted.failure_domains, &class.failure_domains);
        object.spec.template.metadata = ObjectMeta {
            labels,
            annotations,
        };
        let (own, default) = (&wanted.deletion, &class.deletion);
        object.spec.template.spec = MachineSpec {
            cluster_name: cluster.name.clone(),
            version,
            bootstrap: Bootstrap {
                config_ref: object::reference(&bootstrap),
                data_secret_name: None,
            },
            infrastructure_ref: object::reference(&infrastructure),
            deletion: MachineDeletionSpec {
                node_drain_timeout_seconds: own
                    .node_drain_timeout_seconds
                    .or(default.node_drain_timeout_seconds),
                node_volume_detach_timeout_seconds: own
                    .node_volume_detach_timeout_seconds
                    .or(default.node_volume_detach_timeout_seconds),
                node_deletion_timeout_seconds: own
                    .node_deletion_timeout_seconds
                    .or(default.node_deletion_timeout_seconds),
            },
            taints: first(&wanted.taints, &class.taints),
            min_ready_seconds: wanted.min_ready_seconds.or(class.min_ready_seconds),
            ..MachineSpec::default()
        };
        Ok(MachinePoolState {
            object,
            bootstrap_object: Some(bootstrap),
            infrastructure_machine_pool_object: Some(infrastructure),
        })
    }
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
