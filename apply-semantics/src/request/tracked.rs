//! Entries as the engine below takes them: by an identifier.

use std::collections::BTreeMap;

use crate::{
    managed_fields::{Entry, ManagedFields, Manager, Time, strip},
    updater::{Managed, Managers},
};

/// The managers of an object, by identifier, and what the engine below does not ask for.
pub(super) struct Tracked {
    pub(super) managers: Managers,
    known: BTreeMap<String, (Manager, Option<Time>)>,
}

impl Tracked {
    pub(super) fn new(entries: &ManagedFields) -> Self {
        let mut managers = Managers::new();
        let mut known = BTreeMap::new();
        for entry in entries.iter() {
            let manager = entry.manager();
            let identifier = manager.identifier();
            let managed = Managed {
                fields: entry.fields().clone(),
                version: entry.api_version().to_owned(),
                applied: manager.api_version().is_none(),
            };
            managers.insert(identifier.clone(), managed);
            known.insert(identifier, (manager, entry.time()));
        }
        Self { managers, known }
    }

    /// Who is behind an identifier, and since when.
    pub(super) fn known(&self, identifier: &str) -> Option<(&Manager, Option<Time>)> {
        let (manager, time) = self.known.get(identifier)?;
        Some((manager, *time))
    }

    /// Takes away what nobody owns from what a manager owns.
    pub(super) fn strip(&mut self, identifier: &str) {
        if let Some(managed) = self.managers.get_mut(identifier) {
            managed.fields = strip(&managed.fields);
            if managed.fields.is_empty() {
                self.managers.remove(identifier);
            }
        }
    }

    /// Says who is behind an identifier, if that is not known yet.
    pub(super) fn introduce(&mut self, manager: Manager) {
        self.known
            .entry(manager.identifier())
            .or_insert((manager, None));
    }

    /// Says that a manager changes something now.
    pub(super) fn touch(&mut self, identifier: &str, time: Option<Time>) {
        if let Some((_, since)) = self.known.get_mut(identifier) {
            *since = time;
        }
    }

    pub(super) fn into_entries(self) -> ManagedFields {
        let Self { managers, known } = self;
        let entry = |(identifier, managed): (String, Managed)| {
            let (manager, time) = known.get(&identifier)?;
            let entry = Entry::new(
                manager.name(),
                manager.operation(),
                managed.version,
                managed.fields,
            );
            Some(entry.at(*time).on(manager.subresource()))
        };
        managers.into_iter().filter_map(entry).collect()
    }
}
