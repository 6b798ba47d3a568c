//! The members of the cluster's etcd.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use crate::{Effect, ErrorClass, Outlook, PhaseError, Port};

/// What joining needs of a cluster's etcd.
pub trait Etcd: Send + Sync {
    /// Its members.
    ///
    /// # Errors
    /// It does not answer.
    fn members(&self) -> Result<Vec<Member>, PhaseError>;

    /// Adds a member that learns first and has no vote yet.
    ///
    /// # Errors
    /// It refuses, or does not answer.
    fn add_learner(&self, peer_url: &str) -> Result<(), PhaseError>;

    /// Gives a member that has learnt enough its vote.
    ///
    /// # Errors
    /// It refuses: as [`ErrorClass::NotYet`](crate::ErrorClass::NotYet) while the member still learns.
    fn promote(&self, id: u64) -> Result<(), PhaseError>;

    /// Removes a member.
    ///
    /// # Errors
    /// It refuses, or does not answer.
    fn remove(&self, id: u64) -> Result<(), PhaseError>;
}

/// The name under which a [`Runner`](crate::Runner) has the port of etcd.
pub const ETCD_PORT: &str = "etcd";

/// The port of an etcd: it adds members and gives them their vote.
#[expect(
    missing_debug_implementations,
    reason = "a client need not show itself"
)]
pub struct EtcdPort<'a>(pub &'a dyn Etcd);

impl Port for EtcdPort<'_> {
    fn carry_out(&self, effect: &Effect) -> Result<(), PhaseError> {
        let url = |what: &str| effect.data().get(what).and_then(Value::as_str);
        if let Some(url) = url("add") {
            return self.0.add_learner(url);
        }
        if let Some(url) = url("removeAt") {
            let members = self.0.members()?;
            let own = at(&members, url).filter(|_| members.len() > 1);
            return own.map_or(Ok(()), |own| self.0.remove(own.id));
        }
        if let Some(id) = effect.data().get("remove").and_then(Value::as_u64) {
            return self.0.remove(id);
        }
        if effect.data().get("available") == Some(&Value::Bool(true)) {
            return available(self.0);
        }
        let Some(url) = url("promote") else {
            let text = format!("{} is nothing that etcd does", effect.title());
            return Err(PhaseError::fatal("etcd.not-an-operation", text));
        };
        let members = self.0.members()?;
        match at(&members, url) {
            Some(member) if member.learner => self.0.promote(member.id),
            Some(_) => Ok(()),
            None => Err(PhaseError::fatal(
                "etcd.no-member",
                format!("there is no member at {url}"),
            )),
        }
    }

    fn outlook(&self, effect: &Effect) -> Result<Outlook, PhaseError> {
        let url = effect.data().get("removeAt").and_then(Value::as_str);
        let Some(url) = url else {
            return Ok(Outlook::Open);
        };
        Ok(match at(&self.0.members()?, url) {
            Some(_) => Outlook::Open,
            None => Outlook::Settled,
        })
    }
}

/// The member that the others reach at this URL.
fn at<'m>(members: &'m [Member], url: &str) -> Option<&'m Member> {
    let has = |member: &&Member| member.peer_urls.iter().any(|own| own == url);
    members.iter().find(has)
}

/// An etcd that is restarted answers again after a while.
fn available(etcd: &dyn Etcd) -> Result<(), PhaseError> {
    match etcd.members() {
        Ok(members) if !members.is_empty() => Ok(()),
        Ok(_) => Err(PhaseError::not_yet("etcd.no-member", "etcd has no member")),
        Err(error) if error.class == ErrorClass::Transient => Err(PhaseError {
            class: ErrorClass::NotYet,
            ..error
        }),
        Err(error) => Err(error),
    }
}

/// A member of etcd.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its ID.
    pub id: u64,
    /// Its name; empty until it has started.
    pub name: String,
    /// The URLs that the others reach it at.
    pub peer_urls: Vec<String>,
    /// Whether it still learns.
    pub learner: bool,
}

/// An etcd of which nothing is there but the list of its members.
#[derive(Debug, Default)]
pub struct MemEtcd(Mutex<Vec<Member>>);

impl Clone for MemEtcd {
    /// Another etcd with the members that this one has now.
    fn clone(&self) -> Self {
        Self(Mutex::new(self.lock().clone()))
    }
}

impl MemEtcd {
    /// An etcd with one member.
    pub fn new(name: &str, peer_url: &str) -> Self {
        Self(Mutex::new(vec![Member {
            id: 1,
            name: name.to_owned(),
            peer_urls: vec![peer_url.to_owned()],
            learner: false,
        }]))
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Member>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Etcd for MemEtcd {
    fn members(&self) -> Result<Vec<Member>, PhaseError> {
        Ok(self.lock().clone())
    }

    fn add_learner(&self, peer_url: &str) -> Result<(), PhaseError> {
        let mut members = self.lock();
        if members
            .iter()
            .any(|member| member.peer_urls.iter().any(|url| url == peer_url))
        {
            let text = format!("there is a member at {peer_url} already");
            return Err(PhaseError::conflict("etcd.member-exists", text));
        }
        let id = members
            .iter()
            .map(|member| member.id)
            .max()
            .unwrap_or_default()
            + 1;
        let peer_urls = vec![peer_url.to_owned()];
        members.push(Member {
            id,
            name: String::new(),
            peer_urls,
            learner: true,
        });
        Ok(())
    }

    fn promote(&self, id: u64) -> Result<(), PhaseError> {
        let mut members = self.lock();
        match members.iter_mut().find(|member| member.id == id) {
            Some(member) => {
                member.learner = false;
                Ok(())
            }
            None => Err(PhaseError::fatal(
                "etcd.no-member",
                "there is no such member",
            )),
        }
    }

    fn remove(&self, id: u64) -> Result<(), PhaseError> {
        self.lock().retain(|member| member.id != id);
        Ok(())
    }
}
