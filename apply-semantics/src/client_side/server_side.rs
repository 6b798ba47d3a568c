//! Server-side apply as kubectl does it, with the hand-over of what client-side apply owned.
//!
//! Follows k8s.io/kubectl `pkg/cmd/apply/apply.go`.

use serde_json::{Value, json};

use super::{
    Action, Options, Report, Request, Target, Warning, annotation,
    apply::RETRIES,
    exchange::{Exchange, Play, Stop, refused},
    migrate::{self, Operation},
    object,
};
use crate::op::{ApplyOptions, ObjectRef, Reason};

/// The field manager of server-side apply.
pub const SERVER_SIDE_MANAGER: &str = "kubectl";
/// The field manager that keeps the annotation while fields change hands.
const ANNOTATION_MANAGER: &str = "kubectl-last-applied";

pub(super) fn play(
    exchange: &mut Exchange<'_>,
    target: &Target,
    options: &Options,
) -> Play<Report> {
    target.check_name()?;
    let handover = Handover {
        target,
        reference: target.reference_to(options.subresource.as_deref()),
        options,
        manager: options.manager_or(SERVER_SIDE_MANAGER),
    };
    let applied = exchange.object(|| handover.apply())?;
    let mut warnings = Vec::new();
    let object = handover.play(exchange, applied, &mut warnings)?.clone();
    if object::text(&object, "deletionTimestamp").is_some() {
        warnings.push(Warning::Deleting);
    }
    Ok(Report::new(Action::ServerSideApplied, object, warnings))
}

/// What follows the first apply: fields that client-side apply owned get the manager of server-side apply as their owner, so that they
/// go away when a manifest drops them.
struct Handover<'a> {
    target: &'a Target,
    reference: ObjectRef,
    options: &'a Options,
    manager: String,
}

impl Handover<'_> {
    fn apply(&self) -> Request {
        let options = self.options.apply(self.manager.clone());
        let manifest = self.target.manifest().clone();
        Request::apply(self.reference.clone(), manifest, options).in_full()
    }

    /// What goes wrong here is a warning: the object is applied already.
    fn play<'x>(
        &self,
        exchange: &mut Exchange<'x>,
        applied: &'x Value,
        warnings: &mut Vec<Warning>,
    ) -> Play<&'x Value> {
        let mut warn = |warning: fn(_) -> Warning, stop, object: &'x Value| match stop {
            Stop::Fail(why) => {
                warnings.push(warning(*why));
                Ok(object)
            }
            ask @ Stop::Ask(_) => Err(ask),
        };
        let saved = match self.save_annotation(exchange, applied) {
            Ok(saved) => saved,
            Err(stop) => return warn(Warning::AnnotationNotSaved, stop, applied),
        };
        let migrated = match self.migrate(exchange, saved) {
            Ok(None) => return Ok(saved),
            Ok(Some(migrated)) => migrated,
            Err(stop) => return warn(Warning::NotMigrated, stop, saved),
        };
        exchange
            .object(|| self.apply())
            .or_else(|stop| warn(Warning::NotAppliedAgain, stop, migrated))
    }

    /// Gives the annotation an owner that applies it, so that it survives the loss of its old one. The server keeps the annotation up to
    /// date for its default manager only.
    fn save_annotation<'x>(
        &self,
        exchange: &mut Exchange<'x>,
        applied: &'x Value,
    ) -> Play<&'x Value> {
        let Some(text) = annotation::last_applied(applied) else {
            return Ok(applied);
        };
        let owned = !migrate::annotation_owners(applied, Operation::Apply).is_empty();
        if owned || self.manager != SERVER_SIDE_MANAGER {
            return Ok(applied);
        }
        exchange.object(|| self.annotation_alone(applied, &text))
    }

    fn annotation_alone(&self, applied: &Value, text: &str) -> Request {
        let resource = &self.reference.resource;
        let mut object = json!({
            "apiVersion": resource.api_version(),
            "kind": resource.kind,
            "metadata": {"annotations": {annotation::LAST_APPLIED: text}},
        });
        for field in ["name", "namespace"] {
            if let Some(text) = object::text(applied, field) {
                object::set(&mut object, field, text.into());
            }
        }
        let options = ApplyOptions {
            force: false,
            ..self.options.apply(ANNOTATION_MANAGER.to_owned())
        };
        Request::apply(self.reference.clone(), object, options)
    }

    /// Rewrites the managed fields, unless there is nothing to hand over.
    fn migrate<'x>(
        &self,
        exchange: &mut Exchange<'x>,
        applied: &'x Value,
    ) -> Play<Option<&'x Value>> {
        let owners = migrate::annotation_owners(applied, Operation::Update);
        let mut live = applied;
        let mut tries = 1;
        loop {
            let Some(patch) = migrate::patch(live, &owners, &self.manager)? else {
                return Ok(None);
            };
            let request = || {
                let options = self.options.write(SERVER_SIDE_MANAGER);
                Request::patch(self.reference.clone(), patch.clone(), options)
            };
            let refusal = match exchange.ask(request)? {
                Ok(outcome) => return Ok(Some(outcome.as_object().unwrap_or(&Value::Null))),
                Err(refusal) => refusal,
            };
            if refusal.reason != Reason::Conflict || tries == RETRIES {
                return Err(refused(&request(), refusal).into());
            }
            tries += 1;
            live = exchange.object(|| Request::get(self.target.reference()))?;
        }
    }
}
