//! The kubelet's own defaults. Follows `pkg/kubelet/apis/config/v1beta1/defaults.go`.

use super::{
    KubeletAnonymousAuthentication, KubeletAuthorization, KubeletConfiguration,
    KubeletWebhookAuthentication, KubeletWebhookAuthorization,
};
use crate::{defaults, defaults::Unset, gates::Gates, scalar::Duration};

defaults! {
    KubeletConfiguration: fill_defaults {
        enable_server: bool = true,
        address: &str = "0.0.0.0",
        port: i32 = 10250,
        enable_debugging_handlers: bool = true,
        healthz_port: i32 = 10248,
        healthz_bind_address: &str = "127.0.0.1",
        streaming_connection_idle_timeout: Duration = Duration::from_hours(4),
        enable_system_log_handler: bool = true,
        enable_system_log_query: bool = false,
        enable_profiling_handler: bool = true,
        enable_debug_flags_handler: bool = true,
        sync_frequency: Duration = Duration::from_mins(1),
        file_check_frequency: Duration = Duration::from_secs(20),
        http_check_frequency: Duration = Duration::from_secs(20),
        event_record_qps: i32 = 50,
        event_burst: i32 = 100,
        node_status_update_frequency: Duration = Duration::from_secs(10),
        node_lease_duration_seconds: i32 = 40,
        node_status_max_images: i32 = 50,
        content_type: &str = "application/vnd.kubernetes.protobuf",
        kube_api_qps: i32 = 50,
        kube_api_burst: i32 = 100,
        max_pods: i32 = 110,
        resolv_conf: &str = "/etc/resolv.conf",
        hairpin_mode: &str = "promiscuous-bridge",
        enable_controller_attach_detach: bool = true,
        make_iptables_util_chains: bool = true,
        iptables_masquerade_bit: i32 = 14,
        iptables_drop_bit: i32 = 15,
        config_map_and_secret_change_detection_strategy: &str = "Watch",
        volume_plugin_dir: &str = "/usr/libexec/kubernetes/kubelet-plugins/volume/exec/",
        register_node: bool = true,
        oom_score_adj: i32 = -999,
        volume_stats_agg_period: Duration = Duration::from_mins(1),
        cgroups_per_qos: bool = true,
        cgroup_driver: &str = "cgroupfs",
        cpu_manager_policy: &str = "none",
        cpu_manager_reconcile_period: Duration = Duration::from_secs(10),
        memory_manager_policy: &str = "None",
        topology_manager_policy: &str = "none",
        topology_manager_scope: &str = "container",
        cpu_cfs_quota: bool = true,
        cpu_cfs_quota_period: Duration = Duration::from_millis(100),
        max_open_files: i64 = 1_000_000,
        eviction_pressure_transition_period: Duration = Duration::from_mins(5),
        merge_default_eviction_settings: bool = false,
        fail_swap_on: bool = true,
        seccomp_default: bool = false,
        fail_cgroup_v1: bool = true,
        memory_throttling_factor: f64 = 0.9,
        memory_reservation_policy: &str = "None",
        local_storage_capacity_isolation: bool = true,
        container_runtime_endpoint: &str = "unix:///run/containerd/containerd.sock",
        runtime_request_timeout: Duration = Duration::from_mins(2),
        registry_pull_qps: i32 = 5,
        registry_burst: i32 = 10,
        image_minimum_gc_age: Duration = Duration::from_mins(2),
        image_gc_high_threshold_percent: i32 = 85,
        image_gc_low_threshold_percent: i32 = 80,
        container_log_max_size: &str = "10Mi",
        container_log_max_files: i32 = 5,
        container_log_max_workers: i32 = 1,
        container_log_monitor_interval: Duration = Duration::from_secs(10),
        pod_logs_dir: &str = "/var/log/pods",
    }
}

defaults! {
    KubeletAnonymousAuthentication: fill_defaults { enabled: bool = false }
}

defaults! {
    KubeletWebhookAuthentication: fill_defaults {
        enabled: bool = true,
        cache_ttl: Duration = Duration::from_mins(2),
    }
}

defaults! {
    KubeletAuthorization: fill_defaults { mode: &str = "Webhook" }
}

defaults! {
    KubeletWebhookAuthorization: fill_defaults {
        cache_authorized_ttl: Duration = Duration::from_mins(5),
        cache_unauthorized_ttl: Duration = Duration::from_secs(30),
    }
}

impl KubeletConfiguration {
    /// Fills in what is unset, as the kubelet does when it starts. Setting defaults twice is the same as once.
    ///
    /// kubeadm does not do this: what it keeps for all nodes is without them.
    pub fn set_defaults(&mut self) {
        self.authentication.anonymous.fill_defaults();
        self.authentication.webhook.fill_defaults();
        self.authorization.fill_defaults();
        self.authorization.webhook.fill_defaults();
        self.logging.set_defaults();
        self.set_dependent_defaults();
        self.fill_defaults();
        self.set_gated_defaults();
    }

    /// What the length of a value or another field decides.
    fn set_dependent_defaults(&mut self) {
        // Where only the one frequency is set, the other follows it.
        let report = self.node_status_update_frequency.held();
        let report = report.unwrap_or(Duration::from_mins(5));
        self.node_status_report_frequency.fill(report);
        // Any negative limit means that of the node.
        self.pod_pids_limit = self.pod_pids_limit.filter(|limit| *limit >= 0).or(Some(-1));
        self.enforce_node_allocatable
            .get_or_insert_with(|| vec!["pods".to_owned()]);
        let parallel = self.max_parallel_image_pulls.is_some_and(|pulls| pulls > 1);
        self.serialize_image_pulls.get_or_insert(!parallel);
    }

    /// Defaults of fields that exist only with a feature gate.
    fn set_gated_defaults(&mut self) {
        let gates = Gates::new(&self.feature_gates);
        if gates.enabled("KubeletCrashLoopBackOffMax") {
            let period = &mut self.crash_loop_back_off.max_container_restart_period;
            period.get_or_insert(Duration::from_secs(300));
        }
        if gates.enabled("KubeletEnsureSecretPulledImages") {
            let policy = &mut self.image_pull_credentials_verification_policy;
            policy.fill("NeverVerifyPreloadedImages");
        }
    }
}
