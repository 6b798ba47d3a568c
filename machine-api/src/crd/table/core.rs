//! Kinds of the group `cluster.x-k8s.io`.

use crate::{
    core,
    crd::{Column, Definition, Scale, Version},
    schema::structural,
};

pub(super) const CLUSTER_CLASS: Definition = Definition {
    group: "cluster.x-k8s.io",
    kind: "ClusterClass",
    plural: "clusterclasses",
    short_names: &["cc"],
    namespaced: true,
    versions: &[
        Version {
            name: "v1beta1",
            schema: structural::<core::v1beta1::ClusterClass>,
            deprecated: true,
            status: true,
            scale: Scale::None,
            columns: &[Column::AGE],
        },
        Version {
            name: "v1beta2",
            schema: structural::<core::v1beta2::ClusterClass>,
            deprecated: false,
            status: true,
            scale: Scale::None,
            columns: &[
                Column::condition("Paused", "Paused").wide(),
                Column::condition("Variables Ready", "VariablesReady"),
                Column::AGE,
            ],
        },
    ],
};

pub(super) const CLUSTER: Definition = Definition {
    group: "cluster.x-k8s.io",
    kind: "Cluster",
    plural: "clusters",
    short_names: &["cl"],
    namespaced: true,
    versions: &[
        Version {
            name: "v1beta1",
            schema: structural::<core::v1beta1::Cluster>,
            deprecated: true,
            status: true,
            scale: Scale::None,
            columns: &[
                Column::new("ClusterClass", "string", ".spec.topology.class"),
                Column::new("Phase", "string", ".status.phase"),
                Column::AGE,
                Column::new("Version", "string", ".spec.topology.version"),
            ],
        },
        Version {
            name: "v1beta2",
            schema: structural::<core::v1beta2::Cluster>,
            deprecated: false,
            status: true,
            scale: Scale::None,
            columns: &[
                Column::new("ClusterClass", "string", ".spec.topology.classRef.name"),
                Column::condition("Available", "Available"),
                Column::new(
                    "CP Desired",
                    "integer",
                    ".status.controlPlane.desiredReplicas",
                ),
                Column::new("CP Current", "integer", ".status.controlPlane.replicas").wide(),
                Column::new("CP Ready", "integer", ".status.controlPlane.readyReplicas").wide(),
                Column::new(
                    "CP Available",
                    "integer",
                    ".status.controlPlane.availableReplicas",
                ),
                Column::new(
                    "CP Up-to-date",
                    "integer",
                    ".status.controlPlane.upToDateReplicas",
                ),
                Column::new("W Desired", "integer", ".status.workers.desiredReplicas"),
                Column::new("W Current", "integer", ".status.workers.replicas").wide(),
                Column::new("W Ready", "integer", ".status.workers.readyReplicas").wide(),
                Column::new(
                    "W Available",
                    "integer",
                    ".status.workers.availableReplicas",
                ),
                Column::new(
                    "W Up-to-date",
                    "integer",
                    ".status.workers.upToDateReplicas",
                ),
                Column::condition("Paused", "Paused").wide(),
                Column::new("Phase", "string", ".status.phase"),
                Column::AGE,
                Column::new("Version", "string", ".spec.topology.version"),
            ],
        },
    ],
};

pub(super) const MACHINE_DEPLOYMENT: Definition = Definition {
    group: "cluster.x-k8s.io",
    kind: "MachineDeployment",
    plural: "machinedeployments",
    short_names: &["md"],
    namespaced: true,
    versions: &[
        Version {
            name: "v1beta1",
            schema: structural::<core::v1beta1::MachineDeployment>,
            deprecated: true,
            status: true,
            scale: Scale::Selected,
            columns: &[
                Column::new("Cluster", "string", ".spec.clusterName"),
                Column::new("Desired", "integer", ".spec.replicas").wide(),
                Column::new("Replicas", "integer", ".status.replicas"),
                Column::new("Ready", "integer", ".status.readyReplicas"),
                Column::new("Updated", "integer", ".status.updatedReplicas"),
                Column::new("Unavailable", "integer", ".status.unavailableReplicas"),
                Column::new("Phase", "string", ".status.phase"),
                Column::AGE,
                Column::new("Version", "string", ".spec.template.spec.version"),
            ],
        },
        Version {
            name: "v1beta2",
            schema: structural::<core::v1beta2::MachineDeployment>,
            deprecated: false,
            status: true,
            scale: Scale::Selected,
            columns: &[
                Column::new("Cluster", "string", ".spec.clusterName"),
                Column::condition("Available", "Available"),
                Column::new("Desired", "integer", ".spec.replicas"),
                Column::new("Current", "integer", ".status.replicas"),
                Column::new("Ready", "integer", ".status.readyReplicas"),
                Column::new("Available", "integer", ".status.availableReplicas"),
                Column::new("Up-to-date", "integer", ".status.upToDateReplicas"),
                Column::condition("Paused", "Paused").wide(),
                Column::new("Phase", "string", ".status.phase"),
                Column::AGE,
                Column::new("Version", "string", ".spec.template.spec.version"),
            ],
        },
    ],
};

pub(super) const MACHINE_DRAIN_RULE: Definition = Definition {
    group: "cluster.x-k8s.io",
    kind: "MachineDrainRule",
    plural: "machinedrainrules",
    short_names: &[],
    namespaced: true,
    versions: &[
        Version {
            name: "v1beta1",
            schema: structural::<core::v1beta1::MachineDrainRule>,
            deprecated: true,
            status: false,
            scale: Scale::None,
            columns: &[
                Column::new("Behavior", "string", ".spec.drain.behavior"),
                Column::new("Order", "string", ".spec.drain.order"),
                Column::AGE,
            ],
        },
        Version {
            name: "v1beta2",
            schema: structural::<core::v1beta2::MachineDrainRule>,
            deprecated: false,
            status: false,
            scale: Scale::None,
            columns: &[
                Column::new("Behavior", "string", ".spec.drain.behavior"),
                Column::new("Order", "string", ".spec.drain.order"),
                Column::AGE,
            ],
        },
    ],
};

pub(super) const MACHINE_HEALTH_CHECK: Definition = Definition {
    group: "cluster.x-k8s.io",
    kind: "MachineHealthCheck",
    plural: "machinehealthchecks",
    short_names: &["mhc", "mhcs"],
    namespaced: true,
    versions: &[
        Version {
            name: "v1beta1",
            schema: structural::<core::v1beta1::MachineHealthCheck>,
            deprecated: true,
            status: true,
            scale: Scale::None,
            columns: &[
                Column::new("Cluster", "string", ".spec.clusterName"),
                Column::new("ExpectedMachines", "integer", ".status.expectedMachines"),
                Column::new("MaxUnhealthy", "string", ".spec.maxUnhealthy"),
                Column::new("CurrentHealthy", "integer", ".status.currentHealthy"),
                Column::AGE,
            ],
        },
        Version {
            name: "v1beta2",
            schema: structural::<core::v1beta2::MachineHealthCheck>,
            deprecated: false,
            status: true,
            scale: Scale::None,
            columns: &[
                Column::new("Cluster", "string", ".spec.clusterName"),
                Column::new("Replicas", "integer", ".status.expectedMachines"),
                Column::new("Healthy", "integer", ".status.currentHealthy"),
                Column::condition("Paused", "Paused").wide(),
                Column::AGE,
            ],
        },
    ],
};

pub(super) const MACHINE_POOL: Definition = Definition {
    group: "cluster.x-k8s.io",
    kind: "MachinePool",
    plural: "machinepools",
    short_names: &["mp"],
    namespaced: true,
    versions: &[
        Version {
            name: "v1beta1",
            schema: structural::<core::v1beta1::MachinePool>,
            deprecated: true,
            status: true,
            scale: Scale::Counted,
            columns: &[
                Column::new("Cluster", "string", ".spec.clusterName"),
                Column::new("Desired", "integer", ".spec.replicas").wide(),
                Column::new("Replicas", "string", ".status.replicas"),
                Column::new("Phase", "string", ".status.phase"),
                Column::AGE,
                Column::new("Version", "string", ".spec.template.spec.version"),
            ],
        },
        Version {
            name: "v1beta2",
            schema: structural::<core::v1beta2::MachinePool>,
            deprecated: false,
            status: true,
            scale: Scale::Counted,
            columns: &[
                Column::new("Cluster", "string", ".spec.clusterName"),
                Column::new("Desired", "integer", ".spec.replicas"),
                Column::new("Current", "integer", ".status.replicas"),
                Column::new("Ready", "integer", ".status.readyReplicas"),
                Column::new("Available", "integer", ".status.availableReplicas"),
                Column::new("Up-to-date", "integer", ".status.upToDateReplicas"),
                Column::condition("Paused", "Paused").wide(),
                Column::new("Phase", "string", ".status.phase"),
                Column::AGE,
                Column::new("Version", "string", ".spec.template.spec.version"),
            ],
        },
    ],
};

pub(super) const MACHINE: Definition = Definition {
    group: "cluster.x-k8s.io",
    kind: "Machine",
    plural: "machines",
    short_names: &["ma"],
    namespaced: true,
    versions: &[
        Version {
            name: "v1beta1",
            schema: structural::<core::v1beta1::Machine>,
            deprecated: true,
            status: true,
            scale: Scale::None,
            columns: &[
                Column::new("Cluster", "string", ".spec.clusterName"),
                Column::new("NodeName", "string", ".status.nodeRef.name"),
                Column::new("ProviderID", "string", ".spec.providerID"),
                Column::new("Phase", "string", ".status.phase"),
                Column::AGE,
                Column::new("Version", "string", ".spec.version"),
            ],
        },
        Version {
            name: "v1beta2",
            schema: structural::<core::v1beta2::Machine>,
            deprecated: false,
            status: true,
            scale: Scale::None,
            columns: &[
                Column::new("Cluster", "string", ".spec.clusterName"),
                Column::new("Node Name", "string", ".status.nodeRef.name"),
                Column::new("Provider ID", "string", ".spec.providerID").wide(),
                Column::new("Failure domain", "string", ".status.failureDomain"),
                Column::condition("Ready", "Ready"),
                Column::condition("Available", "Available"),
                Column::condition("Up-to-date", "UpToDate"),
                Column::new(
                    "Internal-IP",
                    "string",
                    r#".status.addresses[?(@.type=="InternalIP")].address"#,
                )
                .wide(),
                Column::new(
                    "External-IP",
                    "string",
                    r#".status.addresses[?(@.type=="ExternalIP")].address"#,
                )
                .wide(),
                Column::new("OS-Image", "string", ".status.nodeInfo.osImage").wide(),
                Column::condition("Paused", "Paused").wide(),
                Column::new("Phase", "string", ".status.phase"),
                Column::AGE,
                Column::new("Version", "string", ".spec.version"),
            ],
        },
    ],
};

pub(super) const MACHINE_SET: Definition = Definition {
    group: "cluster.x-k8s.io",
    kind: "MachineSet",
    plural: "machinesets",
    short_names: &["ms"],
    namespaced: true,
    versions: &[
        Version {
            name: "v1beta1",
            schema: structural::<core::v1beta1::MachineSet>,
            deprecated: true,
            status: true,
            scale: Scale::Selected,
            columns: &[
                Column::new("Cluster", "string", ".spec.clusterName"),
                Column::new("Desired", "integer", ".spec.replicas").wide(),
                Column::new("Replicas", "integer", ".status.replicas"),
                Column::new("Ready", "integer", ".status.readyReplicas"),
                Column::new("Available", "integer", ".status.availableReplicas"),
                Column::AGE,
                Column::new("Version", "string", ".spec.template.spec.version"),
            ],
        },
        Version {
            name: "v1beta2",
            schema: structural::<core::v1beta2::MachineSet>,
            deprecated: false,
            status: true,
            scale: Scale::Selected,
            columns: &[
                Column::new("Cluster", "string", ".spec.clusterName"),
                Column::new("Desired", "integer", ".spec.replicas"),
                Column::new("Current", "integer", ".status.replicas"),
                Column::new("Ready", "integer", ".status.readyReplicas"),
                Column::new("Available", "integer", ".status.availableReplicas"),
                Column::new("Up-to-date", "integer", ".status.upToDateReplicas"),
                Column::condition("Paused", "Paused").wide(),
                Column::AGE,
                Column::new("Version", "string", ".spec.template.spec.version"),
            ],
        },
    ],
};
