//! Checks of CustomResourceDefinitions and of the [schemas](schema) in them. Rules in CEL and defaults are not checked.

mod schema;

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    super::{
        cause::{Causes, Field},
        go, names,
        read::{at, flag, has, list, path, same, text},
    },
    meta,
};
use schema::schema_at_root;

/// The name of a definition says what it defines.
pub(super) fn name(object: &Value, causes: &mut Causes) {
    let spec = at(object, "spec");
    let name = text(at(object, "metadata"), "name");
    let wanted = format!(
        "{}.{}",
        text(at(spec, "names"), "plural"),
        text(spec, "group")
    );
    if name != wanted {
        causes.invalid(
            "metadata.name",
            name,
            "must be spec.names.plural+\".\"+spec.group",
        );
    }
}

/// The spec and status of a definition.
pub(super) fn definition(object: &Value, causes: &mut Causes) {
    let spec = at(object, "spec");
    group(spec, causes);
    causes.one_of(
        "spec.scope",
        text(spec, "scope"),
        &["Cluster", "Namespaced"],
    );
    for (index, version) in list(spec, "versions").iter().enumerate() {
        if path(version, &["schema", "openAPIV3Schema"]).is_null() {
            causes.required(
                format_args!("spec.versions[{index}].schema.openAPIV3Schema"),
                "",
            );
        }
    }
    versions(spec, causes);
    for key in ["plural", "singular", "kind", "listKind"] {
        if text(at(spec, "names"), key).is_empty() {
            causes.required(format_args!("spec.names.{key}"), "");
        }
    }
    names_of(at(spec, "names"), format_args!("spec.names"), causes);
    if let Some(schema) = shared_schema(spec) {
        schema_at_root(
            schema,
            format_args!("spec.validation.openAPIV3Schema"),
            causes,
        );
    }
    conversion(at(spec, "conversion"), causes);
    names_of(
        path(object, &["status", "acceptedNames"]),
        format_args!("status.acceptedNames"),
        causes,
    );
    stored_versions(object, causes);
    if flag(spec, "preserveUnknownFields") {
        let detail = "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead";
        causes.invalid("spec.preserveUnknownFields", true, detail);
    }
}

/// What may not change; kind and scope once the definition has taken effect.
pub(super) fn update(new: &Value, old: &Value, causes: &mut Causes) {
    let (spec, held) = (at(new, "spec"), at(old, "spec"));
    let conditions = list(at(old, "status"), "conditions").iter();
    let mut established = conditions.filter(|condition| text(condition, "type") == "Established");
    if established.any(|condition| text(condition, "status") == "True") {
        meta::immutable_text(
            text(spec, "scope"),
            text(held, "scope"),
            format_args!("spec.scope"),
            causes,
        );
        let kind = |spec| text(at(spec, "names"), "kind");
        meta::immutable_text(
            kind(spec),
            kind(held),
            format_args!("spec.names.kind"),
            causes,
        );
    }
    meta::immutable_text(
        text(spec, "group"),
        text(held, "group"),
        format_args!("spec.group"),
        causes,
    );
    let plural = |spec| text(at(spec, "names"), "plural");
    meta::immutable_text(
        plural(spec),
        plural(held),
        format_args!("spec.names.plural"),
        causes,
    );
}

fn group(spec: &Value, causes: &mut Causes) {
    let group = text(spec, "group");
    let wrong = names::dns_subdomain(group);
    if group.is_empty() {
        causes.required("spec.group", "");
    } else if !wrong.is_empty() {
        causes.invalid("spec.group", group, &wrong.join(","));
    } else if !group.contains('.') {
        causes.invalid(
            "spec.group",
            group,
            "should be a domain with at least one dot",
        );
    }
}

fn versions(spec: &Value, causes: &mut Causes) {
    let versions = list(spec, "versions");
    let shared = shared_schema(spec).is_some();
    let (mut seen, mut stored) = (BTreeSet::new(), 0);
    let mut unique = true;
    for (index, version) in versions.iter().enumerate() {
        let field = format_args!("spec.versions[{index}]");
        let name = text(version, "name");
        stored += usize::from(flag(version, "storage"));
        unique &= seen.insert(name);
        let wrong = names::dns_1035_label(name);
        if !wrong.is_empty() {
            causes.invalid(format_args!("{field}.name"), name, &wrong.join(","));
        }
        let schema = path(version, &["schema", "openAPIV3Schema"]);
        if !shared && !schema.is_null() {
            schema_at_root(
                schema,
                format_args!("{field}.schema.openAPIV3Schema"),
                causes,
            );
        }
        subresources(
            at(version, "subresources"),
            format_args!("{field}.subresources"),
            causes,
        );
        columns(
            version,
            format_args!("{field}.additionalPrinterColumns"),
            causes,
        );
    }
    let shown = || versions_shown(versions);
    if !unique {
        causes.invalid_shown(
            "spec.versions",
            &shown(),
            "must contain unique version names",
        );
    }
    if stored != 1 {
        let detail = "must have exactly one version marked as storage version";
        causes.invalid_shown("spec.versions", &shown(), detail);
    }
}

/// The versions as the server holds them: a schema, columns or subresources that all versions share stand beside them.
fn versions_shown(versions: &[Value]) -> String {
    let first = versions.first();
    let mut shown = versions.to_vec();
    for key in [
        "schema",
        "subresources",
        "additionalPrinterColumns",
        "selectableFields",
    ] {
        let value = first.map_or(&Value::Null, |first| at(first, key));
        if versions.iter().all(|version| same(at(version, key), value)) {
            for version in shown.iter_mut().filter_map(Value::as_object_mut) {
                version.remove(key);
            }
        }
    }
    go::internal_list(&shown, "apiextensions.v1.CustomResourceDefinitionVersion").compact()
}

/// The schema that all versions share.
fn shared_schema(spec: &Value) -> Option<&Value> {
    let versions = list(spec, "versions");
    let schema = path(versions.first()?, &["schema", "openAPIV3Schema"]);
    let shared = versions
        .iter()
        .all(|version| path(version, &["schema", "openAPIV3Schema"]) == schema);
    (shared && !schema.is_null()).then_some(schema)
}

fn names_of(value: &Value, field: Field<'_>, causes: &mut Causes) {
    let label = |word: &str| names::dns_1035_label(word).join(",");
    for key in ["plural", "singular"] {
        let word = text(value, key);
        let wrong = label(word);
        if !word.is_empty() && !wrong.is_empty() {
            causes.invalid(format_args!("{field}.{key}"), word, &wrong);
        }
    }
    for key in ["kind", "listKind"] {
        let word = text(value, key);
        let wrong = label(&word.to_ascii_lowercase());
        if !word.is_empty() && !wrong.is_empty() {
            let detail = format!("may have mixed case, but should otherwise match: {wrong}");
            causes.invalid(format_args!("{field}.{key}"), word, &detail);
        }
    }
    let mut each = |key: &str| {
        for (index, word) in list(value, key)
            .iter()
            .filter_map(Value::as_str)
            .enumerate()
        {
            let wrong = label(word);
            if !wrong.is_empty() {
                causes.invalid(format_args!("{field}.{key}[{index}]"), word, &wrong);
            }
        }
    };
    each("shortNames");
    let (kind, list_kind) = (text(value, "kind"), text(value, "listKind"));
    each("categories");
    if !kind.is_empty() && kind == list_kind {
        causes.invalid(
            format_args!("{field}.listKind"),
            list_kind,
            "kind and listKind may not be the same",
        );
    }
}

fn subresources(value: &Value, field: Field<'_>, causes: &mut Causes) {
    let scale = at(value, "scale");
    if scale.is_null() {
        return;
    }
    for (key, shown, start) in [
        ("specReplicasPath", "specReplicasPath", ".spec."),
        ("statusReplicasPath", "statusReplicasPath", ".status."),
    ] {
        let path = text(scale, key);
        let field = format_args!("{field}.scale.{shown}");
        if path.is_empty() {
            causes.required(field, "");
        } else if !path.starts_with(start) {
            let detail = format!(
                "should be a json path under {}",
                start.trim_end_matches('.')
            );
            causes.invalid(field, path, &detail);
        }
    }
}

fn columns(version: &Value, field: Field<'_>, causes: &mut Causes) {
    for (index, column) in list(version, "additionalPrinterColumns").iter().enumerate() {
        let field = format_args!("{field}[{index}]");
        if text(column, "name").is_empty() {
            causes.required(format_args!("{field}.name"), "");
        }
        let kind = text(column, "type");
        let detail = "must be one of boolean,date,integer,number,string";
        if kind.is_empty() {
            causes.required(format_args!("{field}.type"), detail);
        } else if !["boolean", "date", "integer", "number", "string"].contains(&kind) {
            causes.invalid(format_args!("{field}.type"), kind, detail);
        }
        if text(column, "jsonPath").is_empty() {
            causes.required(format_args!("{field}.JSONPath"), "");
        }
    }
}

fn conversion(conversion: &Value, causes: &mut Causes) {
    if conversion.is_null() {
        return;
    }
    let strategy = text(conversion, "strategy");
    causes.one_of("spec.conversion.strategy", strategy, &["None", "Webhook"]);
    let hook = at(conversion, "webhook");
    if strategy == "Webhook" {
        if !has(hook, "clientConfig") {
            let detail = "required when strategy is set to Webhook";
            causes.required("spec.conversion.webhookClientConfig", detail);
        }
        if list(hook, "conversionReviewVersions").is_empty() {
            causes.required("spec.conversion.conversionReviewVersions", "");
        }
    } else if has(hook, "clientConfig") {
        let detail = "should not be set when strategy is not set to Webhook";
        causes.forbidden("spec.conversion.webhookClientConfig", detail);
    }
}

fn stored_versions(object: &Value, causes: &mut Causes) {
    let field = "status.storedVersions";
    let stored = list(at(object, "status"), "storedVersions");
    if stored.is_empty() {
        return causes.invalid(field, Value::Null, "must have at least one stored version");
    }
    let versions = list(at(object, "spec"), "versions");
    for version in versions.iter().filter(|version| flag(version, "storage")) {
        if !stored.contains(at(version, "name")) {
            let detail = format!("must have the storage version {}", text(version, "name"));
            causes.invalid(field, stored.to_vec(), &detail);
        }
    }
    for (index, name) in stored.iter().filter_map(Value::as_str).enumerate() {
        if !versions.iter().any(|version| text(version, "name") == name) {
            let detail = format!(
                "missing from spec.versions; {name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in {name} and removes {name} from status.storedVersions"
            );
            causes.invalid(format_args!("{field}[{index}]"), name, &detail);
        }
    }
}
