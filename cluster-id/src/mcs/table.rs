//! Exports as they are known somewhere in a ClusterSet.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, btree_map::Entry},
};

use serde::{Deserialize, Serialize};

use super::{Export, Merged, ServiceKey, merge};
use crate::{id::ClusterId, membership::Epoch};

/// How new a report is. Reports of a later membership are newer than all of an earlier one, so that what a cluster said
/// before it left, or another one said under the same ID, does not come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Version {
    /// The membership of the cluster that reports.
    pub epoch: Epoch,
    /// A number that grows with every report of that cluster about the service.
    pub revision: u64,
}

/// What a cluster says about a service.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Report {
    /// It does not export the service any more.
    Withdrawn,
    /// It exports the service.
    Exported(Export),
}

/// The newest that is known of one cluster about one service.
///
/// Records are ordered by their version. Two reports of one version differ only by a mistake of the cluster that sent
/// them; an order by content makes everybody settle on the same one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Record {
    /// How new it is.
    pub version: Version,
    /// What the cluster said.
    pub report: Report,
}

/// What is known about the exports of all services.
///
/// A table only ever grows towards the newest: [`record`](Self::record), [`expel`](Self::expel) and
/// [`join`](Self::join) can come late, twice and in any order, and whoever has heard the same has the same table. In
/// other words, tables are a join-semilattice.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExportTable {
    services: BTreeMap<ServiceKey, BTreeMap<ClusterId, Record>>,
    /// The last membership of each ID that is known to be over. What was reported in it counts for nothing.
    expelled: BTreeMap<ClusterId, Epoch>,
}

impl ExportTable {
    /// Takes in what a cluster reports, and says whether that was news.
    pub fn record(&mut self, key: &ServiceKey, cluster: &ClusterId, record: Record) -> bool {
        if self.is_over(cluster, record.version.epoch) {
            return false;
        }
        let service = self.services.entry(key.clone()).or_default();
        match service.entry(cluster.clone()) {
            Entry::Vacant(place) => {
                place.insert(record);
                true
            }
            Entry::Occupied(mut place) => match record.cmp(place.get()) {
                Ordering::Greater => {
                    place.insert(record);
                    true
                }
                Ordering::Equal | Ordering::Less => false,
            },
        }
    }

    /// Takes in that a membership is over, and forgets what was reported in it and before. Says whether that was news.
    pub fn expel(&mut self, cluster: &ClusterId, epoch: Epoch) -> bool {
        if self.is_over(cluster, epoch) {
            return false;
        }
        self.expelled.insert(cluster.clone(), epoch);
        for service in self.services.values_mut() {
            if service
                .get(cluster)
                .is_some_and(|record| record.version.epoch <= epoch)
            {
                service.remove(cluster);
            }
        }
        self.services.retain(|_, service| !service.is_empty());
        true
    }

    /// Takes in all that another table knows, and says whether any of it was news.
    pub fn join(&mut self, other: &Self) -> bool {
        let mut news = false;
        for (cluster, epoch) in &other.expelled {
            news |= self.expel(cluster, *epoch);
        }
        for (key, service) in &other.services {
            for (cluster, record) in service {
                news |= self.record(key, cluster, record.clone());
            }
        }
        news
    }

    /// The services that anything is known about.
    pub fn services(&self) -> impl Iterator<Item = &ServiceKey> {
        self.services.keys()
    }

    /// The exports of a service by cluster, valid or not.
    pub fn exports(&self, key: &ServiceKey) -> BTreeMap<ClusterId, Export> {
        self.reported(key)
            .map(|(cluster, export)| (cluster.clone(), export.clone()))
            .collect()
    }

    /// What the valid exports of a service come to; `None` if there are none.
    pub fn merged(&self, key: &ServiceKey) -> Option<Merged> {
        merge(self.reported(key))
    }

    fn reported(&self, key: &ServiceKey) -> impl Iterator<Item = (&ClusterId, &Export)> {
        let records = self.services.get(key).into_iter().flatten();
        records.filter_map(|(cluster, record)| match &record.report {
            Report::Exported(export) => Some((cluster, export)),
            Report::Withdrawn => None,
        })
    }

    fn is_over(&self, cluster: &ClusterId, epoch: Epoch) -> bool {
        self.expelled
            .get(cluster)
            .is_some_and(|last| epoch <= *last)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[derive(Clone, Debug)]
    enum Event {
        Record(ServiceKey, ClusterId, Box<Record>),
        Expel(ClusterId, Epoch),
    }

    fn export() -> impl Strategy<Value = Export> {
        let labels = prop::collection::btree_map("[kl]", "[vw]", 0..2);
        let service = prop::option::of((any::<bool>(), 80_u16..82));
        (0_i64..3, labels, service).prop_map(|(second, labels, service)| {
            let service = service.map(|(headless, port)| {
                let ip = if headless { "None" } else { "10.0.0.1" };
                json!({"clusterIP": ip, "ports": [{"name": "http", "port": port}]})
            });
            let created = format!("2026-01-01T00:00:0{second}Z");
            let value = json!({"createdAt": created, "exportedLabels": labels, "service": service});
            serde_json::from_value(value).unwrap()
        })
    }

    fn event() -> impl Strategy<Value = Event> {
        let cluster = || "[abc]".prop_map(|id| ClusterId::parse(&id).unwrap());
        let key = "[st]".prop_map(|name| ServiceKey::new("ns", &name).unwrap());
        let epoch = || (1_u64..4).prop_map(Epoch::new);
        let report = prop::option::of(export())
            .prop_map(|export| export.map_or(Report::Withdrawn, Report::Exported));
        let record = (epoch(), 0_u64..3, report).prop_map(|(epoch, revision, report)| Record {
            version: Version { epoch, revision },
            report,
        });
        prop_oneof![
            4 => (key, cluster(), record).prop_map(|(key, cluster, record)| Event::Record(key, cluster, Box::new(record))),
            1 => (cluster(), epoch()).prop_map(|(cluster, epoch)| Event::Expel(cluster, epoch)),
        ]
    }

    fn table<'a>(events: impl IntoIterator<Item = &'a Event>) -> ExportTable {
        let mut table = ExportTable::default();
        for event in events {
            match event {
                Event::Record(key, cluster, record) => {
                    table.record(key, cluster, (**record).clone())
                }
                Event::Expel(cluster, epoch) => table.expel(cluster, *epoch),
            };
        }
        table
    }

    fn joined(a: &ExportTable, b: &ExportTable) -> ExportTable {
        let mut both = a.clone();
        both.join(b);
        both
    }

    fn tables() -> impl Strategy<Value = ExportTable> {
        prop::collection::vec(event(), 0..12).prop_map(|events| table(&events))
    }

    fn merged(table: &ExportTable) -> Vec<Option<Merged>> {
        table.services().map(|key| table.merged(key)).collect()
    }

    proptest! {
        #[test]
        fn joining_is_commutative(a in tables(), b in tables()) {
            prop_assert_eq!(joined(&a, &b), joined(&b, &a));
        }

        #[test]
        fn joining_is_associative(a in tables(), b in tables(), c in tables()) {
            prop_assert_eq!(joined(&joined(&a, &b), &c), joined(&a, &joined(&b, &c)));
        }

        #[test]
        fn joining_is_idempotent(a in tables(), b in tables()) {
            prop_assert_eq!(&joined(&a, &a), &a);
            let both = joined(&a, &b);
            let mut again = both.clone();
            prop_assert!(!again.join(&b));
            prop_assert_eq!(again, both);
        }

        #[test]
        fn events_can_come_in_any_order_and_twice(
            events in prop::collection::vec(event(), 0..12).prop_flat_map(|events| {
                let twice = [events.clone(), events.clone()].concat();
                (Just(events), Just(twice).prop_shuffle())
            })
        ) {
            let (once, shuffled) = (table(&events.0), table(&events.1));
            prop_assert_eq!(merged(&once), merged(&shuffled));
            prop_assert_eq!(once, shuffled);
        }

        #[test]
        fn a_part_of_the_events_is_a_part_of_the_table(
            events in prop::collection::vec(event(), 0..12),
            split in 0_usize..12,
        ) {
            let (early, late) = events.split_at(split.min(events.len()));
            prop_assert_eq!(joined(&table(early), &table(late)), table(&events));
        }

        #[test]
        fn one_export_is_merged_to_itself(export in export()) {
            let cluster = ClusterId::parse("a").unwrap();
            let merged = merge([(&cluster, &export)]);
            let service = export.service.as_ref();
            prop_assert_eq!(merged.is_some(), service.is_some());
            if let Some((merged, service)) = merged.zip(service) {
                prop_assert_eq!(merged.conflicts.len(), 0);
                prop_assert_eq!(&merged.spec.ports, &service.ports);
                prop_assert_eq!(merged.labels, export.exported_labels);
            }
        }

        #[test]
        fn merging_does_not_look_at_the_order(
            exports in prop::collection::btree_map("[a-e]", export(), 0..5)
                .prop_flat_map(|exports| {
                    let exports: Vec<_> = exports.into_iter().collect();
                    (Just(exports.clone()), Just(exports).prop_shuffle())
                })
        ) {
            let merged = |exports: &[(String, Export)]| {
                let exports: Vec<_> = exports
                    .iter()
                    .map(|(id, export)| (ClusterId::parse(id).unwrap(), export))
                    .collect();
                merge(exports.iter().map(|(id, export)| (id, *export)))
            };
            prop_assert_eq!(merged(&exports.0), merged(&exports.1));
        }

        #[test]
        fn a_stored_table_is_the_same_one(table in tables()) {
            let stored = serde_json::to_string(&table).unwrap();
            prop_assert_eq!(serde_json::from_str::<ExportTable>(&stored).unwrap(), table);
        }
    }

    #[test]
    fn what_a_former_member_said_does_not_come_back() {
        let key = ServiceKey::new("ns", "s").unwrap();
        let cluster = ClusterId::parse("a").unwrap();
        let export: Export =
            serde_json::from_value(json!({"createdAt": "2026-01-01T00:00:00Z", "service": {}}))
                .unwrap();
        let record = |epoch, revision| Record {
            version: Version {
                epoch: Epoch::new(epoch),
                revision,
            },
            report: Report::Exported(export.clone()),
        };
        let mut table = ExportTable::default();
        assert!(table.record(&key, &cluster, record(1, 7)));
        assert!(table.expel(&cluster, Epoch::new(1)));
        assert!(!table.record(&key, &cluster, record(1, 8)));
        assert_eq!(table.merged(&key), None);
        assert!(table.record(&key, &cluster, record(2, 0)));
        assert_eq!(table.exports(&key).len(), 1);
    }
}
