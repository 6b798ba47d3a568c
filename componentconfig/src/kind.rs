//! Types that are kinds: those that a document can be of.

use serde::Serialize;
use serde_json::Value;

use crate::GroupVersionKind;

/// A type that documents of a kind are read as.
pub trait Kind: Serialize {
    /// The kind, with the version that this type is.
    const GVK: GroupVersionKind;

    /// A document: the fields with `apiVersion` and `kind`.
    ///
    /// ```
    /// # #[cfg(feature = "kubeadm")] {
    /// use componentconfig::{Kind, kubeadm::v1beta4::ResetConfiguration};
    ///
    /// let reset = ResetConfiguration { force: true, ..ResetConfiguration::default() };
    /// let expected = serde_json::json!({
    ///     "apiVersion": "kubeadm.k8s.io/v1beta4", "kind": "ResetConfiguration", "force": true,
    /// });
    /// assert_eq!(reset.to_document(), expected);
    /// # }
    /// ```
    fn to_document(&self) -> Value {
        let mut document = serde_json::to_value(self).unwrap_or_default();
        if let Value::Object(fields) = &mut document {
            fields.insert("apiVersion".to_owned(), Self::GVK.api_version().into());
            fields.insert("kind".to_owned(), Self::GVK.kind().into());
        }
        document
    }
}

/// Says of which kind a type is: group, version and kind.
///
/// ```
/// use componentconfig::Kind;
///
/// #[derive(serde::Serialize)]
/// struct AgentConfiguration;
///
/// componentconfig::kind!(AgentConfiguration: "agent.example.org", "v1", "AgentConfiguration");
/// assert_eq!(AgentConfiguration::GVK.api_version(), "agent.example.org/v1");
/// ```
#[macro_export]
macro_rules! kind {
    ($type:ty: $group:literal, $version:literal, $kind:literal) => {
        impl $crate::Kind for $type {
            const GVK: $crate::GroupVersionKind =
                $crate::GroupVersionKind::from_static($group, $version, $kind);
        }
    };
}

/// Says of which kind types are.
#[cfg(feature = "_kinds")]
macro_rules! kinds {
    ($group:literal, $version:literal: $kind:ident as $name:literal) => {
        impl $crate::Kind for $kind {
            const GVK: $crate::GroupVersionKind =
                $crate::GroupVersionKind::from_static($group, $version, $name);
        }
    };
    ($group:literal, $version:literal: $($kind:ident),+ $(,)?) => {
        $($crate::kind::kinds!(@one $group, $version, $kind);)+
    };
    (@one $group:literal, $version:literal, $kind:ident) => {
        impl $crate::Kind for $kind {
            const GVK: $crate::GroupVersionKind =
                $crate::GroupVersionKind::from_static($group, $version, stringify!($kind));
        }
    };
}

#[cfg(feature = "_kinds")]
pub(crate) use kinds;
