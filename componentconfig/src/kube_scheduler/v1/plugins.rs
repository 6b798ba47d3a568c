//! The plugins that are on by default, and how a profile changes them.
//!
//! Follows `pkg/scheduler/apis/config/v1/default_plugins.go`.

use std::collections::BTreeSet;

use super::{Plugin, PluginSet, Plugins};

/// The plugins that are on for every stage they have something for, with their weights.
const DEFAULTS: [(&str, i32); 20] = [
    ("SchedulingGates", 0),
    ("PrioritySort", 0),
    ("NodeUnschedulable", 0),
    ("NodeName", 0),
    ("TaintToleration", 3),
    ("NodeAffinity", 2),
    ("NodePorts", 0),
    ("NodeResourcesFit", 1),
    ("VolumeRestrictions", 0),
    ("NodeVolumeLimits", 0),
    ("VolumeBinding", 0),
    ("VolumeZone", 0),
    ("PodTopologySpread", 2),
    ("InterPodAffinity", 2),
    ("DynamicResources", 2),
    ("DefaultPreemption", 0),
    ("NodeResourcesBalancedAllocation", 1),
    ("ImageLocality", 1),
    ("DefaultBinder", 0),
    ("NodeDeclaredFeatures", 0),
];

impl Plugins {
    /// The sets by the names of their stages.
    pub(super) fn stages(&self) -> [(&'static str, &PluginSet); 15] {
        [
            ("preEnqueue", &self.pre_enqueue),
            ("queueSort", &self.queue_sort),
            ("preFilter", &self.pre_filter),
            ("filter", &self.filter),
            ("postFilter", &self.post_filter),
            ("preScore", &self.pre_score),
            ("score", &self.score),
            ("reserve", &self.reserve),
            ("permit", &self.permit),
            ("preBind", &self.pre_bind),
            ("bind", &self.bind),
            ("postBind", &self.post_bind),
            ("multiPoint", &self.multi_point),
            ("placementGenerate", &self.placement_generate),
            ("placementScore", &self.placement_score),
        ]
    }

    /// Adds the plugins that are on by default and not disabled.
    pub(super) fn merge_defaults(&mut self) {
        self.multi_point.merge(&DEFAULTS);
        for set in [
            &mut self.pre_enqueue,
            &mut self.queue_sort,
            &mut self.pre_filter,
            &mut self.filter,
            &mut self.post_filter,
            &mut self.pre_score,
            &mut self.score,
            &mut self.reserve,
            &mut self.permit,
            &mut self.pre_bind,
            &mut self.bind,
            &mut self.post_bind,
            &mut self.placement_generate,
            &mut self.placement_score,
        ] {
            set.merge(&[]);
        }
    }
}

impl PluginSet {
    /// Defaults come first, in their order and as the user has configured them; what the user adds stands behind.
    fn merge(&mut self, defaults: &[(&str, i32)]) {
        for plugin in &mut self.disabled {
            plugin.weight = Some(0);
        }
        for plugin in &mut self.enabled {
            plugin.weight.get_or_insert(0);
        }
        let off: BTreeSet<&str> = self
            .disabled
            .iter()
            .map(|plugin| plugin.name.as_str())
            .collect();
        let mut replaced = BTreeSet::new();
        let mut enabled = Vec::new();
        let on = |(name, _): &&(&str, i32)| !off.contains("*") && !off.contains(name);
        for (name, weight) in defaults.iter().filter(on) {
            // Of plugins that come twice, the last one replaces the default.
            let custom = self.enabled.iter().rposition(|plugin| plugin.name == *name);
            enabled.push(match custom.and_then(|at| self.enabled.get(at)) {
                Some(plugin) => plugin.clone(),
                None => Plugin {
                    name: (*name).to_owned(),
                    weight: Some(*weight),
                },
            });
            replaced.extend(custom);
        }
        let own = self.enabled.iter().enumerate();
        enabled.extend(
            own.filter(|(at, _)| !replaced.contains(at))
                .map(|(_, plugin)| plugin.clone()),
        );
        self.enabled = enabled;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(enabled: &[(&str, i32)], disabled: &[&str]) -> PluginSet {
        let plugin = |name: &str, weight| Plugin {
            name: name.to_owned(),
            weight: Some(weight),
        };
        PluginSet {
            enabled: enabled
                .iter()
                .map(|(name, weight)| plugin(name, *weight))
                .collect(),
            disabled: disabled.iter().map(|name| plugin(name, 0)).collect(),
        }
    }

    #[test]
    fn defaults_and_own_plugins() {
        let defaults = [("A", 0), ("B", 2), ("C", 0)];
        for (custom, merged) in [
            (set(&[], &[]), set(&defaults, &[])),
            (
                set(&[("X", 1), ("B", 9)], &["A"]),
                set(&[("B", 9), ("C", 0), ("X", 1)], &["A"]),
            ),
            (set(&[("C", 1)], &["*"]), set(&[("C", 1)], &["*"])),
            (
                set(&[("A", 1)], &["A"]),
                set(&[("B", 2), ("C", 0), ("A", 1)], &["A"]),
            ),
        ] {
            let mut once = custom;
            once.merge(&defaults);
            assert_eq!(once, merged);
            let mut twice = once.clone();
            twice.merge(&defaults);
            assert_eq!(twice, once);
        }
    }
}
