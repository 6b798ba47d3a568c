use std::fmt;

use serde_core::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

/// A field of a text, as field selectors compare it: empty when there is none. Only the field itself is read.
pub(super) fn field(text: &[u8], path: &str) -> String {
    let mut text = serde_json::Deserializer::from_slice(text);
    text.disable_recursion_limit();
    match Field(path).deserialize(&mut text) {
        Ok(Some(Value::String(text))) => text,
        Ok(Some(Value::Null) | None) | Err(_) => String::new(),
        Ok(Some(other)) => other.to_string(),
    }
}

/// What is left of the path.
#[derive(Clone, Copy)]
struct Field<'a>(&'a str);

impl<'de> DeserializeSeed<'de> for Field<'_> {
    type Value = Option<Value>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        if self.0.is_empty() {
            return serde_core::Deserialize::deserialize(deserializer).map(Some);
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Field<'_> {
    type Value = Option<Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Self::Value, A::Error> {
        let (name, rest) = self.0.split_once('.').unwrap_or((self.0, ""));
        let mut found = None;
        while let Some(is_it) = fields.next_key_seed(Name(name))? {
            if is_it {
                found = fields.next_value_seed(Field(rest))?;
            } else {
                fields.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }

    fn visit_seq<A: serde_core::de::SeqAccess<'de>>(
        self,
        mut items: A,
    ) -> Result<Self::Value, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(None)
    }
}

/// Whether a key is this one.
struct Name<'a>(&'a str);

impl<'de> DeserializeSeed<'de> for Name<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Name<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<bool, E> {
        Ok(key == self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_without_the_rest() {
        let text = br#"{"a":[1,{"b":2}],"s":{"n":"x","f":true,"z":null,"o":{"p":1}},"t":"u"}"#;
        for (path, found) in [
            ("s.n", "x"),
            ("s.f", "true"),
            ("s.z", ""),
            ("s.o", "{\"p\":1}"),
            ("s.q", ""),
            ("a.b", ""),
            ("t", "u"),
            ("t.v", ""),
            ("x.y", ""),
        ] {
            assert_eq!(field(text, path), found, "{path}");
        }
    }
}
