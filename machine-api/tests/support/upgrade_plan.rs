//! Upgrade plans of managed topologies.

use machine_api::{
    Compat,
    upgrade_plan::{StepSource, UpgradeRequest, complete, propose},
};
use serde_json::{Value, json};

pub(crate) fn upgrade_plan(input: &Value, compat: Compat) -> Result<Value, String> {
    let text = |name: &str| input[name].as_str().ok_or_else(|| format!("no {name}"));
    let list = |name: &str| -> Vec<String> {
        serde_json::from_value(input[name].clone()).unwrap_or_default()
    };
    let request = UpgradeRequest {
        desired: text("desired")?,
        control_plane: text("controlPlane")?,
        min_workers: Some(text("minWorkers")?).filter(|version| !version.is_empty()),
    };
    let versions = list("classVersions");
    let (control_plane, workers) = (list("controlPlanePlan"), list("workersPlan"));
    let source = match text("mode")? {
        "one-minor" => StepSource::OneMinor,
        "class-versions" => StepSource::ClassVersions(&versions),
        "given" => StepSource::Given {
            control_plane: &control_plane,
            workers: &workers,
        },
        other => return Err(format!("no mode {other}")),
    };
    let proposed = match propose(request, source) {
        Ok(proposed) => proposed,
        Err(error) => return Ok(json!({"error": error.to_string(), "stage": "plan"})),
    };
    let control_plane = proposed.control_plane.clone();
    Ok(match complete(request, proposed, compat) {
        Ok(plan) => json!(plan),
        Err(error) => json!({
            "error": error.to_string(),
            "stage": "validate",
            "controlPlane": control_plane,
        }),
    })
}
