//! What the phases of `join` know, and how they come to know of the cluster.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use apply_semantics::op::ResourceRef;
use componentconfig::kubeadm::v1beta4::{InitConfiguration, JoinConfiguration};
use componentconfig::kubeadm::{Facts, LoadOptions, load_join};
use componentconfig::{DocumentSet, Kind as _, Report, yaml};
use serde_json::{Value, json};

use super::Etcd;
use crate::kubeadm::api::Api;
use crate::kubeadm::discovery::{self, Cluster, Distrust};
use crate::kubeadm::http::{Http, Trust};
use crate::kubeadm::kept::Kept;
use crate::kubeadm::objects::{PUBLIC, cluster_info};
use crate::kubeadm::pki::{KeySource, Pins};
use crate::kubeadm::{HostFacts, InitContext, Paths};
use crate::{Compat, Cx, ErrorClass, Host, PhaseError, Secret};

/// Reaches the APIs of clusters.
pub trait Connect: Send + Sync {
    /// A client of the API server at this endpoint, as who has these credentials. Nothing is sent yet.
    ///
    /// # Errors
    /// The endpoint or the credentials make no sense.
    fn connect(&self, endpoint: &Endpoint) -> Result<Api, PhaseError>;
}

/// An API server, and as whom it is reached.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// Its URL.
    pub server: String,
    /// The PEM texts of the authorities that its certificate may have; `None` if any will do, as nothing is believed yet.
    pub authority: Option<Vec<u8>>,
    /// As whom.
    pub credentials: Credentials,
}

/// As whom an API is reached. Shows no secrets.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Credentials {
    /// As nobody.
    Anonymous,
    /// With a bearer token.
    Token(Secret),
    /// With what stands in this kubeconfig.
    Kubeconfig(Secret),
}

/// What the phases of `join` work from.
#[derive(Clone)]
pub struct JoinContext {
    /// The configuration, after defaulting and validation.
    pub join: JoinConfiguration,
    /// What is known of the host.
    pub host: HostFacts,
    /// Facts for completing the cluster's configuration.
    pub facts: Facts,
    /// Where keys and random bytes come from.
    pub keys: Arc<dyn KeySource>,
    /// Whether to do better than kubeadm, or exactly as it does.
    pub compat: Compat,
    /// Where files go.
    pub paths: Paths,
    /// How clusters are reached.
    pub connect: Arc<dyn Connect>,
    /// Who fetches the kubeconfig that discovery is given as a URL, and asks components whether they are healthy.
    pub http: Option<Arc<dyn Http>>,
    /// The host beyond its files.
    pub machine: Option<Arc<dyn Host>>,
    /// The cluster's etcd, for a control plane whose etcd joins it.
    pub etcd: Option<Arc<dyn Etcd>>,
    /// How many threads make keys ahead of their use.
    key_threads: Option<NonZeroUsize>,
    found: Arc<Mutex<Option<Arc<Found>>>>,
}

/// A cluster that was found and is trusted.
pub(super) struct Found {
    pub(super) cluster: Cluster,
    /// The token for the TLS bootstrap, or the user's own kubeconfig.
    pub(super) credentials: Credentials,
    /// The cluster's configuration, and this node's part of it.
    pub(super) init: InitContext,
}

/// What the phases of `join` work from, out of the text of a configuration file.
///
/// # Errors
/// Everything that is wrong with the configuration, with its places.
pub fn join_context(
    source: &str,
    text: &str,
    facts: &Facts,
    host: HostFacts,
    keys: Arc<dyn KeySource>,
    connect: Arc<dyn Connect>,
) -> Result<JoinContext, Report> {
    let set = DocumentSet::read(source, text)?;
    let loaded = load_join(&set, facts, LoadOptions::init())?;
    Ok(JoinContext {
        join: loaded.config,
        host,
        facts: facts.clone(),
        keys,
        compat: Compat::default(),
        paths: Paths::default(),
        connect,
        http: None,
        machine: None,
        etcd: None,
        key_threads: None,
        found: Arc::default(),
    })
}

impl JoinContext {
    /// Whether the node becomes a control plane.
    pub fn is_control_plane(&self) -> bool {
        self.join.control_plane.is_some()
    }

    /// Makes the keys of a control plane on so many threads, as soon as the cluster has said of which kind they are.
    #[must_use]
    pub fn with_keys_ahead(mut self, threads: NonZeroUsize) -> Self {
        self.key_threads = Some(threads);
        self
    }

    /// The cluster: looked for once, and then remembered.
    pub(super) fn found(&self, cx: &Cx<'_, Self>) -> Result<Arc<Found>, PhaseError> {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = &*found {
            return Ok(found.clone());
        }
        let new = Arc::new(self.look(cx)?);
        *found = Some(new.clone());
        Ok(new)
    }

    fn look(&self, cx: &Cx<'_, Self>) -> Result<Found, PhaseError> {
        let (cluster, credentials) = self.discover(cx)?;
        let api = self.connect.connect(&Endpoint {
            server: cluster.server.clone(),
            authority: Some(cluster.authority.clone()),
            credentials: credentials.clone(),
        })?;
        let mut init = self.configuration(&api)?;
        if let (Some(threads), true) = (self.key_threads, self.is_control_plane()) {
            init = init.with_joining_keys_ahead(cx.files, threads)?;
        }
        Ok(Found {
            cluster,
            credentials,
            init: init.api(api),
        })
    }

    /// The cluster, and who the node is until it has a certificate of its own.
    fn discover(&self, cx: &Cx<'_, Self>) -> Result<(Cluster, Credentials), PhaseError> {
        let discovery = &self.join.discovery;
        let token = Secret::new(discovery.tls_bootstrap_token.expose());
        if let Some(file) = &discovery.file {
            let path = file.kube_config_path.as_str();
            let text = if path.starts_with("https://") {
                self.fetch(path)?
            } else {
                cx.files.read(path)?
            };
            let cluster = discovery::by_kubeconfig(&text).map_err(|why| distrusted(&why))?;
            if token.expose().is_empty() {
                return Ok((cluster, Credentials::Kubeconfig(Secret::new(text))));
            }
            return Ok((cluster, Credentials::Token(token)));
        }
        let Some(by_token) = &discovery.bootstrap_token else {
            return Err(PhaseError::invalid(
                "join.no-discovery",
                "there is no way to find the cluster",
            ));
        };
        let text = by_token.token.expose();
        let parsed = text.parse().map_err(|_| {
            PhaseError::invalid("join.bad-token", "the token is not of the form of one")
                .field("discovery.bootstrapToken.token")
        })?;
        let mut pins = Pins::default();
        for pin in &by_token.ca_cert_hashes {
            pins.allow(pin).map_err(|error| distrusted(&error.into()))?;
        }
        let server = format!("https://{}", by_token.api_server_endpoint);
        let first = self.cluster_info(&server, None)?;
        let cluster =
            discovery::by_token(&first, &parsed, &pins).map_err(|why| distrusted(&why))?;
        let again = self.cluster_info(&server, Some(cluster.authority.clone()))?;
        discovery::confirm(&cluster, &again).map_err(|why| distrusted(&why))?;
        let token = if token.expose().is_empty() {
            Secret::new(text)
        } else {
            token
        };
        Ok((cluster, Credentials::Token(token)))
    }

    /// A kubeconfig that is kept somewhere: who keeps it has a certificate that the system trusts.
    fn fetch(&self, url: &str) -> Result<Vec<u8>, PhaseError> {
        let Some(http) = &self.http else {
            let text = format!("{url}: there is nobody to fetch it");
            return Err(PhaseError::invalid("join.discovery-url", text));
        };
        let answer = http.get(url, Trust::System)?;
        let text = format!("{url} answers {}", answer.status);
        match answer.status {
            200 => Ok(answer.body.into_bytes()),
            429 | 500.. => Err(PhaseError::not_yet("join.discovery-url", text)),
            _ => Err(PhaseError::fatal("join.discovery-url", text)),
        }
    }

    fn cluster_info(&self, server: &str, authority: Option<Vec<u8>>) -> Result<Value, PhaseError> {
        let credentials = Credentials::Anonymous;
        let server = server.to_owned();
        let api = self.connect.connect(&Endpoint {
            server,
            authority,
            credentials,
        })?;
        let target = ResourceRef::of_kind("v1", "ConfigMap")
            .within(PUBLIC)
            .named(cluster_info::NAME);
        let found = api.get(&target)?;
        found.ok_or_else(|| {
            PhaseError::not_yet("join.no-cluster-info", "there is no cluster-info yet")
        })
    }

    /// What the cluster says of itself, and the join configuration of this node, as one configuration.
    fn configuration(&self, api: &Api) -> Result<InitContext, PhaseError> {
        let loaded = Kept::read(api)?.with_node(&self.node_document(), &self.facts)?;
        let mut init = InitContext::loaded(loaded)
            .host(self.host.clone())
            .keys(self.keys.clone())
            .compat(self.compat);
        init.paths = self.paths.clone();
        init.machine.clone_from(&self.machine);
        init.http.clone_from(&self.http);
        init.init.dry_run = self.join.dry_run;
        init.worker = !self.is_control_plane();
        init.grants_admins = false;
        Ok(init)
    }

    /// This node's part of the configuration. A worker has no API server, and an address that nothing uses.
    fn node_document(&self) -> String {
        let mut init = InitConfiguration {
            node_registration: self.join.node_registration.clone(),
            patches: self.join.patches.clone(),
            timeouts: self.join.timeouts.clone(),
            ..InitConfiguration::default()
        };
        if let Some(own) = &self.join.control_plane {
            init.local_api_endpoint = own.local_api_endpoint.clone();
            init.certificate_key = own.certificate_key.clone();
        } else {
            "1.2.3.4".clone_into(&mut init.local_api_endpoint.advertise_address);
            // Unset, they would become those of a control plane.
            init.node_registration.taints.get_or_insert_default();
        }
        let mut document = init.to_document();
        if let Some(fields) = document.as_object_mut() {
            fields.insert("bootstrapTokens".to_owned(), json!([]));
        }
        yaml::write(&document)
    }
}

impl fmt::Debug for JoinContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinContext")
            .field("join", &self.join)
            .field("compat", &self.compat)
            .finish_non_exhaustive()
    }
}

/// A cluster that has not signed with the token yet may do so: its controllers take a moment.
fn distrusted(why: &Distrust) -> PhaseError {
    let class = match why {
        Distrust::NotSigned { .. } => ErrorClass::NotYet,
        _ => ErrorClass::Denied,
    };
    PhaseError::new(class, "discovery.not-trusted", why.to_string())
}
