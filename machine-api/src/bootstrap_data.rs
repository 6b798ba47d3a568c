//! What a machine is told on its first boot: files, users and commands that make it a node, in the format of cloud-init or Ignition.
//!
//! Follows `bootstrap/kubeadm` of Cluster API. [`decide`] says whether a machine may have its data yet and what it becomes;
//! [`render`] makes the data. Where Cluster API fills in texts, here documents are put together and then written, so that no
//! content of a field can break out of its place.

mod cloud_init;
mod decide;
mod ignition;
mod kubeadm;

use std::fmt;

use componentconfig::{secret::Secret, yaml};
use serde_json::{Value, json};

pub use crate::certificates::{Certificates, KeyPair};

pub(crate) use self::kubeadm::{read_cluster, translated_cluster, write_cluster};
pub use self::{
    decide::{Decision, Observed, Role, Wait, decide},
    kubeadm::Lost,
};
use crate::{
    Compat,
    bootstrap::v1beta2::{
        File, FileContentFormat, FileDiscovery, FileDiscoveryKubeConfig, FileSource, Format,
        KubeadmConfig, PasswdSource, User,
    },
    core::v1beta2::{Cluster, Machine},
    template::{Missing, Template},
    version::{ParseVersionError, Version},
};

/// Contents of Secrets that a configuration refers to, in its namespace. A closure is one.
pub trait Secrets {
    /// The value of a key of a Secret.
    fn value(&self, name: &str, key: &str) -> Option<Secret>;
}

impl<F: Fn(&str, &str) -> Option<Secret>> Secrets for F {
    fn value(&self, name: &str, key: &str) -> Option<Secret> {
        self(name, key)
    }
}

/// What the data is made of.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    /// The cluster.
    pub cluster: &'a Cluster,
    /// The machine.
    pub machine: &'a Machine,
    /// Its configuration. Tokens that it lacks are made and written into it before.
    pub config: &'a KubeadmConfig,
    /// What the machine becomes.
    pub role: Role,
    /// What a machine of the control plane gets.
    pub certificates: &'a Certificates,
    /// Hashes of the public keys that a joining machine trusts, such as `sha256:…`.
    pub ca_cert_hashes: &'a [String],
    /// The version of the control plane, for files that are templates.
    pub control_plane_version: Option<&'a str>,
    /// The Secrets that files and passwords are in.
    pub secrets: &'a dyn Secrets,
    /// Whether a machine may join without knowing whom.
    pub compat: Compat,
}

impl fmt::Debug for Input<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Input")
            .field("cluster", &self.cluster.metadata.name)
            .field("machine", &self.machine.metadata.name)
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

/// The data of a machine: the keys `format` and `value` of its Secret.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BootstrapData {
    /// Its format.
    pub format: Format,
    /// The data.
    pub value: Secret,
    /// What the configuration says and the version of kubeadm cannot be told.
    pub lost: Vec<Lost>,
}

/// Why there is no data.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BootstrapError {
    /// A version cannot be read.
    #[error(transparent)]
    Version(#[from] ParseVersionError),
    /// kubeadm of this version is too old.
    #[error("kubeadm {0} is not supported: v1.22.0 is the first version that is")]
    OldVersion(Version),
    /// A Secret, or its key, is not there.
    #[error("{place}: there is no Secret {name:?} with the key {key:?}")]
    Secret {
        /// The field that refers to it.
        place: String,
        /// Its name.
        name: String,
        /// The key.
        key: String,
    },
    /// A file that is a template cannot be filled.
    #[error("spec.files[{path}]: {problem}")]
    File {
        /// The path of the file.
        path: String,
        /// What is wrong.
        problem: String,
    },
    /// It is not known where a joining machine finds the API server.
    #[error(
        "spec.joinConfiguration.discovery.bootstrapToken.apiServerEndpoint: neither it nor the endpoint of the Cluster is set"
    )]
    NoEndpoint,
    /// A joining machine has no token.
    #[error("spec.joinConfiguration.discovery.bootstrapToken.token: a token has to be made first")]
    NoToken,
    /// A joining machine would trust whoever answers.
    #[error(
        "spec.joinConfiguration.discovery.bootstrapToken: caCertHashes are missing, and unsafeSkipCAVerification is not set"
    )]
    Unverified,
    /// A worker is configured as a machine of the control plane.
    #[error("spec.joinConfiguration.controlPlane: the machine is a worker")]
    WorkerAsControlPlane,
    /// A machine of the control plane has nothing to sign with.
    #[error("the {0} of the cluster is not there")]
    NoCertificate(&'static str),
    /// A field that the format does not know.
    #[error("{place}: {problem}")]
    Field {
        /// The field.
        place: String,
        /// What is wrong.
        problem: String,
    },
}

/// Everything but the format.
struct Parts<'a> {
    input: &'a Input<'a>,
    /// The document of kubeadm.
    kubeadm: String,
    files: Vec<File>,
    users: Vec<User>,
    verbosity: String,
}

/// Makes the data of a machine.
///
/// ```
/// use machine_api::{
///     Compat, bootstrap::v1beta2::KubeadmConfig, bootstrap_data::{self, Certificates, Role},
///     core::v1beta2::{Cluster, Machine},
/// };
/// use serde_json::{Value, json};
///
/// let config: KubeadmConfig = serde_json::from_value(json!({"spec": {
///     "joinConfiguration": {"discovery": {"bootstrapToken": {"token": "abcdef.0123456789abcdef", "apiServerEndpoint": "10.0.0.1:6443"}}},
///     "preKubeadmCommands": ["hostnamectl set-hostname a"]}}))?;
/// let machine: Machine = serde_json::from_value(json!({"spec": {"version": "v1.36.0"}}))?;
/// let data = bootstrap_data::render(&bootstrap_data::Input {
///     cluster: &Cluster::default(), machine: &machine, config: &config, role: Role::JoinWorker,
///     certificates: &Certificates::default(), ca_cert_hashes: &["sha256:1234".to_owned()], control_plane_version: None,
///     secrets: &|_: &str, _: &str| None, compat: Compat::Fixed,
/// })?;
/// let text = data.value.expose();
/// assert!(text.starts_with("## template: jinja\n#cloud-config\nruncmd:\n- hostnamectl set-hostname a\n- kubeadm join "));
/// assert!(text.contains("node.cluster.x-k8s.io/uninitialized"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// What the configuration refers to is not there, or it says what the format or the version cannot.
pub fn render(input: &Input<'_>) -> Result<BootstrapData, BootstrapError> {
    let (kubeadm, lost) = kubeadm::documents(input)?;
    let spec = &input.config.spec;
    let mut files = certificate_files(input)?;
    files.extend(user_files(input)?);
    if input.role != Role::Init {
        files.extend(discovery_file(&spec.join_configuration.discovery.file));
    }
    let parts = Parts {
        input,
        kubeadm,
        files,
        users: users(input)?,
        verbosity: spec
            .verbosity
            .map_or_else(String::new, |level| format!(" --v {level}")),
    };
    let (format, value) = match spec.format {
        Format::Ignition => (Format::Ignition, ignition::write(&parts)?),
        _ => (Format::CloudConfig, cloud_init::write(&parts)),
    };
    Ok(BootstrapData {
        format,
        value: value.into(),
        lost,
    })
}

/// Writes a field of an object.
fn put(object: &mut Value, name: &str, value: impl Into<Value>) {
    if let Value::Object(fields) = object {
        fields.insert(name.to_owned(), value.into());
    }
}

/// The file of a certificate or key.
fn pem(path: String, permissions: &str, content: &str) -> File {
    File {
        path,
        owner: "root:root".to_owned(),
        permissions: permissions.to_owned(),
        content: content.to_owned(),
        ..File::default()
    }
}

const CERTIFICATES_DIR: &str = "/etc/kubernetes/pki";

/// What a machine of the control plane signs with.
fn certificate_files(input: &Input<'_>) -> Result<Vec<File>, BootstrapError> {
    if input.role == Role::JoinWorker {
        return Ok(Vec::new());
    }
    let cluster = &input.config.spec.cluster_configuration;
    let dir = match cluster.certificates_dir.as_str() {
        "" => CERTIFICATES_DIR,
        dir => dir.trim_end_matches('/'),
    };
    let external = &cluster.etcd.external;
    let elsewhere = !external.endpoints.is_empty();
    let Certificates {
        cluster_ca,
        etcd_ca,
        front_proxy_ca,
        service_account,
        api_server_etcd_client,
    } = input.certificates;
    let in_dir = |name: &str| format!("{dir}/{name}");
    let etcd = if elsewhere {
        (external.ca_file.clone(), String::new())
    } else {
        (in_dir("etcd/ca.crt"), in_dir("etcd/ca.key"))
    };
    let pairs = [
        (
            "certificate authority",
            cluster_ca,
            (in_dir("ca.crt"), in_dir("ca.key")),
        ),
        ("certificate authority of etcd", etcd_ca, etcd),
        (
            "certificate authority of the front proxy",
            front_proxy_ca,
            (in_dir("front-proxy-ca.crt"), in_dir("front-proxy-ca.key")),
        ),
        (
            "key of service accounts",
            service_account,
            (in_dir("sa.pub"), in_dir("sa.key")),
        ),
    ];
    let client = elsewhere.then(|| {
        let files = (external.cert_file.clone(), external.key_file.clone());
        ("client certificate for etcd", api_server_etcd_client, files)
    });
    let mut files = Vec::new();
    for (what, pair, (certificate, key)) in pairs.into_iter().chain(client) {
        let pair = pair.as_ref().ok_or(BootstrapError::NoCertificate(what))?;
        if !pair.certificate.is_empty() {
            files.push(pem(certificate, "0640", &pair.certificate));
        }
        if !pair.key.is_empty() && !key.is_empty() {
            files.push(pem(key, "0600", pair.key.expose()));
        }
    }
    Ok(files)
}

fn secret(
    input: &Input<'_>,
    place: String,
    name: &str,
    key: &str,
) -> Result<Secret, BootstrapError> {
    let found = input.secrets.value(name, key);
    found.ok_or_else(|| BootstrapError::Secret {
        place,
        name: name.to_owned(),
        key: key.to_owned(),
    })
}

/// The files of the user, with what is in Secrets, and filled if they are templates.
fn user_files(input: &Input<'_>) -> Result<Vec<File>, BootstrapError> {
    let version = input.control_plane_version;
    let version = version.filter(|version| !version.is_empty());
    let version: Option<Version> = version.map(str::parse).transpose()?;
    let data = match version {
        Some(version) => json!({"controlPlane": {"version": format!("v{version}")}}),
        None => json!({}),
    };
    let mut files = Vec::new();
    for file in &input.config.spec.files {
        let mut file = file.clone();
        let from = &file.content_from.secret;
        if !from.name.is_empty() {
            let place = format!("spec.files[{}].contentFrom.secret", file.path);
            let content = secret(input, place, &from.name, &from.key)?;
            content.expose().clone_into(&mut file.content);
            file.content_from = FileSource::default();
        }
        if file.content_format == FileContentFormat::Template {
            let filled = Template::parse(&file.content)
                .and_then(|template| template.fill(&data, Missing::Nothing));
            file.content = filled.map_err(|error| BootstrapError::File {
                path: file.path.clone(),
                problem: error.to_string(),
            })?;
            file.content_format = FileContentFormat::default();
        }
        files.push(file);
    }
    Ok(files)
}

/// The users, with passwords that are in Secrets.
fn users(input: &Input<'_>) -> Result<Vec<User>, BootstrapError> {
    let mut users = input.config.spec.users.clone();
    for user in &mut users {
        let from = &user.passwd_from.secret;
        if !from.name.is_empty() {
            let place = format!("spec.users[{}].passwdFrom.secret", user.name);
            user.passwd = secret(input, place, &from.name, &from.key)?;
            user.passwd_from = PasswdSource::default();
        }
    }
    Ok(users)
}

/// The kubeconfig by which a machine finds the API server, if the configuration describes one.
fn discovery_file(discovery: &FileDiscovery) -> Option<File> {
    let described = &discovery.kube_config;
    if *described == FileDiscoveryKubeConfig::default() {
        return None;
    }
    let about = &described.cluster;
    let mut cluster = json!({"server": about.server});
    for (name, text) in [
        ("tls-server-name", &about.tls_server_name),
        ("proxy-url", &about.proxy_url),
    ] {
        if !text.is_empty() {
            put(&mut cluster, name, json!(text));
        }
    }
    if about.insecure_skip_tls_verify == Some(true) {
        put(&mut cluster, "insecure-skip-tls-verify", json!(true));
    }
    if !about.certificate_authority_data.is_empty() {
        put(
            &mut cluster,
            "certificate-authority-data",
            json!(about.certificate_authority_data),
        );
    }
    let mut user = json!({});
    let provider = &described.user.auth_provider;
    if !provider.name.is_empty() {
        put(
            &mut user,
            "auth-provider",
            json!({"name": provider.name, "config": provider.config}),
        );
    }
    let exec = &described.user.exec;
    if !exec.command.is_empty() {
        let version = match exec.api_version.as_str() {
            "" => "client.authentication.k8s.io/v1",
            version => version,
        };
        put(
            &mut user,
            "exec",
            json!({
                "apiVersion": version,
                "command": exec.command,
                "args": exec.args,
                "env": exec.env,
                "provideClusterInfo": exec.provide_cluster_info == Some(true),
                "interactiveMode": "Never",
            }),
        );
    }
    let config = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "preferences": {},
        "current-context": "default",
        "contexts": [{"name": "default", "context": {"cluster": "default", "user": "default"}}],
        "clusters": [{"name": "default", "cluster": cluster}],
        "users": [{"name": "default", "user": user}],
    });
    let path = discovery.kube_config_path.clone();
    Some(pem(path, "0640", &yaml::write(&config)))
}
