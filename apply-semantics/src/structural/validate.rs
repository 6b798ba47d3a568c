//! Values against schemas, with the texts of kube-openapi.

use serde_json::{Number, Value};

use super::{
    Additional, Bounds, FieldError, Kind, Node, Reason, format, is_whole, join, kind_of, pattern,
};

pub(super) fn validate(node: &Node, value: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    check(node, value, "", &mut errors);
    errors
}

fn check(node: &Node, value: &Value, path: &str, errors: &mut Vec<FieldError>) {
    check_type(node, value, path, errors);
    if value.is_null() {
        if !node.nullable {
            check_enum(node, value, path, errors);
        }
        return;
    }
    check_junctors(node, value, path, errors);
    match value {
        Value::String(text) => check_text(node, text, path, errors),
        Value::Number(number) => check_number(node, number, path, errors),
        Value::Array(items) => check_items(node, items, path, errors),
        _ => {}
    }
    check_enum(node, value, path, errors);
    if let Value::Object(_) = value {
        check_object(node, value, path, errors);
    }
}

/// `path in body should ...`
fn says(path: &str, what: &str) -> String {
    format!("{path} in body {what}")
}

fn invalid(path: &str, value: &Value, detail: &str) -> FieldError {
    FieldError::with_value(path, Reason::Invalid, value, detail)
}

fn type_error(path: &str, value: &Value, wanted: &str) -> FieldError {
    let shown = match value {
        Value::String(text) => text.as_str(),
        other => kind_of(other),
    };
    let detail = says(path, &format!("must be of type {wanted}: {shown:?}"));
    FieldError::with_value(path, Reason::TypeInvalid, &shown.into(), &detail)
}

fn check_type(node: &Node, value: &Value, path: &str, errors: &mut Vec<FieldError>) {
    if value.is_null() && node.nullable {
        return;
    }
    let kind = kind_of(value);
    let wanted = match (node.int_or_string, node.ty) {
        (true, _) => "integer,string",
        (false, Some(ty)) => ty.name(),
        (false, None) => return,
    };
    let fits = wanted
        .split(',')
        .any(|wanted| wanted == kind || (wanted, kind) == ("number", "integer"));
    if !fits {
        let detail = says(path, &format!("must be of type {wanted}: {kind:?}"));
        errors.push(FieldError::with_value(
            path,
            Reason::TypeInvalid,
            &kind.into(),
            &detail,
        ));
    }
}

fn check_text(node: &Node, text: &str, path: &str, errors: &mut Vec<FieldError>) {
    let value = Value::from(text);
    let length = text.chars().count() as u64;
    if let Some(most) = node.length.most.filter(|most| length > *most) {
        errors.push(FieldError::new(
            path,
            Reason::TooLong,
            &format!("may not be more than {most} bytes"),
        ));
    }
    if let Some(least) = node.length.least.filter(|least| length < *least) {
        errors.push(invalid(
            path,
            &value,
            &says(path, &format!("should be at least {least} chars long")),
        ));
    }
    if let Some(pattern) = &node.pattern
        && pattern::matches(pattern, text) == Some(false)
    {
        errors.push(invalid(
            path,
            &value,
            &says(path, &format!("should match '{pattern}'")),
        ));
    }
    if let Some(format) = &node.format
        && !format::fits(format, text)
    {
        errors.push(type_error(path, &value, format));
    }
}

fn check_number(node: &Node, number: &Number, path: &str, errors: &mut Vec<FieldError>) {
    let value = Value::Number(number.clone());
    let Some(float) = number.as_f64() else { return };
    let numbers = &node.numbers;
    if let Some(factor) = numbers
        .multiple_of
        .filter(|factor| *factor > 0.0 && (float / factor).fract() != 0.0)
    {
        errors.push(invalid(
            path,
            &value,
            &says(path, &format!("should be a multiple of {factor}")),
        ));
    }
    if let Some(most) = numbers.maximum {
        let (wrong, than) = if numbers.exclusive_maximum {
            (float >= most, "less than")
        } else {
            (float > most, "less than or equal to")
        };
        if wrong {
            errors.push(invalid(
                path,
                &value,
                &says(path, &format!("should be {than} {most}")),
            ));
        }
    }
    if let Some(least) = numbers.minimum {
        let (wrong, than) = if numbers.exclusive_minimum {
            (float <= least, "greater than")
        } else {
            (float < least, "greater than or equal to")
        };
        if wrong {
            errors.push(invalid(
                path,
                &value,
                &says(path, &format!("should be {than} {least}")),
            ));
        }
    }
    check_range(node, number, path, errors);
}

/// Integers must fit their format. The error has no field.
fn check_range(node: &Node, number: &Number, path: &str, errors: &mut Vec<FieldError>) {
    if node.ty != Some(Kind::Integer) {
        return;
    }
    let format = node.format.as_deref().unwrap_or_default();
    let fits = match format {
        "int32" => {
            number
                .as_i64()
                .is_some_and(|number| i32::try_from(number).is_ok())
                || number.is_f64() && is_whole(number)
        }
        "uint32" => number
            .as_u64()
            .is_some_and(|number| u32::try_from(number).is_ok()),
        _ => is_whole(number),
    };
    if !fits {
        let kind = if format.is_empty() {
            "integer (default format)".to_owned()
        } else {
            format!("integer with format {format}")
        };
        let detail = format!("Checked value must be of type {kind} in {path}");
        errors.push(FieldError::with_value(
            "",
            Reason::Invalid,
            &"".into(),
            &detail,
        ));
    }
}

fn check_items(node: &Node, items: &[Value], path: &str, errors: &mut Vec<FieldError>) {
    if let Some(of) = &node.items {
        for (index, item) in items.iter().enumerate() {
            check(of, item, &format!("{path}[{index}]"), errors);
        }
    }
    let count = items.len() as u64;
    if let Some(least) = node.item_count.least.filter(|least| count < *least) {
        let value = count.into();
        errors.push(invalid(
            path,
            &value,
            &says(path, &format!("should have at least {least} items")),
        ));
    }
    too_many(node.item_count, count, path, errors);
    if node.unique_items && has_twice(items) {
        errors.push(invalid(
            path,
            &"".into(),
            &says(path, "shouldn't contain duplicates"),
        ));
    }
}

fn too_many(bounds: Bounds, count: u64, path: &str, errors: &mut Vec<FieldError>) {
    if let Some(most) = bounds.most.filter(|most| count > *most) {
        let detail = format!("{count}: must have at most {most} items");
        errors.push(FieldError::new(path, Reason::TooMany, &detail));
    }
}

fn has_twice(items: &[Value]) -> bool {
    let mut rest = items;
    while let [first, others @ ..] = rest {
        if others.contains(first) {
            return true;
        }
        rest = others;
    }
    false
}

fn check_enum(node: &Node, value: &Value, path: &str, errors: &mut Vec<FieldError>) {
    let Some(values) = node
        .values
        .as_ref()
        .filter(|values| !values.contains(value))
    else {
        return;
    };
    let texts: Vec<_> = values.iter().map(Value::to_string).collect();
    let detail = format!("supported values: {}", texts.join(", "));
    errors.push(FieldError::with_value(
        path,
        Reason::NotSupported,
        value,
        &detail,
    ));
}

fn check_object(node: &Node, value: &Value, path: &str, errors: &mut Vec<FieldError>) {
    let Some(entries) = super::entries(value) else {
        return;
    };
    let count = entries.len() as u64;
    if let Some(least) = node.property_count.least.filter(|least| count < *least) {
        errors.push(invalid(
            path,
            &count.into(),
            &says(path, &format!("should have at least {least} properties")),
        ));
    }
    too_many(node.property_count, count, path, errors);
    for name in node
        .required
        .iter()
        .filter(|name| !entries.contains_key(*name))
    {
        errors.push(FieldError::new(join(path, name), Reason::Required, ""));
    }
    for (name, entry) in entries {
        let of = node.properties.get(name).or(match &node.additional {
            Additional::Each(each) => Some(each),
            _ => None,
        });
        if let Some(of) = of {
            check(of, entry, &join(path, name), errors);
        }
    }
}

fn check_junctors(node: &Node, value: &Value, path: &str, errors: &mut Vec<FieldError>) {
    let faults = |of: &Node| {
        let mut found = Vec::new();
        check(of, value, path, &mut found);
        found
    };
    let fits = |of: &&Node| faults(of).is_empty();
    if let [first, ..] = &*node.any_of
        && !node.any_of.iter().any(|of| fits(&of))
    {
        let detail = format!("{path:?} must validate at least one schema (anyOf)");
        errors.push(invalid(path, &"".into(), &detail));
        // What the first one finds wrong is told along.
        errors.extend(faults(first));
    }
    let fitting = node.one_of.iter().filter(fits).count();
    if !node.one_of.is_empty() && fitting != 1 {
        let found = if fitting == 0 {
            "Found none valid".to_owned()
        } else {
            format!("Found {fitting} valid alternatives")
        };
        let detail = format!("{path:?} must validate one and only one schema (oneOf). {found}");
        errors.push(invalid(path, &"".into(), &detail));
    }
    for of in &node.all_of {
        check(of, value, path, errors);
    }
    if !node.all_of.iter().all(|of| fits(&of)) {
        let detail = format!("{path:?} must validate all the schemas (allOf)");
        errors.push(invalid(path, &"".into(), &detail));
    }
    if node.not.as_deref().is_some_and(|of| fits(&of)) {
        let detail = format!("{path:?} must not validate the schema (not)");
        errors.push(invalid(path, &"".into(), &detail));
    }
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Object => "object",
            Self::Array => "array",
            Self::String => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
        }
    }
}
