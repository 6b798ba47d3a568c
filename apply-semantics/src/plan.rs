//! Is this manifest already what lives in the cluster, and if not, what would applying it do?
//!
//! A [`Planner`] answers from the live object, the manifest and the name of the manager alone, as a server-side apply with
//! dry run would: what it merges, what defaults and spellings make no difference, who owns what, what conflicts, and what a
//! server refuses to change, so that the object has to be replaced. Where upstream decides by something that the two objects do
//! not say it answers [`Decision::Ask`]: a dry run on a server tells.
//!
//! ```
//! use apply_semantics::plan::{Decision, PlanOptions, Planner};
//! use serde_json::json;
//!
//! let manifest = json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data"}, "spec": {
//!     "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1024Mi"}}}});
//! let planner = Planner::new();
//! let options = PlanOptions::new("deployer");
//! let created = planner.apply(None, &manifest, &options);
//! assert_eq!(created.decision, Decision::Create);
//! let live = created.object.expect("what would be created");
//!
//! // The amount is the same, the default is no difference.
//! let mut same = manifest.clone();
//! same["spec"]["resources"]["requests"]["storage"] = json!("1Gi");
//! same["spec"]["volumeMode"] = json!("Filesystem");
//! assert_eq!(planner.apply(Some(&live), &same, &options).decision, Decision::NoOp);
//!
//! let mut block = manifest;
//! block["spec"]["volumeMode"] = json!("Block");
//! let plan = planner.apply(Some(&live), &block, &options);
//! assert_eq!(plan.decision, Decision::Recreate { fields: vec!["spec.volumeMode".to_owned(), "spec".to_owned()] });
//! assert_eq!(plan.changes[0].path, "/spec/volumeMode");
//! ```
//!
//! What it does not do: it does not validate. A manifest that a server refuses whatever is there already may come out as an
//! update.

mod checks;
mod convert;
mod diff;
mod immutable;
mod outcome;
mod semantic;
mod strategy;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    defaults,
    managed_fields::{Manager, Time},
    request::{ApplyOptions, Convert as _, Engine, Kinds, RequestError},
    schema::SchemaError,
    structural::{StructuralSchema, Verdict},
    typed::EmptyContainers,
    types::builtin,
};

pub use outcome::{Decision, FieldChange, Plan, Refusal};

/// Plans the application of a manifest of a built-in kind. [`Planner`] has more to say.
pub fn plan(live: Option<&Value>, manifest: &Value, options: &PlanOptions) -> Plan {
    Planner::new().apply(live, manifest, options)
}

/// The fields of a built-in kind that may not change, as far as each has a rule of its own; by the group (`""` for the core group)
/// and kind.
///
/// ```
/// assert_eq!(apply_semantics::plan::immutable_fields("apps", "Deployment"), ["spec.selector"]);
/// ```
pub fn immutable_fields(group: &str, kind: &str) -> Vec<&'static str> {
    immutable::fields(group, kind)
}

/// Who applies, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanOptions {
    manager: String,
    force: bool,
}

impl PlanOptions {
    /// Options for a field manager.
    pub fn new(manager: impl Into<String>) -> Self {
        Self {
            manager: manager.into(),
            force: false,
        }
    }

    /// The same, taking fields from other managers.
    #[must_use]
    pub fn force(self) -> Self {
        Self {
            force: true,
            ..self
        }
    }
}

/// Plans for built-in kinds of Kubernetes 1.36, and for custom resources whose definitions it is given.
#[derive(Debug, Clone)]
pub struct Planner {
    engine: Engine,
    /// By API version and kind.
    custom: BTreeMap<(String, String), Custom>,
}

#[derive(Debug, Clone)]
struct Custom {
    schema: StructuralSchema,
    has_status: bool,
}

/// The kind that a plan is about.
#[derive(Clone, Copy)]
struct Subject<'a> {
    api_version: &'a str,
    group: &'a str,
    kind: &'a str,
    manager: &'a str,
}

impl Default for Planner {
    fn default() -> Self {
        Self::new()
    }
}

impl Planner {
    /// A planner for the built-in kinds. Of other kinds it deduces the types, and asks rather than says that they change.
    pub fn new() -> Self {
        Self {
            engine: Engine::new(Kinds::builtin().or_deduced()).converter(convert::Versions),
            custom: BTreeMap::new(),
        }
    }

    /// The same, with a CustomResourceDefinition of `apiextensions.k8s.io/v1`.
    ///
    /// # Errors
    /// The definition lacks its names, or a schema cannot be used or is not structural.
    pub fn crd(mut self, crd: &Value) -> Result<Self, SchemaError> {
        self.engine.kinds_mut().insert_crd(crd)?;
        let not_structural =
            |errors: crate::structural::FieldErrors| SchemaError::new("spec", errors.to_string());
        let schemas = StructuralSchema::from_crd(crd).map_err(not_structural)?;
        let (group, kind) = (
            semantic::text(crd, "spec.group"),
            semantic::text(crd, "spec.names.kind"),
        );
        for version in semantic::items(crd, "spec.versions") {
            let name = semantic::text(version, "name");
            if let Some(schema) = schemas.get(name) {
                let custom = Custom {
                    schema: schema.clone(),
                    has_status: version
                        .pointer("/subresources/status")
                        .is_some_and(|status| !status.is_null()),
                };
                self.custom
                    .insert((format!("{group}/{name}"), kind.to_owned()), custom);
            }
        }
        Ok(self)
    }

    /// The same, with what becomes of lists and maps that an apply empties.
    #[must_use]
    pub fn empty_containers(self, empty: EmptyContainers) -> Self {
        Self {
            engine: self.engine.empty_containers(empty),
            ..self
        }
    }

    /// What applying a manifest would do. The live object is as a server answers it, with its `managedFields`.
    pub fn apply(&self, live: Option<&Value>, manifest: &Value, options: &PlanOptions) -> Plan {
        let (api_version, kind) = (
            semantic::text(manifest, "apiVersion"),
            semantic::text(manifest, "kind"),
        );
        if api_version.is_empty() || kind.is_empty() {
            return Plan::refused("apiVersion", "expected an object with apiVersion and kind");
        }
        let subject = Subject {
            api_version,
            group: api_version.rsplit_once('/').map_or("", |(group, _)| group),
            kind,
            manager: &options.manager,
        };
        let plan = match live {
            None => self.create(manifest, subject),
            Some(live) => self.change(live, manifest, subject, options),
        };
        Plan {
            secret: (subject.group, kind) == ("", "Secret"),
            ..plan
        }
    }

    /// What replacing the live object with another one would do (PUT, or any patch but apply, whose result the new object is).
    pub fn update(&self, live: &Value, new: &Value) -> Plan {
        let subject = Subject {
            api_version: semantic::text(new, "apiVersion"),
            group: semantic::text(new, "apiVersion")
                .rsplit_once('/')
                .map_or("", |(group, _)| group),
            kind: semantic::text(new, "kind"),
            manager: "",
        };
        let live = match live_in_version(live, subject) {
            Ok(live) => live,
            Err(plan) => return *plan,
        };
        let plan = self.decide(&live, new.clone(), subject);
        Plan {
            secret: (subject.group, subject.kind) == ("", "Secret"),
            ..plan
        }
    }

    fn create(&self, manifest: &Value, subject: Subject<'_>) -> Plan {
        let preview = self
            .engine
            .apply(None, manifest.clone(), &apply_options(subject, true));
        let (mut object, owned) = match preview {
            Ok(written) => {
                let owned = own_fields(written.managed_fields(), subject.manager);
                (written.into_object(), owned)
            }
            Err(error) => return refused(&error),
        };
        if let Err(plan) = self.complete(&mut object, subject) {
            return *plan;
        }
        strategy::create(
            subject.group,
            subject.kind,
            &mut object,
            self.has_status(subject),
        );
        Plan {
            owned,
            object: Some(object),
            ..Plan::new(Decision::Create)
        }
    }

    fn change(
        &self,
        live: &Value,
        manifest: &Value,
        subject: Subject<'_>,
        options: &PlanOptions,
    ) -> Plan {
        let live = match live_in_version(live, subject) {
            Ok(live) => live,
            Err(plan) => return *plan,
        };
        if let Some(plan) = other_object(&live, manifest) {
            return plan;
        }
        let mut config = manifest.clone();
        // Null is how a manifest says nothing of who manages it.
        if let Some(metadata) = config.get_mut("metadata").and_then(Value::as_object_mut)
            && metadata.get("managedFields").is_some_and(Value::is_null)
        {
            metadata.remove("managedFields");
        }
        let preview = self.engine.preview(
            Some(live.clone()),
            config,
            &apply_options(subject, options.force),
        );
        let preview = match preview {
            Ok(preview) => preview,
            Err(error) => return refused(&error),
        };
        let before = crate::managed_fields::ManagedFields::decode(&live).unwrap_or_default();
        let owned = own_fields(preview.written().managed_fields(), subject.manager);
        let mut plan = self.decide(&live, preview.object().clone(), subject);
        plan.owned = owned;
        plan.owned_before = own_fields(&before, subject.manager);
        if !preview.conflicts().is_empty() {
            plan.decision = Decision::Conflict;
            plan.conflicts = Some(preview.conflicts().clone());
        }
        plan
    }

    /// Decides what becomes of a live object in the version of the new one.
    fn decide(&self, live: &Value, mut new: Value, subject: Subject<'_>) -> Plan {
        let mut old = live.clone();
        if let Err(plan) = self
            .complete(&mut old, subject)
            .and_then(|()| self.complete(&mut new, subject))
        {
            return *plan;
        }
        strategy::update(
            subject.group,
            subject.kind,
            &old,
            &mut new,
            self.has_status(subject),
        );
        let mut plan = Plan::new(Decision::NoOp);
        plan.changes = diff::diff(&old, &new);
        if !plan.changes.is_empty() {
            plan.decision = self.judge(&old, &new, subject, &mut plan.refusals);
        }
        plan.object = Some(new);
        plan
    }

    /// What a server says of a change.
    fn judge(
        &self,
        old: &Value,
        new: &Value,
        subject: Subject<'_>,
        refusals: &mut Vec<Refusal>,
    ) -> Decision {
        if let Some(custom) = self.custom_kind(subject) {
            return judge_custom(custom, old, new, refusals);
        }
        let Some(node) = builtin().kind(subject.api_version, subject.kind) else {
            let why = format!(
                "{} of {} is no kind that is known",
                subject.kind, subject.api_version
            );
            return Decision::Ask { why };
        };
        let found = immutable::check(
            subject.group,
            subject.kind,
            immutable::Change { node, old, new },
        );
        if !found.refusals.is_empty() {
            let fields = found
                .refusals
                .iter()
                .map(|refusal| refusal.path.clone())
                .collect();
            refusals.extend(found.refusals);
            return Decision::Recreate { fields };
        }
        refusals.extend(checks::check(node, new));
        refusals.extend(checks::check_unions(subject.group, subject.kind, new));
        if !refusals.is_empty() {
            return Decision::Refused;
        }
        match found.questions.into_iter().next() {
            Some(why) => Decision::Ask { why },
            None => Decision::Update,
        }
    }

    /// Makes of an object what the server would store.
    fn complete(&self, object: &mut Value, subject: Subject<'_>) -> Result<(), Box<Plan>> {
        if let Some(custom) = self.custom_kind(subject) {
            custom.schema.prune(object);
            custom.schema.set_defaults(object);
            custom.schema.canonicalise_metadata(object);
            return Ok(());
        }
        if builtin().kind(subject.api_version, subject.kind).is_none() {
            if let Some(metadata) = object.get_mut("metadata") {
                defaults::canonicalise_metadata(metadata);
            }
            return Ok(());
        }
        defaults::normalise(object).map_err(|errors| {
            let refusal = |error: &defaults::Unreadable| Refusal {
                path: error.path.clone(),
                why: format!("expected {}", error.expected),
            };
            Box::new(Plan {
                refusals: errors.iter().map(refusal).collect(),
                ..Plan::new(Decision::Refused)
            })
        })
    }

    fn custom_kind(&self, subject: Subject<'_>) -> Option<&Custom> {
        self.custom
            .get(&(subject.api_version.to_owned(), subject.kind.to_owned()))
    }

    fn has_status(&self, subject: Subject<'_>) -> bool {
        match self.custom_kind(subject) {
            Some(custom) => custom.has_status,
            None => strategy::has_status(subject.api_version, subject.kind),
        }
    }
}

/// The live object in the version of the manifest.
fn live_in_version(live: &Value, subject: Subject<'_>) -> Result<Value, Box<Plan>> {
    let from = semantic::text(live, "apiVersion");
    let group = from.rsplit_once('/').map_or("", |(group, _)| group);
    if semantic::text(live, "kind") != subject.kind || group != subject.group {
        return Err(Box::new(Plan::refused(
            "kind",
            "the live object is of another kind",
        )));
    }
    let converted = convert::Versions.convert(live.clone(), from, subject.api_version);
    converted.map_err(|error| {
        let why = format!(
            "the live object cannot be converted to {}: {error}",
            subject.api_version
        );
        Box::new(Plan::new(Decision::Ask { why }))
    })
}

fn judge_custom(
    custom: &Custom,
    old: &Value,
    new: &Value,
    refusals: &mut Vec<Refusal>,
) -> Decision {
    let errors = custom.schema.validate(new);
    if !errors.is_empty() {
        refusals.extend(errors.into_iter().map(|error| Refusal {
            path: error.field,
            why: error.message,
        }));
        return Decision::Refused;
    }
    let mut unknown = None;
    for (rule, path, verdict) in custom.schema.transitions(new, old) {
        let why = rule.message.clone().unwrap_or_else(|| rule.rule.clone());
        match verdict {
            Verdict::Kept => {}
            Verdict::Broken => refusals.push(Refusal { path, why }),
            Verdict::Unknown => {
                unknown = unknown.or(Some(format!("only a server runs the rule `{}`", rule.rule)));
            }
        }
    }
    if !refusals.is_empty() {
        let fields = refusals
            .iter()
            .map(|refusal| refusal.path.clone())
            .collect();
        return Decision::Recreate { fields };
    }
    unknown.map_or(Decision::Update, |why| Decision::Ask { why })
}

fn apply_options(subject: Subject<'_>, force: bool) -> ApplyOptions {
    // The time is in no answer of a plan.
    ApplyOptions::new(subject.manager)
        .force(force)
        .at(Time::from_unix_seconds(0))
}

fn own_fields(
    entries: &crate::managed_fields::ManagedFields,
    manager: &str,
) -> crate::fieldset::FieldSet {
    let entry = entries.get(&Manager::applier(manager, ""));
    entry
        .map(|entry| entry.fields().clone())
        .unwrap_or_default()
}

fn refused(error: &RequestError) -> Plan {
    match error {
        RequestError::UnknownKind { .. } | RequestError::Convert { .. } => {
            Plan::new(Decision::Ask {
                why: error.to_string(),
            })
        }
        _ => Plan::refused("", error.to_string()),
    }
}

/// A manifest that names another object, or another state of it, than the live one.
fn other_object(live: &Value, manifest: &Value) -> Option<Plan> {
    for field in ["name", "namespace", "uid", "resourceVersion"] {
        let path = format!("metadata.{field}");
        let (wanted, found) = (semantic::text(manifest, &path), semantic::text(live, &path));
        let any = wanted.is_empty() || (field == "resourceVersion" && wanted == "0");
        if !any && !found.is_empty() && wanted != found {
            return Some(Plan::refused(
                path,
                "the live object is another one, or was changed meanwhile",
            ));
        }
    }
    None
}
