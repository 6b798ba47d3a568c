//! Image references. Follows the grammar of `github.com/distribution/reference`.

use super::url;

/// Whether images can be named under `repository`: `[domain[:port]/]path[/path]...`, or a domain alone.
pub(crate) fn is_repository(repository: &str) -> bool {
    let Some((first, rest)) = repository.split_once('/') else {
        return is_domain(repository) || is_path(repository);
    };
    (is_domain(first) || is_path(first)) && rest.split('/').all(is_path)
}

/// A host with an optional port: a name, or an address in brackets.
fn is_domain(text: &str) -> bool {
    if let Some(bracketed) = text.strip_prefix('[') {
        let Some((address, rest)) = bracketed.split_once(']') else {
            return false;
        };
        let is_address = |byte: u8| byte.is_ascii_hexdigit() || byte == b':';
        let port = rest.strip_prefix(':');
        return !address.is_empty()
            && address.bytes().all(is_address)
            && (rest.is_empty() || port.is_some_and(is_digits));
    }
    let (name, port) = match text.split_once(':') {
        Some((name, port)) => (name, Some(port)),
        None => (text, None),
    };
    name.split('.').all(is_domain_label) && port.is_none_or(is_digits)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_domain_label(label: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    !label.is_empty()
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.bytes().all(inner)
}

/// One component of a path: runs of small letters and digits, between them `.`, `_`, `__` or dashes.
fn is_path(text: &str) -> bool {
    let alphanumeric = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let mut rest = text;
    loop {
        let run = rest.trim_start_matches(alphanumeric);
        if run.len() == rest.len() {
            return false;
        }
        if run.is_empty() {
            return true;
        }
        let after = run.trim_start_matches(|c: char| !alphanumeric(c));
        let separator = run.strip_suffix(after).unwrap_or_default();
        let dashes = separator.bytes().all(|byte| byte == b'-');
        if !dashes && !matches!(separator, "." | "_" | "__") {
            return false;
        }
        rest = after;
    }
}

/// Checks a pattern of images as `ParseSchemelessURL` of `pkg/credentialprovider/keyring.go` does: a URL without scheme.
pub(crate) fn match_url(pattern: &str) -> Result<(), String> {
    url::parse(&format!("https://{pattern}")).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repositories() {
        for good in [
            "registry.k8s.io",
            "registry.k8s.io/a/b",
            "localhost:5000",
            "mirror.example.org:5000/x__y/z--w",
            "A.B/c",
            "foo",
            "a_b",
            "a_b/c",
            "[::1]:5000/a",
            "[fd00::1]",
        ] {
            assert!(is_repository(good), "{good}");
        }
        for bad in [
            "",
            "/",
            "a/",
            "/a",
            "a//b",
            "bad repo",
            "a/UPPER",
            "a:b/c",
            "a:/c",
            "a/b:1",
            "-a",
            "a._b",
            "a/b_",
            "é",
            "a___b/c",
            "[x]/a",
            "[::1/a",
            "https://a/b",
            "a@b",
        ] {
            assert!(!is_repository(bad), "{bad}");
        }
    }
}
