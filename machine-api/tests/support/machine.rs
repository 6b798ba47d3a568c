//! The status of machines, and the draining of their nodes.

use componentconfig::core::Time;
use machine_api::{
    core::v1beta2::{Cluster, Machine, MachineDrainRule},
    machine::{Named, Pod, drain, status},
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

fn read<T: DeserializeOwned + Default>(value: &Value) -> Result<T, String> {
    if value.is_null() {
        return Ok(T::default());
    }
    serde_json::from_value(value.clone()).map_err(|error| error.to_string())
}

fn now(input: &Value) -> Result<Time, String> {
    let now = input["now"].as_str().unwrap_or("2026-06-01T00:00:00Z");
    now.parse().map_err(|_| format!("no time: {now}"))
}

pub(crate) fn status(input: &Value) -> Result<Value, String> {
    let machine: Machine = read(&input["machine"])?;
    let machine_set: Option<_> = read(&input["machineSet"])?;
    let machine_deployment: Option<_> = read(&input["machineDeployment"])?;
    let owners = status::Owners {
        machine_set: machine_set.as_ref(),
        machine_deployment: machine_deployment.as_ref(),
    };
    let found = status::conclude(&machine, owners, now(input)?);
    Ok(json!({
        "status": found.status,
        "requeueAfterSeconds": found.requeue_after_seconds.unwrap_or_default(),
    }))
}

pub(crate) fn drain(input: &Value) -> Result<Value, String> {
    let (cluster, machine): (Cluster, Machine) =
        (read(&input["cluster"])?, read(&input["machine"])?);
    let rules: Vec<MachineDrainRule> = read(&input["rules"])?;
    let (namespaces, daemon_sets): (Vec<Named>, Vec<Named>) =
        (read(&input["namespaces"])?, read(&input["daemonSets"])?);
    let pods: Vec<Pod> = read(&input["pods"])?;
    let plan = drain::plan(&drain::Observed {
        cluster: &cluster,
        machine: &machine,
        rules: &rules,
        namespaces: &namespaces,
        pods: &pods,
        daemon_sets: &daemon_sets,
        node_unreachable: input["nodeUnreachable"] == true,
        now: now(input)?,
    });
    let plan = match plan {
        Ok(plan) => plan,
        Err(error) => return Ok(json!({"error": error.to_string()})),
    };
    let pods = plan.pods.iter().map(|pod| {
        let mut shown = json!({"pod": pod.key(), "behavior": pod.behavior, "group": pod.group});
        if let Some(order) = pod.order {
            shown["order"] = json!(order);
        }
        if !pod.message().is_empty() {
            shown["message"] = json!(pod.message());
        }
        shown
    });
    Ok(json!({"pods": pods.collect::<Vec<_>>()}))
}
