//! Classes of runtimes: what running a pod takes beside its containers, and where it can run; as `plugin/pkg/admission/runtimeclass`
//! of Kubernetes has it.

use apply_semantics::defaults::Quantity;
use serde_json::{Value, json};

use crate::kinds::{
    prepare::Cx,
    read::{at, entries, has, list, object, path, put, text},
};

/// Adds to a new pod what its class says.
pub(in crate::kinds) fn complete(pod: &mut Value, cx: &dyn Cx) -> Result<(), String> {
    let Some(class) = class_of(pod, cx)? else {
        return Ok(());
    };
    let fixed = path(&class, &["overhead", "podFixed"]);
    let Some(spec) = pod.get_mut("spec") else {
        return Ok(());
    };
    if has(&class, "overhead") {
        if has(spec, "overhead") && !equal(at(spec, "overhead"), fixed) {
            return Err(OTHER.to_owned());
        }
        put(spec, "overhead", fixed.clone());
    }
    let scheduling = at(&class, "scheduling");
    for (key, value) in entries(scheduling, "nodeSelector") {
        let Some(selector) = object(spec, "nodeSelector") else {
            break;
        };
        if let Some(held) = selector.get(key).filter(|held| *held != value) {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            return Err(format!(
                "conflict: runtimeClass.scheduling.nodeSelector[{key}] = {}; pod.spec.nodeSelector[{key}] = {}",
                text(value),
                text(held)
            ));
        }
        selector.insert(key.clone(), value.clone());
    }
    if !scheduling.is_null() {
        let tolerations = merged(list(spec, "tolerations"), list(scheduling, "tolerations"));
        if !tolerations.is_empty() {
            put(spec, "tolerations", tolerations);
        }
    }
    Ok(())
}

const OTHER: &str = "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead";
const ALONE: &str =
    "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead";

/// Whether a new pod has the overhead of its class, and no other.
pub(super) fn check(pod: &Value, cx: &dyn Cx) -> Result<(), String> {
    let class = class_of(pod, cx)?;
    let overhead = path(pod, &["spec", "overhead"]);
    match class.filter(|class| has(class, "overhead")) {
        Some(class) if !equal(overhead, path(&class, &["overhead", "podFixed"])) => {
            Err(OTHER.to_owned())
        }
        None if !overhead.is_null() => Err(ALONE.to_owned()),
        _ => Ok(()),
    }
}

fn class_of(pod: &Value, cx: &dyn Cx) -> Result<Option<Value>, String> {
    let name = path(pod, &["spec", "runtimeClassName"]);
    let Some(name) = name.as_str() else {
        return Ok(None);
    };
    let classes = cx.objects("node.k8s.io/v1", "RuntimeClass", None);
    let mut classes = classes.into_iter();
    let class = classes.find(|class| text(at(class, "metadata"), "name") == name);
    match class {
        Some(class) => Ok(Some(class)),
        None => Err(format!("pod rejected: RuntimeClass {name:?} not found")),
    }
}

/// Whether two lists of resources say the same.
fn equal(one: &Value, other: &Value) -> bool {
    let amounts = |list: &Value| -> Vec<(String, Option<Quantity>)> {
        let list = json!({"list": list});
        let entries = entries(&list, "list").into_iter();
        let amount = |value: &Value| Quantity::parse(value.as_str()?);
        entries
            .map(|(name, value)| (name.clone(), amount(value)))
            .collect()
    };
    amounts(one) == amounts(other)
}

/// Tolerations without those that another one covers.
fn merged(first: &[Value], second: &[Value]) -> Vec<Value> {
    let all: Vec<&Value> = first.iter().chain(second).collect();
    let mut merged: Vec<&Value> = Vec::new();
    for (number, toleration) in all.iter().enumerate() {
        let later = all.iter().skip(number + 1);
        let covered = merged.iter().any(|held| covers(held, toleration))
            || later
                .filter(|other| other != &toleration)
                .any(|other| covers(other, toleration));
        if !covered {
            merged.push(toleration);
        }
    }
    merged.into_iter().cloned().collect()
}

/// Whether a toleration tolerates all that another one does.
fn covers(wide: &Value, narrow: &Value) -> bool {
    if wide == narrow {
        return true;
    }
    let (key, operator) = (text(wide, "key"), text(wide, "operator"));
    let every_key = key.is_empty() && operator == "Exists";
    let effect = text(wide, "effect");
    if (key != text(narrow, "key") && !every_key)
        || (!effect.is_empty() && effect != text(narrow, "effect"))
    {
        return false;
    }
    if effect == "NoExecute"
        && let Some(seconds) = at(wide, "tolerationSeconds").as_i64()
        && at(narrow, "tolerationSeconds")
            .as_i64()
            .is_none_or(|shorter| shorter > seconds)
    {
        return false;
    }
    match operator {
        "Exists" => true,
        "Equal" | "" => {
            matches!(text(narrow, "operator"), "Equal" | "")
                && text(wide, "value") == text(narrow, "value")
        }
        _ => false,
    }
}
