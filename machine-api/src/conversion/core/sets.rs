//! MachineSet, MachineDeployment and MachinePool.

use super::{
    super::{
        Spoke,
        field::{Context, Convert, pair},
        restore,
    },
    Strategy, deprecated,
    machine::restore_initialization,
    new, old, replicas_from, replicas_to, undeprecated,
};

pair!(
    old::MachineTemplateSpec,
    new::MachineTemplateSpec { metadata, spec }
);

pair!(old::MachineSetSpec, new::MachineSetSpec {
        cluster_name, replicas, selector, template; machine_naming_strategy => machine_naming
    }
    up(from, to, _context) {
        to.deletion.order = std::mem::take(&mut from.delete_policy).into();
    }
    down(from, to, _context) {
        to.delete_policy = std::mem::take(&mut from.deletion.order).into();
        to.min_ready_seconds = from.template.spec.min_ready_seconds.unwrap_or_default();
    }
);

pair!(old::MachineSetStatus, new::MachineSetStatus { selector, replicas, observed_generation, versions }
    up(from, to, _context) {
        replicas_from!(from, to);
        to.deprecated = Some(deprecated(new::MachineSetV1Beta1DeprecatedStatus {
            conditions: std::mem::take(&mut from.conditions),
            failure_reason: from.failure_reason.take(),
            failure_message: from.failure_message.take(),
            fully_labeled_replicas: from.fully_labeled_replicas,
            ready_replicas: from.ready_replicas,
            available_replicas: from.available_replicas,
        }));
    }
    down(from, to, _context) {
        to.v1beta2 = replicas_to!(from);
        let status = undeprecated(&mut from.deprecated);
        to.conditions = status.conditions;
        to.failure_reason = status.failure_reason;
        to.failure_message = status.failure_message;
        to.fully_labeled_replicas = status.fully_labeled_replicas;
        to.ready_replicas = status.ready_replicas;
        to.available_replicas = status.available_replicas;
    }
);

impl Spoke for old::MachineSet {
    type Hub = new::MachineSet;

    fn up(self, context: &mut Context<'_>) -> new::MachineSet {
        let min_ready = self.spec.min_ready_seconds;
        let mut hub = new::MachineSet {
            metadata: self.metadata,
            spec: self.spec.convert(context),
            status: self.status.convert(context),
        };
        hub.spec.template.spec.min_ready_seconds = (min_ready != 0).then_some(min_ready);
        hub
    }

    fn down(hub: new::MachineSet, context: &mut Context<'_>) -> Self {
        Self {
            metadata: hub.metadata,
            spec: hub.spec.convert(context),
            status: hub.status.convert(context),
        }
    }
}

pair!(old::MachineDeploymentSpec, new::MachineDeploymentSpec {
        cluster_name, replicas, selector, template, paused; machine_naming_strategy => machine_naming
    }
    up(from, to, _context) {
        let strategy = Strategy::take(&mut from.strategy);
        to.rollout.strategy = strategy.rollout;
        to.rollout.after = from.rollout_after;
        to.deletion.order = strategy.order;
        to.remediation.max_in_flight = strategy.max_in_flight;
    }
    down(from, to, _context) {
        let strategy = Strategy {
            rollout: std::mem::take(&mut from.rollout.strategy),
            order: std::mem::take(&mut from.deletion.order),
            max_in_flight: from.remediation.max_in_flight.take(),
        };
        to.strategy = strategy.put();
        to.rollout_after = from.rollout.after;
        to.min_ready_seconds = from.template.spec.min_ready_seconds;
    }
);

pair!(old::MachineDeploymentStatus, new::MachineDeploymentStatus {
        observed_generation, selector, replicas, phase, versions
    }
    up(from, to, _context) {
        replicas_from!(from, to);
        to.deprecated = Some(deprecated(new::MachineDeploymentV1Beta1DeprecatedStatus {
            conditions: std::mem::take(&mut from.conditions),
            updated_replicas: from.updated_replicas,
            ready_replicas: from.ready_replicas,
            available_replicas: from.available_replicas,
            unavailable_replicas: from.unavailable_replicas,
        }));
    }
    down(from, to, _context) {
        to.v1beta2 = replicas_to!(from);
        let status = undeprecated(&mut from.deprecated);
        to.conditions = status.conditions;
        to.updated_replicas = status.updated_replicas;
        to.ready_replicas = status.ready_replicas;
        to.available_replicas = status.available_replicas;
        to.unavailable_replicas = status.unavailable_replicas;
    }
);

impl Spoke for old::MachineDeployment {
    type Hub = new::MachineDeployment;

    fn up(mut self, context: &mut Context<'_>) -> new::MachineDeployment {
        let restored = restore::take::<new::MachineDeployment, _>(&mut self, context);
        let min_ready = self.spec.min_ready_seconds;
        let mut hub = new::MachineDeployment {
            metadata: self.metadata,
            spec: self.spec.convert(context),
            status: self.status.convert(context),
        };
        hub.spec.template.spec.min_ready_seconds = min_ready;
        restore::intent(
            &mut hub.spec.paused,
            restored.as_ref().map(|was| &was.spec.paused),
        );
        hub
    }

    fn down(hub: new::MachineDeployment, context: &mut Context<'_>) -> Self {
        let data = restore::data(&hub, context);
        let mut spoke = Self {
            metadata: hub.metadata,
            spec: hub.spec.convert(context),
            status: hub.status.convert(context),
        };
        restore::keep(&mut spoke, data);
        spoke
    }
}

pair!(old::MachinePoolSpec, new::MachinePoolSpec {
        cluster_name, replicas, template, provider_id_list, failure_domains
    }
    up(_from, _to, _context) {}
    down(from, to, _context) {
        to.min_ready_seconds = from.template.spec.min_ready_seconds;
    }
);

pair!(old::MachinePoolStatus, new::MachinePoolStatus { node_refs, replicas, phase, observed_generation, versions }
    up(from, to, _context) {
        replicas_from!(from, to);
        to.initialization.bootstrap_data_secret_created = Some(from.bootstrap_ready);
        to.initialization.infrastructure_provisioned = Some(from.infrastructure_ready);
        to.deprecated = Some(deprecated(new::MachinePoolV1Beta1DeprecatedStatus {
            conditions: std::mem::take(&mut from.conditions),
            failure_reason: from.failure_reason.take(),
            failure_message: from.failure_message.take(),
            ready_replicas: from.ready_replicas,
            available_replicas: from.available_replicas,
            unavailable_replicas: from.unavailable_replicas,
        }));
    }
    down(from, to, _context) {
        to.v1beta2 = replicas_to!(from);
        let status = undeprecated(&mut from.deprecated);
        to.conditions = status.conditions;
        to.failure_reason = status.failure_reason;
        to.failure_message = status.failure_message;
        to.ready_replicas = status.ready_replicas;
        to.available_replicas = status.available_replicas;
        to.unavailable_replicas = status.unavailable_replicas;
        to.bootstrap_ready = from.initialization.bootstrap_data_secret_created.unwrap_or_default();
        to.infrastructure_ready = from.initialization.infrastructure_provisioned.unwrap_or_default();
    }
);

impl Spoke for old::MachinePool {
    type Hub = new::MachinePool;

    fn up(mut self, context: &mut Context<'_>) -> new::MachinePool {
        let restored = restore::take::<new::MachinePool, _>(&mut self, context);
        let min_ready = self.spec.min_ready_seconds;
        let mut hub = new::MachinePool {
            metadata: self.metadata,
            spec: self.spec.convert(context),
            status: self.status.convert(context),
        };
        hub.spec.template.spec.min_ready_seconds = min_ready;
        let was = restored.as_ref().map(|hub| &hub.status.initialization);
        restore_initialization(&mut hub.status.initialization, was);
        hub
    }

    fn down(hub: new::MachinePool, context: &mut Context<'_>) -> Self {
        let data = restore::data(&hub, context);
        let mut spoke = Self {
            metadata: hub.metadata,
            spec: hub.spec.convert(context),
            status: hub.status.convert(context),
        };
        restore::keep(&mut spoke, data);
        spoke
    }
}
