//! Whether a cluster is fit to be upgraded.
//!
//! Follows `cmd/kubeadm/app/phases/upgrade/health.go` and `cmd/kubeadm/app/cmd/phases/upgrade/*/preflight.go`.

use apply_semantics::op::{
    DeleteOptions, ListOptions, Operation, Propagation, Reason, ResourceRef, WriteOptions,
};
use serde_json::{Value, json};

use super::context::{Found, UpgradeContext};
use super::versions::ClusterVersions;
use super::{control_plane_manifests, coredns};
use crate::kubeadm::api::Request;
use crate::kubeadm::objects::{SYSTEM, node::CONTROL_PLANE};
use crate::kubeadm::preflight::{self, Check, Facts, Finding, OWN_VERSION};
use crate::kubeadm::{images, skew};
use crate::{Cx, Draft, Effect, Note, PhaseError, Plan};

/// The Job that shows whether the cluster still runs what it is told to.
const JOB: &str = "upgrade-health-check";
/// How long it may take, and stays afterwards, in seconds.
const JOB_SECONDS: i64 = 20;

/// The phase `preflight` of `upgrade apply`.
pub(super) fn check_apply(cx: &Cx<'_, UpgradeContext>) -> Result<Plan, PhaseError> {
    let settings = &cx.config.settings;
    let mut draft = cx.draft();
    let found = checked(cx, &mut draft)?;
    let versions = ClusterVersions::read(&cx.config.api)?;
    let target = found.target()?;
    let current = versions.newest()?;
    // A second run finds the work done, and asks the cluster for nothing.
    if current != *target {
        health_job(cx, &found, &mut draft)?;
    }
    let upgrade = skew::Upgrade {
        cluster: &current,
        kubeadm: &cx.config.facts.kubeadm_version,
        target,
        kubelets: &versions.kubelet_versions(),
        allow_experimental: settings.allow_experimental,
        allow_release_candidates: settings.allow_release_candidates,
    };
    object(&upgrade.objections(), settings.force, &mut draft)?;
    if !(settings.confirmed || settings.force || settings.dry_run) {
        let text = "nobody has confirmed that the cluster may be upgraded";
        return Err(PhaseError::invalid("upgrade.not-confirmed", text));
    }
    pull(cx, &found, &mut draft)?;
    Ok(draft.finish())
}

/// The phase `preflight` of `upgrade node`.
pub(super) fn check_node(cx: &Cx<'_, UpgradeContext>) -> Result<Plan, PhaseError> {
    let mut draft = cx.draft();
    for note in of_host(cx)? {
        draft.note(note);
    }
    let found = cx.config.found(cx)?;
    unknown_gates(&found, &mut draft);
    if found.control_plane {
        pull(cx, &found, &mut draft)?;
    }
    Ok(draft.finish())
}

/// The checks that `apply` and `plan` have in common.
pub(super) fn checked(
    cx: &Cx<'_, UpgradeContext>,
    draft: &mut Draft<'_>,
) -> Result<std::sync::Arc<Found>, PhaseError> {
    for note in of_host(cx)? {
        draft.note(note);
    }
    let found = cx.config.found(cx)?;
    unknown_gates(&found, draft);
    for note in of_cluster(cx, &found)? {
        draft.note(note);
    }
    Ok(found)
}

fn unknown_gates(found: &Found, draft: &mut Draft<'_>) {
    for gate in found.kept.forgotten_gates().into_keys() {
        let text = format!("this release knows no feature gate {gate}");
        draft.note(Note::warning("upgrade.unknown-feature-gate", text));
    }
}

fn of_host(cx: &Cx<'_, UpgradeContext>) -> Result<Vec<Note>, PhaseError> {
    let Some(host) = &cx.config.machine else {
        return Ok(vec![Note::info(
            "preflight.no-host",
            "the host is not looked at",
        )]);
    };
    let facts = Facts {
        host: host.as_ref(),
        files: cx.files,
        environment: &cx.config.host.environment,
        own_version: OWN_VERSION,
    };
    let ignored = &cx.config.settings.ignore_preflight_errors;
    preflight::run(&[Check::Root, Check::System], &facts, ignored).into_result()
}

/// What the cluster itself has to have: ready control planes, manifests here, a configuration of DNS that goes on.
fn of_cluster(cx: &Cx<'_, UpgradeContext>, found: &Found) -> Result<Vec<Note>, PhaseError> {
    let api = &cx.config.api;
    // What the version asked for would bring does not matter yet.
    let dns = match found.init() {
        Ok(init) => init.images().dns(),
        Err(_) => String::new(),
    };
    let mut findings: Vec<Finding> = coredns::look(api, &dns)?.into();
    findings.push(control_planes_ready(cx)?);
    findings.push(manifests_there(cx)?);
    let ignored = &cx.config.settings.ignore_preflight_errors;
    preflight::settle(findings, ignored).into_result()
}

fn control_planes_ready(cx: &Cx<'_, UpgradeContext>) -> Result<Finding, PhaseError> {
    let options = ListOptions::default().labels(format!("{CONTROL_PLANE}="));
    let nodes = cx
        .config
        .api
        .list(ResourceRef::of_kind("v1", "Node"), None, options)?;
    let is_unready = |node: &&Value| {
        let conditions = node.pointer("/status/conditions").and_then(Value::as_array);
        conditions.into_iter().flatten().any(|condition| {
            let field = |name: &str| condition.get(name).and_then(Value::as_str);
            field("type") == Some("Ready") && field("status") != Some("True")
        })
    };
    let finding = Finding::clean("ControlPlaneNodesReady");
    let unready: Vec<&str> = nodes
        .iter()
        .filter(is_unready)
        .filter_map(|node| node.pointer("/metadata/name")?.as_str())
        .collect();
    Ok(if unready.is_empty() {
        finding
    } else {
        let names = unready.join(", ");
        finding.error(format!(
            "there are control-plane nodes that are not ready: {names}"
        ))
    })
}

fn manifests_there(cx: &Cx<'_, UpgradeContext>) -> Result<Finding, PhaseError> {
    let mut finding = Finding::clean("StaticPodManifest");
    for component in control_plane_manifests(false) {
        let path = cx.config.kubernetes(&format!("manifests/{component}.yaml"));
        if cx.files.stat(&path)?.is_none() {
            finding = finding.error(format!(
                "there is no {path}: is this a control-plane node of kubeadm's?"
            ));
        }
    }
    Ok(finding)
}

fn object(
    objections: &skew::Objections,
    force: bool,
    draft: &mut Draft<'_>,
) -> Result<(), PhaseError> {
    let told = |all: &[skew::Skew]| {
        let texts: Vec<String> = all.iter().map(ToString::to_string).collect();
        texts.join("; ")
    };
    let refused =
        |text: String| PhaseError::invalid("upgrade.version-policy", text).field("version");
    if !objections.mandatory.is_empty() {
        return Err(refused(told(&objections.mandatory)));
    }
    if objections.skippable.is_empty() {
        return Ok(());
    }
    if !force {
        let text = told(&objections.skippable);
        return Err(refused(format!("{text} (this can be overruled by force)")));
    }
    let text = format!("overruled: {}", told(&objections.skippable));
    draft.note(Note::warning("upgrade.forced", text));
    Ok(())
}

/// A Job is made, waited for, and removed.
fn health_job(
    cx: &Cx<'_, UpgradeContext>,
    found: &Found,
    draft: &mut Draft<'_>,
) -> Result<(), PhaseError> {
    let settings = &cx.config.settings;
    if settings.dry_run || settings.ignores("CreateJob") {
        return Ok(());
    }
    let nodes = ResourceRef::of_kind("v1", "Node");
    let nodes = cx.config.api.list(nodes, None, ListOptions::default())?;
    let closed = |node: &Value| node.pointer("/spec/unschedulable") == Some(&Value::Bool(true));
    if nodes.iter().all(closed) {
        let text = "CreateJob: no node takes new Pods, so no Job is run";
        draft.note(Note::warning("preflight", text));
        return Ok(());
    }
    let jobs = ResourceRef::of_kind("batch/v1", "Job").within(SYSTEM);
    let job = jobs.clone().named(JOB);
    let object = job_object(&found.init()?.images().pause());
    let create = Operation::create(jobs, object, WriteOptions::default());
    let delete = DeleteOptions::default().propagation(Propagation::Foreground);
    let delete = Operation::delete(job, delete);
    draft.effect(
        Request::new(create)
            .enough([Reason::AlreadyExists])
            .into_effect(),
    );
    draft.effect(job_wait());
    draft.effect(
        Request::new(delete)
            .enough([Reason::NotFound])
            .into_effect(),
    );
    Ok(())
}

fn job_object(image: &str) -> Value {
    json!({
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": JOB, "namespace": SYSTEM},
        "spec": {
            "backoffLimit": 0,
            "ttlSecondsAfterFinished": JOB_SECONDS,
            "template": {"spec": {
                "restartPolicy": "Never",
                "securityContext": {"runAsUser": 999, "runAsGroup": 999, "runAsNonRoot": true},
                "tolerations": [{"key": CONTROL_PLANE, "effect": "NoSchedule"}],
                "containers": [{"name": JOB, "image": image, "args": ["-v"]}],
            }},
        },
    })
}

/// The wait for the Job, as the port of static Pods knows it.
fn job_wait() -> Effect {
    let title = format!("wait for the Job {JOB} to complete");
    Effect::new(super::STATIC_POD_PORT, JOB, title, json!({ "job": JOB }))
}

/// Images that are not there are pulled.
fn pull(
    cx: &Cx<'_, UpgradeContext>,
    found: &Found,
    draft: &mut Draft<'_>,
) -> Result<(), PhaseError> {
    let settings = &cx.config.settings;
    let Some(host) = cx.config.machine.as_ref().filter(|_| !settings.dry_run) else {
        return Ok(());
    };
    let init = found.init()?;
    let wanted = init.images().control_plane();
    let socket = &init.init.node_registration.cri_socket;
    let pulls = images::pulls(host.as_ref(), socket, &wanted, &settings.image_pull_policy);
    let finding = match pulls {
        Ok(effects) => {
            for effect in effects {
                draft.effect(effect);
            }
            return Ok(());
        }
        Err(error) => Finding::clean("ImagePull").error(error.to_string()),
    };
    let ignored = &settings.ignore_preflight_errors;
    for note in preflight::settle([finding], ignored).into_result()? {
        draft.note(note);
    }
    Ok(())
}
