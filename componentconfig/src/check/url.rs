//! URLs as Go's `net/url.Parse` reads them, which is more permissive than any standard.

/// What is looked at of a URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Url {
    /// In lower case; empty if there is none.
    pub(crate) scheme: String,
    /// With escapes resolved.
    pub(crate) path: String,
    /// Whether there is a user, with or without a password.
    pub(crate) has_user: bool,
    /// Whether there is a query, and it is not empty.
    pub(crate) has_query: bool,
    /// Whether there is a fragment, and it is not empty.
    pub(crate) has_fragment: bool,
}

/// Takes a URL apart.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn parse(text: &str) -> Result<Url, String> {
    split(text).map_err(|why| format!("parse {text:?}: {why}"))
}

fn split(text: &str) -> Result<Url, String> {
    if text.bytes().any(|byte| byte.is_ascii_control()) {
        return Err("net/url: invalid control character in URL".to_owned());
    }
    let (text, fragment) = text.split_once('#').unwrap_or((text, ""));
    unescape(fragment)?;
    let (scheme, rest) = scheme(text)?;
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let url = |user: bool, path: &str| {
        Ok(Url {
            scheme: scheme.to_ascii_lowercase(),
            path: unescape(path)?,
            has_user: user,
            has_query: !query.is_empty(),
            has_fragment: !fragment.is_empty(),
        })
    };
    if !rest.starts_with('/') {
        if !scheme.is_empty() {
            // What follows such a scheme is not taken apart.
            return url(false, "");
        }
        let segment = rest.split('/').next().unwrap_or_default();
        if segment.contains(':') {
            return Err("first path segment in URL cannot contain colon".to_owned());
        }
        return url(false, rest);
    }
    let has_authority = !scheme.is_empty() || !rest.starts_with("///");
    let Some(rest) = rest.strip_prefix("//").filter(|_| has_authority) else {
        return url(false, rest);
    };
    let end = rest.find('/').unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    check_authority(authority)?;
    url(authority.contains('@'), path)
}

/// The scheme, empty if there is none, and what follows.
fn scheme(text: &str) -> Result<(&str, &str), String> {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.')));
    let Some((scheme, rest)) = end.and_then(|end| text.split_at_checked(end)) else {
        return Ok(("", text));
    };
    let Some(rest) = rest.strip_prefix(':') else {
        return Ok(("", text));
    };
    if scheme.is_empty() {
        return Err("missing protocol scheme".to_owned());
    }
    if !scheme.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return Ok(("", text));
    }
    Ok((scheme, rest))
}

fn check_authority(authority: &str) -> Result<(), String> {
    let Some((user, host)) = authority.rsplit_once('@') else {
        return check_host(authority);
    };
    check_host(host)?;
    let valid = |c: char| c.is_ascii_alphanumeric() || "-._:~!$&'()*+,;=%@".contains(c);
    if !user.chars().all(valid) {
        return Err("net/url: invalid userinfo".to_owned());
    }
    unescape(user).map(drop)
}

fn check_host(host: &str) -> Result<(), String> {
    if host.starts_with('[') {
        let Some((inner, port)) = host.rsplit_once(']') else {
            return Err("missing ']' in host".to_owned());
        };
        check_port(port)?;
        let inner = inner.trim_start_matches('[');
        let (address, zone) = inner.split_once("%25").unwrap_or((inner, ""));
        unescape(zone)?;
        return match address.parse::<std::net::Ipv6Addr>() {
            Ok(_) => Ok(()),
            Err(_) => Err(format!("invalid host: {inner:?} is not an IPv6 address")),
        };
    }
    if let Some(colon) = host.rfind(':') {
        check_port(host.get(colon..).unwrap_or_default())?;
    }
    check_host_escapes(host)?;
    let odd = |c: &char| {
        c.is_ascii() && !(c.is_ascii_alphanumeric() || "-_.~!$&'()*+,;=:[]<>\"%".contains(*c))
    };
    match host.chars().find(odd) {
        Some(c) => Err(format!(
            "invalid character {:?} in host name",
            c.to_string()
        )),
        None => Ok(()),
    }
}

/// A port is a colon and digits, of which there may be none.
fn check_port(port: &str) -> Result<(), String> {
    let digits = port.strip_prefix(':');
    let valid = digits.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    if port.is_empty() || valid {
        return Ok(());
    }
    Err(format!("invalid port {port:?} after host"))
}

/// In a host, only what is not ASCII is escaped, and the percent sign itself.
fn check_host_escapes(host: &str) -> Result<(), String> {
    unescape(host)?;
    let ascii = host
        .match_indices('%')
        .filter_map(|(at, _)| host.get(at..at + 3))
        .find(|escape| {
            *escape != "%25" && escape.as_bytes().get(1).is_some_and(|digit| *digit < b'8')
        });
    match ascii {
        Some(escape) => Err(format!("invalid URL escape {escape:?}")),
        None => Ok(()),
    }
}

/// Resolves `%XX`.
fn unescape(text: &str) -> Result<String, String> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        if byte != b'%' {
            out.push(byte);
            at += 1;
            continue;
        }
        let digit = |at: usize| {
            bytes
                .get(at)
                .and_then(|byte| char::from(*byte).to_digit(16))
        };
        let value = digit(at + 1)
            .zip(digit(at + 2))
            .and_then(|(high, low)| u8::try_from(high * 16 + low).ok());
        let Some(value) = value else {
            let escape: String = text.get(at..).unwrap_or_default().chars().take(3).collect();
            return Err(format!("invalid URL escape {escape:?}"));
        };
        out.push(value);
        at += 3;
    }
    Ok(String::from_utf8_lossy(&out).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemes_and_paths() {
        for (text, scheme, path) in [
            ("", "", ""),
            ("/run/x.sock", "", "/run/x.sock"),
            ("unix:///run/x.sock", "unix", "/run/x.sock"),
            ("UNIX:///a%20b?q#f", "unix", "/a b"),
            ("unix:/run/x", "unix", "/run/x"),
            ("unix:x", "unix", ""),
            ("unix://tcp://1.2.3.4:5", "unix", "//1.2.3.4:5"),
            ("unix://npipe:////./pipe/x", "unix", "////./pipe/x"),
            ("https://a:1/b", "https", "/b"),
            ("https://[::1]:1", "https", ""),
            ("https://u:p@a", "https", ""),
            ("http://a:", "http", ""),
            ("a/b:c", "", "a/b:c"),
            ("///a", "", "///a"),
            ("a b", "", "a b"),
        ] {
            let url = parse(text).unwrap();
            assert_eq!((&*url.scheme, &*url.path), (scheme, path), "{text}");
        }
    }

    #[test]
    fn refusals() {
        for (text, why) in [
            ("unix://%zz", "invalid URL escape \"%zz\""),
            ("/a%2", "invalid URL escape \"%2\""),
            ("unix://[x", "missing ']' in host"),
            ("http://[::1]x", "invalid port \"x\" after host"),
            ("http://a:x", "invalid port \":x\" after host"),
            ("http://a b", "invalid character \" \" in host name"),
            ("http://a%20b", "invalid URL escape \"%20\""),
            ("http://u r@a", "net/url: invalid userinfo"),
            ("a:b:c/d", ""),
            (":a", "missing protocol scheme"),
            ("1a:b", "first path segment in URL cannot contain colon"),
            ("a\nb", "net/url: invalid control character in URL"),
            ("http://[x]", "invalid host: \"x\" is not an IPv6 address"),
        ] {
            match parse(text) {
                Ok(_) => assert_eq!(why, "", "{text}"),
                Err(error) => assert!(error.ends_with(why) && !why.is_empty(), "{text}: {error}"),
            }
        }
    }
}
