//! Rules of a schema, by themselves.

use componentconfig::field::{Errors, Path};

use crate::{
    core::v1beta2::{FieldValueErrorReason, JSONSchemaProps, ValidationRule},
    variables::{
        Rules,
        cost::{self, Estimator, Total},
    },
};

const REASONS: [&str; 4] = [
    "FieldValueDuplicate",
    "FieldValueForbidden",
    "FieldValueInvalid",
    "FieldValueRequired",
];

const MESSAGE_MAX: usize = 2048;

fn has_newlines(text: &str) -> bool {
    text.contains(['\n', '\r'])
}

/// What is wrong with rules, whatever they say.
pub(super) fn validate(schema: &JSONSchemaProps, at: &Path, errors: &mut Errors) {
    for (index, rule) in schema.x_validations.iter().enumerate() {
        let at = at.child("x-kubernetes-validations").index(index);
        texts(rule, &at, errors);
        if let FieldValueErrorReason::Other(reason) = &rule.reason
            && !reason.is_empty()
        {
            errors.not_supported(&at.child("reason"), reason.as_str(), &REASONS);
        }
        let path = rule.field_path.as_str();
        let at = at.child("fieldPath");
        if !path.is_empty() && path.trim().is_empty() {
            errors.invalid(&at, path, "fieldPath must be non-empty if specified");
        }
        if has_newlines(path) {
            errors.invalid(&at, path, "fieldPath must not contain line breaks");
        }
        if !path.is_empty()
            && let Err(problem) = field(schema, path)
        {
            let detail = format!("fieldPath must be a valid path: {problem}");
            errors.invalid(&at, path, detail);
        }
    }
}

fn texts(rule: &ValidationRule, at: &Path, errors: &mut Errors) {
    let place = at.child("message");
    let (text, message) = (rule.rule.trim(), rule.message.trim());
    if text.is_empty() {
        errors.required(&at.child("rule"), "rule is not specified");
    } else if !rule.message.is_empty() && message.is_empty() {
        let detail = "message must be non-empty if specified";
        errors.invalid(&place, rule.message.as_str(), detail);
    } else if rule.message.len() > MESSAGE_MAX {
        let start: String = rule.message.chars().take(10).collect();
        let detail = "message must have a maximum length of 2048 characters";
        errors.invalid(&place, format!("{start}..."), detail);
    } else if has_newlines(message) {
        let detail = "message must not contain line breaks";
        errors.invalid(&place, rule.message.as_str(), detail);
    } else if has_newlines(text) && message.is_empty() {
        let detail = "message must be specified if rule contains line breaks";
        errors.required(&place, detail);
    }
    if !rule.message_expression.is_empty() && rule.message_expression.trim().is_empty() {
        let detail = "messageExpression must be non-empty if specified";
        errors.required(&at.child("messageExpression"), detail);
    }
}

/// What rules stand in.
pub(super) struct Around<'a> {
    /// Who can read them, if somebody is given.
    pub(super) rules: Option<&'a dyn Rules>,
    /// The list whose items cannot be told from those before.
    pub(super) uncorrelatable: Option<&'a Path>,
    pub(super) estimator: Estimator,
}

/// What is wrong with rules: what they may cost, what somebody says who can read them, and comparisons that cannot be made.
pub(super) fn compile(
    schema: &JSONSchemaProps,
    around: &Around<'_>,
    total: &mut Total,
    at: &Path,
    errors: &mut Errors,
) {
    for (index, rule) in schema.x_validations.iter().enumerate() {
        let at = at.child("x-kubernetes-validations").index(index);
        let faults = around.rules.map(|rules| rules.faults(rule, schema));
        let faults = faults.unwrap_or_default();
        let place = at.child("rule");
        if faults.rule.is_none() {
            let cost = around.estimator.rule(&rule.rule);
            limit("rule", cost, &place, total, errors);
        }
        if let Some(problem) = faults.rule {
            errors.invalid(&place, rule.rule.as_str(), problem);
        }
        let message = rule.message_expression.as_str();
        let of_message = at.child("messageExpression");
        if let Some(problem) = faults.message_expression {
            errors.invalid(&of_message, message, problem);
        } else if !message.is_empty() {
            let cost = around.estimator.once(message);
            limit("messageExpression", cost, &of_message, total, errors);
        }
        let about_change = super::rules::is_about_change(rule);
        let Some(list) = around.uncorrelatable.filter(|_| about_change) else {
            continue;
        };
        let detail = format!(
            "oldSelf cannot be used on the uncorrelatable portion of the schema within {list}"
        );
        errors.invalid(&place, rule.rule.as_str(), detail);
    }
}

fn limit(what: &str, cost: u64, at: &Path, total: &mut Total, errors: &mut Errors) {
    if let Some(detail) = cost::too_high(what, cost) {
        errors.forbidden(at, detail);
    }
    total.add(at.clone(), cost);
}

/// Whether a path such as `.spec.ports['http']` leads to a field.
fn field(schema: &JSONSchemaProps, path: &str) -> Result<(), String> {
    let mut schema = schema;
    let mut rest = path;
    while !rest.is_empty() {
        let (name, after) = if let Some(after) = rest.strip_prefix('.') {
            let end = after.find(['.', '[']).unwrap_or(after.len());
            after.split_at(end)
        } else if let Some(after) = rest.strip_prefix("['") {
            let end = after.find("']").ok_or("unexpected end of JSON path")?;
            (
                after.get(..end).unwrap_or_default(),
                after.get(end + 2..).unwrap_or_default(),
            )
        } else {
            return Err("expected [ or . but got: ".to_owned() + rest.get(..1).unwrap_or(rest));
        };
        if name.is_empty() {
            return Err("empty name".to_owned());
        }
        let property = schema.properties.get(name);
        let property = property.or(schema.additional_properties.as_deref());
        schema = property.ok_or("does not refer to a valid field")?;
        rest = after;
    }
    Ok(())
}
