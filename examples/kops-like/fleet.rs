//! A cluster that is brought forward: the driver of Cluster API makes decisions, machines boot, and roots of machines that are gone go.

use std::{
    collections::{BTreeMap, BTreeSet},
    num::NonZeroUsize,
    sync::Mutex,
    thread,
    time::{Duration, Instant, SystemTime},
};

use bootstrap_phases::{
    Event, EventKind, PhaseState, Secret,
    kubeadm::pki::{KeySource as _, SystemKeys},
};
use componentconfig::core::Time;
use examples::{failure::Failure, stand_in};
use machine_api::{
    Gates,
    certificates::{KeyPair, Purpose},
    controlplane::v1beta2::KubeadmControlPlane,
    core::v1beta2::{Cluster, Machine, MachineAddressType, MachineDeployment},
    driver::{Driver, Report},
    labels,
    machine_set::preflight::PreflightCheck,
    names,
};
use serde_json::Value;

use crate::{
    api::Api,
    boot::{self, seconds},
    cloud::{Cloud, Guarded},
    objects::{control_plane_name, selector},
    state::{Folder, State},
    tell::{Kind, Progress, Teller},
    workload::Workload,
};

type Random = fn(usize) -> String;

/// A look at a cluster that nothing happens to is repeated after so long.
const PAUSE: Duration = Duration::from_millis(50);

/// How often a cluster has to look finished where nobody tells of changes.
const LOOKS: u32 = 3;

pub(crate) struct Fleet<'a> {
    pub(crate) api: Api,
    pub(crate) cluster: String,
    pub(crate) cloud: Cloud,
    folder: Folder,
    driver: Driver<Cloud, Random>,
    teller: &'a Teller,
    /// What was told of each machine.
    phases: BTreeMap<String, String>,
    told: BTreeSet<String>,
}

impl<'a> Fleet<'a> {
    pub(crate) fn open(state: &State, cluster: &str, teller: &'a Teller) -> Result<Self, Failure> {
        let folder = state.folder(cluster);
        let workload = Workload::open(&folder)?;
        let cloud = Cloud::open(&state.api, cluster, &workload)?;
        let driver =
            Driver::new(cloud.clone(), random as Random, Gates::default()).bootstrap_data();
        Ok(Self {
            api: state.api.clone(),
            cluster: cluster.to_owned(),
            cloud,
            folder,
            driver: driver.preflight_checks(vec![PreflightCheck::All]),
            teller,
            phases: BTreeMap::new(),
            told: BTreeSet::new(),
        })
    }

    /// Brings the cluster forward until nothing is left to do and `done` says so.
    pub(crate) fn bring(
        &mut self,
        timeout: u64,
        done: impl Fn(&Self) -> Result<bool, Failure>,
    ) -> Result<(), Failure> {
        let end = Instant::now() + Duration::from_secs(timeout);
        let mut settled = 0;
        loop {
            let report = self.step()?;
            let booted = self.boot()?;
            let removed = self.clean_up()?;
            self.tell(&report)?;
            // A real API server does not tell whether a write changed something: there the same has to be seen several times.
            let quiet = report.changes == 0;
            let still = quiet || matches!(self.api, Api::Real(..));
            if still && !booted && !removed && report.refusals.is_empty() && done(self)? {
                settled += 1;
                if quiet || settled == LOOKS {
                    self.teller.end();
                    return Ok(());
                }
            } else {
                settled = 0;
            }
            if Instant::now() > end {
                return Err(self.late(&report));
            }
            if quiet && !booted && !removed {
                thread::sleep(PAUSE);
            }
        }
    }

    fn late(&self, report: &Report) -> Failure {
        let why = report.why.iter().map(ToString::to_string);
        let refusals = report.refusals.iter();
        let refusals = refusals.map(|(subject, refusal)| format!("{subject}: {refusal}"));
        let why: Vec<String> = why.chain(refusals).collect();
        Failure::Run(format!(
            "{}: not done in time:\n{}",
            self.cluster,
            why.join("\n")
        ))
    }

    fn step(&mut self) -> Result<Report, Failure> {
        let now = Time::from_unix(seconds(SystemTime::now()));
        let now = now.ok_or_else(|| Failure::Run("the clock has no time".to_owned()))?;
        let mut api = Guarded(self.cloud.clone());
        let report = self.driver.step(&mut api, now).map_err(Failure::run)?;
        self.cloud.keep().map_err(Failure::run)?;
        Ok(report)
    }

    pub(crate) fn machines(&self) -> Result<Vec<Machine>, Failure> {
        self.api.all(&selector(&self.cluster))
    }

    /// Boots the machines that are made and told what to do, as many at a time as there are processors. Says whether there were any.
    fn boot(&self) -> Result<bool, Failure> {
        let made = self.cloud.machines();
        let mut waiting = Vec::new();
        for machine in self.machines()? {
            let name = &machine.metadata.name;
            let begins = made.contains(name)
                && !machine.metadata.is_deleting()
                && !machine.spec.provider_id.is_empty();
            if begins && !boot::is_finished(&self.folder.root(name)) {
                waiting.extend(self.bootable(&machine)?);
            }
        }
        if waiting.is_empty() {
            return Ok(false);
        }
        let workload = &self.cloud.workload;
        if workload.is_initialized() {
            // Who joins trusts what is signed with his token.
            stand_in::sign_cluster_info(&workload.server).map_err(Failure::run)?;
        }
        let next = Mutex::new(waiting.into_iter());
        let work = || -> Result<(), Failure> {
            loop {
                let machine = next.lock().map_err(Failure::run)?.next();
                let Some(machine) = machine else {
                    return Ok(());
                };
                let listen = |event: &Event| self.listen(&machine.name, event);
                machine.boot(workload, &listen)?;
            }
        };
        let processors = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        thread::scope(|scope| {
            let threads: Vec<_> = (0..processors).map(|_| scope.spawn(work)).collect();
            let results = threads.into_iter().map(|thread| {
                let broke = |_| Failure::Run("a boot panicked".to_owned());
                thread.join().map_err(broke).and_then(|result| result)
            });
            results
                .collect::<Vec<_>>()
                .into_iter()
                .collect::<Result<(), _>>()
        })?;
        Ok(true)
    }

    fn listen(&self, machine: &str, event: &Event) {
        if let EventKind::PhaseFinished {
            path,
            state: PhaseState::Done,
            changes,
            ..
        } = &event.kind
        {
            self.teller
                .tell(Kind::Phase, machine, format!("{path}: {changes} changes"));
        }
    }

    /// What a machine needs to boot; `None` if it is not there yet.
    fn bootable(&self, machine: &Machine) -> Result<Option<boot::Machine>, Failure> {
        let Some(name) = &machine.spec.bootstrap.data_secret_name else {
            return Ok(None);
        };
        let authority = Purpose::ClusterCa.secret_name(&self.cluster);
        let secret = |name: &str| self.api.get("v1", "Secret", name);
        let (Some(data), Some(authority)) = (secret(name)?, secret(&authority)?) else {
            return Ok(None);
        };
        let authority = KeyPair::of_secret(&authority).map_err(Failure::run)?;
        let addresses = machine.status.addresses.iter();
        let mut inside = addresses.filter(|one| one.r#type == MachineAddressType::InternalIp);
        let Some(address) = inside.find_map(|one| one.address.parse().ok()) else {
            return Ok(None);
        };
        Ok(Some(boot::Machine {
            name: machine.metadata.name.clone(),
            version: machine.spec.version.clone(),
            address,
            provider_id: machine.spec.provider_id.clone(),
            data: value_of(&data)?,
            authority: (
                authority.certificate.into_bytes(),
                authority.key.expose().as_bytes().to_vec(),
            ),
        }))
    }

    /// Removes the roots of machines that are gone. Says whether there were any.
    fn clean_up(&self) -> Result<bool, Failure> {
        let made = self.cloud.machines();
        let mut any = false;
        for name in self.folder.roots() {
            if !made.contains(&name) {
                boot::remove(&self.folder.root(&name))?;
                any = true;
            }
        }
        Ok(any)
    }

    /// Tells which machines are in another phase, and how far all groups are.
    fn tell(&mut self, report: &Report) -> Result<(), Failure> {
        let machines = self.machines()?;
        let mut phases = BTreeMap::new();
        for machine in &machines {
            let (name, phase) = (&machine.metadata.name, machine.status.phase.as_str());
            let phase = if phase.is_empty() { "Pending" } else { phase };
            let says = format!("{phase} {}", machine.spec.version);
            if self.phases.get(name) != Some(&says) {
                self.teller.tell(Kind::Machine, name, says.clone());
            }
            phases.insert(name.clone(), says);
        }
        for name in self
            .phases
            .keys()
            .filter(|name| !phases.contains_key(*name))
        {
            self.teller.tell(Kind::Machine, name, "gone");
        }
        self.phases = phases;
        // The same reason is told once as long as it holds.
        let mut told = BTreeSet::new();
        for why in &report.why {
            let text = why.to_string();
            if !self.told.contains(&text) {
                self.teller.tell(Kind::Why, &self.cluster, text.clone());
            }
            told.insert(text);
        }
        self.told = told;
        self.teller.progress(&self.progress(&machines)?);
        Ok(())
    }

    fn progress(&self, machines: &[Machine]) -> Result<Vec<Progress>, Failure> {
        let mut all = Vec::new();
        for group in self.groups()? {
            let own = machines.iter().filter(|machine| group.has(machine));
            let current = own
                .clone()
                .filter(|machine| machine.spec.version == group.version)
                .count();
            let ready = own
                .clone()
                .filter(|machine| machine.status.phase.as_str() == "Running")
                .count();
            all.push(Progress {
                says: format!("{current} of {}", group.version),
                group: group.name,
                wanted: group.replicas,
                ready: ready as u64,
            });
        }
        Ok(all)
    }

    /// The control plane and the groups of nodes.
    pub(crate) fn groups(&self) -> Result<Vec<Group>, Failure> {
        let control_plane: Option<KubeadmControlPlane> =
            self.api.find(&control_plane_name(&self.cluster))?;
        let deployments: Vec<MachineDeployment> = self.api.all(&selector(&self.cluster))?;
        let control_plane = control_plane.into_iter().map(|one| {
            let (spec, status) = (one.spec, one.status);
            Group {
                name: one.metadata.name,
                deployment: None,
                version: spec.version,
                replicas: count(spec.replicas),
                settled: [
                    status.replicas,
                    status.ready_replicas,
                    status.available_replicas,
                    status.up_to_date_replicas,
                ]
                .into_iter()
                .all(|number| count(number) == count(spec.replicas)),
            }
        });
        let deployments = deployments.into_iter().map(|one| {
            let (spec, status) = (one.spec, one.status);
            Group {
                deployment: Some(one.metadata.name.clone()),
                version: spec.template.spec.version,
                replicas: count(spec.replicas),
                settled: status.observed_generation == one.metadata.generation
                    && [
                        status.replicas,
                        status.ready_replicas,
                        status.available_replicas,
                        status.up_to_date_replicas,
                    ]
                    .into_iter()
                    .all(|number| count(number) == count(spec.replicas)),
                name: one.metadata.name,
            }
        });
        Ok(control_plane.chain(deployments).collect())
    }

    /// Whether there are as many machines as wanted, all as they are wanted, and each is a node.
    pub(crate) fn is_settled(&self) -> Result<bool, Failure> {
        let groups = self.groups()?;
        let wanted: u64 = groups.iter().map(|group| group.replicas).sum();
        let machines = self.machines()?;
        let running = machines
            .iter()
            .all(|machine| machine.status.phase.as_str() == "Running");
        Ok(running && machines.len() as u64 == wanted && groups.iter().all(|group| group.settled))
    }

    /// Whether the Cluster is gone.
    pub(crate) fn is_gone(&self) -> Result<bool, Failure> {
        Ok(self.api.find::<Cluster>(&self.cluster)?.is_none())
    }
}

/// A control plane, or a group of nodes.
pub(crate) struct Group {
    pub(crate) name: String,
    /// The MachineDeployment; a control plane has none.
    deployment: Option<String>,
    pub(crate) version: String,
    pub(crate) replicas: u64,
    settled: bool,
}

impl Group {
    fn has(&self, machine: &Machine) -> bool {
        let labels = &machine.metadata.labels;
        match &self.deployment {
            None => labels.contains_key(labels::CONTROL_PLANE),
            Some(name) => labels.get(labels::DEPLOYMENT_NAME) == Some(name),
        }
    }
}

fn count(number: Option<i32>) -> u64 {
    u64::try_from(number.unwrap_or_default()).unwrap_or_default()
}

/// What a Secret of bootstrap data says.
fn value_of(secret: &Value) -> Result<Secret, Failure> {
    let data = secret.get("data").cloned().unwrap_or_default();
    let data: BTreeMap<String, componentconfig::scalar::Bytes> =
        serde_json::from_value(data).map_err(Failure::run)?;
    let value = data
        .get("value")
        .ok_or_else(|| Failure::Run("a Secret has no value".to_owned()))?;
    Ok(Secret::new(value.as_slice()))
}

/// Random letters for names.
fn random(length: usize) -> String {
    let mut bytes = [0; 8];
    // Without randomness names collide, and the API server says so.
    let _ = SystemKeys.fill(&mut bytes);
    names::suffix(u64::from_le_bytes(bytes), length)
}
