//! Asking URLs: whether a component is healthy, and for a kubeconfig that a node joins by.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use crate::{Command, Host, PhaseError};

/// Asks URLs.
pub trait Http: Send + Sync {
    /// What a URL answers to `GET`, whatever its status is. Redirections are followed as long as they stay with `https`.
    ///
    /// # Errors
    /// Nobody answers, or who answers is not trusted. [`ErrorClass::NotYet`](crate::ErrorClass::NotYet) where somebody may answer later.
    fn get(&self, url: &str, trust: Trust) -> Result<Answer, PhaseError>;
}

/// Whom a client believes to be a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// Whoever has a certificate of an authority that the system trusts.
    System,
    /// Anybody: for questions whose answers are not believed, such as whether a component on this very host is healthy.
    Anybody,
}

/// What a URL answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The status: 200 is well.
    pub status: u16,
    /// The body.
    pub body: String,
}

/// Asks with the program `curl` of a host: it knows the authorities and the proxies that the system is set up with.
#[derive(Clone)]
pub struct CurlHttp(pub Arc<dyn Host>);

const CURL: &str = "curl";
/// How long one answer may take, in seconds.
const PATIENCE: &str = "10";

impl Http for CurlHttp {
    fn get(&self, url: &str, trust: Trust) -> Result<Answer, PhaseError> {
        let mut args = vec!["--silent", "--show-error", "--location"];
        args.extend(["--proto-redir", "=https", "--max-time", PATIENCE]);
        if trust == Trust::Anybody {
            args.extend(["--insecure", "--noproxy", "*"]);
        }
        // The status comes behind the body.
        args.extend(["--write-out", "%{http_code}", "--", url]);
        let output = self.0.run(&Command::new(CURL, args))?;
        if !output.is_success() {
            let text = format!("{url}: {}", output.stderr.trim());
            return Err(PhaseError::not_yet("http.no-answer", text));
        }
        let cut = output.stdout.len().saturating_sub(3);
        let parts = output.stdout.split_at_checked(cut);
        let parsed = parts.and_then(|(body, status)| Some((body, status.parse().ok()?)));
        let Some((body, status)) = parsed else {
            let text = format!("{url}: {CURL} tells no status");
            return Err(PhaseError::fatal("http.no-status", text));
        };
        Ok(Answer {
            status,
            body: body.to_owned(),
        })
    }
}

impl fmt::Debug for CurlHttp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CurlHttp").finish_non_exhaustive()
    }
}

/// Answers by URL, for tests: who is not among them does not answer.
#[derive(Debug, Default)]
pub struct MemHttp(Mutex<BTreeMap<String, Answer>>);

impl MemHttp {
    /// Nobody answers.
    pub fn new() -> Self {
        Self::default()
    }

    /// From now on this URL answers so.
    pub fn answer(&self, url: &str, status: u16, body: &str) {
        let mut answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = Answer {
            status,
            body: body.to_owned(),
        };
        answers.insert(url.to_owned(), answer);
    }
}

impl Http for MemHttp {
    fn get(&self, url: &str, _: Trust) -> Result<Answer, PhaseError> {
        let answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = answers.get(url).cloned();
        found.ok_or_else(|| {
            PhaseError::not_yet("http.no-answer", format!("{url}: connection refused"))
        })
    }
}

/// Whether a URL answers that all is well.
///
/// # Errors
/// It does not yet.
pub(crate) fn healthy(http: &dyn Http, name: &str, url: &str) -> Result<(), PhaseError> {
    let answer = http.get(url, Trust::Anybody)?;
    if answer.status == 200 {
        return Ok(());
    }
    let text = format!("{name} is not healthy: {url} answers {}", answer.status);
    Err(PhaseError::not_yet("http.not-healthy", text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ErrorClass, MemHost};

    #[test]
    fn curl_tells_body_and_status() {
        let host = MemHost::new().program("curl");
        let http = CurlHttp(Arc::new(host.clone()));
        http.get("https://a.example/x", Trust::System).unwrap_err();
        let line = host.commands()[0].to_string();
        assert!(
            !line.contains("--insecure") && line.ends_with("-- https://a.example/x"),
            "{line}"
        );
        let answering = host.answer(&line, "ok\n503");
        let answer = CurlHttp(Arc::new(answering)).get("https://a.example/x", Trust::System);
        assert_eq!(
            answer.unwrap(),
            Answer {
                status: 503,
                body: "ok\n".to_owned()
            }
        );
        let none = CurlHttp(Arc::new(MemHost::new())).get("https://a.example", Trust::Anybody);
        assert_eq!(none.unwrap_err().code, "host.no-program");
    }

    #[test]
    fn only_200_is_healthy() {
        let http = MemHttp::new();
        let ask = || healthy(&http, "x", "http://x").map_err(|error| error.class);
        assert_eq!(ask(), Err(ErrorClass::NotYet));
        http.answer("http://x", 500, "no");
        assert_eq!(ask(), Err(ErrorClass::NotYet));
        http.answer("http://x", 200, "ok");
        assert_eq!(ask(), Ok(()));
    }
}
