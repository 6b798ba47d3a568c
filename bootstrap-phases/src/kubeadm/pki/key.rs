//! Private and public keys: made, read from PEM, written as PEM the way Go writes them, used to sign.
//!
//! Follows `cmd/kubeadm/app/util/pkiutil` and `k8s.io/client-go/util/keyutil`: RSA keys are PKCS#1, ECDSA keys SEC 1,
//! public keys are SubjectPublicKeyInfo. Keys that a user brings may be PKCS#8 as well, and of other sizes and curves
//! than those kubeadm makes.

use std::fmt::{self, Write as _};
use std::str::FromStr;
use std::sync::Arc;

use aws_lc_rs::encoding::{AsBigEndian, AsDer, EcPrivateKeyBin, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{self, EcdsaKeyPair, EcdsaSigningAlgorithm, KeyPair as _, RsaKeyPair};
use der::asn1::ObjectIdentifier;
use x509_cert::spki::SubjectPublicKeyInfoRef;
use zeroize::Zeroizing;

use super::{PkiError, key_der, pem};

const EXPORT: PkiError = PkiError::Crypto {
    doing: "exporting a key",
};

/// What kind of key kubeadm makes: `encryptionAlgorithm` of a `ClusterConfiguration`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// RSA with a modulus of 2048 bits, the default.
    #[default]
    Rsa2048,
    /// RSA with a modulus of 3072 bits.
    Rsa3072,
    /// RSA with a modulus of 4096 bits.
    Rsa4096,
    /// ECDSA on NIST's curve P-256.
    EcdsaP256,
    /// ECDSA on NIST's curve P-384.
    EcdsaP384,
}

impl Algorithm {
    /// All of them, in the order of the documentation.
    pub const ALL: [Self; 5] = [
        Self::Rsa2048,
        Self::Rsa3072,
        Self::Rsa4096,
        Self::EcdsaP256,
        Self::EcdsaP384,
    ];

    /// The name used in a `ClusterConfiguration`, such as `RSA-2048`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rsa2048 => "RSA-2048",
            Self::Rsa3072 => "RSA-3072",
            Self::Rsa4096 => "RSA-4096",
            Self::EcdsaP256 => "ECDSA-P256",
            Self::EcdsaP384 => "ECDSA-P384",
        }
    }

    /// The kind of key this makes.
    pub fn kind(self) -> KeyKind {
        match self {
            Self::Rsa2048 => KeyKind::Rsa { bits: 2048 },
            Self::Rsa3072 => KeyKind::Rsa { bits: 3072 },
            Self::Rsa4096 => KeyKind::Rsa { bits: 4096 },
            Self::EcdsaP256 => KeyKind::Ecdsa(Curve::P256),
            Self::EcdsaP384 => KeyKind::Ecdsa(Curve::P384),
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Algorithm {
    type Err = PkiError;

    /// Reads the name used in a `ClusterConfiguration`; the empty name means the default.
    fn from_str(name: &str) -> Result<Self, PkiError> {
        if name.is_empty() {
            return Ok(Self::default());
        }
        Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.as_str() == name)
            .ok_or_else(|| PkiError::UnknownAlgorithm {
                name: name.to_owned(),
            })
    }
}

/// What a key is. Wider than [`Algorithm`], since a user may bring keys that kubeadm would not make.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyKind {
    /// An RSA key.
    Rsa {
        /// Length of the modulus.
        bits: usize,
    },
    /// An elliptic curve key.
    Ecdsa(Curve),
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rsa { bits } => write!(f, "RSA-{bits}"),
            Self::Ecdsa(curve) => write!(f, "ECDSA-{curve:?}"),
        }
    }
}

/// A NIST curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Curve {
    /// secp256r1.
    P256,
    /// secp384r1.
    P384,
    /// secp521r1.
    P521,
}

impl Curve {
    const ALL: [Self; 3] = [Self::P256, Self::P384, Self::P521];

    fn oid(self) -> ObjectIdentifier {
        match self {
            Self::P256 => ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7"),
            Self::P384 => ObjectIdentifier::new_unwrap("1.3.132.0.34"),
            Self::P521 => ObjectIdentifier::new_unwrap("1.3.132.0.35"),
        }
    }

    pub(super) fn from_oid(oid: ObjectIdentifier) -> Option<Self> {
        Self::ALL.into_iter().find(|curve| curve.oid() == oid)
    }

    fn signing(self) -> &'static EcdsaSigningAlgorithm {
        match self {
            Self::P256 => &signature::ECDSA_P256_SHA256_ASN1_SIGNING,
            Self::P384 => &signature::ECDSA_P384_SHA384_ASN1_SIGNING,
            Self::P521 => &signature::ECDSA_P521_SHA512_ASN1_SIGNING,
        }
    }
}

/// A private key that can sign. Cloning shares the key; `Debug` shows only what kind of key it is.
#[derive(Clone)]
pub struct PrivateKey {
    pair: Pair,
    public: PublicKey,
}

#[derive(Clone)]
enum Pair {
    Rsa(Arc<RsaKeyPair>),
    Ecdsa(Arc<EcdsaKeyPair>, Curve),
}

impl PrivateKey {
    /// Makes a new key from the system's randomness. RSA keys take tens to hundreds of milliseconds.
    ///
    /// # Errors
    /// [`PkiError::Crypto`] if the cryptographic library fails.
    pub fn generate(algorithm: Algorithm) -> Result<Self, PkiError> {
        let failed = |_| PkiError::Crypto {
            doing: "generating a private key",
        };
        let rsa = |size| {
            RsaKeyPair::generate(size)
                .map_err(failed)
                .and_then(Self::from_rsa)
        };
        let ecdsa = |curve: Curve| {
            EcdsaKeyPair::generate(curve.signing())
                .map_err(failed)
                .and_then(|pair| Self::from_ecdsa(pair, curve))
        };
        match algorithm {
            Algorithm::Rsa2048 => rsa(KeySize::Rsa2048),
            Algorithm::Rsa3072 => rsa(KeySize::Rsa3072),
            Algorithm::Rsa4096 => rsa(KeySize::Rsa4096),
            Algorithm::EcdsaP256 => ecdsa(Curve::P256),
            Algorithm::EcdsaP384 => ecdsa(Curve::P384),
        }
    }

    /// Reads the first private key of a PEM text: `RSA PRIVATE KEY` (PKCS#1), `EC PRIVATE KEY` (SEC 1) or
    /// `PRIVATE KEY` (PKCS#8). Other blocks, such as `EC PARAMETERS`, are passed over.
    ///
    /// # Errors
    /// [`PkiError::NoPrivateKey`], [`PkiError::EncryptedKey`], or [`PkiError::UnsupportedKey`] for keys that cannot sign
    /// here: Ed25519, RSA below 2048 bits, other curves, and keys that are damaged.
    pub fn from_pem(text: &[u8]) -> Result<Self, PkiError> {
        for block in pem::blocks(text)? {
            match block.tag.as_str() {
                "ENCRYPTED PRIVATE KEY" => return Err(PkiError::EncryptedKey),
                "RSA PRIVATE KEY" | "EC PRIVATE KEY" | "PRIVATE KEY" if block.has_headers => {
                    return Err(PkiError::EncryptedKey);
                }
                "RSA PRIVATE KEY" => return Self::from_pkcs1(&block.der),
                "EC PRIVATE KEY" => return Self::from_ec_der(&block.der),
                "PRIVATE KEY" => return Self::from_pkcs8(&block.der),
                _ => {}
            }
        }
        Err(PkiError::NoPrivateKey)
    }

    /// The key as PEM, ending in a line feed: `RSA PRIVATE KEY` or `EC PRIVATE KEY`, as Go's `keyutil` writes it.
    ///
    /// # Errors
    /// [`PkiError::Crypto`] if the cryptographic library cannot export the key.
    pub fn to_pem(&self) -> Result<Zeroizing<String>, PkiError> {
        let (tag, der) = match &self.pair {
            Pair::Rsa(pair) => ("RSA PRIVATE KEY", pkcs1(pair)?),
            Pair::Ecdsa(pair, curve) => ("EC PRIVATE KEY", sec1(pair, *curve)?),
        };
        Ok(Zeroizing::new(pem::encode(tag, &der)))
    }

    /// The public half.
    pub fn public_key(&self) -> &PublicKey {
        &self.public
    }

    /// What kind of key this is.
    pub fn kind(&self) -> KeyKind {
        match &self.pair {
            Pair::Rsa(pair) => KeyKind::Rsa {
                bits: pair.public_modulus_len() * 8,
            },
            Pair::Ecdsa(_, curve) => KeyKind::Ecdsa(*curve),
        }
    }

    /// Signs a message, with the hash that Go's `crypto/x509` chooses for such a key: SHA-256, but SHA-384 for P-384 and
    /// SHA-512 for P-521. RSA signatures are PKCS#1 v1.5, ECDSA ones ASN.1.
    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, PkiError> {
        let failed = |_| PkiError::Crypto { doing: "signing" };
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Rsa(pair) => {
                let mut out = vec![0; pair.public_modulus_len()];
                pair.sign(&signature::RSA_PKCS1_SHA256, &random, message, &mut out)
                    .map_err(failed)?;
                Ok(out)
            }
            Pair::Ecdsa(pair, _) => {
                let signed = pair.sign(&random, message).map_err(failed)?;
                Ok(signed.as_ref().to_vec())
            }
        }
    }

    /// An ECDSA key from its secret number, big-endian and as long as the curve asks.
    pub(super) fn from_scalar(scalar: &[u8], curve: Curve) -> Result<Self, PkiError> {
        let der = key_der::ec_private_key(scalar, curve.oid(), None)
            .map_err(|e| PkiError::der("private key", &e))?;
        Self::from_ec_der(&der)
    }

    fn from_pkcs1(der: &[u8]) -> Result<Self, PkiError> {
        RsaKeyPair::from_der(der)
            .map_err(|e| PkiError::UnsupportedKey { why: e.to_string() })
            .and_then(Self::from_rsa)
    }

    fn from_pkcs8(der: &[u8]) -> Result<Self, PkiError> {
        const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
        const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
        let (algorithm, _) = key_der::pkcs8(der).map_err(|e| PkiError::der("private key", &e))?;
        match algorithm {
            RSA => RsaKeyPair::from_pkcs8(der)
                .map_err(|e| PkiError::UnsupportedKey { why: e.to_string() })
                .and_then(Self::from_rsa),
            EC => Self::from_ec_der(der),
            other => Err(PkiError::UnsupportedKey {
                why: format!("algorithm {other} is neither RSA nor ECDSA"),
            }),
        }
    }

    /// SEC 1 or PKCS#8. The curve need not be looked up: a key of one curve does not parse as one of another.
    fn from_ec_der(der: &[u8]) -> Result<Self, PkiError> {
        for curve in Curve::ALL {
            if let Ok(pair) = EcdsaKeyPair::from_private_key_der(curve.signing(), der) {
                return Self::from_ecdsa(pair, curve);
            }
        }
        Err(PkiError::UnsupportedKey {
            why: "not a sound key on P-256, P-384 or P-521".to_owned(),
        })
    }

    fn from_rsa(pair: RsaKeyPair) -> Result<Self, PkiError> {
        let public = spki(pair.public_key())?;
        Ok(Self {
            pair: Pair::Rsa(Arc::new(pair)),
            public,
        })
    }

    fn from_ecdsa(pair: EcdsaKeyPair, curve: Curve) -> Result<Self, PkiError> {
        let public = spki(pair.public_key())?;
        Ok(Self {
            pair: Pair::Ecdsa(Arc::new(pair), curve),
            public,
        })
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({}, redacted)", self.kind())
    }
}

/// A public key, as the DER of a SubjectPublicKeyInfo.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PublicKey {
    der: Vec<u8>,
}

impl PublicKey {
    /// Takes the DER of a SubjectPublicKeyInfo as it is.
    ///
    /// # Errors
    /// [`PkiError::Der`] if it is not the DER of one.
    pub fn from_der(der: &[u8]) -> Result<Self, PkiError> {
        SubjectPublicKeyInfoRef::try_from(der).map_err(|e| PkiError::der("public key", &e))?;
        Ok(Self { der: der.to_vec() })
    }

    /// Reads the first `PUBLIC KEY` block of a PEM text.
    ///
    /// # Errors
    /// [`PkiError::NoPublicKey`] if there is none, [`PkiError::Der`] if it is damaged.
    pub fn from_pem(text: &[u8]) -> Result<Self, PkiError> {
        pem::blocks(text)?
            .iter()
            .find(|block| block.tag == "PUBLIC KEY")
            .ok_or(PkiError::NoPublicKey)
            .and_then(|block| Self::from_der(&block.der))
    }

    /// As a `PUBLIC KEY` block, ending in a line feed.
    pub fn to_pem(&self) -> String {
        pem::encode("PUBLIC KEY", &self.der)
    }

    /// The DER of the SubjectPublicKeyInfo.
    pub fn as_der(&self) -> &[u8] {
        &self.der
    }

    /// The pin that kubeadm compares in discovery: `sha256:` and the hexadecimal SHA-256 of the SubjectPublicKeyInfo.
    /// Follows `cmd/kubeadm/app/util/pubkeypin`.
    pub fn pin(&self) -> String {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &self.der);
        let mut pin = String::from("sha256:");
        for byte in digest.as_ref() {
            let _ = write!(pin, "{byte:02x}"); // writing to a String cannot fail
        }
        pin
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.pin())
    }
}

fn spki(key: &impl AsDer<PublicKeyX509Der<'static>>) -> Result<PublicKey, PkiError> {
    let der = key.as_der().map_err(|_| EXPORT)?;
    Ok(PublicKey {
        der: der.as_ref().to_vec(),
    })
}

fn pkcs1(pair: &RsaKeyPair) -> Result<Zeroizing<Vec<u8>>, PkiError> {
    let exported: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| EXPORT)?;
    let (_, key) = key_der::pkcs8(exported.as_ref()).map_err(|_| EXPORT)?;
    Ok(Zeroizing::new(key.to_vec()))
}

fn sec1(pair: &EcdsaKeyPair, curve: Curve) -> Result<Zeroizing<Vec<u8>>, PkiError> {
    let scalar: EcPrivateKeyBin<'_> = pair.private_key().as_be_bytes().map_err(|_| EXPORT)?;
    let public = pair.public_key().as_ref();
    key_der::ec_private_key(scalar.as_ref(), curve.oid(), Some(public)).map_err(|_| EXPORT)
}
