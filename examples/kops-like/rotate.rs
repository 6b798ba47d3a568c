//! `rotate-certs`: the certificates of the control plane, one node after the other, as day 2 of bootstrap-phases plans it.

use std::{
    fs,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bootstrap_phases::{
    Compat, Digest, Event, EventKind, FileJournal, PhaseState, RunStatus, Runner, Selection,
    StdFiles,
    kubeadm::{
        InitContext,
        api::Api,
        credentials::{Renewal, cluster_context, renew_workflow},
        day2::{Desired, Halt, NodeState, Observed, Step, Task, Unfinished, carry_out},
    },
};
use componentconfig::kubeadm::Facts;
use examples::{failure::Failure, files::replace, root};
use serde::{Deserialize, Serialize};

use crate::{
    boot::seconds,
    cli::RotateCerts,
    fleet::Fleet,
    objects::CORE,
    state::{Folder, State},
    tell::{Kind, Teller},
};

const DAY: u64 = 86_400;

/// A rotation that was begun: one that goes on renews what this one did not.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rotation {
    /// In seconds since 1970.
    began: u64,
    /// Certificates with less left are renewed, in milliseconds; `None` for all that were there when it began.
    renew_before: Option<u64>,
}

pub(crate) fn rotate(arguments: &RotateCerts) -> Result<(), Failure> {
    let cluster = arguments.name.as_str();
    let state = State::open(&arguments.manner)?;
    if state.api.get(CORE, "Cluster", cluster)?.is_none() {
        return Err(Failure::Input(format!("there is no cluster {cluster}")));
    }
    let folder = state.folder(cluster);
    let teller = Teller::new(arguments.manner.output, &folder.events())?;
    let fleet = Fleet::open(&state, cluster, &teller)?;
    let rotation = Rotation::begin_or_go_on(&folder, arguments)?;
    teller.tell(Kind::Command, cluster, "rotate-certs begins");
    let server = fleet.cloud.workload.server.clone();
    let api = Api::with_super_admin(server.clone(), server);
    let (context, _) =
        cluster_context(Some(&api), &Facts::default(), Compat::Fixed).map_err(Failure::run)?;
    let work = Work {
        fleet: &fleet,
        folder: &folder,
        teller: &teller,
        context,
        rotation,
    };
    let desired = work.desired();
    let outcome = carry_out(
        &desired,
        || rotation.began(),
        || work.observe(),
        |step| work.make(step),
    );
    match outcome.halt {
        None => {}
        Some(Halt::Observe(failure) | Halt::Failed { error: failure, .. }) => return Err(failure),
        Some(Halt::Plan(error)) => return Err(Failure::run(error)),
        Some(Halt::Blocked(blocked)) => {
            let blocked = blocked
                .iter()
                .map(|one| format!("{}: {}", one.step, one.reason));
            return Err(Failure::Run(blocked.collect::<Vec<_>>().join("\n")));
        }
        Some(other) => return Err(Failure::Run(format!("{other:?}"))),
    }
    Rotation::end(&folder)?;
    let done = outcome.done.len();
    teller.tell(
        Kind::Command,
        cluster,
        format!("rotate-certs is done: {done} nodes"),
    );
    Ok(())
}

impl Rotation {
    fn path(folder: &Folder) -> std::path::PathBuf {
        folder.path().join("rotation.json")
    }

    fn begin_or_go_on(folder: &Folder, arguments: &RotateCerts) -> Result<Self, Failure> {
        let path = Self::path(folder);
        if let Ok(text) = fs::read(&path) {
            return serde_json::from_slice(&text).map_err(Failure::run);
        }
        let rotation = Self {
            began: u64::try_from(seconds(SystemTime::now())).unwrap_or_default() + 1,
            renew_before: (!arguments.all).then_some(arguments.renew_before * DAY * 1000),
        };
        replace(
            &path,
            serde_json::to_string(&rotation)
                .map_err(Failure::run)?
                .as_bytes(),
        )?;
        Ok(rotation)
    }

    fn end(folder: &Folder) -> Result<(), Failure> {
        fs::remove_file(Self::path(folder)).map_err(Failure::run)
    }

    fn began(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(self.began)
    }
}

struct Work<'a> {
    fleet: &'a Fleet<'a>,
    folder: &'a Folder,
    teller: &'a Teller,
    context: InitContext,
    rotation: Rotation,
}

impl Work<'_> {
    /// Certificates count whole seconds: what was made before the rotation began has a second less than its whole period.
    fn desired(&self) -> Desired {
        let period = self
            .context
            .cluster
            .certificate_validity_period
            .and_then(componentconfig::scalar::Duration::to_std);
        let mut desired = Desired::new();
        desired.certificate_period = period.unwrap_or(desired.certificate_period);
        let all = desired
            .certificate_period
            .saturating_sub(Duration::from_millis(500));
        let before = self.rotation.renew_before.map(Duration::from_millis);
        desired.renew_before = before.map_or(all, |before| before.min(all));
        desired
    }

    fn observe(&self) -> Result<Observed, Failure> {
        let mut nodes = Vec::new();
        for machine in self.fleet.machines()? {
            let name = machine.metadata.name.clone();
            let files = StdFiles::new(self.folder.root(&name));
            let is_control_plane = machine
                .metadata
                .labels
                .contains_key(machine_api::labels::CONTROL_PLANE);
            let mut node = if is_control_plane {
                let node = NodeState::control_plane(&name);
                let node = node.certificates_of(&self.context, &files, self.rotation.began());
                node.map_err(Failure::run)?
            } else {
                NodeState::worker(&name)
            };
            node.ready = machine.status.phase.as_str() == "Running";
            node.unfinished = self.unfinished(&name)?;
            nodes.push(node);
        }
        Ok(Observed { nodes })
    }

    /// A renewal that was begun on a node, as its journal tells.
    fn unfinished(&self, node: &str) -> Result<Option<Unfinished>, Failure> {
        let path = root::journal_path(&self.folder.root(node));
        if !path.exists() {
            return Ok(None);
        }
        let entries = FileJournal::peek(&path).map_err(Failure::run)?;
        let status =
            RunStatus::of(&entries).filter(|run| run.workflow == "renew" && run.outcome.is_none());
        Ok(status.map(|run| Unfinished {
            task: Task::Renew {
                certificates: run.phases.into_iter().map(|phase| phase.path).collect(),
            },
            error: None,
        }))
    }

    fn make(&self, step: &Step) -> Result<(), Failure> {
        self.teller
            .tell(Kind::Why, &step.node, step.task.to_string());
        // Certificates of before the rotation's first second are renewed; it may not have come yet.
        while let Ok(left) = self.rotation.began().duration_since(SystemTime::now()) {
            std::thread::sleep(left);
        }
        let path = self.folder.root(&step.node);
        let journal = root::take(&path, 0, |_| ())?;
        let files = StdFiles::new(&path);
        let renewal = Renewal {
            context: self.context.clone(),
            since: self.rotation.began(),
        };
        let listen = |event: &Event| {
            if let EventKind::PhaseFinished {
                path,
                state: PhaseState::Done,
                changes,
                ..
            } = &event.kind
            {
                self.teller.tell(
                    Kind::Phase,
                    &step.node,
                    format!("renew/{path}: {changes} changes"),
                );
            }
        };
        let identity = Digest::of(self.rotation.began.to_string().as_bytes());
        for run in step.runs() {
            let flow = renew_workflow(false).build().map_err(Failure::run)?;
            let runner = Runner::new(&flow, &files)
                .select(Selection::only(run.phases))
                .journal(&journal, identity)
                .events(&listen);
            runner
                .run(&renewal)
                .map_err(|failure| Failure::run(failure.error))?;
        }
        Ok(())
    }
}
