//! How objects get into the store: what the server completes, checks and stamps, in the order of the original.

use std::sync::Arc;

use apply_semantics::{
    op::{Cause, Effect, Reason, Refusal},
    request,
};
use serde_json::Value;

use super::{Answered, Core, failure};
use crate::{
    answer::Answer, call::WriteSettings, convert, kinds, meta, registry::Resource, rules,
    store::Place,
};

/// How an object is written.
pub(crate) struct Write<'a> {
    pub(crate) resource: Arc<Resource>,
    /// Empty for the object itself.
    pub(crate) subresource: String,
    pub(crate) dry_run: bool,
    /// Reads again what was sent.
    pub(crate) sent: Option<&'a dyn Fn() -> Value>,
}

impl<'a> Write<'a> {
    pub(super) fn new(resource: &Arc<Resource>, settings: &WriteSettings) -> Self {
        Self {
            resource: Arc::clone(resource),
            subresource: String::new(),
            dry_run: settings.dry_run,
            sent: None,
        }
    }

    /// What was sent can be read again, to be shown if it is refused.
    pub(super) fn of(mut self, sent: &'a dyn Fn() -> Value) -> Self {
        self.sent = Some(sent);
        self
    }

    pub(super) fn through(mut self, subresource: &str) -> Self {
        subresource.clone_into(&mut self.subresource);
        self
    }
}

impl Core {
    /// Stores an object that does not exist yet.
    pub(super) fn store_new(&mut self, mut object: Value, write: &Write<'_>) -> Answered {
        let resource = &write.resource;
        if meta::text(&object, "resourceVersion").is_some_and(|version| version != "0") {
            return Err(failure(
                "resourceVersion should not be set on objects to be created",
            ));
        }
        self.generate_name(&mut object);
        self.check_namespace(&object, resource)?;
        for name in [
            "deletionTimestamp",
            "deletionGracePeriodSeconds",
            "resourceVersion",
            "selfLink",
        ] {
            meta::remove(&mut object, name);
        }
        let unsettled = rules::is_unsettled(resource, &object);
        let uid = self.ids.uid();
        meta::set(&mut object, "uid", uid);
        meta::set(&mut object, "creationTimestamp", self.now().to_string());
        rules::prepare_create(self, resource, &mut object)?;
        Self::check(&object, write, |object| {
            rules::validate_create(resource, object)
        })?;
        let judged = rules::admit(self, resource, &object, None, &write.subresource)?;
        self.warned.extend(rules::warnings(resource, &object, None));
        self.warned.extend(judged);
        rules::stored_form(resource, &mut object);
        let place = Place::new(
            &resource.table,
            meta::namespace(&object),
            meta::name(&object),
        );
        if self.store.get(&place).is_some() {
            let target = resource.reference().all().named(meta::name(&object));
            return Err(Refusal::already_exists(&target));
        }
        if write.dry_run {
            return Ok(Answer::object(resource, Arc::new(object), Effect::Created));
        }
        if unsettled {
            self.unsettled.insert(place.clone());
        }
        self.put(&place, object, resource, Effect::Created)
    }

    /// Stores what a live object becomes, if it differs. Both are in the version of the resource.
    pub(super) fn store_changed(
        &mut self,
        live: &Arc<Value>,
        mut object: Value,
        write: &Write<'_>,
    ) -> Answered {
        let resource = &write.resource;
        Self::check_version(live, &mut object, resource)?;
        let link = meta::remove(&mut object, "selfLink");
        keep_system_fields(&mut object, live);
        rules::prepare_update(self, resource, &mut object, live, &write.subresource)?;
        Self::check(&object, write, |object| {
            rules::validate_update(resource, object, live, &write.subresource)
        })?;
        let judged = rules::admit(self, resource, &object, Some(live), &write.subresource)?;
        if write.subresource.is_empty() {
            self.warned
                .extend(rules::warnings(resource, &object, Some(live)));
        }
        self.warned.extend(judged);
        rules::stored_form(resource, &mut object);
        // A link that a client sends counts as a change, though it is not kept.
        if let Some(link) = link {
            meta::set(&mut object, "selfLink", link);
        }
        self.store_settled(live, object, write)
    }

    /// The end of that, for an object that is complete and was checked.
    pub(super) fn store_settled(
        &mut self,
        live: &Arc<Value>,
        mut object: Value,
        write: &Write<'_>,
    ) -> Answered {
        let resource = &write.resource;
        let effect = request::settle(live, &mut object);
        meta::remove(&mut object, "selfLink");
        let place = Place::new(&resource.table, meta::namespace(live), meta::name(live));
        if is_finished(&object, resource) {
            if !write.dry_run {
                self.erase(&place, live)?;
            }
            let gone = Arc::new(object);
            return Ok(Answer::object(resource, gone, Effect::Changed));
        }
        let unsettled = !write.dry_run && self.unsettled.remove(&place);
        if effect == request::Effect::Nothing && !unsettled {
            self.store.give_back(&place, object);
            return Ok(match self.store.get(&place) {
                Some(stored) => Answer::stored(resource, stored, Effect::Unchanged),
                None => Answer::object(resource, Arc::clone(live), Effect::Unchanged),
            });
        }
        if write.dry_run {
            return Ok(Answer::object(resource, Arc::new(object), Effect::Changed));
        }
        self.put(&place, object, resource, Effect::Changed)
    }

    /// Puts an object into the store, and answers what it is after everything that this brings about.
    fn put(
        &mut self,
        place: &Place,
        object: Value,
        resource: &Arc<Resource>,
        effect: Effect,
    ) -> Answered {
        let object = convert::into(object, resource, &stored_version(resource));
        let stored = self.store.put(place, object);
        self.after_write(place, Some(&stored.value()))?;
        let stored = self.store.get(place).unwrap_or(&stored);
        Ok(Answer::stored(resource, stored, effect))
    }

    fn generate_name(&mut self, object: &mut Value) {
        /// The longest name that leaves room for what is generated.
        const LONGEST: usize = 58;
        let base = meta::text(object, "generateName").map(str::to_owned);
        if let (None, Some(mut base)) = (meta::text(object, "name"), base) {
            while base.len() > LONGEST {
                base.pop();
            }
            base.push_str(&self.ids.suffix());
            meta::set(object, "name", base);
        }
    }

    /// A resource version in the object is a precondition.
    fn check_version(live: &Value, object: &mut Value, resource: &Resource) -> Result<(), Refusal> {
        let text = meta::text(object, "resourceVersion").unwrap_or("0");
        let version: u64 = text.parse().map_err(|_| {
            failure(format!(
                "strconv.ParseUint: parsing {}: invalid syntax",
                crate::call::go_quoted(text)
            ))
        })?;
        let current = meta::text(live, "resourceVersion").unwrap_or_default();
        if version == 0 {
            if resource.needs_version || resource.custom.is_some() {
                let message = "Invalid value: 0: must be specified for an update";
                let cause = Cause::new("FieldValueInvalid", message, "metadata.resourceVersion");
                return Self::refuse_invalid(vec![cause], object, resource);
            }
            meta::set(object, "resourceVersion", current);
        } else if version.to_string() != current {
            return Err(Refusal::stale(
                &resource.reference().all().named(meta::name(live)),
                "the object has been modified; please apply your changes to the latest version and try again",
            ));
        }
        Ok(())
    }

    /// Refuses an object that is not valid. What is shown of it is what was sent.
    fn check(
        object: &Value,
        write: &Write<'_>,
        validate: impl Fn(&Value) -> Vec<Cause>,
    ) -> Result<(), Refusal> {
        let causes = validate(object);
        let sent = match write.sent {
            Some(sent) if !causes.is_empty() => sent(),
            _ => return Self::refuse_invalid(causes, object, &write.resource),
        };
        let shown = validate(&rules::with_empties(object, &sent));
        let places = |causes: &[Cause]| -> Vec<_> {
            let causes = causes.iter();
            causes
                .map(|cause| (cause.reason.clone(), cause.field.clone()))
                .collect()
        };
        let same = places(&causes) == places(&shown);
        Self::refuse_invalid(if same { shown } else { causes }, object, &write.resource)
    }

    /// Refuses an object for what is wrong with it, if anything is.
    pub(super) fn refuse_invalid(
        causes: Vec<Cause>,
        object: &Value,
        resource: &Resource,
    ) -> Result<(), Refusal> {
        if causes.is_empty() {
            return Ok(());
        }
        Err(invalid(causes, meta::name(object), resource))
    }
}

/// The refusal of an invalid object.
pub(crate) fn invalid(causes: Vec<Cause>, name: &str, resource: &Resource) -> Refusal {
    let text = kinds::summary(causes.iter().map(|cause| (&*cause.field, &*cause.message)));
    let message = format!(
        "{} \"{name}\" is invalid: {text}",
        resource.qualified_kind()
    );
    let mut refusal = Refusal::new(Reason::Invalid, message).with_causes(causes);
    name.clone_into(&mut refusal.details.name);
    refusal.details.group.clone_from(&resource.group);
    refusal.details.kind.clone_from(&resource.kind);
    refusal
}

/// The `apiVersion` in which objects of a resource are stored.
pub(crate) fn stored_version(resource: &Resource) -> String {
    resource.stored_as()
}

/// What a write does not change: what it leaves out comes from the live object.
fn keep_system_fields(object: &mut Value, live: &Value) {
    for name in ["uid", "creationTimestamp"] {
        if meta::text(object, name).is_none() {
            meta::copy(object, live, name);
        }
    }
    meta::copy(object, live, "generation");
    // What ends goes on to end; what else is said of it, validation refuses.
    for name in ["deletionTimestamp", "deletionGracePeriodSeconds"] {
        if meta::field(object, name).is_none() {
            meta::copy(object, live, name);
        }
    }
}

/// Whether an object that is being deleted has nothing to wait for any more.
pub(crate) fn is_finished(object: &Value, resource: &Resource) -> bool {
    if !meta::is_terminating(object) {
        return false;
    }
    let grace = meta::field(object, "deletionGracePeriodSeconds").and_then(Value::as_i64);
    let waits_for_namespace = resource.is_builtin("", "namespaces")
        && object
            .pointer("/spec/finalizers")
            .and_then(Value::as_array)
            .is_some_and(|finalizers| !finalizers.is_empty());
    meta::finalizers(object).is_empty() && grace.unwrap_or_default() == 0 && !waits_for_namespace
}
