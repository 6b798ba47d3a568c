//! Choices between names, and fields that go together or exclude each other.

use crate::{
    check::{cpuset, image, labels, metrics},
    field::{Errors, FieldError, Path},
    gates::Gates,
    kubelet::v1beta1::KubeletConfiguration,
};

pub(super) fn check(kubelet: &KubeletConfiguration, gates: Gates<'_>, errors: &mut Errors) {
    names(kubelet, errors);
    together(kubelet, gates, errors);
    taints(kubelet, errors);
    image_credentials(kubelet, gates, errors);
    reserved_cpus(kubelet, errors);
    metrics::hidden_version(
        &kubelet.show_hidden_metrics_for_version,
        &Path::new("showHiddenMetricsForVersion"),
        errors,
    );
}

fn names(kubelet: &KubeletConfiguration, errors: &mut Errors) {
    for (name, value, known) in [
        (
            "topologyManagerPolicy",
            &kubelet.topology_manager_policy,
            &["none", "best-effort", "restricted", "single-numa-node"][..],
        ),
        (
            "topologyManagerScope",
            &kubelet.topology_manager_scope,
            &["container", "pod"],
        ),
        (
            "hairpinMode",
            &kubelet.hairpin_mode,
            &["none", "hairpin-veth", "promiscuous-bridge"],
        ),
    ] {
        if !known.contains(&value.as_str()) {
            errors.not_supported(&Path::new(name), value.as_str(), known);
        }
    }
}

fn together(kubelet: &KubeletConfiguration, gates: Gates<'_>, errors: &mut Errors) {
    if !kubelet.system_cgroups.is_empty() && kubelet.cgroup_root.is_empty() {
        let detail = "was specified and cgroupRoot was not specified";
        errors.invalid(
            &Path::new("systemCgroups"),
            kubelet.system_cgroups.as_str(),
            detail,
        );
    }
    if kubelet.server_tls_bootstrap && !gates.enabled("RotateKubeletServerCertificate") {
        errors.forbidden(
            &Path::new("serverTLSBootstrap"),
            "requires feature gate RotateKubeletServerCertificate",
        );
    }
    if kubelet.run_once {
        errors.invalid(
            &Path::new("runOnce"),
            true,
            "runonce mode has been deprecated and should not be set",
        );
    }
    if kubelet.container_runtime_endpoint.is_empty() {
        errors.required(&Path::new("containerRuntimeEndpoint"), "");
    }
    if kubelet.enable_system_log_query == Some(true) {
        let path = Path::new("enableSystemLogQuery");
        if !gates.enabled("NodeLogQuery") {
            errors.forbidden(&path, "requires feature gate NodeLogQuery");
        }
        if kubelet.enable_system_log_handler != Some(true) {
            errors.forbidden(&path, "requires enableSystemLogHandler");
        }
    }
}

fn taints(kubelet: &KubeletConfiguration, errors: &mut Errors) {
    let path = Path::new("registerWithTaints");
    for (index, taint) in kubelet.register_with_taints.iter().enumerate() {
        let mut wrong = |value, detail| {
            let error = FieldError::invalid(path.clone(), value, detail);
            errors.push(error.pointing_at(path.index(index)));
        };
        let value = format!("{}={}:{}", taint.key, taint.value, taint.effect);
        let effect = matches!(
            taint.effect.as_str(),
            "" | "NoSchedule" | "PreferNoSchedule" | "NoExecute"
        );
        if !labels::is_qualified_name(&taint.key) || !labels::is_value(&taint.value) || !effect {
            wrong(value, "invalid taint");
        } else if taint.time_added.is_some() {
            wrong(value, "timeAdded must not be set");
        }
    }
}

const POLICIES: [&str; 4] = [
    "NeverVerify",
    "NeverVerifyPreloadedImages",
    "NeverVerifyAllowlistedImages",
    "AlwaysVerify",
];

fn image_credentials(kubelet: &KubeletConfiguration, gates: Gates<'_>, errors: &mut Errors) {
    let policy = kubelet.image_pull_credentials_verification_policy.as_str();
    let images = &kubelet.preloaded_images_verification_allowlist;
    let policy_path = Path::new("imagePullCredentialsVerificationPolicy");
    let images_path = Path::new("preloadedImagesVerificationAllowlist");
    if !gates.enabled("KubeletEnsureSecretPulledImages") {
        let detail = "requires feature gate KubeletEnsureSecretPulledImages";
        for (path, set) in [
            (policy_path, !policy.is_empty()),
            (images_path, !images.is_empty()),
        ] {
            if set {
                errors.forbidden(&path, detail);
            }
        }
        return;
    }
    if !POLICIES.contains(&policy) {
        errors.not_supported(&policy_path, policy, &POLICIES);
    }
    if !images.is_empty() && policy != "NeverVerifyAllowlistedImages" {
        let detail = "can't be set if imagePullCredentialsVerificationPolicy is not NeverVerifyAllowlistedImages";
        errors.forbidden(&images_path, detail);
        return;
    }
    for (index, pattern) in images.iter().enumerate() {
        let repository = pattern.strip_suffix("/*").unwrap_or(pattern);
        if !image::is_repository(repository) {
            let detail =
                "must be the name of an image without tag, or a prefix of names that ends in /*";
            let error = FieldError::invalid(images_path.clone(), pattern.as_str(), detail);
            errors.push(error.pointing_at(images_path.index(index)));
        }
    }
}

fn reserved_cpus(kubelet: &KubeletConfiguration, errors: &mut Errors) {
    let cpus = kubelet.reserved_system_cpus.as_str();
    if cpus.is_empty() {
        return;
    }
    for (name, cgroup) in [
        ("systemReservedCgroup", &kubelet.system_reserved_cgroup),
        ("kubeReservedCgroup", &kubelet.kube_reserved_cgroup),
    ] {
        if !cgroup.is_empty() {
            errors.invalid(
                &Path::new(name),
                cgroup.as_str(),
                "can't be used with reservedSystemCPUs",
            );
        }
    }
    if let Err(why) = cpuset::parse(cpus) {
        errors.invalid(
            &Path::new("reservedSystemCPUs"),
            cpus,
            format!("unable to parse: {why}"),
        );
    }
}
