//! Writes of whole objects: server-side apply and updates, with the ownership of fields kept in `metadata.managedFields`.
//!
//! An [`Engine`] answers what an API server would store for a request, without a server: the object with its new
//! `managedFields`, or the conflicts. This follows the chain of managers in the package `managedfields` of apimachinery.
//!
//! ```
//! use apply_semantics::{managed_fields::Time, request::{ApplyOptions, Effect, Engine, Kinds, RequestError, UpdateOptions}};
//! use serde_json::json;
//!
//! let engine = Engine::new(Kinds::builtin());
//! let web = |spec| json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec});
//! let noon: Time = "2024-05-01T12:00:00Z".parse()?;
//!
//! let created = engine.apply(None, web(json!({"replicas": 1, "paused": false})), &ApplyOptions::new("deployer").at(noon))?;
//!
//! // Somebody else changes the number of replicas, and so owns it.
//! let mut scaled = created.object().clone();
//! scaled["spec"]["replicas"] = json!(5);
//! let live = engine.update(Some(created.into_object()), scaled, &UpdateOptions::new("scaler").at(noon))?.into_object();
//!
//! let again = engine.apply(Some(live.clone()), web(json!({"replicas": 1})), &ApplyOptions::new("deployer"));
//! let Err(RequestError::Conflicts(conflicts)) = again else { unreachable!() };
//! assert_eq!(conflicts.to_string(), r#"Apply failed with 1 conflict: conflict with "scaler" using apps/v1: .spec.replicas"#);
//! assert_eq!(conflicts.iter().next().expect("one").live(), Some(&json!(5)));
//!
//! // What is left out is given up, and goes away if nobody else owns it.
//! let smaller = engine.apply(Some(live), web(json!({})), &ApplyOptions::new("deployer"))?;
//! assert_eq!(smaller.effect(), Effect::Object);
//! assert_eq!(smaller.object()["spec"], json!({"replicas": 5}));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod apply;
mod conflict;
mod convert;
mod entries;
mod error;
mod history;
mod in_place;
mod kinds;
mod last_applied;
mod lookup;
mod options;
mod policy;
mod preview;
mod pure;
mod repair;
mod report;
mod reset;
mod show;
mod tracked;
mod update;

use std::{fmt, sync::Arc};

use serde_json::Value;

use crate::typed::EmptyContainers;
use in_place::Attempt;

pub use conflict::{Conflict, Conflicts};
pub use convert::{Convert, SameFields};
pub use error::{RequestError, Stage};
pub use kinds::Kinds;
pub use last_applied::LAST_APPLIED;
pub use options::{ApplyOptions, OnFailure, UpdateOptions};
pub use policy::{ConflictPolicy, PathPattern, PatternError, Resolution};
pub use preview::{Change, Preview};
pub use repair::{Claim, Repaired, Settled};
pub use report::{Effect, Report, Written, settle};

/// The manager that is made up for what is there when an object is applied for the first time.
pub const BEFORE_FIRST_APPLY: &str = "before-first-apply";

/// Answers what writes to objects do. Cheap to clone; nothing is kept between requests.
///
/// Objects are as they are stored, defaulted and converted by whoever stores them: the engine does neither.
#[derive(Clone)]
pub struct Engine {
    kinds: Kinds,
    converter: Arc<dyn Convert>,
    empty: EmptyContainers,
    /// Whether every write is done step by step, as the original does it.
    step_by_step: bool,
    reset: bool,
}

impl Engine {
    /// An engine for those kinds, whose versions have the same fields.
    pub fn new(kinds: Kinds) -> Self {
        Self {
            kinds,
            converter: Arc::new(SameFields),
            empty: EmptyContainers::default(),
            step_by_step: false,
            reset: false,
        }
    }

    /// The same, following the original step by step where it would otherwise do a write in one walk over the objects. It is
    /// slower, and answers the same: this is what that is tested against.
    #[cfg(any(test, feature = "reference"))]
    #[must_use]
    pub fn reference(self) -> Self {
        Self {
            step_by_step: true,
            ..self
        }
    }

    /// The same, with objects converted between versions like that.
    #[must_use]
    pub fn converter(self, converter: impl Convert + 'static) -> Self {
        Self {
            converter: Arc::new(converter),
            ..self
        }
    }

    /// The same, with what becomes of lists and maps that an apply empties.
    #[must_use]
    pub fn empty_containers(self, empty: EmptyContainers) -> Self {
        Self { empty, ..self }
    }

    /// The same, giving fields that a request cannot write their live values back: the status of an object that is not written
    /// through its status, for example. [`Kinds::filter_of`] tells which those are.
    ///
    /// Without it only the ownership of such fields is left alone, for servers that take care of the values themselves.
    #[must_use]
    pub fn reset_fields(self) -> Self {
        Self {
            reset: true,
            ..self
        }
    }

    /// The kinds.
    pub fn kinds(&self) -> &Kinds {
        &self.kinds
    }

    /// The kinds, to change them.
    pub fn kinds_mut(&mut self) -> &mut Kinds {
        &mut self.kinds
    }

    /// Applies a configuration to the live object, or creates the object from it.
    ///
    /// The version of the request is that of the configuration. The object comes back in the version of the live one.
    ///
    /// # Errors
    /// Other managers own fields that would change ([`RequestError::Conflicts`]); the configuration is not one that can be
    /// applied; or an object is not valid for its type or cannot be converted.
    pub fn apply(
        &self,
        live: Option<Value>,
        config: Value,
        options: &ApplyOptions,
    ) -> Result<Written, RequestError> {
        match in_place::apply(self, live, config, options) {
            Attempt::Done(result) => result,
            Attempt::GivenUp(live, config) => apply::apply(self, live, config, options),
        }
    }

    /// Replaces the live object with a new one, or creates it: what any write but apply does.
    ///
    /// The entries of the new object count if they can be read; an empty list, or one empty entry, makes everybody's
    /// ownership forgotten. Without entries of its own the object keeps those of the live one. Through subresources it
    /// always does. If nothing but times in the entries differ, the live ones stay.
    ///
    /// # Errors
    /// An object is not valid for its type or cannot be converted, unless [`UpdateOptions::on_failure`] says otherwise.
    pub fn update(
        &self,
        live: Option<Value>,
        new: Value,
        options: &UpdateOptions,
    ) -> Result<Written, RequestError> {
        match in_place::update(self, live, new, options) {
            Attempt::Done(result) => result,
            Attempt::GivenUp(live, new) => update::update(self, live, new, options),
        }
    }

    /// Rebuilds who manages what from what is known about it, for an object that lost its entries, or of which
    /// [`BEFORE_FIRST_APPLY`] owns what is somebody's.
    ///
    /// A manager owns what it claims and what still is as it says. Entries that are there stay, but for what they and the made-up
    /// manager own of it.
    ///
    /// # Errors
    /// The object's entries cannot be read; a claim is not of its version and kind; or an object is not valid for its type.
    pub fn repair(&self, live: Value, claims: Vec<Claim>) -> Result<Repaired, RequestError> {
        repair::repair(self, live, claims)
    }

    /// What an apply would do, whether or not it conflicts. Nothing is taken but what the answer says would be.
    ///
    /// # Errors
    /// As [`Engine::apply`], but for conflicts.
    pub fn preview(
        &self,
        live: Option<Value>,
        config: Value,
        options: &ApplyOptions,
    ) -> Result<Preview, RequestError> {
        preview::preview(self, live, config, options)
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("kinds", &self.kinds)
            .field("empty", &self.empty)
            .finish_non_exhaustive()
    }
}
