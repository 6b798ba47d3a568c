//! The multi-cluster APIs of the recordings as definitions: what their schemas say, without the documentation.

use serde_json::{Map, Value, json};

/// The definitions of ClusterProperty, ServiceExport, ServiceImport, ClusterProfile, PlacementDecision, Work and AppliedWork.
pub(crate) fn multicluster() -> Vec<Value> {
    let multicluster = "multicluster.x-k8s.io";
    let both = ["v1beta1", "v1alpha1"];
    let alpha = ["v1alpha1"];
    vec![
        definition(
            "about.k8s.io",
            "ClusterProperty",
            "clusterproperties",
            false,
            &both,
            &with_status(&property(), &object(&[])),
        ),
        definition(
            multicluster,
            "ServiceExport",
            "serviceexports",
            true,
            &both,
            &with_status(
                &service_export(),
                &object(&[("conditions", conditions(true))]),
            ),
        ),
        definition(
            multicluster,
            "ServiceImport",
            "serviceimports",
            true,
            &both,
            &with_status(
                &service_import(),
                &object(&[
                    ("conditions", conditions(true)),
                    (
                        "clusters",
                        map_list("cluster", &object(&[("cluster!", text())])),
                    ),
                ]),
            ),
        ),
        definition(
            multicluster,
            "ClusterProfile",
            "clusterprofiles",
            true,
            &alpha,
            &cluster_profile(),
        ),
        definition(
            multicluster,
            "PlacementDecision",
            "placementdecisions",
            true,
            &alpha,
            &placement_decision(),
        ),
        definition(
            multicluster,
            "Work",
            "works",
            true,
            &alpha,
            &with_status(
                &work(),
                &object(&[
                    ("conditions!", conditions(false)),
                    (
                        "manifestConditions",
                        list(&object(&[
                            ("conditions!", conditions(false)),
                            ("identifier!", identifier(&[])),
                        ])),
                    ),
                ]),
            ),
        ),
        definition(
            multicluster,
            "AppliedWork",
            "appliedworks",
            false,
            &alpha,
            &applied_work(),
        ),
    ]
}

/// A definition; the first version is the one that is stored.
fn definition(
    group: &str,
    kind: &str,
    plural: &str,
    namespaced: bool,
    versions: &[&str],
    schema: &Value,
) -> Value {
    let version = |(index, name): (usize, &&str)| {
        let mut version = json!({"name": name, "served": true, "storage": index == 0, "schema": {"openAPIV3Schema": schema}});
        if schema.pointer("/properties/status").is_some() {
            version["subresources"] = json!({"status": {}});
        }
        version
    };
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("{plural}.{group}"),
            "annotations": {"api-approved.kubernetes.io": "https://example.com/approved"}},
        "spec": {
            "group": group, "scope": if namespaced { "Namespaced" } else { "Cluster" },
            "names": {"kind": kind, "plural": plural},
            "versions": versions.iter().enumerate().map(version).collect::<Vec<_>>(),
        },
    })
}

/// An object with these properties; a name that ends in `!` is required.
fn object(properties: &[(&str, Value)]) -> Value {
    let name = |name: &str| name.trim_end_matches('!').to_owned();
    let required: Vec<_> = properties
        .iter()
        .filter(|(name, _)| name.ends_with('!'))
        .map(|(of, _)| name(of))
        .collect();
    let properties: Map<String, Value> = properties
        .iter()
        .map(|(of, schema)| (name(of), schema.clone()))
        .collect();
    let mut schema = json!({"type": "object"});
    if !properties.is_empty() {
        schema["properties"] = properties.into();
    }
    if !required.is_empty() {
        schema["required"] = required.into();
    }
    schema
}

fn root(properties: &[(&str, Value)]) -> Value {
    let types = [
        ("apiVersion", text()),
        ("kind", text()),
        ("metadata", object(&[])),
    ];
    object(&[&types, properties].concat())
}

fn with_status(spec: &Value, status: &Value) -> Value {
    root(&[("spec", spec.clone()), ("status", status.clone())])
}

fn text() -> Value {
    json!({"type": "string"})
}

fn text_of(shortest: u32, longest: u32) -> Value {
    json!({"type": "string", "minLength": shortest, "maxLength": longest})
}

fn list(items: &Value) -> Value {
    json!({"type": "array", "items": items})
}

fn map_list(key: &str, items: &Value) -> Value {
    json!({"type": "array", "items": items, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": [key]})
}

/// The conditions of apimachinery.
fn conditions(by_type: bool) -> Value {
    let name = r"([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])";
    let condition = object(&[
        (
            "lastTransitionTime!",
            json!({"type": "string", "format": "date-time"}),
        ),
        ("message!", json!({"type": "string", "maxLength": 32_768})),
        (
            "observedGeneration",
            json!({"type": "integer", "format": "int64", "minimum": 0}),
        ),
        (
            "reason!",
            json!({"type": "string", "minLength": 1, "maxLength": 1024, "pattern": "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$"}),
        ),
        (
            "status!",
            json!({"type": "string", "enum": ["True", "False", "Unknown"]}),
        ),
        (
            "type!",
            json!({"type": "string", "maxLength": 316, "pattern": format!("^{name}$")}),
        ),
    ]);
    if by_type {
        map_list("type", &condition)
    } else {
        list(&condition)
    }
}

fn property() -> Value {
    object(&[("value!", json!({"type": "string", "minLength": 1}))])
}

fn service_export() -> Value {
    let texts = json!({"type": "object", "additionalProperties": {"type": "string"}});
    object(&[
        ("exportedAnnotations", texts.clone()),
        ("exportedLabels", texts),
    ])
}

fn service_import() -> Value {
    let number = json!({"type": "integer", "format": "int32"});
    let mut ports = list(&object(&[
        ("appProtocol", text()),
        ("name", text()),
        ("port!", number.clone()),
        ("protocol", text()),
    ]));
    ports["x-kubernetes-list-type"] = "atomic".into();
    let two = json!({"type": "array", "maxItems": 2, "items": {"type": "string"}});
    object(&[
        ("internalTrafficPolicy", text()),
        ("ipFamilies", two.clone()),
        ("ips", two),
        ("ports!", ports),
        ("sessionAffinity", text()),
        (
            "sessionAffinityConfig",
            object(&[("clientIP", object(&[("timeoutSeconds", number)]))]),
        ),
        ("trafficDistribution", text()),
        (
            "type!",
            json!({"type": "string", "enum": ["ClusterSetIP", "Headless"]}),
        ),
    ])
}

fn cluster_profile() -> Value {
    let mut manager = object(&[("name!", text())]);
    manager["x-kubernetes-validations"] =
        json!([{"rule": "self == oldSelf", "message": "ClusterManager is immutable"}]);
    let anything = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
    let cluster = object(&[
        ("certificate-authority", text()),
        (
            "certificate-authority-data",
            json!({"type": "string", "format": "byte"}),
        ),
        ("disable-compression", json!({"type": "boolean"})),
        (
            "extensions",
            list(&object(&[("extension!", anything), ("name!", text())])),
        ),
        ("insecure-skip-tls-verify", json!({"type": "boolean"})),
        ("proxy-url", text()),
        ("server!", text()),
        ("tls-server-name", text()),
    ]);
    let providers = map_list("name", &object(&[("name!", text()), ("cluster", cluster)]));
    let properties = map_list(
        "name",
        &object(&[
            (
                "lastObservedTime",
                json!({"type": "string", "format": "date-time"}),
            ),
            ("name!", text_of(1, 253)),
            ("value!", text_of(1, 1024)),
        ]),
    );
    root(&[
        (
            "spec!",
            object(&[("clusterManager!", manager), ("displayName", text())]),
        ),
        (
            "status",
            object(&[
                ("accessProviders", providers.clone()),
                ("conditions", conditions(true)),
                ("credentialProviders", providers),
                ("properties", properties),
                ("version", object(&[("kubernetes", text())])),
            ]),
        ),
    ])
}

fn placement_decision() -> Value {
    let reference = object(&[("name!", text()), ("namespace", text())]);
    let mut decisions = list(&object(&[
        ("clusterProfileRef!", reference),
        ("reason", text()),
    ]));
    decisions["minItems"] = 0.into();
    decisions["maxItems"] = 100.into();
    root(&[("decisions!", decisions), ("schedulerName", text())])
}

fn work() -> Value {
    let manifest = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true, "x-kubernetes-embedded-resource": true});
    object(&[("workload", object(&[("manifests", list(&manifest))]))])
}

fn applied_work() -> Value {
    root(&[
        (
            "spec!",
            object(&[("workName!", text()), ("workNamespace!", text())]),
        ),
        (
            "status",
            object(&[("appliedResources", list(&identifier(&[("uid", text())])))]),
        ),
    ])
}

/// What names a resource in a work.
fn identifier(more: &[(&str, Value)]) -> Value {
    let fields = [
        ("group", text()),
        ("kind", text()),
        ("name", text()),
        ("namespace", text()),
        ("ordinal!", json!({"type": "integer"})),
        ("resource", text()),
        ("version", text()),
    ];
    object(&[&fields, more].concat())
}
