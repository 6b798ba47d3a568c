//! What one cluster has to say about changes of its properties.
//!
//! An admission webhook for `clusterproperties.about.k8s.io` asks [`review`] on every create, update and delete. It
//! knows this cluster and no other, so that an ID is unique in the set is for the [`Roster`](super::Roster) to see to.

use serde::Serialize;

use crate::{
    Error,
    error::Shown,
    id::{ClusterId, ClusterSetName, Obstacle},
    property::{Author, NameRefusal, PropertyName, WellKnown},
    rule::{Explain, Rule},
};

/// The two well-known properties as they are stored now; `None` where there is no such object, or it has no value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LocalIdentity<'a> {
    /// The value of `cluster.clusterset.k8s.io`.
    pub id: Option<&'a str>,
    /// The value of `clusterset.k8s.io`.
    pub set: Option<&'a str>,
}

/// A change of a property that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change<'a> {
    /// The name of the property.
    pub name: &'a str,
    /// The value that it would have; `None` if the object would be deleted, or have no value.
    pub value: Option<&'a str>,
    /// Who asks, if that is known. Names are not checked otherwise.
    pub author: Option<Author>,
}

/// What to answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// Let it happen, and tell the client the warnings.
    Allowed(Vec<Warning>),
    /// Refuse it.
    Denied(Denial),
}

/// Whether a change of a property may happen while the properties are as in `now`.
///
/// ```
/// use cluster_id::{Explain, membership::admission::{Change, LocalIdentity, Verdict, review}};
///
/// let now = LocalIdentity { id: Some("eu-1"), set: Some("prod") };
/// let change = Change { name: "cluster.clusterset.k8s.io", value: Some("eu-2"), author: None };
/// let Verdict::Denied(denial) = review(now, change) else { panic!() };
/// assert_eq!(
///     denial.explanation().to_string(),
///     "the cluster is a member of \"prod\", and its ID \"eu-1\" would become \"eu-2\" (ID-6); leave the ClusterSet first",
/// );
/// ```
pub fn review(now: LocalIdentity<'_>, change: Change<'_>) -> Verdict {
    match denial(now, change) {
        Err(denial) => Verdict::Denied(denial),
        Ok(()) => Verdict::Allowed(warnings(change)),
    }
}

/// Why a change is denied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "denial", rename_all = "camelCase")]
#[non_exhaustive]
pub enum Denial {
    /// Name or value are none.
    Invalid {
        /// The rule that they break.
        rule: Rule,
        /// What is wrong.
        message: String,
    },
    /// The author may not use this name.
    Name(NameRefusal),
    /// A member would change or lose its ID.
    IdInUse {
        /// The set that the cluster is a member of.
        set: String,
        /// The ID that it has; `None` if it has lost it already.
        id: Option<String>,
        /// The ID that it would have; `None` if it would have none.
        wanted: Option<String>,
    },
    /// A member would change its set.
    OtherSet {
        /// The set that the cluster is a member of.
        set: String,
        /// The set that it would be a member of.
        wanted: String,
    },
    /// A cluster without an ID would become a member.
    NoId {
        /// The set that it would join.
        set: String,
    },
}

/// What is allowed, but will be regretted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "warning", rename_all = "camelCase")]
#[non_exhaustive]
pub enum Warning {
    /// The ID has 128 characters or more.
    LongId {
        /// How many it has.
        length: usize,
    },
    /// The ID cannot be used in a place where multi-cluster APIs put it.
    NotPortable(Obstacle),
}

fn denial(now: LocalIdentity<'_>, change: Change<'_>) -> Result<(), Denial> {
    let name = PropertyName::parse(change.name)?;
    match name.well_known() {
        Some(WellKnown::ClusterId) => check_id(now, change.value),
        Some(WellKnown::ClusterSet) => check_set(now, change.value),
        None => match change.author {
            // Whoever made it, what should not be there may go.
            Some(author) if change.value.is_some() => {
                name.check_author(author).map_err(Denial::Name)
            }
            _ => Ok(()),
        },
    }
}

fn check_id(now: LocalIdentity<'_>, wanted: Option<&str>) -> Result<(), Denial> {
    if let Some(wanted) = wanted {
        ClusterId::parse(wanted)?;
    }
    match now.set {
        Some(set) if now.id != wanted => Err(Denial::IdInUse {
            set: set.to_owned(),
            id: now.id.map(str::to_owned),
            wanted: wanted.map(str::to_owned),
        }),
        _ => Ok(()),
    }
}

fn check_set(now: LocalIdentity<'_>, wanted: Option<&str>) -> Result<(), Denial> {
    let Some(wanted) = wanted else {
        return Ok(());
    };
    ClusterSetName::parse(wanted)?;
    match now.set {
        Some(set) if set != wanted => Err(Denial::OtherSet {
            set: set.to_owned(),
            wanted: wanted.to_owned(),
        }),
        None if now.id.is_none() => Err(Denial::NoId {
            set: wanted.to_owned(),
        }),
        _ => Ok(()),
    }
}

fn warnings(change: Change<'_>) -> Vec<Warning> {
    let id = change
        .value
        .filter(|_| change.name == WellKnown::ClusterId.name());
    let Some(id) = id.and_then(|id| ClusterId::parse(id).ok()) else {
        return Vec::new();
    };
    let long = (!id.is_of_recommended_length()).then(|| Warning::LongId {
        length: id.as_str().len(),
    });
    let portability = id.portability();
    let obstacles = portability.obstacles().cloned().map(Warning::NotPortable);
    long.into_iter().chain(obstacles).collect()
}

impl From<Error> for Denial {
    fn from(error: Error) -> Self {
        Self::Invalid {
            rule: error.rule().unwrap_or(Rule::PropertyValue),
            message: error.to_string(),
        }
    }
}

impl Explain for Denial {
    fn rule(&self) -> Rule {
        match self {
            Self::Invalid { rule, .. } => *rule,
            Self::Name(refusal) => refusal.rule(),
            Self::IdInUse { .. } => Rule::IdStable,
            Self::OtherSet { .. } => Rule::SetStable,
            Self::NoId { .. } => Rule::JoinNeedsId,
        }
    }

    fn evidence(&self) -> String {
        match self {
            Self::Invalid { message, .. } => message.clone(),
            Self::Name(refusal) => refusal.evidence(),
            Self::IdInUse { set, id, wanted } => {
                let set = Shown(set);
                match (id, wanted) {
                    (Some(id), Some(wanted)) => format!(
                        "the cluster is a member of {set}, and its ID {} would become {}",
                        Shown(id),
                        Shown(wanted)
                    ),
                    (Some(id), None) => format!(
                        "the cluster is a member of {set}, and its ID {} would go",
                        Shown(id)
                    ),
                    (None, _) => format!(
                        "the cluster is a member of {set} that has lost its ID, and would get another one"
                    ),
                }
            }
            Self::OtherSet { set, wanted } => format!(
                "the cluster is a member of {} and would become one of {}",
                Shown(set),
                Shown(wanted)
            ),
            Self::NoId { set } => format!("the cluster has no ID to join {} with", Shown(set)),
        }
    }

    fn remedy(&self) -> String {
        match self {
            Self::Invalid { .. } => "correct it",
            Self::Name(refusal) => return refusal.remedy(),
            Self::IdInUse { .. } => "leave the ClusterSet first",
            Self::OtherSet { .. } => "delete the property clusterset.k8s.io to leave, then join",
            Self::NoId { .. } => "create the property cluster.clusterset.k8s.io first",
        }
        .to_owned()
    }
}

impl Explain for Warning {
    fn rule(&self) -> Rule {
        match self {
            Self::LongId { .. } => Rule::IdSyntax,
            Self::NotPortable(obstacle) => obstacle.rule(),
        }
    }

    fn evidence(&self) -> String {
        match self {
            Self::LongId { length } => format!("the ID has {length} characters"),
            Self::NotPortable(obstacle) => obstacle.evidence(),
        }
    }

    fn remedy(&self) -> String {
        match self {
            Self::LongId { .. } => "take one of less than 128 characters".to_owned(),
            Self::NotPortable(obstacle) => obstacle.remedy(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "cluster.clusterset.k8s.io";
    const SET: &str = "clusterset.k8s.io";

    fn decide(now: (Option<&str>, Option<&str>), name: &str, value: Option<&str>) -> Verdict {
        let (id, set) = now;
        let author = Some(Author::Tool);
        let change = Change {
            name,
            value,
            author,
        };
        review(LocalIdentity { id, set }, change)
    }

    #[test]
    fn what_a_membership_rests_on_stays() {
        let member = (Some("a"), Some("s"));
        for (now, name, value, rule) in [
            ((None, None), ID, Some("a"), None),
            ((Some("a"), None), ID, Some("b"), None),
            ((Some("a"), None), ID, None, None),
            ((Some("a"), None), SET, Some("s"), None),
            (member, ID, Some("a"), None),
            (member, SET, Some("s"), None),
            (member, SET, None, None),
            (member, "fingerprint.example.com", None, None),
            (member, "fingerprint", None, None),
            ((None, None), ID, Some("A"), Some(Rule::IdSyntax)),
            ((None, None), "A", Some("a"), Some(Rule::PropertyName)),
            ((Some("a"), None), SET, Some(""), Some(Rule::PropertyValue)),
            ((None, None), SET, Some("s"), Some(Rule::JoinNeedsId)),
            (member, ID, Some("b"), Some(Rule::IdStable)),
            (member, ID, None, Some(Rule::IdStable)),
            ((None, Some("s")), ID, Some("b"), Some(Rule::IdStable)),
            (member, SET, Some("t"), Some(Rule::SetStable)),
            (
                member,
                "fingerprint",
                Some("a"),
                Some(Rule::AdditionalNames),
            ),
        ] {
            let found = match decide(now, name, value) {
                Verdict::Allowed(_) => None,
                Verdict::Denied(denial) => Some(denial.rule()),
            };
            assert_eq!(found, rule, "{now:?} {name} {value:?}");
        }
    }

    #[test]
    fn ids_that_will_not_fit_are_warned_of() {
        let warned = |id: &str| match decide((None, None), ID, Some(id)) {
            Verdict::Allowed(warnings) => warnings,
            Verdict::Denied(denial) => panic!("{}", denial.explanation()),
        };
        assert!(warned("cluster-1").is_empty());
        assert_eq!(warned("a.b").len(), 2);
        let long = warned(&"a".repeat(128));
        assert_eq!(long[0], Warning::LongId { length: 128 });
        assert_eq!(
            long[0].explanation().to_string(),
            "the ID has 128 characters (ID-4); take one of less than 128 characters"
        );
        assert_eq!(long[1].rule(), Rule::IdAsLabel);
    }
}
