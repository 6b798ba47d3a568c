//! Whether the configuration of CoreDNS goes with the version that an upgrade brings.
//!
//! Follows `cmd/kubeadm/app/phases/upgrade/preflight.go`.

use std::collections::BTreeSet;

use apply_semantics::op::ResourceRef;
use serde_json::Value;

use super::versions::{ClusterVersions, parse, tag};
use crate::PhaseError;
use crate::kubeadm::api::Api;
use crate::kubeadm::objects::{SYSTEM, coredns};
use crate::kubeadm::preflight::Finding;

/// The plugins that CoreDNS is built with, sorted.
const PLUGINS: [&str; 59] = [
    "acl",
    "any",
    "auto",
    "autopath",
    "azure",
    "bind",
    "bufsize",
    "cache",
    "cancel",
    "chaos",
    "clouddns",
    "debug",
    "dns64",
    "dnssec",
    "dnstap",
    "erratic",
    "errors",
    "etcd",
    "file",
    "forward",
    "geoip",
    "grpc",
    "grpc_server",
    "header",
    "health",
    "hosts",
    "https",
    "https3",
    "import",
    "k8s_external",
    "kubernetes",
    "loadbalance",
    "local",
    "log",
    "loop",
    "metadata",
    "minimal",
    "multisocket",
    "nomad",
    "nsid",
    "on",
    "pprof",
    "prometheus",
    "quic",
    "ready",
    "reload",
    "rewrite",
    "root",
    "route53",
    "secondary",
    "sign",
    "template",
    "timeouts",
    "tls",
    "trace",
    "transfer",
    "tsig",
    "view",
    "whoami",
];

/// What the two checks of CoreDNS find.
pub(super) fn look(api: &Api, image: &str) -> Result<[Finding; 2], PhaseError> {
    let mut plugins = Finding::clean("CoreDNSUnsupportedPlugins");
    let mut migration = Finding::clean("CoreDNSMigration");
    let maps = ResourceRef::of_kind("v1", "ConfigMap").within(SYSTEM);
    let Some(map) = api.get(&maps.named(coredns::NAME))? else {
        return Ok([plugins, migration]);
    };
    let corefile = map.pointer("/data/Corefile").and_then(Value::as_str);
    for plugin in unknown_plugins(corefile.unwrap_or_default()) {
        plugins = plugins.error(format!(
            "the Corefile uses the plugin {plugin:?}, which CoreDNS is not built with"
        ));
    }
    let (installed, wanted) = (ClusterVersions::dns_of(api)?, tag(image));
    match (parse(&installed), parse(wanted)) {
        (Some(installed), Some(wanted)) if installed > wanted => {
            migration = migration.error(format!(
                "CoreDNS v{installed} is newer than v{wanted}: its configuration cannot be taken back"
            ));
        }
        (None, _) if !installed.is_empty() => {
            migration = migration.error(format!(
                "the version of CoreDNS {installed:?} is not known: nobody can tell whether its configuration goes with {wanted}"
            ));
        }
        _ => {}
    }
    Ok([plugins, migration])
}

/// Plugins of server blocks that are not among those of CoreDNS, in order. Snippets are looked into, too.
fn unknown_plugins(corefile: &str) -> BTreeSet<String> {
    let mut depth = 0_usize;
    let mut unknown = BTreeSet::new();
    for line in corefile.lines() {
        let line = line.split('#').next().unwrap_or_default().trim();
        let first = line.split_whitespace().next().unwrap_or_default();
        // Directly inside a server block stand plugins; deeper, what plugins are told.
        if depth == 1 && !matches!(first, "" | "}") && !PLUGINS.contains(&first) {
            unknown.insert(first.to_owned());
        }
        for word in line.split_whitespace() {
            match word {
                "{" => depth += 1,
                "}" => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
    }
    unknown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_corefile_of_kubeadm_has_known_plugins_only() {
        assert!(PLUGINS.is_sorted());
        let corefile = coredns::corefile("cluster.local");
        assert!(unknown_plugins(&corefile).is_empty());
        let own = corefile.replace(
            "    loop\n",
            "    own {\n        loop2\n    }\n    # none\n",
        );
        assert_eq!(
            unknown_plugins(&own).into_iter().collect::<Vec<_>>(),
            ["own"]
        );
    }
}
