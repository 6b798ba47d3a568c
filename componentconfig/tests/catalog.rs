//! Compares the types of every kind with the catalog of upstream's fields: names, types, and what is left out of the
//! text when it is unset. The samples are made from the catalog, so no field can be forgotten.

#![cfg(all(
    feature = "kubeadm",
    feature = "kube-scheduler",
    feature = "kube-apiserver",
    feature = "kube-controller-manager",
    feature = "kubectl"
))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test"
)]

#[path = "support/catalog.rs"]
mod support;

use componentconfig::{GroupVersionKind, Registry};
use serde_json::{Map, Value, json};
use support::{Field, Kind, generic};

/// What a sample fills in.
#[derive(Clone, Copy)]
enum Sample {
    /// A value other than zero for every field.
    Full,
    /// The zero value, explicitly, for every field; a pointer to it where the field is a pointer.
    Zero,
    /// Nothing.
    Empty,
}

/// Samples of a kind.
struct Sampler<'a>(&'a Kind);

impl Sampler<'_> {
    /// The value of a type of the catalog as text: what is read, and what upstream prints for it.
    fn value(&self, ty: &str, sample: Sample) -> (Value, Value) {
        if let Some(inner) = generic(ty, "optional") {
            return match sample {
                Sample::Empty => same(Value::Null),
                sample => self.value(inner, sample),
            };
        }
        if let Some(inner) = generic(ty, "list") {
            return match sample {
                Sample::Full => pair(self.value(inner, sample), |value| json!([value])),
                Sample::Zero => same(json!([])),
                Sample::Empty => same(Value::Null),
            };
        }
        if let Some(inner) = generic(ty, "map") {
            return match sample {
                Sample::Full => pair(self.value(inner, sample), |value| json!({"key": value})),
                Sample::Zero => same(json!({})),
                Sample::Empty => same(Value::Null),
            };
        }
        if let Some(fields) = self.0.types.get(ty) {
            return self.object(fields, sample);
        }
        let no_zero = matches!(ty, "time" | "microtime" | "any");
        if no_zero && !matches!(sample, Sample::Full) {
            return same(Value::Null);
        }
        same(scalar(ty, sample))
    }

    fn object(&self, fields: &[Field], sample: Sample) -> (Value, Value) {
        let (mut read, mut printed) = (Map::new(), Map::new());
        for field in fields {
            let (from, to) = self.value(&field.r#type, sample);
            if !matches!(sample, Sample::Empty) {
                read.insert(field.json.clone(), from);
            }
            if !(field.omitempty && self.is_empty(&field.r#type, &to)) {
                printed.insert(field.json.clone(), to);
            }
        }
        (read.into(), printed.into())
    }

    /// Whether Go's `omitempty` leaves the value out.
    fn is_empty(&self, ty: &str, value: &Value) -> bool {
        if ty.starts_with("optional<") {
            return value.is_null();
        }
        let never = self.0.types.contains_key(ty) || matches!(ty, "duration" | "quantity" | "any");
        let zero = match value {
            Value::Null => true,
            Value::Bool(value) => !value,
            Value::Number(number) => number.as_f64() == Some(0.0),
            Value::String(text) => text.is_empty(),
            Value::Array(list) => list.is_empty(),
            Value::Object(map) => map.is_empty(),
        };
        zero && !never
    }
}

fn same(value: Value) -> (Value, Value) {
    (value.clone(), value)
}

fn pair((read, printed): (Value, Value), wrap: impl Fn(Value) -> Value) -> (Value, Value) {
    (wrap(read), wrap(printed))
}

fn scalar(ty: &str, sample: Sample) -> Value {
    let full = matches!(sample, Sample::Full);
    match ty {
        "string" if full => json!("text"),
        "bytes" if full => json!("YQ=="),
        "string" | "bytes" => json!(""),
        "bool" => json!(full),
        "int" | "int32" | "int64" | "uint32" => json!(i32::from(full)),
        "float32" | "float64" => json!(if full { 0.5 } else { 0.0 }),
        "duration" if full => json!("1m30s"),
        "duration" => json!("0s"),
        "duration-or-nanoseconds" if full => json!("5s"),
        "duration-or-nanoseconds" => json!(0),
        "quantity" if full => json!("2Gi"),
        "quantity" => json!("0"),
        "any" => json!({"any": ["thing"]}),
        "microtime" => json!("2026-01-02T03:04:05.000006Z"),
        // These have no zero value that could be written.
        "time" => json!("2026-01-02T03:04:05Z"),
        "bootstrap-token" => json!("abcdef.0123456789abcdef"),
        other => panic!("no sample of type {other}"),
    }
}

/// Our type has to print each sample as upstream does.
fn check(registry: &Registry, kind: &Kind) {
    let gvk = GroupVersionKind::new(kind.group.clone(), kind.version.clone(), kind.kind.clone());
    assert!(registry.knows(&gvk), "{gvk} is not there");
    let named = |value: Value| {
        let mut value = value;
        value["apiVersion"] = gvk.api_version().into();
        value["kind"] = gvk.kind().into();
        value
    };
    for (name, sample) in [
        ("full", Sample::Full),
        ("zero", Sample::Zero),
        ("empty", Sample::Empty),
    ] {
        let (read, printed) = Sampler(kind).value(&kind.root, sample);
        let mut printed = named(printed);
        let mut ours = registry.normalized(&named(read)).unwrap();
        if matches!(sample, Sample::Zero) {
            // Read back, an empty collection counts as unset where nothing tells the two apart.
            nothing_for_empty(&mut printed);
            nothing_for_empty(&mut ours);
        }
        let difference = conformance_runner::first_difference(&ours, &printed);
        assert_eq!(difference, None, "{gvk} ({name})");
    }
}

/// Replaces empty lists and maps by null.
fn nothing_for_empty(value: &mut Value) {
    match value {
        Value::Array(list) if list.is_empty() => *value = Value::Null,
        Value::Object(map) if map.is_empty() => *value = Value::Null,
        Value::Array(list) => list.iter_mut().for_each(nothing_for_empty),
        Value::Object(map) => map.values_mut().for_each(nothing_for_empty),
        _ => {}
    }
}

#[test]
fn every_field_of_every_kind() {
    let (registry, kinds) = (Registry::kubernetes(), support::kinds());
    for kind in &kinds {
        check(&registry, kind);
    }
    assert_eq!(kinds.len(), 68);
    assert_eq!(
        registry.kinds().count(),
        kinds.len(),
        "a kind that upstream does not have"
    );
}

#[test]
fn a_kind_has_defaults_where_upstream_has_some() {
    let registry = Registry::kubernetes();
    for kind in &support::kinds() {
        let gvk =
            GroupVersionKind::new(kind.group.clone(), kind.version.clone(), kind.kind.clone());
        let empty = json!({"apiVersion": gvk.api_version(), "kind": gvk.kind()});
        let defaulted = registry.defaults(&gvk) != Some(registry.normalized(&empty).unwrap());
        assert_eq!(defaulted, kind.defaulted, "{gvk}");
    }
}
