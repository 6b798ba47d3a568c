//! What a schema says about the types and sizes of values, as an API server declares them to CEL.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::core::v1beta2::JSONSchemaProps;

/// The size of the largest request that an API server takes, which bounds what has no bound.
pub(super) const MAX_REQUEST: u64 = 3 * 1024 * 1024;

/// What is declared about a value.
#[derive(Clone, Debug)]
pub(super) struct Decl {
    pub(super) kind: DeclKind,
    /// At most how many characters, items or entries; 0 for what has none.
    pub(super) max_elements: u64,
    /// The least number of bytes that a value takes in JSON.
    pub(super) min_size: u64,
}

#[derive(Clone, Debug)]
pub(super) enum DeclKind {
    Bool,
    Int,
    Double,
    String,
    Bytes,
    Duration,
    Timestamp,
    /// A number or a text.
    Dyn,
    List(Box<Decl>),
    Map(Box<Decl>),
    Object(BTreeMap<String, Decl>),
}

impl Decl {
    const fn new(kind: DeclKind, max_elements: u64, min_size: u64) -> Self {
        Self {
            kind,
            max_elements,
            min_size,
        }
    }

    /// What a schema declares; `root` is the schema of a whole variable. None for what CEL does not see.
    pub(super) fn of(schema: &JSONSchemaProps, root: bool) -> Option<Self> {
        if schema.x_int_or_string == Some(true) {
            let most = schema.max_length.map_or(MAX_REQUEST - 2, in_bytes);
            return Some(Self::new(DeclKind::Dyn, most, 1));
        }
        Some(match schema.r#type.as_str() {
            "array" => {
                let items = Self::of(schema.items.as_deref()?, false)?;
                let most = (MAX_REQUEST - 2) / (items.min_size + 1);
                let most = schema.max_items.map_or(most, not_negative);
                Self::new(DeclKind::List(Box::new(items)), most, 2)
            }
            "object" => match schema.additional_properties.as_deref() {
                Some(values) => {
                    let values = Self::of(values, false)?;
                    let most = (MAX_REQUEST - 2) / (values.min_size + 6);
                    let most = schema.max_properties.map_or(most, not_negative);
                    Self::new(DeclKind::Map(Box::new(values)), most, 2)
                }
                None => Self::object(schema, root),
            },
            "string" => Self::string(schema),
            "boolean" => Self::new(DeclKind::Bool, 0, 4),
            "number" => Self::new(DeclKind::Double, 0, 1),
            "integer" => Self::new(DeclKind::Int, 0, 1),
            _ => return None,
        })
    }

    fn object(schema: &JSONSchemaProps, root: bool) -> Self {
        let mut fields = BTreeMap::new();
        let mut min_size = 2;
        for (name, property) in &schema.properties {
            let Some(declared) = Self::of(property, false) else {
                continue;
            };
            if schema.required.contains(name) && property.default.is_none() {
                min_size += size(name) + declared.min_size + 4;
            }
            if let Some(name) = escaped(name) {
                fields.insert(name, declared);
            }
        }
        if root {
            // CEL can always ask these of what it takes for a whole object.
            let text = || Self::new(DeclKind::String, MAX_REQUEST - 2, 2);
            let names = ["name", "generateName"].map(|name| (name.to_owned(), text()));
            let metadata = Self::new(DeclKind::Object(names.into()), 0, 2);
            fields.insert("kind".to_owned(), text());
            fields.insert("apiVersion".to_owned(), text());
            fields.insert("metadata".to_owned(), metadata);
        }
        Self::new(DeclKind::Object(fields), 0, min_size)
    }

    fn string(schema: &JSONSchemaProps) -> Self {
        let longest = MAX_REQUEST - 2;
        match schema.format.as_str() {
            "byte" => {
                let most = schema.max_length.map_or(longest, not_negative);
                Self::new(DeclKind::Bytes, most, 2)
            }
            "duration" => Self::new(DeclKind::Duration, 32, 3),
            "date" => Self::new(DeclKind::Timestamp, 12, 12),
            "date-time" => Self::new(DeclKind::Timestamp, 32, 21),
            _ => {
                let values = schema.r#enum.iter().filter_map(Value::as_str);
                let of_values = match values.map(size).max() {
                    Some(most) => most,
                    None if schema.r#enum.is_empty() => longest,
                    None => 0,
                };
                let most = schema.max_length.map_or(of_values, in_bytes);
                Self::new(DeclKind::String, most, 2)
            }
        }
    }

    /// What is declared at a path below; `@items`, `@values` and `@keys` stand for all that there are.
    pub(super) fn at(&self, path: &[String]) -> Option<u64> {
        let Some((step, rest)) = path.split_first() else {
            return Some(self.max_elements);
        };
        match (step.as_str(), &self.kind) {
            ("@items" | "@values", DeclKind::List(inner) | DeclKind::Map(inner)) => inner.at(rest),
            // The names in a map are declared without a length, which counts as none.
            ("@keys", DeclKind::Map(_)) => rest.is_empty().then_some(0),
            (name, DeclKind::Object(fields)) => fields.get(name)?.at(rest),
            _ => None,
        }
    }
}

fn size(text: &str) -> u64 {
    u64::try_from(text.len()).unwrap_or(u64::MAX)
}

fn not_negative(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// A number of characters, each of which may take four bytes.
fn in_bytes(characters: i64) -> u64 {
    not_negative(characters).saturating_mul(4)
}

const RESERVED: [&str; 20] = [
    "true",
    "false",
    "null",
    "in",
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
    "void",
];

/// A field's name as it is written in CEL; none if it cannot be written.
fn escaped(name: &str) -> Option<String> {
    if RESERVED.contains(&name) || name == "while" {
        return Some(format!("__{name}__"));
    }
    let first = name.chars().next()?;
    let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '/');
    if first.is_ascii_digit() || !name.chars().all(known) {
        return None;
    }
    let name = name.replace("__", "__underscores__");
    let name = name.replace('.', "__dot__").replace('-', "__dash__");
    Some(name.replace('/', "__slash__"))
}
