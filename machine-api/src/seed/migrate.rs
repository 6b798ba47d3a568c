//! The way from the first Cluster API to today's.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    kinds as old,
    objects::{Infrastructure, Lost, Migrated, MigrationError, Objects, Providers},
};
use crate::{
    core::v1beta2 as new,
    labels,
    meta::{ObjectMeta, OwnerReference},
};

/// The Cluster that an object belongs to, as the first version labelled it.
const CLUSTER_NAME: &str = "cluster.k8s.io/cluster-name";

/// Takes objects along into today's kinds. What belonged together does again: MachineSets that machines name as their owner,
/// classes of machines as templates of the same name, MachineSets and MachineDeployments without a class with templates of their own
/// name. The result is the same for the same objects, so that it can be applied again and again.
///
/// # Errors
/// An object that cannot be taken along.
pub fn migrate(objects: &Objects, providers: &dyn Providers) -> Result<Migrated, MigrationError> {
    let mut work = Work {
        objects,
        providers,
        made: Migrated::default(),
        templates: BTreeMap::new(),
    };
    for cluster in &objects.clusters {
        work.cluster(cluster)?;
    }
    for class in &objects.machine_classes {
        work.class(class);
    }
    for deployment in &objects.machine_deployments {
        work.machine_deployment(deployment)?;
    }
    for set in &objects.machine_sets {
        work.machine_set(set)?;
    }
    for machine in &objects.machines {
        work.machine(machine)?;
    }
    Ok(work.made)
}

struct Work<'a> {
    objects: &'a Objects,
    providers: &'a dyn Providers,
    made: Migrated,
    /// Templates by their names, with the bootstrap that goes with each.
    templates: BTreeMap<String, (new::ContractVersionedObjectReference, new::Bootstrap)>,
}

/// What an object is, for errors.
type Who<'a> = (&'static str, &'a str);

impl Work<'_> {
    fn lose(&mut self, (kind, name): Who<'_>, field: &'static str, instead: &'static str) {
        self.made.lost.push(Lost {
            kind,
            name: name.to_owned(),
            field,
            instead,
        });
    }

    fn cluster_of(
        &self,
        (kind, name): Who<'_>,
        labels: [&BTreeMap<String, String>; 2],
    ) -> Result<String, MigrationError> {
        let mut labelled = labels.iter().filter_map(|labels| labels.get(CLUSTER_NAME));
        let only = match &*self.objects.clusters {
            [only] => Some(&only.metadata.name),
            _ => None,
        };
        labelled
            .next()
            .or(only)
            .cloned()
            .ok_or_else(|| MigrationError::NoCluster {
                kind,
                name: name.to_owned(),
            })
    }

    fn cluster(&mut self, from: &old::Cluster) -> Result<(), MigrationError> {
        let name = from.metadata.name.as_str();
        let who = ("Cluster", name);
        let mut cluster = new::Cluster {
            metadata: metadata(&from.metadata),
            ..new::Cluster::default()
        };
        cluster.spec.cluster_network = from.spec.cluster_network.clone();
        if let [first, rest @ ..] = &*from.status.api_endpoints {
            cluster
                .spec
                .control_plane_endpoint
                .host
                .clone_from(&first.host);
            cluster.spec.control_plane_endpoint.port = first.port;
            if !rest.is_empty() {
                self.lose(
                    who,
                    "status.apiEndpoints",
                    "spec.controlPlaneEndpoint is the first of them",
                );
            }
        }
        let provider = from.spec.provider_spec.value.as_ref();
        if let Some(value) = provider {
            let made = self.providers.cluster(value);
            let made = made.map_err(|problem| refused(who, problem))?;
            cluster.spec.infrastructure_ref = reference(&made.api_version, &made.kind, name);
            self.made.infrastructure.push(json!({
                "apiVersion": made.api_version,
                "kind": made.kind,
                "metadata": {"name": name, "namespace": from.metadata.namespace, "labels": {labels::CLUSTER_NAME: name}},
                "spec": made.spec,
            }));
        }
        if from.status.provider_status.is_some() {
            self.lose(
                who,
                "status.providerStatus",
                "the infrastructure object's own status",
            );
        }
        cluster.status.deprecated = failure(&from.status.error_reason, &from.status.error_message);
        self.made.clusters.push(cluster);
        Ok(())
    }

    /// A class that nobody refers to is still a template, if the provider knows it.
    fn class(&mut self, class: &old::MachineClass) {
        let name = class.metadata.name.clone();
        let who = ("MachineClass", name.as_str());
        if !class.capacity.is_empty() {
            self.lose(
                who,
                "capacity",
                "status.capacity of the template, which the provider writes",
            );
        }
        if !class.allocatable.is_empty() {
            self.lose(who, "allocatable", "it is the node's own");
        }
        if let Some(value) = &class.provider_spec
            && let Ok(made) = self.providers.machine(value)
        {
            let namespace = class.metadata.namespace.clone();
            self.template(&namespace, &name, made);
        }
    }

    fn template(
        &mut self,
        namespace: &str,
        name: &str,
        made: Infrastructure,
    ) -> (new::ContractVersionedObjectReference, new::Bootstrap) {
        let kind = format!("{}Template", made.kind);
        let reference = reference(&made.api_version, &kind, name);
        self.made.infrastructure.push(json!({
            "apiVersion": made.api_version,
            "kind": kind,
            "metadata": {"name": name, "namespace": namespace},
            "spec": {"template": {"spec": made.spec}},
        }));
        let both = (reference, made.bootstrap);
        self.templates.insert(name.to_owned(), both.clone());
        both
    }

    /// The provider's part of a machine, and the class that it is in.
    fn provider_spec<'s>(
        &'s self,
        (kind, name): Who<'_>,
        spec: &'s old::ProviderSpec,
    ) -> Result<(&'s Value, Option<&'s str>), MigrationError> {
        let none = || MigrationError::NoProviderSpec {
            kind,
            name: name.to_owned(),
        };
        if let Some(value) = &spec.value {
            return Ok((value, None));
        }
        let source = spec.value_from.as_ref();
        let class = source.and_then(|source| source.machine_class.as_ref());
        let class = class.ok_or_else(none)?;
        let mut classes = self.objects.machine_classes.iter();
        let found = classes.find(|found| found.metadata.name == class.name);
        let found = found.ok_or_else(|| MigrationError::NoClass {
            kind,
            name: name.to_owned(),
            class: class.name.clone(),
        })?;
        let value = found.provider_spec.as_ref().ok_or_else(none)?;
        Ok((value, Some(&found.metadata.name)))
    }

    fn machine_template(
        &mut self,
        who: Who<'_>,
        namespace: &str,
        template: &old::MachineTemplate,
        outer: &BTreeMap<String, String>,
        min_ready_seconds: Option<i32>,
    ) -> Result<new::MachineTemplateSpec, MigrationError> {
        let cluster = self.cluster_of(who, [&template.metadata.labels, outer])?;
        let mut spec = self.machine_spec(who, &template.spec, &cluster);
        spec.min_ready_seconds = min_ready_seconds;
        let (value, class) = self.provider_spec(who, &template.spec.provider_spec)?;
        let known = class.and_then(|class| self.templates.get(class)).cloned();
        let (reference, bootstrap) = if let Some(known) = known {
            known
        } else {
            let made = self.providers.machine(value);
            let made = made.map_err(|problem| refused(who, problem))?;
            let name = class.unwrap_or(who.1).to_owned();
            self.template(namespace, &name, made)
        };
        spec.infrastructure_ref = reference;
        spec.bootstrap = bootstrap;
        Ok(new::MachineTemplateSpec {
            metadata: new::ObjectMeta {
                labels: relabelled(&template.metadata.labels, &cluster),
                annotations: template.metadata.annotations.clone(),
            },
            spec,
        })
    }

    /// What a machine is to be, apart from what the provider makes of it.
    fn machine_spec(
        &mut self,
        who: Who<'_>,
        from: &old::MachineSpec,
        cluster: &str,
    ) -> new::MachineSpec {
        if from.config_source.is_some() {
            self.lose(
                who,
                "spec.configSource",
                "the kubelet's configuration is that of the bootstrap data",
            );
        }
        if from.metadata != new::ObjectMeta::default() {
            self.lose(
                who,
                "spec.metadata",
                "labels of the machine with certain prefixes reach its node",
            );
        }
        let taints = from.taints.iter().map(|taint| new::MachineTaint {
            key: taint.key.clone(),
            value: taint.value.clone(),
            effect: taint.effect.clone(),
            propagation: new::MachineTaintPropagation::Always,
        });
        let version = from.versions.kubelet.as_str();
        let prefix = if version.is_empty() || version.starts_with('v') {
            ""
        } else {
            "v"
        };
        new::MachineSpec {
            cluster_name: cluster.to_owned(),
            version: format!("{prefix}{version}"),
            provider_id: from.provider_id.clone().unwrap_or_default(),
            taints: taints.collect(),
            ..new::MachineSpec::default()
        }
    }

    fn machine_deployment(&mut self, from: &old::MachineDeployment) -> Result<(), MigrationError> {
        let name = from.metadata.name.as_str();
        let who = ("MachineDeployment", name);
        let spec = &from.spec;
        if spec.revision_history_limit.is_some() {
            self.lose(
                who,
                "spec.revisionHistoryLimit",
                "old MachineSets go once they are empty",
            );
        }
        if spec.progress_deadline_seconds.is_some() {
            self.lose(
                who,
                "spec.progressDeadlineSeconds",
                "conditions say how far a rollout is",
            );
        }
        let template = self.machine_template(
            who,
            &from.metadata.namespace,
            &spec.template,
            &from.metadata.labels,
            spec.min_ready_seconds,
        )?;
        let cluster = template.spec.cluster_name.clone();
        let mut made = new::MachineDeployment {
            metadata: metadata(&from.metadata),
            ..new::MachineDeployment::default()
        };
        made.metadata.labels = relabelled(&from.metadata.labels, &cluster);
        made.spec.cluster_name.clone_from(&cluster);
        made.spec.replicas = spec.replicas;
        made.spec.selector = spec.selector.clone();
        made.spec.selector.match_labels = relabelled(&spec.selector.match_labels, &cluster);
        made.spec.paused = spec.paused.then_some(true);
        if let Some(strategy) = &spec.strategy {
            let rolling = strategy.rolling_update.clone().unwrap_or_default();
            let to = &mut made.spec.rollout.strategy;
            to.r#type = strategy.r#type.as_str().into();
            to.rolling_update.max_unavailable = rolling.max_unavailable;
            to.rolling_update.max_surge = rolling.max_surge;
        }
        made.spec.template = template;
        self.made.machine_deployments.push(made);
        Ok(())
    }

    fn machine_set(&mut self, from: &old::MachineSet) -> Result<(), MigrationError> {
        let name = from.metadata.name.as_str();
        let who = ("MachineSet", name);
        let spec = &from.spec;
        let template = self.machine_template(
            who,
            &from.metadata.namespace,
            &spec.template,
            &from.metadata.labels,
            (spec.min_ready_seconds != 0).then_some(spec.min_ready_seconds),
        )?;
        let cluster = template.spec.cluster_name.clone();
        let mut made = new::MachineSet {
            metadata: metadata(&from.metadata),
            ..new::MachineSet::default()
        };
        made.metadata.labels = relabelled(&from.metadata.labels, &cluster);
        made.spec.cluster_name.clone_from(&cluster);
        made.spec.replicas = spec.replicas;
        made.spec.deletion.order = spec.delete_policy.as_str().into();
        made.spec.selector = spec.selector.clone();
        made.spec.selector.match_labels = relabelled(&spec.selector.match_labels, &cluster);
        made.spec.template = template;
        self.made.machine_sets.push(made);
        Ok(())
    }

    fn machine(&mut self, from: &old::Machine) -> Result<(), MigrationError> {
        let name = from.metadata.name.as_str();
        let who = ("Machine", name);
        let none = BTreeMap::new();
        let cluster = self.cluster_of(who, [&from.metadata.labels, &none])?;
        let mut spec = self.machine_spec(who, &from.spec, &cluster);
        let (value, _) = self.provider_spec(who, &from.spec.provider_spec)?;
        let made = self.providers.machine(value);
        let made = made.map_err(|problem| refused(who, problem))?;
        spec.infrastructure_ref = reference(&made.api_version, &made.kind, name);
        spec.bootstrap = made.bootstrap;
        let mut object = json!({
            "apiVersion": made.api_version,
            "kind": made.kind,
            "metadata": {"name": name, "namespace": from.metadata.namespace, "labels": {labels::CLUSTER_NAME: cluster}},
            "spec": made.spec,
        });
        if let Some(Value::Object(fields)) = object.pointer_mut("/spec")
            && !spec.provider_id.is_empty()
        {
            fields.insert("providerID".to_owned(), spec.provider_id.as_str().into());
        }
        self.made.infrastructure.push(object);
        let mut machine = new::Machine {
            metadata: metadata(&from.metadata),
            spec,
            ..new::Machine::default()
        };
        machine.metadata.labels = relabelled(&from.metadata.labels, &cluster);
        if !from.spec.versions.control_plane.is_empty() {
            let label = labels::CONTROL_PLANE.to_owned();
            machine.metadata.labels.insert(label, String::new());
        }
        let status = &from.status;
        let node = status.node_ref.as_ref();
        machine.status.node_ref.name = node.map(|node| node.name.clone()).unwrap_or_default();
        machine.status.addresses.clone_from(&status.addresses);
        machine.status.last_updated = status.last_updated;
        machine.status.deprecated = failure(&status.error_reason, &status.error_message);
        if status.provider_status.is_some() {
            self.lose(
                who,
                "status.providerStatus",
                "the infrastructure object's own status",
            );
        }
        if status.last_operation.is_some() {
            self.lose(who, "status.lastOperation", "conditions");
        }
        self.made.machines.push(machine);
        Ok(())
    }
}

fn refused((kind, name): Who<'_>, problem: String) -> MigrationError {
    MigrationError::Provider {
        kind,
        name: name.to_owned(),
        problem,
    }
}

fn reference(api_version: &str, kind: &str, name: &str) -> new::ContractVersionedObjectReference {
    let (group, _) = api_version.split_once('/').unwrap_or_default();
    new::ContractVersionedObjectReference {
        kind: kind.to_owned(),
        name: name.to_owned(),
        api_group: group.to_owned(),
    }
}

/// Metadata of an object that is made anew: without what the server wrote, and with owners in today's group.
fn metadata(from: &ObjectMeta) -> ObjectMeta {
    let owners = from.owner_references.iter().map(|owner| OwnerReference {
        api_version: match owner.api_version.as_str() {
            "cluster.k8s.io/v1alpha1" => "cluster.x-k8s.io/v1beta2".to_owned(),
            other => other.to_owned(),
        },
        ..owner.clone()
    });
    ObjectMeta {
        name: from.name.clone(),
        namespace: from.namespace.clone(),
        labels: from.labels.clone(),
        annotations: from.annotations.clone(),
        owner_references: owners.collect(),
        ..ObjectMeta::default()
    }
}

/// Labels with today's label of the cluster in the place of the old one.
fn relabelled(from: &BTreeMap<String, String>, cluster: &str) -> BTreeMap<String, String> {
    let mut labels = from.clone();
    labels.remove(CLUSTER_NAME);
    labels.insert(labels::CLUSTER_NAME.to_owned(), cluster.to_owned());
    labels
}

fn failure(reason: &str, message: &str) -> Option<new::DeprecatedStatus<new::FailureStatus>> {
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let status = new::FailureStatus {
        failure_reason: text(reason),
        failure_message: text(message),
        ..new::FailureStatus::default()
    };
    (status != new::FailureStatus::default()).then_some(new::DeprecatedStatus {
        v1beta1: Some(status),
    })
}
