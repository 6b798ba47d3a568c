//! Who owns each field of an object, since when, and why it is still there.
//!
//! [`explain`] lays `metadata.managedFields` over the object it belongs to. Every place of the object comes out once, with its
//! owners; what nobody owns is told from what the server fills in. The answer is data ([`Explanation::fields`], or JSON through
//! serde), annotated YAML, or a tree for a terminal.
//!
//! ```
//! use apply_semantics::explain::{Reason, View, explain};
//! use serde_json::json;
//!
//! let deployment = json!({
//!     "apiVersion": "apps/v1", "kind": "Deployment",
//!     "metadata": {"name": "web", "managedFields": [
//!         {"manager": "deployer", "operation": "Apply", "apiVersion": "apps/v1", "fieldsType": "FieldsV1",
//!          "fieldsV1": {"f:spec": {"f:template": {"f:spec": {"f:containers": {
//!              "k:{\"name\":\"app\"}": {".": {}, "f:image": {}, "f:name": {}}}}}}}},
//!         {"manager": "scaler", "operation": "Update", "apiVersion": "apps/v1", "subresource": "scale",
//!          "fieldsType": "FieldsV1", "fieldsV1": {"f:spec": {"f:replicas": {}}}},
//!     ]},
//!     "spec": {"paused": false, "replicas": 5, "template": {"spec": {"containers": [{"name": "app", "image": "web:1"}]}}},
//! });
//! let explanation = explain(&deployment)?;
//!
//! let image = explanation.of(r#".spec.template.spec.containers[name="app"].image"#)?;
//! assert_eq!(image.owners().next().map(|owner| owner.name()), Some("deployer"));
//! assert_eq!(explanation.of("/spec/paused")?.why().reason(), Reason::Unowned);
//! assert_eq!(explanation.conflicts_at("deployer", "", &explanation.of("/spec/replicas")?.path(), &json!(3))?.len(), 1);
//!
//! assert_eq!(explanation.yaml(View::new()), r#"
//! apiVersion: apps/v1
//! kind: Deployment
//! metadata:
//!   name: web
//! spec:
//!   paused: false
//!   replicas: 5         # scaler (Update, scale)
//!   template:
//!     spec:
//!       containers:
//!       - image: web:1  # deployer (Apply)
//!         name: app     # deployer (Apply)
//! "#.trim_start());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # How places are told apart
//!
//! Lists are taken apart by the type of the object: by [`explain_as`] that type is given, by [`explain`] it is that of the
//! built-in kind, and for other kinds it is [inferred](infer_type) from the sets of fields themselves, which name the keys of
//! list elements and leave out what is inside a value that is owned as a whole.
//!
//! Fields are named in the version of each entry. An owner whose fields are named in another version than the object shows up
//! where the names agree; the rest of its fields is [absent](Explanation::absent), like every field that is owned and not there.

mod align;
mod conflict;
mod data;
mod field;
mod find;
mod infer;
mod label;
mod owned;
mod scalar;
mod secret;
mod tree;
mod walk;
mod why;
mod yaml;

use serde_json::Value;

use crate::{
    fieldset::FieldSet,
    managed_fields::{Entry, ManagedFields, ManagedFieldsError},
    path::PathElement,
    schema::Type,
};

pub use conflict::Conflict;
pub use field::{Field, Shape};
pub use find::NoSuchField;
pub use why::{Fate, Reason, Why};

use walk::Node;

/// An object with the owners of its fields. It borrows the object.
#[derive(Clone)]
pub struct Explanation<'a> {
    object: &'a Value,
    ty: Type,
    entries: Vec<Entry>,
    /// The places of the object, each before those in it; the first is the object itself.
    nodes: Vec<Node<'a>>,
    /// What each entry owns that is not in the object.
    absent: Vec<FieldSet>,
    secret: bool,
}

/// Explains an object by the type of its kind, if that is built in, and else by the one [inferred](infer_type) from its entries.
///
/// # Errors
/// The entries of `metadata.managedFields` cannot be read.
pub fn explain(object: &Value) -> Result<Explanation<'_>, ManagedFieldsError> {
    explain_as(object, &type_of(object)?)
}

/// Explains an object by a type. Where the object does not fit the type, it is explained as far as it does.
///
/// # Errors
/// The entries of `metadata.managedFields` cannot be read.
pub fn explain_as<'a>(object: &'a Value, ty: &Type) -> Result<Explanation<'a>, ManagedFieldsError> {
    let entries: Vec<Entry> = ManagedFields::decode(object)?.into_iter().collect();
    let reconciled = |entry: Entry| match ty.reconcile(entry.fields()) {
        Ok(Some(fields)) => entry.with_fields(fields),
        _ => entry,
    };
    let entries: Vec<Entry> = entries.into_iter().map(reconciled).collect();
    let nodes = walk::walk(ty, object, &owned::Owned::of(&entries));
    let mut explanation = Explanation {
        object,
        ty: ty.clone(),
        absent: entries.iter().map(|entry| entry.fields().clone()).collect(),
        entries,
        nodes,
        secret: secret::is_secret(object),
    };
    explanation.absent = explanation.find_absent();
    Ok(explanation)
}

/// The type by which [`explain`] explains an object.
///
/// # Errors
/// The entries of `metadata.managedFields` cannot be read.
pub fn type_of(object: &Value) -> Result<Type, ManagedFieldsError> {
    let text = |name| object.get(name).and_then(Value::as_str).unwrap_or_default();
    match Type::builtin(text("apiVersion"), text("kind")) {
        Some(ty) => Ok(ty),
        None => ManagedFields::decode(object).map(|entries| infer_type(&entries)),
    }
}

/// The type that the sets of fields of an object show, for kinds whose schema is not at hand: which lists have elements that
/// are told apart, and by which keys; what is owned as a whole; which maps have keys of their own rather than declared fields.
/// What no set says anything about is [deduced](Type::deduced) from the values.
pub fn infer_type(entries: &ManagedFields) -> Type {
    infer::infer(entries.iter())
}

impl<'a> Explanation<'a> {
    /// The object.
    pub fn object(&self) -> &'a Value {
        self.object
    }

    /// The type by which it is explained.
    pub fn ty(&self) -> &Type {
        &self.ty
    }

    /// The entries of `metadata.managedFields`, in the order of the server, with their fields as the type has them: where
    /// something is owned that is inside a value that the type owns as a whole, the whole is owned.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Every place of the object once, each before those in it, in the order of the object; without the object itself and
    /// `metadata.managedFields`.
    pub fn fields(&self) -> impl Iterator<Item = Field<'_>> {
        (1..self.nodes.len()).map(|index| self.field(index))
    }

    /// The leaves: scalars, nulls, and lists and maps that are empty or owned as a whole.
    pub fn leaves(&self) -> impl Iterator<Item = Field<'_>> {
        self.fields().filter(|field| field.is_leaf())
    }

    /// The leaves that nobody owns and that are not [the server's](Field::is_servers): defaults, what controllers wrote without
    /// leaving a trace, and what was left behind. No apply removes them.
    pub fn unowned(&self) -> impl Iterator<Item = Field<'_>> {
        self.leaves().filter(|field| field.is_unowned())
    }

    /// The fields that some entry of managers with that name owns.
    pub fn owned_by(&self, manager: &str) -> impl Iterator<Item = Field<'_>> {
        self.fields()
            .filter(move |field| field.owners().any(|owner| owner.name() == manager))
    }

    /// What is owned and is not in the object, by entry: fields that were applied as null, and names of other versions.
    pub fn absent(&self) -> impl Iterator<Item = (&Entry, &FieldSet)> {
        let all = self.entries.iter().zip(&self.absent);
        all.filter(|(_, fields)| !fields.is_empty())
    }

    /// The field at a path of the object. There can be several, if an element of a list is there more than once; this is the
    /// first.
    pub fn at(&self, path: &[PathElement]) -> Option<Field<'_>> {
        let mut field = self.field(0);
        for element in path {
            field = field
                .children()
                .find(|child| child.element() == Some(element))?;
        }
        (!path.is_empty()).then_some(field)
    }

    /// The field of a text: a JSON pointer (`/spec/containers/0/image`), or a path as Kubernetes prints it in conflicts
    /// (`.spec.containers[name="app"].image`), where list elements may also be counted (`[0]`), quotes and the first dot left
    /// out, and map keys quoted (`.data["a.b"]`). A place inside a value that is owned as a whole leads to that value.
    ///
    /// # Errors
    /// There is no such field in the object.
    pub fn of(&self, text: &str) -> Result<Field<'_>, NoSuchField> {
        find::find(self.field(0), text)
    }

    /// The annotated object as YAML: behind each field stand its owners, if it has any.
    /// A line that begins a list element names first the owners of its field, then, if they are others, those of the element.
    ///
    /// The YAML reads back as the object without `metadata.managedFields`, unless it is a Secret whose values are hidden.
    pub fn yaml(&self, view: View) -> String {
        yaml::yaml(self, view)
    }

    /// The annotated object as a tree for a terminal.
    pub fn tree(&self, view: View) -> String {
        tree::tree(self, view)
    }

    fn field(&self, index: usize) -> Field<'_> {
        Field::new(self, index)
    }

    fn find_absent(&self) -> Vec<FieldSet> {
        let entries = self.entries.iter().enumerate();
        let absent = |(index, entry): (usize, &Entry)| {
            let owned = self.fields().filter(|field| field.is_owned_by(index));
            let present: FieldSet = owned.map(Field::path).collect();
            entry.fields().difference(&present)
        };
        entries.map(absent).collect()
    }
}

/// The values may be secret, so only the owners are shown.
impl std::fmt::Debug for Explanation<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Explanation")
            .field("type", &self.ty)
            .field("entries", &self.entries)
            .field("fields", &(self.nodes.len() - 1))
            .finish_non_exhaustive()
    }
}

/// How an explanation is shown.
#[allow(clippy::struct_excessive_bools, reason = "each is a choice of its own")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct View {
    times: bool,
    unowned: bool,
    secrets: bool,
    color: bool,
}

impl View {
    /// Owners with their operation; secrets hidden, no colours.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same, with the time since which each owner has its fields.
    #[must_use]
    pub fn times(self) -> Self {
        Self {
            times: true,
            ..self
        }
    }

    /// The same, with a mark at fields that nobody owns.
    #[must_use]
    pub fn unowned(self) -> Self {
        Self {
            unowned: true,
            ..self
        }
    }

    /// The same, with the values of Secrets.
    #[must_use]
    pub fn secrets(self) -> Self {
        Self {
            secrets: true,
            ..self
        }
    }

    /// The same, with ANSI colours in trees: one for each manager.
    #[must_use]
    pub fn color(self) -> Self {
        Self {
            color: true,
            ..self
        }
    }
}
