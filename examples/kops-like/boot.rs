//! The first boot of a machine: its files are written and kubeadm's phases run, in a directory that stands for its root.

use std::{
    fs,
    net::Ipv4Addr,
    path::Path,
    sync::Arc,
    time::{Duration, SystemTime},
};

use bootstrap_phases::{
    Digest, Event, EventSink, FileJournal, Files, Flow, MemFiles, Port, Runner, Secret, StdFiles,
    kubeadm::{
        HostFacts,
        api::{Api, PORT},
        init_context, init_workflow,
        join::{ETCD_PORT, EtcdPort, join_context, join_workflow},
        pki::SystemKeys,
        tokens,
    },
};
use componentconfig::kubeadm::{Facts, HostAddress};
use examples::{
    failure::Failure,
    reach::Reach,
    root,
    stand_in::{Node, StandIns},
};

use crate::{
    user_data::{Call, UserData},
    workload::Workload,
};

/// cloud-init leaves it when it is done.
const FINISHED: &str = "/var/lib/cloud/instance/boot-finished";

/// A machine that the cloud made.
#[derive(Clone, Debug)]
pub(crate) struct Machine {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) address: Ipv4Addr,
    pub(crate) provider_id: String,
    /// What it is told.
    pub(crate) data: Secret,
    /// Certificate and key of the cluster's authority, for who signs in the control plane.
    pub(crate) authority: (Vec<u8>, Vec<u8>),
}

/// Whether a machine with this root has nothing more to do.
pub(crate) fn is_finished(root: &Path) -> bool {
    root.join(FINISHED.trim_start_matches('/')).exists()
}

impl Machine {
    /// Boots it, or goes on where it was interrupted. Somebody may listen.
    pub(crate) fn boot(&self, workload: &Workload, listen: &dyn EventSink) -> Result<(), Failure> {
        let told = |error: Failure| match error {
            Failure::Input(text) | Failure::Run(text) => {
                Failure::Run(format!("{}: {text}", self.name))
            }
        };
        self.run(workload, listen).map_err(told)
    }

    fn run(&self, workload: &Workload, listen: &dyn EventSink) -> Result<(), Failure> {
        let path = workload.folder.root(&self.name);
        let journal = root::take(&path, 0, |_| ())?;
        let files = StdFiles::new(&path);
        let text = String::from_utf8_lossy(self.data.expose());
        let data = UserData::read(&text, &self.name)?;
        for file in &data.files {
            write(&files, &file.path, file.content.as_bytes(), file.mode)?;
        }
        let authority = authority(&self.authority)?;
        let beside = StandIns {
            server: workload.server.clone(),
            authority: &authority,
            files: &files,
            node: self.node(),
        };
        let both = |event: &Event| {
            listen.emit(event);
            beside.emit(event);
        };
        let run = Run {
            files: &files,
            journal: &journal,
            identity: Digest::of(self.data.expose()),
            events: &both,
        };
        match data.call {
            Call::Init => self.init(&data, workload, run)?,
            Call::Join => self.join(&data, workload, run)?,
        }
        crate::kubelet::static_pods(&workload.server, &self.name, &files)?;
        write(&files, FINISHED, b"", 0o644)
    }

    fn node(&self) -> Node {
        Node {
            address: Some(self.address.to_string()),
            provider_id: Some(self.provider_id.clone()),
            ready: true,
            ..Node::new(&self.name, self.version.clone())
        }
    }

    fn init(&self, data: &UserData, workload: &Workload, run: Run<'_>) -> Result<(), Failure> {
        // A run that goes on has the token of the first one.
        let token = tokens::derived(
            &Secret::new(self.authority.1.as_slice()),
            self.name.as_bytes(),
        );
        let facts = Facts {
            tokens: vec![token.map_err(Failure::run)?],
            ..self.facts()
        };
        let text = data.configuration()?;
        let context = init_context(
            &data.config,
            text,
            &facts,
            self.host(),
            Arc::new(SystemKeys),
        );
        let server = &workload.server;
        let api = Api::with_super_admin(server.clone(), server.clone());
        let context = context.map_err(Failure::run)?.api(api.clone());
        let flow = init_workflow().build().map_err(Failure::run)?;
        run.go(&flow, &context, &[(PORT, &api)])?;
        workload.begin_etcd(&self.name)
    }

    fn join(&self, data: &UserData, workload: &Workload, run: Run<'_>) -> Result<(), Failure> {
        let server = &workload.server;
        let reach = Arc::new(Reach::new(server.clone()));
        let text = data.configuration()?;
        let keys = Arc::new(SystemKeys);
        let context = join_context(&data.config, text, &self.facts(), self.host(), keys, reach);
        let mut context = context.map_err(Failure::run)?;
        let etcd = workload.etcd(&self.name, &MemFiles::new())?;
        context.etcd = Some(etcd.clone());
        let api = Api::with_super_admin(server.clone(), server.clone());
        let flow = join_workflow().build().map_err(Failure::run)?;
        run.go(
            &flow,
            &context,
            &[(PORT, &api), (ETCD_PORT, &EtcdPort(etcd.as_ref()))],
        )
    }

    fn facts(&self) -> Facts {
        Facts {
            hostname: Some(self.name.clone()),
            address: HostAddress::Found {
                ipv4: Some(self.address),
                ipv6: None,
            },
            ..Facts::default()
        }
    }

    fn host(&self) -> HostFacts {
        HostFacts {
            hostname: self.name.clone(),
            addresses: vec![self.address.into()],
            environment: Vec::new(),
        }
    }
}

/// How phases are run on a machine.
pub(crate) struct Run<'a> {
    pub(crate) files: &'a dyn Files,
    pub(crate) journal: &'a FileJournal,
    /// What tells one run from another.
    pub(crate) identity: Digest,
    pub(crate) events: &'a dyn EventSink,
}

/// A phase that waits that long waits in vain: what it waits for happens at once here.
const DEADLINE: Duration = Duration::from_secs(120);

impl Run<'_> {
    pub(crate) fn go<C: Sync>(
        self,
        flow: &Flow<C>,
        context: &C,
        ports: &[(&str, &dyn Port)],
    ) -> Result<(), Failure> {
        let mut runner = Runner::new(flow, self.files)
            .journal(self.journal, self.identity)
            .deadline(DEADLINE)
            .events(self.events);
        for (name, port) in ports {
            runner = runner.port(name, *port);
        }
        runner
            .run(context)
            .map(drop)
            .map_err(|failure| Failure::run(failure.error))
    }
}

/// The files of the cluster's authority, where kubeadm has them.
fn authority((certificate, key): &(Vec<u8>, Vec<u8>)) -> Result<MemFiles, Failure> {
    let files = MemFiles::new();
    write(&files, "/etc/kubernetes/pki/ca.crt", certificate, 0o644)?;
    write(&files, "/etc/kubernetes/pki/ca.key", key, 0o600)?;
    Ok(files)
}

/// Puts a file in its place in one step, with the folders above it.
pub(crate) fn write(
    files: &dyn Files,
    path: &str,
    content: &[u8],
    mode: u32,
) -> Result<(), Failure> {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let new = format!("{path}.cloud-init");
    let written = || {
        files.create_dir_all(folder, 0o755)?;
        if files.stat(&new)?.is_some() {
            files.remove(&new)?;
        }
        files.create_file(&new, content, mode)?;
        files.rename(&new, path)
    };
    written().map_err(Failure::run)
}

/// The root of a machine that is gone.
pub(crate) fn remove(root: &Path) -> Result<(), Failure> {
    match fs::remove_dir_all(root) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Failure::Run(format!("{}: {error}", root.display())))
        }
        _ => Ok(()),
    }
}

/// The time in whole seconds.
pub(crate) fn seconds(time: SystemTime) -> i64 {
    let since = time
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
