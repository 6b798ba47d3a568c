//! Checks of what runs pods: Deployments, DaemonSets, StatefulSets, ReplicaSets and ReplicationControllers.

use serde_json::{Value, json};

use super::{
    super::{
        cause::{Causes, Field},
        go, names,
        read::{at, entries, has, list, path, put, text},
        semantic,
    },
    claim, meta, pod,
};

/// The spec of a Deployment.
pub(super) fn deployment(spec: &Value, causes: &mut Causes) {
    meta::non_negative(spec, "replicas", format_args!("spec"), causes);
    selector(spec, causes);
    template(spec, "ReplicaSet", causes);
    deployment_strategy(at(spec, "strategy"), causes);
    for key in [
        "minReadySeconds",
        "revisionHistoryLimit",
        "progressDeadlineSeconds",
    ] {
        meta::non_negative(spec, key, format_args!("spec"), causes);
    }
    if let Some(deadline) = at(spec, "progressDeadlineSeconds").as_i64()
        && deadline <= at(spec, "minReadySeconds").as_i64().unwrap_or_default()
    {
        let detail = "must be greater than minReadySeconds";
        causes.invalid("spec.progressDeadlineSeconds", deadline, detail);
    }
}

/// The spec of a ReplicaSet.
pub(super) fn replica_set(spec: &Value, causes: &mut Causes) {
    for key in ["replicas", "minReadySeconds"] {
        meta::non_negative(spec, key, format_args!("spec"), causes);
    }
    selector(spec, causes);
    template(spec, "ReplicaSet", causes);
}

/// The spec of a ReplicationController.
pub(super) fn replication_controller(spec: &Value, causes: &mut Causes) {
    meta::non_negative(spec, "minReadySeconds", format_args!("spec"), causes);
    if entries(spec, "selector").is_empty() {
        causes.required("spec.selector", "");
    }
    meta::non_negative(spec, "replicas", format_args!("spec"), causes);
    let labels = json!({ "matchLabels": at(spec, "selector") });
    if at(spec, "template").is_null() {
        return causes.required("spec.template", "");
    }
    matching(&labels, spec, causes);
    pod::template(at(spec, "template"), format_args!("spec.template"), causes);
    always(spec, "ReplicationController", causes);
}

/// The spec of a DaemonSet.
pub(super) fn daemon_set(spec: &Value, causes: &mut Causes) {
    meta::selector(at(spec, "selector"), format_args!("spec.selector"), causes);
    let labels = path(spec, &["template", "metadata", "labels"]);
    if !meta::selects(at(spec, "selector"), labels) {
        mismatch(labels, causes);
    }
    if has(spec, "selector") && meta::is_empty_selector(at(spec, "selector")) {
        causes.invalid(
            "spec.selector",
            json!({}),
            "empty selector is invalid for daemonset",
        );
    }
    pod::template(at(spec, "template"), format_args!("spec.template"), causes);
    always(spec, "DaemonSet", causes);
    let strategy = at(spec, "updateStrategy");
    match text(strategy, "type") {
        "OnDelete" => {}
        "RollingUpdate" => daemon_roll(at(strategy, "rollingUpdate"), causes),
        _ => {
            let shown = go::internal(strategy, "apps.v1.DaemonSetUpdateStrategy").compact();
            let types = ["OnDelete", "RollingUpdate"];
            causes.not_supported_shown("spec.updateStrategy.type", &shown, &types);
        }
    }
    for key in ["minReadySeconds", "revisionHistoryLimit"] {
        meta::non_negative(spec, key, format_args!("spec"), causes);
    }
}

fn daemon_roll(roll: &Value, causes: &mut Causes) {
    let field = "spec.updateStrategy.rollingUpdate";
    if roll.is_null() {
        return causes.required(field, "");
    }
    for key in ["maxUnavailable", "maxSurge"] {
        amount(at(roll, key), format_args!("{field}.{key}"), causes);
        at_most_all(at(roll, key), format_args!("{field}.{key}"), causes);
    }
    let (surge, down) = (
        share(at(roll, "maxSurge")),
        share(at(roll, "maxUnavailable")),
    );
    if surge == 0 && down == 0 {
        causes.required(
            format_args!("{field}.maxUnavailable"),
            "cannot be 0 when maxSurge is 0",
        );
    } else if surge > 0 && down > 0 {
        let detail = "may not be set when maxUnavailable is non-zero";
        causes.invalid(
            format_args!("{field}.maxSurge"),
            at(roll, "maxSurge").clone(),
            detail,
        );
    }
}

/// The spec of a StatefulSet.
pub(super) fn stateful_set(spec: &Value, causes: &mut Causes) {
    let policy = text(spec, "podManagementPolicy");
    match policy {
        "" => causes.required("spec.podManagementPolicy", ""),
        "OrderedReady" | "Parallel" => {}
        _ => causes.invalid(
            "spec.podManagementPolicy",
            policy,
            "must be 'OrderedReady' or 'Parallel'",
        ),
    }
    stateful_strategy(at(spec, "updateStrategy"), causes);
    let retention = at(spec, "persistentVolumeClaimRetentionPolicy");
    for key in ["whenDeleted", "whenScaled"] {
        let policy = text(retention, key);
        if !retention.is_null() && !matches!(policy, "Retain" | "Delete") {
            let field = format_args!("spec.persistentVolumeClaimRetentionPolicy.{key}");
            causes.not_supported(field, policy, &["Retain", "Delete"]);
        }
    }
    for key in ["replicas", "minReadySeconds", "revisionHistoryLimit"] {
        meta::non_negative(spec, key, format_args!("spec"), causes);
    }
    meta::non_negative(
        at(spec, "ordinals"),
        "start",
        format_args!("spec.ordinals"),
        causes,
    );
    if has(spec, "selector") {
        meta::selector(at(spec, "selector"), format_args!("spec.selector"), causes);
        if meta::is_empty_selector(at(spec, "selector")) {
            causes.invalid(
                "spec.selector",
                json!({}),
                "empty selector is invalid for statefulset",
            );
        }
    } else {
        causes.required("spec.selector", "");
    }
    matching(at(spec, "selector"), spec, causes);
    pod::template(&with_claims(spec), format_args!("spec.template"), causes);
    always(spec, "StatefulSet", causes);
}

/// The template with a volume for each template of a claim, before its own.
fn with_claims(spec: &Value) -> Value {
    let mut template = at(spec, "template").clone();
    let claims = list(spec, "volumeClaimTemplates");
    let names: Vec<&str> = claims
        .iter()
        .map(|claim| text(at(claim, "metadata"), "name"))
        .collect();
    let made = names.iter().map(|name| {
        // The name of the claim is only known for each pod.
        json!({"name": name, "persistentVolumeClaim": {"claimName": name, "readOnly": false}})
    });
    let kept = list(path(spec, &["template", "spec"]), "volumes").iter();
    let kept = kept
        .filter(|volume| !names.contains(&text(volume, "name")))
        .cloned();
    let volumes: Vec<Value> = made.chain(kept).collect();
    if let Some(pod) = template.get_mut("spec") {
        put(pod, "volumes", volumes);
    }
    template
}

/// The templates of claims of a new StatefulSet.
pub(super) fn claim_templates(spec: &Value, causes: &mut Causes) {
    for (index, template) in list(spec, "volumeClaimTemplates").iter().enumerate() {
        claim::spec(
            at(template, "spec"),
            format_args!("spec.volumeClaimTemplates[{index}].spec"),
            causes,
        );
    }
}

fn stateful_strategy(strategy: &Value, causes: &mut Causes) {
    let field = "spec.updateStrategy";
    let roll = at(strategy, "rollingUpdate");
    match text(strategy, "type") {
        "" => causes.required(field, ""),
        "OnDelete" if !roll.is_null() => {
            let shown = go::internal(roll, "apps.v1.RollingUpdateStatefulSetStrategy").compact();
            let detail = "only allowed for updateStrategy 'RollingUpdate'";
            causes.invalid_shown(format_args!("{field}.rollingUpdate"), &shown, detail);
        }
        "OnDelete" => {}
        "RollingUpdate" => {
            meta::non_negative(
                roll,
                "partition",
                format_args!("{field}.rollingUpdate"),
                causes,
            );
            let most = at(roll, "maxUnavailable");
            if !most.is_null() {
                let field = format_args!("{field}.rollingUpdate.maxUnavailable");
                amount(most, field, causes);
                if share(most) == 0 {
                    causes.invalid(field, most.clone(), "cannot be 0");
                }
                at_most_all(most, field, causes);
            }
        }
        _ => {
            let shown = go::internal(strategy, "apps.v1.StatefulSetUpdateStrategy").compact();
            causes.invalid_shown(field, &shown, "must be 'RollingUpdate' or 'OnDelete'");
        }
    }
}

/// What may not change in a StatefulSet.
pub(super) fn stateful_set_update(new: &Value, old: &Value, causes: &mut Causes) {
    let mut left = at(new, "spec").clone();
    for key in [
        "replicas",
        "ordinals",
        "template",
        "updateStrategy",
        "revisionHistoryLimit",
        "persistentVolumeClaimRetentionPolicy",
        "minReadySeconds",
    ] {
        put(&mut left, key, path(old, &["spec", key]).clone());
    }
    if !semantic::equal(&left, at(old, "spec"), "apps.v1.StatefulSetSpec") {
        let detail = "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";
        causes.forbidden("spec", detail);
    }
}

/// A selector that must be there and ask for something. ReplicaSets are refused in the words for Deployments.
fn selector(spec: &Value, causes: &mut Causes) {
    let selector = at(spec, "selector");
    if selector.is_null() {
        return causes.required("spec.selector", "");
    }
    meta::selector(selector, format_args!("spec.selector"), causes);
    if meta::is_empty_selector(selector) {
        causes.invalid(
            "spec.selector",
            json!({}),
            "empty selector is invalid for deployment",
        );
    }
}

fn template(spec: &Value, kind: &str, causes: &mut Causes) {
    matching(at(spec, "selector"), spec, causes);
    pod::template(at(spec, "template"), format_args!("spec.template"), causes);
    always(spec, kind, causes);
}

/// A selector that asks for something selects the pods of the template.
fn matching(selector: &Value, spec: &Value, causes: &mut Causes) {
    let labels = path(spec, &["template", "metadata", "labels"]);
    let asks = selector.is_null() || !meta::is_empty_selector(selector);
    if asks && !meta::selects(selector, labels) {
        mismatch(labels, causes);
    }
}

fn mismatch(labels: &Value, causes: &mut Causes) {
    let detail = "`selector` does not match template `labels`";
    causes.invalid("spec.template.metadata.labels", labels.clone(), detail);
}

/// Pods of these kinds are restarted always.
fn always(spec: &Value, kind: &str, causes: &mut Causes) {
    let pod = path(spec, &["template", "spec"]);
    let policy = text(pod, "restartPolicy");
    if policy != "Always" {
        causes.not_supported("spec.template.spec.restartPolicy", policy, &["Always"]);
    }
    if has(pod, "activeDeadlineSeconds") {
        let detail = format!("activeDeadlineSeconds in {kind} is not Supported");
        causes.forbidden("spec.template.spec.activeDeadlineSeconds", &detail);
    }
}

fn deployment_strategy(strategy: &Value, causes: &mut Causes) {
    let field = "spec.strategy";
    let roll = at(strategy, "rollingUpdate");
    match text(strategy, "type") {
        "Recreate" if !roll.is_null() => {
            let detail = "may not be specified when strategy `type` is 'Recreate'";
            causes.forbidden(format_args!("{field}.rollingUpdate"), detail);
        }
        "Recreate" => {}
        "RollingUpdate" if roll.is_null() => {
            let detail = "this should be defaulted and never be nil";
            causes.required(format_args!("{field}.rollingUpdate"), detail);
        }
        "RollingUpdate" => deployment_roll(roll, format_args!("{field}.rollingUpdate"), causes),
        _ => {
            let shown = go::internal(strategy, "apps.v1.DeploymentStrategy").compact();
            causes.not_supported_shown(field, &shown, &["Recreate", "RollingUpdate"]);
        }
    }
}

fn deployment_roll(roll: &Value, field: Field<'_>, causes: &mut Causes) {
    let (down, surge) = (at(roll, "maxUnavailable"), at(roll, "maxSurge"));
    amount(down, format_args!("{field}.maxUnavailable"), causes);
    amount(surge, format_args!("{field}.maxSurge"), causes);
    if share(down) == 0 && share(surge) == 0 {
        let detail = "may not be 0 when `maxSurge` is 0";
        causes.invalid(format_args!("{field}.maxUnavailable"), down.clone(), detail);
    }
    at_most_all(down, format_args!("{field}.maxUnavailable"), causes);
}

/// A number that is not negative, or a percentage.
pub(super) fn amount(value: &Value, field: Field<'_>, causes: &mut Causes) {
    match (value.as_str(), value.as_i64()) {
        (Some(percent), _) => causes.each(field, percent, names::percent(percent)),
        (None, Some(number)) if number < 0 => {
            causes.invalid(field, number, "must be greater than or equal to 0");
        }
        _ => {}
    }
}

/// A percentage of at most a hundred.
pub(super) fn at_most_all(value: &Value, field: Field<'_>, causes: &mut Causes) {
    let percent = value.as_str().is_some_and(|text| text.ends_with('%'));
    if percent && share(value) > 100 {
        causes.invalid(field, value.clone(), "must not be greater than 100%");
    }
}

/// The number, or the number before the percent sign, or the number that a text is.
fn share(value: &Value) -> i64 {
    let text = value
        .as_str()
        .map(|text| text.strip_suffix('%').unwrap_or(text));
    let number = text.and_then(|text| text.parse().ok());
    number.or_else(|| value.as_i64()).unwrap_or_default()
}

/// A selector that may not change.
pub(super) fn same_selector(new: &Value, old: &Value, causes: &mut Causes) {
    let (new, old) = (
        path(new, &["spec", "selector"]),
        path(old, &["spec", "selector"]),
    );
    if !semantic::equal(new, old, "meta.v1.LabelSelector") {
        let shown = if new.is_null() {
            "null".to_owned()
        } else {
            go::internal(new, "meta.v1.LabelSelector").compact()
        };
        causes.invalid_shown("spec.selector", &shown, "field is immutable");
    }
}
