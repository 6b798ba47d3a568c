//! Exports of one service that disagree.

use serde::Serialize;
use serde_json::Value;

use super::{Condition, ConditionStatus};
use crate::{
    id::ClusterId,
    rule::{Explain, Rule},
};

/// A field on which the exports of a service disagree, and what comes of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Conflict {
    /// Which field, as the reason of the condition `Conflict`.
    pub reason: ConflictReason,
    /// The cluster with the oldest export, whose word counts.
    pub oldest: ClusterId,
    /// What the import has.
    pub value: Value,
    /// What those that disagree have, and who has it, in the order of the first cluster of each. For ports, the oldest can be
    /// among them: the import has the ports of all.
    pub differing: Vec<Differing>,
}

/// A value that differs from what the import has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Differing {
    /// The value.
    pub value: Value,
    /// The clusters that have it, by name.
    pub clusters: Vec<ClusterId>,
}

/// The fields on which exports can disagree, by the reasons of the condition `Conflict`, in the order in which several
/// are named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum ConflictReason {
    /// `ports`.
    PortConflict,
    /// Headless or not.
    TypeConflict,
    /// `sessionAffinity`.
    SessionAffinityConflict,
    /// `sessionAffinityConfig.clientIP.timeoutSeconds`.
    SessionAffinityConfigConflict,
    /// `exportedAnnotations`, as a whole.
    AnnotationsConflict,
    /// `exportedLabels`, as a whole.
    LabelsConflict,
    /// `internalTrafficPolicy`.
    InternalTrafficPolicyConflict,
    /// `trafficDistribution`.
    TrafficDistributionConflict,
    /// `ipFamilies`: a cluster has none in common with those before it.
    IPFamilyConflict,
}

impl ConflictReason {
    /// The reason of the condition.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PortConflict => "PortConflict",
            Self::TypeConflict => "TypeConflict",
            Self::SessionAffinityConflict => "SessionAffinityConflict",
            Self::SessionAffinityConfigConflict => "SessionAffinityConfigConflict",
            Self::AnnotationsConflict => "AnnotationsConflict",
            Self::LabelsConflict => "LabelsConflict",
            Self::InternalTrafficPolicyConflict => "InternalTrafficPolicyConflict",
            Self::TrafficDistributionConflict => "TrafficDistributionConflict",
            Self::IPFamilyConflict => "IPFamilyConflict",
        }
    }

    /// The field.
    pub const fn field(self) -> &'static str {
        match self {
            Self::PortConflict => "ports",
            Self::TypeConflict => "type",
            Self::SessionAffinityConflict => "sessionAffinity",
            Self::SessionAffinityConfigConflict => "sessionAffinityConfig.clientIP.timeoutSeconds",
            Self::AnnotationsConflict => "exportedAnnotations",
            Self::LabelsConflict => "exportedLabels",
            Self::InternalTrafficPolicyConflict => "internalTrafficPolicy",
            Self::TrafficDistributionConflict => "trafficDistribution",
            Self::IPFamilyConflict => "ipFamilies",
        }
    }
}

impl Explain for Conflict {
    fn rule(&self) -> Rule {
        match self.reason {
            ConflictReason::PortConflict => Rule::PortsUnite,
            ConflictReason::IPFamilyConflict => Rule::FamiliesInCommon,
            _ => Rule::OldestWins,
        }
    }

    fn evidence(&self) -> String {
        let field = self.reason.field();
        let source = match self.reason {
            ConflictReason::PortConflict => "of all exports together".to_owned(),
            _ => format!("as in {}, the oldest export", self.oldest),
        };
        format!(
            "{field}: {} {source}, but {}",
            self.value,
            describe(&self.differing)
        )
    }

    fn remedy(&self) -> String {
        format!(
            "give {} one value in every cluster that exports the service",
            self.reason.field()
        )
    }
}

/// The condition `Conflict` of every valid export of a service.
pub(super) fn condition(conflicts: &[Conflict]) -> Condition {
    if conflicts.is_empty() {
        let message = "all exports of the service agree";
        return Condition::new("Conflict", ConditionStatus::False, "NoConflicts", message);
    }
    let reasons: Vec<_> = conflicts
        .iter()
        .map(|conflict| conflict.reason.as_str())
        .collect();
    let messages: Vec<_> = conflicts.iter().map(Explain::evidence).collect();
    let reason = reasons.join(",");
    Condition::new(
        "Conflict",
        ConditionStatus::True,
        reason,
        messages.join("; "),
    )
}

/// Names that many clusters and values at most, so that a message stays one in a ClusterSet of any size.
const SHOWN: usize = 3;

fn describe(differing: &[Differing]) -> String {
    let shown = differing
        .iter()
        .map(|one| format!("{} in {}", one.value, some_of(&one.clusters)));
    let mut text: Vec<_> = shown.take(SHOWN).collect();
    if let Some(more) = differing.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        text.push(format!("{more} more values"));
    }
    text.join(", ")
}

fn some_of(clusters: &[ClusterId]) -> String {
    let shown = clusters
        .iter()
        .take(SHOWN)
        .map(ClusterId::as_str)
        .collect::<Vec<_>>()
        .join(", ");
    match clusters.len().checked_sub(SHOWN) {
        Some(more) if more > 0 => format!("{shown} and {more} more"),
        _ => shown,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn conflict(clusters: usize) -> Conflict {
        let id = |number: usize| ClusterId::parse(&format!("c{number}")).unwrap();
        Conflict {
            reason: ConflictReason::LabelsConflict,
            oldest: id(0),
            value: json!({}),
            differing: (1..=clusters.min(5))
                .map(|first| Differing {
                    value: json!({"n": first}),
                    clusters: (first..=clusters).step_by(5).map(id).collect(),
                })
                .collect(),
        }
    }

    #[test]
    fn messages_name_both_sides() {
        assert_eq!(
            conflict(1).explanation().to_string(),
            "exportedLabels: {} as in c0, the oldest export, but {\"n\":1} in c1 (MCS-18); \
             give exportedLabels one value in every cluster that exports the service"
        );
    }

    #[test]
    fn messages_do_not_grow_with_the_set() {
        let message = conflict(1000).evidence();
        assert!(message.len() < 300, "{message}");
        assert!(
            message.contains("and 197 more") && message.ends_with("2 more values"),
            "{message}"
        );
    }

    #[test]
    fn several_reasons_are_one() {
        let mut other = conflict(1);
        other.reason = ConflictReason::PortConflict;
        let condition = condition(&[other, conflict(1)]);
        assert_eq!(condition.reason, "PortConflict,LabelsConflict");
        assert_eq!(condition.status, ConditionStatus::True);
    }
}
