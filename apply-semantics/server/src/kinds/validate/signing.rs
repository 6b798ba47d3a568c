//! Checks of requests for certificates.

use serde_json::Value;

use super::super::{
    cause::Causes,
    names,
    read::{at, list, text},
};

/// The spec of a CertificateSigningRequest.
pub(super) fn signing_request(spec: &Value, causes: &mut Causes) {
    let request = text(spec, "request");
    if let Some(detail) = super::super::pem::certificate_request_error(request) {
        causes.invalid("spec.request", request, detail);
    }
    if list(spec, "usages").is_empty() {
        causes.required("spec.usages", "usages must contain at least one value");
    }
    for (index, usage) in list(spec, "usages")
        .iter()
        .filter_map(Value::as_str)
        .enumerate()
    {
        if !USAGES.contains(&usage) {
            causes.not_supported(format_args!("spec.usages[{index}]"), usage, &USAGES);
        }
    }
    let signer = text(spec, "signerName");
    if signer.is_empty() {
        causes.required("spec.signerName", "");
    } else {
        causes.each(
            "spec.signerName",
            signer,
            names::domain_prefixed_path(signer),
        );
    }
    if let Some(seconds) = at(spec, "expirationSeconds").as_i64()
        && seconds < 600
    {
        let detail = "may not specify a duration less than 600 seconds (10 minutes)";
        causes.invalid("spec.expirationSeconds", seconds, detail);
    }
}

const USAGES: [&str; 23] = [
    "any",
    "cert sign",
    "client auth",
    "code signing",
    "content commitment",
    "crl sign",
    "data encipherment",
    "decipher only",
    "digital signature",
    "email protection",
    "encipher only",
    "ipsec end system",
    "ipsec tunnel",
    "ipsec user",
    "key agreement",
    "key encipherment",
    "microsoft sgc",
    "netscape sgc",
    "ocsp signing",
    "s/mime",
    "server auth",
    "signing",
    "timestamping",
];

/// Conditions of a request that stay once they are set.
pub(super) fn signing_request_update(new: &Value, old: &Value, causes: &mut Causes) {
    let holds = |object: &Value, kind: &str| {
        list(at(object, "status"), "conditions")
            .iter()
            .any(|held| text(held, "type") == kind)
    };
    for kind in ["Approved", "Denied", "Failed"] {
        if holds(old, kind) && !holds(new, kind) {
            let detail = format!("updates may not remove a condition of type \"{kind}\"");
            causes.forbidden("status.conditions", &detail);
        }
    }
}
