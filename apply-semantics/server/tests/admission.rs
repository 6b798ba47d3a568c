//! What admission adds and forbids: ranges of limits, classes of runtimes, levels of pod security.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    reason = "a test"
)]

use apply_semantics::op::{
    ApplyOptions, Operation, Outcome, Reason, Refusal, ResourceRef, WriteOptions,
};
use apply_server::Server;
use serde_json::{Value, json};

/// An object, and what was warned of.
struct Written {
    object: Value,
    warnings: Vec<String>,
}

fn written(outcome: Outcome) -> Written {
    match outcome {
        Outcome::Object {
            object, warnings, ..
        } => Written { object, warnings },
        other => unreachable!("{other:?}"),
    }
}

fn create(server: &Server, object: Value) -> Result<Written, Refusal> {
    let collection = ResourceRef::of_kind(
        object["apiVersion"].as_str().unwrap(),
        object["kind"].as_str().unwrap(),
    );
    let collection = if matches!(object["kind"].as_str(), Some("Namespace" | "RuntimeClass")) {
        collection.all()
    } else {
        collection.within("default")
    };
    let create = Operation::create(collection, object, WriteOptions::new("m"));
    server.execute(&create).map(written)
}

/// What was created.
fn created(server: &Server, object: Value) -> Value {
    create(server, object).unwrap().object
}

fn refused(server: &Server, object: Value) -> String {
    create(server, object).err().expect("a refusal").message
}

fn pod(spec: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": spec})
}

fn container(resources: Value) -> Value {
    json!({"name": "c", "image": "i", "resources": resources})
}

fn range(limits: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "r"}, "spec": {"limits": [limits]}})
}

#[test]
fn ranges_give_what_is_missing_and_note_it() {
    let server = Server::new();
    let given = json!({"type": "Container", "default": {"cpu": "500m", "memory": "1Gi"}, "defaultRequest": {"cpu": "100m"}});
    created(&server, range(given));
    let spec = json!({
        "containers": [container(json!({"requests": {"cpu": "200m"}}))],
        "initContainers": [{"name": "first", "image": "i", "resources": {"limits": {"cpu": "1", "memory": "2Gi"}, "requests": {"memory": "1Gi"}}}],
    });
    let pod = created(&server, pod(spec));
    assert_eq!(
        pod["spec"]["containers"][0]["resources"],
        json!({"requests": {"cpu": "200m", "memory": "1Gi"}, "limits": {"cpu": "500m", "memory": "1Gi"}})
    );
    assert_eq!(
        pod["metadata"]["annotations"]["kubernetes.io/limit-ranger"],
        "LimitRanger plugin set: memory request for container c; cpu, memory limit for container c"
    );
    assert_eq!(
        pod["spec"]["initContainers"][0]["resources"]["requests"],
        json!({"cpu": "1", "memory": "1Gi"})
    );
}

#[test]
fn ranges_forbid_what_is_beyond_them() {
    let server = Server::new();
    let bounds = json!({
        "type": "Container", "min": {"cpu": "100m"}, "max": {"cpu": "1", "memory": "1Gi"}, "default": {"cpu": "500m", "memory": "1Gi"},
        "defaultRequest": {"cpu": "200m", "memory": "1Gi"}, "maxLimitRequestRatio": {"cpu": "4"},
    });
    created(&server, range(bounds));
    let with = |resources| pod(json!({"containers": [container(resources)]}));
    for (resources, why) in [
        (
            json!({"limits": {"cpu": "2"}, "requests": {"cpu": "1"}}),
            "maximum cpu usage per Container is 1, but limit is 2",
        ),
        (
            json!({"limits": {"cpu": "200m"}, "requests": {"cpu": "50m"}}),
            "minimum cpu usage per Container is 100m, but request is 50m",
        ),
        (
            json!({"limits": {"cpu": "900m"}, "requests": {"cpu": "200m"}}),
            "cpu max limit to request ratio per Container is 4, but provided ratio is 4.500000",
        ),
        (
            json!({"limits": {"cpu": "2", "memory": "2Gi"}, "requests": {"cpu": "1"}}),
            "[maximum cpu usage per Container is 1, but limit is 2, maximum memory usage per Container is 1Gi, but limit is 2Gi]",
        ),
    ] {
        assert_eq!(
            refused(&server, with(resources)),
            format!("pods \"p\" is forbidden: {why}")
        );
    }
    created(&server, with(json!({})));
}

#[test]
fn ranges_of_pods_and_claims() {
    let server = Server::new();
    created(&server, range(json!({"type": "Pod", "max": {"cpu": "1"}})));
    let of = |cpu: &str| container(json!({"limits": {"cpu": cpu}}));
    let named = |name: &str, cpu: &str| {
        let mut container = of(cpu);
        container["name"] = json!(name);
        container
    };
    let beside = |cpu: &str| {
        let mut container = named("s", cpu);
        container["restartPolicy"] = json!("Always");
        container
    };
    let two = pod(json!({"containers": [named("a", "600m"), named("b", "600m")]}));
    assert_eq!(
        refused(&server, two),
        "pods \"p\" is forbidden: maximum cpu usage per Pod is 1, but limit is 1200m"
    );
    let first = pod(
        json!({"containers": [of("600m")], "initContainers": [beside("300m"), named("i", "800m")]}),
    );
    assert_eq!(
        refused(&server, first),
        "pods \"p\" is forbidden: maximum cpu usage per Pod is 1, but limit is 1100m"
    );
    let without = pod(json!({"containers": [container(json!({}))]}));
    assert_eq!(
        refused(&server, without),
        "pods \"p\" is forbidden: maximum cpu usage per Pod is 1.  No limit is specified"
    );
    created(
        &server,
        pod(
            json!({"containers": [of("600m")], "initContainers": [beside("300m"), named("i", "700m")]}),
        ),
    );
    let mut claims = range(
        json!({"type": "PersistentVolumeClaim", "min": {"storage": "1Gi"}, "max": {"storage": "5Gi"}}),
    );
    claims["metadata"]["name"] = json!("claims");
    created(&server, claims);
    let claim = |size: &str| json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "d"}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}}});
    for (size, why) in [
        (
            "6Gi",
            "maximum storage usage per PersistentVolumeClaim is 5Gi, but request is 6Gi",
        ),
        (
            "1Mi",
            "minimum storage usage per PersistentVolumeClaim is 1Gi, but request is 1Mi",
        ),
    ] {
        assert_eq!(
            refused(&server, claim(size)),
            format!("persistentvolumeclaims \"d\" is forbidden: {why}")
        );
    }
    created(&server, claim("5Gi"));
}

#[test]
fn classes_of_runtimes_complete_pods() {
    let server = Server::new();
    let with = |extra: Value| {
        let mut spec = json!({"containers": [container(json!({}))], "runtimeClassName": "vm"});
        spec.as_object_mut()
            .unwrap()
            .extend(extra.as_object().unwrap().clone());
        pod(spec)
    };
    assert_eq!(
        refused(&server, with(json!({}))),
        "pods \"p\" is forbidden: pod rejected: RuntimeClass \"vm\" not found"
    );
    created(
        &server,
        json!({
            "apiVersion": "node.k8s.io/v1", "kind": "RuntimeClass", "metadata": {"name": "vm"}, "handler": "vm",
            "overhead": {"podFixed": {"memory": "100Mi"}},
            "scheduling": {"nodeSelector": {"vm": "yes"}, "tolerations": [{"key": "vm", "operator": "Exists"}]},
        }),
    );
    assert_eq!(
        refused(&server, with(json!({"overhead": {"memory": "1Mi"}}))),
        "pods \"p\" is forbidden: pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead"
    );
    assert_eq!(
        refused(&server, with(json!({"nodeSelector": {"vm": "no"}}))),
        "pods \"p\" is forbidden: conflict: runtimeClass.scheduling.nodeSelector[vm] = yes; pod.spec.nodeSelector[vm] = no"
    );
    let tolerations =
        json!([{"key": "vm", "operator": "Equal", "value": "x", "effect": "NoSchedule"}]);
    let pod = created(
        &server,
        with(json!({"nodeSelector": {"a": "b"}, "tolerations": tolerations})),
    );
    let spec = &pod["spec"];
    assert_eq!(spec["overhead"], json!({"memory": "100Mi"}));
    assert_eq!(spec["nodeSelector"], json!({"a": "b", "vm": "yes"}));
    let of_vm: Vec<&Value> = spec["tolerations"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|toleration| toleration["key"] == "vm")
        .collect();
    assert_eq!(of_vm, [&json!({"key": "vm", "operator": "Exists"})]);
    let alone = self::pod(json!({"containers": [container(json!({}))], "overhead": {"cpu": "1"}}));
    assert_eq!(
        refused(&server, alone),
        "pods \"p\" is forbidden: pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead"
    );
}

fn demand(server: &Server, labels: &Value) -> Result<Written, Refusal> {
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "default", "labels": labels}});
    let apply = Operation::apply_object(namespace, ApplyOptions::new("security").force()).unwrap();
    server.execute(&apply).map(written)
}

const SAFE: &str = r#"{"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}, "runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}}"#;

#[test]
fn pods_keep_to_the_level_of_their_namespace() {
    let server = Server::new();
    demand(
        &server,
        &json!({"pod-security.kubernetes.io/enforce": "restricted"}),
    )
    .unwrap();
    let plain = pod(json!({"containers": [container(json!({}))]}));
    let refusal = create(&server, plain.clone()).err().unwrap();
    assert_eq!((refusal.code, &refusal.reason), (403, &Reason::Forbidden));
    assert_eq!(
        refusal.message,
        "pods \"p\" is forbidden: violates PodSecurity \"restricted:latest\": allowPrivilegeEscalation != false (container \"c\" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container \"c\" must set securityContext.capabilities.drop=[\"ALL\"]), runAsNonRoot != true (pod or container \"c\" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container \"c\" must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\")"
    );
    let mut safe = plain.clone();
    safe["spec"]["containers"][0]["securityContext"] = serde_json::from_str(SAFE).unwrap();
    create(&server, safe).unwrap();
    // What makes pods is only warned of.
    let template = json!({"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [container(json!({}))], "hostNetwork": true}});
    let web = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": template}});
    let warned = create(&server, web).unwrap().warnings;
    assert_eq!(warned.len(), 1, "{warned:?}");
    assert!(
        warned[0].starts_with(
            "would violate PodSecurity \"restricted:latest\": host namespaces (hostNetwork=true), "
        ),
        "{warned:?}"
    );
    // A level of an old version forbids what it did then.
    let old = json!({"pod-security.kubernetes.io/enforce": "restricted", "pod-security.kubernetes.io/enforce-version": "v1.0"});
    demand(&server, &old).unwrap();
    let mut other = plain;
    other["metadata"]["name"] = json!("q");
    assert_eq!(
        refused(&server, other),
        "pods \"q\" is forbidden: violates PodSecurity \"restricted:v1.0\": runAsNonRoot != true (pod or container \"c\" must set securityContext.runAsNonRoot=true)"
    );
}

#[test]
fn the_lower_level_says_what_it_forbids() {
    let server = Server::new();
    demand(
        &server,
        &json!({"pod-security.kubernetes.io/enforce": "baseline"}),
    )
    .unwrap();
    let spec = json!({
        "hostPID": true,
        "securityContext": {
            "sysctls": [{"name": "kernel.msgmax", "value": "1"}], "seLinuxOptions": {"type": "x", "role": "r"},
            "seccompProfile": {"type": "Unconfined"}, "appArmorProfile": {"type": "Unconfined"},
        },
        "volumes": [{"name": "v", "hostPath": {"path": "/x"}}],
        "containers": [
            {
                "name": "a", "image": "i", "ports": [{"containerPort": 80, "hostPort": 8080}, {"containerPort": 81, "hostPort": 81}],
                "securityContext": {"privileged": true, "capabilities": {"add": ["SYS_ADMIN", "CHOWN", "BPF"]}},
                "livenessProbe": {"httpGet": {"host": "example.com", "port": 80}},
            },
            {"name": "b", "image": "i", "securityContext": {"privileged": true, "seLinuxOptions": {"user": "u"}, "seccompProfile": {"type": "Unconfined"}}},
        ],
    });
    assert_eq!(
        refused(&server, pod(spec)),
        "pods \"p\" is forbidden: violates PodSecurity \"baseline:latest\": \
        forbidden AppArmor profile (pod must not set AppArmor profile type to \"Unconfined\"), \
        non-default capabilities (container \"a\" must not include \"BPF\", \"SYS_ADMIN\" in securityContext.capabilities.add), \
        host namespaces (hostPID=true), \
        hostPath volumes (volume \"v\"), \
        hostPort (container \"a\" uses hostPorts 8080, 81), \
        probe or lifecycle host (container \"a\" uses probe or lifecycle host \"example.com\"), \
        privileged (containers \"a\", \"b\" must not set securityContext.privileged=true), \
        seLinuxOptions (pod and container \"b\" set forbidden securityContext.seLinuxOptions: type \"x\"; user may not be set; role may not be set), \
        seccompProfile (pod and container \"b\" must not set securityContext.seccompProfile.type to \"Unconfined\"), \
        forbidden sysctls (kernel.msgmax)"
    );
}

#[test]
fn labels_of_namespaces_are_checked_and_pods_that_are_there_are_told_of() {
    let server = Server::new();
    let wrong = json!({"pod-security.kubernetes.io/enforce": "strict", "pod-security.kubernetes.io/warn-version": "1.30"});
    let refusal = demand(&server, &wrong).err().unwrap();
    assert_eq!(refusal.code, 422);
    assert_eq!(
        refusal.message,
        "Namespace \"default\" is invalid: [metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: \"strict\": must be one of privileged, baseline, restricted, metadata.labels[pod-security.kubernetes.io/warn-version]: Invalid value: \"1.30\": must be \"latest\" or \"v1.x\"]"
    );
    for name in ["a", "b", "c"] {
        let mut pod =
            pod(json!({"hostNetwork": name != "c", "containers": [container(json!({}))]}));
        pod["metadata"]["name"] = json!(name);
        created(&server, pod);
    }
    let warned = demand(
        &server,
        &json!({"pod-security.kubernetes.io/enforce": "baseline"}),
    );
    assert_eq!(
        warned.unwrap().warnings,
        [
            "existing pods in namespace \"default\" violate the new PodSecurity enforce level \"baseline:latest\"",
            "a (and 1 other pod): host namespaces"
        ]
    );
    // Pods that are there may change as long as it does not matter.
    let mut metadata = pod(json!({"hostNetwork": true, "containers": [container(json!({}))]}));
    metadata["metadata"] = json!({"name": "a", "namespace": "default", "labels": {"x": "y"}});
    let apply = |object| Operation::apply_object(object, ApplyOptions::new("m2").force()).unwrap();
    server.execute(&apply(metadata.clone())).unwrap();
    metadata["spec"]["containers"][0]["image"] = json!("other");
    let refusal = server.execute(&apply(metadata)).unwrap_err();
    assert_eq!(
        refusal.message,
        "pods \"a\" is forbidden: violates PodSecurity \"baseline:latest\": host namespaces (hostNetwork=true)"
    );
}
