//! Kubernetes versions as Cluster API reads and compares them.
//!
//! Follows `util/version` of Cluster API and the tolerant parser it uses: a leading `v`, blanks around, leading zeros and a missing
//! minor or patch number are accepted. There are three orders, each with a name: that of semantic versioning
//! ([`Version::cmp_precedence`]), one that looks at build metadata as well ([`Version::cmp_with_build_tags`]), and one that does
//! not look at pre-releases ([`Version::cmp_without_pre_releases`]).

use std::{cmp::Ordering, fmt, str::FromStr};

use semver::BuildMetadata;

/// A version such as `v1.36.2` or `v1.36.0-rc.1+build.5`. Displays without `v` and with three numbers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Version(semver::Version);

/// A text that is no version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no version such as v1.36.2: {reason}")]
#[non_exhaustive]
pub struct ParseVersionError {
    /// The text.
    pub text: String,
    /// What is wrong with it.
    pub reason: String,
}

impl Version {
    /// Major number.
    pub fn major(&self) -> u64 {
        self.0.major
    }

    /// Minor number.
    pub fn minor(&self) -> u64 {
        self.0.minor
    }

    /// Patch number.
    pub fn patch(&self) -> u64 {
        self.0.patch
    }

    /// The order of semantic versioning: build metadata does not count.
    pub fn cmp_precedence(&self, other: &Self) -> Ordering {
        self.0.cmp_precedence(&other.0)
    }

    /// The order by the three numbers alone.
    pub fn cmp_without_pre_releases(&self, other: &Self) -> Ordering {
        let numbers = |version: &Self| (version.major(), version.minor(), version.patch());
        numbers(self).cmp(&numbers(other))
    }

    /// Precedence first, then build metadata, identifier by identifier: none is less than any, a number less than a text,
    /// numbers compare as numbers, and fewer identifiers are less than more.
    ///
    /// `None` where the versions differ in a way that has no order: two different texts.
    pub fn cmp_with_build_tags(&self, other: &Self) -> Option<Ordering> {
        match self.cmp_precedence(other) {
            Ordering::Equal => cmp_build(&self.0.build, &other.0.build),
            order => Some(order),
        }
    }
}

impl FromStr for Version {
    type Err = ParseVersionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = |reason: &str| ParseVersionError {
            text: text.to_owned(),
            reason: reason.to_owned(),
        };
        let trimmed = text.trim();
        let plain = trimmed.strip_prefix('v').unwrap_or(trimmed);
        let mut parts: Vec<String> = plain.splitn(3, '.').map(without_leading_zeros).collect();
        let short = parts.len() < 3;
        if short && parts.iter().any(|part| part.contains(['+', '-'])) {
            return Err(error(
                "a pre-release or build metadata needs all three numbers before it",
            ));
        }
        parts.resize(3, "0".to_owned());
        semver::Version::parse(&parts.join("."))
            .map(Self)
            .map_err(|reason| error(&reason.to_string()))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

fn without_leading_zeros(part: &str) -> String {
    let rest = part.trim_start_matches('0');
    if rest.len() == part.len() || rest.starts_with(|c: char| c.is_ascii_digit()) {
        return rest.to_owned();
    }
    format!("0{rest}")
}

fn cmp_build(a: &BuildMetadata, b: &BuildMetadata) -> Option<Ordering> {
    let identifiers = |build: &BuildMetadata| -> Vec<String> {
        let all = build.split('.').filter(|identifier| !identifier.is_empty());
        all.map(str::to_owned).collect()
    };
    let (a, b) = (identifiers(a), identifiers(b));
    for (x, y) in a.iter().zip(&b) {
        match cmp_identifier(x, y) {
            Some(Ordering::Equal) => {}
            order => return order,
        }
    }
    Some(a.len().cmp(&b.len()))
}

fn cmp_identifier(a: &str, b: &str) -> Option<Ordering> {
    match (a.parse::<u64>(), b.parse::<u64>()) {
        (Ok(a), Ok(b)) => Some(a.cmp(&b)),
        (Ok(_), Err(_)) => Some(Ordering::Less),
        (Err(_), Ok(_)) => Some(Ordering::Greater),
        (Err(_), Err(_)) => (a == b).then_some(Ordering::Equal),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        text.parse().unwrap()
    }

    #[test]
    fn tolerant_forms_are_read() {
        for (text, shown) in [
            ("v1.36.2", "1.36.2"),
            (" 1.36 ", "1.36.0"),
            ("v1", "1.0.0"),
            ("v01.002.3", "1.2.3"),
            ("v1.33.0-rc.1+a.b", "1.33.0-rc.1+a.b"),
        ] {
            assert_eq!(version(text).to_string(), shown);
        }
    }

    #[test]
    fn others_are_refused_with_the_reason() {
        for text in [
            "",
            "v",
            "x",
            "1.33-rc.1",
            "1.2.3.4",
            "-1.2.3",
            "1.2.3+",
            "1..3",
        ] {
            assert!(text.parse::<Version>().is_err(), "{text}");
        }
        let error = "1-rc".parse::<Version>().unwrap_err();
        assert!(error.to_string().contains("all three numbers"), "{error}");
    }

    #[test]
    fn display_reads_back() {
        for text in ["v1.36.2", "v1.33.0-rc.1+a.1", "v2"] {
            assert_eq!(version(&version(text).to_string()), version(text));
        }
    }
}
