//! What a plan does, and why it does not do more.

use std::fmt;

use serde::Serialize;

use super::{PlannedSet, RolloutPlan, plan::Strategy};
use crate::explain::Why;

/// Why a rollout does not go further. Displays as what was found; [`Cause::remedy`] says what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum Cause {
    /// All machines are up to date and available.
    Complete {
        /// How many there are.
        replicas: i64,
    },
    /// `spec.paused` is set.
    Paused,
    /// A MachineSet has fewer machines than it is to have.
    Creating {
        /// The MachineSet.
        set: String,
        /// How many it has.
        machines: i64,
        /// How many it is to have.
        replicas: i64,
    },
    /// A MachineSet has more machines than it is to have.
    Deleting {
        /// The MachineSet.
        set: String,
        /// How many it has.
        machines: i64,
        /// How many it is to have.
        replicas: i64,
    },
    /// New machines are not available, so old ones stay, if there are any.
    CurrentUnavailable {
        /// The MachineSet.
        set: String,
        /// How many of its machines are available.
        available: i64,
        /// How many it is to have.
        replicas: i64,
        /// How many old machines there are.
        old: i64,
    },
    /// There are as many machines as there may be, so none is made.
    NoRoom {
        /// How many there are.
        machines: i64,
        /// How many the MachineDeployment is to have.
        replicas: i64,
        /// How many there may be besides.
        surge: i64,
    },
    /// What a MachineSet was told last it has not answered, so its machines are not counted, and no other one grows.
    Uncounted {
        /// The MachineSet.
        set: String,
    },
    /// No more machines are available than have to be, so no old one goes.
    NoSpareMachines {
        /// How many are.
        available: i64,
        /// How many have to be.
        minimum: i64,
    },
    /// Machines are being updated in place.
    Updating {
        /// How many.
        machines: usize,
    },
    /// The strategy is `OnDelete`, and nobody deleted the old machines.
    WaitsForDeletion {
        /// How many there are.
        machines: i64,
    },
}

impl RolloutPlan<'_> {
    /// What the plan changes, and why it does not do more: the answer to "why does nothing happen?".
    ///
    /// ```
    /// # use machine_api::{core::v1beta2::{MachineDeployment, MachineSet}, names, rollout::Rollout};
    /// # let deployment: MachineDeployment = serde_json::from_str(
    /// #     r#"{"metadata": {"name": "w"}, "spec": {"replicas": 1, "template": {"spec": {"version": "v1.36.0"}},
    /// #         "rollout": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}}}}"#,
    /// # )?;
    /// # let set = |name: &str, version: &str, available: i32| serde_json::from_value::<MachineSet>(serde_json::json!({
    /// #     "metadata": {"name": name, "labels": {"machine-template-hash": name}},
    /// #     "spec": {"replicas": 1, "template": {"spec": {"version": version}}},
    /// #     "status": {"replicas": 1, "availableReplicas": available}}));
    /// # let sets = [set("old", "v1.35.0", 1)?, set("new", "v1.36.0", 0)?];
    /// # let now = "2026-06-01T00:00:00Z".parse()?;
    /// let plan = Rollout::of(&deployment, &sets, now).plan(&mut |length| names::suffix(0, length))?;
    /// assert!(!plan.changes_anything());
    /// assert_eq!(
    ///     plan.explain()[0].to_string(),
    ///     "MachineSet new: 0 of 1 machines are available, and old machines stay until all are (CurrentUnavailable); to change \
    ///      that, look at the conditions Ready and BootstrapConfigReady of its machines",
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn explain(&self) -> Vec<Why> {
        let changed = self
            .sets()
            .filter(|set| set.existing.is_none() || set.change() != 0);
        let steps = changed.map(|set| {
            let (from, to) = (set.wanted() - set.change(), set.wanted());
            let reasons: Vec<String> = set.reasons.iter().map(ToString::to_string).collect();
            let reason = match set.existing {
                None => "Created",
                Some(_) if to > from => "ScaledUp",
                Some(_) => "ScaledDown",
            };
            let evidence = format!("from {from} to {to} machines: {}", reasons.join(", "));
            Why::new(format!("MachineSet {}", set.name()), reason, evidence)
        });
        let deployment = &self.rollout.deployment.metadata.name;
        let causes = self.causes().into_iter();
        let causes = causes.map(|cause| {
            let subject = match &cause {
                Cause::Creating { set, .. }
                | Cause::Deleting { set, .. }
                | Cause::CurrentUnavailable { set, .. }
                | Cause::Uncounted { set } => format!("MachineSet {set}"),
                _ => format!("MachineDeployment {deployment}"),
            };
            let why = Why::new(subject, cause.reason(), cause.to_string());
            match cause.remedy() {
                None => why,
                Some(remedy) => why.remedy(remedy),
            }
        });
        steps.chain(causes).collect()
    }

    /// Why the rollout does not go further than the plan.
    pub fn causes(&self) -> Vec<Cause> {
        let Some(current) = &self.current else {
            return vec![Cause::Paused];
        };
        let paused = self.rollout.deployment.spec.paused == Some(true);
        let mut causes = Vec::new();
        causes.extend(paused.then_some(Cause::Paused));
        let old = self.old.iter().map(|set| set.spec.max(set.machines));
        let old: i64 = old.sum();
        let wanted = current.wanted() == self.replicas && current.machines == self.replicas;
        if old == 0 && wanted && current.available == self.replicas {
            causes.push(Cause::Complete {
                replicas: self.replicas,
            });
            return causes;
        }
        causes.extend(self.sets().filter_map(transition));
        if current.machines >= current.spec && current.available < current.spec {
            causes.push(Cause::CurrentUnavailable {
                set: current.name().to_owned(),
                available: current.available,
                replicas: current.spec,
                old,
            });
        }
        if self.updating > 0 {
            causes.push(Cause::Updating {
                machines: self.updating,
            });
        }
        if !paused {
            causes.extend(self.limits(current, old));
        }
        causes
    }

    fn limits(&self, current: &PlannedSet<'_>, old: i64) -> Option<Cause> {
        match self.strategy {
            Strategy::OnDelete if old > 0 => Some(Cause::WaitsForDeletion { machines: old }),
            Strategy::OnDelete => None,
            Strategy::RollingUpdate(_) => {
                let machines = self.sum(|set| set.wanted().max(set.machines));
                let (replicas, surge) = (self.replicas, self.strategy.surge());
                let (available, minimum) = (self.sum(|set| set.available), self.min_available());
                if let Some(set) = self.uncounted().filter(|_| current.wanted() < replicas) {
                    Some(Cause::Uncounted {
                        set: set.name().to_owned(),
                    })
                } else if current.wanted() < replicas && machines >= replicas + surge {
                    Some(Cause::NoRoom {
                        machines,
                        replicas,
                        surge,
                    })
                } else if self.old.iter().any(|set| set.wanted() > 0)
                    && available <= minimum
                    && current.available >= current.spec
                {
                    Some(Cause::NoSpareMachines { available, minimum })
                } else {
                    None
                }
            }
        }
    }
}

/// What a MachineSet is still about to do.
fn transition(set: &PlannedSet<'_>) -> Option<Cause> {
    let (machines, replicas) = (set.machines, set.spec);
    let name = set.name().to_owned();
    match machines.cmp(&replicas) {
        std::cmp::Ordering::Less => Some(Cause::Creating {
            set: name,
            machines,
            replicas,
        }),
        std::cmp::Ordering::Greater => Some(Cause::Deleting {
            set: name,
            machines,
            replicas,
        }),
        std::cmp::Ordering::Equal => None,
    }
}

impl Cause {
    /// The rule in one word.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Complete { .. } => "Complete",
            Self::Paused => "Paused",
            Self::Creating { .. } => "Creating",
            Self::Deleting { .. } => "Deleting",
            Self::CurrentUnavailable { .. } => "CurrentUnavailable",
            Self::NoRoom { .. } => "NoRoom",
            Self::Uncounted { .. } => "Uncounted",
            Self::NoSpareMachines { .. } => "NoSpareMachines",
            Self::Updating { .. } => "Updating",
            Self::WaitsForDeletion { .. } => "WaitsForDeletion",
        }
    }

    /// What to do about it; none if nothing is left to do.
    pub const fn remedy(&self) -> Option<&'static str> {
        Some(match self {
            Self::Complete { .. } => return None,
            Self::Paused => "unset spec.paused",
            Self::Creating { .. } => {
                "wait, or look at the condition ScalingUp of the MachineSet and at its preflight checks"
            }
            Self::Deleting { .. } => {
                "wait, or look at the condition Deleting of its machines: draining may be held up"
            }
            Self::CurrentUnavailable { .. } => {
                "look at the conditions Ready and BootstrapConfigReady of its machines"
            }
            Self::NoRoom { .. } => "wait for old machines to go, or raise maxSurge",
            Self::Uncounted { .. } => {
                "wait, or look whether the controller of MachineSets runs and the MachineSet is paused"
            }
            Self::NoSpareMachines { .. } => {
                "wait for machines to become available, or raise maxUnavailable"
            }
            Self::Updating { .. } => "wait, or look at the condition Updating of the machines",
            Self::WaitsForDeletion { .. } => {
                "delete the old machines, or choose the strategy RollingUpdate"
            }
        })
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Complete { replicas } => {
                write!(f, "all {replicas} machines are up to date and available")
            }
            Self::Paused => f.write_str("the MachineDeployment is paused: nothing is rolled out"),
            Self::Creating {
                machines, replicas, ..
            } => write!(f, "there are {machines} of {replicas} machines"),
            Self::Deleting {
                machines, replicas, ..
            } => write!(
                f,
                "there are still {machines} machines, and are to be {replicas}"
            ),
            Self::CurrentUnavailable {
                available,
                replicas,
                old,
                ..
            } => {
                write!(f, "{available} of {replicas} machines are available")?;
                if *old > 0 {
                    f.write_str(", and old machines stay until all are")?;
                }
                Ok(())
            }
            Self::NoRoom {
                machines,
                replicas,
                surge,
            } => write!(
                f,
                "there are {machines} machines, and may be {replicas} and {surge} besides"
            ),
            Self::Uncounted { .. } => f.write_str(
                "how many machines it has is not known since it was told another number",
            ),
            Self::NoSpareMachines { available, minimum } => {
                write!(
                    f,
                    "{available} machines are available, and {minimum} have to be"
                )
            }
            Self::Updating { machines } => {
                write!(f, "{machines} machines are being updated in place")
            }
            Self::WaitsForDeletion { machines } => write!(
                f,
                "{machines} old machines are only replaced when somebody deletes them"
            ),
        }
    }
}
