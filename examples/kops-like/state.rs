//! The directory that clusters are kept in: objects of Cluster API, and of each cluster its own API server, its members of etcd, and a
//! root for every machine.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

use examples::{failure::Failure, server};

use crate::{api::Api, cli::Manner, objects};

/// The directory, which nobody else uses.
pub(crate) struct State {
    pub(crate) dir: PathBuf,
    pub(crate) api: Api,
    _lock: File,
}

impl State {
    /// Takes the directory and makes what is missing: folders, and definitions of kinds.
    pub(crate) fn open(manner: &Manner) -> Result<Self, Failure> {
        let dir = manner.state.clone();
        let told = |error: std::io::Error| Failure::Run(format!("{}: {error}", dir.display()));
        fs::create_dir_all(&dir).map_err(told)?;
        let lock = File::create(dir.join("lock")).map_err(told)?;
        if lock.try_lock().is_err() {
            return Err(Failure::Run(format!(
                "{}: another run uses it",
                dir.display()
            )));
        }
        let api = match &manner.kubeconfig {
            Some(kubeconfig) => Api::real(kubeconfig)?,
            None => Api::Inside(server::persistent(&objects_of(&dir))?),
        };
        for definition in objects::definitions() {
            api.apply(definition)?;
        }
        Ok(Self {
            dir,
            api,
            _lock: lock,
        })
    }

    /// What there is, for a look: nothing of it is kept.
    pub(crate) fn look(manner: &Manner) -> Result<Api, Failure> {
        match &manner.kubeconfig {
            Some(kubeconfig) => Api::real(kubeconfig),
            None => Ok(Api::Inside(server::as_it_is(&objects_of(&manner.state))?)),
        }
    }

    pub(crate) fn folder(&self, cluster: &str) -> Folder {
        Folder::of(&self.dir, cluster)
    }
}

fn objects_of(dir: &Path) -> PathBuf {
    dir.join("objects")
}

/// The folder of one cluster.
#[derive(Clone, Debug)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn of(state: &Path, cluster: &str) -> Self {
        Self(state.join(cluster))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn make(&self) -> Result<(), Failure> {
        let machines = self.machines();
        fs::create_dir_all(&machines)
            .map_err(|error| Failure::Run(format!("{}: {error}", machines.display())))
    }

    /// The objects of its own API server.
    pub(crate) fn objects(&self) -> PathBuf {
        self.0.join("objects")
    }

    /// The members of its etcd.
    pub(crate) fn etcd(&self) -> PathBuf {
        self.0.join("etcd.json")
    }

    /// What happened to it.
    pub(crate) fn events(&self) -> PathBuf {
        self.0.join("events.jsonl")
    }

    pub(crate) fn machines(&self) -> PathBuf {
        self.0.join("machines")
    }

    /// The root of a machine.
    pub(crate) fn root(&self, machine: &str) -> PathBuf {
        self.machines().join(machine)
    }

    /// The machines that have a root.
    pub(crate) fn roots(&self) -> Vec<String> {
        let entries = fs::read_dir(self.machines())
            .into_iter()
            .flatten()
            .flatten();
        let mut names: Vec<String> = entries
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }
}
