use std::fmt;

use serde_json::Value;

use super::{Exchange, Executor, FormError, Operation, Outcome, Reason, Refusal, redact_secret};

/// How a [`Replay`] finds the answer to an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Order {
    /// Operations must come exactly as they were recorded.
    #[default]
    Strict,
    /// Of the recorded exchanges not used yet, the first whose operation is the same.
    Any,
}

/// An executor that answers from a recording, see [`Recorder`](super::Recorder).
///
/// An operation that was not recorded is refused with [`Reason::Unknown`] and a message that names the first difference.
#[derive(Clone)]
pub struct Replay {
    exchanges: Vec<Exchange>,
    used: Vec<bool>,
    order: Order,
    redacted: bool,
}

impl Replay {
    /// Answers from these exchanges, in their order.
    pub fn new(exchanges: Vec<Exchange>) -> Self {
        Self {
            used: vec![false; exchanges.len()],
            exchanges,
            order: Order::Strict,
            redacted: false,
        }
    }

    /// Answers from a recording.
    ///
    /// # Errors
    /// A line is no exchange.
    pub fn from_json_lines(text: &str) -> Result<Self, FormError> {
        Exchange::read_lines(text).map(Self::new)
    }

    /// The same, with operations in that order.
    #[must_use]
    pub fn order(mut self, order: Order) -> Self {
        self.order = order;
        self
    }

    /// The same, for a recording without the data of Secrets: operations are compared without it too.
    #[must_use]
    pub fn redacted(mut self) -> Self {
        self.redacted = true;
        self
    }

    /// The exchanges that were not asked for.
    pub fn unused(&self) -> impl Iterator<Item = &Exchange> {
        let used = self.exchanges.iter().zip(&self.used);
        used.filter(|(_, used)| !**used)
            .map(|(exchange, _)| exchange)
    }

    /// Whether everything recorded was asked for.
    pub fn is_finished(&self) -> bool {
        self.used.iter().all(|used| *used)
    }

    /// Where to look, and what comes of it.
    fn find(&self, operation: &Operation) -> Result<usize, Refusal> {
        let mut open = self
            .used
            .iter()
            .enumerate()
            .filter(|(_, used)| !**used)
            .map(|(index, _)| index);
        let matches = |index: &usize| {
            let exchange = self.exchanges.get(*index);
            exchange.is_some_and(|exchange| exchange.operation == *operation)
        };
        let Some(next) = open.clone().next() else {
            return Err(differs(format!(
                "{operation} comes after the end of the recording"
            )));
        };
        let found = match self.order {
            Order::Strict => Some(next).filter(matches),
            Order::Any => open.find(matches),
        };
        found.ok_or_else(|| {
            let recorded = self.exchanges.get(next).map(|exchange| &exchange.operation);
            differs(recorded.map_or_else(String::new, |recorded| difference(operation, recorded)))
        })
    }
}

impl Executor for Replay {
    fn execute(&mut self, operation: &Operation) -> Result<Outcome, Refusal> {
        let index = if self.redacted {
            let exchange = Exchange {
                operation: operation.clone(),
                result: Ok(Outcome::Deleted { object: None }),
            };
            self.find(&exchange.redacted().operation)?
        } else {
            self.find(operation)?
        };
        if let Some(used) = self.used.get_mut(index) {
            *used = true;
        }
        let exchange = self.exchanges.get(index);
        exchange.map_or_else(
            || Err(differs(String::new())),
            |exchange| exchange.result.clone(),
        )
    }
}

impl fmt::Debug for Replay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replay")
            .field("exchanges", &self.exchanges.len())
            .field("order", &self.order)
            .finish_non_exhaustive()
    }
}

fn differs(message: String) -> Refusal {
    Refusal {
        code: 0,
        ..Refusal::new(Reason::Unknown, message)
    }
}

/// What is first different between an operation and the one that was recorded. Values are not shown where the object is a Secret.
fn difference(actual: &Operation, recorded: &Operation) -> String {
    let head = format!("expected {recorded}, got {actual}");
    if actual.to_string() != recorded.to_string() {
        return head;
    }
    let mut sides = [serde_json::to_value(actual), serde_json::to_value(recorded)]
        .map(Result::unwrap_or_default);
    for side in &mut sides {
        if let Some(object) = side.get_mut("object") {
            redact_secret(object);
        }
    }
    let [actual, recorded] = &sides;
    match first(actual, recorded, String::new()) {
        Some(place) => format!("{head}; they differ at {place}"),
        None => format!("{head}; they differ in the data of a secret"),
    }
}

/// The place of the first difference of two values.
fn first(a: &Value, b: &Value, at: String) -> Option<String> {
    match (a, b) {
        (Value::Object(left), Value::Object(right)) => {
            let mut keys: Vec<_> = left.keys().chain(right.keys()).collect();
            keys.sort();
            keys.dedup();
            keys.into_iter().find_map(|key| {
                let inner = if at.is_empty() {
                    key.clone()
                } else {
                    format!("{at}.{key}")
                };
                match (left.get(key), right.get(key)) {
                    (Some(left), Some(right)) => first(left, right, inner),
                    _ => Some(inner),
                }
            })
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => left
            .iter()
            .zip(right)
            .enumerate()
            .find_map(|(index, (left, right))| first(left, right, format!("{at}[{index}]"))),
        _ => (a != b).then_some(at),
    }
}
