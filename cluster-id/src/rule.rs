//! The rules that decisions follow, by number, and how a decision explains itself.

use std::fmt;

use serde::{Serialize, Serializer};

macro_rules! rules {
    ($($(#[$doc:meta])* $name:ident $number:literal $source:literal $statement:literal)*) => {
        /// A rule that this crate enforces or follows, and where it is written.
        ///
        /// The numbers are this crate's own, so that logs, tests and people can name a rule without its text.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Rule {
            $(#[doc = concat!($number, ": ", $statement, " (", $source, ").")] $name,)*
        }

        impl Rule {
            /// Every rule, in the order of the numbers.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The number, such as `ID-9`.
            pub const fn number(self) -> &'static str {
                match self { $(Self::$name => $number,)* }
            }

            /// What the rule says, in one sentence.
            pub const fn statement(self) -> &'static str {
                match self { $(Self::$name => $statement,)* }
            }

            /// Where the rule comes from.
            pub const fn source(self) -> &'static str {
                match self { $(Self::$name => $source,)* }
            }
        }
    };
}

rules! {
    PropertyName "ID-2" "KEP-2149"
        "a cluster property is known by the name of its object, a DNS subdomain"
    PropertyValue "ID-3" "about-api"
        "a property has a value of 1 to 128000 characters"
    IdSyntax "ID-4" "KEP-2149"
        "a cluster ID is a DNS subdomain, better one of less than 128 characters"
    IdStable "ID-6" "KEP-2149"
        "a cluster ID exists and stays as it is as long as its cluster is a member"
    SetStable "ID-7" "KEP-2149"
        "the ClusterSet of a member stays as it is until the cluster leaves"
    SetOnlyForMembers "ID-8" "KEP-2149"
        "only a member has a ClusterSet"
    JoinNeedsId "ID-9" "KEP-2149"
        "a cluster without an ID cannot join"
    IdUnique "ID-10" "KEP-2149"
        "a cluster cannot join with an ID that another member has"
    AdditionalNames "ID-15" "KEP-2149"
        "shared tools name their properties with a suffix of their own; .k8s.io and .kubernetes.io are reserved"
    McsClusterId "ID-16" "KEP-1645"
        "for multi-cluster services, a cluster ID is a DNS label or two of them"
    IdAsLabel "ID-18" "KEP-1645"
        "a cluster ID is the value of the label multicluster.kubernetes.io/source-cluster"
    NamespaceSameness "NS-1" "namespace sameness position statement"
        "namespaces of one name have the same owners in every cluster of a ClusterSet, unless a policy excepts them"
    ExportByName "MCS-1" "KEP-1645"
        "a Service is exported by a ServiceExport of the same name, and only by that"
    ImportNeedsNamespace "MCS-4" "KEP-1645"
        "a service is imported where its namespace exists, and nowhere else"
    ImportNeedsExport "MCS-5" "KEP-1645"
        "a service is imported as long as there is a valid export"
    ExternalNameStays "MCS-6" "KEP-1645"
        "a Service of type ExternalName cannot be exported"
    ExportNeedsService "MCS-7" "KEP-1645"
        "an export without a Service is not valid"
    PortsUnite "MCS-15" "KEP-1645"
        "an import has the ports of all exports, the older one where two have a name, or protocol and number, in common"
    OldestWins "MCS-18" "KEP-1645"
        "where exports disagree, the oldest decides; of two of the same time, the one whose cluster sorts first"
    FamiliesInCommon "MCS-25" "KEP-1645"
        "an import has the IP families that its exports have in common"
    DnsLength "DNS-8" "RFC 1035"
        "a label of a DNS name has at most 63 bytes, and a name at most 253"
}

/// As the number.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.number())
    }
}

/// As the number.
impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.number())
    }
}

/// A decision that can say why it was taken.
///
/// The decision itself carries the data; this is what one tells a person.
pub trait Explain {
    /// The rule that decided.
    fn rule(&self) -> Rule;

    /// What was found that the rule applies to: one sentence, lower-case, without a dot.
    fn evidence(&self) -> String;

    /// What to do about it: one sentence, lower-case, without a dot.
    fn remedy(&self) -> String;

    /// All three in one value.
    fn explanation(&self) -> Explanation {
        Explanation {
            rule: self.rule(),
            evidence: self.evidence(),
            remedy: self.remedy(),
        }
    }
}

/// Why a decision was taken: for logs, conditions, and answers to people. The text reads `evidence (rule); remedy`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Explanation {
    /// The rule that decided.
    pub rule: Rule,
    /// What was found.
    pub evidence: String,
    /// What to do about it.
    pub remedy: String,
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}); {}", self.evidence, self.rule, self.remedy)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_rule_has_its_own_number_and_a_sentence() {
        let numbers: BTreeSet<_> = Rule::ALL.iter().map(|rule| rule.number()).collect();
        assert_eq!(numbers.len(), Rule::ALL.len());
        for rule in Rule::ALL {
            assert!(!rule.statement().is_empty() && !rule.statement().ends_with('.'));
            assert!(!rule.source().is_empty());
            assert_eq!(
                serde_json::to_value(rule).unwrap(),
                serde_json::json!(rule.number())
            );
        }
    }
}
