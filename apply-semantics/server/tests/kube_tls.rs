//! kube over an encrypted port: everything on one connection of HTTP/2, with a certificate and with a token.

#![cfg(feature = "tls")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test"
)]

use std::{
    error::Error,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
};

use apply_server::{ListenOptions, Listener, Server};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use futures::StreamExt as _;
use http::{Request, Response, header};
use hyper::{body::Incoming, client::conn::http2::SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use kube::{
    Api, Client,
    api::{ApiResource, DynamicObject, ListParams, Patch, PatchParams, PostParams},
    client::Body,
    core::GroupVersionKind,
    runtime::{WatchStreamExt as _, watcher},
};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_rustls::{
    TlsConnector,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject as _},
    },
};

/// A connection as a service.
#[derive(Clone)]
struct Wire {
    sender: SendRequest<Body>,
    address: String,
    token: Option<String>,
}

impl tower_service::Service<Request<Body>> for Wire {
    type Response = Response<Incoming>;
    type Error = Box<dyn Error + Send + Sync>;
    type Future =
        Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send + 'static>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.sender.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let path = request.uri().path_and_query().unwrap().as_str();
        *request.uri_mut() = format!("https://{}{path}", self.address).parse().unwrap();
        if let Some(token) = &self.token {
            let shown = format!("Bearer {token}").parse().unwrap();
            request.headers_mut().insert(header::AUTHORIZATION, shown);
        }
        let answer = self.sender.send_request(request);
        Box::pin(async move { Ok(answer.await?) })
    }
}

fn pem(value: &Value) -> Vec<u8> {
    BASE64_STANDARD.decode(value.as_str().unwrap()).unwrap()
}

/// A client as the kubeconfig of a port says.
async fn client(listener: &Listener) -> Client {
    let config: Value = serde_json::from_str(listener.kubeconfig()).unwrap();
    let cluster = &config["clusters"][0]["cluster"];
    let user = &config["users"][0]["user"];
    let mut roots = RootCertStore::empty();
    let authority = pem(&cluster["certificate-authority-data"]);
    roots
        .add(CertificateDer::from_pem_slice(&authority).unwrap())
        .unwrap();
    let tls = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let mut tls = if user["client-certificate-data"].is_string() {
        let certificate = pem(&user["client-certificate-data"]);
        let certificate = CertificateDer::from_pem_slice(&certificate).unwrap();
        let key = PrivateKeyDer::from_pem_slice(&pem(&user["client-key-data"])).unwrap();
        tls.with_client_auth_cert(vec![certificate], key).unwrap()
    } else {
        tls.with_no_client_auth()
    };
    tls.alpn_protocols = vec![b"h2".to_vec()];
    let address = cluster["server"].as_str().unwrap();
    let address = address.strip_prefix("https://").unwrap().to_owned();
    let stream = TcpStream::connect(&address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let name = ServerName::from(listener.address().ip());
    let stream = TlsConnector::from(Arc::new(tls))
        .connect(name, stream)
        .await
        .unwrap();
    let (sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
            .await
            .unwrap();
    tokio::spawn(connection);
    let token = user["token"].as_str().map(str::to_owned);
    let wire = Wire {
        sender,
        address,
        token,
    };
    Client::new(wire, "default")
}

fn configs(client: &Client) -> Api<DynamicObject> {
    let resource = ApiResource::from_gvk(&GroupVersionKind::gvk("", "v1", "ConfigMap"));
    Api::default_namespaced_with(client.clone(), &resource)
}

/// Who the server says that a client is.
async fn whoami(client: &Client) -> Value {
    let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(
        "authentication.k8s.io",
        "v1",
        "SelfSubjectReview",
    ));
    let reviews: Api<DynamicObject> = Api::all_with(client.clone(), &resource);
    let review = serde_json::from_value(
        json!({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview", "metadata": {}}),
    );
    let review = reviews
        .create(&PostParams::default(), &review.unwrap())
        .await
        .unwrap();
    review.data["status"]["userInfo"].clone()
}

#[tokio::test]
async fn kube_reads_writes_and_watches_on_one_encrypted_connection() {
    let server = Server::new();
    let options = ListenOptions::new().tls().bearer_token("let-me-in");
    let listener = server.listen_with("127.0.0.1:0", &options).await.unwrap();
    let client = client(&listener).await;
    let api = configs(&client);
    // A watch in the style of informers, while writes go on.
    let names = watcher(api.clone(), watcher::Config::default().streaming_lists())
        .applied_objects()
        .map(|object| object.unwrap().metadata.name.unwrap());
    let mut names = pin!(names);
    let writing = {
        let api = api.clone();
        tokio::spawn(async move {
            for number in 0..200 {
                let name = format!("c{number:03}");
                let config = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"pad": "x".repeat(number * 7)}});
                let params = PatchParams::apply("m");
                api.patch(&name, &params, &Patch::Apply(&config))
                    .await
                    .unwrap();
            }
        })
    };
    for number in 0..200 {
        assert_eq!(names.next().await.unwrap(), format!("c{number:03}"));
    }
    writing.await.unwrap();
    let page = ListParams::default().limit(150);
    let first = api.list(&page).await.unwrap();
    assert_eq!(first.items.len(), 150);
    let token = first.metadata.continue_.unwrap();
    let rest = api.list(&page.continue_token(&token)).await.unwrap();
    assert_eq!(rest.items.len(), 50);
    assert_eq!(whoami(&client).await["username"], "admin");
    let refused = api.get("nobody").await.unwrap_err();
    assert!(matches!(refused, kube::Error::Api(status) if status.code == 404));
}

#[tokio::test]
async fn a_certificate_says_who_somebody_is() {
    let server = Server::new();
    let options = ListenOptions::new().client_certificates();
    let listener = server.listen_with("127.0.0.1:0", &options).await.unwrap();
    let user = whoami(&client(&listener).await).await;
    assert_eq!(user["username"], "kubernetes-admin");
    assert_eq!(
        user["groups"],
        json!(["kubeadm:cluster-admins", "system:authenticated"])
    );
    let credential = &user["extra"]["authentication.kubernetes.io/credential-id"][0];
    let print = credential.as_str().unwrap().strip_prefix("X509SHA256=");
    assert_eq!(print.unwrap().len(), 64);
}

#[tokio::test]
async fn what_does_not_fit_into_a_window_of_http_2_comes_all_the_same() {
    let server = Server::new();
    let listener = server
        .listen_with("127.0.0.1:0", &ListenOptions::new().tls())
        .await
        .unwrap();
    let api = configs(&client(&listener).await);
    let from = server.revision().to_string();
    let params = kube::api::WatchParams::default();
    let mut events = api.watch(&params, &from).await.unwrap().boxed();
    let pad = "y".repeat(300_000);
    for number in 0..8 {
        let config = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "big"}, "data": {"pad": pad, "number": number.to_string()}});
        api.patch("big", &PatchParams::apply("m"), &Patch::Apply(&config))
            .await
            .unwrap();
    }
    for number in 0..8 {
        let event = events.next().await.unwrap().unwrap();
        let (kube::api::WatchEvent::Added(object) | kube::api::WatchEvent::Modified(object)) =
            event
        else {
            unreachable!("{event:?}")
        };
        assert_eq!(object.data["data"]["number"], number.to_string());
        assert_eq!(object.data["data"]["pad"].as_str().unwrap().len(), 300_000);
    }
}
