//! Deletion: at once, or when finalizers are done.

use std::sync::Arc;

use apply_semantics::{
    managed_fields::Time,
    op::{Effect, Propagation, Reason, Refusal},
};
use serde_json::{Value, json};

use super::{Answered, Core, read::Selection};
use crate::{
    answer::{Answer, Item, List},
    call::{Call, DeleteSettings},
    convert, meta,
    registry::Resource,
    store::Place,
};

/// Namespaces that cannot be deleted.
const IMMORTAL: [&str; 3] = ["default", "kube-public", "kube-system"];
pub(super) const ORPHAN: &str = "orphan";
pub(super) const FOREGROUND: &str = "foregroundDeletion";

impl Core {
    pub(super) fn delete(&mut self, call: &Call, resource: &Arc<Resource>) -> Answered {
        let settings = DeleteSettings::of(call, &Self::decode_options(call)?)?;
        let live = self.live(call, resource)?;
        let place = Self::place(call, resource);
        let (object, gone) = self.delete_object(&place, &live, resource, &settings)?;
        if gone && !returns_object(resource) {
            let mut details = json!({"name": meta::name(&live), "kind": resource.plural, "uid": meta::uid(&live)});
            if let (false, Some(details)) = (resource.group.is_empty(), details.as_object_mut()) {
                details.insert("group".to_owned(), resource.group.as_str().into());
            }
            let status = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details});
            return Ok(Answer::other(200, status, Effect::Changed));
        }
        Ok(Answer::object(
            resource,
            convert::shared(&object, resource),
            Effect::Changed,
        ))
    }

    pub(super) fn delete_collection(&mut self, call: &Call, resource: &Arc<Resource>) -> Answered {
        let settings = DeleteSettings::of(call, &Self::decode_options(call)?)?;
        let selection = Selection::of(call, resource)?;
        let found: Vec<_> = self
            .store
            .range(&resource.table, &selection.prefix, "")
            .filter(|(key, object)| selection.matches(key, object))
            .map(|(key, object)| (Arc::clone(key), object.value()))
            .collect();
        let mut items = Vec::new();
        for (key, object) in found {
            let place = Place {
                table: Arc::clone(&resource.table),
                key,
            };
            items.push(Item::Made(convert::shared(&object, resource)));
            if self.store.get(&place).is_some() {
                self.delete_object(&place, &object, resource, &settings)?;
            }
        }
        Ok(Answer::list(List {
            resource: Arc::clone(resource),
            items,
            revision: self.store.revision(),
            continue_token: None,
            remaining: None,
        }))
    }

    /// Deletes an object, or marks it as ending. Answers what it is now, and whether it is gone.
    pub(super) fn delete_object(
        &mut self,
        place: &Place,
        live: &Arc<Value>,
        resource: &Arc<Resource>,
        settings: &DeleteSettings,
    ) -> Result<(Arc<Value>, bool), Refusal> {
        check_preconditions(live, resource, settings)?;
        if resource.is_builtin("", "namespaces") && IMMORTAL.contains(&meta::name(live)) {
            let name = meta::name(live);
            let message =
                format!("namespaces \"{name}\" is forbidden: this namespace may not be deleted");
            return Err(Refusal::new(Reason::Forbidden, message).about(&resource.reference(), name));
        }
        let grace = grace_period(live, resource, settings);
        let finalizers = wanted_finalizers(live, settings.propagation);
        let mut ending = Value::clone(live);
        self.mark_ending(&mut ending, live, resource, grace);
        let waits = !finalizers.is_empty()
            || left_of_grace(&ending) > 0
            || has_namespace_finalizer(live, resource);
        if !waits {
            // Only Pods are marked on their way out.
            let last = if resource.is_builtin("", "pods") {
                ending
            } else {
                Value::clone(live)
            };
            if settings.dry_run {
                return Ok((Arc::new(last), true));
            }
            self.erase(place, live)?;
            let mut last = last;
            meta::set(
                &mut last,
                "resourceVersion",
                self.store.revision().to_string(),
            );
            return Ok((Arc::new(last), true));
        }
        meta::set_finalizers(&mut ending, finalizers);
        if ending == **live {
            return Ok((Arc::clone(live), false));
        }
        if settings.dry_run {
            return Ok((Arc::new(ending), false));
        }
        let stored = self.store.put(place, ending).value();
        self.unsettled.remove(place);
        self.after_write(place, Some(&stored))?;
        let left = self.store.value(place);
        let gone = left.is_none();
        Ok((left.unwrap_or(stored), gone))
    }

    /// Writes into an object that it ends, and when. The end of one that is ending already can only come nearer.
    fn mark_ending(&self, ending: &mut Value, live: &Value, resource: &Resource, grace: i64) {
        let namespace = resource.is_builtin("", "namespaces");
        if meta::is_terminating(live) {
            if grace < left_of_grace(live) {
                meta::set(ending, "deletionTimestamp", self.end_after(grace));
                meta::set(ending, "deletionGracePeriodSeconds", grace);
            }
            return;
        }
        meta::set(ending, "deletionTimestamp", self.end_after(grace));
        if !namespace {
            meta::set(ending, "deletionGracePeriodSeconds", grace);
        }
        if meta::generation(live) > 0 {
            meta::set(ending, "generation", meta::generation(live) + 1);
        }
        if namespace && let Some(status) = ending.get_mut("status").and_then(Value::as_object_mut) {
            status.insert("phase".to_owned(), "Terminating".into());
        }
    }

    fn end_after(&self, seconds: i64) -> String {
        Time::from_unix_seconds(self.clock.unix_seconds() + seconds).to_string()
    }

    /// Takes an object out of the store.
    pub(super) fn erase(&mut self, place: &Place, live: &Value) -> Result<(), Refusal> {
        let _ = live;
        self.store.remove(place);
        self.unsettled.remove(place);
        self.after_write(place, None)
    }
}

fn check_preconditions(
    live: &Value,
    resource: &Resource,
    settings: &DeleteSettings,
) -> Result<(), Refusal> {
    let name = meta::name(live);
    let refuse = |message: String| {
        let message = format!(
            "Operation cannot be fulfilled on {} \"{name}\": {message}",
            resource.qualified_kind()
        );
        let mut refusal =
            Refusal::new(Reason::Conflict, message).about(&resource.reference(), name);
        refusal.details.kind.clone_from(&resource.kind);
        refusal
    };
    let uid = meta::uid(live);
    if let Some(wanted) = settings.uid.as_deref().filter(|wanted| *wanted != uid) {
        return Err(refuse(format!(
            "the UID in the precondition ({wanted}) does not match the UID in record ({uid}). The object might have been deleted and then recreated"
        )));
    }
    let version = meta::text(live, "resourceVersion").unwrap_or_default();
    if let Some(wanted) = settings
        .resource_version
        .as_deref()
        .filter(|wanted| *wanted != version)
    {
        return Err(refuse(format!(
            "the ResourceVersion in the precondition ({wanted}) does not match the ResourceVersion in record ({version}). The object might have been modified"
        )));
    }
    Ok(())
}

/// The seconds that an object has to end; only Pods that run somewhere have any.
fn grace_period(live: &Value, resource: &Resource, settings: &DeleteSettings) -> i64 {
    if !resource.is_builtin("", "pods") {
        return 0;
    }
    let text = |path| {
        live.pointer(path)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let ended = matches!(text("/status/phase"), "Failed" | "Succeeded");
    if text("/spec/nodeName").is_empty() || ended {
        return 0;
    }
    let own = live
        .pointer("/spec/terminationGracePeriodSeconds")
        .and_then(Value::as_i64);
    settings.grace_period_seconds.or(own).unwrap_or(30).max(0)
}

fn left_of_grace(object: &Value) -> i64 {
    let seconds = object.pointer("/metadata/deletionGracePeriodSeconds");
    seconds.and_then(Value::as_i64).unwrap_or_default()
}

/// The finalizers of an object that is deleted with that treatment of its dependents.
fn wanted_finalizers(live: &Value, propagation: Option<Propagation>) -> Vec<String> {
    let present = meta::finalizers(live);
    let mut wanted: Vec<String> = present.iter().map(|name| (*name).to_owned()).collect();
    if let Some(propagation) = propagation {
        wanted.retain(|name| name != ORPHAN && name != FOREGROUND);
        match propagation {
            Propagation::Orphan => wanted.push(ORPHAN.to_owned()),
            Propagation::Foreground => wanted.push(FOREGROUND.to_owned()),
            Propagation::Background => {}
        }
    }
    wanted
}

fn has_namespace_finalizer(live: &Value, resource: &Resource) -> bool {
    let finalizers = live.pointer("/spec/finalizers").and_then(Value::as_array);
    resource.is_builtin("", "namespaces")
        && finalizers.is_some_and(|finalizers| !finalizers.is_empty())
}

/// Whether a deletion answers the object that it deleted, rather than a `Status`.
fn returns_object(resource: &Resource) -> bool {
    const RETURNED: [(&str, &str); 12] = [
        ("", "persistentvolumeclaims"),
        ("", "persistentvolumes"),
        ("", "pods"),
        ("", "podtemplates"),
        ("", "resourcequotas"),
        ("", "serviceaccounts"),
        ("", "services"),
        ("storage.k8s.io", "csidrivers"),
        ("storage.k8s.io", "csinodes"),
        ("storage.k8s.io", "csistoragecapacities"),
        ("storage.k8s.io", "storageclasses"),
        ("storage.k8s.io", "volumeattachments"),
    ];
    resource.custom.is_none() && RETURNED.contains(&(&*resource.group, &*resource.plural))
}
