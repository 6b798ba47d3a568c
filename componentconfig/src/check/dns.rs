//! Names in DNS form. Follows `apimachinery/pkg/util/validation/validation.go`.

const LABEL: &str = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";

const MAX_SUBDOMAIN: usize = 253;
const MAX_LABEL: usize = 63;

/// What is wrong with `name` as a subdomain in the sense of RFC 1123, in lower case; nothing if it is one.
pub(crate) fn subdomain(name: &str) -> Vec<String> {
    let mut wrong = too_long(name);
    if !is_subdomain(name) {
        wrong.push(format!(
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must \
             start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is \
             '{LABEL}(\\.{LABEL})*')"
        ));
    }
    wrong
}

/// What is wrong with `name` as `*.` and a subdomain; nothing if it is one.
pub(crate) fn wildcard_subdomain(name: &str) -> Vec<String> {
    let mut wrong = too_long(name);
    if !name.strip_prefix("*.").is_some_and(is_subdomain) {
        wrong.push(format!(
            "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist \
             of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. \
             '*.example.com', regex used for validation is '\\*\\.{LABEL}(\\.{LABEL})*')"
        ));
    }
    wrong
}

/// What is wrong with `name` as a label in the sense of RFC 1123, in lower case; nothing if it is one.
pub(crate) fn label(name: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    if name.len() > MAX_LABEL {
        wrong.push(format!("must be no more than {MAX_LABEL} bytes"));
    }
    if !is_label(name) {
        wrong.push(format!(
            "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and \
             end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '{LABEL}')"
        ));
    }
    wrong
}

/// Whether `text` is a path below a domain, `example.org/a/b`; or why not.
pub(crate) fn domain_prefixed_path(text: &str) -> Result<(), String> {
    let parts = text.split_once('/').filter(|(_, path)| !path.is_empty());
    let Some((domain, path)) = parts.filter(|(domain, _)| !domain.is_empty()) else {
        return Err("must be a domain-prefixed path (such as \"acme.io/foo\")".to_owned());
    };
    if let Some(wrong) = subdomain(domain).into_iter().next() {
        return Err(wrong);
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || "/%:@-._~!$&'()*+,;=".contains(c);
    if path.chars().all(allowed) {
        return Ok(());
    }
    Err(format!("invalid path {path:?}"))
}

fn too_long(name: &str) -> Vec<String> {
    if name.len() > MAX_SUBDOMAIN {
        vec![format!("must be no more than {MAX_SUBDOMAIN} bytes")]
    } else {
        Vec::new()
    }
}

fn is_subdomain(name: &str) -> bool {
    name.split('.').all(is_label)
}

fn is_label(label: &str) -> bool {
    let inner = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
    !label.is_empty()
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.bytes().all(inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for good in ["a", "a.b", "a-b.c", "0", "a--b"] {
            assert_eq!(subdomain(good), Vec::<String>::new(), "{good}");
            assert_eq!(wildcard_subdomain(&format!("*.{good}")).len(), 0);
            assert_eq!(wildcard_subdomain(good).len(), 1);
        }
        for bad in ["", ".", "a.", "A", "a_b", "-a", "a-.b", "*.a", "é"] {
            assert_eq!(subdomain(bad).len(), 1, "{bad}");
        }
        assert_eq!(subdomain(&"a".repeat(253)).len(), 0);
        assert_eq!(
            subdomain(&"a".repeat(254)),
            ["must be no more than 253 bytes"]
        );
        assert_eq!(wildcard_subdomain("*.*.a").len(), 1);
    }
}
