//! What an engine knows of kinds.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::reset::{self, Rule};
use crate::{
    defaults,
    fused::Excluded,
    schema::{Definition, Schema, SchemaError, Type},
    types,
    updater::Filter,
};

/// What the types of metadata begin with.
const META: &str = "meta.v1.";
const OBJECT_META: &str = "meta.v1.ObjectMeta";

/// The kinds of objects: their types, version by version, and which of their fields requests leave alone.
///
/// ```
/// use apply_semantics::{request::Kinds, schema::Type};
/// let mut kinds = Kinds::builtin();
/// kinds.insert("example.com/v1", "Widget", Type::deduced());
/// assert!(kinds.ty("apps/v1", "Deployment").is_some());
/// assert!(kinds.ty("example.com/v2", "Widget").is_none());
/// assert!(kinds.or_deduced().ty("example.com/v2", "Widget").is_some());
/// ```
#[derive(Debug, Clone, Default)]
pub struct Kinds {
    /// By kind.
    known: BTreeMap<String, Vec<Known>>,
    builtin: bool,
    deduced: bool,
}

/// A kind in one version.
#[derive(Debug, Clone)]
struct Known {
    api_version: String,
    ty: Type,
    /// By subresource.
    filters: BTreeMap<String, Filter>,
    custom: bool,
}

impl Kinds {
    /// No kinds.
    pub fn new() -> Self {
        Self::default()
    }

    /// All built-in kinds of Kubernetes 1.36.
    pub fn builtin() -> Self {
        Self {
            builtin: true,
            ..Self::default()
        }
    }

    /// The same, with the types of all other kinds deduced from their objects.
    #[must_use]
    pub fn or_deduced(self) -> Self {
        Self {
            deduced: true,
            ..self
        }
    }

    /// Adds a version of a kind, or replaces its type.
    pub fn insert(&mut self, api_version: &str, kind: &str, ty: Type) {
        match self.version_mut(api_version, kind) {
            Some(version) => version.ty = ty,
            None => self.push(kind, Known::new(api_version, ty)),
        }
    }

    /// Adds all versions of a custom resource, with the fields that its subresources leave alone. What is known of the kind
    /// already is forgotten.
    ///
    /// Unlike a built-in kind, a custom one does not forget managers at versions that are gone: requests fail, as with the API
    /// server.
    ///
    /// # Errors
    /// The definition lacks its names, or a schema cannot be used.
    pub fn insert_crd(&mut self, crd: &Value) -> Result<(), SchemaError> {
        let (kind, versions) = custom(crd)?;
        if let Some(first) = versions.first() {
            let group = group_of(&first.api_version).to_owned();
            self.remove_kind(&group, &kind);
        }
        for version in versions {
            self.push(&kind, version);
        }
        Ok(())
    }

    /// Forgets all versions of a kind in that group (`""` for the core group).
    pub fn remove_kind(&mut self, group: &str, kind: &str) {
        if let Some(versions) = self.known.get_mut(kind) {
            versions.retain(|version| group_of(&version.api_version) != group);
        }
    }

    /// Says which fields can be owned through a subresource (`""` for the object itself) of a kind that was added. An API server
    /// has such a filter where it ignores what a request says: the status, for example, of the object itself.
    pub fn filter(&mut self, api_version: &str, kind: &str, subresource: &str, filter: Filter) {
        if let Some(version) = self.version_mut(api_version, kind) {
            version.filters.insert(subresource.to_owned(), filter);
        }
    }

    /// The type of a version of a kind.
    pub fn ty(&self, api_version: &str, kind: &str) -> Option<Type> {
        if let Some(version) = self.version(api_version, kind) {
            return Some(version.ty.clone());
        }
        let builtin = self.builtin.then(|| Type::builtin(api_version, kind));
        let deduced = || self.deduced.then(Type::deduced);
        builtin.flatten().or_else(deduced)
    }

    /// Which fields of a version of a kind can be owned through a subresource (`""` for the object itself), if not all.
    pub fn filter_of(&self, api_version: &str, kind: &str, subresource: &str) -> Option<Filter> {
        let filters = self.filters(kind, subresource).into_iter();
        let mut filters = filters.filter(|(version, _)| version == api_version);
        filters.next().map(|(_, filter)| filter)
    }

    /// Whether requests fail if a manager is at a version that is not known.
    pub(super) fn refuses_unknown_versions(&self, api_version: &str, kind: &str) -> bool {
        let versions = self.known.get(kind).into_iter().flatten();
        let group = group_of(api_version);
        let mut same = versions.filter(|version| group_of(&version.api_version) == group);
        same.any(|version| version.custom)
    }

    /// The filters of a subresource, by version.
    pub(super) fn filters(&self, kind: &str, subresource: &str) -> Vec<(String, Filter)> {
        let known = self.known.get(kind).into_iter().flatten();
        let mut filters: Vec<_> = known
            .filter_map(|version| {
                let filter = version.filters.get(subresource)?;
                Some((version.api_version.clone(), filter.clone()))
            })
            .collect();
        if self.builtin {
            filters.extend(reset::builtin(kind, subresource));
        }
        filters
    }

    /// The fields that a subresource does not take from requests in a version.
    pub(super) fn excluded(
        &self,
        api_version: &str,
        kind: &str,
        subresource: &str,
    ) -> Excluded<'_> {
        if let Some((versions, rule)) = reset::rule(kind, subresource)
            && self.builtin
            && versions.contains(&api_version)
        {
            return match rule {
                Rule::AllBut(fields) => Excluded::Paths(fields),
                Rule::Only(_) => Excluded::AllBut,
            };
        }
        let known = self.known.get(kind).into_iter().flatten().rev();
        let mut filters = known
            .filter(|version| version.api_version == api_version)
            .filter_map(|version| version.filters.get(subresource));
        match filters.next() {
            None => Excluded::Nothing,
            Some(Filter::Exclude(fields)) => Excluded::Set(fields),
            Some(Filter::Include(_)) => Excluded::AllBut,
        }
    }

    /// An object of a kind without anything in it.
    pub(super) fn blank(&self, api_version: &str, kind: &str) -> Value {
        let mut blank = json!({"apiVersion": api_version, "kind": kind});
        if self.version(api_version, kind).is_none() && self.builtin {
            // What Go has no way to leave out is there, and there is nothing that could not be read.
            let _ = defaults::canonicalise(&mut blank);
        }
        blank
    }

    fn push(&mut self, kind: &str, version: Known) {
        self.known.entry(kind.to_owned()).or_default().push(version);
    }

    fn version(&self, api_version: &str, kind: &str) -> Option<&Known> {
        let mut versions = self.known.get(kind)?.iter();
        versions.find(|version| version.api_version == api_version)
    }

    fn version_mut(&mut self, api_version: &str, kind: &str) -> Option<&mut Known> {
        let mut versions = self.known.get_mut(kind)?.iter_mut();
        versions.find(|version| version.api_version == api_version)
    }
}

impl Known {
    fn new(api_version: &str, ty: Type) -> Self {
        Self {
            api_version: api_version.to_owned(),
            ty,
            filters: BTreeMap::new(),
            custom: false,
        }
    }
}

fn group_of(api_version: &str) -> &str {
    api_version.rsplit_once('/').map_or("", |(group, _)| group)
}

/// The kind and the versions of a custom resource definition.
fn custom(crd: &Value) -> Result<(String, Vec<Known>), SchemaError> {
    let text = |place: &str| {
        let text = crd
            .pointer(&format!("/spec/{place}"))
            .and_then(Value::as_str);
        text.ok_or_else(|| SchemaError::new(&format!("spec.{place}"), "expected a string"))
    };
    let (group, kind) = (text("group")?, text("names/kind")?);
    let versions = crd.pointer("/spec/versions").and_then(Value::as_array);
    let versions = versions.ok_or_else(|| SchemaError::new("spec.versions", "expected a list"))?;
    let keep_unknown = crd.pointer("/spec/preserveUnknownFields") == Some(&Value::Bool(true));
    let versions = versions
        .iter()
        .map(|version| {
            let name = version
                .get("name")
                .and_then(Value::as_str)
                .unwrap_or_default();
            let api_version = format!("{group}/{name}");
            let ty = custom_type(&api_version, kind, version, keep_unknown)?;
            Ok(Known {
                filters: custom_filters(version),
                custom: true,
                ..Known::new(&api_version, ty)
            })
        })
        .collect::<Result<_, _>>()?;
    Ok((kind.to_owned(), versions))
}

/// With a status of its own the object itself leaves it alone, and the status leaves the rest.
fn custom_filters(version: &Value) -> BTreeMap<String, Filter> {
    match version.pointer("/subresources/status") {
        None | Some(Value::Null) => BTreeMap::new(),
        Some(_) => [("", &["status"][..]), ("status", &["spec", "metadata"])]
            .map(|(subresource, fields)| (subresource.to_owned(), reset::exclude(fields)))
            .into(),
    }
}

/// The type that the API server makes of a version's schema, which knows of the metadata too.
fn custom_type(
    api_version: &str,
    kind: &str,
    version: &Value,
    keep_unknown: bool,
) -> Result<Type, SchemaError> {
    let Some(schema) = version.pointer("/schema/openAPIV3Schema") else {
        return Ok(Type::deduced());
    };
    let mut schema = schema.clone();
    embed(&mut schema);
    set_object_properties(&mut schema);
    let name = format!("{api_version}/{kind}");
    let schemas = Map::from_iter([(name.clone(), schema)]);
    let mut definitions = Definition::from_types(types::builtin());
    definitions.retain(|definition| definition.name.starts_with(META));
    definitions.extend(Definition::from_openapi(&schemas, keep_unknown)?);
    let missing = || SchemaError::new(&name, "the schema defines no type");
    Schema::compile(&definitions)?
        .type_named(&name)
        .ok_or_else(missing)
}

/// Gives whole objects inside of the schema their metadata.
fn embed(schema: &mut Value) {
    let Value::Object(schema) = schema else {
        return;
    };
    for inner in ["items", "additionalProperties"] {
        schema.get_mut(inner).into_iter().for_each(embed);
    }
    let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
    properties
        .into_iter()
        .flat_map(|properties| properties.values_mut())
        .for_each(embed);
    if schema.get("x-kubernetes-embedded-resource") == Some(&Value::Bool(true)) {
        insert_object_properties(schema);
    }
}

fn set_object_properties(schema: &mut Value) {
    if let Value::Object(schema) = schema {
        insert_object_properties(schema);
    }
}

fn insert_object_properties(schema: &mut Map<String, Value>) {
    let properties = schema
        .entry("properties")
        .or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(properties) = properties {
        properties.insert("apiVersion".to_owned(), json!({"type": "string"}));
        properties.insert("kind".to_owned(), json!({"type": "string"}));
        properties.insert("metadata".to_owned(), json!({"$ref": OBJECT_META}));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_objects_have_the_structs_of_go() {
        let kinds = Kinds::builtin();
        assert_eq!(
            kinds.blank("v1", "ConfigMap"),
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {}})
        );
        let deployment = kinds.blank("apps/v1", "Deployment");
        assert_eq!(deployment["spec"]["strategy"], json!({}));
        assert_eq!(
            deployment["spec"]["template"]["spec"],
            json!({"containers": null})
        );
        assert_eq!(
            kinds.blank("x/v1", "Y"),
            json!({"apiVersion": "x/v1", "kind": "Y"})
        );
    }

    #[test]
    fn custom_resources_have_metadata_also_inside() {
        let crd = json!({"spec": {"group": "x.io", "names": {"kind": "Box"}, "versions": [
            {"name": "v1", "subresources": {"status": {}}, "schema": {"openAPIV3Schema": {"type": "object", "properties": {
                "size": {"type": "integer"},
                "inner": {"type": "object", "x-kubernetes-embedded-resource": true},
            }}}},
            {"name": "v0"},
        ]}});
        let mut kinds = Kinds::new();
        kinds.insert_crd(&crd).unwrap();
        let ty = kinds.ty("x.io/v1", "Box").unwrap();
        let metadata = json!({"name": "a", "finalizers": ["x"]});
        let object = json!({"size": 1, "metadata": metadata, "inner": {"metadata": metadata}});
        assert_eq!(
            ty.field_set(Some(&object)).unwrap().to_string(),
            concat!(
                r#"{"f:inner":{"f:metadata":{"f:finalizers":{"v:\"x\"":{}},"f:name":{}}},"#,
                r#""f:metadata":{"f:finalizers":{"v:\"x\"":{}},"f:name":{}},"f:size":{}}"#
            )
        );
        assert!(ty.validate(Some(&json!({"sise": 1}))).is_err());
        assert_eq!(kinds.ty("x.io/v0", "Box"), Some(Type::deduced()));
        assert_eq!(kinds.filters("Box", "status").len(), 1);
        assert!(kinds.refuses_unknown_versions("x.io/v9", "Box"));
        kinds.remove_kind("x.io", "Box");
        assert!(kinds.ty("x.io/v1", "Box").is_none());
    }
}
