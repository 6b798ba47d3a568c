//! Faults on demand: what a server does on a bad day, when a test wants it.

use apply_semantics::op::{Reason, Refusal};

use crate::requests::RequestRecord;

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The request is refused, and nothing is done.
    Refuse(Refusal),
    /// The request is done, and its answer gets lost: the client is told that it took too long.
    LoseAnswer,
    /// The request is done, and its answer comes so many seconds of the server's clock later. Only the HTTP service waits; operations
    /// that are carried out directly are answered at once.
    Delay(u64),
    /// A watch breaks off after so many events.
    DropWatch(u64),
    /// A get or a list is answered as it was so many writes ago, as from a cache that is behind; at most as far back as the history
    /// goes.
    Stale(u64),
}

/// When something goes wrong.
///
/// ```
/// use apply_semantics::op::{Operation, Reason, ResourceRef};
/// use apply_server::{FaultRule, Server};
///
/// let server = Server::new();
/// server.inject(FaultRule::unavailable().verb("get").resource("nodes").times(1));
///
/// let get = Operation::get(ResourceRef::of_kind("v1", "Node").all().named("a"));
/// assert_eq!(server.execute(&get).unwrap_err().reason, Reason::ServiceUnavailable);
/// assert_eq!(server.execute(&get).unwrap_err().reason, Reason::NotFound);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultRule {
    fault: Fault,
    verb: Option<String>,
    resource: Option<String>,
    name: Option<String>,
    skip: u32,
    times: Option<u32>,
}

impl FaultRule {
    /// That fault, with every request.
    pub fn new(fault: Fault) -> Self {
        Self {
            fault,
            verb: None,
            resource: None,
            name: None,
            skip: 0,
            times: None,
        }
    }

    /// The server is not ready.
    pub fn unavailable() -> Self {
        let message = "the server is currently unable to handle the request";
        Self::new(Fault::Refuse(Refusal::new(
            Reason::ServiceUnavailable,
            message,
        )))
    }

    /// The object has been modified by somebody else.
    pub fn conflict() -> Self {
        let message = "Operation cannot be fulfilled: the object has been modified; please apply your changes to the latest version and try again";
        Self::new(Fault::Refuse(Refusal::new(Reason::Conflict, message)))
    }

    /// There are too many requests; the client is to come back after so many seconds.
    pub fn too_many_requests(seconds: u32) -> Self {
        let message =
            "the server has received too many requests and has asked us to try again later";
        Self::new(Fault::Refuse(
            Refusal::new(Reason::TooManyRequests, message).retry_after(seconds),
        ))
    }

    /// Something is broken inside the server.
    pub fn internal_error() -> Self {
        Self::new(Fault::Refuse(Refusal::internal(
            "an error on the server has prevented the request from succeeding",
        )))
    }

    /// The answer gets lost after the request is done.
    pub fn lost_answer() -> Self {
        Self::new(Fault::LoseAnswer)
    }

    /// The answer comes so many seconds late, see [`Fault::Delay`].
    pub fn delay(seconds: u64) -> Self {
        Self::new(Fault::Delay(seconds))
    }

    /// A watch breaks off after so many events.
    pub fn dropped_watch(events: u64) -> Self {
        Self::new(Fault::DropWatch(events)).verb("watch")
    }

    /// A get or a list is so many writes behind.
    pub fn stale(writes: u64) -> Self {
        Self::new(Fault::Stale(writes))
    }

    /// The server takes too long, and nothing is done.
    pub fn timeout() -> Self {
        let message = "Timeout: request did not complete within requested timeout - context deadline exceeded";
        Self::new(Fault::Refuse(Refusal::new(Reason::Timeout, message)))
    }

    /// Only with requests of that verb, as in [`RequestRecord::verb`].
    #[must_use]
    pub fn verb(mut self, verb: impl Into<String>) -> Self {
        self.verb = Some(verb.into());
        self
    }

    /// Only with requests for that resource, such as `pods`.
    #[must_use]
    pub fn resource(mut self, resource: impl Into<String>) -> Self {
        self.resource = Some(resource.into());
        self
    }

    /// Only with requests for an object of that name.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Only after that many requests that would have met it.
    #[must_use]
    pub fn after(mut self, requests: u32) -> Self {
        self.skip = requests;
        self
    }

    /// Only that many times.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    fn meets(&self, request: &RequestRecord) -> bool {
        let fits = |wanted: &Option<String>, found: Option<&str>| {
            wanted.as_deref().is_none_or(|wanted| found == Some(wanted))
        };
        fits(&self.verb, Some(request.verb))
            && fits(&self.resource, Some(&request.resource))
            && fits(&self.name, request.name.as_deref())
    }
}

/// The rules in force.
#[derive(Debug, Clone, Default)]
pub(crate) struct Faults(Vec<FaultRule>);

impl Faults {
    pub(crate) fn add(&mut self, rule: FaultRule) {
        self.0.push(rule);
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// What goes wrong with a request: the first rule that meets it decides, and is used up by it.
    pub(crate) fn strike(&mut self, request: &RequestRecord) -> Option<Fault> {
        let mut struck = None;
        for rule in self.0.iter_mut().filter(|rule| rule.meets(request)) {
            if rule.skip > 0 {
                rule.skip -= 1;
                continue;
            }
            if rule.times == Some(0) {
                continue;
            }
            rule.times = rule.times.map(|times| times - 1);
            struck = Some(rule.fault.clone());
            break;
        }
        self.0.retain(|rule| rule.times != Some(0));
        struck
    }
}
