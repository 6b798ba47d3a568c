//! Cluster.

use super::{
    super::{
        Spoke,
        field::{Context, Convert, optional, pair},
        restore,
    },
    deprecated_failures, new, old, undeprecated,
};

pair!(old::NetworkRanges, new::NetworkRanges { cidr_blocks });
optional!(old::NetworkRanges, new::NetworkRanges;);

pair!(old::ClusterNetwork, new::ClusterNetwork { services, pods, service_domain }
    up(from, to, _context) {
        to.api_server_port = from.api_server_port.unwrap_or_default();
    }
    down(from, to, _context) {
        to.api_server_port = (from.api_server_port != 0).then_some(from.api_server_port);
    }
);
optional!(old::ClusterNetwork, new::ClusterNetwork;);

pair!(
    old::ClusterAvailabilityGate,
    new::ClusterAvailabilityGate {
        condition_type,
        polarity
    }
);

pair!(
    old::ClusterSpec,
    new::ClusterSpec {
        paused,
        cluster_network,
        control_plane_endpoint,
        control_plane_ref,
        infrastructure_ref,
        topology,
        availability_gates
    }
);

pair!(old::ClusterStatus, new::ClusterStatus { phase, observed_generation }
    up(from, to, _context) {
        let status = from.v1beta2.take().unwrap_or_default();
        to.conditions = status.conditions;
        to.control_plane = status.control_plane;
        to.workers = status.workers;
        to.initialization.control_plane_initialized = Some(from.control_plane_ready);
        to.initialization.infrastructure_provisioned = Some(from.infrastructure_ready);
        let domains = std::mem::take(&mut from.failure_domains).into_iter();
        to.failure_domains = domains.map(|(name, domain)| new::FailureDomain {
            name,
            control_plane: Some(domain.control_plane),
            attributes: domain.attributes,
        }).collect();
        to.deprecated = deprecated_failures(new::FailureStatus {
            conditions: std::mem::take(&mut from.conditions),
            failure_reason: from.failure_reason.take(),
            failure_message: from.failure_message.take(),
        });
    }
    down(from, to, _context) {
        let failures = undeprecated(&mut from.deprecated);
        to.conditions = failures.conditions;
        to.failure_reason = failures.failure_reason;
        to.failure_message = failures.failure_message;
        to.control_plane_ready = from.initialization.control_plane_initialized.unwrap_or_default();
        to.infrastructure_ready = from.initialization.infrastructure_provisioned.unwrap_or_default();
        let domains = std::mem::take(&mut from.failure_domains).into_iter();
        to.failure_domains = domains.map(|domain| (domain.name, old::FailureDomainSpec {
            control_plane: domain.control_plane.unwrap_or_default(),
            attributes: domain.attributes,
        })).collect();
        let status = old::ClusterV1Beta2Status {
            conditions: std::mem::take(&mut from.conditions),
            control_plane: from.control_plane.take(),
            workers: from.workers.take(),
        };
        to.v1beta2 = (status != old::ClusterV1Beta2Status::default()).then_some(status);
    }
);

impl Spoke for old::Cluster {
    type Hub = new::Cluster;

    fn up(mut self, context: &mut Context<'_>) -> new::Cluster {
        let restored = restore::take::<new::Cluster, _>(&mut self, context);
        let mut hub = new::Cluster {
            metadata: self.metadata,
            spec: self.spec.convert(context),
            status: self.status.convert(context),
        };
        let restored = restored.as_ref();
        restore::intent(&mut hub.spec.paused, restored.map(|hub| &hub.spec.paused));
        let initialization = &mut hub.status.initialization;
        let was = restored.map(|hub| &hub.status.initialization);
        restore::intent(
            &mut initialization.control_plane_initialized,
            was.map(|was| &was.control_plane_initialized),
        );
        restore::intent(
            &mut initialization.infrastructure_provisioned,
            was.map(|was| &was.infrastructure_provisioned),
        );
        hub
    }

    fn down(hub: new::Cluster, context: &mut Context<'_>) -> Self {
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
