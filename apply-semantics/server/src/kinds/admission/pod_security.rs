//! Pod Security: which level a namespace demands of its pods, and what a pod does that a level forbids; as `pod-security-admission`
//! of Kubernetes has it, up to the rules of 1.36. Nothing and nobody is exempt, and namespaces that say nothing demand nothing.

mod checks;

use std::{collections::BTreeMap, fmt};

use serde_json::{Map, Value};

use crate::kinds::{
    cause::{Cause, Causes},
    prepare::Cx,
    read::{at, list, path, text},
};
use checks::Pod;

const PREFIX: &str = "pod-security.kubernetes.io/";

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Privileged,
    Baseline,
    Restricted,
}

/// Of the rules: a minor version of Kubernetes 1, or the latest one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    Latest,
    Minor(u32),
}

/// A level as it was in a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Demand {
    level: Level,
    version: Version,
}

/// What a namespace demands: of pods that come in, and what is warned of. What is written into audit logs is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Policy {
    enforce: Demand,
    warn: Demand,
}

/// Judges a pod, and tells what to warn of.
pub(super) fn of_pod(
    pod: &Value,
    old: Option<&Value>,
    subresource: Option<&str>,
    cx: &dyn Cx,
) -> Result<Vec<String>, String> {
    let evaluated = matches!(subresource, None | Some("ephemeralcontainers" | "resize"));
    if !evaluated || old.is_some_and(|old| !is_significant(pod, old)) {
        return Ok(Vec::new());
    }
    let policy = Policy::around(pod, cx);
    if let Some(violation) = policy
        .enforce
        .violation(at(pod, "metadata"), at(pod, "spec"))
    {
        return Err(format!(
            "violates PodSecurity \"{}\": {violation}",
            policy.enforce
        ));
    }
    Ok(policy.warnings(at(pod, "metadata"), at(pod, "spec")))
}

/// What to warn of in an object that makes pods.
pub(super) fn of_template(object: &Value, cx: &dyn Cx) -> Vec<String> {
    let template = match (text(object, "apiVersion"), text(object, "kind")) {
        ("v1", "PodTemplate") => at(object, "template"),
        ("v1", "ReplicationController")
        | ("apps/v1", "ReplicaSet" | "Deployment" | "DaemonSet" | "StatefulSet")
        | ("batch/v1", "Job") => path(object, &["spec", "template"]),
        ("batch/v1", "CronJob") => path(object, &["spec", "jobTemplate", "spec", "template"]),
        _ => return Vec::new(),
    };
    if template.is_null() {
        return Vec::new();
    }
    Policy::around(object, cx).warnings(at(template, "metadata"), at(template, "spec"))
}

/// Judges the labels of a namespace, and tells which of its pods do what it forbids from now on.
pub(super) fn of_namespace(
    namespace: &Value,
    old: Option<&Value>,
    cx: &dyn Cx,
) -> Result<Vec<String>, Vec<Cause>> {
    let (new, errors) = Policy::of(namespace);
    let Some(old) = old else {
        return if errors.is_empty() {
            Ok(Vec::new())
        } else {
            Err(errors)
        };
    };
    let (old, old_errors) = Policy::of(old);
    if !errors.is_empty() && errors != old_errors {
        return Err(errors);
    }
    let (now, before) = (new.enforce, old.enforce);
    let is_relaxed = now.version == before.version && now.level <= before.level;
    if now == before || now.level == Level::Privileged || is_relaxed {
        return Ok(Vec::new());
    }
    let name = text(at(namespace, "metadata"), "name");
    Ok(existing(name, now, cx))
}

/// Warns of the pods of a namespace that do what a level forbids, those that do the same together.
fn existing(namespace: &str, demand: Demand, cx: &dyn Cx) -> Vec<String> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for pod in cx.objects("v1", "Pod", Some(namespace)) {
        let broken = demand.broken(&Pod::new(at(&pod, "metadata"), at(&pod, "spec")));
        if !broken.is_empty() {
            let reasons: Vec<&str> = broken.iter().map(|broken| broken.reason).collect();
            let name = text(at(&pod, "metadata"), "name").to_owned();
            found.entry(reasons.join(", ")).or_default().push(name);
        }
    }
    if found.is_empty() {
        return Vec::new();
    }
    let mut warnings: Vec<String> = found
        .into_iter()
        .map(|(reasons, pods)| {
            let first = pods.iter().min().cloned().unwrap_or_default();
            match pods.len() - 1 {
                0 => format!("{first}: {reasons}"),
                1 => format!("{first} (and 1 other pod): {reasons}"),
                others => format!("{first} (and {others} other pods): {reasons}"),
            }
        })
        .collect();
    warnings.sort();
    warnings.insert(
        0,
        format!(
            "existing pods in namespace \"{namespace}\" violate the new PodSecurity enforce level \"{demand}\""
        ),
    );
    warnings
}

/// Whether a change of a pod can matter: other containers, or other images.
fn is_significant(new: &Value, old: &Value) -> bool {
    let containers = |pod: &'_ Value, key: &str| list(at(pod, "spec"), key).to_vec();
    let image = |container: &Value| text(container, "image").to_owned();
    let changed = |key: &str| {
        let (new, old) = (containers(new, key), containers(old, key));
        new.len() != old.len()
            || new
                .iter()
                .zip(&old)
                .any(|(new, old)| image(new) != image(old))
    };
    let held = containers(old, "ephemeralContainers");
    changed("containers")
        || changed("initContainers")
        || containers(new, "ephemeralContainers").iter().any(|new| {
            let before = held
                .iter()
                .find(|old| text(old, "name") == text(new, "name"));
            before.is_none_or(|old| image(old) != image(new))
        })
}

impl Policy {
    const NONE: Self = Self {
        enforce: Demand::NONE,
        warn: Demand::NONE,
    };

    /// That of the namespace of an object.
    fn around(object: &Value, cx: &dyn Cx) -> Self {
        let name = text(at(object, "metadata"), "namespace");
        let namespace = cx.namespace(name);
        namespace.map_or(Self::NONE, |namespace| Self::of(&namespace).0)
    }

    /// What the labels of a namespace say, and which of them say nothing that is known. Those demand the most of pods that come in,
    /// and nothing that is warned of.
    fn of(namespace: &Value) -> (Self, Vec<Cause>) {
        let labels = path(namespace, &["metadata", "labels"]);
        let mut keys = labels.as_object().into_iter().flat_map(Map::keys);
        if !keys.any(|key| key.starts_with(PREFIX)) {
            return (Self::NONE, Vec::new());
        }
        let mut labels = Labels {
            labels,
            causes: Causes::default(),
        };
        let enforce = labels.level("enforce");
        let enforce_version = labels.version("enforce-version");
        // What audit logs are to tell is only checked.
        labels.level("audit");
        labels.version("audit-version");
        let warn = labels.level("warn");
        let warn_version = labels.version("warn-version");
        let enforced = Demand {
            level: enforce
                .unwrap_or(Ok(Level::Privileged))
                .unwrap_or(Level::Restricted),
            version: enforce_version.unwrap_or(Version::Latest),
        };
        let mut warned = Demand {
            level: warn
                .unwrap_or(Ok(Level::Privileged))
                .unwrap_or(Level::Privileged),
            version: warn_version.unwrap_or(Version::Latest),
        };
        // Who enforces a level and says nothing of warnings is warned of the same.
        if warn.is_none() && matches!(enforce, Some(Ok(level)) if level > warned.level) {
            warned.level = enforced.level;
            if warn_version.is_none() {
                warned.version = enforced.version;
            }
        }
        let policy = Self {
            enforce: enforced,
            warn: warned,
        };
        (policy, labels.causes.into_vec())
    }

    fn warnings(self, metadata: &Value, spec: &Value) -> Vec<String> {
        let violation = self.warn.violation(metadata, spec);
        let warning = violation
            .map(|violation| format!("would violate PodSecurity \"{}\": {violation}", self.warn));
        warning.into_iter().collect()
    }
}

/// The labels of a namespace, and what is wrong with them.
struct Labels<'a> {
    labels: &'a Value,
    causes: Causes,
}

impl Labels<'_> {
    /// A level; none if there is no such label.
    fn level(&mut self, name: &str) -> Option<Result<Level, ()>> {
        let text = self.text(name)?;
        let level = match &*text {
            "privileged" => Ok(Level::Privileged),
            "baseline" => Ok(Level::Baseline),
            "restricted" => Ok(Level::Restricted),
            _ => Err(()),
        };
        if level.is_err() {
            self.refuse(
                name,
                text,
                "must be one of privileged, baseline, restricted",
            );
        }
        Some(level)
    }

    /// A version; none if there is no such label.
    fn version(&mut self, name: &str) -> Option<Version> {
        let text = self.text(name)?;
        if text == "latest" {
            return Some(Version::Latest);
        }
        let digits = text.strip_prefix("v1.").filter(|digits| {
            let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
            plain && (!digits.starts_with('0') || *digits == "0")
        });
        let minor = digits.and_then(|digits| digits.parse().ok());
        if minor.is_none() {
            self.refuse(name, text, "must be \"latest\" or \"v1.x\"");
        }
        Some(minor.map_or(Version::Latest, Version::Minor))
    }

    fn text(&self, name: &str) -> Option<String> {
        let value = self.labels.get(format!("{PREFIX}{name}"))?;
        value.as_str().map(str::to_owned)
    }

    fn refuse(&mut self, name: &str, value: String, why: &str) {
        let field = format!("metadata.labels[{PREFIX}{name}]");
        self.causes.invalid(field, value, why);
    }
}

impl Demand {
    const NONE: Self = Self {
        level: Level::Privileged,
        version: Version::Latest,
    };

    fn broken(self, pod: &Pod<'_>) -> Vec<checks::Broken> {
        match self.level {
            Level::Privileged => Vec::new(),
            level => checks::broken(level == Level::Restricted, self.version, pod),
        }
    }

    /// What a pod does that is forbidden, in words.
    fn violation(self, metadata: &Value, spec: &Value) -> Option<String> {
        let broken = self.broken(&Pod::new(metadata, spec));
        let told: Vec<String> = broken
            .iter()
            .map(|broken| format!("{} ({})", broken.reason, broken.detail))
            .collect();
        (!told.is_empty()).then(|| told.join(", "))
    }
}

impl fmt::Display for Demand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.level {
            Level::Privileged => "privileged",
            Level::Baseline => "baseline",
            Level::Restricted => "restricted",
        })?;
        match self.version {
            Version::Minor(minor) => write!(f, ":v1.{minor}"),
            Version::Latest => f.write_str(":latest"),
        }
    }
}
