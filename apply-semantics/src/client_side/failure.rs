//! Why kubectl would stop, and what it would warn of.

use std::{error, fmt};

use crate::{
    op::Refusal,
    patch::{Conflict, PatchError, Precondition},
};

/// Why a plan came to an end before its goal.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum Failure {
    /// There was nothing to do anything with.
    NoObjects,
    /// A document is no object with `apiVersion` and `kind`.
    Malformed {
        /// The field that is missing.
        field: &'static str,
    },
    /// The server serves no such kind.
    UnknownKind {
        /// The `group/version`.
        api_version: String,
        /// The kind.
        kind: String,
    },
    /// The object has no name.
    NoName,
    /// The object has a name to be generated, with which nothing can be applied.
    GeneratedName {
        /// The beginning of the name.
        prefix: String,
    },
    /// The object is of another namespace than the one that was demanded.
    OtherNamespace {
        /// The namespace of the object.
        found: String,
        /// The namespace that was demanded.
        wanted: String,
    },
    /// Options that exclude each other, or one that lacks another.
    Options(&'static str),
    /// The annotation of the live object holds no JSON object.
    BrokenAnnotation,
    /// The live object was never applied.
    NoAnnotation,
    /// The patch could not be made.
    Patch(PatchError),
    /// The live object was changed where the manifest changes it, and must not be overwritten.
    Conflict(Box<Conflict>),
    /// The patch would change what the object is.
    Identity(Precondition),
    /// A label or annotation has another value already.
    AlreadySet {
        /// The key.
        key: String,
    },
    /// The managed fields of the live object cannot be read.
    ManagedFields,
    /// The server refused a request.
    Refused {
        /// What was asked of it.
        request: String,
        /// Its refusal.
        refusal: Box<Refusal>,
    },
    /// The parent object of an ApplySet is not fit for it.
    ApplySet(ApplySetFault),
}

/// Why an object cannot be the parent of an ApplySet, or a manifest not its member.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ApplySetFault {
    /// The parent lives in namespaces, and none was given.
    NoNamespace,
    /// Objects of this kind may not be parents: the definition of the kind lacks the label for it.
    KindNotPermitted {
        /// `resource.group` of the parent.
        resource: String,
    },
    /// The parent is a custom resource that does not exist, and would not be made.
    NoParent,
    /// The parent lacks an annotation.
    NoParentAnnotation {
        /// The key.
        key: &'static str,
    },
    /// Another tool manages the set.
    OtherTool {
        /// The name of that tool.
        found: String,
        /// The name of this one.
        wanted: String,
    },
    /// The parent has no identity, or that of another object.
    OtherId {
        /// The identity found.
        found: Option<String>,
        /// The identity that this parent must have.
        wanted: String,
    },
    /// The parent names a kind that the server does not serve.
    UnknownKind {
        /// The `Kind.group`.
        kind: String,
    },
    /// A manifest already has the label of members.
    LabelTaken,
}

impl fmt::Display for ApplySetFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoNamespace => f.write_str("the parent needs a namespace"),
            Self::KindNotPermitted { resource } => {
                write!(f, "{resource} may not be parents")
            }
            Self::NoParent => f.write_str("the parent is a custom resource and does not exist"),
            Self::NoParentAnnotation { key } => write!(f, "the parent lacks annotation {key}"),
            Self::OtherTool { found, wanted } => {
                write!(
                    f,
                    "the parent is managed by {found:?} instead of {wanted:?}"
                )
            }
            Self::OtherId { found: None, .. } => f.write_str("the parent has no identity"),
            Self::OtherId {
                found: Some(found),
                wanted,
            } => write!(f, "the parent has identity {found} instead of {wanted}"),
            Self::UnknownKind { kind } => {
                write!(f, "the parent names kind {kind}, which is not served")
            }
            Self::LabelTaken => f.write_str("a manifest has the label of members already"),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoObjects => f.write_str("no objects"),
            Self::Malformed { field } => write!(f, "{field}: required"),
            Self::UnknownKind { api_version, kind } => {
                write!(f, "no kind {kind} in version {api_version}")
            }
            Self::NoName => f.write_str("metadata.name: required"),
            Self::GeneratedName { prefix } => {
                write!(
                    f,
                    "metadata.generateName: {prefix:?} names no object that could be applied"
                )
            }
            Self::OtherNamespace { found, wanted } => {
                write!(
                    f,
                    "metadata.namespace: {found:?} is not the demanded {wanted:?}"
                )
            }
            Self::Options(what) => f.write_str(what),
            Self::BrokenAnnotation => {
                write!(f, "annotation {} holds no object", super::LAST_APPLIED)
            }
            Self::NoAnnotation => write!(f, "no annotation {}", super::LAST_APPLIED),
            Self::Patch(error) => error.fmt(f),
            Self::Conflict(conflict) => conflict.fmt(f),
            Self::Identity(precondition) => precondition.fmt(f),
            Self::AlreadySet { key } => write!(f, "{key} already has another value"),
            Self::ManagedFields => f.write_str("metadata.managedFields: malformed"),
            Self::Refused { request, refusal } => write!(f, "{request}: {refusal}"),
            Self::ApplySet(fault) => write!(f, "apply set: {fault}"),
        }
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Failure({self})")
    }
}

impl error::Error for Failure {}

impl error::Error for ApplySetFault {}

impl From<PatchError> for Failure {
    fn from(error: PatchError) -> Self {
        Self::Patch(error)
    }
}

impl From<ApplySetFault> for Failure {
    fn from(fault: ApplySetFault) -> Self {
        Self::ApplySet(fault)
    }
}

/// What kubectl warns of, and goes on.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Warning {
    /// The object was not made by apply; the annotation is added now.
    NotApplied,
    /// The object is being deleted.
    Deleting,
    /// The annotation could not be given a server-side owner before fields were handed over.
    AnnotationNotSaved(Failure),
    /// The fields of client-side apply were not handed over to server-side apply; the next apply tries again.
    NotMigrated(Failure),
    /// The fields were handed over, and the apply after that failed.
    NotAppliedAgain(Failure),
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotApplied => write!(f, "no annotation {}; it is added", super::LAST_APPLIED),
            Self::Deleting => f.write_str("the object is being deleted"),
            Self::AnnotationNotSaved(why) => write!(f, "the annotation was not saved: {why}"),
            Self::NotMigrated(why) => write!(f, "the fields were not handed over: {why}"),
            Self::NotAppliedAgain(why) => write!(f, "the second apply failed: {why}"),
        }
    }
}
