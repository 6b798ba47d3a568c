//! Who a certificate is for.

use tokio_rustls::rustls::{crypto::aws_lc_rs::cipher_suite, pki_types::CertificateDer};
use yasna::{
    ASN1Error, ASN1ErrorKind, ASN1Result, BERReader, BERReaderSeq, Tag, models::ObjectIdentifier,
};

use crate::user::UserInfo;

/// The user of a certificate that was found to be good: the common name, in the groups that are its organisations; as `x509` of the
/// authenticators of Kubernetes has it. None if it has no name.
pub(super) fn user_of(certificate: &CertificateDer<'_>) -> Option<UserInfo> {
    let subject = yasna::parse_der(certificate, |reader| {
        reader.read_sequence(|reader| {
            let subject = reader.next().read_sequence(subject)?;
            rest(reader)?;
            Ok(subject)
        })
    });
    let subject = subject.ok()?;
    let values = |wanted: &'static [u64]| {
        let found = subject
            .iter()
            .filter(move |(kind, _)| kind.components() == wanted);
        found.map(|(_, value)| value.as_str())
    };
    // Of several names the last one counts.
    let name = values(COMMON_NAME)
        .next_back()
        .filter(|name| !name.is_empty())?;
    let user = values(ORGANISATION).fold(UserInfo::new(name), UserInfo::group);
    Some(match fingerprint(certificate) {
        Some(print) => user.extra(CREDENTIAL, format!("X509SHA256={print}")),
        None => user,
    })
}

const COMMON_NAME: &[u64] = &[2, 5, 4, 3];
const ORGANISATION: &[u64] = &[2, 5, 4, 10];
const CREDENTIAL: &str = "authentication.kubernetes.io/credential-id";

type Name = Vec<(ObjectIdentifier, String)>;

/// The subject of what is signed: version, number, algorithm, issuer and validity stand before it.
fn subject(reader: &mut BERReaderSeq<'_, '_>) -> ASN1Result<Name> {
    reader.read_optional(|reader| reader.read_tagged(Tag::context(0), skip))?;
    for _ in 0..4 {
        skip(reader.next())?;
    }
    let mut name = Name::new();
    reader.next().read_sequence_of(|reader| {
        reader.read_set_of(|reader| {
            name.push(reader.read_sequence(|reader| {
                let kind = reader.next().read_oid()?;
                let value = reader.next().read_tagged_der()?;
                let text = String::from_utf8(value.value().to_vec());
                let text = text.map_err(|_| ASN1Error::new(ASN1ErrorKind::Invalid))?;
                Ok((kind, text))
            })?);
            Ok(())
        })
    })?;
    rest(reader)?;
    Ok(name)
}

fn skip(reader: BERReader<'_, '_>) -> ASN1Result<()> {
    reader.read_der().map(drop)
}

/// What follows does not matter here.
fn rest(reader: &mut BERReaderSeq<'_, '_>) -> ASN1Result<()> {
    while reader.read_optional(skip)?.is_some() {}
    Ok(())
}

/// The SHA-256 of a certificate, as it is computed for connections.
fn fingerprint(certificate: &[u8]) -> Option<String> {
    let suite = cipher_suite::TLS13_AES_128_GCM_SHA256.tls13()?;
    let hash = suite.common.hash_provider.hash(certificate);
    let bytes = hash.as_ref().iter();
    Some(bytes.fold(String::new(), |text, byte| format!("{text}{byte:02x}")))
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, DistinguishedName, DnType, DnValue, KeyPair};

    use super::*;

    fn certificate(parts: &[(DnType, DnValue)]) -> CertificateDer<'static> {
        let mut params = CertificateParams::new(vec!["somewhere".to_owned()]).unwrap();
        params.distinguished_name = DistinguishedName::new();
        for (kind, value) in parts {
            params.distinguished_name.push(kind.clone(), value.clone());
        }
        let key = KeyPair::generate().unwrap();
        params.self_signed(&key).unwrap().der().clone()
    }

    #[test]
    fn names_and_organisations_are_users_and_groups() {
        let printable = |text: &str| DnValue::PrintableString(text.try_into().unwrap());
        let jane = certificate(&[
            (DnType::CountryName, printable("AQ")),
            (DnType::OrganizationName, "devs".into()),
            (DnType::CommonName, "j\u{e4}ne".into()),
        ]);
        let user = user_of(&jane).unwrap().to_json();
        assert_eq!(user["username"], "j\u{e4}ne");
        assert_eq!(
            user["groups"],
            serde_json::json!(["devs", "system:authenticated"])
        );
        let print = &user["extra"][CREDENTIAL][0];
        assert_eq!(print.as_str().unwrap().len(), "X509SHA256=".len() + 64);
        let node = certificate(&[
            (
                DnType::OrganizationName,
                printable("system:nodes".trim_start_matches("system:")),
            ),
            (DnType::CommonName, printable("node-1")),
        ]);
        assert_eq!(user_of(&node).unwrap().username(), "node-1");
    }

    #[test]
    fn without_a_name_nobody_is_meant() {
        let nobody = certificate(&[(DnType::OrganizationName, "devs".into())]);
        assert_eq!(user_of(&nobody), None);
        for length in 0..nobody.len() {
            assert_eq!(user_of(&CertificateDer::from(&nobody[..length])), None);
        }
    }
}
