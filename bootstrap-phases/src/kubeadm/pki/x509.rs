//! The shape of an X.509 certificate (RFC 5280), shared by reading and writing.
//!
//! Names and keys stay the bytes they are: a name decoded and encoded again need not be the same bytes, and then clients
//! that compare names byte by byte would not find the issuer.

use der::Sequence;
use der::asn1::{AnyRef, BitStringRef, ObjectIdentifier};
use x509_cert::certificate::Version;
use x509_cert::ext::Extension;
use x509_cert::spki::AlgorithmIdentifierRef;
use x509_cert::time::Time;

pub(super) const RSA_ENCRYPTION: ObjectIdentifier = oid("1.2.840.113549.1.1.1");
pub(super) const EC_PUBLIC_KEY: ObjectIdentifier = oid("1.2.840.10045.2.1");
pub(super) const COMMON_NAME: ObjectIdentifier = oid("2.5.4.3");
pub(super) const ORGANIZATION: ObjectIdentifier = oid("2.5.4.10");
pub(super) const SERVER_AUTH: ObjectIdentifier = oid("1.3.6.1.5.5.7.3.1");
pub(super) const CLIENT_AUTH: ObjectIdentifier = oid("1.3.6.1.5.5.7.3.2");

#[derive(Sequence)]
pub(super) struct CertificateDer<'a> {
    pub(super) tbs: AnyRef<'a>,
    pub(super) algorithm: AlgorithmIdentifierRef<'a>,
    pub(super) signature: BitStringRef<'a>,
}

#[derive(Sequence)]
pub(super) struct TbsCertificate<'a> {
    #[asn1(context_specific = "0", default = "Default::default")]
    pub(super) version: Version,
    pub(super) serial: AnyRef<'a>,
    pub(super) algorithm: AlgorithmIdentifierRef<'a>,
    pub(super) issuer: AnyRef<'a>,
    pub(super) validity: Period,
    pub(super) subject: AnyRef<'a>,
    pub(super) public_key: AnyRef<'a>,
    #[asn1(context_specific = "1", tag_mode = "IMPLICIT", optional = "true")]
    pub(super) issuer_unique_id: Option<BitStringRef<'a>>,
    #[asn1(context_specific = "2", tag_mode = "IMPLICIT", optional = "true")]
    pub(super) subject_unique_id: Option<BitStringRef<'a>>,
    #[asn1(context_specific = "3", tag_mode = "EXPLICIT", optional = "true")]
    pub(super) extensions: Option<Vec<Extension>>,
}

#[derive(Sequence)]
pub(super) struct Period {
    pub(super) not_before: Time,
    pub(super) not_after: Time,
}

pub(super) const fn oid(text: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(text)
}

/// The bits of a string as bytes, moved to the right where the last byte is not full: as Go takes signatures and keys
/// (`BitString.RightAlign` in `encoding/asn1`), so that none fits that was padded.
pub(super) fn right_aligned(bits: BitStringRef<'_>) -> Vec<u8> {
    let shift = bits.unused_bits();
    let bytes = bits.raw_bytes();
    if shift == 0 {
        return bytes.to_vec();
    }
    let above = std::iter::once(0).chain(bytes.iter().copied());
    let pairs = above.zip(bytes);
    pairs
        .map(|(above, byte)| (above << (8 - shift)) | (byte >> shift))
        .collect()
}

#[cfg(test)]
mod tests {
    use der::{Decode as _, Encode as _};

    use super::*;
    use crate::kubeadm::pki::pem;

    #[test]
    fn decoding_and_encoding_give_the_same_bytes() {
        let text = include_bytes!("../../../tests/data/ca-odd-names.crt");
        let block = &pem::blocks(text).unwrap()[0];
        let outer = CertificateDer::from_der(&block.der).unwrap();
        assert_eq!(outer.to_der().unwrap(), *block.der);
        let signed = outer.tbs.to_der().unwrap();
        let tbs = TbsCertificate::from_der(&signed).unwrap();
        assert_eq!(tbs.to_der().unwrap(), signed);
    }

    #[test]
    fn bits_move_to_the_right() {
        let moved = |unused, bytes: &[u8]| right_aligned(BitStringRef::new(unused, bytes).unwrap());
        assert_eq!(moved(0, &[0x12, 0x34]), [0x12, 0x34]);
        assert_eq!(moved(4, &[0x12, 0x30]), [0x01, 0x23]);
        assert_eq!(moved(1, &[0x80, 0x02]), [0x40, 0x01]);
    }
}
