//! Operations through a `kube::Client` (feature `kube`).

use std::{fmt, future::Future};

use http::header::{ACCEPT, CONTENT_TYPE, WARNING};
use kube::client::Body;
use serde_json::Value;

use super::{Operation, Outcome, Refusal, Request};

/// Carries out operations, as [`Executor`](super::Executor) does, without blocking.
pub trait AsyncExecutor {
    /// Carries out one operation.
    ///
    /// # Errors
    /// The refusal of the server, or that there was no answer.
    fn execute(
        &self,
        operation: &Operation,
    ) -> impl Future<Output = Result<Outcome, Refusal>> + Send;
}

/// Carries out operations at the API server that a client is connected to.
///
/// ```no_run
/// use apply_semantics::op::{AsyncExecutor, KubeExecutor, Operation, ResourceRef};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let executor = KubeExecutor::new(kube::Client::try_default().await?);
/// let nodes = ResourceRef::of_kind("v1", "Node").all();
/// let outcome = executor.execute(&Operation::list(nodes, Default::default())).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct KubeExecutor {
    client: kube::Client,
}

impl KubeExecutor {
    /// Sends operations through that client.
    pub fn new(client: kube::Client) -> Self {
        Self { client }
    }

    /// The client.
    pub fn client(&self) -> &kube::Client {
        &self.client
    }

    async fn send(&self, operation: &Operation) -> Result<Outcome, Refusal> {
        let request = http_request(&operation.to_request())?;
        let response = self.client.send(request).await;
        let response = response.map_err(|error| Refusal::unreachable(error.to_string()))?;
        let (head, body) = response.into_parts();
        let bytes = body.collect_bytes().await;
        let bytes = bytes.map_err(|error| Refusal::unreachable(error.to_string()))?;
        let warnings = head.headers.get_all(WARNING).iter();
        let warnings = warnings
            .filter_map(|value| warning(value.to_str().ok()?))
            .collect();
        let body = serde_json::from_slice(&bytes)
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned()));
        Outcome::of_answer(operation, head.status.as_u16(), body, warnings)
    }
}

impl AsyncExecutor for KubeExecutor {
    fn execute(
        &self,
        operation: &Operation,
    ) -> impl Future<Output = Result<Outcome, Refusal>> + Send {
        self.send(operation)
    }
}

impl fmt::Debug for KubeExecutor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KubeExecutor").finish_non_exhaustive()
    }
}

fn http_request(request: &Request) -> Result<http::Request<Body>, Refusal> {
    let mut builder = http::Request::builder()
        .method(request.method.as_str())
        .uri(request.path_and_query())
        .header(ACCEPT, "application/json");
    if let Some(content_type) = request.content_type {
        builder = builder.header(CONTENT_TYPE, content_type);
    }
    let body = request
        .body
        .as_ref()
        .map(Value::to_string)
        .unwrap_or_default();
    builder
        .body(Body::from(body.into_bytes()))
        .map_err(|error| Refusal::bad_request(error.to_string()))
}

/// The text of a warning header: `299 - "text"`.
fn warning(header: &str) -> Option<String> {
    let quoted = header.splitn(3, ' ').nth(2)?;
    let text = quoted.strip_prefix('"')?.strip_suffix('"')?;
    Some(text.replace("\\\"", "\"").replace("\\\\", "\\"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_are_unquoted() {
        let text = warning("299 - \"unknown field \\\"spec.x\\\"\"");
        assert_eq!(text.as_deref(), Some("unknown field \"spec.x\""));
        assert_eq!(warning("nonsense"), None);
    }
}
