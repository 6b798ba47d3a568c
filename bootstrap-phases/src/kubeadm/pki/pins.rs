//! Pins: what a user knows of an authority before the first contact.
//!
//! Follows `cmd/kubeadm/app/util/pubkeypin`.

use std::collections::BTreeSet;
use std::str::FromStr;

use super::{Certificate, PublicKey};

/// The public keys a user trusts, by their SHA-256. See [`PublicKey::pin`].
///
/// ```
/// use bootstrap_phases::kubeadm::pki::Pins;
///
/// let mut pins = Pins::default();
/// pins.allow("sha256:eeaf32fbfeb417236c8abb3782613e0f9397e270668ea774e4c7b16b231e3c42")?;
/// assert!(!pins.is_empty());
/// # Ok::<(), bootstrap_phases::kubeadm::pki::PinError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pins(BTreeSet<Pin>);

/// One pin, in its form `sha256:` and 64 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Pin(String);

/// A text that is no pin, or an authority that is not pinned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PinError {
    /// It is not a format, a colon and a value.
    #[error("invalid pin {0:?}: expected sha256:HEX")]
    Form(String),
    /// Another hash than SHA-256.
    #[error("invalid pin {0:?}: the only hash format is sha256")]
    Format(String),
    /// The value is not 32 bytes in hexadecimal.
    #[error("invalid pin {0:?}: expected 64 hexadecimal digits after sha256:")]
    Value(String),
    /// None of the certificates has a pinned key.
    #[error("none of the public keys {found} is pinned")]
    NotPinned {
        /// The pins of the keys that were offered, separated by commas.
        found: String,
    },
}

impl Pins {
    /// Whether there are none, so that nothing is trusted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a pin.
    ///
    /// # Errors
    /// [`PinError::Form`], [`PinError::Format`] or [`PinError::Value`].
    pub fn allow(&mut self, pin: &str) -> Result<(), PinError> {
        self.0.insert(pin.parse()?);
        Ok(())
    }

    /// Whether this key is pinned.
    pub fn has(&self, key: &PublicKey) -> bool {
        self.0.contains(&Pin(key.pin()))
    }

    /// Whether one at least of the certificates has a pinned key: one pin does for a bundle.
    ///
    /// # Errors
    /// [`PinError::NotPinned`], with the pins that would have done.
    pub fn check(&self, certificates: &[Certificate]) -> Result<(), PinError> {
        if certificates
            .iter()
            .any(|certificate| self.has(certificate.public_key()))
        {
            return Ok(());
        }
        let found: Vec<_> = certificates
            .iter()
            .map(|certificate| certificate.public_key().pin())
            .collect();
        Err(PinError::NotPinned {
            found: found.join(", "),
        })
    }
}

impl FromStr for Pin {
    type Err = PinError;

    fn from_str(text: &str) -> Result<Self, PinError> {
        let mut parts = text.split(':');
        let (Some(format), Some(value), None) = (parts.next(), parts.next(), parts.next()) else {
            return Err(PinError::Form(text.to_owned()));
        };
        if !format.eq_ignore_ascii_case("sha256") {
            return Err(PinError::Format(text.to_owned()));
        }
        if value.len() != 64 || !value.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(PinError::Value(text.to_owned()));
        }
        Ok(Self(format!("sha256:{}", value.to_ascii_lowercase())))
    }
}
