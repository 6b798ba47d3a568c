//! How long a run waits, and for what.

use std::fmt;

use componentconfig::scalar::Duration;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::work::Health;

/// How often something is tried and how long it is waited for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Pacing {
    /// How often an operation is asked for that the server does not get done: 5.
    pub tries: u32,
    /// How long to wait before the second time: a second; twice as long before each further one, unless the server says.
    pub first_pause: Duration,
    /// How long to wait before looking again at an object: two seconds.
    pub poll: Duration,
    /// How long to wait for a deleted object to be gone, and for an object to be ready for those that depend on it: five
    /// minutes each.
    pub deadline: Duration,
}

impl Default for Pacing {
    fn default() -> Self {
        Self {
            tries: 5,
            first_pause: Duration::from_secs(1),
            poll: Duration::from_secs(2),
            deadline: Duration::from_mins(5),
        }
    }
}

/// Tells whether an object is ready for those that depend on it.
pub trait Readiness: fmt::Debug + Send + Sync {
    /// How the object is. Those that depend on it wait while it is [`Health::Progressing`], and are given up if it is
    /// [`Health::Degraded`].
    fn health(&self, live: &Value) -> Health;
}

/// What has to be there for the API itself: definitions of resources are awaited until they are established, namespaces until
/// they are active, API services until they are available. Everything else is ready at once.
#[derive(Clone, Copy, Debug, Default)]
pub struct Established;

impl Readiness for Established {
    fn health(&self, live: &Value) -> Health {
        let condition = match live.get("kind").and_then(Value::as_str) {
            Some("CustomResourceDefinition") => "Established",
            Some("APIService") => "Available",
            Some("Namespace") => {
                let phase = live.pointer("/status/phase").and_then(Value::as_str);
                return match phase {
                    None | Some("Active") => Health::Available,
                    Some(phase) => Health::Progressing(format!("it is {phase}")),
                };
            }
            _ => return Health::Available,
        };
        let conditions = live.pointer("/status/conditions").and_then(Value::as_array);
        let holds = conditions.into_iter().flatten().any(|found| {
            found.get("type").and_then(Value::as_str) == Some(condition)
                && found.get("status").and_then(Value::as_str) == Some("True")
        });
        if holds {
            Health::Available
        } else {
            Health::Progressing(format!("it is not {condition} yet"))
        }
    }
}
