//! Kinds that configure a component, and how they are read: strictly or not, with defaults, with what is nested in them.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{
    Class, Compat, Diagnostic, Document, GroupVersionKind, Kind, Registry, Report, Severity,
    Strictness,
    decode::decode,
    field::{Errors, Path},
    tree::Node,
};

/// One version of a kind that configures a component: what the author of the component writes beside the struct.
///
/// Everything has a default: a kind without defaults, rules and nested documents is one line.
///
/// ```
/// use componentconfig::{Config, GroupVersionKind, Kind, Policy, Registry, field::{Errors, Path}};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
/// #[serde(rename_all = "camelCase", default)]
/// struct AgentConfiguration { bind_port: i32 }
///
/// impl Kind for AgentConfiguration {
///     const GVK: GroupVersionKind =
///         GroupVersionKind::from_static("agent.example.org", "v1", "AgentConfiguration");
/// }
///
/// impl Config for AgentConfiguration {
///     fn set_defaults(&mut self) {
///         if self.bind_port == 0 {
///             self.bind_port = 8080;
///         }
///     }
///
///     fn validate(&self) -> Errors {
///         let mut errors = Errors::new();
///         if !(1..=65535).contains(&self.bind_port) {
///             errors.invalid(&Path::new("bindPort"), self.bind_port, "must be between 1 and 65535");
///         }
///         errors
///     }
/// }
///
/// # #[cfg(feature = "yaml")] {
/// let registry = Registry::new().with::<AgentConfiguration>();
/// let text = "apiVersion: agent.example.org/v1\nkind: AgentConfiguration\nbindPort: 70000\n";
/// let document = componentconfig::yaml::parse("agent.yaml", text)?;
/// let report = registry.load::<AgentConfiguration>(&document, Policy::Upstream).unwrap_err();
/// assert_eq!(
///     report.to_string(),
///     "agent.yaml:3:1: bindPort: Invalid value: 70000: must be between 1 and 65535",
/// );
/// # }
/// # Ok::<(), componentconfig::Report>(())
/// ```
pub trait Config: Kind + DeserializeOwned + Clone + Default + Send + Sync + 'static {
    /// What the component itself makes of unknown and duplicate fields: see [`Policy::Upstream`].
    const HABIT: Strictness = Strictness::Strict;

    /// Fills in what is unset. Setting defaults twice has to be the same as once.
    fn set_defaults(&mut self) {}

    /// Everything that is wrong with a complete configuration.
    fn validate(&self) -> Errors {
        Errors::new()
    }

    /// What is odd about a complete configuration, and taken nevertheless. Each is a warning.
    fn warnings(&self) -> Errors {
        Errors::new()
    }

    /// What is wrong with a complete configuration, and upstream forgets to look at. Each is an error, or a warning with
    /// [`Compat::Upstream`].
    fn overlooked(&self) -> Errors {
        Errors::new()
    }

    /// The documents inside a document of this kind, which are kinds of their own.
    fn nested(_root: &Node) -> Vec<Nested> {
        Vec::new()
    }

    /// The defaults as data: a document in which nothing was set.
    fn defaults() -> Value {
        let mut config = Self::default();
        config.set_defaults();
        config.to_document()
    }

    /// What a field holds, set or not, as the author's type has it; the configuration stays as it is.
    ///
    /// ```
    /// # #[cfg(feature = "kubelet")] {
    /// use componentconfig::{Config, kubelet::v1beta1::KubeletConfiguration};
    ///
    /// let written = KubeletConfiguration::default();
    /// assert_eq!(written.effective(|kubelet| kubelet.max_pods), 110);
    /// assert_eq!(written.effective(|kubelet| kubelet.healthz_port), Some(10248));
    /// assert_eq!((written.max_pods, written.healthz_port), (0, None));
    /// # }
    /// ```
    ///
    /// It completes a copy each time: ask for several fields at once. Types whose defaults are a
    /// [table](crate::defaults!) have a method for each field besides, which costs nothing.
    fn effective<V>(&self, field: impl FnOnce(&Self) -> V) -> V {
        field(&self.clone().completed())
    }

    /// The configuration that it works with: this one, with its defaults.
    #[must_use]
    fn completed(mut self) -> Self {
        self.set_defaults();
        self
    }
}

/// What unknown and duplicate fields are, for any kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Policy {
    /// Errors.
    #[default]
    Strict,
    /// Warnings.
    Warn,
    /// Nothing.
    Lenient,
    /// What the component makes of them that reads the kind: [`Config::HABIT`].
    Upstream,
}

impl Policy {
    /// What it means for a kind.
    pub const fn strictness(self, habit: Strictness) -> Strictness {
        match self {
            Self::Strict => Strictness::Strict,
            Self::Warn => Strictness::Warn,
            Self::Lenient => Strictness::Ignore,
            Self::Upstream => habit,
        }
    }
}

/// A document inside another one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Nested {
    /// Where it is.
    pub path: Path,
    /// The kind it has to be of. `apiVersion` and `kind` may then be missing. `None`: the kind it says it is.
    pub expected: Option<GroupVersionKind>,
    /// Whether the rules of its kind are applied. False where the outer kind applies them itself.
    pub validated: bool,
}

impl Nested {
    /// A document of this kind, whether it says so or not.
    pub const fn of(path: Path, kind: GroupVersionKind) -> Self {
        Self {
            path,
            expected: Some(kind),
            validated: true,
        }
    }

    /// A document of the kind that it says it is; anything, if it says nothing.
    pub const fn of_any_kind(path: Path) -> Self {
        Self {
            path,
            expected: None,
            validated: true,
        }
    }
}

/// Reads, completes and validates a document of a kind, without what is nested in it.
pub(crate) fn read<T: Config>(
    document: &Document,
    policy: Policy,
    compat: Compat,
    validated: bool,
) -> (Option<T>, Vec<Diagnostic>) {
    let decoded = decode::<T>(document, policy.strictness(T::HABIT));
    let mut said = decoded.diagnostics;
    let config = decoded.value.map(Config::completed);
    if let Some(config) = config.as_ref().filter(|_| validated) {
        let (mut errors, mut odd) = (config.validate(), config.warnings());
        match compat {
            Compat::Fixed => errors.extend(config.overlooked()),
            Compat::Upstream => odd.extend(config.overlooked()),
        }
        said.extend(errors.iter().map(|error| document.invalid(error)));
        said.extend(odd.iter().map(|error| Diagnostic {
            class: Class::Other,
            severity: Severity::Warning,
            ..document.invalid(error)
        }));
    }
    (config, said)
}

/// As the file of a component that has one: of one kind, nested documents of the kinds that `registry` has.
pub(crate) fn load<T: Config>(
    registry: &Registry,
    document: &Document,
    policy: Policy,
) -> Result<(T, Vec<Diagnostic>), Report> {
    crate::component::check_kind(document, &T::GVK)?;
    let (config, said) = read::<T>(document, policy, registry.compat, true);
    let alone = registry.check_alone(document, policy);
    let mut report = Report::from(alone.filter(|_| config.is_some()).unwrap_or(said));
    report.extend(registry.check_nested(document, &T::nested(document.root()), policy));
    report.sort();
    match config {
        Some(config) => report.unless_errors(config),
        None => Err(report),
    }
}

/// Versions of the same shape: the older one, the newer one, and their fields.
#[cfg(any(
    feature = "kubelet",
    feature = "kube-apiserver",
    feature = "kube-controller-manager"
))]
macro_rules! same_shape {
    ($($older:ident)::+, $($newer:ident)::+ { $($field:ident),+ }) => {
        impl $crate::Upgrade for $($older)::+ {
            type Newer = $($newer)::+;

            fn up(self) -> Self::Newer {
                $($newer)::+ { $($field: self.$field),+ }
            }

            fn down(newer: Self::Newer) -> Self {
                Self { $($field: newer.$field),+ }
            }
        }
    };
}

#[cfg(any(
    feature = "kubelet",
    feature = "kube-apiserver",
    feature = "kube-controller-manager"
))]
pub(crate) use same_shape;
