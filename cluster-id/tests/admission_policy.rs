//! The policies that an API server enforces, evaluated as it evaluates them.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on fails"
)]

use std::collections::BTreeMap;

use apply_semantics::op::{ApplyOptions, Operation, Outcome};
use apply_server::Server;
use cel::{Context, Program};
use cluster_id::{
    Explain as _,
    id::ClusterId,
    membership::{
        admission::{Change, LocalIdentity, Verdict, review},
        policy::{Operators, admission_policies},
    },
    property::Author,
};
use conformance_runner::json_lines;
use proptest::prelude::*;
use serde_json::{Value, json};

const ID: &str = "cluster.clusterset.k8s.io";
const SET: &str = "clusterset.k8s.io";

/// The properties of a cluster: an object may have no value.
#[derive(Clone, Default)]
struct Cluster {
    properties: BTreeMap<String, Option<String>>,
    objects: Vec<Value>,
}

fn property(name: &str, value: Option<&str>) -> Value {
    let mut object = json!({"apiVersion": "about.k8s.io/v1beta1", "kind": "ClusterProperty", "metadata": {"name": name}});
    if let Some(value) = value {
        object["spec"] = json!({"value": value});
    }
    object
}

/// What is asked of the server.
#[derive(Clone, Copy)]
enum Ask<'a> {
    Put(Option<&'a str>),
    Delete,
}

fn evaluate(expression: &str, variables: &[(&str, &Value)]) -> bool {
    let program =
        Program::compile(expression).unwrap_or_else(|error| panic!("{expression}: {error}"));
    let mut context = Context::default();
    for (name, value) in variables {
        context.add_variable(*name, *value).unwrap();
    }
    match program.execute(&context) {
        Ok(cel::Value::Bool(holds)) => holds,
        other => panic!("{expression}: {other:?}"),
    }
}

impl Cluster {
    fn new(operators: Option<&Operators>) -> Self {
        Self {
            properties: BTreeMap::new(),
            objects: admission_policies(operators),
        }
    }

    fn stored(&self, name: &str) -> Option<Value> {
        let value = self.properties.get(name)?;
        Some(property(name, value.as_deref()))
    }

    fn value(&self, name: &str) -> Option<&str> {
        self.properties.get(name)?.as_deref()
    }

    /// The messages of what denies the request, and of what warns of it.
    fn admit(&self, name: &str, ask: Ask<'_>, user: &Value) -> (Vec<String>, Vec<String>) {
        let old = self.stored(name).unwrap_or(Value::Null);
        let (operation, object) = match ask {
            Ask::Put(value) if old.is_null() => ("CREATE", property(name, value)),
            Ask::Put(value) => ("UPDATE", property(name, value)),
            Ask::Delete => ("DELETE", Value::Null),
        };
        let request = json!({"operation": operation, "name": name, "userInfo": user});
        let (mut denied, mut warned) = (Vec::new(), Vec::new());
        for pair in self.objects.chunks(2) {
            let (policy, binding) = (&pair[0]["spec"], &pair[1]["spec"]);
            assert_eq!(pair[0]["metadata"]["name"], binding["policyName"]);
            let operations =
                policy["matchConstraints"]["resourceRules"][0]["operations"].as_array();
            if !operations.unwrap().contains(&json!(operation)) {
                continue;
            }
            let mut variables = vec![
                ("object", &object),
                ("oldObject", &old),
                ("request", &request),
            ];
            let conditions = policy["matchConditions"].as_array();
            let mut conditions = conditions
                .into_iter()
                .flatten()
                .map(|condition| condition["expression"].as_str().unwrap());
            if !conditions.all(|expression| evaluate(expression, &variables)) {
                continue;
            }
            let deny = binding["validationActions"] == json!(["Deny"]);
            let messages = if deny { &mut denied } else { &mut warned };
            let parameter = binding["paramRef"]["name"].as_str();
            assert_eq!(parameter.is_some(), policy.get("paramKind").is_some());
            let params = parameter.map(|name| self.stored(name));
            match &params {
                Some(None) if binding["paramRef"]["parameterNotFoundAction"] == "Allow" => continue,
                Some(None) => {
                    messages.push("no params found for policy binding".to_owned());
                    continue;
                }
                Some(Some(params)) => variables.push(("params", params)),
                None => {}
            }
            for validation in policy["validations"].as_array().unwrap() {
                if !evaluate(validation["expression"].as_str().unwrap(), &variables) {
                    messages.push(validation["message"].as_str().unwrap().to_owned());
                }
            }
        }
        (denied, warned)
    }

    fn apply(&mut self, name: &str, ask: Ask<'_>) {
        match ask {
            Ask::Put(value) => {
                let value = value.map(str::to_owned);
                self.properties.insert(name.to_owned(), value);
            }
            Ask::Delete => {
                self.properties.remove(name);
            }
        }
    }
}

fn user(author: Author) -> Value {
    match author {
        Author::Operator => {
            json!({"username": "jane", "groups": ["system:authenticated", "operators"]})
        }
        Author::Tool => json!({"username": "system:serviceaccount:mcs:controller"}),
    }
}

#[test]
fn an_api_server_takes_the_policies() {
    let server = Server::new();
    for object in admission_policies(Some(&Operators::groups(["operators"]))) {
        let apply = Operation::apply_object(object.clone(), ApplyOptions::new("set-up")).unwrap();
        let stored = server.execute(&apply).and_then(|_| server.execute(&apply));
        let stored = stored.map(Outcome::into_object).unwrap().unwrap();
        for (field, value) in object["spec"].as_object().unwrap() {
            if field == "matchConstraints" {
                let given = &value["resourceRules"][0];
                for (field, value) in given.as_object().unwrap() {
                    assert_eq!(
                        &stored["spec"]["matchConstraints"]["resourceRules"][0][field],
                        value
                    );
                }
            } else {
                assert_eq!(&stored["spec"][field], value);
            }
        }
    }
}

/// The recorded histories, as one cluster sees them: all rules but that IDs are unique.
#[test]
fn a_plain_cluster_keeps_the_rules_of_membership() {
    let cases = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/conformance/membership.jsonl"
    );
    let mut judged = 0;
    for (name, case) in json_lines(cases.as_ref()).unwrap() {
        let mut clusters: BTreeMap<String, Cluster> = BTreeMap::new();
        let events = case["input"]["events"].as_array().unwrap().iter();
        for (event, expect) in events.zip(case["expect"]["results"].as_array().unwrap()) {
            let cluster = event["cluster"].as_str().unwrap().to_owned();
            let cluster = clusters
                .entry(cluster)
                .or_insert_with(|| Cluster::new(None));
            let text = |field: &str| event[field].as_str();
            let (property, ask) = match event["op"].as_str().unwrap() {
                "setId" => (ID, Ask::Put(text("value"))),
                "dropId" => (ID, Ask::Delete),
                "join" => (SET, Ask::Put(text("set"))),
                _ => (SET, Ask::Delete),
            };
            if matches!(ask, Ask::Delete) && !cluster.properties.contains_key(property) {
                continue;
            }
            if expect["rule"] == "ID-10" {
                continue;
            }
            let (denied, _) = cluster.admit(property, ask, &user(Author::Tool));
            match expect["rule"].as_str() {
                None => {
                    assert!(denied.is_empty(), "{name}: {event}: {denied:?}");
                    cluster.apply(property, ask);
                }
                Some("ID-9") if !cluster.properties.contains_key(ID) => {
                    assert_eq!(denied, ["no params found for policy binding"], "{name}");
                }
                Some("ID-14" | "ID-7") => {
                    assert!(denied[0].starts_with("ID-7: "), "{name}: {denied:?}");
                }
                Some(rule) => {
                    assert!(
                        denied[0].starts_with(&format!("{rule}: ")),
                        "{name}: {denied:?}"
                    );
                }
            }
            judged += 1;
        }
    }
    assert!(judged > 40, "{judged}");
}

fn texts() -> impl Strategy<Value = Option<String>> {
    prop::option::of(prop_oneof![
        "[ab]",
        Just("-a".to_owned()),
        Just("a.b".to_owned()),
        Just("A".to_owned()),
        Just("é".to_owned()),
        "[a-z.-]{1,6}",
        Just("a".repeat(253)),
        Just("a".repeat(254)),
        Just("a".repeat(64)),
    ])
}

fn names() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        3 => Just(ID),
        3 => Just(SET),
        1 => Just("fingerprint"),
        1 => Just("fingerprint.example.com"),
        1 => Just("x.k8s.io"),
        1 => Just("kubernetes.io"),
        1 => Just("notk8s.io"),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    /// A plain cluster decides as the webhook does, whatever its properties are.
    #[test]
    fn policies_decide_as_the_review_does(
        id in prop::option::of(texts()),
        set in prop::option::of(texts()),
        other in prop::option::of(texts()),
        name in names(),
        wanted in prop::option::of(texts()),
        operator in any::<bool>(),
    ) {
        let operators = Operators::groups(["operators"]);
        let mut cluster = Cluster::new(Some(&operators));
        for (property, value) in [(ID, id), (SET, set)] {
            cluster.properties.extend(value.map(|value| (property.to_owned(), value)));
        }
        if name != ID && name != SET {
            cluster.properties.extend(other.map(|value| (name.to_owned(), value)));
        }
        let ask = wanted.as_ref().map_or(Ask::Delete, |value| Ask::Put(value.as_deref()));
        prop_assume!(!matches!(ask, Ask::Delete) || cluster.properties.contains_key(name));
        let author = if operator { Author::Operator } else { Author::Tool };
        let (denied, warned) = cluster.admit(name, ask, &user(author));
        let now = LocalIdentity { id: cluster.value(ID), set: cluster.value(SET) };
        let change = Change { name, value: wanted.as_ref().and_then(Option::as_deref), author: Some(author) };
        match review(now, change) {
            Verdict::Denied(denial) => {
                let rule = denial.rule().to_string();
                let told = denied.iter().any(|message| {
                    message.starts_with(&format!("{rule}: "))
                        || (rule == "ID-9" && message.starts_with("no params"))
                });
                prop_assert!(told, "{}: {denied:?}", denial.explanation());
            }
            Verdict::Allowed(warnings) => {
                prop_assert!(denied.is_empty(), "{denied:?}");
                let portable = change.value.is_none_or(|value| {
                    name != ID || ClusterId::parse(value).is_ok_and(|id| id.portability().obstacles().len() == 0)
                });
                prop_assert_eq!(warned.is_empty(), portable, "{:?} {:?}", warnings, warned);
            }
        }
    }
}
