//! What a phase wants done beyond files: requests to servers, commands on the host.

use std::{borrow::Cow, fmt, sync::Arc};

use serde::{Deserialize, Serialize, Serializer, ser::SerializeStruct};
use serde_json::Value;

use crate::{Digest, PhaseError};

/// Something to be done that is no change of files. The engine does not know what it means; a [`Port`] does.
///
/// Effects are carried out in their place among the other changes of a plan. An interrupted run is followed by one that carries
/// out again those that are [repeatable](Effect::repeatable), and leaves the others to the next plan of their phase.
#[derive(Clone, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a promise of its own"
)]
pub struct Effect {
    port: Cow<'static, str>,
    target: String,
    title: String,
    data: Arc<Value>,
    private: bool,
    repeatable: bool,
    forced: bool,
    alongside: bool,
    undo: Option<Arc<Effect>>,
}

/// An [`Effect`] as events and journals tell it: what is private is left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct EffectRecord {
    /// Who carries it out.
    pub port: String,
    /// What it is about.
    pub target: String,
    /// What is done, for people.
    pub title: String,
    /// Digest of what the port is given.
    pub sha256: Digest,
    /// What the port is given, where an interrupted run is to give it again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeat: Option<Value>,
    /// Whether it is carried out whatever somebody changed since.
    #[serde(default, skip_serializing_if = "is_false")]
    pub forced: bool,
    /// What undoes it, if that was told: with what its port is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo: Option<Box<EffectRecord>>,
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature that serde asks for"
)]
fn is_false(value: &bool) -> bool {
    !value
}

/// How things stand with an effect that undoes another.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outlook {
    /// It is to be carried out.
    Open,
    /// There is nothing left to undo.
    Settled,
    /// Somebody changed what it is about since, and how: it is carried out only by force.
    Changed(String),
}

/// Carries out the effects of one kind: an API, a host.
pub trait Port: Send + Sync {
    /// Does what an effect says.
    ///
    /// # Errors
    /// Why it was not done, with a class that says whether trying again helps. Never secret.
    fn carry_out(&self, effect: &Effect) -> Result<(), PhaseError>;

    /// How things stand with an effect that undoes another ([`Effect::undone_by`]). Asked when an undo is planned; changes nothing.
    ///
    /// # Errors
    /// It cannot be told.
    fn outlook(&self, effect: &Effect) -> Result<Outlook, PhaseError> {
        let _ = effect;
        Ok(Outlook::Open)
    }
}

impl<F> Port for F
where
    F: Fn(&Effect) -> Result<(), PhaseError> + Send + Sync,
{
    fn carry_out(&self, effect: &Effect) -> Result<(), PhaseError> {
        self(effect)
    }
}

impl Effect {
    /// An effect that the port of this name carries out on a target: what is done in a line for people, and as data.
    pub fn new(
        port: impl Into<Cow<'static, str>>,
        target: impl Into<String>,
        title: impl Into<String>,
        data: Value,
    ) -> Self {
        Self {
            port: port.into(),
            target: target.into(),
            title: title.into(),
            data: Arc::new(data),
            private: false,
            repeatable: false,
            forced: false,
            alongside: false,
            undo: None,
        }
    }

    /// The same, with data that nobody may see: it shows in no plan, event or journal.
    #[must_use]
    pub fn private(mut self) -> Self {
        self.private = true;
        self
    }

    /// The same, to be carried out again if a run is interrupted after its phase began to make changes: for what the next plan
    /// could not see, such as a restart. Its data stands in the journal; a private effect is never repeated.
    #[must_use]
    pub fn repeatable(mut self) -> Self {
        self.repeatable = true;
        self
    }

    /// The same, carried out at the same time as its neighbours in the plan that say so too, if the runner has
    /// [jobs](crate::Runner::jobs): for what takes long, such as the pull of an image. Events tell of them in the plan's order once
    /// all are over. When one fails, or the run is cut off, the others may be carried out again.
    #[must_use]
    pub fn alongside(mut self) -> Self {
        self.alongside = true;
        self
    }

    /// Whether it may be carried out at the same time as its neighbours.
    pub fn is_alongside(&self) -> bool {
        self.alongside
    }

    /// The same, undone by another: that one stands in the journal and is carried out if the run is undone and its phase is
    /// [undoable](crate::Node::undoable). Its port is asked first whether there is something left to undo, and whether somebody
    /// changed it since ([`Port::outlook`]). A private effect cannot be kept and undoes nothing.
    #[must_use]
    pub fn undone_by(mut self, undo: Effect) -> Self {
        self.undo = (!undo.private).then(|| Arc::new(undo));
        self
    }

    /// The same, to be carried out whatever somebody changed since.
    pub(crate) fn forced(mut self) -> Self {
        self.forced = true;
        self
    }

    /// Whether it is to be carried out whatever somebody changed since.
    pub fn is_forced(&self) -> bool {
        self.forced
    }

    /// Who carries it out.
    pub fn port(&self) -> &str {
        &self.port
    }

    /// What it is about: an object, a service.
    pub fn target(&self) -> &str {
        &self.target
    }

    /// What is done, for people.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// What the port is given. Whoever calls this for a private effect answers for where it goes.
    pub fn data(&self) -> &Value {
        &self.data
    }

    /// Whether its data is for nobody to see.
    pub fn is_private(&self) -> bool {
        self.private
    }

    pub(crate) fn of_record(record: &EffectRecord) -> Option<Self> {
        let effect = Self::new(
            record.port.clone(),
            record.target.clone(),
            record.title.clone(),
            record.repeat.clone()?,
        );
        Some(Self {
            forced: record.forced,
            ..effect.repeatable()
        })
    }
}

impl From<&Effect> for EffectRecord {
    fn from(effect: &Effect) -> Self {
        Self {
            port: effect.port.to_string(),
            target: effect.target.clone(),
            title: effect.title.clone(),
            sha256: Digest::of(effect.data.to_string().as_bytes()),
            repeat: (effect.repeatable && !effect.private).then(|| Value::clone(&effect.data)),
            forced: effect.forced,
            undo: effect.undo.as_deref().map(|undo| {
                let data = Some(Value::clone(&undo.data));
                Box::new(Self {
                    repeat: data,
                    undo: None,
                    ..undo.into()
                })
            }),
        }
    }
}

/// As port, target, title, and the data unless it is private.
impl Serialize for Effect {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Effect", 4)?;
        out.serialize_field("port", &self.port)?;
        out.serialize_field("target", &self.target)?;
        out.serialize_field("title", &self.title)?;
        if !self.private {
            out.serialize_field("data", &*self.data)?;
        }
        out.end()
    }
}

impl fmt::Debug for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Effect")
            .field("port", &self.port)
            .field("title", &self.title)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for EffectRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.title)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_private_does_not_show_and_is_not_repeated() {
        let effect = Effect::new(
            "api",
            "Secret a",
            "create Secret a",
            json!({"k": "hunter2"}),
        )
        .private()
        .repeatable();
        let record = EffectRecord::from(&effect);
        let told = [
            format!("{effect:?}"),
            serde_json::to_string(&effect).unwrap(),
            serde_json::to_string(&record).unwrap(),
        ];
        assert!(
            told.iter().all(|text| !text.contains("hunter2")),
            "{told:?}"
        );
        assert_eq!(Effect::of_record(&record), None);
        let open = Effect::new("host", "kubelet", "restart", json!(1)).repeatable();
        assert_eq!(Effect::of_record(&EffectRecord::from(&open)), Some(open));
    }
}
