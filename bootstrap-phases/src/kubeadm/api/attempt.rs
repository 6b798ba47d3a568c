//! Requests with what to do where they are refused, as effects.

use apply_semantics::op::{Operation, Reason};
use serde_json::{Value, json};

use super::PORT;
use crate::{Effect, PhaseError};

/// Operations of which one is to succeed: where one is refused for a reason that it names, the next is tried.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// What it does, for people.
    pub title: String,
    /// What it is about.
    pub target: String,
    /// The operations, in order.
    pub attempts: Vec<Attempt>,
    /// Reasons that are as good as success.
    pub enough: Vec<Reason>,
    /// Whether a process makes it once only.
    pub once: bool,
    /// What undoes it, if something does.
    pub undo: Option<Effect>,
}

/// One operation.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempt {
    /// What to do.
    pub operation: Operation,
    /// Whether it is done by who needs no rights granted.
    pub as_super_admin: bool,
    /// Reasons for which the next one is tried.
    pub otherwise: Vec<Reason>,
}

/// Reasons that requests name, and their spelling.
const REASONS: [(Reason, &str); 5] = [
    (Reason::AlreadyExists, "AlreadyExists"),
    (Reason::Conflict, "Conflict"),
    (Reason::Forbidden, "Forbidden"),
    (Reason::Invalid, "Invalid"),
    (Reason::NotFound, "NotFound"),
];

impl Attempt {
    /// An administrator does this.
    pub fn new(operation: Operation) -> Self {
        Self {
            operation,
            as_super_admin: false,
            otherwise: Vec::new(),
        }
    }

    /// The same, followed by the next one where it is refused for one of these reasons.
    #[must_use]
    pub fn otherwise(mut self, reasons: impl IntoIterator<Item = Reason>) -> Self {
        self.otherwise.extend(reasons);
        self
    }

    /// The same, done by who needs no rights granted.
    #[must_use]
    pub fn as_super_admin(mut self) -> Self {
        self.as_super_admin = true;
        self
    }
}

impl Request {
    /// A request of one operation.
    pub fn new(operation: Operation) -> Self {
        Self::any([Attempt::new(operation)])
    }

    /// A request of several operations of which one is to succeed.
    pub fn any(attempts: impl IntoIterator<Item = Attempt>) -> Self {
        let attempts: Vec<Attempt> = attempts.into_iter().collect();
        let first = attempts.first().map(|attempt| &attempt.operation);
        let target = first.and_then(Operation::target);
        Self {
            title: first.map(ToString::to_string).unwrap_or_default(),
            target: target.map(|target| target.to_string()).unwrap_or_default(),
            attempts,
            enough: Vec::new(),
            once: false,
            undo: None,
        }
    }

    /// The same, satisfied by refusals for these reasons too.
    #[must_use]
    pub fn enough(mut self, reasons: impl IntoIterator<Item = Reason>) -> Self {
        self.enough.extend(reasons);
        self
    }

    /// The same, made once only in a process.
    #[must_use]
    pub fn once(mut self) -> Self {
        self.once = true;
        self
    }

    /// The same, undone by this effect.
    #[must_use]
    pub fn undone_by(mut self, undo: Effect) -> Self {
        self.undo = Some(undo);
        self
    }

    /// The request as a change of a plan. That of a Secret is private.
    pub fn into_effect(self) -> Effect {
        let attempts: Vec<Value> = self.attempts.iter().map(Attempt::to_value).collect();
        let data = json!({
            "attempts": attempts,
            "enough": words(&self.enough),
            "once": self.once,
        });
        let secret = self.attempts.iter().any(Attempt::is_of_secret);
        let effect = Effect::new(PORT, self.target, self.title, data);
        let effect = if secret { effect.private() } else { effect };
        match self.undo {
            Some(undo) => effect.undone_by(undo),
            None => effect,
        }
    }

    /// The request that an effect of this port is.
    ///
    /// # Errors
    /// The effect is not one made by [`Request::into_effect`].
    pub fn of_effect(effect: &Effect) -> Result<Self, PhaseError> {
        let wrong = || {
            let text = format!("{} is no request to an API", effect.title());
            PhaseError::fatal("api.not-a-request", text)
        };
        let data = effect.data();
        let attempts = data.get("attempts").and_then(Value::as_array);
        let attempts = attempts.ok_or_else(wrong)?.iter();
        Ok(Self {
            title: effect.title().to_owned(),
            target: effect.target().to_owned(),
            attempts: attempts
                .map(|attempt| Attempt::of_value(attempt).ok_or_else(wrong))
                .collect::<Result<_, _>>()?,
            enough: reasons(data.get("enough")),
            once: data.get("once") == Some(&Value::Bool(true)),
            undo: None,
        })
    }
}

impl Attempt {
    fn is_of_secret(&self) -> bool {
        self.operation.collection().resource.kind == "Secret"
    }

    fn to_value(&self) -> Value {
        json!({
            "operation": serde_json::to_value(&self.operation).unwrap_or_default(),
            "asSuperAdmin": self.as_super_admin,
            "otherwise": words(&self.otherwise),
        })
    }

    fn of_value(value: &Value) -> Option<Self> {
        Some(Self {
            operation: serde_json::from_value(value.get("operation")?.clone()).ok()?,
            as_super_admin: value.get("asSuperAdmin") == Some(&Value::Bool(true)),
            otherwise: reasons(value.get("otherwise")),
        })
    }
}

fn words(reasons: &[Reason]) -> Vec<&'static str> {
    let known = REASONS.iter();
    known
        .filter(|(reason, _)| reasons.contains(reason))
        .map(|(_, word)| *word)
        .collect()
}

fn reasons(words: Option<&Value>) -> Vec<Reason> {
    let words = words.and_then(Value::as_array).into_iter().flatten();
    let find = |word: &Value| {
        let known = REASONS.iter().find(|(_, known)| word == known);
        known.map(|(reason, _)| *reason)
    };
    words.filter_map(find).collect()
}
