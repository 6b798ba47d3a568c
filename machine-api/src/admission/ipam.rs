//! IPAddress and IPAddressClaim.

use std::net::{IpAddr, Ipv6Addr};

use componentconfig::field::{Errors, FieldError};

use super::{
    Admit, Refusal, Request, Warnings,
    check::{self, path},
    only, verdict,
};
use crate::ipam::v1beta2::{IPAddress, IPAddressClaim};

/// An address as Go's `netip` reads it: IPv6 may have a zone.
fn address(text: &str) -> Option<IpAddr> {
    match text.split_once('%') {
        Some((address, zone)) if !zone.is_empty() => {
            address.parse::<Ipv6Addr>().ok().map(IpAddr::V6)
        }
        Some(_) => None,
        None => text.parse().ok(),
    }
}

impl Admit for IPAddress {
    fn validate_create(&self, request: &Request<'_>) -> Result<Warnings, Refusal> {
        let mut errors = Errors::default();
        let (spec, at) = (&self.spec, path(&["spec"]));
        let parsed = address(&spec.address);
        if parsed.is_none() {
            errors.invalid(
                &at.child("address"),
                spec.address.as_str(),
                "not a valid IP address",
            );
        }
        let prefix = spec.prefix.unwrap_or_default();
        let problem = match parsed {
            _ if prefix < 0 => Some("prefix cannot be negative"),
            Some(IpAddr::V4(_)) if prefix > 32 => Some("prefix is too large for an IPv4 address"),
            Some(IpAddr::V6(_)) if prefix > 128 => Some("prefix is too large for an IPv6 address"),
            _ => None,
        };
        if let Some(problem) = problem {
            errors.invalid(&at.child("prefix"), prefix, problem);
        }
        if !spec.gateway.is_empty() && address(&spec.gateway).is_none() {
            errors.invalid(
                &at.child("gateway"),
                spec.gateway.as_str(),
                "not a valid IP address",
            );
        }
        let claim = request.get::<IPAddressClaim>(&self.metadata.namespace, &spec.claim_ref.name);
        if claim.is_some_and(|claim| claim.spec.pool_ref != spec.pool_ref) {
            errors.invalid(
                &at.child("poolRef"),
                check::shown(&spec.pool_ref),
                "the referenced pool is different from the pool referenced by the claim this address should fulfill",
            );
        }
        verdict(self, errors)
    }

    fn validate_update(&self, old: &Self, _: &Request<'_>) -> Result<Warnings, Refusal> {
        if self.spec == old.spec {
            return Ok(Warnings::new());
        }
        let detail = changed("IPAddress spec is immutable", &old.spec, &self.spec);
        only(self, FieldError::forbidden(path(&["spec"]), detail))
    }
}

impl Admit for IPAddressClaim {
    fn validate_create(&self, _: &Request<'_>) -> Result<Warnings, Refusal> {
        Ok(Warnings::new())
    }

    fn validate_update(&self, old: &Self, _: &Request<'_>) -> Result<Warnings, Refusal> {
        if self.spec == old.spec {
            return Ok(Warnings::new());
        }
        let detail = changed("IPAddressClaim spec is immutable", &old.spec, &self.spec);
        only(self, FieldError::forbidden(path(&["spec"]), detail))
    }
}

/// A sentence with what was there and what is to be there.
pub(super) fn changed<T: serde::Serialize>(sentence: &str, old: &T, new: &T) -> String {
    format!(
        "{sentence}: it was {}, not {}",
        check::shown(old),
        check::shown(new)
    )
}
