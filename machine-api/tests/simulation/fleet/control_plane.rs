//! The controller of the control plane, with the planner that is tested.

use machine_api::{
    conditions,
    controlplane::v1beta2::KubeadmControlPlane,
    core::v1beta2::Machine,
    facts,
    kcp::{
        API_SERVER_POD_HEALTHY, Action, CLEANUP_HOOK, CONTROLLER_MANAGER_POD_HEALTHY, ControlPlane,
        ETCD_MEMBER_HEALTHY, ETCD_POD_HEALTHY, EtcdCluster, EtcdMember, Remediation,
        SCHEDULER_POD_HEALTHY, Wait,
    },
    labels, names,
};

use apply_server::simulation::{Stopped, Turn};

use super::{
    bug::Bug,
    workers::{PLANS, delete},
    world::{Fleet, condition},
};

pub(crate) fn reconcile(world: &mut Fleet, turn: &mut Turn<'_>) -> Result<(), Stopped> {
    let done = act(world, turn);
    if done.is_err() {
        world.views.control_plane.0.forget();
        world.views.control_plane.1.forget();
    }
    done
}

/// Conditions of the components, as they are found out before anything is decided.
fn inspect(world: &Fleet, machine: &mut Machine, reachable: bool) {
    if machine.status.node_ref.name.is_empty() {
        return;
    }
    let name = &machine.metadata.name;
    let (healthy, now) = (world.is_healthy(name), world.now());
    let mut members = world.members.iter();
    let votes = members.any(|member| member.name == *name && !member.is_learner);
    for (kind, holds) in [
        (API_SERVER_POD_HEALTHY, healthy),
        (CONTROLLER_MANAGER_POD_HEALTHY, healthy),
        (SCHEDULER_POD_HEALTHY, healthy),
        (ETCD_POD_HEALTHY, healthy),
        (ETCD_MEMBER_HEALTHY, healthy && votes && reachable),
    ] {
        let condition = condition(kind, holds, "Inspected");
        conditions::set(&mut machine.status.conditions, condition, 1, now);
    }
}

fn act(world: &mut Fleet, turn: &mut Turn<'_>) -> Result<(), Stopped> {
    let (now, bug) = (world.now(), world.bug);
    let stale = [
        turn.is_stale("looks at the KubeadmControlPlane"),
        turn.is_stale("looks at its machines"),
    ];
    let (seen_kcp, seen) = &mut world.views.control_plane;
    seen_kcp.look(&world.kcps, (turn.round(), stale[0]), |_| true);
    seen.look(
        &world.machines,
        (turn.round(), stale[1]),
        facts::is_control_plane,
    );
    let Some(mut kcp) = seen_kcp.objects.first().cloned() else {
        return Ok(());
    };
    // etcd only lists its members while it has a quorum.
    let reachable = world.has_quorum();
    let mut machines = world.views.control_plane.1.objects.clone();
    for machine in &mut machines {
        inspect(world, machine, reachable);
    }
    let members: Vec<EtcdMember> = if reachable {
        world.members.clone()
    } else {
        Vec::new()
    };
    let leader = members
        .iter()
        .find(|member| !member.is_learner && world.is_healthy(&member.name));
    let matching = members.len() == machines.len()
        && machines
            .iter()
            .all(|machine| world.is_healthy(&machine.metadata.name));
    for (kind, holds) in [
        ("CertificatesAvailable", true),
        ("EtcdClusterHealthy", matching),
    ] {
        conditions::set(
            &mut kcp.status.conditions,
            condition(kind, holds, "R"),
            1,
            now,
        );
    }
    if machines
        .iter()
        .any(|machine| world.is_healthy(&machine.metadata.name))
    {
        kcp.status.initialization.control_plane_initialized = Some(true);
        let metadata = kcp.metadata.clone();
        world.kcps.change(&metadata.name, &metadata.uid, |kcp| {
            kcp.status.initialization.control_plane_initialized = Some(true);
        });
    }
    let etcd = EtcdCluster {
        members: &members,
        alarms: &[],
        leader: leader.map(|leader| leader.name.as_str()),
    };
    let cluster = world.cluster.clone();
    let observed = ControlPlane::of(&kcp, &cluster, &machines, now).etcd(etcd);
    let plan = observed.plan().expect("a plan of a control plane");
    if plan.explain().is_empty() {
        turn.wrong(PLANS, "a plan does not explain itself");
    }
    let why = plan.explain();
    world.why = why.iter().map(ToString::to_string).collect();
    let mut action = plan.action;
    if bug == Some(Bug::ControlPlane)
        && matches!(
            action,
            Action::Wait(Wait::Deletion { .. } | Wait::Unstable(_))
        )
    {
        let healthy = machines
            .iter()
            .find(|machine| world.is_healthy(&machine.metadata.name));
        if let Some(machine) = healthy {
            let member = members
                .iter()
                .find(|member| member.name == machine.metadata.name);
            action = Action::Release {
                machine,
                member,
                leadership: Vec::new(),
            };
        }
    }
    if let Some((machine, wait)) = plan.deferred
        && let Some(condition) = wait.condition()
    {
        let metadata = &machine.metadata;
        world
            .machines
            .change(&metadata.name, &metadata.uid, |machine| {
                conditions::set(&mut machine.status.conditions, condition, 1, now);
            });
    }
    for machine in plan.recovered {
        let metadata = &machine.metadata;
        world
            .machines
            .change(&metadata.name, &metadata.uid, |machine| {
                conditions::remove(&mut machine.status.conditions, "OwnerRemediated");
            });
    }
    if plan.completed.is_some() {
        forget(world, &kcp, turn)?;
    }
    execute(world, &kcp, action, turn)
}

/// A remediation that is over, if it is still the one that was seen.
fn forget(
    world: &mut Fleet,
    seen: &KubeadmControlPlane,
    turn: &mut Turn<'_>,
) -> Result<(), Stopped> {
    let (key, metadata) = (labels::REMEDIATION_IN_PROGRESS, &seen.metadata);
    turn.write("forgets a remediation that is over", || {
        world.kcps.change(&metadata.name, &metadata.uid, |kcp| {
            let annotations = &mut kcp.metadata.annotations;
            if annotations.get(key) == metadata.annotations.get(key) {
                annotations.remove(key);
            }
        });
    })?;
    let (view, _) = &mut world.views.control_plane;
    view.see(&world.kcps, &metadata.name);
    Ok(())
}

fn execute(
    world: &mut Fleet,
    kcp: &KubeadmControlPlane,
    action: Action<'_>,
    turn: &mut Turn<'_>,
) -> Result<(), Stopped> {
    let (now, bug) = (world.now(), world.bug);
    let Fleet {
        kcps,
        machines,
        members,
        views,
        ..
    } = world;
    let (seen_kcp, seen) = &mut views.control_plane;
    let mut remember = |turn: &mut Turn<'_>, remediation: Option<Remediation>| {
        let what = match &remediation {
            Some(_) => "remembers the remediation",
            None => "forgets the remediation",
        };
        turn.write(what, || {
            kcps.change(&kcp.metadata.name, &kcp.metadata.uid, |kcp| {
                let annotations = &mut kcp.metadata.annotations;
                let key = labels::REMEDIATION_IN_PROGRESS.to_owned();
                match &remediation {
                    Some(remediation) => annotations.insert(key, remediation.to_string()),
                    None => annotations.remove(&key),
                };
            });
        })?;
        seen_kcp.see(kcps, &kcp.metadata.name);
        Ok(())
    };
    match action {
        Action::Initialize { failure_domain } => {
            let machine = new_machine(turn, kcp, failure_domain, None, now);
            let name = machine.metadata.name.clone();
            turn.write(format_args!("creates machine {name}"), || {
                machines.create(machine);
            })?;
            seen.see(machines, &name);
        }
        Action::ScaleUp {
            failure_domain,
            remediation,
        } => {
            let replaces = remediation.is_some();
            let machine = new_machine(turn, kcp, failure_domain, remediation, now);
            let name = machine.metadata.name.clone();
            turn.write(format_args!("creates machine {name}"), || {
                machines.create(machine);
            })?;
            seen.see(machines, &name);
            if bug == Some(Bug::ControlPlaneGrows) {
                let machine = new_machine(turn, kcp, failure_domain, None, now);
                turn.write("creates one machine more", || machines.create(machine))?;
            }
            if replaces {
                remember(turn, None)?;
            }
        }
        Action::ScaleDown { machine, .. } => {
            delete(turn, machines, machine, now)?;
            seen.see(machines, &machine.metadata.name);
        }
        Action::Remediate {
            machine,
            remediation,
            ..
        } => {
            delete(turn, machines, machine, now)?;
            seen.see(machines, &machine.metadata.name);
            remember(turn, Some(remediation))?;
        }
        Action::RemoveMember { member } => {
            let id = member.id;
            turn.write(format_args!("removes etcd member {}", member.name), || {
                members.retain(|member| member.id != id);
            })?;
        }
        Action::Release {
            machine, member, ..
        } => {
            if let Some(EtcdMember { id, name, .. }) = member
                && bug != Some(Bug::MemberStays)
            {
                turn.write(format_args!("removes etcd member {name}"), || {
                    members.retain(|member| member.id != *id);
                })?;
            }
            let metadata = &machine.metadata;
            if bug == Some(Bug::HookStays) {
                return Ok(());
            }
            turn.write(format_args!("lets machine {} go", metadata.name), || {
                machines.change(&metadata.name, &metadata.uid, |machine| {
                    machine.metadata.annotations.remove(CLEANUP_HOOK);
                });
            })?;
            seen.see(machines, &metadata.name);
        }
        _ => {}
    }
    Ok(())
}

fn new_machine(
    turn: &mut Turn<'_>,
    kcp: &KubeadmControlPlane,
    failure_domain: Option<&str>,
    remediation: Option<Remediation>,
    now: componentconfig::core::Time,
) -> Machine {
    let mut machine = Machine::default();
    machine.spec.version.clone_from(&kcp.spec.version);
    let metadata = &mut machine.metadata;
    metadata.name = format!("cp-{}", names::suffix(turn.random().number(), 5));
    metadata.creation_timestamp = Some(now);
    metadata.labels.extend([
        (labels::CONTROL_PLANE.to_owned(), String::new()),
        (labels::CLUSTER_NAME.to_owned(), "c".to_owned()),
    ]);
    let hook = (CLEANUP_HOOK.to_owned(), String::new());
    metadata.annotations.extend([hook]);
    if let Some(remediation) = remediation {
        let made = (labels::REMEDIATION_FOR.to_owned(), remediation.to_string());
        metadata.annotations.extend([made]);
    }
    failure_domain
        .unwrap_or_default()
        .clone_into(&mut machine.spec.failure_domain);
    machine
}
