//! Keys in PEM: what can be read can be written, and reads as the same key again.
#![no_main]

use bootstrap_phases::kubeadm::pki::{PrivateKey, PublicKey};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| {
    match PrivateKey::from_pem(text) {
        Ok(key) => {
            let written = key.to_pem().expect("a key that was read can be written");
            let again =
                PrivateKey::from_pem(written.as_bytes()).expect("what was written can be read");
            assert_eq!(again.public_key(), key.public_key());
        }
        Err(error) => drop(error.to_string()),
    }
    if let Ok(key) = PublicKey::from_pem(text) {
        assert_eq!(
            PublicKey::from_pem(key.to_pem().as_bytes()),
            Ok(key.clone())
        );
        let _ = (key.kind(), key.pin());
    }
});
