//! The second axis of versions: releases of Kubernetes. A kind comes, is deprecated and goes; fields come and change their
//! defaults under the same `apiVersion`.

use std::{fmt, str::FromStr};

use crate::{Class, Diagnostic, Document, GroupVersionKind, field::Path};

/// A minor release of Kubernetes 1: `1.36`.
///
/// ```
/// use componentconfig::release::Release;
///
/// let release: Release = "v1.36.2".parse()?;
/// assert_eq!(release, Release::new(36));
/// assert_eq!(release.to_string(), "1.36");
/// # Ok::<(), componentconfig::release::ParseReleaseError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Release(u16);

impl Release {
    /// The release whose behaviour this crate has.
    pub const CURRENT: Self = Self(36);

    /// The release `1.minor`.
    #[must_use]
    pub const fn new(minor: u16) -> Self {
        Self(minor)
    }

    /// The number behind `1.`.
    #[must_use]
    pub const fn minor(self) -> u16 {
        self.0
    }
}

/// Reads `1.36`, `v1.36` and `v1.36.2`.
impl FromStr for Release {
    type Err = ParseReleaseError;

    fn from_str(text: &str) -> Result<Self, ParseReleaseError> {
        let wrong = || ParseReleaseError(text.to_owned());
        let rest = text
            .strip_prefix('v')
            .unwrap_or(text)
            .strip_prefix("1.")
            .ok_or_else(wrong)?;
        let minor = rest.split('.').next().unwrap_or_default();
        let digits = !minor.is_empty() && minor.bytes().all(|byte| byte.is_ascii_digit());
        let minor = minor.parse().ok().filter(|_| digits);
        minor.map(Self).ok_or_else(wrong)
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1.{}", self.0)
    }
}

/// A text that names no release.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a release such as \"1.36\"")]
pub struct ParseReleaseError(String);

/// When a version of a kind was served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Lifecycle {
    /// The group.
    pub group: &'static str,
    /// The version.
    pub version: &'static str,
    /// Only these kinds of it; empty for all.
    pub kinds: &'static [&'static str],
    /// The release since which it is deprecated.
    pub deprecated: Option<Release>,
    /// The first release without it.
    pub removed: Option<Release>,
    /// The version to use.
    pub successor: &'static str,
}

const fn gone(
    group: &'static str,
    version: &'static str,
    removed: u16,
    successor: &'static str,
) -> Lifecycle {
    Lifecycle {
        group,
        version,
        kinds: &[],
        deprecated: None,
        removed: Some(Release(removed)),
        successor,
    }
}

const fn deprecated(
    group: &'static str,
    version: &'static str,
    kinds: &'static [&'static str],
    since: u16,
    successor: &'static str,
) -> Lifecycle {
    Lifecycle {
        group,
        version,
        kinds,
        deprecated: Some(Release(since)),
        removed: None,
        successor,
    }
}

const KUBEADM: &str = "kubeadm.k8s.io";
const SCHEDULER: &str = "kubescheduler.config.k8s.io";

/// What is deprecated and what is gone. Versions that are not here are served as long as anybody remembers.
const LIFECYCLES: &[Lifecycle] = &[
    deprecated(KUBEADM, "v1beta3", &[], 31, "v1beta4"),
    gone(KUBEADM, "v1beta2", 27, "v1beta4"),
    gone(KUBEADM, "v1beta1", 22, "v1beta4"),
    gone(KUBEADM, "v1alpha3", 15, "v1beta4"),
    gone(KUBEADM, "v1alpha2", 13, "v1beta4"),
    gone(KUBEADM, "v1alpha1", 12, "v1beta4"),
    gone(SCHEDULER, "v1beta3", 29, "v1"),
    gone(SCHEDULER, "v1beta2", 28, "v1"),
    gone(SCHEDULER, "v1beta1", 25, "v1"),
    gone(SCHEDULER, "v1alpha2", 21, "v1"),
    gone(SCHEDULER, "v1alpha1", 19, "v1"),
    gone("audit.k8s.io", "v1beta1", 24, "v1"),
    gone("audit.k8s.io", "v1alpha1", 24, "v1"),
];

/// When a version of a kind was served; `None` if it is neither deprecated nor gone.
pub fn lifecycle(kind: &GroupVersionKind) -> Option<&'static Lifecycle> {
    LIFECYCLES.iter().find(|lifecycle| {
        lifecycle.group == kind.group()
            && lifecycle.version == kind.version()
            && (lifecycle.kinds.is_empty() || lifecycle.kinds.contains(&kind.kind()))
    })
}

/// The warning about a document of a deprecated version.
pub(crate) fn deprecation(document: &Document, kind: &GroupVersionKind) -> Option<Diagnostic> {
    let lifecycle = lifecycle(kind)?;
    let since = lifecycle
        .deprecated
        .filter(|since| *since <= Release::CURRENT)?;
    let path = Path::new("apiVersion");
    let message = format!(
        "{} is deprecated since Kubernetes {since}",
        kind.api_version()
    );
    let help = format!("use {}/{}", lifecycle.group, lifecycle.successor);
    Some(
        Diagnostic::warning(Class::DeprecatedVersion, message)
            .help(help)
            .span(document.locate(&path))
            .source(document.source())
            .at(path),
    )
}

/// What to do about a version that nobody reads any more.
pub(crate) fn advice(kind: &GroupVersionKind) -> Option<String> {
    let lifecycle = lifecycle(kind)?;
    let removed = lifecycle.removed?;
    Some(format!(
        "{} was removed in Kubernetes {removed}; use {}/{}",
        kind.api_version(),
        lifecycle.group,
        lifecycle.successor
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases() {
        for (text, minor) in [("1.36", 36), ("v1.36.0-rc.1", 36), ("1.0", 0)] {
            assert_eq!(text.parse(), Ok(Release::new(minor)), "{text}");
        }
        for bad in ["", "2.0", "1", "1.", "1.x", "1.+3", "v1.99999"] {
            assert!(bad.parse::<Release>().is_err(), "{bad}");
        }
        assert!(Release::new(9) < Release::new(10));
    }

    #[test]
    fn lifecycles() {
        let of = |group, version| lifecycle(&GroupVersionKind::new(group, version, "K"));
        assert_eq!(
            of(KUBEADM, "v1beta3").unwrap().deprecated,
            Some(Release::new(31))
        );
        assert_eq!(
            of(SCHEDULER, "v1beta3").unwrap().removed,
            Some(Release::new(29))
        );
        assert_eq!(of(SCHEDULER, "v1"), None);
    }
}
