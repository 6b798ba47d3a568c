//! Real clients against the server: kube, and operations through kube.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test"
)]

use apply_semantics::op::{
    ApplyOptions, AsyncExecutor, DeleteOptions, Effect, KubeExecutor, ListOptions, Operation,
    Outcome, Reason, ResourceRef,
};
use apply_server::Server;
use kube::{
    Api, Client,
    api::{ApiResource, DeleteParams, DynamicObject, ListParams, Patch, PatchParams, WatchParams},
    core::{GroupVersionKind, WatchEvent},
};
use serde_json::json;

fn configs(client: &Client) -> Api<DynamicObject> {
    let resource = ApiResource::from_gvk(&GroupVersionKind::gvk("", "v1", "ConfigMap"));
    Api::default_namespaced_with(client.clone(), &resource)
}

#[tokio::test]
async fn kube_works_without_a_network() {
    let server = Server::new();
    let client = Client::new(server.clone(), "default");
    let version = client.apiserver_version().await.unwrap();
    assert_eq!(
        (version.major.as_str(), version.minor.as_str()),
        ("1", "36")
    );

    let api = configs(&client);
    let config = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"color": "red"}});
    let applied = api
        .patch("a", &PatchParams::apply("m"), &Patch::Apply(&config))
        .await
        .unwrap();
    let managed = applied.metadata.managed_fields.unwrap();
    assert_eq!(managed[0].manager.as_deref(), Some("m"));
    assert_eq!(
        api.list(&ListParams::default()).await.unwrap().items.len(),
        1
    );
    let refused = api.get("nobody").await.unwrap_err();
    assert!(matches!(refused, kube::Error::Api(status) if status.code == 404));
}

#[tokio::test]
async fn watches_of_kube_see_what_happens() {
    use std::pin::pin;

    let server = Server::new();
    let client = Client::new(server.clone(), "default");
    let api = configs(&client);
    let from = server.revision().to_string();
    let mut events = pin!(api.watch(&WatchParams::default(), &from).await.unwrap());
    let config = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}});
    api.patch("a", &PatchParams::apply("m"), &Patch::Apply(&config))
        .await
        .unwrap();
    api.delete("a", &DeleteParams::default()).await.unwrap();
    let mut seen = Vec::new();
    while seen.len() < 2 {
        let event =
            std::future::poll_fn(|cx| futures_core::Stream::poll_next(events.as_mut(), cx)).await;
        seen.push(match event.unwrap().unwrap() {
            WatchEvent::Added(_) => "added",
            WatchEvent::Deleted(_) => "deleted",
            _ => "other",
        });
    }
    assert_eq!(seen, ["added", "deleted"]);
}

#[tokio::test]
async fn operations_go_the_same_way_through_kube() {
    let direct = Server::new();
    let server = Server::new();
    let kube = KubeExecutor::new(Client::new(server.clone(), "default"));
    let config = |color: &str| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"namespace": "default", "name": "a"}, "data": {"color": color}});
    let apply = |color: &str, manager: &str| {
        Operation::apply_object(config(color), ApplyOptions::new(manager)).unwrap()
    };
    let configs = ResourceRef::of_kind("v1", "ConfigMap").within("default");
    for operation in [
        apply("red", "m"),
        apply("blue", "other"),
        Operation::get(configs.clone().named("nobody")),
        Operation::list(configs.clone(), ListOptions::default().labels("a=b")),
        Operation::delete(configs.clone().named("a"), DeleteOptions::default()),
    ] {
        let (ours, theirs) = (direct.execute(&operation), kube.execute(&operation).await);
        match (ours, theirs) {
            (Err(ours), Err(theirs)) => assert_eq!(ours, theirs, "{operation}"),
            (Ok(Outcome::List(ours)), Ok(Outcome::List(theirs))) => assert_eq!(ours, theirs),
            (Ok(ours), Ok(theirs)) => assert_eq!(
                ours.as_object().map(|object| &object["data"]),
                theirs.as_object().map(|object| &object["data"]),
                "{operation}"
            ),
            (ours, theirs) => unreachable!("{operation}: {ours:?}, {theirs:?}"),
        }
    }
    let again = kube.execute(&apply("red", "m")).await.unwrap();
    assert_eq!(again.effect(), Some(Effect::Created));
    let refusal = kube.execute(&apply("blue", "other")).await.unwrap_err();
    assert_eq!(refusal.reason, Reason::Conflict);
    assert_eq!(refusal.field_conflicts()[0].manager, "m");
}
