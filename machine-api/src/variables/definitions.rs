//! Which definitions of variables are valid.
//!
//! Follows `internal/topology/variables/clusterclass_variable_validation.go`.

mod pattern;
mod rule;

use std::collections::BTreeSet;

use apply_semantics::structural::StructuralSchema;
use componentconfig::field::{Errors, FieldError, Path};
use serde_json::{Value, json};

use super::{
    RULES_NOT_RUN, Rules, VALUE,
    cost::{self, Estimator, Total},
    detail, kind_of, plain, rules,
};
use crate::{
    admission::check,
    core::v1beta2::{
        ClusterClassVariable, ClusterClassVariableMetadata, JSONSchemaProps, ObjectMeta,
    },
};

/// What is wrong with the definitions of the variables of a ClusterClass.
///
/// Rules in CEL are only read, and tried on defaults and examples, if somebody is given who can. How much they may cost is
/// estimated as an API server does, except for those with something in them that is not known here (macros with two variables,
/// optional values, functions of libraries that Kubernetes added of late): they are taken to cost nothing.
///
/// ```
/// use componentconfig::field::Path;
/// use machine_api::{core::v1beta2::ClusterClassVariable, variables};
///
/// let region: ClusterClassVariable = serde_json::from_str(
///     r#"{"name": "region", "required": true, "schema": {"openAPIV3Schema": {
///         "type": "string", "enum": ["eu", "us"], "default": "mars"}}}"#,
/// )?;
/// let errors = variables::validate_definitions(&[region], None, &Path::new("variables"));
/// let errors: Vec<String> = errors.iter().map(|error| error.to_string()).collect();
/// assert_eq!(errors, [
///     r#"variables[region].schema.openAPIV3Schema.default: Unsupported value: "mars": supported values: "eu", "us""#,
/// ]);
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn validate_definitions(
    variables: &[ClusterClassVariable],
    rules: Option<&dyn Rules>,
    at: &Path,
) -> Errors {
    let mut errors = Errors::default();
    let mut seen = BTreeSet::new();
    for variable in variables {
        let name = variable.name.as_str();
        if !seen.insert(name) {
            let detail = format!(
                "variable name must be unique. Variable with name {name:?} is defined more than once"
            );
            let at = at.key(name.to_owned()).child("name");
            errors.invalid(&at, name, detail);
        }
    }
    for variable in variables {
        let at = at.key(variable.name.clone());
        validate_name(&variable.name, &at.child("name"), &mut errors);
        let ClusterClassVariableMetadata {
            labels,
            annotations,
        } = &variable.deprecated_v1_beta1_metadata;
        let metadata = ObjectMeta {
            labels: labels.clone(),
            annotations: annotations.clone(),
        };
        check::metadata(
            &metadata,
            &at.child("deprecatedV1Beta1Metadata"),
            &mut errors,
        );
        let at = at.child("schema").child("openAPIV3Schema");
        let schema = &variable.schema.open_api_v3_schema;
        validate_metadata(schema, &at, &mut errors);
        validate_root(schema, rules, &at, &mut errors);
    }
    errors
}

fn validate_name(name: &str, at: &Path, errors: &mut Errors) {
    if name.is_empty() {
        errors.required(at, "variable name must be defined");
    }
    if name == "builtin" {
        errors.invalid(at, name, "\"builtin\" is a reserved variable name");
    }
    if name.contains('.') {
        errors.invalid(at, name, "variable name cannot contain \".\"");
    }
}

/// Labels and annotations of a schema and of those in it.
fn validate_metadata(schema: &JSONSchemaProps, at: &Path, errors: &mut Errors) {
    let metadata = ObjectMeta {
        labels: schema.x_metadata.labels.clone(),
        annotations: schema.x_metadata.annotations.clone(),
    };
    check::metadata(&metadata, &at.child("x-metadata"), errors);
    for (schema, at) in below(schema, at) {
        validate_metadata(schema, &at, errors);
    }
}

/// The schemas of what is in a value.
fn below<'a>(
    schema: &'a JSONSchemaProps,
    at: &Path,
) -> impl Iterator<Item = (&'a JSONSchemaProps, Path)> {
    let additional = schema.additional_properties.as_deref();
    let additional = additional.map(|schema| (schema, at.child("additionalProperties")));
    let place = at.child("properties");
    let properties = schema.properties.iter();
    let properties = properties.map(move |(name, schema)| (schema, place.key(name.clone())));
    let items = schema.items.as_deref();
    let items = items.map(|schema| (schema, at.child("items")));
    additional.into_iter().chain(properties).chain(items)
}

/// The schemas that further constrain a value.
fn junctors<'a>(
    schema: &'a JSONSchemaProps,
    at: &Path,
) -> impl Iterator<Item = (&'a JSONSchemaProps, Path)> {
    let not = schema.not.as_deref();
    let not = not.map(|schema| (schema, at.child("not")));
    let lists = [
        ("allOf", &schema.all_of),
        ("oneOf", &schema.one_of),
        ("anyOf", &schema.any_of),
    ];
    let lists = lists.into_iter().flat_map(move |(name, schemas)| {
        let at = at.child(name);
        let schemas = schemas.iter().enumerate();
        schemas
            .map(|(index, schema)| (schema, at.index(index)))
            .collect::<Vec<_>>()
    });
    not.into_iter().chain(lists.collect::<Vec<_>>())
}

/// Each stage only looks at what the one before found nothing wrong with.
fn validate_root(
    schema: &JSONSchemaProps,
    rules: Option<&dyn Rules>,
    at: &Path,
    errors: &mut Errors,
) {
    let before = errors.len();
    structural(schema, at, errors);
    patterns(schema, at, errors);
    if errors.len() > before {
        return;
    }
    defaults(schema, rules, at, errors);
    if errors.len() > before {
        return;
    }
    let context = Context {
        rules,
        uncorrelatable: None,
        root: true,
        values: Some(1),
        counts: true,
    };
    let mut total = Total::default();
    let found = context.validate(schema, at, &mut total);
    errors.extend(found.schema);
    errors.extend(found.rules);
    if let Some((places, detail)) = total.too_high() {
        for place in places {
            let detail = "contributed to estimated rule & messageExpression cost total exceeding cost limit for entire OpenAPIv3 schema";
            errors.forbidden(place, detail);
        }
        errors.forbidden(at, detail);
    }
}

const TYPES: [&str; 6] = ["array", "boolean", "integer", "number", "object", "string"];

/// The schema for the API server's checks, in which types that there are not stand for any: they are found later.
fn with_known_types(schema: &JSONSchemaProps) -> JSONSchemaProps {
    let mut known = schema.clone();
    if !known.r#type.is_empty() && !TYPES.contains(&known.r#type.as_str()) {
        "object".clone_into(&mut known.r#type);
    }
    known.properties = schema
        .properties
        .iter()
        .map(|(name, schema)| (name.clone(), with_known_types(schema)))
        .collect();
    let each = |schema: &Option<Box<JSONSchemaProps>>| {
        let schema = schema.as_deref().map(with_known_types);
        schema.map(Box::new)
    };
    known.items = each(&schema.items);
    known.additional_properties = each(&schema.additional_properties);
    known
}

fn read(schema: &JSONSchemaProps) -> Result<StructuralSchema, Vec<(String, FieldError)>> {
    let wrapped = json!({"type": "object", "properties": {VALUE: plain(schema)}});
    StructuralSchema::parse(&wrapped).map_err(|errors| {
        let errors = errors.iter().map(|error| {
            let found = FieldError::new(
                kind_of(error.reason),
                Path::default(),
                "",
                detail(&error.message),
            );
            (error.field.clone(), found)
        });
        errors.collect()
    })
}

/// Whether the schema is structural: every value has a type, and what further constrains it adds none.
fn structural(schema: &JSONSchemaProps, at: &Path, errors: &mut Errors) {
    let Err(found) = read(&with_known_types(schema)) else {
        return;
    };
    let prefix = format!("properties[{VALUE}]");
    for (field, mut error) in found {
        let rest = field.strip_prefix(&prefix).unwrap_or(&field);
        let rest = rest.trim_start_matches('.');
        let path = match rest.parse::<Path>() {
            Ok(rest_path) if !rest.is_empty() => at.join(&rest_path),
            _ => at.clone(),
        };
        error.path = path;
        errors.push(error);
    }
}

fn patterns(schema: &JSONSchemaProps, at: &Path, errors: &mut Errors) {
    if let Some(problem) = pattern::problem(&schema.pattern) {
        let detail = format!("must be a valid regular expression, but isn't: {problem}");
        errors.invalid(&at.child("pattern"), schema.pattern.as_str(), detail);
    }
    for (schema, at) in below(schema, at).chain(junctors(schema, at)) {
        patterns(schema, &at, errors);
    }
}

/// Whether defaults are valid values.
fn defaults(schema: &JSONSchemaProps, rules: Option<&dyn Rules>, at: &Path, errors: &mut Errors) {
    if let Some(default) = &schema.default {
        let at = at.child("default");
        let before = errors.len();
        if has_unknown(schema, default) {
            errors.invalid(&at, default.clone(), "must not have unknown fields");
        } else {
            valid(schema, default, &at, errors);
        }
        if errors.len() == before
            && let Some(rules) = rules
        {
            rules::validate(
                rules,
                schema,
                default,
                None,
                &at,
                &default.to_string(),
                errors,
            );
        }
    }
    for (schema, at) in below(schema, at) {
        defaults(schema, rules, &at, errors);
    }
}

fn has_unknown(schema: &JSONSchemaProps, value: &Value) -> bool {
    let Ok(structural) = read(&with_known_types(schema)) else {
        return false;
    };
    let mut wrapped = json!({VALUE: value});
    !structural.prune(&mut wrapped).is_empty()
}

/// Whether a value is one of a schema.
fn valid(schema: &JSONSchemaProps, value: &Value, at: &Path, errors: &mut Errors) {
    // What only constrains another schema has no type, and is not looked at alone.
    let Ok(structural) = read(schema) else { return };
    for error in structural.validate_field(VALUE, value) {
        if error.message.contains(RULES_NOT_RUN) {
            continue;
        }
        let rest = error.field.strip_prefix(VALUE).unwrap_or(&error.field);
        let path = match rest.strip_prefix('.').unwrap_or(rest) {
            "" => at.clone(),
            // The API server takes an index for a name here.
            index if index.starts_with('[') => at.child(index.to_owned()),
            name => match name.parse::<Path>() {
                Ok(name) => at.join(&name),
                Err(_) => at.child(name.to_owned()),
            },
        };
        let detail = detail(&error.message).to_owned();
        errors.push(FieldError::new(
            kind_of(error.reason),
            path,
            value.clone(),
            detail,
        ));
    }
}

/// What a schema stands in.
struct Context<'a> {
    rules: Option<&'a dyn Rules>,
    /// The list whose items cannot be told from those before.
    uncorrelatable: Option<Path>,
    /// Whether it is the schema of a whole variable.
    root: bool,
    /// At most how many values of the schema there are; none if there is no bound.
    values: Option<u64>,
    /// Whether rules count here: they do not in what only constrains.
    counts: bool,
}

/// What is wrong with schemas, and what with their rules.
#[derive(Default)]
struct Found {
    schema: Errors,
    rules: Errors,
}

impl Found {
    fn is_empty(&self) -> bool {
        self.schema.is_empty() && self.rules.is_empty()
    }

    fn append(&mut self, other: Self) {
        self.schema.extend(other.schema);
        self.rules.extend(other.rules);
    }
}

impl Context<'_> {
    /// Examples, lists of valid values, and rules.
    fn validate(&self, schema: &JSONSchemaProps, at: &Path, total: &mut Total) -> Found {
        let mut found = Found::default();
        let kind = schema.r#type.as_str();
        if !kind.is_empty() && !TYPES.contains(&kind) {
            found.schema.not_supported(&at.child("type"), kind, &TYPES);
            return found;
        }
        if let Some(example) = &schema.example {
            valid(schema, example, &at.child("example"), &mut found.schema);
        }
        let values = schema.r#enum.iter().enumerate();
        for (index, value) in values.filter(|(_, value)| !value.is_null()) {
            let at = at.child("enum").index(index);
            valid(schema, value, &at, &mut found.schema);
        }
        if schema.additional_properties.is_some() && !schema.properties.is_empty() {
            let detail = "additionalProperties and properties are mutually exclusive";
            found.schema.forbidden(at, detail);
        }
        self.inner(schema, at, total, &mut found);
        if schema.x_validations.is_empty() {
            return found;
        }
        rule::validate(schema, at, &mut found.schema);
        if found.schema.is_empty() && self.counts {
            let around = rule::Around {
                rules: self.rules,
                uncorrelatable: self.uncorrelatable.as_ref(),
                estimator: Estimator::new(schema, self.root, self.values),
            };
            rule::compile(schema, &around, total, at, &mut found.rules);
        }
        if found.is_empty() {
            self.try_rules(schema, at, &mut found.rules);
        }
        found
    }

    /// The schemas in a schema.
    fn inner(&self, schema: &JSONSchemaProps, at: &Path, total: &mut Total, found: &mut Found) {
        let below_each = cost::values_below(schema);
        let values = self.values.zip(below_each);
        let values = values.map(|(values, below)| values.saturating_mul(below));
        for (inner, place) in below(schema, at) {
            let is_item = schema
                .items
                .as_deref()
                .is_some_and(|items| std::ptr::eq(items, inner));
            let first = is_item.then(|| place.clone());
            let context = Context {
                uncorrelatable: self.uncorrelatable.clone().or(first),
                root: false,
                values,
                ..*self
            };
            found.append(context.validate(inner, &place, total));
        }
        for (inner, place) in junctors(schema, at) {
            let context = Context {
                rules: None,
                uncorrelatable: self.uncorrelatable.clone(),
                root: false,
                values,
                counts: false,
            };
            found.append(context.validate(inner, &place, total));
        }
    }

    /// Tries rules on examples and valid values.
    fn try_rules(&self, schema: &JSONSchemaProps, at: &Path, errors: &mut Errors) {
        let Some(rules) = self.rules else { return };
        let example = schema.example.iter();
        let example = example.map(|value| (value, at.child("example")));
        let values = schema.r#enum.iter().enumerate();
        let values = values.map(|(index, value)| (value, at.child("enum").index(index)));
        for (value, at) in example.chain(values) {
            let shown = value.to_string();
            rules::validate(rules, schema, value, None, &at, &shown, errors);
        }
    }
}
