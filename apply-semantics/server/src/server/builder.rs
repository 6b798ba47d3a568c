use std::{collections::BTreeSet, error, fmt, io, path::PathBuf, sync::Arc};

use apply_semantics::{op::FormError, typed::EmptyContainers};
use serde_json::{Value, json};

use super::{Server, Snapshot};
use crate::{
    clock::{Clock, SystemClock},
    convert::{Conversion, Converter},
    core::{Core, engine_of},
    ids::Ids,
    journal::Journal,
    registry::Registry,
    store::Store,
    user::{UserInfo, Users},
};

/// How a server is made.
///
/// ```
/// use apply_server::{ManualClock, Server};
///
/// let clock = ManualClock::at(1_700_000_000);
/// let server = Server::builder().clock(clock.clone()).seed(42).without_controllers().build();
/// assert!(server.revision() > 0);
/// ```
#[derive(Clone)]
#[must_use = "it is `build` that makes the server"]
pub struct Builder {
    clock: Arc<dyn Clock>,
    seed: u64,
    history: usize,
    requests: usize,
    controllers: bool,
    all_versions: bool,
    begin: Begin,
    empty: EmptyContainers,
    objects: Vec<Value>,
    conversion: Conversion,
    journal: u64,
    users: Users,
}

/// What a server has when nothing was asked of it yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Begin {
    Empty,
    /// The namespaces of every cluster.
    Namespaces,
    /// What a fresh cluster has.
    Cluster,
}

/// A server cannot be made.
#[derive(Debug)]
#[non_exhaustive]
pub enum SetupError {
    /// The journal cannot be read or written.
    Journal(io::Error),
    /// The journal is damaged, other than by a crash: what was acknowledged cannot be told from it.
    Damaged {
        /// Where the damage is, in bytes.
        offset: u64,
        /// What is wrong.
        reason: String,
    },
    /// An object to begin with is none.
    Object(FormError),
}

impl Builder {
    pub(crate) fn new() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            seed: 0,
            history: 10_000,
            requests: 10_000,
            controllers: true,
            all_versions: false,
            begin: Begin::Namespaces,
            empty: EmptyContainers::default(),
            objects: Vec::new(),
            conversion: Conversion::default(),
            journal: 4 * 1024 * 1024,
            users: Users::default(),
        }
    }

    /// Takes the time from that clock; by default from the machine's.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Makes other uids and generated names. The same seed and the same requests give the same ones.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Remembers that many writes for watches and continue tokens; by default 10,000.
    pub fn history(mut self, events: usize) -> Self {
        self.history = events;
        self
    }

    /// Remembers that many requests; by default 10,000.
    pub fn remember_requests(mut self, requests: usize) -> Self {
        self.requests = requests;
        self
    }

    /// Leaves out what controllers of a cluster do: garbage is not collected, orphans are not released, and namespaces that are
    /// deleted stay until somebody empties and finalizes them.
    pub fn without_controllers(mut self) -> Self {
        self.controllers = false;
        self
    }

    /// Serves alpha and beta versions too, which a real server leaves out by default.
    pub fn all_versions(mut self) -> Self {
        self.all_versions = true;
        self
    }

    /// Begins without the namespaces `default`, `kube-system`, `kube-public` and `kube-node-lease`.
    pub fn without_namespaces(mut self) -> Self {
        self.begin = Begin::Empty;
        self
    }

    /// Begins with more of what a fresh cluster has: the Service `kubernetes`, the priority classes of the system, and in each
    /// namespace a service account `default`, which comes with every namespace and comes back when it is deleted. Pods get a service
    /// account and its token to mount, and are refused without (the plugin `ServiceAccount` of admission).
    ///
    /// Not what belongs to addresses and certificates (`Endpoints` and `EndpointSlice` of that Service, ConfigMaps
    /// `kube-root-ca.crt`), nor objects of flow control and RBAC.
    pub fn fresh_cluster(mut self) -> Self {
        self.begin = Begin::Cluster;
        self
    }

    /// What becomes of maps and lists that an apply empties. Releases of Kubernetes differ here.
    pub fn empty_containers(mut self, empty: EmptyContainers) -> Self {
        self.empty = empty;
        self
    }

    /// Converts objects of a custom kind from one version into another, in place of a webhook; without it, only `apiVersion` changes.
    /// It is given an object and the `apiVersion` that it is to have, must do without fields that are not there, and must lose nothing
    /// that the way back needs.
    ///
    /// ```
    /// use apply_server::Server;
    ///
    /// let server = Server::builder().conversion("example.com", "Widget", |mut widget, to| {
    ///     if let Some(spec) = widget.get_mut("spec").and_then(|spec| spec.as_object_mut()) {
    ///         let (old, new) = if to == "example.com/v2" { ("size", "replicas") } else { ("replicas", "size") };
    ///         if let Some(size) = spec.remove(old) {
    ///             spec.insert(new.to_owned(), size);
    ///         }
    ///     }
    ///     widget
    /// });
    /// # drop(server);
    /// ```
    pub fn conversion(
        mut self,
        group: impl Into<String>,
        kind: impl Into<String>,
        convert: impl Fn(Value, &str) -> Value + Send + Sync + 'static,
    ) -> Self {
        let converter = Converter::new(convert);
        self.conversion.add(group.into(), kind.into(), converter);
        self
    }

    /// Knows somebody by a bearer token: requests that show it are that user's, `TokenReview` says so, and a port that is not for
    /// everybody lets it in.
    ///
    /// ```
    /// use apply_server::{Server, UserInfo};
    ///
    /// let jane = UserInfo::new("jane").group("devs");
    /// let server = Server::builder().user_token("open-sesame", jane).build();
    /// # drop(server);
    /// ```
    pub fn user_token(mut self, token: impl Into<String>, user: UserInfo) -> Self {
        self.users.add(token.into(), user);
        self
    }

    /// Begins with that object, see [`Server::seed`].
    pub fn object(mut self, object: Value) -> Self {
        self.objects.push(object);
        self
    }

    /// Makes the server. Objects to begin with that are none are left out; [`Builder::try_build`] tells.
    pub fn build(self) -> Server {
        let mut core = self.core();
        for object in self.objects {
            drop(core.seed(object));
        }
        Server::of(core, None, self.requests)
    }

    /// Makes the server.
    ///
    /// # Errors
    /// An object to begin with does not say what it is, or is of no known resource.
    pub fn try_build(self) -> Result<Server, SetupError> {
        let mut core = self.core();
        for object in self.objects {
            core.seed(object).map_err(SetupError::Object)?;
        }
        Ok(Server::of(core, None, self.requests))
    }

    /// Lets the file of [`Builder::persistent`] grow to that many bytes at least before it is written anew with what is there alone;
    /// by default to 4 MiB. Beyond that it is written anew whenever it is four times as long as it need be. The request that comes then
    /// waits for it.
    pub fn journal_bytes(mut self, bytes: u64) -> Self {
        self.journal = bytes;
        self
    }

    /// Makes a server that keeps its objects in a file: what it answered is on the disk. With an existing file it goes on from
    /// there; a last request that was not written to its end is dropped, for nobody was told of it.
    ///
    /// # Errors
    /// The file cannot be read or written, or is damaged; or an object to begin with is none.
    pub fn persistent(self, file: impl Into<PathBuf>) -> Result<Server, SetupError> {
        let mut core = self.core();
        let (mut journal, loaded) = Journal::open(&file.into(), self.journal, &mut core)?;
        if !loaded {
            for object in self.objects {
                core.seed(object).map_err(SetupError::Object)?;
            }
        }
        journal.append(&core.store).map_err(SetupError::Journal)?;
        Ok(Server::of(core, Some(journal), self.requests))
    }

    /// Makes a server that begins as another one was.
    pub fn from_snapshot(self, snapshot: &Snapshot) -> Server {
        let mut core = self.core();
        snapshot.put_into(&mut core);
        Server::of(core, None, self.requests)
    }

    fn core(&self) -> Core {
        let mut core = Core {
            store: Store::new(self.history),
            registry: Registry::builtin(self.all_versions),
            engine: engine_of(self.empty, self.conversion.clone()),
            clock: Arc::clone(&self.clock),
            ids: Ids::new(self.seed),
            controllers: self.controllers,
            warned: Vec::new(),
            unsettled: BTreeSet::new(),
            conversion: self.conversion.clone(),
            stale: 0,
            keeps_accounts: false,
            users: self.users.clone(),
            asker: None,
        };
        if self.begin != Begin::Empty {
            for name in ["default", "kube-node-lease", "kube-public", "kube-system"] {
                let namespace = json!({
                    "apiVersion": "v1", "kind": "Namespace",
                    "metadata": {"name": name, "labels": {"kubernetes.io/metadata.name": name}},
                    "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"},
                });
                drop(core.seed(namespace));
            }
        }
        if self.begin == Begin::Cluster {
            core.furnish();
        }
        core
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("seed", &self.seed)
            .field("controllers", &self.controllers)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Journal(error) => write!(f, "the journal cannot be used: {error}"),
            Self::Damaged { offset, reason } => {
                write!(f, "the journal is damaged at byte {offset}: {reason}")
            }
            Self::Object(error) => write!(f, "an object to begin with: {error}"),
        }
    }
}

impl error::Error for SetupError {}
