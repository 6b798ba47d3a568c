//! The kinds of `kubescheduler.config.k8s.io`: what kube-scheduler reads.

pub mod v1;

use crate::{
    Diagnostic, Document, GroupVersionKind, Registry, Report,
    config::{Config, Nested, Policy},
    field::{Errors, Path},
    tree::Node,
};
use v1::KubeSchedulerConfiguration;

const GROUP: &str = "kubescheduler.config.k8s.io";
const VERSION: &str = "v1";

/// The plugins whose arguments are a kind.
const WITH_ARGS: [&str; 8] = [
    "DefaultPreemption",
    "DynamicResources",
    "InterPodAffinity",
    "NodeAffinity",
    "NodeResourcesBalancedAllocation",
    "NodeResourcesFit",
    "PodTopologySpread",
    "VolumeBinding",
];

/// Reads, completes and validates a configuration of kube-scheduler, with the arguments of its plugins.
///
/// ```
/// # #[cfg(feature = "yaml")] {
/// use componentconfig::{kube_scheduler, yaml};
///
/// let text = "\
/// apiVersion: kubescheduler.config.k8s.io/v1
/// kind: KubeSchedulerConfiguration
/// profiles:
/// - pluginConfig:
///   - name: NodeResourcesFit
///     args: {ignoredResource: [a]}
/// ";
/// let report = kube_scheduler::load(&yaml::parse("scheduler.yaml", text)?).unwrap_err();
/// assert!(report.to_string().starts_with(
///     "scheduler.yaml:6:12: profiles[0].pluginConfig[0].args.ignoredResource: unknown field",
/// ));
/// # }
/// # Ok::<(), componentconfig::Report>(())
/// ```
///
/// # Errors
/// Everything that is wrong with the document, and every warning beside it.
pub fn load(document: &Document) -> Result<(KubeSchedulerConfiguration, Vec<Diagnostic>), Report> {
    register(Registry::new()).load(document, Policy::Upstream)
}

impl Config for KubeSchedulerConfiguration {
    fn set_defaults(&mut self) {
        Self::set_defaults(self);
    }

    fn validate(&self) -> Errors {
        Self::validate(self)
    }

    fn overlooked(&self) -> Errors {
        self.refused_by_plugins()
    }

    fn nested(root: &Node) -> Vec<Nested> {
        let profiles = items(root, "profiles").iter().enumerate();
        let configs = profiles.flat_map(|(profile, node)| {
            let configs = items(node, "pluginConfig").iter().enumerate();
            configs.map(move |(index, config)| (profile, index, config))
        });
        configs
            .filter_map(|(profile, index, config)| {
                let name = config.get("name")?.as_str()?;
                let kind = args_kind(name)?;
                let path = Path::new("profiles")
                    .index(profile)
                    .child("pluginConfig")
                    .index(index)
                    .child("args");
                Some(Nested {
                    // The configuration validates them itself, because some are not validated at all.
                    validated: false,
                    ..Nested::of(path, kind)
                })
            })
            .collect()
    }
}

fn items<'a>(node: &'a Node, name: &str) -> &'a [Node] {
    node.get(name).map(Node::items).unwrap_or_default()
}

/// The kind of the arguments of a plugin, if they are one.
fn args_kind(plugin: &str) -> Option<GroupVersionKind> {
    WITH_ARGS
        .contains(&plugin)
        .then(|| GroupVersionKind::new(GROUP, VERSION, format!("{plugin}Args")))
}

/// Adds the kinds of the scheduler.
#[must_use]
pub fn register(registry: Registry) -> Registry {
    registry
        .builtin::<KubeSchedulerConfiguration>()
        .builtin::<v1::DefaultPreemptionArgs>()
        .builtin::<v1::DynamicResourcesArgs>()
        .builtin::<v1::InterPodAffinityArgs>()
        .builtin::<v1::NodeAffinityArgs>()
        .builtin::<v1::NodeResourcesBalancedAllocationArgs>()
        .builtin::<v1::NodeResourcesFitArgs>()
        .builtin::<v1::PodTopologySpreadArgs>()
        .builtin::<v1::VolumeBindingArgs>()
}
