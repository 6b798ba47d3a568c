//! Texts in place of keys and certificates.

use componentconfig::{core::Time, secret::Secret};

use super::MemoryProvider;
use crate::{
    bootstrap::v1beta2::EncryptionAlgorithmType,
    certificates::{KeyPair, Purpose},
    labels,
    names::suffix,
    provider::{CertificateSource, KeyPairRequest, ProviderError},
};

const DAY: i64 = 86_400;
const BEGIN: &str = "-----BEGIN CERTIFICATE-----\n";
const END: &str = "-----END CERTIFICATE-----\n";

impl MemoryProvider {
    fn pair(&mut self, what: &str, not_after: i64) -> Result<KeyPair, ProviderError> {
        self.keys += 1;
        let time = Time::from_unix(not_after);
        let time = time.ok_or_else(|| ProviderError::new("Time", "the certificate never ends"))?;
        let number = self.keys;
        Ok(KeyPair {
            certificate: format!("{BEGIN}{what} {number}\n{time}\n{END}"),
            key: format!("-----BEGIN PRIVATE KEY-----\n{number}\n-----END PRIVATE KEY-----\n")
                .into(),
        })
    }
}

impl CertificateSource for MemoryProvider {
    fn key_pair(&mut self, request: &KeyPairRequest<'_>) -> Result<KeyPair, ProviderError> {
        let meta = &request.cluster.metadata;
        let what = format!("{}/{}-{}", meta.namespace, meta.name, request.purpose);
        let pair = self.pair(&what, request.now.unix() + i64::from(request.days) * DAY)?;
        if request.purpose == Purpose::ServiceAccount {
            let certificate = pair.certificate.replace("CERTIFICATE", "PUBLIC KEY");
            return Ok(KeyPair {
                certificate,
                ..pair
            });
        }
        Ok(pair)
    }

    fn administrator(
        &mut self,
        authority: &KeyPair,
        _: &EncryptionAlgorithmType,
        now: Time,
    ) -> Result<KeyPair, ProviderError> {
        self.not_after(&authority.certificate)?;
        self.pair("kubernetes-admin", now.unix() + 365 * DAY)
    }

    fn public_key_hashes(&self, certificates: &str) -> Result<Vec<String>, ProviderError> {
        self.not_after(certificates)?;
        let hash = labels::fnv32a(certificates);
        Ok(vec![format!("sha256:{hash:064x}")])
    }

    fn not_after(&self, certificate: &str) -> Result<Time, ProviderError> {
        let lines = certificate.strip_prefix(BEGIN);
        let time = lines.and_then(|lines| lines.lines().nth(1)?.parse().ok());
        time.ok_or_else(|| ProviderError::new("Certificate", "no certificate of this provider"))
    }

    fn bootstrap_token(&mut self) -> Result<Secret, ProviderError> {
        self.keys += 1;
        Ok(format!("{}.{}", suffix(self.keys, 6), suffix(self.keys, 16)).into())
    }
}
