//! What became of a bundle.

use std::fmt::Display;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Condition, ConditionStatus};

use super::{AppliedResource, ManifestCondition, ResourceIdentifier};

/// What became of one manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ManifestOutcome {
    /// Why it could not be applied; `None` if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
    /// How the object is.
    pub health: Health,
}

/// How an object is, by the rules of its kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Health {
    /// It does what it is for.
    Available,
    /// It is on its way there: with the reason.
    Progressing(String),
    /// It was there, or should be, and is not: with the reason.
    Degraded(String),
    /// Nobody can tell.
    Unknown,
}

impl ManifestOutcome {
    /// A manifest that is applied.
    pub const fn applied(health: Health) -> Self {
        Self {
            refusal: None,
            health,
        }
    }

    /// A manifest that could not be applied.
    pub fn refused(why: impl Into<String>) -> Self {
        Self {
            refusal: Some(why.into()),
            health: Health::Unknown,
        }
    }
}

/// The conditions of a bundle: `Applied`, `Progressing`, `Available`, `Degraded`, in that order.
///
/// `Applied` and `Available` hold if they hold for every manifest, `Progressing` and `Degraded` if they hold for one. What
/// nobody can tell of a manifest nobody can tell of the bundle, unless another manifest decides it.
pub fn aggregate(manifests: &[ManifestOutcome]) -> [Condition; 4] {
    let total = manifests.len();
    let of = |test: &dyn Fn(&ManifestOutcome) -> Option<String>| {
        let found = manifests.iter().enumerate();
        let found = found.filter_map(|(index, outcome)| Some((index, test(outcome)?)));
        found.collect::<Vec<(usize, String)>>()
    };
    let refused = of(&|outcome| outcome.refusal.clone());
    let progressing = of(&|outcome| match &outcome.health {
        Health::Progressing(why) => Some(why.clone()),
        _ => None,
    });
    let degraded = of(&|outcome| match &outcome.health {
        Health::Degraded(why) => Some(why.clone()),
        _ => None,
    });
    let unknown = of(&|outcome| {
        (outcome.health == Health::Unknown).then(|| "its state is not known".to_owned())
    });
    let unavailable = of(&|outcome| match outcome.health {
        Health::Progressing(_) | Health::Degraded(_) => Some("is not available".to_owned()),
        _ => None,
    });

    let applied = if refused.is_empty() {
        let message = match total {
            0 => "there is no manifest".to_owned(),
            1 => "the manifest is applied".to_owned(),
            _ => format!("all {total} manifests are applied"),
        };
        Condition::new(
            "Applied",
            ConditionStatus::True,
            "AppliedWorkComplete",
            message,
        )
    } else {
        let message = told(&refused, ": ");
        Condition::new(
            "Applied",
            ConditionStatus::False,
            "AppliedWorkFailed",
            message,
        )
    };
    let progressing = if progressing.is_empty() {
        known("Progressing", &unknown, "no manifest is progressing")
    } else {
        let message = told(&progressing, ": ");
        let status = ConditionStatus::True;
        Condition::new("Progressing", status, "ManifestsProgressing", message)
    };
    let available = if !unavailable.is_empty() {
        let message = told(&unavailable, " ");
        let status = ConditionStatus::False;
        Condition::new("Available", status, "ManifestsNotAvailable", message)
    } else if unknown.is_empty() {
        let message = "every manifest is available";
        Condition::new("Available", ConditionStatus::True, "AsExpected", message)
    } else {
        known("Available", &unknown, "")
    };
    let degraded = if degraded.is_empty() {
        known("Degraded", &unknown, "no manifest is degraded")
    } else {
        let message = told(&degraded, ": ");
        Condition::new(
            "Degraded",
            ConditionStatus::True,
            "ManifestsDegraded",
            message,
        )
    };
    [applied, progressing, available, degraded]
}

/// A condition that does not hold, unless there are manifests of which nobody can tell.
fn known(condition: &str, unknown: &[(usize, String)], message: &str) -> Condition {
    if unknown.is_empty() {
        Condition::new(condition, ConditionStatus::False, "AsExpected", message)
    } else {
        let status = ConditionStatus::Unknown;
        Condition::new(condition, status, "ManifestsUnknown", told(unknown, ": "))
    }
}

/// What there is to say of manifests, of three at most.
fn told(manifests: &[(usize, impl Display)], separator: &str) -> String {
    const MOST: usize = 3;
    let lines = manifests.iter().take(MOST);
    let lines: Vec<String> = lines
        .map(|(index, why)| format!("manifest {index}{separator}{why}"))
        .collect();
    let rest = manifests.len().saturating_sub(MOST);
    let rest = match rest {
        0 => String::new(),
        1 => "; and one more".to_owned(),
        _ => format!("; and {rest} more"),
    };
    lines.join("; ") + &rest
}

/// The condition `Applied` of a bundle at that generation, as the reference controller has it: it fails if that of a
/// manifest is false, and holds otherwise, also for manifests of which nothing is known. [`aggregate`] is stricter.
pub fn applied(manifests: &[ManifestCondition], generation: i64) -> Condition {
    let mut conditions = manifests.iter().flat_map(|manifest| &manifest.conditions);
    let failed = conditions.any(|condition| {
        condition.condition_type == "Applied" && condition.status == ConditionStatus::False
    });
    let (status, reason, message) = if failed {
        (
            ConditionStatus::False,
            "AppliedWorkFailed",
            "a manifest could not be applied",
        )
    } else {
        (
            ConditionStatus::True,
            "AppliedWorkComplete",
            "no manifest failed",
        )
    };
    Condition {
        observed_generation: Some(generation),
        ..Condition::new("Applied", status, reason, message)
    }
}

/// The place of a manifest's conditions: those of the same manifest, else those of the same object at another place. A
/// manifest that is known by its place alone is found only there.
pub fn find(identifier: &ResourceIdentifier, conditions: &[ManifestCondition]) -> Option<usize> {
    let same = |condition: &ManifestCondition| condition.identifier == *identifier;
    let exact = conditions.iter().position(same);
    let place_only = ResourceIdentifier {
        ordinal: identifier.ordinal,
        ..ResourceIdentifier::default()
    };
    if exact.is_some() || *identifier == place_only {
        return exact;
    }
    conditions.iter().position(|condition| {
        let elsewhere = ResourceIdentifier {
            ordinal: condition.identifier.ordinal,
            ..identifier.clone()
        };
        condition.identifier == elsewhere
    })
}

/// Whether the reference controller would write a manifest anew: any label or annotation is another one, whoever wrote it,
/// or the object is of another generation than the one that was seen.
///
/// That takes away what others wrote. Server-side apply needs no such question: what `apply_semantics::plan` finds to be
/// no change is none.
pub fn is_modified(existing: &Value, manifest: &Value, observed_generation: i64) -> bool {
    let text = |object: &Value, pointer: &str| {
        let text = object.pointer(pointer).and_then(Value::as_str);
        text.unwrap_or_default().to_owned()
    };
    let map = |object: &Value, pointer: &str| {
        let map = object.pointer(pointer).and_then(Value::as_object);
        map.cloned().unwrap_or_default()
    };
    let texts = [
        "/apiVersion",
        "/kind",
        "/metadata/name",
        "/metadata/namespace",
    ];
    let maps = ["/metadata/labels", "/metadata/annotations"];
    let generation = existing.pointer("/metadata/generation");
    let generation = generation.and_then(Value::as_i64).unwrap_or(0);
    texts
        .iter()
        .any(|pointer| text(existing, pointer) != text(manifest, pointer))
        || maps
            .iter()
            .any(|pointer| map(existing, pointer) != map(manifest, pointer))
        || generation != observed_generation
}

/// The objects in the cluster that are of no manifest any more, and are to be cleared away, each only if its uid is still
/// the one that was applied. Objects are the same by group, kind, namespace and name, at whatever place and version.
pub fn orphaned<'a>(
    applied: &'a [AppliedResource],
    manifests: &[ResourceIdentifier],
) -> Vec<&'a AppliedResource> {
    fn object(identifier: &ResourceIdentifier) -> (&str, &str, &str, &str) {
        let ResourceIdentifier {
            group,
            kind,
            namespace,
            name,
            ..
        } = identifier;
        (group, kind, namespace, name)
    }
    let kept: std::collections::BTreeSet<_> = manifests.iter().map(object).collect();
    let applied = applied.iter();
    applied
        .filter(|resource| !kept.contains(&object(&resource.identifier)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_not_said_to_be_well() {
        let unknown = [
            ManifestOutcome::applied(Health::Available),
            ManifestOutcome::refused("spec.replicas: must not be negative"),
        ];
        let [applied, progressing, available, degraded] = aggregate(&unknown);
        assert_eq!(applied.status, ConditionStatus::False);
        assert_eq!(
            applied.message,
            "manifest 1: spec.replicas: must not be negative"
        );
        for condition in [progressing, available, degraded] {
            assert_eq!(condition.status, ConditionStatus::Unknown, "{condition}");
        }
    }

    #[test]
    fn one_degraded_manifest_degrades_the_bundle() {
        let why = || Health::Degraded("the image is not there".to_owned());
        let five = std::array::from_fn::<_, 5, _>(|_| ManifestOutcome::applied(why()));
        let [_, _, available, degraded] = aggregate(&five);
        assert_eq!(available.status, ConditionStatus::False);
        assert_eq!(degraded.status, ConditionStatus::True);
        assert!(degraded.message.ends_with("; and 2 more"), "{degraded}");
    }

    #[test]
    fn only_objects_of_no_manifest_are_orphaned() {
        let identifier = |ordinal, version: &str, name: &str| ResourceIdentifier {
            ordinal,
            version: version.to_owned(),
            kind: "ConfigMap".to_owned(),
            name: name.to_owned(),
            ..ResourceIdentifier::default()
        };
        let applied = ["a", "b"].map(|name| AppliedResource {
            identifier: identifier(0, "v1", name),
            uid: format!("uid-of-{name}"),
        });
        let orphaned = orphaned(&applied, &[identifier(7, "v2", "b")]);
        assert_eq!(orphaned.len(), 1);
        assert_eq!(orphaned[0].uid, "uid-of-a");
    }
}
