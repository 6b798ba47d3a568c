//! The rules for certificates and keys that exist already: keep, make, or refuse.
//!
//! [`Compat::Upstream`] follows `cmd/kubeadm/app/cmd/phases/init/certs.go` and `cmd/kubeadm/app/phases/certs`: it looks at
//! an authority's certificate and a leaf's signature, and warns of dates. [`Compat::Fixed`] refuses what will not work.

use std::time::SystemTime;

use super::{
    AltNames, CertSpec, Certificate, Distrust, FileProblem, PkiError, PrivateKey, Problem,
};
use crate::{Compat, FileErrorKind, Files, Note, PhaseError};

/// What is found at a path.
#[derive(Debug)]
pub(in crate::kubeadm) enum Found<T> {
    Nothing,
    Broken(PkiError),
    Good(T),
}

/// A certificate, those that follow it in its file, and its key, as far as they are on the disk.
#[derive(Debug)]
pub(in crate::kubeadm) struct Pair {
    pub(in crate::kubeadm) certificate_path: String,
    pub(in crate::kubeadm) key_path: String,
    certificates: Found<Bundle>,
    key: Found<PrivateKey>,
}

/// The certificates of one file; the first is the one that counts.
#[derive(Debug)]
pub(in crate::kubeadm) struct Bundle {
    pub(in crate::kubeadm) first: Certificate,
    pub(in crate::kubeadm) others: Vec<Certificate>,
}

/// What to do about a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::kubeadm) enum Decision {
    Keep,
    Make,
}

impl Pair {
    /// Looks at `BASE.crt` and `BASE.key`.
    pub(in crate::kubeadm) fn look(files: &dyn Files, base: &str) -> Result<Self, PhaseError> {
        let (certificate_path, key_path) = (format!("{base}.crt"), format!("{base}.key"));
        Ok(Self {
            certificates: find(files, &certificate_path, Bundle::from_pem)?,
            key: find(files, &key_path, PrivateKey::from_pem)?,
            certificate_path,
            key_path,
        })
    }

    /// Whether the authority's key is kept elsewhere: there is a certificate of an authority and no key at all.
    pub(in crate::kubeadm) fn is_external_authority(&self) -> bool {
        matches!(&self.certificates, Found::Good(bundle) if bundle.first.is_ca())
            && matches!(self.key, Found::Nothing)
    }

    /// Whether neither the certificate nor the key is there.
    pub(in crate::kubeadm) fn is_absent(&self) -> bool {
        matches!(
            (&self.certificates, &self.key),
            (Found::Nothing, Found::Nothing)
        )
    }

    /// The certificates, which have to be there.
    pub(in crate::kubeadm) fn bundle(&self) -> Result<&Bundle, FileProblem> {
        need(&self.certificates, &self.certificate_path)
    }

    /// The key, which has to be there.
    pub(in crate::kubeadm) fn key(&self) -> Result<&PrivateKey, FileProblem> {
        need(&self.key, &self.key_path)
    }

    /// Certificate and key of an authority that is to sign.
    pub(in crate::kubeadm) fn signing(&self) -> Result<(&Certificate, &PrivateKey), FileProblem> {
        if self.is_absent() {
            return Err(self.problem(Problem::NoAuthority));
        }
        let certificate = &self.bundle()?.first;
        let key = self.key()?;
        if certificate.is_ca() {
            Ok((certificate, key))
        } else {
            Err(self.problem(Problem::NotAnAuthority))
        }
    }

    /// What to do about an authority.
    pub(in crate::kubeadm) fn decide_authority(
        &self,
        compat: Compat,
        now: SystemTime,
        notes: &mut Vec<Note>,
    ) -> Result<Decision, FileProblem> {
        if self.is_absent() {
            return Ok(Decision::Make);
        }
        let bundle = self
            .bundle()
            .map_err(|problem| self.or_half_pair(problem))?;
        if compat == Compat::Upstream {
            self.warn_of_period(&bundle.first, now, notes);
            return Ok(Decision::Keep);
        }
        self.check_authority(bundle, now)?;
        Ok(Decision::Keep)
    }

    fn check_authority(&self, bundle: &Bundle, now: SystemTime) -> Result<(), FileProblem> {
        if !bundle.first.may_sign() {
            return Err(self.problem(Problem::NotAnAuthority));
        }
        self.check_period(&bundle.first, now)?;
        match &self.key {
            // The key is elsewhere: nothing to compare.
            Found::Nothing => Ok(()),
            _ => self.check_key(&bundle.first),
        }
    }

    /// What to do about a certificate that `authority` signs, and that should say what `spec` says.
    pub(in crate::kubeadm) fn decide_leaf(
        &self,
        authority: &Self,
        spec: &CertSpec,
        compat: Compat,
        now: SystemTime,
        notes: &mut Vec<Note>,
    ) -> Result<Decision, FileProblem> {
        if self.is_absent() {
            return Ok(Decision::Make);
        }
        if compat == Compat::Upstream {
            return self.decide_leaf_upstream(authority, now, notes);
        }
        let bundle = self
            .bundle()
            .map_err(|problem| self.or_half_pair(problem))?;
        if matches!(self.key, Found::Nothing) {
            return Err(self.problem(Problem::HalfPair {
                missing: self.key_path.clone(),
            }));
        }
        self.check_leaf(bundle, authority, spec, now)?;
        if bundle.first.common_name() != Some(&spec.common_name) {
            let found = bundle.first.common_name().unwrap_or_default();
            let text = format!(
                "{} has the common name {found:?} instead of {:?}",
                self.certificate_path, spec.common_name
            );
            notes.push(Note::warning("pki.other-common-name", text));
        }
        Ok(Decision::Keep)
    }

    fn decide_leaf_upstream(
        &self,
        authority: &Self,
        now: SystemTime,
        notes: &mut Vec<Note>,
    ) -> Result<Decision, FileProblem> {
        if let Found::Good(bundle) = &self.certificates {
            self.warn_of_period(&bundle.first, now, notes);
            let signer = authority.bundle()?;
            authority.warn_of_period(&signer.first, now, notes);
            self.check_signature(bundle, authority, &signer.first, now)?;
            return Ok(Decision::Keep);
        }
        // The certificate is lost or broken: kubeadm looks whether it could sign, then refuses because a file is there.
        authority.signing()?;
        self.key()?;
        self.bundle()?;
        Ok(Decision::Keep)
    }

    fn check_leaf(
        &self,
        bundle: &Bundle,
        authority: &Self,
        spec: &CertSpec,
        now: SystemTime,
    ) -> Result<(), FileProblem> {
        let certificate = &bundle.first;
        self.check_period(certificate, now)?;
        self.check_key(certificate)?;
        self.check_signature(bundle, authority, &authority.bundle()?.first, now)?;
        if !certificate.allows(&spec.usages) {
            return Err(self.problem(Problem::LacksUsage));
        }
        let names = AltNames {
            dns: spec.dns_names.clone(),
            ips: spec.ip_addresses.clone(),
        };
        let lacking = certificate.lacking(&names);
        if !lacking.is_empty() {
            return Err(self.problem(Problem::LacksNames { names: lacking }));
        }
        Ok(())
    }

    /// What is wrong with a certificate under an external authority: it has to be there, with its key, and sound.
    pub(in crate::kubeadm) fn provided_problems(
        &self,
        authority: &Self,
        spec: &CertSpec,
        compat: Compat,
        now: SystemTime,
    ) -> Vec<FileProblem> {
        let (key, bundle) = (self.key(), self.bundle());
        let sound = match (&key, &bundle) {
            (Ok(_), Ok(bundle)) if compat == Compat::Upstream => authority
                .bundle()
                .and_then(|signer| self.check_signature(bundle, authority, &signer.first, now)),
            (Ok(_), Ok(bundle)) => self.check_leaf(bundle, authority, spec, now),
            _ => Ok(()),
        };
        [key.err(), bundle.err(), sound.err()]
            .into_iter()
            .flatten()
            .collect()
    }

    fn check_signature(
        &self,
        bundle: &Bundle,
        authority: &Self,
        signer: &Certificate,
        now: SystemTime,
    ) -> Result<(), FileProblem> {
        let foreign = |why: Distrust| {
            let authority = authority.certificate_path.clone();
            self.problem(Problem::Foreign { authority, why })
        };
        bundle
            .first
            .verify(&bundle.others, signer, now)
            .map_err(foreign)
    }

    fn check_key(&self, certificate: &Certificate) -> Result<(), FileProblem> {
        if self.key()?.public_key() == certificate.public_key() {
            return Ok(());
        }
        Err(self.problem(Problem::KeyMismatch {
            key: self.key_path.clone(),
        }))
    }

    fn check_period(&self, certificate: &Certificate, now: SystemTime) -> Result<(), FileProblem> {
        period_problem(certificate, now).map_or(Ok(()), |problem| Err(self.problem(problem)))
    }

    pub(in crate::kubeadm) fn warn_of_period(
        &self,
        certificate: &Certificate,
        now: SystemTime,
        notes: &mut Vec<Note>,
    ) {
        if let Some(problem) = period_problem(certificate, now) {
            notes.push(Note::warning(
                problem.code(),
                format!("{} {problem}", self.certificate_path),
            ));
        }
    }

    fn problem(&self, problem: Problem) -> FileProblem {
        FileProblem::new(&self.certificate_path, problem)
    }

    /// A missing certificate beside a key is half a pair.
    fn or_half_pair(&self, problem: FileProblem) -> FileProblem {
        if problem.problem == Problem::Missing && !matches!(self.key, Found::Nothing) {
            return FileProblem::new(
                &self.key_path,
                Problem::HalfPair {
                    missing: problem.path,
                },
            );
        }
        problem
    }
}

impl Bundle {
    pub(in crate::kubeadm) fn from_pem(text: &[u8]) -> Result<Self, PkiError> {
        let mut certificates = Certificate::bundle_from_pem(text)?.into_iter();
        let first = certificates.next().ok_or(PkiError::NoCertificate)?;
        Ok(Self {
            first,
            others: certificates.collect(),
        })
    }
}

impl Certificate {
    /// Whether it is an authority's and its key may sign certificates.
    fn may_sign(&self) -> bool {
        self.is_ca()
            && self
                .0
                .extensions
                .key_usage
                .is_none_or(|usage| usage.key_cert_sign())
    }

    /// Whether it may be used for all of these. A certificate without extended key usages may be used for anything.
    fn allows(&self, usages: &[super::Usage]) -> bool {
        let own = self.usages();
        self.0.extensions.usages.is_none()
            || self.allows_any()
            || usages.iter().all(|usage| own.contains(usage))
    }

    /// Those of the names that the certificate does not cover, as a client would judge it.
    fn lacking(&self, names: &AltNames) -> Vec<String> {
        let dns = names
            .dns
            .iter()
            .filter(|name| !self.dns_names().iter().any(|own| covers(own, name)));
        let ips = names.ips.iter().filter(|ip| {
            !self
                .ip_addresses()
                .iter()
                .any(|own| own.to_canonical() == **ip)
        });
        dns.cloned().chain(ips.map(ToString::to_string)).collect()
    }
}

/// A wildcard stands for exactly one label.
fn covers(own: &str, name: &str) -> bool {
    let wild = || {
        let (own, (_, rest)) = (own.strip_prefix("*.")?, name.split_once('.')?);
        Some(own.eq_ignore_ascii_case(rest))
    };
    own.eq_ignore_ascii_case(name) || wild().unwrap_or(false)
}

fn period_problem(certificate: &Certificate, now: SystemTime) -> Option<Problem> {
    let validity = certificate.validity();
    if now < validity.not_before() {
        return Some(Problem::NotYetValid {
            from: validity.not_before(),
        });
    }
    (now > validity.not_after()).then(|| Problem::Expired {
        since: validity.not_after(),
    })
}

/// Reads and parses a file; nothing there is an answer, other failures of the file system are errors.
pub(in crate::kubeadm) fn find<T>(
    files: &dyn Files,
    path: &str,
    parse: impl FnOnce(&[u8]) -> Result<T, PkiError>,
) -> Result<Found<T>, PhaseError> {
    match files.read(path) {
        Ok(text) => {
            let text = zeroize::Zeroizing::new(text);
            Ok(parse(&text).map_or_else(Found::Broken, Found::Good))
        }
        Err(error) if error.kind == FileErrorKind::NotFound => Ok(Found::Nothing),
        Err(error) => Err(error.into()),
    }
}

fn need<'a, T>(found: &'a Found<T>, path: &str) -> Result<&'a T, FileProblem> {
    match found {
        Found::Good(value) => Ok(value),
        Found::Nothing => Err(FileProblem::new(path, Problem::Missing)),
        Found::Broken(error) => Err(FileProblem::new(path, Problem::Unreadable(error.clone()))),
    }
}
