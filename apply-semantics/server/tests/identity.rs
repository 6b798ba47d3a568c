//! Who somebody is: tokens of service accounts, tokens of users, users in requests, and who somebody wants to be.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test"
)]

use apply_server::{ManualClock, Server, UserInfo};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::{Request, request::Builder};
use serde_json::{Value, json};

const NOW: i64 = 1_700_000_000;
const ISSUER: &str = "https://kubernetes.default.svc.cluster.local";
const TOKEN: &str = "/api/v1/namespaces/default/serviceaccounts/robot/token";

fn server() -> (Server, ManualClock) {
    let clock = ManualClock::at(NOW);
    let jane = UserInfo::new("jane").uid("7").group("devs");
    let server = Server::builder()
        .clock(clock.clone())
        .user_token("open-sesame", jane)
        .object(json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "robot", "uid": "r-1"}}))
        .build();
    (server, clock)
}

fn send(server: &Server, request: Builder, body: &Value) -> (u16, Value) {
    let (head, ()) = request.body(()).unwrap().into_parts();
    let mut answer = server.respond(&head, Bytes::from(body.to_string()));
    let text = answer.body_mut().take_now().unwrap();
    (
        answer.status().as_u16(),
        serde_json::from_slice(&text).unwrap(),
    )
}

fn post(server: &Server, path: &str, body: &Value) -> (u16, Value) {
    send(server, Request::post(path), body)
}

fn request(spec: &Value) -> Value {
    json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec})
}

fn token(server: &Server, spec: &Value) -> String {
    let (code, answer) = post(server, TOKEN, &request(spec));
    assert_eq!(code, 201, "{answer}");
    answer["status"]["token"].as_str().unwrap().to_owned()
}

/// Who a server says that somebody is who sends such a request.
fn whoami(server: &Server, request: Builder) -> Value {
    let review = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"});
    let uri = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
    let (code, mut answer) = send(server, request.method("POST").uri(uri), &review);
    assert_eq!(code, 201, "{answer}");
    answer["status"]["userInfo"].take()
}

/// What a server says about a token.
fn review(server: &Server, token: &str, audiences: &[&str]) -> Value {
    let review = json!({
        "apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview",
        "spec": {"token": token, "audiences": audiences},
    });
    let (code, mut answer) = post(
        server,
        "/apis/authentication.k8s.io/v1/tokenreviews",
        &review,
    );
    assert_eq!(code, 201, "{answer}");
    answer["status"].take()
}

fn claims(token: &str) -> Value {
    let middle = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(middle).unwrap()).unwrap()
}

#[test]
fn a_service_account_gets_a_token() {
    let (server, _) = server();
    let revision = server.revision();
    let (code, answer) = post(&server, TOKEN, &request(&json!({})));
    assert_eq!(code, 201);
    assert_eq!(
        answer["metadata"],
        json!({"name": "robot", "namespace": "default", "uid": "r-1", "creationTimestamp": "2023-11-14T22:13:20Z"})
    );
    assert_eq!(
        answer["spec"],
        json!({"audiences": [ISSUER], "expirationSeconds": 3600, "boundObjectRef": null})
    );
    assert_eq!(
        answer["status"]["expirationTimestamp"],
        "2023-11-14T23:13:20Z"
    );
    let token = answer["status"]["token"].as_str().unwrap();
    let mut claims = claims(token);
    let id = claims.as_object_mut().unwrap().remove("jti").unwrap();
    assert_eq!(
        claims,
        json!({
            "aud": [ISSUER], "iss": ISSUER, "sub": "system:serviceaccount:default:robot",
            "iat": NOW, "nbf": NOW, "exp": NOW + 3600,
            "kubernetes.io": {"namespace": "default", "serviceaccount": {"name": "robot", "uid": "r-1"}},
        })
    );
    assert_eq!(server.revision(), revision, "nothing is stored");
    let robot = json!({
        "username": "system:serviceaccount:default:robot", "uid": "r-1",
        "groups": ["system:serviceaccounts", "system:serviceaccounts:default", "system:authenticated"],
        "extra": {"authentication.kubernetes.io/credential-id": [format!("JTI={}", id.as_str().unwrap())]},
    });
    assert_eq!(
        review(&server, token, &[]),
        json!({"authenticated": true, "user": robot, "audiences": [ISSUER]})
    );
    let shown = Request::builder().header("authorization", format!("Bearer {token}"));
    assert_eq!(whoami(&server, shown), robot);
    // Another server that begins alike makes the same one.
    let (other, _) = self::server();
    assert_eq!(self::token(&other, &json!({})), token);
}

#[test]
fn what_is_asked_for_is_checked() {
    let (server, _) = server();
    let check = |spec: Value, code: u16, message: &str| {
        let (got, status) = post(&server, TOKEN, &request(&spec));
        assert_eq!((got, status["message"].as_str().unwrap()), (code, message));
        status
    };
    let status = check(
        json!({"expirationSeconds": 599}),
        422,
        "TokenRequest.authentication.k8s.io \"\" is invalid: spec.expirationSeconds: Invalid value: 599: may not specify a duration less than 10 minutes",
    );
    assert_eq!(
        status["details"]["causes"][0],
        json!({"reason": "FieldValueInvalid", "field": "spec.expirationSeconds", "message": "Invalid value: 599: may not specify a duration less than 10 minutes"})
    );
    check(
        json!({"expirationSeconds": 4_294_967_297_i64}),
        422,
        "TokenRequest.authentication.k8s.io \"\" is invalid: spec.expirationSeconds: Invalid value: 4294967297: may not specify a duration larger than 2^32 seconds",
    );
    check(
        json!({"expirationSeconds": "1h"}),
        400,
        "TokenRequest in version \"v1\" cannot be handled as a TokenRequest: json: cannot unmarshal string into Go struct field TokenRequestSpec.spec.expirationSeconds of type int64",
    );
    check(
        json!({"boundObjectRef": {"apiVersion": "v1", "kind": "Secret", "name": "none"}}),
        404,
        "secrets \"none\" not found",
    );
    check(
        json!({"boundObjectRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "x"}}),
        400,
        "cannot bind token to object of type apps/v1, Kind=Deployment",
    );
    let (code, status) = post(
        &server,
        "/api/v1/namespaces/default/serviceaccounts/nobody/token",
        &request(&json!({})),
    );
    assert_eq!(
        (code, &status["message"]),
        (404, &json!("serviceaccounts \"nobody\" not found"))
    );
    for (metadata, code) in [
        (json!({"name": "other"}), 422),
        (json!({"namespace": "other"}), 422),
        (json!({"uid": "other"}), 409),
    ] {
        let mut body = request(&json!({}));
        body["metadata"] = metadata;
        assert_eq!(post(&server, TOKEN, &body).0, code, "{body}");
    }
    // Both ends are allowed.
    for seconds in [600_i64, 1 << 32] {
        assert_eq!(
            claims(&token(&server, &json!({"expirationSeconds": seconds})))["exp"],
            NOW + seconds
        );
    }
}

#[test]
fn tokens_end() {
    let (server, clock) = server();
    let token = token(&server, &json!({}));
    let shown =
        || Request::get("/api/v1/namespaces").header("authorization", format!("Bearer {token}"));
    assert_eq!(send(&server, shown(), &json!({})).0, 200);
    clock.advance(3601);
    assert_eq!(
        review(&server, &token, &[]),
        json!({"user": {}, "error": "[invalid bearer token, service account token has expired]"})
    );
    let (code, status) = send(&server, shown(), &json!({}));
    assert_eq!((code, &status["reason"]), (401, &json!("Unauthorized")));
    clock.advance(-3601);
    // With its service account a token goes too, also if another one of that name comes.
    let account = "/api/v1/namespaces/default/serviceaccounts/robot";
    assert_eq!(send(&server, Request::delete(account), &Value::Null).0, 200);
    server
        .seed(json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "robot", "uid": "r-2"}}))
        .unwrap();
    assert_eq!(
        review(&server, &token, &[])["error"],
        "[invalid bearer token, service account token has been invalidated]"
    );
}

#[test]
fn tokens_end_with_what_they_are_bound_to() {
    let (server, _) = server();
    server
        .seed(json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n", "uid": "n-1"}}))
        .unwrap();
    let pod = |account: &str| {
        json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "uid": "p-1"},
            "spec": {"serviceAccountName": account, "nodeName": "n", "containers": [{"name": "c", "image": "i"}]},
        })
    };
    let bound = json!({"boundObjectRef": {"apiVersion": "v1", "kind": "Pod", "name": "p"}});
    server.seed(pod("other")).unwrap();
    let (code, status) = post(&server, TOKEN, &request(&bound));
    assert_eq!(code, 400, "{status}");
    server.seed(pod("robot")).unwrap();
    let mut stale = bound.clone();
    stale["boundObjectRef"]["uid"] = json!("p-0");
    let (code, status) = post(&server, TOKEN, &request(&stale));
    assert_eq!(
        (code, &status["message"]),
        (
            409,
            &json!(
                "Operation cannot be fulfilled on Pod \"p\": the UID in the bound object reference (p-0) does not match the UID in record. The object might have been deleted and then recreated"
            )
        )
    );
    let token = token(&server, &bound);
    let kubernetes = &claims(&token)["kubernetes.io"];
    assert_eq!(kubernetes["pod"], json!({"name": "p", "uid": "p-1"}));
    assert_eq!(kubernetes["node"], json!({"name": "n", "uid": "n-1"}));
    let user = &review(&server, &token, &[])["user"]["extra"];
    assert_eq!(user["authentication.kubernetes.io/pod-name"], json!(["p"]));
    assert_eq!(
        user["authentication.kubernetes.io/node-uid"],
        json!(["n-1"])
    );
    // The kubelet's own tokens are warned of first, and last for a year.
    let mut projected = bound;
    projected["expirationSeconds"] = json!(3607);
    let claims = claims(&self::token(&server, &projected));
    assert_eq!(claims["exp"], NOW + 365 * 24 * 3600);
    assert_eq!(claims["kubernetes.io"]["warnafter"], NOW + 3607);
    let gone = "/api/v1/namespaces/default/pods/p?gracePeriodSeconds=0";
    send(&server, Request::delete(gone), &Value::Null);
    assert_eq!(
        review(&server, &token, &[])["error"],
        "[invalid bearer token, service account token has been invalidated]"
    );
}

#[test]
fn tokens_are_for_their_audiences() {
    let (server, _) = server();
    let token = token(&server, &json!({"audiences": ["vault", "db"]}));
    let found = review(&server, &token, &["db", "other"]);
    assert_eq!(
        (&found["authenticated"], &found["audiences"]),
        (&json!(true), &json!(["db"]))
    );
    assert_eq!(
        review(&server, &token, &[])["error"],
        format!(
            "[invalid bearer token, token audiences [\"vault\" \"db\"] is invalid for the target audiences [\"{ISSUER}\"]]"
        )
    );
    for nonsense in ["x", "a.b.c", "..", "e30.e30.", "\u{e9}"] {
        let found = review(&server, nonsense, &[]);
        assert_eq!(found, json!({"user": {}, "error": "invalid bearer token"}));
    }
}

#[test]
fn users_are_known_by_their_tokens() {
    let (server, _) = server();
    let jane = json!({"username": "jane", "uid": "7", "groups": ["devs", "system:authenticated"]});
    let shown = Request::builder().header("authorization", "bearer open-sesame");
    assert_eq!(whoami(&server, shown), jane);
    assert_eq!(
        review(&server, "open-sesame", &[]),
        json!({"authenticated": true, "user": jane, "audiences": [ISSUER]})
    );
    let admin = json!({"username": "admin", "uid": "admin", "groups": ["system:masters", "system:authenticated"]});
    assert_eq!(whoami(&server, Request::builder()), admin);
    let unknown = Request::builder().header("authorization", "Bearer anything");
    assert_eq!(whoami(&server, unknown), admin);
    let told: Vec<String> = server
        .requests()
        .iter()
        .map(|request| request.username.clone())
        .collect();
    assert_eq!(told, ["jane", "admin", "admin", "admin"]);
    let text = format!(
        "{:?} {server:?}",
        Server::builder().user_token("open-sesame", UserInfo::new("x"))
    );
    assert!(!text.contains("sesame"));
}

#[test]
fn everybody_may_be_anybody() {
    let (server, _) = server();
    let jane = Request::builder()
        .header("impersonate-user", "jane")
        .header("impersonate-group", "devs")
        .header("impersonate-group", "ops")
        .header("impersonate-uid", "9")
        .header("impersonate-extra-acme.com%2fproject", "x");
    assert_eq!(
        whoami(&server, jane),
        json!({"username": "jane", "uid": "9", "groups": ["devs", "ops", "system:authenticated"], "extra": {"acme.com/project": ["x"]}})
    );
    let robot = Request::builder().header("impersonate-user", "system:serviceaccount:a:b");
    assert_eq!(
        whoami(&server, robot)["groups"],
        json!([
            "system:serviceaccounts",
            "system:serviceaccounts:a",
            "system:authenticated"
        ])
    );
    let nobody = Request::builder().header("impersonate-user", "system:anonymous");
    assert_eq!(
        whoami(&server, nobody)["groups"],
        json!(["system:unauthenticated"])
    );
    let group = Request::get("/api/v1/nodes").header("impersonate-group", "devs");
    assert_eq!(send(&server, group, &Value::Null).0, 500);
}

#[test]
fn who_asks_for_a_certificate_stands_in_the_request() {
    let (server, _) = server();
    let csr = json!({
        "apiVersion": "certificates.k8s.io/v1", "kind": "CertificateSigningRequest", "metadata": {"name": "c"},
        "spec": {"signerName": "example.com/x", "usages": ["client auth"], "request": "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlIR01HNENBUUF3RERFS01BZ0dBMVVFQXd3Qll6QlpNQk1HQnlxR1NNNDlBZ0VHQ0NxR1NNNDlBd0VIQTBJQQpCQVpxUmUvaWRad0NCcTgrWVptbXQrd0RuazRiWDQydUdFbzljWnA4NkQ0Sk9pbWVPY0ZhalBQS28vRkRvbXF6CnI0WEpqZ2JYM1dXLzJNS0JLcm1LSUE2Z0FEQUtCZ2dxaGtqT1BRUURBZ05JQURCRkFpRUE0SU4rUjQyaVFWWVMKaFhWQnVtOWszTCtXZEpRTGxlVTNmcXJ5Q3djR0J1d0NJRFJPNXhCbFYzOExNSkFIL0FwVEZsSzFwVFhsTUF4QQo5Z2dqWTAyRWIrOFkKLS0tLS1FTkQgQ0VSVElGSUNBVEUgUkVRVUVTVC0tLS0tCg=="},
    });
    let request =
        Request::post("/apis/certificates.k8s.io/v1/certificatesigningrequests?dryRun=All")
            .header("authorization", "Bearer open-sesame");
    let (code, answer) = send(&server, request, &csr);
    assert_eq!(code, 201, "{answer}");
    assert_eq!(answer["spec"]["username"], "jane");
    assert_eq!(
        answer["spec"]["groups"],
        json!(["devs", "system:authenticated"])
    );
}
