//! `kops-like` as a person meets it: the program itself, which is killed on the way.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::case_sensitive_file_extension_comparisons,
    reason = "helpers of tests are tests"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use apply_server::{ListenOptions, Server};
use bootstrap_phases::kubeadm::pki::Certificate;
use serde_json::Value;
use tempfile::TempDir;

/// A cluster file; groups have so many nodes.
fn file(control_planes: u32, workers: u32, version: &str, image: &str) -> String {
    format!(
        "apiVersion: kops-like.example/v1alpha2
kind: Cluster
metadata: {{name: demo}}
spec:
  kubernetesVersion: {version}
  controlPlane: {{replicas: {control_planes}, image: {image}}}
  nodeGroups:
  - {{name: general, replicas: {workers}, maxSurge: {}}}
",
        workers.div_ceil(5)
    )
}

struct Bench {
    dir: TempDir,
}

impl Bench {
    fn new(control_planes: u32, workers: u32) -> Self {
        let dir = TempDir::new().unwrap();
        for (name, version, image) in [
            ("old.yaml", "v1.36.1", "debian-13"),
            ("new.yaml", "v1.36.2", "debian-14"),
        ] {
            let text = file(control_planes, workers, version, image);
            fs::write(dir.path().join(name), text).unwrap();
        }
        Self { dir }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kops-like"));
        command
            .current_dir(self.dir.path())
            .args(arguments)
            .args(["--state", "state"]);
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Standard output of a command that succeeds.
    fn done(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let (said, wrong) = (text(&output.stdout), text(&output.stderr));
        assert!(output.status.success(), "{arguments:?}: {said}{wrong}");
        said
    }

    /// Starts a command, and kills it after a while. Says whether it still ran.
    fn killed(&self, arguments: &[&str], after: Duration) -> bool {
        let mut child: Child = self
            .command(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        thread::sleep(after);
        let ended = child.try_wait().unwrap();
        assert!(ended.is_none_or(|status| status.success()), "{arguments:?}");
        child.kill().unwrap();
        child.wait().unwrap();
        ended.is_none()
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The life of a cluster.
const LIFE: [&[&str]; 4] = [
    &["apply", "-f", "old.yaml"],
    &["rolling-update", "-f", "new.yaml"],
    &["rotate-certs", "demo", "--all"],
    &["delete", "demo"],
];

/// What is left after each command, and how long each took.
fn undisturbed(bench: &Bench) -> Vec<(State, Duration)> {
    let life = LIFE.iter().map(|arguments| {
        let begin = Instant::now();
        bench.done(arguments);
        (State::of(bench), begin.elapsed())
    });
    life.collect()
}

/// The same life, in which every command is killed now and then. What is left after each has to be the same. Answers how often one
/// was killed.
fn disturbed(bench: &Bench, wanted: &[(State, Duration)], kills: [u32; 4], seed: u64) -> u32 {
    let mut random = Random(seed);
    let mut killed = 0;
    for ((arguments, (state, took)), kills) in LIFE.iter().zip(wanted).zip(kills) {
        for _ in 0..kills {
            // As much of the way as it takes for all of them to come before its end, more or less.
            let whole = u32::try_from(took.as_millis()).unwrap();
            let share = random.between(20, 180) * u64::from(whole) / 100 / u64::from(kills + 1);
            killed += u32::from(bench.killed(arguments, Duration::from_millis(share)));
        }
        let output = bench.run(arguments);
        let wrong = text(&output.stderr);
        // One that was killed when everything was gone has nothing to delete any more.
        let gone = arguments[0] == "delete" && wrong.contains("there is no cluster");
        assert!(
            output.status.success() || gone,
            "{arguments:?}, seed {seed}: {wrong}"
        );
        State::of(bench).assert_is(state, &format!("{arguments:?}, seed {seed}"));
    }
    killed
}

/// A small generator, so that a seed tells all.
struct Random(u64);

impl Random {
    fn between(&mut self, from: u64, to: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        from + (self.0 >> 33) % (to - from)
    }
}

/// What there is, without what is random: a line for every object, and one for every path of every machine's root.
#[derive(PartialEq, Eq)]
struct State(Vec<String>);

impl State {
    fn of(bench: &Bench) -> Self {
        let mut lines = Vec::new();
        let own = objects(&bench.path("state/objects"));
        let hashes = hashes(&own);
        let blank = |object: &Value| blank(object.clone(), &hashes).to_string();
        lines.extend(own.iter().map(&blank));
        let folder = bench.path("state/demo");
        if folder.exists() {
            let cluster = objects(&folder.join("objects"));
            let tokens = |object: &&Value| object["type"] != "bootstrap.kubernetes.io/token";
            lines.extend(cluster.iter().filter(tokens).map(&blank));
            let members = fs::read_to_string(folder.join("etcd.json")).unwrap();
            let members: Vec<Value> = serde_json::from_str(&members).unwrap();
            lines.push(format!("{} members of etcd", members.len()));
            for root in fs::read_dir(folder.join("machines")).unwrap() {
                let root = root.unwrap().path();
                let mut paths = Vec::new();
                walk(&root, &root, &mut paths);
                let text = replaced(&paths.join("\n"), &hashes);
                let name = root.file_name().unwrap().to_str().unwrap().to_owned();
                lines.push(format!("{}\n{text}", replaced(&name, &hashes)));
            }
        }
        lines.sort();
        Self(lines)
    }

    /// Asserts that two are equal, and tells only what differs.
    fn assert_is(&self, wanted: &Self, when: &str) {
        let count = |lines: &[String]| {
            let mut counts: BTreeMap<String, usize> = BTreeMap::new();
            for line in lines {
                *counts.entry(line.clone()).or_default() += 1;
            }
            counts
        };
        let (now, then) = (count(&self.0), count(&wanted.0));
        let only = |here: &BTreeMap<String, usize>, there: &BTreeMap<String, usize>| {
            let lines = here
                .iter()
                .filter(|(line, times)| there.get(*line) != Some(times));
            lines
                .map(|(line, times)| format!("{times} x {line}"))
                .collect::<Vec<_>>()
        };
        let (new, missing) = (only(&now, &then), only(&then, &now));
        assert!(self == wanted, "{when}: {new:#?} in place of {missing:#?}");
    }
}

fn objects(file: &Path) -> Vec<Value> {
    let server = Server::builder().persistent(file).unwrap();
    let snapshot: Value = serde_json::from_str(&server.snapshot().to_json()).unwrap();
    let objects = snapshot["objects"].as_array().unwrap().iter();
    objects.map(|entry| entry["object"].clone()).collect()
}

/// Hashes of templates, which are random too.
fn hashes(objects: &[Value]) -> Vec<String> {
    let labels = objects.iter().map(|object| &object["metadata"]["labels"]);
    let hashes = labels.filter_map(|labels| labels["machine-template-hash"].as_str());
    hashes.map(str::to_owned).collect()
}

/// A text without the random letters of names, the addresses of machines, and those hashes.
fn replaced(text: &str, hashes: &[String]) -> String {
    let mut text = text.to_owned();
    for hash in hashes {
        text = text.replace(hash.as_str(), "HASH");
    }
    for prefix in ["demo-control-plane-", "demo-general-"] {
        let mut parts = text.split(prefix);
        let first = parts.next().unwrap().to_owned();
        text = parts.fold(first, |text, part| {
            format!("{text}{prefix}{}", without_letters(part))
        });
    }
    let mut parts = text.split("10.0.");
    let first = parts.next().unwrap().to_owned();
    parts.fold(first, |text, part| {
        let rest = part.trim_start_matches(|char: char| char.is_ascii_digit() || char == '.');
        format!("{text}ADDRESS{rest}")
    })
}

/// What follows the beginning of a name: five random letters, for machines of a set twice.
fn without_letters(text: &str) -> String {
    let letters = |text: &str| {
        let random = text
            .chars()
            .take(5)
            .filter(|char| "bcdfghjklmnpqrstvwxz2456789".contains(*char));
        let ends = text
            .chars()
            .nth(5)
            .is_none_or(|char| !char.is_ascii_alphanumeric());
        random.count() == 5 && ends
    };
    let stands = |text: &str| {
        text == "HASH" || text.starts_with("HASH") && !text[4..].starts_with(char::is_alphanumeric)
    };
    let length = |text: &str| {
        if stands(text) {
            Some(4)
        } else {
            letters(text).then_some(5)
        }
    };
    let Some(first) = length(text) else {
        return text.to_owned();
    };
    let rest = &text[first..];
    match rest
        .strip_prefix('-')
        .and_then(|second| Some(&second[length(second)?..]))
    {
        Some(rest) => format!("*-*{rest}"),
        None => format!("*{rest}"),
    }
}

/// Fields that tell when, or are random.
const RANDOM: [&str; 15] = [
    "uid",
    "resourceVersion",
    "creationTimestamp",
    "lastTransitionTime",
    "lastUpdated",
    "lastHeartbeatTime",
    "startTime",
    "generation",
    "observedGeneration",
    "managedFields",
    "nodeDrainStartTime",
    "waitForNodeVolumeDetachStartTime",
    "cluster.x-k8s.io/machine",
    "token",
    "caCertHashes",
];

fn blank(mut object: Value, hashes: &[String]) -> Value {
    let secret = object["kind"] == "Secret";
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    let random = ["cluster-info", "demo-cloud", "demo-lock"].contains(&name);
    if secret && let Some(data) = object["data"].as_object_mut() {
        let keys: Vec<String> = data.keys().cloned().collect();
        object["data"] = keys.into();
    } else if random {
        object["data"] = Value::Null;
    }
    fields(&mut object);
    let text = replaced(&object.to_string(), hashes);
    let mut object: Value = serde_json::from_str(&text).unwrap();
    // Replicas come in the order of their names.
    sort(&mut object);
    object
}

fn fields(value: &mut Value) {
    match value {
        Value::Object(all) => {
            for random in RANDOM {
                all.remove(random);
            }
            all.values_mut().for_each(fields);
        }
        Value::Array(items) => items.iter_mut().for_each(fields),
        _ => {}
    }
}

fn sort(value: &mut Value) {
    match value {
        Value::Object(all) => all.values_mut().for_each(sort),
        Value::Array(items) => {
            items.iter_mut().for_each(sort);
            items.sort_by_key(Value::to_string);
        }
        _ => {}
    }
}

/// Every path below a root with its mode, and with its content where that holds no key, certificate or token.
fn walk(root: &Path, folder: &Path, into: &mut Vec<String>) {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        let name = path
            .strip_prefix(root)
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned();
        if name.starts_with("var/lib/bootstrap-phases") {
            continue;
        }
        let mode = fs::symlink_metadata(&path).unwrap().permissions().mode() & 0o7777;
        let random =
            name.contains("/pki/") || name.ends_with(".conf") || name.starts_with("run/kubeadm");
        if path.is_dir() {
            into.push(format!("{name} {mode:o}"));
            walk(root, &path, into);
        } else if random {
            into.push(format!("{name} {mode:o} ..."));
        } else {
            into.push(format!(
                "{name} {mode:o} {}",
                text(&fs::read(&path).unwrap())
            ));
        }
    }
}

#[test]
fn a_small_cluster_that_is_killed_on_the_way_ends_as_one_that_is_not() {
    let wanted = undisturbed(&Bench::new(1, 1));
    let kills = disturbed(&Bench::new(1, 1), &wanted, [3, 3, 1, 1], 3);
    assert!(kills >= 4, "only {kills} kills");
}

/// Three control planes and fifty workers, killed twenty times and more. Minutes:
///
/// ```console
/// $ cargo test -p examples --test kops_like -- --ignored --nocapture
/// ```
#[test]
#[ignore = "takes minutes"]
fn a_large_cluster_that_is_killed_twenty_times_ends_as_one_that_is_not() {
    let wanted = undisturbed(&Bench::new(3, 50));
    let took: Vec<String> = LIFE
        .iter()
        .zip(&wanted)
        .map(|(arguments, (_, took))| format!("{} {} ms", arguments[0], took.as_millis()))
        .collect();
    println!("undisturbed: {}", took.join(", "));
    let kills = disturbed(&Bench::new(3, 50), &wanted, [9, 10, 3, 4], 20);
    println!("killed {kills} times: the same at the end of every command");
    assert!(kills >= 20, "only {kills} kills");
}

/// Serial numbers of the certificates of API servers, by machine, and of their authorities.
fn serials(bench: &Bench) -> (BTreeMap<String, Vec<u8>>, BTreeSet<Vec<u8>>) {
    let (mut servers, mut authorities) = (BTreeMap::new(), BTreeSet::new());
    for root in fs::read_dir(bench.path("state/demo/machines")).unwrap() {
        let root = root.unwrap().path();
        let read = |name: &str| {
            let file = fs::read(root.join("etc/kubernetes/pki").join(name)).ok()?;
            Some(Certificate::from_pem(&file).unwrap().serial().to_vec())
        };
        if let Some(server) = read("apiserver.crt") {
            servers.insert(root.display().to_string(), server);
            authorities.insert(read("ca.crt").unwrap());
        }
    }
    (servers, authorities)
}

#[test]
fn a_cluster_is_made_shown_rolled_and_its_certificates_renewed() {
    let bench = Bench::new(1, 1);
    let planned = bench.done(&["plan", "-f", "old.yaml"]);
    assert!(
        planned.contains("+ KubeadmControlPlane demo-control-plane"),
        "{planned}"
    );
    assert!(!bench.path("state").exists(), "a plan makes nothing");

    let events = bench.done(&["apply", "-f", "old.yaml", "--output", "json"]);
    let events: Vec<Value> = events
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let told = |event: &str, says: &str| {
        events
            .iter()
            .any(|one| one["event"] == event && one["says"].as_str().unwrap().starts_with(says))
    };
    assert!(told("phase", "certs/apiserver:") && told("phase", "kubelet-start:"));
    assert!(told("machine", "Running v1.36.1") && told("command", "apply is done"));
    assert_eq!(
        bench.done(&["plan", "-f", "old.yaml"]),
        "nothing to do: everything is as it should be\n"
    );

    // A new version waits until it is asked for.
    let planned = bench.done(&["plan", "-f", "new.yaml"]);
    assert!(
        planned.contains("rolling-update: MachineDeployment demo-general"),
        "{planned}"
    );
    let applied = bench.done(&["apply", "-f", "new.yaml"]);
    assert!(
        applied.contains("left to rolling-update: KubeadmControlPlane"),
        "{applied}"
    );
    let rows = || -> Vec<Value> {
        serde_json::from_str(&bench.done(&["status", "demo", "--output", "json"])).unwrap()
    };
    let before = rows();
    assert!(
        before.iter().all(|row| row["version"] == "v1.36.1"),
        "{before:?}"
    );
    bench.done(&["rolling-update", "-f", "new.yaml"]);
    let after = rows();
    assert_eq!(after.len(), 2);
    for row in &after {
        assert_eq!(
            (&row["version"], &row["phase"]),
            (&"v1.36.2".into(), &"Running".into())
        );
        assert!(
            before.iter().all(|old| old["machine"] != row["machine"]),
            "machines are replaced"
        );
    }
    assert_eq!(
        bench.done(&["plan", "-f", "new.yaml"]),
        "nothing to do: everything is as it should be\n"
    );
    let manifest = fs::read_dir(bench.path("state/demo/machines"))
        .unwrap()
        .find_map(|root| {
            fs::read_to_string(
                root.unwrap()
                    .path()
                    .join("etc/kubernetes/manifests/kube-apiserver.yaml"),
            )
            .ok()
        });
    assert!(manifest.unwrap().contains("kube-apiserver:v1.36.2"));

    let before = serials(&bench);
    let few = bench.done(&["rotate-certs", "demo"]);
    assert!(few.contains("rotate-certs is done: 0 nodes"), "{few}");
    assert_eq!(serials(&bench), before);
    bench.done(&["rotate-certs", "demo", "--all"]);
    let after = serials(&bench);
    assert_eq!(after.1, before.1, "the authority stays");
    assert!(
        before
            .0
            .iter()
            .all(|(machine, serial)| after.0[machine] != *serial)
    );

    bench.done(&["status", "demo", "--timeline", "life.svg"]);
    let picture = fs::read_to_string(bench.path("life.svg")).unwrap();
    assert!(
        picture.contains("Running v1.36.1") && picture.contains("Deleting v1.36.1"),
        "{picture}"
    );
    bench.done(&["delete", "demo"]);
    assert!(!bench.path("state/demo").exists());
    let again = bench.run(&["delete", "demo"]);
    assert_eq!(again.status.code(), Some(2));
}

/// The API server of a management cluster, with encryption and certificates as a real one has.
#[test]
fn objects_can_be_kept_in_a_real_cluster() {
    let bench = Bench::new(1, 1);
    let (server, (tell, told)) = (Server::new(), mpsc::channel());
    let listening = server.clone();
    // It goes with the process.
    thread::spawn(move || {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let listen = async {
            let options = ListenOptions::new().client_certificates();
            let listener = listening
                .listen_with("127.0.0.1:0", &options)
                .await
                .unwrap();
            tell.send(listener.kubeconfig().to_owned()).unwrap();
            std::future::pending::<()>().await;
        };
        runtime.enable_all().build().unwrap().block_on(listen);
    });
    fs::write(bench.path("admin.conf"), told.recv().unwrap()).unwrap();
    let there = ["--kubeconfig", "admin.conf"];
    let with = |arguments: &[&str]| bench.done(&[arguments, &there].concat());
    let kept = || {
        let snapshot: Value = serde_json::from_str(&server.snapshot().to_json()).unwrap();
        let objects = snapshot["objects"].as_array().unwrap().iter();
        let own = objects.filter(|entry| entry["object"]["kind"] == "KubeadmControlPlane");
        own.count()
    };
    with(&["apply", "-f", "old.yaml"]);
    assert_eq!(kept(), 1);
    assert!(!bench.path("state/objects").exists());
    let status = with(&["status", "demo"]);
    assert_eq!(status.matches("Running").count(), 2, "{status}");
    with(&["delete", "demo"]);
    assert_eq!(kept(), 0);
}

#[test]
fn a_file_of_the_older_version_is_the_same_cluster() {
    let bench = Bench::new(1, 2);
    let older = "apiVersion: kops-like.example/v1alpha1\nkind: Cluster\nmetadata: {name: demo}\n\
                 spec: {kubernetesVersion: v1.36.1, image: debian-13, masters: 1, nodes: 2}\n";
    fs::write(bench.path("older.yaml"), older).unwrap();
    let plan = |file: &str| bench.done(&["plan", "-f", file, "--output", "json"]);
    let newer = plan("old.yaml").replace("demo-general", "demo-nodes");
    let (newer, older): (Value, Value) = (
        serde_json::from_str(&newer).unwrap(),
        serde_json::from_str(&plan("older.yaml")).unwrap(),
    );
    assert_eq!(older["changes"].as_array().unwrap().len(), 7);
    assert_eq!(newer, older);
}

#[test]
fn everything_that_is_wrong_with_a_file_is_told_at_once() {
    let bench = Bench::new(2, 1);
    let text =
        file(2, 1, "1.36.1", "''").replace("replicas: 1, maxSurge: 1", "replicas: -1, maxSurge: 0");
    fs::write(bench.path("wrong.yaml"), text).unwrap();
    let output = bench.run(&["apply", "-f", "wrong.yaml"]);
    assert_eq!(output.status.code(), Some(2));
    let wrong = String::from_utf8(output.stderr).unwrap();
    for place in [
        "wrong.yaml:5:3: spec.kubernetesVersion: Invalid value",
        "spec.controlPlane.replicas: Invalid value: 2",
        "spec.controlPlane.image: Required value",
        "spec.nodeGroups[0].replicas: Invalid value: -1",
        "spec.nodeGroups[0].maxSurge",
    ] {
        assert!(wrong.contains(place), "{place} is not in {wrong}");
    }
    assert!(!bench.path("state").exists());
}
