//! Schemas of the scalars.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

#[cfg(feature = "kube-apiserver")]
use crate::core::MicroTime;
use crate::{
    core::Time,
    scalar::{Bytes, Duration, DurationOrNanoseconds, Quantity},
    secret::Secret,
};

const DURATION: &str = r"^[-+]?(0|(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+)$";

macro_rules! scalars {
    ($($type:ty, $name:literal, $schema:tt;)+) => {
        $(impl JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        })+
    };
}

scalars! {
    Duration, "Duration", {"type": "string", "pattern": DURATION};
    DurationOrNanoseconds, "DurationOrNanoseconds", {
        "anyOf": [{"type": "string", "pattern": DURATION}, {"type": "integer", "minimum": 0}]
    };
    Quantity, "Quantity", {"anyOf": [{"type": "string"}, {"type": "number"}]};
    Bytes, "Bytes", {"type": "string", "contentEncoding": "base64"};
    Secret, "Secret", {"type": "string"};
    Time, "Time", {"type": "string", "format": "date-time"};
}

#[cfg(feature = "kube-apiserver")]
scalars! {
    MicroTime, "MicroTime", {"type": "string", "format": "date-time"};
}

#[cfg(feature = "kubeadm")]
scalars! {
    crate::kubeadm::token::Token, "Token", {"type": "string", "pattern": "^[a-z0-9]{6}\\.[a-z0-9]{16}$"};
}
