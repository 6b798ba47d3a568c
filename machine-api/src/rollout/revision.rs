//! Revisions: which MachineSet was the current one when.

use std::borrow::Cow;

use super::{PlannedSet, RolloutError};
use crate::{core::v1beta2::MachineSet, labels};

/// The revision of the current MachineSet, and those that it had before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Revision<'a> {
    /// Greater than that of every old MachineSet, and never less than it was.
    pub(super) number: Cow<'a, str>,
    /// Earlier ones, separated by commas.
    pub(super) history: Option<Cow<'a, str>>,
}

impl<'a> Revision<'a> {
    pub(super) fn of(
        current: Option<&'a MachineSet>,
        old: &[PlannedSet<'a>],
    ) -> Result<Self, RolloutError> {
        // A revision that cannot be read counts as none.
        let numbers = old.iter().filter_map(|set| {
            let text = set.existing.and_then(revision_of)?;
            text.parse::<i64>().ok()
        });
        let next = numbers.max().unwrap_or_default().max(0).saturating_add(1);
        let before = current.and_then(revision_of);
        let number = match before {
            None => Cow::Owned(next.to_string()),
            Some(text) => {
                let number: i64 = text.parse().map_err(|_| RolloutError::Revision {
                    set: current
                        .map(|set| set.metadata.name.clone())
                        .unwrap_or_default(),
                    revision: text.to_owned(),
                })?;
                if next < number || next.to_string() == text {
                    Cow::Borrowed(text)
                } else {
                    Cow::Owned(next.to_string())
                }
            }
        };
        let history =
            current.and_then(|set| set.metadata.annotations.get(labels::REVISION_HISTORY));
        let history = match (before, history.map(String::as_str)) {
            (Some(before), history) if before != number => Some(match history {
                None | Some("") => Cow::Borrowed(before),
                // What begins with a comma lost its first one.
                Some(history) if history.starts_with(',') => Cow::Borrowed(before),
                Some(history) => Cow::Owned(format!("{history},{before}")),
            }),
            (_, history) => history.map(Cow::Borrowed),
        };
        Ok(Self { number, history })
    }
}

pub(super) fn revision_of(set: &MachineSet) -> Option<&str> {
    let annotations = &set.metadata.annotations;
    annotations.get(labels::REVISION).map(String::as_str)
}
