//! The list of all clusters and their memberships.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use componentconfig::core::Time;
use serde::{Deserialize, Serialize};

use super::{Command, Effect, Refusal};
use crate::{
    id::{ClusterId, ClusterSetName, PhysicalCluster},
    property::WellKnown,
};

/// The number of a membership. It is never used again, by no cluster and for no set, so that a log or a ledger that
/// holds it always means the same cluster under the same ID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Epoch(u64);

impl Epoch {
    /// A number that somebody gave who keeps its own list of members.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    pub const fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A cluster's time in a ClusterSet. Set and ID stay as they are until it ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct Membership {
    /// Its number.
    pub epoch: Epoch,
    /// The set.
    pub set: ClusterSetName,
    /// What the cluster goes by in the set.
    pub id: ClusterId,
    /// When it began.
    pub since: Time,
}

/// Which clusters there are, what they go by, and which ClusterSets they are members of.
///
/// The roster is plain data: it serialises to JSON, and what does not hold together is refused on the way back.
///
/// ```
/// use cluster_id::{Explain, membership::{Command, Roster}};
///
/// let now = "2026-03-01T12:00:00Z".parse()?;
/// let mut roster = Roster::default();
/// for cluster in ["uid-1", "uid-2"] {
///     let (cluster, id) = (cluster.parse()?, "prod".parse()?);
///     roster.apply(&Command::SetId { cluster, id }, now).unwrap();
/// }
/// let join = |cluster: &str| Command::Join { cluster: cluster.parse().unwrap(), set: "s".parse().unwrap() };
/// roster.apply(&join("uid-1"), now).unwrap();
/// let refusal = roster.apply(&join("uid-2"), now).unwrap_err();
/// assert_eq!(
///     refusal.explanation().to_string(),
///     "cluster uid-1 is a member of \"s\" with the ID prod (ID-10); \
///      give the cluster another ID, or let the member leave first",
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Document", into = "Document")]
pub struct Roster {
    clusters: BTreeMap<PhysicalCluster, Cluster>,
    /// Who has an ID in a set: the memberships again, by what they must be unique in.
    holders: BTreeMap<(ClusterSetName, ClusterId), PhysicalCluster>,
    /// How many memberships there have been: the number of the last one.
    epochs: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Cluster {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<ClusterId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    membership: Option<Membership>,
}

impl Roster {
    /// What would follow from `command` at `now`. An empty list means that all is as it should be.
    ///
    /// # Errors
    /// The command goes against a rule.
    pub fn check(&self, command: &Command, now: Time) -> Result<Vec<Effect>, Refusal> {
        match command {
            Command::SetId { cluster, id } => self.check_id(cluster, Some(id)),
            Command::DropId { cluster } => self.check_id(cluster, None),
            Command::Join { cluster, set } => self.check_join(cluster, set, now),
            Command::Leave { cluster } => self.check_leave(cluster),
        }
    }

    /// Does what `command` asks at `now`, and says what follows. An empty list means that nothing has changed.
    ///
    /// # Errors
    /// The command goes against a rule. Nothing has changed.
    pub fn apply(&mut self, command: &Command, now: Time) -> Result<Vec<Effect>, Refusal> {
        let effects = self.check(command, now)?;
        if !effects.is_empty() {
            self.commit(command, &effects);
        }
        Ok(effects)
    }

    /// What the cluster goes by.
    pub fn id(&self, cluster: &PhysicalCluster) -> Option<&ClusterId> {
        self.clusters.get(cluster)?.id.as_ref()
    }

    /// The membership that the cluster has now.
    pub fn membership(&self, cluster: &PhysicalCluster) -> Option<&Membership> {
        self.clusters.get(cluster)?.membership.as_ref()
    }

    /// The member of `set` that has the ID.
    pub fn holder(&self, set: &ClusterSetName, id: &ClusterId) -> Option<&PhysicalCluster> {
        self.holders.get(&(set.clone(), id.clone()))
    }

    /// The members of `set` by their identity.
    pub fn members(
        &self,
        set: &ClusterSetName,
    ) -> impl Iterator<Item = (&PhysicalCluster, &Membership)> {
        self.clusters.iter().filter_map(move |(cluster, state)| {
            let membership = state.membership.as_ref()?;
            (membership.set == *set).then_some((cluster, membership))
        })
    }

    /// The memberships that there are, in the order of the clusters.
    pub fn memberships(&self) -> impl Iterator<Item = &Membership> {
        let clusters = self.clusters.values();
        clusters.filter_map(|state| state.membership.as_ref())
    }

    fn check_id(
        &self,
        cluster: &PhysicalCluster,
        wanted: Option<&ClusterId>,
    ) -> Result<Vec<Effect>, Refusal> {
        if self.id(cluster) == wanted {
            return Ok(Vec::new());
        }
        if let Some(membership) = self.membership(cluster) {
            return Err(Refusal::IdInUse {
                set: membership.set.clone(),
                id: membership.id.clone(),
                wanted: wanted.cloned(),
            });
        }
        Ok(vec![property_effect(
            cluster,
            WellKnown::ClusterId,
            wanted.map(ClusterId::as_str),
        )])
    }

    fn check_join(
        &self,
        cluster: &PhysicalCluster,
        set: &ClusterSetName,
        now: Time,
    ) -> Result<Vec<Effect>, Refusal> {
        if let Some(membership) = self.membership(cluster) {
            if membership.set == *set {
                return Ok(Vec::new());
            }
            return Err(Refusal::OtherSet {
                set: membership.set.clone(),
                wanted: set.clone(),
            });
        }
        let Some(id) = self.id(cluster) else {
            return Err(Refusal::NoId { set: set.clone() });
        };
        if let Some(holder) = self.holder(set, id) {
            return Err(Refusal::IdTaken {
                set: set.clone(),
                id: id.clone(),
                holder: holder.clone(),
            });
        }
        let membership = Membership {
            epoch: Epoch(self.epochs + 1),
            set: set.clone(),
            id: id.clone(),
            since: now,
        };
        Ok(vec![
            Effect::Joined {
                cluster: cluster.clone(),
                membership,
            },
            property_effect(cluster, WellKnown::ClusterSet, Some(set.as_str())),
        ])
    }

    fn check_leave(&self, cluster: &PhysicalCluster) -> Result<Vec<Effect>, Refusal> {
        let membership = self.membership(cluster).ok_or(Refusal::NoMember)?;
        Ok(vec![
            property_effect(cluster, WellKnown::ClusterSet, None),
            Effect::Left {
                cluster: cluster.clone(),
                membership: membership.clone(),
            },
        ])
    }

    fn commit(&mut self, command: &Command, effects: &[Effect]) {
        let state = self.clusters.entry(command.cluster().clone()).or_default();
        match command {
            Command::SetId { id, .. } => state.id = Some(id.clone()),
            Command::DropId { .. } => state.id = None,
            Command::Join { .. } | Command::Leave { .. } => {}
        }
        for effect in effects {
            match effect {
                Effect::Joined {
                    cluster,
                    membership,
                } => {
                    self.epochs = membership.epoch.0;
                    self.holders.insert(key(membership), cluster.clone());
                    state.membership = Some(membership.clone());
                }
                Effect::Left { membership, .. } => {
                    self.holders.remove(&key(membership));
                    state.membership = None;
                }
                Effect::WriteProperty { .. } | Effect::DeleteProperty { .. } => {}
            }
        }
        if *state == Cluster::default() {
            self.clusters.remove(command.cluster());
        }
    }
}

fn key(membership: &Membership) -> (ClusterSetName, ClusterId) {
    (membership.set.clone(), membership.id.clone())
}

fn property_effect(cluster: &PhysicalCluster, property: WellKnown, value: Option<&str>) -> Effect {
    let cluster = cluster.clone();
    match value {
        Some(value) => Effect::WriteProperty {
            cluster,
            property,
            value: value.to_owned(),
        },
        None => Effect::DeleteProperty { cluster, property },
    }
}

/// A roster as it is stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    epochs: u64,
    clusters: BTreeMap<PhysicalCluster, Cluster>,
}

/// A stored roster that no sequence of commands leads to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidRoster {
    /// Two members of a set have one ID.
    #[error("clusters {first} and {second} are both members of {set:?} with the ID {id}")]
    TwoHolders {
        /// The set.
        set: ClusterSetName,
        /// The ID.
        id: ClusterId,
        /// The member that sorts first.
        first: PhysicalCluster,
        /// The other one.
        second: PhysicalCluster,
    },
    /// A member goes by another ID than its membership says.
    #[error("cluster {cluster} does not go by the ID of its membership")]
    OtherId {
        /// The cluster.
        cluster: PhysicalCluster,
    },
    /// A membership has the number of another one, or one that was never given.
    #[error("the membership of cluster {cluster} has the number {epoch}, which is not its own")]
    Epoch {
        /// The cluster.
        cluster: PhysicalCluster,
        /// The number.
        epoch: Epoch,
    },
    /// So many numbers are given that they could run out.
    #[error("{0} memberships are more than there can have been")]
    Epochs(u64),
}

/// More memberships than this there never are, so that counting on cannot overflow.
const EPOCHS_MAX: u64 = u64::MAX / 2;

impl TryFrom<Document> for Roster {
    type Error = InvalidRoster;

    fn try_from(document: Document) -> Result<Self, InvalidRoster> {
        if document.epochs > EPOCHS_MAX {
            return Err(InvalidRoster::Epochs(document.epochs));
        }
        let mut holders = BTreeMap::new();
        let mut epochs = BTreeSet::new();
        for (cluster, state) in &document.clusters {
            let Some(membership) = &state.membership else {
                continue;
            };
            let cluster = cluster.clone();
            if state.id.as_ref() != Some(&membership.id) {
                return Err(InvalidRoster::OtherId { cluster });
            }
            let epoch = membership.epoch;
            let given = (1..=document.epochs).contains(&epoch.0);
            if !given || !epochs.insert(epoch) {
                return Err(InvalidRoster::Epoch { cluster, epoch });
            }
            if let Some(first) = holders.insert(key(membership), cluster.clone()) {
                let (set, id) = key(membership);
                let second = cluster;
                return Err(InvalidRoster::TwoHolders {
                    set,
                    id,
                    first,
                    second,
                });
            }
        }
        let mut clusters = document.clusters;
        clusters.retain(|_, state| *state != Cluster::default());
        Ok(Self {
            clusters,
            holders,
            epochs: document.epochs,
        })
    }
}

impl From<Roster> for Document {
    fn from(roster: Roster) -> Self {
        Self {
            epochs: roster.epochs,
            clusters: roster.clusters,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn now() -> Time {
        "2026-03-01T12:00:00Z".parse().unwrap()
    }

    fn commands() -> impl Strategy<Value = Vec<Command>> {
        let cluster = prop::sample::select(vec!["k1", "k2", "k3"])
            .prop_map(|uid| PhysicalCluster::parse(uid).unwrap());
        let command = (cluster, 0..4, 0..2).prop_map(|(cluster, op, which)| match op {
            0 => {
                let id = ["a", "b"][usize::try_from(which).unwrap()].parse().unwrap();
                Command::SetId { cluster, id }
            }
            1 => Command::DropId { cluster },
            2 => {
                let set = ["s", "t"][usize::try_from(which).unwrap()].parse().unwrap();
                Command::Join { cluster, set }
            }
            _ => Command::Leave { cluster },
        });
        prop::collection::vec(command, 0..60)
    }

    proptest! {
        #[test]
        fn an_epoch_is_one_cluster_under_one_id(commands in commands()) {
            let mut roster = Roster::default();
            let mut known: BTreeMap<Epoch, (PhysicalCluster, Membership)> = BTreeMap::new();
            for command in &commands {
                for effect in roster.apply(command, now()).unwrap_or_default() {
                    if let Effect::Joined { cluster, membership } = effect {
                        let epoch = membership.epoch;
                        prop_assert_eq!(known.insert(epoch, (cluster, membership)), None);
                    }
                }
                for (cluster, state) in &roster.clusters {
                    if let Some(membership) = &state.membership {
                        let (holder, begun) = &known[&membership.epoch];
                        prop_assert_eq!((holder, begun), (cluster, membership));
                    }
                }
            }
        }

        #[test]
        fn an_id_has_one_holder_in_a_set(commands in commands()) {
            let mut roster = Roster::default();
            for command in &commands {
                let _ = roster.apply(command, now());
                let mut ids = BTreeSet::new();
                for (cluster, state) in &roster.clusters {
                    if let Some(membership) = &state.membership {
                        prop_assert_eq!(Some(&membership.id), state.id.as_ref());
                        prop_assert!(ids.insert((&membership.set, &membership.id)));
                        prop_assert_eq!(roster.holder(&membership.set, &membership.id), Some(cluster));
                    }
                }
                prop_assert_eq!(ids.len(), roster.holders.len());
            }
        }

        #[test]
        fn refused_commands_change_nothing_and_repeated_ones_nothing_more(commands in commands()) {
            let mut roster = Roster::default();
            for command in &commands {
                let before = roster.clone();
                let leaves = matches!(command, Command::Leave { .. });
                match roster.apply(command, now()) {
                    Err(_) => prop_assert_eq!(&before, &roster),
                    Ok(_) if leaves => prop_assert!(roster.apply(command, now()).is_err()),
                    Ok(_) => prop_assert_eq!(roster.apply(command, now()), Ok(vec![])),
                }
            }
        }

        #[test]
        fn a_stored_roster_is_the_same_one(commands in commands()) {
            let mut roster = Roster::default();
            for command in &commands {
                let _ = roster.apply(command, now());
            }
            let stored = serde_json::to_string(&roster).unwrap();
            prop_assert_eq!(serde_json::from_str::<Roster>(&stored).unwrap(), roster);
        }
    }

    #[test]
    fn effects_tell_what_to_write() {
        let mut roster = Roster::default();
        let cluster: PhysicalCluster = "k1".parse().unwrap();
        let run = |roster: &mut Roster, command| {
            serde_json::to_value(roster.apply(&command, now()).unwrap()).unwrap()
        };
        let id = "a".parse().unwrap();
        let set: ClusterSetName = "s".parse().unwrap();
        let membership =
            json!({"epoch": 1, "set": "s", "id": "a", "since": "2026-03-01T12:00:00Z"});
        let set_id = Command::SetId {
            cluster: cluster.clone(),
            id,
        };
        assert_eq!(
            run(&mut roster, set_id),
            json!([{"effect": "writeProperty", "cluster": "k1", "property": "clusterId", "value": "a"}])
        );
        let join = Command::Join {
            cluster: cluster.clone(),
            set: set.clone(),
        };
        assert_eq!(
            run(&mut roster, join),
            json!([
                {"effect": "joined", "cluster": "k1", "membership": membership},
                {"effect": "writeProperty", "cluster": "k1", "property": "clusterSet", "value": "s"},
            ])
        );
        assert_eq!(roster.members(&set).count(), 1);
        assert_eq!(
            run(&mut roster, Command::Leave { cluster }),
            json!([
                {"effect": "deleteProperty", "cluster": "k1", "property": "clusterSet"},
                {"effect": "left", "cluster": "k1", "membership": membership},
            ])
        );
        assert_eq!(roster.members(&set).count(), 0);
    }

    #[test]
    fn what_does_not_hold_together_is_refused() {
        let member = |epoch: u64, id: &str| {
            json!({"id": id, "membership":
                {"epoch": epoch, "set": "s", "id": "a", "since": "2026-03-01T12:00:00Z"}})
        };
        for (epochs, clusters, message) in [
            (
                2,
                json!({"k1": member(1, "a"), "k2": member(2, "a")}),
                "are both members",
            ),
            (1, json!({"k1": member(1, "b")}), "does not go by"),
            (1, json!({"k1": member(2, "a")}), "the number 2"),
            (1, json!({"k1": member(0, "a")}), "the number 0"),
            (u64::MAX, json!({}), "more than there can"),
        ] {
            let document = json!({"epochs": epochs, "clusters": clusters});
            let error = serde_json::from_value::<Roster>(document).unwrap_err();
            assert!(error.to_string().contains(message), "{error}");
        }
    }
}
