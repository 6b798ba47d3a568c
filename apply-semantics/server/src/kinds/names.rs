//! Forms of names and other words, with the sentence the server has for a word that does not fit. No sentence: it fits.

use std::net::{IpAddr, Ipv4Addr};

const LABEL: &str = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const SUBDOMAIN: &str = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*";
const LABEL_1035: &str = "[a-z]([-a-z0-9]*[a-z0-9])?";
const WORD: &str = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const PATH: &str = r"[A-Za-z0-9/\-._~%!$&'()*+,;=:]+";

/// What is wrong with a word, in the server's words.
pub(super) type Wrong = Vec<String>;

fn pattern(text: &str, pattern: &str, examples: &[&str]) -> String {
    let examples: Vec<String> = examples
        .iter()
        .map(|example| format!("'{example}', "))
        .collect();
    let examples = examples.join(" or ");
    let lead = if examples.is_empty() {
        String::new()
    } else {
        format!("e.g. {examples}")
    };
    format!("{text} ({lead}regex used for validation is '{pattern}')")
}

fn at_most(length: usize, unit: &str) -> String {
    format!("must be no more than {length} {unit}")
}

/// `must be between LOW and HIGH, inclusive`.
pub(super) fn between(low: i64, high: i64) -> String {
    format!("must be between {low} and {high}, inclusive")
}

fn is_label(text: &str) -> bool {
    let edge = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit();
    matches_edges(text, edge, edge, |c| edge(c) || c == b'-')
}

fn is_label_1035(text: &str) -> bool {
    let edge = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit();
    matches_edges(
        text,
        |c| c.is_ascii_lowercase(),
        edge,
        |c| edge(c) || c == b'-',
    )
}

fn is_word(text: &str) -> bool {
    let edge = |c: u8| c.is_ascii_alphanumeric();
    matches_edges(text, edge, edge, |c| {
        edge(c) || matches!(c, b'-' | b'_' | b'.')
    })
}

fn matches_edges(
    text: &str,
    first: impl Fn(u8) -> bool,
    last: impl Fn(u8) -> bool,
    inner: impl Fn(u8) -> bool,
) -> bool {
    let bytes = text.as_bytes();
    match (bytes.first(), bytes.last()) {
        (Some(&start), Some(&end)) => first(start) && last(end) && bytes.iter().all(|&c| inner(c)),
        _ => false,
    }
}

/// A DNS label: at most 63 of small letters, digits and dashes.
pub(super) fn dns_label(text: &str) -> Wrong {
    let mut wrong = Wrong::new();
    if text.len() > 63 {
        wrong.push(at_most(63, "characters"));
    }
    if !is_label(text) {
        let sentence = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character";
        wrong.push(pattern(sentence, LABEL, &["my-name", "123-abc"]));
    }
    wrong
}

/// Labels joined by dots, at most 253 characters.
pub(super) fn dns_subdomain(text: &str) -> Wrong {
    dns_subdomain_in(text, "characters")
}

fn dns_subdomain_in(text: &str, unit: &str) -> Wrong {
    let mut wrong = Wrong::new();
    if text.len() > 253 {
        wrong.push(at_most(253, unit));
    }
    if !text.split('.').all(is_label) {
        let sentence = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
        wrong.push(pattern(sentence, SUBDOMAIN, &["example.com"]));
    }
    wrong
}

/// A subdomain behind `*.`.
pub(super) fn wildcard_subdomain(text: &str) -> Wrong {
    let mut wrong = Wrong::new();
    if text.len() > 253 {
        wrong.push(at_most(253, "characters"));
    }
    if !text
        .strip_prefix("*.")
        .is_some_and(|rest| rest.split('.').all(is_label))
    {
        let sentence = "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character";
        wrong.push(pattern(
            sentence,
            &format!(r"\*\.{SUBDOMAIN}"),
            &["*.example.com"],
        ));
    }
    wrong
}

/// A DNS label that begins with a letter.
pub(super) fn dns_1035_label(text: &str) -> Wrong {
    let mut wrong = Wrong::new();
    if text.len() > 63 {
        wrong.push(at_most(63, "characters"));
    }
    if !is_label_1035(text) {
        let sentence = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character";
        wrong.push(pattern(sentence, LABEL_1035, &["my-name", "abc-123"]));
    }
    wrong
}

/// The key of a label: a name, with a subdomain and a slash before it or not.
pub(super) fn label_key(text: &str) -> Wrong {
    let sentence = || {
        let sentence = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
        pattern(sentence, WORD, &["MyName", "my.name", "123-abc"])
    };
    let mut wrong = Wrong::new();
    let name = match text.split_once('/') {
        None => text,
        Some((_, name)) if name.contains('/') => {
            return vec![format!(
                "a valid label key {} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",
                sentence()
            )];
        }
        Some(("", name)) => {
            wrong.push("prefix part must be non-empty".to_owned());
            name
        }
        Some((prefix, name)) => {
            let prefixed = dns_subdomain_in(prefix, "bytes").into_iter();
            wrong.extend(prefixed.map(|text| format!("prefix part {text}")));
            name
        }
    };
    if name.is_empty() {
        wrong.push("name part must be non-empty".to_owned());
    } else if name.len() > 63 {
        wrong.push(format!("name part {}", at_most(63, "bytes")));
    }
    if !is_word(name) {
        wrong.push(format!("name part {}", sentence()));
    }
    wrong
}

/// The value of a label.
pub(super) fn label_value(text: &str) -> Wrong {
    let mut wrong = Wrong::new();
    if text.len() > 63 {
        wrong.push(at_most(63, "bytes"));
    }
    if !text.is_empty() && !is_word(text) {
        let sentence = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
        wrong.push(pattern(
            sentence,
            &format!("({WORD})?"),
            &["MyValue", "my_value", "12345"],
        ));
    }
    wrong
}

/// The key of a ConfigMap or Secret.
pub(super) fn config_key(text: &str) -> Wrong {
    let mut wrong = Wrong::new();
    if text.len() > 253 {
        wrong.push(at_most(253, "characters"));
    }
    let fits = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'.' | b'_');
    if text.is_empty() || !text.bytes().all(fits) {
        let sentence =
            "a valid config key must consist of alphanumeric characters, '-', '_' or '.'";
        wrong.push(pattern(
            sentence,
            "[-._a-zA-Z0-9]+",
            &["key.name", "KEY_NAME", "key-name"],
        ));
    }
    if text == "." {
        wrong.push("must not be '.'".to_owned());
    } else if text == ".." {
        wrong.push("must not be '..'".to_owned());
    } else if text.starts_with("..") {
        wrong.push("must not start with '..'".to_owned());
    }
    wrong
}

/// The name of an environment variable: printable ASCII without `=`.
pub(super) fn env_name(text: &str) -> Wrong {
    if text.is_empty() {
        return vec!["environment variable name must be non-empty".to_owned()];
    }
    let bad = |c: &char| !matches!(c, ' '..='~') || *c == '=';
    let sentence = "a valid environment variable name must consist only of printable ASCII characters other than '='";
    text.chars()
        .filter(bad)
        .map(|_| sentence.to_owned())
        .take(1)
        .collect()
}

/// A percentage.
pub(super) fn percent(text: &str) -> Wrong {
    let digits = text.strip_suffix('%');
    if digits.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|c| c.is_ascii_digit()))
    {
        return Wrong::new();
    }
    let sentence = "a valid percent string must be a numeric string followed by an ending '%'";
    vec![pattern(sentence, "[0-9]+%", &["1%", "93%"])]
}

/// The name of an HTTP header.
pub(super) fn http_header(text: &str) -> Wrong {
    let fits = |c: u8| c.is_ascii_alphanumeric() || c == b'-';
    if !text.is_empty() && text.bytes().all(fits) {
        return Wrong::new();
    }
    let sentence = "a valid HTTP header must consist of alphanumeric characters or '-'";
    vec![pattern(sentence, "[-A-Za-z0-9]+", &["X-Header-Name"])]
}

/// The number of a port.
pub(super) fn port_number(port: i64) -> Wrong {
    if (1..=65535).contains(&port) {
        Wrong::new()
    } else {
        vec![between(1, 65535)]
    }
}

/// The name of a port.
pub(super) fn port_name(text: &str) -> Wrong {
    let mut wrong = Wrong::new();
    if text.len() > 15 {
        wrong.push(at_most(15, "characters"));
    }
    if !text
        .bytes()
        .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-')
    {
        wrong.push(
            "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)".to_owned(),
        );
    }
    if !text.bytes().any(|c| c.is_ascii_lowercase()) {
        wrong.push("must contain at least one letter (a-z)".to_owned());
    }
    if text.contains("--") {
        wrong.push("must not contain consecutive hyphens".to_owned());
    }
    if text.starts_with('-') || text.ends_with('-') {
        wrong.push("must not begin or end with a hyphen".to_owned());
    }
    wrong
}

/// A name that can stand in a path.
pub(super) fn path_segment(text: &str) -> Wrong {
    if matches!(text, "." | "..") {
        return vec![format!("may not be '{text}'")];
    }
    let inside = ["/", "%"].into_iter().filter(|part| text.contains(part));
    inside
        .map(|part| format!("may not contain '{part}'"))
        .collect()
}

/// A domain, a slash and a path; `None` where the text is empty.
pub(super) fn domain_prefixed_path(text: &str) -> Wrong {
    let Some((domain, path)) = text
        .split_once('/')
        .filter(|(domain, path)| !domain.is_empty() && !path.is_empty())
    else {
        return vec!["must be a domain-prefixed path (such as \"acme.io/foo\")".to_owned()];
    };
    let mut wrong = dns_subdomain(domain);
    let fits = |c: u8| c.is_ascii_alphanumeric() || b"/-._~%!$&'()*+,;=:".contains(&c);
    if !path.bytes().all(fits) {
        wrong.push(pattern("Invalid path", PATH, &[]));
    }
    wrong
}

/// An address, read as leniently as the server reads old fields: leading noughts are let pass.
pub(super) fn sloppy_ip(text: &str) -> Option<IpAddr> {
    text.parse().ok().or_else(|| {
        let parts: Vec<u8> = text
            .split('.')
            .map(|part| {
                let digits = !part.is_empty() && part.bytes().all(|c| c.is_ascii_digit());
                digits.then(|| part.parse::<u8>().ok()).flatten()
            })
            .collect::<Option<_>>()?;
        <[u8; 4]>::try_from(parts)
            .ok()
            .map(|parts| IpAddr::from(Ipv4Addr::from(parts)))
    })
}

/// An address, in a field where it must be written properly.
pub(super) fn ip(text: &str) -> Wrong {
    let Some(address) = sloppy_ip(text) else {
        return vec!["must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)".to_owned()];
    };
    if text.parse::<IpAddr>().is_err() {
        return vec!["must not have leading 0s".to_owned()];
    }
    if is_mapped(address) {
        return vec!["must not be an IPv4-mapped IPv6 address".to_owned()];
    }
    Wrong::new()
}

fn is_mapped(address: IpAddr) -> bool {
    matches!(address, IpAddr::V6(address) if address.to_ipv4_mapped().is_some())
}

/// A range of addresses.
pub(super) fn cidr(text: &str) -> Wrong {
    let parts = text.split_once('/');
    let read =
        parts.and_then(|(address, bits)| Some((sloppy_ip(address)?, bits.parse::<u32>().ok()?)));
    let fits = read.filter(|(address, bits)| *bits <= if address.is_ipv4() { 32 } else { 128 });
    let Some((address, bits)) = fits else {
        return vec!["must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)".to_owned()];
    };
    let (text, digits) = parts.unwrap_or_default();
    if text.parse::<IpAddr>().is_err() || digits.len() > 1 && digits.starts_with('0') {
        return vec!["must not have leading 0s in IP or prefix length".to_owned()];
    }
    if is_mapped(address) {
        return vec!["must not have an IPv4-mapped IPv6 address".to_owned()];
    }
    if has_host_bits(address, bits) {
        return vec!["must not have bits set beyond the prefix length".to_owned()];
    }
    Wrong::new()
}

fn has_host_bits(address: IpAddr, bits: u32) -> bool {
    match address {
        IpAddr::V4(address) => address
            .to_bits()
            .checked_shl(bits)
            .is_some_and(|rest| rest != 0),
        IpAddr::V6(address) => address
            .to_bits()
            .checked_shl(bits)
            .is_some_and(|rest| rest != 0),
    }
}

/// Whether a range lies within another and is smaller.
pub(super) fn is_strictly_within(inner: &str, outer: &str) -> bool {
    let read = |text: &str| {
        let (address, bits) = text.split_once('/')?;
        Some((sloppy_ip(address)?, bits.parse::<u32>().ok()?))
    };
    match (read(inner), read(outer)) {
        (Some((IpAddr::V4(inner), more)), Some((IpAddr::V4(outer), bits))) => {
            let rest = 32_u32.saturating_sub(bits);
            let cut = |address: Ipv4Addr| address.to_bits().checked_shr(rest).unwrap_or_default();
            more > bits && cut(inner) == cut(outer)
        }
        (Some((IpAddr::V6(inner), more)), Some((IpAddr::V6(outer), bits))) => {
            let rest = 128_u32.saturating_sub(bits);
            let cut = |bits: u128| bits.checked_shr(rest).unwrap_or_default();
            more > bits && cut(inner.to_bits()) == cut(outer.to_bits())
        }
        _ => false,
    }
}

/// A path without `..` among its parts.
pub(super) fn no_backsteps(text: &str) -> Wrong {
    if text.split('/').any(|part| part == "..") {
        vec!["must not contain '..'".to_owned()]
    } else {
        Wrong::new()
    }
}

/// A path that is relative and does not step back.
pub(super) fn descending_path(text: &str) -> Wrong {
    let mut wrong = Wrong::new();
    if text.starts_with('/') {
        wrong.push("must be a relative path".to_owned());
    }
    wrong.extend(no_backsteps(text));
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_fit_have_no_sentence() {
        assert!(dns_label("a-1").is_empty());
        assert!(dns_subdomain("a.b-c.0").is_empty());
        assert!(label_key("example.com/A_b.c").is_empty());
        assert!(label_value("").is_empty());
        assert!(config_key("a_B.c-0").is_empty());
        assert!(port_name("http-1").is_empty());
        assert!(domain_prefixed_path("a.example/b/c").is_empty());
        assert!(ip("10.0.0.1").is_empty() && ip("2001:db8::1").is_empty());
        assert!(
            cidr("10.0.0.0/8").is_empty()
                && cidr("::/0").is_empty()
                && cidr("10.0.0.1/32").is_empty()
        );
        assert!(env_name("a b-%").is_empty());
    }

    #[test]
    fn others_do() {
        assert_eq!(
            config_key("bad key"),
            [
                "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
            ]
        );
        assert_eq!(label_key("").len(), 2);
        assert_eq!(label_key("/a"), ["prefix part must be non-empty"]);
        assert_eq!(label_key("a/b/c").len(), 1);
        assert_eq!(ip("010.0.0.1"), ["must not have leading 0s"]);
        assert_eq!(
            cidr("10.0.0.1/8"),
            ["must not have bits set beyond the prefix length"]
        );
        assert_eq!(percent("1").len(), 1);
        assert_eq!(port_name("--").len(), 3);
        assert_eq!(path_segment("a/b"), ["may not contain '/'"]);
    }
}
