//! Plans of objects by saying what is wanted.

use std::fmt;

use apply_semantics::{
    extract,
    op::{ApplyOptions, ObjectRef, Operation, Reason, WriteOptions},
    patch::Patch,
    path::PathElement,
    request::{self, ConflictPolicy, Preview, RequestError, Resolution},
};
use serde_json::Value;

use super::{Api, Attempt, MANAGER, Request, undo};
use crate::{Compat, Draft, Note, PhaseError};

const RBAC: &str = "rbac.authorization.k8s.io";

/// A plan in the making that may want objects of an API.
pub struct ApiDraft<'a, 'd> {
    api: &'a Api,
    compat: Compat,
    draft: &'a mut Draft<'d>,
}

impl<'a, 'd> ApiDraft<'a, 'd> {
    /// Adds to `draft` what is different at this API.
    pub fn new(api: &'a Api, compat: Compat, draft: &'a mut Draft<'d>) -> Self {
        Self { api, compat, draft }
    }

    /// The API.
    pub fn api(&self) -> &'a Api {
        self.api
    }

    /// Whether objects are replaced, as kubeadm does it.
    pub(crate) fn compat(&self) -> Compat {
        self.compat
    }

    /// Wants an object to be like this. As kubeadm does it, it is replaced as a whole; else fields that others own stay theirs,
    /// and a warning names those that differ.
    /// What would change nothing but who owns which field is not written.
    ///
    /// # Errors
    /// The API refuses to tell what is there, or the object is not valid for its kind.
    pub fn object(&mut self, object: Value) -> Result<(), PhaseError> {
        if self.compat == Compat::Upstream {
            return self.replaced(object.clone(), object);
        }
        self.merged(object, None)
    }

    /// As [`object`](Self::object), but for an entry of its `data` that was made from the one that is there: it is taken from
    /// whoever changed it last.
    ///
    /// # Errors
    /// As [`object`](Self::object).
    pub(crate) fn made_from_live(&mut self, object: Value, entry: &str) -> Result<(), PhaseError> {
        if self.compat == Compat::Upstream {
            return self.object(object);
        }
        self.merged(object, Some(entry))
    }

    fn merged(&mut self, object: Value, made_from_live: Option<&str>) -> Result<(), PhaseError> {
        let target = target_of(&object)?;
        let live = self.api.get(&target)?;
        let entry = made_from_live.map(|entry| ["data", entry].map(PathElement::field));
        self.applied(&target, live, intent(object), entry.as_ref())
    }

    /// Wants an object to be there; one that is there stays as it is.
    ///
    /// # Errors
    /// The API refuses to tell what is there.
    pub fn if_absent(&mut self, object: Value) -> Result<(), PhaseError> {
        let target = target_of(&object)?;
        if self.api.get(&target)?.is_none() {
            let create = Operation::create(target.collection(), object, WriteOptions::default());
            let request = Request::new(create).enough([Reason::AlreadyExists]);
            self.request(request.undone_by(undo::made(&target)));
        }
        Ok(())
    }

    /// Wants an object to be made like `created` or replaced with `replacement`: kubeadm's way, whatever is there.
    ///
    /// # Errors
    /// The object does not say what it is.
    pub fn replaced(&mut self, created: Value, replacement: Value) -> Result<(), PhaseError> {
        let target = target_of(&created)?;
        let options = self.options();
        let create = Operation::create(target.collection(), created, options.clone());
        let update = Operation::update(target.clone(), replacement, options);
        // An address that is taken is told as an invalid Service before the name that is taken is.
        let request = Request::any([
            Attempt::new(create).otherwise([Reason::AlreadyExists, Reason::Invalid]),
            Attempt::new(update),
        ]);
        // kubeadm does not look before.
        let is_new = self.compat == Compat::Fixed && self.api.get(&target)?.is_none();
        self.request(if is_new {
            request.undone_by(undo::made(&target))
        } else {
            request
        });
        Ok(())
    }

    /// How objects are written that are not applied; kubeadm leaves it to the server whose fields they are.
    fn options(&self) -> WriteOptions {
        WriteOptions {
            field_manager: (self.compat == Compat::Fixed).then(|| MANAGER.to_owned()),
            ..WriteOptions::default()
        }
    }

    /// Wants a strategic patch of an object to be made.
    pub fn patched(&mut self, target: ObjectRef, patch: Value) {
        let request = self.patching(target, patch);
        self.request(request);
    }

    /// The request that makes a strategic patch.
    pub(crate) fn patching(&self, target: ObjectRef, patch: Value) -> Request {
        let patch = Patch::Strategic(patch);
        Request::new(Operation::patch(target, patch, self.options()))
    }

    /// Wants a request to be made.
    pub fn request(&mut self, request: Request) {
        self.draft.effect(request.into_effect());
    }

    /// Refuses once everything wanted before is done: as kubeadm does it where it looks late.
    pub(crate) fn refused(&mut self, error: &PhaseError) {
        self.draft.effect(super::refusal(error));
    }

    /// Adds a remark.
    pub fn note(&mut self, note: Note) {
        self.draft.note(note);
    }

    fn applied(
        &mut self,
        target: &ObjectRef,
        live: Option<Value>,
        intent: Value,
        taken: Option<&[PathElement; 2]>,
    ) -> Result<(), PhaseError> {
        let apply = |object: Value, force: bool| {
            let mut options = ApplyOptions::new(MANAGER);
            options.force = force;
            Request::new(Operation::apply(target.clone(), object, options))
        };
        let Some(live) = live else {
            self.request(apply(intent, false).undone_by(undo::made(target)));
            return Ok(());
        };
        let options = request::ApplyOptions::new(MANAGER);
        let preview = self.preview(target, &live, &intent, &options)?;
        if preview.conflicts().is_empty() {
            if preview.written().effect() == request::Effect::Object {
                self.request(apply(intent, false));
            }
            return Ok(());
        }
        // Some are nobody else's: written by kubeadm itself, which replaces objects.
        let (takes, keeps): (Vec<_>, Vec<_>) = preview.conflicts().iter().partition(|conflict| {
            conflict.manager().name() == MANAGER
                || taken.is_some_and(|taken| conflict.path().starts_with(taken))
        });
        if keeps.is_empty() {
            self.request(apply(intent, true));
            return Ok(());
        }
        self.tell_kept(target, &keeps);
        let mut policy = ConflictPolicy::new(Resolution::AdoptEqual);
        for conflict in &takes {
            policy = policy
                .take(&pattern(conflict.path()))
                .map_err(|error| unreadable(target, &error))?;
        }
        let preview = self.preview(target, &live, &intent, &options.policy(policy))?;
        if preview.written().effect() == request::Effect::Object {
            let force = !takes.is_empty();
            self.request(apply(self.ours(target, &preview)?, force));
        }
        Ok(())
    }

    fn preview(
        &self,
        target: &ObjectRef,
        live: &Value,
        intent: &Value,
        options: &request::ApplyOptions,
    ) -> Result<Preview, PhaseError> {
        let engine = self.api.engine();
        engine
            .preview(Some(live.clone()), intent.clone(), options)
            .map_err(|error: RequestError| unreadable(target, &error))
    }

    /// What is left of the intent without the fields that others keep.
    fn ours(&self, target: &ObjectRef, preview: &Preview) -> Result<Value, PhaseError> {
        let resource = &target.resource;
        let ty = self
            .api
            .engine()
            .kinds()
            .ty(&resource.api_version(), &resource.kind)
            .ok_or_else(|| unreadable(target, &"its kind is not known"))?;
        extract::extract_with_keys(preview.object(), MANAGER, "", &ty)
            .map_err(|error| unreadable(target, &error))?
            .ok_or_else(|| unreadable(target, &"nothing of it is ours"))
    }

    fn tell_kept(&mut self, target: &ObjectRef, conflicts: &[&request::Conflict]) {
        for conflict in conflicts {
            let text = format!(
                "{target}: {} belongs to {} and stays as it is",
                conflict.path_text(),
                conflict.manager().name()
            );
            self.note(Note::warning("api.field-kept", text));
        }
    }
}

impl fmt::Debug for ApiDraft<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ApiDraft").field(&self.draft).finish()
    }
}

/// The pattern of one path.
fn pattern(path: &[PathElement]) -> String {
    let elements = path.iter().map(|element| match element {
        PathElement::Field(name) => format!(".{}", Value::from(name.as_ref())),
        PathElement::Key(keys) => {
            let keys = keys.iter().map(|(name, value)| format!("{name}={value}"));
            format!("[{}]", keys.collect::<Vec<_>>().join(","))
        }
        PathElement::Value(value) => format!("[={value}]"),
        PathElement::Index(index) => format!("[{index}]"),
    });
    elements.collect()
}

fn unreadable(target: &ObjectRef, why: &dyn fmt::Display) -> PhaseError {
    PhaseError::invalid("api.invalid", format!("{target}: {why}"))
}

/// The object that a manifest names.
///
/// # Errors
/// It does not say what it is.
pub(crate) fn target_of(object: &Value) -> Result<ObjectRef, PhaseError> {
    ObjectRef::of(object).map_err(|error| {
        PhaseError::invalid(
            "api.not-an-object",
            format!("the object names itself badly: {error}"),
        )
    })
}

/// An object as it is applied: without the fields that only clients written in Go send.
fn intent(mut object: Value) -> Value {
    if let Some(fields) = object.as_object_mut() {
        fields.remove("status");
    }
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("resourceVersion");
    }
    let subjects = object.get_mut("subjects").and_then(Value::as_array_mut);
    for subject in subjects
        .into_iter()
        .flatten()
        .filter_map(Value::as_object_mut)
    {
        if matches!(
            subject.get("kind").and_then(Value::as_str),
            Some("Group" | "User")
        ) {
            subject.entry("apiGroup").or_insert_with(|| RBAC.into());
        }
    }
    fill_field_refs(&mut object);
    object
}

/// Values that are owned as a whole have to say what a server would fill in: left out, it would differ for ever.
fn fill_field_refs(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            if let Some(reference) = fields.get_mut("fieldRef").and_then(Value::as_object_mut) {
                reference.entry("apiVersion").or_insert_with(|| "v1".into());
            }
            fields.values_mut().for_each(fill_field_refs);
        }
        Value::Array(items) => items.iter_mut().for_each(fill_field_refs),
        _ => {}
    }
}
