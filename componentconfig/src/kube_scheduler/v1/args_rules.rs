//! Defaults and rules of the arguments of plugins.
//!
//! Follows `pkg/scheduler/apis/config/v1/defaults.go` and `.../validation/validation_pluginargs.go`, with all feature gates
//! as they are by default.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    DefaultPreemptionArgs, DynamicResourcesArgs, InterPodAffinityArgs, NodeAffinityArgs,
    NodeResourcesBalancedAllocationArgs, NodeResourcesFitArgs, NodeSelectorRequirement,
    NodeSelectorTerm, PodTopologySpreadArgs, ResourceSpec, ScoringStrategy, UtilizationShapePoint,
    VolumeBindingArgs,
};
use crate::{
    check::labels,
    config::Config,
    field::{Errors, Path},
    registry::typed,
    scalar::Duration,
};

/// The arguments of a plugin with their defaults; `None` if they cannot be read.
pub(super) fn complete(plugin: &str, args: &Value) -> Option<Value> {
    fn of<T: Config>(args: &Value) -> Option<Value> {
        let args: T = typed(args).ok()?;
        serde_json::to_value(args.completed()).ok()
    }
    match plugin {
        "DefaultPreemption" => of::<DefaultPreemptionArgs>(args),
        "DynamicResources" => of::<DynamicResourcesArgs>(args),
        "InterPodAffinity" => of::<InterPodAffinityArgs>(args),
        "NodeAffinity" => of::<NodeAffinityArgs>(args),
        "NodeResourcesBalancedAllocation" => of::<NodeResourcesBalancedAllocationArgs>(args),
        "NodeResourcesFit" => of::<NodeResourcesFitArgs>(args),
        "PodTopologySpread" => of::<PodTopologySpreadArgs>(args),
        "VolumeBinding" => of::<VolumeBindingArgs>(args),
        _ => None,
    }
}

/// What is wrong with the complete arguments of a plugin.
pub(super) fn validate(plugin: &str, args: &Value) -> Errors {
    fn of<T: Config>(args: &Value) -> Errors {
        typed::<T>(args)
            .map(|args| args.validate())
            .unwrap_or_default()
    }
    match plugin {
        "DefaultPreemption" => of::<DefaultPreemptionArgs>(args),
        "DynamicResources" => of::<DynamicResourcesArgs>(args),
        "InterPodAffinity" => of::<InterPodAffinityArgs>(args),
        "NodeAffinity" => of::<NodeAffinityArgs>(args),
        "NodeResourcesBalancedAllocation" => of::<NodeResourcesBalancedAllocationArgs>(args),
        "NodeResourcesFit" => of::<NodeResourcesFitArgs>(args),
        "PodTopologySpread" => of::<PodTopologySpreadArgs>(args),
        "VolumeBinding" => of::<VolumeBindingArgs>(args),
        _ => Errors::new(),
    }
}

impl Config for DefaultPreemptionArgs {
    fn set_defaults(&mut self) {
        self.min_candidate_nodes_percentage.get_or_insert(10);
        self.min_candidate_nodes_absolute.get_or_insert(100);
    }

    fn validate(&self) -> Errors {
        let mut errors = Errors::new();
        let (of_percent, of_number) = (
            Path::new("minCandidateNodesPercentage"),
            Path::new("minCandidateNodesAbsolute"),
        );
        let percent = self.min_candidate_nodes_percentage.unwrap_or_default();
        let number = self.min_candidate_nodes_absolute.unwrap_or_default();
        if !(0..=100).contains(&percent) {
            errors.invalid(&of_percent, percent, "not in valid range [0, 100]");
        }
        if number < 0 {
            errors.invalid(&of_number, number, "not in valid range [0, inf)");
        }
        if percent == 0 && number == 0 {
            let detail = "cannot be zero at the same time as minCandidateNodesAbsolute";
            errors.invalid(&of_percent, 0, detail);
            let detail = "cannot be zero at the same time as minCandidateNodesPercentage";
            errors.invalid(&of_number, 0, detail);
        }
        errors
    }
}

impl Config for DynamicResourcesArgs {
    fn set_defaults(&mut self) {
        self.filter_timeout.get_or_insert(Duration::from_secs(10));
        self.binding_timeout.get_or_insert(Duration::from_mins(10));
    }

    fn validate(&self) -> Errors {
        let mut errors = Errors::new();
        if let Some(timeout) = self
            .filter_timeout
            .filter(|timeout| *timeout < Duration::ZERO)
        {
            let path = Path::new("filterTimeout");
            errors.invalid(&path, timeout.to_string(), "must be zero or positive");
        }
        let second = Duration::from_secs(1);
        if let Some(timeout) = self.binding_timeout.filter(|timeout| *timeout < second) {
            let path = Path::new("bindingTimeout");
            errors.invalid(&path, timeout.to_string(), "must be at least 1 second");
        }
        errors
    }
}

impl Config for InterPodAffinityArgs {
    fn set_defaults(&mut self) {
        self.hard_pod_affinity_weight.get_or_insert(1);
    }

    fn validate(&self) -> Errors {
        let mut errors = Errors::new();
        let weight = self.hard_pod_affinity_weight.unwrap_or_default();
        if !(0..=100).contains(&weight) {
            let path = Path::new("hardPodAffinityWeight");
            errors.invalid(&path, weight, "not in valid range [0, 100]");
        }
        errors
    }
}

impl Config for NodeAffinityArgs {
    fn validate(&self) -> Errors {
        let mut errors = Errors::new();
        let Some(affinity) = &self.added_affinity else {
            return errors;
        };
        let path = Path::new("addedAffinity");
        let required = path
            .child("requiredDuringSchedulingIgnoredDuringExecution")
            .child("nodeSelectorTerms");
        let selector = &affinity.required_during_scheduling_ignored_during_execution;
        let terms = selector
            .as_ref()
            .and_then(|selector| selector.node_selector_terms.as_ref());
        for (index, term) in terms.into_iter().flatten().enumerate() {
            node_selector_term(term, &required.index(index), &mut errors);
        }
        let preferred = path.child("preferredDuringSchedulingIgnoredDuringExecution");
        let terms = &affinity.preferred_during_scheduling_ignored_during_execution;
        for (index, term) in terms
            .iter()
            .enumerate()
            .filter(|(_, term)| term.weight != 0)
        {
            node_selector_term(&term.preference, &preferred.index(index), &mut errors);
        }
        errors
    }
}

/// Follows `staging/src/k8s.io/component-helpers/scheduling/corev1/nodeaffinity/nodeaffinity.go`.
fn node_selector_term(term: &NodeSelectorTerm, path: &Path, errors: &mut Errors) {
    const OPERATORS: [&str; 6] = ["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"];
    for (index, requirement) in term.match_expressions.iter().enumerate() {
        let path = path.child("matchExpressions").index(index);
        if OPERATORS.contains(&requirement.operator.as_str()) {
            label_requirement(requirement, &path, errors);
        } else {
            let operator = requirement.operator.as_str();
            errors.not_supported(&path.child("operator"), operator, &OPERATORS);
        }
    }
    for (index, requirement) in term.match_fields.iter().enumerate() {
        let path = path.child("matchFields").index(index);
        let operator = requirement.operator.as_str();
        if !matches!(operator, "In" | "NotIn") {
            errors.not_supported(&path.child("operator"), operator, &["In", "NotIn"]);
        } else if requirement.values.len() != 1 {
            let values = requirement.values.clone();
            errors.invalid(&path.child("values"), values, "must have one element");
        }
    }
}

/// Follows `NewRequirement` of `apimachinery/pkg/labels/selector.go`.
fn label_requirement(requirement: &NodeSelectorRequirement, path: &Path, errors: &mut Errors) {
    label_name(&requirement.key, &path.child("key"), errors);
    let (path, values) = (path.child("values"), &requirement.values);
    let detail = match (requirement.operator.as_str(), values.as_slice()) {
        ("In" | "NotIn", []) => Some("for 'in', 'notin' operators, values set can't be empty"),
        ("Exists" | "DoesNotExist", [_, ..]) => {
            Some("values set must be empty for exists and does not exist")
        }
        ("Gt" | "Lt", values) if values.len() != 1 => {
            Some("for 'Gt', 'Lt' operators, exactly one value is required")
        }
        _ => None,
    };
    if let Some(detail) = detail {
        errors.invalid(&path, values.clone(), detail);
    }
    let number = matches!(requirement.operator.as_str(), "Gt" | "Lt");
    for (index, value) in values.iter().enumerate() {
        if number && value.parse::<i64>().is_err() {
            let detail = "for 'Gt', 'Lt' operators, the value must be an integer";
            errors.invalid(&path.index(index), value.as_str(), detail);
        }
        if !labels::is_value(value) {
            errors.invalid(&path.index(index), value.as_str(), labels::NOT_QUALIFIED);
        }
    }
}

fn label_name(name: &str, path: &Path, errors: &mut Errors) {
    if !labels::is_qualified_name(name) {
        errors.invalid(path, name, labels::NOT_QUALIFIED);
    }
}

/// The resources that count where none are named.
fn default_resources() -> Vec<ResourceSpec> {
    let spec = |name: &str| ResourceSpec {
        name: name.to_owned(),
        weight: 1,
    };
    vec![spec("cpu"), spec("memory")]
}

fn complete_resources(resources: &mut Vec<ResourceSpec>) {
    if resources.is_empty() {
        *resources = default_resources();
    }
    for resource in resources.iter_mut().filter(|resource| resource.weight == 0) {
        resource.weight = 1;
    }
}

impl Config for NodeResourcesBalancedAllocationArgs {
    fn set_defaults(&mut self) {
        complete_resources(&mut self.resources);
    }

    fn validate(&self) -> Errors {
        let (mut errors, mut seen) = (Errors::new(), BTreeSet::new());
        for (index, resource) in self.resources.iter().enumerate() {
            let path = Path::new("resources").index(index);
            if !seen.insert(&resource.name) {
                errors.duplicate(&path.child("name"), resource.name.as_str());
            }
            if resource.weight != 1 {
                errors.invalid(&path.child("weight"), resource.weight, "must be 1");
            }
        }
        errors
    }
}

impl Config for NodeResourcesFitArgs {
    fn set_defaults(&mut self) {
        let strategy = self
            .scoring_strategy
            .get_or_insert_with(|| ScoringStrategy {
                r#type: "LeastAllocated".to_owned(),
                ..ScoringStrategy::default()
            });
        complete_resources(&mut strategy.resources);
    }

    fn validate(&self) -> Errors {
        let mut errors = Errors::new();
        for (index, resource) in self.ignored_resources.iter().enumerate() {
            label_name(
                resource,
                &Path::new("ignoredResources").index(index),
                &mut errors,
            );
        }
        for (index, group) in self.ignored_resource_groups.iter().enumerate() {
            let path = Path::new("ignoredResourceGroups").index(index);
            if group.contains('/') {
                errors.invalid(
                    &path,
                    group.as_str(),
                    "resource group name can't contain '/'",
                );
            }
            label_name(group, &path, &mut errors);
        }
        let path = Path::new("scoringStrategy");
        match &self.scoring_strategy {
            Some(strategy) => strategy.validate(&path, &mut errors),
            None => errors.required(&path, "ScoringStrategy field is required"),
        }
        errors
    }
}

impl ScoringStrategy {
    fn validate(&self, path: &Path, errors: &mut Errors) {
        const BY_SHAPE: &str = "RequestedToCapacityRatio";
        const TYPES: [&str; 3] = ["LeastAllocated", "MostAllocated", BY_SHAPE];
        if !TYPES.contains(&self.r#type.as_str()) {
            errors.not_supported(&path.child("type"), self.r#type.as_str(), &TYPES);
        }
        for (index, resource) in self.resources.iter().enumerate() {
            if !(1..=100).contains(&resource.weight) {
                let detail = format!(
                    "resource weight of {} not in valid range (0, 100]",
                    resource.name
                );
                let path = path.child("resources").index(index).child("weight");
                errors.invalid(&path, resource.weight, detail);
            }
        }
        let path = path.child("requestedToCapacityRatio");
        match (self.r#type == BY_SHAPE, &self.requested_to_capacity_ratio) {
            (true, Some(ratio)) => shape(&ratio.shape, &path.child("shape"), errors),
            (true, None) => {
                errors.required(
                    &path,
                    "must be specified when type is RequestedToCapacityRatio",
                );
            }
            (false, Some(_)) => {
                errors.forbidden(
                    &path,
                    "must be nil when type is not RequestedToCapacityRatio",
                );
            }
            (false, None) => {}
        }
    }
}

fn shape(points: &[UtilizationShapePoint], path: &Path, errors: &mut Errors) {
    if points.is_empty() {
        errors.required(path, "at least one point must be specified");
    }
    let falling = points.windows(2).position(
        |pair| matches!(pair, [before, after] if before.utilization >= after.utilization),
    );
    if let Some((index, point)) = falling.and_then(|at| Some((at + 1, points.get(at + 1)?))) {
        let detail = "values must be sorted in increasing order";
        errors.invalid(
            &path.index(index).child("utilization"),
            point.utilization,
            detail,
        );
    }
    for (index, point) in points.iter().enumerate() {
        let path = path.index(index);
        for (name, value, most) in [
            ("utilization", point.utilization, 100),
            ("score", point.score, 10),
        ] {
            if !(0..=most).contains(&value) {
                let detail = format!("not in valid range [0, {most}]");
                errors.invalid(&path.child(name), value, detail);
            }
        }
    }
}

impl Config for PodTopologySpreadArgs {
    fn set_defaults(&mut self) {
        if self.defaulting_type.is_empty() {
            "System".clone_into(&mut self.defaulting_type);
        }
    }

    fn validate(&self) -> Errors {
        let mut errors = Errors::new();
        let path = Path::new("defaultingType");
        match self.defaulting_type.as_str() {
            "System" if !self.default_constraints.is_empty() => {
                errors.invalid(&path, "System", "when .defaultConstraints are not empty");
            }
            "System" | "List" => {}
            other => errors.not_supported(&path, other, &["System", "List"]),
        }
        let mut seen = BTreeSet::new();
        for (index, constraint) in self.default_constraints.iter().enumerate() {
            let path = Path::new("defaultConstraints").index(index);
            let (key, action) = (&constraint.topology_key, &constraint.when_unsatisfiable);
            if constraint.max_skew <= 0 {
                let path = path.child("maxSkew");
                errors.invalid(&path, constraint.max_skew, "not in valid range (0, inf)");
            }
            if key.is_empty() {
                errors.required(&path.child("topologyKey"), "can not be empty");
            } else {
                label_name(key, &path.child("topologyKey"), &mut errors);
            }
            let of_action = path.child("whenUnsatisfiable");
            match action.as_str() {
                "" => errors.required(&of_action, "can not be empty"),
                "DoNotSchedule" | "ScheduleAnyway" => {}
                other => {
                    errors.not_supported(&of_action, other, &["DoNotSchedule", "ScheduleAnyway"]);
                }
            }
            if constraint.label_selector.is_some() {
                let detail = "constraint must not define a selector, as they deduced for each pod";
                errors.forbidden(&path.child("labelSelector"), detail);
            }
            if !seen.insert((key, action)) {
                errors.duplicate(&path, format!("{{{key}, {action}}}"));
            }
        }
        errors
    }
}

impl Config for VolumeBindingArgs {
    fn set_defaults(&mut self) {
        self.bind_timeout_seconds.get_or_insert(600);
    }

    fn validate(&self) -> Errors {
        let mut errors = Errors::new();
        if let Some(seconds) = self.bind_timeout_seconds.filter(|seconds| *seconds < 0) {
            let detail = "invalid BindTimeoutSeconds, should not be a negative value";
            errors.invalid(&Path::new("bindTimeoutSeconds"), seconds, detail);
        }
        if !self.shape.is_empty() {
            let detail = "unexpected field `shape`, remove it or turn on the feature gate StorageCapacityScoring";
            errors.invalid(&Path::new("shape"), "set", detail);
        }
        errors
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comparisons_want_one_integer() {
        let wrong = |values: &[&str]| -> Vec<String> {
            let requirement = NodeSelectorRequirement {
                key: "cpus".to_owned(),
                operator: "Gt".to_owned(),
                values: values.iter().map(|value| (*value).to_owned()).collect(),
            };
            let mut errors = Errors::new();
            label_requirement(&requirement, &Path::new("x"), &mut errors);
            errors.iter().map(|error| error.path.to_string()).collect()
        };
        assert!(wrong(&["8"]).is_empty());
        assert_eq!(wrong(&["many"]), ["x.values[0]"]);
        assert_eq!(wrong(&["8", "many"]), ["x.values", "x.values[1]"]);
        assert_eq!(wrong(&[]), ["x.values"]);
    }
}
