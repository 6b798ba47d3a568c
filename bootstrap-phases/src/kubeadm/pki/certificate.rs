//! Certificates, read.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::SystemTime;

use der::asn1::ObjectIdentifier;
use der::{Decode as _, Encode as _};
use x509_cert::certificate::Version;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectAltName,
    SubjectKeyIdentifier,
};

use super::constraints::NameLimits;
use super::x509::{
    CLIENT_AUTH, COMMON_NAME, CertificateDer, ORGANIZATION, SERVER_AUTH, TbsCertificate, oid,
    right_aligned,
};
use super::{CertSpec, PkiError, PublicKey, Usage, Validity, name, pem};

/// An X.509 certificate. Cloning is cheap.
#[derive(Clone, PartialEq, Eq)]
pub struct Certificate(pub(super) Arc<Parsed>);

/// What stands in a certificate.
#[derive(PartialEq, Eq)]
pub(super) struct Parsed {
    der: Vec<u8>,
    pub(super) signed: Vec<u8>,
    pub(super) signature_algorithm: ObjectIdentifier,
    pub(super) signature_parameters: Vec<u8>,
    pub(super) signature: Vec<u8>,
    pub(super) issuer: Vec<u8>,
    pub(super) subject: Vec<u8>,
    pub(super) extensions: Extensions,
    version: Version,
    serial: Vec<u8>,
    validity: Validity,
    public_key: PublicKey,
    common_name: Option<String>,
    organizations: Vec<String>,
}

/// The extensions that matter here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Extensions {
    pub(super) basic_constraints: Option<BasicConstraints>,
    pub(super) key_usage: Option<KeyUsage>,
    pub(super) usages: Option<Vec<ObjectIdentifier>>,
    pub(super) subject_key_id: Option<Vec<u8>>,
    pub(super) authority_key_id: Option<Vec<u8>>,
    pub(super) dns_names: Vec<String>,
    pub(super) ip_addresses: Vec<IpAddr>,
    pub(super) name_limits: Option<NameLimits>,
    /// Critical ones that nobody here understands.
    pub(super) unknown_critical: Vec<ObjectIdentifier>,
}

impl Certificate {
    /// Reads the first certificate of a PEM text. In a bundle it is the first one that counts: it belongs to the private
    /// key beside it, and the others complete its chain.
    ///
    /// # Errors
    /// See [`bundle_from_pem`](Self::bundle_from_pem).
    pub fn from_pem(text: &[u8]) -> Result<Self, PkiError> {
        let mut bundle = Self::bundle_from_pem(text)?;
        Ok(bundle.swap_remove(0))
    }

    /// Reads all certificates of a PEM text, at least one. Blocks that are no certificates are passed over.
    /// Follows `k8s.io/client-go/util/cert.ParseCertsPEM`.
    ///
    /// # Errors
    /// [`PkiError::Pem`], [`PkiError::NoCertificate`], or [`PkiError::Der`] if one of them is damaged.
    pub fn bundle_from_pem(text: &[u8]) -> Result<Vec<Self>, PkiError> {
        let bundle = pem::blocks(text)?
            .iter()
            .filter(|block| block.tag == "CERTIFICATE" && !block.has_headers)
            .map(|block| Self::from_der(&block.der))
            .collect::<Result<Vec<_>, _>>()?;
        if bundle.is_empty() {
            Err(PkiError::NoCertificate)
        } else {
            Ok(bundle)
        }
    }

    /// Reads one certificate.
    ///
    /// # Errors
    /// [`PkiError::Der`] if it is damaged.
    pub fn from_der(der: &[u8]) -> Result<Self, PkiError> {
        let parsed = parse(der).map_err(|e| PkiError::der("certificate", &e))?;
        Ok(Self(Arc::new(parsed)))
    }

    /// As a `CERTIFICATE` block, ending in a line feed.
    pub fn to_pem(&self) -> String {
        pem::encode("CERTIFICATE", &self.0.der)
    }

    /// The DER.
    pub fn as_der(&self) -> &[u8] {
        &self.0.der
    }

    /// Version as people count it: 3 for all modern certificates.
    pub fn version(&self) -> u8 {
        match self.0.version {
            Version::V1 => 1,
            Version::V2 => 2,
            Version::V3 => 3,
        }
    }

    /// Serial number, big-endian.
    pub fn serial(&self) -> &[u8] {
        &self.0.serial
    }

    /// Common name of the subject.
    pub fn common_name(&self) -> Option<&str> {
        self.0.common_name.as_deref()
    }

    /// Organizations of the subject, in the order they are stored.
    pub fn organizations(&self) -> &[String] {
        &self.0.organizations
    }

    /// The subject for people, such as `CN=kubernetes,O=example`.
    pub fn subject(&self) -> String {
        name::display(&self.0.subject)
    }

    /// The issuer for people.
    pub fn issuer(&self) -> String {
        name::display(&self.0.issuer)
    }

    /// From when until when it is valid.
    pub fn validity(&self) -> Validity {
        self.0.validity
    }

    /// Whether `now` is within the validity.
    pub fn is_current(&self, now: SystemTime) -> bool {
        self.0.validity.not_before() <= now && now <= self.0.validity.not_after()
    }

    /// The key it certifies.
    pub fn public_key(&self) -> &PublicKey {
        &self.0.public_key
    }

    /// Whether it is an authority's: BasicConstraints say `CA:TRUE`.
    pub fn is_ca(&self) -> bool {
        self.0
            .extensions
            .basic_constraints
            .as_ref()
            .is_some_and(|c| c.ca)
    }

    /// Whether issuer and subject are the same name.
    pub fn is_self_issued(&self) -> bool {
        self.0.issuer == self.0.subject
    }

    /// Alternative names of type DNS.
    pub fn dns_names(&self) -> &[String] {
        &self.0.extensions.dns_names
    }

    /// Alternative names of type IP address.
    pub fn ip_addresses(&self) -> &[IpAddr] {
        &self.0.extensions.ip_addresses
    }

    /// The extended key usages that have a name here.
    pub fn usages(&self) -> Vec<Usage> {
        let all = self.0.extensions.usages.iter().flatten();
        all.filter_map(|&id| match id {
            SERVER_AUTH => Some(Usage::ServerAuth),
            CLIENT_AUTH => Some(Usage::ClientAuth),
            _ => None,
        })
        .collect()
    }

    /// Whether the extended key usages allow any use.
    pub(super) fn allows_any(&self) -> bool {
        self.0
            .extensions
            .usages
            .iter()
            .flatten()
            .any(|&id| id == ANY_USAGE)
    }

    /// Subject key identifier.
    pub fn subject_key_id(&self) -> Option<&[u8]> {
        self.0.extensions.subject_key_id.as_deref()
    }

    /// Authority key identifier.
    pub fn authority_key_id(&self) -> Option<&[u8]> {
        self.0.extensions.authority_key_id.as_deref()
    }

    /// A description from which such a certificate can be made again, as renewal does: same subject, names and usages.
    /// Follows `certToConfig` in `cmd/kubeadm/app/phases/certs/renewal`.
    pub fn spec(&self, validity: Validity) -> CertSpec {
        CertSpec {
            common_name: self.0.common_name.clone().unwrap_or_default(),
            organizations: self.0.organizations.clone(),
            usages: self.usages(),
            dns_names: self.dns_names().to_vec(),
            ip_addresses: self.ip_addresses().to_vec(),
            validity,
            ca: self.is_ca(),
        }
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate")
            .field("subject", &self.subject())
            .field("issuer", &self.issuer())
            .field("validity", &self.0.validity)
            .field("public_key", &self.0.public_key)
            .finish_non_exhaustive()
    }
}

fn parse(der: &[u8]) -> der::Result<Parsed> {
    let outer = CertificateDer::from_der(der)?;
    let signed = outer.tbs.to_der()?;
    let tbs = TbsCertificate::from_der(&signed)?;
    let subject = tbs.subject.to_der()?;
    let public_key =
        PublicKey::from_der(&tbs.public_key.to_der()?).map_err(|_| der::ErrorKind::Value {
            tag: der::Tag::Sequence,
        })?;
    Ok(Parsed {
        der: der.to_vec(),
        signature_algorithm: outer.algorithm.oid,
        signature_parameters: outer.algorithm.parameters.to_der()?,
        signature: right_aligned(outer.signature),
        issuer: tbs.issuer.to_der()?,
        common_name: name::values(&subject, COMMON_NAME)?.pop(),
        organizations: name::values(&subject, ORGANIZATION)?,
        subject,
        version: tbs.version,
        serial: tbs.serial.value().to_vec(),
        validity: Validity::between(
            tbs.validity.not_before.to_system_time(),
            tbs.validity.not_after.to_system_time(),
        ),
        public_key,
        extensions: extensions(tbs.extensions.as_deref().unwrap_or_default())?,
        signed,
    })
}

const KEY_USAGE: ObjectIdentifier = oid("2.5.29.15");
const SUBJECT_ALT_NAME: ObjectIdentifier = oid("2.5.29.17");
const SUBJECT_KEY_ID: ObjectIdentifier = oid("2.5.29.14");
const BASIC_CONSTRAINTS: ObjectIdentifier = oid("2.5.29.19");
const AUTHORITY_KEY_ID: ObjectIdentifier = oid("2.5.29.35");
const EXTENDED_KEY_USAGE: ObjectIdentifier = oid("2.5.29.37");
const NAME_CONSTRAINTS: ObjectIdentifier = oid("2.5.29.30");
const CERTIFICATE_POLICIES: ObjectIdentifier = oid("2.5.29.32");
const POLICY_MAPPINGS: ObjectIdentifier = oid("2.5.29.33");
const POLICY_CONSTRAINTS: ObjectIdentifier = oid("2.5.29.36");
const INHIBIT_ANY_POLICY: ObjectIdentifier = oid("2.5.29.54");
const ANY_USAGE: ObjectIdentifier = oid("2.5.29.37.0");

fn extensions(all: &[Extension]) -> der::Result<Extensions> {
    let mut out = Extensions::default();
    for extension in all {
        let value = extension.extn_value.as_bytes();
        match extension.extn_id {
            KEY_USAGE => out.key_usage = Some(KeyUsage::from_der(value)?),
            BASIC_CONSTRAINTS => out.basic_constraints = Some(BasicConstraints::from_der(value)?),
            EXTENDED_KEY_USAGE => out.usages = Some(ExtendedKeyUsage::from_der(value)?.0),
            SUBJECT_KEY_ID => {
                let id = SubjectKeyIdentifier::from_der(value)?.0;
                out.subject_key_id = Some(id.as_bytes().to_vec());
            }
            AUTHORITY_KEY_ID => {
                // It only helps to find the issuer; an odd one is none.
                let id = AuthorityKeyIdentifier::from_der(value)
                    .ok()
                    .and_then(|id| id.key_identifier);
                out.authority_key_id = id.map(|id| id.as_bytes().to_vec());
            }
            SUBJECT_ALT_NAME => alternative_names(&SubjectAltName::from_der(value)?, &mut out)?,
            NAME_CONSTRAINTS => match NameLimits::from_der(value)? {
                Some(limits) => out.name_limits = Some(limits),
                None if extension.critical => out.unknown_critical.push(NAME_CONSTRAINTS),
                None => {}
            },
            // Policies: nobody asks for a certain one here.
            CERTIFICATE_POLICIES | POLICY_MAPPINGS | POLICY_CONSTRAINTS | INHIBIT_ANY_POLICY => {}
            other if extension.critical => out.unknown_critical.push(other),
            _ => {}
        }
    }
    Ok(out)
}

fn alternative_names(names: &SubjectAltName, out: &mut Extensions) -> der::Result<()> {
    for name in &names.0 {
        match name {
            GeneralName::DnsName(name) => out.dns_names.push(name.to_string()),
            GeneralName::IpAddress(bytes) => out.ip_addresses.push(ip_address(bytes.as_bytes())?),
            _ => {}
        }
    }
    Ok(())
}

fn ip_address(bytes: &[u8]) -> der::Result<IpAddr> {
    let v4 = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
    v4.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from))
        .map_err(|_| {
            der::ErrorKind::Value {
                tag: der::Tag::OctetString,
            }
            .into()
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Not quite DER, but some programs write it, and Go reads it.
    #[test]
    fn a_default_that_is_written_out_is_read() {
        let explicit = BasicConstraints::from_der(&[0x30, 3, 1, 1, 0]).unwrap();
        assert!(!explicit.ca);
    }
}
