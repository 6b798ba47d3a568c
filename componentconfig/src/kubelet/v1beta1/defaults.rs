//! The kubelet's own defaults. Follows `pkg/kubelet/apis/config/v1beta1/defaults.go`.

use super::KubeletConfiguration;
use crate::{gates::Gates, scalar::Duration};

impl KubeletConfiguration {
    /// Fills in what is unset, as the kubelet does when it starts. Setting defaults twice is the same as once.
    ///
    /// kubeadm does not do this: what it keeps for all nodes is without them.
    pub fn set_defaults(&mut self) {
        self.set_server_defaults();
        self.set_node_defaults();
        self.set_resource_defaults();
        self.set_image_and_log_defaults();
        self.set_gated_defaults();
    }

    fn set_server_defaults(&mut self) {
        self.enable_server.get_or_insert(true);
        text(&mut self.address, "0.0.0.0");
        number(&mut self.port, 10250);
        let authentication = &mut self.authentication;
        authentication.anonymous.enabled.get_or_insert(false);
        authentication.webhook.enabled.get_or_insert(true);
        time(
            &mut authentication.webhook.cache_ttl,
            Duration::from_mins(2),
        );
        let authorization = &mut self.authorization;
        text(&mut authorization.mode, "Webhook");
        time(
            &mut authorization.webhook.cache_authorized_ttl,
            Duration::from_mins(5),
        );
        time(
            &mut authorization.webhook.cache_unauthorized_ttl,
            Duration::from_secs(30),
        );
        self.enable_debugging_handlers.get_or_insert(true);
        self.healthz_port.get_or_insert(10248);
        text(&mut self.healthz_bind_address, "127.0.0.1");
        time(
            &mut self.streaming_connection_idle_timeout,
            Duration::from_hours(4),
        );
        self.enable_system_log_handler.get_or_insert(true);
        self.enable_system_log_query.get_or_insert(false);
        self.enable_profiling_handler.get_or_insert(true);
        self.enable_debug_flags_handler.get_or_insert(true);
    }

    fn set_node_defaults(&mut self) {
        time(&mut self.sync_frequency, Duration::from_mins(1));
        time(&mut self.file_check_frequency, Duration::from_secs(20));
        time(&mut self.http_check_frequency, Duration::from_secs(20));
        self.event_record_qps.get_or_insert(50);
        number(&mut self.event_burst, 100);
        // Where only the one frequency is set, the other follows it.
        let report = if self.node_status_update_frequency.is_zero() {
            Duration::from_mins(5)
        } else {
            self.node_status_update_frequency
        };
        time(&mut self.node_status_report_frequency, report);
        time(
            &mut self.node_status_update_frequency,
            Duration::from_secs(10),
        );
        number(&mut self.node_lease_duration_seconds, 40);
        self.node_status_max_images.get_or_insert(50);
        text(
            &mut self.content_type,
            "application/vnd.kubernetes.protobuf",
        );
        self.kube_api_qps.get_or_insert(50);
        number(&mut self.kube_api_burst, 100);
        number(&mut self.max_pods, 110);
        self.resolv_conf
            .get_or_insert_with(|| "/etc/resolv.conf".to_owned());
        text(&mut self.hairpin_mode, "promiscuous-bridge");
        self.enable_controller_attach_detach.get_or_insert(true);
        self.make_iptables_util_chains.get_or_insert(true);
        self.iptables_masquerade_bit.get_or_insert(14);
        self.iptables_drop_bit.get_or_insert(15);
        text(
            &mut self.config_map_and_secret_change_detection_strategy,
            "Watch",
        );
        text(
            &mut self.volume_plugin_dir,
            "/usr/libexec/kubernetes/kubelet-plugins/volume/exec/",
        );
        self.register_node.get_or_insert(true);
    }

    fn set_resource_defaults(&mut self) {
        self.oom_score_adj.get_or_insert(-999);
        time(&mut self.volume_stats_agg_period, Duration::from_mins(1));
        self.cgroups_per_qos.get_or_insert(true);
        text(&mut self.cgroup_driver, "cgroupfs");
        text(&mut self.cpu_manager_policy, "none");
        time(
            &mut self.cpu_manager_reconcile_period,
            Duration::from_secs(10),
        );
        text(&mut self.memory_manager_policy, "None");
        text(&mut self.topology_manager_policy, "none");
        text(&mut self.topology_manager_scope, "container");
        // Any negative limit means that of the node.
        self.pod_pids_limit = self.pod_pids_limit.filter(|limit| *limit >= 0).or(Some(-1));
        self.cpu_cfs_quota.get_or_insert(true);
        self.cpu_cfs_quota_period
            .get_or_insert(Duration::from_millis(100));
        number(&mut self.max_open_files, 1_000_000);
        time(
            &mut self.eviction_pressure_transition_period,
            Duration::from_mins(5),
        );
        self.merge_default_eviction_settings.get_or_insert(false);
        self.fail_swap_on.get_or_insert(true);
        self.enforce_node_allocatable
            .get_or_insert_with(|| vec!["pods".to_owned()]);
        self.seccomp_default.get_or_insert(false);
        self.fail_cgroup_v1.get_or_insert(true);
        self.memory_throttling_factor.get_or_insert(0.9);
        text(&mut self.memory_reservation_policy, "None");
        self.local_storage_capacity_isolation.get_or_insert(true);
    }

    fn set_image_and_log_defaults(&mut self) {
        text(
            &mut self.container_runtime_endpoint,
            "unix:///run/containerd/containerd.sock",
        );
        time(&mut self.runtime_request_timeout, Duration::from_mins(2));
        self.registry_pull_qps.get_or_insert(5);
        number(&mut self.registry_burst, 10);
        let parallel = self.max_parallel_image_pulls.is_some_and(|pulls| pulls > 1);
        self.serialize_image_pulls.get_or_insert(!parallel);
        time(&mut self.image_minimum_gc_age, Duration::from_mins(2));
        self.image_gc_high_threshold_percent.get_or_insert(85);
        self.image_gc_low_threshold_percent.get_or_insert(80);
        text(&mut self.container_log_max_size, "10Mi");
        self.container_log_max_files.get_or_insert(5);
        self.container_log_max_workers.get_or_insert(1);
        self.container_log_monitor_interval
            .get_or_insert(Duration::from_secs(10));
        text(&mut self.pod_logs_dir, "/var/log/pods");
        self.logging.set_defaults();
    }

    /// Defaults of fields that exist only with a feature gate.
    fn set_gated_defaults(&mut self) {
        let gates = Gates::new(&self.feature_gates);
        if gates.enabled("KubeletCrashLoopBackOffMax") {
            let period = &mut self.crash_loop_back_off.max_container_restart_period;
            period.get_or_insert(Duration::from_secs(300));
        }
        if gates.enabled("KubeletEnsureSecretPulledImages") {
            text(
                &mut self.image_pull_credentials_verification_policy,
                "NeverVerifyPreloadedImages",
            );
        }
    }
}

fn text(field: &mut String, default: &str) {
    if field.is_empty() {
        default.clone_into(field);
    }
}

fn number<T: Default + PartialEq>(field: &mut T, default: T) {
    if *field == T::default() {
        *field = default;
    }
}

fn time(field: &mut Duration, default: Duration) {
    number(field, default);
}
