//! The defaults of the controller manager. Follows the `defaults.go` of `pkg/controller/apis/config/v1alpha1` and of the
//! folders `config/v1alpha1` of the controllers.

use super::{KubeControllerManagerConfiguration, PersistentVolumeBinderControllerConfiguration};
use crate::{config::Config, scalar::Duration};

const FLEX_VOLUMES: &str = "/usr/libexec/kubernetes/kubelet-plugins/volume/exec/";
const YEAR: Duration = Duration::from_hours(365 * 24);

impl Config for KubeControllerManagerConfiguration {
    fn set_defaults(&mut self) {
        self.generic.set_defaults();
        self.kube_cloud_shared.set_defaults();
        self.service_controller.set_defaults();
        self.numbers();
        self.periods();
        self.garbage_collector_controller
            .enable_garbage_collector
            .get_or_insert(true);
        let hpa = &mut self.hpa_controller;
        if hpa.horizontal_pod_autoscaler_tolerance == 0.0 {
            hpa.horizontal_pod_autoscaler_tolerance = 0.1;
        }
        self.persistent_volume_binder_controller.set_defaults();
    }
}

impl KubeControllerManagerConfiguration {
    fn numbers(&mut self) {
        let slices = &mut self.endpoint_slice_controller;
        let mirroring = &mut self.endpoint_slice_mirroring_controller;
        for (number, default) in [
            (&mut self.cron_job_controller.concurrent_cron_job_syncs, 5),
            (
                &mut self.daemon_set_controller.concurrent_daemon_set_syncs,
                2,
            ),
            (
                &mut self.deployment_controller.concurrent_deployment_syncs,
                5,
            ),
            (
                &mut self.device_taint_eviction_controller.concurrent_syncs,
                8,
            ),
            (&mut self.endpoint_controller.concurrent_endpoint_syncs, 5),
            (&mut slices.concurrent_service_endpoint_syncs, 5),
            (&mut slices.max_endpoints_per_slice, 100),
            (
                &mut mirroring.mirroring_concurrent_service_endpoint_syncs,
                5,
            ),
            (&mut mirroring.mirroring_max_endpoints_per_subset, 1000),
            (
                &mut self
                    .ephemeral_volume_controller
                    .concurrent_ephemeral_volume_syncs,
                5,
            ),
            (
                &mut self.garbage_collector_controller.concurrent_gc_syncs,
                20,
            ),
            (
                &mut self
                    .hpa_controller
                    .concurrent_horizontal_pod_autoscaler_syncs,
                5,
            ),
            (&mut self.job_controller.concurrent_job_syncs, 5),
            (
                &mut self.namespace_controller.concurrent_namespace_syncs,
                10,
            ),
            (
                &mut self.pod_gc_controller.terminated_pod_gc_threshold,
                12_500,
            ),
            (&mut self.replica_set_controller.concurrent_rs_syncs, 5),
            (&mut self.replication_controller.concurrent_rc_syncs, 5),
            (&mut self.resource_claim_controller.concurrent_syncs, 50),
            (
                &mut self
                    .resource_quota_controller
                    .concurrent_resource_quota_syncs,
                5,
            ),
            (&mut self.sa_controller.concurrent_sa_token_syncs, 5),
            (
                &mut self.stateful_set_controller.concurrent_stateful_set_syncs,
                5,
            ),
            (
                &mut self.ttl_after_finished_controller.concurrent_ttl_syncs,
                5,
            ),
            (
                &mut self
                    .validating_admission_policy_status_controller
                    .concurrent_policy_syncs,
                5,
            ),
        ] {
            if *number == 0 {
                *number = default;
            }
        }
    }

    fn periods(&mut self) {
        let hpa = &mut self.hpa_controller;
        let nodes = &mut self.node_lifecycle_controller;
        for (period, default) in [
            (
                &mut self.attach_detach_controller.reconciler_sync_loop_period,
                Duration::from_mins(1),
            ),
            (
                &mut self.csr_signing_controller.cluster_signing_duration,
                YEAR,
            ),
            (
                &mut hpa.horizontal_pod_autoscaler_sync_period,
                Duration::from_secs(15),
            ),
            (
                &mut hpa.horizontal_pod_autoscaler_downscale_stabilization_window,
                Duration::from_mins(5),
            ),
            (
                &mut hpa.horizontal_pod_autoscaler_cpu_initialization_period,
                Duration::from_mins(5),
            ),
            (
                &mut hpa.horizontal_pod_autoscaler_initial_readiness_delay,
                Duration::from_secs(30),
            ),
            (&mut self.legacy_sa_token_cleaner.clean_up_period, YEAR),
            (
                &mut self.namespace_controller.namespace_sync_period,
                Duration::from_mins(5),
            ),
            (
                &mut nodes.node_monitor_grace_period,
                Duration::from_secs(50),
            ),
            (&mut nodes.node_startup_grace_period, Duration::from_mins(1)),
            (
                &mut self
                    .persistent_volume_binder_controller
                    .pv_claim_binder_sync_period,
                Duration::from_secs(15),
            ),
            (
                &mut self.resource_quota_controller.resource_quota_sync_period,
                Duration::from_mins(5),
            ),
        ] {
            if period.is_zero() {
                *period = default;
            }
        }
    }
}

impl PersistentVolumeBinderControllerConfiguration {
    fn set_defaults(&mut self) {
        let volumes = &mut self.volume_configuration;
        volumes.enable_host_path_provisioning.get_or_insert(false);
        volumes.enable_dynamic_provisioning.get_or_insert(true);
        if volumes.flex_volume_plugin_dir.is_empty() {
            FLEX_VOLUMES.clone_into(&mut volumes.flex_volume_plugin_dir);
        }
        let recycler = &mut volumes.persistent_volume_recycler_configuration;
        for (number, default) in [
            (&mut recycler.maximum_retry, 3),
            (&mut recycler.minimum_timeout_nfs, 300),
            (&mut recycler.increment_timeout_nfs, 30),
            (&mut recycler.minimum_timeout_host_path, 60),
            (&mut recycler.increment_timeout_host_path, 30),
        ] {
            if *number == 0 {
                *number = default;
            }
        }
    }
}
