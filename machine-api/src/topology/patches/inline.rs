//! Patches that the class itself says.

use apply_semantics::patch::Patch;
use componentconfig::yaml;
use serde_json::{Number, Value, json};

use super::{Holder, PatchItem, Variables, builtin::BUILTIN, path};
use crate::{
    core::v1beta2::{ClusterClassPatch, JSONPatch, PatchSelector},
    template::{Missing, Template},
    topology::{MachineDeploymentState, MachinePoolState, kind::Workers, object},
};

type Changes = Vec<(usize, Patch)>;

/// The changes of the templates by their places; or the kind of the template for which one cannot be made, and why.
pub(super) fn generate(
    patch: &ClusterClassPatch,
    variables: &Variables,
    items: &[PatchItem],
) -> Result<Changes, (String, String)> {
    let mut changes = Changes::new();
    for (index, item) in items.iter().enumerate() {
        let failed = |problem| (object::kind(&item.template).to_owned(), problem);
        let definitions = patch.definitions.iter();
        let matching: Vec<_> = definitions
            .filter(|definition| matches(&definition.selector, item))
            .collect();
        if matching.is_empty() {
            continue;
        }
        let variables = merged(variables, &item.variables);
        if !patch.enabled_if.is_empty() {
            let enabled = rendered(&patch.enabled_if, &variables);
            let enabled = enabled.map_err(|problem| failed(format!("enabledIf: {problem}")))?;
            if enabled != Value::Bool(true) {
                continue;
            }
        }
        for definition in matching {
            let operations = definition.json_patches.iter();
            let operations = operations.map(|one| operation(one, &variables));
            let operations: Vec<Value> = operations.collect::<Result<_, _>>().map_err(failed)?;
            if !operations.is_empty() {
                changes.push((index, Patch::Json(Value::Array(operations))));
            }
        }
    }
    Ok(changes)
}

/// Those of a part replace those of the Cluster; what is built in is put together.
fn merged(variables: &Variables, own: &Variables) -> Variables {
    let mut merged = variables.clone();
    for (name, value) in own {
        match (merged.get_mut(name), value) {
            (Some(Value::Object(all)), Value::Object(own)) if name == BUILTIN => {
                all.extend(own.clone());
            }
            _ => {
                merged.insert(name.clone(), value.clone());
            }
        }
    }
    merged
}

/// Whether a patch is about a template.
fn matches(selector: &PatchSelector, item: &PatchItem) -> bool {
    if object::api_version(&item.template) != selector.api_version
        || object::kind(&item.template) != selector.kind
    {
        return false;
    }
    let resources = &selector.match_resources;
    let class = |kind: &str| {
        let class = path::value(&item.variables, &format!("{BUILTIN}.{kind}.class"));
        class
            .ok()
            .and_then(|class| class.as_str().map(str::to_owned))
    };
    let named = |names: Option<&Vec<String>>, kind| {
        let class = class(kind);
        let class = class.as_deref();
        names
            .into_iter()
            .flatten()
            .any(|name| class.is_some_and(|class| is_named(class, name)))
    };
    match &item.holder {
        Holder::Infrastructure => resources.infrastructure_cluster == Some(true),
        Holder::ControlPlane | Holder::ControlPlaneMachines => {
            resources.control_plane == Some(true)
        }
        Holder::MachineDeployment(..) => {
            let names = resources.machine_deployment_class.as_ref();
            named(
                names.map(|class| &class.names),
                MachineDeploymentState::VARIABLE,
            )
        }
        Holder::MachinePool(..) => {
            let names = resources.machine_pool_class.as_ref();
            named(names.map(|class| &class.names), MachinePoolState::VARIABLE)
        }
    }
}

/// Whether a name, with or without a `*` at one end, means a class.
fn is_named(class: &str, name: &str) -> bool {
    let ends = name
        .strip_prefix('*')
        .is_some_and(|end| class.ends_with(end));
    let begins = name
        .strip_suffix('*')
        .is_some_and(|begin| class.starts_with(begin));
    name == "*" || name == class || ends || begins
}

fn operation(patch: &JSONPatch, variables: &Variables) -> Result<Value, String> {
    let mut operation = json!({"op": patch.op, "path": patch.path});
    if matches!(patch.op.as_str(), "add" | "replace") {
        let value =
            value(patch, variables).map_err(|problem| format!("{}: {problem}", patch.path))?;
        object::put(&mut operation, &["value"], value);
    }
    Ok(operation)
}

fn value(patch: &JSONPatch, variables: &Variables) -> Result<Value, String> {
    match (&patch.value, &patch.value_from) {
        (None, None) => Err("neither value nor valueFrom is set".to_owned()),
        (Some(_), Some(_)) => Err("both value and valueFrom are set".to_owned()),
        (Some(value), None) => Ok(value.clone()),
        (None, Some(from)) => match (from.variable.as_str(), from.template.as_str()) {
            ("", "") => Err("valueFrom names neither a variable nor a template".to_owned()),
            (variable, "") => path::value(variables, variable),
            ("", template) => rendered(template, variables),
            _ => Err("valueFrom names both a variable and a template".to_owned()),
        },
    }
}

/// A template, filled and read as YAML.
fn rendered(template: &str, variables: &Variables) -> Result<Value, String> {
    let template = Template::parse_sprig(template).map_err(|error| error.to_string())?;
    let data = variables.iter();
    let data = data.map(|(name, value)| (name.clone(), floats(value)));
    let text = template
        .fill(&Value::Object(data.collect()), Missing::Nothing)
        .map_err(|error| error.to_string())?;
    yaml::read(&text).map_err(|report| format!("{text:?} is no YAML: {report}"))
}

/// All numbers of variables are floats in templates, as in the original: `{{ eq .n 3.0 }}`, not `{{ eq .n 3 }}`.
fn floats(value: &Value) -> Value {
    match value {
        Value::Number(number) => {
            let float = number.as_f64().and_then(Number::from_f64);
            Value::Number(float.unwrap_or_else(|| number.clone()))
        }
        Value::Array(items) => items.iter().map(floats).collect(),
        Value::Object(fields) => {
            let fields = fields.iter();
            let fields = fields.map(|(name, value)| (name.clone(), floats(value)));
            Value::Object(fields.collect())
        }
        other => other.clone(),
    }
}
