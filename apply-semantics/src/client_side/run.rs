//! Commands on many objects, and what comes after: pruning.

use super::{
    Answer, ApplySet, Command, DryRun, Failure, Kinds, LabelPruning, Namespace, Options, Plan,
    Report, Request, Step, Target,
    apply_set::Members,
    exchange::{Exchange, Play, Stop},
    object,
    prune::{self, Visited},
    target::flatten,
};
use crate::{
    labels::Selector,
    op::{Executor, ObjectRef},
};
use serde_json::Value;

/// How apply prunes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pruning {
    /// By labels.
    Labels(LabelPruning),
    /// By the parent of an ApplySet.
    ApplySet(ApplySet),
}

/// What to do with documents, besides the command.
#[derive(Debug, Clone, Default)]
pub struct RunOptions {
    /// Leave out manifests whose labels do not match (`--selector`).
    pub selector: Option<Selector>,
    /// What to delete afterwards.
    pub pruning: Option<Pruning>,
}

/// What came of a run.
#[derive(Debug, Clone)]
pub struct RunReport {
    /// What came of each object, in order.
    pub objects: Vec<(ObjectRef, Result<Report, Failure>)>,
    /// What was pruned, in order.
    pub pruned: Vec<ObjectRef>,
    /// What else went wrong: documents that are no objects of this server, ApplySets, pruning.
    pub failures: Vec<Failure>,
}

impl RunReport {
    /// Whether nothing went wrong.
    pub fn is_success(&self) -> bool {
        self.failures.is_empty() && self.objects.iter().all(|(_, result)| result.is_ok())
    }
}

/// A command on the objects of some documents, one after the other.
///
/// As with kubectl, the failure of one object does not keep the others from their turn, and nothing is pruned after a failure.
#[derive(Debug, Clone)]
pub struct Run {
    kinds: Kinds,
    options: Options,
    pruning: Option<Pruning>,
    namespaces: Vec<String>,
    plans: Vec<Plan>,
    /// Answers to what is asked before, and after, the objects have their turn.
    before: Vec<Answer>,
    after: Vec<Answer>,
    members: Option<Members>,
    report: RunReport,
    phase: Phase,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Before,
    Objects,
    After,
    Done,
}

impl Run {
    /// A command on the objects of some documents. Documents that are no objects of this server are failures of the report.
    ///
    /// # Errors
    /// The options do not go together, or there are no objects.
    pub fn new(
        documents: Vec<Value>,
        kinds: &Kinds,
        namespace: &Namespace,
        command: &Command,
        run: RunOptions,
    ) -> Result<Self, Failure> {
        command.check()?;
        check(command, run.pruning.as_ref(), kinds)?;
        let mut failures = Vec::new();
        let mut targets = Vec::new();
        for document in flatten(documents) {
            let labels = object::strings(&document, "labels").unwrap_or_default();
            if run
                .selector
                .as_ref()
                .is_some_and(|selector| !selector.matches(&labels))
            {
                continue;
            }
            match Target::of(document, kinds, namespace) {
                Ok(target) => targets.push(target),
                Err(failure) => failures.push(failure),
            }
        }
        if let Some(Pruning::ApplySet(set)) = &run.pruning {
            for target in &mut targets {
                set.adopt(target)?;
            }
        }
        if targets.is_empty() && failures.is_empty() {
            return Err(Failure::NoObjects);
        }
        let plan = |target| Plan::new(command.clone(), target);
        let demanded = namespace.enforced.then(|| namespace.name.clone());
        Ok(Self {
            kinds: kinds.clone(),
            options: command.options().clone(),
            pruning: run.pruning,
            namespaces: demanded.into_iter().collect(),
            plans: targets.into_iter().map(plan).collect(),
            before: Vec::new(),
            after: Vec::new(),
            members: None,
            report: RunReport {
                objects: Vec::new(),
                pruned: Vec::new(),
                failures,
            },
            phase: Phase::Before,
        })
    }

    /// What comes next.
    pub fn step(&mut self) -> Step<RunReport> {
        loop {
            let asked = match self.phase {
                Phase::Before => self.step_before(),
                Phase::Objects => self.step_objects(),
                Phase::After => self.step_after(),
                Phase::Done => return Step::Done(Box::new(self.report.clone())),
            };
            if let Some(request) = asked {
                return Step::Send(request);
            }
        }
    }

    /// Takes the answer to the request of the last step, and says what comes next.
    pub fn answer(&mut self, answer: Answer) -> Step<RunReport> {
        match self.phase {
            Phase::Before => self.before.push(answer),
            Phase::Objects => {
                if let Some(plan) = self.plans.get_mut(self.report.objects.len()) {
                    drop(plan.answer(answer));
                }
            }
            Phase::After => self.after.push(answer),
            Phase::Done => {}
        }
        self.step()
    }

    /// Carries out the whole run. Pauses are not made.
    pub fn execute(&mut self, executor: &mut dyn Executor) -> RunReport {
        let mut step = self.step();
        loop {
            match step {
                Step::Send(request) => step = self.answer(executor.execute(request.operation())),
                Step::Done(report) => return *report,
                Step::Failed(_) => return self.report.clone(),
            }
        }
    }

    fn targets(&self) -> Vec<Target> {
        self.plans
            .iter()
            .map(|plan| plan.target().clone())
            .collect()
    }

    fn step_before(&mut self) -> Option<Box<Request>> {
        let Some(Pruning::ApplySet(set)) = &self.pruning else {
            self.phase = Phase::Objects;
            return None;
        };
        let targets = self.targets();
        let play = set.before(
            &mut Exchange::new(&self.before),
            &targets,
            &self.kinds,
            &self.options,
        );
        let (members, asked) = self.settle(play, Phase::Objects);
        self.members = members;
        asked
    }

    fn step_objects(&mut self) -> Option<Box<Request>> {
        let Some(plan) = self.plans.get(self.report.objects.len()) else {
            self.phase = if self.report.is_success() {
                Phase::After
            } else {
                Phase::Done
            };
            return None;
        };
        let result = match plan.step() {
            Step::Send(request) => return Some(request),
            Step::Done(report) => Ok(*report),
            Step::Failed(failure) => Err(failure),
        };
        self.report
            .objects
            .push((plan.target().reference(), result));
        None
    }

    fn step_after(&mut self) -> Option<Box<Request>> {
        let visited = self.visited();
        let mut exchange = Exchange::new(&self.after);
        let play = match (&self.pruning, &self.members) {
            (Some(Pruning::Labels(labels)), _) => {
                prune::play(&mut exchange, labels, &self.kinds, &visited, &self.options)
            }
            (Some(Pruning::ApplySet(set)), Some(before)) => {
                let targets = self.targets();
                set.after(
                    &mut exchange,
                    before,
                    &targets,
                    &visited.uids,
                    &self.options,
                )
            }
            _ => Ok(Vec::new()),
        };
        let (pruned, asked) = self.settle(play, Phase::Done);
        self.report.pruned = pruned.unwrap_or_default();
        asked
    }

    /// Goes on to the next phase, or ends with a failure.
    fn settle<T>(&mut self, play: Play<T>, next: Phase) -> (Option<T>, Option<Box<Request>>) {
        match play {
            Ok(done) => {
                self.phase = next;
                (Some(done), None)
            }
            Err(Stop::Ask(request)) => (None, Some(request)),
            Err(Stop::Fail(failure)) => {
                self.report.failures.push(*failure);
                self.phase = Phase::Done;
                (None, None)
            }
        }
    }

    fn visited(&self) -> Visited {
        let applied = self
            .report
            .objects
            .iter()
            .filter_map(|(_, result)| result.as_ref().ok());
        let uids = applied.filter_map(|report| object::text(report.object(), "uid"));
        let namespaces = self
            .plans
            .iter()
            .filter_map(|plan| plan.target().namespace());
        Visited {
            uids: uids.map(str::to_owned).collect(),
            namespaces: namespaces
                .map(str::to_owned)
                .chain(self.namespaces.iter().cloned())
                .collect(),
        }
    }
}

/// Whether pruning goes with the command and the kinds.
fn check(command: &Command, pruning: Option<&Pruning>, kinds: &Kinds) -> Result<(), Failure> {
    let Some(pruning) = pruning else {
        return Ok(());
    };
    let Command::Apply(options) = command else {
        return Err(Failure::Options("only apply prunes"));
    };
    if options.force {
        return Err(Failure::Options("force and pruning exclude each other"));
    }
    let Pruning::Labels(labels) = pruning else {
        return Ok(());
    };
    if options.server_side {
        return Err(Failure::Options(
            "pruning by labels finds no objects of server-side apply",
        ));
    }
    labels.kinds(kinds).map(|_| ())
}

impl Command {
    /// Whether the options of the command go together.
    pub(super) fn check(&self) -> Result<(), Failure> {
        let Self::Apply(options) = self else {
            return Ok(());
        };
        let rules = [
            (
                options.force_conflicts && !options.server_side,
                "only server-side apply forces conflicts",
            ),
            (
                options.server_side && options.dry_run == DryRun::Client,
                "server-side apply needs a dry run of the server",
            ),
            (
                options.server_side && options.force,
                "server-side apply does not delete and make anew",
            ),
            (
                options.dry_run == DryRun::Server && options.force,
                "a dry run of the server does not delete and make anew",
            ),
            (
                options.subresource.is_some() && !options.server_side,
                "only server-side apply writes to subresources",
            ),
        ];
        let broken = rules.iter().find(|(broken, _)| *broken);
        broken.map_or(Ok(()), |(_, why)| Err(Failure::Options(why)))
    }
}
