use super::certs;
use crate::kubeadm::phases::testing::{World, days, now, pki};
use crate::kubeadm::pki::{Authority, CertSpec, Certificate, PrivateKey, Usage};
use crate::{Compat, ErrorClass, PhaseError};

const BOTH: [Compat; 2] = [Compat::Fixed, Compat::Upstream];

fn ca() -> CertSpec {
    CertSpec::authority("kubernetes", days(-1, 3650))
}

/// What the API server's certificate of the test's world should say.
fn api_server() -> CertSpec {
    let names = [
        "cp-1",
        "kubernetes",
        "kubernetes.default",
        "kubernetes.default.svc",
        "kubernetes.default.svc.cluster.local",
    ];
    CertSpec {
        dns_names: names.map(str::to_owned).to_vec(),
        ip_addresses: ["10.96.0.1", "10.1.2.3"]
            .map(|ip| ip.parse().unwrap())
            .to_vec(),
        ..CertSpec::leaf("kube-apiserver", &[Usage::ServerAuth], days(-1, 365))
    }
}

/// Puts an API server's certificate from this authority in place.
fn put_api_server(world: &World, authority: &Authority, spec: &CertSpec) -> PrivateKey {
    let key = world.key();
    let certificate = authority
        .issue(spec, key.public_key(), world.context.keys.as_ref())
        .unwrap();
    world.put_pair("apiserver", &certificate.to_pem(), &key);
    key
}

#[track_caller]
fn refused(result: Result<crate::Plan, PhaseError>, code: &str, parts: &[&str]) {
    let error = result.unwrap_err();
    assert_eq!(error.code, format!("pki.existing-file.{code}"), "{error}");
    assert_eq!(error.class, ErrorClass::Conflict);
    for part in parts {
        assert!(
            error.message.contains(part),
            "{part:?} is missing in {error}"
        );
    }
}

#[test]
fn everything_is_made_with_its_mode_and_kept_then() {
    for compat in BOTH {
        let world = World::new(compat);
        world.run_all(&certs());
        let mut found: Vec<_> = world
            .files
            .paths()
            .into_iter()
            .filter(|(_, stat)| stat.is_file())
            .map(|(path, stat)| (path, stat.mode))
            .collect();
        let mut expected = vec![(pki("sa.key"), 0o600), (pki("sa.pub"), 0o600)];
        for certificate in crate::kubeadm::pki::CERTIFICATES {
            expected.push((pki(&format!("{}.crt", certificate.base_name)), 0o644));
            expected.push((pki(&format!("{}.key", certificate.base_name)), 0o600));
        }
        found.sort();
        expected.sort();
        assert_eq!(found, expected);
    }
}

#[test]
fn the_key_comes_before_the_certificate_and_shows_nowhere() {
    let world = World::new(Compat::Fixed);
    let plan = world.run(&certs(), "ca").unwrap();
    let written: Vec<_> = plan
        .changes
        .iter()
        .filter(|c| c.content().is_some())
        .collect();
    assert_eq!(
        written.iter().map(|c| c.path()).collect::<Vec<_>>(),
        [pki("ca.key"), pki("ca.crt")]
    );
    let shown = format!("{plan:?} {}", serde_json::to_string(&plan).unwrap());
    let key = String::from_utf8(world.read(&pki("ca.key"))).unwrap();
    for line in key.lines().filter(|line| !line.starts_with("--")) {
        assert!(!shown.contains(line));
    }
    assert!(!shown.contains("PRIVATE KEY"));
}

#[test]
fn external_etcd_makes_nothing_of_etcds() {
    let mut world = World::new(Compat::Fixed);
    world.context.cluster.etcd.external =
        Some(componentconfig::kubeadm::v1beta4::ExternalEtcd::default());
    world.context.cluster.etcd.local = None;
    world.run_all(&certs());
    assert!(
        !world
            .files
            .paths()
            .iter()
            .any(|(path, _)| path.contains("etcd"))
    );
}

#[test]
fn half_an_authority() {
    for compat in BOTH {
        let world = World::new(compat);
        world.put_authority("ca", &ca());
        world.remove("ca.crt");
        let parts = [
            &pki("ca.key"),
            "exists",
            &pki("ca.crt"),
            "restore the missing half",
        ];
        refused(world.run(&certs(), "ca"), "half-pair", &parts);
    }
}

#[test]
fn an_authority_without_key_is_kept_elsewhere() {
    for compat in BOTH {
        let world = World::new(compat);
        world.put_authority("ca", &ca());
        world.remove("ca.key");
        assert!(world.run(&certs(), "ca").unwrap().is_empty());
    }
}

#[test]
fn an_authority_that_is_none() {
    for compat in BOTH {
        let world = World::new(compat);
        world.put_authority(
            "ca",
            &CertSpec {
                ca: false,
                ..CertSpec::leaf("x", &[Usage::ServerAuth], days(-1, 1))
            },
        );
        let result = world.run(&certs(), "ca");
        match compat {
            Compat::Upstream => assert!(result.unwrap().is_empty()),
            Compat::Fixed => refused(result, "not-an-authority", &[&pki("ca.crt"), "CA:TRUE"]),
        }
        refused(
            world.run(&certs(), "apiserver"),
            "not-an-authority",
            &[&pki("ca.crt")],
        );
    }
}

#[test]
fn an_authority_at_the_wrong_time() {
    for (validity, code) in [(days(-10, -1), "expired"), (days(1, 10), "not-yet-valid")] {
        for compat in BOTH {
            let world = World::new(compat);
            world.put_authority("ca", &CertSpec::authority("kubernetes", validity));
            for phase in ["ca", "apiserver-kubelet-client"] {
                // Only planned: a leaf that kubeadm makes under such an authority is refused when it is looked at again.
                let result = world.plan(&certs(), phase);
                match compat {
                    Compat::Upstream => {
                        let plan = result.unwrap();
                        assert_eq!(plan.is_empty(), phase == "ca");
                        assert!(
                            plan.notes.iter().any(|note| note.code.ends_with(code)),
                            "{plan:?}"
                        );
                    }
                    Compat::Fixed => refused(result, code, &[&pki("ca.crt")]),
                }
            }
        }
    }
}

#[test]
fn an_authority_with_another_key() {
    for compat in BOTH {
        let world = World::new(compat);
        let authority = world.put_authority("ca", &ca());
        world.put_pair("ca", &authority.certificate().to_pem(), &world.key());
        let (ca, leaf) = (world.run(&certs(), "ca"), world.run(&certs(), "apiserver"));
        match compat {
            Compat::Upstream => {
                assert!(ca.unwrap().is_empty());
                assert_eq!(leaf.unwrap_err().code, "pki.signing");
            }
            Compat::Fixed => {
                refused(ca, "key-mismatch", &[&pki("ca.crt"), &pki("ca.key")]);
                refused(leaf, "key-mismatch", &[&pki("ca.crt")]);
            }
        }
    }
}

#[test]
fn files_that_are_none() {
    for name in ["ca.crt", "ca.key", "apiserver.crt", "apiserver.key"] {
        for compat in BOTH {
            let world = World::new(compat);
            world.run_all(&certs());
            world.put(&pki(name), b"junk\n", 0o600);
            let base = name.split('.').next().unwrap();
            let result = world.run(&certs(), base);
            // kubeadm looks at no key as long as it can read the certificate.
            if compat == Compat::Upstream && name.contains(".key") {
                assert!(result.unwrap().is_empty(), "{name}");
            } else {
                refused(result, "unreadable", &[&pki(name)]);
            }
        }
    }
}

#[test]
fn a_leaf_without_its_key() {
    for compat in BOTH {
        let world = World::new(compat);
        world.run_all(&certs());
        world.remove("apiserver.key");
        let result = world.run(&certs(), "apiserver");
        match compat {
            Compat::Upstream => assert!(result.unwrap().is_empty()),
            Compat::Fixed => refused(
                result,
                "half-pair",
                &[&pki("apiserver.crt"), &pki("apiserver.key")],
            ),
        }
    }
}

#[test]
fn a_leaf_without_its_certificate() {
    for (compat, code) in [(Compat::Fixed, "half-pair"), (Compat::Upstream, "missing")] {
        let world = World::new(compat);
        world.run_all(&certs());
        world.remove("apiserver.crt");
        refused(
            world.run(&certs(), "apiserver"),
            code,
            &[&pki("apiserver.crt")],
        );
    }
}

#[test]
fn a_lost_leaf_is_made_again() {
    for compat in BOTH {
        let world = World::new(compat);
        world.run_all(&certs());
        world.remove("apiserver.crt");
        world.remove("apiserver.key");
        assert_eq!(world.run(&certs(), "apiserver").unwrap().changes.len(), 2);
    }
}

#[test]
fn a_leaf_from_another_authority() {
    for compat in BOTH {
        let world = World::new(compat);
        let other = world.put_authority("ca", &ca());
        put_api_server(&world, &other, &api_server());
        world.put_authority("ca", &ca());
        let parts = [
            &pki("apiserver.crt"),
            &pki("ca.crt"),
            "not made with the key of CN=kubernetes",
        ];
        refused(world.run(&certs(), "apiserver"), "foreign", &parts);

        world.put_authority("ca", &CertSpec::authority("my-ca", days(-1, 10)));
        let parts = [
            "issued by CN=kubernetes, not by CN=my-ca",
            "have it signed by this authority",
        ];
        refused(world.run(&certs(), "apiserver"), "foreign", &parts);
    }
}

/// kubeadm verifies the chain at the current time, so that a leaf out of time is refused there too.
#[test]
fn a_leaf_at_the_wrong_time() {
    for (validity, code) in [(days(-10, -1), "expired"), (days(1, 10), "not-yet-valid")] {
        for (compat, code) in [(Compat::Fixed, code), (Compat::Upstream, "foreign")] {
            let world = World::new(compat);
            let authority = world.put_authority("ca", &ca());
            put_api_server(
                &world,
                &authority,
                &CertSpec {
                    validity,
                    ..api_server()
                },
            );
            refused(
                world.run(&certs(), "apiserver"),
                code,
                &[&pki("apiserver.crt")],
            );
        }
    }
}

#[test]
fn a_leaf_with_another_key() {
    for compat in BOTH {
        let world = World::new(compat);
        world.run_all(&certs());
        let certificate = String::from_utf8(world.read(&pki("apiserver.crt"))).unwrap();
        world.put_pair("apiserver", &certificate, &world.key());
        let result = world.run(&certs(), "apiserver");
        match compat {
            Compat::Upstream => assert!(result.unwrap().is_empty()),
            Compat::Fixed => refused(
                result,
                "key-mismatch",
                &[&pki("apiserver.crt"), &pki("apiserver.key")],
            ),
        }
    }
}

#[test]
fn a_leaf_that_lacks_names() {
    for compat in BOTH {
        let world = World::new(compat);
        let authority = world.put_authority("ca", &ca());
        let mut spec = api_server();
        spec.dns_names.retain(|name| name != "cp-1");
        spec.ip_addresses.clear();
        put_api_server(&world, &authority, &spec);
        let result = world.run(&certs(), "apiserver");
        match compat {
            Compat::Upstream => assert!(result.unwrap().is_empty()),
            Compat::Fixed => refused(result, "lacks-names", &["cp-1, 10.96.0.1, 10.1.2.3"]),
        }
    }
}

#[test]
fn a_wildcard_stands_for_one_label() {
    let mut world = World::new(Compat::Fixed);
    let authority = world.put_authority("ca", &ca());
    let mut spec = api_server();
    spec.dns_names.push("*.example.com".to_owned());
    put_api_server(&world, &authority, &spec);
    for (name, accepted) in [
        ("a.example.com", true),
        ("A.Example.com", true),
        ("a.b.example.com", false),
        ("example.com", false),
    ] {
        world.context.cluster.api_server.cert_sans = vec![name.to_owned()];
        assert_eq!(world.run(&certs(), "apiserver").is_ok(), accepted, "{name}");
    }
}

#[test]
fn a_leaf_for_another_use() {
    for compat in BOTH {
        let world = World::new(compat);
        let authority = world.put_authority("ca", &ca());
        put_api_server(
            &world,
            &authority,
            &CertSpec {
                usages: vec![Usage::ClientAuth],
                ..api_server()
            },
        );
        let result = world.run(&certs(), "apiserver");
        match compat {
            Compat::Upstream => assert!(result.unwrap().is_empty()),
            Compat::Fixed => refused(result, "lacks-usage", &[&pki("apiserver.crt")]),
        }
    }
}

#[test]
fn a_leaf_through_an_intermediate() {
    for compat in BOTH {
        let world = World::new(compat);
        let root = world.put_authority("ca", &ca());
        let (middle_key, keys) = (world.key(), world.context.keys.clone());
        let middle = root
            .issue(
                &CertSpec::authority("middle", days(-1, 10)),
                middle_key.public_key(),
                keys.as_ref(),
            )
            .unwrap();
        let middle = Authority::new(middle, middle_key).unwrap();
        let key = put_api_server(&world, &middle, &api_server());
        refused(
            world.run(&certs(), "apiserver"),
            "foreign",
            &["issued by CN=middle, not by CN=kubernetes"],
        );
        let leaf = String::from_utf8(world.read(&pki("apiserver.crt"))).unwrap();
        world.put_pair("apiserver", &(leaf + &middle.certificate().to_pem()), &key);
        assert!(world.run(&certs(), "apiserver").unwrap().is_empty());
    }
}

/// `openssl` made it: names below `example.com` only, and addresses of 10.0.0.0/8, critical.
#[test]
fn an_authority_with_name_constraints() {
    for compat in BOTH {
        let world = World::new(compat);
        let certificate = include_str!("../../../../tests/data/ca-limited.crt");
        let key =
            PrivateKey::from_pem(include_bytes!("../../../../tests/data/ca-limited.key")).unwrap();
        world.put_pair("ca", certificate, &key);
        assert!(world.run(&certs(), "ca").unwrap().is_empty());
        // Clients have no names that could be forbidden.
        world.run(&certs(), "apiserver-kubelet-client").unwrap();
        let plan = world.plan(&certs(), "apiserver");
        match compat {
            // kubeadm makes a certificate that nobody accepts.
            Compat::Upstream => assert_eq!(plan.unwrap().changes.len(), 2),
            Compat::Fixed => {
                let parts = [
                    &pki("ca.crt"),
                    "cannot sign apiserver",
                    "may not certify the name cp-1",
                ];
                refused(plan, "cannot-sign", &parts);
            }
        }
    }
}

#[test]
fn the_first_certificate_of_a_bundle_signs() {
    for compat in BOTH {
        let world = World::new(compat);
        let old = world.put_authority("ca", &CertSpec::authority("old", days(-10, 10)));
        let new = world.put_authority("ca", &CertSpec::authority("new", days(-1, 10)));
        let bundle = new.certificate().to_pem() + &old.certificate().to_pem();
        world.put_pair("ca", &bundle, new.key());
        assert!(world.run(&certs(), "ca").unwrap().is_empty());
        world.run(&certs(), "apiserver").unwrap();
        let leaf = Certificate::from_pem(&world.read(&pki("apiserver.crt"))).unwrap();
        assert_eq!(leaf.issuer(), "CN=new");
        leaf.verify(&[], new.certificate(), now()).unwrap();
    }
}

#[test]
fn no_leaf_without_an_authority() {
    for compat in BOTH {
        let world = World::new(compat);
        let error = world.run(&certs(), "apiserver").unwrap_err();
        assert_eq!(error.code, "pki.no-authority");
        for part in [&pki("ca.crt"), "run the phase that makes them first"] {
            assert!(error.message.contains(part), "{error}");
        }
        // With half of the authority it is another matter.
        world.put_authority("ca", &ca());
        world.remove("ca.key");
        refused(
            world.run(&certs(), "apiserver"),
            "missing",
            &[&pki("ca.key")],
        );
    }
}

#[test]
fn half_a_pair_of_service_accounts() {
    for compat in BOTH {
        let world = World::new(compat);
        world.run(&certs(), "sa").unwrap();
        let public = world.read(&pki("sa.pub"));
        world.remove("sa.pub");
        let plan = world.run(&certs(), "sa").unwrap();
        match compat {
            Compat::Upstream => assert!(plan.is_empty()),
            // It follows from the private key: nothing is lost.
            Compat::Fixed => assert_eq!(world.read(&pki("sa.pub")), public),
        }

        world.put(&pki("sa.pub"), &public, 0o600);
        world.remove("sa.key");
        let result = world.run(&certs(), "sa");
        match compat {
            Compat::Upstream => assert_eq!(result.unwrap().changes.len(), 2),
            Compat::Fixed => refused(result, "half-pair", &[&pki("sa.pub"), &pki("sa.key")]),
        }
    }
}

#[test]
fn keys_of_service_accounts_that_are_no_pair() {
    for compat in BOTH {
        let world = World::new(compat);
        world.run(&certs(), "sa").unwrap();
        world.put(
            &pki("sa.pub"),
            world.key().public_key().to_pem().as_bytes(),
            0o600,
        );
        let result = world.run(&certs(), "sa");
        match compat {
            Compat::Upstream => assert!(result.unwrap().is_empty()),
            Compat::Fixed => refused(result, "key-mismatch", &[&pki("sa.pub"), &pki("sa.key")]),
        }
        world.put(&pki("sa.key"), b"junk\n", 0o600);
        refused(world.run(&certs(), "sa"), "unreadable", &[&pki("sa.key")]);
    }
}

#[test]
fn a_folder_in_place_of_a_file_is_an_error_of_the_file() {
    let world = World::new(Compat::Fixed);
    world.put(&pki("ca.crt/x"), b"", 0o600);
    assert_eq!(
        world.run(&certs(), "ca").unwrap_err().code,
        "file.is-a-directory"
    );
}

#[test]
fn a_key_that_others_can_read_is_kept_with_a_warning() {
    for compat in BOTH {
        let world = World::new(compat);
        world.run_all(&certs());
        for (phase, name) in [
            ("ca", "ca.key"),
            ("apiserver", "apiserver.key"),
            ("sa", "sa.key"),
        ] {
            assert!(
                !world
                    .run(&certs(), phase)
                    .unwrap()
                    .notes
                    .iter()
                    .any(|note| note.code == "pki.key-exposed")
            );
            world.put(&pki(name), &world.read(&pki(name)), 0o640);
            let plan = world.run(&certs(), phase).unwrap();
            let note = plan
                .notes
                .iter()
                .find(|note| note.code == "pki.key-exposed")
                .unwrap();
            assert!(
                note.text.contains(&pki(name)) && note.text.contains("0640"),
                "{}",
                note.text
            );
        }
    }
}

mod laws {
    use proptest::prelude::*;

    use super::*;
    use crate::Files as _;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        /// Whatever is lost: each phase refuses or mends, what it wrote it keeps (`run` sees to that), and what it did not
        /// refuse is whole.
        #[test]
        fn what_is_not_refused_is_whole(lost in prop::collection::vec(any::<bool>(), 22)) {
            for compat in BOTH {
                let world = World::new(compat);
                world.run_all(&certs());
                let files: Vec<_> = world.files.paths().into_iter().filter(|(_, stat)| stat.is_file()).collect();
                for ((path, _), _) in files.iter().zip(&lost).filter(|(_, lost)| **lost) {
                    world.files.remove(path).unwrap();
                }
                for certificate in crate::kubeadm::pki::CERTIFICATES {
                    let there = |end: &str| {
                        let path = pki(&format!("{}.{end}", certificate.base_name));
                        world.files.stat(&path).unwrap().is_some()
                    };
                    match world.run(&certs(), certificate.name) {
                        Err(error) => prop_assert!(
                            error.code.starts_with("pki.existing-file.") || error.code == "pki.no-authority",
                            "{error}"
                        ),
                        Ok(_) if compat == Compat::Fixed && certificate.authority.is_some() => {
                            prop_assert!(there("crt") && there("key"));
                        }
                        Ok(_) => prop_assert!(there("crt")),
                    }
                }
            }
        }
    }
}
