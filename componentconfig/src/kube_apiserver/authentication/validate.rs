//! What is wrong with a configuration of authentication.
//!
//! Follows `staging/src/k8s.io/apiserver/pkg/apis/apiserver/validation/validation.go`. No issuer is disallowed.

use std::collections::BTreeSet;

use super::v1::{
    AnonymousAuthConfig, ClaimMappings, ClaimValidationRule, ExtraMapping, Issuer,
    JWTAuthenticator, PrefixedClaimOrExpression, UserValidationRule,
};
use crate::{
    check::{dns, pem, url},
    field::{Errors, FieldError, FieldErrorKind, Path},
    kube_apiserver::expression::{self, Expression, Scope},
};

const MAX_AUTHENTICATORS: usize = 64;
const BOTH: &str = "claim and expression can't both be set";
const NONE: &str = "claim or expression is required";

pub(super) fn configuration(
    jwt: Option<&[JWTAuthenticator]>,
    anonymous: Option<&AnonymousAuthConfig>,
) -> Errors {
    let (mut errors, path) = (Errors::new(), Path::new("jwt"));
    let jwt = jwt.unwrap_or_default();
    if jwt.len() > MAX_AUTHENTICATORS {
        let detail = format!("must have at most {MAX_AUTHENTICATORS} items");
        errors.push(FieldError::new(
            FieldErrorKind::TooMany,
            path,
            jwt.len(),
            detail,
        ));
        return errors;
    }
    let (mut urls, mut discovery) = (BTreeSet::new(), BTreeSet::new());
    for (index, authenticator) in jwt.iter().enumerate() {
        let path = path.index(index);
        authenticator.validate(&path, &mut errors);
        let (path, issuer) = (path.child("issuer"), &authenticator.issuer);
        if !urls.insert(issuer.url.as_str()) {
            errors.duplicate(&path.child("url"), issuer.url.as_str());
        }
        let url = issuer.discovery_url.as_deref().unwrap_or_default();
        if !url.is_empty() && !discovery.insert(url) {
            errors.duplicate(&path.child("discoveryURL"), url);
        }
    }
    if anonymous.is_some_and(|anonymous| !anonymous.enabled && !anonymous.conditions.is_empty()) {
        let path = Path::new("anonymous").child("conditions");
        errors.invalid(
            &path,
            "set",
            "enabled should be set to true when conditions are defined",
        );
    }
    errors
}

impl JWTAuthenticator {
    fn validate(&self, path: &Path, errors: &mut Errors) {
        self.issuer.validate(&path.child("issuer"), errors);
        let rules = rules(
            &self.claim_validation_rules,
            &path.child("claimValidationRules"),
            errors,
        );
        self.claim_mappings
            .validate(&path.child("claimMappings"), &rules, errors);
        user_rules(
            &self.user_validation_rules,
            &path.child("userValidationRules"),
            errors,
        );
    }
}

impl Issuer {
    fn validate(&self, path: &Path, errors: &mut Errors) {
        let (url, discovery) = (&self.url, self.discovery_url.as_deref().unwrap_or_default());
        if url.is_empty() {
            errors.required(&path.child("url"), "");
        } else {
            https(url, &path.child("url"), errors);
        }
        if !discovery.is_empty() {
            let path = path.child("discoveryURL");
            let same = url.trim_end_matches('/') == discovery.trim_end_matches('/');
            if !url.is_empty() && same {
                errors.invalid(&path, discovery, "discoveryURL must be different from URL");
            }
            https(discovery, &path, errors);
        }
        self.validate_audiences(path, errors);
        if !self.certificate_authority.is_empty()
            && !pem::has_certificate(&self.certificate_authority)
        {
            let detail = "data does not contain any valid RSA or ECDSA certificates";
            errors.invalid(&path.child("certificateAuthority"), "<omitted>", detail);
        }
        if !matches!(
            self.egress_selector_type.as_str(),
            "" | "controlplane" | "cluster"
        ) {
            let detail = "egress selector must be either controlplane or cluster";
            let value = self.egress_selector_type.as_str();
            errors.invalid(&path.child("egressSelectorType"), value, detail);
        }
    }

    fn validate_audiences(&self, path: &Path, errors: &mut Errors) {
        let audiences = self.audiences.as_deref().unwrap_or_default();
        let (path, policy) = (path.child("audiences"), path.child("audienceMatchPolicy"));
        let mut seen = BTreeSet::new();
        for (index, audience) in audiences.iter().enumerate() {
            let path = path.index(index);
            if audience.is_empty() {
                errors.required(&path, "");
            }
            if !seen.insert(audience) {
                errors.duplicate(&path, audience.as_str());
            }
        }
        let detail = match (audiences, self.audience_match_policy.as_str()) {
            ([], _) => return errors.required(&path, format!("at least one {path} is required")),
            (_, "MatchAny") | ([_], "") => return,
            ([_], _) => "audienceMatchPolicy must be empty or MatchAny for single audience",
            _ => "audienceMatchPolicy must be MatchAny for multiple audiences",
        };
        errors.invalid(&policy, self.audience_match_policy.as_str(), detail);
    }
}

fn https(text: &str, path: &Path, errors: &mut Errors) {
    let url = match url::parse(text) {
        Ok(url) => url,
        Err(why) => return errors.invalid(path, text, why),
    };
    for (wrong, detail) in [
        (url.scheme != "https", "URL scheme must be https"),
        (url.has_user, "URL must not contain a username or password"),
        (url.has_query, "URL must not contain a query"),
        (url.has_fragment, "URL must not contain a fragment"),
    ] {
        if wrong {
            // A password has no place in a message.
            let shown = if url.has_user { "<omitted>" } else { text };
            errors.invalid(path, shown, detail);
        }
    }
}

/// Checks the rules; gives their expressions.
fn rules(rules: &[ClaimValidationRule], path: &Path, errors: &mut Errors) -> Vec<Expression> {
    let (mut claims, mut seen, mut expressions) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
    for (index, rule) in rules.iter().enumerate() {
        let path = path.index(index);
        match (rule.claim.as_str(), rule.expression.as_str()) {
            ("", "") => errors.required(&path, NONE),
            (claim, "") => {
                if !rule.message.is_empty() {
                    let detail = "may not be specified when claim is set";
                    errors.invalid(&path.child("message"), rule.message.as_str(), detail);
                }
                if !claims.insert(claim) {
                    errors.duplicate(&path.child("claim"), claim);
                }
            }
            ("", expression) => {
                if !rule.required_value.is_empty() {
                    let (path, value) = (path.child("requiredValue"), rule.required_value.as_str());
                    errors.invalid(&path, value, "may not be specified when expression is set");
                }
                let path = path.child("expression");
                if seen.insert(expression) {
                    let checked = expression::check(expression, Scope::Claims, true, &path, errors);
                    expressions.extend(checked);
                } else {
                    errors.duplicate(&path, expression);
                }
            }
            (claim, _) => errors.invalid(&path, claim, BOTH),
        }
    }
    expressions
}

fn user_rules(rules: &[UserValidationRule], path: &Path, errors: &mut Errors) {
    let mut seen = BTreeSet::new();
    for (index, rule) in rules.iter().enumerate() {
        let path = path.index(index).child("expression");
        if rule.expression.is_empty() {
            errors.required(&path, "");
        } else if seen.insert(&rule.expression) {
            expression::check(&rule.expression, Scope::User, true, &path, errors);
        } else {
            errors.duplicate(&path, rule.expression.as_str());
        }
    }
}

impl ClaimMappings {
    fn validate(&self, path: &Path, rules: &[Expression], errors: &mut Errors) {
        let username = self
            .username
            .validate(&path.child("username"), true, errors);
        self.groups.validate(&path.child("groups"), false, errors);
        let uid = path.child("uid");
        match (self.uid.claim.as_str(), self.uid.expression.as_str()) {
            (_, "") => {}
            ("", expression) => {
                let path = uid.child("expression");
                expression::check(expression, Scope::Claims, false, &path, errors);
            }
            _ => errors.invalid(&uid, "", BOTH),
        }
        let extra = extra(&self.extra, &path.child("extra"), errors);
        let uses_email = username
            .as_ref()
            .is_some_and(|username| username.selects("claims", "email"));
        let mut all = rules.iter().chain(&extra).chain(&username);
        if uses_email && !all.any(|expression| expression.selects("claims", "email_verified")) {
            let path = path.child("username").child("expression");
            let detail = "claims.email_verified must be used in claimMappings.username.expression or \
                          claimMappings.extra[*].valueExpression or claimValidationRules[*].expression when \
                          claims.email is used in claimMappings.username.expression";
            errors.invalid(&path, self.username.expression.as_str(), detail);
        }
    }
}

impl PrefixedClaimOrExpression {
    fn validate(&self, path: &Path, required: bool, errors: &mut Errors) -> Option<Expression> {
        match (self.claim.as_str(), self.expression.as_str(), &self.prefix) {
            ("", "", _) if required => errors.required(path, NONE),
            ("", "", _) => {}
            ("", expression, prefix) => {
                if let Some(prefix) = prefix {
                    let detail = "may not be specified when expression is set";
                    errors.invalid(&path.child("prefix"), prefix.as_str(), detail);
                }
                let path = path.child("expression");
                return expression::check(expression, Scope::Claims, false, &path, errors);
            }
            (_, "", None) => errors.required(
                &path.child("prefix"),
                "prefix is required when claim is set. It can be set to an empty string to disable prefixing",
            ),
            (_, "", Some(_)) => {}
            _ => errors.invalid(path, "", BOTH),
        }
        None
    }
}

fn extra(mappings: &[ExtraMapping], path: &Path, errors: &mut Errors) -> Vec<Expression> {
    let (mut seen, mut expressions) = (BTreeSet::new(), Vec::new());
    for (index, mapping) in mappings.iter().enumerate() {
        let (path, name) = (path.index(index), mapping.key.as_str());
        let key = path.child("key");
        extra_key(name, &key, errors);
        if !seen.insert(name) {
            errors.duplicate(&key, name);
            continue;
        }
        let path = path.child("valueExpression");
        if mapping.value_expression.is_empty() {
            errors.required(&path, "");
        } else {
            let checked = expression::check(
                &mapping.value_expression,
                Scope::Claims,
                false,
                &path,
                errors,
            );
            expressions.extend(checked);
        }
    }
    expressions
}

fn extra_key(key: &str, path: &Path, errors: &mut Errors) {
    match dns::domain_prefixed_path(key) {
        Ok(()) => {}
        Err(_) if key.is_empty() => errors.required(path, ""),
        Err(why) => errors.invalid(path, key, why),
    }
    if key.to_lowercase() != key {
        errors.invalid(path, key, "must be lowercase");
    }
    let domain = key.split_once('/').map_or("", |(domain, _)| domain);
    let of = |owner: &str| {
        domain
            .strip_suffix(owner)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    if of("k8s.io") || of("kubernetes.io") {
        let detail = "k8s.io, kubernetes.io and their subdomains are reserved for Kubernetes use";
        errors.invalid(path, key, detail);
    }
}
