//! Documents made up from the catalog of upstream's fields.

use componentconfig::{
    GroupVersionKind,
    core::{MicroTime, Time},
};
use proptest::{collection, option, prelude::*, sample};
use serde_json::{Map, Value, json};

use crate::support::{Kind, generic};

/// Values of a type of the catalog.
pub(crate) fn values(kind: &Kind, ty: &str) -> BoxedStrategy<Value> {
    if let Some(inner) = generic(ty, "optional") {
        return values(kind, inner);
    }
    if let Some(inner) = generic(ty, "list") {
        return collection::vec(values(kind, inner), 0..3)
            .prop_map(Value::from)
            .boxed();
    }
    if let Some(inner) = generic(ty, "map") {
        let entries = collection::btree_map("[a-z-]{1,3}", values(kind, inner), 0..3);
        return entries
            .prop_map(|map| map.into_iter().collect::<Map<_, _>>().into())
            .boxed();
    }
    if let Some(fields) = kind.types.get(ty) {
        let mut all = Just(Map::new()).boxed();
        for field in fields {
            let name = field.json.clone();
            let value = option::weighted(0.6, values(kind, &field.r#type));
            all = (all, value)
                .prop_map(move |(mut map, value)| {
                    map.extend(value.map(|value| (name.clone(), value)));
                    map
                })
                .boxed();
        }
        return all.prop_map(Value::from).boxed();
    }
    scalar(ty)
}

fn scalar(ty: &str) -> BoxedStrategy<Value> {
    match ty {
        "bool" => any::<bool>().prop_map(Value::from).boxed(),
        "int" | "int32" | "int64" => (-70_000..70_000).prop_map(Value::from).boxed(),
        "uint32" => (0..9).prop_map(Value::from).boxed(),
        "float32" | "float64" => (-8..8).prop_map(|n| json!(f64::from(n) / 4.0)).boxed(),
        "duration" | "duration-or-nanoseconds" => {
            (-90..9000).prop_map(|n| json!(format!("{n}s"))).boxed()
        }
        "any" => Just(json!({"any": ["thing"]})).boxed(),
        "bytes" => "([a-z0-9]{4}){0,3}".prop_map(Value::from).boxed(),
        "microtime" => (0..4_000_000_000_i64, 0..1_000_000_u32)
            .prop_map(|(seconds, micros)| {
                let second = Time::from_unix(seconds).unwrap();
                json!(MicroTime::new(second, micros).unwrap().to_string())
            })
            .boxed(),
        "quantity" => "[1-9][0-9]?(Gi|m|k)?".prop_map(Value::from).boxed(),
        "time" => (0..4_000_000_000_i64)
            .prop_map(|seconds| json!(Time::from_unix(seconds).unwrap().to_string()))
            .boxed(),
        "bootstrap-token" => "[a-z0-9]{6}\\.[a-z0-9]{16}".prop_map(Value::from).boxed(),
        _ => prop_oneof![
            "[a-z.:/,0-9-]{0,8}",
            "\\PC{0,6}",
            sample::select(vec![
                "10.0.0.0/16,fd00::/56",
                "10.96.0.0/12",
                "fec0::/10",
                "unix:///run/x.sock",
                "https://a.example:2379",
                "api.example.org:6443",
                "v1.36.1",
                "stable-1",
                "signing",
                "authentication",
                "/etc/x.crt",
                "::1",
                "Node.Example",
            ])
            .prop_map(str::to_owned),
        ]
        .prop_map(Value::from)
        .boxed(),
    }
}

/// Documents of a kind, with `apiVersion` and `kind`.
pub(crate) fn documents_of(kind: &Kind) -> BoxedStrategy<Value> {
    let gvk = GroupVersionKind::new(kind.group.clone(), kind.version.clone(), kind.kind.clone());
    values(kind, &kind.root)
        .prop_map(move |mut value| {
            value["apiVersion"] = gvk.api_version().into();
            value["kind"] = gvk.kind().into();
            value
        })
        .boxed()
}

/// What is said, without what says nothing.
pub(crate) fn prune(value: &mut Value) {
    if let Value::Object(map) = value {
        map.values_mut().for_each(prune);
        map.retain(|_, value| !(value.is_null() || value.as_object().is_some_and(Map::is_empty)));
    }
}

/// Takes out what is at a path; only names of fields lead to losses.
pub(crate) fn forget(value: &mut Value, steps: &[String]) {
    let Some((last, way)) = steps.split_last() else {
        *value = Value::Null;
        return;
    };
    let map = way
        .iter()
        .try_fold(value, |value, step| value.get_mut(step));
    if let Some(Value::Object(map)) = map {
        map.remove(last);
    }
}
