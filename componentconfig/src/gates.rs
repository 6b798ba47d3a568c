//! Feature gates of the components of Kubernetes 1.36, as far as something here depends on them.
//!
//! Follows `pkg/features/kube_features.go` and `component-base/{featuregate,logs/api/v1}`. A gate that is not in the
//! table is taken for one whose state does not matter.

use std::collections::BTreeMap;

/// How far a feature is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Alpha,
    Beta,
    /// Generally available, and can no longer be switched.
    Locked,
}

use Stage::{Alpha, Beta, Locked};

/// The gate, its stage, whether it is on by default, and the gates that have to be on with it.
type Gate = (&'static str, Stage, bool, &'static [&'static str]);

/// Kubernetes 1.36, sorted by name.
const GATES: &[Gate] = &[
    ("APIServerTracing", Locked, true, &[]),
    ("AggregatedDiscoveryRemoveBetaType", Locked, true, &[]),
    (
        "AllowOverwriteTerminationGracePeriodSeconds",
        Locked,
        false,
        &[],
    ),
    ("AnonymousAuthConfigurableEndpoints", Locked, true, &[]),
    ("AuthorizeNodeWithSelectors", Locked, true, &[]),
    ("AuthorizeWithSelectors", Locked, true, &[]),
    ("BtreeWatchCache", Locked, true, &[]),
    ("ClusterTrustBundle", Beta, false, &[]),
    (
        "ClusterTrustBundleProjection",
        Beta,
        false,
        &["ClusterTrustBundle"],
    ),
    ("ConsistentListFromCache", Locked, true, &[]),
    ("CustomCPUCFSQuotaPeriod", Beta, true, &[]),
    ("DRAAdminAccess", Locked, true, &[]),
    ("DeclarativeValidation", Locked, true, &[]),
    ("DisableAllocatorDualWrite", Locked, true, &[]),
    ("DynamicResourceAllocation", Locked, true, &[]),
    ("ExecProbeTimeout", Locked, true, &[]),
    ("GracefulNodeShutdown", Beta, true, &[]),
    (
        "GracefulNodeShutdownBasedOnPodPriority",
        Beta,
        true,
        &["GracefulNodeShutdown"],
    ),
    ("ImageMaximumGCAge", Locked, true, &[]),
    ("InPlacePodVerticalScaling", Locked, true, &[]),
    ("JobManagedBy", Locked, true, &[]),
    ("JobPodReplacementPolicy", Locked, true, &[]),
    ("KubeletCgroupDriverFromCRI", Locked, true, &[]),
    ("KubeletCrashLoopBackOffMax", Beta, true, &[]),
    ("KubeletEnsureSecretPulledImages", Beta, true, &[]),
    ("KubeletTracing", Locked, true, &[]),
    ("LogarithmicScaleDown", Locked, true, &[]),
    ("LoggingAlphaOptions", Alpha, false, &[]),
    ("LoggingBetaOptions", Beta, true, &[]),
    ("MatchLabelKeysInPodAffinity", Locked, true, &[]),
    ("MatchLabelKeysInPodTopologySpread", Beta, true, &[]),
    (
        "MatchLabelKeysInPodTopologySpreadSelectorMerge",
        Beta,
        true,
        &["MatchLabelKeysInPodTopologySpread"],
    ),
    ("MemoryManager", Locked, true, &[]),
    ("MemoryQoS", Alpha, false, &[]),
    ("MultiCIDRServiceAllocator", Locked, true, &[]),
    ("NFTablesProxyMode", Locked, true, &[]),
    ("NodeInclusionPolicyInPodTopologySpread", Locked, true, &[]),
    ("NodeLogQuery", Beta, true, &[]),
    ("NodeSwap", Locked, true, &[]),
    ("OrderedNamespaceDeletion", Locked, true, &[]),
    ("PodLifecycleSleepAction", Locked, true, &[]),
    ("PodLifecycleSleepActionAllowZero", Locked, true, &[]),
    ("PodObservedGenerationTracking", Locked, true, &[]),
    ("PodSchedulingReadiness", Locked, true, &[]),
    ("PreferSameTrafficDistribution", Locked, true, &[]),
    ("ProcMountType", Beta, true, &["UserNamespacesSupport"]),
    ("RecoverVolumeExpansionFailure", Locked, true, &[]),
    ("RelaxedDNSSearchValidation", Locked, true, &[]),
    ("RelaxedEnvironmentVariableValidation", Locked, true, &[]),
    ("ResilientWatchCacheInitialization", Locked, true, &[]),
    ("RetryGenerateName", Locked, true, &[]),
    ("RotateKubeletServerCertificate", Beta, true, &[]),
    ("SchedulerQueueingHints", Locked, true, &[]),
    ("SeparateCacheWatchRPC", Locked, false, &[]),
    ("SeparateTaintEvictionController", Locked, true, &[]),
    ("StreamingCollectionEncodingToJSON", Locked, true, &[]),
    ("StreamingCollectionEncodingToProtobuf", Locked, true, &[]),
    ("StructuredAuthenticationConfiguration", Locked, true, &[]),
    ("StructuredAuthorizationConfiguration", Locked, true, &[]),
    ("SupplementalGroupsPolicy", Locked, true, &[]),
    ("SystemdWatchdog", Locked, true, &[]),
    ("TopologyAwareHints", Locked, true, &[]),
    ("UserNamespacesSupport", Beta, true, &[]),
    ("VolumeAttributesClass", Locked, true, &[]),
    ("WinDSR", Locked, true, &[]),
    ("WinOverlay", Locked, true, &[]),
    (
        "WindowsGracefulNodeShutdown",
        Beta,
        true,
        &["GracefulNodeShutdown"],
    ),
];

/// The feature gates of a configuration.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gates<'a> {
    set: &'a BTreeMap<String, bool>,
}

impl<'a> Gates<'a> {
    pub(crate) const fn new(set: &'a BTreeMap<String, bool>) -> Self {
        Self { set }
    }

    /// Whether a gate is on: as it is set, or all of its stage are, or by default.
    pub(crate) fn enabled(self, name: &str) -> bool {
        if let Some(on) = self.set.get(name) {
            return *on;
        }
        let Some((_, stage, default, _)) = gate(name) else {
            return false;
        };
        let all = match stage {
            Alpha => self.set.get("AllAlpha"),
            Beta => self.set.get("AllBeta"),
            Locked => None,
        };
        all.copied().unwrap_or(*default)
    }

    /// What is wrong with the gates: the name of one, and why.
    pub(crate) fn errors(self) -> Vec<(&'static str, String)> {
        let mut errors = Vec::new();
        for (name, stage, default, dependencies) in GATES {
            let given = self.set.get(*name);
            if let Some(on) = given.filter(|on| *stage == Locked && *on != default) {
                let why = format!(
                    "cannot set feature gate {name} to {on}, feature is locked to {default}"
                );
                errors.push((*name, why));
            }
            let missing: Vec<&str> = dependencies
                .iter()
                .copied()
                .filter(|name| !self.enabled(name))
                .collect();
            if !missing.is_empty() && self.enabled(name) {
                let why = format!(
                    "{name} is enabled, but depends on features that are disabled: [{}]",
                    missing.join(", ")
                );
                // The one that was switched off is what the user wrote.
                let written = missing
                    .first()
                    .copied()
                    .filter(|name| self.set.contains_key(*name));
                errors.push((written.and_then(gate).map_or(*name, |gate| gate.0), why));
            }
        }
        errors
    }
}

fn gate(name: &str) -> Option<&'static Gate> {
    let at = GATES.binary_search_by(|gate| gate.0.cmp(name)).ok()?;
    GATES.get(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted() {
        assert!(GATES.is_sorted_by(|a, b| a.0 < b.0));
        let known = |name: &&str| gate(name).is_some();
        assert!(GATES.iter().all(|gate| gate.3.iter().all(&known)));
    }

    #[test]
    fn gates_by_stage() {
        let set = |gates: &[(&str, bool)]| -> BTreeMap<String, bool> {
            gates
                .iter()
                .map(|(name, on)| ((*name).to_owned(), *on))
                .collect()
        };
        let none = set(&[]);
        assert!(Gates::new(&none).enabled("GracefulNodeShutdown"));
        assert!(!Gates::new(&none).enabled("MemoryQoS"));
        assert!(!Gates::new(&none).enabled("Unheard"));
        assert!(Gates::new(&none).errors().is_empty());
        let all = set(&[
            ("AllAlpha", true),
            ("AllBeta", false),
            ("NodeLogQuery", true),
        ]);
        let gates = Gates::new(&all);
        assert!(
            gates.enabled("MemoryQoS")
                && gates.enabled("NodeLogQuery")
                && gates.enabled("NodeSwap")
        );
        assert!(!gates.enabled("GracefulNodeShutdown") && gates.errors().is_empty());
        let retired = set(&[("SeparateCacheWatchRPC", true), ("DRAAdminAccess", true)]);
        assert_eq!(
            Gates::new(&retired).errors(),
            [(
                "SeparateCacheWatchRPC",
                "cannot set feature gate SeparateCacheWatchRPC to true, feature is locked to false"
                    .to_owned()
            )]
        );
        let off = set(&[("GracefulNodeShutdown", false), ("NodeSwap", false)]);
        let names: Vec<_> = Gates::new(&off)
            .errors()
            .into_iter()
            .map(|error| error.0)
            .collect();
        assert_eq!(
            names,
            ["GracefulNodeShutdown", "NodeSwap", "GracefulNodeShutdown"]
        );
    }
}
