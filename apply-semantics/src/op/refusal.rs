//! Why an API server did not do what it was asked.

use std::{error, fmt};

use super::{ObjectRef, ResourceRef};

/// A refusal, with all that the server says about it.
///
/// It goes to and from the `Status` of Kubernetes without loss: [`Refusal::to_status`], [`Refusal::from_status`].
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Refusal {
    /// The class of the refusal: what to branch on.
    pub reason: Reason,
    /// The HTTP status code; 0 when there was no answer.
    pub code: u16,
    /// What the server says to people. It may hold values of the object, so it is not part of `Debug` and `Display` of a refusal
    /// that concerns a Secret.
    pub message: String,
    /// The object and the single causes.
    pub details: Box<Details>,
}

/// Classes of refusals: the reasons of a Kubernetes `Status`, and having no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Reason {
    /// The server does not know who asks.
    Unauthorized,
    /// Who asks may not do this, or admission refuses it.
    Forbidden,
    /// There is no such object, resource or namespace.
    NotFound,
    /// There already is an object of that name.
    AlreadyExists,
    /// The object is not in the state that the request supposes; see [`Refusal::conflict`].
    Conflict,
    /// The thing existed once.
    Gone,
    /// The object is invalid; see [`Details::causes`].
    Invalid,
    /// The server could not do it in time and did nothing; ask again.
    ServerTimeout,
    /// The request took too long; whether it was done is unknown.
    Timeout,
    /// Ask again later.
    TooManyRequests,
    /// The request makes no sense.
    BadRequest,
    /// The resource does not support this verb.
    MethodNotAllowed,
    /// The server cannot answer in the wanted form.
    NotAcceptable,
    /// The body is too large.
    RequestEntityTooLarge,
    /// The server does not read bodies of this form.
    UnsupportedMediaType,
    /// Something went wrong in the server.
    InternalError,
    /// The resource version or continue token is too old.
    Expired,
    /// The server is not ready.
    ServiceUnavailable,
    /// The server cannot read the stored object.
    StoreReadError,
    /// The server names no reason, or one that is not known here.
    Unknown,
    /// There was no answer. Whether the operation was done is unknown.
    Unreachable,
}

/// What a refusal is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Details {
    /// The name of the object.
    pub name: String,
    /// The API group.
    pub group: String,
    /// The kind, or the resource where the server knows no kind.
    pub kind: String,
    /// The uid of the object.
    pub uid: String,
    /// The single causes.
    pub causes: Vec<Cause>,
    /// After how many seconds to ask again.
    pub retry_after_seconds: Option<u32>,
}

/// One cause of a refusal.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Cause {
    /// What kind of fault, such as `FieldValueRequired` or `FieldManagerConflict`.
    pub reason: String,
    /// What is wrong, for people.
    pub message: String,
    /// The path of the field.
    pub field: String,
}

impl Cause {
    /// A cause.
    pub fn new(
        reason: impl Into<String>,
        message: impl Into<String>,
        field: impl Into<String>,
    ) -> Self {
        Self {
            reason: reason.into(),
            message: message.into(),
            field: field.into(),
        }
    }
}

/// The kinds of [`Reason::Conflict`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Conflict {
    /// Server-side apply: fields belong to other managers. Apply with force, leave the fields out, or apply their values.
    Fields(Vec<FieldConflict>),
    /// The object changed since it was read, or a precondition does not hold. Read it again.
    Stale,
}

/// A field that belongs to somebody else.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FieldConflict {
    /// The manager.
    pub manager: String,
    /// The `apiVersion` of an update of the manager; empty if it applied the field.
    pub api_version: String,
    /// The subresource through which it wrote the field; empty for the object itself.
    pub subresource: String,
    /// The path of the field, such as `.spec.replicas`.
    pub field: String,
}

/// The reason of causes that are conflicts of server-side apply.
const FIELD_MANAGER_CONFLICT: &str = "FieldManagerConflict";

impl Reason {
    /// Reasons, their spelling in a `Status`, and their usual code.
    const TABLE: [(Self, &'static str, u16); 20] = [
        (Self::Unauthorized, "Unauthorized", 401),
        (Self::Forbidden, "Forbidden", 403),
        (Self::NotFound, "NotFound", 404),
        (Self::AlreadyExists, "AlreadyExists", 409),
        (Self::Conflict, "Conflict", 409),
        (Self::Gone, "Gone", 410),
        (Self::Invalid, "Invalid", 422),
        (Self::ServerTimeout, "ServerTimeout", 500),
        (Self::Timeout, "Timeout", 504),
        (Self::TooManyRequests, "TooManyRequests", 429),
        (Self::BadRequest, "BadRequest", 400),
        (Self::MethodNotAllowed, "MethodNotAllowed", 405),
        (Self::NotAcceptable, "NotAcceptable", 406),
        (Self::RequestEntityTooLarge, "RequestEntityTooLarge", 413),
        (Self::UnsupportedMediaType, "UnsupportedMediaType", 415),
        (Self::InternalError, "InternalError", 500),
        (Self::Expired, "Expired", 410),
        (Self::ServiceUnavailable, "ServiceUnavailable", 503),
        (Self::StoreReadError, "StorageReadError", 500),
        (Self::Unreachable, "Unreachable", 0),
    ];

    /// The spelling in a `Status`; empty for [`Reason::Unknown`].
    pub fn as_str(self) -> &'static str {
        let row = Self::TABLE.iter().find(|(reason, ..)| *reason == self);
        row.map_or("", |(_, text, _)| text)
    }

    /// The reason of that spelling; [`Reason::Unknown`] for others.
    pub fn parse(text: &str) -> Self {
        let row = Self::TABLE
            .iter()
            .find(|(_, spelling, _)| *spelling == text);
        row.map_or(Self::Unknown, |(reason, ..)| *reason)
    }

    /// The code that a server answers with this reason; 500 for [`Reason::Unknown`], 0 for [`Reason::Unreachable`].
    pub fn code(self) -> u16 {
        let row = Self::TABLE.iter().find(|(reason, ..)| *reason == self);
        row.map_or(500, |(_, _, code)| *code)
    }

    /// What a code alone says, when something that is no API server answers.
    pub fn of_code(code: u16) -> Self {
        match code {
            0 => Self::Unreachable,
            409 => Self::Conflict,
            410 => Self::Gone,
            502 | 503 => Self::ServiceUnavailable,
            500 => Self::InternalError,
            _ => {
                let row = Self::TABLE.iter().find(|(.., usual)| *usual == code);
                row.map_or(Self::Unknown, |(reason, ..)| *reason)
            }
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unknown => "unknown reason",
            other => other.as_str(),
        })
    }
}

impl Refusal {
    /// A refusal for that reason, with its usual code.
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self {
            reason,
            code: reason.code(),
            message: message.into(),
            details: Box::default(),
        }
    }

    /// There is no such object.
    pub fn not_found(target: &ObjectRef) -> Self {
        let message = format!(
            "{} \"{}\" not found",
            target.resource.qualified(),
            target.name
        );
        Self::new(Reason::NotFound, message).about(&target.resource, &target.name)
    }

    /// There already is such an object.
    pub fn already_exists(target: &ObjectRef) -> Self {
        let message = format!(
            "{} \"{}\" already exists",
            target.resource.qualified(),
            target.name
        );
        Self::new(Reason::AlreadyExists, message).about(&target.resource, &target.name)
    }

    /// The object is not in the state that the request supposes, for the reason that the message gives.
    pub fn stale(target: &ObjectRef, message: impl fmt::Display) -> Self {
        let message = format!(
            "Operation cannot be fulfilled on {} \"{}\": {message}",
            target.resource.qualified(),
            target.name
        );
        Self::new(Reason::Conflict, message).about(&target.resource, &target.name)
    }

    /// The request makes no sense.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(Reason::BadRequest, message)
    }

    /// The resource does not support this.
    pub fn method_not_allowed(message: impl Into<String>) -> Self {
        Self::new(Reason::MethodNotAllowed, message)
    }

    /// Something went wrong inside the server.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(Reason::InternalError, message)
    }

    /// There was no answer.
    pub fn unreachable(message: impl Into<String>) -> Self {
        Self::new(Reason::Unreachable, message)
    }

    /// The same, about that object of that resource.
    #[must_use]
    pub fn about(mut self, resource: &ResourceRef, name: &str) -> Self {
        name.clone_into(&mut self.details.name);
        self.details.group.clone_from(&resource.group);
        self.details.kind.clone_from(&resource.resource);
        self
    }

    /// The same, with those causes.
    #[must_use]
    pub fn with_causes(mut self, causes: Vec<Cause>) -> Self {
        self.details.causes = causes;
        self
    }

    /// The same, to be asked again after so many seconds.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.details.retry_after_seconds = Some(seconds);
        self
    }

    /// Whether there is no such object, resource or namespace.
    pub fn is_not_found(&self) -> bool {
        self.reason == Reason::NotFound
    }

    /// Whether there already is such an object.
    pub fn is_already_exists(&self) -> bool {
        self.reason == Reason::AlreadyExists
    }

    /// Whether the same operation may succeed later without anybody changing anything.
    ///
    /// It may have been done nevertheless: see [`Refusal::is_outcome_unknown`].
    pub fn is_retriable(&self) -> bool {
        matches!(
            self.reason,
            Reason::ServerTimeout
                | Reason::Timeout
                | Reason::TooManyRequests
                | Reason::InternalError
                | Reason::ServiceUnavailable
                | Reason::Unreachable
        ) || self.details.retry_after_seconds.is_some()
    }

    /// Whether the operation may have been done though it was refused.
    pub fn is_outcome_unknown(&self) -> bool {
        matches!(
            self.reason,
            Reason::Timeout | Reason::InternalError | Reason::Unreachable
        )
    }

    /// What the conflict is, if this is one.
    pub fn conflict(&self) -> Option<Conflict> {
        if self.reason != Reason::Conflict {
            return None;
        }
        let fields: Vec<_> = self
            .details
            .causes
            .iter()
            .filter(|cause| cause.reason == FIELD_MANAGER_CONFLICT)
            .filter_map(FieldConflict::of)
            .collect();
        Some(if fields.is_empty() {
            Conflict::Stale
        } else {
            Conflict::Fields(fields)
        })
    }

    /// The fields that belong to other managers, if this is a conflict of server-side apply; else none.
    pub fn field_conflicts(&self) -> Vec<FieldConflict> {
        match self.conflict() {
            Some(Conflict::Fields(fields)) => fields,
            _ => Vec::new(),
        }
    }

    /// Whether the object is a Secret, whose values messages may hold.
    fn concerns_secret(&self) -> bool {
        let kind = self.details.kind.as_str();
        kind.eq_ignore_ascii_case("secret") || kind.eq_ignore_ascii_case("secrets")
    }
}

impl FieldConflict {
    /// Reads the cause of a conflict: `conflict with "M" with subresource "S" using V at TIME`, of which only the first part is always there.
    fn of(cause: &Cause) -> Option<Self> {
        let rest = cause.message.strip_prefix("conflict with ")?;
        let (manager, mut rest) = unquote(rest)?;
        let mut subresource = String::new();
        if let Some((name, after)) = rest.strip_prefix(" with subresource ").and_then(unquote) {
            subresource = name;
            rest = after;
        }
        let api_version = rest
            .strip_prefix(" using ")
            .and_then(|rest| rest.split(' ').next())
            .unwrap_or_default();
        Some(Self {
            manager,
            api_version: api_version.trim_end_matches(':').to_owned(),
            subresource,
            field: cause.field.clone(),
        })
    }
}

impl fmt::Display for FieldConflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} belongs to {:?}", self.field, self.manager)
    }
}

/// Reads a string in quotes, in which a backslash keeps the next character, and answers what follows.
fn unquote(text: &str) -> Option<(String, &str)> {
    let inner = text.strip_prefix('"')?;
    let mut out = String::new();
    let mut characters = inner.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((out, inner.get(at + 1..)?)),
            '\\' => out.push(characters.next()?.1),
            other => out.push(other),
        }
    }
    None
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.concerns_secret() {
            let Details { kind, name, .. } = &*self.details;
            return write!(f, "{} on {kind} {name:?} (code {})", self.reason, self.code);
        }
        f.write_str(&self.message)
    }
}

impl fmt::Debug for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Refusal({} {}: {self})", self.code, self.reason)
    }
}

impl error::Error for Refusal {}

#[cfg(test)]
mod tests {
    use super::*;

    fn conflict(message: &str) -> Refusal {
        let cause = Cause::new(FIELD_MANAGER_CONFLICT, message, ".spec.replicas");
        Refusal::new(Reason::Conflict, "Apply failed").with_causes(vec![cause])
    }

    #[test]
    fn conflicts_of_apply_are_data() {
        let plain = conflict(r#"conflict with "a \"b\"""#).field_conflicts();
        assert_eq!(plain[0].manager, "a \"b\"");
        assert_eq!(plain[0].api_version, "");
        let update = conflict(
            r#"conflict with "hpa" with subresource "scale" using apps/v1 at 2024-01-01T00:00:00Z"#,
        );
        let update = update.field_conflicts();
        assert_eq!(update[0].subresource, "scale");
        assert_eq!(update[0].api_version, "apps/v1");
        assert_eq!(update[0].field, ".spec.replicas");
    }

    #[test]
    fn other_conflicts_are_stale() {
        let target = ObjectRef::of(
            &serde_json::json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}}),
        );
        let refusal = Refusal::stale(&target.unwrap(), "the object has been modified");
        assert_eq!(refusal.conflict(), Some(Conflict::Stale));
        assert_eq!(
            refusal.to_string(),
            "Operation cannot be fulfilled on pods \"a\": the object has been modified"
        );
    }

    #[test]
    fn what_may_be_asked_again() {
        assert!(Refusal::new(Reason::TooManyRequests, "").is_retriable());
        assert!(Refusal::unreachable("").is_outcome_unknown());
        assert!(!Refusal::bad_request("").is_retriable());
        assert!(!conflict("").is_retriable());
    }

    #[test]
    fn messages_about_secrets_stay_hidden() {
        let resource = ResourceRef::of_kind("v1", "Secret");
        let refusal = Refusal::new(Reason::Invalid, "data: hunter2").about(&resource, "s");
        assert!(!format!("{refusal:?} {refusal}").contains("hunter2"));
    }
}
