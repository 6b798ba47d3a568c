//! Version v1beta1 of the group `cluster.x-k8s.io`.

mod cluster;
mod cluster_class;
mod cluster_class_patch;
mod common;
mod machine;
mod machine_deployment;
mod machine_drain_rule;
mod machine_health_check;
mod machine_pool;
mod machine_set;
mod topology;
mod variable;

pub use crate::core::v1beta2::{
    ClusterClassUpgrade, ClusterClassUpgradeExternal, ClusterControlPlaneStatus, ClusterPhase,
    ConditionPolarity, ConditionSeverity, ControlPlaneTopologyRolloutSpec, FieldValueErrorReason,
    MachineAddressType, MachineDeletionStatus, MachineDeploymentPhase,
    MachineDeploymentRolloutStrategyType, MachineDrainRuleDrainBehavior,
    MachineDrainRuleMachineSelector, MachineDrainRulePodSelector, MachinePhase, MachinePoolPhase,
    MachineSetDeletionOrder, MachineTaint, MachineTaintPropagation, StatusUpgradePlanVersion,
    StatusVersion, V1Beta1Condition, WorkersStatus,
};
pub use cluster::{
    Cluster, ClusterAvailabilityGate, ClusterNetwork, ClusterSpec, ClusterStatus,
    ClusterV1Beta2Status, FailureDomainSpec, NetworkRanges,
};
pub use cluster_class::{
    ClassNamingStrategy, ClusterClass, ClusterClassSpec, ClusterClassStatus, ControlPlaneClass,
    LocalObjectTemplate, MachineDeploymentClass, MachineHealthCheckClass, MachinePoolClass,
    WorkerClassTemplate, WorkersClass,
};
pub use cluster_class_patch::{
    ClusterClassPatch, ExternalPatchDefinition, JSONPatch, JSONPatchValue, PatchDefinition,
    PatchSelector, PatchSelectorMatch, PatchSelectorMatchMachineDeploymentClass,
    PatchSelectorMatchMachinePoolClass,
};
pub use common::{
    APIEndpoint, MachineAddress, MachineNamingStrategy, MachineReadinessGate, ObjectMeta,
    V1Beta2Conditions, V1Beta2ReplicasStatus,
};
pub use machine::{Bootstrap, Machine, MachineSpec, MachineStatus};
pub use machine_deployment::{
    MachineDeployment, MachineDeploymentRolloutSpec, MachineDeploymentSpec,
    MachineDeploymentStatus, MachineDeploymentStrategy, MachineRollingUpdateDeployment,
    RemediationStrategy,
};
pub use machine_drain_rule::{MachineDrainRule, MachineDrainRuleDrainConfig, MachineDrainRuleSpec};
pub use machine_health_check::{
    MachineHealthCheck, MachineHealthCheckSpec, MachineHealthCheckStatus, UnhealthyCondition,
    UnhealthyMachineCondition,
};
pub use machine_pool::{MachinePool, MachinePoolSpec, MachinePoolStatus};
pub use machine_set::{MachineSet, MachineSetSpec, MachineSetStatus, MachineTemplateSpec};
pub use topology::{
    ControlPlaneTopology, MachineDeploymentTopology, MachineHealthCheckTopology,
    MachinePoolTopology, Topology, TopologyVariables, WorkersTopology,
};
pub use variable::{
    ClusterClassStatusVariable, ClusterClassStatusVariableDefinition, ClusterClassVariable,
    ClusterClassVariableMetadata, ClusterVariable, JSONSchemaProps, ValidationRule, VariableSchema,
    VariableSchemaMetadata,
};
