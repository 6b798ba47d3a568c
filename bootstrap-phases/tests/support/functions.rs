//! Cases of group `functions`: single functions, each with a list of inputs and a list of outputs.

#![allow(
    clippy::indexing_slicing,
    reason = "JSON answers null where there is nothing"
)]

use bootstrap_phases::kubeadm::net::{self, LocalEndpoint};
use bootstrap_phases::kubeadm::patches::Patches;
use bootstrap_phases::kubeadm::pki::{Certificate, Pins};
use bootstrap_phases::kubeadm::skew::Upgrade;
use bootstrap_phases::kubeadm::{arguments, images, kubelet, manifests};
use bootstrap_phases::{Files as _, MemFiles};
use componentconfig::core::EnvVar;
use componentconfig::kubeadm::Facts;
use componentconfig::kubeadm::token::Token;
use componentconfig::kubeadm::v1beta4::Arg;
use conformance_runner::{Runner, first_difference};
use semver::Version;
use serde_json::{Map, Value, json};

use crate::cases::Case;

/// Answers one input the way the driver of the recording did. Of errors only whether there is one counts.
pub(super) type Function = fn(&Value) -> Value;

/// By the name of the function in `case.yaml`.
const FUNCTIONS: &[(&str, Function)] = &[
    ("args", arguments_to_command),
    ("args-from", arguments_from_command),
    ("endpoint", endpoint),
    ("etcd-version", etcd_version),
    ("flags-env", kubelet_flags),
    ("hostport", host_port),
    ("patch-dir", patch_names),
    ("pin", pins),
    ("pin-check", pin_check),
    ("proxy-env", proxy_variables),
    ("release-version", release_version),
    ("service-ips", service_addresses),
    ("skew", skew),
    ("token-parse", token_form),
];

pub(crate) fn replay(runner: &mut Runner, cases: &[Case]) {
    let mut others = 0;
    for case in cases {
        match function(case) {
            Some(function) => runner.case("functions", &case.id, || replay_case(case, function)),
            None => others += 1,
        }
    }
    if others > 0 {
        runner.not_counted("functions", others, "these functions are not replayed yet");
    }
}

/// An error whose text is not compared.
pub(super) fn failed() -> Value {
    json!({"error": "refused"})
}

fn function(case: &Case) -> Option<Function> {
    let about = componentconfig::yaml::read(&case.text("case.yaml").ok()?).ok()?;
    let name = about["function"].as_str()?.to_owned();
    FUNCTIONS
        .iter()
        .chain(super::cluster_functions::FUNCTIONS)
        .chain(super::upload_functions::FUNCTIONS)
        .find(|(known, _)| *known == name)
        .map(|(_, function)| *function)
}

fn replay_case(case: &Case, function: Function) -> Result<(), String> {
    let (inputs, outputs) = (
        case.json("inputs.json")?,
        case.json("expected/outputs.json")?,
    );
    let (Some(inputs), Some(outputs)) = (inputs.as_array(), outputs.as_array()) else {
        return Err("inputs and outputs have to be lists".to_owned());
    };
    if inputs.len() != outputs.len() {
        return Err("as many inputs as outputs expected".to_owned());
    }
    for (index, (input, expected)) in inputs.iter().zip(outputs).enumerate() {
        let actual = function(input);
        if expected.get("panic").is_some() {
            continue;
        }
        let expected = &comparable(expected);
        if let Some(difference) = first_difference(&presence(&actual), &presence(expected)) {
            return Err(format!("input {index} ({input}): {difference}"));
        }
    }
    Ok(())
}

/// What of an output is compared: of texts meant for people, whether or how many there are.
fn comparable(expected: &Value) -> Value {
    let mut expected = expected.clone();
    if let Some(fields) = expected.as_object_mut() {
        fields.remove("log");
        for (name, value) in fields.iter_mut() {
            match (name.as_str(), &value) {
                ("warning", _) => *value = json!(!value.is_null()),
                ("mandatory" | "skippable", Value::Array(texts)) => *value = json!(texts.len()),
                _ => {}
            }
        }
    }
    expected
}

/// Fields whose name ends in `error`: whether they are set. One that is null counts as absent.
fn presence(value: &Value) -> Value {
    let Value::Object(fields) = value else {
        return value.clone();
    };
    let is_error = |name: &str| name.to_lowercase().ends_with("error");
    let kept = fields
        .iter()
        .filter(|(name, value)| !(is_error(name) && value.is_null()));
    kept.map(|(name, value)| {
        let value = if is_error(name) {
            json!(true)
        } else {
            value.clone()
        };
        (name.clone(), value)
    })
    .collect::<Map<_, _>>()
    .into()
}

/// `name` with the value, or `nameError`.
fn result<T: ToString, E: ToString>(
    out: &mut Map<String, Value>,
    name: &str,
    error: &str,
    result: Result<T, E>,
) {
    match result {
        Ok(value) => out.insert(name.to_owned(), json!(value.to_string())),
        Err(why) => out.insert(error.to_owned(), json!(why.to_string())),
    };
}

fn service_addresses(subnets: &Value) -> Value {
    let subnets = subnets.as_str().unwrap_or_default();
    let mut out = Map::new();
    result(
        &mut out,
        "apiServer",
        "apiServerError",
        net::service_address(subnets, 1),
    );
    result(
        &mut out,
        "dns",
        "dnsError",
        net::service_address(subnets, 10),
    );
    out.into()
}

fn host_port(text: &Value) -> Value {
    match net::host_port("field", text.as_str().unwrap_or_default()) {
        Ok((host, port)) => {
            json!({ "host": host, "port": port.map(|port| port.to_string()).unwrap_or_default() })
        }
        Err(why) => json!({ "host": "", "port": "", "error": why.to_string() }),
    }
}

fn endpoint(input: &Value) -> Value {
    let text = |name: &str| input[name].as_str().unwrap_or_default();
    let port = i32::try_from(input["BindPort"].as_i64().unwrap_or_default()).unwrap_or(-1);
    let local = LocalEndpoint::parse(text("AdvertiseAddress"), port);
    let whole = local
        .clone()
        .and_then(|local| net::control_plane_url(text("ControlPlaneEndpoint"), &local));
    // The recording's driver printed the empty URL beside an error.
    let mut out = Map::from_iter([
        ("controlPlane".to_owned(), json!("")),
        ("local".to_owned(), json!("")),
    ]);
    result(&mut out, "controlPlane", "controlPlaneError", whole);
    result(
        &mut out,
        "local",
        "localError",
        local.map(|local| local.url()),
    );
    out.into()
}

fn pins(text: &Value) -> Value {
    let bundle = Certificate::bundle_from_pem(text.as_str().unwrap_or_default().as_bytes());
    bundle
        .unwrap_or_default()
        .iter()
        .map(|certificate| certificate.public_key().pin())
        .collect()
}

fn pin_check(input: &Value) -> Value {
    let mut pins = Pins::default();
    for pin in input["Pins"].as_array().into_iter().flatten() {
        if let Err(why) = pins.allow(pin.as_str().unwrap_or_default()) {
            return json!({ "allowError": why.to_string() });
        }
    }
    let bundle =
        Certificate::bundle_from_pem(input["Certs"].as_str().unwrap_or_default().as_bytes());
    let mut out = json!({ "empty": pins.is_empty() });
    if let Err(why) = pins.check(&bundle.unwrap_or_default()) {
        out["error"] = json!(why.to_string());
    }
    out
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn arguments_to_command(input: &Value) -> Value {
    let args = |list: &Value| -> Vec<Arg> {
        let pair = |pair: &Value| Arg {
            name: pair[0].as_str().unwrap_or_default().to_owned(),
            value: pair[1].as_str().unwrap_or_default().to_owned(),
        };
        items(list).map(pair).collect()
    };
    json!(arguments::to_command(
        args(&input["base"]),
        &args(&input["overrides"])
    ))
}

fn arguments_from_command(input: &Value) -> Value {
    let command: Vec<&str> = items(input).filter_map(Value::as_str).collect();
    let args = arguments::from_command(&command);
    args.into_iter()
        .map(|arg| json!([arg.name, arg.value]))
        .collect()
}

fn etcd_version(input: &Value) -> Value {
    match images::etcd_version(input.as_str().unwrap_or_default()) {
        Ok(etcd) => json!({ "version": etcd.version, "warning": !etcd.known }),
        Err(why) => json!({ "error": why.to_string(), "warning": false }),
    }
}

fn kubelet_flags(input: &Value) -> Value {
    match kubelet::read_flags_file(input.as_str().unwrap_or_default()) {
        Ok(flags) if flags.is_empty() => json!({ "flags": null }),
        Ok(flags) => json!({ "flags": flags }),
        Err(why) => json!({ "flags": null, "error": why.to_string() }),
    }
}

/// The recording also has what was printed, which is not compared.
fn patch_names(input: &Value) -> Value {
    match patched(input) {
        Ok(result) => json!({ "result": result }),
        Err(why) => json!({ "error": why }),
    }
}

fn patched(input: &Value) -> Result<Value, String> {
    let files = MemFiles::new();
    files
        .create_dir("/patches", 0o755)
        .map_err(|e| e.to_string())?;
    for (name, content) in input["Files"].as_object().into_iter().flatten() {
        let content = content.as_str().unwrap_or_default();
        files
            .create_file(&format!("/patches/{name}"), content.as_bytes(), 0o644)
            .map_err(|e| e.to_string())?;
    }
    let data = componentconfig::yaml::read(text(input, "Data")).map_err(|e| e.to_string())?;
    let pod = apply_semantics::types::builtin().kind("v1", "Pod");
    Patches::read(&files, "/patches")
        .and_then(|patches| patches.apply(text(input, "Target"), data, pod))
        .map_err(|e| e.to_string())
}

fn proxy_variables(input: &Value) -> Value {
    let environment = items(&input["Environ"]).filter_map(|line| line.as_str()?.split_once('='));
    let extra: Vec<EnvVar> = items(&input["Extra"])
        .map(|variable| EnvVar {
            name: text(variable, "Name").to_owned(),
            value: text(variable, "Value").to_owned(),
            value_from: None,
        })
        .collect();
    json!(manifests::merge_env(
        &manifests::proxy_variables(environment),
        &extra
    ))
}

fn release_version(input: &Value) -> Value {
    let given = input.as_str().unwrap_or_default();
    let mut out = json!({ "imageTag": images::tag(given), "isCI": false, "version": "" });
    match componentconfig::kubeadm::release_version(given, &Facts::default()) {
        Ok(release) => {
            out["isCI"] = json!(release.ci);
            out["version"] = json!(release.version);
        }
        Err(why) => out["error"] = json!(why.to_string()),
    }
    out
}

/// Versions that cannot be found out speak against an upgrade too; whoever finds them out knows that.
fn skew(input: &Value) -> Value {
    let version = |text: &str| Version::parse(text.trim_start_matches('v'));
    let Ok(target) = version(text(input, "new")) else {
        return json!({ "parseError": true });
    };
    let (Ok(cluster), Ok(kubeadm)) = (
        version(text(input, "cluster")),
        version(text(input, "kubeadm")),
    ) else {
        return json!({ "mandatory": 1, "skippable": 0 });
    };
    let kubelets = input["kubelets"].as_object().into_iter().flatten();
    let kubelets: Vec<Version> = kubelets
        .filter_map(|(text, _)| version(text).ok())
        .collect();
    let objections = Upgrade {
        cluster: &cluster,
        kubeadm: &kubeadm,
        target: &target,
        kubelets: &kubelets,
        allow_experimental: input["allowExperimental"] == true,
        allow_release_candidates: input["allowRC"] == true,
    }
    .objections();
    let unknown = usize::from(!input["kubeletError"].is_null());
    json!({ "mandatory": objections.mandatory.len(), "skippable": objections.skippable.len() + unknown })
}

fn token_form(input: &Value) -> Value {
    match input.as_str().unwrap_or_default().parse::<Token>() {
        Ok(token) => json!({ "id": token.id(), "secret": token.secret() }),
        Err(why) => json!({ "error": why.to_string() }),
    }
}
