//! Certificates checked by others: the openssl program and rustls-webpki.
#![cfg(feature = "kubeadm")]
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "helpers of tests, beside the tests"
)]

use std::collections::HashMap;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bootstrap_phases::kubeadm::{InitContext, phases};
use bootstrap_phases::{ManualClock, MemFiles, Runner, Workflow};
use componentconfig::kubeadm::v1beta4::{ClusterConfiguration, InitConfiguration, LocalEtcd};
use componentconfig::kubelet::v1beta1::KubeletConfiguration;
use proptest::prelude::*;

use bootstrap_phases::kubeadm::pki::{
    Algorithm, AltNames, Authority, CertSpec, Certificate, CertificateRequest, Curve, FixedKeys,
    KeyKind, KeyPool, KeySource, PkiError, PrivateKey, PublicKey, SystemKeys, Usage, Validity,
};

#[path = "support/certificates.rs"]
mod certificates;

const NOW: u64 = 1_790_000_000;

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(NOW)
}

fn year() -> Validity {
    Validity::starting(now(), Duration::from_secs(365 * 86_400))
}

/// Two keys of each algorithm, made once for all tests.
fn keys(algorithm: Algorithm) -> &'static [PrivateKey; 2] {
    static KEYS: OnceLock<HashMap<Algorithm, [PrivateKey; 2]>> = OnceLock::new();
    let all = KEYS.get_or_init(|| {
        let pools = Algorithm::ALL.map(|a| (a, KeyPool::start(Arc::new(SystemKeys), a, 2, 2)));
        pools
            .into_iter()
            .map(|(a, pool)| (a, [(); 2].map(|()| pool.generate(a).unwrap())))
            .collect()
    });
    &all[&algorithm]
}

fn serving() -> CertSpec {
    let names = AltNames {
        dns: ["kubernetes", "cp-1", "*.example.com", "kubernetes"]
            .map(str::to_owned)
            .to_vec(),
        ips: ["10.96.0.1", "10.1.2.3", "fd00::1"]
            .map(|ip| ip.parse().unwrap())
            .to_vec(),
    };
    CertSpec::leaf("kube-apiserver", &[Usage::ServerAuth], year()).names(names)
}

fn client() -> CertSpec {
    CertSpec::leaf("kubernetes-admin", &[Usage::ClientAuth], year()).organizations(&["ops", "dev"])
}

fn authority(algorithm: Algorithm) -> Authority {
    let key = keys(algorithm)[0].clone();
    Authority::self_signed(&CertSpec::authority("kubernetes", year()), key, &SystemKeys).unwrap()
}

/// Runs openssl, which has to succeed; nothing if there is no such program.
fn openssl(folder: &Path, arguments: &str) -> Option<String> {
    let run = Command::new("openssl")
        .args(arguments.split(' '))
        .current_dir(folder)
        .output();
    let Ok(output) = run else {
        eprintln!(
            "SKIPPED: the openssl program is missing, so nobody checked: openssl {arguments}"
        );
        return None;
    };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(
        output.status.success(),
        "openssl {arguments}: {}{}",
        text(&output.stdout),
        text(&output.stderr)
    );
    Some(text(&output.stdout))
}

#[test]
fn openssl_accepts_every_algorithm() {
    for algorithm in Algorithm::ALL {
        let folder = tempfile::tempdir().unwrap();
        let write =
            |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        let ca = authority(algorithm);
        let key = &keys(algorithm)[1];
        write("ca.crt", &ca.certificate().to_pem());
        write("leaf.key", &key.to_pem().unwrap());
        write(
            "server.crt",
            &ca.issue(&serving(), key.public_key(), &SystemKeys)
                .unwrap()
                .to_pem(),
        );
        write(
            "client.crt",
            &ca.issue(&client(), key.public_key(), &SystemKeys)
                .unwrap()
                .to_pem(),
        );

        let verify = format!("verify -attime {NOW} -x509_strict -CAfile ca.crt");
        openssl(
            folder.path(),
            &format!("{verify} -purpose sslserver -verify_hostname a.example.com server.crt"),
        );
        openssl(
            folder.path(),
            &format!("{verify} -purpose sslserver -verify_ip fd00::1 server.crt"),
        );
        openssl(
            folder.path(),
            &format!("{verify} -purpose sslclient client.crt"),
        );
        openssl(folder.path(), "pkey -in leaf.key -check -noout");
        if let Some(public) = openssl(folder.path(), "pkey -in leaf.key -pubout") {
            assert_eq!(public, key.public_key().to_pem());
        }
        if let Some(public) = openssl(folder.path(), "x509 -in server.crt -noout -pubkey") {
            assert_eq!(public, key.public_key().to_pem());
        }
    }
}

/// What openssl shows of an authority and a leaf, against what kubeadm's have.
#[test]
fn openssl_reads_the_structure_of_kubeadms() {
    let folder = tempfile::tempdir().unwrap();
    let ca = authority(Algorithm::EcdsaP256);
    let leaf = ca
        .issue(
            &serving(),
            keys(Algorithm::Rsa2048)[1].public_key(),
            &SystemKeys,
        )
        .unwrap();
    std::fs::write(folder.path().join("ca.crt"), ca.certificate().to_pem()).unwrap();
    std::fs::write(folder.path().join("leaf.crt"), leaf.to_pem()).unwrap();
    let extensions = "-noout -ext keyUsage,extendedKeyUsage,basicConstraints,subjectKeyIdentifier,authorityKeyIdentifier,subjectAltName";
    let hex = |bytes: &[u8]| {
        bytes
            .iter()
            .map(|b| format!("{b:02X}"))
            .collect::<Vec<_>>()
            .join(":")
    };
    let lines = |text: String| {
        text.lines()
            .map(|l| l.trim().to_owned())
            .collect::<Vec<_>>()
    };
    let id = hex(ca.certificate().subject_key_id().unwrap());

    if let Some(text) = openssl(folder.path(), &format!("x509 -in ca.crt {extensions}")) {
        let expected = [
            "X509v3 Key Usage: critical",
            "Digital Signature, Key Encipherment, Certificate Sign",
            "X509v3 Basic Constraints: critical",
            "CA:TRUE",
            "X509v3 Subject Key Identifier:",
            &id,
            "X509v3 Subject Alternative Name:",
            "DNS:kubernetes",
        ];
        assert_eq!(lines(text), expected);
    }
    if let Some(text) = openssl(folder.path(), &format!("x509 -in leaf.crt {extensions}")) {
        let expected = [
            "X509v3 Key Usage: critical",
            "Digital Signature, Key Encipherment",
            "X509v3 Extended Key Usage:",
            "TLS Web Server Authentication",
            "X509v3 Basic Constraints: critical",
            "CA:FALSE",
            "X509v3 Authority Key Identifier:",
            &id,
            "X509v3 Subject Alternative Name:",
            "DNS:*.example.com, DNS:cp-1, DNS:kubernetes, IP Address:10.96.0.1, IP Address:10.1.2.3, IP Address:FD00:0:0:0:0:0:0:1",
        ];
        assert_eq!(lines(text), expected);
    }
}

#[test]
fn webpki_accepts_every_pair_of_algorithms() {
    for issuer in Algorithm::ALL {
        let ca = authority(issuer);
        let root = ca.certificate().as_der().into();
        let anchor = webpki::anchor_from_trusted_cert(&root).unwrap();
        for algorithm in Algorithm::ALL {
            let key = keys(algorithm)[1].public_key();
            for (spec, usage) in [
                (serving(), webpki::KeyUsage::server_auth()),
                (client(), webpki::KeyUsage::client_auth()),
            ] {
                let leaf = ca.issue(&spec, key, &SystemKeys).unwrap();
                let der = leaf.as_der().into();
                let time = rustls_pki_types::UnixTime::since_unix_epoch(Duration::from_secs(NOW));
                let entity = webpki::EndEntityCert::try_from(&der).unwrap();
                entity
                    .verify_for_usage(
                        webpki::ALL_VERIFICATION_ALGS,
                        std::slice::from_ref(&anchor),
                        &[],
                        time,
                        usage,
                        None,
                        None,
                    )
                    .unwrap_or_else(|e| panic!("{issuer} signs {algorithm}: {e}"));
                leaf.verify(&[], ca.certificate(), now()).unwrap();
            }
        }
    }
}

#[test]
fn an_issuer_is_named_byte_by_byte() {
    let ca = Authority::new(
        Certificate::from_pem(include_bytes!("data/ca-odd-names.crt")).unwrap(),
        PrivateKey::from_pem(include_bytes!("data/ca-odd-names.key")).unwrap(),
    )
    .unwrap();
    let leaf = ca
        .issue(
            &client(),
            keys(Algorithm::EcdsaP384)[0].public_key(),
            &SystemKeys,
        )
        .unwrap();
    let when = ca.certificate().validity().not_before() + Duration::from_secs(86_400);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("ca.crt"), ca.certificate().to_pem()).unwrap();
    let leaf = Certificate::from_pem(leaf.to_pem().as_bytes()).unwrap();
    std::fs::write(folder.path().join("leaf.crt"), leaf.to_pem()).unwrap();
    let valid = leaf
        .validity()
        .not_before()
        .max(ca.certificate().validity().not_before())
        .max(when);
    let seconds = valid.duration_since(UNIX_EPOCH).unwrap().as_secs();
    openssl(
        folder.path(),
        &format!("verify -attime {seconds} -x509_strict -CAfile ca.crt leaf.crt"),
    );
    leaf.verify(&[], ca.certificate(), valid).unwrap();
    for part in [
        "First Org",
        "Second Org",
        "Platform",
        "Clusters",
        "ca@example.com",
        "Our CA & more",
    ] {
        assert!(
            leaf.issuer().contains(part),
            "{part} is missing in {}",
            leaf.issuer()
        );
    }
}

#[test]
fn keys_in_any_format_are_the_same_key() {
    for algorithm in Algorithm::ALL {
        let key = &keys(algorithm)[0];
        let text = key.to_pem().unwrap();
        let first = if matches!(key.kind(), KeyKind::Rsa { .. }) {
            "RSA PRIVATE KEY"
        } else {
            "EC PRIVATE KEY"
        };
        assert!(text.starts_with(&format!("-----BEGIN {first}-----\n")));
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("key"), text.as_bytes()).unwrap();
        let mut texts = vec![
            text.to_string(),
            format!("bag attributes: none\r\n{}", text.replace('\n', "\r\n")),
        ];
        texts.extend(openssl(folder.path(), "pkcs8 -topk8 -nocrypt -in key"));
        if matches!(key.kind(), KeyKind::Ecdsa(_)) {
            texts.extend(openssl(folder.path(), "ec -in key -no_public"));
            texts.extend(openssl(folder.path(), "ec -in key -param_enc named_curve"));
        }
        for text in texts {
            let read = PrivateKey::from_pem(text.as_bytes()).unwrap();
            assert_eq!(read.public_key(), key.public_key());
            assert_eq!(read.kind(), algorithm.kind());
            assert_eq!(read.to_pem().unwrap(), key.to_pem().unwrap());
        }
        let public = PublicKey::from_pem(key.public_key().to_pem().as_bytes()).unwrap();
        assert_eq!(&public, key.public_key());
        assert_eq!(public.kind(), Some(algorithm.kind()));
    }
}

/// openssl writes what a user may have brought; a key we cannot sign with is refused with the reason.
#[test]
fn keys_of_users() {
    let folder = tempfile::tempdir().unwrap();
    let read = |arguments: &str| {
        openssl(folder.path(), arguments).map(|text| PrivateKey::from_pem(text.as_bytes()))
    };
    if let Some(key) = read("ecparam -name secp521r1 -genkey") {
        assert_eq!(key.unwrap().kind(), KeyKind::Ecdsa(Curve::P521));
    }
    if let Some(key) = read("genpkey -algorithm ed25519") {
        let error = key.unwrap_err().to_string();
        assert!(
            error.ends_with("algorithm 1.3.101.112 is neither RSA nor ECDSA"),
            "{error}"
        );
    }
    if let Some(key) = read("ecparam -name secp256k1 -genkey") {
        assert!(
            matches!(key, Err(PkiError::UnsupportedKey { .. })),
            "{key:?}"
        );
    }
    for arguments in [
        "genpkey -algorithm rsa -aes-128-cbc -pass pass:x",
        "genrsa -traditional -aes128 -passout pass:x 2048",
    ] {
        if let Some(key) = read(arguments) {
            assert_eq!(key.unwrap_err(), PkiError::EncryptedKey);
        }
    }
    assert_eq!(
        PrivateKey::from_pem(b"junk\n").unwrap_err(),
        PkiError::NoPrivateKey
    );
}

/// openssl computes the pin that kubeadm's documentation tells users to compute.
#[test]
fn the_pin_is_the_documented_one() {
    let folder = tempfile::tempdir().unwrap();
    let ca = authority(Algorithm::Rsa2048);
    std::fs::write(
        folder.path().join("spki"),
        ca.certificate().public_key().as_der(),
    )
    .unwrap();
    if let Some(text) = openssl(folder.path(), "dgst -sha256 -hex spki") {
        let digest = text.trim().rsplit(' ').next().unwrap();
        assert_eq!(
            ca.certificate().public_key().pin(),
            format!("sha256:{digest}")
        );
    }
}

#[test]
fn serial_numbers_are_positive_and_fit_63_bits() {
    let ca = authority(Algorithm::EcdsaP256);
    let key = keys(Algorithm::EcdsaP256)[1].public_key();
    let source = FixedKeys::seeded("serials");
    let mut seen = std::collections::HashSet::new();
    for _ in 0..200 {
        let serial = ca.issue(&client(), key, &source).unwrap().serial().to_vec();
        assert!(
            serial.len() <= 8 && serial[0] != 0 && serial[0] < 0x80,
            "{serial:?}"
        );
        assert!(seen.insert(serial));
    }
}

#[test]
fn no_secret_in_debug() {
    let key = &keys(Algorithm::EcdsaP256)[0];
    let body = key.to_pem().unwrap().lines().nth(1).unwrap().to_owned();
    let ca = authority(Algorithm::EcdsaP256);
    let source = FixedKeys::seeded("secret seed").with_keys([key.clone()]);
    let pool = KeyPool::start(Arc::new(SystemKeys), Algorithm::EcdsaP256, 1, 0);
    let shown = format!("{key:?} {ca:?} {source:?} {pool:?}");
    assert!(
        !shown.contains(&body) && !shown.contains("secret seed"),
        "{shown}"
    );
    assert!(
        shown.contains("PrivateKey(ECDSA-P256, redacted)"),
        "{shown}"
    );
}

#[test]
fn openssl_accepts_requests() {
    for algorithm in Algorithm::ALL {
        let folder = tempfile::tempdir().unwrap();
        let key = &keys(algorithm)[1];
        for spec in [serving(), client()] {
            let request = CertificateRequest::new(&spec, key).unwrap();
            assert!(request.verify());
            let read = CertificateRequest::from_pem(request.to_pem().as_bytes()).unwrap();
            assert_eq!((&read, read.public_key()), (&request, key.public_key()));
            std::fs::write(folder.path().join("csr"), request.to_pem()).unwrap();
            openssl(folder.path(), "req -in csr -noout -verify");
            if let Some(text) = openssl(folder.path(), "req -in csr -noout -text") {
                let names = "DNS:*.example.com, DNS:cp-1, DNS:kubernetes, IP Address:10.96.0.1";
                assert_eq!(text.contains(names), !spec.dns_names.is_empty(), "{text}");
            }
        }
    }
}

/// The two phases on files in memory, against what kubeadm made of the same configuration.
#[test]
fn a_control_plane_like_the_recorded_one() {
    for algorithm in [Algorithm::EcdsaP256, Algorithm::EcdsaP384] {
        let mut init = InitConfiguration::default();
        init.node_registration.name = "cp-1".to_owned();
        init.local_api_endpoint.advertise_address = "10.1.2.3".to_owned();
        init.local_api_endpoint.bind_port = 6443;
        let mut cluster = ClusterConfiguration {
            certificates_dir: "/etc/kubernetes/pki".to_owned(),
            cluster_name: "kubernetes".to_owned(),
            encryption_algorithm: algorithm.to_string(),
            ..ClusterConfiguration::default()
        };
        cluster.networking.service_subnet = "10.96.0.0/12".to_owned();
        cluster.networking.dns_domain = "cluster.local".to_owned();
        cluster.etcd.local = Some(LocalEtcd::default());
        let context = InitContext::new(init, cluster, KubeletConfiguration::default());

        let flow = Workflow::new("init")
            .phases([phases::certs(), phases::kubeconfig()])
            .build()
            .unwrap();
        let (files, clock) = (MemFiles::new(), ManualClock::new(now()));
        let runner = Runner::new(&flow, &files).clock(&clock);
        let report = runner.run(&context).unwrap();
        assert_eq!(
            report
                .phases
                .iter()
                .filter(|phase| phase.changes > 0)
                .count(),
            16
        );
        let again = runner.run(&context).unwrap();
        assert!(again.phases.iter().all(|phase| phase.changes == 0));

        let case = format!(
            "tests/conformance/cases/files-algorithm-{}/expected",
            algorithm.as_str().to_lowercase()
        );
        let expected = |name: &str| {
            let text =
                std::fs::read_to_string(format!("{}/{case}/{name}", env!("CARGO_MANIFEST_DIR")))
                    .unwrap();
            serde_json::from_str(&text).unwrap()
        };
        let different = certificates::differences(
            &files,
            now(),
            &expected("certificates.json"),
            &expected("keys.json"),
        );
        assert!(
            different.is_empty(),
            "{algorithm}: {}",
            different.join("\n")
        );
    }
}

/// Names, texts, order and flags, against kubeadm's own tree.
#[test]
fn the_phases_are_declared_as_kubeadm_declares_them() {
    let flow = Workflow::new("init")
        .phases([phases::certs(), phases::kubeconfig()])
        .build()
        .unwrap();
    let declared = serde_json::to_value(flow.tree()).unwrap();
    let path = format!(
        "{}/tests/conformance/cases/tree-init/expected/tree.json",
        env!("CARGO_MANIFEST_DIR")
    );
    let recorded: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let recorded = recorded["phases"].as_array().unwrap();
    for ours in declared["phases"].as_array().unwrap() {
        let theirs = recorded
            .iter()
            .find(|phase| phase["name"] == ours["name"])
            .unwrap();
        let difference = conformance_runner::first_difference(&without_edges(ours), theirs);
        assert_eq!(difference, None, "{}", ours["name"]);
    }
}

/// kubeadm does not declare what phases need and make.
fn without_edges(phase: &serde_json::Value) -> serde_json::Value {
    let mut phase = phase.clone();
    let fields = phase.as_object_mut().unwrap();
    fields.remove("inputs");
    fields.remove("outputs");
    if let Some(children) = fields.get_mut("phases") {
        *children = children
            .as_array()
            .unwrap()
            .iter()
            .map(without_edges)
            .collect();
    }
    phase
}

fn specs() -> impl Strategy<Value = CertSpec> {
    let usages = prop_oneof![
        Just(vec![Usage::ServerAuth]),
        Just(vec![Usage::ClientAuth]),
        Just(vec![Usage::ServerAuth, Usage::ClientAuth]),
    ];
    // Up to the year 9999, the last that X.509 can write.
    let times = (0..253_402_300_799_u64, 0..253_402_300_799_u64);
    let subject = (".{1,40}", prop::collection::vec(".{0,20}", 0..4));
    let names = (
        prop::collection::vec("[ -~]{1,30}", 0..5),
        prop::collection::vec(any::<std::net::IpAddr>(), 0..5),
    );
    (subject, names, usages, times, any::<bool>()).prop_map(
        |(subject, names, usages, times, ca)| CertSpec {
            common_name: subject.0,
            organizations: subject.1,
            usages,
            dns_names: names.0,
            ip_addresses: names.1,
            validity: Validity::between(
                UNIX_EPOCH + Duration::from_secs(times.0),
                UNIX_EPOCH + Duration::from_secs(times.1),
            ),
            ca,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// What is described, issued and read again is the description; by any authority, in any format.
    #[test]
    fn a_certificate_says_what_its_description_says(spec in specs(), seed in any::<u64>()) {
        let source = FixedKeys::seeded(seed.to_be_bytes());
        let ca_key = source.generate(Algorithm::EcdsaP256).unwrap();
        let ca = Authority::self_signed(&CertSpec::authority("ca", year()), ca_key, &source).unwrap();
        let key = source.generate(Algorithm::EcdsaP256).unwrap();
        let issued = ca.issue(&spec, key.public_key(), &source).unwrap();
        let read = Certificate::from_pem(issued.to_pem().as_bytes()).unwrap();
        prop_assert_eq!(&read, &issued);
        prop_assert_eq!(read.verify_signature(ca.certificate()), Ok(()));
        prop_assert_eq!(read.public_key(), key.public_key());

        let mut expected = spec.clone().normalized();
        let mut again = read.spec(spec.validity);
        // In a certificate organizations are a set.
        for spec in [&mut expected, &mut again] {
            spec.organizations.sort();
            spec.organizations.dedup();
        }
        prop_assert_eq!(again, expected);
        prop_assert_eq!(read.validity(), spec.validity);
    }

    /// A request carries the names of its description, and only its own key signs it.
    #[test]
    fn a_request_is_signed_by_its_own_key(spec in specs(), seed in any::<u64>()) {
        let source = FixedKeys::seeded(seed.to_be_bytes());
        let key = source.generate(Algorithm::EcdsaP384).unwrap();
        let request = CertificateRequest::new(&spec, &key).unwrap();
        let read = CertificateRequest::from_pem(request.to_pem().as_bytes()).unwrap();
        prop_assert!(read.verify());
        prop_assert_eq!(read.public_key(), key.public_key());
    }

    /// A signature with bits after its end is none, whatever these are.
    #[test]
    fn a_padded_signature_does_not_fit(seed in any::<u64>()) {
        let source = FixedKeys::seeded(seed.to_be_bytes());
        let ca_key = source.generate(Algorithm::EcdsaP256).unwrap();
        let ca = Authority::self_signed(&CertSpec::authority("ca", year()), ca_key, &source).unwrap();
        let mut der = ca.certificate().as_der().to_vec();
        let signature = der.windows(2).rposition(|pair| pair[0] == 0 && pair[1] == 0x30).unwrap();
        // The last bit may be one that is not used only where it is 0.
        prop_assume!(der.last().unwrap().is_multiple_of(2));
        der[signature] = 1;
        let padded = Certificate::from_der(&der).unwrap();
        prop_assert!(padded.verify_signature(ca.certificate()).is_err());
    }

    /// Damage is an error, and neither a panic nor accepted as signed by the authority.
    #[test]
    fn a_damaged_certificate_is_not_accepted(at in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let source = FixedKeys::seeded("damage");
        let ca_key = source.generate(Algorithm::EcdsaP256).unwrap();
        let ca = Authority::self_signed(&CertSpec::authority("ca", year()), ca_key, &source).unwrap();
        let key = source.generate(Algorithm::EcdsaP256).unwrap();
        let mut der = ca.issue(&serving(), key.public_key(), &source).unwrap().as_der().to_vec();
        let at = at.index(der.len());
        der[at] ^= 1 << bit;
        if let Ok(damaged) = Certificate::from_der(&der) {
            prop_assert!(damaged.verify(&[], ca.certificate(), now()).is_err());
        }
    }
}
