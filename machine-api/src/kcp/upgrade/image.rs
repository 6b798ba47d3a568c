//! References to container images, read and changed.
//!
//! Follows `util/container` of Cluster API, which follows `distribution/reference`.

use std::fmt;

/// Where images are whose reference does not say so.
const DEFAULT_DOMAIN: &str = "docker.io";
/// And the part of it that has those of nobody in particular.
const LIBRARY: &str = "library/";

/// The longest name of an image.
const LONGEST_NAME: usize = 255;
/// The longest tag of an image.
const LONGEST_TAG: usize = 128;

/// A reference to an image that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("image {image:?}: {problem}")]
#[non_exhaustive]
pub struct ImageError {
    /// The reference.
    pub image: String,
    /// What is wrong with it.
    pub problem: &'static str,
}

/// A reference to an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Image {
    /// The registry.
    domain: String,
    /// The rest of the name.
    path: String,
    pub(super) tag: Option<String>,
    digest: Option<String>,
}

impl Image {
    /// Reads a reference. What it leaves out about the registry is what everybody means.
    pub(super) fn read(text: &str) -> Result<Self, ImageError> {
        let wrong = |problem| ImageError {
            image: text.to_owned(),
            problem,
        };
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest)),
            None => (text, None),
        };
        // A colon before a slash belongs to the port of a registry.
        let (name, tag) = match rest.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
            _ => (rest, None),
        };
        if digest.is_some_and(|digest| !is_digest(digest)) {
            return Err(wrong("the digest is none"));
        }
        if tag.is_some_and(|tag| !is_tag(tag)) {
            return Err(wrong("the tag is none"));
        }
        let (domain, path) = match name.split_once('/') {
            Some((domain, path)) if is_domain(domain) => (domain, path.to_owned()),
            Some(_) => (DEFAULT_DOMAIN, name.to_owned()),
            None => (DEFAULT_DOMAIN, format!("{LIBRARY}{name}")),
        };
        if !path.split('/').all(is_component) || domain.len() + path.len() >= LONGEST_NAME {
            return Err(wrong("the name is none"));
        }
        Ok(Self {
            domain: domain.to_owned(),
            path,
            tag: tag.map(str::to_owned),
            digest: digest.map(str::to_owned),
        })
    }

    /// Reads a reference that leaves nothing out about the registry.
    pub(super) fn read_canonical(text: &str) -> Result<Self, ImageError> {
        let image = Self::read(text)?;
        if image.to_string() != text {
            return Err(ImageError {
                image: text.to_owned(),
                problem: "the name does not begin with its registry",
            });
        }
        Ok(image)
    }

    /// The name without its last part.
    pub(super) fn repository(&self) -> String {
        match self.path.rsplit_once('/') {
            Some((before, _)) => format!("{}/{before}", self.domain),
            None => self.domain.clone(),
        }
    }

    /// The last part of the name.
    pub(super) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    /// The image of that version. One that is told by its digest has no other versions.
    pub(super) fn tagged(mut self, version: &str) -> Result<Self, ImageError> {
        let tag = tag(version);
        let problem = if self.digest.is_some() {
            Some("it is told by its digest, so its version cannot be changed")
        } else if is_tag(&tag) {
            None
        } else {
            Some("the tag is none")
        };
        if let Some(problem) = problem {
            let image = self.to_string();
            return Err(ImageError { image, problem });
        }
        self.tag = Some(tag);
        Ok(self)
    }

    /// The same image of another repository, told as people do.
    pub(super) fn moved(&self, repository: &str) -> Result<String, ImageError> {
        let name = format!("{}/{}", repository.trim_end_matches('/'), self.name());
        let tag = self.tag.as_deref().unwrap_or_default();
        let moved = Self::read(&format!("{name}:{tag}"))?.to_string();
        let familiar = moved.strip_prefix(&format!("{DEFAULT_DOMAIN}/"));
        let library = familiar.and_then(|rest| rest.strip_prefix(LIBRARY));
        let short = match library {
            Some(rest) if !rest.contains('/') => Some(rest),
            _ => familiar,
        };
        Ok(short.unwrap_or(&moved).to_owned())
    }
}

impl fmt::Display for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.domain, self.path)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        match &self.digest {
            Some(digest) => write!(f, "@{digest}"),
            None => Ok(()),
        }
    }
}

/// A version as a tag, which has no `+`.
pub(super) fn tag(version: &str) -> String {
    let allowed = |char: char| char.is_ascii_alphanumeric() || "-_.".contains(char);
    let chars = version.chars();
    chars
        .map(|char| if allowed(char) { char } else { '_' })
        .collect()
}

fn is_tag(tag: &str) -> bool {
    let word = |char: char| char.is_ascii_alphanumeric() || char == '_';
    tag.starts_with(word)
        && tag.len() <= LONGEST_TAG
        && tag.chars().all(|char| word(char) || ".-".contains(char))
}

fn is_digest(digest: &str) -> bool {
    let Some((algorithm, hex)) = digest.split_once(':') else {
        return false;
    };
    let named = algorithm.starts_with(|char: char| char.is_ascii_alphabetic());
    named && hex.len() >= 32 && hex.chars().all(|char| char.is_ascii_hexdigit())
}

/// Whether the first part of a name is a registry.
fn is_domain(text: &str) -> bool {
    text == "localhost"
        || text.contains(['.', ':'])
        || text.chars().any(|char| char.is_ascii_uppercase())
}

/// A part of a name: letters and digits, with single dots, one or two underscores, or dashes between them.
fn is_component(text: &str) -> bool {
    let plain = |char: char| char.is_ascii_lowercase() || char.is_ascii_digit();
    if !text.starts_with(plain) || !text.ends_with(plain) {
        return false;
    }
    let separators = text.split(plain).filter(|between| !between.is_empty());
    separators.into_iter().all(|between| {
        matches!(between, "." | "_" | "__") || between.chars().all(|char| char == '-')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        Image::read(text).unwrap().to_string()
    }

    #[test]
    fn what_is_left_out_is_what_everybody_means() {
        assert_eq!(
            read("kube-proxy:v1.36.0"),
            "docker.io/library/kube-proxy:v1.36.0"
        );
        assert_eq!(read("example/kube-proxy"), "docker.io/example/kube-proxy");
        assert_eq!(read("localhost/kube-proxy:a"), "localhost/kube-proxy:a");
        assert_eq!(read("host:5000/a/b_c:1"), "host:5000/a/b_c:1");
        assert!(Image::read_canonical("coredns/coredns:1.12.0").is_err());
        let image = Image::read_canonical("registry.k8s.io/coredns/coredns:v1.12.0").unwrap();
        assert_eq!(
            (image.repository().as_str(), image.name()),
            ("registry.k8s.io/coredns", "coredns")
        );
    }

    #[test]
    fn what_is_no_reference_is_refused() {
        for wrong in [
            "",
            "a//b",
            "a/-b",
            "a:",
            "a:b c",
            "a@sha256:1",
            "a/b___c",
            &"a/".repeat(200),
        ] {
            assert!(Image::read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn versions_and_repositories_change() {
        let image = Image::read("registry.k8s.io/kube-proxy:v1.35.0").unwrap();
        let newer = image.tagged("v1.36.0+build.1").unwrap();
        assert_eq!(
            newer.to_string(),
            "registry.k8s.io/kube-proxy:v1.36.0_build.1"
        );
        assert_eq!(
            newer.moved("example.com/a/").unwrap(),
            "example.com/a/kube-proxy:v1.36.0_build.1"
        );
        assert_eq!(
            newer.moved("docker.io/library").unwrap(),
            "kube-proxy:v1.36.0_build.1"
        );
        assert_eq!(
            newer.moved("docker.io/me").unwrap(),
            "me/kube-proxy:v1.36.0_build.1"
        );
        let fixed = format!("a.b/c@sha256:{}", "0".repeat(64));
        assert!(Image::read(&fixed).unwrap().tagged("v1").is_err());
    }
}
