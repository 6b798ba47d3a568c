//! Controllers of workers: MachineDeployment, MachineSet and MachineHealthCheck, each with the planner that is tested.

use machine_api::{
    conditions,
    core::v1beta2::{Machine, MachineSet},
    facts,
    health_check::{self, Action},
    labels,
    machine::Node,
    machine_set::{
        preflight::Preflight,
        remediation,
        sync::{self, SyncAction},
    },
    meta::ConditionStatus,
    names, propagation,
    rollout::Rollout,
};

use apply_server::simulation::{Stopped, Turn};

use super::{
    api::{Store, View},
    bug::Bug,
    world::{Fleet, condition},
};

/// The rule of what is wrong with a decision itself.
pub(crate) const PLANS: &str = "plans are sound";

pub(crate) fn deployment(world: &mut Fleet, turn: &mut Turn<'_>) -> Result<(), Stopped> {
    let done = roll(world, turn);
    if done.is_err() {
        world.views.deployment.0.forget();
        world.views.deployment.1.forget();
    }
    done
}

fn roll(world: &mut Fleet, turn: &mut Turn<'_>) -> Result<(), Stopped> {
    let (now, bug) = (world.now(), world.bug);
    let Fleet {
        views,
        deployments,
        sets,
        ..
    } = world;
    let (seen_deployment, seen_sets) = &mut views.deployment;
    let stale = (
        turn.round(),
        turn.is_stale("looks at the MachineDeployment"),
    );
    seen_deployment.look(deployments, stale, |_| true);
    let stale = (turn.round(), turn.is_stale("looks at the MachineSets"));
    seen_sets.look(sets, stale, |_| true);
    let (Some(deployment), observed) = (
        seen_deployment.objects.first().cloned(),
        seen_sets.objects.clone(),
    ) else {
        return Ok(());
    };
    let suffix = turn.random().number();
    let plan = match Rollout::of(&deployment, &observed, now)
        .plan(&mut |length| names::suffix(suffix, length))
    {
        Ok(plan) => plan,
        Err(error) => {
            turn.wrong(PLANS, error.to_string());
            return Ok(());
        }
    };
    if plan.old().iter().any(|set| set.change() > 0) {
        turn.wrong(PLANS, "an old MachineSet grows");
    }
    if plan.explain().is_empty() {
        turn.wrong(PLANS, "a plan does not explain itself");
    }
    let desired = plan.machine_sets().expect("objects of a plan");
    for (planned, mut set) in plan.sets().zip(desired) {
        let more = match bug {
            Some(Bug::RolloutGrows) if planned.change() > 0 => 1,
            Some(Bug::RolloutShrinks) if planned.change() < 0 => -1,
            _ => 0,
        };
        set.spec.replicas = set.spec.replicas.map(|replicas| (replicas + more).max(0));
        let name = set.metadata.name.clone();
        match planned.observed() {
            None => {
                set.metadata.creation_timestamp = Some(now);
                let what = format_args!("creates MachineSet {name} for {:?}", set.spec.replicas);
                turn.write(what, || sets.create(set.clone()))?;
            }
            Some(observed) => {
                let same = observed.spec == set.spec
                    && observed.metadata.annotations == set.metadata.annotations;
                if same {
                    continue;
                }
                let what = format_args!("scales MachineSet {name} to {:?}", set.spec.replicas);
                turn.write(what, || {
                    sets.change(&name, &observed.metadata.uid, |present| {
                        if present.spec != set.spec {
                            present.metadata.generation += 1;
                        }
                        present.spec.clone_from(&set.spec);
                        present
                            .metadata
                            .annotations
                            .clone_from(&set.metadata.annotations);
                    });
                })?;
            }
        }
        seen_sets.see(sets, &name);
    }
    for set in plan.obsolete() {
        let name = &set.metadata.name;
        turn.write(format_args!("deletes MachineSet {name}"), || {
            sets.remove(name);
        })?;
        seen_sets.objects.retain(|seen| seen.metadata.name != *name);
    }
    let counts = |count: fn(&MachineSet) -> Option<i32>| {
        Some(seen_sets.objects.iter().filter_map(count).sum::<i32>())
    };
    let mut status = deployment.status.clone();
    status.replicas = counts(|set| set.status.replicas);
    status.available_replicas = counts(|set| set.status.available_replicas);
    status.up_to_date_replicas = counts(|set| set.status.up_to_date_replicas);
    status.observed_generation = deployment.metadata.generation;
    let name = &deployment.metadata.name;
    let annotations = &deployment.metadata.annotations;
    let revision = plan.revision().map(str::to_owned);
    if status != deployment.status || annotations.get(labels::REVISION) != revision.as_ref() {
        let revision = revision.map(|revision| (labels::REVISION.to_owned(), revision));
        turn.write("updates the status of the MachineDeployment", || {
            deployments.change(name, &deployment.metadata.uid, |present| {
                present.status = status;
                present.metadata.annotations.extend(revision);
            });
        })?;
        seen_deployment.see(deployments, name);
    }
    Ok(())
}

pub(crate) fn sets(world: &mut Fleet, turn: &mut Turn<'_>) -> Result<(), Stopped> {
    let names: Vec<String> = world
        .sets
        .all()
        .map(|set| set.metadata.name.clone())
        .collect();
    world.views.sets.retain(|name, _| names.contains(name));
    for name in names {
        if turn.is_unobserved(format_args!("reconciles MachineSet {name}")) {
            continue;
        }
        match sync_set(world, &name, turn) {
            Ok(()) => {}
            Err(Stopped::Crashed) => return Err(Stopped::Crashed),
            Err(_) => drop(world.views.sets.remove(&name)),
        }
    }
    Ok(())
}

fn sync_set(world: &mut Fleet, name: &str, turn: &mut Turn<'_>) -> Result<(), Stopped> {
    let (now, bug) = (world.now(), world.bug);
    let Fleet {
        views,
        deployments,
        sets,
        machines,
        cluster,
        ..
    } = world;
    let views = views
        .sets
        .entry(name.to_owned())
        .or_insert_with(|| (View::new(), View::new(), View::new()));
    let (seen_set, own, seen_deployment) = views;
    let stale = (
        turn.round(),
        turn.is_stale(format_args!("looks at MachineSet {name}")),
    );
    seen_set.look(sets, stale, |set| set.metadata.name == name);
    let stale = (
        turn.round(),
        turn.is_stale(format_args!("looks at the machines of {name}")),
    );
    own.look(machines, stale, |machine| owner(machine) == Some(name));
    let stale = (
        turn.round(),
        turn.is_stale("looks at the MachineDeployment"),
    );
    seen_deployment.look(deployments, stale, |_| true);
    let Some(set) = seen_set.objects.first().cloned() else {
        return Ok(());
    };
    let looked_at = own.objects.clone();
    let remediation = remediation::Observed {
        machine_set: &set,
        machine_deployment: seen_deployment.objects.first(),
        machines: &looked_at,
        preflight: Preflight::new(cluster, &set, None, &[]),
    };
    let plan = remediation.plan().expect("a plan of remediation");
    let broken: Vec<&Machine> = match bug {
        Some(Bug::Remediation) => looked_at
            .iter()
            .filter(|machine| facts::is_healthy(machine))
            .take(2)
            .collect(),
        _ => plan.delete,
    };
    for machine in broken {
        delete(turn, machines, machine, now)?;
        own.see(machines, &machine.metadata.name);
    }
    for machine in plan.recovered {
        let metadata = &machine.metadata;
        let what = format_args!("notes that {} is healthy again", metadata.name);
        turn.write(what, || {
            machines.change(&metadata.name, &metadata.uid, |machine| {
                conditions::remove(&mut machine.status.conditions, "OwnerRemediated");
            });
        })?;
        own.see(machines, &metadata.name);
    }
    let looked_at = own.objects.clone();
    let plan = sync::Observed::new(&set, &looked_at, now)
        .plan()
        .expect("a plan of a set");
    match plan.action {
        SyncAction::Create { count } => {
            for _ in 0..count + usize::from(bug == Some(Bug::SetCreates)) {
                let suffix = turn.random().number();
                let mut machine =
                    propagation::machine(&set, None, &mut |length| names::suffix(suffix, length))
                        .expect("a machine");
                machine.metadata.creation_timestamp = Some(now);
                let clusters = (labels::CLUSTER_NAME.to_owned(), "c".to_owned());
                machine.metadata.labels.extend([clusters]);
                let made = machine.metadata.name.clone();
                turn.write(format_args!("creates machine {made}"), || {
                    machines.create(machine);
                })?;
                own.see(machines, &made);
            }
        }
        SyncAction::Delete { mut delete, .. } => {
            if bug == Some(Bug::SetDeletes) {
                let more = looked_at.iter().find(|machine| {
                    facts::is_healthy(machine)
                        && !delete
                            .iter()
                            .any(|gone| gone.metadata.name == machine.metadata.name)
                });
                delete.extend(more);
            }
            for machine in delete {
                self::delete(turn, machines, machine, now)?;
                own.see(machines, &machine.metadata.name);
            }
        }
        _ => {}
    }
    let count = |which: &dyn Fn(&&Machine) -> bool| {
        i32::try_from(own.objects.iter().filter(|machine| which(machine)).count()).ok()
    };
    let available = |machine: &&Machine| {
        let conditions = &machine.status.conditions;
        !machine.metadata.is_deleting()
            && conditions::has_status(conditions, "Available", &ConditionStatus::True)
    };
    let version = seen_deployment
        .objects
        .first()
        .map(|all| all.spec.template.spec.version.clone());
    let mut status = set.status.clone();
    status.replicas = count(&|_| true);
    status.available_replicas = count(&available);
    status.up_to_date_replicas = count(&|machine| Some(&machine.spec.version) == version.as_ref());
    status.observed_generation = set.metadata.generation;
    if status != set.status {
        let what = format_args!(
            "says that {name} has {:?} machines, {:?} of them available",
            status.replicas, status.available_replicas
        );
        turn.write(what, || {
            sets.change(name, &set.metadata.uid, |present| {
                present.status.clone_from(&status);
            });
        })?;
        seen_set.see(sets, name);
    }
    Ok(())
}

fn owner(machine: &Machine) -> Option<&str> {
    machine
        .metadata
        .controller()
        .map(|owner| owner.name.as_str())
}

pub(crate) fn delete(
    turn: &mut Turn<'_>,
    machines: &mut Store<Machine>,
    machine: &Machine,
    now: componentconfig::core::Time,
) -> Result<(), Stopped> {
    let metadata = &machine.metadata;
    turn.write(format_args!("deletes machine {}", metadata.name), || {
        machines.change(&metadata.name, &metadata.uid, |machine| {
            machine.metadata.deletion_timestamp.get_or_insert(now);
        });
    })?;
    Ok(())
}

pub(crate) fn health_check(world: &mut Fleet, turn: &mut Turn<'_>) -> Result<(), Stopped> {
    let done = check(world, turn);
    if done.is_err() {
        world.views.check.forget();
    }
    done
}

fn check(world: &mut Fleet, turn: &mut Turn<'_>) -> Result<(), Stopped> {
    let (now, bug) = (world.now(), world.bug);
    let Fleet {
        views,
        machines,
        cluster,
        check,
        ..
    } = world;
    let seen = &mut views.check;
    let stale = (turn.round(), turn.is_stale("looks at all machines"));
    seen.look(machines, stale, |_| true);
    let looked_at = seen.objects.clone();
    let with_node = looked_at
        .iter()
        .filter(|machine| !machine.status.node_ref.name.is_empty());
    let nodes: Vec<Node> = with_node
        .map(|machine| {
            let mut node = Node::default();
            node.metadata.name.clone_from(&machine.status.node_ref.name);
            node
        })
        .collect();
    let observed = health_check::Observed::new(cluster, check, &looked_at, Some(&nodes), now);
    let plan = observed.plan().expect("a plan of a health check");
    let mut conditions: Vec<(&Machine, _)> = Vec::new();
    let asleep = bug == Some(Bug::HealthCheckSleeps);
    for action in plan.actions.into_iter().filter(|_| !asleep) {
        if let Action::SetCondition { machine, condition } = action {
            conditions.push((machine, condition));
        }
    }
    if bug == Some(Bug::HealthCheck) {
        let healthy = looked_at
            .iter()
            .filter(|machine| facts::is_healthy(machine));
        for machine in healthy.take(5) {
            conditions.push((machine, condition("HealthCheckSucceeded", false, "Wrong")));
            conditions.push((
                machine,
                condition("OwnerRemediated", false, "WaitingForRemediation"),
            ));
        }
    }
    for (machine, condition) in conditions {
        let metadata = &machine.metadata;
        let kind = condition.r#type.clone();
        if conditions::find(&machine.status.conditions, &kind)
            .is_some_and(|present| present.status == condition.status)
        {
            continue;
        }
        let what = format_args!("sets {kind} of {} to {:?}", metadata.name, condition.status);
        turn.write(what, || {
            machines.change(&metadata.name, &metadata.uid, |machine| {
                conditions::set(&mut machine.status.conditions, condition.clone(), 1, now);
            });
        })?;
        seen.see(machines, &metadata.name);
    }
    Ok(())
}
