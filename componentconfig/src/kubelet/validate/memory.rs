//! Memory: swap, reservations, throttling.

use std::{cmp::Ordering, collections::BTreeSet};

use crate::{
    field::{Errors, FieldError, Path},
    gates::Gates,
    kubelet::v1beta1::KubeletConfiguration,
};

pub(super) fn check(kubelet: &KubeletConfiguration, gates: Gates<'_>, errors: &mut Errors) {
    swap(kubelet, gates, errors);
    reserved(kubelet, errors);
    quality_of_service(kubelet, gates, errors);
}

fn swap(kubelet: &KubeletConfiguration, gates: Gates<'_>, errors: &mut Errors) {
    let behavior = kubelet.memory_swap.swap_behavior.as_str();
    let path = Path::new("memorySwap").child("swapBehavior");
    if !gates.enabled("NodeSwap") && !behavior.is_empty() {
        errors.forbidden(
            &path,
            "cannot be set when NodeSwap feature flag is disabled",
        );
    } else if !matches!(behavior, "" | "NoSwap" | "LimitedSwap") {
        errors.not_supported(&path, behavior, &["", "LimitedSwap", "NoSwap"]);
    }
}

fn reserved(kubelet: &KubeletConfiguration, errors: &mut Errors) {
    let path = Path::new("reservedMemory");
    let mut seen = BTreeSet::new();
    for (index, reservation) in kubelet.reserved_memory.iter().enumerate() {
        let node = reservation.numa_node;
        for (resource, quantity) in &reservation.limits {
            let place = path.index(index).child("limits").child(resource.clone());
            let mut wrong = |detail: String| {
                let error = FieldError::invalid(path.clone(), quantity.to_string(), detail);
                errors.push(error.pointing_at(place.clone()));
            };
            if resource != "memory" && !resource.starts_with("hugepages-") {
                wrong(format!(
                    "the limit type {resource:?} for NUMA node {node} is not supported, only memory and hugepages-* are \
                     accepted"
                ));
            }
            if quantity.sign() == Ordering::Equal {
                wrong(format!(
                    "reserved memory may not be zero for NUMA node {node} and resource {resource:?}"
                ));
            }
            if !seen.insert((node, resource)) {
                wrong(format!(
                    "the reserved memory has a duplicate value for NUMA node {node} and resource {resource:?}"
                ));
            }
        }
    }
}

fn quality_of_service(kubelet: &KubeletConfiguration, gates: Gates<'_>, errors: &mut Errors) {
    let path = Path::new("memoryThrottlingFactor");
    match kubelet.memory_throttling_factor {
        None if gates.enabled("MemoryQoS") => {
            errors.required(&path, "required when MemoryQoS feature flag is enabled");
        }
        // Not a range, as nothing compares with what is no number.
        Some(factor) if !(factor > 0.0 && factor <= 1.0) => {
            errors.invalid(
                &path,
                factor,
                "must be greater than 0 and less than or equal to 1.0",
            );
        }
        _ => {}
    }
    let (path, policy) = (
        Path::new("memoryReservationPolicy"),
        kubelet.memory_reservation_policy.as_str(),
    );
    match policy {
        "TieredReservation" if !gates.enabled("MemoryQoS") => {
            errors.forbidden(&path, "requires feature gate MemoryQoS");
        }
        "None" | "TieredReservation" => {}
        _ => errors.not_supported(&path, policy, &["None", "TieredReservation"]),
    }
}
