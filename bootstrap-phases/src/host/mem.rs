//! A host in memory, whose answers are data.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{Command, Host, HostError, Output};

/// A host that is nothing but data: for tests, and for plans of hosts that are elsewhere.
///
/// Services are started and stopped as `systemctl` is told, if it is among the programs.
#[derive(Clone, Debug)]
pub struct MemHost {
    /// Programs by name, and where they lie.
    pub programs: BTreeMap<String, String>,
    /// The kernel's files.
    pub kernel_files: BTreeMap<String, String>,
    /// TCP ports that somebody listens on.
    pub ports: BTreeSet<u16>,
    /// Addresses by name.
    pub names: BTreeMap<String, Vec<IpAddr>>,
    /// Whether this process may do everything.
    pub root: bool,
    /// Processors.
    pub processors: usize,
    /// Memory in bytes.
    pub memory: Option<u64>,
    /// What programs answer, by command line.
    pub answers: BTreeMap<String, Output>,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    commands: Vec<Command>,
    active: BTreeSet<String>,
}

impl Default for MemHost {
    /// Two processors, 4 GiB, root, and nothing installed.
    fn default() -> Self {
        Self {
            programs: BTreeMap::new(),
            kernel_files: BTreeMap::new(),
            ports: BTreeSet::new(),
            names: BTreeMap::new(),
            root: true,
            processors: 2,
            memory: Some(4 << 30),
            answers: BTreeMap::new(),
            state: Arc::default(),
        }
    }
}

impl MemHost {
    /// An empty host.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same with this program.
    #[must_use]
    pub fn program(mut self, name: &str) -> Self {
        self.programs
            .insert(name.to_owned(), format!("/usr/bin/{name}"));
        self
    }

    /// The same with this answer of a command line.
    #[must_use]
    pub fn answer(mut self, command: &str, stdout: &str) -> Self {
        let output = Output {
            code: Some(0),
            stdout: stdout.to_owned(),
            ..Output::default()
        };
        self.answers.insert(command.to_owned(), output);
        self
    }

    /// The commands run so far.
    pub fn commands(&self) -> Vec<Command> {
        self.state().commands.clone()
    }

    /// Whether a service runs.
    pub fn is_active(&self, service: &str) -> bool {
        self.state().active.contains(service)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn systemctl(&self, args: &[String]) -> Output {
        let mut state = self.state();
        let service = args.last().cloned().unwrap_or_default();
        let code = match args.first().map(String::as_str) {
            Some("start" | "restart") => {
                state.active.insert(service);
                0
            }
            Some("stop") => {
                state.active.remove(&service);
                0
            }
            Some("is-active") => i32::from(!state.active.contains(&service)) * 3,
            _ => 0,
        };
        Output {
            code: Some(code),
            ..Output::default()
        }
    }
}

impl Host for MemHost {
    fn run(&self, command: &Command) -> Result<Output, HostError> {
        if !self.programs.contains_key(&command.program) {
            return Err(HostError::NoProgram(command.program.clone()));
        }
        self.state().commands.push(command.clone());
        if let Some(answer) = self.answers.get(&command.to_string()) {
            return Ok(answer.clone());
        }
        if command.program == "systemctl" {
            return Ok(self.systemctl(&command.args));
        }
        Ok(Output {
            code: Some(0),
            ..Output::default()
        })
    }

    fn find_program(&self, name: &str) -> Option<String> {
        self.programs.get(name).cloned()
    }

    fn kernel_file(&self, path: &str) -> Option<String> {
        self.kernel_files.get(path).cloned()
    }

    fn is_port_free(&self, port: u16) -> bool {
        !self.ports.contains(&port)
    }

    fn look_up(&self, name: &str) -> Result<Vec<IpAddr>, HostError> {
        let found = self.names.get(name);
        found
            .cloned()
            .ok_or_else(|| HostError::Other(format!("{name} has no address")))
    }

    fn is_root(&self) -> bool {
        self.root
    }

    fn processors(&self) -> usize {
        self.processors
    }

    fn memory(&self) -> Option<u64> {
        self.memory
    }
}
