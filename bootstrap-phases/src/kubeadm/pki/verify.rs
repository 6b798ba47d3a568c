//! Whether a certificate was signed by an authority, directly or through the certificates that lie beside it.
//!
//! Follows what kubeadm asks of Go's `x509.Certificate.Verify` (`VerifyCertChain` in `cmd/kubeadm/app/util/pkiutil`): any
//! key usage, the given authority as the only root. Policies are not looked at.

use std::time::SystemTime;

use aws_lc_rs::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
use der::asn1::{AnyRef, ObjectIdentifier};
use der::{Decode as _, Sequence};
use x509_cert::spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};

use super::x509::{EC_PUBLIC_KEY, RSA_ENCRYPTION, oid, right_aligned};
use super::{Certificate, Curve, KeyKind, PublicKey};

/// Why a certificate is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Distrust {
    /// It is not valid any more.
    #[error("the certificate of {subject} has expired")]
    Expired {
        /// Whose.
        subject: String,
    },
    /// It is not valid yet.
    #[error("the certificate of {subject} is not valid yet")]
    NotYetValid {
        /// Whose.
        subject: String,
    },
    /// It names another issuer, and none of the certificates beside it leads to the authority.
    #[error("issued by {issuer}, not by {authority}")]
    OtherIssuer {
        /// The issuer it names.
        issuer: String,
        /// The authority it should be from.
        authority: String,
    },
    /// The issuer has the right name but another key.
    #[error("the signature was not made with the key of {authority}")]
    Signature {
        /// The authority it should be from.
        authority: String,
    },
    /// The issuer may not sign certificates.
    #[error("the certificate of {authority} is not one of a certificate authority")]
    NotAnAuthority {
        /// The would-be authority.
        authority: String,
    },
    /// The issuer allows fewer certificates below it.
    #[error("{authority} does not allow this many authorities below it")]
    PathLength {
        /// The authority that forbids it.
        authority: String,
    },
    /// The issuer may not certify one of the names.
    #[error("{authority} may not certify the name {name}")]
    ForbiddenName {
        /// The authority that forbids it.
        authority: String,
        /// A DNS name or an address.
        name: String,
    },
    /// It has a critical extension that is not understood here.
    #[error(
        "the certificate of {subject} has the critical extension {extension}, which is not understood"
    )]
    UnknownExtension {
        /// Whose.
        subject: String,
        /// Which, as dotted numbers.
        extension: String,
    },
}

/// More signatures than this are not checked for one certificate, so that a crafted bundle costs little.
const MAX_SIGNATURES: usize = 100;

impl Certificate {
    /// Whether `authority` signed this, directly or through `intermediates`, and all of them are valid at `now`.
    ///
    /// # Errors
    /// [`Distrust`], with the reason that came closest to acceptance.
    pub fn verify(
        &self,
        intermediates: &[Self],
        authority: &Self,
        now: SystemTime,
    ) -> Result<(), Distrust> {
        self.acceptable(now)?;
        if self.as_der() == authority.as_der() {
            return Ok(());
        }
        let mut search = Search {
            leaf: self,
            intermediates,
            authority,
            now,
            budget: MAX_SIGNATURES,
        };
        search.reach(self, &mut Vec::new())
    }

    /// Whether `parent` may sign certificates and signed this one.
    ///
    /// # Errors
    /// [`Distrust`], with what is wrong. Validity is not looked at.
    pub fn verify_signature(&self, parent: &Self) -> Result<(), Distrust> {
        if self.0.issuer != parent.0.subject {
            let (issuer, authority) = (self.issuer(), parent.subject());
            return Err(Distrust::OtherIssuer { issuer, authority });
        }
        let may_sign = parent
            .0
            .extensions
            .key_usage
            .is_none_or(|usage| usage.key_cert_sign());
        if !parent.is_ca() || !may_sign {
            return Err(Distrust::NotAnAuthority {
                authority: parent.subject(),
            });
        }
        if !self.signature_fits(parent.public_key()) {
            return Err(Distrust::Signature {
                authority: parent.subject(),
            });
        }
        Ok(())
    }

    fn acceptable(&self, now: SystemTime) -> Result<(), Distrust> {
        let subject = self.subject();
        if let Some(unknown) = self.0.extensions.unknown_critical.first() {
            let extension = unknown.to_string();
            return Err(Distrust::UnknownExtension { subject, extension });
        }
        if now > self.validity().not_after() {
            return Err(Distrust::Expired { subject });
        }
        if now < self.validity().not_before() {
            return Err(Distrust::NotYetValid { subject });
        }
        Ok(())
    }

    fn signature_fits(&self, key: &PublicKey) -> bool {
        let own = &self.0;
        fits(
            key,
            own.signature_algorithm,
            &own.signature_parameters,
            &own.signed,
            &own.signature,
        )
    }
}

/// Whether this signature was made with this key.
pub(super) fn fits(
    key: &PublicKey,
    algorithm: ObjectIdentifier,
    parameters: &[u8],
    message: &[u8],
    signature: &[u8],
) -> bool {
    let Ok(info) = SubjectPublicKeyInfoRef::from_der(key.as_der()) else {
        return false;
    };
    let Some(algorithm) = verification(algorithm, parameters, key.kind()) else {
        return false;
    };
    let key = UnparsedPublicKey::new(algorithm, right_aligned(info.subject_public_key));
    key.verify(message, signature).is_ok()
}

/// SHA-1 is not among them: Go does not accept it any more either.
fn verification(
    algorithm: ObjectIdentifier,
    parameters: &[u8],
    key: Option<KeyKind>,
) -> Option<&'static dyn VerificationAlgorithm> {
    const SHA256_RSA: ObjectIdentifier = oid("1.2.840.113549.1.1.11");
    const SHA384_RSA: ObjectIdentifier = oid("1.2.840.113549.1.1.12");
    const SHA512_RSA: ObjectIdentifier = oid("1.2.840.113549.1.1.13");
    const PSS: ObjectIdentifier = oid("1.2.840.113549.1.1.10");
    const ECDSA_SHA256: ObjectIdentifier = oid("1.2.840.10045.4.3.2");
    const ECDSA_SHA384: ObjectIdentifier = oid("1.2.840.10045.4.3.3");
    const ECDSA_SHA512: ObjectIdentifier = oid("1.2.840.10045.4.3.4");
    const ED25519: ObjectIdentifier = oid("1.3.101.112");
    let algorithm: &'static dyn VerificationAlgorithm = match (algorithm, key) {
        (SHA256_RSA, Some(KeyKind::Rsa { .. })) => {
            &signature::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY
        }
        (SHA384_RSA, Some(KeyKind::Rsa { .. })) => &signature::RSA_PKCS1_2048_8192_SHA384,
        (SHA512_RSA, Some(KeyKind::Rsa { .. })) => {
            &signature::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY
        }
        (PSS, Some(KeyKind::Rsa { .. })) => return pss(parameters),
        (ECDSA_SHA256, Some(KeyKind::Ecdsa(Curve::P256))) => &signature::ECDSA_P256_SHA256_ASN1,
        (ECDSA_SHA384, Some(KeyKind::Ecdsa(Curve::P256))) => &signature::ECDSA_P256_SHA384_ASN1,
        (ECDSA_SHA256, Some(KeyKind::Ecdsa(Curve::P384))) => &signature::ECDSA_P384_SHA256_ASN1,
        (ECDSA_SHA384, Some(KeyKind::Ecdsa(Curve::P384))) => &signature::ECDSA_P384_SHA384_ASN1,
        (ECDSA_SHA512, Some(KeyKind::Ecdsa(Curve::P384))) => &signature::ECDSA_P384_SHA512_ASN1,
        (ECDSA_SHA256, Some(KeyKind::Ecdsa(Curve::P521))) => &signature::ECDSA_P521_SHA256_ASN1,
        (ECDSA_SHA384, Some(KeyKind::Ecdsa(Curve::P521))) => &signature::ECDSA_P521_SHA384_ASN1,
        (ECDSA_SHA512, Some(KeyKind::Ecdsa(Curve::P521))) => &signature::ECDSA_P521_SHA512_ASN1,
        (ED25519, None) => &signature::ED25519,
        _ => return None,
    };
    Some(algorithm)
}

struct Search<'a> {
    leaf: &'a Certificate,
    intermediates: &'a [Certificate],
    authority: &'a Certificate,
    now: SystemTime,
    budget: usize,
}

impl<'a> Search<'a> {
    /// Looks for a way from `child` up to the authority that does not use an intermediate twice.
    fn reach(
        &mut self,
        child: &Certificate,
        path: &mut Vec<&'a Certificate>,
    ) -> Result<(), Distrust> {
        let mut closest = match self.step(child, self.authority, path) {
            Ok(()) => return Ok(()),
            Err(reason) => reason,
        };
        for parent in self.intermediates {
            if path.contains(&parent) {
                continue;
            }
            match self.step(child, parent, path) {
                Ok(()) => {
                    path.push(parent);
                    match self.reach(parent, path) {
                        Ok(()) => return Ok(()),
                        Err(reason) => closest = reason,
                    }
                    path.pop();
                }
                // An unrelated certificate beside it says nothing; a related one that does not fit explains more.
                Err(Distrust::OtherIssuer { .. }) => {}
                Err(reason) => closest = reason,
            }
        }
        Err(closest)
    }

    /// `below`: the authorities between the certificate in question and `parent`, of which `child` is the last.
    fn step(
        &mut self,
        child: &Certificate,
        parent: &Certificate,
        below: &[&Certificate],
    ) -> Result<(), Distrust> {
        let authority = || parent.subject();
        self.budget = self.budget.saturating_sub(1);
        if self.budget == 0 {
            return Err(Distrust::PathLength {
                authority: authority(),
            });
        }
        child.verify_signature(parent)?;
        parent.acceptable(self.now)?;
        let allowed = parent
            .0
            .extensions
            .basic_constraints
            .as_ref()
            .and_then(|c| c.path_len_constraint);
        if allowed.is_some_and(|allowed| below.len() > usize::from(allowed)) {
            return Err(Distrust::PathLength {
                authority: authority(),
            });
        }
        let limits = parent.0.extensions.name_limits.as_ref();
        let mut all = std::iter::once(self.leaf).chain(below.iter().copied());
        match limits.and_then(|limits| {
            all.find_map(|it| limits.forbidden(it.dns_names(), it.ip_addresses()))
        }) {
            Some(name) => Err(Distrust::ForbiddenName {
                authority: authority(),
                name,
            }),
            None => Ok(()),
        }
    }
}

/// RFC 4055, section 3.1; only the hash decides which verification is needed.
#[derive(Sequence)]
struct PssParameters<'a> {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    hash: Option<AlgorithmIdentifierRef<'a>>,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT", optional = "true")]
    mask: Option<AnyRef<'a>>,
    #[asn1(context_specific = "2", tag_mode = "EXPLICIT", optional = "true")]
    salt: Option<AnyRef<'a>>,
    #[asn1(context_specific = "3", tag_mode = "EXPLICIT", optional = "true")]
    trailer: Option<AnyRef<'a>>,
}

fn pss(parameters: &[u8]) -> Option<&'static dyn VerificationAlgorithm> {
    const SHA256: ObjectIdentifier = oid("2.16.840.1.101.3.4.2.1");
    const SHA384: ObjectIdentifier = oid("2.16.840.1.101.3.4.2.2");
    const SHA512: ObjectIdentifier = oid("2.16.840.1.101.3.4.2.3");
    match PssParameters::from_der(parameters).ok()?.hash?.oid {
        SHA256 => Some(&signature::RSA_PSS_2048_8192_SHA256),
        SHA384 => Some(&signature::RSA_PSS_2048_8192_SHA384),
        SHA512 => Some(&signature::RSA_PSS_2048_8192_SHA512),
        _ => None,
    }
}

impl PublicKey {
    /// What kind of key it is; nothing for kinds that have no name here, such as Ed25519.
    pub fn kind(&self) -> Option<KeyKind> {
        let info = SubjectPublicKeyInfoRef::from_der(self.as_der()).ok()?;
        match info.algorithm.oid {
            RSA_ENCRYPTION => {
                let key = RsaPublicKey::from_der(info.subject_public_key.raw_bytes()).ok()?;
                Some(KeyKind::Rsa {
                    bits: bit_length(key.modulus.value()),
                })
            }
            EC_PUBLIC_KEY => {
                let curve = info.algorithm.parameters?.decode_as().ok()?;
                Curve::from_oid(curve).map(KeyKind::Ecdsa)
            }
            _ => None,
        }
    }
}

#[derive(Sequence)]
struct RsaPublicKey<'a> {
    modulus: AnyRef<'a>,
    exponent: AnyRef<'a>,
}

fn bit_length(number: &[u8]) -> usize {
    let mut digits = number.iter().skip_while(|&&byte| byte == 0);
    let Some(first) = digits.next() else { return 0 };
    let first_bits = usize::try_from(u8::BITS - first.leading_zeros()).unwrap_or(0);
    digits.count() * 8 + first_bits
}
