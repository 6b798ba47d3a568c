//! How many machines a rollout may have too many or too few.

use crate::{IntOrString, Rounding, ScaledValueError};

/// How many machines a rollout may have beyond the wanted number, and how many may be missing.
///
/// Follows `internal/controllers/machinedeployment/mdutil` of Cluster API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fenceposts {
    surge: i32,
    unavailable: i32,
    replicas: i32,
}

impl Fenceposts {
    /// Resolves `maxSurge` and `maxUnavailable` of a `RollingUpdate` strategy for a number of replicas.
    ///
    /// Percentages of `maxSurge` round up, those of `maxUnavailable` down. Where both come out as nothing, one machine may be
    /// missing: else nothing could ever move.
    ///
    /// # Errors
    /// One of them is a text that is no percentage.
    pub fn resolve(
        max_surge: &IntOrString,
        max_unavailable: &IntOrString,
        replicas: i32,
    ) -> Result<Self, ScaledValueError> {
        let surge = max_surge.scaled(replicas, Rounding::Up)?;
        let unavailable = max_unavailable.scaled(replicas, Rounding::Down)?;
        let unavailable = if surge == 0 && unavailable == 0 {
            1
        } else {
            unavailable
        };
        Ok(Self {
            surge,
            unavailable,
            replicas,
        })
    }

    /// `maxSurge` as a number of machines.
    pub fn surge(&self) -> i32 {
        self.surge
    }

    /// `maxUnavailable` as a number of machines, before it is bounded by the replicas there are.
    pub fn unavailable(&self) -> i32 {
        self.unavailable
    }

    /// How many machines there may be beyond the replicas.
    pub fn max_surge(&self) -> i32 {
        self.surge
    }

    /// How many of the replicas may be unavailable: never more than there are, none of none.
    pub fn max_unavailable(&self) -> i32 {
        if self.replicas == 0 {
            return 0;
        }
        self.unavailable.min(self.replicas)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn something_can_always_move() {
        for replicas in 1..200 {
            for percent in ["0%", "1%", "33%", "99%", "100%"] {
                let posts = Fenceposts::resolve(&"0%".into(), &percent.into(), replicas).unwrap();
                assert!(
                    posts.max_surge() + posts.max_unavailable() > 0,
                    "{replicas} {percent}"
                );
                assert!(posts.max_unavailable() <= replicas);
            }
        }
        let none = Fenceposts::resolve(&0.into(), &0.into(), 0).unwrap();
        assert_eq!((none.unavailable(), none.max_unavailable()), (1, 0));
    }
}
