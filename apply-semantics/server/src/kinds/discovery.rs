//! Which groups, versions, resources and subresources a server of Kubernetes 1.36 serves, as its discovery documents say.
//!
//! The data is `discovery.txt`, in the order in which `/apis` lists the groups, the preferred version first:
//! a line `group/version` (with `off` if it is not served by default); below it, indented by one, its resources:
//! plural, kind, scope, verbs (`all` for the usual eight), and then in any order `short=`, `categories=`,
//! `put-creates` and `needs-version`; below those, indented by two, subresources: name, kind (left out or `=` where it is
//! the resource's own; `version/Kind` or `group/version/Kind` for kinds of other groups) and verbs (left out for get,
//! patch and update).

use std::sync::LazyLock;

/// The verbs of most resources.
const ALL: [&str; 8] = [
    "create",
    "delete",
    "deletecollection",
    "get",
    "list",
    "patch",
    "update",
    "watch",
];

/// The verbs of most subresources.
const VIEW: [&str; 3] = ["get", "patch", "update"];

/// A version of a group and its resources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GroupVersion {
    /// `apps`; empty for the core group.
    pub(crate) group: &'static str,
    /// `v1`.
    pub(crate) version: &'static str,
    /// Whether a server with default settings serves it.
    pub(crate) on_by_default: bool,
    /// Sorted by plural.
    pub(crate) resources: Vec<Resource>,
}

/// A resource: the endpoint of a kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Resource {
    /// `deployments`.
    pub(crate) plural: &'static str,
    /// `Deployment`.
    pub(crate) kind: &'static str,
    /// Whether its objects live in namespaces.
    pub(crate) namespaced: bool,
    /// Sorted.
    pub(crate) verbs: Vec<&'static str>,
    /// `deploy`.
    pub(crate) short_names: Vec<&'static str>,
    /// `all`.
    pub(crate) categories: Vec<&'static str>,
    /// Whether a PUT to a name that is not there creates the object.
    pub(crate) put_creates: bool,
    /// Whether a PUT without a resourceVersion is refused.
    pub(crate) needs_version: bool,
    /// Sorted by name.
    pub(crate) subresources: Vec<Subresource>,
}

/// An endpoint below an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Subresource {
    /// `scale`.
    pub(crate) name: &'static str,
    /// The group and version of its kind, where it is not that of the resource.
    pub(crate) group_version: Option<(&'static str, &'static str)>,
    /// The kind it reads and writes.
    pub(crate) kind: &'static str,
    /// Sorted.
    pub(crate) verbs: Vec<&'static str>,
}

impl GroupVersion {
    /// As `apiVersion` has it: `apps/v1`, `v1`.
    pub(crate) fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.to_owned()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// The resource of that plural.
    pub(crate) fn resource(&self, plural: &str) -> Option<&Resource> {
        self.resources
            .iter()
            .find(|resource| resource.plural == plural)
    }
}

impl Resource {
    /// The name of a single object: the kind in lower case.
    pub(crate) fn singular(&self) -> String {
        self.kind.to_ascii_lowercase()
    }

    /// Whether objects can be stored: resources that only answer a POST cannot.
    pub(crate) fn is_stored(&self) -> bool {
        self.verbs.contains(&"watch")
    }

    /// The subresource of that name.
    pub(crate) fn subresource(&self, name: &str) -> Option<&Subresource> {
        self.subresources.iter().find(|sub| sub.name == name)
    }
}

/// All versions of all groups: the core group, then the others as `/apis` orders them, the preferred version first.
pub(crate) fn group_versions() -> &'static [GroupVersion] {
    static TABLE: LazyLock<Vec<GroupVersion>> =
        LazyLock::new(|| read(include_str!("discovery.txt")));
    &TABLE
}

/// A version of a group.
pub(crate) fn group_version(group: &str, version: &str) -> Option<&'static GroupVersion> {
    group_versions()
        .iter()
        .find(|gv| gv.group == group && gv.version == version)
}

/// The version and resource of a kind.
pub(crate) fn resource_of(
    api_version: &str,
    kind: &str,
) -> Option<(&'static GroupVersion, &'static Resource)> {
    let (group, version) = split_api_version(api_version);
    let gv = group_version(group, version)?;
    let resource = gv.resources.iter().find(|resource| resource.kind == kind)?;
    Some((gv, resource))
}

/// Group and version of an `apiVersion`.
pub(crate) fn split_api_version(api_version: &str) -> (&str, &str) {
    api_version.rsplit_once('/').unwrap_or(("", api_version))
}

/// Lines that do not fit are left out; a test compares the whole with recorded discovery.
fn read(text: &'static str) -> Vec<GroupVersion> {
    let mut table: Vec<GroupVersion> = Vec::new();
    for line in text.lines() {
        if let Some(line) = line.strip_prefix("  ") {
            if let Some(resource) = table.last_mut().and_then(|gv| gv.resources.last_mut()) {
                resource
                    .subresources
                    .extend(subresource(line, resource.kind));
            }
        } else if let Some(line) = line.strip_prefix(' ') {
            if let Some(gv) = table.last_mut() {
                gv.resources.extend(resource(line));
            }
        } else {
            table.push(version(line));
        }
    }
    table
}

fn version(line: &'static str) -> GroupVersion {
    let (name, off) = line.split_once(' ').unwrap_or((line, ""));
    let (group, version) = split_api_version(name);
    GroupVersion {
        group,
        version,
        on_by_default: off.is_empty(),
        resources: Vec::new(),
    }
}

fn resource(line: &'static str) -> Option<Resource> {
    let mut words = line.split(' ');
    let mut resource = Resource {
        plural: words.next()?,
        kind: words.next()?,
        namespaced: words.next()? == "namespaced",
        verbs: verbs(words.next()?),
        short_names: Vec::new(),
        categories: Vec::new(),
        put_creates: false,
        needs_version: false,
        subresources: Vec::new(),
    };
    for word in words {
        match word.split_once('=') {
            Some(("short", names)) => resource.short_names = names.split(',').collect(),
            Some((_, names)) => resource.categories = names.split(',').collect(),
            None if word == "put-creates" => resource.put_creates = true,
            None => resource.needs_version = true,
        }
    }
    Some(resource)
}

fn subresource(line: &'static str, own: &'static str) -> Option<Subresource> {
    let mut words = line.split(' ');
    let name = words.next()?;
    let kind = words.next().filter(|word| *word != "=").unwrap_or(own);
    let (place, kind) = kind.rsplit_once('/').unwrap_or(("", kind));
    Some(Subresource {
        name,
        group_version: (!place.is_empty()).then(|| split_api_version(place)),
        kind,
        verbs: words.next().map_or_else(|| VIEW.to_vec(), verbs),
    })
}

fn verbs(word: &'static str) -> Vec<&'static str> {
    match word {
        "all" => ALL.to_vec(),
        _ => word.split(',').collect(),
    }
}

#[cfg(test)]
mod tests;
