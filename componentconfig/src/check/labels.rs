//! Keys and values of labels and taints. Follows `apimachinery/pkg/util/validation/validation.go`.

use super::dns;

const MAX_NAME: usize = 63;

/// What is said of a text that is no qualified name.
pub(crate) const NOT_QUALIFIED: &str = "name part must consist of alphanumeric characters, '-', '_' or '.', and must \
                                        start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  \
                                        or '123-abc'), of at most 63 characters, with an optional DNS subdomain \
                                        prefix and '/' (e.g. 'example.com/MyName')";

/// Whether `name` is a qualified name: `name` or `prefix/name`, where the prefix is a DNS subdomain.
pub(crate) fn is_qualified_name(name: &str) -> bool {
    match name.split_once('/') {
        None => is_name(name),
        Some((prefix, name)) => dns::subdomain(prefix).is_empty() && is_name(name),
    }
}

/// Whether `value` can be the value of a label. An empty one can.
pub(crate) fn is_value(value: &str) -> bool {
    value.is_empty() || is_name(value)
}

fn is_name(name: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let edge = |c: char| c.is_ascii_alphanumeric();
    name.len() <= MAX_NAME
        && name.chars().all(inner)
        && name.starts_with(edge)
        && name.ends_with(edge)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values() {
        for good in ["a", "A.b_c-d", "example.org/a", "0"] {
            assert!(is_qualified_name(good), "{good}");
        }
        for bad in [
            "",
            "/a",
            "a/",
            "a/b/c",
            "A/b",
            "-a",
            "a.",
            "bad key",
            &"a".repeat(64),
        ] {
            assert!(!is_qualified_name(bad), "{bad}");
        }
        assert!(is_value("") && is_value("a") && !is_value("a/b"));
    }
}
