//! The defaults of the scheduler. Follows `pkg/scheduler/apis/config/v1/defaults.go`.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{KubeSchedulerConfiguration, KubeSchedulerProfile, PluginConfig, Plugins, args_rules};

impl KubeSchedulerConfiguration {
    /// Fills in what is unset, as the scheduler does when it starts: the plugins that are on by default, and their
    /// arguments too. Setting defaults twice is the same as once.
    pub fn set_defaults(&mut self) {
        self.parallelism.get_or_insert(16);
        let profiles = &mut self.profiles;
        if profiles.is_empty() {
            profiles.push(KubeSchedulerProfile::default());
        }
        if let [only] = profiles.as_mut_slice() {
            only.scheduler_name
                .get_or_insert_with(|| "default-scheduler".to_owned());
        }
        profiles
            .iter_mut()
            .for_each(KubeSchedulerProfile::set_defaults);
        self.percentage_of_nodes_to_score.get_or_insert(0);
        let election = &mut self.leader_election;
        for (text, default) in [
            (&mut election.resource_namespace, "kube-system"),
            (&mut election.resource_name, "kube-scheduler"),
        ] {
            if text.is_empty() {
                default.clone_into(text);
            }
        }
        election.set_defaults();
        let client = &mut self.client_connection;
        if client.content_type.is_empty() {
            "application/vnd.kubernetes.protobuf".clone_into(&mut client.content_type);
        }
        if client.qps == 0.0 {
            client.qps = 50.0;
        }
        if client.burst == 0 {
            client.burst = 100;
        }
        self.pod_initial_backoff_seconds.get_or_insert(1);
        self.pod_max_backoff_seconds.get_or_insert(10);
        let profiling = *self.enable_profiling.get_or_insert(true);
        self.enable_contention_profiling.get_or_insert(profiling);
    }
}

impl KubeSchedulerProfile {
    fn set_defaults(&mut self) {
        let plugins = self.plugins.get_or_insert_default();
        plugins.merge_defaults();
        let mut configured = BTreeSet::new();
        for config in &mut self.plugin_config {
            configured.insert(config.name.clone());
            if let Some(args) = complete_args(&config.name, config.args.as_ref()) {
                config.args = Some(args);
            }
        }
        let missing = plugins
            .enabled()
            .into_iter()
            .filter(|name| !configured.contains(*name));
        let missing: Vec<PluginConfig> = missing
            .filter_map(|name| {
                Some(PluginConfig {
                    name: name.to_owned(),
                    args: Some(complete_args(name, None)?),
                })
            })
            .collect();
        self.plugin_config.extend(missing);
    }
}

impl Plugins {
    /// The plugins that are enabled for any stage.
    fn enabled(&self) -> BTreeSet<&str> {
        let sets = self.stages().into_iter();
        sets.flat_map(|(_, set)| &set.enabled)
            .map(|plugin| plugin.name.as_str())
            .collect()
    }
}

/// The arguments of a plugin with their defaults; `None` if the plugin has none of a known kind, or they cannot be read.
fn complete_args(plugin: &str, args: Option<&Value>) -> Option<Value> {
    let kind = crate::kube_scheduler::args_kind(plugin)?;
    let nothing = json!({});
    let mut complete = args_rules::complete(plugin, args.unwrap_or(&nothing))?;
    if let Value::Object(fields) = &mut complete {
        fields.insert("apiVersion".to_owned(), kind.api_version().into());
        fields.insert("kind".to_owned(), kind.kind().into());
    }
    Some(complete)
}
