//! Client-side apply: create, or patch in three ways.
//!
//! Follows k8s.io/kubectl `pkg/cmd/apply` (`apply.go`, `patcher.go`).

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    Action, DryRun, Failure, Options, Report, Request, Target, Warning, annotation,
    exchange::{Exchange, Play, refused},
    object,
};
use crate::{
    op::{Reason, Refusal},
    patch::{
        Outcome, Patch, Precondition, merge,
        strategic::{self, OnConflict},
    },
};

/// The field manager of client-side apply.
pub const CLIENT_SIDE_MANAGER: &str = "kubectl-client-side-apply";

/// How often a patch that collides with other writes is made anew.
pub(super) const RETRIES: usize = 5;
pub(super) const PAUSE: Duration = Duration::from_secs(1);

pub(super) fn play(
    exchange: &mut Exchange<'_>,
    target: &Target,
    options: &Options,
) -> Play<Report> {
    target.check_name()?;
    let Some(live) = exchange.read(&target.reference())? else {
        return create(exchange, target, options);
    };
    let mut warnings = Vec::new();
    if annotation::last_applied(live).is_none() {
        warnings.push(Warning::NotApplied);
    }
    let modified = annotation::annotated(target.manifest());
    let three_way = ThreeWay {
        target,
        options,
        modified: &modified,
        resource_version: None,
    };
    if options.dry_run == DryRun::Client {
        let changes = three_way.patch(live)?.is_some();
        let action = if changes {
            Action::Configured
        } else {
            Action::Unchanged
        };
        return Ok(Report::new(action, live.clone(), warnings));
    }
    let (action, object) = three_way.play(exchange, live)?;
    if object::text(&object, "deletionTimestamp").is_some() {
        warnings.push(Warning::Deleting);
    }
    Ok(Report::new(action, object, warnings))
}

fn create(exchange: &mut Exchange<'_>, target: &Target, options: &Options) -> Play<Report> {
    let mut wanted = annotation::annotated(target.manifest());
    object::prune_nulls(&mut wanted);
    if options.dry_run == DryRun::Client {
        return Ok(Report::new(Action::Created, wanted, Vec::new()));
    }
    let request = || {
        let options = options.write(CLIENT_SIDE_MANAGER);
        Request::create(&target.reference(), wanted.clone(), options)
    };
    let created = exchange.object(request)?;
    Ok(Report::new(Action::Created, created.clone(), Vec::new()))
}

/// A patch in three ways, with all that may be needed to get it through.
pub(super) struct ThreeWay<'a> {
    pub(super) target: &'a Target,
    pub(super) options: &'a Options,
    /// The manifest, with what is to be in the annotation.
    pub(super) modified: &'a Value,
    /// The version that the live object must still have.
    pub(super) resource_version: Option<&'a str>,
}

impl ThreeWay<'_> {
    /// Patches the live object until it is as the manifest wants it.
    pub(super) fn play(&self, exchange: &mut Exchange<'_>, live: &Value) -> Play<(Action, Value)> {
        let mut live = live;
        let mut tries = 0;
        loop {
            let Some(patch) = self.patch(live)? else {
                return Ok((Action::Unchanged, live.clone()));
            };
            let request = || self.request(patch.clone());
            let refusal = match exchange.ask(request)? {
                Ok(outcome) => {
                    let object = outcome.as_object().cloned().unwrap_or_default();
                    return Ok((Action::Configured, object));
                }
                Err(refusal) => refusal,
            };
            if refusal.reason == Reason::Conflict && tries < RETRIES {
                let pause = if tries == 0 { Duration::ZERO } else { PAUSE };
                let again = || Request::get(self.target.reference()).after(pause);
                live = exchange.object(again)?;
                tries += 1;
                continue;
            }
            if self.options.force && matches!(refusal.reason, Reason::Conflict | Reason::Invalid) {
                return self.recreate(exchange, live);
            }
            return Err(refused(&self.request(patch), refusal).into());
        }
    }

    /// The patch, unless there is nothing to change.
    pub(super) fn patch(&self, live: &Value) -> Result<Option<Patch>, Failure> {
        let original = original(live)?;
        let patch = if let Some(node) = self.target.kind().strategic() {
            let on_conflict = if self.options.overwrite {
                OnConflict::Overwrite
            } else {
                OnConflict::Refuse
            };
            let (modified, schema) = (self.modified, node.into());
            let made =
                strategic::create_three_way(&original, modified, live, schema, on_conflict, &[])?;
            Patch::Strategic(made_patch(made)?)
        } else {
            let identity = Precondition::identity();
            let made = merge::create_three_way(&original, self.modified, live, &identity)?;
            Patch::Merge(made_patch(made)?)
        };
        Ok(self.with_version(patch))
    }

    /// The patch with the version that the object must have; none if there is nothing in it.
    fn with_version(&self, patch: Patch) -> Option<Patch> {
        let patch_type = patch.patch_type();
        let (Patch::Strategic(mut body) | Patch::Merge(mut body) | Patch::Json(mut body)) = patch;
        if body == json!({}) {
            return None;
        }
        if let Some(version) = self.resource_version {
            object::set(&mut body, "resourceVersion", version.into());
        }
        Some(Patch::new(patch_type, body))
    }

    fn request(&self, patch: Patch) -> Request {
        let options = self.options.write(CLIENT_SIDE_MANAGER);
        Request::patch(self.target.reference(), patch, options)
    }

    /// Deletes the object and makes it anew; if that fails, as it was.
    fn recreate(&self, exchange: &mut Exchange<'_>, live: &Value) -> Play<(Action, Value)> {
        let reference = self.target.reference();
        exchange.must(|| Request::delete(reference.clone(), self.options.delete()))?;
        wait_until_gone(exchange, self.target)?;
        let create = |object: &Value| {
            let options = self.options.write(CLIENT_SIDE_MANAGER);
            Request::create(&reference, object.clone(), options)
        };
        let refusal: &Refusal = match exchange.ask(|| create(self.modified))? {
            Ok(outcome) => {
                let object = outcome.as_object().cloned().unwrap_or_default();
                return Ok((Action::Configured, object));
            }
            Err(refusal) => refusal,
        };
        // Whether the old object comes back or not, what failed is the new one.
        let _restored = exchange.ask(|| create(live))?;
        Err(refused(&create(self.modified), refusal).into())
    }
}

/// What was applied last: null if nothing was.
fn original(live: &Value) -> Result<Value, Failure> {
    let text = annotation::last_applied(live).unwrap_or_default();
    if text.is_empty() {
        return Ok(Value::Null);
    }
    let parsed = serde_json::from_str(&text).ok();
    let object = parsed.filter(|value: &Value| value.is_object() || value.is_null());
    object.ok_or(Failure::BrokenAnnotation)
}

/// Reads an object until it is gone. How long that may take is for the one to say who carries out the requests.
pub(super) fn wait_until_gone(exchange: &mut Exchange<'_>, target: &Target) -> Play<()> {
    let mut pause = Duration::ZERO;
    loop {
        let request = || Request::get(target.reference()).after(pause);
        match exchange.ask(request)? {
            Ok(_) => pause = PAUSE,
            Err(refusal) if refusal.is_not_found() => return Ok(()),
            Err(refusal) => return Err(refused(&request(), refusal).into()),
        }
    }
}

fn made_patch(outcome: Outcome) -> Result<Value, Failure> {
    match outcome {
        Outcome::Patch(patch) => Ok(patch),
        Outcome::Conflict(conflict) => Err(Failure::Conflict(Box::new(conflict))),
        Outcome::PreconditionFailed(precondition) => Err(Failure::Identity(precondition)),
    }
}
