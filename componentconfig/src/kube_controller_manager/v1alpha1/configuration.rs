//! `KubeControllerManagerConfiguration`.

use serde::{Deserialize, Serialize};

use crate::kube_controller_manager::generic::GenericControllerManagerConfiguration;
use crate::kube_controller_manager::generic::KubeCloudSharedConfiguration;
use crate::kube_controller_manager::generic::ServiceControllerConfiguration;
use crate::scalar::Duration;

/// The configuration of the controller manager. No component reads it from a file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase", default)]
pub struct KubeControllerManagerConfiguration {
    /// What all controller managers have in common.
    pub generic: GenericControllerManagerConfiguration,
    /// What controllers with and without a cloud have in common.
    pub kube_cloud_shared: KubeCloudSharedConfiguration,
    /// The controller of attaching volumes.
    pub attach_detach_controller: AttachDetachControllerConfiguration,
    /// The controller that signs certificates.
    #[serde(rename = "CSRSigningController")]
    pub csr_signing_controller: CSRSigningControllerConfiguration,
    /// The controller of DaemonSets.
    pub daemon_set_controller: DaemonSetControllerConfiguration,
    /// The controller of Deployments.
    pub deployment_controller: DeploymentControllerConfiguration,
    /// The controller of StatefulSets.
    pub stateful_set_controller: StatefulSetControllerConfiguration,
    /// Settings that are gone.
    pub deprecated_controller: DeprecatedControllerConfiguration,
    /// The controller of Endpoints.
    pub endpoint_controller: EndpointControllerConfiguration,
    /// The controller of EndpointSlices.
    pub endpoint_slice_controller: EndpointSliceControllerConfiguration,
    /// The controller that makes EndpointSlices of Endpoints.
    pub endpoint_slice_mirroring_controller: EndpointSliceMirroringControllerConfiguration,
    /// The controller of ephemeral volumes.
    pub ephemeral_volume_controller: EphemeralVolumeControllerConfiguration,
    /// The controller that collects what nobody owns.
    pub garbage_collector_controller: GarbageCollectorControllerConfiguration,
    /// The controller of HorizontalPodAutoscalers.
    #[serde(rename = "HPAController")]
    pub hpa_controller: HPAControllerConfiguration,
    /// The controller of Jobs.
    pub job_controller: JobControllerConfiguration,
    /// The controller of CronJobs.
    pub cron_job_controller: CronJobControllerConfiguration,
    /// The controller that cleans up old tokens.
    #[serde(rename = "LegacySATokenCleaner")]
    pub legacy_sa_token_cleaner: LegacySATokenCleanerConfiguration,
    /// The controller of namespaces.
    pub namespace_controller: NamespaceControllerConfiguration,
    /// The controller that gives nodes their networks.
    #[serde(rename = "NodeIPAMController")]
    pub node_ipam_controller: NodeIPAMControllerConfiguration,
    /// The controller of the lives of nodes.
    pub node_lifecycle_controller: NodeLifecycleControllerConfiguration,
    /// The controller that binds volumes to claims.
    pub persistent_volume_binder_controller: PersistentVolumeBinderControllerConfiguration,
    /// The controller that removes ended Pods.
    #[serde(rename = "PodGCController")]
    pub pod_gc_controller: PodGCControllerConfiguration,
    /// The controller of ReplicaSets.
    pub replica_set_controller: ReplicaSetControllerConfiguration,
    /// The controller of ReplicationControllers.
    pub replication_controller: ReplicationControllerConfiguration,
    /// The controller of quota.
    pub resource_quota_controller: ResourceQuotaControllerConfiguration,
    /// The controller of service accounts.
    #[serde(rename = "SAController")]
    pub sa_controller: SAControllerConfiguration,
    /// The controller of load balancers.
    pub service_controller: ServiceControllerConfiguration,
    /// The controller that removes ended Jobs.
    #[serde(rename = "TTLAfterFinishedController")]
    pub ttl_after_finished_controller: TTLAfterFinishedControllerConfiguration,
    /// The controller of the state of admission policies.
    pub validating_admission_policy_status_controller:
        ValidatingAdmissionPolicyStatusControllerConfiguration,
    /// The controller that evicts Pods from tainted devices.
    pub device_taint_eviction_controller: DeviceTaintEvictionControllerConfiguration,
    /// The controller of ResourceClaims.
    pub resource_claim_controller: ResourceClaimControllerConfiguration,
}

/// The controller of attaching volumes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase", default)]
pub struct AttachDetachControllerConfiguration {
    /// Whether attachments are not compared with the cloud.
    pub disable_attach_detach_reconciler_sync: bool,
    /// How often they are. Default 1 minute.
    pub reconciler_sync_loop_period: Duration,
    /// Whether volumes are not detached by force after a time.
    #[serde(rename = "disableForceDetachOnTimeout")]
    pub disable_force_detach_on_timeout: bool,
}

/// The certificate of one signer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase", default)]
pub struct CSRSigningConfiguration {
    /// The file of the certificate.
    pub cert_file: String,
    /// The file of its key.
    pub key_file: String,
}

/// The controller that signs certificates.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase", default)]
pub struct CSRSigningControllerConfiguration {
    /// The file of the certificate that signs for all signers.
    pub cluster_signing_cert_file: String,
    /// The file of its key.
    pub cluster_signing_key_file: String,
    /// For `kubernetes.io/kubelet-serving`.
    pub kubelet_serving_signer_configuration: CSRSigningConfiguration,
    /// For `kubernetes.io/kube-apiserver-client-kubelet`.
    pub kubelet_client_signer_configuration: CSRSigningConfiguration,
    /// For `kubernetes.io/kube-apiserver-client`.
    #[serde(rename = "KubeAPIServerClientSignerConfiguration")]
    pub kube_api_server_client_signer_configuration: CSRSigningConfiguration,
    /// For `kubernetes.io/legacy-unknown`.
    pub legacy_unknown_signer_configuration: CSRSigningConfiguration,
    /// The longest life of a certificate. Default 1 year.
    pub cluster_signing_duration: Duration,
}

/// The controller of CronJobs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase", default)]
pub struct CronJobControllerConfiguration {
    /// How many are worked on at once. Default 5.
    pub concurrent_cron_job_syncs: i32,
}

/// The controller of DaemonSets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase", default)]
pub struct DaemonSetControllerConfiguration {
    /// How many are worked on at once. Default 2.
    pub concurrent_daemon_set_syncs: i32,
}

/// The controller of Deployments.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase", default)]
pub struct DeploymentControllerConfiguration {
    /// How many are worked on at once. Default 5.
    pub concurrent_deployment_syncs: i32,
}

/// Settings that are gone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct DeprecatedControllerConfiguration {}

/// The controller that evicts Pods from tainted devices.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase", default)]
pub struct DeviceTaintEvictionControllerConfiguration {
    /// How many are worked on at once. Default 8.
    pub concurrent_syncs: i32,
}

/// The controller of Endpoints.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase", default)]
pub struct EndpointControllerConfiguration {
    /// How many are worked on at once. Default 5.
    pub concurrent_endpoint_syncs: i32,
    /// How long updates are gathered.
    pub endpoint_updates_batch_period: Duration,
}

/// The controller of EndpointSlices.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase", default)]
pub struct EndpointSliceControllerConfiguration {
    /// How many services are worked on at once. Default 5.
    pub concurrent_service_endpoint_syncs: i32,
    /// The most endpoints of a slice. Default 100.
    pub max_endpoints_per_slice: i32,
    /// How long updates are gathered.
    pub endpoint_updates_batch_period: Duration,
}

/// The controller that makes EndpointSlices of Endpoints.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase", default)]
pub struct EndpointSliceMirroringControllerConfiguration {
    /// How many services are worked on at once. Default 5.
    pub mirroring_concurrent_service_endpoint_syncs: i32,
    /// The most endpoints of a subset. Default 1000.
    pub mirroring_max_endpoints_per_subset: i32,
    /// How long updates are gathered.
    pub mirroring_endpoint_updates_batch_period: Duration,
}

/// The controller of ephemeral volumes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase", default)]
pub struct EphemeralVolumeControllerConfiguration {
    /// How many are worked on at once. Default 5.
    pub concurrent_ephemeral_volume_syncs: i32,
}

/// The controller that collects what nobody owns.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase", default)]
pub struct GarbageCollectorControllerConfiguration {
    /// Whether garbage is collected. Default true.
    pub enable_garbage_collector: Option<bool>,
    /// How many objects are worked on at once. Default 20.
    #[serde(rename = "ConcurrentGCSyncs")]
    pub concurrent_gc_syncs: i32,
    /// Resources that are left alone.
    #[serde(rename = "GCIgnoredResources")]
    pub gc_ignored_resources: Option<Vec<GroupResource>>,
}

/// A resource of a group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase", default)]
pub struct GroupResource {
    /// The group; empty for the core group.
    pub group: String,
    /// The resource.
    pub resource: String,
}

/// The controller of HorizontalPodAutoscalers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase", default)]
pub struct HPAControllerConfiguration {
    /// How many autoscalers are worked on at once. Default 5.
    pub concurrent_horizontal_pod_autoscaler_syncs: i32,
    /// How often the number of Pods is looked at. Default 15 seconds.
    pub horizontal_pod_autoscaler_sync_period: Duration,
    /// How far back recommendations count before Pods go. Default 5 minutes.
    pub horizontal_pod_autoscaler_downscale_stabilization_window: Duration,
    /// How far off a metric may be without consequence. Default 0.1.
    pub horizontal_pod_autoscaler_tolerance: f64,
    /// How long after a Pod's start its CPU usage may be left out. Default 5 minutes.
    #[serde(rename = "HorizontalPodAutoscalerCPUInitializationPeriod")]
    pub horizontal_pod_autoscaler_cpu_initialization_period: Duration,
    /// How long after a Pod's start readiness is taken for the first one. Default 30 seconds.
    pub horizontal_pod_autoscaler_initial_readiness_delay: Duration,
}

/// The controller of Jobs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase", default)]
pub struct JobControllerConfiguration {
    /// How many are worked on at once. Default 5.
    pub concurrent_job_syncs: i32,
}

/// The controller that cleans up old tokens.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase", default)]
pub struct LegacySATokenCleanerConfiguration {
    /// How long a token has to be unused before it goes. Default 1 year.
    pub clean_up_period: Duration,
}

/// The controller of namespaces.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase", default)]
pub struct NamespaceControllerConfiguration {
    /// How often namespaces are looked at. Default 5 minutes.
    pub namespace_sync_period: Duration,
    /// How many are worked on at once. Default 10.
    pub concurrent_namespace_syncs: i32,
}

/// The controller that gives nodes their networks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase", default)]
pub struct NodeIPAMControllerConfiguration {
    /// The network of the services.
    #[serde(rename = "ServiceCIDR")]
    pub service_cidr: String,
    /// The network of the services of the other IP family.
    #[serde(rename = "SecondaryServiceCIDR")]
    pub secondary_service_cidr: String,
    /// The prefix length of a node's network.
    #[serde(rename = "NodeCIDRMaskSize")]
    pub node_cidr_mask_size: i32,
    /// The same for IPv4.
    #[serde(rename = "NodeCIDRMaskSizeIPv4")]
    pub node_cidr_mask_size_ipv4: i32,
    /// The same for IPv6.
    #[serde(rename = "NodeCIDRMaskSizeIPv6")]
    pub node_cidr_mask_size_ipv6: i32,
}

/// The controller of the lives of nodes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase", default)]
pub struct NodeLifecycleControllerConfiguration {
    /// How many nodes a second lose their Pods in a healthy zone.
    pub node_eviction_rate: f32,
    /// The same in a zone that is not healthy.
    pub secondary_node_eviction_rate: f32,
    /// How long a node may take to start. Default 1 minute.
    pub node_startup_grace_period: Duration,
    /// How long a node may be silent. Default 50 seconds.
    pub node_monitor_grace_period: Duration,
    /// How long Pods stay on a node that failed.
    pub pod_eviction_timeout: Duration,
    /// Up to how many nodes a cluster is small.
    pub large_cluster_size_threshold: i32,
    /// The share of failed nodes that makes a zone unhealthy.
    pub unhealthy_zone_threshold: f32,
}

/// The controller that binds volumes to claims.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase", default)]
pub struct PersistentVolumeBinderControllerConfiguration {
    /// How often volumes and claims are looked at. Default 15 seconds.
    #[serde(rename = "PVClaimBinderSyncPeriod")]
    pub pv_claim_binder_sync_period: Duration,
    /// How volumes are made and recycled.
    pub volume_configuration: VolumeConfiguration,
}

/// How volumes are recycled.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase", default)]
pub struct PersistentVolumeRecyclerConfiguration {
    /// How often it is tried. Default 3.
    pub maximum_retry: i32,
    /// The least seconds for an NFS volume. Default 300.
    #[serde(rename = "MinimumTimeoutNFS")]
    pub minimum_timeout_nfs: i32,
    /// The file of the Pod that recycles an NFS volume.
    #[serde(rename = "PodTemplateFilePathNFS")]
    pub pod_template_file_path_nfs: String,
    /// Seconds more for each Gi of an NFS volume. Default 30.
    #[serde(rename = "IncrementTimeoutNFS")]
    pub increment_timeout_nfs: i32,
    /// The file of the Pod that recycles a host path.
    pub pod_template_file_path_host_path: String,
    /// The least seconds for a host path. Default 60.
    pub minimum_timeout_host_path: i32,
    /// Seconds more for each Gi of a host path. Default 30.
    pub increment_timeout_host_path: i32,
}

/// The controller that removes ended Pods.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase", default)]
pub struct PodGCControllerConfiguration {
    /// How many ended Pods may stay. Default 12500.
    #[serde(rename = "TerminatedPodGCThreshold")]
    pub terminated_pod_gc_threshold: i32,
}

/// The controller of ReplicaSets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase", default)]
pub struct ReplicaSetControllerConfiguration {
    /// How many are worked on at once. Default 5.
    #[serde(rename = "ConcurrentRSSyncs")]
    pub concurrent_rs_syncs: i32,
}

/// The controller of ReplicationControllers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase", default)]
pub struct ReplicationControllerConfiguration {
    /// How many are worked on at once. Default 5.
    #[serde(rename = "ConcurrentRCSyncs")]
    pub concurrent_rc_syncs: i32,
}

/// The controller of ResourceClaims.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase", default)]
pub struct ResourceClaimControllerConfiguration {
    /// How many are worked on at once. Default 50.
    pub concurrent_syncs: i32,
}

/// The controller of quota.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase", default)]
pub struct ResourceQuotaControllerConfiguration {
    /// How often usage is counted anew. Default 5 minutes.
    pub resource_quota_sync_period: Duration,
    /// How many are worked on at once. Default 5.
    pub concurrent_resource_quota_syncs: i32,
}

/// The controller of service accounts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase", default)]
pub struct SAControllerConfiguration {
    /// The file of the key that signs tokens.
    pub service_account_key_file: String,
    /// How many are worked on at once. Default 5.
    #[serde(rename = "ConcurrentSATokenSyncs")]
    pub concurrent_sa_token_syncs: i32,
    /// The file of the authority that tokens carry.
    #[serde(rename = "RootCAFile")]
    pub root_ca_file: String,
}

/// The controller of StatefulSets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase", default)]
pub struct StatefulSetControllerConfiguration {
    /// How many are worked on at once. Default 5.
    pub concurrent_stateful_set_syncs: i32,
}

/// The controller that removes ended Jobs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase", default)]
pub struct TTLAfterFinishedControllerConfiguration {
    /// How many are worked on at once. Default 5.
    #[serde(rename = "ConcurrentTTLSyncs")]
    pub concurrent_ttl_syncs: i32,
}

/// The controller of the state of admission policies.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase", default)]
pub struct ValidatingAdmissionPolicyStatusControllerConfiguration {
    /// How many are worked on at once. Default 5.
    pub concurrent_policy_syncs: i32,
}

/// How volumes are made and recycled.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase", default)]
pub struct VolumeConfiguration {
    /// Whether volumes are made of host paths, for tests. Default false.
    pub enable_host_path_provisioning: Option<bool>,
    /// Whether volumes are made on demand. Default true.
    pub enable_dynamic_provisioning: Option<bool>,
    /// How volumes are recycled.
    pub persistent_volume_recycler_configuration: PersistentVolumeRecyclerConfiguration,
    /// The folder of volume plugins. Default `/usr/libexec/kubernetes/kubelet-plugins/volume/exec/`.
    pub flex_volume_plugin_dir: String,
}

crate::kind::kinds!("kubecontrollermanager.config.k8s.io", "v1alpha1": KubeControllerManagerConfiguration);
