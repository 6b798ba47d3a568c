//! `kubernetesVersion`: versions, labels, and which control planes are accepted.
//!
//! Follows `cmd/kubeadm/app/util/version.go` and `NormalizeKubernetesVersion` of `cmd/kubeadm/app/util/config/common.go`.

use std::collections::BTreeMap;

use semver::{BuildMetadata, Prerelease, Version};

use super::Facts;
use crate::{Class, Diagnostic, Report};

/// What a `kubernetesVersion` stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Resolved {
    /// The version with a leading `v`.
    pub(crate) version: String,
    /// Whether it is a build of continuous integration.
    pub(crate) ci: bool,
    /// What went not as asked for.
    pub(crate) warnings: Vec<String>,
}

/// Finds out what `text` stands for.
///
/// # Errors
/// It is neither a version nor a label, or older than `kubeadm` accepts.
pub(crate) fn resolve(
    text: &str,
    releases: &BTreeMap<String, String>,
    kubeadm: &Version,
) -> Result<Resolved, String> {
    let mut warnings = Vec::new();
    let version = look_up(text, releases, kubeadm, &mut warnings, 0)?;
    let parsed =
        parse(&version).ok_or_else(|| format!("couldn't parse Kubernetes version {version:?}"))?;
    check(&version, &parsed, kubeadm)?;
    Ok(Resolved {
        version,
        ci: is_ci(text),
        warnings,
    })
}

/// A `kubernetesVersion` that stands for a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseVersion {
    /// The version with a leading `v`.
    pub version: String,
    /// Whether it is a build of continuous integration.
    pub ci: bool,
}

/// What a `kubernetesVersion` stands for: a version such as `1.36.2`, one with a bucket such as `ci/v1.37.0-alpha.1+abc`, or
/// a label that `facts` know. A label they do not know stands for the version of kubeadm.
///
/// Unlike loading a configuration this asks not whether kubeadm accepts the version.
///
/// ```
/// use componentconfig::kubeadm::{Facts, release_version};
///
/// let release = release_version("ci/v1.37.0-alpha.1.5+abc", &Facts::default())?;
/// assert_eq!((release.version.as_str(), release.ci), ("v1.37.0-alpha.1.5+abc", true));
/// # Ok::<(), componentconfig::Report>(())
/// ```
///
/// # Errors
/// It is neither a version nor a label. Class [`Class::Validation`].
pub fn release_version(text: &str, facts: &Facts) -> Result<ReleaseVersion, Report> {
    let mut warnings = Vec::new();
    match look_up(
        text,
        &facts.releases,
        &facts.kubeadm_version,
        &mut warnings,
        0,
    ) {
        Ok(version) => Ok(ReleaseVersion {
            version,
            ci: is_ci(text),
        }),
        Err(why) => Err(Diagnostic::error(Class::Validation, why).into()),
    }
}

fn is_ci(text: &str) -> bool {
    bucket(text).is_some_and(|(bucket, _)| bucket == "ci")
}

/// Reads a version as upstream does, with or without a leading `v`.
pub(crate) fn parse(text: &str) -> Option<Version> {
    Version::parse(text.strip_prefix('v').unwrap_or(text)).ok()
}

/// The oldest control plane that `kubeadm` accepts.
pub(crate) fn minimum(kubeadm: &Version) -> Version {
    Version::new(kubeadm.major, kubeadm.minor.saturating_sub(1), 0)
}

fn check(text: &str, version: &Version, kubeadm: &Version) -> Result<(), String> {
    let minimum = minimum(kubeadm);
    let mut next = version.clone();
    next.minor += 1;
    // A pre-release of kubeadm comes before the last release it may lean on.
    let tolerated = !kubeadm.pre.is_empty() && next >= minimum;
    if tolerated || *version >= minimum {
        return Ok(());
    }
    Err(format!(
        "this version of kubeadm only supports deploying clusters with the control plane version >= {minimum}. \
         Current version: {text}"
    ))
}

/// A label may stand for another label, but not for ever.
const MAX_LABELS: usize = 8;

fn look_up(
    text: &str,
    releases: &BTreeMap<String, String>,
    kubeadm: &Version,
    warnings: &mut Vec<String>,
    depth: usize,
) -> Result<String, String> {
    if let Some(version) = normalized(text) {
        return Ok(version);
    }
    let (bucket, label) = bucket(text).ok_or_else(|| format!("invalid version {text:?}"))?;
    if let Some(version) = normalized(label) {
        return Ok(version);
    }
    if !is_label(label) {
        return Err(format!(
            "version {text:?} doesn't match patterns for neither semantic version nor labels (stable, latest, ...)"
        ));
    }
    let key = match bucket {
        "" | "release" => label.to_owned(),
        bucket => format!("{bucket}/{label}"),
    };
    let client = client_version(kubeadm);
    let Some(remote) = releases.get(&key).filter(|_| depth < MAX_LABELS) else {
        warnings.push(format!(
            "the Kubernetes version of the label {key:?} is not known; falling back to the local client version: \
             {client}"
        ));
        return Ok(client);
    };
    let newer = generic(remote)
        .zip(generic(&client))
        .is_some_and(|(remote, client)| remote > client);
    if newer {
        let label = format!("stable-{}.{}", kubeadm.major, kubeadm.minor);
        return look_up(&label, releases, kubeadm, warnings, depth + 1);
    }
    look_up(remote, releases, kubeadm, warnings, depth + 1)
}

/// The version with a leading `v`, if it is one: three numbers, and anything made of letters, digits and `-_.+`.
fn normalized(text: &str) -> Option<String> {
    let bare = text.strip_prefix('v').unwrap_or(text);
    let mut rest = bare;
    for separator in [".", ".", ""] {
        let end = rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len());
        let (number, after) = rest.split_at(end);
        if number.is_empty() || (number.len() > 1 && number.starts_with('0')) {
            return None;
        }
        rest = after.strip_prefix(separator)?;
    }
    let extra = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '+');
    rest.chars().all(extra).then(|| format!("v{bare}"))
}

/// The bucket and the rest: `ci/latest`, `latest`.
fn bucket(text: &str) -> Option<(&str, &str)> {
    let (bucket, rest) = text.split_once('/').unwrap_or(("", text));
    let known = matches!(bucket, "" | "release" | "ci");
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '+');
    let valid = known && !text.starts_with('/') && !rest.is_empty() && rest.chars().all(word);
    valid.then_some((bucket, rest))
}

/// `stable`, `latest-1`, `stable-1.36`.
fn is_label(label: &str) -> bool {
    let mut rest = label;
    while let Some(after) = ["latest", "stable"]
        .iter()
        .find_map(|word| rest.strip_prefix(word))
    {
        rest = after;
    }
    if rest.len() == label.len() {
        return false;
    }
    if rest.is_empty() {
        return true;
    }
    let Some(version) = rest.strip_prefix('-') else {
        return false;
    };
    let number = |text: &str, digits: usize| {
        text.len() <= digits
            && text.starts_with(|c: char| matches!(c, '1'..='9'))
            && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    match version.split_once('.') {
        None => number(version, 1),
        Some((major, minor)) => number(major, 1) && number(minor, 2),
    }
}

/// The release that a version of kubeadm belongs to: metadata dropped, and what comes after a release or a label.
fn client_version(kubeadm: &Version) -> String {
    let mut version = kubeadm.clone();
    version.build = BuildMetadata::EMPTY;
    if !version.pre.is_empty() {
        let pre = shortened(version.pre.as_str());
        if version.patch > 0 {
            version.patch -= 1;
            version.pre = Prerelease::EMPTY;
        } else {
            version.pre = Prerelease::new(&pre).unwrap_or(Prerelease::EMPTY);
        }
    }
    format!("v{version}")
}

/// `alpha.0` of `alpha.0.206`, `alpha.0` of `alpha`.
fn shortened(pre: &str) -> String {
    let mut parts = pre.split('.');
    let first = parts.next().unwrap_or_default();
    let second = parts.next().unwrap_or("0");
    format!("{first}.{second}")
}

/// Major and minor.
fn generic(text: &str) -> Option<(u64, u64)> {
    let mut parts = text.trim().trim_start_matches('v').split(['.', '-', '+']);
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, kubeadm: &str, releases: &[(&str, &str)]) -> Result<(String, usize), String> {
        let pair = |(label, version): &(&str, &str)| ((*label).to_owned(), (*version).to_owned());
        let releases = releases.iter().map(pair).collect();
        resolve(text, &releases, &kubeadm.parse().unwrap())
            .map(|resolved| (resolved.version, resolved.warnings.len()))
    }

    #[test]
    fn versions_and_labels() {
        let net = [
            ("stable-1", "v1.37.1"),
            ("stable-1.36", "v1.36.5"),
            ("latest", "v1.36.9-beta.0"),
            ("ci/latest", "v1.36.3-rc.0+abc"),
            ("stable", "v1.34.1"),
        ];
        for (text, version) in [
            ("v1.36.1", "v1.36.1"),
            ("1.35.0", "v1.35.0"),
            ("1.36.0-alpha.1+x", "v1.36.0-alpha.1+x"),
            ("ci/v1.37.0-alpha.0.1+abc", "v1.37.0-alpha.0.1+abc"),
            ("release/v1.36.0", "v1.36.0"),
            ("stable-1", "v1.36.5"),
            ("latest", "v1.36.9-beta.0"),
            ("ci/latest", "v1.36.3-rc.0+abc"),
        ] {
            assert_eq!(
                of(text, "1.36.2", &net),
                Ok((version.to_owned(), 0)),
                "{text}"
            );
        }
        assert_eq!(of("stable-1", "1.36.2", &[]), Ok(("v1.36.2".to_owned(), 1)));
        assert_eq!(
            of("stable-1", "1.37.0-alpha.0.206+abc", &[]),
            Ok(("v1.37.0-alpha.0".to_owned(), 1))
        );
        for (text, why) in [
            ("banana", "doesn't match patterns"),
            ("stable-0", "doesn't match patterns"),
            ("stable-1.360", "doesn't match patterns"),
            ("v1.36", "doesn't match patterns"),
            ("", "invalid version"),
            ("x/v1.36.0", "invalid version"),
            ("/latest", "invalid version"),
            ("a b", "invalid version"),
            ("v1.36.1-a_b", "couldn't parse"),
            ("v1.34.9", ">= 1.35.0. Current version: v1.34.9"),
            ("v1.35.0-rc.0", ">= 1.35.0"),
            ("stable", ">= 1.35.0"),
        ] {
            let error = of(text, "1.36.2", &net).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn a_pre_release_of_kubeadm_tolerates_one_more() {
        assert!(of("v1.35.3", "1.37.0-alpha.1", &[]).is_ok());
        assert!(of("v1.34.3", "1.37.0-alpha.1", &[]).is_err());
        assert!(of("v1.35.3", "1.37.0", &[]).is_err());
    }

    #[test]
    fn labels_that_go_round_in_circles_end() {
        let net = [("stable-1", "latest"), ("latest", "stable-1")];
        assert_eq!(
            of("stable-1", "1.36.2", &net),
            Ok(("v1.36.2".to_owned(), 1))
        );
    }
}
