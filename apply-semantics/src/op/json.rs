//! Operations, outcomes and refusals as JSON, for recordings and for logs of machines.

use serde_core::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::{Map, Value, json};

use super::{
    ApplyOptions, CollectionRef, DeleteOptions, Effect, FieldValidation, FormError, ListOptions,
    ObjectList, ObjectRef, Operation, Outcome, Propagation, Refusal, ResourceRef, WriteOptions,
    operation::{PATCH_TYPES, content},
    reference::split_api_version,
};
use crate::patch::Patch;

type Fields = Map<String, Value>;
type Read<T> = Result<T, FormError>;

/// Serde by way of a [`Value`], for types with `to_value` and `of_value`.
macro_rules! by_value {
    ($($name:ty),+) => {$(
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.to_value().serialize(serializer)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let value = Value::deserialize(deserializer)?;
                Self::of_value(&value).map_err(de::Error::custom)
            }
        }
    )+};
}

by_value!(Operation, Outcome, Refusal, ObjectRef, CollectionRef);

impl Operation {
    fn to_value(&self) -> Value {
        let mut fields = Fields::new();
        fields.insert("verb".to_owned(), self.verb().into());
        match self {
            Self::List { collection, .. }
            | Self::Create { collection, .. }
            | Self::DeleteCollection { collection, .. } => {
                fields.insert("collection".to_owned(), collection.to_value());
            }
            Self::Get { target }
            | Self::CreateSubresource { target, .. }
            | Self::Apply { target, .. }
            | Self::Update { target, .. }
            | Self::Patch { target, .. }
            | Self::Delete { target, .. } => {
                fields.insert("target".to_owned(), target.to_value());
            }
        }
        self.write_body(&mut fields);
        Value::Object(fields)
    }

    fn write_body(&self, fields: &mut Fields) {
        match self {
            Self::Get { .. } => {}
            Self::List { options, .. } => put_map(fields, "options", list_fields(options)),
            Self::Create {
                object, options, ..
            }
            | Self::CreateSubresource {
                object, options, ..
            }
            | Self::Update {
                object, options, ..
            } => {
                fields.insert("object".to_owned(), object.clone());
                put_map(fields, "options", write_fields(options));
            }
            Self::Apply {
                object, options, ..
            } => {
                fields.insert("object".to_owned(), object.clone());
                put_map(fields, "options", apply_fields(options));
            }
            Self::Patch { patch, options, .. } => {
                let word = PATCH_TYPES.iter().find(|(ty, _)| *ty == patch.patch_type());
                fields.insert(
                    "patchType".to_owned(),
                    word.map_or("", |(_, word)| word).into(),
                );
                fields.insert("patch".to_owned(), content(patch).clone());
                put_map(fields, "options", write_fields(options));
            }
            Self::Delete { options, .. } => put_map(fields, "options", delete_fields(options)),
            Self::DeleteCollection { list, options, .. } => {
                put_map(fields, "list", list_fields(list));
                put_map(fields, "options", delete_fields(options));
            }
        }
    }

    fn of_value(value: &Value) -> Read<Self> {
        let target = || ObjectRef::of_value(need(value, "target")?).map_err(|e| e.below("target"));
        let collection = || {
            CollectionRef::of_value(need(value, "collection")?).map_err(|e| e.below("collection"))
        };
        let object = || need(value, "object").cloned();
        let options = value.get("options").unwrap_or(&Value::Null);
        let write = || write_options(options).map_err(|error| error.below("options"));
        let delete = || delete_options(options).map_err(|error| error.below("options"));
        Ok(match need_text(value, "verb")? {
            "get" => Self::get(target()?),
            "list" => Self::list(collection()?, list_options(options)?),
            "create" => Self::create(collection()?, object()?, write()?),
            "createSubresource" => Self::CreateSubresource {
                target: target()?,
                object: object()?,
                options: write()?,
            },
            "apply" => Self::apply(target()?, object()?, apply_options(options)?),
            "update" => Self::update(target()?, object()?, write()?),
            "patch" => Self::patch(target()?, patch(value)?, write()?),
            "delete" => Self::delete(target()?, delete()?),
            "deleteCollection" => Self::DeleteCollection {
                collection: collection()?,
                list: list_options(value.get("list").unwrap_or(&Value::Null))?,
                options: delete()?,
            },
            other => return Err(FormError::new("verb", format!("unknown verb {other:?}"))),
        })
    }
}

fn patch(value: &Value) -> Read<Patch> {
    let word = need_text(value, "patchType")?;
    let (ty, _) = PATCH_TYPES
        .iter()
        .find(|(_, spelling)| *spelling == word)
        .ok_or_else(|| FormError::new("patchType", format!("unknown type {word:?}")))?;
    Ok(Patch::new(*ty, need(value, "patch")?.clone()))
}

impl ResourceRef {
    fn write(&self, fields: &mut Fields) {
        fields.insert("apiVersion".to_owned(), self.api_version().into());
        fields.insert("resource".to_owned(), self.resource.as_str().into());
        if !self.kind.is_empty() {
            fields.insert("kind".to_owned(), self.kind.as_str().into());
        }
    }

    fn of_value(value: &Value) -> Read<Self> {
        let (group, version) = split_api_version(need_text(value, "apiVersion")?);
        let kind = text(value, "kind").unwrap_or_default();
        Ok(Self::new(
            group,
            version,
            need_text(value, "resource")?,
            kind,
        ))
    }
}

impl CollectionRef {
    fn to_value(&self) -> Value {
        let mut fields = Fields::new();
        self.resource.write(&mut fields);
        put_text(&mut fields, "namespace", self.namespace.as_deref());
        Value::Object(fields)
    }

    fn of_value(value: &Value) -> Read<Self> {
        Ok(Self {
            resource: ResourceRef::of_value(value)?,
            namespace: text(value, "namespace"),
        })
    }
}

impl ObjectRef {
    fn to_value(&self) -> Value {
        let mut fields = Fields::new();
        self.resource.write(&mut fields);
        put_text(&mut fields, "namespace", self.namespace.as_deref());
        put_text(&mut fields, "name", Some(&self.name));
        put_text(&mut fields, "subresource", self.subresource.as_deref());
        Value::Object(fields)
    }

    fn of_value(value: &Value) -> Read<Self> {
        Ok(Self {
            resource: ResourceRef::of_value(value)?,
            namespace: text(value, "namespace"),
            name: need_text(value, "name")?.to_owned(),
            subresource: text(value, "subresource"),
        })
    }
}

impl Outcome {
    fn to_value(&self) -> Value {
        match self {
            Self::Object {
                object,
                effect,
                warnings,
            } => {
                let mut value = json!({"object": object, "effect": effect.to_string()});
                if let (false, Some(fields)) = (warnings.is_empty(), value.as_object_mut()) {
                    fields.insert("warnings".to_owned(), json!(warnings));
                }
                value
            }
            Self::List(list) => {
                let mut fields = Fields::new();
                fields.insert("items".to_owned(), Value::Array(list.items.clone()));
                put_text(&mut fields, "resourceVersion", Some(&list.resource_version));
                put_text(&mut fields, "continue", list.continue_token.as_deref());
                if let Some(remaining) = list.remaining {
                    fields.insert("remaining".to_owned(), remaining.into());
                }
                json!({ "list": fields })
            }
            Self::Deleted { object } => json!({ "deleted": object }),
        }
    }

    fn of_value(value: &Value) -> Read<Self> {
        if let Some(list) = value.get("list") {
            return list_of_value(list).map_err(|error| error.below("list"));
        }
        if let Some(object) = value.get("deleted") {
            return Ok(Self::Deleted {
                object: Some(object).filter(|object| !object.is_null()).cloned(),
            });
        }
        let word = need_text(value, "effect")?;
        let effect = Effect::WORDS.iter().find(|(_, spelling)| *spelling == word);
        let warnings = value.get("warnings").and_then(Value::as_array);
        Ok(Self::Object {
            object: need(value, "object")?.clone(),
            effect: effect
                .ok_or_else(|| FormError::new("effect", format!("unknown effect {word:?}")))?
                .0,
            warnings: warnings
                .into_iter()
                .flatten()
                .filter_map(|warning| warning.as_str().map(str::to_owned))
                .collect(),
        })
    }
}

fn list_of_value(list: &Value) -> Read<Outcome> {
    let items = need(list, "items")?.as_array();
    Ok(Outcome::List(ObjectList {
        items: items
            .cloned()
            .ok_or_else(|| FormError::new("items", "expected a list"))?,
        resource_version: text(list, "resourceVersion").unwrap_or_default(),
        continue_token: text(list, "continue"),
        remaining: list.get("remaining").and_then(Value::as_u64),
    }))
}

/// A refusal is written as its `Status`.
impl Refusal {
    fn to_value(&self) -> Value {
        self.to_status()
    }

    fn of_value(value: &Value) -> Read<Self> {
        if value.get("kind").and_then(Value::as_str) == Some("Status") {
            Ok(Self::from_status(value, 0))
        } else {
            Err(FormError::new("kind", "expected \"Status\""))
        }
    }
}

fn write_fields(options: &WriteOptions) -> Fields {
    let mut fields = Fields::new();
    put_text(
        &mut fields,
        "fieldManager",
        options.field_manager.as_deref(),
    );
    put_flag(&mut fields, "dryRun", options.dry_run);
    let validation = options.field_validation.map(FieldValidation::as_str);
    put_text(&mut fields, "fieldValidation", validation);
    fields
}

fn write_options(value: &Value) -> Read<WriteOptions> {
    Ok(WriteOptions {
        field_manager: text(value, "fieldManager"),
        dry_run: flag(value, "dryRun"),
        field_validation: field_validation(value)?,
    })
}

fn apply_fields(options: &ApplyOptions) -> Fields {
    let mut fields = Fields::new();
    put_text(&mut fields, "manager", Some(&options.manager));
    put_flag(&mut fields, "force", options.force);
    put_flag(&mut fields, "dryRun", options.dry_run);
    let validation = options.field_validation.map(FieldValidation::as_str);
    put_text(&mut fields, "fieldValidation", validation);
    fields
}

fn apply_options(value: &Value) -> Read<ApplyOptions> {
    Ok(ApplyOptions {
        manager: text(value, "manager").unwrap_or_default(),
        force: flag(value, "force"),
        dry_run: flag(value, "dryRun"),
        field_validation: field_validation(value)?,
    })
}

fn list_fields(options: &ListOptions) -> Fields {
    let mut fields = Fields::new();
    put_text(
        &mut fields,
        "labelSelector",
        options.label_selector.as_deref(),
    );
    put_text(
        &mut fields,
        "fieldSelector",
        options.field_selector.as_deref(),
    );
    if let Some(limit) = options.limit {
        fields.insert("limit".to_owned(), limit.into());
    }
    put_text(&mut fields, "continue", options.continue_token.as_deref());
    put_text(
        &mut fields,
        "resourceVersion",
        options.resource_version.as_deref(),
    );
    fields
}

fn list_options(value: &Value) -> Read<ListOptions> {
    let limit = value.get("limit").map(|limit| {
        let number = limit.as_u64().and_then(|limit| u32::try_from(limit).ok());
        number.ok_or_else(|| FormError::new("limit", "expected a number"))
    });
    Ok(ListOptions {
        label_selector: text(value, "labelSelector"),
        field_selector: text(value, "fieldSelector"),
        limit: limit.transpose()?,
        continue_token: text(value, "continue"),
        resource_version: text(value, "resourceVersion"),
    })
}

fn delete_fields(options: &DeleteOptions) -> Fields {
    let mut fields = Fields::new();
    put_text(&mut fields, "uid", options.uid.as_deref());
    put_text(
        &mut fields,
        "resourceVersion",
        options.resource_version.as_deref(),
    );
    let propagation = options.propagation.map(Propagation::as_str);
    put_text(&mut fields, "propagationPolicy", propagation);
    if let Some(seconds) = options.grace_period_seconds {
        fields.insert("gracePeriodSeconds".to_owned(), seconds.into());
    }
    put_flag(&mut fields, "dryRun", options.dry_run);
    fields
}

fn delete_options(value: &Value) -> Read<DeleteOptions> {
    let propagation = text(value, "propagationPolicy").map(|word| {
        let unknown = || FormError::new("propagationPolicy", format!("unknown policy {word:?}"));
        Propagation::parse(&word).ok_or_else(unknown)
    });
    Ok(DeleteOptions {
        uid: text(value, "uid"),
        resource_version: text(value, "resourceVersion"),
        propagation: propagation.transpose()?,
        grace_period_seconds: value.get("gracePeriodSeconds").and_then(Value::as_i64),
        dry_run: flag(value, "dryRun"),
    })
}

fn field_validation(value: &Value) -> Read<Option<FieldValidation>> {
    let Some(word) = text(value, "fieldValidation") else {
        return Ok(None);
    };
    let unknown = || FormError::new("fieldValidation", format!("unknown value {word:?}"));
    FieldValidation::parse(&word).map(Some).ok_or_else(unknown)
}

fn put_text(fields: &mut Fields, key: &str, text: Option<&str>) {
    if let Some(text) = text {
        fields.insert(key.to_owned(), text.into());
    }
}

fn put_flag(fields: &mut Fields, key: &str, flag: bool) {
    if flag {
        fields.insert(key.to_owned(), true.into());
    }
}

fn put_map(fields: &mut Fields, key: &str, map: Fields) {
    if !map.is_empty() {
        fields.insert(key.to_owned(), Value::Object(map));
    }
}

fn text(value: &Value, key: &str) -> Option<String> {
    value.get(key).and_then(Value::as_str).map(str::to_owned)
}

fn flag(value: &Value, key: &str) -> bool {
    value.get(key).and_then(Value::as_bool).unwrap_or_default()
}

fn need<'a>(value: &'a Value, key: &str) -> Read<&'a Value> {
    value
        .get(key)
        .ok_or_else(|| FormError::new(key, "required"))
}

fn need_text<'a>(value: &'a Value, key: &str) -> Read<&'a str> {
    need(value, key)?
        .as_str()
        .ok_or_else(|| FormError::new(key, "expected a string"))
}
