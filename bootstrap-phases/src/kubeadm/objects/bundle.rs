//! `kubeadm-certs`: the authorities' certificates and keys, encrypted, for control-plane nodes that join.
//!
//! Follows `cmd/kubeadm/app/phases/copycerts` and `cmd/kubeadm/app/util/crypto`: every entry is a nonce of 12 bytes, the text
//! encrypted by AES-GCM, and a tag of 16 bytes.

use aws_lc_rs::aead::{AES_128_GCM, AES_192_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use componentconfig::kubeadm::token::Token;
use serde_json::{Map, Value, json};

use super::SYSTEM;
use super::rbac::{JOINING, Subject, may_get};
use crate::kubeadm::{pki::KeySource, tokens};
use crate::{Digest, PhaseError, Secret};

/// The Secret.
pub const NAME: &str = "kubeadm-certs";
const NONCE: usize = 12;

/// The key that certificates are uploaded with. Never shows itself.
#[derive(Clone, Debug)]
pub struct CertificateKey(Secret);

/// Why an entry cannot be encrypted or decrypted. Says nothing of keys and texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BundleError {
    /// The certificate key is not hexadecimal.
    #[error("the certificate key is not hexadecimal")]
    NotHex,
    /// The certificate key has not 16, 24 or 32 bytes.
    #[error("the certificate key has a length that AES does not know")]
    KeyLength,
    /// The entry is shorter than a nonce.
    #[error("the entry is too short to be encrypted")]
    TooShort,
    /// The key is not that which the entry was encrypted with, or the entry was changed.
    #[error(
        "the certificate key is not the one that the entry was encrypted with, or the entry was changed"
    )]
    WrongKey,
    /// There is no randomness.
    #[error("no random bytes can be had")]
    NoRandom,
}

impl CertificateKey {
    /// Reads a key, in hexadecimal.
    ///
    /// # Errors
    /// It is not hexadecimal.
    pub fn parse(text: &str) -> Result<Self, BundleError> {
        let digits = text.as_bytes().chunks(2);
        let digit = |c: u8| char::from(c).to_digit(16).ok_or(BundleError::NotHex);
        let bytes = digits.map(|pair| match *pair {
            [high, low] => {
                u8::try_from(digit(high)? * 16 + digit(low)?).map_err(|_| BundleError::NotHex)
            }
            _ => Err(BundleError::NotHex),
        });
        Ok(Self(Secret::new(bytes.collect::<Result<Vec<u8>, _>>()?)))
    }

    /// A new key of 32 bytes.
    ///
    /// # Errors
    /// There is no randomness.
    pub fn generate(keys: &dyn KeySource) -> Result<Self, BundleError> {
        let mut bytes = vec![0; 32];
        keys.fill(&mut bytes).map_err(|_| BundleError::NoRandom)?;
        Ok(Self(Secret::new(bytes)))
    }

    /// The key in hexadecimal. Whoever calls this answers for where it goes.
    pub fn expose(&self) -> String {
        let bytes = self.0.expose().iter();
        let digits = bytes.flat_map(|byte| [byte >> 4, byte & 0xf]);
        digits
            .filter_map(|digit| char::from_digit(digit.into(), 16))
            .collect()
    }

    /// Encrypts a text.
    ///
    /// # Errors
    /// The key has a wrong length, or there is no randomness.
    pub fn encrypt(&self, text: &[u8], keys: &dyn KeySource) -> Result<Vec<u8>, BundleError> {
        let mut nonce = [0; NONCE];
        keys.fill(&mut nonce).map_err(|_| BundleError::NoRandom)?;
        let mut sealed = text.to_vec();
        self.key()?
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::empty(),
                &mut sealed,
            )
            .map_err(|_| BundleError::KeyLength)?;
        Ok([&nonce[..], &sealed].concat())
    }

    /// Decrypts an entry.
    ///
    /// # Errors
    /// The key or the entry is wrong.
    pub fn decrypt(&self, entry: &[u8]) -> Result<Secret, BundleError> {
        let key = self.key()?;
        let (nonce, sealed) = entry
            .split_first_chunk::<NONCE>()
            .ok_or(BundleError::TooShort)?;
        let mut text = sealed.to_vec();
        let length = key
            .open_in_place(
                Nonce::assume_unique_for_key(*nonce),
                Aad::empty(),
                &mut text,
            )
            .map_err(|_| BundleError::WrongKey)?
            .len();
        text.truncate(length);
        Ok(Secret::new(text))
    }

    /// The token that owns these certificates when they are uploaded with this key.
    ///
    /// kubeadm takes a random one for each upload; one that was interrupted then leaves a token that owns nothing.
    ///
    /// # Errors
    /// No token can be made.
    pub fn owner(&self, files: &[(String, Option<Vec<u8>>)]) -> Result<Token, PhaseError> {
        let mut purpose = b"owner of ".to_vec();
        for (name, text) in files {
            purpose.extend_from_slice(name.as_bytes());
            let digest = text.as_ref().map(|text| Digest::of(text).to_string());
            purpose.extend_from_slice(format!("={digest:?};").as_bytes());
        }
        tokens::derived(&self.0, &purpose)
    }

    fn key(&self) -> Result<LessSafeKey, BundleError> {
        let bytes = self.0.expose();
        let algorithm = match bytes.len() {
            16 => &AES_128_GCM,
            24 => &AES_192_GCM,
            32 => &AES_256_GCM,
            _ => return Err(BundleError::KeyLength),
        };
        let key = UnboundKey::new(algorithm, bytes).map_err(|_| BundleError::KeyLength)?;
        Ok(LessSafeKey::new(key))
    }
}

/// The files that are uploaded: their name among the certificates, and whether they hold a key.
///
/// With an external etcd its client's files take the place of etcd's own authority.
pub fn files(external_etcd: Option<[&str; 3]>) -> Vec<(String, String)> {
    let own = [
        "ca.crt",
        "ca.key",
        "front-proxy-ca.crt",
        "front-proxy-ca.key",
        "sa.pub",
        "sa.key",
    ];
    let mut files: Vec<(String, String)> = own
        .iter()
        .map(|name| ((*name).to_owned(), (*name).to_owned()))
        .collect();
    match external_etcd {
        None => files.extend(
            ["etcd/ca.crt", "etcd/ca.key"].map(|name| (name.replace('/', "-"), name.to_owned())),
        ),
        Some(paths) => files.extend(
            [
                "external-etcd-ca.crt",
                "external-etcd.crt",
                "external-etcd.key",
            ]
            .into_iter()
            .zip(paths)
            .map(|(name, path)| (name.to_owned(), path.to_owned())),
        ),
    }
    files
}

/// The Secret with these encrypted entries, owned by the Secret of a token.
pub fn secret(entries: &[(String, Option<Vec<u8>>)], owner: &str) -> Value {
    let data: Map<String, Value> = entries
        .iter()
        .map(|(name, entry)| {
            let entry = entry
                .as_ref()
                .map_or(Value::Null, |entry| STANDARD.encode(entry).into());
            (name.clone(), entry)
        })
        .collect();
    json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": NAME,
            "namespace": SYSTEM,
            "ownerReferences": [{
                "apiVersion": "v1",
                "kind": "Secret",
                "name": owner,
                "uid": "",
                "controller": true,
                "blockOwnerDeletion": true,
            }],
        },
        "data": data,
    })
}

/// The encrypted entry of this name; `None` if there is none.
pub fn entry(secret: &Value, name: &str) -> Option<Vec<u8>> {
    let text = secret.get("data")?.get(name)?.as_str()?;
    STANDARD.decode(text).ok()
}

/// The rights to read it.
pub fn rights() -> [Value; 2] {
    may_get(
        SYSTEM,
        "kubeadm:kubeadm-certs",
        "secrets",
        NAME,
        &[Subject::Group(JOINING)],
    )
}
