use std::fmt::Display;

/// What can go wrong with keys and certificates. Carries no key material.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PkiError {
    /// The text has PEM blocks, but one is damaged.
    #[error("invalid PEM: {why}")]
    Pem {
        /// What is wrong with it.
        why: &'static str,
    },
    /// The text has no block of a private key.
    #[error(
        "no private key found: expected a block RSA PRIVATE KEY, EC PRIVATE KEY or PRIVATE KEY"
    )]
    NoPrivateKey,
    /// The text has no block of a public key.
    #[error("no public key found: expected a block PUBLIC KEY")]
    NoPublicKey,
    /// The text has no block of a certificate.
    #[error("no certificate found: expected a block CERTIFICATE")]
    NoCertificate,
    /// The text has no block of a certificate request.
    #[error("no certificate request found: expected a block CERTIFICATE REQUEST")]
    NoRequest,
    /// The private key is encrypted with a pass phrase.
    #[error("the private key is encrypted: store it without a pass phrase")]
    EncryptedKey,
    /// A private key of a kind that cannot sign here, or a damaged one.
    #[error("the private key cannot be used: {why}")]
    UnsupportedKey {
        /// Why not.
        why: String,
    },
    /// An `encryptionAlgorithm` that does not exist.
    #[error(
        "unknown algorithm {name:?}: expected one of RSA-2048, RSA-3072, RSA-4096, ECDSA-P256, ECDSA-P384"
    )]
    UnknownAlgorithm {
        /// The name that was given.
        name: String,
    },
    /// The data inside a PEM block are damaged, or say something impossible.
    #[error("invalid {what}: {why}")]
    Der {
        /// What was read or written.
        what: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// The cryptographic library failed without telling why.
    #[error("the cryptographic library failed while {doing}")]
    Crypto {
        /// What it was asked to do.
        doing: &'static str,
    },
    /// A description from which no certificate can be made.
    #[error("invalid certificate description: {field}: {why}")]
    Spec {
        /// The field of the description.
        field: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// The private key that should sign does not belong to the certificate of the authority.
    #[error("the private key does not belong to the certificate of {subject}")]
    KeyMismatch {
        /// The subject of the authority's certificate.
        subject: String,
    },
    /// A key source that holds a fixed number of keys has none of this kind.
    #[error("the key source has no key for {algorithm}")]
    NoKeyLeft {
        /// The algorithm that was asked for.
        algorithm: super::Algorithm,
    },
}

impl PkiError {
    pub(super) fn der(what: &'static str, error: &impl Display) -> Self {
        Self::Der {
            what,
            why: error.to_string(),
        }
    }
}
