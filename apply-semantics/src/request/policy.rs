//! What to do about conflicts, field by field.

mod pattern;

use std::fmt;

use serde_core::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::{Value, json};

use crate::path::PathElement;

pub use pattern::{PathPattern, PatternError};

/// What to do about a field that others own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Resolution {
    /// Refuse the request if the field would change.
    #[default]
    Fail,
    /// Take it from them.
    Take,
    /// Leave it out of the configuration: it stays theirs alone, whatever its value.
    Yield,
    /// Own it as well while it has the wanted value, and leave it out of the configuration when it has another.
    AdoptEqual,
}

/// What to do about fields that others own, by patterns of paths. Of several patterns that match the last one counts.
///
/// ```
/// use apply_semantics::request::ConflictPolicy;
/// let policy = ConflictPolicy::fail().take("spec.template.**")?.yield_("spec.replicas")?;
/// # Ok::<(), apply_semantics::request::PatternError>(())
/// ```
///
/// It is written `{"default": "fail", "rules": [{"take": "spec.template.**"}, {"yield": "spec.replicas"}]}`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConflictPolicy {
    default: Resolution,
    rules: Vec<(Resolution, PathPattern)>,
}

impl ConflictPolicy {
    /// All conflicts make the request fail, but for those that rules say something else about.
    pub fn fail() -> Self {
        Self::new(Resolution::Fail)
    }

    /// All conflicts are resolved like that, but for those that rules say something else about.
    pub fn new(default: Resolution) -> Self {
        Self {
            default,
            rules: Vec::new(),
        }
    }

    /// The same, with fields that are taken from others.
    ///
    /// # Errors
    /// The pattern is malformed.
    pub fn take(self, pattern: &str) -> Result<Self, PatternError> {
        self.rule(Resolution::Take, pattern)
    }

    /// The same, with fields that are left to others.
    ///
    /// # Errors
    /// The pattern is malformed.
    pub fn yield_(self, pattern: &str) -> Result<Self, PatternError> {
        self.rule(Resolution::Yield, pattern)
    }

    /// The same, with fields that are owned together with others while they have the wanted value.
    ///
    /// # Errors
    /// The pattern is malformed.
    pub fn adopt_equal(self, pattern: &str) -> Result<Self, PatternError> {
        self.rule(Resolution::AdoptEqual, pattern)
    }

    /// The same, with one rule more.
    ///
    /// # Errors
    /// The pattern is malformed.
    pub fn rule(mut self, resolution: Resolution, pattern: &str) -> Result<Self, PatternError> {
        self.rules.push((resolution, pattern.parse()?));
        Ok(self)
    }

    /// What to do about a field.
    pub fn resolution(&self, path: &[PathElement]) -> Resolution {
        let mut last_first = self.rules.iter().rev();
        let rule = last_first.find(|(_, pattern)| pattern.matches(path));
        rule.map_or(self.default, |(resolution, _)| *resolution)
    }

    /// Whether there are fields that are left to others whatever their value.
    pub(super) fn can_yield(&self) -> bool {
        let rules = self.rules.iter().map(|(resolution, _)| *resolution);
        rules
            .chain([self.default])
            .any(|resolution| resolution == Resolution::Yield)
    }

    fn to_value(&self) -> Value {
        let rule = |(resolution, pattern): &(Resolution, PathPattern)| json!({name_of(*resolution): pattern.to_string()});
        let rules: Vec<_> = self.rules.iter().map(rule).collect();
        json!({"default": name_of(self.default), "rules": rules})
    }

    fn from_value(value: &Value) -> Result<Self, String> {
        let Value::Object(fields) = value else {
            return Err("expected an object".to_owned());
        };
        let mut policy = Self::fail();
        for (name, value) in fields {
            match name.as_str() {
                "default" => policy.default = resolution(value.as_str().unwrap_or_default())?,
                "rules" => policy = rules(policy, value)?,
                other => return Err(format!("field {other:?} is not known")),
            }
        }
        Ok(policy)
    }
}

fn rules(mut policy: ConflictPolicy, value: &Value) -> Result<ConflictPolicy, String> {
    let rules = value.as_array().ok_or("rules: expected a list")?;
    for (index, rule) in rules.iter().enumerate() {
        let fail = |reason: &dyn fmt::Display| format!("rules[{index}]: {reason}");
        let mut entries = rule.as_object().into_iter().flatten();
        let (Some((name, Value::String(pattern))), None) = (entries.next(), entries.next()) else {
            return Err(fail(&"expected one resolution with its pattern"));
        };
        let resolution = resolution(name).map_err(|reason| fail(&reason))?;
        policy = policy
            .rule(resolution, pattern)
            .map_err(|error| fail(&error))?;
    }
    Ok(policy)
}

const NAMES: [(Resolution, &str); 4] = [
    (Resolution::Fail, "fail"),
    (Resolution::Take, "take"),
    (Resolution::Yield, "yield"),
    (Resolution::AdoptEqual, "adoptEqual"),
];

fn name_of(resolution: Resolution) -> &'static str {
    let named = NAMES.iter().find(|(named, _)| *named == resolution);
    named.map_or("", |(_, name)| name)
}

fn resolution(name: &str) -> Result<Resolution, String> {
    let named = NAMES.iter().find(|(_, named)| *named == name);
    named.map(|(resolution, _)| *resolution).ok_or_else(|| {
        format!("resolution {name:?} is not known: expected fail, take, yield or adoptEqual")
    })
}

impl Serialize for ConflictPolicy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_value().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for ConflictPolicy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_value(&Value::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_rule_that_matches_counts() {
        let policy = ConflictPolicy::fail().take("spec.**").unwrap();
        let policy = policy.yield_("spec.replicas").unwrap();
        let path = |names: &[&str]| {
            names
                .iter()
                .copied()
                .map(PathElement::field)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            policy.resolution(&path(&["spec", "paused"])),
            Resolution::Take
        );
        assert_eq!(
            policy.resolution(&path(&["spec", "replicas"])),
            Resolution::Yield
        );
        assert_eq!(policy.resolution(&path(&["data", "a"])), Resolution::Fail);
        assert!(policy.can_yield());
        assert!(!ConflictPolicy::fail().can_yield());
    }

    #[test]
    fn policies_are_data() {
        let text =
            r#"{"default":"adoptEqual","rules":[{"take":"a.**"},{"yield":"b[*]"},{"fail":"c"}]}"#;
        let policy: ConflictPolicy = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&policy).unwrap(), text);
        assert_eq!(
            serde_json::from_str::<ConflictPolicy>("{}").unwrap(),
            ConflictPolicy::fail()
        );
        for (text, message) in [
            ("[]", "expected an object"),
            (r#"{"rule":[]}"#, "field \"rule\" is not known"),
            (r#"{"rules":{}}"#, "rules: expected a list"),
            (
                r#"{"rules":[{}]}"#,
                "rules[0]: expected one resolution with its pattern",
            ),
            (
                r#"{"rules":[{"grab":"a"}]}"#,
                "rules[0]: resolution \"grab\" is not known: expected fail, take, yield or adoptEqual",
            ),
            (
                r#"{"rules":[{"take":"a["}]}"#,
                "rules[0]: pattern \"a[\": expected ] behind [ at byte 2",
            ),
        ] {
            let error = serde_json::from_str::<ConflictPolicy>(text).unwrap_err();
            assert_eq!(error.to_string(), message, "{text}");
        }
    }
}
