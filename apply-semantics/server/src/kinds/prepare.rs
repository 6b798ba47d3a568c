//! What the server adds to a new object and carries over to a changed one: what strategies and admission of Kubernetes 1.36
//! do between defaulting and validation.

mod admission;
mod certificates;
mod jobs;
mod pods;
mod services;

use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    discovery,
    read::{at, flag, has, int, list, object, object_value, path, put, same, text},
    semantic,
};

pub(crate) use pods::bind;

/// What the rest of the server knows.
pub(crate) trait Cx {
    /// The time, in whole seconds of RFC 3339.
    fn now(&self) -> String;
    /// An address for a Service that no other has.
    fn cluster_ip(&self) -> Option<String>;
    /// A port of the nodes that no other Service has.
    fn node_port(&self) -> Option<u16>;
    /// Who sends the request.
    fn user(&self) -> User;
    /// Whether every namespace has a service account `default`.
    fn keeps_accounts(&self) -> bool {
        false
    }
    /// The namespace of that name, if it is stored.
    fn namespace(&self, _name: &str) -> Option<Arc<Value>> {
        None
    }
    /// The stored objects of a kind, of a namespace or of all.
    fn objects(&self, _api_version: &str, _kind: &str, _namespace: Option<&str>) -> Vec<Value> {
        Vec::new()
    }
}

/// Who sends a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) uid: String,
    pub(crate) groups: Vec<String>,
}

/// Completes a new object, which has its defaults, its name and its uid: what admission adds, allocated addresses and
/// ports, the first generation, the first status.
///
/// # Errors
/// Why admission forbids it.
pub(crate) fn prepare_create(object: &mut Value, cx: &dyn Cx) -> Result<(), String> {
    let Some(kind) = Kind::of(object) else {
        return Ok(());
    };
    admission::admit(object, cx)?;
    if kind.resets_status {
        put(object, "status", Value::Null);
    }
    let generation = if kind.generation.is_some() {
        json!(1)
    } else {
        Value::Null
    };
    if let Some(metadata) = object.get_mut("metadata") {
        put(metadata, "generation", generation);
    }
    match (kind.group.as_str(), kind.name.as_str()) {
        ("", "Service") => services::create(object, cx),
        ("", "Pod") => pods::create(object),
        ("", "Namespace") => namespace(object),
        ("", "PersistentVolume") => {
            let now = cx.now();
            put(
                object,
                "status",
                json!({"phase": "Pending", "lastPhaseTransitionTime": now}),
            );
        }
        ("", "PersistentVolumeClaim") => {
            put(object, "status", json!({"phase": "Pending"}));
            data_sources(object);
        }
        ("batch", "Job") => jobs::create(object),
        ("apps", "DaemonSet") => template_generation(object, 1),
        ("certificates.k8s.io", "CertificateSigningRequest") => {
            certificates::create(object, &cx.user());
        }
        ("apiextensions.k8s.io", "CustomResourceDefinition") => stored_versions(object),
        _ => {}
    }
    rewrite(object);
    Ok(())
}

/// Completes a changed object: what cannot be changed there stays, and the generation grows if what is wanted changed.
///
/// # Errors
/// Why admission forbids it.
pub(crate) fn prepare_update(
    new: &mut Value,
    old: &Value,
    subresource: Option<&str>,
    cx: &dyn Cx,
) -> Result<(), String> {
    let Some(kind) = Kind::of(new) else {
        return Ok(());
    };
    carry_metadata(new, old);
    let mut form = Form::Unknown;
    match subresource {
        None => form = main(&kind, new, old, cx)?,
        Some("status") => status(&kind, new, old, cx),
        Some("approval") => certificates::approval(new, old, &cx.now()),
        Some("finalize") => keep_all_but(new, old, &["spec"]),
        Some("ephemeralcontainers") => pods::ephemeral(new, old),
        Some("resize") => pods::resize(new, old),
        Some(_) => {}
    }
    grow_generation(&kind, new, old, subresource);
    if form == Form::Unknown {
        rewrite(new);
    }
    Ok(())
}

/// In which form an object is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// The form in which the server writes objects, in which it was read: what was carried over is stored in it.
    Written,
    /// Perhaps another.
    Unknown,
}

struct Kind {
    group: String,
    name: String,
    has_status: bool,
    resets_status: bool,
    /// The fields whose change is a new generation; everything but metadata and status if there are none.
    generation: Option<&'static [&'static str]>,
}

impl Kind {
    fn of(object: &Value) -> Option<Self> {
        let (api_version, kind) = (text(object, "apiVersion"), text(object, "kind"));
        let (gv, resource) = discovery::resource_of(api_version, kind)?;
        let has_status = resource.subresource("status").is_some();
        Some(Self {
            group: gv.group.to_owned(),
            name: kind.to_owned(),
            has_status,
            resets_status: has_status && kind != "Node",
            generation: generation_fields(gv.group, kind),
        })
    }
}

const SPEC: &[&str] = &["spec"];

/// What counts as the wish of a user, for kinds that count its generations.
fn generation_fields(group: &str, kind: &str) -> Option<&'static [&'static str]> {
    let fields: &[&str] = match (group, kind) {
        ("", "Pod" | "ReplicationController")
        | ("apps", "DaemonSet" | "Deployment" | "ReplicaSet" | "StatefulSet")
        | ("batch" | "policy" | "apiextensions.k8s.io" | "flowcontrol.apiserver.k8s.io", _)
        | ("networking.k8s.io", "Ingress" | "IngressClass" | "NetworkPolicy")
        | ("resource.k8s.io", "DeviceClass" | "DeviceTaintRule" | "ResourceSlice") => SPEC,
        ("admissionregistration.k8s.io", kind) if kind.contains("Policy") => SPEC,
        ("admissionregistration.k8s.io", _) => &["webhooks"],
        ("", "PodTemplate") => &["template"],
        ("discovery.k8s.io", _) => &["addressType", "endpoints", "ports"],
        // Counted, but nothing that counts can change.
        ("scheduling.k8s.io", _) => &[],
        _ => return None,
    };
    Some(fields)
}

/// What every update leaves as it is.
fn carry_metadata(new: &mut Value, old: &Value) {
    let held = at(old, "metadata");
    let Some(metadata) = new.get_mut("metadata") else {
        return;
    };
    put(metadata, "generation", at(held, "generation").clone());
    put(metadata, "selfLink", Value::Null);
    if text(metadata, "uid").is_empty() {
        put(metadata, "uid", at(held, "uid").clone());
    }
    for key in ["creationTimestamp", "deletionTimestamp"] {
        if has(held, key) {
            put(metadata, key, at(held, key).clone());
        }
    }
    let key = "deletionGracePeriodSeconds";
    if has(held, key) && !has(metadata, key) {
        put(metadata, key, at(held, key).clone());
    }
}

fn main(kind: &Kind, new: &mut Value, old: &Value, cx: &dyn Cx) -> Result<Form, String> {
    let form = admission::admit_update(new, old, cx)?;
    if kind.has_status {
        put(new, "status", at(old, "status").clone());
    }
    match (kind.group.as_str(), kind.name.as_str()) {
        ("", "Service") => services::update(new, old, cx),
        ("", "Namespace") => {
            put(new, "spec", at(old, "spec").clone());
            namespace_label(new);
        }
        ("", "PersistentVolumeClaim") => data_sources(new),
        ("apps", "DaemonSet") => {
            let held = template_generation_of(old);
            let (template, before) = (
                path(new, &["spec", "template"]),
                path(old, &["spec", "template"]),
            );
            let changed = !semantic::equal(template, before, "core.v1.PodTemplateSpec");
            template_generation(new, held + i64::from(changed));
        }
        ("certificates.k8s.io", _) => put(new, "spec", at(old, "spec").clone()),
        ("apiextensions.k8s.io", _) => stored_versions(new),
        // What is carried over of these may come from another version.
        ("", "Event") | ("events.k8s.io" | "autoscaling", _) => {}
        _ => return Ok(form),
    }
    Ok(Form::Unknown)
}

fn status(kind: &Kind, new: &mut Value, old: &Value, cx: &dyn Cx) {
    let keys: Vec<String> = new
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, _)| key.clone())
        .collect();
    for key in keys {
        if !matches!(key.as_str(), "status" | "metadata" | "apiVersion" | "kind") {
            put(new, &key, at(old, &key).clone());
        }
    }
    for (key, value) in old.as_object().into_iter().flatten() {
        if !matches!(key.as_str(), "status" | "metadata") {
            put(new, key, value.clone());
        }
    }
    let resets: &[&str] = match (kind.group.as_str(), kind.name.as_str()) {
        ("apps", "Deployment") => &["labels"],
        ("", "Pod") => &["ownerReferences"],
        (
            "certificates.k8s.io"
            | "flowcontrol.apiserver.k8s.io"
            | "admissionregistration.k8s.io"
            | "apiextensions.k8s.io"
            | "resource.k8s.io",
            _,
        )
        | ("storage.k8s.io", "VolumeAttachment")
        | ("networking.k8s.io", "ServiceCIDR") => {
            &["labels", "annotations", "finalizers", "ownerReferences"]
        }
        _ => &[],
    };
    for key in resets {
        let held = path(old, &["metadata", key]).clone();
        if let Some(metadata) = new.get_mut("metadata") {
            put(metadata, key, held);
        }
    }
    match (kind.group.as_str(), kind.name.as_str()) {
        ("", "Pod") => pods::status(new, old),
        ("", "PersistentVolume") => phase_time(new, old, &cx.now()),
        ("certificates.k8s.io", _) => certificates::status(new, old, &cx.now()),
        _ => {}
    }
}

/// Everything but some fields and metadata stays.
fn keep_all_but(new: &mut Value, old: &Value, changes: &[&str]) {
    for (key, value) in old.as_object().into_iter().flatten() {
        if !changes.contains(&key.as_str()) && key != "metadata" {
            put(new, key, value.clone());
        }
    }
}

fn grow_generation(kind: &Kind, new: &mut Value, old: &Value, subresource: Option<&str>) {
    let Some(fields) = kind.generation else {
        return;
    };
    // Of a Deployment annotations count as well: its controller copies them.
    let annotations = |object| path(object, &["metadata", "annotations"]);
    let annotated = kind.name == "Deployment"
        && subresource.is_none()
        && !same(annotations(new), annotations(old));
    let wanted = |key: &&str| !semantic::field_equal(new, old, key);
    let changed = annotated || fields.iter().any(wanted);
    let generation = int(at(old, "metadata"), "generation") + i64::from(changed);
    if changed && let Some(metadata) = new.get_mut("metadata") {
        put(metadata, "generation", generation);
    }
}

/// In the form in which the server writes objects.
fn rewrite(object: &mut Value) {
    // What cannot be read was refused before.
    let _ = apply_semantics::defaults::canonicalise(object);
}

fn namespace(object: &mut Value) {
    let finalizers = list(at(object, "spec"), "finalizers");
    let mut finalizers = finalizers.to_vec();
    if !finalizers.iter().any(|name| name == "kubernetes") {
        finalizers.push(json!("kubernetes"));
    }
    put(object, "spec", json!({ "finalizers": finalizers }));
    put(object, "status", json!({"phase": "Active"}));
    namespace_label(object);
}

/// A label with the name, for selectors.
fn namespace_label(object: &mut Value) {
    let name = text(at(object, "metadata"), "name").to_owned();
    if let Some(labels) = object
        .get_mut("metadata")
        .and_then(|meta| self::object(meta, "labels"))
    {
        labels.insert("kubernetes.io/metadata.name".to_owned(), json!(name));
    }
}

const TEMPLATE_GENERATION: &str = "deprecated.daemonset.template.generation";

fn template_generation_of(object: &Value) -> i64 {
    let annotation = path(object, &["metadata", "annotations", TEMPLATE_GENERATION]);
    annotation
        .as_str()
        .and_then(|text| text.parse().ok())
        .unwrap_or_default()
}

/// How often the template of a DaemonSet changed, as an annotation.
fn template_generation(object: &mut Value, generation: i64) {
    if let Some(annotations) = object
        .get_mut("metadata")
        .and_then(|meta| self::object(meta, "annotations"))
    {
        annotations.insert(
            TEMPLATE_GENERATION.to_owned(),
            json!(generation.to_string()),
        );
    }
}

/// Versions in which objects are stored, and those in which they were.
fn stored_versions(object: &mut Value) {
    let mut stored = list(at(object, "status"), "storedVersions").to_vec();
    for version in list(at(object, "spec"), "versions") {
        let name = at(version, "name");
        if flag(version, "storage") && !stored.contains(name) {
            stored.push(name.clone());
        }
    }
    if !stored.is_empty()
        && let Some(status) = object_value(object, "status")
    {
        put(status, "storedVersions", stored);
    }
}

/// The old and the new field for where a claim's data comes from say the same.
fn data_sources(object: &mut Value) {
    let Some(spec) = object.get_mut("spec") else {
        return;
    };
    let (source, reference) = (
        at(spec, "dataSource").clone(),
        at(spec, "dataSourceRef").clone(),
    );
    if reference.is_null() && !source.is_null() {
        put(spec, "dataSourceRef", source);
    } else if source.is_null() && !reference.is_null() && !has(&reference, "namespace") {
        put(spec, "dataSource", reference);
    }
}

fn phase_time(new: &mut Value, old: &Value, now: &str) {
    let phase = |object| text(at(object, "status"), "phase");
    let key = "lastPhaseTransitionTime";
    let unset = !has(at(new, "status"), key);
    let moved =
        phase(new) != phase(old) && path(new, &["status", key]) == path(old, &["status", key]);
    if (moved || unset)
        && let Some(status) = new.get_mut("status")
    {
        put(status, key, now);
    }
}
