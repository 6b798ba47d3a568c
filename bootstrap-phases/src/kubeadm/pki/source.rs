//! Where keys and random bytes come from.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::digest::{SHA256, SHA384, digest};
use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};

use super::{Algorithm, Curve, PkiError, PrivateKey};

/// Makes private keys and random bytes: the one place where certificates meet randomness.
///
/// ```
/// use bootstrap_phases::kubeadm::pki::{Algorithm, KeySource as _, SystemKeys};
///
/// let key = SystemKeys.generate(Algorithm::EcdsaP256)?;
/// assert!(key.to_pem()?.starts_with("-----BEGIN EC PRIVATE KEY-----"));
/// # Ok::<(), bootstrap_phases::kubeadm::pki::PkiError>(())
/// ```
pub trait KeySource: Send + Sync {
    /// A new private key.
    ///
    /// # Errors
    /// [`PkiError::Crypto`] if the key cannot be made, [`PkiError::NoKeyLeft`] if the source holds a fixed set.
    fn generate(&self, algorithm: Algorithm) -> Result<PrivateKey, PkiError>;

    /// Fills the buffer with random bytes.
    ///
    /// # Errors
    /// [`PkiError::Crypto`] if the system gives none.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), PkiError>;
}

/// The real source: aws-lc and the operating system's randomness.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemKeys;

impl KeySource for SystemKeys {
    fn generate(&self, algorithm: Algorithm) -> Result<PrivateKey, PkiError> {
        PrivateKey::generate(algorithm)
    }

    fn fill(&self, bytes: &mut [u8]) -> Result<(), PkiError> {
        SystemRandom::new()
            .fill(bytes)
            .map_err(|_| PkiError::Crypto {
                doing: "reading random bytes",
            })
    }
}

/// A source for tests: fast, and the same at every run.
///
/// ECDSA keys and random bytes follow from the seed. RSA keys cannot be made that way; give a few, made once, and they
/// are handed out in turn, over and over. Never use this where a key must be secret.
pub struct FixedKeys {
    seed: Vec<u8>,
    rsa: Vec<PrivateKey>,
    next_key: AtomicU64,
    next_bytes: AtomicU64,
}

impl FixedKeys {
    /// A source without RSA keys.
    pub fn seeded(seed: impl Into<Vec<u8>>) -> Self {
        Self {
            seed: seed.into(),
            rsa: Vec::new(),
            next_key: AtomicU64::new(0),
            next_bytes: AtomicU64::new(0),
        }
    }

    /// Adds RSA keys to hand out; keys of other kinds are never asked for and harmless.
    #[must_use]
    pub fn with_keys(mut self, keys: impl IntoIterator<Item = PrivateKey>) -> Self {
        self.rsa.extend(keys);
        self
    }

    fn scalar(&self, curve: Curve, number: u64) -> Result<PrivateKey, PkiError> {
        let hash = if curve == Curve::P256 {
            &SHA256
        } else {
            &SHA384
        };
        let mut text = self.seed.clone();
        text.extend_from_slice(b"/key/");
        text.extend_from_slice(&number.to_be_bytes());
        PrivateKey::from_scalar(digest(hash, &text).as_ref(), curve)
    }

    fn recorded(&self, algorithm: Algorithm, number: u64) -> Result<PrivateKey, PkiError> {
        let fitting: Vec<_> = self
            .rsa
            .iter()
            .filter(|k| k.kind() == algorithm.kind())
            .collect();
        let count = u64::try_from(fitting.len()).unwrap_or(u64::MAX);
        number
            .checked_rem(count)
            .and_then(|index| fitting.get(usize::try_from(index).ok()?))
            .map(|key| (*key).clone())
            .ok_or(PkiError::NoKeyLeft { algorithm })
    }
}

impl KeySource for FixedKeys {
    fn generate(&self, algorithm: Algorithm) -> Result<PrivateKey, PkiError> {
        let number = self.next_key.fetch_add(1, Ordering::Relaxed);
        match algorithm {
            Algorithm::EcdsaP256 => self.scalar(Curve::P256, number),
            Algorithm::EcdsaP384 => self.scalar(Curve::P384, number),
            _ => self.recorded(algorithm, number),
        }
    }

    fn fill(&self, bytes: &mut [u8]) -> Result<(), PkiError> {
        for chunk in bytes.chunks_mut(32) {
            let number = self.next_bytes.fetch_add(1, Ordering::Relaxed);
            let mut text = self.seed.clone();
            text.extend_from_slice(b"/bytes/");
            text.extend_from_slice(&number.to_be_bytes());
            for (byte, random) in chunk.iter_mut().zip(digest(&SHA256, &text).as_ref()) {
                *byte = *random;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for FixedKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FixedKeys")
            .field("rsa", &self.rsa)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_keys_and_bytes() {
        let make = |seed: &str| {
            let source = FixedKeys::seeded(seed);
            let mut bytes = [0; 40];
            source.fill(&mut bytes).unwrap();
            let a = source.generate(Algorithm::EcdsaP256).unwrap();
            let b = source.generate(Algorithm::EcdsaP384).unwrap();
            assert_ne!(a.public_key(), b.public_key());
            (bytes, a.public_key().pin(), b.public_key().pin())
        };
        assert_eq!(make("one"), make("one"));
        assert_ne!(make("one"), make("two"));
    }

    #[test]
    fn a_fixed_source_without_rsa_keys_says_so() {
        let error = FixedKeys::seeded("x")
            .generate(Algorithm::Rsa2048)
            .unwrap_err();
        assert_eq!(error.to_string(), "the key source has no key for RSA-2048");
    }
}
