//! Which checks there are before `init` and `join`.

use componentconfig::kubeadm::v1beta4::{
    ClusterConfiguration, InitConfiguration, JoinConfiguration,
};

use super::Check;
use crate::kubeadm::net::{host_port, parse_ip};

/// The folder of the static Pods' manifests.
const MANIFESTS: &str = "/etc/kubernetes/manifests";
const COMPONENTS: [&str; 4] = [
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "etcd",
];
const SCHEDULER: i32 = 10_259;
const CONTROLLER_MANAGER: i32 = 10_257;
const KUBELET: i32 = 10_250;
const ETCD: [i32; 2] = [2379, 2380];
const PROCESSORS: usize = 2;
const MEMORY: u64 = 1700;

/// The checks before a control plane is set up. `joining` says that it joins another one, for which the common checks were made
/// before; `certificates` that its certificates will come from there.
///
/// Follows `RunInitNodeChecks`.
pub fn init(
    init: &InitConfiguration,
    cluster: &ClusterConfiguration,
    joining: bool,
    certificates: bool,
) -> Vec<Check> {
    let endpoint = &init.local_api_endpoint;
    let mut checks = vec![
        Check::Processors(PROCESSORS),
        Check::Memory(MEMORY),
        Check::KubernetesVersion(cluster.kubernetes_version.clone()),
        Check::Firewall(vec![endpoint.bind_port, KUBELET]),
        Check::Port(endpoint.bind_port),
        Check::Port(SCHEDULER),
        Check::Port(CONTROLLER_MANAGER),
    ];
    let manifests = COMPONENTS
        .iter()
        .map(|name| format!("{MANIFESTS}/{name}.yaml"));
    checks.extend(manifests.map(Check::FileAvailable));
    checks.push(Check::Proxy {
        host: endpoint.advertise_address.clone(),
    });
    let networking = &cluster.networking;
    checks.extend(networks(&networking.service_subnet));
    checks.extend(networks(&networking.pod_subnet));
    if !joining {
        checks.extend(common(
            &init.node_registration.name,
            &init.node_registration.cri_socket,
            &cluster.kubernetes_version,
        ));
        checks.extend(forwarding(
            &networking.service_subnet,
            &endpoint.advertise_address,
        ));
    }
    match (&cluster.etcd.local, &cluster.etcd.external) {
        (_, Some(external)) => {
            if !joining {
                checks.push(Check::ExternalEtcdVersion);
            }
            if !certificates {
                let files = [&external.ca_file, &external.cert_file, &external.key_file];
                let given = files.into_iter().filter(|path| !path.is_empty());
                checks.extend(given.map(|path| Check::FileThere {
                    check: "ExternalEtcdClientCertificates",
                    path: path.clone(),
                }));
            }
        }
        (Some(local), None) => {
            checks.extend(ETCD.map(Check::Port));
            checks.push(Check::FolderEmpty(local.data_dir.clone()));
        }
        (None, None) => {}
    }
    checks
}

/// The checks before a node joins. `version` is that of the cluster.
///
/// Follows `RunJoinNodeChecks`.
pub fn join(join: &JoinConfiguration, version: &str) -> Vec<Check> {
    let worker = join.control_plane.is_none();
    let mut checks = vec![
        Check::FileAvailable("/etc/kubernetes/kubelet.conf".to_owned()),
        Check::FileAvailable("/etc/kubernetes/bootstrap-kubelet.conf".to_owned()),
    ];
    let registration = &join.node_registration;
    checks.extend(common(
        &registration.name,
        &registration.cri_socket,
        version,
    ));
    if worker {
        checks.push(Check::FileAvailable(join.ca_cert_path.clone()));
    }
    let endpoint = join
        .discovery
        .bootstrap_token
        .as_ref()
        .map(|token| &token.api_server_endpoint);
    if let Some(Ok((host, _))) =
        endpoint.map(|endpoint| host_port("discovery.bootstrapToken.apiServerEndpoint", endpoint))
    {
        checks.push(Check::Proxy {
            host: host.to_owned(),
        });
        if let Some(address) = parse_ip(host) {
            checks.push(forwarding_of(address.is_ipv6()));
        }
    }
    checks
}

/// Checks of every node. Follows `addCommonChecks`.
fn common(name: &str, socket: &str, version: &str) -> Vec<Check> {
    let program = |name: &str| Check::Program {
        name: name.to_owned(),
        mandatory: true,
    };
    vec![
        Check::Runtime(socket.to_owned()),
        Check::RuntimeVersion(socket.to_owned()),
        Check::Swap,
        program("losetup"),
        program("mount"),
        program("cp"),
        Check::System,
        Check::Hostname(name.to_owned()),
        Check::KubeletVersion(version.to_owned()),
        Check::KubeletService,
        Check::Port(KUBELET),
    ]
}

/// A check for every network of a list; an empty list has one that finds nothing.
fn networks(list: &str) -> impl Iterator<Item = Check> {
    list.split(',').map(|network| Check::ProxyOfNetwork {
        network: network.to_owned(),
    })
}

/// Packets are forwarded in the families that services have; a list of one takes the advertised address's.
fn forwarding(services: &str, advertised: &str) -> Vec<Check> {
    let families: Vec<bool> = services
        .split(',')
        .map(|network| network.contains(':'))
        .collect();
    match families.as_slice() {
        [_, _, ..] => vec![forwarding_of(false), forwarding_of(true)],
        _ => vec![forwarding_of(advertised.contains(':'))],
    }
}

fn forwarding_of(ipv6: bool) -> Check {
    let path = if ipv6 {
        "/proc/sys/net/ipv6/conf/default/forwarding"
    } else {
        "/proc/sys/net/ipv4/ip_forward"
    };
    Check::KernelFile {
        path: path.to_owned(),
        content: "1".to_owned(),
    }
}
