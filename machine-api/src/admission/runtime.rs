//! ExtensionConfig.

use componentconfig::field::{Errors, FieldError, Path};

use super::{
    Admit, Refusal, Request, Warnings,
    check::{self, path},
    only, verdict,
};
use crate::{
    labels,
    runtime::v1beta2::{ExtensionConfig, ServiceReference},
};

impl Admit for ExtensionConfig {
    fn set_defaults(&mut self, _: Option<&Self>, _: &Request<'_>) -> Result<(), Refusal> {
        self.spec.namespace_selector.get_or_insert_default();
        let service = &mut self.spec.client_config.service;
        if *service != ServiceReference::default() {
            service.port.get_or_insert(443);
        }
        Ok(())
    }

    fn validate_create(&self, request: &Request<'_>) -> Result<Warnings, Refusal> {
        if !request.gates.runtime_sdk {
            let detail = "can be set only if the RuntimeSDK feature flag is enabled";
            return only(self, FieldError::forbidden(path(&["spec"]), detail));
        }
        let mut errors = Errors::default();
        let name = &self.metadata.name;
        let problems = labels::dns_label_problems(name);
        if !problems.is_empty() {
            let detail = format!(
                "ExtensionConfig name should be a valid DNS1123 label name: [{}]",
                problems.join(" ")
            );
            errors.invalid(&path(&["metadata", "name"]), name.as_str(), detail);
        }
        self.validate_client(&mut errors);
        let at = path(&["spec", "namespaceSelector"]);
        match &self.spec.namespace_selector {
            None => errors.required(&at, "must be defined"),
            Some(selector) => {
                check::selector(selector, &at, &mut errors);
            }
        }
        verdict(self, errors)
    }

    fn validate_update(&self, _: &Self, request: &Request<'_>) -> Result<Warnings, Refusal> {
        self.validate_create(request)
    }
}

impl ExtensionConfig {
    fn validate_client(&self, errors: &mut Errors) {
        let client = &self.spec.client_config;
        let at = path(&["spec", "clientConfig"]);
        let has_service = client.service != ServiceReference::default();
        if client.url.is_empty() && !has_service {
            errors.required(&at, "either url or service must be defined");
        }
        if !client.url.is_empty() && has_service {
            errors.forbidden(&at, "only one of url or service can be defined");
        }
        if !client.url.is_empty() {
            let place = at.child("url");
            if let Err(problem) = request_uri(&client.url) {
                let detail = format!("must be a valid URL, e.g. https://example.com: {problem}");
                errors.invalid(&place, client.url.as_str(), detail);
            } else if !client
                .url
                .get(..6)
                .is_some_and(|scheme| scheme.eq_ignore_ascii_case("https:"))
            {
                let detail = "'https' is the only allowed URL scheme, e.g. https://example.com";
                errors.invalid(&place, client.url.as_str(), detail);
            }
        }
        if has_service {
            service(&client.service, &at.child("service"), errors);
        }
    }
}

fn service(service: &ServiceReference, at: &Path, errors: &mut Errors) {
    if service.name.is_empty() {
        errors.required(&at.child("name"), "must not be empty");
    }
    for problem in labels::dns_1035_label_problems(&service.name) {
        errors.invalid(&at.child("name"), service.name.as_str(), problem);
    }
    if service.namespace.is_empty() {
        errors.required(&at.child("namespace"), "must not be empty");
    }
    for problem in labels::dns_label_problems(&service.namespace) {
        errors.invalid(&at.child("namespace"), service.namespace.as_str(), problem);
    }
    if !service.path.is_empty() {
        let place = at.child("path");
        if let Err(problem) = request_uri(&service.path) {
            let detail = format!("must be a valid URL path e.g. /path/to/hook: {problem}");
            errors.invalid(&place, service.path.as_str(), detail);
        }
        if !service.path.starts_with('/') {
            errors.invalid(
                &place,
                service.path.as_str(),
                "must start with \"/\" to be a valid URL path",
            );
        }
    }
    if let Some(port) = service.port.filter(|port| !(1..=65535).contains(port)) {
        errors.invalid(
            &at.child("port"),
            port,
            "must be between 1 and 65535, inclusive",
        );
    }
}

/// A URL or a path as the first line of an HTTP request may have it. Follows `url.ParseRequestURI`.
fn request_uri(text: &str) -> Result<(), String> {
    let problem = |what: &str| Err(format!("parse {text:?}: {what}"));
    if text.bytes().any(|byte| byte < b' ' || byte == 0x7f) {
        return problem("net/url: invalid control character in URL");
    }
    let scheme_end = text
        .find(':')
        .filter(|end| is_scheme(text.get(..*end).unwrap_or_default()));
    let rest = match scheme_end {
        None if text.starts_with(':') => return problem("missing protocol scheme"),
        None => text,
        Some(end) => text.get(end + 1..).unwrap_or_default(),
    };
    if !rest.starts_with('/') {
        // What follows a scheme without a slash is opaque.
        return if scheme_end.is_some() {
            Ok(())
        } else {
            problem("invalid URI for request")
        };
    }
    let (path, authority) = match rest.strip_prefix("//") {
        Some(rest) if scheme_end.is_some() => {
            let end = rest.find('/').unwrap_or(rest.len());
            (rest.get(end..).unwrap_or_default(), rest.get(..end))
        }
        _ => (rest, None),
    };
    if let Some(host) = authority {
        if host.contains([' ', '<', '>', '"']) {
            return problem("invalid character in host name");
        }
        let port = host
            .rsplit_once(':')
            .map(|(_, port)| port)
            .filter(|_| !host.ends_with(']'));
        if let Some(port) = port.filter(|port| !port.bytes().all(|byte| byte.is_ascii_digit())) {
            return problem(&format!("invalid port {:?} after host", format!(":{port}")));
        }
    }
    let path = path.split('?').next().unwrap_or_default();
    match bad_escape(path) {
        Some(escape) => problem(&format!("invalid URL escape {escape:?}")),
        None => Ok(()),
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

/// The first `%` that no two hexadecimal digits follow, with what follows.
fn bad_escape(text: &str) -> Option<&str> {
    text.match_indices('%').find_map(|(at, _)| {
        let escape = text.get(at..(at + 3).min(text.len()))?;
        let good = escape.len() == 3 && escape.bytes().skip(1).all(|byte| byte.is_ascii_hexdigit());
        (!good).then_some(escape)
    })
}
