//! MachineDrainRules, as far as they are about one machine.

use std::collections::BTreeMap;

use super::{Behavior, DrainError, Observed, Pod, Reason};
use crate::{
    core::v1beta2::{MachineDrainRule, MachineDrainRuleDrainBehavior},
    meta::LabelSelector,
    selector::Selector,
};

type Labels = BTreeMap<String, String>;

/// The rules about a machine, in the order in which they are asked.
pub(super) struct Rules<'a> {
    rules: Vec<(&'a MachineDrainRule, Vec<Pair>)>,
    namespaces: BTreeMap<&'a str, &'a Labels>,
}

/// Two selectors that both have to match.
struct Pair(Option<Selector>, Option<Selector>);

impl Pair {
    fn matches(&self, first: &Labels, second: &Labels) -> bool {
        let matches = |selector: &Option<Selector>, labels| {
            selector.as_ref().is_none_or(|one| one.matches(labels))
        };
        matches(&self.0, first) && matches(&self.1, second)
    }
}

impl<'a> Rules<'a> {
    pub(super) fn of(observed: &Observed<'a>) -> Result<Self, DrainError> {
        let machine = &observed.machine.metadata.labels;
        let cluster = &observed.cluster.metadata.labels;
        let mut rules = Vec::new();
        for rule in observed.rules {
            let about = pairs(
                rule,
                "machines",
                rule.spec
                    .machines
                    .iter()
                    .map(|one| (&one.selector, &one.cluster_selector)),
                ["selector", "clusterSelector"],
            )?;
            let pods = pairs(
                rule,
                "pods",
                rule.spec
                    .pods
                    .iter()
                    .map(|one| (&one.selector, &one.namespace_selector)),
                ["selector", "namespaceSelector"],
            )?;
            if about.is_empty() || about.iter().any(|pair| pair.matches(machine, cluster)) {
                rules.push((rule, pods));
            }
        }
        rules.sort_by(|(a, _), (b, _)| a.metadata.name.cmp(&b.metadata.name));
        let namespaces = observed.namespaces.iter();
        let namespaces = namespaces.map(|one| (one.metadata.name.as_str(), &one.metadata.labels));
        Ok(Self {
            rules,
            namespaces: namespaces.collect(),
        })
    }

    /// What the first rule about a pod says.
    pub(super) fn decide(&self, pod: &Pod) -> Result<(Behavior, Option<i32>, Reason), DrainError> {
        let namespace = self.namespaces.get(pod.metadata.namespace.as_str());
        let namespace = namespace.ok_or_else(|| DrainError::Namespace { pod: pod.key() })?;
        let labels = &pod.metadata.labels;
        let about = |pods: &[Pair]| {
            pods.is_empty() || pods.iter().any(|pair| pair.matches(labels, namespace))
        };
        let Some((rule, _)) = self.rules.iter().find(|(_, pods)| about(pods)) else {
            return Ok((Behavior::Drain, Some(0), Reason::Default));
        };
        let name = rule.metadata.name.clone();
        let drain = &rule.spec.drain;
        Ok(match &drain.behavior {
            MachineDrainRuleDrainBehavior::Drain => {
                (Behavior::Drain, drain.order, Reason::Rule(name))
            }
            MachineDrainRuleDrainBehavior::Skip => (Behavior::Skip, None, Reason::Rule(name)),
            MachineDrainRuleDrainBehavior::WaitCompleted => {
                (Behavior::WaitCompleted, Some(0), Reason::Rule(name))
            }
            MachineDrainRuleDrainBehavior::Other(behavior) => {
                return Err(DrainError::Behavior {
                    rule: name,
                    behavior: behavior.clone(),
                });
            }
        })
    }
}

type Optional = Option<LabelSelector>;

fn pairs<'a>(
    rule: &MachineDrainRule,
    list: &str,
    selectors: impl Iterator<Item = (&'a Optional, &'a Optional)>,
    names: [&str; 2],
) -> Result<Vec<Pair>, DrainError> {
    let [first, second] = names;
    let mut pairs = Vec::new();
    for (index, (a, b)) in selectors.enumerate() {
        let read = |selector: &Optional, name: &str| -> Result<Option<Selector>, DrainError> {
            let read = selector.as_ref().map(Selector::new).transpose();
            read.map_err(|error| DrainError::Selector {
                rule: rule.metadata.name.clone(),
                place: format!("spec.{list}[{index}].{name}"),
                problem: error.message,
            })
        };
        pairs.push(Pair(read(a, first)?, read(b, second)?));
    }
    Ok(pairs)
}
