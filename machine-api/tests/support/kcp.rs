//! Control planes of kubeadm: quorum, remediation, removal.

use std::collections::BTreeMap;

use machine_api::{
    Compat,
    controlplane::v1beta2::KubeadmControlPlane,
    core::v1beta2::{Cluster, Machine},
    kcp::{Change, ControlPlane, EtcdAlarm, EtcdAlarmKind, EtcdCluster, EtcdMember},
};
use serde_json::{Value, json};

use crate::{agree, machine_set::Outcome, machine_texts::Texts, read_or_default as read};

/// What a case observes.
struct Observed {
    kcp: KubeadmControlPlane,
    cluster: Cluster,
    machines: Vec<Machine>,
    members: Vec<EtcdMember>,
    alarms: Vec<EtcdAlarm>,
    now: componentconfig::core::Time,
}

impl Observed {
    fn read(input: &Value) -> Result<Self, String> {
        let now = input["now"].as_str().unwrap_or("2026-06-01T00:00:00Z");
        let alarms = input["etcdAlarms"].as_array().into_iter().flatten();
        let alarms = alarms.map(|alarm| {
            let kind = match alarm["type"].as_u64() {
                Some(0) => EtcdAlarmKind::None,
                Some(1) => EtcdAlarmKind::NoSpace,
                Some(2) => EtcdAlarmKind::Corrupt,
                _ => return Err(format!("no alarm {alarm}")),
            };
            let member = alarm["memberID"].as_u64().ok_or("an alarm of no member")?;
            Ok(EtcdAlarm { member, kind })
        });
        Ok(Self {
            kcp: read(&input["kubeadmControlPlane"])?,
            cluster: read(&input["cluster"])?,
            machines: read(&input["machines"])?,
            members: read(&input["etcdMembers"])?,
            alarms: alarms.collect::<Result<_, String>>()?,
            now: now.parse().map_err(|_| "no time")?,
        })
    }

    fn control_plane(&self, compat: Compat) -> ControlPlane<'_> {
        ControlPlane::of(&self.kcp, &self.cluster, &self.machines, self.now)
            .compat(compat)
            .etcd(EtcdCluster {
                members: &self.members,
                alarms: &self.alarms,
                leader: None,
            })
    }
}

/// Runs a case of the suites of this file; `None` if it is of another one. All have one answer in both modes.
pub(crate) fn run(case: &Value, texts: &mut Texts) -> Option<Outcome> {
    let answer = match case["suite"].as_str()? {
        "kcp-quorum" => quorum,
        "kcp-remediation" => remediation,
        "kcp-scale-down" => scale_down,
        _ => return None,
    };
    let outcome = [Compat::Upstream, Compat::Fixed]
        .into_iter()
        .try_for_each(|compat| {
            let ours = answer(&case["input"], compat)?;
            if let Some(theirs) = case["expect"]["ownerRemediated"]["message"].as_str() {
                let ours = ours["ownerRemediated"]["message"].as_str();
                texts.count("kcp-remediation", ours, theirs);
            }
            agree(&without_texts(&ours), &without_texts(&case["expect"]))
        });
    Some(outcome)
}

fn quorum(input: &Value, compat: Compat) -> Result<Value, String> {
    let observed = Observed::read(input)?;
    let control_plane = observed.control_plane(compat);
    let remove: BTreeMap<&str, Value> = observed
        .machines
        .iter()
        .map(|machine| {
            let change = Change::Remove(machine);
            let mut answer = json!({
                "componentsSafe": control_plane.components_after(change).is_safe(),
                "canSafelyRemediate": control_plane.harm_of_removing(machine).is_none(),
            });
            if !machine.status.node_ref.name.is_empty() {
                answer["etcdSafe"] = json!(control_plane.etcd_after(change).is_safe());
            }
            (machine.metadata.name.as_str(), answer)
        })
        .collect();
    Ok(json!({
        "etcdSafeToAdd": control_plane.etcd_after(Change::Add).is_safe(),
        "componentsSafeToAdd": control_plane.components_after(Change::Add).is_safe(),
        "remove": remove,
    }))
}

fn remediation(input: &Value, compat: Compat) -> Result<Value, String> {
    let observed = Observed::read(input)?;
    let control_plane = observed.control_plane(compat);
    let unhealthy = control_plane.unhealthy();
    let mut candidates: Vec<&str> = unhealthy
        .map(|machine| machine.metadata.name.as_str())
        .collect();
    candidates.sort_unstable();
    let Some(pick) = control_plane.pick_for_remediation() else {
        return Ok(json!({"candidates": candidates, "pick": ""}));
    };
    let mut answer = json!({"candidates": candidates, "pick": pick.metadata.name});
    let retry = match control_plane.retry(pick) {
        Ok(retry) => retry,
        Err(error) => {
            answer["retryError"] = json!(error.to_string());
            return Ok(answer);
        }
    };
    let refusal = retry.refusal.map(machine_api::kcp::RemediationWait::Retry);
    let condition = refusal
        .as_ref()
        .and_then(machine_api::kcp::RemediationWait::condition);
    let present = pick
        .status
        .conditions
        .iter()
        .find(|condition| condition.r#type == "OwnerRemediated");
    let condition = condition.as_ref().or(present);
    answer["retryAllowed"] = json!(refusal.is_none());
    answer["retryCount"] = json!(retry.remediation.retry_count);
    answer["ownerRemediated"] = json!(condition.map(|condition| json!({
        "status": condition.status,
        "reason": condition.reason,
        "message": condition.message,
    })));
    Ok(answer)
}

/// The answer without texts.
fn without_texts(answer: &Value) -> Value {
    let mut answer = answer.clone();
    if let Some(condition) = answer.get_mut("ownerRemediated") {
        condition["message"] = Value::Null;
    }
    if let Some(error) = answer.get_mut("retryError") {
        *error = json!("");
    }
    answer
}

fn scale_down(input: &Value, compat: Compat) -> Result<Value, String> {
    let observed = Observed::read(input)?;
    let outdated: Vec<String> = read(&input["outdated"])?;
    let is_outdated = |machine: &&Machine| outdated.contains(&machine.metadata.name);
    let outdated: Vec<&Machine> = observed.machines.iter().filter(is_outdated).collect();
    let selected = observed.control_plane(compat).select_for_removal(&outdated);
    Ok(match selected {
        Some(machine) => json!({"selected": machine.metadata.name}),
        None => json!({"error": "no machine"}),
    })
}
