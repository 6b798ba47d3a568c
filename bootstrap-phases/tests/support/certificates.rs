//! Certificates and keys in a tree of files, described as the recorded cases describe them (`certificates.json`,
//! `keys.json`), and compared with the tolerances of the cases' README.
//!
//! Reads certificates with x509-cert and requests with their own shape here, not with the code under test; only signatures
//! and private keys go through it.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::case_sensitive_file_extension_comparisons,
    reason = "a helper of several tests, each of which uses a part"
)]

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use bootstrap_phases::kubeadm::pki::{self, PrivateKey, PublicKey};
use bootstrap_phases::{FileKind, Files};
use der::asn1::ObjectIdentifier;
use der::{Decode as _, Encode as _};
use serde_json::{Map, Value, json};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectAltName};
use x509_cert::name::Name;
use x509_cert::request::{CertReq, ExtensionReq};
use x509_cert::spki::SubjectPublicKeyInfoOwned;

/// What differs between the tree and the two recorded files; empty if nothing does. `run` is when the run began.
pub(crate) fn differences(
    files: &dyn Files,
    run: SystemTime,
    certificates: &Value,
    keys: &Value,
) -> Vec<String> {
    let tree = Tree { files, run };
    let mut out = Vec::new();
    for (name, expected) in certificates.as_object().into_iter().flatten() {
        match tree.certificate(name) {
            Ok(found) => out.extend(compare(name, expected, &found)),
            Err(why) => out.push(format!("{name}: {why}")),
        }
    }
    for (name, expected) in keys.as_object().into_iter().flatten() {
        match tree.key(name) {
            Ok(found) => out.extend(compare(name, expected, &found)),
            Err(why) => out.push(format!("{name}: {why}")),
        }
    }
    out
}

/// One certificate, request or key that is not in a file of the tree, such as those in a printed kubeconfig.
pub(crate) fn describe_certificate(
    files: &dyn Files,
    run: SystemTime,
    pem: &[u8],
) -> Result<Value, String> {
    Tree { files, run }.describe("", pem)
}

/// A private key's description, without the certificate it pairs with.
pub(crate) fn describe_key(pem: &[u8]) -> Result<Value, String> {
    key_facts(pem).map(|(facts, _)| facts)
}

/// Equal but for the tolerances: `validitySeconds` within 10, `notBeforeSecondsBeforeRun` within 60.
pub(crate) fn compare(name: &str, expected: &Value, found: &Value) -> Vec<String> {
    let (Some(expected), Some(found)) = (expected.as_object(), found.as_object()) else {
        return vec![format!("{name}: {expected} is not {found}")];
    };
    let mut fields: Vec<_> = expected.keys().chain(found.keys()).collect();
    fields.sort();
    fields.dedup();
    let differ = |field: &&String| {
        let (a, b) = (expected.get(*field), found.get(*field));
        let tolerance = match field.as_str() {
            "validitySeconds" => 10,
            "notBeforeSecondsBeforeRun" => 60,
            _ => 0,
        };
        match (a.and_then(Value::as_i64), b.and_then(Value::as_i64)) {
            (Some(a), Some(b)) => (a - b).abs() > tolerance,
            _ => a != b,
        }
    };
    let show = |map: &Map<String, Value>, field: &str| {
        map.get(field)
            .map_or("nothing".to_owned(), Value::to_string)
    };
    fields
        .into_iter()
        .filter(differ)
        .map(|field| {
            format!(
                "{name}: {field} is {}, expected {}",
                show(found, field),
                show(expected, field)
            )
        })
        .collect()
}

struct Tree<'a> {
    files: &'a dyn Files,
    run: SystemTime,
}

impl Tree<'_> {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        self.files.read(path).map_err(|e| e.to_string())
    }

    /// `PATH`, or `PATH#FIELD` for a field of the user in a kubeconfig.
    fn pem(&self, name: &str) -> Result<Vec<u8>, String> {
        let Some((path, field)) = name.split_once('#') else {
            return self.read(name);
        };
        let text = String::from_utf8(self.read(path)?).map_err(|e| e.to_string())?;
        let config: Value = componentconfig::yaml::read(&text).map_err(|e| e.to_string())?;
        let encoded = config["users"][0]["user"][field]
            .as_str()
            .ok_or("no such field")?;
        base64::engine::general_purpose::STANDARD
            .decode(encoded)
            .map_err(|e| e.to_string())
    }

    fn certificate(&self, name: &str) -> Result<Value, String> {
        self.describe(name, &self.pem(name)?)
    }

    fn describe(&self, name: &str, pem: &[u8]) -> Result<Value, String> {
        let blocks = pem::parse_many(pem).map_err(|e| e.to_string())?;
        let first = blocks.first().ok_or("no PEM block")?;
        if first.tag() == "CERTIFICATE REQUEST" {
            return request(first.contents());
        }
        let mut facts = self.certificate_facts(first.contents(), name)?;
        if name.ends_with(".crt") {
            facts.insert("pemBlocks".to_owned(), json!(blocks.len()));
        }
        Ok(Value::Object(facts))
    }

    fn certificate_facts(&self, der: &[u8], name: &str) -> Result<Map<String, Value>, String> {
        let certificate = x509_cert::Certificate::from_der(der).map_err(|e| e.to_string())?;
        let tbs = certificate.tbs_certificate();
        let seconds = |time: &x509_cert::time::Time| {
            i64::try_from(time.to_unix_duration().as_secs()).unwrap()
        };
        let (from, to) = (
            seconds(&tbs.validity().not_before),
            seconds(&tbs.validity().not_after),
        );
        let run = i64::try_from(self.run.duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap();
        let before = run - from;
        let serial = tbs.serial_number().as_bytes();
        let extensions = tbs.extensions().map(Vec::as_slice).unwrap_or_default();
        let has = |id: &str| {
            extensions
                .iter()
                .any(|e| e.extn_id == ObjectIdentifier::new_unwrap(id))
        };
        let self_signed = tbs.issuer() == tbs.subject();
        let facts = json!({
            "version": tbs.version() as u8 + 1,
            "subject": name_facts(tbs.subject()),
            "issuer": name_facts(tbs.issuer()),
            "publicKey": public_key(tbs.subject_public_key_info())?,
            "signatureAlgorithm": signature_algorithm(certificate.signature_algorithm().oid),
            "validitySeconds": to - from,
            "notBeforeSecondsBeforeRun": (before <= 360).then_some(before),
            "basicConstraints": find::<BasicConstraints>(extensions, "2.5.29.19")?.map(|(critical, value)| json!({
                "critical": critical, "ca": value.ca, "pathLength": value.path_len_constraint,
            })),
            "keyUsage": find::<KeyUsage>(extensions, "2.5.29.15")?
                .map(|(critical, value)| json!({ "critical": critical, "usages": key_usages(value) })),
            "extKeyUsage": find::<ExtendedKeyUsage>(extensions, "2.5.29.37")?
                .map(|(critical, value)| json!({ "critical": critical, "usages": usages(&value) })),
            "subjectKeyId": has("2.5.29.14"),
            "authorityKeyId": has("2.5.29.35"),
            "serialBitsAtMost63": serial.len() < 8 || (serial.len() == 8 && serial[0] < 0x80),
            "signedBy": if self_signed { Value::Null } else { json!(self.signer(der, name)) },
        });
        let Value::Object(mut facts) = facts else {
            unreachable!()
        };
        facts.extend(alternative_names(extensions)?);
        if self_signed {
            facts.insert("selfSigned".to_owned(), json!(true));
        }
        Ok(facts)
    }

    /// The file of the authority whose key made the signature.
    fn signer(&self, der: &[u8], name: &str) -> Option<String> {
        let certificate = pki::Certificate::from_der(der).ok()?;
        let mut paths = Vec::new();
        self.walk("", &mut paths);
        paths
            .into_iter()
            .filter(|path| path.ends_with(".crt") && path != name)
            .find(|path| {
                let authority = self
                    .read(path)
                    .ok()
                    .and_then(|text| pki::Certificate::from_pem(&text).ok());
                authority.is_some_and(|authority| certificate.verify_signature(&authority).is_ok())
            })
    }

    fn walk(&self, folder: &str, out: &mut Vec<String>) {
        for name in self
            .files
            .list(if folder.is_empty() { "/" } else { folder })
            .unwrap_or_default()
        {
            let path = format!("{folder}/{name}");
            match self
                .files
                .link_stat(&path)
                .ok()
                .flatten()
                .map(|stat| stat.kind)
            {
                Some(FileKind::Directory) => self.walk(&path, out),
                Some(FileKind::File) => out.push(path),
                _ => {}
            }
        }
    }

    fn key(&self, name: &str) -> Result<Value, String> {
        let (mut facts, public) = key_facts(&self.pem(name)?)?;
        if !name.contains('#') {
            let blocks = pem::parse_many(self.read(name)?).map_err(|e| e.to_string())?;
            facts["pemBlocks"] = json!(blocks.len());
        }
        if let Some(base) = name.strip_suffix(".key") {
            let pair = [".crt", ".csr", ".pub"].map(|end| format!("{base}{end}"));
            let pair = pair
                .into_iter()
                .find(|path| self.public_half(path).as_ref() == Some(&public));
            if let Some(pair) = pair {
                facts["pairsWith"] = json!(pair);
            }
        }
        Ok(facts)
    }

    fn public_half(&self, path: &str) -> Option<PublicKey> {
        let text = self.read(path).ok()?;
        let block = pem::parse(&text).ok()?;
        match block.tag() {
            "CERTIFICATE" => Some(
                pki::Certificate::from_der(block.contents())
                    .ok()?
                    .public_key()
                    .clone(),
            ),
            "CERTIFICATE REQUEST" => {
                let request = CertReq::from_der(block.contents()).ok()?;
                PublicKey::from_der(&request.info.public_key.to_der().ok()?).ok()
            }
            _ => PublicKey::from_pem(&text).ok(),
        }
    }
}

fn key_facts(pem: &[u8]) -> Result<(Value, PublicKey), String> {
    let block = pem::parse(pem).map_err(|e| e.to_string())?;
    let public = if block.tag() == "PUBLIC KEY" {
        PublicKey::from_pem(pem)
    } else {
        PrivateKey::from_pem(pem).map(|key| key.public_key().clone())
    };
    let public = public.map_err(|e| e.to_string())?;
    let info = SubjectPublicKeyInfoOwned::from_der(public.as_der()).map_err(|e| e.to_string())?;
    let mut facts = public_key(&info)?;
    facts["pem"] = json!(block.tag());
    Ok((facts, public))
}

fn request(der: &[u8]) -> Result<Value, String> {
    let request = CertReq::from_der(der).map_err(|e| e.to_string())?;
    let mut extensions = Vec::new();
    for attribute in request.info.attributes.iter() {
        for value in attribute.values.iter() {
            let asked =
                ExtensionReq::from_der(&value.to_der().unwrap()).map_err(|e| e.to_string())?;
            extensions.extend(asked.0);
        }
    }
    let names: Vec<_> = extensions
        .iter()
        .map(|e| {
            if e.extn_id == ObjectIdentifier::new_unwrap("2.5.29.17") {
                "subjectAltName".to_owned()
            } else {
                e.extn_id.to_string()
            }
        })
        .collect();
    let facts = json!({
        "subject": name_facts(&request.info.subject),
        "publicKey": public_key(&request.info.public_key)?,
        "signatureAlgorithm": signature_algorithm(request.algorithm.oid),
        "signatureValid": pki::CertificateRequest::from_der(der).is_ok_and(|request| request.verify()),
        "extensions": names,
        "request": true,
    });
    let Value::Object(mut facts) = facts else {
        unreachable!()
    };
    facts.extend(alternative_names(&extensions)?);
    Ok(Value::Object(facts))
}

/// `CN` as text, everything else as a list.
fn name_facts(name: &Name) -> Value {
    let mut facts = Map::new();
    for attribute in name.iter() {
        let value = String::from_utf8(attribute.value.value().to_vec()).unwrap();
        match attribute.oid.to_string().as_str() {
            "2.5.4.3" => {
                facts.insert("CN".to_owned(), json!(value));
            }
            "2.5.4.10" => match facts.entry("O").or_insert_with(|| json!([])) {
                Value::Array(values) => values.push(json!(value)),
                _ => unreachable!(),
            },
            other => {
                facts.insert(other.to_owned(), json!(value));
            }
        }
    }
    Value::Object(facts)
}

fn public_key(info: &SubjectPublicKeyInfoOwned) -> Result<Value, String> {
    let bits = info.subject_public_key.raw_bytes();
    match info.algorithm.oid.to_string().as_str() {
        "1.2.840.113549.1.1.1" => {
            let numbers = Vec::<der::asn1::Uint>::from_der(bits).map_err(|e| e.to_string())?;
            let exponent = numbers[1]
                .as_bytes()
                .iter()
                .fold(0_u64, |n, byte| n << 8 | u64::from(*byte));
            Ok(
                json!({ "type": "RSA", "bits": numbers[0].as_bytes().len() * 8, "exponent": exponent }),
            )
        }
        "1.2.840.10045.2.1" => {
            let curve: ObjectIdentifier = info
                .algorithm
                .parameters
                .as_ref()
                .ok_or("no curve")?
                .decode_as()
                .map_err(|e: der::Error| e.to_string())?;
            let curve = match curve.to_string().as_str() {
                "1.2.840.10045.3.1.7" => "P-256".to_owned(),
                "1.3.132.0.34" => "P-384".to_owned(),
                other => other.to_owned(),
            };
            Ok(json!({ "type": "ECDSA", "curve": curve }))
        }
        other => Ok(json!({ "type": other })),
    }
}

fn signature_algorithm(id: ObjectIdentifier) -> String {
    match id.to_string().as_str() {
        "1.2.840.113549.1.1.11" => "sha256WithRSAEncryption".to_owned(),
        "1.2.840.10045.4.3.2" => "ecdsa-with-SHA256".to_owned(),
        "1.2.840.10045.4.3.3" => "ecdsa-with-SHA384".to_owned(),
        other => other.to_owned(),
    }
}

fn find<T>(extensions: &[Extension], id: &str) -> Result<Option<(bool, T)>, String>
where
    T: for<'a> der::Decode<'a, Error = der::Error>,
{
    let id = ObjectIdentifier::new_unwrap(id);
    let Some(extension) = extensions.iter().find(|extension| extension.extn_id == id) else {
        return Ok(None);
    };
    let value = T::from_der(extension.extn_value.as_bytes()).map_err(|e| e.to_string())?;
    Ok(Some((extension.critical, value)))
}

fn key_usages(usage: KeyUsage) -> Vec<&'static str> {
    let all = [
        ("digitalSignature", usage.digital_signature()),
        ("contentCommitment", usage.non_repudiation()),
        ("keyEncipherment", usage.key_encipherment()),
        ("dataEncipherment", usage.data_encipherment()),
        ("keyAgreement", usage.key_agreement()),
        ("keyCertSign", usage.key_cert_sign()),
        ("cRLSign", usage.crl_sign()),
    ];
    all.into_iter()
        .filter(|(_, set)| *set)
        .map(|(name, _)| name)
        .collect()
}

fn usages(usage: &ExtendedKeyUsage) -> Vec<String> {
    let name = |id: &ObjectIdentifier| match id.to_string().as_str() {
        "1.3.6.1.5.5.7.3.1" => "serverAuth".to_owned(),
        "1.3.6.1.5.5.7.3.2" => "clientAuth".to_owned(),
        other => other.to_owned(),
    };
    usage.0.iter().map(name).collect()
}

fn alternative_names(extensions: &[Extension]) -> Result<Map<String, Value>, String> {
    let mut out = Map::new();
    let Some((_, names)) = find::<SubjectAltName>(extensions, "2.5.29.17")? else {
        return Ok(out);
    };
    let (mut dns, mut ips) = (Vec::new(), Vec::new());
    for name in names.0 {
        match name {
            GeneralName::DnsName(name) => dns.push(name.to_string()),
            GeneralName::IpAddress(bytes) => ips.push(match bytes.as_bytes() {
                [a, b, c, d] => std::net::Ipv4Addr::new(*a, *b, *c, *d).to_string(),
                bytes => std::net::Ipv6Addr::from(
                    <[u8; 16]>::try_from(bytes).map_err(|e| e.to_string())?,
                )
                .to_string(),
            }),
            other => return Err(format!("unexpected name {other:?}")),
        }
    }
    out.insert("dnsNames".to_owned(), json!(dns));
    out.insert("ipAddresses".to_owned(), json!(ips));
    Ok(out)
}
