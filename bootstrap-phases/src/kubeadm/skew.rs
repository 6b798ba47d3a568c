//! Which versions a cluster can be upgraded to (`cmd/kubeadm/app/phases/upgrade/policy.go`).

use std::fmt;

use semver::Version;

/// How many minor versions an upgrade may go up, or a downgrade down, at a time.
const STEP: u64 = 1;
/// How many minor versions a kubelet may be behind its control plane.
const KUBELET_LAG: u64 = 3;

/// An upgrade that is asked for, and where it starts from.
#[derive(Clone, Copy, Debug)]
pub struct Upgrade<'a> {
    /// The version of the control plane now.
    pub cluster: &'a Version,
    /// The version of whoever carries it out.
    pub kubeadm: &'a Version,
    /// The version that the control plane is to have.
    pub target: &'a Version,
    /// The versions of the kubelets.
    pub kubelets: &'a [Version],
    /// Whether any pre-release may be upgraded to.
    pub allow_experimental: bool,
    /// Whether release candidates may be upgraded to.
    pub allow_release_candidates: bool,
}

/// A reason against an upgrade.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Skew {
    /// The target is older than anything that this kubeadm deploys.
    BelowMinimum {
        /// The oldest that it deploys.
        minimum: Version,
    },
    /// The target is more than one minor version ahead of the cluster.
    TooHigh,
    /// The target is more than one minor version behind the cluster.
    TooLow,
    /// The target is of a newer minor version than kubeadm.
    NewerMinorThanKubeadm,
    /// The target is of kubeadm's minor version, but a newer patch.
    NewerPatchThanKubeadm,
    /// The target is of an older minor version than kubeadm.
    OlderThanKubeadm,
    /// The target is a pre-release, and nobody allowed that.
    Unstable,
    /// Kubelets would be too far behind.
    OldKubelets {
        /// Their versions, ascending, each once.
        versions: Vec<Version>,
    },
}

/// Reasons against an upgrade: those that cannot be overruled, and those that can.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Objections {
    /// The upgrade cannot be made.
    pub mandatory: Vec<Skew>,
    /// The upgrade can be made if somebody insists.
    pub skippable: Vec<Skew>,
}

impl Upgrade<'_> {
    /// What speaks against it.
    pub fn objections(&self) -> Objections {
        let mut objections = Objections::default();
        let released = self.target.pre.is_empty();
        let (target, cluster, kubeadm) =
            (self.target.minor, self.cluster.minor, self.kubeadm.minor);
        let minimum = Version::new(self.kubeadm.major, kubeadm.saturating_sub(STEP), 0);
        if *self.target < minimum {
            objections.mandatory.push(Skew::BelowMinimum { minimum });
        }
        // Development goes on ahead of what is released.
        let mut unless_pre_release = |skew| {
            if released {
                objections.mandatory.push(skew);
            } else {
                objections.skippable.push(skew);
            }
        };
        if target > cluster + STEP {
            unless_pre_release(Skew::TooHigh);
        }
        if target + STEP < cluster {
            unless_pre_release(Skew::TooLow);
        }
        if self.kubeadm < self.target && target > kubeadm {
            unless_pre_release(Skew::NewerMinorThanKubeadm);
        } else if self.kubeadm < self.target {
            objections.skippable.push(Skew::NewerPatchThanKubeadm);
        }
        if self.kubeadm.major > self.target.major || kubeadm > target {
            objections.skippable.push(Skew::OlderThanKubeadm);
        }
        let candidate = self.allow_release_candidates && self.target.pre.starts_with("rc");
        if !released && !self.allow_experimental && !candidate {
            objections.skippable.push(Skew::Unstable);
        }
        objections.skippable.extend(self.old_kubelets());
        objections
    }

    fn old_kubelets(&self) -> Option<Skew> {
        let mut versions: Vec<Version> = self
            .kubelets
            .iter()
            .filter(|kubelet| self.target.minor > kubelet.minor + KUBELET_LAG)
            .cloned()
            .collect();
        versions.sort();
        versions.dedup();
        (!versions.is_empty()).then_some(Skew::OldKubelets { versions })
    }
}

impl Objections {
    /// Whether nothing speaks against the upgrade.
    pub fn is_empty(&self) -> bool {
        self.mandatory.is_empty() && self.skippable.is_empty()
    }
}

impl fmt::Display for Skew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BelowMinimum { minimum } => {
                write!(f, "the oldest version that can be deployed is v{minimum}")
            }
            Self::TooHigh => f.write_str("an upgrade goes up one minor version at a time"),
            Self::TooLow => f.write_str("a downgrade goes down one minor version at a time"),
            Self::NewerMinorThanKubeadm => {
                f.write_str("kubeadm does not know this minor version yet: upgrade kubeadm first")
            }
            Self::NewerPatchThanKubeadm => {
                f.write_str("kubeadm is older than this version: upgrade kubeadm first")
            }
            Self::OlderThanKubeadm => f.write_str("kubeadm only upgrades to its own minor version"),
            Self::Unstable => f.write_str("a pre-release, and these were not allowed"),
            Self::OldKubelets { versions } => {
                f.write_str("kubelets are too old:")?;
                versions
                    .iter()
                    .try_for_each(|version| write!(f, " v{version}"))
            }
        }
    }
}
