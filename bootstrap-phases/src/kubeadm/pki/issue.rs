//! Certificates, made. The result has, field by field, what Go's `x509.CreateCertificate` writes for kubeadm.

use std::net::IpAddr;
use std::time::SystemTime;

use aws_lc_rs::digest::{SHA256, digest};
use der::asn1::{AnyRef, BitStringRef, Ia5String, ObjectIdentifier, OctetString};
use der::flagset::FlagSet;
use der::oid::AssociatedOid;
use der::{Decode as _, Encode, Tag};
use x509_cert::certificate::Version;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, KeyUsages,
    SubjectAltName, SubjectKeyIdentifier,
};
use x509_cert::spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};
use x509_cert::time::Time;

use super::x509::{CLIENT_AUTH, CertificateDer, Period, SERVER_AUTH, TbsCertificate, oid};
use super::{
    CertSpec, Certificate, Curve, KeyKind, KeySource, PkiError, PrivateKey, PublicKey, Usage,
    Validity, name,
};

/// A certificate and the private key that belongs to it, able to sign other certificates.
#[derive(Clone, Debug)]
pub struct Authority {
    certificate: Certificate,
    key: PrivateKey,
}

impl Authority {
    /// Puts a certificate and its key together.
    ///
    /// # Errors
    /// [`PkiError::KeyMismatch`] if the key is not the one the certificate was made for.
    pub fn new(certificate: Certificate, key: PrivateKey) -> Result<Self, PkiError> {
        if certificate.public_key() != key.public_key() {
            return Err(PkiError::KeyMismatch {
                subject: certificate.subject(),
            });
        }
        Ok(Self { certificate, key })
    }

    /// Makes a new authority that signs itself.
    ///
    /// ```
    /// use std::time::{Duration, SystemTime};
    /// use bootstrap_phases::kubeadm::pki::*;
    ///
    /// let year = Validity::starting(SystemTime::now(), Duration::from_secs(365 * 86400));
    /// let ca_key = SystemKeys.generate(Algorithm::EcdsaP256)?;
    /// let ca = Authority::self_signed(&CertSpec::authority("kubernetes", year), ca_key, &SystemKeys)?;
    ///
    /// let key = SystemKeys.generate(Algorithm::EcdsaP256)?;
    /// let spec = CertSpec::leaf("ann", &[Usage::ClientAuth], year).organizations(&["dev", "ops"]);
    /// let certificate = ca.issue(&spec, key.public_key(), &SystemKeys)?;
    /// assert_eq!(certificate.issuer(), "CN=kubernetes");
    /// # Ok::<(), PkiError>(())
    /// ```
    ///
    /// # Errors
    /// [`PkiError::Spec`] for a description that cannot be a certificate, [`PkiError::Crypto`].
    pub fn self_signed(
        spec: &CertSpec,
        key: PrivateKey,
        random: &dyn KeySource,
    ) -> Result<Self, PkiError> {
        let subject = subject(spec)?;
        let issuer = Issuer {
            name: &subject,
            key_id: None,
            key: &key,
        };
        let certificate = sign(spec, &subject, key.public_key(), &issuer, random)?;
        Ok(Self { certificate, key })
    }

    /// Issues a certificate for a public key.
    ///
    /// # Errors
    /// [`PkiError::Spec`] for a description that cannot be a certificate, [`PkiError::Crypto`].
    pub fn issue(
        &self,
        spec: &CertSpec,
        key: &PublicKey,
        random: &dyn KeySource,
    ) -> Result<Certificate, PkiError> {
        let subject = subject(spec)?;
        let own = &self.certificate;
        // A certificate that names itself as issuer is taken for self-signed, so it carries no authority's key identifier.
        let key_id = if subject == own.0.subject {
            None
        } else {
            own.subject_key_id()
        };
        let issuer = Issuer {
            name: &own.0.subject,
            key_id,
            key: &self.key,
        };
        sign(spec, &subject, key, &issuer, random)
    }

    /// The certificate.
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// The private key.
    pub fn key(&self) -> &PrivateKey {
        &self.key
    }
}

struct Issuer<'a> {
    name: &'a [u8],
    key_id: Option<&'a [u8]>,
    key: &'a PrivateKey,
}

pub(super) fn subject(spec: &CertSpec) -> Result<Vec<u8>, PkiError> {
    if spec.common_name.is_empty() {
        return Err(PkiError::Spec {
            field: "commonName",
            why: "must not be empty".to_owned(),
        });
    }
    if !spec.ca && spec.usages.is_empty() {
        let why = "a certificate that is no authority needs at least one".to_owned();
        return Err(PkiError::Spec {
            field: "usages",
            why,
        });
    }
    name::encode(&spec.common_name, &spec.organizations).map_err(|e| PkiError::der("subject", &e))
}

fn sign(
    spec: &CertSpec,
    subject: &[u8],
    public: &PublicKey,
    issuer: &Issuer<'_>,
    random: &dyn KeySource,
) -> Result<Certificate, PkiError> {
    let spec = spec.clone().normalized();
    let serial = serial(random)?;
    let extensions = extensions(&spec, public, issuer.key_id)?;
    let signed = tbs(&spec, &serial, subject, public, issuer, extensions)?;
    let signature = issuer.key.sign(&signed)?;
    let der = CertificateDer {
        tbs: AnyRef::try_from(signed.as_slice()).map_err(broken)?,
        algorithm: signature_algorithm(issuer.key.kind()),
        signature: BitStringRef::from_bytes(&signature).map_err(broken)?,
    }
    .to_der()
    .map_err(broken)?;
    Certificate::from_der(&der)
}

fn tbs(
    spec: &CertSpec,
    serial: &[u8],
    subject: &[u8],
    public: &PublicKey,
    issuer: &Issuer<'_>,
    extensions: Vec<Extension>,
) -> Result<Vec<u8>, PkiError> {
    let tbs = TbsCertificate {
        version: Version::V3,
        serial: AnyRef::new(Tag::Integer, serial).map_err(broken)?,
        algorithm: signature_algorithm(issuer.key.kind()),
        issuer: AnyRef::try_from(issuer.name).map_err(broken)?,
        validity: period(spec.validity)?,
        subject: AnyRef::try_from(subject).map_err(broken)?,
        public_key: AnyRef::try_from(public.as_der()).map_err(broken)?,
        issuer_unique_id: None,
        subject_unique_id: None,
        extensions: Some(extensions),
    };
    tbs.to_der().map_err(broken)
}

/// A uniform number in [1, 2^63 - 1), big-endian without leading zeros: what kubeadm draws.
fn serial(random: &dyn KeySource) -> Result<Vec<u8>, PkiError> {
    const LIMIT: u64 = i64::MAX.unsigned_abs() - 1;
    // Drawing again keeps it uniform; a source that never gives a fitting number is broken.
    for _ in 0..64 {
        let mut bytes = [0; 8];
        random.fill(&mut bytes)?;
        let number = u64::from_be_bytes(bytes) >> 1;
        if number < LIMIT {
            let serial = number + 1;
            return Ok(serial
                .to_be_bytes()
                .into_iter()
                .skip_while(|&byte| byte == 0)
                .collect());
        }
    }
    Err(PkiError::Crypto {
        doing: "drawing a serial number",
    })
}

fn period(validity: Validity) -> Result<Period, PkiError> {
    let time = |field, at: SystemTime| {
        Time::try_from(at).map_err(|_| PkiError::Spec {
            field,
            why: "must be between 1970 and 9999".to_owned(),
        })
    };
    Ok(Period {
        not_before: time("validity.notBefore", validity.not_before())?,
        not_after: time("validity.notAfter", validity.not_after())?,
    })
}

/// In the order Go writes them.
fn extensions(
    spec: &CertSpec,
    public: &PublicKey,
    authority: Option<&[u8]>,
) -> Result<Vec<Extension>, PkiError> {
    let mut out = vec![extension(true, &key_usage(spec.ca))?];
    if !spec.usages.is_empty() {
        out.push(extension(
            false,
            &ExtendedKeyUsage(spec.usages.iter().map(|u| usage(*u)).collect()),
        )?);
    }
    out.push(extension(
        true,
        &BasicConstraints {
            ca: spec.ca,
            path_len_constraint: None,
        },
    )?);
    if spec.ca {
        out.push(extension(
            false,
            &SubjectKeyIdentifier(octets(&key_id(public)?)?),
        )?);
    }
    if let Some(id) = authority {
        let key_identifier = Some(octets(id)?);
        let id = AuthorityKeyIdentifier {
            key_identifier,
            ..AuthorityKeyIdentifier::default()
        };
        out.push(extension(false, &id)?);
    }
    out.extend(alternative_names(spec)?);
    Ok(out)
}

fn extension<E: AssociatedOid + Encode>(critical: bool, value: &E) -> Result<Extension, PkiError> {
    let der = value.to_der().map_err(broken)?;
    Ok(Extension {
        extn_id: E::OID,
        critical,
        extn_value: octets(&der)?,
    })
}

/// kubeadm gives key encipherment to ECDSA keys too, though it means nothing there.
fn key_usage(ca: bool) -> KeyUsage {
    let mut flags: FlagSet<KeyUsages> = KeyUsages::DigitalSignature | KeyUsages::KeyEncipherment;
    if ca {
        flags |= KeyUsages::KeyCertSign;
    }
    KeyUsage(flags)
}

fn usage(usage: Usage) -> ObjectIdentifier {
    match usage {
        Usage::ServerAuth => SERVER_AUTH,
        Usage::ClientAuth => CLIENT_AUTH,
    }
}

/// RFC 7093, section 2, method 1: the SHA-256 of the key's bits, cut to 20 bytes.
fn key_id(public: &PublicKey) -> Result<Vec<u8>, PkiError> {
    let info = SubjectPublicKeyInfoRef::from_der(public.as_der()).map_err(broken)?;
    let hash = digest(&SHA256, info.subject_public_key.raw_bytes());
    Ok(hash.as_ref().iter().copied().take(20).collect())
}

/// None if there are no names.
pub(super) fn alternative_names(spec: &CertSpec) -> Result<Option<Extension>, PkiError> {
    let dns = spec.dns_names.iter().map(|name| {
        Ia5String::new(name)
            .map(GeneralName::DnsName)
            .map_err(|_| PkiError::Spec {
                field: "dnsNames",
                why: format!("{name:?} has characters outside ASCII"),
            })
    });
    let ips = spec.ip_addresses.iter().map(|ip| {
        let bytes = match ip {
            IpAddr::V4(ip) => ip.octets().to_vec(),
            IpAddr::V6(ip) => ip.octets().to_vec(),
        };
        octets(&bytes).map(GeneralName::IpAddress)
    });
    let names = dns.chain(ips).collect::<Result<Vec<_>, _>>()?;
    if names.is_empty() {
        return Ok(None);
    }
    extension(false, &SubjectAltName(names)).map(Some)
}

/// The signature that a key of this kind makes, see `PrivateKey::sign`. RSA has NULL parameters, ECDSA none.
pub(super) fn signature_algorithm(kind: KeyKind) -> AlgorithmIdentifierRef<'static> {
    let (id, parameters) = match kind {
        KeyKind::Rsa { .. } => (oid("1.2.840.113549.1.1.11"), Some(AnyRef::NULL)),
        KeyKind::Ecdsa(Curve::P256) => (oid("1.2.840.10045.4.3.2"), None),
        KeyKind::Ecdsa(Curve::P384) => (oid("1.2.840.10045.4.3.3"), None),
        KeyKind::Ecdsa(Curve::P521) => (oid("1.2.840.10045.4.3.4"), None),
    };
    AlgorithmIdentifierRef {
        oid: id,
        parameters,
    }
}

fn octets(bytes: &[u8]) -> Result<OctetString, PkiError> {
    OctetString::new(bytes).map_err(broken)
}

pub(super) fn broken(error: der::Error) -> PkiError {
    PkiError::der("certificate", &error)
}
