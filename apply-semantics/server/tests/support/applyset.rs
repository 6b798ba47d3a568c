//! ApplySets: the requests of `kubectl apply --prune --applyset`, and what the server then holds.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::session::Session;

const ID: &str = "applyset.kubernetes.io/id";
const PART_OF: &str = "applyset.kubernetes.io/part-of";
const KINDS: &str = "applyset.kubernetes.io/contains-group-kinds";
const NAMESPACES: &str = "applyset.kubernetes.io/additional-namespaces";

/// Applies a set twice, the second time without some of its members, which go.
pub(crate) fn pruning(case: &Value) -> Result<(), String> {
    let (input, expected) = (&case["input"], &case["expect"]);
    let session = Session::new();
    let list = |name: &str| input[name].as_array().cloned().unwrap_or_default();
    let (members, kept) = (list("members"), list("kept"));
    let namespaces = [&input["parent"]].into_iter().chain(&members);
    let namespaces: BTreeSet<&str> = namespaces.map(|object| text(object, "namespace")).collect();
    for namespace in namespaces.into_iter().filter(|name| !name.is_empty()) {
        session.prepare(namespace, &[]);
    }
    let set = Set {
        session: &session,
        parent: &input["parent"],
        id: text(expected, "id"),
    };
    set.apply(&members, &members)?;
    let pruned = set.apply(&kept, &members)?;
    same(
        "annotations",
        &set.annotations(),
        &expected["parentAnnotationsAfter"],
    )?;
    let names =
        |objects: &[Value]| -> BTreeSet<String> { objects.iter().map(Value::to_string).collect() };
    let wanted = expected["pruned"].as_array().cloned().unwrap_or_default();
    if names(&pruned) != names(&wanted) {
        return Err(format!("pruned {pruned:?}, expected {wanted:?}"));
    }
    for (objects, code) in [(&pruned, 404), (&kept, 200)] {
        for object in objects {
            let answer = session.send("GET", &set.path(object), &Value::Null);
            if answer.code != code {
                return Err(format!("{object}: {}", answer.message()));
            }
            let label = &answer.body["metadata"]["labels"][PART_OF];
            if code == 200
                && !expected["partOf"]
                    .as_array()
                    .is_some_and(|ids| ids.contains(label))
            {
                return Err(format!("{object}: part of {label}"));
            }
        }
    }
    Ok(())
}

struct Set<'a> {
    session: &'a Session,
    parent: &'a Value,
    id: &'a str,
}

impl Set<'_> {
    /// Applies members, and deletes those that were members before; these are returned.
    fn apply(&self, members: &[Value], before: &[Value]) -> Result<Vec<Value>, String> {
        let both = [members, before].concat();
        self.apply_parent(&both)?;
        for member in members {
            let mut object = minimal(member);
            object["metadata"]["labels"] = json!({PART_OF: self.id});
            self.send(&object, member, "kubectl-applyset")?;
        }
        let found = self.found(&both);
        let pruned: Vec<_> = found
            .into_iter()
            .filter(|object| !members.contains(object))
            .collect();
        for object in &pruned {
            let options = json!({"propagationPolicy": "Background"});
            let answer = self.session.send("DELETE", &self.path(object), &options);
            if !answer.is_ok() {
                return Err(format!("{object}: {}", answer.message()));
            }
        }
        self.apply_parent(members)?;
        Ok(pruned)
    }

    fn apply_parent(&self, members: &[Value]) -> Result<(), String> {
        let kinds: BTreeSet<_> = members.iter().map(group_kind).collect();
        let own = text(self.parent, "namespace");
        let others = members.iter().map(|member| text(member, "namespace"));
        let others: BTreeSet<_> = others
            .filter(|name| !name.is_empty() && *name != own)
            .collect();
        let mut parent = minimal(self.parent);
        parent["metadata"]["labels"] = json!({ID: self.id});
        parent["metadata"]["annotations"] = json!({
            "applyset.kubernetes.io/tooling": "kubectl/v1.36",
            KINDS: kinds.into_iter().collect::<Vec<_>>().join(","),
            NAMESPACES: others.into_iter().collect::<Vec<_>>().join(","),
        });
        self.send(&parent, self.parent, "kubectl-applyset")
    }

    fn send(&self, object: &Value, named: &Value, manager: &str) -> Result<(), String> {
        let answer = self.session.send_as(
            "PATCH",
            &format!("{}?fieldManager={manager}&force=true", self.path(named)),
            "application/apply-patch+yaml",
            object,
        );
        if answer.is_ok() {
            Ok(())
        } else {
            Err(format!("{named}: {}", answer.message()))
        }
    }

    /// The objects with the label of the set, of all kinds and in all namespaces that the members have.
    fn found(&self, members: &[Value]) -> Vec<Value> {
        let mut found = Vec::new();
        let places = members.iter().map(|member| {
            let collection = self
                .session
                .collection(&minimal(member), text(member, "namespace"));
            (collection, text(member, "kind"))
        });
        for (collection, kind) in places.collect::<BTreeSet<_>>() {
            let request = json!({"method": "GET", "path": collection, "query": {"labelSelector": format!("{PART_OF}={}", self.id)}});
            let list = self.session.ask(&request, None).body;
            for item in list["items"].as_array().into_iter().flatten() {
                let metadata = &item["metadata"];
                let (name, namespace) = (text(metadata, "name"), text(metadata, "namespace"));
                found.push(json!({"kind": kind, "name": name, "namespace": namespace}));
            }
        }
        found
    }

    fn annotations(&self) -> Value {
        let parent = self
            .session
            .send("GET", &self.path(self.parent), &Value::Null)
            .body;
        let all = &parent["metadata"]["annotations"];
        json!({KINDS: all[KINDS], NAMESPACES: all[NAMESPACES]})
    }

    fn path(&self, object: &Value) -> String {
        self.session
            .path(&minimal(object), text(object, "namespace"))
    }
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

fn group(kind: &str) -> &'static str {
    match kind {
        "Deployment" | "DaemonSet" | "StatefulSet" | "ReplicaSet" => "apps",
        "Role" | "RoleBinding" | "ClusterRole" | "ClusterRoleBinding" => {
            "rbac.authorization.k8s.io"
        }
        "Ingress" | "NetworkPolicy" => "networking.k8s.io",
        "Job" | "CronJob" => "batch",
        _ => "",
    }
}

fn group_kind(object: &Value) -> String {
    let kind = text(object, "kind");
    match group(kind) {
        "" => kind.to_owned(),
        group => format!("{kind}.{group}"),
    }
}

/// The least that an object of that kind and name must say.
fn minimal(object: &Value) -> Value {
    let kind = text(object, "kind");
    let version = match group(kind) {
        "" => "v1".to_owned(),
        group => format!("{group}/v1"),
    };
    let mut minimal =
        json!({"apiVersion": version, "kind": kind, "metadata": {"name": object["name"]}});
    let template = json!({"metadata": {"labels": {"app": "a"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}});
    match kind {
        "Deployment" | "DaemonSet" | "StatefulSet" | "ReplicaSet" => {
            minimal["spec"] =
                json!({"selector": {"matchLabels": {"app": "a"}}, "template": template});
        }
        "Service" => minimal["spec"] = json!({"ports": [{"port": 80}]}),
        "RoleBinding" | "ClusterRoleBinding" => {
            minimal["roleRef"] = json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"});
        }
        _ => {}
    }
    minimal
}

fn same(what: &str, found: &Value, wanted: &Value) -> Result<(), String> {
    match conformance_runner::first_difference(found, wanted) {
        None => Ok(()),
        Some(difference) => Err(format!("{what}: {difference}")),
    }
}
