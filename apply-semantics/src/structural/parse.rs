//! Reading a schema, and checking that it is structural.

use serde_json::Value;

use super::{
    Additional, Bounds, FieldError, FieldErrors, Kind, ListType, Node, Numbers, Reason, Rule, join,
};

/// What a schema may say where values are only constrained: inside `allOf`, `anyOf`, `oneOf` and `not`.
const FORBIDDEN_IN_JUNCTORS: [&str; 10] = [
    "description",
    "default",
    "nullable",
    "title",
    "additionalProperties",
    "type",
    "x-kubernetes-preserve-unknown-fields",
    "x-kubernetes-embedded-resource",
    "x-kubernetes-int-or-string",
    "x-kubernetes-validations",
];

pub(super) fn parse(schema: &Value) -> Result<Node, FieldErrors> {
    let mut reader = Reader { errors: Vec::new() };
    let node = reader.node(schema, "");
    reader.typed(&node, schema, "", Level::Root);
    FieldErrors::check(reader.errors).map(|()| node)
}

/// What a schema is the schema of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Root,
    Field,
    Item,
}

struct Reader {
    errors: Vec<FieldError>,
}

impl Reader {
    /// Reads what there is; a schema that is no object has nothing.
    fn node(&mut self, schema: &Value, path: &str) -> Node {
        let flag = |name: &str| schema.get(name) == Some(&Value::Bool(true));
        let number = |name: &str| schema.get(name).and_then(Value::as_f64);
        let text = |name: &str| schema.get(name).and_then(Value::as_str).map(str::to_owned);
        let bounds = |least: &str, most: &str| Bounds {
            least: schema.get(least).and_then(Value::as_u64),
            most: schema.get(most).and_then(Value::as_u64),
        };
        Node {
            ty: self.kind(schema, path),
            nullable: flag("nullable"),
            default: schema.get("default").cloned(),
            properties: self.properties(schema, path),
            additional: self.additional(schema, path),
            items: self.items(schema, path),
            preserve_unknown: flag("x-kubernetes-preserve-unknown-fields"),
            embedded: flag("x-kubernetes-embedded-resource"),
            int_or_string: flag("x-kubernetes-int-or-string"),
            list: self.list_type(schema, path),
            required: strings(schema.get("required")),
            format: text("format"),
            values: schema.get("enum").and_then(Value::as_array).cloned(),
            pattern: text("pattern").filter(|pattern| !pattern.is_empty()),
            numbers: Numbers {
                minimum: number("minimum"),
                exclusive_minimum: flag("exclusiveMinimum"),
                maximum: number("maximum"),
                exclusive_maximum: flag("exclusiveMaximum"),
                multiple_of: number("multipleOf"),
            },
            length: bounds("minLength", "maxLength"),
            item_count: bounds("minItems", "maxItems"),
            property_count: bounds("minProperties", "maxProperties"),
            unique_items: flag("uniqueItems"),
            all_of: self.junctor(schema, "allOf", path),
            any_of: self.junctor(schema, "anyOf", path),
            one_of: self.junctor(schema, "oneOf", path),
            not: schema
                .get("not")
                .map(|not| Box::new(self.node(not, &join(path, "not")))),
            rules: schema
                .get("x-kubernetes-validations")
                .map(Rule::read_all)
                .unwrap_or_default(),
        }
    }

    fn kind(&mut self, schema: &Value, path: &str) -> Option<Kind> {
        let name = schema.get("type")?.as_str().unwrap_or_default();
        let kind = match name {
            "" => return None,
            "object" => Kind::Object,
            "array" => Kind::Array,
            "string" => Kind::String,
            "integer" => Kind::Integer,
            "number" => Kind::Number,
            "boolean" => Kind::Boolean,
            _ => {
                let supported = "supported values: \"array\", \"boolean\", \"integer\", \"number\", \"object\", \"string\"";
                let value = Value::from(name);
                self.errors.push(FieldError::with_value(
                    join(path, "type"),
                    Reason::NotSupported,
                    &value,
                    supported,
                ));
                return None;
            }
        };
        Some(kind)
    }

    fn properties(
        &mut self,
        schema: &Value,
        path: &str,
    ) -> std::collections::BTreeMap<String, Node> {
        let properties = schema.get("properties").and_then(Value::as_object);
        let read = |(name, property): (&String, &Value)| {
            (
                name.clone(),
                self.node(property, &join(path, &format!("properties[{name}]"))),
            )
        };
        properties.into_iter().flatten().map(read).collect()
    }

    fn additional(&mut self, schema: &Value, path: &str) -> Additional {
        match schema.get("additionalProperties") {
            Some(Value::Bool(true)) => Additional::Any,
            Some(each @ Value::Object(_)) => Additional::Each(Box::new(
                self.node(each, &join(path, "additionalProperties")),
            )),
            Some(Value::Bool(false)) => {
                let detail = "additionalProperties cannot be set to false";
                self.errors.push(FieldError::new(
                    join(path, "additionalProperties"),
                    Reason::Forbidden,
                    detail,
                ));
                Additional::None
            }
            _ => Additional::None,
        }
    }

    fn items(&mut self, schema: &Value, path: &str) -> Option<Box<Node>> {
        match schema.get("items")? {
            Value::Array(_) => {
                let detail = "items must be a schema object and not an array";
                self.errors.push(FieldError::new(
                    join(path, "items"),
                    Reason::Forbidden,
                    detail,
                ));
                None
            }
            items => Some(Box::new(self.node(items, &join(path, "items")))),
        }
    }

    fn list_type(&mut self, schema: &Value, path: &str) -> ListType {
        let keys = strings(schema.get("x-kubernetes-list-map-keys"));
        match schema.get("x-kubernetes-list-type").and_then(Value::as_str) {
            Some("set") => ListType::Set,
            Some("map") if keys.is_empty() => {
                let path = join(path, "x-kubernetes-list-map-keys");
                let detail = "must not be empty if x-kubernetes-list-type is map";
                self.errors
                    .push(FieldError::new(path, Reason::Required, detail));
                ListType::Atomic
            }
            Some("map") => ListType::Map(keys),
            None | Some("atomic") => ListType::Atomic,
            Some(other) => {
                let path = join(path, "x-kubernetes-list-type");
                let supported = "supported values: \"atomic\", \"set\", \"map\"";
                self.errors.push(FieldError::with_value(
                    path,
                    Reason::NotSupported,
                    &other.into(),
                    supported,
                ));
                ListType::Atomic
            }
        }
    }

    fn junctor(&mut self, schema: &Value, name: &str, path: &str) -> Vec<Node> {
        let schemas = schema.get(name).and_then(Value::as_array);
        let read = |(index, schema): (usize, &Value)| {
            self.node(schema, &join(path, &format!("{name}[{index}]")))
        };
        schemas
            .into_iter()
            .flatten()
            .enumerate()
            .map(read)
            .collect()
    }

    /// Every value must have a type, and what only constrains values may not add to the structure.
    fn typed(&mut self, node: &Node, schema: &Value, path: &str, level: Level) {
        let free = level != Level::Root && (node.int_or_string || node.preserve_unknown);
        if node.ty.is_none() && !free {
            let detail = match level {
                Level::Root => "must not be empty at the root",
                Level::Field => "must not be empty for specified object fields",
                Level::Item => "must not be empty for specified array items",
            };
            self.errors.push(FieldError::new(
                join(path, "type"),
                Reason::Required,
                detail,
            ));
        }
        if (level == Level::Root || node.embedded) && node.ty.is_some_and(|ty| ty != Kind::Object) {
            let detail = if level == Level::Root {
                "must be object at the root"
            } else {
                "must be object if x-kubernetes-embedded-resource is true"
            };
            let value = schema.get("type").cloned().unwrap_or_default();
            self.errors.push(FieldError::with_value(
                join(path, "type"),
                Reason::Invalid,
                &value,
                detail,
            ));
        }
        if node.embedded && !node.preserve_unknown && node.properties.is_empty() {
            let detail = "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields";
            self.errors.push(FieldError::new(
                join(path, "properties"),
                Reason::Required,
                detail,
            ));
        }
        self.metadata(node, schema, path, level);
        self.junctors(node, node, schema, path);
        self.typed_below(node, schema, path);
    }

    fn typed_below(&mut self, node: &Node, schema: &Value, path: &str) {
        for (name, property) in &node.properties {
            let below = schema
                .get("properties")
                .and_then(|all| all.get(name))
                .unwrap_or(&Value::Null);
            self.typed(
                property,
                below,
                &join(path, &format!("properties[{name}]")),
                Level::Field,
            );
        }
        if let Some(items) = &node.items {
            let below = schema.get("items").unwrap_or(&Value::Null);
            self.typed(items, below, &join(path, "items"), Level::Item);
        } else if node.ty == Some(Kind::Array) {
            self.errors.push(FieldError::new(
                join(path, "items"),
                Reason::Required,
                "must be specified",
            ));
        }
        if let Additional::Each(each) = &node.additional {
            let below = schema.get("additionalProperties").unwrap_or(&Value::Null);
            self.typed(
                each,
                below,
                &join(path, "additionalProperties"),
                Level::Field,
            );
        }
    }

    /// Of the metadata only the name can be constrained.
    fn metadata(&mut self, node: &Node, schema: &Value, path: &str, level: Level) {
        let Some(metadata) = node
            .properties
            .get("metadata")
            .filter(|_| level == Level::Root)
        else {
            return;
        };
        let raw = schema
            .pointer("/properties/metadata")
            .and_then(Value::as_object);
        let only_names = metadata
            .properties
            .keys()
            .all(|name| matches!(name.as_str(), "name" | "generateName"));
        let allowed = |key: &String| {
            matches!(
                key.as_str(),
                "type" | "description" | "properties" | "title"
            )
        };
        if !only_names || !raw.is_none_or(|raw| raw.keys().all(allowed)) {
            let path = join(path, "properties[metadata]");
            let detail = "must not specify anything other than name and generateName, but metadata is implicitly specified";
            self.errors
                .push(FieldError::new(path, Reason::Forbidden, detail));
        }
    }

    fn junctors(&mut self, node: &Node, core: &Node, schema: &Value, path: &str) {
        let none = Value::Null;
        for (name, nodes) in [
            ("allOf", &node.all_of),
            ("anyOf", &node.any_of),
            ("oneOf", &node.one_of),
        ] {
            for (index, constraint) in nodes.iter().enumerate() {
                let below = schema
                    .get(name)
                    .and_then(|all| all.get(index))
                    .unwrap_or(&none);
                self.constraint(
                    constraint,
                    core,
                    below,
                    &join(path, &format!("{name}[{index}]")),
                );
            }
        }
        if let Some(not) = &node.not {
            let below = schema.get("not").unwrap_or(&none);
            self.constraint(not, core, below, &join(path, "not"));
        }
    }

    /// What only constrains may name no field that the structure does not have, and say nothing about structure.
    fn constraint(&mut self, node: &Node, core: &Node, schema: &Value, path: &str) {
        let said =
            |name: &&str| schema.get(*name).is_some() && !(*name == "type" && core.int_or_string);
        for name in FORBIDDEN_IN_JUNCTORS.iter().filter(|name| said(name)) {
            self.errors.push(FieldError::new(
                join(path, name),
                Reason::Forbidden,
                "must be empty to be structural",
            ));
        }
        for (name, property) in &node.properties {
            let path = join(path, &format!("properties[{name}]"));
            let below = schema
                .get("properties")
                .and_then(|all| all.get(name))
                .unwrap_or(&Value::Null);
            match core.entry(name) {
                Some(core) => self.constraint(property, core, below, &path),
                None => self.unspecified(&path),
            }
        }
        if let Some(items) = &node.items {
            let below = schema.get("items").unwrap_or(&Value::Null);
            match &core.items {
                Some(core) => self.constraint(items, core, below, &join(path, "items")),
                None => self.unspecified(&join(path, "items")),
            }
        }
        self.junctors(node, core, schema, path);
    }

    /// The place outside of the constraint must exist too.
    fn unspecified(&mut self, path: &str) {
        let structural: Vec<_> = path.split('.').filter(|part| !is_junctor(part)).collect();
        let detail = format!("because it is defined in {path}");
        self.errors.push(FieldError::new(
            structural.join("."),
            Reason::Required,
            &detail,
        ));
    }
}

fn is_junctor(part: &str) -> bool {
    part == "not"
        || ["allOf[", "anyOf[", "oneOf["]
            .iter()
            .any(|junctor| part.starts_with(junctor))
}

fn strings(value: Option<&Value>) -> Vec<String> {
    let items = value.and_then(Value::as_array).into_iter().flatten();
    items.filter_map(Value::as_str).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn errors(schema: &Value) -> String {
        parse(schema).map_or_else(|errors| errors.to_string(), |_| String::new())
    }

    #[test]
    fn every_value_has_a_type() {
        assert_eq!(
            errors(&json!({})),
            "type: Required value: must not be empty at the root"
        );
        let schema = json!({"type": "object", "properties": {"a": {}, "b": {"type": "array", "items": {}}, "c": {"type": "array"}}});
        assert_eq!(
            errors(&schema),
            concat!(
                "[properties[a].type: Required value: must not be empty for specified object fields, ",
                "properties[b].items.type: Required value: must not be empty for specified array items, ",
                "properties[c].items: Required value: must be specified]"
            )
        );
    }

    #[test]
    fn constraints_are_no_structure() {
        let schema = json!({"type": "object", "properties": {"a": {"type": "string"}},
            "anyOf": [{"properties": {"a": {"minLength": 1}}}, {"properties": {"b": {"type": "string"}}}]});
        assert_eq!(
            errors(&schema),
            "properties[b]: Required value: because it is defined in anyOf[1].properties[b]"
        );
        let schema = json!({"type": "object", "properties": {"a": {"x-kubernetes-int-or-string": true,
            "anyOf": [{"type": "integer"}, {"type": "string"}]}}});
        assert_eq!(errors(&schema), "");
    }
}
