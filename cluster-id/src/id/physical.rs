//! The identity of a cluster that no configuration can change.

use serde::{Deserialize, Serialize};

use crate::{Error, error::NameKind, name::Fault, newtype::name_type};

/// A cluster itself, whatever it goes by: the UID of its namespace `kube-system`.
///
/// Memberships, reservations and records are kept by this, because a [`ClusterId`](super::ClusterId) may mean
/// another cluster tomorrow.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PhysicalCluster(String);

impl PhysicalCluster {
    /// Takes a UID, which is opaque.
    ///
    /// # Errors
    /// It is empty.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if text.is_empty() {
            return Err(Error::Name {
                what: NameKind::PhysicalCluster,
                value: String::new(),
                fault: Fault::Empty,
            });
        }
        Ok(Self(text.to_owned()))
    }
}

name_type!(PhysicalCluster);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::ClusterId;

    #[test]
    fn a_uid_makes_the_recommended_id() {
        let uid = PhysicalCluster::parse("721ab723-13bc-11e5-aec2-42010af0021e").unwrap();
        let id = ClusterId::from_kube_system(&uid).unwrap();
        assert_eq!(id.as_str(), uid.as_str());
        assert!(ClusterId::from_kube_system(&PhysicalCluster::parse("No UID").unwrap()).is_err());
        assert!(PhysicalCluster::parse("").is_err());
    }
}
