//! Checks of Jobs and CronJobs.

use serde_json::{Value, json};

use super::{
    super::{
        cause::{Causes, Field},
        cron, go, names,
        read::{at, flag, has, int, list, path, put, text},
        semantic,
    },
    meta, pod,
};

const MODES: [&str; 2] = ["Indexed", "NonIndexed"];
/// Names of CronJobs leave room for what their Jobs are called.
const MOST_CRON_NAME: usize = 52;

/// A Job; twice over when it changes, as the server does.
pub(super) fn job(object: &Value, causes: &mut Causes) {
    generated_selector(object, causes);
    with_selector(at(object, "spec"), causes);
}

/// Labels and selector that the server generates, unless the user says otherwise.
fn generated_selector(object: &Value, causes: &mut Causes) {
    let spec = at(object, "spec");
    if flag(spec, "manualSelector") || !has(spec, "selector") {
        return;
    }
    let metadata = at(object, "metadata");
    let (uid, name) = (text(metadata, "uid"), text(metadata, "name"));
    let labels = path(spec, &["template", "metadata", "labels"]);
    let expected = [
        ("batch.kubernetes.io/controller-uid", uid),
        ("batch.kubernetes.io/job-name", name),
        ("controller-uid", uid),
        ("job-name", name),
    ];
    for (key, value) in expected {
        let field = format_args!("spec.template.metadata.labels[{key}]");
        let detail = format!("must be '{value}'");
        match labels.get(key).and_then(Value::as_str) {
            None => causes.required(field, &detail),
            Some(held) if held != value => causes.invalid(field, labels.clone(), &detail),
            Some(_) => {}
        }
    }
    let expected: Value = expected
        .into_iter()
        .map(|(key, value)| (key.to_owned(), json!(value)))
        .collect();
    if !meta::selects(at(spec, "selector"), &expected) {
        let shown = go::internal(at(spec, "selector"), "meta.v1.LabelSelector").compact();
        causes.invalid_shown("spec.selector", &shown, "`selector` not auto-generated");
    }
}

fn with_selector(spec: &Value, causes: &mut Causes) {
    job_spec(spec, format_args!("spec"), causes);
    let selector = at(spec, "selector");
    if selector.is_null() {
        causes.required("spec.selector", "");
    } else {
        meta::selector(selector, format_args!("spec.selector"), causes);
    }
    let labels = path(spec, &["template", "metadata", "labels"]);
    if !meta::selects(selector, labels) {
        let detail = "`selector` does not match template `labels`";
        causes.invalid("spec.template.metadata.labels", labels.clone(), detail);
    }
}

fn job_spec(spec: &Value, field: Field<'_>, causes: &mut Causes) {
    for key in [
        "parallelism",
        "completions",
        "activeDeadlineSeconds",
        "backoffLimit",
        "ttlSecondsAfterFinished",
        "backoffLimitPerIndex",
    ] {
        meta::non_negative(spec, key, field, causes);
    }
    if has(spec, "maxFailedIndexes") {
        meta::non_negative(spec, "maxFailedIndexes", field, causes);
        if !has(spec, "backoffLimitPerIndex") {
            let detail = "when maxFailedIndexes is specified";
            causes.required(format_args!("{field}.backoffLimitPerIndex"), detail);
        }
    }
    if has(spec, "managedBy") {
        let manager = text(spec, "managedBy");
        causes.each(
            format_args!("{field}.managedBy"),
            manager,
            names::domain_prefixed_path(manager),
        );
    }
    completion_mode(spec, field, causes);
    replacement_policy(spec, field, causes);
    pod::template(
        at(spec, "template"),
        format_args!("{field}.template"),
        causes,
    );
    restart_policy(
        spec,
        format_args!("{field}.template.spec.restartPolicy"),
        causes,
    );
}

fn completion_mode(spec: &Value, field: Field<'_>, causes: &mut Causes) {
    let mode = text(spec, "completionMode");
    if has(spec, "completionMode") && !MODES.contains(&mode) {
        causes.not_supported(format_args!("{field}.completionMode"), mode, &MODES);
    }
    if mode == "Indexed" && !has(spec, "completions") {
        causes.required(
            format_args!("{field}.completions"),
            "when completion mode is Indexed",
        );
    }
    if mode != "Indexed" {
        for key in ["backoffLimitPerIndex", "maxFailedIndexes"] {
            if let Some(number) = at(spec, key).as_i64() {
                causes.invalid(
                    format_args!("{field}.{key}"),
                    number,
                    "requires indexed completion mode",
                );
            }
        }
    }
}

fn replacement_policy(spec: &Value, field: Field<'_>, causes: &mut Causes) {
    if !has(spec, "podReplacementPolicy") {
        return;
    }
    let allowed: &[&str] = if has(spec, "podFailurePolicy") {
        &["Failed"]
    } else {
        &["Failed", "TerminatingOrFailed"]
    };
    let policy = text(spec, "podReplacementPolicy");
    if !allowed.contains(&policy) {
        causes.not_supported(
            format_args!("{field}.podReplacementPolicy"),
            policy,
            allowed,
        );
    }
}

fn restart_policy(spec: &Value, field: Field<'_>, causes: &mut Causes) {
    let policy = text(path(spec, &["template", "spec"]), "restartPolicy");
    match policy {
        "" | "Always" => causes.required(field, "valid values: \"OnFailure\", \"Never\""),
        "OnFailure" | "Never" => {
            if policy != "Never" && has(spec, "podFailurePolicy") {
                let detail = "only \"Never\" is supported when podFailurePolicy is specified";
                causes.invalid(field, policy, detail);
            }
        }
        _ => causes.not_supported(field, policy, &["OnFailure", "Never"]),
    }
}

/// What may not change in a Job.
pub(super) fn update(new: &Value, old: &Value, causes: &mut Causes) {
    let (new_spec, old_spec) = (at(new, "spec"), at(old, "spec"));
    with_selector(new_spec, causes);
    completions(new_spec, old_spec, causes);
    super::workload::same_selector(new, old, causes);
    template_update(new_spec, old, causes);
    let fields = [
        "completionMode",
        "podFailurePolicy",
        "backoffLimitPerIndex",
        "managedBy",
        "successPolicy",
    ];
    for key in fields {
        meta::immutable_value(
            at(new_spec, key),
            at(old_spec, key),
            format_args!("spec.{key}"),
            causes,
        );
    }
}

/// An indexed Job may change how many completions it needs together with how many run at once.
fn completions(new: &Value, old: &Value, causes: &mut Causes) {
    let (count, before) = (at(new, "completions"), at(old, "completions"));
    if text(new, "completionMode") != "Indexed"
        || text(old, "completionMode") != "Indexed"
        || count.is_null()
    {
        if text(new, "completionMode") != "Indexed" || !count.is_null() {
            meta::immutable_value(count, before, format_args!("spec.completions"), causes);
        }
        return;
    }
    if count != before && at(new, "parallelism") != count {
        let detail = "can only be modified in tandem with spec.parallelism";
        causes.invalid("spec.completions", count.clone(), detail);
    }
}

/// The template is fixed; a Job that is suspended and has not begun may still be told where and with how much to run.
fn template_update(new_spec: &Value, old: &Value, causes: &mut Causes) {
    let (new, held) = (at(new_spec, "template"), path(old, &["spec", "template"]));
    let suspended = flag(at(old, "spec"), "suspend") && !has(at(old, "status"), "startTime");
    if !suspended {
        if !semantic::equal(new, held, "core.v1.PodTemplateSpec") {
            let shown = go::internal(new, "core.v1.PodTemplateSpec").compact();
            causes.invalid_shown("spec.template", &shown, "field is immutable");
        }
        return;
    }
    let new = at(new, "spec");
    let mut allowed = at(held, "spec").clone();
    for key in ["nodeSelector", "affinity", "tolerations", "schedulingGates"] {
        put(&mut allowed, key, at(new, key).clone());
    }
    for key in ["containers", "initContainers"] {
        let given = list(new, key);
        let held = allowed.get_mut(key).and_then(Value::as_array_mut);
        for (container, given) in held.into_iter().flatten().zip(given) {
            if text(container, "name") == text(given, "name") {
                put(container, "resources", at(given, "resources").clone());
            }
        }
    }
    if !semantic::equal(new, &allowed, "core.v1.PodSpec") {
        let shown = go::internal(new, "core.v1.PodSpec").compact();
        causes.invalid_shown("spec.template.spec", &shown, "field is immutable");
    }
}

/// A CronJob.
pub(super) fn cron_job(object: &Value, is_new: bool, causes: &mut Causes) {
    let spec = at(object, "spec");
    let schedule = text(spec, "schedule");
    if schedule.is_empty() {
        causes.required("spec.schedule", "");
    } else {
        if let Err(wrong) = cron::check(schedule) {
            causes.invalid("spec.schedule", schedule, &wrong);
        }
        if is_new && schedule.contains("TZ") {
            let detail = "cannot use TZ or CRON_TZ in schedule, use timeZone field instead";
            causes.invalid("spec.schedule", schedule, detail);
        }
    }
    meta::non_negative(
        spec,
        "startingDeadlineSeconds",
        format_args!("spec"),
        causes,
    );
    let policies = ["Allow", "Forbid", "Replace"];
    causes.one_of(
        "spec.concurrencyPolicy",
        text(spec, "concurrencyPolicy"),
        &policies,
    );
    job_template(at(spec, "jobTemplate"), causes);
    for key in ["successfulJobsHistoryLimit", "failedJobsHistoryLimit"] {
        meta::non_negative(spec, key, format_args!("spec"), causes);
    }
    let name = text(at(object, "metadata"), "name");
    if name.len() > MOST_CRON_NAME {
        causes.invalid("metadata.name", name, "must be no more than 52 characters");
    }
}

fn job_template(template: &Value, causes: &mut Causes) {
    let spec = at(template, "spec");
    job_spec(spec, format_args!("spec.jobTemplate.spec"), causes);
    if has(spec, "selector") {
        let shown = go::internal(at(spec, "selector"), "meta.v1.LabelSelector").compact();
        let detail = "`selector` will be auto-generated";
        causes.invalid_shown("spec.jobTemplate.spec.selector", &shown, detail);
    }
    if flag(spec, "manualSelector") {
        causes.not_supported(
            "spec.jobTemplate.spec.manualSelector",
            true,
            &["nil", "false"],
        );
    }
}

/// The status of a Job.
pub(super) fn status(status: &Value, causes: &mut Causes) {
    for key in ["active", "succeeded", "failed"] {
        if int(status, key) < 0 {
            let detail = "must be greater than or equal to 0";
            causes.invalid(format_args!("status.{key}"), int(status, key), detail);
        }
    }
}
