//! What rules in CEL may cost, as an API server estimates it before it takes them.
//!
//! Follows the estimator of cel-go with the sizes and the functions of `k8s.io/apiserver/pkg/cel`, and the limits of
//! `apiextensions`. A rule that has something in it that is not known here, such as macros with two variables or optional values,
//! is not estimated.

mod decl;
mod estimate;
mod functions;
mod lexer;
mod library;
mod size;
mod syntax;
#[cfg(test)]
mod tests;
mod types;

use componentconfig::field::Path;

use self::decl::{Decl, MAX_REQUEST};
use crate::core::v1beta2::JSONSchemaProps;

/// What one expression may cost.
const LIMIT: u64 = 10_000_000;
/// What all expressions of a schema may cost together.
const TOTAL_LIMIT: u64 = 100_000_000;
/// How many of the most expensive ones are named.
const NAMED: usize = 4;

/// How expensive expressions about values of one schema are.
#[derive(Debug)]
pub(super) struct Estimator {
    declared: Option<Decl>,
    /// At most how many values there are; none if the schemas around it do not say.
    values: Option<u64>,
}

impl Estimator {
    /// For a schema, `values` of which may be in one variable; `root` is the schema of a whole variable.
    pub(super) fn new(schema: &JSONSchemaProps, root: bool, values: Option<u64>) -> Self {
        Self {
            declared: Decl::of(schema, root),
            values,
        }
    }

    /// What a rule costs at most for all values; 0 for what is not estimated.
    pub(super) fn rule(&self, rule: &str) -> u64 {
        let Some(declared) = &self.declared else {
            return 0;
        };
        let values = self.values.unwrap_or(MAX_REQUEST / (declared.min_size + 1));
        self.once(rule).saturating_mul(values)
    }

    /// What an expression costs at most for one value; 0 for what is not estimated.
    pub(super) fn once(&self, expression: &str) -> u64 {
        let cost = self.declared.as_ref().and_then(|declared| {
            let parsed = syntax::parse(expression)?;
            estimate::estimate(&parsed, declared)
        });
        cost.unwrap_or(0)
    }
}

/// How many values of the schemas below there are for each value of a schema; none if there is no bound.
pub(super) fn values_below(schema: &JSONSchemaProps) -> Option<u64> {
    let bound = |bound: Option<i64>| bound.map(|bound| u64::try_from(bound).unwrap_or(0));
    match schema.r#type.as_str() {
        "object" if schema.additional_properties.is_some() => bound(schema.max_properties),
        "array" => bound(schema.max_items),
        _ => Some(1),
    }
}

/// What is wrong with a cost, if it is too high.
pub(super) fn too_high(what: &str, cost: u64) -> Option<String> {
    (cost > LIMIT).then(|| message(&format!("estimated {what} cost"), cost, LIMIT))
}

/// The costs of all expressions of a schema.
#[derive(Debug, Default)]
pub(super) struct Total {
    sum: u64,
    most: Vec<(Path, u64)>,
}

impl Total {
    pub(super) fn add(&mut self, at: Path, cost: u64) {
        self.sum = self.sum.saturating_add(cost);
        if cost < TOTAL_LIMIT / 100 {
            return;
        }
        self.most.push((at, cost));
        self.most.sort_by_key(|(_, cost)| std::cmp::Reverse(*cost));
        self.most.truncate(NAMED);
    }

    /// The most expensive expressions, and what is wrong with the sum, if it is too high.
    pub(super) fn too_high(&self) -> Option<(impl Iterator<Item = &Path>, String)> {
        let what = "x-kubernetes-validations estimated rule & messageExpression cost total for entire OpenAPIv3 schema";
        let places = self.most.iter().map(|(at, _)| at);
        (self.sum > TOTAL_LIMIT).then(|| (places, message(what, self.sum, TOTAL_LIMIT)))
    }
}

#[allow(
    clippy::cast_precision_loss,
    reason = "a factor for people, which is written with one digit"
)]
fn message(what: &str, cost: u64, limit: u64) -> String {
    let factor = cost as f64 / limit as f64;
    let factor = if factor > 100.0 {
        "more than 100x".to_owned()
    } else if factor < 1.5 {
        format!("{factor:.6}x")
    } else {
        format!("{factor:.1}x")
    };
    format!(
        "{what} exceeds budget by factor of {factor} (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)"
    )
}
