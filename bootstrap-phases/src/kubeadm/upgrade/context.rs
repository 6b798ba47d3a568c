//! What the phases of an upgrade know, and how they come to know of the cluster and of this node.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use apply_semantics::op::{ListOptions, ResourceRef};
use componentconfig::core::Taint;
use componentconfig::kubeadm::v1beta4::{InitConfiguration, Patches};
use componentconfig::kubeadm::{Facts, release_version};
use componentconfig::{Kind as _, yaml};
use semver::Version;
use serde::Deserialize as _;
use serde_json::{Value, json};

use super::settings::{UpgradeCommand, UpgradeSettings};
use super::versions::parse;
use crate::kubeadm::api::Api;
use crate::kubeadm::join::Etcd;
use crate::kubeadm::kept::Kept;
use crate::kubeadm::kubeconfig::{Data, Kubeconfig};
use crate::kubeadm::objects::SYSTEM;
use crate::kubeadm::pki::{Certificate, KeySource};
use crate::kubeadm::{HostFacts, InitContext, Paths};
use crate::{Compat, Cx, Files, Host, Note, PhaseError};

/// The annotation of a Node that held the endpoint of its container runtime.
pub(super) const CRI_ANNOTATION: &str = "kubeadm.alpha.kubernetes.io/cri-socket";
/// The annotation of an API server's Pod with its endpoint.
const ENDPOINT_ANNOTATION: &str = "kubeadm.kubernetes.io/kube-apiserver.advertise-address.endpoint";
const NODE_USER: &str = "system:node:";

/// What the phases of an upgrade work from.
#[derive(Clone)]
pub struct UpgradeContext {
    /// What is asked for.
    pub settings: UpgradeSettings,
    /// The cluster's API, as `admin.conf` reaches it; on workers, as `kubelet.conf` does. The runner has to have it, too, as its
    /// ports [`PORT`](crate::kubeadm::api::PORT) and [`STATIC_POD_PORT`](super::STATIC_POD_PORT).
    pub api: Api,
    /// What is known of the host.
    pub host: HostFacts,
    /// Facts for completing the cluster's configuration, and what release labels stand for.
    pub facts: Facts,
    /// Where keys and random bytes come from.
    pub keys: Arc<dyn KeySource>,
    /// Whether to do better than kubeadm, or exactly as it does.
    pub compat: Compat,
    /// Where files go.
    pub paths: Paths,
    /// The host beyond its files. Without one nothing is checked of it, no image is pulled and the data of etcd are not copied.
    pub machine: Option<Arc<dyn Host>>,
    /// The cluster's etcd: with one, its health is waited for.
    pub etcd: Option<Arc<dyn Etcd>>,
    found: Arc<Mutex<Option<Arc<Found>>>>,
}

/// The cluster and this node, as they were found.
pub(super) struct Found {
    /// The configuration of the cluster, of the version that it is to have, and of this node.
    init: InitContext,
    /// The version that the cluster is to have; or why that is none.
    target: Result<Version, PhaseError>,
    /// Whether an API server runs on this node.
    pub(super) control_plane: bool,
    /// The configuration as the cluster keeps it.
    pub(super) kept: Kept,
    /// Things worth knowing.
    pub(super) notes: Vec<Note>,
}

impl Found {
    /// The configuration of the upgraded cluster, and this node's part of it.
    ///
    /// # Errors
    /// The version asked for is none, or is not deployed any more.
    pub(super) fn init(&self) -> Result<&InitContext, PhaseError> {
        self.target().map(|_| &self.init)
    }

    /// The version that the cluster is to have.
    ///
    /// # Errors
    /// It is none, or is not deployed any more.
    pub(super) fn target(&self) -> Result<&Version, PhaseError> {
        self.target.as_ref().map_err(Clone::clone)
    }
}

impl UpgradeContext {
    /// An upgrade of the node that this host is, with kubeadm's folders.
    pub fn new(
        settings: UpgradeSettings,
        api: Api,
        facts: Facts,
        host: HostFacts,
        keys: Arc<dyn KeySource>,
    ) -> Self {
        Self {
            settings,
            api,
            host,
            facts,
            keys,
            compat: Compat::default(),
            paths: Paths::default(),
            machine: None,
            etcd: None,
            found: Arc::default(),
        }
    }

    /// Looks for the cluster and this node now; else the first phase that needs them does.
    ///
    /// # Errors
    /// The API does not answer, or the cluster keeps no configuration of kubeadm's.
    pub fn find(&self, files: &dyn Files) -> Result<(), PhaseError> {
        self.look_once(files).map(|_| ())
    }

    /// The cluster and this node: looked for once, and then remembered.
    pub(super) fn found(&self, cx: &Cx<'_, Self>) -> Result<Arc<Found>, PhaseError> {
        self.look_once(cx.files)
    }

    pub(super) fn look_once(&self, files: &dyn Files) -> Result<Arc<Found>, PhaseError> {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = &*found {
            return Ok(found.clone());
        }
        let new = Arc::new(self.look(files)?);
        *found = Some(new.clone());
        Ok(new)
    }

    /// The path of something in Kubernetes' folder.
    pub(super) fn kubernetes(&self, name: &str) -> String {
        format!("{}/{name}", self.paths.kubernetes.trim_end_matches('/'))
    }

    fn look(&self, files: &dyn Files) -> Result<Found, PhaseError> {
        let manifest = self.kubernetes("manifests/kube-apiserver.yaml");
        let control_plane =
            self.settings.command != UpgradeCommand::Node || files.stat(&manifest)?.is_some();
        let kept = Kept::read(&self.api)?;
        let name = self.node_name(files)?;
        let target = ResourceRef::of_kind("v1", "Node").all().named(&name);
        let node = self.api.get(&target)?.ok_or_else(|| {
            let text = format!("there is no Node {name}, whose host this is");
            PhaseError::fatal("api.not-found", text)
        })?;
        let mut notes = Vec::new();
        let document = self.node_document(files, &name, &node, control_plane, &mut notes)?;
        let loaded = kept.with_node(&document, &self.facts)?;
        let mut init = InitContext::loaded(loaded)
            .host(self.host.clone())
            .keys(self.keys.clone())
            .compat(self.compat)
            .api(self.api.clone());
        init.paths = self.paths.clone();
        init.machine.clone_from(&self.machine);
        init.init.dry_run = self.settings.dry_run;
        init.worker = !control_plane;
        init.grants_admins = false;
        init.from_cluster = true;
        let target = self.target(&mut init);
        Ok(Found {
            init,
            target,
            control_plane,
            kept,
            notes,
        })
    }

    /// The version that the cluster is to have, put into its configuration.
    fn target(&self, init: &mut InitContext) -> Result<Version, PhaseError> {
        let asked = match self.settings.command {
            UpgradeCommand::Apply | UpgradeCommand::Diff => self.settings.version.as_str(),
            UpgradeCommand::Node | UpgradeCommand::Plan => "",
        };
        let bad = |text: String| PhaseError::invalid("upgrade.bad-version", text).field("version");
        if !asked.is_empty() {
            let release = release_version(asked, &self.facts);
            let release = release.map_err(|report| bad(report.to_string()))?;
            if release.ci {
                init.ci_version = Some(asked.to_owned());
            } else {
                init.ci_version = None;
                init.ci_image_repository = None;
            }
            init.cluster.kubernetes_version = release.version;
        }
        let text = &init.cluster.kubernetes_version;
        let version = parse(text).ok_or_else(|| bad(format!("{text:?} is no version")))?;
        let kubeadm = &self.facts.kubeadm_version;
        let minimum = Version::new(kubeadm.major, kubeadm.minor.saturating_sub(1), 0);
        if !asked.is_empty() && version < minimum {
            let text = format!(
                "the oldest control plane that can be deployed is v{minimum}, not v{version}"
            );
            return Err(PhaseError::invalid("upgrade.unsupported-version", text).field("version"));
        }
        Ok(version)
    }

    /// The name of this node: that of the kubelet's user, or else of the host.
    fn node_name(&self, files: &dyn Files) -> Result<String, PhaseError> {
        let path = self.kubernetes("kubelet.conf");
        let Some(text) = files.read_if_exists(&path)? else {
            return Ok(self.host_name());
        };
        let broken = |why: String| {
            PhaseError::invalid("upgrade.broken-kubeconfig", format!("{path}: {why}"))
        };
        let kubeconfig = Kubeconfig::parse(&text).map_err(|error| broken(error.to_string()))?;
        let pem = match &kubeconfig.client_certificate {
            Data::Inline(pem) => pem.expose().to_vec(),
            Data::File(path) => files.read(path)?,
            Data::None => return Ok(self.host_name()),
        };
        let certificates = Certificate::bundle_from_pem(&pem);
        let certificates = certificates.map_err(|error| broken(error.to_string()))?;
        let user = certificates.first().and_then(Certificate::common_name);
        let name = user.and_then(|user| user.strip_prefix(NODE_USER));
        Ok(name.map_or_else(|| self.host_name(), str::to_owned))
    }

    fn host_name(&self) -> String {
        self.host.hostname.trim().to_lowercase()
    }

    /// This node's part of the configuration.
    fn node_document(
        &self,
        files: &dyn Files,
        name: &str,
        node: &Value,
        control_plane: bool,
        notes: &mut Vec<Note>,
    ) -> Result<String, PhaseError> {
        let mut init = InitConfiguration {
            timeouts: Some(self.settings.timeouts.clone()),
            ..InitConfiguration::default()
        };
        name.clone_into(&mut init.node_registration.name);
        init.node_registration.taints = Some(taints(node));
        init.node_registration
            .ignore_preflight_errors
            .clone_from(&self.settings.ignore_preflight_errors);
        init.node_registration.cri_socket = self.runtime_endpoint(files, node, notes)?;
        if !self.settings.patches.is_empty() {
            init.patches = Some(Patches {
                directory: self.settings.patches.clone(),
            });
        }
        if control_plane {
            let (address, port) = self.endpoint(name)?;
            init.local_api_endpoint.advertise_address = address;
            init.local_api_endpoint.bind_port = port;
        } else {
            // A worker has no API server, and an address that nothing uses.
            "1.2.3.4".clone_into(&mut init.local_api_endpoint.advertise_address);
        }
        let mut document = init.to_document();
        if let Some(fields) = document.as_object_mut() {
            fields.insert("bootstrapTokens".to_owned(), json!([]));
        }
        Ok(yaml::write(&document))
    }

    /// The endpoint of the container runtime; empty where it has to be found out.
    fn runtime_endpoint(
        &self,
        files: &dyn Files,
        node: &Value,
        notes: &mut Vec<Note>,
    ) -> Result<String, PhaseError> {
        let path = format!(
            "{}/instance-config.yaml",
            self.paths.kubelet.trim_end_matches('/')
        );
        if let Some(text) = files.read_if_exists(&path)? {
            let text = String::from_utf8_lossy(&text);
            let read = yaml::read(&text).map_err(|report| {
                PhaseError::invalid("upgrade.broken-file", format!("{path}: {report}"))
            })?;
            let endpoint = read.get("containerRuntimeEndpoint").and_then(Value::as_str);
            return Ok(endpoint.unwrap_or_default().to_owned());
        }
        let annotations = node.pointer("/metadata/annotations");
        let noted = annotations.and_then(|all| all.get(CRI_ANNOTATION)?.as_str());
        if let Some(endpoint) = noted {
            return Ok(endpoint.to_owned());
        }
        let text = format!("neither {path} nor the Node says where the container runtime is");
        notes.push(Note::warning("upgrade.no-runtime-endpoint", text));
        Ok(String::new())
    }

    /// Address and port of this node's API server, as its mirror Pod says.
    fn endpoint(&self, name: &str) -> Result<(String, i32), PhaseError> {
        let options = ListOptions::default()
            .labels("component=kube-apiserver,tier=control-plane")
            .fields(format!("spec.nodeName={name}"));
        let pods = ResourceRef::of_kind("v1", "Pod");
        let pods = self.api.list(pods, Some(SYSTEM), options)?;
        let [pod] = pods.as_slice() else {
            let text = format!(
                "the API server of node {name} has {} mirror Pods, not one",
                pods.len()
            );
            return Err(PhaseError::not_yet("upgrade.no-api-server", text));
        };
        let annotations = pod.pointer("/metadata/annotations");
        let text = annotations.and_then(|all| all.get(ENDPOINT_ANNOTATION)?.as_str());
        let parsed = text.and_then(|text| {
            let (host, port) = text.rsplit_once(':')?;
            Some((host.trim_matches(['[', ']']).to_owned(), port.parse().ok()?))
        });
        parsed.ok_or_else(|| {
            let text = format!("the API server's Pod of node {name} does not say its endpoint");
            PhaseError::invalid("upgrade.no-endpoint", text)
        })
    }
}

fn taints(node: &Value) -> Vec<Taint> {
    let taints = node.pointer("/spec/taints").and_then(Value::as_array);
    let taints = taints.into_iter().flatten();
    taints
        .filter_map(|taint| Taint::deserialize(taint).ok())
        .collect()
}

impl fmt::Debug for UpgradeContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UpgradeContext")
            .field("settings", &self.settings)
            .field("compat", &self.compat)
            .field("paths", &self.paths)
            .finish_non_exhaustive()
    }
}
