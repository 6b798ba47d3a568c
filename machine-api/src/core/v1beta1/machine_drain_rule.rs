//! The kind MachineDrainRule.

use serde::{Deserialize, Serialize};

use crate::core::v1beta2::{
    MachineDrainRuleDrainBehavior, MachineDrainRuleMachineSelector, MachineDrainRulePodSelector,
};
use crate::kind::kind;

kind! {
    /// What happens to pods when nodes are drained.
    pub struct MachineDrainRule = "cluster.x-k8s.io", "v1beta1", "MachineDrainRule" [metadata required] {
        /// What is wanted.
        [required] spec: MachineDrainRuleSpec,
    }
}

/// What a MachineDrainRule is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["drain"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct MachineDrainRuleSpec {
    /// What happens to the pods.
    pub drain: MachineDrainRuleDrainConfig,
    /// The machines that the rule is about; all if empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "atomic", "minItems" = 1, "maxItems" = 32, "x-kubernetes-validations" = serde_json::json!([{"rule": "self.all(x, self.exists_one(y, x == y))", "message": "entries in machines must be unique"}]))))]
    pub machines: Vec<MachineDrainRuleMachineSelector>,
    /// The pods that the rule is about; all if empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "atomic", "minItems" = 1, "maxItems" = 32, "x-kubernetes-validations" = serde_json::json!([{"rule": "self.all(x, self.exists_one(y, x == y))", "message": "entries in pods must be unique"}]))))]
    pub pods: Vec<MachineDrainRulePodSelector>,
}

/// What happens to pods.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["behavior"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct MachineDrainRuleDrainConfig {
    /// What happens to a pod.
    #[cfg_attr(feature = "schemars", schemars(extend("enum" = serde_json::json!(["Drain", "Skip", "WaitCompleted"]))))]
    pub behavior: MachineDrainRuleDrainBehavior,
    /// Which pods go first: those with the smallest number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<i32>,
}
