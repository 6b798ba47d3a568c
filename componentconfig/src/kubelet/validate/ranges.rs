//! Numbers and times that have bounds.

use crate::{
    field::{Errors, Path},
    gates::Gates,
    kubelet::v1beta1::KubeletConfiguration,
    scalar::Duration,
};

pub(super) fn check(kubelet: &KubeletConfiguration, gates: Gates<'_>, errors: &mut Errors) {
    not_negative(kubelet, errors);
    within(kubelet, errors);
    ports(kubelet, errors);
    times(kubelet, gates, errors);
    images(kubelet, gates, errors);
    logs(kubelet, errors);
}

fn not_negative(kubelet: &KubeletConfiguration, errors: &mut Errors) {
    for (name, value) in [
        ("eventBurst", i64::from(kubelet.event_burst)),
        (
            "eventRecordQPS",
            kubelet.event_record_qps.unwrap_or(0).into(),
        ),
        ("kubeAPIBurst", kubelet.kube_api_burst.into()),
        ("kubeAPIQPS", kubelet.kube_api_qps.unwrap_or(0).into()),
        ("maxOpenFiles", kubelet.max_open_files),
        ("maxPods", kubelet.max_pods.into()),
        ("podsPerCore", kubelet.pods_per_core.into()),
        ("registryBurst", kubelet.registry_burst.into()),
        (
            "registryPullQPS",
            kubelet.registry_pull_qps.unwrap_or(0).into(),
        ),
    ] {
        if value < 0 {
            errors.invalid(&Path::new(name), value, "must not be a negative number");
        }
    }
    if kubelet.node_lease_duration_seconds <= 0 {
        let path = Path::new("nodeLeaseDurationSeconds");
        errors.invalid(
            &path,
            kubelet.node_lease_duration_seconds,
            "must be greater than 0",
        );
    }
    if let Some(images) = kubelet.node_status_max_images.filter(|images| *images < -1) {
        errors.invalid(
            &Path::new("nodeStatusMaxImages"),
            images,
            "must be -1 or greater",
        );
    }
}

fn within(kubelet: &KubeletConfiguration, errors: &mut Errors) {
    for (name, value, low, high) in [
        (
            "imageGCHighThresholdPercent",
            kubelet.image_gc_high_threshold_percent,
            0,
            100,
        ),
        (
            "imageGCLowThresholdPercent",
            kubelet.image_gc_low_threshold_percent,
            0,
            100,
        ),
        ("iptablesDropBit", kubelet.iptables_drop_bit, 0, 31),
        (
            "iptablesMasqueradeBit",
            kubelet.iptables_masquerade_bit,
            0,
            31,
        ),
        ("oomScoreAdj", kubelet.oom_score_adj, -1000, 1000),
    ] {
        if let Some(value) = value.filter(|value| !(low..=high).contains(value)) {
            errors.invalid(
                &Path::new(name),
                value,
                format!("must be between {low} and {high}, inclusive"),
            );
        }
    }
    let (low, high) = (
        kubelet.image_gc_low_threshold_percent,
        kubelet.image_gc_high_threshold_percent,
    );
    if let (Some(low), Some(high)) = (low, high)
        && low >= high
    {
        let detail = format!("must be less than imageGCHighThresholdPercent {high}");
        errors.invalid(&Path::new("imageGCLowThresholdPercent"), low, detail);
    }
}

fn ports(kubelet: &KubeletConfiguration, errors: &mut Errors) {
    for (name, port, may_be_zero) in [
        ("healthzPort", kubelet.healthz_port.unwrap_or(0), true),
        ("port", kubelet.port, false),
        ("readOnlyPort", kubelet.read_only_port, true),
    ] {
        let valid = (1..=65535).contains(&port) || (may_be_zero && port == 0);
        if !valid {
            errors.invalid(
                &Path::new(name),
                port,
                "must be between 1 and 65535, inclusive",
            );
        }
    }
}

fn times(kubelet: &KubeletConfiguration, gates: Gates<'_>, errors: &mut Errors) {
    const STANDARD: Duration = Duration::from_millis(100);
    let period = kubelet.cpu_cfs_quota_period.unwrap_or(STANDARD);
    let path = Path::new("cpuCFSQuotaPeriod");
    if gates.enabled("CustomCPUCFSQuotaPeriod") {
        if !(Duration::from_millis(1)..=Duration::from_secs(1)).contains(&period) {
            errors.invalid(
                &path,
                period.to_string(),
                "must be between 1ms and 1sec, inclusive",
            );
        }
    } else if period != STANDARD {
        errors.invalid(
            &path,
            period.to_string(),
            "requires feature gate CustomCPUCFSQuotaPeriod",
        );
    }
    let path = Path::new("crashLoopBackOff").child("maxContainerRestartPeriod");
    let period = kubelet.crash_loop_back_off.max_container_restart_period;
    match (gates.enabled("KubeletCrashLoopBackOffMax"), period) {
        (true, None) => errors.required(
            &path,
            "must be set where feature gate KubeletCrashLoopBackOffMax is enabled",
        ),
        (true, Some(period))
            if !(Duration::from_secs(1)..=Duration::from_secs(300)).contains(&period) =>
        {
            errors.invalid(&path, period.to_string(), "must be set between 1s and 300s");
        }
        (false, Some(_)) => {
            errors.forbidden(&path, "requires feature gate KubeletCrashLoopBackOffMax");
        }
        _ => {}
    }
}

fn images(kubelet: &KubeletConfiguration, gates: Gates<'_>, errors: &mut Errors) {
    let (least, most) = (kubelet.image_minimum_gc_age, kubelet.image_maximum_gc_age);
    for (name, age) in [("imageMinimumGCAge", least), ("imageMaximumGCAge", most)] {
        if age < Duration::ZERO {
            errors.invalid(&Path::new(name), age.to_string(), "must not be negative");
        }
    }
    let path = Path::new("imageMaximumGCAge");
    if !most.is_zero() && !gates.enabled("ImageMaximumGCAge") {
        errors.forbidden(&path, "requires feature gate ImageMaximumGCAge");
    }
    if most > Duration::ZERO && most <= least {
        let detail = format!("must be greater than imageMinimumGCAge {least}");
        errors.invalid(&path, most.to_string(), detail);
    }
    let path = Path::new("maxParallelImagePulls");
    match kubelet.max_parallel_image_pulls {
        Some(pulls) if pulls < 1 => errors.invalid(&path, pulls, "must be a positive number"),
        Some(pulls) if pulls > 1 && kubelet.serialize_image_pulls == Some(true) => {
            errors.invalid(
                &path,
                pulls,
                "cannot be larger than 1 unless serializeImagePulls is set to false",
            );
        }
        _ => {}
    }
}

fn logs(kubelet: &KubeletConfiguration, errors: &mut Errors) {
    if let Some(workers) = kubelet
        .container_log_max_workers
        .filter(|workers| *workers < 1)
    {
        errors.invalid(
            &Path::new("containerLogMaxWorkers"),
            workers,
            "must be greater than or equal to 1",
        );
    }
    let interval = kubelet.container_log_monitor_interval;
    if let Some(interval) = interval.filter(|interval| *interval < Duration::from_secs(3)) {
        let detail = "must be a positive time duration greater than or equal to 3s";
        errors.invalid(
            &Path::new("containerLogMonitorInterval"),
            interval.to_string(),
            detail,
        );
    }
    if let Some(files) = kubelet.container_log_max_files.filter(|files| *files <= 1) {
        errors.invalid(
            &Path::new("containerLogMaxFiles"),
            files,
            "must be greater than 1",
        );
    }
    let (path, folder) = (Path::new("podLogsDir"), kubelet.pod_logs_dir.as_str());
    if folder.is_empty() {
        errors.required(&path, "");
    }
    if !folder.starts_with('/') {
        errors.invalid(&path, folder, "must be absolute path");
    }
    if !is_clean(folder) {
        errors.invalid(&path, folder, "must be normalized");
    }
    if !folder.is_ascii() {
        errors.invalid(&path, folder, "must contain ASCII characters only");
    }
}

/// Whether a path has no `.`, `..` and empty parts.
fn is_clean(path: &str) -> bool {
    let relative = path.strip_prefix('/').unwrap_or(path);
    path == "/"
        || relative
            .split('/')
            .all(|part| !matches!(part, "" | "." | ".."))
}
