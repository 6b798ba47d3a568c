//! What is enforced of the resources that are kept for the node.

use std::collections::BTreeSet;

use crate::{
    field::{Errors, FieldError, Path},
    kubelet::v1beta1::KubeletConfiguration,
};

const ENFORCEMENTS: [&str; 6] = [
    "pods",
    "system-reserved",
    "system-reserved-compressible",
    "kube-reserved",
    "kube-reserved-compressible",
    "none",
];

pub(super) fn check(kubelet: &KubeletConfiguration, errors: &mut Errors) {
    let enforced = kubelet
        .enforce_node_allocatable
        .as_deref()
        .unwrap_or_default();
    let path = Path::new("enforceNodeAllocatable");
    let has = |name: &str| enforced.iter().any(|enforced| enforced == name);
    for (whole, part) in [
        ("system-reserved", "system-reserved-compressible"),
        ("kube-reserved", "kube-reserved-compressible"),
    ] {
        if has(whole) && has(part) {
            let detail = format!("both {whole:?} and {part:?} cannot be specified together");
            errors.invalid(&path, enforced.to_vec(), detail);
        }
    }
    let mut seen = BTreeSet::new();
    for (index, name) in enforced.iter().enumerate() {
        if seen.insert(name) {
            one(kubelet, (index, name), enforced.len(), &path, errors);
        } else {
            let error = FieldError::duplicate(path.clone(), name.as_str());
            errors.push(error.pointing_at(path.index(index)));
        }
    }
}

fn one(
    kubelet: &KubeletConfiguration,
    (index, name): (usize, &str),
    all: usize,
    path: &Path,
    errors: &mut Errors,
) {
    let place = path.index(index);
    let cgroup = match name {
        "pods" => None,
        "system-reserved" | "system-reserved-compressible" => {
            Some(("systemReservedCgroup", &kubelet.system_reserved_cgroup))
        }
        "kube-reserved" | "kube-reserved-compressible" => {
            Some(("kubeReservedCgroup", &kubelet.kube_reserved_cgroup))
        }
        "none" => {
            if all > 1 {
                let detail = "may not contain additional enforcements when \"none\" is specified";
                errors.push(FieldError::invalid(path.clone(), name, detail).pointing_at(place));
            }
            return;
        }
        _ => {
            let error = FieldError::not_supported(path.clone(), name, &ENFORCEMENTS);
            errors.push(error.pointing_at(place));
            return;
        }
    };
    if let Some((field, cgroup)) = cgroup
        && cgroup.is_empty()
    {
        let detail =
            format!("must be specified when {name:?} is included in enforceNodeAllocatable");
        errors.push(FieldError::required(Path::new(field), detail).pointing_at(place.clone()));
    }
    if kubelet.cgroups_per_qos != Some(true) {
        let detail =
            format!("must be set to true when {name:?} is contained in enforceNodeAllocatable");
        let error = FieldError::invalid(Path::new("cgroupsPerQOS"), false, detail);
        errors.push(error.pointing_at(place.clone()));
    }
}
