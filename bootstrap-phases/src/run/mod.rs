//! Running workflows.

mod ahead;
mod alongside;
mod attempts;
mod execution;
mod keep;
mod plan;
mod recover;
mod undo;
mod walk;
mod work;

use std::{fmt, time::Duration};

use crate::{
    CancelToken, Clock, Cx, Digest, Effect, EventSink, Files, Flow, Journal, PhaseError,
    PlanFailure, Port, Report, RunFailure, RunPlan, Selection, Silent, SystemClock,
};

/// Plans and runs a workflow. Says with which files, clock, journal, and to whom it tells what happens.
///
/// ```
/// use bootstrap_phases::{Content, Cx, MemFiles, Node, PhaseError, Plan, Runner, Workflow};
///
/// fn greet(cx: &Cx<'_, str>) -> Result<Plan, PhaseError> {
///     let mut plan = cx.draft();
///     plan.dir("/etc", 0o755)?;
///     plan.file("/etc/motd", 0o644, Content::text(cx.config))?;
///     Ok(plan.finish())
/// }
///
/// let flow = Workflow::new("hello").phase(Node::new("greet", "Greets").run(greet)).build()?;
/// let files = MemFiles::new();
/// let runner = Runner::new(&flow, &files);
/// assert_eq!(runner.plan("welcome\n")?.changes().count(), 2);
/// assert_eq!(runner.run("welcome\n")?.changes(), 2);
/// assert!(runner.plan("welcome\n")?.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Runner<'a, C: ?Sized> {
    flow: &'a Flow<C>,
    files: &'a dyn Files,
    ports: Vec<(&'a str, &'a dyn Port)>,
    clock: &'a dyn Clock,
    journal: Option<(&'a dyn Journal, Digest)>,
    fresh: bool,
    sink: &'a dyn EventSink,
    cancel: CancelToken,
    jitter: Option<&'a (dyn Fn() -> f64 + Send + Sync)>,
    deadline: Option<Duration>,
    name: Option<String>,
    selection: Selection,
    jobs: usize,
    drive: Drive<'a, C>,
    keep: Option<&'a str>,
    force: bool,
    /// Name of the run that is undone.
    undoes: Option<String>,
}

/// How a run goes: one phase after the other, or planned ahead, which is only for configurations that threads may share.
type Drive<'a, C> = fn(&Runner<'a, C>, &C) -> Result<Report, Box<RunFailure>>;

impl<'a, C: ?Sized + Sync> Runner<'a, C> {
    /// Plans so many phases at the same time, on threads; 1 is the default, without threads.
    ///
    /// Inputs, outputs, dependencies and [`Node::after`](crate::Node::after) say which: a phase is planned once all that makes what it needs has had its turn, and
    /// a phase that declares none of them waits for all before it and is waited for by all after it. So phases have to declare
    /// what they look at, conditions included. Phases make their changes one at a time, in the workflow's order, and that is the
    /// order of events and journal, too: what a run leaves and tells is the same for any number, but for which key comes from a
    /// shared source first. The first failure in that order ends the run; phases that were planned and did not have their turn
    /// have changed nothing. Effects of a phase that go [alongside](Effect::alongside) each other are carried out by so many threads.
    ///
    /// ```
    /// use bootstrap_phases::{Content, Cx, MemFiles, Node, PhaseError, Plan, Runner, Workflow};
    ///
    /// fn slow(path: &'static str) -> impl Fn(&Cx<'_, ()>) -> Result<Plan, PhaseError> {
    ///     move |cx| {
    ///         let mut plan = cx.draft();
    ///         plan.file(path, 0o644, Content::text("after long thought\n"))?;
    ///         Ok(plan.finish())
    ///     }
    /// }
    ///
    /// let flow = Workflow::new("two")
    ///     .phase(Node::new("one", "One").outputs(["one"]).run(slow("/one")))
    ///     .phase(Node::new("two", "Two").outputs(["two"]).run(slow("/two")))
    ///     .build()?;
    /// let report = Runner::new(&flow, &MemFiles::new()).jobs(2).run(&())?;
    /// assert_eq!(report.phases[0].path, "one");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn jobs(mut self, jobs: usize) -> Self {
        self.jobs = jobs.max(1);
        let drive: Drive<'a, C> = if self.jobs == 1 {
            execution::run
        } else {
            ahead::run
        };
        self.drive = drive;
        self
    }
}

impl<'a, C: ?Sized> Runner<'a, C> {
    /// A runner of all phases on these files, with the system's clock, without journal, telling nobody.
    pub fn new(flow: &'a Flow<C>, files: &'a dyn Files) -> Self {
        Self {
            flow,
            files,
            ports: Vec::new(),
            clock: &SystemClock,
            journal: None,
            fresh: false,
            sink: &Silent,
            cancel: CancelToken::new(),
            jitter: None,
            deadline: None,
            name: None,
            selection: Selection::all(),
            jobs: 1,
            drive: execution::run,
            keep: None,
            force: false,
            undoes: None,
        }
    }

    /// Runs these phases.
    #[must_use]
    pub fn select(mut self, selection: Selection) -> Self {
        self.selection = selection;
        self
    }

    /// Takes the time from this clock.
    #[must_use]
    pub fn clock(mut self, clock: &'a dyn Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Lets this port carry out the effects that name it.
    #[must_use]
    pub fn port(mut self, name: &'a str, port: &'a dyn Port) -> Self {
        self.ports.push((name, port));
        self
    }

    /// Keeps a journal, and resumes the run it holds if that did not succeed.
    ///
    /// `config` is the digest that the configuration is known by ([`Digest::of_json`] for one that serialises): an unfinished
    /// run of another configuration is refused.
    #[must_use]
    pub fn journal(mut self, journal: &'a dyn Journal, config: Digest) -> Self {
        self.journal = Some((journal, config));
        self
    }

    /// Begins afresh: gives up an unfinished run in the journal, removes what it had staged, and leaves what it had written.
    #[must_use]
    pub fn fresh(mut self) -> Self {
        self.fresh = true;
        self
    }

    /// Tells what happens.
    #[must_use]
    pub fn events(mut self, sink: &'a dyn EventSink) -> Self {
        self.sink = sink;
        self
    }

    /// Stops when this token is cancelled: between phases, before a phase's changes, and in waits.
    #[must_use]
    pub fn cancel(mut self, token: &CancelToken) -> Self {
        self.cancel = token.clone();
        self
    }

    /// Takes shares of jitter, between 0 and 1, from here; without a source delays have none.
    #[must_use]
    pub fn jitter(mut self, source: &'a (dyn Fn() -> f64 + Send + Sync)) -> Self {
        self.jitter = Some(source);
        self
    }

    /// Waits and attempts of all phases end after this time.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Names the run; without a name it has the workflow's and the time it began. A resumed run keeps its name.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Keeps copies of the files that [undoable](crate::Node::undoable) phases replace or remove, for [`Runner::undo`]. They lie in
    /// this folder of the files, readable by its owner only (0700, and 0600 in it), from one run to the next: a run that begins
    /// afresh removes the folder with what is in it, and so does an undo that comes to its end. It takes a journal, and nothing
    /// else may lie in the folder.
    #[must_use]
    pub fn keep(mut self, folder: &'a str) -> Self {
        self.keep = Some(folder);
        self
    }

    /// Undoes also what somebody changed since.
    #[must_use]
    pub fn force(mut self) -> Self {
        self.force = true;
        self
    }

    /// What an undo would do: the phases of the journal's last run from the last to the first, those that offer no undo as
    /// [`PhaseState::NotUndone`](crate::PhaseState::NotUndone). Changes nothing.
    ///
    /// # Errors
    /// The journal cannot be read or holds no run, or somebody changed since what is to be undone
    /// ([`RunError::ChangedSince`](crate::RunError::ChangedSince)); with the plan.
    pub fn undo_plan(&self) -> Result<RunPlan, Box<PlanFailure>> {
        undo::plan(self)
    }

    /// Undoes the last run in the journal, whether it came to its end or not, phase by phase from the last to the first.
    ///
    /// What the journal says of [undoable](crate::Node::undoable) phases is taken back: files and folders that were made go, those
    /// that were replaced or removed come back from [copies](Runner::keep), modes and owners are what they were, and effects are
    /// followed by what [undoes them](Effect::undone_by). Unless [forced](Runner::force), nothing at all is done if somebody changed
    /// any of it since. What others put into a folder that was made stays, with the folder; phases that offer no undo are named.
    ///
    /// An undo is a run of its own, in the same journal: when it was killed it goes on with the next call, and only then can the
    /// workflow be run again, unless [afresh](Runner::fresh). One that came to its end leaves nothing to undo.
    ///
    /// ```
    /// use bootstrap_phases::{Content, Cx, Digest, Files, MemFiles, MemJournal, Node, PhaseError, Plan, Runner, Workflow};
    ///
    /// fn greet(cx: &Cx<'_, str>) -> Result<Plan, PhaseError> {
    ///     let mut plan = cx.draft();
    ///     plan.file("/motd", 0o644, Content::text(cx.config))?;
    ///     Ok(plan.finish())
    /// }
    ///
    /// let flow = Workflow::new("hello").phase(Node::new("greet", "Greets").undoable().run(greet)).build()?;
    /// let (files, journal) = (MemFiles::new(), MemJournal::new());
    /// files.create_file("/motd", b"go away\n", 0o600)?;
    /// let runner = Runner::new(&flow, &files).journal(&journal, Digest::of(b"welcome\n")).keep("/undo");
    /// runner.run("welcome\n")?;
    /// print!("{}", runner.undo_plan()?);
    /// runner.undo()?;
    /// assert_eq!(files.read("/motd")?, b"go away\n");
    /// assert_eq!(files.list("/")?, ["motd"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Why it did not succeed, with the report as far as it came.
    pub fn undo(&self) -> Result<Report, Box<RunFailure>> {
        undo::run(self)
    }

    /// What a run would do. Changes nothing: phases look at the files as earlier ones would have left them.
    ///
    /// # Errors
    /// The selection makes no sense, or a phase cannot plan; with the plan as far as it came.
    pub fn plan(&self, config: &C) -> Result<RunPlan, Box<PlanFailure>> {
        plan::plan(self, config)
    }

    /// Runs the phases in order until one fails for good or the run is cancelled.
    ///
    /// # Errors
    /// Why it did not succeed, with the report as far as it came.
    pub fn run(&self, config: &C) -> Result<Report, Box<RunFailure>> {
        (self.drive)(self, config)
    }

    fn carry_out(&self, effect: &Effect) -> Result<(), PhaseError> {
        port_of(&self.ports, effect)?.carry_out(effect)
    }

    fn cx<'c>(&'c self, config: &'c C, files: &'c dyn Files) -> Cx<'c, C> {
        Cx::new(config, files, self.clock, &self.cancel)
    }
}

/// Who carries an effect out.
fn port_of<'a>(
    ports: &[(&'a str, &'a dyn Port)],
    effect: &Effect,
) -> Result<&'a dyn Port, PhaseError> {
    let mut ports = ports.iter().rev();
    let found = ports.find(|(name, _)| *name == effect.port());
    found.map(|(_, port)| *port).ok_or_else(|| {
        let text = format!("nothing here carries out: {}", effect.title());
        PhaseError::fatal("effect.no-port", text)
    })
}

impl<C: ?Sized> fmt::Debug for Runner<'_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runner")
            .field("flow", &self.flow)
            .field("selection", &self.selection)
            .finish_non_exhaustive()
    }
}
