//! The kinds that a program knows.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    Class, Compat, Config, Diagnostic, Document, DocumentSet, GroupVersionKind, Kind, Policy,
    Report, Strictness, Upgrade,
    config::{self, Nested},
    conversion::{Edge, SetConversion, down, up},
    decode_value,
    defaults::{Place, places},
    field::Path,
};

/// The kinds that a program knows, with their versions and conversions.
///
/// Nothing is global: a program makes the registry it wants, of kinds of its own ([`with`](Self::with)) and of those of
/// Kubernetes ([`kubernetes`](Self::kubernetes), or the `register` functions of the modules).
#[derive(Clone, Debug, Default)]
pub struct Registry {
    pub(crate) entries: BTreeMap<GroupVersionKind, Entry>,
    pub(crate) sets: Vec<SetConversion>,
    checks: Vec<SetCheck>,
    pub(crate) compat: Compat,
}

/// How the documents of a group are checked that are checked together: their rules span kinds.
#[derive(Clone, Debug)]
pub struct SetCheck {
    /// The group.
    pub group: &'static str,
    /// Everything there is to say about the documents of the group in a file.
    pub check: fn(&DocumentSet, Policy, Compat) -> Vec<Diagnostic>,
}

/// What is known of a kind, without its type.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) habit: Strictness,
    pub(crate) check: fn(&Registry, &Document, Policy, bool) -> Vec<Diagnostic>,
    pub(crate) print: fn(&Value) -> Result<Value, Report>,
    /// A document without what says nothing and what nobody knows.
    pub(crate) known: fn(&Value) -> Value,
    pub(crate) complete: fn(&Value) -> Result<Value, Report>,
    pub(crate) defaults: fn() -> Value,
    /// What an empty document does not have.
    pub(crate) places: fn() -> Vec<Place>,
    /// The way to the next newer version.
    pub(crate) up: Option<Edge>,
    /// The ways to the next older versions.
    pub(crate) down: Vec<Edge>,
    #[cfg(feature = "schemars")]
    pub(crate) schema: Option<MakeSchema>,
}

/// Makes the schema of a type.
#[cfg(feature = "schemars")]
pub(crate) type MakeSchema = fn(&mut schemars::SchemaGenerator) -> schemars::Schema;

impl Registry {
    /// No kinds.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            entries: BTreeMap::new(),
            sets: Vec::new(),
            checks: Vec::new(),
            compat: Compat::Fixed,
        }
    }

    /// All kinds of Kubernetes whose features are built in.
    #[must_use]
    pub fn kubernetes() -> Self {
        let registry = Self::new();
        #[cfg(feature = "kubeadm")]
        let registry = crate::kubeadm::register(registry);
        #[cfg(feature = "kubelet")]
        let registry = crate::kubelet::register(registry);
        #[cfg(feature = "kube-proxy")]
        let registry = crate::kube_proxy::register(registry);
        #[cfg(feature = "kube-scheduler")]
        let registry = crate::kube_scheduler::register(registry);
        #[cfg(feature = "kube-apiserver")]
        let registry = crate::kube_apiserver::register(registry);
        #[cfg(feature = "kube-controller-manager")]
        let registry = crate::cloud_controller_manager::register(
            crate::kube_controller_manager::register(registry),
        );
        #[cfg(feature = "kubectl")]
        let registry = crate::kubectl::register(registry);
        registry
    }

    /// Adds a kind.
    #[must_use]
    pub fn with<T: Config>(mut self) -> Self {
        self.entry::<T>();
        self
    }

    /// Adds a kind that there is a newer version of, with the conversion there and back.
    #[must_use]
    pub fn with_older<T: Upgrade>(mut self) -> Self {
        let newer = <T::Newer as Kind>::GVK;
        self.entry::<T>().up = Some(Edge {
            to: newer,
            convert: up::<T>,
        });
        self.entry::<T::Newer>().down.push(Edge {
            to: T::GVK,
            convert: down::<T>,
        });
        self
    }

    /// Adds a kind that has a schema: [`json_schema`](Self::json_schema) and what goes with it know such kinds only. One
    /// that is there already gets it.
    #[cfg(feature = "schemars")]
    #[must_use]
    pub fn with_schema<T: Config + schemars::JsonSchema>(mut self) -> Self {
        self.entry::<T>().schema = Some(schemars::SchemaGenerator::subschema_for::<T>);
        self
    }

    /// Adds a conversion of documents that belong together, between two versions of a group.
    #[must_use]
    pub fn with_set(mut self, conversion: SetConversion) -> Self {
        self.sets.push(conversion);
        self
    }

    /// Adds a check of documents that are checked together; it takes the place of the check of each.
    #[must_use]
    pub fn with_check(mut self, check: SetCheck) -> Self {
        self.checks.push(check);
        self
    }

    /// The same kinds, with the bugs of upstream or without: see [`Compat`].
    #[must_use]
    pub fn compat(mut self, compat: Compat) -> Self {
        self.compat = compat;
        self
    }

    fn entry<T: Config>(&mut self) -> &mut Entry {
        self.entries.entry(T::GVK).or_insert_with(|| Entry {
            habit: T::HABIT,
            check: |registry, document, policy, validated| {
                let mut said = config::read::<T>(document, policy, registry.compat, validated).1;
                let nested = T::nested(document.root());
                said.extend(registry.check_nested(document, &nested, policy));
                said
            },
            print: |value| typed::<T>(value).map(|config| config.to_document()),
            known: |value| crate::print::known(value, &unknown_fields::<T>(value)),
            complete: |value| typed::<T>(value).map(|config| config.completed().to_document()),
            defaults: T::defaults,
            places: places::<T>,
            up: None,
            down: Vec::new(),
            #[cfg(feature = "schemars")]
            schema: None,
        })
    }

    /// The kinds, sorted.
    pub fn kinds(&self) -> impl Iterator<Item = &GroupVersionKind> {
        self.entries.keys()
    }

    /// Whether the kind is known.
    pub fn knows(&self, kind: &GroupVersionKind) -> bool {
        self.entries.contains_key(kind)
    }

    /// The defaults of a kind as data: a document in which nothing was set. `None` if the kind is not known.
    pub fn defaults(&self, kind: &GroupVersionKind) -> Option<Value> {
        self.entries.get(kind).map(|entry| (entry.defaults)())
    }

    /// What the component that reads the kind makes of unknown and duplicate fields.
    pub fn habit(&self, kind: &GroupVersionKind) -> Option<Strictness> {
        self.entries.get(kind).map(|entry| entry.habit)
    }

    /// Reads, completes and validates a document of one kind, as the component that it configures does. What is nested
    /// in it is read along, if its kind is known here.
    ///
    /// # Errors
    /// Everything that is wrong with the document, and every warning beside it.
    pub fn load<T: Config>(
        &self,
        document: &Document,
        policy: Policy,
    ) -> Result<(T, Vec<Diagnostic>), Report> {
        config::load(self, document, policy)
    }

    /// Reads, completes and validates a document of any kind that is known here; gives it complete, as Kubernetes prints
    /// it.
    ///
    /// # Errors
    /// Everything that is wrong with the document, and every warning beside it.
    pub fn load_any(
        &self,
        document: &Document,
        policy: Policy,
    ) -> Result<(Value, Vec<Diagnostic>), Report> {
        let kind = document.type_meta()?;
        let Some(entry) = self.entries.get(&kind) else {
            return Err(document.unknown_api().into());
        };
        let said = self.check_alone(document, policy).unwrap_or_else(|| {
            let mut said = (entry.check)(self, document, policy, true);
            said.extend(crate::release::deprecation(document, &kind));
            said
        });
        let mut report = Report::from(said);
        report.sort();
        let ((), warnings) = report.unless_errors(())?;
        Ok(((entry.complete)(&document.to_value())?, warnings))
    }

    /// What there is to say about a document of a group whose documents are checked together, where it stands alone.
    pub(crate) fn check_alone(
        &self,
        document: &Document,
        policy: Policy,
    ) -> Option<Vec<Diagnostic>> {
        let group = document.gvk()?.group();
        let check = self.checks.iter().find(|check| check.group == group)?;
        let alone = DocumentSet::of(document.clone());
        Some((check.check)(&alone, policy, self.compat))
    }

    /// Everything that there is to say about the documents of a file: about each of a known kind as
    /// [`load`](Self::load) does, with a warning where a version is deprecated. A document of a kind that is not known
    /// is an error.
    pub fn check(&self, set: &DocumentSet, policy: Policy) -> Report {
        let mut report: Report = set.unknown(|gvk| self.knows(gvk)).into();
        let together = |document: &Document| {
            let group = document.gvk().map(GroupVersionKind::group);
            self.checks.iter().any(|check| Some(check.group) == group)
        };
        for check in &self.checks {
            let of_group = |gvk: &GroupVersionKind| gvk.group() == check.group && self.knows(gvk);
            let documents = set.only(of_group);
            if !documents.is_empty() {
                report.extend((check.check)(&documents, policy, self.compat));
            }
        }
        for document in set.iter().filter(|document| !together(document)) {
            let known = document
                .gvk()
                .and_then(|gvk| Some((gvk, self.entries.get(gvk)?)));
            let Some((gvk, entry)) = known else {
                continue;
            };
            report.extend(crate::release::deprecation(document, gvk));
            report.extend((entry.check)(self, document, policy, true));
        }
        report.sort();
        report
    }

    /// What is wrong with documents inside another one.
    pub(crate) fn check_nested(
        &self,
        document: &Document,
        nested: &[Nested],
        policy: Policy,
    ) -> Vec<Diagnostic> {
        nested
            .iter()
            .flat_map(|nested| self.check_one(document, nested, policy))
            .collect()
    }

    fn check_one(&self, document: &Document, nested: &Nested, policy: Policy) -> Vec<Diagnostic> {
        let Some(inner) = document.part(&nested.path) else {
            return Vec::new();
        };
        let kind = match (&nested.expected, inner.gvk()) {
            (Some(expected), None) => expected,
            (Some(expected), Some(said)) if said != expected => {
                return wrong_kind(&inner, expected, said)
                    .map(|error| inside(&nested.path, error))
                    .collect();
            }
            (_, Some(said)) => said,
            (None, None) => return Vec::new(),
        };
        let Some(entry) = self.entries.get(kind) else {
            return Vec::new();
        };
        let said = (entry.check)(self, &inner, policy, nested.validated);
        said.into_iter()
            .map(|diagnostic| inside(&nested.path, diagnostic))
            .collect()
    }
}

/// The kinds of Kubernetes: each has a schema, if schemas are built in.
#[cfg(all(feature = "_kinds", not(feature = "schemars")))]
impl Registry {
    pub(crate) fn builtin<T: Config>(self) -> Self {
        self.with::<T>()
    }

    #[allow(dead_code, reason = "not every component has older versions")]
    pub(crate) fn builtin_older<T: Upgrade>(self) -> Self {
        self.with_older::<T>()
    }
}

/// The kinds of Kubernetes: each has a schema, if schemas are built in.
#[cfg(all(feature = "_kinds", feature = "schemars"))]
impl Registry {
    pub(crate) fn builtin<T: Config + schemars::JsonSchema>(self) -> Self {
        self.with_schema::<T>()
    }

    #[allow(dead_code, reason = "not every component has older versions")]
    pub(crate) fn builtin_older<T: Upgrade + schemars::JsonSchema>(self) -> Self {
        self.with_older::<T>().with_schema::<T>()
    }
}

/// Reads a document that is there as a value. Unknown fields are dropped.
pub(crate) fn typed<T: Config>(value: &Value) -> Result<T, Report> {
    let decoded = decode_value::<T>(&fields(value), Strictness::Ignore);
    decoded.into_result().map(|(config, _)| config)
}

/// The fields of a document that its type does not know.
fn unknown_fields<T: Config>(value: &Value) -> Vec<Path> {
    let said = decode_value::<T>(&fields(value), Strictness::Strict).diagnostics;
    let unknown = said.into_iter().filter(|said| said.class == Class::Strict);
    unknown.filter_map(|said| said.path).collect()
}

/// A document without its kind.
fn fields(document: &Value) -> Value {
    let mut fields = document.clone();
    if let Value::Object(fields) = &mut fields {
        fields.remove("apiVersion");
        fields.remove("kind");
    }
    fields
}

/// What is said about an inner document, said about the outer one.
fn inside(path: &Path, diagnostic: Diagnostic) -> Diagnostic {
    let path = path.join(diagnostic.path.as_ref().unwrap_or(&Path::root()));
    diagnostic.at(path)
}

fn wrong_kind<'a>(
    document: &'a Document,
    expected: &'a GroupVersionKind,
    said: &'a GroupVersionKind,
) -> impl Iterator<Item = Diagnostic> + 'a {
    let (version, kind) = (expected.api_version(), expected.kind());
    let wrong = [
        ("apiVersion", version != said.api_version(), version.clone()),
        ("kind", kind != said.kind(), kind.to_owned()),
    ];
    wrong
        .into_iter()
        .filter(|(_, wrong, _)| *wrong)
        .map(|(name, _, expected)| {
            let message = format!("expected {expected:?}");
            document.about_type(Class::Decode, message, name)
        })
}
