//! The ID of a cluster within its ClusterSet.

use serde::{Deserialize, Serialize};

use super::{PhysicalCluster, Portability};
use crate::{
    Error,
    error::NameKind,
    name::{check_label, check_labels, check_subdomain},
    newtype::name_type,
};

/// What a cluster goes by within its ClusterSet for as long as it is a member: the value of its property
/// `cluster.clusterset.k8s.io`.
///
/// What KEP-2149 allows is a DNS subdomain. Not every such ID can be used everywhere a cluster ID is used, so
/// accept with [`parse`](Self::parse), but create with [`from_kube_system`](Self::from_kube_system), or
/// [`parse_as`](Self::parse_as) and [`IdProfile::Portable`].
///
/// ```
/// use cluster_id::id::{ClusterId, IdProfile};
///
/// let id = ClusterId::parse("eu.prod-1")?;
/// assert!(id.check(IdProfile::Mcs).is_ok());
/// assert_eq!(
///     id.check(IdProfile::Portable).unwrap_err().to_string(),
///     "\"eu.prod-1\" is no portable cluster ID (a DNS label): it has a dot",
/// );
/// # Ok::<(), cluster_id::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ClusterId(String);

/// How strict to be about a cluster ID. The texts that define one disagree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum IdProfile {
    /// KEP-2149: a DNS subdomain, at most 253 characters. For IDs that are read.
    #[default]
    About,
    /// KEP-1645, multi-cluster services: a DNS label, or two with a dot between them.
    Mcs,
    /// One DNS label, which is good for every [`IdUse`](super::IdUse). For IDs that are created.
    Portable,
}

/// IDs should be shorter than this many characters, KEP-2149 says.
const RECOMMENDED_BELOW: usize = 128;

impl ClusterId {
    /// Reads an ID as KEP-2149 has it.
    ///
    /// # Errors
    /// `text` is no DNS subdomain.
    pub fn parse(text: &str) -> Result<Self, Error> {
        Self::parse_as(text, IdProfile::About)
    }

    /// Reads an ID that meets `profile`.
    ///
    /// # Errors
    /// It does not meet it.
    pub fn parse_as(text: &str, profile: IdProfile) -> Result<Self, Error> {
        check(text, profile)?;
        Ok(Self(text.to_owned()))
    }

    /// The recommended ID: the UID of the cluster's namespace `kube-system`. It is unique everywhere, lasts as long as
    /// the cluster, and is good for every use.
    ///
    /// # Errors
    /// The identity is no DNS label, so it is no UID that an API server gave.
    pub fn from_kube_system(uid: &PhysicalCluster) -> Result<Self, Error> {
        Self::parse_as(uid.as_str(), IdProfile::Portable)
    }

    /// Whether this ID meets `profile` too.
    ///
    /// # Errors
    /// It does not.
    pub fn check(&self, profile: IdProfile) -> Result<(), Error> {
        check(&self.0, profile)
    }

    /// Whether the ID is as short as KEP-2149 recommends: less than 128 characters.
    pub fn is_of_recommended_length(&self) -> bool {
        self.0.len() < RECOMMENDED_BELOW
    }

    /// What this ID can be used for.
    pub fn portability(&self) -> Portability {
        Portability::of(&self.0)
    }
}

name_type!(ClusterId);

fn check(text: &str, profile: IdProfile) -> Result<(), Error> {
    let (what, outcome) = match profile {
        IdProfile::About => (NameKind::ClusterId, check_subdomain(text)),
        IdProfile::Mcs => (NameKind::McsClusterId, check_labels(text, 2)),
        IdProfile::Portable => (NameKind::PortableClusterId, check_label(text)),
    };
    outcome.map_err(|fault| Error::Name {
        what,
        value: text.to_owned(),
        fault,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::rule::Rule;

    #[test]
    fn profiles_differ() {
        let (about, mcs, portable) = (IdProfile::About, IdProfile::Mcs, IdProfile::Portable);
        let wide = "a".repeat(64);
        for (text, good) in [
            ("cluster-1", vec![about, mcs, portable]),
            (
                "721ab723-13bc-11e5-aec2-42010af0021e",
                vec![about, mcs, portable],
            ),
            ("name.context", vec![about, mcs]),
            ("a.b.c", vec![about]),
            (wide.as_str(), vec![about]),
            ("Cluster", vec![]),
            ("", vec![]),
        ] {
            for profile in [about, mcs, portable] {
                let read = ClusterId::parse_as(text, profile);
                assert_eq!(
                    read.is_ok(),
                    good.contains(&profile),
                    "{text} as {profile:?}"
                );
            }
        }
    }

    #[test]
    fn the_length_is_advice() {
        let id = |length| ClusterId::parse(&"a".repeat(length)).unwrap();
        assert!(id(127).is_of_recommended_length());
        assert!(!id(128).is_of_recommended_length());
    }

    #[test]
    fn errors_name_rule_and_fault() {
        let error = ClusterId::parse("Not_A_Name").unwrap_err();
        assert_eq!(error.rule(), Some(Rule::IdSyntax));
        assert_eq!(
            error.to_string(),
            "\"Not_A_Name\" is no cluster ID (a DNS subdomain): 'N' at byte 0 is not lowercase"
        );
        assert!(serde_json::from_str::<ClusterId>("\"a_b\"").is_err());
    }

    proptest! {
        #[test]
        fn what_is_read_is_written(text in "[a-zA-Z0-9_.-]{0,12}") {
            if let Ok(id) = ClusterId::parse(&text) {
                prop_assert_eq!(&id.to_string(), &text);
                prop_assert_eq!(&text.parse::<ClusterId>().unwrap(), &id);
                let json = serde_json::to_string(&id).unwrap();
                prop_assert_eq!(serde_json::from_str::<ClusterId>(&json).unwrap(), id);
            }
        }

        #[test]
        fn a_stricter_profile_is_narrower(text in "\\PC{0,8}|[a-z.-]{0,140}") {
            let meets = |profile| ClusterId::parse_as(&text, profile).is_ok();
            prop_assert!(!meets(IdProfile::Portable) || meets(IdProfile::Mcs));
            prop_assert!(!meets(IdProfile::Mcs) || meets(IdProfile::About));
        }

        #[test]
        fn a_portable_id_has_no_obstacles(text in "[a-z0-9-]{1,70}") {
            if let Ok(id) = ClusterId::parse_as(&text, IdProfile::Portable) {
                prop_assert_eq!(id.portability().obstacles().len(), 0);
            }
        }
    }
}
