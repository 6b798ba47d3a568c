//! The second axis of versions: releases of Kubernetes. A kind comes, is deprecated and goes; fields come and change their
//! defaults under the same `apiVersion`.
//!
//! Followed are: versions that were deprecated or removed ([`lifecycle`]); the fields at the top of the configurations of the
//! kubelet, kube-proxy and the scheduler that came after 1.20 ([`field_since`]); defaults at the top of the kubelet's that changed
//! ([`Registry::defaults_in`]). Everything else is taken to be as in [`Release::CURRENT`], in every release.

use std::{fmt, str::FromStr};

use serde_json::Value;

use crate::{
    Class, Diagnostic, Document, DocumentSet, GroupVersionKind, Policy, Registry, Report,
    field::Path,
};

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

/// The fields of a kind, by name, that came after 1.20, and the release each came with. Only fields of the document itself.
type Fields = &'static [(&'static str, u16)];

const KUBELET_FIELDS: Fields = &[
    ("containerLogMaxWorkers", 30),
    ("containerLogMonitorInterval", 30),
    ("containerRuntimeEndpoint", 27),
    ("cpuManagerPolicyOptions", 22),
    ("crashLoopBackOff", 32),
    ("defaultPodSysctls", 37),
    ("enableDebugFlagsHandler", 21),
    ("enableProfilingHandler", 21),
    ("enableSystemLogQuery", 27),
    ("failCgroupV1", 31),
    ("imageMaximumGCAge", 29),
    ("imagePullCredentialsVerificationPolicy", 33),
    ("imageServiceEndpoint", 27),
    ("localStorageCapacityIsolation", 25),
    ("maxParallelImagePulls", 27),
    ("memoryManagerPolicy", 21),
    ("memoryReservationPolicy", 36),
    ("memorySwap", 22),
    ("memoryThrottlingFactor", 22),
    ("mergeDefaultEvictionSettings", 33),
    ("podLogsDir", 30),
    ("preloadedImagesVerificationAllowlist", 33),
    ("registerNode", 23),
    ("registerWithTaints", 23),
    ("reservedMemory", 21),
    ("seccompDefault", 22),
    ("shutdownGracePeriodByPodPriority", 23),
    ("singleProcessOOMKill", 32),
    ("tlsCurvePreferences", 36),
    ("topologyManagerPolicyOptions", 26),
    ("tracing", 25),
    ("userNamespaces", 33),
];

const KUBE_PROXY_FIELDS: Fields = &[
    ("logging", 28),
    ("nftables", 29),
    ("windowsRunAsService", 31),
];

const SCHEDULER_FIELDS: Fields = &[("delayCacheUntilActive", 28)];

/// The release with which a field of a kind came; `None` if it has always been there, as far as the kind is followed.
pub fn field_since(kind: &GroupVersionKind, field: &str) -> Option<Release> {
    let fields = match (kind.group(), kind.version(), kind.kind()) {
        ("kubelet.config.k8s.io", "v1beta1", "KubeletConfiguration") => KUBELET_FIELDS,
        ("kubeproxy.config.k8s.io", "v1alpha1", "KubeProxyConfiguration") => KUBE_PROXY_FIELDS,
        (SCHEDULER, "v1", "KubeSchedulerConfiguration") => SCHEDULER_FIELDS,
        _ => return None,
    };
    let since = fields.iter().find(|known| known.0 == field)?.1;
    Some(Release(since))
}

/// A default that another release has.
#[derive(Clone, Copy, Debug)]
struct DefaultChange {
    group: &'static str,
    kind: &'static str,
    field: &'static str,
    /// The releases in which it holds: from the first, up to and without the second.
    releases: (u16, u16),
    /// The default there, as JSON.
    default: &'static str,
}

/// Where the defaults of other releases differ from those of [`Release::CURRENT`].
const DEFAULT_CHANGES: &[DefaultChange] = &[
    DefaultChange {
        group: "kubelet.config.k8s.io",
        kind: "KubeletConfiguration",
        field: "failCgroupV1",
        releases: (31, 35),
        default: "false",
    },
    DefaultChange {
        group: "kubelet.config.k8s.io",
        kind: "KubeletConfiguration",
        field: "memoryThrottlingFactor",
        releases: (37, u16::MAX),
        default: "null",
    },
];

impl Registry {
    /// The defaults of a kind in a release: without fields that came later, with what changed since. `None` if the kind
    /// is not known, or was not served any more.
    ///
    /// ```
    /// # #[cfg(feature = "kubelet")] {
    /// use componentconfig::{Kind, Registry, kubelet::v1beta1::KubeletConfiguration, release::Release};
    ///
    /// let defaults = |minor| {
    ///     let registry = Registry::kubernetes();
    ///     registry.defaults_in(&KubeletConfiguration::GVK, Release::new(minor)).unwrap()
    /// };
    /// assert_eq!(defaults(36)["memoryThrottlingFactor"], 0.9);
    /// assert!(defaults(37).get("memoryThrottlingFactor").is_none());
    /// assert!(defaults(31).get("crashLoopBackOff").is_none());
    /// # }
    /// ```
    pub fn defaults_in(&self, kind: &GroupVersionKind, release: Release) -> Option<Value> {
        let removed = lifecycle(kind).and_then(|lifecycle| lifecycle.removed);
        if removed.is_some_and(|removed| release >= removed) {
            return None;
        }
        let mut defaults = self.defaults(kind)?;
        if let Value::Object(fields) = &mut defaults {
            fields.retain(|name, _| field_since(kind, name).is_none_or(|since| since <= release));
            for change in DEFAULT_CHANGES {
                let here = (change.releases.0..change.releases.1).contains(&release.0);
                if !here || (change.group, change.kind) != (kind.group(), kind.kind()) {
                    continue;
                }
                match serde_json::from_str(change.default) {
                    Ok(Value::Null) | Err(_) => fields.remove(change.field),
                    Ok(default) => fields.insert(change.field.to_owned(), default),
                };
            }
        }
        Some(defaults)
    }

    /// What a component of that release says about the documents of a file beside [`check`](Self::check): fields that
    /// it does not know yet, and versions that it does not read any more. Unknown fields are what `policy` makes of them.
    pub fn check_for(&self, set: &DocumentSet, release: Release, policy: Policy) -> Report {
        let mut report = self.check(set, policy);
        for document in set {
            let Some(kind) = document.gvk() else {
                continue;
            };
            let habit = self.habit(kind).unwrap_or_default();
            let removed = lifecycle(kind).and_then(|lifecycle| lifecycle.removed);
            if removed.is_some_and(|removed| release >= removed) && self.knows(kind) {
                report.push(document.unknown_api());
            }
            for entry in document.root().entries() {
                let since = field_since(kind, &entry.key).filter(|since| *since > release);
                let Some(since) = since else {
                    continue;
                };
                let message = format!("unknown field {:?} in Kubernetes {release}", entry.key);
                let said = crate::decode::strict(policy.strictness(habit), message);
                report.extend(said.map(|diagnostic| {
                    diagnostic
                        .at(Path::new(entry.key.clone()))
                        .span(entry.key_span)
                        .source(document.source())
                        .help(format!("it came with Kubernetes {since}"))
                }));
            }
        }
        report.sort();
        report
    }
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

    #[cfg(all(feature = "yaml", feature = "kubelet"))]
    #[test]
    fn fields_of_later_releases() {
        let text = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nuserNamespaces: {}\n";
        let set = DocumentSet::read("k", text).unwrap();
        let registry = Registry::kubernetes();
        assert!(
            registry
                .check_for(&set, Release::new(33), Policy::Strict)
                .is_empty()
        );
        let report = registry.check_for(&set, Release::new(32), Policy::Strict);
        assert_eq!(
            report.to_string(),
            "k:3:1: userNamespaces: unknown field \"userNamespaces\" in Kubernetes 1.32"
        );
        assert!(
            !registry
                .check_for(&set, Release::new(32), Policy::Upstream)
                .has_errors()
        );
        assert!(
            registry
                .check_for(&set, Release::new(32), Policy::Lenient)
                .is_empty()
        );
        let kind =
            GroupVersionKind::new("kubelet.config.k8s.io", "v1beta1", "KubeletConfiguration");
        let old = registry.defaults_in(&kind, Release::new(34)).unwrap();
        assert_eq!(old["failCgroupV1"], false);
    }
}
