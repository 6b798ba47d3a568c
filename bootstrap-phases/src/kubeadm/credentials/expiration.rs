//! `certs check-expiration`: when certificates end.

use std::time::{SystemTime, UNIX_EPOCH};

use componentconfig::core::Time;
use componentconfig::kubeadm::output::v1alpha3::{Certificate as Row, CertificateExpirationInfo};

use super::renew::client_certificate;
use super::{Renewable, all};
use crate::kubeadm::InitContext;
use crate::kubeadm::pki::existing::Pair;
use crate::kubeadm::pki::{CERTIFICATES, Certificate};
use crate::{Files, PhaseError};

/// When the certificates, the kubeconfigs and the authorities of a control plane end, as kubeadm tells it to machines.
///
/// # Errors
/// A file is there and cannot be read.
pub fn expiration(
    context: &InitContext,
    files: &dyn Files,
    now: SystemTime,
) -> Result<CertificateExpirationInfo, PhaseError> {
    let external_etcd = context.external_etcd();
    let certificates = all(external_etcd).into_iter().map(|one| {
        let authority = one.authority();
        let external = match authority {
            Some(authority) => {
                Pair::look(files, &context.pki_path(authority.base_name))?.is_external_authority()
            }
            None => false,
        };
        let certificate = find(one, context, files)?;
        let mut row = row(one.name(), certificate.as_ref(), external, now);
        if !row.missing {
            row.ca_name = authority
                .map(|authority| authority.name.to_owned())
                .unwrap_or_default();
        }
        Ok(row)
    });
    let certificates = certificates.collect::<Result<Vec<Row>, PhaseError>>()?;
    let authorities = CERTIFICATES
        .iter()
        .filter(|certificate| certificate.authority.is_none())
        .filter(|certificate| !(external_etcd && certificate.is_etcds()))
        .map(|authority| {
            let pair = Pair::look(files, &context.pki_path(authority.base_name))?;
            let certificate = pair.bundle().ok().map(|bundle| &bundle.first);
            Ok(row(
                authority.name,
                certificate,
                pair.is_external_authority(),
                now,
            ))
        });
    let mut authorities = authorities.collect::<Result<Vec<Row>, PhaseError>>()?;
    authorities.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(CertificateExpirationInfo {
        certificates: Some(certificates),
        certificate_authorities: Some(authorities),
    })
}

fn find(
    one: Renewable,
    context: &InitContext,
    files: &dyn Files,
) -> Result<Option<Certificate>, PhaseError> {
    let path = one.path(context);
    match one {
        Renewable::Certificate(_) => {
            let text = files.read_if_exists(&format!("{path}.crt"))?;
            Ok(text.map(|text| Certificate::from_pem(&text)).transpose()?)
        }
        Renewable::Kubeconfig { .. } => {
            let text = files.read_if_exists(&path)?;
            text.map(|text| client_certificate(&path, &text))
                .transpose()
        }
    }
}

fn row(name: &str, certificate: Option<&Certificate>, external: bool, now: SystemTime) -> Row {
    let Some(certificate) = certificate else {
        return Row {
            name: name.to_owned(),
            missing: true,
            ..Row::default()
        };
    };
    let (end, now) = (unix(certificate.validity().not_after()), unix(now));
    Row {
        name: name.to_owned(),
        expiration_date: Time::from_unix(end),
        residual_time: (end - now).max(0),
        externally_managed: external,
        ..Row::default()
    }
}

fn unix(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
