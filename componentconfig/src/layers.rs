//! Layers: a file, drop-in files and flags, one over the other, and where every value came from.

mod explain;

use serde_json::{Map, Value};

use crate::{
    Class, Config, Diagnostic, Document, Kind, Policy, Report, Strictness, component,
    decode::{decode, decode_value},
    field::Path,
    tree::Node,
};

pub use explain::{Explanation, Origin};

/// What a component is configured by, in the order of precedence: later layers win.
///
/// Layers are merged as RFC 7386 says and as the kubelet merges its drop-in files: maps are merged, `null` deletes (the
/// default comes back), everything else replaces.
///
/// ```
/// # #[cfg(all(feature = "yaml", feature = "kubelet"))] {
/// use componentconfig::{Policy, kubelet::v1beta1::KubeletConfiguration, layers::Layers, yaml};
///
/// let head = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n";
/// let file = yaml::parse("kubelet.yaml", &format!("{head}maxPods: 5\nport: 10260\n"))?;
/// let dropin = yaml::parse("10-pods.conf", &format!("{head}maxPods: 6\n"))?;
/// let layers = Layers::new().document(&file).document(&dropin).flag("--port", "port", 10270);
/// let effective = layers.resolve::<KubeletConfiguration>(Policy::Upstream)?;
/// assert_eq!((effective.config.max_pods, effective.config.port), (6, 10270));
/// assert_eq!(
///     effective.explain(&"maxPods".parse().unwrap()).to_string(),
///     "maxPods: 6, from 10-pods.conf:3:1 (over 5 of kubelet.yaml:3:1)",
/// );
/// assert_eq!(
///     effective.explain(&"port".parse().unwrap()).to_string(),
///     "port: 10270, from the flag --port (over 10260 of kubelet.yaml:4:1)",
/// );
/// assert_eq!(
///     effective.explain(&"healthzPort".parse().unwrap()).to_string(),
///     "healthzPort: 10248, by default",
/// );
/// # }
/// # Ok::<(), componentconfig::Report>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Layers {
    layers: Vec<Layer>,
}

/// One layer.
#[derive(Clone, Debug)]
pub(crate) enum Layer {
    Document(Document),
    Flag { name: String, root: Node },
}

impl Layer {
    pub(crate) const fn root(&self) -> &Node {
        match self {
            Self::Document(document) => document.root(),
            Self::Flag { root, .. } => root,
        }
    }
}

/// A configuration made of layers.
#[derive(Clone, Debug)]
pub struct Effective<T> {
    /// The configuration, complete.
    pub config: T,
    /// What is odd about the layers.
    pub warnings: Vec<Diagnostic>,
    pub(crate) complete: Value,
    pub(crate) layers: Vec<Layer>,
}

impl Layers {
    /// No layers: the defaults.
    #[must_use]
    pub const fn new() -> Self {
        Self { layers: Vec::new() }
    }

    /// Puts a document over what is there: the file first, then drop-in files in their order.
    #[must_use]
    pub fn document(mut self, document: &Document) -> Self {
        self.layers.push(Layer::Document(document.clone()));
        self
    }

    /// Puts the value of a flag over what is there. `path` is the field that it sets, such as `logging.format`, by names
    /// alone.
    #[must_use]
    pub fn flag(mut self, name: &str, path: &str, value: impl Into<Value>) -> Self {
        let value = path.rsplit('.').fold(value.into(), |value, name| {
            Map::from_iter([(name.to_owned(), value)]).into()
        });
        self.layers.push(Layer::Flag {
            name: name.to_owned(),
            root: Node::from(&value),
        });
        self
    }

    /// Puts the value of a flag over what is there, if the flag was given.
    #[must_use]
    pub fn flag_if_given(self, name: &str, path: &str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.flag(name, path, value),
            None => self,
        }
    }

    /// The configuration that comes out, complete and validated.
    ///
    /// # Errors
    /// Everything that is wrong with any layer, or with what comes out; each error points to the highest layer that says
    /// what is wrong.
    pub fn resolve<T: Config>(&self, policy: Policy) -> Result<Effective<T>, Report> {
        let mut report = self.check_documents::<T>(policy);
        let mut merged = Value::Object(Map::new());
        for layer in &self.layers {
            merge_patch(&mut merged, layer.root().to_value());
        }
        if let Value::Object(fields) = &mut merged {
            fields.remove("apiVersion");
            fields.remove("kind");
        }
        let decoded = decode_value::<T>(&merged, Strictness::Ignore);
        report.extend(
            decoded
                .diagnostics
                .into_iter()
                .map(|diagnostic| self.locate(diagnostic)),
        );
        let Some(config) = decoded.value.map(Config::completed) else {
            return Err(report);
        };
        let errors = config.validate();
        report.extend(errors.iter().map(|error| {
            self.locate(Diagnostic::error(Class::Validation, error.body()).at(error.path.clone()))
        }));
        let ((), warnings) = report.unless_errors(())?;
        Ok(Effective {
            complete: config.to_document(),
            config,
            warnings,
            layers: self.layers.clone(),
        })
    }

    /// What is wrong with the documents one by one: of another kind, unknown or duplicate fields.
    fn check_documents<T: Config>(&self, policy: Policy) -> Report {
        let mut report = Report::new();
        for layer in &self.layers {
            let Layer::Document(document) = layer else {
                continue;
            };
            if let Err(errors) = component::check_kind(document, &T::GVK) {
                report.extend(errors);
                continue;
            }
            let strict = |diagnostic: &Diagnostic| {
                matches!(diagnostic.class, Class::Strict | Class::StrictTolerated)
            };
            // Wrong types are found in what comes out: a higher layer may have replaced them.
            let said = decode::<T>(document, policy.strictness(T::HABIT)).diagnostics;
            report.extend(said.into_iter().filter(strict));
        }
        report
    }

    /// Points to the highest layer that says what a diagnostic is about.
    fn locate(&self, diagnostic: Diagnostic) -> Diagnostic {
        let path = diagnostic.path.clone().unwrap_or_default();
        let says = |layer: &&Layer| layer.root().find(&path).is_some();
        match self.layers.iter().rev().find(says) {
            Some(Layer::Document(document)) => diagnostic
                .span(document.locate(&path))
                .source(document.source()),
            Some(Layer::Flag { name, .. }) => diagnostic.source(name.as_str()),
            None => diagnostic,
        }
    }
}

impl<T: Kind> Effective<T> {
    /// What the layers say together, as a document: without defaults.
    pub fn merged(&self) -> Value {
        let mut merged = Value::Object(Map::new());
        for layer in &self.layers {
            merge_patch(&mut merged, layer.root().to_value());
        }
        if let Value::Object(fields) = &mut merged {
            fields.insert("apiVersion".to_owned(), T::GVK.api_version().into());
            fields.insert("kind".to_owned(), T::GVK.kind().into());
        }
        merged
    }
}

/// RFC 7386: null deletes, maps are merged, everything else replaces.
pub(crate) fn merge_patch(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Map::new().into();
    }
    let Value::Object(fields) = target else {
        return;
    };
    for (name, value) in patch {
        if value.is_null() {
            fields.remove(&name);
        } else {
            merge_patch(fields.entry(name).or_insert(Value::Null), value);
        }
    }
}

/// What is at a path of a value.
pub(crate) fn value_at<'a>(value: &'a Value, path: &Path) -> Option<&'a Value> {
    use crate::field::Element;
    path.elements()
        .iter()
        .try_fold(value, |value, element| match element {
            Element::Field(name) | Element::Key(name) => value.get(&**name),
            Element::Index(index) => value.get(*index),
        })
}
