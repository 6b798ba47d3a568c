//! `host:port`. Follows Go's `net.SplitHostPort` and `cmd/kubeadm/app/util/endpoint.go`.

use super::{dns, ip};

/// Splits `host:port`, `[host]:port`. The port may be empty.
pub(crate) fn split(text: &str) -> Result<(&str, &str), &'static str> {
    let (host, port) = text.rsplit_once(':').ok_or("missing port in address")?;
    let Some(bracketed) = text.strip_prefix('[') else {
        if host.contains(':') {
            return Err("too many colons in address");
        }
        if text.contains('[') {
            return Err("unexpected '[' in address");
        }
        if text.contains(']') {
            return Err("unexpected ']' in address");
        }
        return Ok((host, port));
    };
    let (inner, rest) = bracketed.split_once(']').ok_or("missing ']' in address")?;
    let port = match rest.strip_prefix(':') {
        None if rest.is_empty() => return Err("missing port in address"),
        Some(port) if !port.contains(':') => port,
        None if !rest.contains(':') => return Err("missing port in address"),
        _ => return Err("too many colons in address"),
    };
    if inner.contains('[') || rest.contains('[') {
        return Err("unexpected '[' in address");
    }
    if rest.contains(']') {
        return Err("unexpected ']' in address");
    }
    Ok((inner, port))
}

/// Joins what [`split`] takes apart.
pub(crate) fn join(host: &str, port: &str) -> String {
    if host.contains(':') {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    }
}

/// Whether `port` is a port number other than 0, without sign.
pub(crate) fn is_port(port: &str) -> bool {
    let digits = port.bytes().all(|byte| byte.is_ascii_digit());
    digits && port.parse::<u16>().is_ok_and(|port| port > 0)
}

/// Reads `host` or `host:port`, where the host is an address or a name in DNS form; an absent port is empty.
pub(crate) fn host_and_port(text: &str) -> Result<(&str, &str), String> {
    let (host, port) = split(text).unwrap_or((text, ""));
    if !port.is_empty() && !is_port(port) {
        return Err(format!(
            "hostport {text}: port {port} must be a valid number between 1 and 65535, inclusive"
        ));
    }
    if ip::parse(host).is_some() || dns::subdomain(host).is_empty() {
        return Ok((host, port));
    }
    Err(format!(
        "hostport {text}: host '{host}' must be a valid IP address or a valid RFC-1123 DNS subdomain"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splitting() {
        for (text, parts) in [
            ("a:1", Ok(("a", "1"))),
            ("a:", Ok(("a", ""))),
            (":1", Ok(("", "1"))),
            ("[::1]:1", Ok(("::1", "1"))),
            ("[a]:1", Ok(("a", "1"))),
            ("a", Err("missing port in address")),
            ("[::1]", Err("missing port in address")),
            ("[::1]a", Err("missing port in address")),
            ("::1", Err("too many colons in address")),
            ("[::1]:1:2", Err("too many colons in address")),
            ("[::1", Err("missing ']' in address")),
            ("a[:1", Err("unexpected '[' in address")),
            ("a]:1", Err("unexpected ']' in address")),
            ("[[a]:1", Err("unexpected '[' in address")),
            ("[a]:]", Err("unexpected ']' in address")),
        ] {
            assert_eq!(split(text), parts, "{text}");
        }
    }

    #[test]
    fn endpoints() {
        assert_eq!(host_and_port("a.b:6443"), Ok(("a.b", "6443")));
        assert_eq!(host_and_port("a.b"), Ok(("a.b", "")));
        assert_eq!(host_and_port("::1"), Ok(("::1", "")));
        assert_eq!(host_and_port("[::1]:1"), Ok(("::1", "1")));
        for bad in ["", ":1", "A:1", "a:0", "a:65536", "a:+1", "[::1]"] {
            assert!(host_and_port(bad).is_err(), "{bad}");
        }
        assert_eq!(join("::1", "1"), "[::1]:1");
        assert_eq!(join("a", "1"), "a:1");
    }
}
