//! A change goes to one cluster after the other.

use apply_server::Clock as _;
use cluster_id::{
    federate::Federated,
    inventory::Group,
    rollout::{ClusterState, Deadline, OnBreach, Phase, Portion, Stage, Stages, Strategy, step},
};
use componentconfig::scalar::Duration;
use examples::{table::Table, timeline::Mark};
use serde_json::{Value, json};

use crate::{
    Failure,
    place::WEB,
    site::Site,
    world::{World, tell},
};

/// How often the clusters are looked at, in seconds.
const TICK: i64 = 10;
/// How long a cluster takes, in seconds.
const TAKES: i64 = 30;

/// First one cluster of the European ones, then the others, then America, one at a time; each stage is watched for a minute.
pub(crate) fn stages() -> Stages {
    let stage = |name: &str| Stage {
        name: name.to_owned(),
        max_concurrency: Some(Portion::Count(1)),
        progress_deadline: Deadline::After(Duration::from_mins(5)),
        soak: Duration::from_mins(1),
        ..Stage::default()
    };
    Stages {
        stages: vec![stage("canary"), stage("eu"), stage("us")],
        on_breach: OnBreach::RollBack,
        ..Stages::default()
    }
}

/// The clusters that have the workload, by stage.
pub(crate) fn groups(world: &World) -> Vec<Group> {
    let targets = world.fleet.targets(WEB);
    let of = |prefix: &str, skip: usize, most: usize| {
        let mut chosen: Vec<&str> = targets.iter().map(|target| &**target).collect();
        chosen.retain(|name| name.starts_with(prefix));
        chosen.sort_unstable();
        let chosen = chosen.into_iter().map(str::to_owned);
        chosen.skip(skip).take(most).collect::<Vec<String>>()
    };
    vec![
        Group::of(0, "canary", of("eu", 0, 1)),
        Group::of(1, "eu", of("eu", 1, usize::MAX)),
        Group::of(2, "us", of("us", 0, usize::MAX)),
    ]
}

/// What a cluster gets: the template with what is different there.
pub(crate) fn workload(version: u32, cluster: &str) -> Result<Vec<Value>, Failure> {
    let labels = json!({"app": "web"});
    let image = format!("registry.example.com/web:{version}");
    let containers = json!([{"name": "web", "image": image}]);
    let template = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"replicas": 2, "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": containers}}},
    });
    let more = json!([{"path": "/spec/replicas", "value": 5}]);
    let web = Federated::from_kubefed(&json!({
        "kind": "FederatedDeployment",
        "spec": {"template": template, "overrides": [{"clusterName": "us-1", "clusterOverrides": more}]},
    }))?;
    let settings = json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "web", "namespace": "shop"},
        "data": {"version": version.to_string()},
    });
    Ok(vec![web.materialise(cluster)?, settings])
}

/// Rolls a version out until all have it, or it is to go back: then says where everybody is.
pub(crate) fn roll(
    world: &mut World,
    title: &str,
    version: u32,
    strategy: &Strategy,
    groups: &[Group],
) -> Result<Option<Vec<ClusterState>>, Failure> {
    world.states.clear();
    let mut table = Table::new(["TIME", "CLUSTER", "STATE", "WHY"]);
    loop {
        observe(world, version, &mut table)?;
        let now = world.now()?;
        let states: Vec<ClusterState> = world.states.values().cloned().collect();
        let step = step(strategy, groups, &states, now);
        for late in &step.time_out {
            set(
                world,
                &late.cluster,
                Phase::TimeOut,
                "it took too long",
                version,
                &mut table,
            )?;
        }
        if step.max_failure_breach {
            for (cluster, why) in &step.waiting {
                table.row([&now.to_string(), cluster, "waits", &why.to_string()]);
            }
            tell(title, &table);
            return Ok(step.roll_back.then_some(states));
        }
        let next = step.rollout.iter();
        for next in next.filter(|state| state.phase == Phase::ToApply) {
            let site = world.site(&next.cluster)?;
            site.apply(
                json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}),
            )?;
            let report = site.reconcile(&workload(version, &next.cluster)?)?;
            let told: Vec<String> = report.ended.iter().map(ToString::to_string).collect();
            let stage = step
                .stage
                .as_deref()
                .map(|stage| format!("stage {stage}: "));
            let why = format!("{}{}", stage.unwrap_or_default(), told.join("; "));
            set(
                world,
                &next.cluster,
                Phase::Progressing,
                &why,
                version,
                &mut table,
            )?;
        }
        let ended = step.rollout.is_empty() && step.waiting.is_empty();
        if ended && step.stage.is_none() {
            tell(title, &table);
            // Some room before what comes next.
            world.clock.advance(30);
            world.timeline.end_at(world.clock.unix_seconds() * 1000);
            return Ok(None);
        }
        world.clock.advance(TICK);
    }
}

/// Looks at the clusters that have the change.
fn observe(world: &mut World, version: u32, table: &mut Table<4>) -> Result<(), Failure> {
    let now = world.now()?;
    let progressing: Vec<ClusterState> = world
        .states
        .values()
        .filter(|state| state.phase == Phase::Progressing)
        .cloned()
        .collect();
    for state in progressing {
        let since = state
            .since
            .map_or(now.unix(), componentconfig::core::Time::unix);
        if now.unix() - since < TAKES {
            continue;
        }
        let name = state.cluster;
        let site = world.site(&name)?;
        let desired = workload(version, &name)?;
        let deployment = desired.first().ok_or("there is a Deployment")?;
        // Version 2 does not start in America.
        site.run_pods(deployment, version != 2 || !name.starts_with("us"))?;
        let (phase, why) = health(site, deployment)?;
        set(world, &name, phase, &why, version, table)?;
    }
    Ok(())
}

/// How the Deployment is.
fn health(site: &Site, deployment: &Value) -> Result<(Phase, String), Failure> {
    let live = site.get(deployment)?.ok_or("the Deployment is gone")?;
    let number = |path: &str| live.pointer(path).and_then(Value::as_u64).unwrap_or(0);
    let (ready, wanted) = (number("/status/readyReplicas"), number("/spec/replicas"));
    let failed = live
        .pointer("/status/conditions/0/message")
        .and_then(Value::as_str);
    Ok(match failed {
        Some(message) => (Phase::Failed, message.to_owned()),
        None if ready == wanted => (
            Phase::Succeeded,
            format!("{ready} of {wanted} replicas are ready"),
        ),
        None => (
            Phase::Progressing,
            format!("{ready} of {wanted} replicas are ready"),
        ),
    })
}

fn set(
    world: &mut World,
    cluster: &str,
    phase: Phase,
    why: &str,
    version: u32,
    table: &mut Table<4>,
) -> Result<(), Failure> {
    let now = world.now()?;
    table.row([&now.to_string(), cluster, &phase.to_string(), why]);
    let ended = matches!(phase, Phase::Succeeded | Phase::Failed);
    let mark = Mark {
        colour: colour(phase),
        says: format!("version {version}, {phase}"),
        label: ended.then(|| format!("v{version}")),
    };
    let at = world.clock.unix_seconds() * 1000;
    world.timeline.mark(at, cluster, mark);
    let state = ClusterState {
        cluster: cluster.to_owned(),
        phase,
        since: Some(now),
    };
    world.states.insert(cluster.to_owned(), state);
    Ok(())
}

const fn colour(phase: Phase) -> &'static str {
    match phase {
        Phase::Succeeded => "#2e7d32",
        Phase::Failed | Phase::TimeOut => "#c62828",
        Phase::Progressing => "#f9a825",
        Phase::ToApply | Phase::Skip => "#bdbdbd",
    }
}
