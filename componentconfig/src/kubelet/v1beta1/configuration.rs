//! `KubeletConfiguration`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    CrashLoopBackOffConfig, KubeletAuthentication, KubeletAuthorization, MemoryReservation,
    MemorySwapConfiguration, ShutdownGracePeriodByPodPriority, UserNamespaces,
};
use crate::{
    component_base::{LoggingConfiguration, TracingConfiguration},
    core::Taint,
    omit,
    scalar::Duration,
    secret::Secret,
};

/// The configuration of the kubelet. A default that is named is the kubelet's own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
#[allow(clippy::struct_excessive_bools, reason = "the fields of the format")]
pub struct KubeletConfiguration {
    /// Whether the kubelet serves its API. Default true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable_server: Option<bool>,
    /// The folder, or the file, of static Pods. Empty: none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub static_pod_path: String,
    /// The folder of the logs of Pods. Default `/var/log/pods`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub pod_logs_dir: String,
    /// The longest time between two synchronisations of a running container. Default 1 minute.
    pub sync_frequency: Duration,
    /// How often files of static Pods are looked at. Default 20 seconds.
    pub file_check_frequency: Duration,
    /// How often `staticPodURL` is looked at. Default 20 seconds.
    pub http_check_frequency: Duration,
    /// A URL of static Pods. Empty: none.
    #[serde(rename = "staticPodURL", skip_serializing_if = "String::is_empty")]
    pub static_pod_url: String,
    /// HTTP headers to send to `staticPodURL`; they may hold credentials.
    #[serde(
        rename = "staticPodURLHeader",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    pub static_pod_url_header: BTreeMap<String, Vec<Secret>>,
    /// The IP address that the kubelet's server binds. Default `0.0.0.0`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub address: String,
    /// The port of the kubelet's server. Default 10250.
    #[serde(skip_serializing_if = "omit::zero")]
    pub port: i32,
    /// The port of the server without authentication. Zero: none.
    #[serde(skip_serializing_if = "omit::zero")]
    pub read_only_port: i32,
    /// The serving certificate. Empty with `tlsPrivateKeyFile`: a self-signed one.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub tls_cert_file: String,
    /// The key of `tlsCertFile`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub tls_private_key_file: String,
    /// The permitted cipher suites. Empty: those of the TLS library.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tls_cipher_suites: Vec<String>,
    /// The permitted key exchanges by their numbers in the IANA registry of TLS groups. Empty: those of the TLS
    /// library.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tls_curve_preferences: Vec<i32>,
    /// The oldest TLS version served, such as `VersionTLS12`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub tls_min_version: String,
    /// Whether the client certificate is renewed through the API before it ends.
    #[serde(skip_serializing_if = "omit::zero")]
    pub rotate_certificates: bool,
    /// Whether the serving certificate is requested from the API.
    #[serde(rename = "serverTLSBootstrap", skip_serializing_if = "omit::zero")]
    pub server_tls_bootstrap: bool,
    /// Who a request to the kubelet's server comes from.
    pub authentication: KubeletAuthentication,
    /// What a request to the kubelet's server may do.
    pub authorization: KubeletAuthorization,
    /// Image pulls a second. Zero: no limit. Default 5.
    #[serde(rename = "registryPullQPS", skip_serializing_if = "Option::is_none")]
    pub registry_pull_qps: Option<i32>,
    /// The most image pulls in a burst. Default 10.
    #[serde(skip_serializing_if = "omit::zero")]
    pub registry_burst: i32,
    /// Which images that are present already need credentials: `NeverVerify`, `NeverVerifyPreloadedImages`,
    /// `NeverVerifyAllowlistedImages` or `AlwaysVerify`. Default `NeverVerifyPreloadedImages`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub image_pull_credentials_verification_policy: String,
    /// Images without need of credentials under `NeverVerifyAllowlistedImages`; a pattern may end in `/*`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub preloaded_images_verification_allowlist: Vec<String>,
    /// Events created a second. Zero: no limit. Default 50.
    #[serde(rename = "eventRecordQPS", skip_serializing_if = "Option::is_none")]
    pub event_record_qps: Option<i32>,
    /// The most events in a burst. Default 100.
    #[serde(skip_serializing_if = "omit::zero")]
    pub event_burst: i32,
    /// Whether logs, exec, attach and port-forward are served. Default true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable_debugging_handlers: Option<bool>,
    /// Whether block profiling is served, if debugging handlers are.
    #[serde(skip_serializing_if = "omit::zero")]
    pub enable_contention_profiling: bool,
    /// The port of the health endpoint. Zero: none. Default 10248.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub healthz_port: Option<i32>,
    /// The IP address of the health endpoint. Default `127.0.0.1`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub healthz_bind_address: String,
    /// The OOM score of the kubelet's process, -1000 to 1000. Default -999.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oom_score_adj: Option<i32>,
    /// The DNS domain that containers search beside those of the host.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub cluster_domain: String,
    /// The DNS servers of containers with policy `ClusterFirst`. `None`: those of the host.
    #[serde(rename = "clusterDNS", skip_serializing_if = "omit::none_or_empty")]
    pub cluster_dns: Option<Vec<String>>,
    /// How long a streaming connection may be idle. Default 4 hours.
    pub streaming_connection_idle_timeout: Duration,
    /// How often the status of the node is computed. Default 10 seconds.
    pub node_status_update_frequency: Duration,
    /// How often the status is posted if nothing changed. Default 5 minutes, or `nodeStatusUpdateFrequency` where
    /// that is set.
    pub node_status_report_frequency: Duration,
    /// How long the lease of the node holds, in seconds. Default 40.
    #[serde(skip_serializing_if = "omit::zero")]
    pub node_lease_duration_seconds: i32,
    /// The least age of an unused image before it is collected. Default 2 minutes.
    #[serde(rename = "imageMinimumGCAge")]
    pub image_minimum_gc_age: Duration,
    /// The age at which an unused image is collected. Zero: none.
    #[serde(rename = "imageMaximumGCAge")]
    pub image_maximum_gc_age: Duration,
    /// The disk usage in percent above which images are always collected. Default 85.
    #[serde(
        rename = "imageGCHighThresholdPercent",
        skip_serializing_if = "Option::is_none"
    )]
    pub image_gc_high_threshold_percent: Option<i32>,
    /// The disk usage in percent down to which images are collected. Default 80.
    #[serde(
        rename = "imageGCLowThresholdPercent",
        skip_serializing_if = "Option::is_none"
    )]
    pub image_gc_low_threshold_percent: Option<i32>,
    /// How often the disk usage of volumes is computed. Negative: never. Default 1 minute.
    pub volume_stats_agg_period: Duration,
    /// The cgroup of the kubelet.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub kubelet_cgroups: String,
    /// The cgroup for processes outside containers. Empty: none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub system_cgroups: String,
    /// The cgroup under which those of Pods lie.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub cgroup_root: String,
    /// Whether there is a cgroup for each class of quality of service. Default true.
    #[serde(rename = "cgroupsPerQOS", skip_serializing_if = "Option::is_none")]
    pub cgroups_per_qos: Option<bool>,
    /// Who manipulates cgroups: `cgroupfs` or `systemd`. Default `cgroupfs`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub cgroup_driver: String,
    /// `none`, or `static` for exclusive CPUs. Default `none`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub cpu_manager_policy: String,
    /// Whether only the process that ran out of memory is killed and not its container. Default: false with cgroup
    /// v2, true with v1.
    #[serde(
        rename = "singleProcessOOMKill",
        skip_serializing_if = "Option::is_none"
    )]
    pub single_process_oom_kill: Option<bool>,
    /// Options of the CPU manager's policy.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub cpu_manager_policy_options: BTreeMap<String, String>,
    /// How often the CPU manager reconciles. Default 10 seconds.
    pub cpu_manager_reconcile_period: Duration,
    /// `None` or `Static`. Default `None`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub memory_manager_policy: String,
    /// `none`, `best-effort`, `restricted` or `single-numa-node`. Default `none`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub topology_manager_policy: String,
    /// What hints are made for: `container` or `pod`. Default `container`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub topology_manager_scope: String,
    /// Options of the topology manager's policy.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub topology_manager_policy_options: BTreeMap<String, String>,
    /// By resource, the percentage of requests that lower classes of quality of service cannot use, such as `50%`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub qos_reserved: BTreeMap<String, String>,
    /// How long requests to the runtime may take, other than long-running ones. Default 2 minutes.
    pub runtime_request_timeout: Duration,
    /// How a Pod reaches itself through a Service: `promiscuous-bridge`, `hairpin-veth` or `none`. Default
    /// `promiscuous-bridge`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub hairpin_mode: String,
    /// The most Pods of this node. Default 110.
    #[serde(skip_serializing_if = "omit::zero")]
    pub max_pods: i32,
    /// The CIDR of Pods, in stand-alone mode only.
    #[serde(rename = "podCIDR", skip_serializing_if = "String::is_empty")]
    pub pod_cidr: String,
    /// The most processes of a Pod. Default -1: what the node allows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod_pids_limit: Option<i64>,
    /// The resolver configuration of containers. The empty string: none. Default `/etc/resolv.conf`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolv_conf: Option<String>,
    /// Whether the kubelet ends after it started the Pods it read once. Without effect since 1.31.
    #[serde(skip_serializing_if = "omit::zero")]
    pub run_once: bool,
    /// Whether CPU limits are enforced by quota. Default true.
    #[serde(rename = "cpuCFSQuota", skip_serializing_if = "Option::is_none")]
    pub cpu_cfs_quota: Option<bool>,
    /// The period of the CPU quota. Default 100 milliseconds.
    #[serde(rename = "cpuCFSQuotaPeriod", skip_serializing_if = "Option::is_none")]
    pub cpu_cfs_quota_period: Option<Duration>,
    /// The most images in the status of the node. -1: no limit. Default 50.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_status_max_images: Option<i32>,
    /// The most files the kubelet may open. Default 1000000.
    #[serde(skip_serializing_if = "omit::zero")]
    pub max_open_files: i64,
    /// The content type of requests to the API server. Default `application/vnd.kubernetes.protobuf`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub content_type: String,
    /// Requests to the API server a second. Default 50.
    #[serde(rename = "kubeAPIQPS", skip_serializing_if = "Option::is_none")]
    pub kube_api_qps: Option<i32>,
    /// The most requests to the API server in a burst. Default 100.
    #[serde(rename = "kubeAPIBurst", skip_serializing_if = "omit::zero")]
    pub kube_api_burst: i32,
    /// Whether images are pulled one after the other. Default true, unless `maxParallelImagePulls` is more than 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serialize_image_pulls: Option<bool>,
    /// The most image pulls at a time. `None`: no limit if pulls are not serialised.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_parallel_image_pulls: Option<i32>,
    /// Signals and quantities at which Pods are evicted at once, such as `memory.available: 300Mi`. `None`: the
    /// kubelet's defaults.
    #[serde(skip_serializing_if = "omit::none_or_empty")]
    pub eviction_hard: Option<BTreeMap<String, String>>,
    /// Signals and quantities at which Pods are evicted after a grace period.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub eviction_soft: BTreeMap<String, String>,
    /// The grace period of each signal of `evictionSoft`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub eviction_soft_grace_period: BTreeMap<String, String>,
    /// How long a condition of pressure stays after its cause went. Default 5 minutes.
    pub eviction_pressure_transition_period: Duration,
    /// The longest grace period, in seconds, of a Pod that is evicted by `evictionSoft`.
    #[serde(skip_serializing_if = "omit::zero")]
    pub eviction_max_pod_grace_period: i32,
    /// By signal, how much an eviction gains at least.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub eviction_minimum_reclaim: BTreeMap<String, String>,
    /// Whether defaults fill up `evictionHard` where it is set. Default false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merge_default_eviction_settings: Option<bool>,
    /// The most Pods for each core. Zero: no such limit.
    #[serde(skip_serializing_if = "omit::zero")]
    pub pods_per_core: i32,
    /// Whether the attach-detach controller attaches volumes, and not the kubelet. Default true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable_controller_attach_detach: Option<bool>,
    /// Whether kernel flags that differ from what the kubelet expects are an error; else they are changed.
    #[serde(skip_serializing_if = "omit::zero")]
    pub protect_kernel_defaults: bool,
    /// Whether the kubelet makes its iptables chain, a hint for others. Default true.
    #[serde(
        rename = "makeIPTablesUtilChains",
        skip_serializing_if = "Option::is_none"
    )]
    pub make_iptables_util_chains: Option<bool>,
    /// Without effect since 1.28. Default 14.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iptables_masquerade_bit: Option<i32>,
    /// Without effect since 1.28. Default 15.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iptables_drop_bit: Option<i32>,
    /// Feature gates by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub feature_gates: BTreeMap<String, bool>,
    /// Whether the kubelet refuses to start where swap is on. Default true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fail_swap_on: Option<bool>,
    /// How containers may use swap.
    pub memory_swap: MemorySwapConfiguration,
    /// The size at which a container's log is rotated, a quantity. Default `10Mi`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub container_log_max_size: String,
    /// The most log files of a container, at least 2. Default 5.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container_log_max_files: Option<i32>,
    /// How many logs are rotated at a time. Default 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container_log_max_workers: Option<i32>,
    /// How often logs are looked at. Default 10 seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container_log_monitor_interval: Option<Duration>,
    /// How changes of ConfigMaps and Secrets are seen: `Get`, `Cache` or `Watch`. Default `Watch`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub config_map_and_secret_change_detection_strategy: String,
    /// Resources reserved for the system, such as `cpu: 200m`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub system_reserved: BTreeMap<String, String>,
    /// Resources reserved for Kubernetes, such as `cpu: 200m`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub kube_reserved: BTreeMap<String, String>,
    /// CPUs reserved for the system and Kubernetes, such as `0-3`.
    #[serde(
        rename = "reservedSystemCPUs",
        skip_serializing_if = "String::is_empty"
    )]
    pub reserved_system_cpus: String,
    /// The previous minor version whose hidden metrics are shown, such as `1.35`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub show_hidden_metrics_for_version: String,
    /// The cgroup that `systemReserved` is enforced on.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub system_reserved_cgroup: String,
    /// The cgroup that `kubeReserved` is enforced on.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub kube_reserved_cgroup: String,
    /// What is enforced: `none`, `pods`, `system-reserved`, `system-reserved-compressible`, `kube-reserved`,
    /// `kube-reserved-compressible`. `None`: `pods`. An empty list: nothing.
    #[serde(skip_serializing_if = "omit::none_or_empty")]
    pub enforce_node_allocatable: Option<Vec<String>>,
    /// Unsafe sysctls that Pods may set; a pattern may end in `*`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allowed_unsafe_sysctls: Vec<String>,
    /// The folder of FlexVolume plugins. Default `/usr/libexec/kubernetes/kubelet-plugins/volume/exec/`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub volume_plugin_dir: String,
    /// The identity of this machine at its provider.
    #[serde(rename = "providerID", skip_serializing_if = "String::is_empty")]
    pub provider_id: String,
    /// Whether the kernel tells of memory thresholds, and the kubelet does not poll only.
    #[serde(skip_serializing_if = "omit::zero")]
    pub kernel_memcg_notification: bool,
    /// How the kubelet logs.
    pub logging: LoggingConfiguration,
    /// Whether logs of the system are served under `logs/`. Default true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable_system_log_handler: Option<bool>,
    /// Whether logs of services of the node can be queried. Default false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable_system_log_query: Option<bool>,
    /// How long the shutdown of the node is delayed for Pods. Zero: not.
    pub shutdown_grace_period: Duration,
    /// The part of `shutdownGracePeriod` that belongs to critical Pods.
    pub shutdown_grace_period_critical_pods: Duration,
    /// The grace period of Pods by their priority. Excludes the two fields above.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub shutdown_grace_period_by_pod_priority: Vec<ShutdownGracePeriodByPodPriority>,
    /// The back-off of containers that crash.
    pub crash_loop_back_off: CrashLoopBackOffConfig,
    /// Memory reserved by NUMA node, for the memory manager.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reserved_memory: Vec<MemoryReservation>,
    /// Whether profiles are served under `debug/pprof`. Default true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable_profiling_handler: Option<bool>,
    /// Whether flags are served under `debug/flags/v`. Default true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable_debug_flags_handler: Option<bool>,
    /// Whether `RuntimeDefault` is the seccomp profile of all Pods. Default false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seccomp_default: Option<bool>,
    /// The factor that computes `memory.high` of a container from its limit. Default 0.9.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_throttling_factor: Option<f64>,
    /// Which memory protection cgroup v2 gives to requests: `None` or `TieredReservation`. Default `None`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub memory_reservation_policy: String,
    /// The taints that the node is registered with.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub register_with_taints: Vec<Taint>,
    /// Whether the kubelet registers its node. Default true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub register_node: Option<bool>,
    /// Where traces go. `None`: no traces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tracing: Option<TracingConfiguration>,
    /// Whether local ephemeral storage is isolated. Default true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub local_storage_capacity_isolation: Option<bool>,
    /// The endpoint of the container runtime, such as `unix:///run/containerd/containerd.sock`.
    pub container_runtime_endpoint: String,
    /// The endpoint of the image service. Empty: that of the runtime.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub image_service_endpoint: String,
    /// Whether the kubelet refuses to start on a host with cgroup v1. Default true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fail_cgroup_v1: Option<bool>,
    /// User namespaces of Pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_namespaces: Option<UserNamespaces>,
}
