//! Names of cluster properties.

use serde::{Deserialize, Serialize};

use crate::{
    Error,
    error::{NameKind, Shown},
    name::check_subdomain,
    newtype::name_type,
    rule::{Explain, Rule},
};

/// The name of a cluster property: the `metadata.name` of its object, a DNS subdomain.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PropertyName(String);

/// The properties that KEP-2149 gives a meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum WellKnown {
    /// `cluster.clusterset.k8s.io`: the ID of the cluster.
    ClusterId,
    /// `clusterset.k8s.io`: the ClusterSet that the cluster is a member of.
    ClusterSet,
}

impl WellKnown {
    /// The name of the property.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ClusterId => "cluster.clusterset.k8s.io",
            Self::ClusterSet => "clusterset.k8s.io",
        }
    }

    /// The well-known property of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::ClusterId, Self::ClusterSet]
            .into_iter()
            .find(|property| property.name() == name)
    }
}

impl From<WellKnown> for PropertyName {
    fn from(property: WellKnown) -> Self {
        Self(property.name().to_owned())
    }
}

/// Who sets a property.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Author {
    /// Software that runs in clusters of different people, such as an implementation of multi-cluster services.
    Tool,
    /// The people who run this cluster.
    Operator,
}

/// The suffixes that only Kubernetes' own projects use.
const RESERVED: [&str; 2] = ["k8s.io", "kubernetes.io"];

impl PropertyName {
    /// Reads the name of a property.
    ///
    /// # Errors
    /// It is no DNS subdomain.
    pub fn parse(text: &str) -> Result<Self, Error> {
        check_subdomain(text)
            .map(|()| Self(text.to_owned()))
            .map_err(|fault| Error::Name {
                what: NameKind::PropertyName,
                value: text.to_owned(),
                fault,
            })
    }

    /// Which of the well-known properties this is, if any.
    pub fn well_known(&self) -> Option<WellKnown> {
        WellKnown::from_name(&self.0)
    }

    /// Whether `author` may set a property of this name.
    ///
    /// ```
    /// use cluster_id::{Explain, property::{Author, PropertyName}};
    ///
    /// let name = PropertyName::parse("fingerprint")?;
    /// assert!(name.check_author(Author::Operator).is_ok());
    /// let refusal = name.check_author(Author::Tool).unwrap_err();
    /// assert_eq!(
    ///     refusal.explanation().to_string(),
    ///     "the property \"fingerprint\" of a shared tool has no suffix (ID-15); \
    ///      add a domain that is yours, as in fingerprint.example.com",
    /// );
    /// # Ok::<(), cluster_id::Error>(())
    /// ```
    ///
    /// # Errors
    /// The name is reserved, or a tool's name has no suffix.
    pub fn check_author(&self, author: Author) -> Result<(), NameRefusal> {
        if self.well_known().is_some() {
            return Ok(());
        }
        let reserved = RESERVED.into_iter().find(|suffix| {
            let rest = self.0.strip_suffix(suffix);
            rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        });
        if let Some(suffix) = reserved {
            let name = self.clone();
            return Err(NameRefusal::Reserved { name, suffix });
        }
        if author == Author::Tool && !self.0.contains('.') {
            return Err(NameRefusal::NoSuffix { name: self.clone() });
        }
        Ok(())
    }
}

name_type!(PropertyName);

/// Why somebody may not use a name for a property.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "refusal", rename_all = "camelCase")]
#[non_exhaustive]
pub enum NameRefusal {
    /// Only Kubernetes' own projects use names with this suffix.
    Reserved {
        /// The name.
        name: PropertyName,
        /// Its suffix.
        suffix: &'static str,
    },
    /// A shared tool must put a suffix of its own behind its names.
    NoSuffix {
        /// The name.
        name: PropertyName,
    },
}

impl Explain for NameRefusal {
    fn rule(&self) -> Rule {
        Rule::AdditionalNames
    }

    fn evidence(&self) -> String {
        match self {
            Self::Reserved { name, suffix } => {
                format!(
                    "the property {} has the reserved suffix {suffix}",
                    Shown(&name.0)
                )
            }
            Self::NoSuffix { name } => {
                format!(
                    "the property {} of a shared tool has no suffix",
                    Shown(&name.0)
                )
            }
        }
    }

    fn remedy(&self) -> String {
        match self {
            Self::Reserved { .. } => "use a domain that is yours as suffix".to_owned(),
            Self::NoSuffix { name } => {
                format!("add a domain that is yours, as in {name}.example.com")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_names_are_whole_domains() {
        let refused = |name: &str, author| {
            PropertyName::parse(name)
                .unwrap()
                .check_author(author)
                .is_err()
        };
        for author in [Author::Tool, Author::Operator] {
            for name in ["x.k8s.io", "k8s.io", "x.kubernetes.io", "sigs.k8s.io"] {
                assert!(refused(name, author), "{name}");
            }
            for name in ["x.notk8s.io", "x.k8s.io.example.com", "clusterset.k8s.io"] {
                assert!(!refused(name, author), "{name}");
            }
        }
    }

    #[test]
    fn names_are_subdomains() {
        let error = PropertyName::parse("a_b").unwrap_err();
        assert_eq!(error.rule(), Some(Rule::PropertyName));
        let id = PropertyName::from(WellKnown::ClusterId);
        assert_eq!(
            id,
            PropertyName::parse("cluster.clusterset.k8s.io").unwrap()
        );
        assert_eq!(id.well_known(), Some(WellKnown::ClusterId));
    }
}
