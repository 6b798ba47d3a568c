//! From one version of a kind to another: neighbours convert, and everything else follows.

pub(crate) mod loss;
mod set;
mod upgraded;

use serde_json::Value;

use crate::{
    Class, Config, Diagnostic, GroupVersion, GroupVersionKind, Kind, Registry, Report, field::Path,
    registry::typed,
};

pub use self::{loss::Loss, set::SetConversion};

/// A version of a kind that has a newer one: the conversion there and back.
///
/// Versions form a chain with the newest at its end; whoever adds a version writes one conversion. Values are converted as
/// they are: what is unset stays unset. What the older version cannot say is lost on the way down, and
/// [`Registry::convert`] tells it.
pub trait Upgrade: Config {
    /// The next newer version.
    type Newer: Config;

    /// The same in the newer version.
    fn up(self) -> Self::Newer;

    /// The nearest in this version.
    fn down(newer: Self::Newer) -> Self;
}

/// A conversion without its types.
#[derive(Clone, Debug)]
pub(crate) struct Edge {
    pub(crate) to: GroupVersionKind,
    pub(crate) convert: fn(&Value) -> Result<Value, Report>,
}

pub(crate) fn up<T: Upgrade>(value: &Value) -> Result<Value, Report> {
    Ok(typed::<T>(value)?.up().to_document())
}

pub(crate) fn down<T: Upgrade>(value: &Value) -> Result<Value, Report> {
    Ok(T::down(typed::<T::Newer>(value)?).to_document())
}

/// Which versions documents are brought to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// The newest ones that the registry knows.
    Newest,
    /// This one, for the kinds of its group. Others stay as they are.
    Version(GroupVersion),
}

/// Documents at other versions.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Converted {
    /// The documents. Those that there is nothing to convert in are as they were.
    pub documents: Vec<Value>,
    /// What was set and is not, or not in the same way, any more.
    pub losses: Vec<Loss>,
}

impl Registry {
    /// Brings documents to other versions. Documents that belong together are converted together, because fields move
    /// between kinds; the order is kept, documents that come into being that way stand behind. Documents of kinds that are
    /// not known pass through.
    ///
    /// What is lost is found by converting back and comparing: nothing is lost in silence, whoever wrote the conversion.
    ///
    /// ```
    /// # #[cfg(feature = "kube-apiserver")] {
    /// use componentconfig::{Registry, conversion::Target};
    ///
    /// let old = serde_json::json!({
    ///     "apiVersion": "apiserver.config.k8s.io/v1alpha1", "kind": "TracingConfiguration",
    ///     "samplingRatePerMillion": 7,
    /// });
    /// let converted = Registry::kubernetes().convert(&[old], &Target::Newest)?;
    /// assert_eq!(converted.documents[0]["apiVersion"], "apiserver.config.k8s.io/v1");
    /// assert_eq!(converted.losses, []);
    /// # }
    /// # Ok::<(), componentconfig::Report>(())
    /// ```
    ///
    /// # Errors
    /// A document cannot be read, or there is no way to the version.
    pub fn convert(&self, documents: &[Value], target: &Target) -> Result<Converted, Report> {
        let after = self.walk(documents, target)?;
        let mut losses = Vec::new();
        let sources: Vec<_> = documents.iter().filter_map(kind_of).collect();
        let mut back = after.clone();
        for source in &sources {
            // A group that is not converted stays as it is: there is nothing to compare.
            back = self.walk(&back, &Target::Version(source.group_version()))?;
        }
        for before in documents {
            let Some(kind) = kind_of(before) else {
                continue;
            };
            let printed = match self.entries.get(&kind) {
                Some(entry) => (entry.print)(before)?,
                None => continue,
            };
            let same =
                |other: &&Value| kind_of(other).is_some_and(|other| other.kind() == kind.kind());
            losses.extend(loss::between(kind.kind(), &printed, back.iter().find(same)));
        }
        Ok(Converted {
            documents: after,
            losses,
        })
    }

    fn walk(&self, documents: &[Value], target: &Target) -> Result<Vec<Value>, Report> {
        let mut documents = documents.to_vec();
        for conversion in self.ordered_sets(target) {
            documents = conversion.apply(documents)?;
        }
        let one = |document: Value| self.walk_one(document, target);
        documents.into_iter().map(one).collect()
    }

    fn walk_one(&self, document: Value, target: &Target) -> Result<Value, Report> {
        let Some(start) = kind_of(&document).filter(|kind| self.knows(kind)) else {
            return Ok(document);
        };
        match target {
            Target::Newest => {
                let (mut kind, mut document) = (start, document);
                while let Some(edge) = self.entries.get(&kind).and_then(|entry| entry.up.as_ref()) {
                    document = (edge.convert)(&document)?;
                    kind = edge.to.clone();
                }
                Ok(document)
            }
            Target::Version(version) => {
                let related = self.way(&start, version);
                match related {
                    Some(edges) => edges
                        .into_iter()
                        .try_fold(document, |document, edge| (edge.convert)(&document)),
                    None if start.group() == version.group() && self.has_other(&start, version) => {
                        Err(no_way(&start, version))
                    }
                    None => Ok(document),
                }
            }
        }
    }

    /// Whether there is a kind of that name at the version.
    fn has_other(&self, kind: &GroupVersionKind, version: &GroupVersion) -> bool {
        self.knows(&version.with_kind(kind.kind().to_owned()))
    }

    /// The conversions from a kind to the version: up the chain as far as needed, then down.
    fn way(&self, start: &GroupVersionKind, version: &GroupVersion) -> Option<Vec<&Edge>> {
        let mut climbed = Vec::new();
        let mut kind = start;
        loop {
            if let Some(mut below) = self.below(kind, version) {
                climbed.append(&mut below);
                return Some(climbed);
            }
            let edge = self.entries.get(kind)?.up.as_ref()?;
            climbed.push(edge);
            kind = &edge.to;
        }
    }

    fn below(&self, kind: &GroupVersionKind, version: &GroupVersion) -> Option<Vec<&Edge>> {
        if kind.group_version() == *version {
            return Some(Vec::new());
        }
        self.entries.get(kind)?.down.iter().find_map(|edge| {
            let mut way = vec![edge];
            way.extend(self.below(&edge.to, version)?);
            Some(way)
        })
    }

    /// The conversions of sets that lead to the target, in the order they are made.
    fn ordered_sets(&self, target: &Target) -> Vec<set::Directed<'_>> {
        match target {
            Target::Newest => self.sets.iter().map(SetConversion::upwards).collect(),
            Target::Version(version) => {
                let of_group = |set: &&SetConversion| set.from.group() == version.group();
                let sets: Vec<_> = self.sets.iter().filter(of_group).collect();
                let known = |set: &&SetConversion| set.from == *version || set.to == *version;
                if !sets.iter().any(known) {
                    return Vec::new();
                }
                // Below the version the way leads up, above it down.
                let at = sets.iter().position(|set| set.from == *version);
                let (below, above) = sets
                    .split_at_checked(at.unwrap_or(sets.len()))
                    .unwrap_or_default();
                let up = below.iter().map(|set| set.upwards());
                up.chain(above.iter().rev().map(|set| set.downwards()))
                    .collect()
            }
        }
    }
}

/// The kind that a value says it is.
pub(crate) fn kind_of(document: &Value) -> Option<GroupVersionKind> {
    let field = |name: &str| document.get(name).and_then(Value::as_str);
    GroupVersionKind::parse(field("apiVersion")?, field("kind")?).ok()
}

fn no_way(kind: &GroupVersionKind, version: &GroupVersion) -> Report {
    let message = format!("there is no conversion of {kind} to {version}");
    Diagnostic::error(Class::UnsupportedOperation, message)
        .at(Path::new("apiVersion"))
        .into()
}
