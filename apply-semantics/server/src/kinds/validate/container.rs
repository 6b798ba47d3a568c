//! Checks of containers: regular ones, those of the beginning, and ephemeral ones.

mod env;
mod mounts;
mod ports;
mod probes;

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    super::{
        cause::{Causes, Field},
        names,
        read::{at, has, list, text},
    },
    resources, security,
    volume::Volumes,
};
use env::{env, env_from};
use mounts::{devices, mounts};
pub(super) use ports::port_or_name;
use ports::{host_port_conflicts, ports};
use probes::running;

/// What containers are checked against.
pub(super) struct Context<'a> {
    /// The spec of the pod.
    pub(super) spec: &'a Value,
    /// Its volumes that are fine, by name.
    pub(super) volumes: &'a Volumes<'a>,
    /// The names of its resource claims.
    pub(super) claims: &'a BTreeSet<String>,
}

/// All containers of a pod.
pub(super) fn containers(context: &Context<'_>, field: Field<'_>, causes: &mut Causes) {
    let regular = list(context.spec, "containers");
    let regular_field = format_args!("{field}.containers");
    if regular.is_empty() {
        causes.required(regular_field, "");
    }
    let mut names = BTreeSet::new();
    for (index, container) in regular.iter().enumerate() {
        let field = format_args!("{regular_field}[{index}]");
        common(container, context, field, causes);
        if !names.insert(text(container, "name")) {
            causes.duplicate(format_args!("{field}.name"), text(container, "name"));
        }
        running(container, context, field, causes);
        if has(container, "restartPolicy") && list(container, "restartPolicyRules").is_empty() {
            let policies = ["Always", "Never", "OnFailure"];
            causes.one_of(
                format_args!("{field}.restartPolicy"),
                text(container, "restartPolicy"),
                &policies,
            );
        }
    }
    host_port_conflicts(regular, regular_field, causes);
    initial(
        context,
        &mut names,
        format_args!("{field}.initContainers"),
        causes,
    );
    ephemeral(
        context,
        &mut names,
        format_args!("{field}.ephemeralContainers"),
        causes,
    );
}

fn initial<'a>(
    context: &Context<'a>,
    names: &mut BTreeSet<&'a str>,
    field: Field<'_>,
    causes: &mut Causes,
) {
    for (index, container) in list(context.spec, "initContainers").iter().enumerate() {
        let at_field = format_args!("{field}[{index}]");
        common(container, context, at_field, causes);
        let stays = text(container, "restartPolicy") == "Always";
        let name = text(container, "name");
        if names.contains(name) {
            causes.duplicate(format_args!("{at_field}.name"), name);
        } else if !name.is_empty() {
            names.insert(name);
        }
        host_port_conflicts(std::slice::from_ref(container), field, causes);
        if stays {
            running(container, context, at_field, causes);
            continue;
        }
        for key in [
            "lifecycle",
            "livenessProbe",
            "readinessProbe",
            "startupProbe",
        ] {
            if has(container, key) {
                let detail = "may not be set for init containers without restartPolicy=Always";
                causes.forbidden(format_args!("{at_field}.{key}"), detail);
            }
        }
    }
}

fn ephemeral<'a>(
    context: &Context<'a>,
    names: &mut BTreeSet<&'a str>,
    field: Field<'_>,
    causes: &mut Causes,
) {
    let others = names.clone();
    for (index, container) in list(context.spec, "ephemeralContainers").iter().enumerate() {
        let field = format_args!("{field}[{index}]");
        common(container, context, field, causes);
        image_has_no_blanks(container, field, causes);
        if !names.insert(text(container, "name")) {
            causes.duplicate(format_args!("{field}.name"), text(container, "name"));
        }
        let target = text(container, "targetContainerName");
        if !target.is_empty() && !others.contains(target) {
            causes.not_found(format_args!("{field}.targetContainerName"), target);
        }
        let denied = [
            "ports",
            "livenessProbe",
            "readinessProbe",
            "startupProbe",
            "lifecycle",
        ];
        for key in denied.into_iter().filter(|key| has(container, key)) {
            causes.forbidden(
                format_args!("{field}.{key}"),
                "cannot be set for an Ephemeral Container",
            );
        }
        if at(container, "resources")
            .as_object()
            .is_some_and(|map| !map.is_empty())
        {
            causes.forbidden(
                format_args!("{field}.resources"),
                "cannot be set for an Ephemeral Container",
            );
        }
    }
}

/// In pods, and not in templates, an image has no blanks around it.
pub(super) fn image_has_no_blanks(container: &Value, field: Field<'_>, causes: &mut Causes) {
    let image = text(container, "image");
    if image.trim() != image {
        let detail = "must not have leading or trailing whitespace";
        causes.invalid(format_args!("{field}.image"), image, detail);
    }
}

fn common(container: &Value, context: &Context<'_>, field: Field<'_>, causes: &mut Causes) {
    let name = text(container, "name");
    if name.is_empty() {
        causes.required(format_args!("{field}.name"), "");
    } else {
        causes.each(format_args!("{field}.name"), name, names::dns_label(name));
    }
    if text(container, "image").is_empty() {
        causes.required(format_args!("{field}.image"), "");
    }
    let policies = ["File", "FallbackToLogsOnError"];
    let policy = text(container, "terminationMessagePolicy");
    causes.one_of(
        format_args!("{field}.terminationMessagePolicy"),
        policy,
        &policies,
    );
    ports(
        list(container, "ports"),
        format_args!("{field}.ports"),
        causes,
    );
    env(list(container, "env"), format_args!("{field}.env"), causes);
    env_from(
        list(container, "envFrom"),
        format_args!("{field}.envFrom"),
        causes,
    );
    mounts(
        container,
        context.volumes,
        format_args!("{field}.volumeMounts"),
        causes,
    );
    devices(
        container,
        context.volumes,
        format_args!("{field}.volumeDevices"),
        causes,
    );
    let policies = ["Always", "IfNotPresent", "Never"];
    causes.one_of(
        format_args!("{field}.imagePullPolicy"),
        text(container, "imagePullPolicy"),
        &policies,
    );
    resources::requirements(
        at(container, "resources"),
        context.claims,
        format_args!("{field}.resources"),
        causes,
    );
    resize_policy(
        container,
        context.spec,
        format_args!("{field}.resizePolicy"),
        causes,
    );
    security::container(
        at(container, "securityContext"),
        format_args!("{field}.securityContext"),
        causes,
    );
}

fn resize_policy(container: &Value, spec: &Value, field: Field<'_>, causes: &mut Causes) {
    let mut seen = BTreeSet::new();
    for (index, policy) in list(container, "resizePolicy").iter().enumerate() {
        let name = text(policy, "resourceName");
        if !seen.insert(name) {
            causes.duplicate(format_args!("{field}[{index}]"), name);
        }
        causes.one_of(field, name, &["cpu", "memory"]);
        let restart = text(policy, "restartPolicy");
        causes.one_of(field, restart, &["NotRequired", "RestartContainer"]);
        if text(spec, "restartPolicy") == "Never" && restart != "NotRequired" {
            let detail = "must be 'NotRequired' when `restartPolicy` is 'Never'";
            causes.invalid(field, restart, detail);
        }
    }
}
