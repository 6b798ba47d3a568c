//! What the phases of `init` know: configuration, facts of the host, and where files go.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use componentconfig::kube_proxy::v1alpha1::KubeProxyConfiguration;
use componentconfig::kubeadm::Init;
use componentconfig::kubeadm::v1beta4::{ClusterConfiguration, InitConfiguration};
use componentconfig::kubelet::v1beta1::KubeletConfiguration;
use componentconfig::scalar::Duration;

use super::api::Api;
use super::http::Http;
use super::images::Images;
use super::manifests::{PodHost, PodInputs};
use super::net::{self, LocalEndpoint, NetError};
use super::objects::bundle::{BundleError, CertificateKey};
use super::pki::{KeySource, SystemKeys};
use crate::{Compat, Host};

/// What `timeouts.controlPlaneComponentHealthCheck` is where it is unset.
const HEALTH_CHECK_TIMEOUT: Duration = Duration::from_mins(4);

/// What the phases of `init` work from. Plain data, but for the source of keys.
///
/// The configurations are those after defaulting and validation. Nothing here changes during a run.
#[derive(Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct InitContext {
    /// The node's part of the configuration.
    pub init: InitConfiguration,
    /// The cluster's part of the configuration.
    pub cluster: ClusterConfiguration,
    /// The cluster's kubelet configuration.
    pub kubelet: KubeletConfiguration,
    /// Whether a user gave it; else an upgrade may make it anew.
    pub kubelet_user_supplied: bool,
    /// The configuration of kube-proxy.
    pub kube_proxy: KubeProxyConfiguration,
    /// Whether a user gave it; else an upgrade may make it anew.
    pub kube_proxy_user_supplied: bool,
    /// The version as it was asked for, if it is a build of continuous integration.
    pub ci_version: Option<String>,
    /// Whether certificates are uploaded for control-plane nodes that join; the flag `upload-certs`.
    pub upload_certs: bool,
    /// Whether the phases make sure that the administrators of `admin.conf` have their rights: `init` does; who joins or upgrades a
    /// cluster finds it so.
    pub grants_admins: bool,
    /// Whether the configuration was read from the cluster, so that what is written back is made from what is there: entries of
    /// ConfigMaps are then taken from whoever changed them last.
    pub from_cluster: bool,
    /// Whether the node becomes a worker: its kubelet then registers the taints.
    pub worker: bool,
    /// The members of etcd that are there already, as names and peer URLs; with some, the etcd of this node joins them.
    pub etcd_members: Vec<(String, String)>,
    /// The administrators' kubeconfig, if it is not `admin.conf`; the flag `kubeconfig`.
    pub kubeconfig: Option<String>,
    /// The host beyond its files. Without one nothing is checked before the run, and no service is started or stopped.
    pub machine: Option<Arc<dyn Host>>,
    /// Who asks components whether they are healthy. Without one only the API is waited for.
    pub http: Option<Arc<dyn Http>>,
    /// The cluster's API. Without one the phases that use it have nothing to do.
    pub api: Option<Api>,
    /// Where the images of Kubernetes itself come from, if `kubernetesVersion` is a CI build and the registry the default one.
    pub ci_image_repository: Option<String>,
    /// What is known of the host.
    pub host: HostFacts,
    /// Where keys and random bytes come from.
    pub keys: Arc<dyn KeySource>,
    /// Whether to do better than kubeadm where it is lenient, or exactly as it does.
    pub compat: Compat,
    /// Where files go.
    pub paths: Paths,
}

/// What is known of the host, gathered before the run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostFacts {
    /// Its name, as `hostname` prints it.
    pub hostname: String,
    /// The addresses of its interfaces.
    pub addresses: Vec<IpAddr>,
    /// The variables of the environment, in order; of these, the ones that name proxies reach the static pods.
    pub environment: Vec<(String, String)>,
}

/// Folders. That of the certificates is part of the configuration, `certificatesDir`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Paths {
    /// Kubernetes' own folder, with `manifests` in it.
    pub kubernetes: String,
    /// Where kubeconfigs go; the flag `kubeconfig-dir`.
    pub kubeconfigs: String,
    /// The kubelet's folder.
    pub kubelet: String,
}

impl InitContext {
    /// A context with the system's keys, kubeadm's folders and nothing known of the host.
    pub fn new(
        init: InitConfiguration,
        cluster: ClusterConfiguration,
        kubelet: KubeletConfiguration,
    ) -> Self {
        Self {
            init,
            cluster,
            kubelet,
            kubelet_user_supplied: false,
            kube_proxy: KubeProxyConfiguration::default(),
            kube_proxy_user_supplied: false,
            ci_version: None,
            upload_certs: false,
            grants_admins: true,
            from_cluster: false,
            worker: false,
            etcd_members: Vec::new(),
            kubeconfig: None,
            machine: None,
            http: None,
            api: None,
            ci_image_repository: None,
            host: HostFacts::default(),
            keys: Arc::new(SystemKeys),
            compat: Compat::default(),
            paths: Paths::default(),
        }
    }

    /// A context of what was loaded from a file (see [`load_init`](componentconfig::kubeadm::load_init)).
    pub fn loaded(loaded: Init) -> Self {
        let mut context = Self::new(loaded.init, loaded.cluster, loaded.kubelet.config);
        context.kubelet_user_supplied = loaded.kubelet.user_supplied;
        context.kube_proxy = loaded.kube_proxy.config;
        context.kube_proxy_user_supplied = loaded.kube_proxy.user_supplied;
        if let Some(ci) = loaded.ci {
            context.ci_version = Some(ci.kubernetes_version);
            context.ci_image_repository = ci.image_repository;
        }
        context
    }

    /// Where keys come from.
    #[must_use]
    pub fn keys(mut self, keys: Arc<dyn KeySource>) -> Self {
        self.keys = keys;
        self
    }

    /// The cluster's API. The runner has to have it, too, as its port [`PORT`](super::api::PORT).
    #[must_use]
    pub fn api(mut self, api: Api) -> Self {
        self.api = Some(api);
        self
    }

    /// The host beyond its files. The runner has to have it, too, as its port [`HOST_PORT`](crate::HOST_PORT).
    #[must_use]
    pub fn machine(mut self, host: Arc<dyn Host>) -> Self {
        self.machine = Some(host);
        self
    }

    /// Who asks components whether they are healthy.
    #[must_use]
    pub fn http(mut self, http: Arc<dyn Http>) -> Self {
        self.http = Some(http);
        self
    }

    /// Uploads certificates for control-plane nodes that join. Without a `certificateKey` one is made.
    ///
    /// # Errors
    /// There is no randomness.
    pub fn upload_certificates(mut self) -> Result<Self, BundleError> {
        self.upload_certs = true;
        if self.init.certificate_key.is_empty() {
            let key = CertificateKey::generate(self.keys.as_ref())?;
            self.init.certificate_key = key.expose().into();
        }
        Ok(self)
    }

    /// What is known of the host.
    #[must_use]
    pub fn host(mut self, host: HostFacts) -> Self {
        self.host = host;
        self
    }

    /// Exactly as kubeadm does it, or better.
    #[must_use]
    pub fn compat(mut self, compat: Compat) -> Self {
        self.compat = compat;
        self
    }

    /// The path of a file in the folder of the certificates: `ca.crt`, `etcd/peer.key`.
    pub fn pki_path(&self, name: &str) -> String {
        join(&self.cluster.certificates_dir, name)
    }

    /// The path of a kubeconfig: `admin.conf`.
    pub fn kubeconfig_path(&self, name: &str) -> String {
        join(&self.paths.kubeconfigs, name)
    }

    /// The path of the administrators' kubeconfig.
    pub fn admin_kubeconfig(&self) -> String {
        let given = self.kubeconfig.clone();
        given.unwrap_or_else(|| self.kubeconfig_path("admin.conf"))
    }

    /// The folder of the static pods' manifests.
    pub fn manifests_dir(&self) -> String {
        join(&self.paths.kubernetes, "manifests")
    }

    /// The folder of the user's patches, if there is one.
    pub fn patches_folder(&self) -> Option<&str> {
        let patches = self.init.patches.as_ref()?;
        (!patches.directory.is_empty()).then_some(patches.directory.as_str())
    }

    /// What static Pods are made of.
    pub fn pod_inputs<'a>(&'a self, host: &'a PodHost) -> PodInputs<'a> {
        let timeouts = self.init.timeouts.as_ref();
        let health_check =
            timeouts.and_then(|timeouts| timeouts.control_plane_component_health_check);
        PodInputs {
            cluster: &self.cluster,
            endpoint: &self.init.local_api_endpoint,
            node_name: &self.init.node_registration.name,
            health_check_timeout: health_check.unwrap_or(HEALTH_CHECK_TIMEOUT),
            ci_image_repository: self.ci_image_repository.as_deref().unwrap_or_default(),
            etcd_members: &self.etcd_members,
            host,
        }
    }

    /// The images of the cluster.
    pub fn images(&self) -> Images<'_> {
        Images {
            cluster: &self.cluster,
            ci_repository: self.ci_image_repository.as_deref().unwrap_or_default(),
        }
    }

    /// Whether etcd runs elsewhere.
    pub fn external_etcd(&self) -> bool {
        self.cluster.etcd.external.is_some()
    }

    /// The API server's endpoint on this node.
    ///
    /// # Errors
    /// The address or the port is none.
    pub fn local_endpoint(&self) -> Result<LocalEndpoint, NetError> {
        let endpoint = &self.init.local_api_endpoint;
        LocalEndpoint::parse(&endpoint.advertise_address, endpoint.bind_port)
    }

    /// The URL under which the API is reached from anywhere.
    ///
    /// # Errors
    /// An endpoint is neither an address nor a name, or has an impossible port.
    pub fn control_plane_url(&self) -> Result<String, NetError> {
        net::control_plane_url(
            &self.cluster.control_plane_endpoint,
            &self.local_endpoint()?,
        )
    }
}

impl fmt::Debug for InitContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InitContext")
            .field("init", &self.init)
            .field("cluster", &self.cluster)
            .field("kubelet", &self.kubelet)
            .field("host", &self.host)
            .field("compat", &self.compat)
            .field("paths", &self.paths)
            .finish_non_exhaustive()
    }
}

impl Paths {
    /// kubeadm's folders: `/etc/kubernetes` and `/var/lib/kubelet`.
    pub fn new() -> Self {
        Self {
            kubernetes: "/etc/kubernetes".to_owned(),
            kubeconfigs: "/etc/kubernetes".to_owned(),
            kubelet: "/var/lib/kubelet".to_owned(),
        }
    }
}

impl Default for Paths {
    fn default() -> Self {
        Self::new()
    }
}

fn join(folder: &str, name: &str) -> String {
    format!("{}/{name}", folder.trim_end_matches('/'))
}
