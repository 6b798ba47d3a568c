//! A controller of kube against the server: watches, a reflector, a finalizer, events, leader election by Lease, and streaming lists;
//! in process, and over a port.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::too_many_lines,
    reason = "a test"
)]

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use apply_server::{FaultRule, Server};
use futures::{StreamExt as _, TryStreamExt as _};
use k8s_openapi::{
    api::{
        coordination::v1::{Lease, LeaseSpec},
        core::v1::ConfigMap,
        events::v1::Event as EventObject,
    },
    apimachinery::pkg::apis::meta::v1::MicroTime,
    jiff::Timestamp,
};
use kube::{
    Api, Client, Resource as _, ResourceExt as _,
    api::{ApiResource, DeleteParams, DynamicObject, ListParams, Patch, PatchParams, PostParams},
    core::GroupVersionKind,
    runtime::{
        Controller,
        controller::Action,
        events::{Event, EventType, Recorder, Reporter},
        finalizer::{Event as Finalize, finalizer},
        reflector, watcher,
    },
};
use serde_json::{Value, json};

const FINALIZER: &str = "example.com/cleanup";

fn widget_resource() -> ApiResource {
    ApiResource::from_gvk(&GroupVersionKind::gvk("example.com", "v1", "Widget"))
}

fn definition() -> Value {
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.example.com"},
        "spec": {
            "group": "example.com", "scope": "Namespaced",
            "names": {"plural": "widgets", "singular": "widget", "kind": "Widget"},
            "versions": [{
                "name": "v1", "served": true, "storage": true, "subresources": {"status": {}},
                "schema": {"openAPIV3Schema": {"type": "object", "properties": {
                    "spec": {"type": "object", "properties": {"size": {"type": "integer"}}},
                    "status": {"type": "object", "properties": {"size": {"type": "integer"}}},
                }}},
            }],
        },
    })
}

fn widget(name: &str, size: i64) -> DynamicObject {
    DynamicObject::new(name, &widget_resource()).data(json!({"spec": {"size": size}}))
}

/// What the reconciler works with.
struct Context {
    client: Client,
    recorder: Recorder,
    /// How often something that was made elsewhere was cleaned up.
    cleaned: Arc<AtomicUsize>,
}

#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Kube(#[from] kube::Error),
    #[error("{0}")]
    Finalizer(String),
}

async fn reconcile(object: Arc<DynamicObject>, context: Arc<Context>) -> Result<Action, Failure> {
    let namespace = object.namespace().unwrap();
    let widgets = Api::namespaced_with(context.client.clone(), &namespace, &widget_resource());
    finalizer(&widgets, FINALIZER, object, |event| async {
        match event {
            Finalize::Apply(widget) => make(&widget, &widgets, &context).await,
            Finalize::Cleanup(_) => {
                context.cleaned.fetch_add(1, Ordering::SeqCst);
                Ok(Action::await_change())
            }
        }
    })
    .await
    .map_err(|error| Failure::Finalizer(error.to_string()))
}

/// A ConfigMap that says how big the widget is, a status that says the same, and an event.
async fn make(
    widget: &DynamicObject,
    widgets: &Api<DynamicObject>,
    context: &Context,
) -> Result<Action, Failure> {
    let name = widget.name_any();
    let size = &widget.data["spec"]["size"];
    let params = PatchParams::apply("widget-controller").force();
    let owner = widget.controller_owner_ref(&widget_resource()).unwrap();
    let config = json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": name, "ownerReferences": [owner]},
        "data": {"size": size.to_string()},
    });
    let namespace = widget.namespace().unwrap();
    let configs: Api<ConfigMap> = Api::namespaced(context.client.clone(), &namespace);
    configs.patch(&name, &params, &Patch::Apply(config)).await?;
    let status = json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {}, "status": {"size": size}});
    widgets
        .patch_status(&name, &params, &Patch::Apply(status))
        .await?;
    let event = Event {
        type_: EventType::Normal,
        reason: "Made".to_owned(),
        note: Some(format!("size {size}")),
        action: "Make".to_owned(),
        secondary: None,
    };
    let reference = widget.object_ref(&widget_resource());
    context.recorder.publish(&event, &reference).await?;
    Ok(Action::await_change())
}

/// Waits until it is so.
async fn eventually<F: Future<Output = bool>>(what: &str, mut so: impl FnMut() -> F) {
    let holds = async {
        while !so().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), holds)
        .await
        .unwrap_or_else(|_| unreachable!("in vain: {what}"));
}

/// The whole life of two widgets under a controller.
async fn operate(server: &Server, client: Client, streaming: bool) {
    let definitions: Api<DynamicObject> = Api::all_with(
        client.clone(),
        &ApiResource::from_gvk(&GroupVersionKind::gvk(
            "apiextensions.k8s.io",
            "v1",
            "CustomResourceDefinition",
        )),
    );
    let new: DynamicObject = serde_json::from_value(definition()).unwrap();
    definitions
        .create(&PostParams::default(), &new)
        .await
        .unwrap();

    let resource = widget_resource();
    let widgets: Api<DynamicObject> = Api::default_namespaced_with(client.clone(), &resource);
    let configs: Api<ConfigMap> = Api::default_namespaced(client.clone());
    widgets
        .create(&PostParams::default(), &widget("first", 1))
        .await
        .unwrap();

    let cleaned = Arc::new(AtomicUsize::new(0));
    let context = Arc::new(Context {
        client: client.clone(),
        recorder: Recorder::new(client.clone(), Reporter::from("widget-controller")),
        cleaned: Arc::clone(&cleaned),
    });
    let config = if streaming {
        watcher::Config::default().streaming_lists()
    } else {
        watcher::Config::default()
    };
    let controller = Controller::new_with(widgets.clone(), config.clone(), resource.clone())
        .owns(configs.clone(), config.clone());
    let store = controller.store();
    let again = |_: Arc<DynamicObject>, _: &Failure, _: Arc<Context>| {
        Action::requeue(Duration::from_millis(20))
    };
    let running = tokio::spawn(
        controller
            .run(reconcile, again, context)
            .for_each(|_| async {}),
    );

    let size = async |name: &str| {
        let config = configs.get_opt(name).await.unwrap();
        config.and_then(|config| config.data?.remove("size"))
    };
    let has_size = async |name: &str, wanted: &str| size(name).await.as_deref() == Some(wanted);

    eventually("the first widget is made", || has_size("first", "1")).await;
    eventually("its status is there", async || {
        widgets.get("first").await.unwrap().data["status"]["size"] == 1
    })
    .await;
    assert_eq!(
        widgets.get("first").await.unwrap().finalizers(),
        [FINALIZER]
    );
    assert_eq!(store.len(), 1);

    widgets
        .create(&PostParams::default(), &widget("second", 2))
        .await
        .unwrap();
    eventually("the second widget is made", || has_size("second", "2")).await;

    let change = json!({"spec": {"size": 3}});
    let params = PatchParams::default();
    widgets
        .patch("first", &params, &Patch::Merge(&change))
        .await
        .unwrap();
    eventually("the first widget grows", || has_size("first", "3")).await;

    configs
        .delete("first", &DeleteParams::default())
        .await
        .unwrap();
    eventually("what was deleted is made again", || has_size("first", "3")).await;

    // All watches end, and what they would go on from is forgotten.
    server.compact();
    server.drop_watches();
    let change = json!({"spec": {"size": 4}});
    widgets
        .patch("second", &params, &Patch::Merge(&change))
        .await
        .unwrap();
    eventually("the controller lists again", || has_size("second", "4")).await;

    // The next writes of ConfigMaps fail, and are tried again.
    server.inject(
        FaultRule::unavailable()
            .verb("apply")
            .resource("configmaps")
            .times(2),
    );
    let change = json!({"spec": {"size": 5}});
    widgets
        .patch("second", &params, &Patch::Merge(&change))
        .await
        .unwrap();
    eventually("failures are overcome", || has_size("second", "5")).await;

    let events: Api<EventObject> = Api::default_namespaced(client.clone());
    eventually("events are there", async || {
        // What happens again is counted in the event that is there.
        let events = events.list(&ListParams::default()).await.unwrap().items;
        let counts = events.iter().map(|event| {
            let count = event.series.as_ref().map(|series| series.count);
            (event.note.clone().unwrap_or_default(), count.unwrap_or(1))
        });
        let counts: Vec<_> = counts.collect();
        let has = |note: &str| {
            counts
                .iter()
                .any(|(found, count)| found == note && *count > 1)
        };
        counts.len() == 2 && has("size 1") && has("size 2")
    })
    .await;

    widgets
        .delete("first", &DeleteParams::default())
        .await
        .unwrap();
    eventually("the first widget is gone", async || {
        widgets.get_opt("first").await.unwrap().is_none()
    })
    .await;
    assert_eq!(cleaned.load(Ordering::SeqCst), 1);
    eventually("what it owned is gone", async || {
        size("first").await.is_none()
    })
    .await;
    eventually("the store forgets it", async || store.len() == 1).await;
    assert!(has_size("second", "5").await);
    running.abort();
}

/// A client over a port.
async fn over_a_port(server: &Server) -> (Client, apply_server::Listener) {
    let listener = server.listen("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.address()).parse().unwrap();
    let client = Client::try_from(kube::Config::new(url)).unwrap();
    (client, listener)
}

#[tokio::test]
async fn a_controller_in_process() {
    let server = Server::new();
    let client = Client::new(server.clone(), "default");
    operate(&server, client, false).await;
}

#[tokio::test]
async fn a_controller_in_process_with_streaming_lists() {
    let server = Server::new();
    let client = Client::new(server.clone(), "default");
    operate(&server, client, true).await;
    let watches = server.requests().verb("watch").resource("widgets");
    assert!(
        watches
            .iter()
            .all(|watch| watch.parameter("sendInitialEvents") == Some("true")
                || watch.parameter("resourceVersion").is_some())
    );
    assert_eq!(
        server.requests().verb("list").resource("widgets").count(),
        0
    );
}

#[tokio::test]
async fn a_controller_over_a_port() {
    let server = Server::new();
    let (client, _listener) = over_a_port(&server).await;
    operate(&server, client, false).await;
}

#[tokio::test]
async fn a_controller_over_a_port_with_streaming_lists() {
    let server = Server::new();
    let (client, _listener) = over_a_port(&server).await;
    operate(&server, client, true).await;
}

#[tokio::test]
async fn a_reflector_holds_what_the_server_holds() {
    let server = Server::new();
    let client = Client::new(server.clone(), "default");
    let configs: Api<ConfigMap> = Api::default_namespaced(client);
    let (reader, writer) = reflector::store();
    let config = watcher::Config::default().labels("kept=yes");
    let reflect = reflector(writer, watcher(configs.clone(), config));
    let running = tokio::spawn(reflect.try_for_each(|_| async { Ok(()) }));

    for index in 0..20 {
        let config = json!({"metadata": {"name": format!("c{index}"), "labels": {"kept": if index % 2 == 0 { "yes" } else { "no" }}}});
        let config: ConfigMap = serde_json::from_value(config).unwrap();
        configs
            .create(&PostParams::default(), &config)
            .await
            .unwrap();
    }
    eventually("half of them are seen", async || reader.len() == 10).await;
    // What is relabelled comes and goes.
    let relabel = |value: &str| json!({"metadata": {"labels": {"kept": value}}});
    let params = PatchParams::default();
    configs
        .patch("c1", &params, &Patch::Merge(relabel("yes")))
        .await
        .unwrap();
    configs
        .patch("c2", &params, &Patch::Merge(relabel("no")))
        .await
        .unwrap();
    configs
        .patch("c4", &params, &Patch::Merge(relabel("no")))
        .await
        .unwrap();
    eventually("labels are followed", async || {
        let mut names: Vec<_> = reader
            .state()
            .iter()
            .map(|config| config.name_any())
            .collect();
        names.sort();
        names == ["c0", "c1", "c10", "c12", "c14", "c16", "c18", "c6", "c8"]
    })
    .await;
    running.abort();
}

/// Takes or keeps a lease, as client-go does it: who held it last and does not renew it in time loses it. Tells whether it is held.
async fn campaign(leases: &Api<Lease>, me: &str, now: Timestamp) -> bool {
    let spec = |transitions: i32| LeaseSpec {
        holder_identity: Some(me.to_owned()),
        lease_duration_seconds: Some(15),
        acquire_time: Some(MicroTime(now)),
        renew_time: Some(MicroTime(now)),
        lease_transitions: Some(transitions),
        ..LeaseSpec::default()
    };
    let Some(mut lease) = leases.get_opt("controller").await.unwrap() else {
        let mut lease = Lease::default();
        lease.metadata.name = Some("controller".to_owned());
        lease.spec = Some(spec(0));
        return leases.create(&PostParams::default(), &lease).await.is_ok();
    };
    let held = lease.spec.clone().unwrap();
    let is_mine = held.holder_identity.as_deref() == Some(me);
    let renewed = held.renew_time.unwrap().0;
    let expired = now.duration_since(renewed).as_secs() > 15;
    if !is_mine && !expired {
        return false;
    }
    let transitions = held.lease_transitions.unwrap_or_default();
    lease.spec = Some(LeaseSpec {
        acquire_time: if is_mine {
            held.acquire_time
        } else {
            Some(MicroTime(now))
        },
        ..spec(transitions + i32::from(!is_mine))
    });
    // Who comes too late is refused by the resource version.
    leases
        .replace("controller", &PostParams::default(), &lease)
        .await
        .is_ok()
}

#[tokio::test]
async fn one_leader_at_a_time() {
    let server = Server::new();
    let begin = Timestamp::from_second(1_900_000_000).unwrap();
    let at = |seconds: i64| begin + Duration::from_secs(u64::try_from(seconds).unwrap());
    let leases =
        |user: &Server| Api::<Lease>::default_namespaced(Client::new(user.clone(), "default"));
    let (one, two) = (leases(&server), leases(&server));

    // Nobody holds it: one of those that come at the same time gets it.
    let (first, second) = tokio::join!(campaign(&one, "one", at(0)), campaign(&two, "two", at(0)));
    assert!(first != second);
    let (leader, other, names) = if first {
        (&one, &two, ["one", "two"])
    } else {
        (&two, &one, ["two", "one"])
    };
    assert!(campaign(leader, names[0], at(10)).await);
    assert!(!campaign(other, names[1], at(20)).await);
    // It is not renewed, and many want it at once.
    let contenders = (0..8).map(|index| {
        let leases = leases(&server);
        async move { campaign(&leases, &format!("c{index}"), at(60)).await }
    });
    let won = futures::future::join_all(contenders).await;
    assert_eq!(won.iter().filter(|won| **won).count(), 1);
    let lease = leader.get("controller").await.unwrap().spec.unwrap();
    assert_eq!(lease.lease_transitions, Some(1));
    assert!(!campaign(leader, names[0], at(61)).await);
}
