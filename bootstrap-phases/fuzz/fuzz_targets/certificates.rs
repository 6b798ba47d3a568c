//! Certificates and requests, as PEM and as DER: no input panics, and what was read writes the same bytes.
#![no_main]

use std::time::SystemTime;

use bootstrap_phases::kubeadm::pki::{Certificate, CertificateRequest};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut certificates = Certificate::bundle_from_pem(data).unwrap_or_default();
    if let Ok(certificate) = Certificate::from_der(data) {
        assert_eq!(certificate.as_der(), data);
        certificates.push(certificate);
    }
    for certificate in &certificates {
        let again = Certificate::from_pem(certificate.to_pem().as_bytes());
        assert_eq!(again.as_ref(), Ok(certificate));
        let _ = (
            format!("{certificate:?}"),
            certificate.spec(certificate.validity()),
        );
        for authority in &certificates {
            let _ = certificate.verify(&certificates, authority, SystemTime::UNIX_EPOCH);
        }
    }
    let der = CertificateRequest::from_der(data);
    for request in der.into_iter().chain(CertificateRequest::from_pem(data)) {
        let _ = (request.verify(), request.subject());
    }
});
