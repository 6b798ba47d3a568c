//! What is asked of an API server to measure it, and two ways to ask: in this process, and over a connection.

#![expect(clippy::indexing_slicing, reason = "objects of this program")]

pub mod process;
pub mod watchers;
pub mod wire;

use std::{
    future::Future as _,
    pin::{Pin, pin},
    task::{Context, Poll, Waker},
};

use apply_server::{ResponseBody, Server};
use bytes::Bytes;
use http::Request;
use http_body::Body as _;
use serde_json::{Value, json};
use tower_service::Service as _;

/// A request.
#[derive(Debug, Clone)]
pub struct Ask {
    /// The method.
    pub method: &'static str,
    /// Path and query.
    pub path: String,
    /// The media type of the body.
    pub content_type: &'static str,
    /// The body.
    pub body: String,
}

const APPLY: &str = "application/apply-patch+yaml";
const MERGE: &str = "application/merge-patch+json";

impl Ask {
    /// A request without a body.
    pub fn get(path: impl Into<String>) -> Self {
        Self {
            method: "GET",
            path: path.into(),
            content_type: "",
            body: String::new(),
        }
    }

    /// A server-side apply.
    pub fn apply(path: &str, manager: &str, config: &Value) -> Self {
        Self {
            method: "PATCH",
            path: format!("{path}?fieldManager={manager}"),
            content_type: APPLY,
            body: config.to_string(),
        }
    }

    /// As it is sent by HTTP/1.1.
    pub fn http_1(&self) -> String {
        let mut text = format!(
            "{} {} HTTP/1.1\r\nhost: server\r\nuser-agent: figures/1\r\naccept: application/json\r\n",
            self.method, self.path
        );
        if !self.content_type.is_empty() {
            text.push_str("content-type: ");
            text.push_str(self.content_type);
            text.push_str("\r\ncontent-length: ");
            text.push_str(&self.body.len().to_string());
            text.push_str("\r\n");
        }
        text.push_str("\r\n");
        text.push_str(&self.body);
        text
    }

    /// The same, whether or not it conflicts.
    #[must_use]
    pub fn forced(mut self) -> Self {
        self.path.push_str("&force=true");
        self
    }

    /// A JSON merge patch.
    pub fn merge(path: &str, manager: &str, patch: &Value) -> Self {
        Self {
            method: "PATCH",
            path: format!("{path}?fieldManager={manager}"),
            content_type: MERGE,
            body: patch.to_string(),
        }
    }
}

/// Who asks.
pub trait Client {
    /// The code and the body of the answer.
    fn ask(&mut self, ask: &Ask) -> (u16, Bytes);
}

/// A request to the service as a client library hands it over, answered at once.
#[derive(Debug)]
pub struct InProcess(pub Server);

impl Client for InProcess {
    fn ask(&mut self, ask: &Ask) -> (u16, Bytes) {
        let (code, mut body) = self.open(ask);
        let mut cx = Context::from_waker(Waker::noop());
        let mut whole = Bytes::new();
        while let Poll::Ready(Some(Ok(frame))) = Pin::new(&mut body).poll_frame(&mut cx) {
            if let Ok(data) = frame.into_data() {
                whole = if whole.is_empty() {
                    data
                } else {
                    [whole, data].concat().into()
                };
            }
        }
        (code, whole)
    }
}

impl InProcess {
    /// The code, and the body of an answer that may go on.
    ///
    /// # Panics
    /// The request is none, or the server does not answer at once.
    pub fn open(&mut self, ask: &Ask) -> (u16, ResponseBody) {
        let mut request = Request::builder().method(ask.method).uri(&ask.path);
        if !ask.content_type.is_empty() {
            request = request.header("content-type", ask.content_type);
        }
        let request = request.header("user-agent", "figures/1");
        let request = request.body(ask.body.clone());
        #[expect(clippy::expect_used, reason = "requests of this program")]
        let answer = pin!(self.0.call(request.expect("a request")));
        let mut cx = Context::from_waker(Waker::noop());
        match answer.poll(&mut cx) {
            Poll::Ready(Ok(answer)) => (answer.status().as_u16(), answer.into_body()),
            Poll::Ready(Err(never)) => match never {},
            Poll::Pending => unreachable!("the body of the request is there"),
        }
    }
}

/// Where the Deployment is.
pub const DEPLOYMENT: &str = "/apis/apps/v1/namespaces/default/deployments/web";
/// Where ConfigMaps are.
pub const CONFIG_MAPS: &str = "/api/v1/namespaces/default/configmaps";

/// What the three managers of the Deployment want of it: all of the workload, the scale, and what it is labelled with.
pub fn intents() -> [(&'static str, Value); 3] {
    let probe = |path: &str| json!({"httpGet": {"path": path, "port": "http"}, "periodSeconds": 10, "timeoutSeconds": 2});
    let container = |name: &str, port: u16| {
        json!({
            "name": name, "image": format!("registry.example.com/{name}:1.0.0"), "imagePullPolicy": "IfNotPresent",
            "args": ["--verbose", "--port", port.to_string()],
            "env": [{"name": "MODE", "value": "production"}, {"name": "LEVEL", "value": "info"}],
            "ports": [{"name": if name == "web" { "http" } else { "metrics" }, "containerPort": port, "protocol": "TCP"}],
            "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"memory": "128Mi"}},
        })
    };
    let mut web = container("web", 8080);
    if let Some(web) = web.as_object_mut() {
        web.insert("readinessProbe".to_owned(), probe("/ready"));
        web.insert("livenessProbe".to_owned(), probe("/alive"));
    }
    let of = |metadata: Value, spec: Value| json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec});
    let workload = of(
        json!({"name": "web", "namespace": "default", "labels": {"app": "web"}, "annotations": {"release": "1"}}),
        json!({
            "selector": {"matchLabels": {"app": "web"}},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [web, container("sidecar", 9090)], "terminationGracePeriodSeconds": 30},
            },
        }),
    );
    let scale = of(
        json!({"name": "web", "namespace": "default"}),
        json!({"replicas": 3}),
    );
    let labels = of(
        json!({"name": "web", "namespace": "default", "labels": {"team": "a", "cost-center": "42"}, "annotations": {"owner": "a@example.com"}}),
        json!({"revisionHistoryLimit": 5}),
    );
    [
        ("deployer", workload),
        ("scaler", scale),
        ("labeller", labels),
    ]
}

/// The intent of one of the managers with another value, so that an apply of it changes the object.
///
/// # Panics
/// There is no such manager.
pub fn changed(manager: &str, to: usize) -> Value {
    let [(_, mut workload), (_, mut scale), (_, mut labels)] = intents();
    match manager {
        "deployer" => {
            workload["spec"]["template"]["spec"]["containers"][0]["image"] =
                format!("registry.example.com/web:1.0.{to}").into();
            workload
        }
        "scaler" => {
            scale["spec"]["replicas"] = (to % 1000).into();
            scale
        }
        "labeller" => {
            labels["metadata"]["labels"]["cost-center"] = to.to_string().into();
            labels
        }
        other => unreachable!("no manager {other}"),
    }
}

/// The ConfigMap of that number: 520 bytes or so when it is stored. One of ten is labelled `tier: gold`.
pub fn config_map(number: usize) -> Value {
    let tier = if number.is_multiple_of(10) {
        "gold"
    } else {
        "plain"
    };
    json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": config_map_name(number), "namespace": "default", "labels": {"tier": tier}},
        "data": {"key": format!("value-{number}"), "mode": "on"},
    })
}

/// The name of a ConfigMap.
pub fn config_map_name(number: usize) -> String {
    format!("config-{number:07}")
}

/// The apply that creates a ConfigMap.
pub fn create_config_map(number: usize) -> Ask {
    let path = format!("{CONFIG_MAPS}/{}", config_map_name(number));
    Ask::apply(&path, "creator", &config_map(number))
}
