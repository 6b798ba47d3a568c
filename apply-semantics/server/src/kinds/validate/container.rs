//! Checks of containers: regular ones, those of the beginning, and ephemeral ones.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{
    super::{
        cause::{Causes, Field},
        names,
        read::{at, has, int, list, text},
    },
    meta::non_negative,
    resources, security,
    volume::Volumes,
};

const PROTOCOLS: [&str; 3] = ["SCTP", "TCP", "UDP"];

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

fn ports(ports: &[Value], field: Field<'_>, causes: &mut Causes) {
    let mut seen = BTreeSet::new();
    for (index, port) in ports.iter().enumerate() {
        let field = format_args!("{field}[{index}]");
        let name = text(port, "name");
        if !name.is_empty() {
            let wrong = names::port_name(name);
            if wrong.is_empty() && !seen.insert(name) {
                causes.duplicate(format_args!("{field}.name"), name);
            }
            causes.each(format_args!("{field}.name"), name, wrong);
        }
        if int(port, "containerPort") == 0 {
            causes.required(format_args!("{field}.containerPort"), "");
        } else {
            number(port, "containerPort", field, causes);
        }
        if int(port, "hostPort") != 0 {
            number(port, "hostPort", field, causes);
        }
        causes.one_of(
            format_args!("{field}.protocol"),
            text(port, "protocol"),
            &PROTOCOLS,
        );
    }
}

/// The number of a port in a field.
fn number(object: &Value, key: &str, field: Field<'_>, causes: &mut Causes) {
    let port = int(object, key);
    for wrong in names::port_number(port) {
        causes.invalid(format_args!("{field}.{key}"), port, &wrong);
    }
}

/// A port by number or name.
pub(super) fn port_or_name(port: &Value, field: Field<'_>, causes: &mut Causes) {
    if let Some(name) = port.as_str() {
        return causes.each(field, name, names::port_name(name));
    }
    let port = port.as_i64().unwrap_or_default();
    for wrong in names::port_number(port) {
        causes.invalid(field, port, &wrong);
    }
}

fn host_port_conflicts(containers: &[Value], field: Field<'_>, causes: &mut Causes) {
    let mut seen = BTreeSet::new();
    for (c, container) in containers.iter().enumerate() {
        for (p, port) in list(container, "ports").iter().enumerate() {
            let host = int(port, "hostPort");
            let (protocol, address) = (text(port, "protocol"), text(port, "hostIP"));
            if host != 0 && !seen.insert((protocol, address, host)) {
                causes.duplicate(
                    format_args!("{field}[{c}].ports[{p}].hostPort"),
                    format!("{protocol}/{address}/{host}"),
                );
            }
        }
    }
}

fn env(vars: &[Value], field: Field<'_>, causes: &mut Causes) {
    for (index, var) in vars.iter().enumerate() {
        let field = format_args!("{field}[{index}]");
        let name = text(var, "name");
        if name.is_empty() {
            causes.required(format_args!("{field}.name"), "");
        } else {
            causes.each(format_args!("{field}.name"), name, names::env_name(name));
        }
        if has(var, "valueFrom") {
            env_source(var, format_args!("{field}.valueFrom"), causes);
        }
    }
}

fn env_source(var: &Value, field: Field<'_>, causes: &mut Causes) {
    let source = at(var, "valueFrom");
    let kinds = [
        "fieldRef",
        "resourceFieldRef",
        "configMapKeyRef",
        "secretKeyRef",
        "fileKeyRef",
    ];
    let named: Vec<&str> = kinds.into_iter().filter(|kind| has(source, kind)).collect();
    for kind in &named {
        let field = format_args!("{field}.{kind}");
        let source = at(source, kind);
        match *kind {
            "fieldRef" => field_ref(source, field, causes),
            "resourceFieldRef" if text(source, "resource").is_empty() => {
                causes.required(format_args!("{field}.resource"), "");
            }
            "configMapKeyRef" | "secretKeyRef" => key_ref(source, field, causes),
            _ => {}
        }
    }
    if named.is_empty() {
        let detail = "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`";
        causes.invalid(field, "", detail);
    } else if !text(var, "value").is_empty() {
        causes.invalid(field, "", "may not be specified when `value` is not empty");
    } else if named.len() > 1 {
        causes.invalid(
            field,
            "",
            "may not have more than one field specified at a time",
        );
    }
}

fn field_ref(source: &Value, field: Field<'_>, causes: &mut Causes) {
    for key in ["apiVersion", "fieldPath"] {
        if text(source, key).is_empty() {
            return causes.required(format_args!("{field}.{key}"), "");
        }
    }
    let paths = [
        "metadata.name",
        "metadata.namespace",
        "metadata.uid",
        "spec.nodeName",
        "spec.serviceAccountName",
        "status.hostIP",
        "status.hostIPs",
        "status.podIP",
        "status.podIPs",
    ];
    let path = text(source, "fieldPath");
    let is_keyed = ["metadata.labels['", "metadata.annotations['"]
        .iter()
        .any(|start| path.starts_with(start));
    if is_keyed || paths.contains(&path) {
        return;
    }
    if matches!(path, "metadata.labels" | "metadata.annotations") {
        causes.not_supported(format_args!("{field}.fieldPath"), path, &paths);
    } else {
        let detail = format!("error converting fieldPath: field label not supported: {path}");
        causes.invalid(format_args!("{field}.fieldPath"), path, &detail);
    }
}

fn key_ref(source: &Value, field: Field<'_>, causes: &mut Causes) {
    let name = text(source, "name");
    causes.each(
        format_args!("{field}.name"),
        name,
        names::dns_subdomain(name),
    );
    let key = text(source, "key");
    if key.is_empty() {
        causes.required(format_args!("{field}.key"), "");
    } else {
        causes.each(format_args!("{field}.key"), key, names::config_key(key));
    }
}

fn env_from(sources: &[Value], list_field: Field<'_>, causes: &mut Causes) {
    for (index, source) in sources.iter().enumerate() {
        let field = format_args!("{list_field}[{index}]");
        let prefix = text(source, "prefix");
        if !prefix.is_empty() {
            causes.each(
                format_args!("{field}.prefix"),
                prefix,
                names::env_name(prefix),
            );
        }
        let named = ["configMapRef", "secretRef"]
            .into_iter()
            .filter(|kind| has(source, kind));
        let named: Vec<&str> = named.collect();
        for kind in &named {
            let name = text(at(source, kind), "name");
            if name.is_empty() {
                causes.required(format_args!("{field}.{kind}.name"), "");
            } else {
                causes.each(
                    format_args!("{field}.{kind}.name"),
                    name,
                    names::dns_subdomain(name),
                );
            }
        }
        match named.len() {
            0 => causes.invalid(
                list_field,
                "",
                "must specify one of: `configMapRef` or `secretRef`",
            ),
            1 => {}
            _ => causes.invalid(
                list_field,
                "",
                "may not have more than one field specified at a time",
            ),
        }
    }
}

fn by_name<'a>(items: &'a [Value], key: &str) -> BTreeMap<&'a str, &'a str> {
    items
        .iter()
        .map(|item| (text(item, "name"), text(item, key)))
        .collect()
}

fn mounts(container: &Value, volumes: &Volumes<'_>, list_field: Field<'_>, causes: &mut Causes) {
    let devices = by_name(list(container, "volumeDevices"), "devicePath");
    let mut points = BTreeSet::new();
    for (index, mount) in list(container, "volumeMounts").iter().enumerate() {
        let field = format_args!("{list_field}[{index}]");
        let (name, point) = (text(mount, "name"), text(mount, "mountPath"));
        if name.is_empty() {
            causes.required(format_args!("{field}.name"), "");
        }
        if !volumes.contains_key(name) {
            causes.not_found(format_args!("{field}.name"), name);
        }
        if point.is_empty() {
            causes.required(format_args!("{field}.mountPath"), "");
        }
        if !points.insert(point) {
            causes.invalid(format_args!("{field}.mountPath"), point, "must be unique");
        }
        if devices.contains_key(name) {
            causes.invalid(
                format_args!("{field}.name"),
                name,
                "must not already exist in volumeDevices",
            );
        }
        if devices.values().any(|device| *device == point) {
            let detail = "must not already exist as a path in volumeDevices";
            causes.invalid(format_args!("{field}.mountPath"), point, detail);
        }
        for key in ["subPath", "subPathExpr"] {
            let sub = text(mount, key);
            if !sub.is_empty() {
                causes.each(
                    format_args!("{list_field}.{key}"),
                    sub,
                    names::descending_path(sub),
                );
            }
        }
        if !text(mount, "subPath").is_empty() && !text(mount, "subPathExpr").is_empty() {
            let detail = "subPathExpr and subPath are mutually exclusive";
            causes.invalid(
                format_args!("{field}.subPathExpr"),
                text(mount, "subPathExpr"),
                detail,
            );
        }
    }
}

fn devices(container: &Value, volumes: &Volumes<'_>, field: Field<'_>, causes: &mut Causes) {
    let mounts = by_name(list(container, "volumeMounts"), "mountPath");
    let (mut names_seen, mut paths) = (BTreeSet::new(), BTreeSet::new());
    for (index, device) in list(container, "volumeDevices").iter().enumerate() {
        let field = format_args!("{field}[{index}]");
        let (name, path) = (text(device, "name"), text(device, "devicePath"));
        if name.is_empty() {
            causes.required(format_args!("{field}.name"), "");
        } else if !names_seen.insert(name) {
            causes.invalid(format_args!("{field}.name"), name, "must be unique");
        }
        match volumes.get(name) {
            None => causes.not_found(format_args!("{field}.name"), name),
            Some(volume) if !has(volume, "persistentVolumeClaim") && !has(volume, "ephemeral") => {
                let detail = "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode";
                causes.invalid(format_args!("{field}.name"), name, detail);
            }
            Some(_) => {}
        }
        if path.is_empty() {
            causes.required(format_args!("{field}.devicePath"), "");
        }
        if !paths.insert(path) {
            causes.invalid(format_args!("{field}.devicePath"), path, "must be unique");
        }
        if !names::no_backsteps(path).is_empty() {
            causes.invalid(
                format_args!("{field}.devicePath"),
                path,
                "can not contain backsteps ('..')",
            );
        }
        if mounts.contains_key(name) {
            causes.invalid(
                format_args!("{field}.name"),
                name,
                "must not already exist in volumeMounts",
            );
        }
        if mounts.values().any(|mount| *mount == path) {
            let detail = "must not already exist as a path in volumeMounts";
            causes.invalid(format_args!("{field}.devicePath"), path, detail);
        }
    }
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

/// What a container has that keeps running.
fn running(container: &Value, context: &Context<'_>, field: Field<'_>, causes: &mut Causes) {
    let grace = at(context.spec, "terminationGracePeriodSeconds").as_i64();
    for hook in ["postStart", "preStop"] {
        let handler = at(at(container, "lifecycle"), hook);
        if !handler.is_null() {
            self::handler(
                handler,
                grace,
                format_args!("{field}.lifecycle.{hook}"),
                causes,
            );
        }
    }
    for key in ["livenessProbe", "readinessProbe", "startupProbe"] {
        let probe = at(container, key);
        if !probe.is_null() {
            self::probe(probe, key, grace, format_args!("{field}.{key}"), causes);
        }
    }
}

fn probe(probe: &Value, key: &str, grace: Option<i64>, field: Field<'_>, causes: &mut Causes) {
    handler(probe, grace, field, causes);
    for key in [
        "initialDelaySeconds",
        "timeoutSeconds",
        "periodSeconds",
        "successThreshold",
        "failureThreshold",
    ] {
        non_negative(probe, key, field, causes);
    }
    let own_grace = at(probe, "terminationGracePeriodSeconds").as_i64();
    if let Some(seconds) = own_grace.filter(|seconds| *seconds <= 0) {
        let field = format_args!("{field}.terminationGracePeriodSeconds");
        causes.invalid(field, seconds, "must be greater than 0");
    }
    if key == "readinessProbe" {
        if let Some(seconds) = own_grace {
            let field = format_args!("{field}.terminationGracePeriodSeconds");
            causes.invalid(field, seconds, "must not be set for readinessProbes");
        }
    } else if int(probe, "successThreshold") != 1 {
        let threshold = int(probe, "successThreshold");
        causes.invalid(
            format_args!("{field}.successThreshold"),
            threshold,
            "must be 1",
        );
    }
}

fn handler(handler: &Value, grace: Option<i64>, field: Field<'_>, causes: &mut Causes) {
    let kinds = ["exec", "httpGet", "tcpSocket", "grpc", "sleep"];
    let mut named = kinds.into_iter().filter(|kind| has(handler, kind));
    match named.next() {
        None => causes.required(field, "must specify a handler type"),
        Some(kind) => action(
            at(handler, kind),
            kind,
            grace,
            format_args!("{field}.{kind}"),
            causes,
        ),
    }
    for kind in named {
        let detail = "may not specify more than 1 handler type";
        causes.forbidden(format_args!("{field}.{kind}"), detail);
    }
}

fn action(action: &Value, kind: &str, grace: Option<i64>, field: Field<'_>, causes: &mut Causes) {
    match kind {
        "exec" if list(action, "command").is_empty() => {
            causes.required(format_args!("{field}.command"), "");
        }
        "httpGet" => {
            if text(action, "path").is_empty() {
                causes.required(format_args!("{field}.path"), "");
            }
            port_or_name(at(action, "port"), format_args!("{field}.port"), causes);
            let scheme = text(action, "scheme");
            if !matches!(scheme, "HTTP" | "HTTPS") {
                causes.not_supported(format_args!("{field}.scheme"), scheme, &["HTTP", "HTTPS"]);
            }
            for header in list(action, "httpHeaders") {
                let name = text(header, "name");
                causes.each(
                    format_args!("{field}.httpHeaders"),
                    name,
                    names::http_header(name),
                );
            }
        }
        "tcpSocket" | "grpc" => {
            port_or_name(at(action, "port"), format_args!("{field}.port"), causes);
        }
        "sleep" => {
            let seconds = int(action, "seconds");
            if let Some(grace) = grace.filter(|grace| seconds < 0 || seconds > *grace) {
                let detail = format!(
                    "must be non-negative and less than terminationGracePeriodSeconds ({grace})"
                );
                causes.invalid(field, seconds, &detail);
            }
        }
        _ => {}
    }
}
