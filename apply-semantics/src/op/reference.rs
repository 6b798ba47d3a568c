//! What operations are about: resources, collections, objects.

use std::fmt;

use serde_json::Value;

use super::FormError;

/// A resource of an API: what its URL says, and the kind of its objects.
///
/// ```
/// use apply_semantics::op::ResourceRef;
///
/// let policies = ResourceRef::of_kind("networking.k8s.io/v1", "NetworkPolicy");
/// assert_eq!(policies.resource, "networkpolicies");
/// assert_eq!(policies.api_version(), "networking.k8s.io/v1");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct ResourceRef {
    /// The API group; empty for the core group.
    pub group: String,
    /// The version within the group, such as `v1`.
    pub version: String,
    /// The name in URLs: plural and lower case.
    pub resource: String,
    /// The kind of the objects; empty when only the URL is known.
    pub kind: String,
}

impl ResourceRef {
    /// A resource whose names are all known.
    pub fn new(
        group: impl Into<String>,
        version: impl Into<String>,
        resource: impl Into<String>,
        kind: impl Into<String>,
    ) -> Self {
        Self {
            group: group.into(),
            version: version.into(),
            resource: resource.into(),
            kind: kind.into(),
        }
    }

    /// The resource of a kind. Its name is guessed from the kind as Kubernetes' own tools guess it, which is right for all built-in
    /// kinds; a custom kind with a plural of its own needs [`ResourceRef::new`].
    ///
    /// Follows `UnsafeGuessKindToResource` of k8s.io/apimachinery.
    pub fn of_kind(api_version: &str, kind: &str) -> Self {
        let (group, version) = split_api_version(api_version);
        Self::new(group, version, plural(kind), kind)
    }

    /// `group/version`, or the version alone for the core group.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.clone()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// `resource.group`, as messages of an API server name it; the resource alone for the core group.
    pub fn qualified(&self) -> String {
        if self.group.is_empty() {
            self.resource.clone()
        } else {
            format!("{}.{}", self.resource, self.group)
        }
    }

    /// All objects of the resource, or its objects in no namespace.
    pub fn all(self) -> CollectionRef {
        CollectionRef {
            resource: self,
            namespace: None,
        }
    }

    /// The objects of the resource in a namespace.
    pub fn within(self, namespace: impl Into<String>) -> CollectionRef {
        CollectionRef {
            resource: self,
            namespace: Some(namespace.into()),
        }
    }

    /// What a reader is told: the kind if it is known.
    fn label(&self) -> &str {
        if self.kind.is_empty() {
            &self.resource
        } else {
            &self.kind
        }
    }
}

impl fmt::Display for ResourceRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.api_version(), self.label())
    }
}

/// Objects of one resource: those of a namespace, of all namespaces, or outside of namespaces.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct CollectionRef {
    /// The resource.
    pub resource: ResourceRef,
    /// The namespace; `None` for all namespaces and for resources without.
    pub namespace: Option<String>,
}

impl CollectionRef {
    /// The object of that name.
    pub fn named(self, name: impl Into<String>) -> ObjectRef {
        ObjectRef {
            resource: self.resource,
            namespace: self.namespace,
            name: name.into(),
            subresource: None,
        }
    }
}

impl fmt::Display for CollectionRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.namespace {
            Some(namespace) => write!(f, "{} in {namespace}", self.resource),
            None => self.resource.fmt(f),
        }
    }
}

/// One object, or one of its subresources.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct ObjectRef {
    /// The resource.
    pub resource: ResourceRef,
    /// The namespace; `None` for objects outside of namespaces.
    pub namespace: Option<String>,
    /// The name.
    pub name: String,
    /// A subresource, such as `status`.
    pub subresource: Option<String>,
}

impl ObjectRef {
    /// The object that a manifest describes, by its `apiVersion`, `kind`, `metadata.namespace` and `metadata.name`.
    ///
    /// # Errors
    /// One of the fields is missing (a namespace may be) or no string.
    pub fn of(object: &Value) -> Result<Self, FormError> {
        let text = |path: &str| {
            object
                .pointer(path)
                .and_then(Value::as_str)
                .filter(|text| !text.is_empty())
        };
        let need = |path: &str| {
            text(path).ok_or_else(|| {
                FormError::new(path.trim_start_matches('/').replace('/', "."), "required")
            })
        };
        Ok(Self {
            resource: ResourceRef::of_kind(need("/apiVersion")?, need("/kind")?),
            namespace: text("/metadata/namespace").map(str::to_owned),
            name: need("/metadata/name")?.to_owned(),
            subresource: None,
        })
    }

    /// A subresource of the object.
    #[must_use]
    pub fn subresource(mut self, subresource: impl Into<String>) -> Self {
        self.subresource = Some(subresource.into());
        self
    }

    /// The collection that the object is in.
    pub fn collection(&self) -> CollectionRef {
        CollectionRef {
            resource: self.resource.clone(),
            namespace: self.namespace.clone(),
        }
    }
}

impl fmt::Display for ObjectRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.resource)?;
        if let Some(namespace) = &self.namespace {
            write!(f, "{namespace}/")?;
        }
        f.write_str(&self.name)?;
        match &self.subresource {
            Some(subresource) => write!(f, " ({subresource})"),
            None => Ok(()),
        }
    }
}

/// `apps/v1` is group `apps`, version `v1`; `v1` is the core group.
pub(super) fn split_api_version(api_version: &str) -> (&str, &str) {
    api_version.split_once('/').unwrap_or(("", api_version))
}

fn plural(kind: &str) -> String {
    let singular = kind.to_ascii_lowercase();
    if singular.ends_with("endpoints") {
        return singular;
    }
    match singular.char_indices().last() {
        Some((_, 's')) => format!("{singular}es"),
        Some((at, 'y')) => format!("{}ies", singular.get(..at).unwrap_or_default()),
        Some(_) => format!("{singular}s"),
        None => singular,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn plurals_are_those_of_the_built_in_kinds() {
        for (kind, resource) in [
            ("Pod", "pods"),
            ("Ingress", "ingresses"),
            ("NetworkPolicy", "networkpolicies"),
            ("Endpoints", "endpoints"),
            ("EndpointSlice", "endpointslices"),
            ("StorageClass", "storageclasses"),
        ] {
            assert_eq!(ResourceRef::of_kind("v1", kind).resource, resource);
        }
    }

    #[test]
    fn a_manifest_names_its_object() {
        let object = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"namespace": "a", "name": "b"}});
        let found = ObjectRef::of(&object).unwrap();
        assert_eq!(found.to_string(), "apps/v1 Deployment a/b");
        assert_eq!(found.resource.qualified(), "deployments.apps");
        let error = ObjectRef::of(&json!({"apiVersion": "v1", "kind": "Pod"})).unwrap_err();
        assert_eq!(error.to_string(), "metadata.name: required");
    }
}
