//! Structural schemas: what a CustomResourceDefinition says of its objects, and what a server does with them by it.
//!
//! A [`StructuralSchema`] is read from a `openAPIV3Schema` and is only had if it is structural. It sets defaults, prunes
//! unknown fields, and validates; errors have the paths, reasons and texts of the API server (apiextensions-apiserver and
//! kube-openapi of 1.36).
//!
//! ```
//! use apply_semantics::structural::StructuralSchema;
//! use serde_json::json;
//!
//! let schema = StructuralSchema::parse(&json!({"type": "object", "properties": {"spec": {"type": "object", "required": ["size"],
//!     "properties": {"size": {"type": "integer", "maximum": 3}, "color": {"type": "string", "default": "blue"}}}}}))?;
//! let mut object = json!({"apiVersion": "a.example/v1", "kind": "A", "metadata": {"name": "a"}, "spec": {"size": 4, "x": 1}});
//! assert_eq!(schema.prune(&mut object), ["spec.x"]);
//! schema.set_defaults(&mut object);
//! assert_eq!(object["spec"], json!({"size": 4, "color": "blue"}));
//! let errors = schema.validate(&object);
//! assert_eq!(errors[0].to_string(), "spec.size: Invalid value: 4: spec.size in body should be less than or equal to 3");
//! # Ok::<(), apply_semantics::structural::FieldErrors>(())
//! ```
//!
//! Rules in CEL (`x-kubernetes-validations`) are not run, except those that only say what may not change, which
//! [`StructuralSchema::validate_update`] knows; [`StructuralSchema::rules`] lists them all.

mod embedded;
mod error;
mod format;
mod lists;
mod parse;
mod pattern;
mod prune;
mod rules;
mod validate;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::defaults;

pub use error::{FieldError, FieldErrors, Reason};
pub use rules::{Rule, Verdict};

/// A schema that is structural, ready for use. Cheap to share by reference.
#[derive(Debug, Clone)]
pub struct StructuralSchema {
    root: Node,
    has_rules: bool,
}

/// A place in a schema.
#[derive(Debug, Clone, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "these are the flags of the format"
)]
struct Node {
    ty: Option<Kind>,
    nullable: bool,
    default: Option<Value>,
    properties: BTreeMap<String, Node>,
    additional: Additional,
    items: Option<Box<Node>>,
    preserve_unknown: bool,
    embedded: bool,
    int_or_string: bool,
    list: ListType,
    required: Vec<String>,
    format: Option<String>,
    values: Option<Vec<Value>>,
    pattern: Option<String>,
    numbers: Numbers,
    length: Bounds,
    item_count: Bounds,
    property_count: Bounds,
    unique_items: bool,
    all_of: Vec<Node>,
    any_of: Vec<Node>,
    one_of: Vec<Node>,
    not: Option<Box<Node>>,
    rules: Vec<Rule>,
}

/// The kinds of values that a schema can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Object,
    Array,
    String,
    Integer,
    Number,
    Boolean,
}

/// Fields that are not declared.
#[derive(Debug, Clone, Default)]
enum Additional {
    #[default]
    None,
    Any,
    Each(Box<Node>),
}

#[derive(Debug, Clone, Default, PartialEq)]
enum ListType {
    #[default]
    Atomic,
    Set,
    Map(Vec<String>),
}

#[derive(Debug, Clone, Default)]
struct Numbers {
    minimum: Option<f64>,
    exclusive_minimum: bool,
    maximum: Option<f64>,
    exclusive_maximum: bool,
    multiple_of: Option<f64>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Bounds {
    least: Option<u64>,
    most: Option<u64>,
}

impl StructuralSchema {
    /// Reads the schema of one version, `openAPIV3Schema`.
    ///
    /// # Errors
    /// Everything in which the schema is not structural, with paths below `openAPIV3Schema`.
    pub fn parse(schema: &Value) -> Result<Self, FieldErrors> {
        let root = parse::parse(schema)?;
        let has_rules = root.has_rules();
        Ok(Self { root, has_rules })
    }

    /// The schemas of all versions of a CustomResourceDefinition of `apiextensions.k8s.io/v1`, by the name of the version.
    ///
    /// # Errors
    /// Everything in which a schema is not structural, with paths below the definition; versions without schema.
    pub fn from_crd(crd: &Value) -> Result<BTreeMap<String, Self>, FieldErrors> {
        let versions = crd.pointer("/spec/versions").and_then(Value::as_array);
        let mut schemas = BTreeMap::new();
        let mut errors = Vec::new();
        for (index, version) in versions.into_iter().flatten().enumerate() {
            let path = format!("spec.versions[{index}].schema.openAPIV3Schema");
            let name = version
                .get("name")
                .and_then(Value::as_str)
                .unwrap_or_default();
            match version.pointer("/schema/openAPIV3Schema") {
                None => errors.push(FieldError::new(
                    path,
                    Reason::Required,
                    "schemas are required",
                )),
                Some(schema) => match Self::parse(schema) {
                    Ok(schema) => drop(schemas.insert(name.to_owned(), schema)),
                    Err(found) => errors.extend(found.below(&path)),
                },
            }
        }
        FieldErrors::check(errors).map(|()| schemas)
    }

    /// Sets the defaults of an object. Null in a field that must not be null counts as "not there" where there is a default,
    /// and is removed where there is none.
    pub fn set_defaults(&self, object: &mut Value) {
        prune::drop_nulls(&self.root, object);
        self.fill(object);
    }

    /// Sets the defaults of an object, and leaves null where there is none: what a server does with the outcome of an apply, which it
    /// never reads.
    pub fn fill(&self, object: &mut Value) {
        prune::set_defaults(&self.root, object);
    }

    /// Removes the fields that the schema does not know, and returns their paths. `apiVersion`, `kind` and `metadata` stay, as they
    /// do in embedded resources.
    pub fn prune(&self, object: &mut Value) -> Vec<String> {
        let mut pruned = Vec::new();
        prune::prune_root(&self.root, object, &mut pruned);
        pruned.sort();
        pruned
    }

    /// Writes the metadata of an object, and of the resources embedded in it, as the server does after reading it: without null,
    /// empty maps, and fields that no metadata has. `managedFields` stay as they are.
    pub fn canonicalise_metadata(&self, object: &mut Value) {
        if let Some(metadata) = object.get_mut("metadata") {
            defaults::canonicalise_metadata(metadata);
        }
        embedded::canonicalise(&self.root, object);
    }

    /// Validates an object, and tells every error. Its metadata is not looked at.
    pub fn validate(&self, object: &Value) -> Vec<FieldError> {
        self.validate_node(&self.root, "", object)
    }

    /// Validates the value of a field of the object by itself, as a server does with `status` where that is written apart: the
    /// paths begin with the field, the texts do not.
    pub fn validate_field(&self, field: &str, value: &Value) -> Vec<FieldError> {
        match self.root.properties.get(field) {
            Some(node) => self.validate_node(node, field, value),
            None => Vec::new(),
        }
    }

    /// Validates a new object that replaces an old one: [`StructuralSchema::validate`], and the rules that say what may not
    /// change, as far as they are understood.
    pub fn validate_update(&self, new: &Value, old: &Value) -> Vec<FieldError> {
        let mut errors = self.validate(new);
        if !errors.iter().any(FieldError::blocks_rules) {
            errors.extend(self.transitions(new, old).into_iter().filter_map(
                |(rule, path, verdict)| (verdict == Verdict::Broken).then(|| rule.error(path, new)),
            ));
        }
        errors
    }

    /// The rules in CEL, with the paths of the fields that they are about (`spec.items[*].name`).
    pub fn rules(&self) -> Vec<(String, &Rule)> {
        let mut rules = Vec::new();
        self.root.collect_rules("", &mut rules);
        rules
    }

    /// What every rule says to the change from an old object to a new one, with the path of the value that it is about. Rules
    /// about values that did not change are left out.
    pub fn transitions(&self, new: &Value, old: &Value) -> Vec<(&Rule, String, Verdict)> {
        let mut found = Vec::new();
        rules::transitions(&self.root, new, Some(old), &mut String::new(), &mut found);
        found
    }

    fn validate_node(&self, node: &Node, prefix: &str, value: &Value) -> Vec<FieldError> {
        let mut errors = validate::validate(node, value);
        errors.extend(embedded::validate(node, value));
        errors.extend(lists::validate(node, value));
        let mut errors: Vec<_> = errors
            .into_iter()
            .map(|error| error.below(prefix))
            .collect();
        if self.has_rules && errors.iter().any(FieldError::blocks_rules) {
            errors.push(FieldError::unchecked_rules());
        }
        errors
    }
}

impl Node {
    fn has_rules(&self) -> bool {
        let mut rules = Vec::new();
        self.collect_rules("", &mut rules);
        !rules.is_empty()
    }

    fn collect_rules<'a>(&'a self, path: &str, rules: &mut Vec<(String, &'a Rule)>) {
        rules.extend(self.rules.iter().map(|rule| (path.to_owned(), rule)));
        for (name, property) in &self.properties {
            property.collect_rules(&join(path, name), rules);
        }
        if let Some(items) = &self.items {
            items.collect_rules(&format!("{path}[*]"), rules);
        }
        if let Additional::Each(each) = &self.additional {
            each.collect_rules(&format!("{path}[*]"), rules);
        }
    }

    /// The schema of an entry of an object.
    fn entry(&self, name: &str) -> Option<&Self> {
        self.properties.get(name).or(match &self.additional {
            Additional::Each(each) => Some(each),
            _ => None,
        })
    }
}

/// A path with a field added.
fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

/// The fields that every resource has, whatever its schema says.
fn is_meta(name: &str) -> bool {
    matches!(name, "apiVersion" | "kind" | "metadata")
}

/// The name of the kind of a value, as in messages.
fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if is_whole(number) => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn is_whole(number: &serde_json::Number) -> bool {
    number.is_i64()
        || number.is_u64()
        || number
            .as_f64()
            .is_some_and(|float| float.fract() == 0.0 && float.abs() < 9e15)
}

fn entries(value: &Value) -> Option<&Map<String, Value>> {
    value.as_object()
}
