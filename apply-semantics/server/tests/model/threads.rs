//! The same with threads: whatever order their writes come in, it is one order.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    thread,
};

use apply_server::Server;
use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};

use crate::{
    client::check_reply,
    server,
    spec::{Spec, Write},
    watching::{From, Watching},
};

const THREADS: usize = 4;
const WRITES: usize = 150;
const NAMES: [&str; 3] = ["a", "b", "c"];

#[derive(Debug)]
struct Done {
    name: &'static str,
    manager: String,
    write: Write,
    answer: Value,
    code: u16,
}

/// A small generator (SplitMix64): a seed for each thread.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        usize::try_from((mixed ^ (mixed >> 27)) >> 33).expect("31 bits") % bound
    }
}

fn any_write(random: &mut Random) -> Write {
    let tier = ["gold", "iron"][random.below(2)];
    let value = random.below(3).to_string();
    let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"labels": {"tier": tier}}, "data": {"x": value}});
    match random.below(6) {
        0 => Write::Delete(None),
        1 => Write::Merge(json!({"data": {"y": value}})),
        _ => Write::Apply(object, true),
    }
}

fn send(server: &Server, name: &str, manager: &str, write: &Write) -> (u16, Value) {
    let (method, media, body) = match write {
        Write::Delete(_) => ("DELETE", "", String::new()),
        Write::Merge(patch) => ("PATCH", "application/merge-patch+json", patch.to_string()),
        Write::Apply(config, _) => ("PATCH", "application/apply-patch+yaml", config.to_string()),
        other => unreachable!("{other:?}"),
    };
    let path =
        format!("/api/v1/namespaces/default/configmaps/{name}?fieldManager={manager}&force=true");
    let path = if media.contains("apply") {
        path
    } else {
        path.replace("&force=true", "")
    };
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", media);
    let (head, ()) = request.body(()).expect("a request").into_parts();
    let mut response = server.respond(&head, Bytes::from(body));
    let text = response.body_mut().take_now().expect("an answer");
    (
        response.status().as_u16(),
        serde_json::from_slice(&text).expect("JSON"),
    )
}

/// The revision of what a write made; none if it made nothing, or does not tell.
fn revision(done: &Done) -> Option<u64> {
    let version = done.answer.pointer("/metadata/resourceVersion")?.as_str()?;
    version.parse().ok()
}

#[test]
fn writes_of_threads_have_one_order() {
    let (server, _) = server(100_000);
    let spec = Spec::new(server.revision(), crate::START, 100_000);
    let path = format!(
        "/api/v1/namespaces/default/configmaps?watch=1&resourceVersion={}",
        server.revision()
    );
    let (head, ()) = Request::get(path).body(()).expect("a request").into_parts();
    let open = || server.respond(&head, Bytes::new()).into_body();
    let mut first = open();
    let watch = Watching::new(open(), From::Revision(spec.revision), None, false, &spec);
    let done = Arc::new(Mutex::new(Vec::new()));
    let writers: Vec<_> = (0..THREADS)
        .map(|number| {
            let (server, done) = (server.clone(), Arc::clone(&done));
            thread::spawn(move || {
                let mut random = Random(number as u64);
                let manager = format!("client-{number}");
                for _ in 0..WRITES {
                    let (name, write) = (NAMES[random.below(3)], any_write(&mut random));
                    let (code, answer) = send(&server, name, &manager, &write);
                    let manager = manager.clone();
                    let one = Done {
                        name,
                        manager,
                        write,
                        answer,
                        code,
                    };
                    done.lock().expect("no panic").push(one);
                }
            })
        })
        .collect();
    for writer in writers {
        writer.join().expect("no panic");
    }
    let done = Arc::into_inner(done)
        .expect("all are done")
        .into_inner()
        .expect("no panic");
    let mut told = BTreeMap::new();
    while let Some(line) = first.take_now() {
        let event: Value = serde_json::from_slice(&line).expect("JSON");
        let metadata = &event["object"]["metadata"];
        let version = metadata["resourceVersion"].as_str().expect("a version");
        if event["type"] == "DELETED" {
            told.insert(version.parse().expect("a number"), metadata.clone());
        }
    }
    check(&server, watch, &told, spec, done);
}

/// Puts what was done into the order of its revisions, with the deletions, which do not tell theirs, into the gaps.
fn check(
    server: &Server,
    mut watch: Watching,
    told: &BTreeMap<u64, Value>,
    mut spec: Spec,
    done: Vec<Done>,
) {
    let refused = done.iter().filter(|done| done.code >= 300);
    assert!(
        refused.clone().all(|done| done.code == 404),
        "only what is not there can fail"
    );
    let (mut versions, deletions): (Vec<_>, Vec<_>) = done
        .into_iter()
        .filter(|done| done.code < 300)
        .partition(|done| revision(done).is_some());
    versions.sort_by_key(revision);
    let mut deletions: Vec<Option<Done>> = deletions.into_iter().map(Some).collect();
    let mut versions = versions.as_slice();
    while let Some(next) = versions.first() {
        let wanted = revision(next).expect("a version");
        while spec.revision + 1 < wanted {
            delete_next(&mut spec, told, &mut deletions);
        }
        // Who finds the object as it wants it gets the revision of whoever made it so.
        let (same, later) =
            versions.split_at(versions.partition_point(|done| revision(done) == Some(wanted)));
        let after = same.iter().find_map(|done| {
            let uid = done.answer["metadata"]["uid"].as_str()?;
            let mut after = spec.clone();
            let reply = after.write(done.name, &done.manager, &done.write, false, uid);
            let good =
                after.revision == wanted && check_reply(done.code, &done.answer, &reply).is_ok();
            good.then_some(after)
        });
        spec = after.unwrap_or_else(|| panic!("nobody who answers {next:?} wrote it"));
        assert!(
            same.iter().all(|done| done.answer == next.answer),
            "one revision is one object"
        );
        versions = later;
    }
    while spec.revision < server.revision() {
        delete_next(&mut spec, told, &mut deletions);
    }
    assert!(
        deletions.iter().all(Option::is_none),
        "every deletion has its place"
    );
    watch.read(usize::MAX, &spec).expect("the history");
}

/// Does the deletion of an object that was told at the next revision, which must be there as the answer says.
fn delete_next(spec: &mut Spec, told: &BTreeMap<u64, Value>, deletions: &mut [Option<Done>]) {
    let told = told
        .get(&(spec.revision + 1))
        .expect("a deletion fills the gap");
    let fits = |done: &Done| {
        let object = spec.objects.get(&crate::spec::key(done.name));
        done.name == told["name"]
            && done.answer["details"]["uid"] == told["uid"]
            && object.is_some_and(|object| object["metadata"]["uid"] == told["uid"])
    };
    let mut fitting = deletions
        .iter_mut()
        .filter(|done| done.as_ref().is_some_and(fits));
    let done = fitting
        .next()
        .and_then(Option::take)
        .expect("who deleted it");
    spec.write(done.name, &done.manager, &done.write, false, "");
}
