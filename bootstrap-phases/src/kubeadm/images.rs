//! Which images run: names, registries and tags (`cmd/kubeadm/app/images/images.go`, `cmd/kubeadm/app/constants`).

use std::{error::Error, fmt};

use componentconfig::kubeadm::v1beta4::ClusterConfiguration;
use semver::Version;
use serde_json::{Value, json};

use super::InitContext;
use crate::{Command, Cx, Effect, Host, Node, PhaseError, Plan, Workflow};

/// The versions of what belongs to a Kubernetes version but has its own, by Kubernetes' minor version, ascending.
///
/// CoreDNS and pause are those of kubeadm itself, whatever version it deploys.
const ETCD_BY_MINOR: [(u64, &str); 3] = [(34, "3.6.8-0"), (35, "3.6.8-0"), (36, "3.6.8-0")];
/// What an unreadable version gets.
const NEWEST_ETCD: &str = "3.6.8-0";
pub(crate) const COREDNS: &str = "v1.14.2";
const PAUSE: &str = "3.10.2";
const DEFAULT_REPOSITORY: &str = "registry.k8s.io";

/// The version of etcd that belongs to a Kubernetes version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EtcdVersion {
    /// The version, also the tag of the image.
    pub version: &'static str,
    /// Whether the Kubernetes version is a known one; else this is the etcd of the nearest known one.
    pub known: bool,
}

/// A text that is no semantic version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionError {
    text: String,
}

impl fmt::Display for VersionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is no version of the form v1.36.0", self.text)
    }
}

impl Error for VersionError {}

/// The version of etcd for a Kubernetes version such as `v1.36.2`.
///
/// # Errors
/// The text is no semantic version.
pub fn etcd_version(kubernetes_version: &str) -> Result<EtcdVersion, VersionError> {
    let minor = semantic(kubernetes_version)?.minor;
    let nearest = ETCD_BY_MINOR
        .iter()
        .find(|(known, _)| *known >= minor)
        .or(ETCD_BY_MINOR.last());
    let (known, version) = nearest.copied().unwrap_or((0, NEWEST_ETCD));
    Ok(EtcdVersion {
        version,
        known: known == minor,
    })
}

/// A Kubernetes version as an image tag: what a tag cannot hold becomes `_`.
pub fn tag(kubernetes_version: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    kubernetes_version
        .chars()
        .map(|c| if allowed(c) { c } else { '_' })
        .collect()
}

/// The images of a cluster.
#[derive(Clone, Copy, Debug)]
pub struct Images<'a> {
    /// The cluster.
    pub cluster: &'a ClusterConfiguration,
    /// Where the images of Kubernetes itself come from when its version is a CI build; else empty.
    pub ci_repository: &'a str,
}

impl Images<'_> {
    /// The image of a component of Kubernetes itself, such as `kube-apiserver`.
    pub fn kubernetes(&self, component: &str) -> String {
        let repository = first(self.ci_repository, &self.cluster.image_repository);
        let tag = tag(&self.cluster.kubernetes_version);
        format!("{repository}/{component}:{tag}")
    }

    /// The image of etcd.
    pub fn etcd(&self) -> String {
        let local = self.cluster.etcd.local.as_ref();
        let own_repository = local.map_or("", |local| &local.image_repository);
        let own_tag = local.map_or("", |local| &local.image_tag);
        let version =
            etcd_version(&self.cluster.kubernetes_version).map_or(NEWEST_ETCD, |etcd| etcd.version);
        let repository = first(own_repository, &self.cluster.image_repository);
        format!("{repository}/etcd:{}", first(own_tag, version))
    }

    /// The image of CoreDNS. In the registry of Kubernetes it lies one level deeper.
    pub fn dns(&self) -> String {
        let dns = &self.cluster.dns;
        let repository = first(&dns.image_repository, &self.cluster.image_repository);
        let folder = if repository == DEFAULT_REPOSITORY {
            "/coredns"
        } else {
            ""
        };
        let tag = first(&dns.image_tag, COREDNS);
        format!("{repository}{folder}/coredns:{tag}")
    }

    /// The image of the container that holds a Pod's namespaces.
    pub fn pause(&self) -> String {
        format!("{}/pause:{PAUSE}", self.cluster.image_repository)
    }

    /// Every image that a control-plane node pulls: those of Kubernetes, then DNS, pause and etcd, without add-ons that are
    /// switched off and without etcd if it is external.
    pub fn control_plane(&self) -> Vec<String> {
        let mut images: Vec<String> = [
            "kube-apiserver",
            "kube-controller-manager",
            "kube-scheduler",
        ]
        .into_iter()
        .chain((!self.cluster.proxy.disabled).then_some("kube-proxy"))
        .map(|component| self.kubernetes(component))
        .collect();
        if !self.cluster.dns.disabled {
            images.push(self.dns());
        }
        images.push(self.pause());
        if self.cluster.etcd.local.is_some() {
            images.push(self.etcd());
        }
        images
    }
}

/// Images as `kubeadm config images list -o json` writes them.
pub fn document(images: &[String]) -> Value {
    json!({
        "apiVersion": "output.kubeadm.k8s.io/v1alpha3",
        "kind": "Images",
        "images": images,
    })
}

/// The pulls of those images that are not there: commands of `crictl`, at this socket of the container runtime. `policy` is
/// `imagePullPolicy`: `Always` pulls those that are there, too, and `Never` pulls none; empty means `IfNotPresent`.
///
/// Follows `ImagePullCheck` in `cmd/kubeadm/app/preflight/checks.go`.
///
/// # Errors
/// There is no `crictl`, or an image that may not be pulled is not there, or the policy is none.
pub fn pulls(
    host: &dyn Host,
    socket: &str,
    images: &[String],
    policy: &str,
) -> Result<Vec<Effect>, PhaseError> {
    let command = |words: [&str; 2]| {
        Command::new(
            CRICTL,
            ["--runtime-endpoint", socket].into_iter().chain(words),
        )
    };
    let mut effects = Vec::new();
    for image in images {
        let there = match policy {
            "Always" => false,
            "" | "IfNotPresent" | "Never" => host.run(&command(["inspecti", image]))?.is_success(),
            other => {
                let text = format!("{other:?} is none of Always, IfNotPresent, Never");
                return Err(PhaseError::invalid("images.bad-policy", text).field("imagePullPolicy"));
            }
        };
        if there {
            continue;
        }
        if policy == "Never" {
            let text = format!("the image {image} is not there, and may not be pulled");
            return Err(PhaseError::invalid("images.missing", text));
        }
        let pull = command(["pull", image]).into_effect(image.as_str());
        effects.push(pull.alongside());
    }
    Ok(effects)
}

/// The workflow `config images pull`, with one phase: pulls the images of a control plane that are not there, one after the other, or as many at a
/// time as the runner has [jobs](crate::Runner::jobs). It has to have the host's port, [`HOST_PORT`](crate::HOST_PORT).
pub fn pull_workflow() -> Workflow<InitContext> {
    let short = "Pull images used by kubeadm";
    Workflow::new("pull")
        .flags(super::flags::images_pull_flags())
        .phase(Node::new("images", short).run(pull))
}

fn pull(cx: &Cx<'_, InitContext>) -> Result<Plan, PhaseError> {
    let Some(host) = &cx.config.machine else {
        let text = "there is no host to pull images to";
        return Err(PhaseError::invalid("images.no-host", text));
    };
    let registration = &cx.config.init.node_registration;
    let policy = registration.image_pull_policy.as_str();
    let images = cx.config.images().control_plane();
    let mut draft = cx.draft();
    for pull in pulls(host.as_ref(), &registration.cri_socket, &images, policy)? {
        draft.effect(pull);
    }
    Ok(draft.finish())
}

/// The program that speaks to container runtimes.
const CRICTL: &str = "crictl";

/// `preferred` unless it is empty.
fn first<'a>(preferred: &'a str, fallback: &'a str) -> &'a str {
    if preferred.is_empty() {
        fallback
    } else {
        preferred
    }
}

fn semantic(text: &str) -> Result<Version, VersionError> {
    let bare = text.strip_prefix('v').unwrap_or(text);
    Version::parse(bare).map_err(|_| VersionError { text: text.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_minor_version_takes_the_nearest_etcd() {
        for (version, known) in [("v1.3.0", false), ("1.34.1", true), ("v1.99.0-rc.1", false)] {
            let etcd = etcd_version(version).unwrap();
            assert_eq!((etcd.version, etcd.known), ("3.6.8-0", known), "{version}");
        }
        assert!(etcd_version("1.36").is_err());
    }

    #[test]
    fn only_what_is_not_there_is_pulled() {
        use crate::MemHost;

        let there = "crictl --runtime-endpoint unix:///s inspecti there";
        let mut host = MemHost::new().program("crictl").answer(there, "");
        let absent = "crictl --runtime-endpoint unix:///s inspecti absent".to_owned();
        let failed = crate::CommandOutput {
            code: Some(1),
            ..crate::CommandOutput::default()
        };
        host.answers.insert(absent, failed);
        let images = ["there", "absent"].map(str::to_owned);
        let titles = |policy: &str| {
            let pulls = pulls(&host, "unix:///s", &images, policy)?;
            let targets = pulls.iter().map(|pull| pull.target().to_owned());
            Ok::<Vec<String>, PhaseError>(targets.collect())
        };
        assert_eq!(titles("").unwrap(), vec!["absent".to_owned()]);
        assert_eq!(titles("Always").unwrap(), images.to_vec());
        assert_eq!(titles("Never").unwrap_err().code, "images.missing");
        assert_eq!(titles("Sometimes").unwrap_err().code, "images.bad-policy");
    }

    #[test]
    fn the_table_ascends() {
        assert!(ETCD_BY_MINOR.is_sorted_by_key(|(minor, _)| *minor));
    }

    #[test]
    fn coredns_lies_deeper_in_the_registry_of_kubernetes_only() {
        let mut cluster = ClusterConfiguration {
            image_repository: DEFAULT_REPOSITORY.into(),
            kubernetes_version: "v1.36.0+build.5".into(),
            ..ClusterConfiguration::default()
        };
        let list = |cluster: &ClusterConfiguration, ci_repository| {
            Images {
                cluster,
                ci_repository,
            }
            .control_plane()
        };
        assert_eq!(
            list(&cluster, "ci.example"),
            [
                "ci.example/kube-apiserver:v1.36.0_build.5",
                "ci.example/kube-controller-manager:v1.36.0_build.5",
                "ci.example/kube-scheduler:v1.36.0_build.5",
                "ci.example/kube-proxy:v1.36.0_build.5",
                "registry.k8s.io/coredns/coredns:v1.14.2",
                "registry.k8s.io/pause:3.10.2",
            ]
        );
        cluster.image_repository = "own.example/k8s".into();
        assert!(list(&cluster, "").contains(&"own.example/k8s/coredns:v1.14.2".to_owned()));
    }
}
