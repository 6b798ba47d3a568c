//! MachineHealthChecks.

use machine_api::{
    Compat, conditions,
    core::v1beta2::{Cluster, Machine, MachineHealthCheck},
    health_check::{Observed, Verdict},
    machine::Node,
};
use serde_json::{Value, json};

use crate::{
    agree,
    machine_set::{now, read},
};

/// All of the answer counts. In the better mode, what remains is never below zero, and nothing else differs.
pub(crate) fn run(case: &Value) -> Result<(), String> {
    let (input, expect) = (&case["input"], &case["expect"]);
    let mut expect = expect.clone();
    // The text of an error is free.
    if !expect["remediationError"].is_null() {
        expect["remediationError"] = json!(true);
    }
    agree(&answer(input, Compat::Upstream)?, &expect)?;
    if expect["remediationAllowed"] == false {
        expect["remediationCount"] = json!(0);
    }
    agree(&answer(input, Compat::Fixed)?, &expect)
}

fn answer(input: &Value, compat: Compat) -> Result<Value, String> {
    let cluster: Cluster = read(&input["cluster"])?;
    let check: MachineHealthCheck = read(&input["machineHealthCheck"])?;
    let machines: Vec<Machine> = read(&input["machines"])?;
    let nodes: Vec<Node> = read(&input["nodes"])?;
    let now = now(input)?;
    let plan = Observed::new(&cluster, &check, &machines, Some(&nodes), now)
        .compat(compat)
        .plan()
        .map_err(|error| error.to_string())?;
    let names = |wanted: &dyn Fn(&Verdict) -> bool| -> Vec<&str> {
        let verdicts = plan.verdicts.iter();
        let wanted = verdicts.filter(|(_, verdict)| wanted(verdict));
        wanted
            .map(|(machine, _)| machine.metadata.name.as_str())
            .collect()
    };
    let skipped = |verdict: &Verdict| matches!(verdict, Verdict::Skipped(_));
    let mut next_checks: Vec<i64> = plan.next_checks().collect();
    next_checks.sort_unstable();
    let mut answer = json!({
        "targets": names(&|verdict| !skipped(verdict)),
        "skipped": names(&skipped),
        "healthy": names(&|verdict| *verdict == Verdict::Healthy),
        "unhealthy": names(&|verdict| matches!(verdict, Verdict::Unhealthy(_))),
        "nextChecksSeconds": next_checks,
        "healthCheckSucceeded": {},
    });
    for (machine, verdict) in &plan.verdicts {
        let mut list = machine.status.conditions.clone();
        if let Some(condition) = verdict.condition() {
            conditions::set(&mut list, condition, machine.metadata.generation, now);
        }
        let found = conditions::find(&list, "HealthCheckSucceeded");
        if let Some(found) = found.filter(|_| !skipped(verdict)) {
            let shown =
                json!({"status": found.status, "reason": found.reason, "message": found.message});
            answer["healthCheckSucceeded"][&machine.metadata.name] = shown;
        }
    }
    match &plan.allowance {
        Ok(allowance) => {
            answer["remediationAllowed"] = json!(allowance.allowed);
            answer["remediationCount"] = json!(allowance.remaining);
        }
        Err(_) => answer["remediationError"] = json!(true),
    }
    if plan.explain().is_empty() {
        return Err("nothing is explained".to_owned());
    }
    Ok(answer)
}
