//! One entry of `metadata.managedFields`.

use std::cmp::Ordering;

use super::{Manager, Operation, Time};
use crate::fieldset::FieldSet;

/// What one manager manages. Entries are ordered as the API server writes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    manager: String,
    operation: Operation,
    api_version: String,
    time: Option<Time>,
    subresource: String,
    fields: FieldSet,
}

impl Entry {
    /// The entry of a manager of the object itself, without a time.
    pub fn new(
        manager: impl Into<String>,
        operation: Operation,
        api_version: impl Into<String>,
        fields: FieldSet,
    ) -> Self {
        Self {
            manager: manager.into(),
            operation,
            api_version: api_version.into(),
            time: None,
            subresource: String::new(),
            fields,
        }
    }

    /// The same, since then.
    #[must_use]
    pub fn at(self, time: impl Into<Option<Time>>) -> Self {
        let time = time.into();
        Self { time, ..self }
    }

    /// The same, of a subresource.
    #[must_use]
    pub fn on(self, subresource: impl Into<String>) -> Self {
        let subresource = subresource.into();
        Self {
            subresource,
            ..self
        }
    }

    /// The same, with other fields.
    #[must_use]
    pub fn with_fields(self, fields: FieldSet) -> Self {
        Self { fields, ..self }
    }

    /// The name of the manager.
    pub fn name(&self) -> &str {
        &self.manager
    }

    /// How the fields came to be managed.
    pub fn operation(&self) -> Operation {
        self.operation
    }

    /// The version in which the fields are named, such as `apps/v1`.
    pub fn api_version(&self) -> &str {
        &self.api_version
    }

    /// When the manager last changed the object, if that is known.
    pub fn time(&self) -> Option<Time> {
        self.time
    }

    /// The subresource through which the fields are managed; empty for the object itself.
    pub fn subresource(&self) -> &str {
        &self.subresource
    }

    /// The fields.
    pub fn fields(&self) -> &FieldSet {
        &self.fields
    }

    /// The fields, by themselves.
    pub fn into_fields(self) -> FieldSet {
        self.fields
    }

    /// What tells this manager apart from others.
    pub fn manager(&self) -> Manager {
        match self.operation {
            Operation::Apply => Manager::applier(&*self.manager, &*self.subresource),
            Operation::Update => {
                Manager::updater(&*self.manager, &*self.api_version, &*self.subresource)
            }
        }
    }

    /// Whether the entries are the same but for their times.
    pub fn is_same_but_for_time(&self, other: &Self) -> bool {
        self.place().2 == other.place().2
            && self.operation == other.operation
            && self.fields == other.fields
    }

    /// What decides the order, down to the names.
    fn place(&self) -> (Operation, i64, [&str; 3]) {
        let seconds = self.time.map_or(0, Time::unix_seconds);
        let names = [
            self.manager.as_str(),
            self.api_version.as_str(),
            self.subresource.as_str(),
        ];
        (self.operation, seconds, names)
    }
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Ordering {
        let places = self.place().cmp(&other.place());
        places
            .then_with(|| self.time.cmp(&other.time))
            .then_with(|| self.fields.to_string().cmp(&other.fields.to_string()))
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
