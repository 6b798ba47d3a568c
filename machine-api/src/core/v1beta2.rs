//! Version v1beta2 of the group `cluster.x-k8s.io`.

mod cluster;
mod cluster_class;
mod cluster_class_patch;
mod common;
mod condition;
mod machine;
mod machine_deployment;
mod machine_drain_rule;
mod machine_health_check;
mod machine_pool;
mod machine_set;
mod topology;
mod variable;

pub use cluster::{
    Cluster, ClusterAvailabilityGate, ClusterControlPlaneStatus, ClusterInitializationStatus,
    ClusterNetwork, ClusterPhase, ClusterSpec, ClusterStatus, ConditionPolarity, ConditionSeverity,
    FailureDomain, FieldValueErrorReason, NetworkRanges, WorkersStatus,
};
pub use cluster_class::{
    ClassNamingSpec, ClassTemplate, ClusterClass, ClusterClassSpec, ClusterClassStatus,
    ClusterClassTemplateReference, ClusterClassUpgrade, ClusterClassUpgradeExternal,
    ControlPlaneClass, ControlPlaneClassHealthCheck, InfrastructureClass, MachineDeploymentClass,
    MachineDeploymentClassHealthCheck, MachineDeploymentClassRolloutSpec, MachinePoolClass,
    WorkersClass,
};
pub use cluster_class_patch::{
    ClusterClassPatch, ExternalPatchDefinition, JSONPatch, JSONPatchValue, PatchDefinition,
    PatchSelector, PatchSelectorMatch, PatchSelectorMatchMachineDeploymentClass,
    PatchSelectorMatchMachinePoolClass,
};
pub use common::{
    APIEndpoint, ContractVersionedObjectReference, DeletionOrderSpec, DeprecatedStatus,
    FailureStatus, MachineAddress, MachineNamingSpec, MachineReadinessGate, MachineTaint,
    ObjectMeta, StatusUpgradePlanVersion, StatusVersion, V1Beta1Conditions,
};
pub use condition::V1Beta1Condition;
pub use machine::{
    Bootstrap, Machine, MachineAddressType, MachineDeletionSpec, MachineDeletionStatus,
    MachineInitializationStatus, MachineNodeReference, MachinePhase, MachineSpec, MachineStatus,
    MachineTaintPropagation,
};
pub use machine_deployment::{
    MachineDeployment, MachineDeploymentMachineDeletionSpec, MachineDeploymentPhase,
    MachineDeploymentRemediationSpec, MachineDeploymentRolloutSpec,
    MachineDeploymentRolloutStrategy, MachineDeploymentRolloutStrategyRollingUpdate,
    MachineDeploymentRolloutStrategyType, MachineDeploymentSpec, MachineDeploymentStatus,
    MachineDeploymentV1Beta1DeprecatedStatus,
};
pub use machine_drain_rule::{
    MachineDrainRule, MachineDrainRuleDrainBehavior, MachineDrainRuleDrainConfig,
    MachineDrainRuleMachineSelector, MachineDrainRulePodSelector, MachineDrainRuleSpec,
};
pub use machine_health_check::{
    MachineDeploymentHealthCheckRemediation, MachineHealthCheck, MachineHealthCheckChecks,
    MachineHealthCheckRemediation, MachineHealthCheckRemediationTemplateReference,
    MachineHealthCheckRemediationTriggerIf, MachineHealthCheckSpec, MachineHealthCheckStatus,
    UnhealthyMachineCondition, UnhealthyNodeCondition,
};
pub use machine_pool::{
    MachinePool, MachinePoolPhase, MachinePoolSpec, MachinePoolStatus,
    MachinePoolV1Beta1DeprecatedStatus,
};
pub use machine_set::{
    MachineSet, MachineSetDeletionOrder, MachineSetSpec, MachineSetStatus,
    MachineSetV1Beta1DeprecatedStatus, MachineTemplateSpec,
};
pub use topology::{
    ClusterClassRef, ControlPlaneTopology, ControlPlaneTopologyHealthCheck,
    ControlPlaneTopologyRolloutSpec, MachineDeploymentTopology,
    MachineDeploymentTopologyHealthCheck, MachinePoolTopology, Topology, TopologyVariables,
    WorkersTopology,
};
pub use variable::{
    ClusterClassStatusVariable, ClusterClassStatusVariableDefinition, ClusterClassVariable,
    ClusterClassVariableMetadata, ClusterVariable, JSONSchemaProps, ValidationRule, VariableSchema,
    VariableSchemaMetadata,
};
