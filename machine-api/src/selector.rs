//! Label selectors that can be asked.

use std::{collections::BTreeMap, fmt};

use crate::{
    labels::{key_problems, value_problems},
    meta::LabelSelector,
};

/// A label selector, read. Follows `metav1.LabelSelectorAsSelector`; displays as `kubectl` takes it.
///
/// ```
/// use machine_api::{meta::LabelSelector, selector::Selector};
///
/// let selector: LabelSelector = serde_json::from_str(
///     r#"{"matchLabels": {"app": "web"}, "matchExpressions": [{"key": "tier", "operator": "NotIn", "values": ["b", "a"]}]}"#,
/// )?;
/// let selector = Selector::new(&selector)?;
/// assert_eq!(selector.to_string(), "app=web,tier notin (a,b)");
/// let labels = [("app".to_owned(), "web".to_owned())].into();
/// assert!(selector.matches(&labels));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selector(Vec<Requirement>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Requirement {
    key: String,
    operator: Operator,
    values: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equals,
    In,
    NotIn,
    Exists,
    DoesNotExist,
}

/// A selector that means nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
#[non_exhaustive]
pub struct SelectorError {
    /// What is wrong with it.
    pub message: String,
}

impl Selector {
    /// Reads a selector. An empty one matches everything.
    ///
    /// # Errors
    /// An unknown operator, values where there must be none or none where there must be some, or a key or value that no
    /// label can have.
    pub fn new(selector: &LabelSelector) -> Result<Self, SelectorError> {
        let mut requirements = Vec::new();
        for (key, value) in &selector.match_labels {
            requirements.push(Requirement::new(
                key,
                Operator::Equals,
                std::slice::from_ref(value),
            )?);
        }
        for expression in &selector.match_expressions {
            let operator = match expression.operator.as_str() {
                "In" => Operator::In,
                "NotIn" => Operator::NotIn,
                "Exists" => Operator::Exists,
                "DoesNotExist" => Operator::DoesNotExist,
                other => {
                    return Err(SelectorError {
                        message: format!("{other:?} is not a valid label selector operator"),
                    });
                }
            };
            requirements.push(Requirement::new(
                &expression.key,
                operator,
                &expression.values,
            )?);
        }
        requirements.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(Self(requirements))
    }

    /// Whether there are no requirements.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether labels meet all requirements.
    pub fn matches(&self, labels: &BTreeMap<String, String>) -> bool {
        self.0.iter().all(|requirement| requirement.matches(labels))
    }
}

impl Requirement {
    fn new(key: &str, operator: Operator, values: &[String]) -> Result<Self, SelectorError> {
        let mut problems: Vec<String> = key_problems(key)
            .into_iter()
            .map(|problem| format!("key: Invalid value: {key:?}: {problem}"))
            .collect();
        match operator {
            Operator::In | Operator::NotIn if values.is_empty() => problems.push(
                "values: Invalid value: null: for 'in', 'notin' operators, values set can't be empty".to_owned(),
            ),
            Operator::Exists | Operator::DoesNotExist if !values.is_empty() => problems.push(format!(
                "values: Invalid value: {}: values set must be empty for exists and does not exist",
                serde_json::json!(values)
            )),
            _ => {}
        }
        for (index, value) in values.iter().enumerate() {
            let found = value_problems(value).into_iter();
            problems.extend(found.map(|problem| {
                format!("values[{index}][{key}]: Invalid value: {value:?}: {problem}")
            }));
        }
        match &*problems {
            [] => {
                let mut values = values.to_vec();
                values.sort();
                Ok(Self {
                    key: key.to_owned(),
                    operator,
                    values,
                })
            }
            [one] => Err(SelectorError {
                message: one.clone(),
            }),
            more => Err(SelectorError {
                message: format!("[{}]", more.join(", ")),
            }),
        }
    }

    fn matches(&self, labels: &BTreeMap<String, String>) -> bool {
        let value = labels.get(&self.key);
        match self.operator {
            Operator::Equals | Operator::In => {
                value.is_some_and(|value| self.values.contains(value))
            }
            Operator::NotIn => value.is_none_or(|value| !self.values.contains(value)),
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
        }
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, requirement) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(",")?;
            }
            requirement.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (key, values) = (&self.key, self.values.join(","));
        match self.operator {
            Operator::Equals => write!(f, "{key}={values}"),
            Operator::In => write!(f, "{key} in ({values})"),
            Operator::NotIn => write!(f, "{key} notin ({values})"),
            Operator::Exists => f.write_str(key),
            Operator::DoesNotExist => write!(f, "!{key}"),
        }
    }
}
