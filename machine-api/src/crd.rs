//! CustomResourceDefinitions of the kinds.

mod table;

use serde_json::{Map, Value, json};

/// What the API server is told about a kind: its names, and for each version its schema, subresources and columns.
///
/// How objects are converted from one version to another is not in it, since that is a webhook of whoever installs the
/// definition: before it is installed, `spec.conversion` has to name one.
#[derive(Clone, Copy, Debug)]
pub struct Definition {
    group: &'static str,
    kind: &'static str,
    plural: &'static str,
    short_names: &'static [&'static str],
    namespaced: bool,
    versions: &'static [Version],
}

#[derive(Clone, Copy, Debug)]
struct Version {
    name: &'static str,
    schema: fn() -> Value,
    deprecated: bool,
    status: bool,
    scale: Scale,
    columns: &'static [Column],
}

/// Whether there is a subresource that counts replicas.
#[derive(Clone, Copy, Debug)]
enum Scale {
    None,
    /// There is one.
    Counted,
    /// There is one, and it has a selector.
    Selected,
}

impl Scale {
    fn to_value(self) -> Option<Value> {
        let (specified, status) = (".spec.replicas", ".status.replicas");
        match self {
            Self::None => None,
            Self::Counted => {
                Some(json!({"specReplicasPath": specified, "statusReplicasPath": status}))
            }
            Self::Selected => Some(json!({
                "specReplicasPath": specified,
                "statusReplicasPath": status,
                "labelSelectorPath": ".status.selector",
            })),
        }
    }
}

/// A column of the table that `kubectl get` shows.
#[derive(Clone, Copy, Debug)]
struct Column {
    name: &'static str,
    kind: &'static str,
    source: Source,
    wide: bool,
}

#[derive(Clone, Copy, Debug)]
enum Source {
    Path(&'static str),
    /// The status of the condition.
    Condition(&'static str),
}

impl Column {
    const AGE: Self = Self::new("Age", "date", ".metadata.creationTimestamp");

    const fn new(name: &'static str, kind: &'static str, path: &'static str) -> Self {
        Self {
            name,
            kind,
            source: Source::Path(path),
            wide: false,
        }
    }

    const fn condition(name: &'static str, condition: &'static str) -> Self {
        Self {
            name,
            kind: "string",
            source: Source::Condition(condition),
            wide: false,
        }
    }

    /// Only shown with `-o wide`.
    const fn wide(mut self) -> Self {
        self.wide = true;
        self
    }

    fn to_value(self) -> Value {
        let path = match self.source {
            Source::Path(path) => path.to_owned(),
            Source::Condition(name) => {
                format!(".status.conditions[?(@.type==\"{name}\")].status")
            }
        };
        if self.wide {
            json!({"name": self.name, "type": self.kind, "jsonPath": path, "priority": 10})
        } else {
            json!({"name": self.name, "type": self.kind, "jsonPath": path})
        }
    }
}

impl Version {
    fn to_value(self, stored: bool) -> Value {
        let mut subresources = Map::new();
        if self.status {
            subresources.insert("status".to_owned(), json!({}));
        }
        if let Some(scale) = self.scale.to_value() {
            subresources.insert("scale".to_owned(), scale);
        }
        let columns: Vec<_> = self
            .columns
            .iter()
            .map(|column| column.to_value())
            .collect();
        let mut version = Map::from_iter([
            ("name".to_owned(), self.name.into()),
            ("served".to_owned(), true.into()),
            ("storage".to_owned(), stored.into()),
            (
                "schema".to_owned(),
                json!({"openAPIV3Schema": (self.schema)()}),
            ),
            ("subresources".to_owned(), subresources.into()),
            ("additionalPrinterColumns".to_owned(), columns.into()),
        ]);
        if self.deprecated {
            version.insert("deprecated".to_owned(), true.into());
        }
        version.into()
    }
}

impl Definition {
    /// Its group.
    pub const fn group(&self) -> &'static str {
        self.group
    }

    /// The kind.
    pub const fn kind(&self) -> &'static str {
        self.kind
    }

    /// The CustomResourceDefinition. The newest version is the one that is stored.
    pub fn to_value(&self) -> Value {
        let stored = self.versions.last().map(|version| version.name);
        let versions: Vec<_> = self
            .versions
            .iter()
            .map(|version| version.to_value(Some(version.name) == stored))
            .collect();
        let mut names = Map::from_iter([
            ("kind".to_owned(), self.kind.into()),
            ("listKind".to_owned(), format!("{}List", self.kind).into()),
            ("plural".to_owned(), self.plural.into()),
            ("singular".to_owned(), self.kind.to_lowercase().into()),
            ("categories".to_owned(), json!(["cluster-api"])),
        ]);
        if !self.short_names.is_empty() {
            names.insert("shortNames".to_owned(), self.short_names.into());
        }
        json!({
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": format!("{}.{}", self.plural, self.group)},
            "spec": {
                "group": self.group,
                "names": names,
                "scope": if self.namespaced { "Namespaced" } else { "Cluster" },
                "versions": versions,
            },
        })
    }
}

/// The definitions of all kinds, by group.
///
/// ```
/// let cluster = machine_api::crd::definitions().iter().find(|one| one.kind() == "Cluster");
/// let crd = cluster.map(|one| one.to_value()).unwrap_or_default();
/// assert_eq!(crd["metadata"]["name"], "clusters.cluster.x-k8s.io");
/// assert_eq!(crd["spec"]["versions"][1]["storage"], true);
/// ```
pub const fn definitions() -> &'static [Definition] {
    &table::DEFINITIONS
}
