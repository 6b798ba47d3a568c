//! What single checks look at.

use std::net::IpAddr;

use ipnet::IpNet;
use semver::Version;

use super::Finding;
use crate::kubeadm::net::is_dns_subdomain;
use crate::{Command, Files, Host};

/// One thing to be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Check {
    /// This process may do everything.
    Root,
    /// So many processors.
    Processors(usize),
    /// So much memory, in MiB.
    Memory(u64),
    /// The version to be set up, against the version whose ways these phases follow.
    KubernetesVersion(String),
    /// A firewall is active that keeps these ports shut.
    Firewall(Vec<i32>),
    /// Nobody listens on this port.
    Port(i32),
    /// Nothing is at this path.
    FileAvailable(String),
    /// A file is at this path, under the name of another check.
    FileThere {
        /// The check's name.
        check: &'static str,
        /// The path.
        path: String,
    },
    /// A file of the kernel's holds this.
    KernelFile {
        /// The path.
        path: String,
        /// What it holds, without blanks around.
        content: String,
    },
    /// A folder is not there or holds nothing.
    FolderEmpty(String),
    /// A program is installed.
    Program {
        /// Its name.
        name: String,
        /// Whether it has to be.
        mandatory: bool,
    },
    /// Connections to this host do not go through a proxy.
    Proxy {
        /// The host.
        host: String,
    },
    /// Connections to this network do not go through a proxy.
    ProxyOfNetwork {
        /// The network, `10.96.0.0/12`.
        network: String,
    },
    /// The container runtime answers at this socket.
    Runtime(String),
    /// The container runtime is recent enough.
    RuntimeVersion(String),
    /// Swap is off.
    Swap,
    /// The kernel can run containers.
    System,
    /// The node's name is one, and has an address.
    Hostname(String),
    /// The kubelet goes with the control plane of this version.
    KubeletVersion(String),
    /// The kubelet is a service that starts with the machine.
    KubeletService,
    /// The external etcd is recent enough.
    ExternalEtcdVersion,
}

/// What checks look at.
#[expect(
    missing_debug_implementations,
    reason = "the host and the files need not show themselves"
)]
pub struct Facts<'a> {
    /// The host.
    pub host: &'a dyn Host,
    /// Its files.
    pub files: &'a dyn Files,
    /// Its environment.
    pub environment: &'a [(String, String)],
    /// The version whose ways are followed: a control plane of a later minor version is warned of.
    pub own_version: &'a str,
}

const NO_INIT: &str = "no supported init system detected, skipping checking for services";

impl Check {
    /// The name, as kubeadm spells it.
    pub fn name(&self) -> String {
        match self {
            Self::Root => "IsPrivilegedUser".to_owned(),
            Self::Processors(_) => "NumCPU".to_owned(),
            Self::Memory(_) => "Mem".to_owned(),
            Self::KubernetesVersion(_) => "KubernetesVersion".to_owned(),
            Self::Firewall(_) => "Firewalld".to_owned(),
            Self::Port(port) => format!("Port-{port}"),
            Self::FileAvailable(path) => format!("FileAvailable-{}", dashed(path)),
            Self::FileThere { check, .. } => (*check).to_owned(),
            Self::KernelFile { path, .. } => format!("FileContent-{}", dashed(path)),
            Self::FolderEmpty(path) => format!("DirAvailable-{}", dashed(path)),
            Self::Program { name, .. } => format!("FileExisting-{name}"),
            Self::Proxy { .. } => "HTTPProxy".to_owned(),
            Self::ProxyOfNetwork { .. } => "HTTPProxyCIDR".to_owned(),
            Self::Runtime(_) => "CRI".to_owned(),
            Self::RuntimeVersion(_) => "ContainerRuntimeVersion".to_owned(),
            Self::Swap => "Swap".to_owned(),
            Self::System => "SystemVerification".to_owned(),
            Self::Hostname(_) => "Hostname".to_owned(),
            Self::KubeletVersion(_) => "KubeletVersion".to_owned(),
            Self::KubeletService => "Service-kubelet".to_owned(),
            Self::ExternalEtcdVersion => "ExternalEtcdVersion".to_owned(),
        }
    }

    /// Looks.
    pub fn look(&self, facts: &Facts<'_>) -> Finding {
        let finding = Finding::clean(self.name());
        match self {
            Self::Root if !facts.host.is_root() => finding.error("user is not running as root"),
            Self::Processors(wanted) if facts.host.processors() < *wanted => {
                finding.error(format!(
                    "the number of available CPUs {} is less than the required {wanted}",
                    facts.host.processors()
                ))
            }
            Self::Memory(wanted) => memory(finding, facts, *wanted),
            Self::KubernetesVersion(version) => newer(finding, facts, version),
            Self::Firewall(ports) => firewall(finding, facts, ports),
            Self::Port(port) => port_free(finding, facts, *port),
            Self::FileAvailable(path) => match facts.files.stat(path) {
                Ok(None) => finding,
                Ok(Some(_)) => finding.error(format!("{path} already exists")),
                Err(error) => finding.error(error.to_string()),
            },
            Self::FileThere { path, .. } => match facts.files.stat(path) {
                Ok(Some(_)) => finding,
                Ok(None) => finding.error(format!("{path} doesn't exist")),
                Err(error) => finding.error(error.to_string()),
            },
            Self::KernelFile { path, content } => kernel_file(finding, facts, path, content),
            Self::FolderEmpty(path) => folder(finding, facts, path),
            Self::Program { name, mandatory } => program(finding, facts, name, *mandatory),
            Self::Proxy { host } => proxy(finding, facts, host),
            Self::ProxyOfNetwork { network } => proxy_of_network(finding, facts, network),
            Self::Runtime(socket) | Self::RuntimeVersion(socket) => runtime(finding, facts, socket),
            Self::Swap => swap(finding, facts),
            Self::System => system(finding, facts),
            Self::Hostname(name) => hostname(finding, facts, name),
            Self::KubeletVersion(version) => kubelet_version(finding, facts, version),
            Self::KubeletService => kubelet_service(finding, facts),
            _ => finding,
        }
    }
}

/// A path as part of a name.
fn dashed(path: &str) -> String {
    path.replace('/', "-")
}

fn memory(finding: Finding, facts: &Facts<'_>, wanted: u64) -> Finding {
    match facts.host.memory().map(|bytes| bytes / 1024 / 1024) {
        Some(there) if there < wanted => finding.error(format!(
            "the system RAM ({there} MB) is less than the minimum {wanted} MB"
        )),
        _ => finding,
    }
}

fn newer(finding: Finding, facts: &Facts<'_>, version: &str) -> Finding {
    match (parse(version), parse(facts.own_version)) {
        (Some(wanted), Some(own)) if (wanted.major, wanted.minor) > (own.major, own.minor) => {
            finding.warning(format!(
                "Kubernetes {version} is newer than what is followed here, {}",
                facts.own_version
            ))
        }
        (None, _) => finding.error(format!("couldn't parse Kubernetes version {version:?}")),
        _ => finding,
    }
}

fn parse(text: &str) -> Option<Version> {
    Version::parse(text.trim().strip_prefix('v').unwrap_or(text.trim())).ok()
}

fn systemctl(facts: &Facts<'_>, args: [&str; 2]) -> Option<bool> {
    facts.host.find_program("systemctl")?;
    let output = facts.host.run(&Command::new("systemctl", args)).ok()?;
    Some(output.is_success())
}

fn firewall(finding: Finding, facts: &Facts<'_>, ports: &[i32]) -> Finding {
    match systemctl(facts, ["is-active", "firewalld"]) {
        None => finding.warning(NO_INIT),
        Some(true) => finding.warning(format!(
            "firewalld is active, please ensure ports {ports:?} are open or your cluster may not function correctly"
        )),
        Some(false) => finding,
    }
}

fn port_free(finding: Finding, facts: &Facts<'_>, port: i32) -> Finding {
    match u16::try_from(port) {
        Ok(number) if facts.host.is_port_free(number) => finding,
        _ => finding.error(format!("Port {port} is in use")),
    }
}

fn kernel_file(finding: Finding, facts: &Facts<'_>, path: &str, content: &str) -> Finding {
    match facts.host.kernel_file(path) {
        None => finding.error(format!("{path} does not exist")),
        Some(found) if found.trim() == content => finding,
        Some(_) => finding.error(format!("{path} contents are not set to {content}")),
    }
}

fn folder(finding: Finding, facts: &Facts<'_>, path: &str) -> Finding {
    match facts.files.stat(path) {
        Ok(None) => finding,
        Ok(Some(_)) => match facts.files.list(path) {
            Ok(names) if names.is_empty() => finding,
            Ok(_) => finding.error(format!("{path} is not empty")),
            Err(error) => finding.error(error.to_string()),
        },
        Err(error) => finding.error(error.to_string()),
    }
}

fn program(finding: Finding, facts: &Facts<'_>, name: &str, mandatory: bool) -> Finding {
    if facts.host.find_program(name).is_some() {
        return finding;
    }
    let text = format!("{name} not found in system path");
    if mandatory {
        finding.error(text)
    } else {
        finding.warning(text)
    }
}

/// The proxy that connections to a host go through, as Go's clients decide it for `https`.
fn proxy_for<'a>(facts: &Facts<'a>, host: &str) -> Option<&'a str> {
    let variable = |name: &str| {
        let mut all = facts.environment.iter();
        let found =
            all.find(|(known, value)| known.eq_ignore_ascii_case(name) && !value.is_empty());
        found.map(|(_, value)| value.as_str())
    };
    let proxy = variable("HTTPS_PROXY")?;
    let address: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
    if host == "localhost" || address.is_some_and(|address| address.is_loopback()) {
        return None;
    }
    let exempt = variable("NO_PROXY")
        .unwrap_or_default()
        .split(',')
        .map(str::trim);
    let exempt = exempt.filter(|entry| !entry.is_empty());
    let matches = |entry: &str| {
        let network = || entry.parse::<IpNet>().ok().zip(address);
        entry == "*"
            || entry.trim_matches(['[', ']']).parse().ok() == address && address.is_some()
            || network().is_some_and(|(network, address)| network.contains(&address))
            || address.is_none() && is_within(host, entry)
    };
    if exempt.into_iter().any(matches) {
        None
    } else {
        Some(proxy)
    }
}

/// Whether a name is a domain's or one below it; a leading dot means only those below.
fn is_within(host: &str, domain: &str) -> bool {
    let above = domain.trim_start_matches(['*', '.']);
    let below = host
        .strip_suffix(above)
        .is_some_and(|rest| rest.ends_with('.'));
    below || (host == above && !domain.starts_with('.'))
}

fn proxy(finding: Finding, facts: &Facts<'_>, host: &str) -> Finding {
    match proxy_for(facts, host) {
        Some(proxy) => finding.warning(format!(
            "Connection to \"https://{host}\" uses proxy {proxy:?}. If that is not intended, adjust your proxy settings"
        )),
        None => finding,
    }
}

fn proxy_of_network(finding: Finding, facts: &Facts<'_>, network: &str) -> Finding {
    if network.is_empty() {
        return finding;
    }
    let Ok(net) = network.parse::<IpNet>() else {
        return finding.error(format!("error parsing CIDR {network:?}"));
    };
    let Some(first) = net.hosts().next() else {
        return finding;
    };
    match proxy_for(facts, &first.to_string()) {
        Some(proxy) => finding.warning(format!(
            "connection to {network:?} uses proxy {proxy:?}. This may lead to malfunctional cluster setup. Make sure that \
             Pod and Services IP ranges specified correctly as exceptions in proxy configuration"
        )),
        None => finding,
    }
}

fn runtime(finding: Finding, facts: &Facts<'_>, socket: &str) -> Finding {
    let command = Command::new("crictl", ["--runtime-endpoint", socket, "version"]);
    let refused =
        |why: &str| format!("could not connect to the container runtime at {socket}: {why}");
    match facts.host.run(&command) {
        Ok(output) if output.is_success() => finding,
        Ok(output) => finding.error(refused(output.stderr.trim())),
        Err(error) => finding.error(refused(&error.to_string())),
    }
}

fn swap(finding: Finding, facts: &Facts<'_>) -> Finding {
    // The first line is a heading.
    let areas = facts.host.kernel_file("/proc/swaps").unwrap_or_default();
    if areas.lines().skip(1).any(|line| !line.trim().is_empty()) {
        let text = "swap is supported for cgroup v2 only. The kubelet must be properly configured to use swap. Please refer to \
                    the kubelet's documentation, or disable swap on the node";
        return finding.warning(text);
    }
    finding
}

/// The kernel's control groups, and that the kubelet tells its version.
fn system(mut finding: Finding, facts: &Facts<'_>) -> Finding {
    if let Err(why) = version_of_kubelet(facts) {
        finding = finding.error(why);
    }
    let groups = facts.host.kernel_file("/sys/fs/cgroup/cgroup.controllers");
    if let Some(groups) = groups {
        let there: Vec<&str> = groups.split_whitespace().collect();
        for needed in ["cpu", "cpuset", "memory", "pids"] {
            if !there.contains(&needed) {
                finding = finding.error(format!("missing required cgroups: {needed}"));
            }
        }
    }
    finding
}

fn version_of_kubelet(facts: &Facts<'_>) -> Result<Version, String> {
    let output = facts.host.run(&Command::new("kubelet", ["--version"]));
    let output = output.map_err(|error| format!("couldn't get kubelet version: {error}"))?;
    let version = output.stdout.trim().rsplit(' ').next().and_then(parse);
    version.ok_or_else(|| "couldn't get kubelet version: it prints none".to_owned())
}

fn hostname(finding: Finding, facts: &Facts<'_>, name: &str) -> Finding {
    if !is_dns_subdomain(name) {
        return finding.error(format!("invalid node name format {name:?}"));
    }
    match facts.host.look_up(name) {
        Ok(found) if !found.is_empty() => finding,
        Ok(_) => finding.warning(format!("hostname {name:?} could not be reached")),
        Err(error) => finding
            .warning(format!("hostname {name:?} could not be reached"))
            .warning(format!("hostname {name:?}: {error}")),
    }
}

/// How many minor versions a kubelet may be older than its control plane.
const KUBELET_SKEW: u64 = 3;

fn kubelet_version(finding: Finding, facts: &Facts<'_>, control_plane: &str) -> Finding {
    let kubelet = match version_of_kubelet(facts) {
        Ok(version) => version,
        Err(why) => return finding.error(why),
    };
    if let Some(own) = parse(facts.own_version)
        && kubelet.minor + KUBELET_SKEW < own.minor
    {
        return finding.error(format!(
            "the kubelet's version {kubelet} is lower than what is supported here"
        ));
    }
    match parse(control_plane) {
        Some(wanted) if (kubelet.major, kubelet.minor) > (wanted.major, wanted.minor) => {
            finding.error(format!(
                "the kubelet version is higher than the control plane version. This is not a supported version skew and may \
                 lead to a malfunctional cluster. Kubelet version: \"{kubelet}\" Control plane version: \"{wanted}\""
            ))
        }
        _ => finding,
    }
}

fn kubelet_service(finding: Finding, facts: &Facts<'_>) -> Finding {
    match systemctl(facts, ["cat", "kubelet"]) {
        None => return finding.warning(NO_INIT),
        Some(false) => return finding.error("kubelet service does not exist"),
        Some(true) => {}
    }
    match systemctl(facts, ["is-enabled", "kubelet"]) {
        Some(false) => finding.warning(
            "kubelet service is not enabled, please run 'systemctl enable kubelet.service'",
        ),
        _ => finding,
    }
}
