//! The port: who is let in, encryption, both versions of HTTP, and how it closes.

#![cfg(feature = "listen")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test"
)]

use std::time::Duration;

use apply_semantics::op::{DeleteOptions, Operation, ResourceRef};
use apply_server::{ListenOptions, Listener, Server, UserInfo};
use http::Request;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpStream,
};

const ANYWHERE: &str = "127.0.0.1:0";

/// Asks by HTTP/1.1, and answers all that comes.
async fn ask(mut stream: impl AsyncRead + AsyncWrite + Unpin, path: &str, headers: &str) -> String {
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // Some close without a farewell.
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

async fn connect(listener: &Listener) -> TcpStream {
    TcpStream::connect(listener.address()).await.unwrap()
}

fn kubeconfig(listener: &Listener) -> Value {
    serde_json::from_str(listener.kubeconfig()).unwrap()
}

#[tokio::test]
async fn a_token_lets_in() {
    let options = ListenOptions::new().bearer_token("let-me-in");
    let listener = Server::new().listen_with(ANYWHERE, &options).await.unwrap();
    let namespaces = "/api/v1/namespaces";
    for wrong in [
        "",
        "Authorization: Bearer let-me-on\r\n",
        "Authorization: Bearer let-me\r\n",
    ] {
        let refused = ask(connect(&listener).await, namespaces, wrong).await;
        assert!(
            refused.starts_with("HTTP/1.1 401 Unauthorized\r\n"),
            "{refused}"
        );
        let status: Value = serde_json::from_str(refused.rsplit("\r\n").next().unwrap()).unwrap();
        assert_eq!(status["reason"], "Unauthorized");
    }
    let token = kubeconfig(&listener)["users"][0]["user"]["token"].clone();
    let shown = format!("Authorization: Bearer {}\r\n", token.as_str().unwrap());
    let answer = ask(connect(&listener).await, namespaces, &shown).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    let healthy = ask(connect(&listener).await, "/readyz", "").await;
    assert!(healthy.starts_with("HTTP/1.1 200 OK\r\n"), "{healthy}");
    assert!(!format!("{listener:?}").contains("let-me-in"));
}

#[tokio::test]
async fn known_users_are_let_in_and_service_accounts_if_they_may() {
    let server = Server::builder()
        .user_token("open-sesame", UserInfo::new("jane"))
        .object(
            json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "robot"}}),
        )
        .build();
    let robot = ResourceRef::of_kind("v1", "ServiceAccount")
        .within("default")
        .named("robot");
    let (head, ()) = Request::post("/api/v1/namespaces/default/serviceaccounts/robot/token")
        .body(())
        .unwrap()
        .into_parts();
    let request = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest"});
    let mut answer = server.respond(&head, request.to_string().into());
    let answer: Value = serde_json::from_slice(&answer.body_mut().take_now().unwrap()).unwrap();
    let account = answer["status"]["token"].as_str().unwrap().to_owned();
    let guarded = ListenOptions::new().bearer_token("let-me-in");
    let open = guarded.clone().service_account_tokens();
    let (guarded, open) = (
        server.listen_with(ANYWHERE, &guarded).await.unwrap(),
        server.listen_with(ANYWHERE, &open).await.unwrap(),
    );
    let code = async |listener: &Listener, token: &str| {
        let shown = format!("Authorization: Bearer {token}\r\n");
        let answer = ask(connect(listener).await, "/api/v1/namespaces", &shown).await;
        answer.split(' ').nth(1).unwrap().to_owned()
    };
    for (token, on_guarded, on_open) in [
        ("let-me-in", "200", "200"),
        ("open-sesame", "200", "200"),
        (&*account, "401", "200"),
        (&account[1..], "401", "401"),
    ] {
        assert_eq!(code(&guarded, token).await, on_guarded, "{token}");
        assert_eq!(code(&open, token).await, on_open, "{token}");
    }
    server
        .execute(&Operation::delete(robot, DeleteOptions::default()))
        .unwrap();
    assert_eq!(code(&open, &account).await, "401");
}

#[tokio::test]
async fn http_2_is_spoken_with_who_begins_with_it() {
    let listener = Server::new().listen(ANYWHERE).await.unwrap();
    let mut stream = connect(&listener).await;
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    stream.write_all(preface).await.unwrap();
    let mut frame = [0; 9];
    stream.read_exact(&mut frame).await.unwrap();
    assert_eq!(frame[3], 4, "the first frame has settings");
}

#[tokio::test]
async fn watches_end_and_answers_are_finished_when_the_port_closes() {
    let server = Server::new();
    let listener = server.listen(ANYWHERE).await.unwrap();
    let address = listener.address();
    let stream = connect(&listener).await;
    let watching = tokio::spawn(ask(stream, "/api/v1/configmaps?watch=true", ""));
    let idle = connect(&listener).await;
    while server.requests().verb("watch").count() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(listener.shutdown(Duration::from_secs(10)).await);
    let watched = watching.await.unwrap();
    assert!(watched.starts_with("HTTP/1.1 200 OK\r\n"), "{watched}");
    assert!(watched.ends_with("0\r\n\r\n"), "{watched}");
    assert!(TcpStream::connect(address).await.is_err());
    drop(idle);
    // The server itself goes on.
    assert!(server.listen(ANYWHERE).await.is_ok());
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_user_reads_the_kubeconfig() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kubeconfig");
    let listener = Server::new().listen(ANYWHERE).await.unwrap();
    listener.write_kubeconfig(&file).unwrap();
    let mode = std::fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(
        std::fs::read_to_string(&file).unwrap(),
        listener.kubeconfig()
    );
}

#[cfg(feature = "tls")]
mod tls {
    use std::sync::Arc;

    use base64::{Engine as _, prelude::BASE64_STANDARD};
    use tokio_rustls::{
        TlsConnector,
        client::TlsStream,
        rustls::{
            ClientConfig, RootCertStore,
            crypto::aws_lc_rs,
            pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject as _},
        },
    };

    use super::*;

    fn pem(value: &Value) -> Vec<u8> {
        BASE64_STANDARD.decode(value.as_str().unwrap()).unwrap()
    }

    /// Connects as somebody who knows the kubeconfig, with its certificate or without.
    async fn greet(
        listener: &Listener,
        config: &Value,
        with_certificate: bool,
        protocol: &[u8],
    ) -> TlsStream<TcpStream> {
        let cluster = &config["clusters"][0]["cluster"];
        let mut roots = RootCertStore::empty();
        let authority = pem(&cluster["certificate-authority-data"]);
        roots
            .add(CertificateDer::from_pem_slice(&authority).unwrap())
            .unwrap();
        let provider = Arc::new(aws_lc_rs::default_provider());
        let client = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots);
        let user = &config["users"][0]["user"];
        let mut client = if with_certificate {
            let certificate = pem(&user["client-certificate-data"]);
            let certificate = CertificateDer::from_pem_slice(&certificate).unwrap();
            let key = PrivateKeyDer::from_pem_slice(&pem(&user["client-key-data"])).unwrap();
            client
                .with_client_auth_cert(vec![certificate], key)
                .unwrap()
        } else {
            client.with_no_client_auth()
        };
        client.alpn_protocols = vec![protocol.to_vec()];
        let name = ServerName::try_from(listener.address().ip().to_string()).unwrap();
        let stream = connect(listener).await;
        TlsConnector::from(Arc::new(client))
            .connect(name, stream)
            .await
            .unwrap()
    }

    #[tokio::test]
    async fn the_port_is_encrypted_by_a_certificate_of_the_authority_in_the_kubeconfig() {
        let options = ListenOptions::new().tls();
        let listener = Server::new().listen_with(ANYWHERE, &options).await.unwrap();
        let config = kubeconfig(&listener);
        let stream = greet(&listener, &config, false, b"http/1.1").await;
        let answer = ask(stream, "/version", "").await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        let stream = greet(&listener, &config, false, b"h2").await;
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
        // Who does not encrypt is not answered.
        let answer = ask(connect(&listener).await, "/version", "").await;
        assert!(!answer.starts_with("HTTP/"), "{answer}");
    }

    #[tokio::test]
    async fn certificates_let_in() {
        let options = ListenOptions::new().client_certificates();
        let server = Server::new();
        let listener = server.listen_with(ANYWHERE, &options).await.unwrap();
        let config = kubeconfig(&listener);
        let stream = greet(&listener, &config, true, b"http/1.1").await;
        let answer = ask(stream, "/api/v1/namespaces", "").await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        let names = server.requests();
        assert!(
            names
                .iter()
                .all(|asked| asked.username == "kubernetes-admin")
        );
        let stream = greet(&listener, &config, false, b"http/1.1").await;
        let answer = ask(stream, "/api/v1/namespaces", "").await;
        assert_eq!(answer, "");
        // One of another port is a stranger's.
        let other = server.listen_with(ANYWHERE, &options).await.unwrap();
        let mut mixed = kubeconfig(&other);
        mixed["clusters"] = config["clusters"].clone();
        let stream = greet(&listener, &mixed, true, b"http/1.1").await;
        assert_eq!(ask(stream, "/version", "").await, "");
    }

    #[tokio::test]
    async fn certificates_of_a_cluster_are_taken() {
        use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let issue = |name: &str| {
            let key = KeyPair::generate().unwrap();
            let mut params = CertificateParams::new([name.to_owned()]).unwrap();
            params.distinguished_name.push(DnType::CommonName, name);
            let certificate = params.signed_by(&key, &authority).unwrap();
            (certificate.pem(), key.serialize_pem())
        };
        let (certificate, key) = issue("127.0.0.1");
        let authority_pem = authority.as_ref().pem();
        let options = ListenOptions::new().certificates(certificate, key, authority_pem.as_bytes());
        assert!(!format!("{options:?}").contains("PRIVATE"));
        let server = Server::new();
        let listener = server.listen_with(ANYWHERE, &options).await.unwrap();
        let mut config = kubeconfig(&listener);
        let stream = greet(&listener, &config, false, b"http/1.1").await;
        assert_eq!(ask(stream, "/version", "").await, "");
        let (certificate, key) = issue("somebody");
        config["users"][0]["user"] = serde_json::json!({
            "client-certificate-data": BASE64_STANDARD.encode(certificate),
            "client-key-data": BASE64_STANDARD.encode(key),
        });
        let stream = greet(&listener, &config, true, b"http/1.1").await;
        let answer = ask(stream, "/api/v1/nodes", "").await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        let asked: Vec<_> = server.requests().into_iter().collect();
        assert_eq!(asked[0].username, "somebody");
        let broken = ListenOptions::new().certificates("nonsense", "nonsense", authority_pem);
        let error = Server::new()
            .listen_with(ANYWHERE, &broken)
            .await
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "the certificate is no certificate in PEM"
        );
    }
}
