//! The name of a ClusterSet.

use serde::{Deserialize, Serialize};

use crate::{
    Error,
    error::NameKind,
    name::{Fault, check_label_value},
    newtype::name_type,
    property::VALUE_MAX,
};

/// The name of a ClusterSet: the value of the property `clusterset.k8s.io` of its members.
///
/// KEP-2149 asks for nothing but that it tells which set is meant, so every value that a property can hold is one.
/// Inventories mark the namespace of a set with a label that has this name as its value; see
/// [`is_label_value`](Self::is_label_value).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ClusterSetName(String);

impl ClusterSetName {
    /// Reads the name of a ClusterSet.
    ///
    /// # Errors
    /// It is empty, or longer than the value of a property can be.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let length = text.chars().count();
        let fault = match length {
            0 => Fault::Empty,
            _ if length > VALUE_MAX => Fault::TooLong {
                length,
                max: VALUE_MAX,
            },
            _ => return Ok(Self(text.to_owned())),
        };
        Err(Error::Name {
            what: NameKind::ClusterSet,
            value: text.to_owned(),
            fault,
        })
    }

    /// Whether the name can be the value of a label, as in `multicluster.x-k8s.io/clusterset`.
    pub fn is_label_value(&self) -> bool {
        check_label_value(&self.0).is_ok()
    }
}

name_type!(ClusterSetName);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anything_that_a_property_holds() {
        assert!(ClusterSetName::parse("").is_err());
        assert!(ClusterSetName::parse(&"é".repeat(VALUE_MAX)).is_ok());
        assert!(ClusterSetName::parse(&"é".repeat(VALUE_MAX + 1)).is_err());
        let name = ClusterSetName::parse("My set").unwrap();
        assert!(!name.is_label_value());
        assert!(ClusterSetName::parse("environ-1").unwrap().is_label_value());
        assert_eq!(serde_json::to_string(&name).unwrap(), "\"My set\"");
    }
}
