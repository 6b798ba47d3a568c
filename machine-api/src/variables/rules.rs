//! Rules in CEL about the values of variables.

use componentconfig::field::{Errors, FieldError, FieldErrorKind, Path};
use serde_json::Value;

use crate::core::v1beta2::{FieldValueErrorReason, JSONSchemaProps, ValidationRule};

/// Somebody who evaluates rules in CEL.
///
/// The language needs an interpreter, which is heavy and which whoever validates variables may have already; so it is
/// not part of this crate.
pub trait Rules {
    /// Whether a rule holds for a value, which it calls `self`; `oldSelf` is the value before, if the rule is about a
    /// change.
    ///
    /// # Errors
    /// The rule cannot be evaluated, in words.
    fn holds(&self, rule: &str, value: &Value, old: Option<&Value>) -> Result<bool, String>;

    /// What is wrong with a rule of a schema, whatever the value: it cannot be read, or gives something else than it has to.
    fn faults(&self, _rule: &ValidationRule, _schema: &JSONSchemaProps) -> RuleFaults {
        RuleFaults::default()
    }
}

/// What is wrong with a rule, in words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleFaults {
    /// With the rule itself.
    pub rule: Option<String>,
    /// With the expression that gives the message.
    pub message_expression: Option<String>,
}

/// Whether a rule compares a value with the one before.
pub(super) fn is_about_change(rule: &ValidationRule) -> bool {
    rule.rule.contains("oldSelf")
}

/// Evaluates the rules about a value and about what is in it.
pub(super) fn validate(
    rules: &dyn Rules,
    schema: &JSONSchemaProps,
    value: &Value,
    old: Option<&Value>,
    at: &Path,
    raw: &str,
    errors: &mut Errors,
) {
    for rule in &schema.x_validations {
        let about_change = is_about_change(rule);
        if about_change && old.is_none() {
            continue;
        }
        let old = old.filter(|_| about_change);
        if let Some(detail) = problem(rules, rule, value, old) {
            let kind = match rule.reason {
                FieldValueErrorReason::FieldValueRequired => FieldErrorKind::Required,
                FieldValueErrorReason::FieldValueForbidden => FieldErrorKind::Forbidden,
                FieldValueErrorReason::FieldValueDuplicate => FieldErrorKind::Duplicate,
                _ => FieldErrorKind::Invalid,
            };
            errors.push(FieldError::new(kind, at.clone(), raw, detail));
        }
    }
    match value {
        Value::Object(fields) => {
            for (name, inner) in fields {
                let property = schema.properties.get(name);
                if let Some(schema) = property.or(schema.additional_properties.as_deref()) {
                    let old = old.and_then(|old| old.get(name));
                    validate(
                        rules,
                        schema,
                        inner,
                        old,
                        &at.child(name.clone()),
                        raw,
                        errors,
                    );
                }
            }
        }
        Value::Array(items) => {
            if let Some(schema) = schema.items.as_deref() {
                for (index, item) in items.iter().enumerate() {
                    validate(rules, schema, item, None, &at.index(index), raw, errors);
                }
            }
        }
        _ => {}
    }
}

fn problem(
    rules: &dyn Rules,
    rule: &ValidationRule,
    value: &Value,
    old: Option<&Value>,
) -> Option<String> {
    match rules.holds(&rule.rule, value, old) {
        Ok(true) => None,
        Ok(false) if !rule.message.is_empty() => Some(rule.message.clone()),
        Ok(false) => Some(format!("failed rule: {}", rule.rule)),
        Err(problem) => Some(format!("rule evaluation error: {problem}")),
    }
}
