//! The name that makes services of several clusters one service.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{Error, error::NameKind, name::check_label};

/// Namespace and name of a service, as `namespace/name`. Exports of the same key are one service everywhere in the
/// ClusterSet.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ServiceKey {
    namespace: String,
    name: String,
}

impl ServiceKey {
    /// A key of two names.
    ///
    /// # Errors
    /// One of them is no DNS label.
    pub fn new(namespace: &str, name: &str) -> Result<Self, Error> {
        let check = |what, value: &str| {
            check_label(value).map_err(|fault| Error::Name {
                what,
                value: value.to_owned(),
                fault,
            })
        };
        check(NameKind::Namespace, namespace)?;
        check(NameKind::Service, name)?;
        Ok(Self {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        })
    }

    /// The namespace.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The name of the service.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl FromStr for ServiceKey {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let (namespace, name) = text.split_once('/').unwrap_or(("", text));
        Self::new(namespace, name)
    }
}

impl TryFrom<String> for ServiceKey {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<ServiceKey> for String {
    fn from(key: ServiceKey) -> Self {
        key.to_string()
    }
}

impl fmt::Display for ServiceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_written() {
        let key = ServiceKey::new("test", "my-service").unwrap();
        assert_eq!(key.to_string(), "test/my-service");
        assert_eq!("test/my-service".parse(), Ok(key));
        for (text, message) in [
            (
                "my-service",
                "\"\" is no namespace (a DNS label): it is empty",
            ),
            (
                "a/b.c",
                "\"b.c\" is no service name (a DNS label): it has a dot",
            ),
            (
                "a/b/c",
                "\"b/c\" is no service name (a DNS label): '/' at byte 1 is not allowed",
            ),
        ] {
            assert_eq!(text.parse::<ServiceKey>().unwrap_err().to_string(), message);
        }
    }
}
