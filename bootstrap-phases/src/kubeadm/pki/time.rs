//! Times for people.

use std::time::SystemTime;

/// RFC 3339 in UTC, to the second.
pub(in crate::kubeadm) fn display(time: SystemTime) -> String {
    der::DateTime::from_system_time(time).map_or_else(
        |_| "a time beyond year 9999".to_owned(),
        |time| time.to_string(),
    )
}
