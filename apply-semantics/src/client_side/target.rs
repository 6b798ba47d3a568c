//! The objects that commands are about.

use std::fmt;

use serde_json::Value;

use super::{Failure, Kind, Kinds, object};
use crate::op::ObjectRef;

/// The namespace of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Namespace {
    /// Its name.
    pub name: String,
    /// Whether it was demanded (`--namespace`), so that manifests must not name another one.
    pub enforced: bool,
}

impl Namespace {
    /// The namespace for manifests that name none.
    pub fn default_to(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            enforced: false,
        }
    }

    /// The namespace that all manifests have to be of.
    pub fn enforce(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            enforced: true,
        }
    }
}

/// An object that a command is about, with its manifest if it has one.
#[derive(Clone, PartialEq)]
pub struct Target {
    manifest: Value,
    kind: Kind,
    namespace: Option<String>,
    name: String,
}

impl Target {
    /// The object that a manifest describes. Its namespace is filled in.
    ///
    /// # Errors
    /// The manifest names no kind, or one that is not served, or another namespace than the demanded one.
    pub fn of(manifest: Value, kinds: &Kinds, namespace: &Namespace) -> Result<Self, Failure> {
        let need = |field| object::top(&manifest, field).ok_or(Failure::Malformed { field });
        let (api_version, kind) = (need("apiVersion")?, need("kind")?);
        let kind = kinds.find(api_version, kind).cloned().ok_or_else(|| {
            let (api_version, kind) = (api_version.to_owned(), kind.to_owned());
            Failure::UnknownKind { api_version, kind }
        })?;
        let mut target = Self {
            name: object::text(&manifest, "name")
                .unwrap_or_default()
                .to_owned(),
            namespace: None,
            manifest,
            kind,
        };
        if target.kind.namespaced {
            target.enter(namespace)?;
        }
        Ok(target)
    }

    /// An object by its name.
    pub fn named(kind: &Kind, namespace: &Namespace, name: impl Into<String>) -> Self {
        Self {
            manifest: Value::Null,
            kind: kind.clone(),
            namespace: kind.namespaced.then(|| namespace.name.clone()),
            name: name.into(),
        }
    }

    fn enter(&mut self, namespace: &Namespace) -> Result<(), Failure> {
        let own = object::text(&self.manifest, "namespace").map(str::to_owned);
        match &own {
            Some(own) if namespace.enforced && *own != namespace.name => {
                return Err(Failure::OtherNamespace {
                    found: own.clone(),
                    wanted: namespace.name.clone(),
                });
            }
            Some(_) => {}
            None => object::set(
                &mut self.manifest,
                "namespace",
                namespace.name.as_str().into(),
            ),
        }
        self.namespace = own.or_else(|| Some(namespace.name.clone()));
        Ok(())
    }

    /// The manifest, with its namespace; null for an object that is only named.
    pub fn manifest(&self) -> &Value {
        &self.manifest
    }

    /// The kind.
    pub fn kind(&self) -> &Kind {
        &self.kind
    }

    /// The namespace, if the kind has namespaces.
    pub fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    /// The object as operations name it.
    pub fn reference(&self) -> ObjectRef {
        self.reference_to(None)
    }

    pub(super) fn reference_to(&self, subresource: Option<&str>) -> ObjectRef {
        ObjectRef {
            resource: self.kind.resource.clone(),
            namespace: self.namespace.clone(),
            name: self.name.clone(),
            subresource: subresource.map(str::to_owned),
        }
    }

    pub(super) fn check_name(&self) -> Result<(), Failure> {
        if !self.name.is_empty() {
            return Ok(());
        }
        let prefix = object::text(&self.manifest, "generateName");
        Err(match prefix.map(str::to_owned) {
            Some(prefix) => Failure::GeneratedName { prefix },
            None => Failure::NoName,
        })
    }

    /// Adds a label that the manifest must not have yet.
    pub(super) fn add_label(&mut self, key: &str, text: &str) -> bool {
        let mut labels = object::strings(&self.manifest, "labels").unwrap_or_default();
        let new = labels.insert(key.to_owned(), text.to_owned()).is_none();
        object::set_strings(&mut self.manifest, "labels", labels);
        new
    }
}

/// Manifests may hold secrets, so only the reference is shown.
impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target({})", self.reference())
    }
}

/// The objects of documents: a list counts as its items, which take `apiVersion` and `kind` from the list where they have none.
pub(super) fn flatten(documents: Vec<Value>) -> Vec<Value> {
    documents.into_iter().flat_map(items).collect()
}

fn items(mut document: Value) -> Vec<Value> {
    let kind = object::top(&document, "kind").map(str::to_owned);
    let version = object::top(&document, "apiVersion").map(str::to_owned);
    let Some(Value::Array(items)) = document.get_mut("items").map(Value::take) else {
        return vec![document];
    };
    let of_list = kind.as_deref().and_then(|kind| kind.strip_suffix("List"));
    let adopt = |mut item: Value| {
        if let (Some(object), Some(kind)) = (item.as_object_mut(), of_list)
            && !object.contains_key("kind")
            && !kind.is_empty()
        {
            object.insert("kind".to_owned(), kind.into());
            if let Some(version) = &version {
                let place = object.entry("apiVersion");
                place.or_insert_with(|| version.as_str().into());
            }
        }
        item
    };
    items.into_iter().map(adopt).flat_map(self::items).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lists_are_taken_apart() {
        let inner = json!({"apiVersion": "v1", "kind": "List", "items": [{"kind": "Pod"}]});
        let list =
            json!({"apiVersion": "v1", "kind": "SecretList", "items": [{"metadata": {}}, inner]});
        assert_eq!(
            flatten(vec![list, json!({"kind": "Node"})]),
            [
                json!({"apiVersion": "v1", "kind": "Secret", "metadata": {}}),
                json!({"kind": "Pod"}),
                json!({"kind": "Node"}),
            ]
        );
    }

    #[test]
    fn namespaces_are_filled_in_or_held_against_the_demanded_one() {
        let kinds = Kinds::builtin();
        let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a", "namespace": "b"}});
        let node = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "a"}});
        let other = Namespace::enforce("c");
        assert_eq!(
            Target::of(secret.clone(), &kinds, &other),
            Err(Failure::OtherNamespace {
                found: "b".to_owned(),
                wanted: "c".to_owned()
            })
        );
        let target = Target::of(secret, &kinds, &Namespace::default_to("c")).unwrap();
        assert_eq!(target.namespace(), Some("b"));
        let target = Target::of(node.clone(), &kinds, &other).unwrap();
        assert_eq!((target.namespace(), target.manifest()), (None, &node));
    }
}
