//! How requests are made.

use super::ConflictPolicy;
use crate::managed_fields::Time;

/// How a configuration is applied.
///
/// ```
/// use apply_semantics::request::{ApplyOptions, ConflictPolicy};
/// let options = ApplyOptions::new("my-tool")
///     .at("2024-05-01T12:00:00Z".parse()?)
///     .policy(ConflictPolicy::fail().yield_("spec.replicas")?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ApplyOptions {
    pub(super) manager: String,
    pub(super) force: bool,
    pub(super) time: Option<Time>,
    pub(super) subresource: String,
    pub(super) version: Option<String>,
    pub(super) policy: ConflictPolicy,
}

impl ApplyOptions {
    /// As that manager. Without a name it is `unknown`.
    pub fn new(manager: impl Into<String>) -> Self {
        Self {
            manager: manager.into(),
            ..Self::default()
        }
    }

    /// Whether to take fields that other managers own, all of them.
    #[must_use]
    pub fn force(self, force: bool) -> Self {
        Self { force, ..self }
    }

    /// When. Without it a manager that changes something loses the time of its entry.
    #[must_use]
    pub fn at(self, time: Time) -> Self {
        let time = Some(time);
        Self { time, ..self }
    }

    /// Through a subresource, such as `status`.
    #[must_use]
    pub fn subresource(self, subresource: impl Into<String>) -> Self {
        let subresource = subresource.into();
        Self {
            subresource,
            ..self
        }
    }

    /// In that version, such as `apps/v1`: a configuration of another one is refused. Without it, in the version of the
    /// configuration.
    #[must_use]
    pub fn version(self, version: impl Into<String>) -> Self {
        let version = Some(version.into());
        Self { version, ..self }
    }

    /// What to do about conflicts, field by field.
    #[must_use]
    pub fn policy(self, policy: ConflictPolicy) -> Self {
        Self { policy, ..self }
    }
}

/// How an object is updated.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UpdateOptions {
    pub(super) manager: String,
    pub(super) time: Option<Time>,
    pub(super) subresource: String,
    pub(super) version: Option<String>,
    pub(super) on_failure: OnFailure,
}

/// What an update does if it cannot be told who owns what: an object is not valid for its type or cannot be converted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnFailure {
    /// It fails.
    #[default]
    Refuse,
    /// It goes on, and all ownership is forgotten. So do API servers to 1.36 at least.
    Forget,
    /// It goes on, and the ownership stays as it is in the live object. So do later API servers.
    Keep,
}

impl UpdateOptions {
    /// As that manager. Without a name it is `unknown`.
    pub fn new(manager: impl Into<String>) -> Self {
        Self {
            manager: manager.into(),
            ..Self::default()
        }
    }

    /// When. Without it a manager that changes something loses the time of its entry.
    #[must_use]
    pub fn at(self, time: Time) -> Self {
        let time = Some(time);
        Self { time, ..self }
    }

    /// Through a subresource, such as `status`.
    #[must_use]
    pub fn subresource(self, subresource: impl Into<String>) -> Self {
        let subresource = subresource.into();
        Self {
            subresource,
            ..self
        }
    }

    /// In that version, such as `apps/v1`. Without it, in the version of the new object.
    #[must_use]
    pub fn version(self, version: impl Into<String>) -> Self {
        let version = Some(version.into());
        Self { version, ..self }
    }

    /// What to do if it cannot be told who owns what.
    #[must_use]
    pub fn on_failure(self, on_failure: OnFailure) -> Self {
        Self { on_failure, ..self }
    }
}
