//! Defaults of pods, containers and volumes.

use serde_json::{Map, Value, json};

use super::{Filling, is_empty, items, text};
use crate::defaults::Quantity;

type Object = Map<String, Value>;

/// These are defaults of pods alone, not of the templates of pods.
pub(super) fn pod(pod: &mut Object, filling: &mut Filling) {
    let Some(spec) = filling.object_at(pod, "spec") else {
        return;
    };
    for list in ["containers", "initContainers"] {
        for container in items(spec, list) {
            requests_from_limits(container, filling);
        }
    }
    pod_resources(spec, filling);
    filling.default(spec, "enableServiceLinks", || true.into());
    if spec.get("hostNetwork") == Some(&Value::Bool(true)) {
        for list in ["containers", "initContainers"] {
            items(spec, list).for_each(|container| host_ports(container, filling));
        }
    }
}

fn requests_from_limits(container: &mut Object, filling: &mut Filling) {
    let resources = container
        .get_mut("resources")
        .and_then(Value::as_object_mut);
    if let Some(resources) = resources
        && let Some(limits) = resources.get("limits").cloned()
    {
        filling.complete(resources, "requests", &limits);
    }
}

fn host_ports(container: &mut Object, filling: &mut Filling) {
    for port in items(container, "ports") {
        if let Some(number) = port.get("containerPort").cloned() {
            filling.default_if_zero(port, "hostPort", || number);
        }
    }
}

/// Resources of the whole pod complete each other: requests from those of the containers and else from the limits, limits
/// from those of the containers if all have them.
fn pod_resources(spec: &mut Object, filling: &mut Filling) {
    let of = |spec: &Object, list: &str| {
        spec.get("resources")
            .and_then(|all| all.get(list))
            .cloned()
            .unwrap_or_default()
    };
    let (limits, requests) = (of(spec, "limits"), of(spec, "requests"));
    if is_empty(&limits) && is_empty(&requests) {
        return;
    }
    let huge = sums(spec, "limits", |name| {
        name.starts_with("hugepages-") && requests.get(name).is_none()
    });
    let shared = |name: &str| matches!(name, "cpu" | "memory");
    let requested = sums(spec, "requests", shared);
    let limited = sums(spec, "limits", |name| {
        shared(name) && all_containers_limit(spec, name)
    });
    let Some(resources) = filling.object_at(spec, "resources") else {
        return;
    };
    filling.complete(resources, "limits", &huge);
    let limits = resources.get("limits").cloned().unwrap_or_default();
    if is_empty(&limits) {
        filling.complete(resources, "limits", &limited);
    } else {
        filling.complete(resources, "requests", &requested);
        let supported = |name: &str| shared(name) || name.starts_with("hugepages-");
        let limits = limits
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(name, _)| supported(name));
        let limits: Object = limits
            .map(|(name, amount)| (name.clone(), amount.clone()))
            .collect();
        filling.complete(resources, "requests", &limits.into());
    }
}

fn all_containers_limit(spec: &Object, resource: &str) -> bool {
    let containers = ["containers", "initContainers"]
        .into_iter()
        .filter_map(|list| spec.get(list)?.as_array());
    containers.flatten().all(|container| {
        resources(container, "limits")
            .get(resource)
            .is_some_and(|amount| !amount.is_null())
    })
}

/// What the containers of a pod need at once: those that run together, or an init container before them, whichever is more.
fn sums(spec: &Object, list: &str, wanted: impl Fn(&str) -> bool) -> Value {
    let containers = |of: &str| {
        spec.get(of)
            .and_then(Value::as_array)
            .map_or(&[][..], Vec::as_slice)
    };
    let amounts = |container: &Value| resources(container, list);
    let mut together = Object::new();
    let mut most = Object::new();
    for container in containers("initContainers") {
        let sidecar = container
            .get("restartPolicy")
            .is_some_and(|policy| policy == "Always");
        let mut now = together.clone();
        for (name, amount) in amounts(container) {
            if sidecar {
                add(&mut together, &name, &amount);
            }
            add(&mut now, &name, &amount);
        }
        now.iter()
            .for_each(|(name, amount)| raise(&mut most, name, amount));
    }
    for container in containers("containers") {
        amounts(container)
            .iter()
            .for_each(|(name, amount)| add(&mut together, name, amount));
    }
    together
        .iter()
        .for_each(|(name, amount)| raise(&mut most, name, amount));
    most.retain(|name, _| wanted(name));
    most.into()
}

/// The limits or requests of a container.
fn resources(container: &Value, list: &str) -> Object {
    let resources = container.get("resources").and_then(|all| all.get(list));
    resources
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default()
}

fn add(sums: &mut Object, name: &str, amount: &Value) {
    let Some(amount) = quantity(amount) else {
        return;
    };
    let sum = match sums.get(name).and_then(quantity) {
        Some(sum) => sum.plus(&amount),
        None => amount,
    };
    sums.insert(name.to_owned(), sum.to_string().into());
}

fn raise(most: &mut Object, name: &str, amount: &Value) {
    let less = |present: &Value| quantity(present) < quantity(amount);
    if most.get(name).is_none_or(less) {
        most.insert(name.to_owned(), amount.clone());
    }
}

fn quantity(value: &Value) -> Option<Quantity> {
    Quantity::parse(value.as_str()?)
}

/// A volume without any source is an empty directory.
pub(super) fn volume(volume: &mut Object, filling: &mut Filling) {
    let source = |(field, value): (&String, &Value)| field != "name" && !value.is_null();
    if !volume.iter().any(source) {
        filling.insert(volume, "emptyDir", json!({}));
    }
    if let Some(image) = volume.get_mut("image").and_then(Value::as_object_mut) {
        let policy = pull_policy(text(image, "reference"));
        filling.default_if_zero(image, "pullPolicy", || policy.into());
    }
}

pub(super) fn container(container: &mut Object, filling: &mut Filling) {
    let policy = pull_policy(text(container, "image"));
    filling.default_if_zero(container, "imagePullPolicy", || policy.into());
}

/// Images with the tag `latest`, which is that of images with neither tag nor digest, are pulled always.
fn pull_policy(image: &str) -> &'static str {
    let (name, digest) = match image.split_once('@') {
        Some((name, digest)) => (name, Some(digest)),
        None => (image, None),
    };
    let last = name.rsplit('/').next().unwrap_or_default();
    let tag = last.split_once(':').map(|(_, tag)| tag);
    match (tag, digest) {
        (Some("latest"), _) | (None, None) if !image.is_empty() => "Always",
        _ => "IfNotPresent",
    }
}
