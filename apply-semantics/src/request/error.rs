//! Why a request was refused.

use std::{error, fmt};

use serde_json::Value;

use super::Conflicts;
use crate::{
    managed_fields::ManagedFieldsError,
    typed::ValidationErrors,
    updater::{ConvertError, UpdateError},
};

/// Why a request was refused. The texts are those of the API server, but for what is not valid about an object.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum RequestError {
    /// Other managers own what would change.
    Conflicts(Conflicts),
    /// What was sent is no object with a version and a kind.
    NotAnObject,
    /// A configuration is of another version or kind than it is applied to.
    WrongType {
        /// What it is, as in `apps/v1, Kind=Deployment`.
        found: String,
    },
    /// A configuration says who manages what; the engine does.
    ManagedFieldsInConfig,
    /// A kind is not known, or not in that version.
    UnknownKind {
        /// The version.
        api_version: String,
        /// The kind.
        kind: String,
    },
    /// The live object's entries cannot be read.
    ManagedFields(ManagedFieldsError),
    /// An object is not valid for its type.
    Invalid {
        /// Which one.
        stage: Stage,
        /// Its namespace, name, version and kind, as in `ns/name; apps/v1, Kind=Deployment`.
        object: String,
        /// Everything that is not valid.
        errors: ValidationErrors,
    },
    /// An object cannot be converted to the version of the request.
    Convert {
        /// Which one.
        stage: Stage,
        /// Its namespace, name, version and kind.
        object: String,
        /// For this reason.
        error: ConvertError,
    },
    /// It cannot be told who owns what.
    Ownership(UpdateError),
    /// It cannot be told who owns what is there already, when an object is applied for the first time.
    BeforeFirstApply(Box<Self>),
}

/// The object of a request that something is wrong with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stage {
    /// The configuration that is applied.
    Config,
    /// The live object that it is applied to.
    LiveOfApply,
    /// The new object of an update.
    New,
    /// The live object of an update.
    Live,
}

impl RequestError {
    /// The status code of the API server's answer.
    pub fn code(&self) -> u16 {
        match self {
            Self::Conflicts(_) => 409,
            Self::NotAnObject | Self::WrongType { .. } | Self::ManagedFieldsInConfig => 400,
            _ => 500,
        }
    }

    /// The conflicts, if it was refused for them.
    pub fn conflicts(&self) -> Option<&Conflicts> {
        match self {
            Self::Conflicts(conflicts) => Some(conflicts),
            _ => None,
        }
    }
}

/// A version and a kind, as Go prints them.
pub(super) fn type_text(api_version: &str, kind: &str) -> String {
    let core = if api_version.contains('/') { "" } else { "/" };
    format!("{core}{api_version}, Kind={kind}")
}

/// What an object is, as the server's messages say it.
pub(super) fn object_text(object: &Value) -> String {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    let metadata = |name| {
        text(
            object
                .get("metadata")
                .and_then(|metadata| metadata.get(name)),
        )
    };
    let ty = type_text(&text(object.get("apiVersion")), &text(object.get("kind")));
    format!("{}/{}; {ty}", metadata("namespace"), metadata("name"))
}

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Conflicts(conflicts) => conflicts.fmt(f),
            Self::NotAnObject => f.write_str("expected an object with apiVersion and kind"),
            Self::WrongType { found } => write!(f, "invalid object type: {found}"),
            Self::ManagedFieldsInConfig => f.write_str("metadata.managedFields must be nil"),
            Self::UnknownKind { api_version, kind } => {
                write!(
                    f,
                    "no corresponding type for {}",
                    type_text(api_version, kind)
                )
            }
            Self::ManagedFields(error) => write!(f, "failed to decode managed fields: {error}"),
            Self::Invalid {
                stage,
                object,
                errors,
            } => match stage {
                Stage::Config => write!(
                    f,
                    "failed to create typed patch object ({object}): {errors}"
                ),
                Stage::LiveOfApply => {
                    write!(f, "failed to create typed live object ({object}): {errors}")
                }
                Stage::New => write!(
                    f,
                    "failed to convert new object ({object}) to smd typed: {errors}"
                ),
                Stage::Live => write!(
                    f,
                    "failed to convert live object ({object}) to smd typed: {errors}"
                ),
            },
            Self::Convert {
                stage,
                object,
                error,
            } => {
                let which = match stage {
                    Stage::Config => "patch",
                    Stage::New => "new",
                    Stage::Live | Stage::LiveOfApply => "live",
                };
                write!(
                    f,
                    "failed to convert {which} object ({object}) to proper version: {error}"
                )
            }
            Self::Ownership(error @ UpdateError::Prune { .. }) => {
                write!(f, "failed to prune fields: {error}")
            }
            Self::Ownership(error) => write!(f, "failed to update managedFields: {error}"),
            Self::BeforeFirstApply(error) => {
                write!(f, "failed to create manager for existing fields: {error}")
            }
        }
    }
}

impl error::Error for RequestError {}
