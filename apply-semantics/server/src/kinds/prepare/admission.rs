//! What admission adds: tolerations and priority of pods, defaults from ranges of limits, finalizers that protect volumes,
//! the taint of a new node, default classes.

use serde_json::{Value, json};

use super::{
    super::{
        admission::{add_account, add_defaults, add_runtime},
        read::{at, flag, has, int, list, path, put, text},
    },
    Cx, Form,
};

/// Adds to a new object, or says why it is forbidden.
pub(super) fn admit(object: &mut Value, cx: &dyn Cx) -> Result<(), String> {
    match (text(object, "apiVersion"), text(object, "kind")) {
        ("v1", "Pod") => {
            add_defaults(object, cx);
            add_account(object, cx)?;
            priority(object, cx)?;
            tolerations(object);
            add_runtime(object, cx)?;
        }
        ("v1", "Node") => node_taint(object),
        ("v1", "PersistentVolumeClaim") => {
            finalizer(object, "kubernetes.io/pvc-protection");
            default_class(
                object,
                "storageClassName",
                "storage.k8s.io/v1",
                "StorageClass",
                cx,
            );
        }
        ("v1", "PersistentVolume") => finalizer(object, "kubernetes.io/pv-protection"),
        ("networking.k8s.io/v1", "Ingress") => {
            let key = "kubernetes.io/ingress.class";
            if path(object, &["metadata", "annotations", key]).is_null() {
                default_class(
                    object,
                    "ingressClassName",
                    "networking.k8s.io/v1",
                    "IngressClass",
                    cx,
                );
            }
        }
        ("scheduling.k8s.io/v1", "PriorityClass") => priority_class(object, cx)?,
        _ => {}
    }
    Ok(())
}

/// Adds to a changed object: a pod keeps its priority, and stays on nodes that are not ready for a while.
pub(super) fn admit_update(new: &mut Value, old: &Value, cx: &dyn Cx) -> Result<Form, String> {
    match (text(new, "apiVersion"), text(new, "kind")) {
        ("v1", "Pod") => {}
        ("scheduling.k8s.io/v1", "PriorityClass") => {
            return priority_class(new, cx).map(|()| Form::Written);
        }
        _ => return Ok(Form::Written),
    }
    for key in ["priority", "preemptionPolicy"] {
        let held = path(old, &["spec", key]).clone();
        if let Some(spec) = new.get_mut("spec").filter(|spec| !has(spec, key)) {
            put(spec, key, held);
        }
    }
    tolerations(new);
    Ok(Form::Unknown)
}

fn finalizer(object: &mut Value, name: &str) {
    let mut names = list(at(object, "metadata"), "finalizers").to_vec();
    if names.iter().any(|held| held == name) {
        return;
    }
    names.push(json!(name));
    if let Some(metadata) = object.get_mut("metadata") {
        put(metadata, "finalizers", names);
    }
}

const NOT_READY: &str = "node.kubernetes.io/not-ready";
const UNREACHABLE: &str = "node.kubernetes.io/unreachable";

/// A new node takes no pods until it says that it is ready.
fn node_taint(object: &mut Value) {
    let Some(spec) = object.get_mut("spec") else {
        return;
    };
    let mut taints = list(spec, "taints").to_vec();
    let is =
        |taint: &&Value| text(taint, "key") == NOT_READY && text(taint, "effect") == "NoSchedule";
    if !taints.iter().any(|taint| is(&taint)) {
        taints.push(json!({"key": NOT_READY, "effect": "NoSchedule"}));
        put(spec, "taints", taints);
    }
}

/// Pods stay for five minutes on nodes that are not ready or cannot be reached.
fn tolerations(object: &mut Value) {
    let Some(spec) = object.get_mut("spec") else {
        return;
    };
    let mut tolerations = list(spec, "tolerations").to_vec();
    for key in [NOT_READY, UNREACHABLE] {
        let covers = |toleration: &Value| {
            let held = text(toleration, "key");
            (held == key || held.is_empty())
                && matches!(text(toleration, "effect"), "" | "NoExecute")
        };
        if !tolerations.iter().any(covers) {
            tolerations.push(json!({
                "key": key,
                "operator": "Exists",
                "effect": "NoExecute",
                "tolerationSeconds": 300,
            }));
        }
    }
    put(spec, "tolerations", tolerations);
}

/// Priority and preemption of a pod, from its class or the default class.
fn priority(object: &mut Value, cx: &dyn Cx) -> Result<(), String> {
    let spec = at(object, "spec");
    let name = text(spec, "priorityClassName").to_owned();
    let classes = cx.objects("scheduling.k8s.io/v1", "PriorityClass", None);
    let system = SYSTEM_CLASSES.iter().find(|(class, _)| *class == name);
    let class = if name.is_empty() {
        default_priority_class(&classes)
    } else {
        classes.iter().find(|class| class_name(class) == name)
    };
    let (value, policy) = match (class, system) {
        (Some(class), _) => (int(class, "value"), text(class, "preemptionPolicy")),
        (None, Some((_, value))) => (*value, ""),
        (None, None) if name.is_empty() => (0, ""),
        (None, None) => return Err(format!("no PriorityClass with name {name} was found")),
    };
    let policy = if policy.is_empty() {
        "PreemptLowerPriority"
    } else {
        policy
    };
    if has(spec, "priority") && int(spec, "priority") != value {
        return Err(format!(
            "the integer value of priority ({}) must not be provided in pod spec; priority admission controller computed {value} from the given PriorityClass name",
            int(spec, "priority")
        ));
    }
    let asked = text(spec, "preemptionPolicy");
    if !asked.is_empty() && asked != policy {
        return Err(format!(
            "the string value of PreemptionPolicy ({asked}) must not be provided in pod spec; priority admission controller computed {policy} from the given PriorityClass name"
        ));
    }
    let class = class.map(|class| class_name(class).to_owned());
    let Some(spec) = object.get_mut("spec") else {
        return Ok(());
    };
    if let Some(class) = class {
        put(spec, "priorityClassName", class);
    }
    put(spec, "priority", value);
    put(spec, "preemptionPolicy", policy);
    Ok(())
}

/// The classes that every cluster has.
const SYSTEM_CLASSES: &[(&str, i64)] = &[
    ("system-cluster-critical", 2_000_000_000),
    ("system-node-critical", 2_000_001_000),
];

fn class_name(class: &Value) -> &str {
    text(at(class, "metadata"), "name")
}

/// Of several default classes the one of the lowest value.
fn default_priority_class(classes: &[Value]) -> Option<&Value> {
    let defaults = classes.iter().filter(|class| flag(class, "globalDefault"));
    defaults.min_by_key(|class| int(class, "value"))
}

/// Only one class is the default.
fn priority_class(object: &Value, cx: &dyn Cx) -> Result<(), String> {
    let name = class_name(object);
    let classes = cx.objects("scheduling.k8s.io/v1", "PriorityClass", None);
    match default_priority_class(&classes).filter(|_| flag(object, "globalDefault")) {
        Some(other) if class_name(other) != name => Err(format!(
            "PriorityClass {} is already marked as default. Only one default can exist",
            class_name(other)
        )),
        _ => Ok(()),
    }
}

/// The class that an annotation says is the default.
fn default_class(object: &mut Value, field: &str, api_version: &str, kind: &str, cx: &dyn Cx) {
    if has(at(object, "spec"), field) {
        return;
    }
    let annotation = match kind {
        "StorageClass" => "storageclass.kubernetes.io/is-default-class",
        _ => "ingressclass.kubernetes.io/is-default-class",
    };
    let mut classes = cx.objects(api_version, kind, None);
    classes.retain(|class| path(class, &["metadata", "annotations", annotation]) == "true");
    // Of several the newest, and of those of one second the first by name.
    classes.sort_by(|a, b| {
        let stamp = |class| text(at(class, "metadata"), "creationTimestamp");
        let name = |class| text(at(class, "metadata"), "name");
        stamp(b).cmp(stamp(a)).then_with(|| name(a).cmp(name(b)))
    });
    if let (Some(class), Some(spec)) = (classes.first(), object.get_mut("spec")) {
        put(spec, field, at(at(class, "metadata"), "name").clone());
    }
}
