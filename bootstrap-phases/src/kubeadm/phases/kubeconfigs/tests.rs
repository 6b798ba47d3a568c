use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::kubeconfig;
use crate::kubeadm::kubeconfig::{Credentials, Data, Kubeconfig, KubeconfigSpec};
use crate::kubeadm::phases::certs;
use crate::kubeadm::phases::testing::{World, days, pki};
use crate::kubeadm::pki::{Authority, CertSpec, Certificate, PrivateKey, Usage};
use crate::{Compat, Files as _, PhaseError};

const BOTH: [Compat; 2] = [Compat::Fixed, Compat::Upstream];
const ADMIN: &str = "/etc/kubernetes/admin.conf";

/// A world with an authority.
fn world(compat: Compat) -> (World, Authority) {
    let world = World::new(compat);
    let authority = world.put_authority("ca", &CertSpec::authority("kubernetes", days(-1, 3650)));
    (world, authority)
}

/// A kubeconfig of the administrator in place, with a client certificate like this from this authority.
fn put_admin(
    world: &World,
    trusted: &Authority,
    signer: &Authority,
    client: &CertSpec,
    server: &str,
) {
    let key = world.key();
    let certificate = signer
        .issue(client, key.public_key(), world.context.keys.as_ref())
        .unwrap();
    let spec = KubeconfigSpec {
        server: server.to_owned(),
        cluster: "kubernetes".to_owned(),
        user: "kubernetes-admin".to_owned(),
        authority: trusted.certificate().clone(),
        credentials: Credentials::Certificate { certificate, key },
    };
    world.put(ADMIN, spec.render().unwrap().expose(), 0o600);
}

fn client() -> CertSpec {
    CertSpec::leaf("kubernetes-admin", &[Usage::ClientAuth], days(-1, 365))
}

const SERVER: &str = "https://10.1.2.3:6443";

#[track_caller]
fn refused(result: Result<crate::Plan, PhaseError>, code: &str, parts: &[&str]) {
    let error = result.unwrap_err();
    assert_eq!(error.code, code, "{error}");
    for part in parts {
        assert!(
            error.message.contains(part),
            "{part:?} is missing in {error}"
        );
    }
}

fn inline(data: &Data) -> Vec<u8> {
    match data {
        Data::Inline(secret) => secret.expose().to_vec(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn all_are_made_and_kept_then() {
    for compat in BOTH {
        let (mut world, authority) = world(compat);
        world.context.cluster.control_plane_endpoint = "api.example:443".to_owned();
        world.run_all(&kubeconfig());
        let expected = [
            (
                "admin.conf",
                "https://api.example:443",
                "kubernetes-admin",
                Some("kubeadm:cluster-admins"),
            ),
            (
                "super-admin.conf",
                "https://api.example:443",
                "kubernetes-super-admin",
                Some("system:masters"),
            ),
            (
                "kubelet.conf",
                SERVER,
                "system:node:cp-1",
                Some("system:nodes"),
            ),
            (
                "controller-manager.conf",
                SERVER,
                "system:kube-controller-manager",
                None,
            ),
            ("scheduler.conf", SERVER, "system:kube-scheduler", None),
        ];
        for (file, server, user, group) in expected {
            let path = format!("/etc/kubernetes/{file}");
            assert_eq!(world.files.stat(&path).unwrap().unwrap().mode, 0o600);
            let read = Kubeconfig::parse(&world.read(&path)).unwrap();
            assert_eq!(read.server, server);
            assert_eq!(
                inline(&read.authority),
                authority.certificate().to_pem().into_bytes()
            );
            let certificate = Certificate::from_pem(&inline(&read.client_certificate)).unwrap();
            assert_eq!(certificate.common_name(), Some(user));
            assert_eq!(certificate.organizations(), group.as_slice());
            // It begins with the authority, not with this run.
            assert_eq!(
                certificate.validity().not_before(),
                authority.certificate().validity().not_before()
            );
            let key = PrivateKey::from_pem(&inline(&read.client_key)).unwrap();
            assert_eq!(key.public_key(), certificate.public_key());
        }
    }
}

/// The layout of the bytes, with the secrets cut out.
#[test]
fn written_as_client_go_writes_it() {
    let (world, authority) = world(Compat::Fixed);
    let plan = world.run(&kubeconfig(), "admin").unwrap();
    let text = String::from_utf8(world.read(ADMIN)).unwrap();
    let read = Kubeconfig::parse(text.as_bytes()).unwrap();
    let layout = text
        .replace(&STANDARD.encode(authority.certificate().to_pem()), "CA")
        .replace(
            &STANDARD.encode(inline(&read.client_certificate)),
            "CERTIFICATE",
        )
        .replace(&STANDARD.encode(inline(&read.client_key)), "KEY");
    let expected = "\
apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: CA
    server: https://10.1.2.3:6443
  name: kubernetes
contexts:
- context:
    cluster: kubernetes
    user: kubernetes-admin
  name: kubernetes-admin@kubernetes
current-context: kubernetes-admin@kubernetes
kind: Config
users:
- name: kubernetes-admin
  user:
    client-certificate-data: CERTIFICATE
    client-key-data: KEY
";
    assert_eq!(layout, expected);
    let shown = format!(
        "{plan:?} {} {read:?}",
        serde_json::to_string(&plan).unwrap()
    );
    assert!(!shown.contains(&STANDARD.encode(inline(&read.client_key))));
    assert!(!shown.contains("PRIVATE KEY"));
}

#[test]
fn names_that_yaml_would_misread_are_quoted() {
    let (mut world, _) = world(Compat::Fixed);
    for name in [
        "yes",
        "1e3",
        "null",
        "a: b",
        "- x",
        "#",
        "a #b",
        "0x10",
        "~",
        "\"",
        "'",
        "ä",
        "12:30",
        "2001-01-01",
        "[a]",
        "a:",
        "",
    ] {
        world.context.cluster.cluster_name = name.to_owned();
        world.run(&kubeconfig(), "admin").unwrap();
        let value =
            componentconfig::yaml::read(std::str::from_utf8(&world.read(ADMIN)).unwrap()).unwrap();
        assert_eq!(value["clusters"][0]["name"], name);
        assert_eq!(value["current-context"], format!("kubernetes-admin@{name}"));
        world.files.remove(ADMIN).unwrap();
    }
}

#[test]
fn another_server_is_a_warning() {
    for compat in BOTH {
        let (world, authority) = world(compat);
        put_admin(
            &world,
            &authority,
            &authority,
            &client(),
            "https://10.1.2.4:6443",
        );
        let plan = world.run(&kubeconfig(), "admin").unwrap();
        assert!(plan.is_empty());
        let note = plan
            .notes
            .iter()
            .find(|note| note.code == "kubeconfig.other-server")
            .unwrap();
        assert!(
            note.text.contains("https://10.1.2.4:6443") && note.text.contains(SERVER),
            "{}",
            note.text
        );
    }
}

#[test]
fn another_authority_is_refused() {
    for compat in BOTH {
        let (world, old) = world(compat);
        put_admin(&world, &old, &old, &client(), SERVER);
        world.put_authority("ca", &CertSpec::authority("kubernetes", days(-1, 3650)));
        let parts = [
            ADMIN,
            "does not trust the authority /etc/kubernetes/pki/ca.crt",
        ];
        refused(
            world.run(&kubeconfig(), "admin"),
            "kubeconfig.existing-file.other-trust",
            &parts,
        );
    }
}

#[test]
fn what_is_no_kubeconfig_is_refused_without_quoting_it() {
    let texts: [(&[u8], &str); 9] = [
        (b"not: [a secret kubeconfig\n", "invalid YAML at line"),
        (b"\xff", "not UTF-8"),
        (b"", "current-context: there is no context of this name"),
        (
            b"secret",
            "current-context: there is no context of this name",
        ),
        (b"kind: Secret\n", "kind: must be Config"),
        (
            b"current-context: [secret]\n",
            "current-context: must be a string",
        ),
        (b"contexts: secret\n", "contexts: must be a list"),
        (
            b"current-context: a\ncontexts: [{name: a, context: {cluster: secret}}]\n",
            "cluster is not among",
        ),
        (
            b"current-context: a\ncontexts: [{name: a, context: {cluster: b}}]\n\
              clusters: [{name: b, cluster: {certificate-authority-data: secret!}}]\n",
            "certificate-authority-data: must be base64",
        ),
    ];
    for (text, part) in texts {
        for compat in BOTH {
            let (world, _) = world(compat);
            world.put(ADMIN, text, 0o600);
            let error = world.run(&kubeconfig(), "admin").unwrap_err();
            assert_eq!(error.code, "kubeconfig.existing-file.broken");
            assert!(error.message.contains(part), "{error}");
            assert!(!error.message.contains("secret"), "{error}");
        }
    }
}

#[test]
fn an_authority_in_a_file_of_its_own() {
    for compat in BOTH {
        let (world, _) = world(compat);
        for (file, accepted) in [
            ("pki/ca.crt", true),
            ("/etc/kubernetes/pki/ca.crt", true),
            ("nowhere", false),
        ] {
            let text = format!(
                "current-context: a\ncontexts: [{{name: a, context: {{cluster: b}}}}]\n\
                 clusters: [{{name: b, cluster: {{server: '{SERVER}', certificate-authority: {file}}}}}]\n"
            );
            world.put(ADMIN, text.as_bytes(), 0o600);
            assert_eq!(
                world.run(&kubeconfig(), "admin").is_ok(),
                accepted,
                "{file}"
            );
        }
    }
}

#[test]
fn a_client_certificate_that_will_not_work() {
    let code = "kubeconfig.existing-file.unsound";
    for compat in BOTH {
        let (world, authority) = world(compat);
        let check = |part: &str| match compat {
            Compat::Upstream => assert!(world.run(&kubeconfig(), "admin").unwrap().is_empty()),
            Compat::Fixed => refused(world.run(&kubeconfig(), "admin"), code, &[ADMIN, part]),
        };
        put_admin(
            &world,
            &authority,
            &authority,
            &CertSpec {
                validity: days(-10, -1),
                ..client()
            },
            SERVER,
        );
        check("client-certificate-data: the certificate of CN=kubernetes-admin has expired");
        let other = Authority::self_signed(
            &CertSpec::authority("x", days(-1, 9)),
            world.key(),
            world.context.keys.as_ref(),
        );
        put_admin(&world, &authority, &other.unwrap(), &client(), SERVER);
        check("client-certificate-data: issued by CN=x, not by CN=kubernetes");

        put_admin(&world, &authority, &authority, &client(), SERVER);
        let text = String::from_utf8(world.read(ADMIN)).unwrap();
        let key = inline(&Kubeconfig::parse(text.as_bytes()).unwrap().client_key);
        let text = text.replace(
            &STANDARD.encode(key),
            &STANDARD.encode(world.key().to_pem().unwrap().as_bytes()),
        );
        world.put(ADMIN, text.as_bytes(), 0o600);
        check("client-key-data: does not belong to client-certificate-data");
    }
}

#[test]
fn no_kubeconfig_without_an_authority() {
    for compat in BOTH {
        let world = World::new(compat);
        refused(
            world.run(&kubeconfig(), "kubelet"),
            "pki.existing-file.missing",
            &[&pki("ca.crt")],
        );
    }
}

#[test]
fn a_token_in_place_of_a_certificate() {
    let (_, authority) = world(Compat::Fixed);
    let spec = KubeconfigSpec {
        server: SERVER.to_owned(),
        cluster: "kubernetes".to_owned(),
        user: "ci".to_owned(),
        authority: authority.certificate().clone(),
        credentials: Credentials::Token(crate::Secret::new("abcdef.0123456789abcdef")),
    };
    let text = String::from_utf8(spec.render().unwrap().expose().to_vec()).unwrap();
    assert!(
        text.ends_with("users:\n- name: ci\n  user:\n    token: abcdef.0123456789abcdef\n"),
        "{text}"
    );
    assert!(!format!("{spec:?}").contains("0123456789abcdef"));
}

/// Everything made, then the key of the authority taken away.
#[test]
fn an_external_authority_with_all_it_signed() {
    for compat in BOTH {
        let world = World::new(compat);
        world.run_all(&certs());
        world.run_all(&kubeconfig());
        world.remove("ca.key");
        world.run(&certs(), "").unwrap();
        world.run_all(&certs());
        world.run_all(&kubeconfig());
        assert!(world.files.stat(&pki("ca.key")).unwrap().is_none());
    }
}

#[test]
fn an_external_authority_names_all_that_is_missing() {
    for compat in BOTH {
        let world = World::new(compat);
        world.run_all(&certs());
        for name in [
            "ca.key",
            "apiserver.key",
            "apiserver-kubelet-client.crt",
            "etcd/ca.key",
            "etcd/peer.key",
        ] {
            world.remove(name);
        }
        world.put("/etc/kubernetes/admin.conf", b"junk: [", 0o600);
        let error = world.run(&certs(), "").unwrap_err();
        assert_eq!(error.code, "pki.external-ca");
        let files = [
            "kubelet.conf",
            "super-admin.conf",
            "controller-manager.conf",
            "scheduler.conf",
        ];
        let mut parts = vec![
            pki("apiserver.key") + " is missing",
            pki("apiserver-kubelet-client.crt") + " is missing",
        ];
        parts.extend(files.map(|file| format!("/etc/kubernetes/{file} is missing")));
        parts.push("/etc/kubernetes/admin.conf is no kubeconfig".to_owned());
        for part in parts {
            assert!(
                error.message.contains(&part),
                "{part:?} is missing in {error}"
            );
        }
        // kubeadm does not look at etcd's authority here.
        assert_eq!(error.message.contains("peer.key"), compat == Compat::Fixed);
    }
}

#[test]
fn an_external_authority_of_the_front_proxy() {
    for compat in BOTH {
        let world = World::new(compat);
        world.run_all(&certs());
        world.remove("front-proxy-ca.key");
        world.run(&certs(), "").unwrap();
        world.remove("front-proxy-client.key");
        let error = world.run(&certs(), "").unwrap_err();
        assert!(
            error.message.contains("front-proxy-client.key is missing"),
            "{error}"
        );
        assert!(!error.message.contains("apiserver"), "{error}");
    }
}
