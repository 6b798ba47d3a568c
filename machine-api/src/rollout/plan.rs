//! What a rollout is planned from, and the plan.

use std::borrow::Cow;

use componentconfig::core::Time;

use super::{
    CreateReason, Fenceposts, InPlace, MovingMachine, PlannedSet, Reason, RolloutError,
    find::{Found, find},
    moving::Never,
    planned::clamp,
    revision::{Revision, revision_of},
};
use crate::{
    Compat, Gates, IntOrString,
    core::v1beta2::{
        MachineDeployment, MachineDeploymentRolloutStrategyType as StrategyType, MachineSet,
    },
    labels,
    names::{RandomSource, with_suffix},
};

/// What is observed of a MachineDeployment and its MachineSets.
///
/// The machines themselves do not matter but for those that are updated in place: MachineSets count theirs in their status.
#[derive(Clone, Copy)]
pub struct Rollout<'a> {
    pub(super) deployment: &'a MachineDeployment,
    pub(super) sets: &'a [MachineSet],
    pub(super) now: Time,
    pub(super) gates: Gates,
    pub(super) compat: Compat,
    pub(super) templates_exist: bool,
    pub(super) moving: &'a [MovingMachine<'a>],
    pub(super) in_place: &'a dyn InPlace,
}

impl<'a> Rollout<'a> {
    /// A MachineDeployment and all MachineSets that it owns.
    pub fn of(deployment: &'a MachineDeployment, sets: &'a [MachineSet], now: Time) -> Self {
        Self {
            deployment,
            sets,
            now,
            gates: Gates::default(),
            compat: Compat::default(),
            templates_exist: true,
            moving: &[],
            in_place: &Never,
        }
    }

    /// With these feature gates; only `InPlaceUpdates` changes anything.
    #[must_use]
    pub const fn gates(mut self, gates: Gates) -> Self {
        self.gates = gates;
        self
    }

    /// Which answer to give where Cluster API's own is a fault of it.
    ///
    /// - `OnDelete` forgets machines that are missing from an old MachineSet when it also takes others away
    ///   ([`Compat::Upstream`]), so that the next plan finds them missing again.
    /// - A rolling update does not count machines that are about to go from earlier plans as lost when it takes more of them
    ///   ([`Compat::Upstream`]), so that fewer than `maxUnavailable` allows can be left if others broke meanwhile.
    /// - Scaling while paused goes by the sizes that the MachineSets have just been told rather than by those that they had, and
    ///   so is in no proportion.
    /// - That a deadlock is broken is told of the current MachineSet rather than of the one that shrinks.
    #[must_use]
    pub const fn compat(mut self, compat: Compat) -> Self {
        self.compat = compat;
        self
    }

    /// The templates that a new MachineSet would refer to do not exist: none is made.
    #[must_use]
    pub const fn without_templates(mut self) -> Self {
        self.templates_exist = false;
        self
    }

    /// Machines of the MachineSets that move or are being updated in place; see [`MovingMachine::all`].
    #[must_use]
    pub const fn moving(mut self, machines: &'a [MovingMachine<'a>]) -> Self {
        self.moving = machines;
        self
    }

    /// Which machines can be updated in place; none without this. The gate `InPlaceUpdates` has to be on as well.
    #[must_use]
    pub const fn in_place(mut self, in_place: &'a dyn InPlace) -> Self {
        self.in_place = in_place;
        self
    }

    /// How many machines each MachineSet is to have next, and which MachineSet is made; `random` completes its name.
    ///
    /// While the MachineDeployment is paused nothing is rolled out; what there is is scaled.
    ///
    /// # Errors
    /// Something that is observed cannot be; the error says what and where.
    pub fn plan(self, random: &mut dyn RandomSource) -> Result<RolloutPlan<'a>, RolloutError> {
        let replicas = self.deployment.spec.replicas;
        let replicas = replicas.ok_or(RolloutError::NoReplicas)?;
        let paused = self.deployment.spec.paused == Some(true);
        let strategy = Strategy::of(self.deployment, replicas)?;
        let Found {
            current,
            old,
            missing,
        } = find(self.deployment, self.sets, self.now)?;
        let mut plan = RolloutPlan {
            rollout: self,
            replicas: i64::from(replicas),
            strategy,
            current,
            old,
            missing,
            revision: None,
            acknowledged: Vec::new(),
            moved: Vec::new(),
            updating: 0,
        };
        plan.check_labels()?;
        if plan.current.is_none() && !paused {
            if !self.templates_exist {
                return Err(RolloutError::NoTemplates);
            }
            let base = format!("{}-", self.deployment.metadata.name);
            plan.current = Some(PlannedSet::made(with_suffix(&base, random)));
        }
        plan.set_revision()?;
        match strategy {
            _ if paused => plan.scale_while_paused(),
            Strategy::RollingUpdate(_) => plan.roll()?,
            Strategy::OnDelete => plan.replace_what_is_deleted(),
        }
        Ok(plan)
    }
}

impl std::fmt::Debug for Rollout<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rollout")
            .field("deployment", &self.deployment.metadata.name)
            .field("sets", &self.sets.len())
            .field("now", &self.now)
            .finish_non_exhaustive()
    }
}

/// How machines are replaced, with bounds as numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Strategy {
    RollingUpdate(Fenceposts),
    OnDelete,
}

impl Strategy {
    pub(super) fn of(deployment: &MachineDeployment, replicas: i32) -> Result<Self, RolloutError> {
        let strategy = &deployment.spec.rollout.strategy;
        match &strategy.r#type {
            StrategyType::RollingUpdate => {
                let bounds = &strategy.rolling_update;
                let or = |bound: &Option<IntOrString>, default| {
                    bound.clone().unwrap_or(IntOrString::Int(default))
                };
                let (surge, unavailable) =
                    (or(&bounds.max_surge, 1), or(&bounds.max_unavailable, 0));
                Ok(Self::RollingUpdate(Fenceposts::resolve(
                    &surge,
                    &unavailable,
                    replicas,
                )?))
            }
            StrategyType::OnDelete => Ok(Self::OnDelete),
            StrategyType::Other(other) => Err(RolloutError::Strategy(other.clone())),
        }
    }

    pub(super) fn surge(self) -> i64 {
        match self {
            Self::RollingUpdate(posts) => i64::from(posts.max_surge()),
            Self::OnDelete => 0,
        }
    }

    pub(super) fn unavailable(self) -> i64 {
        match self {
            Self::RollingUpdate(posts) => i64::from(posts.max_unavailable()),
            Self::OnDelete => 0,
        }
    }
}

/// How many machines each MachineSet of a MachineDeployment is to have next.
#[derive(Clone, Debug)]
pub struct RolloutPlan<'a> {
    pub(super) rollout: Rollout<'a>,
    pub(super) replicas: i64,
    pub(super) strategy: Strategy,
    pub(super) current: Option<PlannedSet<'a>>,
    pub(super) old: Vec<PlannedSet<'a>>,
    pub(super) missing: Option<CreateReason>,
    pub(super) revision: Option<Revision<'a>>,
    pub(super) acknowledged: Vec<&'a str>,
    /// Machines that were moved to the current MachineSet and still say so, in order.
    pub(super) moved: Vec<&'a str>,
    /// Machines that are being updated in place.
    pub(super) updating: usize,
}

impl<'a> RolloutPlan<'a> {
    /// The MachineSet that has the template of the MachineDeployment. There is none only while the MachineDeployment is paused:
    /// then none is made.
    pub const fn current(&self) -> Option<&PlannedSet<'a>> {
        self.current.as_ref()
    }

    /// The other MachineSets, oldest first.
    pub fn old(&self) -> &[PlannedSet<'a>] {
        &self.old
    }

    /// All MachineSets, the current one first.
    pub fn sets(&self) -> impl Iterator<Item = &PlannedSet<'a>> {
        self.current.iter().chain(&self.old)
    }

    /// The revision of the current MachineSet, which becomes that of the MachineDeployment.
    pub fn revision(&self) -> Option<&str> {
        self.revision
            .as_ref()
            .map(|revision| revision.number.as_ref())
    }

    /// Why the current MachineSet is made; none if it exists or is not made.
    pub fn create_reason(&self) -> Option<CreateReason> {
        self.missing.filter(|_| self.current.is_some())
    }

    /// The same as text, with what the old MachineSets have otherwise.
    pub fn create_message(&self) -> Option<String> {
        self.create_reason().map(|reason| reason.text(&self.old))
    }

    /// Machines that were moved to the current MachineSet and that it counts from now on.
    pub fn acknowledged(&self) -> &[&'a str] {
        &self.acknowledged
    }

    /// Whether the plan makes a MachineSet or changes how many machines one has.
    pub fn changes_anything(&self) -> bool {
        self.sets()
            .any(|set| set.existing.is_none() || set.change() != 0)
    }

    /// Old MachineSets that have no machines any more and go once all machines of the MachineDeployment are up to date and
    /// available: those that `cleanupDeployment` of Cluster API deletes.
    pub fn obsolete(&self) -> Vec<&'a MachineSet> {
        let deployment = self.rollout.deployment;
        let (status, generation) = (&deployment.status, deployment.metadata.generation);
        let all = |count: Option<i32>| i64::from(count.unwrap_or_default()) == self.replicas;
        let complete = all(status.up_to_date_replicas)
            && all(status.replicas)
            && all(status.available_replicas)
            && status.observed_generation >= generation;
        let obsolete = |set: &&MachineSet| {
            set.spec.replicas == Some(0)
                && set.status.replicas.unwrap_or_default() == 0
                && set.metadata.generation <= set.status.observed_generation
                && !set.metadata.is_deleting()
        };
        let old = self.old.iter().filter_map(|set| set.existing);
        old.filter(|_| complete).filter(obsolete).collect()
    }

    /// `maxSurge` and `maxUnavailable` as numbers; none of another strategy than `RollingUpdate`.
    pub const fn fenceposts(&self) -> Option<Fenceposts> {
        match self.strategy {
            Strategy::RollingUpdate(posts) => Some(posts),
            Strategy::OnDelete => None,
        }
    }

    /// How many machines have to stay available.
    pub(super) fn min_available(&self) -> i64 {
        (self.replicas - self.strategy.unavailable()).max(0)
    }

    /// A sum over all MachineSets.
    pub(super) fn sum(&self, count: impl Fn(&PlannedSet<'a>) -> i64) -> i64 {
        self.sets().map(count).sum()
    }

    fn check_labels(&self) -> Result<(), RolloutError> {
        let unlabelled = self.sets().filter_map(|set| set.existing).find(|set| {
            !set.metadata
                .labels
                .contains_key(labels::MACHINE_TEMPLATE_HASH)
        });
        match unlabelled {
            None => Ok(()),
            Some(set) => Err(RolloutError::NoTemplateHash(set.metadata.name.clone())),
        }
    }

    fn set_revision(&mut self) -> Result<(), RolloutError> {
        let Some(current) = &mut self.current else {
            return Ok(());
        };
        let revision = Revision::of(current.existing, &self.old)?;
        let before = current.existing.and_then(revision_of).unwrap_or_default();
        if current.existing.is_some() && before != revision.number {
            current.because(Reason::NowCurrent);
        }
        self.revision = Some(revision);
        Ok(())
    }

    /// More machines of the current MachineSet as far as there is room, or fewer if it has too many.
    ///
    /// Fewer at once, whatever is available then: the user asked for fewer.
    pub(super) fn scale_current(&mut self) {
        let (replicas, surge) = (self.replicas, self.strategy.surge());
        let machines = self.sum(PlannedSet::occupied);
        let uncounted = self.uncounted().is_some();
        let Some(current) = &mut self.current else {
            return;
        };
        if current.spec > replicas {
            current.because(Reason::AboveReplicas);
            current.intent = Some(replicas);
        }
        let missing = replicas - current.spec;
        let room = (replicas + surge - machines).min(missing);
        if missing > 0 && room > 0 && !uncounted {
            current.because(match self.strategy {
                Strategy::RollingUpdate(_) => Reason::BelowSurge {
                    machines,
                    replicas,
                    surge,
                },
                Strategy::OnDelete => Reason::BelowReplicas { machines, replicas },
            });
            current.intent = Some(current.spec + room);
        }
    }

    /// An old MachineSet of which nobody knows how many machines it has: its share of `maxSurge` is not given away before it is
    /// known. Cluster API takes what was last said for what is.
    pub(super) fn uncounted(&self) -> Option<&PlannedSet<'_>> {
        let rolls = matches!(self.strategy, Strategy::RollingUpdate(_));
        if !rolls || self.rollout.compat == Compat::Upstream {
            return None;
        }
        self.old.iter().find(|set| set.is_unobserved())
    }

    /// The current MachineSet's name, for others to refer to.
    pub(super) fn current_name(&self) -> Cow<'a, str> {
        self.current
            .as_ref()
            .map(|set| set.name.clone())
            .unwrap_or_default()
    }

    /// `maxReplicas` as MachineSets are told it.
    pub(super) fn max_replicas(&self) -> i32 {
        clamp(self.replicas + self.strategy.surge())
    }
}
