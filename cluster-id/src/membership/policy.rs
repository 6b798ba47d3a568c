//! The rules of membership as objects that a plain API server enforces.

use serde_json::{Value, json};

use crate::{
    property::{VALUE_MAX, WellKnown},
    rule::Rule,
};

/// Who runs a cluster: only they may give properties names without a suffix. Everybody else counts as a tool.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Operators {
    /// Users, by name.
    pub users: Vec<String>,
    /// Groups, by name.
    pub groups: Vec<String>,
}

impl Operators {
    /// The members of these groups.
    pub fn groups<N: Into<String>>(groups: impl IntoIterator<Item = N>) -> Self {
        Self {
            groups: groups.into_iter().map(Into::into).collect(),
            ..Self::default()
        }
    }
}

/// The regular expression of a DNS subdomain.
const SUBDOMAIN: &str = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$";

/// The regular expression of a DNS label.
const LABEL: &str = "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$";

/// What the objects are called, with what follows for each.
const PREFIX: &str = "cluster-id-";

/// `ValidatingAdmissionPolicy` objects, each with its binding, that make an API server keep the rules of membership for its
/// `ClusterProperty` objects. They decide as [`review`](super::admission::review) does. With `operators`, names of properties
/// are checked too. A message begins with the number of its rule; only that a cluster joins without any object for its ID is
/// refused with the API server's own message for a parameter that is not there.
///
/// The policies about the two well-known properties look at the other one as their parameter, which the API server reads from a
/// cache: writes of both within moments may pass. That an ID is unique in its set no cluster can tell by itself; both is for
/// the [`Roster`](super::Roster) to see to.
///
/// ```
/// use cluster_id::membership::policy::admission_policies;
///
/// let objects = admission_policies(None);
/// let names: Vec<&str> = objects.iter().filter_map(|object| object["metadata"]["name"].as_str()).collect();
/// assert_eq!(names.len(), 8);
/// assert_eq!(names[2], "cluster-id-is-stable");
/// ```
pub fn admission_policies(operators: Option<&Operators>) -> Vec<Value> {
    let parts = [
        values(operators),
        id_is_stable(),
        id_is_there(),
        portability(),
    ];
    parts.into_iter().flat_map(Part::objects).collect()
}

/// A policy and its binding.
struct Part {
    name: &'static str,
    /// Create, update, delete.
    operations: &'static [&'static str],
    /// To which requests it applies.
    conditions: Vec<(&'static str, String)>,
    validations: Vec<Validation>,
    /// The property that it looks at, and what becomes of a request if there is none.
    parameter: Option<(WellKnown, &'static str)>,
    actions: &'static [&'static str],
}

struct Validation {
    rule: Rule,
    expression: String,
    message: &'static str,
}

impl Part {
    fn objects(self) -> [Value; 2] {
        let name = format!("{PREFIX}{}", self.name);
        let validations = self.validations.into_iter().map(|validation| {
            json!({
                "expression": validation.expression,
                "message": format!("{}: {}", validation.rule, validation.message),
                "reason": "Invalid",
            })
        });
        let conditions = self.conditions.into_iter();
        let conditions: Vec<Value> = conditions
            .map(|(name, expression)| json!({"name": name, "expression": expression}))
            .collect();
        let mut spec = json!({
            "failurePolicy": "Fail",
            "matchConstraints": {"resourceRules": [{
                "apiGroups": ["about.k8s.io"],
                "apiVersions": ["*"],
                "operations": self.operations,
                "resources": ["clusterproperties"],
            }]},
            "validations": validations.collect::<Vec<_>>(),
        });
        if !conditions.is_empty() {
            insert(&mut spec, "matchConditions", conditions.into());
        }
        let mut binding = json!({"policyName": name, "validationActions": self.actions});
        if let Some((property, absent)) = self.parameter {
            let kind = json!({"apiVersion": "about.k8s.io/v1beta1", "kind": "ClusterProperty"});
            insert(&mut spec, "paramKind", kind);
            let parameter = json!({"name": property.name(), "parameterNotFoundAction": absent});
            insert(&mut binding, "paramRef", parameter);
        }
        let object = |kind: &str, spec: Value| {
            json!({
                "apiVersion": "admissionregistration.k8s.io/v1",
                "kind": kind,
                "metadata": {"name": name},
                "spec": spec,
            })
        };
        [
            object("ValidatingAdmissionPolicy", spec),
            object("ValidatingAdmissionPolicyBinding", binding),
        ]
    }
}

fn insert(object: &mut Value, field: &str, value: Value) {
    if let Some(object) = object.as_object_mut() {
        object.insert(field.to_owned(), value);
    }
}

/// Whether the request is about that property, whatever is done to it.
fn is_about(property: WellKnown) -> String {
    format!(
        "(object == null ? oldObject : object).metadata.name == '{}'",
        property.name()
    )
}

/// The value before and after; empty if there is none, which no value is.
fn value(object: &str) -> String {
    format!("({object} == null || !has({object}.spec) ? '' : {object}.spec.value)")
}

/// What one object says by itself.
fn values(operators: Option<&Operators>) -> Part {
    let (id, set) = (WellKnown::ClusterId.name(), WellKnown::ClusterSet.name());
    let new = value("object");
    let mut validations = vec![
        Validation {
            rule: Rule::PropertyValue,
            expression: format!("{new}.size() <= {VALUE_MAX}"),
            message: "the value of a property has at most 128000 characters",
        },
        Validation {
            rule: Rule::IdSyntax,
            expression: format!(
                "object.metadata.name != '{id}' || {new} == '' || ({new}.size() <= 253 && {new}.matches({}))",
                quoted(SUBDOMAIN),
            ),
            message: "a cluster ID is a DNS subdomain",
        },
        Validation {
            rule: Rule::SetStable,
            expression: format!(
                "object.metadata.name != '{set}' || {new} == '' || {old} == '' || {new} == {old}",
                old = value("oldObject"),
            ),
            message: "the cluster is a member of another ClusterSet; delete the property to leave, then join",
        },
    ];
    if let Some(operators) = operators {
        let well_known = format!("object.metadata.name in ['{id}', '{set}'] || {new} == ''");
        let reserved = ["k8s.io", "kubernetes.io"].map(|suffix| {
            format!(
                "(object.metadata.name != '{suffix}' && !object.metadata.name.endsWith('.{suffix}'))"
            )
        });
        validations.push(Validation {
            rule: Rule::AdditionalNames,
            expression: format!("{well_known} || ({})", reserved.join(" && ")),
            message: "names that end in .k8s.io or .kubernetes.io are reserved",
        });
        let is_operator = format!(
            "request.userInfo.username in {} || (has(request.userInfo.groups) && request.userInfo.groups.exists(group, group in {}))",
            list(&operators.users),
            list(&operators.groups),
        );
        validations.push(Validation {
            rule: Rule::AdditionalNames,
            expression: format!(
                "{well_known} || object.metadata.name.contains('.') || {is_operator}"
            ),
            message: "only who runs the cluster names properties without a suffix; add a domain that is yours",
        });
    }
    Part {
        name: "values",
        operations: &["CREATE", "UPDATE"],
        conditions: Vec::new(),
        validations,
        parameter: None,
        actions: &["Deny"],
    }
}

/// The ID of a member, looked at beside its set.
fn id_is_stable() -> Part {
    Part {
        name: "is-stable",
        operations: &["CREATE", "UPDATE", "DELETE"],
        conditions: vec![("is-the-id", is_about(WellKnown::ClusterId))],
        validations: vec![Validation {
            rule: Rule::IdStable,
            expression: format!(
                "{} == '' || {} == {}",
                value("params"),
                value("object"),
                value("oldObject")
            ),
            message: "the cluster is a member of a ClusterSet, and its ID stays as it is; leave the ClusterSet first",
        }],
        parameter: Some((WellKnown::ClusterSet, "Allow")),
        actions: &["Deny"],
    }
}

/// The set of a new member, looked at beside its ID.
fn id_is_there() -> Part {
    Part {
        name: "is-there",
        operations: &["CREATE", "UPDATE"],
        conditions: vec![
            ("is-the-set", is_about(WellKnown::ClusterSet)),
            (
                "joins",
                format!("{} != '' && {} == ''", value("object"), value("oldObject")),
            ),
        ],
        validations: vec![Validation {
            rule: Rule::JoinNeedsId,
            expression: format!("{} != ''", value("params")),
            message: "the cluster has no ID to join with; create the property cluster.clusterset.k8s.io first",
        }],
        parameter: Some((WellKnown::ClusterId, "Deny")),
        actions: &["Deny"],
    }
}

/// IDs that will not fit where multi-cluster APIs put them. That is a warning, and no more.
fn portability() -> Part {
    let new = value("object");
    Part {
        name: "fits",
        operations: &["CREATE", "UPDATE"],
        conditions: vec![
            ("is-the-id", is_about(WellKnown::ClusterId)),
            ("has-a-value", format!("{new} != ''")),
        ],
        validations: vec![Validation {
            rule: Rule::IdAsLabel,
            expression: format!("{new}.matches({})", quoted(LABEL)),
            message: "an ID that is no DNS label of at most 63 characters does not fit everywhere where multi-cluster APIs put it",
        }],
        parameter: None,
        actions: &["Warn"],
    }
}

/// A text as CEL writes it.
fn quoted(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('\'', "\\'");
    format!("'{escaped}'")
}

/// A list of texts as CEL writes it.
fn list(texts: &[String]) -> String {
    let texts: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
    format!("[{}]", texts.join(", "))
}
