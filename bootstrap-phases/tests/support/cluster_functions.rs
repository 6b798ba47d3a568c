//! Functions about tokens, trust, uploaded certificates, marks and checks, for the group `functions`.

#![allow(
    clippy::indexing_slicing,
    reason = "JSON answers null where there is nothing"
)]

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use apply_semantics::op::{Effect, Operation, Outcome, Refusal, from_fn};
use apply_semantics::patch::Patch;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bootstrap_phases::kubeadm::api::{Api, ApiDraft};
use bootstrap_phases::kubeadm::discovery;
use bootstrap_phases::kubeadm::objects::{bundle::CertificateKey, cluster_info, node, token};
use bootstrap_phases::kubeadm::pki::Pins;
use bootstrap_phases::kubeadm::preflight::{self, Finding};
use bootstrap_phases::{CancelToken, Change, Compat, Cx, ManualClock, MemFiles, Port as _};
use componentconfig::DocumentSet;
use componentconfig::core::Taint;
use componentconfig::kubeadm::token::BootstrapToken;
use componentconfig::kubeadm::{Facts, LoadOptions, load_init, load_join};
use serde_json::{Map, Value, json};

use super::functions::{Function, failed};

pub(super) const FUNCTIONS: &[(&str, Function)] = &[
    ("cluster-info", cluster_info),
    ("create-or-update", create_or_update),
    ("decrypt", decrypt),
    ("discover", discover),
    ("mark", mark),
    ("preflight-init", preflight_init),
    ("preflight-join", preflight_join),
    ("run-checks", preflight_run),
    ("secret-to-token", secret_to_token),
    ("jws", sign),
    ("jws-verify", sign_check),
    ("token-secret", token_secret),
];

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

fn cluster_info(input: &Value) -> Value {
    let kubeconfig = bootstrap_phases::kubeadm::kubeconfig::Kubeconfig::parse(
        input.as_str().unwrap_or_default().as_bytes(),
    );
    let Ok(kubeconfig) = kubeconfig else {
        return failed();
    };
    let bootstrap_phases::kubeadm::kubeconfig::Data::Inline(authority) = &kubeconfig.authority
    else {
        return failed();
    };
    let text = cluster_info::kubeconfig(&kubeconfig.server, authority.expose());
    json!({"data": cluster_info::config_map_of(&text)["data"]})
}

fn decrypt(input: &Value) -> Value {
    let plain = CertificateKey::parse(text(input, "Key")).and_then(|key| {
        key.decrypt(
            &STANDARD
                .decode(text(input, "Ciphertext"))
                .unwrap_or_default(),
        )
    });
    match plain {
        Ok(plain) => json!({"error": null, "plaintext": String::from_utf8_lossy(plain.expose())}),
        Err(error) => json!({"error": error.to_string(), "plaintext": ""}),
    }
}

fn discover(input: &Value) -> Value {
    let mut data = input["Data"].clone();
    for signer in input["Sign"].as_array().into_iter().flatten() {
        let (id, secret) = (text(signer, "ID"), text(signer, "Secret"));
        let signature = cluster_info::sign_as(text(&data, cluster_info::KEY), id, secret);
        data[cluster_info::signature_key(id)] = json!(signature);
    }
    let mut pins = Pins::default();
    for pin in input["Hashes"].as_array().into_iter().flatten() {
        if pins.allow(pin.as_str().unwrap_or_default()).is_err() {
            return json!({"data": data, "error": "a pin is none"});
        }
    }
    let Ok(token) = text(input, "Token").parse() else {
        return json!({"data": data, "error": "the token is none"});
    };
    match discovery::by_token(&json!({ "data": data }), &token, &pins) {
        Ok(cluster) => json!({"data": data, "error": null, "kubeconfig": cluster.kubeconfig}),
        Err(error) => json!({"data": data, "error": error.to_string()}),
    }
}

fn sign(input: &Value) -> Value {
    let (id, secret) = (text(input, "ID"), text(input, "Secret"));
    json!({"error": null, "signature": cluster_info::sign_as(text(input, "Content"), id, secret)})
}

fn sign_check(input: &Value) -> Value {
    let valid = cluster_info::is_signed(
        text(input, "Content"),
        text(input, "Signature"),
        text(input, "ID"),
        text(input, "Secret"),
    );
    json!({ "valid": valid })
}

fn token_secret(input: &Value) -> Value {
    let token: Result<BootstrapToken, _> = serde_json::from_value(input.clone());
    let Ok(token) = token else { return failed() };
    let mut secret = token::secret(&token, now()).unwrap_or_default();
    if let Some(fields) = secret.as_object_mut() {
        fields.remove("apiVersion");
        fields.remove("kind");
    }
    secret
}

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_790_000_000)
}

fn secret_to_token(input: &Value) -> Value {
    match token::of_secret(input) {
        Ok(token) => {
            let mut value = serde_json::to_value(&token).unwrap_or_default();
            if let (Some(fields), Some(text)) = (value.as_object_mut(), &token.token) {
                fields.insert("token".to_owned(), json!(text.expose()));
                fields.retain(|_, value| !value.is_null());
            }
            json!({ "token": value })
        }
        Err(_) => failed(),
    }
}

fn mark(input: &Value) -> Value {
    let taints: Vec<Taint> = serde_json::from_value(input["Taints"].clone()).unwrap_or_default();
    let patch = node::patch(&input["Node"], &taints);
    let request = |verb: &str| json!({"group": "", "name": "n", "namespace": "", "resource": "nodes", "verb": verb});
    let mut sent = request("patch");
    sent["patch"] = patch.clone();
    sent["patchType"] = json!("application/strategic-merge-patch+json");
    let marked = Patch::Strategic(patch)
        .apply(input["Node"].clone(), None)
        .unwrap_or_default();
    let mut marks = Map::new();
    for (name, path) in [("labels", "/metadata/labels"), ("taints", "/spec/taints")] {
        marks.insert(
            name.to_owned(),
            marked.pointer(path).cloned().unwrap_or_default(),
        );
    }
    json!({"actions": [request("get"), sent], "error": null, "node": marks})
}

/// One ConfigMap, wanted by an API that has it or has it not; what was sent, and what is there then.
fn create_or_update(input: &Value) -> Value {
    let map = |data: &Value| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m", "namespace": "n"}, "data": data});
    let mut there = None;
    if input["Exists"] == true {
        let mut existing = map(&input["Existing"]);
        existing["metadata"]["labels"] = json!({"kept": "by-user"});
        there = Some(existing);
    }
    let state = Arc::new(Mutex::new((there, Vec::new())));
    let shared = state.clone();
    let api = Api::new(from_fn(move |operation: &Operation| {
        let mut state = shared
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        state.1.push(operation.verb());
        let target = operation.target().unwrap_or_default();
        match (operation, &state.0) {
            (Operation::Get { .. }, Some(object)) => {
                Ok(Outcome::object(object.clone(), Effect::Read))
            }
            (Operation::Get { .. }, None) => Err(Refusal::not_found(&target)),
            (Operation::Create { .. }, Some(_)) => Err(Refusal::already_exists(&target)),
            (Operation::Create { object, .. } | Operation::Update { object, .. }, _) => {
                state.0 = Some(object.clone());
                Ok(Outcome::object(object.clone(), Effect::Created))
            }
            (other, _) => Err(Refusal::internal(other.to_string())),
        }
    }));
    let (files, clock, cancel) = (MemFiles::new(), ManualClock::at(0), CancelToken::new());
    let cx = Cx::new(&(), &files, &clock, &cancel);
    let mut draft = cx.draft();
    let mut wanted = ApiDraft::new(&api, Compat::Upstream, &mut draft);
    let object = map(&input["Desired"]);
    let outcome = match text(input, "How") {
        "retain" => wanted.if_absent(object),
        _ => wanted.object(object),
    };
    let carried_out = outcome.and_then(|()| {
        let plan = draft.finish();
        plan.changes.iter().try_for_each(|change| match change {
            Change::Effect(effect) => api.carry_out(effect),
            _ => Ok(()),
        })
    });
    let state = state
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    let object = state.0.clone().unwrap_or_default();
    let error = carried_out.err().map(|error| error.to_string());
    json!({"data": object["data"], "error": error, "labels": object["metadata"]["labels"], "sequence": state.1})
}

fn preflight_init(input: &Value) -> Value {
    let loaded = DocumentSet::read("config", text(input, "Config"))
        .and_then(|set| load_init(&set, &Facts::default(), LoadOptions::init()));
    let Ok(loaded) = loaded else { return failed() };
    let checks = preflight::init(
        &loaded.config.init,
        &loaded.config.cluster,
        input["Secondary"] == true,
        input["DownloadCerts"] == true,
    );
    names(&checks)
}

fn preflight_join(input: &Value) -> Value {
    let loaded = DocumentSet::read("config", text(input, "Config"))
        .and_then(|set| load_join(&set, &Facts::default(), LoadOptions::init()));
    let Ok(loaded) = loaded else { return failed() };
    names(&preflight::join(&loaded.config, "v1.36.1"))
}

/// Whether this process is root is no check of these lists: it is asked for before them.
fn names(checks: &[preflight::Check]) -> Value {
    let names: Vec<String> = checks.iter().map(preflight::Check::name).collect();
    json!({"checks": names, "error": null})
}

fn preflight_run(input: &Value) -> Value {
    let found = input["Checks"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|check| {
            let texts =
                |name: &str| serde_json::from_value(check[name].clone()).unwrap_or_default();
            let mut finding = Finding::clean(text(check, "name"));
            (finding.warnings, finding.errors) = (texts("warnings"), texts("errors"));
            finding
        });
    let ignored: Vec<String> = serde_json::from_value(input["Ignore"].clone()).unwrap_or_default();
    let found = preflight::settle(found, &ignored);
    let lines = |kind: &str, texts: fn(&Finding) -> &[String]| -> String {
        let all = found.iter().flat_map(|finding| {
            let name = &finding.name;
            texts(finding).iter().map(move |text| (name, text))
        });
        all.fold(String::new(), |out, (name, text)| {
            out + &format!("\t[{kind} {name}]: {text}\n")
        })
    };
    let warnings = lines("WARNING", |finding| &finding.warnings);
    if !found.has_errors() {
        return json!({"error": null, "output": warnings});
    }
    let errors = lines("ERROR", |finding| &finding.errors);
    let advice = "[preflight] If you know what you are doing, you can make a check non-fatal with `--ignore-preflight-errors=...`";
    let output = format!("{warnings}[preflight] Some fatal errors occurred:\n{errors}{advice}\n");
    json!({"error": found.into_result().err().map(|error| error.to_string()), "output": output})
}
