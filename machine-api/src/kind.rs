//! Types that are kinds: those that objects of an API can be of.

use componentconfig::Kind;

use crate::meta::ObjectMeta;

/// A kind whose objects have metadata.
pub trait Object: Kind + Default {
    /// The object's metadata.
    fn metadata(&self) -> &ObjectMeta;

    /// The object's metadata, to change.
    fn metadata_mut(&mut self) -> &mut ObjectMeta;
}

/// Writes an object without its metadata.
#[derive(Debug)]
pub(crate) struct WithoutMetadata<'a, T>(pub(crate) &'a T);

/// Makes a kind of metadata and parts such as `spec` and `status`. The text form begins with `apiVersion` and `kind`; when it
/// is read they may be missing, but not be others. `omit` leaves a part out that holds its zero value; `required` says
/// in the schema that it must be there, also of the metadata.
macro_rules! kind {
    (
        $(#[$doc:meta])*
        pub struct $name:ident = $group:literal, $version:literal, $kind:literal $([metadata $metadata:ident])? {
            $($(#[$part_doc:meta])* $([$($mode:ident)+])? $part:ident: $type:ty,)+
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct $name {
            /// Name, labels, owners and the like.
            pub metadata: $crate::meta::ObjectMeta,
            $($(#[$part_doc])* pub $part: $type,)+
        }

        impl componentconfig::Kind for $name {
            const GVK: componentconfig::GroupVersionKind =
                componentconfig::GroupVersionKind::from_static($group, $version, $kind);
        }

        impl $crate::kind::Object for $name {
            fn metadata(&self) -> &$crate::meta::ObjectMeta {
                &self.metadata
            }

            fn metadata_mut(&mut self) -> &mut $crate::meta::ObjectMeta {
                &mut self.metadata
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                use serde::ser::SerializeMap;

                let mut map = serializer.serialize_map(None)?;
                map.serialize_entry("apiVersion", concat!($group, "/", $version))?;
                map.serialize_entry("kind", $kind)?;
                map.serialize_entry("metadata", &self.metadata)?;
                $($crate::kind::kind!(@write map, self.$part, stringify!($part) $(, $($mode)+)?);)+
                map.end()
            }
        }

        impl serde::Serialize for $crate::kind::WithoutMetadata<'_, $name> {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                use serde::ser::SerializeMap;

                let mut map = serializer.serialize_map(None)?;
                map.serialize_entry("kind", $kind)?;
                map.serialize_entry("apiVersion", concat!($group, "/", $version))?;
                $($crate::kind::kind!(@write map, self.0.$part, stringify!($part) $(, $($mode)+)?);)+
                map.end()
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                #[derive(Default, serde::Deserialize)]
                #[serde(rename_all = "camelCase", default)]
                struct Fields {
                    api_version: String,
                    kind: String,
                    metadata: $crate::meta::ObjectMeta,
                    $($part: $type,)+
                }

                let fields = Fields::deserialize(deserializer)?;
                $crate::kind::same("apiVersion", &fields.api_version, concat!($group, "/", $version))?;
                $crate::kind::same("kind", &fields.kind, $kind)?;
                Ok(Self {
                    metadata: fields.metadata,
                    $($part: fields.$part,)+
                })
            }
        }

        #[cfg(feature = "schemars")]
        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                $kind.into()
            }

            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                #[derive(schemars::JsonSchema)]
                #[serde(rename_all = "camelCase")]
                #[schemars(inline)]
                #[allow(dead_code, reason = "only its schema is used")]
                $(#[$doc])*
                struct Fields {
                    /// Group and version of the kind.
                    api_version: Option<String>,
                    /// The kind.
                    kind: Option<String>,
                    /// Name, labels, owners and the like.
                    metadata: Option<$crate::schema::Metadata>,
                    $($(#[$part_doc])* $part: Option<$type>,)+
                }

                #[allow(unused_mut, reason = "most kinds require nothing")]
                let mut schema = Fields::json_schema(generator);
                $($crate::kind::kind!(@require schema, "metadata", $metadata);)?
                $($crate::kind::kind!(@require schema, stringify!($part) $(, $($mode)+)?);)+
                schema
            }
        }
    };
    (@write $map:ident, $value:expr, $name:expr) => {
        $map.serialize_entry($name, &$value)?
    };
    (@write $map:ident, $value:expr, $name:expr, required) => {
        $map.serialize_entry($name, &$value)?
    };
    (@write $map:ident, $value:expr, $name:expr, omit $($more:ident)?) => {
        if !$crate::omit::zero(&$value) {
            $map.serialize_entry($name, &$value)?;
        }
    };
    (@require $schema:ident, $name:expr) => {};
    (@require $schema:ident, $name:expr, omit) => {};
    (@require $schema:ident, $name:expr, omit required) => {
        $crate::schema::require(&mut $schema, $name);
    };
    (@require $schema:ident, $name:expr, required) => {
        $crate::schema::require(&mut $schema, $name);
    };
}

pub(crate) use kind;

/// Refuses a text that is neither empty nor the expected one.
pub(crate) fn same<E: serde::de::Error>(field: &str, found: &str, expected: &str) -> Result<(), E> {
    if found.is_empty() || found == expected {
        return Ok(());
    }
    Err(E::custom(format!(
        "{field} is {found:?}, expected {expected:?}"
    )))
}

#[cfg(test)]
mod tests {
    use crate::core::v1beta2::Machine;

    #[test]
    fn another_kind_is_refused() {
        let read = |json: &str| serde_json::from_str::<Machine>(json);
        assert_eq!(read("{}").unwrap(), Machine::default());
        let error =
            read(r#"{"apiVersion":"cluster.x-k8s.io/v1beta2","kind":"Cluster"}"#).unwrap_err();
        assert_eq!(
            error.to_string(),
            r#"kind is "Cluster", expected "Machine""#
        );
        let error = read(r#"{"apiVersion":"cluster.x-k8s.io/v1beta1"}"#).unwrap_err();
        let expected =
            r#"apiVersion is "cluster.x-k8s.io/v1beta1", expected "cluster.x-k8s.io/v1beta2""#;
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn the_text_form_names_its_kind() {
        let text = serde_json::to_string(&Machine::default()).unwrap();
        let expected =
            r#"{"apiVersion":"cluster.x-k8s.io/v1beta2","kind":"Machine","metadata":{}}"#;
        assert_eq!(text, expected);
    }
}
