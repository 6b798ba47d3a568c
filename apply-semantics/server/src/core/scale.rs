//! The number of replicas as an object of its own.

use std::sync::Arc;

use apply_semantics::{
    managed_fields::{self, ManagedFields},
    op::{Effect, FieldValidation, Refusal},
    path::PathElement,
    scale::{ReplicasPaths, SCALE_VERSION},
    types::builtin,
};
use serde_json::{Map, Value, json};

use super::{Answered, Core, apply, decode, fields::Writer, patch, strict, write::Write};
use crate::{
    answer::{Answer, Content},
    call::{Call, Method, WriteSettings},
    custom::ScalePaths,
    meta,
    registry::Resource,
    rules,
};

impl Core {
    pub(super) fn scale(&mut self, call: &Call, resource: &Arc<Resource>) -> Answered {
        let live = self.live_in_version(call, resource)?;
        let paths = paths_of(resource);
        if call.method == Method::Get {
            return Ok(Answer::other(200, scale_of(&live, &paths), Effect::Read));
        }
        let applied = call.method == Method::Patch && patch::kind_of_patch(call, false)?.is_none();
        let settings = WriteSettings::of(call, applied)?;
        let owners = self.replicas_paths(resource);
        let mut scale = scale_of(&live, &paths);
        let parent = ManagedFields::decode(&live).unwrap_or_default();
        owners
            .to_scale(&parent)
            .into_iter()
            .collect::<ManagedFields>()
            .write(&mut scale);
        let new = self.new_scale(&scale, call, &settings, applied)?;
        let replicas = new
            .pointer("/spec/replicas")
            .and_then(Value::as_i64)
            .unwrap_or_default();
        check_scale(&new)?;
        let mut object = Value::clone(&live);
        meta::copy(&mut object, &new, "resourceVersion");
        paths.set_replicas(&mut object, replicas);
        let entries = ManagedFields::decode(&new).unwrap_or_default();
        let entries = owners.to_parent(&parent, &entries, &resource.api_version());
        entries
            .into_iter()
            .collect::<ManagedFields>()
            .write(&mut object);
        let answer = self.store_changed(&live, object, &Write::new(resource, &settings))?;
        let Content::Object { object, .. } = &answer.content else {
            return Ok(answer);
        };
        Ok(Answer {
            content: Content::Other(Arc::new(scale_of(&object.value(), &paths))),
            ..answer
        })
    }

    /// What becomes of the Scale object.
    fn new_scale(
        &mut self,
        live: &Value,
        call: &Call,
        settings: &WriteSettings,
        applied: bool,
    ) -> Result<Value, Refusal> {
        let resource = scale_resource();
        let writer = Writer {
            manager: &settings.manager,
            subresource: "scale",
            force: settings.force,
        };
        if applied {
            let (config, _) = apply::configuration(call, settings.validation)?;
            apply::check_type(&config, SCALE_VERSION, "Scale")?;
            let wanted = meta::text(&config, "resourceVersion").map(str::to_owned);
            decode::check_name(&config, call)?;
            let sent = config.clone();
            let new = self.own_applied(Some(live.clone()), config, || sent, writer, &resource)?;
            let mut new = new.into_object();
            if let Some(wanted) = wanted {
                meta::set(&mut new, "resourceVersion", wanted);
            }
            return Ok(new);
        }
        let mut new = if call.method == Method::Patch {
            patched(live, call, settings)?
        } else {
            let mut new = self.decode(call, &resource, settings.validation)?;
            decode::place_in_namespace(&mut new, call, &resource)?;
            new
        };
        decode::check_name(&new, call)?;
        for name in ["uid", "creationTimestamp"] {
            meta::copy(&mut new, live, name);
        }
        managed_fields_of_live(&mut new, live);
        self.own_updated(Some(live.clone()), new, writer, &resource)
    }

    /// Where the number of replicas is in each version of a resource.
    fn replicas_paths(&self, resource: &Resource) -> ReplicasPaths {
        let versions = self
            .registry
            .all()
            .filter(|other| other.table == resource.table);
        versions.fold(ReplicasPaths::new(), |known, version| {
            let path = version.subresource("scale").map(|_| {
                let paths = paths_of(version);
                let fields = paths
                    .replicas
                    .iter()
                    .map(|name| PathElement::field(name.as_str()));
                fields.collect()
            });
            known.with(version.api_version(), path)
        })
    }
}

fn managed_fields_of_live(new: &mut Value, live: &Value) {
    if managed_fields::of(new).is_none() {
        meta::copy(new, live, "managedFields");
    }
}

fn patched(live: &Value, call: &Call, settings: &WriteSettings) -> Result<Value, Refusal> {
    let Some(kind) = patch::kind_of_patch(call, false)? else {
        return Ok(live.clone());
    };
    let resource = scale_resource();
    let (patch, duplicates) = patch::patch_of(call, kind)?;
    let ty = builtin().kind(SCALE_VERSION, "Scale");
    let object = patch::apply_patch(live, &patch, ty)?;
    let reading = strict::check(object, decode::known(&resource));
    let faults: Vec<_> = duplicates.into_iter().chain(reading.unknown).collect();
    match settings.validation {
        FieldValidation::Strict if !faults.is_empty() => {
            Err(Refusal::bad_request(faults.join(", ")))
        }
        _ => Ok(reading.value),
    }
}

/// The resource that Scale objects would have.
fn scale_resource() -> Resource {
    Resource {
        group: "autoscaling".to_owned(),
        version: "v1".to_owned(),
        plural: "scales".to_owned(),
        singular: "scale".to_owned(),
        kind: "Scale".to_owned(),
        list_kind: "ScaleList".to_owned(),
        namespaced: true,
        verbs: Vec::new(),
        short_names: Vec::new(),
        categories: Vec::new(),
        subresources: Vec::new(),
        storage_version: "v1".to_owned(),
        put_creates: false,
        needs_version: false,
        custom: None,
        table: "autoscaling/scales".into(),
    }
}

fn paths_of(resource: &Resource) -> ScalePaths {
    let custom = resource.custom.as_ref().and_then(|custom| custom.scale());
    custom.unwrap_or_else(|| {
        let path = |text: &str| text.split('.').map(str::to_owned).collect();
        ScalePaths {
            replicas: path("spec.replicas"),
            status_replicas: path("status.replicas"),
            selector: None,
        }
    })
}

/// The Scale object of an object.
fn scale_of(object: &Value, paths: &ScalePaths) -> Value {
    let mut metadata = Map::new();
    for name in [
        "name",
        "namespace",
        "uid",
        "resourceVersion",
        "creationTimestamp",
    ] {
        if let Some(value) = object.pointer(&format!("/metadata/{name}")) {
            metadata.insert(name.to_owned(), value.clone());
        }
    }
    let number = |path: &[String]| at(object, path).and_then(Value::as_i64).unwrap_or_default();
    let mut status = Map::new();
    status.insert("replicas".to_owned(), number(&paths.status_replicas).into());
    let selector = match &paths.selector {
        Some(path) => at(object, path).and_then(Value::as_str).map(str::to_owned),
        None => Some(selector_text(
            object.pointer("/spec/selector").unwrap_or(&Value::Null),
        )),
    };
    if let Some(selector) = selector.filter(|selector| !selector.is_empty()) {
        status.insert("selector".to_owned(), selector.into());
    }
    let mut spec = Map::new();
    let replicas = number(&paths.replicas);
    if replicas != 0 {
        spec.insert("replicas".to_owned(), replicas.into());
    }
    json!({"kind": "Scale", "apiVersion": SCALE_VERSION, "metadata": metadata, "spec": spec, "status": status})
}

fn at<'a>(object: &'a Value, path: &[String]) -> Option<&'a Value> {
    path.iter().try_fold(object, |value, name| value.get(name))
}

/// A label selector as text, as `LabelSelectorAsSelector` of apimachinery sorts and spells it.
fn selector_text(selector: &Value) -> String {
    let plain = selector.get("matchLabels").is_none() && selector.get("matchExpressions").is_none();
    let labels = if plain {
        Some(selector)
    } else {
        selector.get("matchLabels")
    };
    let mut terms: Vec<(String, String)> = Vec::new();
    for (key, value) in labels.and_then(Value::as_object).into_iter().flatten() {
        let value = value.as_str().unwrap_or_default();
        terms.push((key.clone(), format!("{key}={value}")));
    }
    let expressions = selector.get("matchExpressions").and_then(Value::as_array);
    for expression in expressions.into_iter().flatten() {
        let text = |name: &str| {
            expression
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let values = expression.get("values").and_then(Value::as_array);
        let mut values: Vec<_> = values
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        values.sort_unstable();
        let (key, values) = (text("key"), values.join(","));
        let term = match text("operator") {
            "In" => format!("{key} in ({values})"),
            "NotIn" => format!("{key} notin ({values})"),
            "DoesNotExist" => format!("!{key}"),
            _ => key.to_owned(),
        };
        terms.push((key.to_owned(), term));
    }
    terms.sort();
    let terms: Vec<_> = terms.into_iter().map(|(_, term)| term).collect();
    terms.join(",")
}

fn check_scale(scale: &Value) -> Result<(), Refusal> {
    let causes = rules::validate_scale(scale);
    if causes.is_empty() {
        return Ok(());
    }
    Err(super::write::invalid(
        causes,
        meta::name(scale),
        &scale_resource(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_are_spelled_in_the_order_of_keys() {
        let selector = json!({"matchLabels": {"b": "1"}, "matchExpressions": [
            {"key": "c", "operator": "NotIn", "values": ["y", "x"]},
            {"key": "a", "operator": "Exists"},
        ]});
        assert_eq!(selector_text(&selector), "a,b=1,c notin (x,y)");
        assert_eq!(selector_text(&json!({"app": "web"})), "app=web");
    }
}
