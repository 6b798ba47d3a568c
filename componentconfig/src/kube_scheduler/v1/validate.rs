//! What is wrong with a complete configuration of the scheduler.
//!
//! Follows `pkg/scheduler/apis/config/validation/validation.go`.

use std::collections::BTreeMap;

use super::{
    Extender, KubeSchedulerConfiguration, KubeSchedulerProfile, PluginConfig, PluginSet, Plugins,
    args_rules,
};
use crate::{
    check::labels,
    field::{Errors, FieldError, Path},
};

/// Plugins that are gone.
const GONE: [&str; 4] = [
    "AzureDiskLimits",
    "CinderLimits",
    "EBSLimits",
    "GCEPDLimits",
];

/// The plugin whose arguments upstream validates only when it makes the plugin: its rules are registered under another
/// name.
const VALIDATED_LATE: &str = "NodeResourcesFit";

impl KubeSchedulerConfiguration {
    /// Everything that is wrong with it. It has to be complete: see [`set_defaults`](Self::set_defaults).
    pub fn validate(&self) -> Errors {
        let mut errors = Errors::new();
        if self.client_connection.burst < 0 {
            let path = Path::new("clientConnection").child("burst");
            errors.invalid(&path, self.client_connection.burst, "must be non-negative");
        }
        let (path, election) = (Path::new("leaderElection"), &self.leader_election);
        election.validate(&path, &mut errors);
        if election.leader_elect == Some(true) && election.resource_lock != "leases" {
            let path = path.child("resourceLock");
            let lock = election.resource_lock.as_str();
            errors.invalid(&path, lock, "resourceLock value must be \"leases\"");
        }
        let parallelism = self.parallelism.unwrap_or_default();
        if parallelism <= 0 {
            let detail = "should be an integer value greater than zero";
            errors.invalid(&Path::new("parallelism"), parallelism, detail);
        }
        self.validate_profiles(&mut errors);
        let path = Path::new("percentageOfNodesToScore");
        percentage(self.percentage_of_nodes_to_score, &path, &mut errors);
        let initial = self.pod_initial_backoff_seconds.unwrap_or_default();
        let most = self.pod_max_backoff_seconds.unwrap_or_default();
        if initial <= 0 {
            let path = Path::new("podInitialBackoffSeconds");
            errors.invalid(&path, initial, "must be greater than 0");
        }
        if most < initial {
            let detail = "must be greater than or equal to PodInitialBackoffSeconds";
            errors.invalid(&Path::new("podMaxBackoffSeconds"), most, detail);
        }
        extenders(&self.extenders, &Path::new("extenders"), &mut errors);
        errors
    }

    /// What the scheduler lets pass in its configuration, and the plugin refuses when it is made.
    pub(crate) fn refused_by_plugins(&self) -> Errors {
        let mut errors = Errors::new();
        for (index, profile) in self.profiles.iter().enumerate() {
            let path = Path::new("profiles").index(index).child("pluginConfig");
            let late = profile.plugin_config.iter().enumerate();
            for (index, config) in late.filter(|(_, config)| config.name == VALIDATED_LATE) {
                errors.extend(config.validate_args(&path.index(index).child("args")));
            }
        }
        errors
    }

    fn validate_profiles(&self, errors: &mut Errors) {
        let path = Path::new("profiles");
        if self.profiles.is_empty() {
            errors.required(&path, "");
        }
        let mut names = BTreeMap::new();
        for (index, profile) in self.profiles.iter().enumerate() {
            let path = path.index(index);
            let name = profile.scheduler_name.as_deref().unwrap_or_default();
            let of_name = path.child("schedulerName");
            if name.is_empty() {
                errors.required(&of_name, "");
            }
            if names.insert(name, index).is_some() {
                errors.duplicate(&of_name, name);
            }
            profile.validate(&path, errors);
        }
        self.validate_queue_sort(&path, errors);
    }

    /// The plugin that sorts the queue has to be the same everywhere.
    fn validate_queue_sort(&self, path: &Path, errors: &mut Errors) {
        let none = PluginSet::default();
        let sort = |profile: &KubeSchedulerProfile| {
            let plugins = profile.plugins.as_ref();
            plugins.map_or_else(|| none.clone(), |plugins| plugins.queue_sort.clone())
        };
        let Some((first, others)) = self.profiles.split_first() else {
            return;
        };
        let canon = sort(first);
        if canon.enabled.len() > 1 {
            let path = path
                .index(0)
                .child("plugins")
                .child("queueSort")
                .child("enabled");
            let detail = "only one queue sort plugin can be enabled";
            errors.invalid(&path, canon.enabled.len(), detail);
        }
        let name = canon.enabled.first().map(|plugin| plugin.name.as_str());
        let args = |profile: &KubeSchedulerProfile| {
            let configs = profile.plugin_config.iter();
            let mut of_plugin = configs.filter(|config| Some(config.name.as_str()) == name);
            of_plugin.next_back().map(|config| config.args.clone())
        };
        for (index, profile) in (1..).zip(others) {
            if sort(profile) != canon {
                let path = path.index(index).child("plugins").child("queueSort");
                errors.invalid(&path, "set", "must be the same for all profiles");
            }
            let own = args(profile);
            if own.is_some() && own != args(first) {
                let path = path.index(index).child("pluginConfig").child("args");
                errors.invalid(&path, "set", "queueSort must be the same for all profiles");
            }
        }
    }
}

impl KubeSchedulerProfile {
    fn validate(&self, path: &Path, errors: &mut Errors) {
        let of_percentage = path.child("percentageOfNodesToScore");
        percentage(self.percentage_of_nodes_to_score, &of_percentage, errors);
        let stages = self.plugins.as_ref().map(Plugins::stages);
        for (stage, set) in stages.into_iter().flatten() {
            let path = path.child("plugins").child(stage).child("enabled");
            let checked = !matches!(stage, "multiPoint" | "placementGenerate" | "placementScore");
            for (index, plugin) in set.enabled.iter().enumerate().filter(|_| checked) {
                errors.extend(gone(&plugin.name, path.index(index)));
            }
        }
        let mut seen = BTreeMap::new();
        for (index, config) in self.plugin_config.iter().enumerate() {
            let (path, name) = (
                path.child("pluginConfig").index(index),
                config.name.as_str(),
            );
            if seen.insert(name, index).is_some() {
                errors.duplicate(&path, name);
            }
            errors.extend(gone(name, path.clone()));
            if name != VALIDATED_LATE {
                errors.extend(config.validate_args(&path.child("args")));
            }
        }
    }
}

impl PluginConfig {
    fn validate_args(&self, path: &Path) -> Vec<FieldError> {
        let Some(args) = &self.args else {
            return Vec::new();
        };
        let errors = args_rules::validate(&self.name, args).into_vec();
        let inside = |mut error: FieldError| {
            error.path = path.join(&error.path);
            error
        };
        errors.into_iter().map(inside).collect()
    }
}

fn gone(name: &str, path: Path) -> Option<FieldError> {
    const VERSION: &str = "kubescheduler.config.k8s.io/v1";
    let detail = format!(
        "was invalid in version {VERSION:?} (KubeSchedulerConfiguration is version {VERSION:?})"
    );
    GONE.contains(&name)
        .then(|| FieldError::invalid(path, name, detail))
}

fn percentage(percentage: Option<i32>, path: &Path, errors: &mut Errors) {
    if let Some(number) = percentage.filter(|number| !(0..=100).contains(number)) {
        errors.invalid(path, number, "not in valid range [0-100]");
    }
}

fn extenders(extenders: &[Extender], path: &Path, errors: &mut Errors) {
    let binders = extenders
        .iter()
        .filter(|extender| !extender.bind_verb.is_empty())
        .count();
    let mut seen = BTreeMap::new();
    for (index, extender) in extenders.iter().enumerate() {
        let path = path.index(index);
        if !extender.prioritize_verb.is_empty() && extender.weight <= 0 {
            let detail = "must have a positive weight applied to it";
            errors.invalid(&path.child("weight"), extender.weight, detail);
        }
        for (index, resource) in extender.managed_resources.iter().enumerate() {
            let (path, name) = (
                path.child("managedResources").index(index).child("name"),
                resource.name.as_str(),
            );
            if !labels::is_qualified_name(name) {
                errors.invalid(&path, name, labels::NOT_QUALIFIED);
            } else if !is_extended_resource(name) {
                errors.invalid(&path, name, "is an invalid extended resource name");
            }
            if seen.insert(name, index).is_some() {
                errors.invalid(&path, name, "duplicate extender managed resource name");
            }
        }
    }
    if binders > 1 {
        let found = format!("found {binders} extenders implementing bind");
        errors.invalid(path, found, "only one extender can implement bind");
    }
}

/// Whether a resource is no native one: it has a domain that is not Kubernetes' own.
fn is_extended_resource(name: &str) -> bool {
    let native = !name.contains('/') || name.contains("kubernetes.io/");
    !native
        && !name.starts_with("requests.")
        && labels::is_qualified_name(&format!("requests.{name}"))
}
