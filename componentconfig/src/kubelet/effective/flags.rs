//! The flags of the kubelet that configure the same as its file. Follows `AddKubeletConfigFlags` of
//! `cmd/kubelet/app/options/options.go`.

mod lists;

use serde_json::{Map, Value};

use super::usage;
use crate::Report;

/// How the value of a flag is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Text,
    Bool,
    Number,
    /// Separated by commas; a flag given again adds to the list.
    List,
    /// `a=b,c=d`, replacing what the file says.
    Map,
    /// `a<b,c<d`, replacing what the file says.
    Thresholds,
    /// `A=true,B=false`, one by one over what the file says.
    Gates,
    /// `key=value:effect,key:effect`; the last flag counts.
    Taints,
    /// `0:memory=1Gi,hugepages-2Mi=64Mi;1:memory=1Gi`, reservations by NUMA node; a flag given again adds to them.
    Reservations,
    /// `pattern=3,other=5`; the last flag counts.
    Modules,
    /// `name:value,name:value`, a name more than once; a flag given again adds to them.
    Headers,
}

use Form::{
    Bool, Gates, Headers, List, Map as Pairs, Modules, Number, Reservations, Taints, Text,
    Thresholds,
};

/// Flag, field, form; sorted by flag.
const FLAGS: &[(&str, &str, Form)] = &[
    ("address", "address", Text),
    ("allowed-unsafe-sysctls", "allowedUnsafeSysctls", List),
    ("anonymous-auth", "authentication.anonymous.enabled", Bool),
    (
        "authentication-token-webhook",
        "authentication.webhook.enabled",
        Bool,
    ),
    (
        "authentication-token-webhook-cache-ttl",
        "authentication.webhook.cacheTTL",
        Text,
    ),
    ("authorization-mode", "authorization.mode", Text),
    (
        "authorization-webhook-cache-authorized-ttl",
        "authorization.webhook.cacheAuthorizedTTL",
        Text,
    ),
    (
        "authorization-webhook-cache-unauthorized-ttl",
        "authorization.webhook.cacheUnauthorizedTTL",
        Text,
    ),
    ("cgroup-driver", "cgroupDriver", Text),
    ("cgroup-root", "cgroupRoot", Text),
    ("cgroups-per-qos", "cgroupsPerQOS", Bool),
    ("client-ca-file", "authentication.x509.clientCAFile", Text),
    ("cluster-dns", "clusterDNS", List),
    ("cluster-domain", "clusterDomain", Text),
    ("container-log-max-files", "containerLogMaxFiles", Number),
    ("container-log-max-size", "containerLogMaxSize", Text),
    (
        "container-runtime-endpoint",
        "containerRuntimeEndpoint",
        Text,
    ),
    ("contention-profiling", "enableContentionProfiling", Bool),
    ("cpu-cfs-quota", "cpuCFSQuota", Bool),
    ("cpu-cfs-quota-period", "cpuCFSQuotaPeriod", Text),
    ("cpu-manager-policy", "cpuManagerPolicy", Text),
    (
        "cpu-manager-policy-options",
        "cpuManagerPolicyOptions",
        Pairs,
    ),
    (
        "cpu-manager-reconcile-period",
        "cpuManagerReconcilePeriod",
        Text,
    ),
    (
        "enable-controller-attach-detach",
        "enableControllerAttachDetach",
        Bool,
    ),
    ("enable-debugging-handlers", "enableDebuggingHandlers", Bool),
    ("enable-server", "enableServer", Bool),
    ("enforce-node-allocatable", "enforceNodeAllocatable", List),
    ("event-burst", "eventBurst", Number),
    ("event-qps", "eventRecordQPS", Number),
    ("eviction-hard", "evictionHard", Thresholds),
    (
        "eviction-max-pod-grace-period",
        "evictionMaxPodGracePeriod",
        Number,
    ),
    ("eviction-minimum-reclaim", "evictionMinimumReclaim", Pairs),
    (
        "eviction-pressure-transition-period",
        "evictionPressureTransitionPeriod",
        Text,
    ),
    ("eviction-soft", "evictionSoft", Thresholds),
    (
        "eviction-soft-grace-period",
        "evictionSoftGracePeriod",
        Pairs,
    ),
    ("fail-swap-on", "failSwapOn", Bool),
    ("feature-gates", "featureGates", Gates),
    ("file-check-frequency", "fileCheckFrequency", Text),
    ("hairpin-mode", "hairpinMode", Text),
    ("healthz-bind-address", "healthzBindAddress", Text),
    ("healthz-port", "healthzPort", Number),
    ("http-check-frequency", "httpCheckFrequency", Text),
    (
        "image-gc-high-threshold",
        "imageGCHighThresholdPercent",
        Number,
    ),
    (
        "image-gc-low-threshold",
        "imageGCLowThresholdPercent",
        Number,
    ),
    ("image-service-endpoint", "imageServiceEndpoint", Text),
    ("iptables-drop-bit", "iptablesDropBit", Number),
    ("iptables-masquerade-bit", "iptablesMasqueradeBit", Number),
    ("kernel-memcg-notification", "kernelMemcgNotification", Bool),
    ("kube-api-burst", "kubeAPIBurst", Number),
    ("kube-api-content-type", "contentType", Text),
    ("kube-api-qps", "kubeAPIQPS", Number),
    ("kube-reserved", "kubeReserved", Pairs),
    ("kube-reserved-cgroup", "kubeReservedCgroup", Text),
    ("kubelet-cgroups", "kubeletCgroups", Text),
    (
        "local-storage-capacity-isolation",
        "localStorageCapacityIsolation",
        Bool,
    ),
    ("log-flush-frequency", "logging.flushFrequency", Text),
    (
        "log-json-info-buffer-size",
        "logging.options.json.infoBufferSize",
        Text,
    ),
    (
        "log-json-split-stream",
        "logging.options.json.splitStream",
        Bool,
    ),
    (
        "log-text-info-buffer-size",
        "logging.options.text.infoBufferSize",
        Text,
    ),
    (
        "log-text-split-stream",
        "logging.options.text.splitStream",
        Bool,
    ),
    ("logging-format", "logging.format", Text),
    ("make-iptables-util-chains", "makeIPTablesUtilChains", Bool),
    ("manifest-url", "staticPodURL", Text),
    ("manifest-url-header", "staticPodURLHeader", Headers),
    ("max-open-files", "maxOpenFiles", Number),
    ("max-pods", "maxPods", Number),
    ("memory-manager-policy", "memoryManagerPolicy", Text),
    ("minimum-image-ttl-duration", "imageMinimumGCAge", Text),
    ("node-status-max-images", "nodeStatusMaxImages", Number),
    (
        "node-status-update-frequency",
        "nodeStatusUpdateFrequency",
        Text,
    ),
    ("oom-score-adj", "oomScoreAdj", Number),
    ("pod-cidr", "podCIDR", Text),
    ("pod-manifest-path", "staticPodPath", Text),
    ("pod-max-pids", "podPidsLimit", Number),
    ("pods-per-core", "podsPerCore", Number),
    ("port", "port", Number),
    ("protect-kernel-defaults", "protectKernelDefaults", Bool),
    ("provider-id", "providerID", Text),
    ("qos-reserved", "qosReserved", Pairs),
    ("read-only-port", "readOnlyPort", Number),
    ("register-node", "registerNode", Bool),
    ("register-with-taints", "registerWithTaints", Taints),
    ("registry-burst", "registryBurst", Number),
    ("registry-qps", "registryPullQPS", Number),
    ("reserved-cpus", "reservedSystemCPUs", Text),
    ("reserved-memory", "reservedMemory", Reservations),
    ("resolv-conf", "resolvConf", Text),
    ("rotate-certificates", "rotateCertificates", Bool),
    ("rotate-server-certificates", "serverTLSBootstrap", Bool),
    ("runonce", "runOnce", Bool),
    ("runtime-request-timeout", "runtimeRequestTimeout", Text),
    ("seccomp-default", "seccompDefault", Bool),
    ("serialize-image-pulls", "serializeImagePulls", Bool),
    (
        "streaming-connection-idle-timeout",
        "streamingConnectionIdleTimeout",
        Text,
    ),
    ("sync-frequency", "syncFrequency", Text),
    ("system-cgroups", "systemCgroups", Text),
    ("system-reserved", "systemReserved", Pairs),
    ("system-reserved-cgroup", "systemReservedCgroup", Text),
    ("tls-cert-file", "tlsCertFile", Text),
    ("tls-cipher-suites", "tlsCipherSuites", List),
    ("tls-min-version", "tlsMinVersion", Text),
    ("tls-private-key-file", "tlsPrivateKeyFile", Text),
    ("topology-manager-policy", "topologyManagerPolicy", Text),
    (
        "topology-manager-policy-options",
        "topologyManagerPolicyOptions",
        Pairs,
    ),
    ("topology-manager-scope", "topologyManagerScope", Text),
    ("v", "logging.verbosity", Number),
    ("vmodule", "logging.vmodule", Modules),
    ("volume-plugin-dir", "volumePluginDir", Text),
    ("volume-stats-agg-period", "volumeStatsAggPeriod", Text),
];

/// A flag as it was given.
struct Given<'a> {
    name: &'static str,
    field: &'static str,
    form: Form,
    written: &'a str,
    /// Whether the flag was given before.
    again: bool,
}

impl Given<'_> {
    fn apply(&self, document: &mut Value) -> Result<(), Report> {
        let (name, written) = (self.name, self.written);
        set(at(document, self.field), self.form, written, self.again).map_err(|why| {
            usage(format!(
                "invalid argument {written:?} for \"--{name}\" flag: {why}"
            ))
        })
    }
}

/// Sets the fields that the flags name in a document of the kubelet.
pub(super) fn apply(document: &mut Value, flags: &[&str]) -> Result<(), Report> {
    parse(flags)?
        .iter()
        .try_for_each(|flag| flag.apply(document))
}

/// What each flag sets, with its name.
pub(super) fn each(flags: &[&str]) -> Result<Vec<(String, Value)>, Report> {
    let mut out = Vec::new();
    for flag in parse(flags)? {
        let mut document = Value::Object(Map::new());
        flag.apply(&mut document)?;
        out.push((format!("--{}", flag.name), document));
    }
    Ok(out)
}

fn parse<'a>(flags: &[&'a str]) -> Result<Vec<Given<'a>>, Report> {
    let mut given: Vec<Given<'a>> = Vec::new();
    let mut rest = flags.iter();
    while let Some(flag) = rest.next() {
        let bare = flag
            .strip_prefix("--")
            .ok_or_else(|| usage(format!("unexpected argument {flag:?}")))?;
        let (name, written) = match bare.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (bare, None),
        };
        let (name, field, form) = *FLAGS
            .binary_search_by(|known| known.0.cmp(name))
            .ok()
            .and_then(|at| FLAGS.get(at))
            .ok_or_else(|| usage(format!("unknown flag: --{name}")))?;
        let written = match written {
            None if form == Bool => "true",
            None => rest
                .next()
                .copied()
                .ok_or_else(|| usage(format!("flag needs an argument: --{name}")))?,
            Some(value) => value,
        };
        given.push(Given {
            name,
            field,
            form,
            written,
            again: given.iter().any(|before| before.name == name),
        });
    }
    Ok(given)
}

/// The field of that path, made where it is not there.
fn at<'a>(value: &'a mut Value, path: &str) -> &'a mut Value {
    path.split('.').fold(value, |value, name| {
        if !value.is_object() {
            *value = Map::new().into();
        }
        &mut value[name]
    })
}

fn set(target: &mut Value, form: Form, written: &str, again: bool) -> Result<(), String> {
    *target = match form {
        Text => written.into(),
        Bool => switch(written)?.into(),
        Number => written
            .parse::<i64>()
            .map_err(|why| why.to_string())?
            .into(),
        List => {
            let mut list = match target.take() {
                Value::Array(list) if again => list,
                _ => Vec::new(),
            };
            list.extend(parts(written).map(Value::from));
            list.into()
        }
        Pairs | Thresholds => {
            let separator = if form == Pairs { '=' } else { '<' };
            let mut map = match target.take() {
                Value::Object(map) if again => map,
                _ => Map::new(),
            };
            for part in parts(written) {
                let (name, value) = pair(part, separator)?;
                map.insert(name.to_owned(), value.into());
            }
            map.into()
        }
        Gates => {
            let mut map = match target.take() {
                Value::Object(map) => map,
                _ => Map::new(),
            };
            for part in parts(written) {
                let (name, on) = pair(part, '=')?;
                map.insert(name.to_owned(), switch(on)?.into());
            }
            map.into()
        }
        Taints => lists::taints(written)?,
        Modules => lists::modules(written)?,
        Reservations => lists::reservations(target.take(), written, again)?,
        Headers => lists::headers(target.take(), written, again)?,
    };
    Ok(())
}

fn parts(written: &str) -> impl Iterator<Item = &str> {
    written
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
}

fn pair(part: &str, separator: char) -> Result<(&str, &str), String> {
    let (name, value) = part
        .split_once(separator)
        .ok_or_else(|| format!("malformed pair, expect string{separator}string"))?;
    Ok((name.trim(), value.trim()))
}

fn switch(written: &str) -> Result<bool, String> {
    match written {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err(format!("{written:?} is neither true nor false")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{Kind, decode::Strictness, decode_value, kubelet::v1beta1::KubeletConfiguration};

    #[test]
    fn every_flag_has_a_field() {
        assert!(FLAGS.is_sorted_by(|a, b| a.0 < b.0));
        for (_, field, form) in FLAGS {
            let value = match form {
                Text if field.ends_with("infoBufferSize") => json!("1Ki"),
                Text => json!("1s"),
                Bool => json!(true),
                Number => json!(1),
                List => json!(["a"]),
                Pairs | Thresholds => json!({"a": "b"}),
                Gates => json!({"A": true}),
                Taints => lists::taints("a=b:NoSchedule").unwrap(),
                Modules => lists::modules("a=1").unwrap(),
                Reservations => lists::reservations(Value::Null, "0:memory=1Gi", false).unwrap(),
                Headers => lists::headers(Value::Null, "a:b", false).unwrap(),
            };
            let mut document = KubeletConfiguration::default().to_document();
            *at(&mut document, field) = value;
            let fields = document.as_object_mut().unwrap();
            fields.retain(|name, _| name != "apiVersion" && name != "kind");
            let decoded = decode_value::<KubeletConfiguration>(&document, Strictness::Strict);
            assert!(!decoded.has_errors(), "{field}: {:?}", decoded.diagnostics);
        }
    }

    #[test]
    fn forms() {
        let mut document =
            json!({"clusterDNS": ["x"], "evictionHard": {"a": "1"}, "featureGates": {"A": true}});
        let flags = [
            "--cluster-dns=1.1.1.1,2.2.2.2",
            "--cluster-dns",
            "3.3.3.3",
            "--eviction-hard=b<5%",
            "--feature-gates=B=false",
            "--fail-swap-on",
            "--anonymous-auth=false",
        ];
        apply(&mut document, &flags).unwrap();
        assert_eq!(
            document,
            json!({
                "clusterDNS": ["1.1.1.1", "2.2.2.2", "3.3.3.3"],
                "evictionHard": {"b": "5%"},
                "featureGates": {"A": true, "B": false},
                "failSwapOn": true,
                "authentication": {"anonymous": {"enabled": false}},
            })
        );
        for (flag, why) in [
            ("max-pods=1", "unexpected argument"),
            ("--nope=1", "unknown flag: --nope"),
            ("--max-pods=x", "invalid digit"),
            ("--max-pods", "flag needs an argument"),
            ("--eviction-hard=a", "malformed pair"),
            ("--fail-swap-on=maybe", "neither true nor false"),
        ] {
            let error = apply(&mut json!({}), &[flag]).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}
