use std::fmt;

use serde_core::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::{Value, json};

use super::{Executor, FormError, Operation, Outcome, Refusal, redact_secret};

/// An operation and what it came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Exchange {
    /// What was asked.
    pub operation: Operation,
    /// What was answered.
    pub result: Result<Outcome, Refusal>,
}

impl Exchange {
    /// Reads the JSON lines of a recording. Empty lines do not count.
    ///
    /// # Errors
    /// A line is no exchange; the error names the line.
    pub fn read_lines(text: &str) -> Result<Vec<Self>, FormError> {
        text.lines()
            .enumerate()
            .filter(|(_, line)| !line.trim().is_empty())
            .map(|(index, line)| {
                serde_json::from_str(line).map_err(|error| {
                    FormError::new(format!("line {}", index + 1), error.to_string())
                })
            })
            .collect()
    }

    /// The exchange as one line of JSON, without the line break.
    pub fn to_line(&self) -> String {
        self.to_value().to_string()
    }

    /// The exchange with the data of Secrets replaced, see [`redact_secret`].
    #[must_use]
    pub fn redacted(mut self) -> Self {
        let secret = self.operation.collection().resource.resource == "secrets";
        match &mut self.operation {
            Operation::Create { object, .. }
            | Operation::CreateSubresource { object, .. }
            | Operation::Apply { object, .. }
            | Operation::Update { object, .. } => redact_secret(object),
            Operation::Patch { patch, .. } if secret => {
                *patch = crate::patch::Patch::new(patch.patch_type(), super::REDACTED.into());
            }
            _ => {}
        }
        match &mut self.result {
            Ok(
                Outcome::Object { object, .. }
                | Outcome::Deleted {
                    object: Some(object),
                },
            ) => redact_secret(object),
            Ok(Outcome::List(list)) => list.items.iter_mut().for_each(redact_secret),
            Err(refusal) if secret => {
                super::REDACTED.clone_into(&mut refusal.message);
                for cause in &mut refusal.details.causes {
                    super::REDACTED.clone_into(&mut cause.message);
                }
            }
            Ok(Outcome::Deleted { object: None }) | Err(_) => {}
        }
        self
    }

    fn to_value(&self) -> Value {
        match &self.result {
            Ok(outcome) => json!({"operation": self.operation, "outcome": outcome}),
            Err(refusal) => json!({"operation": self.operation, "refusal": refusal}),
        }
    }
}

impl Serialize for Exchange {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_value().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Exchange {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut value = Value::deserialize(deserializer)?;
        let mut part = |key: &str| value.get_mut(key).map(Value::take);
        let operation = part("operation").ok_or_else(|| de::Error::missing_field("operation"))?;
        let result = match (part("outcome"), part("refusal")) {
            (Some(outcome), None) => {
                Ok(serde_json::from_value(outcome).map_err(de::Error::custom)?)
            }
            (None, Some(refusal)) => {
                Err(serde_json::from_value(refusal).map_err(de::Error::custom)?)
            }
            _ => return Err(de::Error::custom("expected either outcome or refusal")),
        };
        Ok(Self {
            operation: serde_json::from_value(operation).map_err(de::Error::custom)?,
            result,
        })
    }
}

/// An executor that remembers what it was asked and what another executor answered.
///
/// ```
/// use apply_semantics::op::{Executor, ObjectRef, Operation, Recorder, Refusal, Replay, ResourceRef, from_fn};
///
/// let get = Operation::get(ResourceRef::of_kind("v1", "Node").all().named("a"));
/// let mut empty = from_fn(|operation: &Operation| Err(Refusal::not_found(&operation.target().unwrap_or_default())));
///
/// let mut recorder = Recorder::new(&mut empty);
/// let answer = recorder.execute(&get);
/// let recording = recorder.to_json_lines();
///
/// let mut replay = Replay::from_json_lines(&recording)?;
/// assert_eq!(replay.execute(&get), answer);
/// # Ok::<(), apply_semantics::op::FormError>(())
/// ```
///
/// A recording holds whole objects, also Secrets, unless [`Recorder::redact_secrets`] is set.
pub struct Recorder<E> {
    inner: E,
    exchanges: Vec<Exchange>,
    redact: bool,
}

impl<E: Executor> Recorder<E> {
    /// Records what that executor does.
    pub fn new(inner: E) -> Self {
        Self {
            inner,
            exchanges: Vec::new(),
            redact: false,
        }
    }

    /// The same, leaving the data of Secrets out of the recording. Answers still hold it.
    #[must_use]
    pub fn redact_secrets(mut self) -> Self {
        self.redact = true;
        self
    }
}

impl<E> Recorder<E> {
    /// What was recorded so far.
    pub fn exchanges(&self) -> &[Exchange] {
        &self.exchanges
    }

    /// What was recorded so far, as JSON, a line for each exchange.
    pub fn to_json_lines(&self) -> String {
        let lines = self
            .exchanges
            .iter()
            .map(|exchange| exchange.to_line() + "\n");
        lines.collect()
    }

    /// The executor below.
    pub fn inner(&self) -> &E {
        &self.inner
    }

    /// The executor below, and what was recorded.
    pub fn into_parts(self) -> (E, Vec<Exchange>) {
        (self.inner, self.exchanges)
    }
}

impl<E: Executor> Executor for Recorder<E> {
    fn execute(&mut self, operation: &Operation) -> Result<Outcome, Refusal> {
        let result = self.inner.execute(operation);
        let exchange = Exchange {
            operation: operation.clone(),
            result: result.clone(),
        };
        self.exchanges.push(if self.redact {
            exchange.redacted()
        } else {
            exchange
        });
        result
    }
}

impl<E> fmt::Debug for Recorder<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder")
            .field("exchanges", &self.exchanges.len())
            .finish_non_exhaustive()
    }
}
