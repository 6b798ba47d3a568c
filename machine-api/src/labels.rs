//! Labels and annotations that Cluster API gives a meaning, and what texts are valid ones.

/// The Cluster that an object belongs to.
pub const CLUSTER_NAME: &str = "cluster.x-k8s.io/cluster-name";
/// The MachineDeployment that a machine belongs to.
pub const DEPLOYMENT_NAME: &str = "cluster.x-k8s.io/deployment-name";
/// The MachineSet that a machine belongs to, as [`format_value`] writes it.
pub const SET_NAME: &str = "cluster.x-k8s.io/set-name";
/// Says that a machine is one of the control plane.
pub const CONTROL_PLANE: &str = "cluster.x-k8s.io/control-plane";
/// The control plane that a machine belongs to.
pub const CONTROL_PLANE_NAME: &str = "cluster.x-k8s.io/control-plane-name";
/// Says that an object is made from the topology of its Cluster.
pub const TOPOLOGY_OWNED: &str = "topology.cluster.x-k8s.io/owned";
/// The name of a MachineDeployment in the topology of its Cluster.
pub const TOPOLOGY_DEPLOYMENT_NAME: &str = "topology.cluster.x-k8s.io/deployment-name";

/// Tells the machines of one MachineSet of a MachineDeployment from those of the others.
pub const MACHINE_TEMPLATE_HASH: &str = "machine-template-hash";

/// Finalizer of a Machine.
pub const MACHINE_FINALIZER: &str = "machine.cluster.x-k8s.io";
/// Finalizer of a MachineSet.
pub const MACHINE_SET_FINALIZER: &str = "cluster.x-k8s.io/machineset";
/// Finalizer of a MachineDeployment.
pub const MACHINE_DEPLOYMENT_FINALIZER: &str = "cluster.x-k8s.io/machinedeployment";

/// Annotation: the object is left as it is.
pub const PAUSED: &str = "cluster.x-k8s.io/paused";
/// Annotation: the machine goes first when there are too many.
pub const DELETE_MACHINE: &str = "cluster.x-k8s.io/delete-machine";
/// Annotation: the machine is unhealthy, whatever its conditions say.
pub const REMEDIATE_MACHINE: &str = "cluster.x-k8s.io/remediate-machine";
/// Annotation: no health check looks at the machine.
pub const SKIP_REMEDIATION: &str = "cluster.x-k8s.io/skip-remediation";
/// Annotation: a MachineSet makes no machines if it is `true`.
pub const DISABLE_MACHINE_CREATE: &str = "cluster.x-k8s.io/disable-machine-create";
/// Annotation: the template that an object is made from.
pub const CLONED_FROM_NAME: &str = "cluster.x-k8s.io/cloned-from-name";
/// Annotation: kind and group of the template that an object is made from, as `Kind.group`.
pub const CLONED_FROM_GROUP_KIND: &str = "cluster.x-k8s.io/cloned-from-groupkind";
/// Annotation: the object is managed by something else, and no provider changes it.
pub const MANAGED_BY: &str = "cluster.x-k8s.io/managed-by";

/// Annotation: the revision of a MachineDeployment, and that at which a MachineSet became the current one.
pub const REVISION: &str = "machinedeployment.clusters.x-k8s.io/revision";
/// Annotation: earlier revisions at which a MachineSet was the current one, separated by commas.
pub const REVISION_HISTORY: &str = "machinedeployment.clusters.x-k8s.io/revision-history";
/// Annotation: how many machines the MachineDeployment of a MachineSet is to have.
pub const DESIRED_REPLICAS: &str = "machinedeployment.clusters.x-k8s.io/desired-replicas";
/// Annotation: how many machines the MachineDeployment of a MachineSet may have while it rolls.
pub const MAX_REPLICAS: &str = "machinedeployment.clusters.x-k8s.io/max-replicas";

/// Annotation: the machine is being updated in place.
pub const UPDATE_IN_PROGRESS: &str =
    "in-place-updates.internal.cluster.x-k8s.io/update-in-progress";
/// Annotation: the machine came from another MachineSet, and the MachineDeployment does not count it yet.
pub const PENDING_ACKNOWLEDGE_MOVE: &str =
    "in-place-updates.internal.cluster.x-k8s.io/pending-acknowledge-move";
/// Annotation: machines of a MachineSet that came from another one and count now, separated by commas.
pub const ACKNOWLEDGED_MOVE: &str = "in-place-updates.internal.cluster.x-k8s.io/acknowledged-move";
/// Annotation: a MachineSet gives the machines that it has too many to that one.
pub const MOVE_MACHINES_TO_MACHINE_SET: &str =
    "in-place-updates.internal.cluster.x-k8s.io/move-machines-to-machineset";
/// Annotation: a MachineSet takes machines from those, separated by commas.
pub const RECEIVE_MACHINES_FROM_MACHINE_SETS: &str =
    "in-place-updates.internal.cluster.x-k8s.io/receive-machines-from-machinesets";

/// Annotation: the version that a Cluster goes through at the moment on its way to that of its topology.
pub const UPGRADE_STEP: &str = "topology.internal.cluster.x-k8s.io/upgrade-step";

/// Annotation of a KubeadmControlPlane: the remediation that it is in.
pub const REMEDIATION_IN_PROGRESS: &str = "controlplane.cluster.x-k8s.io/remediation-in-progress";
/// Annotation of a control plane machine: the remediation that it was made in.
pub const REMEDIATION_FOR: &str = "controlplane.cluster.x-k8s.io/remediation-for";

/// Annotation: the least number of machines that an autoscaler may choose.
pub const AUTOSCALER_MIN_SIZE: &str = "cluster.x-k8s.io/cluster-api-autoscaler-node-group-min-size";
/// Annotation: the greatest number of machines that an autoscaler may choose.
pub const AUTOSCALER_MAX_SIZE: &str = "cluster.x-k8s.io/cluster-api-autoscaler-node-group-max-size";
/// Annotation: checks before machines are made that are left out, separated by commas.
pub const SKIP_PREFLIGHT_CHECKS: &str = "machineset.cluster.x-k8s.io/skip-preflight-checks";
/// Annotation: the update of kube-proxy is left out.
pub const SKIP_KUBE_PROXY: &str = "controlplane.cluster.x-k8s.io/skip-kube-proxy";
/// Annotation: the update of CoreDNS is left out.
pub const SKIP_COREDNS: &str = "controlplane.cluster.x-k8s.io/skip-coredns";
/// Annotation: how many MachineDeployments of a topology are upgraded at a time.
pub const UPGRADE_CONCURRENCY: &str = "topology.cluster.x-k8s.io/upgrade-concurrency";
/// Annotation: the class of an existing Cluster may be set.
pub const UNSAFE_UPDATE_CLASS_NAME: &str =
    "unsafe.topology.cluster.x-k8s.io/disable-update-class-name-check";
/// Annotation: the version of a Cluster may be set to any.
pub const UNSAFE_UPDATE_VERSION: &str =
    "unsafe.topology.cluster.x-k8s.io/disable-update-version-check";
/// Annotation: the object is written to see what would be, by the controller of topologies.
pub const TOPOLOGY_DRY_RUN: &str = "topology.cluster.x-k8s.io/dry-run";
/// Annotation: hooks that are still to be called, separated by commas.
pub const PENDING_HOOKS: &str = "runtime.cluster.x-k8s.io/pending-hooks";
/// Annotation: the node of a machine is not drained before the machine goes.
pub const EXCLUDE_NODE_DRAINING: &str = "machine.cluster.x-k8s.io/exclude-node-draining";
/// Annotation: a machine goes without waiting for its volumes.
pub const EXCLUDE_WAIT_FOR_NODE_VOLUME_DETACH: &str =
    "machine.cluster.x-k8s.io/exclude-wait-for-node-volume-detach";
/// Annotations that begin so hold back the draining of a machine that is to go.
pub const PRE_DRAIN_HOOK_PREFIX: &str = "pre-drain.delete.hook.machine.cluster.x-k8s.io";
/// Annotations that begin so hold back the end of a machine that was drained.
pub const PRE_TERMINATE_HOOK_PREFIX: &str = "pre-terminate.delete.hook.machine.cluster.x-k8s.io";
/// Label of a pod: how draining treats it, `skip` or `wait-completed`.
pub const POD_DRAIN: &str = "cluster.x-k8s.io/drain";
/// The MachinePool that a machine belongs to.
pub const POOL_NAME: &str = "cluster.x-k8s.io/pool-name";
/// The name of a MachinePool in the topology of its Cluster.
pub const TOPOLOGY_POOL_NAME: &str = "topology.cluster.x-k8s.io/pool-name";
/// Annotation: the upgrade of workers of a topology, and of those after them, is put off.
pub const HOLD_UPGRADE_SEQUENCE: &str = "topology.cluster.x-k8s.io/hold-upgrade-sequence";
/// Annotation: the upgrade of workers of a topology is put off.
pub const DEFER_UPGRADE: &str = "topology.cluster.x-k8s.io/defer-upgrade";

const VALUE_SYNTAX: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', \
    and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for \
    validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const NAME_SYNTAX: &str = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an \
    alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is \
    '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const SUBDOMAIN_SYNTAX: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or \
    '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is \
    '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL_SYNTAX: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must \
    start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is \
    '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const LABEL_1035_SYNTAX: &str = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an \
    alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation \
    is '[a-z]([-a-z0-9]*[a-z0-9])?')";

/// A label value for `text`: itself if it is a valid one, else a hash of it.
///
/// ```
/// assert_eq!(machine_api::labels::format_value("my-set"), "my-set");
/// assert_eq!(machine_api::labels::format_value("my set"), "hash_SaTYnw_z");
/// ```
pub fn format_value(text: &str) -> String {
    if value_problems(text).is_empty() {
        return text.to_owned();
    }
    let hash = fnv32a(text);
    // Base64 for URLs, six digits of six bits; the last four bits are padding.
    let bits = u64::from(hash) << 4;
    let digit = |index: u32| {
        let value = u8::try_from((bits >> (30 - 6 * index)) & 0x3f).unwrap_or_default();
        char::from(match value {
            0..=25 => b'A' + value,
            26..=51 => b'a' + value - 26,
            52..=61 => b'0' + value - 52,
            62 => b'-',
            _ => b'_',
        })
    };
    let encoded: String = (0..6).map(digit).collect();
    format!("hash_{encoded}_z")
}

/// The hash FNV-1a of 32 bits.
pub(crate) fn fnv32a(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

/// What is wrong with a label value; nothing if it is one.
pub fn value_problems(value: &str) -> Vec<String> {
    let mut problems = Vec::new();
    if value.len() > 63 {
        problems.push("must be no more than 63 bytes".to_owned());
    }
    if !value.is_empty() && !is_name(value) {
        problems.push(VALUE_SYNTAX.to_owned());
    }
    problems
}

/// What is wrong with the key of a label, an annotation or a taint; nothing if it is one.
pub fn key_problems(key: &str) -> Vec<String> {
    let (prefix, name) = match key.split_once('/') {
        None => (None, key),
        Some((_, name)) if name.contains('/') => {
            return vec![format!(
                "a valid label key {NAME_SYNTAX} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
            )];
        }
        Some((prefix, name)) => (Some(prefix), name),
    };
    let mut problems = Vec::new();
    match prefix {
        Some("") => problems.push("prefix part must be non-empty".to_owned()),
        Some(prefix) => problems.extend(
            subdomain_problems(prefix)
                .into_iter()
                .map(|problem| format!("prefix part {problem}")),
        ),
        None => {}
    }
    if name.is_empty() {
        problems.push("name part must be non-empty".to_owned());
    } else if name.len() > 63 {
        problems.push("name part must be no more than 63 bytes".to_owned());
    }
    if !is_name(name) {
        problems.push(format!("name part {NAME_SYNTAX}"));
    }
    problems
}

/// What is wrong with the name of an object; nothing if it is one.
pub fn subdomain_problems(name: &str) -> Vec<String> {
    let mut problems = Vec::new();
    if name.len() > 253 {
        problems.push("must be no more than 253 characters".to_owned());
    }
    if !is_subdomain(name) {
        problems.push(SUBDOMAIN_SYNTAX.to_owned());
    }
    problems
}

/// What is wrong with a name without dots; nothing if it is one.
pub(crate) fn dns_label_problems(name: &str) -> Vec<String> {
    let mut problems = too_long_label(name);
    if !is_dns_label(name) {
        let problem = if is_subdomain(name) {
            "must not contain dots"
        } else {
            LABEL_SYNTAX
        };
        problems.push(problem.to_owned());
    }
    problems
}

/// What is wrong with the name of a service; nothing if it is one.
pub(crate) fn dns_1035_label_problems(name: &str) -> Vec<String> {
    let mut problems = too_long_label(name);
    if !is_dns_label(name) || name.starts_with(|first: char| first.is_ascii_digit()) {
        problems.push(LABEL_1035_SYNTAX.to_owned());
    }
    problems
}

fn too_long_label(name: &str) -> Vec<String> {
    let too_long = name.len() > 63;
    too_long
        .then(|| "must be no more than 63 characters".to_owned())
        .into_iter()
        .collect()
}

/// Letters, digits, `-`, `_` and `.`, with a letter or digit at both ends.
fn is_name(text: &str) -> bool {
    let ends = [text.bytes().next(), text.bytes().next_back()];
    ends.iter()
        .all(|end| end.is_some_and(|byte| byte.is_ascii_alphanumeric()))
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

fn is_subdomain(text: &str) -> bool {
    text.split('.').all(is_dns_label)
}

fn is_dns_label(text: &str) -> bool {
    let good = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let ends = [text.bytes().next(), text.bytes().next_back()];
    ends.iter().all(|end| end.is_some_and(good))
        && text.bytes().all(|byte| good(byte) || byte == b'-')
}
