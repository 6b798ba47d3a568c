//! Names of fields without regard to case: after drop-ins are merged, Go's own JSON decoder reads the outcome, and it takes
//! `maxpods` for `maxPods`. Of several spellings the last one in byte order counts.

use serde::{
    Deserialize, Deserializer,
    de::{self, Visitor, value::Error},
    forward_to_deserialize_any,
};
use serde_json::{Map, Value};

use crate::{
    component_base::{
        FormatOptions, JSONOptions, LoggingConfiguration, TextOptions, TracingConfiguration,
    },
    kubelet::v1beta1::{
        CrashLoopBackOffConfig, KubeletAnonymousAuthentication, KubeletAuthentication,
        KubeletAuthorization, KubeletConfiguration, KubeletWebhookAuthentication,
        KubeletWebhookAuthorization, KubeletX509Authentication, MemorySwapConfiguration,
        UserNamespaces,
    },
};

/// Gives every field of a configuration of the kubelet the name that its type knows.
pub(super) fn names(value: &mut Value) {
    fold::<KubeletConfiguration>(value);
    inside(value, "authentication", |value| {
        fold::<KubeletAuthentication>(value);
        inside(value, "x509", fold::<KubeletX509Authentication>);
        inside(value, "webhook", fold::<KubeletWebhookAuthentication>);
        inside(value, "anonymous", fold::<KubeletAnonymousAuthentication>);
    });
    inside(value, "authorization", |value| {
        fold::<KubeletAuthorization>(value);
        inside(value, "webhook", fold::<KubeletWebhookAuthorization>);
    });
    inside(value, "logging", |value| {
        fold::<LoggingConfiguration>(value);
        inside(value, "options", |value| {
            fold::<FormatOptions>(value);
            inside(value, "text", fold::<TextOptions>);
            inside(value, "json", fold::<JSONOptions>);
        });
    });
    inside(value, "crashLoopBackOff", fold::<CrashLoopBackOffConfig>);
    inside(value, "memorySwap", fold::<MemorySwapConfiguration>);
    inside(value, "tracing", fold::<TracingConfiguration>);
    inside(value, "userNamespaces", fold::<UserNamespaces>);
}

fn inside(value: &mut Value, name: &str, fold: impl FnOnce(&mut Value)) {
    if let Some(value) = value.get_mut(name) {
        fold(value);
    }
}

fn fold<T: for<'de> Deserialize<'de>>(value: &mut Value) {
    let Value::Object(map) = value else {
        return;
    };
    let known = fields_of::<T>();
    let mut given: Vec<(String, Value)> = std::mem::take(map).into_iter().collect();
    given.sort_by(|(a, _), (b, _)| a.cmp(b));
    let named = given.into_iter().map(|(name, value)| {
        let known = known.iter().find(|known| known.eq_ignore_ascii_case(&name));
        (known.map_or(name, |known| (*known).to_owned()), value)
    });
    *map = named.collect::<Map<_, _>>();
}

/// The names of the fields of a struct.
fn fields_of<T: for<'de> Deserialize<'de>>() -> &'static [&'static str] {
    let mut fields: &'static [&'static str] = &[];
    let _ = T::deserialize(Names(&mut fields));
    fields
}

/// A deserializer that only notes which fields a struct asks for.
struct Names<'a>(&'a mut &'static [&'static str]);

impl<'de> Deserializer<'de> for Names<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(nothing())
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Error> {
        *self.0 = fields;
        Err(nothing())
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

fn nothing() -> Error {
    de::Error::custom("only the fields are wanted")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_last_spelling_in_byte_order_counts() {
        let mut value = json!({
            "maxPods": 5, "maxpods": 6, "Port": 1, "port": 2, "Unknown": 1,
            "Authentication": {"WEBHOOK": {"cachettl": "1s"}},
        });
        names(&mut value);
        assert_eq!(
            value,
            json!({
                "maxPods": 6, "port": 2, "Unknown": 1,
                "authentication": {"webhook": {"cacheTTL": "1s"}},
            })
        );
    }
}
