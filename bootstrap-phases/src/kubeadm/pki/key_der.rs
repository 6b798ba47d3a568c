//! The DER around private keys: PKCS#8 taken off, SEC 1 written.

use der::asn1::{Any, BitStringRef, ObjectIdentifier, OctetStringRef, SetOfVec};
use der::{Decode as _, Encode as _, Sequence};
use x509_cert::spki::AlgorithmIdentifierRef;
use zeroize::Zeroizing;

/// RFC 5915, section 3.
#[derive(Sequence)]
struct EcPrivateKey<'a> {
    version: u8,
    private_key: &'a OctetStringRef,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    parameters: Option<ObjectIdentifier>,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT", optional = "true")]
    public_key: Option<BitStringRef<'a>>,
}

/// RFC 5958, section 2, of which RFC 5208 is the version without a public key.
#[derive(Sequence)]
struct PrivateKeyInfo<'a> {
    version: u8,
    algorithm: AlgorithmIdentifierRef<'a>,
    private_key: &'a OctetStringRef,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT", optional = "true")]
    attributes: Option<SetOfVec<Any>>,
    #[asn1(context_specific = "1", tag_mode = "IMPLICIT", optional = "true")]
    public_key: Option<BitStringRef<'a>>,
}

/// An `ECPrivateKey` with its curve named, as Go's `x509.MarshalECPrivateKey` writes it if `public` is given.
pub(super) fn ec_private_key(
    scalar: &[u8],
    curve: ObjectIdentifier,
    public: Option<&[u8]>,
) -> der::Result<Zeroizing<Vec<u8>>> {
    EcPrivateKey {
        version: 1,
        private_key: OctetStringRef::new(scalar)?,
        parameters: Some(curve),
        public_key: public.map(BitStringRef::from_bytes).transpose()?,
    }
    .to_der()
    .map(Zeroizing::new)
}

/// The algorithm and the inner key of a PKCS#8 structure.
pub(super) fn pkcs8(der: &[u8]) -> der::Result<(ObjectIdentifier, &[u8])> {
    let info = PrivateKeyInfo::from_der(der)?;
    Ok((info.algorithm.oid, info.private_key.as_bytes()))
}
