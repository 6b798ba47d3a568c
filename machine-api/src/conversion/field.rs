//! How fields are converted, by their types.

use std::{cell::OnceCell, collections::BTreeMap};

use componentconfig::{GroupVersion, core::Time, scalar::Bytes, scalar::Duration, secret::Secret};
use serde_json::Value;

use super::{ApiVersions, ConversionError};
use crate::{
    Compat, IntOrString,
    core::v1beta2::{
        ContractVersionedObjectReference, MachineHealthCheckRemediationTemplateReference,
    },
    meta,
};

/// What conversions need besides the object, and what went wrong first.
#[allow(
    unnameable_types,
    reason = "only hidden methods of a public trait take it"
)]
pub struct Context<'a> {
    versions: &'a dyn ApiVersions,
    pub(super) compat: Compat,
    namespace: String,
    error: OnceCell<ConversionError>,
}

impl std::fmt::Debug for Context<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context").finish_non_exhaustive()
    }
}

impl<'a> Context<'a> {
    pub(super) fn new(versions: &'a dyn ApiVersions, compat: Compat, namespace: &str) -> Self {
        Self {
            versions,
            compat,
            namespace: namespace.to_owned(),
            error: OnceCell::new(),
        }
    }

    /// Keeps the error, if it is the first.
    pub(super) fn fail(&mut self, error: ConversionError) {
        self.error.get_or_init(|| error);
    }

    pub(super) fn finish<T>(self, value: T) -> Result<T, ConversionError> {
        self.error.into_inner().map_or(Ok(value), Err)
    }
}

/// Conversion of a value to the type that another version of the API has for it.
pub(super) trait Convert<T> {
    fn convert(self, context: &mut Context<'_>) -> T;
}

/// Types that all versions share.
macro_rules! same {
    ($($type:ty),+ $(,)?) => {
        $(impl Convert<$type> for $type {
            fn convert(self, _: &mut Context<'_>) -> $type {
                self
            }
        })+
    };
}

pub(super) use same;

same!(
    String,
    bool,
    i32,
    i64,
    Value,
    IntOrString,
    Duration,
    Time,
    Bytes,
    Secret,
    meta::LabelSelector,
    meta::Condition,
    meta::ConditionStatus,
    meta::Taint,
    meta::TaintEffect,
    meta::NodeSystemInfo,
    meta::EnvVar,
    meta::ObjectMeta,
    meta::ObjectReference,
);

impl<T, U> Convert<Vec<U>> for Vec<T>
where
    T: Convert<U>,
{
    fn convert(self, context: &mut Context<'_>) -> Vec<U> {
        self.into_iter().map(|item| item.convert(context)).collect()
    }
}

impl<T, U> Convert<BTreeMap<String, U>> for BTreeMap<String, T>
where
    T: Convert<U>,
{
    fn convert(self, context: &mut Context<'_>) -> BTreeMap<String, U> {
        let entries = self.into_iter();
        entries
            .map(|(key, value)| (key, value.convert(context)))
            .collect()
    }
}

impl<T, U> Convert<Option<U>> for Option<T>
where
    T: Convert<U>,
{
    fn convert(self, context: &mut Context<'_>) -> Option<U> {
        self.map(|value| value.convert(context))
    }
}

impl<T, U> Convert<Box<U>> for Box<T>
where
    T: Convert<U>,
{
    fn convert(self, context: &mut Context<'_>) -> Box<U> {
        Box::new((*self).convert(context))
    }
}

/// Texts whose absence one version writes as the empty text.
macro_rules! empty_is_absent {
    ($($type:ty),+ $(,)?) => {
        $(impl Convert<$type> for Option<$type> {
            fn convert(self, _: &mut Context<'_>) -> $type {
                self.unwrap_or_default()
            }
        }

        impl Convert<Option<$type>> for $type {
            fn convert(self, _: &mut Context<'_>) -> Option<$type> {
                (!self.is_empty()).then_some(self)
            }
        })+
    };
}

empty_is_absent!(String, Secret);

/// Scalars that one version has always and the other one may lack.
macro_rules! optional_scalar {
    ($($type:ty),+ $(,)?) => {
        $(impl Convert<Option<$type>> for $type {
            fn convert(self, _: &mut Context<'_>) -> Option<$type> {
                Some(self)
            }
        }

        impl Convert<$type> for Option<$type> {
            fn convert(self, _: &mut Context<'_>) -> $type {
                self.unwrap_or_default()
            }
        })+
    };
}

optional_scalar!(bool, i32);

const SECOND: i64 = 1_000_000_000;

impl Convert<i32> for Duration {
    fn convert(self, _: &mut Context<'_>) -> i32 {
        i32::try_from(self.as_nanos() / SECOND).unwrap_or(if self.as_nanos() > 0 {
            i32::MAX
        } else {
            i32::MIN
        })
    }
}

impl Convert<Option<i32>> for Duration {
    fn convert(self, context: &mut Context<'_>) -> Option<i32> {
        Some(self.convert(context))
    }
}

impl Convert<Duration> for i32 {
    fn convert(self, _: &mut Context<'_>) -> Duration {
        Duration::from_secs(self.into())
    }
}

impl Convert<Duration> for Option<i32> {
    fn convert(self, context: &mut Context<'_>) -> Duration {
        self.map_or(Duration::ZERO, |seconds| seconds.convert(context))
    }
}

impl Convert<ContractVersionedObjectReference> for meta::ObjectReference {
    fn convert(self, context: &mut Context<'_>) -> ContractVersionedObjectReference {
        let version = self.api_version.parse::<GroupVersion>();
        if version.is_err() {
            context.fail(ConversionError::MalformedReference {
                api_version: self.api_version,
            });
        }
        let api_group = version.unwrap_or_default().group().to_owned();
        ContractVersionedObjectReference {
            api_group,
            kind: self.kind,
            name: self.name,
        }
    }
}

impl Convert<meta::ObjectReference> for ContractVersionedObjectReference {
    fn convert(self, context: &mut Context<'_>) -> meta::ObjectReference {
        if self == Self::default() {
            return meta::ObjectReference::default();
        }
        let api_version = context.versions.api_version(&self.api_group, &self.kind);
        if api_version.is_none() {
            context.fail(ConversionError::UnknownKind {
                group: self.api_group,
                kind: self.kind.clone(),
            });
        }
        meta::ObjectReference {
            api_version: api_version.unwrap_or_default(),
            kind: self.kind,
            namespace: context.namespace.clone(),
            name: self.name,
            ..meta::ObjectReference::default()
        }
    }
}

impl Convert<MachineHealthCheckRemediationTemplateReference> for meta::ObjectReference {
    fn convert(self, _: &mut Context<'_>) -> MachineHealthCheckRemediationTemplateReference {
        MachineHealthCheckRemediationTemplateReference {
            kind: self.kind,
            name: self.name,
            api_version: self.api_version,
        }
    }
}

impl Convert<meta::ObjectReference> for MachineHealthCheckRemediationTemplateReference {
    fn convert(self, context: &mut Context<'_>) -> meta::ObjectReference {
        meta::ObjectReference {
            api_version: self.api_version,
            kind: self.kind,
            namespace: context.namespace.clone(),
            name: self.name,
            ..meta::ObjectReference::default()
        }
    }
}

impl Context<'_> {
    /// A reference in the object's namespace.
    pub(super) fn reference(
        &self,
        api_version: String,
        kind: String,
        name: String,
    ) -> meta::ObjectReference {
        meta::ObjectReference {
            api_version,
            kind,
            namespace: self.namespace.clone(),
            name,
            ..meta::ObjectReference::default()
        }
    }
}

/// Structs that the older version may lack, and that the newer one leaves out when they hold their zero value.
macro_rules! optional {
    ($($old:ty, $new:ty;)+) => {
        $(impl $crate::conversion::field::Convert<$new> for Option<$old> {
            fn convert(self, context: &mut $crate::conversion::field::Context<'_>) -> $new {
                self.map_or_else(<$new>::default, |value| value.convert(context))
            }
        }

        impl $crate::conversion::field::Convert<Option<$old>> for $new {
            fn convert(self, context: &mut $crate::conversion::field::Context<'_>) -> Option<$old> {
                (self != <$new>::default()).then(|| self.convert(context))
            }
        })+
    };
}

pub(super) use optional;

optional! {
    meta::ObjectReference, ContractVersionedObjectReference;
    meta::ObjectReference, MachineHealthCheckRemediationTemplateReference;
}

/// A struct of the older version and its counterpart: fields of one name, fields `old => new`, and what else is to be
/// done in each direction before the fields are taken.
macro_rules! pair {
    (
        $old:ty, $new:ty {
            $($same:ident),* $(,)?
            $(; $($old_field:ident => $new_field:ident),+ $(,)?)?
        }
        $(up($up_from:ident, $up_to:ident, $up_context:ident) $up:block)?
        $(down($down_from:ident, $down_to:ident, $down_context:ident) $down:block)?
    ) => {
        impl $crate::conversion::field::Convert<$new> for $old {
            #[allow(unused_mut, clippy::field_reassign_with_default, reason = "one shape for all")]
            fn convert(mut self, context: &mut $crate::conversion::field::Context<'_>) -> $new {
                let mut to = <$new>::default();
                $({
                    let ($up_from, $up_to, $up_context) = (&mut self, &mut to, &mut *context);
                    $up
                })?
                $(to.$same = std::mem::take(&mut self.$same).convert(context);)*
                $($(to.$new_field = std::mem::take(&mut self.$old_field).convert(context);)+)?
                to
            }
        }

        impl $crate::conversion::field::Convert<$old> for $new {
            #[allow(unused_mut, clippy::field_reassign_with_default, reason = "one shape for all")]
            fn convert(mut self, context: &mut $crate::conversion::field::Context<'_>) -> $old {
                let mut to = <$old>::default();
                $({
                    let ($down_from, $down_to, $down_context) = (&mut self, &mut to, &mut *context);
                    $down
                })?
                $(to.$same = std::mem::take(&mut self.$same).convert(context);)*
                $($(to.$old_field = std::mem::take(&mut self.$new_field).convert(context);)+)?
                to
            }
        }
    };
}

pub(super) use pair;
