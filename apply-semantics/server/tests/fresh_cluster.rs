//! What a server has that begins like a fresh cluster.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    reason = "a test"
)]

use apply_semantics::op::{
    ApplyOptions, DeleteOptions, ListOptions, Operation, ResourceRef, WriteOptions,
};
use apply_server::Server;
use serde_json::{Value, json};

fn names(server: &Server, api_version: &str, kind: &str) -> Vec<String> {
    let all = ResourceRef::of_kind(api_version, kind).all();
    let list = server.execute(&Operation::list(all, ListOptions::default()));
    let items = list.unwrap().into_list().unwrap().items;
    let name = |item: &Value| {
        let text = |field: &str| item["metadata"][field].as_str().unwrap_or_default();
        format!("{}/{}", text("namespace"), text("name"))
    };
    items.iter().map(name).collect()
}

fn accounts(server: &Server) -> Vec<String> {
    names(server, "v1", "ServiceAccount")
}

#[test]
fn a_server_begins_empty_or_like_a_cluster() {
    let empty = Server::new();
    assert!(accounts(&empty).is_empty());
    let server = Server::builder().fresh_cluster().build();
    assert_eq!(
        accounts(&server),
        [
            "default/default",
            "kube-node-lease/default",
            "kube-public/default",
            "kube-system/default"
        ]
    );
    assert_eq!(names(&server, "v1", "Service"), ["default/kubernetes"]);
    assert_eq!(
        names(&server, "scheduling.k8s.io/v1", "PriorityClass"),
        ["/system-cluster-critical", "/system-node-critical"]
    );
    // They are objects as good as any: nothing about them is invalid.
    for (version, kind, namespace, name) in [
        ("v1", "Service", "default", "kubernetes"),
        (
            "scheduling.k8s.io/v1",
            "PriorityClass",
            "",
            "system-node-critical",
        ),
    ] {
        let collection = ResourceRef::of_kind(version, kind);
        let target = if namespace.is_empty() {
            collection.all().named(name)
        } else {
            collection.within(namespace).named(name)
        };
        let object = server.execute(&Operation::get(target)).unwrap();
        let mut object = object.into_object().unwrap();
        object["metadata"]["annotations"] = json!({"touched": "yes"});
        server
            .execute(&Operation::update_object(object, WriteOptions::new("m")).unwrap())
            .unwrap();
    }
}

#[test]
fn every_namespace_has_a_service_account() {
    let server = Server::builder().fresh_cluster().build();
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "team"}});
    let apply = Operation::apply_object(namespace, ApplyOptions::new("m")).unwrap();
    server.execute(&apply).unwrap();
    assert!(accounts(&server).contains(&"team/default".to_owned()));
    let account = ResourceRef::of_kind("v1", "ServiceAccount")
        .within("team")
        .named("default");
    let uid = || {
        let object = server.execute(&Operation::get(account.clone())).unwrap();
        object.into_object().unwrap()["metadata"]["uid"].clone()
    };
    let before = uid();
    server
        .execute(&Operation::delete(
            account.clone(),
            DeleteOptions::default(),
        ))
        .unwrap();
    assert_ne!(uid(), before, "another one has come");
    // A namespace that ends takes it along.
    let team = ResourceRef::of_kind("v1", "Namespace").all().named("team");
    server
        .execute(&Operation::delete(team.clone(), DeleteOptions::default()))
        .unwrap();
    assert_eq!(server.execute(&Operation::get(team)).unwrap_err().code, 404);
    assert!(!accounts(&server).contains(&"team/default".to_owned()));
}

#[test]
fn a_file_keeps_what_it_began_with() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("log");
    let open = || Server::builder().fresh_cluster().persistent(&file).unwrap();
    let uid = |server: &Server| {
        let account = ResourceRef::of_kind("v1", "ServiceAccount").within("default");
        let object = server.execute(&Operation::get(account.named("default")));
        object.unwrap().into_object().unwrap()["metadata"]["uid"].clone()
    };
    let first = uid(&open());
    let again = open();
    assert_eq!(uid(&again), first);
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "team"}});
    let apply = Operation::apply_object(namespace, ApplyOptions::new("m")).unwrap();
    again.execute(&apply).unwrap();
    assert!(accounts(&again).contains(&"team/default".to_owned()));
    drop(again);
    assert!(accounts(&open()).contains(&"team/default".to_owned()));
}

fn pod(spec: Value) -> Operation {
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": spec});
    let pods = ResourceRef::of_kind("v1", "Pod").within("default");
    Operation::create(pods, pod, WriteOptions::new("m"))
}

#[test]
fn pods_get_an_account_and_its_token() {
    let begin = || Server::builder().fresh_cluster().build();
    let server = begin();
    let container = |name: &str| json!({"name": name, "image": "i"});
    let mut own = container("own");
    let place = "/var/run/secrets/kubernetes.io/serviceaccount";
    own["volumeMounts"] = json!([{"name": "v", "mountPath": place}]);
    let spec = json!({
        "containers": [container("a"), own], "initContainers": [container("first")],
        "volumes": [{"name": "v", "emptyDir": {}}],
    });
    let create = pod(spec);
    let created = server.execute(&create).unwrap().into_object().unwrap();
    let spec = &created["spec"];
    assert_eq!(
        (&spec["serviceAccountName"], &spec["serviceAccount"]),
        (&json!("default"), &json!("default"))
    );
    let volume = spec["volumes"][1]["name"].as_str().unwrap();
    assert_eq!(volume.len(), "kube-api-access-".len() + 5, "{volume}");
    let token = &spec["volumes"][1]["projected"]["sources"][0]["serviceAccountToken"];
    assert_eq!(*token, json!({"expirationSeconds": 3607, "path": "token"}));
    let mount = json!([{"name": volume, "readOnly": true, "mountPath": place}]);
    assert_eq!(spec["containers"][0]["volumeMounts"], mount);
    assert_eq!(spec["initContainers"][0]["volumeMounts"], mount);
    assert_eq!(
        spec["containers"][1]["volumeMounts"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    // Nothing more comes with an update, and the same comes in another run.
    let mut again = created.clone();
    again["metadata"]["labels"] = json!({"x": "y"});
    let update = Operation::update_object(again, WriteOptions::new("m")).unwrap();
    let updated = server.execute(&update).unwrap().into_object().unwrap();
    assert_eq!(updated["spec"], created["spec"]);
    let other = begin().execute(&create).unwrap().into_object().unwrap();
    assert_eq!(other["spec"], created["spec"]);
}

#[test]
fn pods_need_their_account_and_may_do_without_its_token() {
    let server = Server::builder().fresh_cluster().build();
    let containers = json!([{"name": "c", "image": "i"}]);
    let nobody = pod(json!({"containers": containers, "serviceAccountName": "nobody"}));
    let refusal = server.execute(&nobody).unwrap_err();
    assert_eq!(
        (refusal.code, &*refusal.message),
        (
            403,
            "pods \"p\" is forbidden: error looking up service account default/nobody: serviceaccount \"nobody\" not found"
        )
    );
    let robot = json!({
        "apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "robot", "namespace": "default"},
        "automountServiceAccountToken": false, "imagePullSecrets": [{"name": "registry"}],
    });
    let apply = Operation::apply_object(robot, ApplyOptions::new("m")).unwrap();
    server.execute(&apply).unwrap();
    let without = pod(json!({"containers": containers, "serviceAccountName": "robot"}));
    let created = server.execute(&without).unwrap().into_object().unwrap();
    assert!(created["spec"]["volumes"].is_null());
    assert_eq!(
        created["spec"]["imagePullSecrets"],
        json!([{"name": "registry"}])
    );
    // Servers that begin without accounts leave pods as they are.
    let bare = Server::new()
        .execute(&nobody)
        .unwrap()
        .into_object()
        .unwrap();
    assert!(bare["spec"]["volumes"].is_null());
}
