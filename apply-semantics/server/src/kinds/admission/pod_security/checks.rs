//! What the levels forbid.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Version;
use crate::kinds::read::{at, entries, flag, has, int, list, path, text};

/// The last minor version that changed a rule.
const LATEST: u32 = 35;

/// What a pod does that is forbidden.
#[derive(Debug)]
pub(super) struct Broken {
    pub(super) reason: &'static str,
    pub(super) detail: String,
}

/// A rule: from which minor version on it holds, and until when.
struct Rule {
    from: u32,
    until: u32,
    check: fn(&Pod<'_>, u32) -> Option<Broken>,
}

const fn since(from: u32, check: fn(&Pod<'_>, u32) -> Option<Broken>) -> Rule {
    Rule {
        from,
        until: u32::MAX,
        check,
    }
}

/// The rules of the lower level, by their names.
const BASELINE: [Rule; 12] = [
    since(0, app_armor),
    since(0, capabilities),
    since(0, host_namespaces),
    since(0, host_paths),
    since(0, host_ports),
    since(34, probe_hosts),
    since(0, privileged),
    since(0, proc_mount),
    since(0, se_linux),
    since(0, seccomp),
    since(0, sysctls),
    since(0, host_process),
];

/// Those of the lower level that hold on the higher one too: the others have stricter ones in their place, from a version on.
const KEPT: [Rule; 12] = [
    since(0, app_armor),
    until(22, capabilities),
    since(0, host_namespaces),
    until(0, host_paths),
    since(0, host_ports),
    since(34, probe_hosts),
    since(0, privileged),
    until(35, proc_mount),
    since(0, se_linux),
    until(19, seccomp),
    since(0, sysctls),
    since(0, host_process),
];

const fn until(until: u32, check: fn(&Pod<'_>, u32) -> Option<Broken>) -> Rule {
    Rule {
        from: 0,
        until,
        check,
    }
}

/// The rules of the higher level.
const RESTRICTED: [Rule; 7] = [
    since(8, privilege_escalation),
    since(22, few_capabilities),
    since(35, proc_mount_always),
    since(0, volumes),
    since(0, run_as_non_root),
    since(23, run_as_user),
    since(19, seccomp_set),
];

/// What a pod does that a level forbids in a version.
pub(super) fn broken(restricted: bool, version: Version, pod: &Pod<'_>) -> Vec<Broken> {
    let minor = match version {
        Version::Latest => LATEST,
        Version::Minor(minor) => minor.min(LATEST),
    };
    let rules = if restricted {
        KEPT.iter().chain(&RESTRICTED)
    } else {
        BASELINE.iter().chain(&[])
    };
    rules
        .filter(|rule| (rule.from..rule.until).contains(&minor))
        .filter_map(|rule| (rule.check)(pod, minor))
        .collect()
}

/// A pod, or what one will be made from.
pub(super) struct Pod<'a> {
    metadata: &'a Value,
    spec: &'a Value,
}

impl<'a> Pod<'a> {
    pub(super) fn new(metadata: &'a Value, spec: &'a Value) -> Self {
        Self { metadata, spec }
    }

    /// All its containers, in the order in which they are told of.
    fn containers(&self) -> impl Iterator<Item = &'a Value> {
        let lists = ["initContainers", "containers", "ephemeralContainers"];
        let spec = self.spec;
        lists.into_iter().flat_map(move |key| list(spec, key))
    }

    /// The names of containers that do something.
    fn those(&self, bad: impl Fn(&Value) -> bool) -> Vec<&'a str> {
        let bad = self.containers().filter(|container| bad(container));
        bad.map(|container| text(container, "name")).collect()
    }

    fn security(&self) -> &'a Value {
        at(self.spec, "securityContext")
    }

    fn has_own_users(&self) -> bool {
        at(self.spec, "hostUsers") == &Value::Bool(false)
    }

    fn is_windows(&self) -> bool {
        path(self.spec, &["os", "name"]) == "windows"
    }
}

fn of_container<'a>(container: &'a Value, keys: &[&str]) -> &'a Value {
    path(at(container, "securityContext"), keys)
}

fn quoted<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> String {
    let texts = texts.into_iter();
    let quoted: Vec<_> = texts.map(|text| format!("\"{}\"", text.as_ref())).collect();
    quoted.join(", ")
}

fn named(one: &str, names: &[&str]) -> String {
    let ending = if names.len() == 1 { "" } else { "s" };
    format!("{one}{ending} {}", quoted(names))
}

/// The pod itself, and its containers.
fn setters(pod: bool, containers: &[&str]) -> String {
    let mut setters = Vec::new();
    if pod {
        setters.push("pod".to_owned());
    }
    if !containers.is_empty() {
        setters.push(named("container", containers));
    }
    setters.join(" and ")
}

fn broken_if(is: bool, reason: &'static str, detail: impl FnOnce() -> String) -> Option<Broken> {
    is.then(|| Broken {
        reason,
        detail: detail(),
    })
}

fn app_armor(pod: &Pod<'_>, _: u32) -> Option<Broken> {
    let mut values = BTreeSet::new();
    let mut is_bad = |security: &Value| {
        let profile = at(security, "appArmorProfile");
        let kind = text(profile, "type");
        let bad = !profile.is_null() && !matches!(kind, "RuntimeDefault" | "Localhost");
        if bad {
            values.insert(kind.to_owned());
        }
        bad
    };
    let by_pod = is_bad(pod.security());
    let mut names = Vec::new();
    for container in pod.containers() {
        if is_bad(at(container, "securityContext")) {
            names.push(text(container, "name"));
        }
    }
    let allowed =
        |value: &str| matches!(value, "" | "runtime/default") || value.starts_with("localhost/");
    let annotations: Vec<String> = entries(pod.metadata, "annotations")
        .into_iter()
        .filter(|(key, value)| {
            key.starts_with("container.apparmor.security.beta.kubernetes.io/")
                && !allowed(value.as_str().unwrap_or_default())
        })
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    let mut who = setters(by_pod, &names);
    if !annotations.is_empty() {
        if !who.is_empty() {
            who.push_str(" and ");
        }
        who.push_str(if annotations.len() == 1 {
            "annotation"
        } else {
            "annotations"
        });
    }
    let values: Vec<String> = values.into_iter().chain(annotations).collect();
    let reason = if values.len() == 1 {
        "forbidden AppArmor profile"
    } else {
        "forbidden AppArmor profiles"
    };
    broken_if(!who.is_empty(), reason, || {
        format!(
            "{who} must not set AppArmor profile type to {}",
            quoted(&values)
        )
    })
}

/// Those that a container may add beside the ones that it has anyway.
const CAPABILITIES: [&str; 13] = [
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

/// The containers that add capabilities beside those, and what they add.
fn adding<'a>(pod: &Pod<'a>, allowed: &[&str]) -> (Vec<&'a str>, BTreeSet<&'a str>) {
    let forbidden = |container: &'a Value| {
        let added = list(of_container(container, &["capabilities"]), "add").iter();
        added
            .filter_map(Value::as_str)
            .filter(|added| !allowed.contains(added))
    };
    let bad = |container: &&'a Value| forbidden(container).next().is_some();
    let names = pod
        .containers()
        .filter(bad)
        .map(|container| text(container, "name"));
    (
        names.collect(),
        pod.containers().flat_map(forbidden).collect(),
    )
}

fn must_not_add(names: &[&str], capabilities: &BTreeSet<&str>) -> String {
    format!(
        "{} must not include {} in securityContext.capabilities.add",
        named("container", names),
        quoted(capabilities)
    )
}

fn capabilities(pod: &Pod<'_>, _: u32) -> Option<Broken> {
    let (names, added) = adding(pod, &CAPABILITIES);
    broken_if(!names.is_empty(), "non-default capabilities", || {
        must_not_add(&names, &added)
    })
}

fn few_capabilities(pod: &Pod<'_>, minor: u32) -> Option<Broken> {
    if minor >= 25 && pod.is_windows() {
        return None;
    }
    let keeping = pod.those(|container| {
        let dropped = list(of_container(container, &["capabilities"]), "drop");
        !dropped.iter().any(|dropped| dropped == "ALL")
    });
    let (names, added) = adding(pod, &["NET_BIND_SERVICE"]);
    let mut details = Vec::new();
    if !keeping.is_empty() {
        details.push(format!(
            "{} must set securityContext.capabilities.drop=[\"ALL\"]",
            named("container", &keeping)
        ));
    }
    if !names.is_empty() {
        details.push(must_not_add(&names, &added));
    }
    broken_if(!details.is_empty(), "unrestricted capabilities", || {
        details.join("; ")
    })
}

fn host_namespaces(pod: &Pod<'_>, _: u32) -> Option<Broken> {
    let shared: Vec<String> = ["hostNetwork", "hostPID", "hostIPC"]
        .into_iter()
        .filter(|key| flag(pod.spec, key))
        .map(|key| format!("{key}=true"))
        .collect();
    broken_if(!shared.is_empty(), "host namespaces", || shared.join(", "))
}

fn host_paths(pod: &Pod<'_>, _: u32) -> Option<Broken> {
    let volumes = list(pod.spec, "volumes").iter();
    let names: Vec<&str> = volumes
        .filter(|volume| has(volume, "hostPath"))
        .map(|volume| text(volume, "name"))
        .collect();
    broken_if(!names.is_empty(), "hostPath volumes", || {
        named("volume", &names)
    })
}

fn host_ports(pod: &Pod<'_>, _: u32) -> Option<Broken> {
    let ports = |container: &Value| -> BTreeSet<String> {
        let ports = list(container, "ports").iter();
        let ports = ports.map(|port| int(port, "hostPort"));
        ports
            .filter(|port| *port != 0)
            .map(|port| port.to_string())
            .collect()
    };
    let names = pod.those(|container| !ports(container).is_empty());
    let all: BTreeSet<String> = pod.containers().flat_map(ports).collect();
    broken_if(!names.is_empty(), "hostPort", || {
        format!(
            "{} {} hostPort{} {}",
            named("container", &names),
            if names.len() == 1 { "uses" } else { "use" },
            if all.len() == 1 { "" } else { "s" },
            all.into_iter().collect::<Vec<_>>().join(", ")
        )
    })
}

fn probe_hosts(pod: &Pod<'_>, _: u32) -> Option<Broken> {
    let hosts = |container: &Value| -> BTreeSet<String> {
        let handlers = [
            at(container, "livenessProbe"),
            at(container, "readinessProbe"),
            at(container, "startupProbe"),
            path(container, &["lifecycle", "postStart"]),
            path(container, &["lifecycle", "preStop"]),
        ];
        let hosts = handlers
            .into_iter()
            .flat_map(|handler| ["httpGet", "tcpSocket"].map(|how| text(at(handler, how), "host")));
        hosts
            .filter(|host| !host.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let names: BTreeSet<&str> = pod
        .those(|container| !hosts(container).is_empty())
        .into_iter()
        .collect();
    let names: Vec<&str> = names.into_iter().collect();
    let all: BTreeSet<String> = pod.containers().flat_map(hosts).collect();
    broken_if(!names.is_empty(), "probe or lifecycle host", || {
        format!(
            "{} {} probe or lifecycle host{} {}",
            named("container", &names),
            if names.len() == 1 { "uses" } else { "use" },
            if all.len() == 1 { "" } else { "s" },
            quoted(&all)
        )
    })
}

fn privileged(pod: &Pod<'_>, _: u32) -> Option<Broken> {
    let names = pod.those(|container| flag(at(container, "securityContext"), "privileged"));
    broken_if(!names.is_empty(), "privileged", || {
        format!(
            "{} must not set securityContext.privileged=true",
            named("container", &names)
        )
    })
}

fn proc_mount(pod: &Pod<'_>, minor: u32) -> Option<Broken> {
    if minor >= 35 && pod.has_own_users() {
        return None;
    }
    proc_mount_always(pod, minor)
}

fn proc_mount_always(pod: &Pod<'_>, _: u32) -> Option<Broken> {
    let other = |container: &Value| {
        let mount = of_container(container, &["procMount"]).as_str();
        mount.filter(|mount| *mount != "Default").map(str::to_owned)
    };
    let names = pod.those(|container| other(container).is_some());
    let mounts: BTreeSet<String> = pod.containers().filter_map(other).collect();
    broken_if(!names.is_empty(), "procMount", || {
        format!(
            "{} must not set securityContext.procMount to {}",
            named("container", &names),
            quoted(&mounts)
        )
    })
}

fn se_linux(pod: &Pod<'_>, minor: u32) -> Option<Broken> {
    let (mut types, mut user, mut role) = (BTreeSet::new(), false, false);
    let mut is_bad = |security: &Value| {
        let options = at(security, "seLinuxOptions");
        let kind = text(options, "type");
        let known = match kind {
            "" | "container_t" | "container_init_t" | "container_kvm_t" => true,
            "container_engine_t" => minor >= 31,
            _ => false,
        };
        if !known {
            types.insert(kind.to_owned());
        }
        let (sets_user, sets_role) = (
            !text(options, "user").is_empty(),
            !text(options, "role").is_empty(),
        );
        user |= sets_user;
        role |= sets_role;
        !known || sets_user || sets_role
    };
    let by_pod = is_bad(pod.security());
    let mut names = Vec::new();
    for container in pod.containers() {
        if is_bad(at(container, "securityContext")) {
            names.push(text(container, "name"));
        }
    }
    let mut data = Vec::new();
    if !types.is_empty() {
        let ending = if types.len() == 1 { "" } else { "s" };
        data.push(format!("type{ending} {}", quoted(&types)));
    }
    data.extend(user.then(|| "user may not be set".to_owned()));
    data.extend(role.then(|| "role may not be set".to_owned()));
    broken_if(by_pod || !names.is_empty(), "seLinuxOptions", || {
        format!(
            "{} set forbidden securityContext.seLinuxOptions: {}",
            setters(by_pod, &names),
            data.join("; ")
        )
    })
}

/// The type of a profile, if it is none that keeps calls of the system away.
fn bad_seccomp(security: &Value) -> Option<&str> {
    let profile = at(security, "seccompProfile");
    let kind = text(profile, "type");
    (!profile.is_null() && !matches!(kind, "RuntimeDefault" | "Localhost")).then_some(kind)
}

fn seccomp(pod: &Pod<'_>, minor: u32) -> Option<Broken> {
    if minor < 19 {
        return seccomp_annotations(pod);
    }
    let bad = |container: &Value| bad_seccomp(at(container, "securityContext")).is_some();
    let by_pod = bad_seccomp(pod.security());
    let names = pod.those(bad);
    let containers = pod
        .containers()
        .filter_map(|container| bad_seccomp(at(container, "securityContext")));
    let values: BTreeSet<&str> = containers.chain(by_pod).collect();
    broken_if(!values.is_empty(), "seccompProfile", || {
        format!(
            "{} must not set securityContext.seccompProfile.type to {}",
            setters(by_pod.is_some(), &names),
            quoted(&values)
        )
    })
}

/// As it was before there were fields for it.
fn seccomp_annotations(pod: &Pod<'_>) -> Option<Broken> {
    let of_containers = pod.containers().map(|container| {
        format!(
            "container.seccomp.security.alpha.kubernetes.io/{}",
            text(container, "name")
        )
    });
    let keys = of_containers.chain(["seccomp.security.alpha.kubernetes.io/pod".to_owned()]);
    let forbidden: BTreeSet<String> = keys
        .filter_map(|key| {
            let value = path(pod.metadata, &["annotations", &key]).as_str()?;
            let allowed = matches!(value, "runtime/default" | "docker/default")
                || value.starts_with("localhost/");
            (!allowed).then(|| format!("{key}={value:?}"))
        })
        .collect();
    broken_if(!forbidden.is_empty(), "seccompProfile", || {
        format!(
            "forbidden annotation{} {}",
            if forbidden.len() == 1 { "" } else { "s" },
            forbidden.iter().cloned().collect::<Vec<_>>().join(", ")
        )
    })
}

fn seccomp_set(pod: &Pod<'_>, minor: u32) -> Option<Broken> {
    if minor >= 25 && pod.is_windows() {
        return None;
    }
    if let Some(broken) = seccomp(pod, minor) {
        return Some(broken);
    }
    if has(pod.security(), "seccompProfile") {
        return None;
    }
    let names = pod.those(|container| !has(at(container, "securityContext"), "seccompProfile"));
    broken_if(!names.is_empty(), "seccompProfile", || {
        format!(
            "pod or {} must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\"",
            named("container", &names)
        )
    })
}

/// Settings of the kernel that concern the pod alone, and from which minor version on they are known for it.
const SYSCTLS: [(&str, u32); 12] = [
    ("kernel.shm_rmid_forced", 0),
    ("net.ipv4.ip_local_port_range", 0),
    ("net.ipv4.tcp_syncookies", 0),
    ("net.ipv4.ping_group_range", 0),
    ("net.ipv4.ip_unprivileged_port_start", 0),
    ("net.ipv4.ip_local_reserved_ports", 27),
    ("net.ipv4.tcp_keepalive_time", 29),
    ("net.ipv4.tcp_fin_timeout", 29),
    ("net.ipv4.tcp_keepalive_intvl", 29),
    ("net.ipv4.tcp_keepalive_probes", 29),
    ("net.ipv4.tcp_rmem", 32),
    ("net.ipv4.tcp_wmem", 32),
];

fn sysctls(pod: &Pod<'_>, minor: u32) -> Option<Broken> {
    let is_safe = |name: &str| {
        let mut safe = SYSCTLS.iter();
        safe.any(|(safe, from)| *safe == name && minor >= *from)
    };
    let names = list(pod.security(), "sysctls").iter();
    let unsafe_ones: Vec<&str> = names
        .map(|sysctl| text(sysctl, "name"))
        .filter(|name| !is_safe(name))
        .collect();
    broken_if(!unsafe_ones.is_empty(), "forbidden sysctls", || {
        unsafe_ones.join(", ")
    })
}

fn host_process(pod: &Pod<'_>, _: u32) -> Option<Broken> {
    let sets = |security: &Value| flag(at(security, "windowsOptions"), "hostProcess");
    let by_pod = sets(pod.security());
    let names = pod.those(|container| sets(at(container, "securityContext")));
    broken_if(by_pod || !names.is_empty(), "hostProcess", || {
        format!(
            "{} must not set securityContext.windowsOptions.hostProcess=true",
            setters(by_pod, &names)
        )
    })
}

fn privilege_escalation(pod: &Pod<'_>, minor: u32) -> Option<Broken> {
    if minor >= 25 && pod.is_windows() {
        return None;
    }
    let names = pod.those(|container| {
        of_container(container, &["allowPrivilegeEscalation"]) != &Value::Bool(false)
    });
    broken_if(
        !names.is_empty(),
        "allowPrivilegeEscalation != false",
        || {
            format!(
                "{} must set securityContext.allowPrivilegeEscalation=false",
                named("container", &names)
            )
        },
    )
}

/// Sources of volumes that do not reach beyond what a namespace may have.
const OWN: [&str; 9] = [
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "image",
    "persistentVolumeClaim",
    "projected",
    "secret",
];

const OTHERS: [&str; 21] = [
    "hostPath",
    "gcePersistentDisk",
    "awsElasticBlockStore",
    "gitRepo",
    "nfs",
    "iscsi",
    "glusterfs",
    "rbd",
    "flexVolume",
    "cinder",
    "cephfs",
    "flocker",
    "fc",
    "azureFile",
    "vsphereVolume",
    "quobyte",
    "azureDisk",
    "photonPersistentDisk",
    "portworxVolume",
    "scaleIO",
    "storageos",
];

fn volumes(pod: &Pod<'_>, _: u32) -> Option<Broken> {
    let foreign = list(pod.spec, "volumes").iter();
    let foreign: Vec<&Value> = foreign
        .filter(|volume| !OWN.iter().any(|source| has(volume, source)))
        .collect();
    let source = |volume: &&Value| {
        let mut others = OTHERS.into_iter();
        others
            .find(|source| has(volume, source))
            .unwrap_or("unknown")
    };
    let sources: BTreeSet<&str> = foreign.iter().map(source).collect();
    let names: Vec<&str> = foreign.iter().map(|volume| text(volume, "name")).collect();
    broken_if(!names.is_empty(), "restricted volume types", || {
        format!(
            "{} {} restricted volume type{} {}",
            named("volume", &names),
            if names.len() == 1 { "uses" } else { "use" },
            if sources.len() == 1 { "" } else { "s" },
            quoted(&sources)
        )
    })
}

fn run_as_non_root(pod: &Pod<'_>, minor: u32) -> Option<Broken> {
    const REASON: &str = "runAsNonRoot != true";
    if minor >= 35 && pod.has_own_users() {
        return None;
    }
    let said = |security: &Value| at(security, "runAsNonRoot").as_bool();
    let of_pod = said(pod.security());
    let said_by = |container: &Value| said(at(container, "securityContext"));
    let wrong = pod.those(|container| said_by(container) == Some(false));
    if of_pod == Some(false) || !wrong.is_empty() {
        return broken_if(true, REASON, || {
            let who = setters(of_pod == Some(false), &wrong);
            format!("{who} must not set securityContext.runAsNonRoot=false")
        });
    }
    let silent = pod.those(|container| of_pod.is_none() && said_by(container).is_none());
    broken_if(!silent.is_empty(), REASON, || {
        format!(
            "pod or {} must set securityContext.runAsNonRoot=true",
            named("container", &silent)
        )
    })
}

fn run_as_user(pod: &Pod<'_>, minor: u32) -> Option<Broken> {
    if minor >= 35 && pod.has_own_users() {
        return None;
    }
    let is_root = |security: &Value| at(security, "runAsUser").as_i64() == Some(0);
    let by_pod = is_root(pod.security());
    let names = pod.those(|container| is_root(at(container, "securityContext")));
    broken_if(by_pod || !names.is_empty(), "runAsUser=0", || {
        format!("{} must not set runAsUser=0", setters(by_pod, &names))
    })
}
