//! The formats of strings that a server checks.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::defaults;

/// Whether a text fits a format. A format that the server does not know fits everything.
pub(super) fn fits(format: &str, text: &str) -> bool {
    match format {
        "date-time" | "datetime" => date_time(text),
        "date" => date_time(&format!("{text}T00:00:00Z")),
        "ipv4" => text.parse::<Ipv4Addr>().is_ok(),
        "ipv6" => text.parse::<Ipv6Addr>().is_ok(),
        "cidr" => cidr(text),
        "byte" => base64(text),
        "uuid" | "uuid3" | "uuid4" | "uuid5" => uuid(format, text),
        "mac" => mac(text),
        "hostname" => hostname(text),
        "email" => email(text),
        "uri" => uri(text),
        "hexcolor" => hex_color(text),
        _ => true,
    }
}

fn date_time(text: &str) -> bool {
    defaults::is_time(&text.to_uppercase())
}

fn cidr(text: &str) -> bool {
    let Some((address, length)) = text.split_once('/') else {
        return false;
    };
    let digits = !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit());
    let plain = digits && (length == "0" || !length.starts_with('0'));
    let most = if address.parse::<Ipv4Addr>().is_ok() {
        32
    } else if address.parse::<Ipv6Addr>().is_ok() {
        128
    } else {
        return false;
    };
    plain && length.parse::<u8>().is_ok_and(|length| length <= most)
}

fn base64(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    let padding = text.len() - body.len();
    text.len().is_multiple_of(4)
        && padding <= 2
        && body
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/')
}

fn uuid(format: &str, text: &str) -> bool {
    let hex: String = text.chars().filter(|char| *char != '-').collect();
    let groups: Vec<_> = text.split('-').map(str::len).collect();
    let grouped = matches!(groups.as_slice(), [32] | [8, 4, 4, 4, 12])
        || (format == "uuid" && groups.len() <= 5);
    let version = hex.chars().nth(12);
    let right = format
        .chars()
        .last()
        .filter(char::is_ascii_digit)
        .is_none_or(|wanted| version == Some(wanted));
    grouped && hex.len() == 32 && hex.chars().all(|char| char.is_ascii_hexdigit()) && right
}

fn mac(text: &str) -> bool {
    let parts: Vec<_> = text.split([':', '-']).collect();
    matches!(parts.len(), 6 | 8 | 20)
        && parts
            .iter()
            .all(|part| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn hostname(text: &str) -> bool {
    let label = |label: &str| {
        let inner = label
            .chars()
            .all(|char| char.is_alphanumeric() || char == '-' || char == '_');
        !label.is_empty()
            && label.len() <= 63
            && inner
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    !text.is_empty() && text.len() <= 255 && text.trim_end_matches('.').split('.').all(label)
}

fn email(text: &str) -> bool {
    text.rsplit_once('@')
        .is_some_and(|(user, host)| !user.is_empty() && hostname(host) && !user.contains(' '))
}

fn uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else {
        return text.starts_with('/');
    };
    let letters = scheme
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
    letters
        && scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && !rest.is_empty()
        && !text.contains(' ')
}

fn hex_color(text: &str) -> bool {
    let digits = text.strip_prefix('#').unwrap_or(text);
    matches!(digits.len(), 3 | 6) && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn texts_fit_or_not() {
        let right = [
            ("date-time", "2024-02-29T00:00:00Z"),
            ("date-time", "2024-02-29t00:00:00.5+01:00"),
            ("cidr", "10.0.0.0/8"),
            ("byte", "YQ=="),
            ("uuid", "721ab723-13bc-11e5-aec2-42010af0021e"),
            ("ipv6", "::1"),
            ("unheard-of", "x"),
        ];
        let wrong = [
            ("date-time", "2024-02-30T00:00:00Z"),
            ("date-time", "2024-01-01"),
            ("date", "2024-13-01"),
            ("cidr", "10.0.0.0/33"),
            ("byte", "YQ="),
            ("uuid4", "721ab723-13bc-11e5-aec2-42010af0021e"),
            ("ipv4", "1.2.3"),
        ];
        assert!(right.iter().all(|(format, text)| fits(format, text)));
        assert!(!wrong.iter().any(|(format, text)| fits(format, text)));
    }
}
