//! Ranges of limits: what they give to containers without, and what they forbid; as `plugin/pkg/admission/limitranger` of Kubernetes
//! has it.

use std::collections::BTreeMap;

use apply_semantics::defaults::Quantity;
use serde_json::{Map, Value, json};

use crate::kinds::{
    prepare::Cx,
    read::{at, entries, list, object, path, put, text},
};

/// Gives the containers of a new pod the requests and limits that they lack, and notes that.
pub(in crate::kinds) fn add_defaults(pod: &mut Value, cx: &dyn Cx) {
    for range in ranges(pod, cx) {
        let (mut limits, mut requests) = (Map::new(), Map::new());
        for limit in limits_of(&range, "Container") {
            for (into, key) in [(&mut limits, "default"), (&mut requests, "defaultRequest")] {
                for (name, amount) in entries(limit, key) {
                    into.insert(name.clone(), amount.clone());
                }
            }
        }
        let mut notes = Vec::new();
        for (key, what) in [
            ("containers", "container"),
            ("initContainers", "init container"),
        ] {
            let containers = pod.get_mut("spec").and_then(|spec| spec.get_mut(key));
            let containers = containers.and_then(Value::as_array_mut);
            for container in containers.into_iter().flatten() {
                let name = text(container, "name").to_owned();
                for (target, given, word) in [
                    ("requests", &requests, "request"),
                    ("limits", &limits, "limit"),
                ] {
                    let added = add(container, target, given);
                    if !added.is_empty() {
                        notes.push(format!("{} {word} for {what} {name}", added.join(", ")));
                    }
                }
            }
        }
        let Some(metadata) = pod.get_mut("metadata").filter(|_| !notes.is_empty()) else {
            continue;
        };
        if let Some(annotations) = object(metadata, "annotations") {
            let note = format!("LimitRanger plugin set: {}", notes.join("; "));
            annotations.insert("kubernetes.io/limit-ranger".to_owned(), note.into());
        }
    }
}

/// Adds amounts that are not there, and tells of which.
fn add(container: &mut Value, target: &str, given: &Map<String, Value>) -> Vec<String> {
    let mut missing: Vec<(String, Value)> = given
        .iter()
        .filter(|(name, _)| path(container, &["resources", target, name]).is_null())
        .map(|(name, amount)| (name.clone(), amount.clone()))
        .collect();
    missing.sort_by(|(a, _), (b, _)| a.cmp(b));
    let added = missing.iter().map(|(name, _)| name.clone()).collect();
    if missing.is_empty() {
        return added;
    }
    if object(container, "resources").is_some()
        && let Some(resources) = container.get_mut("resources")
    {
        let mut held = at(resources, target).clone();
        if held.is_null() {
            held = json!({});
        }
        if let Some(held) = held.as_object_mut() {
            held.extend(missing);
        }
        put(resources, target, held);
    }
    added
}

/// Whether all ranges of its namespace allow a pod.
pub(super) fn check_pod(pod: &Value, cx: &dyn Cx) -> Result<(), String> {
    let spec = at(pod, "spec");
    for range in ranges(pod, cx) {
        let mut errors = Vec::new();
        for limit in list(at(&range, "spec"), "limits") {
            match text(limit, "type") {
                "Container" => {
                    let containers = list(spec, "containers").iter();
                    for container in containers.chain(list(spec, "initContainers")) {
                        let resources = at(container, "resources");
                        let requests = amounts(resources, "requests");
                        Bounds::of(limit).check(
                            &requests,
                            &amounts(resources, "limits"),
                            &mut errors,
                        );
                    }
                }
                "Pod" => Bounds::of(limit).check(
                    &of_pod(spec, "requests"),
                    &of_pod(spec, "limits"),
                    &mut errors,
                ),
                _ => {}
            }
        }
        refuse(&errors)?;
    }
    Ok(())
}

/// Whether all ranges of its namespace allow a claim.
pub(super) fn check_claim(claim: &Value, cx: &dyn Cx) -> Result<(), String> {
    let requests = amounts(path(claim, &["spec", "resources"]), "requests");
    for range in ranges(claim, cx) {
        let mut errors = Vec::new();
        for limit in limits_of(&range, "PersistentVolumeClaim") {
            let bounds = Bounds::of(limit);
            errors.extend(bounds.too_little(&requests, &Amounts::new()));
            for (name, most) in entries(limit, "max") {
                let begin = bounds.begin("maximum", name, most);
                match (requests.get(name.as_str()), quantity(most)) {
                    (None, _) => errors.push(format!("{begin}.  No request is specified")),
                    (Some(asked), Some(most)) if *asked > most => {
                        errors.push(format!("{begin}, but request is {asked}"));
                    }
                    _ => {}
                }
            }
        }
        refuse(&errors)?;
    }
    Ok(())
}

/// One error as it is, and several in brackets.
fn refuse(errors: &[String]) -> Result<(), String> {
    match errors {
        [] => Ok(()),
        [error] => Err(error.clone()),
        errors => Err(format!("[{}]", errors.join(", "))),
    }
}

fn ranges(object: &Value, cx: &dyn Cx) -> Vec<Value> {
    let namespace = text(at(object, "metadata"), "namespace");
    cx.objects("v1", "LimitRange", Some(namespace))
}

fn limits_of<'a>(range: &'a Value, wanted: &str) -> impl Iterator<Item = &'a Value> {
    let limits = list(at(range, "spec"), "limits").iter();
    limits.filter(move |limit| text(limit, "type") == wanted)
}

type Amounts = BTreeMap<String, Quantity>;

fn quantity(value: &Value) -> Option<Quantity> {
    match value {
        Value::String(text) => Quantity::parse(text),
        other => Quantity::parse(&other.to_string()),
    }
}

fn amounts(resources: &Value, key: &str) -> Amounts {
    let entries = entries(resources, key).into_iter();
    entries
        .filter_map(|(name, amount)| Some((name.clone(), quantity(amount)?)))
        .collect()
}

fn add_all(sum: &mut Amounts, more: &Amounts) {
    for (name, amount) in more {
        let all = match sum.get(name) {
            Some(held) => held.plus(amount),
            None => amount.clone(),
        };
        sum.insert(name.clone(), all);
    }
}

/// What a pod takes as a whole: its containers and those beside them together, or what its way through its other first containers
/// takes at most; what stands at the pod itself goes before.
fn of_pod(spec: &Value, key: &str) -> Amounts {
    let mut all = Amounts::new();
    for container in list(spec, "containers") {
        add_all(&mut all, &amounts(at(container, "resources"), key));
    }
    let (mut beside, mut most) = (Amounts::new(), Amounts::new());
    for container in list(spec, "initContainers") {
        let mut now = amounts(at(container, "resources"), key);
        if text(container, "restartPolicy") == "Always" {
            add_all(&mut all, &now);
            add_all(&mut beside, &now);
            now.clone_from(&beside);
        } else {
            add_all(&mut now, &beside);
        }
        raise(&mut most, now);
    }
    raise(&mut all, most);
    for (name, amount) in amounts(at(spec, "resources"), key) {
        if matches!(&*name, "cpu" | "memory") || name.starts_with("hugepages-") {
            all.insert(name, amount);
        }
    }
    all
}

/// The greater one of each.
fn raise(most: &mut Amounts, others: Amounts) {
    for (name, amount) in others {
        if most.get(&name).is_none_or(|held| *held < amount) {
            most.insert(name, amount);
        }
    }
}

/// What one item of a range demands.
struct Bounds<'a> {
    limit: &'a Value,
}

impl<'a> Bounds<'a> {
    fn of(limit: &'a Value) -> Self {
        Self { limit }
    }

    fn check(&self, requests: &Amounts, limits: &Amounts, errors: &mut Vec<String>) {
        errors.extend(self.too_little(requests, limits));
        errors.extend(self.too_much(requests, limits));
        errors.extend(self.too_far_apart(requests, limits));
    }

    fn begin(&self, word: &str, name: &str, bound: &Value) -> String {
        let bound = bound.as_str().unwrap_or_default();
        format!(
            "{word} {name} usage per {} is {bound}",
            text(self.limit, "type")
        )
    }

    fn too_little(&self, requests: &Amounts, limits: &Amounts) -> Vec<String> {
        let least = entries(self.limit, "min").into_iter();
        let errors = least.filter_map(|(name, least)| {
            let begin = self.begin("minimum", name, least);
            let least = quantity(least)?;
            let Some(asked) = requests.get(name) else {
                return Some(format!("{begin}.  No request is specified"));
            };
            if *asked < least {
                return Some(format!("{begin}, but request is {asked}"));
            }
            let limit = limits.get(name).filter(|limit| **limit < least)?;
            Some(format!("{begin}, but limit is {limit}"))
        });
        errors.collect()
    }

    fn too_much(&self, requests: &Amounts, limits: &Amounts) -> Vec<String> {
        let most = entries(self.limit, "max").into_iter();
        let errors = most.filter_map(|(name, most)| {
            let begin = self.begin("maximum", name, most);
            let most = quantity(most)?;
            let Some(limit) = limits.get(name) else {
                return Some(format!("{begin}.  No limit is specified"));
            };
            if *limit > most {
                return Some(format!("{begin}, but limit is {limit}"));
            }
            let asked = requests.get(name).filter(|asked| **asked > most)?;
            Some(format!("{begin}, but request is {asked}"))
        });
        errors.collect()
    }

    fn too_far_apart(&self, requests: &Amounts, limits: &Amounts) -> Vec<String> {
        let ratios = entries(self.limit, "maxLimitRequestRatio").into_iter();
        let errors = ratios.filter_map(|(name, most)| {
            let begin = format!(
                "{name} max limit to request ratio per {} is {}",
                text(self.limit, "type"),
                most.as_str().unwrap_or_default()
            );
            let there = |amounts: &Amounts| {
                let amount = amounts.get(name).filter(|amount| !amount.is_zero());
                amount.map(Quantity::to_f64)
            };
            let (Some(asked), limit) = (there(requests), there(limits)) else {
                return Some(format!(
                    "{begin}, but no request is specified or request is 0"
                ));
            };
            let Some(limit) = limit else {
                return Some(format!("{begin}, but no limit is specified or limit is 0"));
            };
            let ratio = limit / asked;
            (ratio > quantity(most)?.to_f64())
                .then(|| format!("{begin}, but provided ratio is {ratio:.6}"))
        });
        errors.collect()
    }
}
