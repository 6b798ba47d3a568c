//! The keys, certificates and tokens of clusters.

use std::time::{Duration, SystemTime};

use bootstrap_phases::kubeadm::{
    pki::{
        Algorithm, Authority, CertSpec, Certificate, KeySource as _, PkiError, PrivateKey,
        SystemKeys, Usage, Validity,
    },
    tokens,
};
use componentconfig::{core::Time, secret::Secret};
use machine_api::{
    bootstrap::v1beta2::EncryptionAlgorithmType,
    certificates::{KeyPair, Purpose},
    provider::{CertificateSource, KeyPairRequest, ProviderError},
};

use crate::{boot::seconds, cloud::Cloud};

const DAY: u64 = 86_400;

impl CertificateSource for Cloud {
    fn key_pair(&mut self, request: &KeyPairRequest<'_>) -> Result<KeyPair, ProviderError> {
        let made = || {
            let key = SystemKeys.generate(algorithm(request.algorithm))?;
            if request.purpose == Purpose::ServiceAccount {
                return pair(key.public_key().to_pem(), &key);
            }
            let days = u64::try_from(request.days).unwrap_or_default();
            let spec = CertSpec::authority("kubernetes", validity(request.now, days));
            let authority = Authority::self_signed(&spec, key, &SystemKeys)?;
            pair(authority.certificate().to_pem(), authority.key())
        };
        made().map_err(|error| failed(&error))
    }

    fn administrator(
        &mut self,
        authority: &KeyPair,
        algorithm: &EncryptionAlgorithmType,
        now: Time,
    ) -> Result<KeyPair, ProviderError> {
        let made = || {
            let certificate = Certificate::from_pem(authority.certificate.as_bytes())?;
            let key = PrivateKey::from_pem(authority.key.expose().as_bytes())?;
            let authority = Authority::new(certificate, key)?;
            let key = SystemKeys.generate(self::algorithm(algorithm))?;
            let spec = CertSpec::leaf("kubernetes-admin", &[Usage::ClientAuth], validity(now, 365));
            let spec = spec.organizations(&["system:masters"]);
            let certificate = authority.issue(&spec, key.public_key(), &SystemKeys)?;
            pair(certificate.to_pem(), &key)
        };
        made().map_err(|error| failed(&error))
    }

    fn public_key_hashes(&self, certificates: &str) -> Result<Vec<String>, ProviderError> {
        let all = Certificate::bundle_from_pem(certificates.as_bytes())
            .map_err(|error| failed(&error))?;
        Ok(all.iter().map(|one| one.public_key().pin()).collect())
    }

    fn not_after(&self, certificate: &str) -> Result<Time, ProviderError> {
        let certificate =
            Certificate::from_pem(certificate.as_bytes()).map_err(|error| failed(&error))?;
        let end = Time::from_unix(seconds(certificate.validity().not_after()));
        end.ok_or_else(|| ProviderError::new("NoTime", "the certificate ends beyond all times"))
    }

    fn bootstrap_token(&mut self) -> Result<Secret, ProviderError> {
        let token = tokens::random(&SystemKeys);
        token
            .map(|token| token.expose().into())
            .map_err(|error| failed(&error))
    }
}

fn pair(certificate: String, key: &PrivateKey) -> Result<KeyPair, PkiError> {
    let key = key.to_pem()?.as_str().into();
    Ok(KeyPair { certificate, key })
}

fn algorithm(name: &EncryptionAlgorithmType) -> Algorithm {
    let found = Algorithm::ALL
        .into_iter()
        .find(|one| one.as_str() == name.as_str());
    found.unwrap_or_default()
}

fn validity(now: Time, days: u64) -> Validity {
    let now = Duration::from_secs(u64::try_from(now.unix()).unwrap_or_default());
    Validity::starting(
        SystemTime::UNIX_EPOCH + now,
        Duration::from_secs(days * DAY),
    )
}

fn failed(error: &impl ToString) -> ProviderError {
    ProviderError::new("KeysFailed", error.to_string())
}
