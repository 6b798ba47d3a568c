//! Custom resources: their schemas, by what a server recorded as owned and stored.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test"
)]

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    sync::{Arc, OnceLock},
};

use apply_semantics::{
    fieldset::FieldSet,
    schema::Schema,
    structural::{FieldError, StructuralSchema},
    typed::{Duplicates, Typed},
};
use proptest::prelude::*;
use serde_json::{Value, json};

struct Definition {
    types: Arc<Schema>,
    structural: BTreeMap<String, StructuralSchema>,
    has_status: bool,
}

/// The definitions that the recordings use, by plural name.
fn definitions() -> BTreeMap<String, Definition> {
    let text = fs::read_to_string(cases().join("ssa-apiserver/crds.json")).unwrap();
    let crds: Vec<Value> = serde_json::from_str(&text).unwrap();
    let read = |crd: &Value| {
        let plural = crd["spec"]["names"]["plural"].as_str().unwrap().to_owned();
        let types = Schema::from_crd(crd).unwrap();
        let structural = StructuralSchema::from_crd(crd).unwrap();
        let has_status = crd["spec"]["versions"][0]["subresources"]["status"].is_object();
        (
            plural,
            Definition {
                types,
                structural,
                has_status,
            },
        )
    };
    crds.iter().map(read).collect()
}

fn cases() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance")
}

/// The recorded writes of custom resources: the definition, the version, the request and the response.
fn writes(each: &mut dyn FnMut(&str, &Definition, &str, &Value, &Value)) {
    let definitions = definitions();
    for line in fs::read_to_string(cases().join("ssa-apiserver/sequences.jsonl"))
        .unwrap()
        .lines()
    {
        let case: Value = serde_json::from_str(line).unwrap();
        for step in case["steps"].as_array().unwrap() {
            let path: Vec<_> = step["request"]["path"]
                .as_str()
                .unwrap()
                .split('/')
                .collect();
            if path.get(2) != Some(&"conf.example.com") {
                continue;
            }
            let plural = path.iter().find_map(|part| definitions.get(*part));
            let id = format!("{} {}", case["id"], step["n"]);
            if let Some(definition) = plural {
                each(
                    &id,
                    definition,
                    path[3],
                    &step["request"],
                    &step["response"],
                );
            }
        }
    }
}

fn is_apply(request: &Value) -> bool {
    let content = request["headers"]["Content-Type"]
        .as_str()
        .unwrap_or_default();
    content.starts_with("application/apply-patch") && request["body"].is_object()
}

/// What a manager owns after its first apply is the set of fields of what it applied.
#[test]
fn owned_fields_are_those_of_the_configuration() {
    let mut seen = 0;
    writes(&mut |id, definition, version, request, response| {
        let manager = &request["query"]["fieldManager"];
        let entries = response["body"]["metadata"]["managedFields"].as_array();
        let own = entries.into_iter().flatten().find(|entry| {
            entry["manager"] == *manager
                && entry["operation"] == "Apply"
                && entry["subresource"].is_null()
        });
        let Some(own) = own.filter(|_| {
            is_apply(request) && request["path"].as_str().unwrap().matches('/').count() < 8
        }) else {
            return;
        };
        let mut config = request["body"].clone();
        if definition.has_status {
            config.as_object_mut().unwrap().remove("status");
        }
        let kind = config["kind"].as_str().unwrap().to_owned();
        let ty = definition
            .types
            .kind(&format!("conf.example.com/{version}"), &kind)
            .unwrap();
        let identity = FieldSet::from_value(&json!({"f:apiVersion": {}, "f:kind": {},
            "f:metadata": {".": {}, "f:name": {}, "f:namespace": {}, "f:resourceVersion": {}, "f:uid": {}, "f:managedFields": {}}}));
        let set = ty
            .field_set(Some(&config))
            .unwrap()
            .difference(&identity.unwrap());
        let recorded = FieldSet::from_value(&own["fieldsV1"]).unwrap();
        assert_eq!(set.to_string(), recorded.to_string(), "{id}");
        seen += 1;
    });
    assert!(seen > 50, "{seen}");
}

/// What was stored is pruned, has its defaults, and is valid.
#[test]
fn stored_objects_are_pruned_defaulted_and_valid() {
    let mut seen = 0;
    writes(&mut |id, definition, version, _, response| {
        let object = &response["body"];
        if !object["metadata"]["uid"].is_string() || object["kind"] == "Scale" {
            return;
        }
        let schema = &definition.structural[version];
        let mut stored = object.clone();
        assert_eq!(schema.prune(&mut stored), Vec::<String>::new(), "{id}");
        schema.set_defaults(&mut stored);
        assert_eq!(&stored, object, "{id}");
        assert_eq!(schema.validate(&stored), [], "{id}");
        seen += 1;
    });
    assert!(seen > 60, "{seen}");
}

/// What was refused for its schema is refused with the same errors.
#[test]
fn refused_objects_are_refused_alike() {
    let mut seen = 0;
    let mut live = Value::Null;
    writes(&mut |id, definition, version, request, response| {
        let causes = response["body"]["details"]["causes"].as_array();
        let method = request["method"].as_str().unwrap_or_default();
        let fresh = live["metadata"]["name"] != request["body"]["metadata"]["name"];
        let whole = matches!(method, "POST" | "PUT") || (is_apply(request) && fresh);
        if let Some(causes) =
            causes.filter(|_| response["code"] == 422 && whole && request["body"].is_object())
        {
            let schema = &definition.structural[version];
            let mut object = request["body"].clone();
            schema.prune(&mut object);
            schema.set_defaults(&mut object);
            let errors =
                if method == "POST" || live["metadata"]["name"] != object["metadata"]["name"] {
                    schema.validate(&object)
                } else {
                    schema.validate_update(&object, &live)
                };
            // What the scale subresource adds is told of fields with a leading dot.
            let wanted: Vec<_> = causes
                .iter()
                .filter(|cause| !cause["field"].as_str().unwrap().starts_with('.'))
                .map(cause_text)
                .collect();
            let mut told: Vec<_> = errors.iter().map(text).collect();
            if told.is_empty()
                && wanted
                    .iter()
                    .any(|wanted| wanted.contains("cannot be unset"))
            {
                return;
            }
            told.sort();
            let mut wanted = wanted;
            wanted.sort();
            assert_eq!(told, wanted, "{id}");
            seen += usize::from(!wanted.is_empty());
        }
        if response["body"]["metadata"]["uid"].is_string() {
            live = response["body"].clone();
        }
    });
    assert!(seen > 6, "{seen}");
}

fn text(error: &FieldError) -> String {
    let field = if error.field.is_empty() {
        "<nil>"
    } else {
        &error.field
    };
    format!("{} {field} {}", error.reason.name(), error.message)
}

fn cause_text(cause: &Value) -> String {
    let part = |name: &str| cause[name].as_str().unwrap().to_owned();
    format!("{} {} {}", part("reason"), part("field"), part("message"))
}

/// Objects of the kind Widget, as they were stored.
fn widgets() -> Vec<Value> {
    let mut widgets = Vec::new();
    writes(&mut |_, _, _, _, response| {
        let object = &response["body"];
        if object["metadata"]["uid"].is_string() && object["kind"] == "Widget" {
            let mut object = object.clone();
            object["metadata"] = json!({"name": "a"});
            widgets.push(object);
        }
    });
    widgets
}

/// The definitions and widgets, read once.
fn recorded() -> &'static (BTreeMap<String, Definition>, Vec<Value>) {
    static RECORDED: OnceLock<(BTreeMap<String, Definition>, Vec<Value>)> = OnceLock::new();
    RECORDED.get_or_init(|| (definitions(), widgets()))
}

/// The places of an object, as JSON pointers.
fn places(value: &Value, path: String, found: &mut Vec<String>) {
    match value {
        Value::Object(entries) => {
            for (name, entry) in entries {
                places(
                    entry,
                    format!("{path}/{}", name.replace('~', "~0").replace('/', "~1")),
                    found,
                );
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                places(item, format!("{path}/{index}"), found);
            }
        }
        _ => {}
    }
    if path.starts_with("/spec") {
        found.push(path);
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-9i64..9).prop_map(Value::from),
        Just(json!(1.5)),
        "[a-c]{0,2}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        let names = prop_oneof![
            Just("name"),
            Just("port"),
            Just("size"),
            Just("x"),
            Just("id"),
            Just("metadata")
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map(names.prop_map(str::to_owned), inner, 0..3)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Whatever is put somewhere into an object: pruning and defaulting twice is as once, and what is valid by the structural
    /// schema is valid for the type that is made of it.
    #[test]
    fn structural_and_typed_agree(pick in 0usize..1000, place in 0usize..1000, value in any_json()) {
        let (definitions, widgets) = recorded();
        let definition = &definitions["widgets"];
        let (schema, ty) = (&definition.structural["v1"], definition.types.kind("conf.example.com/v1", "Widget").unwrap());
        let mut object = widgets[pick % widgets.len()].clone();
        let mut found = Vec::new();
        places(&object, String::new(), &mut found);
        if let Some(place) = found.get(place % found.len().max(1)) {
            *object.pointer_mut(place).unwrap() = value;
        }
        object["apiVersion"] = "conf.example.com/v1".into();
        schema.prune(&mut object);
        schema.set_defaults(&mut object);
        schema.canonicalise_metadata(&mut object);
        let mut again = object.clone();
        prop_assert_eq!(schema.prune(&mut again), Vec::<String>::new());
        schema.set_defaults(&mut again);
        schema.canonicalise_metadata(&mut again);
        prop_assert_eq!(&again, &object);
        if schema.validate(&object).is_empty() {
            prop_assert!(Typed::new(ty, object, Duplicates::Allow).is_ok());
        }
    }
}
