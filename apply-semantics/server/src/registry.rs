//! Which resources there are: the built-in ones, and those that custom resource definitions add.

use std::{collections::BTreeMap, sync::Arc};

use apply_semantics::op::ResourceRef;

use crate::{custom::CustomVersion, kinds::discovery};

/// A resource in one version.
#[derive(Debug, Clone)]
pub(crate) struct Resource {
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) plural: String,
    pub(crate) singular: String,
    pub(crate) kind: String,
    pub(crate) list_kind: String,
    pub(crate) namespaced: bool,
    pub(crate) verbs: Vec<String>,
    pub(crate) short_names: Vec<String>,
    pub(crate) categories: Vec<String>,
    pub(crate) subresources: Vec<Subresource>,
    /// The version in which objects are kept.
    pub(crate) storage_version: String,
    /// A PUT to a name that is not there creates the object.
    pub(crate) put_creates: bool,
    /// A PUT without a resource version is refused.
    pub(crate) needs_version: bool,
    /// What a definition says; `None` for built-in kinds.
    pub(crate) custom: Option<Arc<CustomVersion>>,
    /// The name of the table that holds the objects of all versions.
    pub(crate) table: Arc<str>,
}

#[derive(Debug, Clone)]
pub(crate) struct Subresource {
    pub(crate) name: String,
    /// Group, version and kind that it speaks.
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) kind: String,
    pub(crate) verbs: Vec<String>,
}

impl Resource {
    pub(crate) fn api_version(&self) -> String {
        api_version(&self.group, &self.version)
    }

    /// Whether that is its `apiVersion`.
    pub(crate) fn has_version(&self, api_version: &str) -> bool {
        let version = if self.group.is_empty() {
            Some(api_version)
        } else {
            let version = api_version.strip_prefix(&*self.group);
            version.and_then(|version| version.strip_prefix('/'))
        };
        version == Some(&*self.version)
    }

    pub(crate) fn reference(&self) -> ResourceRef {
        ResourceRef::new(&*self.group, &*self.version, &*self.plural, &*self.kind)
    }

    /// `deployments.apps`.
    pub(crate) fn qualified(&self) -> String {
        if self.group.is_empty() {
            self.plural.clone()
        } else {
            format!("{}.{}", self.plural, self.group)
        }
    }

    /// `Deployment.apps`.
    pub(crate) fn qualified_kind(&self) -> String {
        if self.group.is_empty() {
            self.kind.clone()
        } else {
            format!("{}.{}", self.kind, self.group)
        }
    }

    /// The `apiVersion` in which objects are kept.
    pub(crate) fn stored_as(&self) -> String {
        api_version(self.table_group(), &self.storage_version)
    }

    /// The group in whose table the objects are: that of the resource, but for events, which two groups share.
    fn table_group(&self) -> &str {
        self.table.rsplit_once('/').map_or("", |(group, _)| group)
    }

    pub(crate) fn subresource(&self, name: &str) -> Option<&Subresource> {
        self.subresources.iter().find(|sub| sub.name == name)
    }

    pub(crate) fn allows(&self, verb: &str) -> bool {
        self.verbs.iter().any(|allowed| allowed == verb)
    }

    pub(crate) fn is_builtin(&self, group: &str, plural: &str) -> bool {
        self.custom.is_none() && self.group == group && self.plural == plural
    }
}

pub(crate) fn api_version(group: &str, version: &str) -> String {
    if group.is_empty() {
        version.to_owned()
    } else {
        format!("{group}/{version}")
    }
}

/// All resources by group, version and plural; groups and versions in the order in which discovery lists them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Registry {
    resources: BTreeMap<(String, String, String), Arc<Resource>>,
    order: Vec<(String, String)>,
}

impl Registry {
    /// The built-in resources that a server serves by default, or all of them.
    pub(crate) fn builtin(all: bool) -> Self {
        let mut registry = Self::default();
        let served = |gv: &&discovery::GroupVersion| all || gv.on_by_default;
        for gv in discovery::group_versions().iter().filter(served) {
            for resource in &gv.resources {
                registry.insert(builtin(gv, resource, all));
            }
        }
        registry
    }

    pub(crate) fn get(&self, group: &str, version: &str, plural: &str) -> Option<&Arc<Resource>> {
        let key = (group.to_owned(), version.to_owned(), plural.to_owned());
        self.resources.get(&key)
    }

    /// The resource of a kind.
    pub(crate) fn of_kind(&self, api_version: &str, kind: &str) -> Option<&Arc<Resource>> {
        let (group, version) = discovery::split_api_version(api_version);
        self.in_version(group, version)
            .find(|resource| resource.kind == kind)
    }

    /// The resources of a version of a group, by plural.
    pub(crate) fn in_version(
        &self,
        group: &str,
        version: &str,
    ) -> impl Iterator<Item = &Arc<Resource>> {
        let from = (group.to_owned(), version.to_owned(), String::new());
        let same = (group.to_owned(), version.to_owned());
        self.resources
            .range(from..)
            .take_while(move |((group, version, _), _)| *group == same.0 && *version == same.1)
            .map(|(_, resource)| resource)
    }

    /// Groups and versions, in order, the preferred version of each group first.
    pub(crate) fn group_versions(&self) -> &[(String, String)] {
        &self.order
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Arc<Resource>> {
        self.resources.values()
    }

    /// The resource of a table in the version that is stored.
    pub(crate) fn of_table(&self, table: &str) -> Option<&Arc<Resource>> {
        self.all().find(|resource| {
            &*resource.table == table
                && resource.group == resource.table_group()
                && resource.version == resource.storage_version
        })
    }

    pub(crate) fn insert(&mut self, resource: Resource) {
        let gv = (resource.group.clone(), resource.version.clone());
        if !self.order.contains(&gv) {
            // Versions of one group stay together.
            let last = self.order.iter().rposition(|(group, _)| *group == gv.0);
            self.order
                .insert(last.map_or(self.order.len(), |at| at + 1), gv.clone());
        }
        self.resources
            .insert((gv.0, gv.1, resource.plural.clone()), Arc::new(resource));
    }

    /// Takes the resource away in all its versions.
    pub(crate) fn remove(&mut self, group: &str, plural: &str) {
        self.resources
            .retain(|(g, _, p), _| !(g == group && p == plural));
        let resources = &self.resources;
        self.order.retain(|(group, version)| {
            resources.keys().any(|(g, v, _)| g == group && v == version)
        });
    }
}

fn builtin(gv: &discovery::GroupVersion, resource: &discovery::Resource, all: bool) -> Resource {
    let stored = discovery::group_versions()
        .iter()
        .filter(|other| other.group == gv.group && (all || other.on_by_default))
        .find(|other| other.resource(resource.plural).is_some());
    let strings = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    Resource {
        group: gv.group.to_owned(),
        version: gv.version.to_owned(),
        plural: resource.plural.to_owned(),
        singular: resource.singular(),
        kind: resource.kind.to_owned(),
        list_kind: format!("{}List", resource.kind),
        namespaced: resource.namespaced,
        verbs: strings(&resource.verbs),
        short_names: strings(&resource.short_names),
        categories: strings(&resource.categories),
        subresources: resource
            .subresources
            .iter()
            .map(|sub| subresource(gv, sub))
            .collect(),
        storage_version: stored
            .map_or(gv.version, |stored| stored.version)
            .to_owned(),
        put_creates: resource.put_creates,
        needs_version: resource.needs_version,
        custom: None,
        table: match (gv.group, resource.plural) {
            ("events.k8s.io", "events") => "/events".into(),
            (group, plural) => format!("{group}/{plural}").into(),
        },
    }
}

fn subresource(gv: &discovery::GroupVersion, sub: &discovery::Subresource) -> Subresource {
    let (group, version) = sub.group_version.unwrap_or((gv.group, gv.version));
    Subresource {
        name: sub.name.to_owned(),
        group: group.to_owned(),
        version: version.to_owned(),
        kind: sub.kind.to_owned(),
        verbs: sub.verbs.iter().map(|verb| (*verb).to_owned()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_resources_are_found_by_url_and_by_kind() {
        let registry = Registry::builtin(false);
        let deployments = registry.get("apps", "v1", "deployments").unwrap();
        assert_eq!(deployments.kind, "Deployment");
        assert_eq!(deployments.qualified(), "deployments.apps");
        assert!(deployments.has_version("apps/v1"));
        for other in ["v1", "apps/v1beta1", "app/v1", "apps", "appsv1", ""] {
            assert!(!deployments.has_version(other), "{other}");
        }
        let pods = registry.get("", "v1", "pods").unwrap();
        assert!(pods.has_version("v1") && !pods.has_version("/v1"));
        assert!(deployments.subresource("status").is_some());
        let hpa = registry
            .of_kind("autoscaling/v1", "HorizontalPodAutoscaler")
            .unwrap();
        assert_eq!(hpa.storage_version, "v2");
        assert_eq!(
            registry.group_versions()[0],
            (String::new(), "v1".to_owned())
        );
    }

    #[test]
    fn a_removed_resource_takes_its_version_along() {
        let mut registry = Registry::builtin(false);
        let before = registry.group_versions().len();
        let mut custom = Resource::clone(registry.get("apps", "v1", "deployments").unwrap());
        custom.group = "example.io".to_owned();
        registry.insert(custom);
        assert_eq!(registry.group_versions().len(), before + 1);
        registry.remove("example.io", "deployments");
        assert_eq!(registry.group_versions().len(), before);
    }
}
