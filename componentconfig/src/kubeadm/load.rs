//! From the documents of a file to what kubeadm holds in memory: decoded, converted to v1beta4, completed, validated.
//!
//! Follows `cmd/kubeadm/app/util/config/{initconfiguration,joinconfiguration,common}.go`.

mod complete;
mod decode;
mod gate;
mod upstream;

use super::{
    dynamic::CiBuild,
    facts::Facts,
    findings::Unset,
    v1beta4::{
        ClusterConfiguration, InitConfiguration, JoinConfiguration, ResetConfiguration,
        UpgradeConfiguration,
    },
};
use crate::{
    Class, Compat, Diagnostic, DocumentSet, Report, Strictness,
    check::ip,
    field::{FieldError, Path},
    kube_proxy::v1alpha1::KubeProxyConfiguration,
    kubelet::v1beta1::KubeletConfiguration,
};
use decode::Typed;
pub(super) use upstream::global_timeout;

/// How a file is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoadOptions {
    /// What unknown and duplicate fields are.
    pub strictness: Strictness,
    /// Whether a deprecated version passes without a warning.
    pub allow_deprecated: bool,
    /// Whether documents of kinds that nobody knows are refused; else those of other groups are only warned of.
    pub known_kinds_only: bool,
    /// What becomes of upstream's bugs.
    pub compat: Compat,
}

impl LoadOptions {
    /// As `kubeadm init` and `kubeadm join` read: unknown fields and documents are warnings.
    #[must_use]
    pub const fn init() -> Self {
        Self {
            strictness: Strictness::Warn,
            allow_deprecated: false,
            known_kinds_only: false,
            compat: Compat::Fixed,
        }
    }

    /// As `kubeadm config validate` reads: unknown fields and documents are errors.
    #[must_use]
    pub const fn validate() -> Self {
        Self {
            strictness: Strictness::Strict,
            allow_deprecated: false,
            known_kinds_only: true,
            compat: Compat::Fixed,
        }
    }

    /// As `kubeadm config migrate` reads: the same, and deprecated versions are what it is for.
    #[must_use]
    pub const fn migrate() -> Self {
        Self {
            allow_deprecated: true,
            ..Self::validate()
        }
    }
}

/// What `kubeadm init` works with.
#[derive(Clone, Debug, PartialEq)]
pub struct Init {
    /// The first node.
    pub init: InitConfiguration,
    /// The cluster.
    pub cluster: ClusterConfiguration,
    /// The configuration of every kubelet: kubeadm's own defaults are filled in, the kubelet's are not.
    pub kubelet: Component<KubeletConfiguration>,
    /// The configuration of kube-proxy: kubeadm's own defaults are filled in, those of kube-proxy are not.
    pub kube_proxy: Component<KubeProxyConfiguration>,
    /// Set where `kubernetesVersion` named a build of continuous integration.
    pub ci: Option<CiBuild>,
}

impl Init {
    /// Refuses an advertise address that no API server can be reached at, as the commands of `kubeadm init` do that
    /// start one; reading a configuration alone does not. Follows `VerifyAPIServerBindAddress`.
    ///
    /// # Errors
    /// The address is no global unicast one, nor one on the loopback.
    pub fn verify_bind_address(&self) -> Result<(), FieldError> {
        let address = &self.init.local_api_endpoint.advertise_address;
        if ip::parse(address).is_some_and(|ip| ip.is_loopback() || ip::is_global_unicast(ip)) {
            return Ok(());
        }
        let path = Path::new("localAPIEndpoint").child("advertiseAddress");
        let detail = format!("cannot use {address:?} as the bind address for the API Server");
        Err(FieldError::invalid(path, address.as_str(), detail))
    }
}

/// The configuration of a component.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Component<T> {
    /// The configuration.
    pub config: T,
    /// Whether a document of the user is behind it. One that is not may be made anew at an upgrade.
    pub user_supplied: bool,
}

/// Something loaded, with what was said about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded<T> {
    /// What was loaded.
    pub config: T,
    /// Warnings, in the order of the file.
    pub warnings: Vec<Diagnostic>,
    /// Fields that stay unset because nothing is known that could fill them.
    pub unset: Vec<Unset>,
}

/// Everything that a file for kubeadm can hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Configuration {
    /// Of the documents `InitConfiguration` and `ClusterConfiguration`; one of them is enough.
    pub init: Option<Init>,
    /// The `JoinConfiguration`.
    pub join: Option<JoinConfiguration>,
    /// The `ResetConfiguration`.
    pub reset: Option<ResetConfiguration>,
    /// The `UpgradeConfiguration`.
    pub upgrade: Option<UpgradeConfiguration>,
}

/// Loads what `kubeadm init` needs. Documents for other commands are ignored, with a warning.
///
/// ```
/// # #[cfg(feature = "yaml")] {
/// use componentconfig::{DocumentSet, kubeadm::{self, Facts, LoadOptions}};
///
/// let text = "
/// apiVersion: kubeadm.k8s.io/v1beta3
/// kind: ClusterConfiguration
/// kubernetesVersion: 1.36.1
/// networking: {podSubnet: 10.8.0.0/16}
/// ";
/// let set = DocumentSet::read("kubeadm.yaml", text)?;
/// let loaded = kubeadm::load_init(&set, &Facts::default(), LoadOptions::init())?;
/// assert_eq!(loaded.config.cluster.kubernetes_version, "v1.36.1");
/// assert_eq!(loaded.config.kubelet.config.cluster_domain, "cluster.local");
/// assert_eq!(loaded.config.kube_proxy.config.cluster_cidr, "10.8.0.0/16");
/// assert_eq!(loaded.unset[0].path.to_string(), "bootstrapTokens[0].token");
/// # }
/// # Ok::<(), componentconfig::Report>(())
/// ```
///
/// # Errors
/// Everything that is wrong with the documents, and every warning beside it. Where a document cannot be read, nothing
/// is said about what depends on it.
pub fn load_init(
    set: &DocumentSet,
    facts: &Facts,
    options: LoadOptions,
) -> Result<Loaded<Init>, Report> {
    let mut typed = decode::decode(set, options, gate::INIT)?;
    if typed.broken {
        return Err(typed.report);
    }
    match complete::init(&mut typed, facts) {
        Some(init) => typed.finish(Some(set), init),
        None => Err(nothing_for(
            typed.report,
            "no InitConfiguration or ClusterConfiguration kind was found",
        )),
    }
}

/// Loads what `kubeadm join` needs. Documents for other commands are ignored, with a warning.
///
/// # Errors
/// Like [`load_init`].
pub fn load_join(
    set: &DocumentSet,
    facts: &Facts,
    options: LoadOptions,
) -> Result<Loaded<JoinConfiguration>, Report> {
    let mut typed = decode::decode(set, options, gate::JOIN)?;
    if typed.broken {
        return Err(typed.report);
    }
    match complete::join(&mut typed, facts) {
        Some(join) => typed.finish(Some(set), join),
        None => Err(nothing_for(
            typed.report,
            "no JoinConfiguration kind was found",
        )),
    }
}

/// Loads what `kubeadm reset` needs. Documents for other commands are ignored, with a warning.
///
/// # Errors
/// Like [`load_init`].
pub fn load_reset(
    set: &DocumentSet,
    facts: &Facts,
    options: LoadOptions,
) -> Result<Loaded<ResetConfiguration>, Report> {
    let mut typed = decode::decode(set, options, gate::RESET)?;
    if typed.broken {
        return Err(typed.report);
    }
    match complete::reset(&mut typed, facts) {
        Some(reset) => typed.finish(Some(set), reset),
        None => Err(nothing_for(
            typed.report,
            "no ResetConfiguration kind was found",
        )),
    }
}

/// Loads what the `kubeadm upgrade` commands need. Documents for other commands are ignored, with a warning.
///
/// # Errors
/// Like [`load_init`].
pub fn load_upgrade(
    set: &DocumentSet,
    options: LoadOptions,
) -> Result<Loaded<UpgradeConfiguration>, Report> {
    let mut typed = decode::decode(set, options, gate::UPGRADE)?;
    if typed.broken {
        return Err(typed.report);
    }
    match complete::upgrade(&mut typed) {
        Some(upgrade) => typed.finish(Some(set), upgrade),
        None => Err(nothing_for(
            typed.report,
            "no UpgradeConfiguration kind was found",
        )),
    }
}

/// Loads everything that a file holds. A file of no bytes holds nothing, which is no error.
///
/// # Errors
/// Like [`load_init`].
pub fn load(
    set: &DocumentSet,
    facts: &Facts,
    options: LoadOptions,
) -> Result<Loaded<Configuration>, Report> {
    let mut typed = decode::decode(set, options, gate::ALL)?;
    if typed.broken {
        return Err(typed.report);
    }
    typed.report.extend(upstream::ignored(set, options));
    let configuration = Configuration {
        init: complete::init(&mut typed, facts),
        join: complete::join(&mut typed, facts),
        reset: complete::reset(&mut typed, facts),
        upgrade: complete::upgrade(&mut typed),
    };
    typed.finish(Some(set), configuration)
}

/// Completes and validates configurations that come from no file, such as flags.
///
/// # Errors
/// Everything that is wrong with them.
pub fn complete_init(
    init: InitConfiguration,
    cluster: ClusterConfiguration,
    facts: &Facts,
) -> Result<Loaded<Init>, Report> {
    let mut typed = Typed {
        init: Some(init),
        cluster: Some(cluster),
        ..Typed::default()
    };
    match complete::init(&mut typed, facts) {
        Some(init) => typed.finish(None, init),
        None => Err(typed.report),
    }
}

/// Completes and validates a configuration that comes from no file, such as flags.
///
/// # Errors
/// Everything that is wrong with it.
pub fn complete_join(
    join: JoinConfiguration,
    facts: &Facts,
) -> Result<Loaded<JoinConfiguration>, Report> {
    let mut typed = Typed {
        join: Some(join),
        ..Typed::default()
    };
    match complete::join(&mut typed, facts) {
        Some(join) => typed.finish(None, join),
        None => Err(typed.report),
    }
}

fn nothing_for(mut report: Report, message: &str) -> Report {
    report.push(Diagnostic::error(Class::NotFound, message));
    report
}
