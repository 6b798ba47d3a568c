//! What can be wrong with a certificate, key or kubeconfig that exists, and what mends it.

use std::fmt;
use std::time::SystemTime;

use super::{Distrust, PkiError, time};
use crate::PhaseError;

/// A file that stands in the way: which, what is wrong with it, and how to mend it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileProblem {
    /// Path of the file.
    pub path: String,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// It is not there, and what is asked for cannot be made without it.
    Missing,
    /// There is neither certificate nor key of the authority that has to sign.
    NoAuthority,
    /// Its content cannot be understood.
    Unreadable(PkiError),
    /// The other half of the pair is not there.
    HalfPair {
        /// Path of the missing half.
        missing: String,
    },
    /// The certificate was not made for the key beside it.
    KeyMismatch {
        /// Path of the key.
        key: String,
    },
    /// The certificate is not one of an authority, or its key must not sign certificates.
    NotAnAuthority,
    /// The certificate has expired.
    Expired {
        /// When.
        since: SystemTime,
    },
    /// The certificate is not valid yet.
    NotYetValid {
        /// When it will be.
        from: SystemTime,
    },
    /// The certificate is not from the authority.
    Foreign {
        /// Path of the authority's certificate.
        authority: String,
        /// What is wrong with it.
        why: Distrust,
    },
    /// The certificate lacks names that clients will ask for.
    LacksNames {
        /// The names and addresses.
        names: Vec<String>,
    },
    /// The certificate is not for the use it is needed for.
    LacksUsage,
    /// What the authority would sign nobody would accept.
    CannotSign {
        /// The certificate that is asked for.
        certificate: String,
        /// Why not.
        why: Distrust,
    },
    /// A kubeconfig that is none.
    BrokenKubeconfig {
        /// What is wrong with it.
        why: String,
    },
    /// A kubeconfig whose credentials will not work.
    UnsoundKubeconfig {
        /// What is wrong with them.
        why: String,
    },
    /// A kubeconfig that trusts another authority.
    OtherTrust {
        /// Path of the authority's certificate.
        authority: String,
    },
}

impl FileProblem {
    pub(in crate::kubeadm) fn new(path: impl Into<String>, problem: Problem) -> Self {
        Self {
            path: path.into(),
            problem,
        }
    }
}

impl Problem {
    /// For machines, dotted and stable.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing => "pki.existing-file.missing",
            Self::NoAuthority => "pki.no-authority",
            Self::Unreadable(_) => "pki.existing-file.unreadable",
            Self::HalfPair { .. } => "pki.existing-file.half-pair",
            Self::KeyMismatch { .. } => "pki.existing-file.key-mismatch",
            Self::NotAnAuthority => "pki.existing-file.not-an-authority",
            Self::Expired { .. } => "pki.existing-file.expired",
            Self::NotYetValid { .. } => "pki.existing-file.not-yet-valid",
            Self::Foreign { .. } => "pki.existing-file.foreign",
            Self::LacksNames { .. } => "pki.existing-file.lacks-names",
            Self::LacksUsage => "pki.existing-file.lacks-usage",
            Self::CannotSign { .. } => "pki.existing-file.cannot-sign",
            Self::BrokenKubeconfig { .. } => "kubeconfig.existing-file.broken",
            Self::UnsoundKubeconfig { .. } => "kubeconfig.existing-file.unsound",
            Self::OtherTrust { .. } => "kubeconfig.existing-file.other-trust",
        }
    }

    /// What mends it.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Missing => "put it in place, or run the phase that makes it first",
            Self::NoAuthority => {
                "put it and its key in place, or run the phase that makes them first"
            }
            Self::Unreadable(_) => {
                "replace it, or remove it together with the other half of its pair to have both made"
            }
            Self::HalfPair { .. } => {
                "restore the missing half, or remove this one to have both made"
            }
            Self::KeyMismatch { .. } => {
                "put the key and certificate that belong together in place, or remove both to have them made"
            }
            Self::NotAnAuthority => {
                "it needs the basic constraint CA:TRUE and, if it has key usages, certificate sign among them; \
                 replace it, or remove it and its key to have both made"
            }
            Self::Expired { .. } => "renew it, or remove it and its key to have both made",
            Self::NotYetValid { .. } => "check the clock of this host, or replace the certificate",
            Self::Foreign { .. } => {
                "have it signed by this authority, put the authority that signed it in place, or remove it and its key to \
                 have both made"
            }
            Self::LacksNames { .. } => {
                "have it issued with these names, or remove it and its key to have both made"
            }
            Self::LacksUsage => {
                "have it issued for this use, or remove it and its key to have both made"
            }
            Self::CannotSign { .. } => {
                "put an authority in place that may, or change the names in the configuration"
            }
            Self::BrokenKubeconfig { .. } => "repair it, or remove it to have it made",
            Self::UnsoundKubeconfig { .. } => "renew its credentials, or remove it to have it made",
            Self::OtherTrust { .. } => {
                "put this authority's certificate into it, or remove it to have it made"
            }
        }
    }
}

impl fmt::Display for FileProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {}: {}",
            self.path,
            self.problem,
            self.problem.remedy()
        )
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("is missing"),
            Self::NoAuthority => f.write_str("is missing, so there is no authority to sign"),
            Self::Unreadable(why) => write!(f, "cannot be read: {why}"),
            Self::HalfPair { missing } => write!(f, "exists, but {missing} does not"),
            Self::KeyMismatch { key } => write!(f, "is not the certificate of the key {key}"),
            Self::NotAnAuthority => f.write_str("is not the certificate of an authority"),
            Self::Expired { since } => write!(f, "has expired at {}", time::display(*since)),
            Self::NotYetValid { from } => write!(f, "is not valid before {}", time::display(*from)),
            Self::Foreign { authority, why } => {
                write!(f, "is not from the authority {authority}: {why}")
            }
            Self::LacksNames { names } => write!(f, "lacks the names {}", names.join(", ")),
            Self::LacksUsage => f.write_str("lacks an extended key usage that it is needed for"),
            Self::CannotSign { certificate, why } => write!(f, "cannot sign {certificate}: {why}"),
            Self::BrokenKubeconfig { why } => write!(f, "is no kubeconfig: {why}"),
            Self::UnsoundKubeconfig { why } => write!(f, "will not work: {why}"),
            Self::OtherTrust { authority } => write!(f, "does not trust the authority {authority}"),
        }
    }
}

impl std::error::Error for FileProblem {}

impl From<FileProblem> for PhaseError {
    fn from(problem: FileProblem) -> Self {
        Self::conflict(problem.problem.code(), problem.to_string())
    }
}

impl From<PkiError> for PhaseError {
    fn from(error: PkiError) -> Self {
        let code = match &error {
            PkiError::KeyMismatch { .. } | PkiError::Crypto { .. } => "pki.signing",
            PkiError::UnknownAlgorithm { .. } => {
                return Self::invalid("pki.algorithm", error.to_string())
                    .field("encryptionAlgorithm");
            }
            _ => "pki.invalid",
        };
        Self::fatal(code, error.to_string())
    }
}
