//! Certificate requests, for authorities whose key is elsewhere.
//!
//! Follows `NewCSR` in `cmd/kubeadm/app/util/pkiutil` and Go's `x509.CreateCertificateRequest`: subject and alternative
//! names only; usages and dates are the authority's to decide.

use std::fmt;

use der::asn1::{AnyRef, BitStringRef, ObjectIdentifier, SetOfVec};
use der::{Decode as _, Encode as _, Sequence, ValueOrd};
use x509_cert::ext::Extension;
use x509_cert::spki::AlgorithmIdentifierRef;

use super::issue::{alternative_names, broken, signature_algorithm, subject};
use super::x509::{oid, right_aligned};
use super::{CertSpec, PkiError, PrivateKey, PublicKey, name, pem, verify};

/// A PKCS#10 certificate request.
#[derive(Clone, PartialEq, Eq)]
pub struct CertificateRequest {
    der: Vec<u8>,
    signed: Vec<u8>,
    subject: Vec<u8>,
    public_key: PublicKey,
    algorithm: ObjectIdentifier,
    parameters: Vec<u8>,
    signature: Vec<u8>,
}

impl CertificateRequest {
    /// Asks for a certificate like `spec` for this key.
    ///
    /// # Errors
    /// [`PkiError::Spec`] for a description that cannot be a certificate, [`PkiError::Crypto`].
    pub fn new(spec: &CertSpec, key: &PrivateKey) -> Result<Self, PkiError> {
        let subject = subject(spec)?;
        let names = alternative_names(&spec.clone().normalized())?;
        let extensions = names.into_iter().collect::<Vec<_>>();
        let signed = info(&subject, key.public_key(), &extensions).map_err(broken)?;
        let signature = key.sign(&signed)?;
        let der = RequestDer {
            info: AnyRef::try_from(signed.as_slice()).map_err(broken)?,
            algorithm: signature_algorithm(key.kind()),
            signature: BitStringRef::from_bytes(&signature).map_err(broken)?,
        }
        .to_der()
        .map_err(broken)?;
        Self::from_der(&der)
    }

    /// Reads the first `CERTIFICATE REQUEST` of a PEM text.
    ///
    /// # Errors
    /// [`PkiError::Pem`], [`PkiError::NoRequest`], or [`PkiError::Der`] if it is damaged.
    pub fn from_pem(text: &[u8]) -> Result<Self, PkiError> {
        let blocks = pem::blocks(text)?;
        let request = blocks
            .iter()
            .find(|block| block.tag == "CERTIFICATE REQUEST");
        Self::from_der(&request.ok_or(PkiError::NoRequest)?.der)
    }

    /// Reads a request.
    ///
    /// # Errors
    /// [`PkiError::Der`] if it is damaged.
    pub fn from_der(der: &[u8]) -> Result<Self, PkiError> {
        parse(der).map_err(|e| PkiError::der("certificate request", &e))
    }

    /// As a `CERTIFICATE REQUEST` block, ending in a line feed.
    pub fn to_pem(&self) -> String {
        pem::encode("CERTIFICATE REQUEST", &self.der)
    }

    /// The subject for people.
    pub fn subject(&self) -> String {
        name::display(&self.subject)
    }

    /// The key a certificate is asked for.
    pub fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// Whether it was signed with the key it is for.
    pub fn verify(&self) -> bool {
        verify::fits(
            &self.public_key,
            self.algorithm,
            &self.parameters,
            &self.signed,
            &self.signature,
        )
    }
}

impl fmt::Debug for CertificateRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CertificateRequest")
            .field("subject", &self.subject())
            .field("public_key", &self.public_key)
            .finish_non_exhaustive()
    }
}

/// RFC 2986, section 4.
#[derive(Sequence)]
struct RequestDer<'a> {
    info: AnyRef<'a>,
    algorithm: AlgorithmIdentifierRef<'a>,
    signature: BitStringRef<'a>,
}

#[derive(Sequence)]
struct Info<'a> {
    version: u8,
    subject: AnyRef<'a>,
    public_key: AnyRef<'a>,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT")]
    attributes: SetOfVec<Attribute>,
}

#[derive(Clone, PartialEq, Eq, Sequence, ValueOrd)]
struct Attribute {
    kind: ObjectIdentifier,
    values: SetOfVec<der::asn1::Any>,
}

fn info(subject: &[u8], key: &PublicKey, extensions: &[Extension]) -> der::Result<Vec<u8>> {
    let mut attributes = SetOfVec::new();
    if !extensions.is_empty() {
        let value = der::asn1::Any::encode_from(&extensions.to_vec())?;
        // extensionRequest of PKCS#9
        let kind = oid("1.2.840.113549.1.9.14");
        attributes.insert(Attribute {
            kind,
            values: SetOfVec::try_from([value])?,
        })?;
    }
    Info {
        version: 0,
        subject: AnyRef::try_from(subject)?,
        public_key: AnyRef::try_from(key.as_der())?,
        attributes,
    }
    .to_der()
}

fn parse(der: &[u8]) -> der::Result<CertificateRequest> {
    let outer = RequestDer::from_der(der)?;
    let signed = outer.info.to_der()?;
    let info = Info::from_der(&signed)?;
    let public_key =
        PublicKey::from_der(&info.public_key.to_der()?).map_err(|_| der::ErrorKind::Value {
            tag: der::Tag::Sequence,
        })?;
    Ok(CertificateRequest {
        der: der.to_vec(),
        subject: info.subject.to_der()?,
        public_key,
        algorithm: outer.algorithm.oid,
        parameters: outer.algorithm.parameters.to_der()?,
        signature: right_aligned(outer.signature),
        signed,
    })
}
