//! Functions that write into a cluster: tokens, its configuration, its certificates; for the group `functions`.

#![allow(
    clippy::indexing_slicing,
    reason = "JSON answers null where there is nothing"
)]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use apply_semantics::op::{Effect, ObjectRef, Operation, Outcome, Refusal, from_fn};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bootstrap_phases::kubeadm::api::{Api, PORT};
use bootstrap_phases::kubeadm::join::uploaded_certificates;
use bootstrap_phases::kubeadm::objects::bundle::CertificateKey;
use bootstrap_phases::kubeadm::pki::FixedKeys;
use bootstrap_phases::kubeadm::tokens::{self, TokenContext};
use bootstrap_phases::kubeadm::{HostFacts, InitContext, init_context, init_workflow};
use bootstrap_phases::{Change, Compat, Files as _, ManualClock, MemFiles, Runner, Selection};
use componentconfig::kubeadm::Facts;
use serde_json::{Map, Value, json};

use super::functions::{Function, failed};

pub(super) const FUNCTIONS: &[(&str, Function)] = &[
    ("tokens-apply", tokens_apply),
    ("upload-certs", upload_certs),
    ("upload-config", upload_config),
];

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

/// An API that keeps objects by their names, and what it was asked.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    objects: BTreeMap<String, Value>,
    asked: Vec<Operation>,
}

impl Kept {
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn api(&self) -> Api {
        let kept = self.clone();
        Api::new(from_fn(move |operation: &Operation| {
            let mut state = kept.lock();
            state.asked.push(operation.clone());
            let target = match operation {
                Operation::Create { object, .. } => ObjectRef::of(object).unwrap_or_default(),
                other => other.target().unwrap_or_default(),
            };
            let name = target.to_string();
            match (operation, state.objects.get(&name)) {
                (Operation::Get { .. }, Some(object)) => {
                    Ok(Outcome::object(object.clone(), Effect::Read))
                }
                (Operation::Get { .. }, None) => Err(Refusal::not_found(&target)),
                (Operation::Create { .. }, Some(_)) => Err(Refusal::already_exists(&target)),
                (Operation::Create { object, .. } | Operation::Update { object, .. }, _) => {
                    state.objects.insert(name, object.clone());
                    Ok(Outcome::object(object.clone(), Effect::Created))
                }
                (other, _) => Err(Refusal::internal(other.to_string())),
            }
        }))
    }

    fn put(&self, object: Value) {
        let name = ObjectRef::of(&object).unwrap_or_default().to_string();
        self.lock().objects.insert(name, object);
    }

    /// Verb and resource of everything asked, in order.
    fn sequence(&self) -> Vec<String> {
        let state = self.lock();
        let asked = state.asked.iter();
        asked
            .map(|operation| {
                format!(
                    "{} {}",
                    operation.verb(),
                    operation.collection().resource.resource
                )
            })
            .collect()
    }

    fn named(&self, name: &str) -> Value {
        let state = self.lock();
        let mut all = state.objects.values();
        all.find(|object| object["metadata"]["name"] == name)
            .cloned()
            .unwrap_or_default()
    }
}

fn tokens_apply(input: &Value) -> Value {
    let kept = Kept::default();
    for existing in input["Existing"].as_array().into_iter().flatten() {
        let mut existing = existing.clone();
        existing["apiVersion"] = json!("v1");
        existing["kind"] = json!("Secret");
        kept.put(existing);
    }
    let Ok(tokens) = serde_json::from_value(input["Tokens"].clone()) else {
        return failed();
    };
    let api = kept.api();
    let context = TokenContext {
        api: api.clone(),
        tokens,
        replace: input["FailIfExists"] != true,
        compat: Compat::Upstream,
    };
    let Ok(flow) = tokens::create_workflow().build() else {
        return failed();
    };
    let (files, clock) = (MemFiles::new(), ManualClock::at(0));
    let runner = Runner::new(&flow, &files).clock(&clock).port(PORT, &api);
    let outcome = runner.run(&context);
    let state = kept.lock();
    let actions = state.asked.iter().map(|operation| {
        let collection = operation.collection();
        let mut action = json!({
            "group": collection.resource.group,
            "namespace": collection.namespace,
            "resource": collection.resource.resource,
            "verb": operation.verb(),
        });
        match operation {
            Operation::Create { object, .. } | Operation::Update { object, .. } => {
                let mut object = object.clone();
                for field in ["apiVersion", "kind"] {
                    object.as_object_mut().map(|fields| fields.remove(field));
                }
                action["object"] = object;
            }
            other => action["name"] = json!(other.target().map(|target| target.name)),
        }
        action
    });
    let error = outcome.err().map(|failure| failure.to_string());
    json!({"actions": actions.collect::<Vec<_>>(), "error": error})
}

/// A phase of `init`, run as kubeadm does it.
fn run_phase(
    config: &str,
    phase: &str,
    kept: &Kept,
    files: &MemFiles,
    change: impl FnOnce(&mut InitContext),
) -> Result<InitContext, String> {
    let keys = Arc::new(FixedKeys::seeded("functions"));
    let (facts, host) = (Facts::default(), HostFacts::default());
    let context = init_context("config", config, &facts, host, keys);
    let mut context = context
        .map_err(|report| report.to_string())?
        .compat(Compat::Upstream);
    let api = kept.api();
    context.api = Some(api.clone());
    context.grants_admins = false;
    change(&mut context);
    let flow = init_workflow().build().map_err(|error| error.to_string())?;
    let clock = ManualClock::at(0);
    let runner = Runner::new(&flow, files).clock(&clock).port(PORT, &api);
    let selection = Selection::only([phase]).compat(Compat::Upstream);
    let outcome = runner.select(selection).run(&context);
    outcome.map_err(|failure| failure.to_string())?;
    Ok(context)
}

fn upload_config(input: &Value) -> Value {
    let kept = Kept::default();
    if input["Existing"].is_object() {
        kept.put(json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": "kubeadm-config", "namespace": "kube-system"},
            "data": input["Existing"],
        }));
    }
    let files = MemFiles::new();
    match run_phase(
        text(input, "Config"),
        "upload-config/kubeadm",
        &kept,
        &files,
        |_| {},
    ) {
        // kubeadm looks at a map that is there only when it cannot make it.
        Ok(_) => {
            let sequence: Vec<String> = kept.sequence();
            let sequence = sequence
                .into_iter()
                .filter(|asked| !asked.starts_with("get "));
            json!({
                "data": kept.named("kubeadm-config")["data"],
                "sequence": sequence.collect::<Vec<_>>(),
            })
        }
        Err(error) => json!({"error": error}),
    }
}

fn upload_certs(input: &Value) -> Value {
    const PKI: &str = "/etc/kubernetes/pki";
    let (kept, files) = (Kept::default(), MemFiles::new());
    for (name, content) in input["Files"].as_object().into_iter().flatten() {
        let path = format!("{PKI}/{name}");
        let folder = path.rsplit_once('/').map_or("/", |(folder, _)| folder);
        let content = content.as_str().unwrap_or_default();
        let laid = files
            .create_dir_all(folder, 0o755)
            .and_then(|()| files.create_file(&path, content.as_bytes(), 0o600));
        if laid.is_err() {
            return failed();
        }
    }
    let context = run_phase(
        text(input, "Config"),
        "upload-certs",
        &kept,
        &files,
        |context| {
            context.upload_certs = true;
            context.init.certificate_key = text(input, "Key").into();
        },
    );
    let (context, key) = match (context, CertificateKey::parse(text(input, "Key"))) {
        (Ok(context), Ok(key)) => (context, key),
        (Err(error), _) => return json!({"error": error}),
        (_, Err(error)) => return json!({"error": error.to_string()}),
    };
    let secret = kept.named("kubeadm-certs");
    let same = |content: &[u8]| {
        let mut all = input["Files"].as_object().into_iter().flatten();
        let found = all.find(|(_, text)| text.as_str().map(str::as_bytes) == Some(content));
        found.map(|(name, _)| name.clone())
    };
    let entries = secret["data"].as_object().into_iter().flatten();
    let entries = entries.map(|(name, entry)| {
        let encrypted = entry
            .as_str()
            .map(|text| STANDARD.decode(text).unwrap_or_default());
        let plain = encrypted.and_then(|text| key.decrypt(&text).ok());
        let described = plain.map(|plain| json!({"sameAs": same(plain.expose())}));
        (name.clone(), described.unwrap_or_default())
    });
    let entries: Map<String, Value> = entries.collect();
    let owners = secret["metadata"]["ownerReferences"].as_array();
    let owners = owners.into_iter().flatten().map(|owner| {
        let mut owner = owner.clone();
        let prefix = owner["name"]
            .as_str()
            .map(|name| name.starts_with("bootstrap-token-"));
        if let Some(fields) = owner.as_object_mut() {
            fields.remove("name");
            fields.remove("uid");
            if prefix == Some(true) {
                fields.insert("namePrefix".to_owned(), json!("bootstrap-token-"));
            }
        }
        owner
    });
    let owners: Vec<Value> = owners.collect();
    let (downloaded, error) = match uploaded_certificates(&MemFiles::new(), &context, &secret, &key)
    {
        Ok(plan) => {
            let files = plan.changes.iter().filter_map(|change| match change {
                Change::WriteFile {
                    path,
                    mode,
                    content,
                    ..
                } => {
                    let name = path.strip_prefix(PKI)?.trim_start_matches('/').to_owned();
                    let described = json!({
                        "mode": format!("{mode:04o}"),
                        "sameAs": same(content.bytes()),
                    });
                    Some((name, described))
                }
                _ => None,
            });
            (Value::Object(files.collect()), Value::Null)
        }
        Err(error) => (json!({}), json!(error.to_string())),
    };
    json!({
        "downloadError": error,
        "downloaded": downloaded,
        "owner": owners,
        "secretData": entries,
        "sequence": kept.sequence(),
    })
}
