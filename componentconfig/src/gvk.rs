//! API groups, versions and kinds, as every Kubernetes document names them.
//!
//! Follows `apimachinery/pkg/runtime/schema/group_version.go`.

use std::{borrow::Cow, fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A group and a version: what the field `apiVersion` holds.
///
/// The core group is the empty string, so `v1` is version `v1` of group ``.
///
/// ```
/// use componentconfig::GroupVersion;
///
/// let gv: GroupVersion = "kubeadm.k8s.io/v1beta4".parse()?;
/// assert_eq!((gv.group(), gv.version()), ("kubeadm.k8s.io", "v1beta4"));
/// assert_eq!(gv.to_string(), "kubeadm.k8s.io/v1beta4");
/// # Ok::<(), componentconfig::gvk::ParseError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupVersion {
    group: Cow<'static, str>,
    version: Cow<'static, str>,
}

impl GroupVersion {
    /// A group and version from owned or static strings.
    pub fn new(group: impl Into<Cow<'static, str>>, version: impl Into<Cow<'static, str>>) -> Self {
        Self {
            group: group.into(),
            version: version.into(),
        }
    }

    /// The same as [`new`](Self::new), for constants.
    #[must_use]
    pub const fn from_static(group: &'static str, version: &'static str) -> Self {
        Self {
            group: Cow::Borrowed(group),
            version: Cow::Borrowed(version),
        }
    }

    /// The group, such as `kubelet.config.k8s.io`; empty for the core group.
    pub fn group(&self) -> &str {
        &self.group
    }

    /// The version, such as `v1beta1`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// This group and version with a kind.
    #[must_use]
    pub fn with_kind(&self, kind: impl Into<Cow<'static, str>>) -> GroupVersionKind {
        GroupVersionKind {
            group: self.group.clone(),
            version: self.version.clone(),
            kind: kind.into(),
        }
    }
}

/// Reads an `apiVersion`: `group/version`, or `version` alone for the core group. Both parts may be empty.
impl FromStr for GroupVersion {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let (group, version) = match text.split_once('/') {
            None => ("", text),
            Some((_, version)) if version.contains('/') => {
                return Err(ParseError(text.to_owned()));
            }
            Some(parts) => parts,
        };
        Ok(Self::new(group.to_owned(), version.to_owned()))
    }
}

impl fmt::Display for GroupVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.group.is_empty() {
            write!(f, "{}/", self.group)?;
        }
        f.write_str(&self.version)
    }
}

impl Serialize for GroupVersion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for GroupVersion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

/// A group, a version and a kind: what `apiVersion` and `kind` say together.
///
/// ```
/// use componentconfig::GroupVersionKind;
///
/// const KUBELET: GroupVersionKind =
///     GroupVersionKind::from_static("kubelet.config.k8s.io", "v1beta1", "KubeletConfiguration");
/// let read = GroupVersionKind::parse("kubelet.config.k8s.io/v1beta1", "KubeletConfiguration")?;
/// assert_eq!(read, KUBELET);
/// assert_eq!(read.to_string(), "kubelet.config.k8s.io/v1beta1, Kind=KubeletConfiguration");
/// # Ok::<(), componentconfig::gvk::ParseError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct GroupVersionKind {
    group: Cow<'static, str>,
    version: Cow<'static, str>,
    kind: Cow<'static, str>,
}

impl GroupVersionKind {
    /// The kind that a document with these two fields is of.
    ///
    /// # Errors
    /// `api_version` has more than one slash.
    pub fn parse(api_version: &str, kind: &str) -> Result<Self, ParseError> {
        Ok(GroupVersion::from_str(api_version)?.with_kind(kind.to_owned()))
    }

    /// A group, version and kind from owned or static strings.
    pub fn new(
        group: impl Into<Cow<'static, str>>,
        version: impl Into<Cow<'static, str>>,
        kind: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            group: group.into(),
            version: version.into(),
            kind: kind.into(),
        }
    }

    /// The same as [`new`](Self::new), for constants.
    #[must_use]
    pub const fn from_static(
        group: &'static str,
        version: &'static str,
        kind: &'static str,
    ) -> Self {
        Self {
            group: Cow::Borrowed(group),
            version: Cow::Borrowed(version),
            kind: Cow::Borrowed(kind),
        }
    }

    /// The group; empty for the core group.
    pub fn group(&self) -> &str {
        &self.group
    }

    /// The version.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The kind, such as `ClusterConfiguration`.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The group and the version without the kind.
    pub fn group_version(&self) -> GroupVersion {
        GroupVersion {
            group: self.group.clone(),
            version: self.version.clone(),
        }
    }

    /// The value of the field `apiVersion`.
    pub fn api_version(&self) -> String {
        self.group_version().to_string()
    }
}

impl fmt::Display for GroupVersionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}, Kind={}", self.group, self.version, self.kind)
    }
}

/// An `apiVersion` that has more than one slash.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unexpected GroupVersion string: {0}")]
pub struct ParseError(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_every_shape() {
        for (text, group, version) in [
            ("v1", "", "v1"),
            ("apps/v1", "apps", "v1"),
            ("", "", ""),
            ("/", "", ""),
            ("/v1", "", "v1"),
            ("a/", "a", ""),
        ] {
            let gv: GroupVersion = text.parse().unwrap();
            assert_eq!((gv.group(), gv.version()), (group, version), "{text}");
        }
        let error = "a/b/c".parse::<GroupVersion>().unwrap_err();
        assert_eq!(error.to_string(), "unexpected GroupVersion string: a/b/c");
    }

    #[test]
    fn a_version_is_one_string_in_json() {
        let gv: GroupVersion = serde_json::from_str("\"apps/v1\"").unwrap();
        assert_eq!(serde_json::to_string(&gv).unwrap(), "\"apps/v1\"");
        assert!(serde_json::from_str::<GroupVersion>("\"a/b/c\"").is_err());
    }
}
