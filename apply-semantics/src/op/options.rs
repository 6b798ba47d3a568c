//! The options of operations, as plain values with chained setters.

use std::fmt;

/// What an API server does with fields that it does not know, or finds twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FieldValidation {
    /// It drops them.
    Ignore,
    /// It drops them and warns.
    Warn,
    /// It refuses the request.
    Strict,
}

impl FieldValidation {
    /// The value of the parameter `fieldValidation`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ignore => "Ignore",
            Self::Warn => "Warn",
            Self::Strict => "Strict",
        }
    }

    /// The value of that spelling.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Ignore, Self::Warn, Self::Strict]
            .into_iter()
            .find(|value| value.as_str() == text)
    }
}

/// What becomes of the dependents of a deleted object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Propagation {
    /// They stay, without owner.
    Orphan,
    /// They are deleted afterwards.
    Background,
    /// They are deleted before.
    Foreground,
}

impl Propagation {
    /// The value of `propagationPolicy`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Orphan => "Orphan",
            Self::Background => "Background",
            Self::Foreground => "Foreground",
        }
    }

    /// The value of that spelling.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Orphan, Self::Background, Self::Foreground]
            .into_iter()
            .find(|value| value.as_str() == text)
    }
}

/// Options of create, update and patch.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct WriteOptions {
    /// The manager that the written fields belong to; the server takes the name of the client when there is none.
    pub field_manager: Option<String>,
    /// Answer as if the write was done, and do nothing.
    pub dry_run: bool,
    /// What to do with unknown fields; the server's default is [`FieldValidation::Warn`].
    pub field_validation: Option<FieldValidation>,
}

impl WriteOptions {
    /// Writes by that manager.
    pub fn new(manager: impl Into<String>) -> Self {
        Self {
            field_manager: Some(manager.into()),
            ..Self::default()
        }
    }

    /// The same as a dry run.
    #[must_use]
    pub fn dry_run(mut self) -> Self {
        self.dry_run = true;
        self
    }

    /// The same, with that treatment of unknown fields.
    #[must_use]
    pub fn field_validation(mut self, validation: FieldValidation) -> Self {
        self.field_validation = Some(validation);
        self
    }
}

/// Options of server-side apply.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct ApplyOptions {
    /// The manager that applies. Server-side apply has no default for it.
    pub manager: String,
    /// Take fields from other managers instead of conflicting with them.
    pub force: bool,
    /// Answer as if the apply was done, and do nothing.
    pub dry_run: bool,
    /// What to do with fields that are written twice. Unknown fields are refused in any case.
    pub field_validation: Option<FieldValidation>,
}

impl ApplyOptions {
    /// Applies by that manager.
    pub fn new(manager: impl Into<String>) -> Self {
        Self {
            manager: manager.into(),
            ..Self::default()
        }
    }

    /// The same, taking fields from other managers.
    #[must_use]
    pub fn force(mut self) -> Self {
        self.force = true;
        self
    }

    /// The same as a dry run.
    #[must_use]
    pub fn dry_run(mut self) -> Self {
        self.dry_run = true;
        self
    }

    /// The same, with that treatment of doubled fields.
    #[must_use]
    pub fn field_validation(mut self, validation: FieldValidation) -> Self {
        self.field_validation = Some(validation);
        self
    }
}

/// Options of delete and of the deletion of collections.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct DeleteOptions {
    /// Delete only the object with this `metadata.uid`.
    pub uid: Option<String>,
    /// Delete only the object with this `metadata.resourceVersion`.
    pub resource_version: Option<String>,
    /// What becomes of dependents; the server's default depends on the kind.
    pub propagation: Option<Propagation>,
    /// Seconds that the object has to end; the server's default depends on the kind.
    pub grace_period_seconds: Option<i64>,
    /// Answer as if the object was deleted, and do nothing.
    pub dry_run: bool,
}

impl DeleteOptions {
    /// Only if the object has that uid.
    #[must_use]
    pub fn uid(mut self, uid: impl Into<String>) -> Self {
        self.uid = Some(uid.into());
        self
    }

    /// Only if the object has that resource version.
    #[must_use]
    pub fn resource_version(mut self, version: impl Into<String>) -> Self {
        self.resource_version = Some(version.into());
        self
    }

    /// The same, with that treatment of dependents.
    #[must_use]
    pub fn propagation(mut self, propagation: Propagation) -> Self {
        self.propagation = Some(propagation);
        self
    }

    /// The same, with that many seconds of grace.
    #[must_use]
    pub fn grace_period_seconds(mut self, seconds: i64) -> Self {
        self.grace_period_seconds = Some(seconds);
        self
    }

    /// The same as a dry run.
    #[must_use]
    pub fn dry_run(mut self) -> Self {
        self.dry_run = true;
        self
    }
}

/// Which objects of a collection, and how many at a time.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct ListOptions {
    /// A label selector in its text form, such as `app=web,tier!=cache`.
    pub label_selector: Option<String>,
    /// A field selector in its text form, such as `metadata.name=a`.
    pub field_selector: Option<String>,
    /// The most objects that an answer holds.
    pub limit: Option<u32>,
    /// The token of the answer before, to go on from there.
    pub continue_token: Option<String>,
    /// The resource version that the answer must reach.
    pub resource_version: Option<String>,
}

impl ListOptions {
    /// Only objects whose labels match.
    #[must_use]
    pub fn labels(mut self, selector: impl Into<String>) -> Self {
        self.label_selector = Some(selector.into());
        self
    }

    /// Only objects whose fields match.
    #[must_use]
    pub fn fields(mut self, selector: impl Into<String>) -> Self {
        self.field_selector = Some(selector.into());
        self
    }

    /// That many objects at most.
    #[must_use]
    pub fn limit(mut self, limit: u32) -> Self {
        self.limit = Some(limit);
        self
    }

    /// From where the answer with this token ended.
    #[must_use]
    pub fn continue_token(mut self, token: impl Into<String>) -> Self {
        self.continue_token = Some(token.into());
        self
    }
}

impl fmt::Display for ListOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(selector) = &self.label_selector {
            write!(f, " with labels {selector}")?;
        }
        if let Some(selector) = &self.field_selector {
            write!(f, " with fields {selector}")?;
        }
        Ok(())
    }
}
