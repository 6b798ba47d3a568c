//! What survives a process, and a process in it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, UNIX_EPOCH};

use apply_semantics::op::{Operation, ResourceRef};
use apply_server::Server;
use bootstrap_phases::kubeadm::api::{Api, PORT};
use bootstrap_phases::kubeadm::join::{ETCD_PORT, EtcdPort, MemEtcd};
use bootstrap_phases::kubeadm::pki::FixedKeys;
use bootstrap_phases::kubeadm::upgrade::{STATIC_POD_PORT, StaticPodPort};
use bootstrap_phases::testing::{CrashFiles, CrashJournal, CrashPoint, CrashPort};
use bootstrap_phases::{
    ChangeRecord, Digest, Entry, EventSink, Flow, HOST_PORT, HostPort, Journal, JournalError,
    ManualClock, MemFiles, MemHost, MemJournal, Record, Report, RunFailure, RunPlan, Runner,
    Silent,
};
use serde_json::Value;

use super::watch::Watched;

pub(crate) const DAY: u64 = 86_400;

/// Files, journal, API and etcd: whatever is there when a process is gone.
pub(crate) struct World {
    pub(crate) files: MemFiles,
    pub(crate) server: Server,
    pub(crate) etcd: Option<Arc<MemEtcd>>,
    journal: MemJournal,
    /// All that ever was intended, over all processes.
    intended: Mutex<Vec<Entry>>,
    /// The time at which its first process starts.
    pub(crate) time: u64,
}

impl World {
    pub(crate) fn new(files: MemFiles, server: Server, time: u64) -> Self {
        Self {
            files,
            server,
            etcd: None,
            journal: MemJournal::new(),
            intended: Mutex::default(),
            time,
        }
    }

    /// The same world as it is now, with a life of its own.
    pub(crate) fn again(&self) -> Self {
        let server = Server::builder().from_snapshot(&self.server.snapshot());
        let mut world = Self::new(self.files.clone(), server, self.time);
        let etcd = self.etcd.as_deref();
        world.etcd = etcd.map(|etcd| Arc::new(etcd.clone()));
        for entry in self.journal.load().unwrap() {
            world.journal.append(&entry).unwrap();
        }
        world.intended = Mutex::new(self.intended.lock().unwrap().clone());
        world
    }

    /// The same world, in which nothing is known to have been issued yet.
    pub(crate) fn anew(&self) -> Self {
        let mut world = self.again();
        world.intended = Mutex::default();
        world
    }

    pub(crate) fn get(&self, kind: &str, namespace: &str, name: &str) -> Option<Value> {
        let target = ResourceRef::of_kind("v1", kind)
            .within(namespace)
            .named(name);
        let found = self.server.execute(&Operation::get(target)).ok()?;
        found.into_object()
    }

    /// How often each certificate, key and kubeconfig was issued for good.
    pub(crate) fn issued(&self) -> BTreeMap<String, usize> {
        let mut issued = BTreeMap::new();
        for entry in self.intended.lock().unwrap().iter() {
            let Record::Intent { steps, .. } = &entry.record else {
                continue;
            };
            for step in steps {
                if let ChangeRecord::WriteFile { path, .. } = &step.change
                    && is_random(path)
                {
                    *issued.entry(path.clone()).or_default() += 1;
                }
            }
        }
        issued
    }
}

/// Whether the content of a file is different each time it is made.
pub(crate) fn is_random(path: &str) -> bool {
    path.contains("/pki/") || path.ends_with(".conf")
}

/// The journal of a world, which is never forgotten.
struct Remembering<'a>(&'a World);

impl Journal for Remembering<'_> {
    fn load(&self) -> Result<Vec<Entry>, JournalError> {
        self.0.journal.load()
    }

    fn append(&self, entry: &Entry) -> Result<(), JournalError> {
        self.0.intended.lock().unwrap().push(entry.clone());
        self.0.journal.append(entry)
    }

    fn clear(&self) -> Result<(), JournalError> {
        self.0.journal.clear()
    }
}

/// A process: it knows nothing of those before it, and makes other keys than they did.
pub(crate) struct Process<'a> {
    pub(crate) clock: ManualClock,
    pub(crate) keys: Arc<FixedKeys>,
    pub(crate) api: Api,
    pub(crate) host: MemHost,
    point: &'a CrashPoint,
}

impl<'a> Process<'a> {
    pub(crate) fn new(world: &World, number: u64, point: &'a CrashPoint) -> Self {
        // The next one comes minutes later.
        let time = UNIX_EPOCH + Duration::from_secs(world.time + number * 300);
        Self {
            clock: ManualClock::new(time),
            keys: Arc::new(FixedKeys::seeded(format!("process {number} at {time:?}"))),
            api: Api::with_super_admin(world.server.clone(), world.server.clone()),
            host: MemHost::new()
                .program("crictl")
                .program("cp")
                .program("mkdir"),
            point,
        }
    }

    /// Runs a workflow in this world, until the crash.
    pub(crate) fn run<C>(
        &self,
        world: &World,
        flow: &Flow<C>,
        config: &C,
        events: &dyn EventSink,
    ) -> Result<Report, Box<RunFailure>> {
        self.with(world, flow, events, |runner| runner.run(config))
    }

    /// Undoes the last run in this world, until the crash.
    pub(crate) fn undo<C>(&self, world: &World, flow: &Flow<C>) -> Result<Report, Box<RunFailure>> {
        self.with(world, flow, &Silent, |runner| runner.undo())
    }

    /// What an undo would do.
    pub(crate) fn undo_plan<C>(&self, world: &World, flow: &Flow<C>) -> RunPlan {
        self.with(world, flow, &Silent, |runner| runner.undo_plan().unwrap())
    }

    fn with<C, T>(
        &self,
        world: &World,
        flow: &Flow<C>,
        events: &dyn EventSink,
        act: impl FnOnce(Runner<'_, C>) -> T,
    ) -> T {
        let watched = Watched::new(&world.files);
        let files = CrashFiles::new(&watched, self.point);
        let remembering = Remembering(world);
        let journal = CrashJournal::new(&remembering, self.point);
        let none = MemEtcd::default();
        let etcd = EtcdPort(world.etcd.as_deref().unwrap_or(&none));
        let (pods, host) = (StaticPodPort(self.api.clone()), HostPort(&self.host));
        let (api, etcd) = (
            CrashPort::new(&self.api, self.point),
            CrashPort::new(&etcd, self.point),
        );
        let (pods, host) = (
            CrashPort::new(&pods, self.point),
            CrashPort::new(&host, self.point),
        );
        let runner = Runner::new(flow, &files)
            .clock(&self.clock)
            .journal(&journal, Digest::of(b"the configuration"))
            .keep("/var/lib/kept")
            .port(PORT, &api)
            .port(ETCD_PORT, &etcd)
            .port(STATIC_POD_PORT, &pods)
            .port(HOST_PORT, &host)
            .events(events);
        act(runner)
    }

    /// What a run would do.
    pub(crate) fn plan<C>(&self, world: &World, flow: &Flow<C>, config: &C) -> RunPlan {
        let runner = Runner::new(flow, &world.files).clock(&self.clock);
        runner.plan(config).unwrap()
    }
}
