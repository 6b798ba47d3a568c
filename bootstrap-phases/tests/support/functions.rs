//! Cases of group `functions`: single functions, each with a list of inputs and a list of outputs.

#![allow(
    clippy::indexing_slicing,
    reason = "JSON answers null where there is nothing"
)]

use bootstrap_phases::kubeadm::net::{self, LocalEndpoint};
use bootstrap_phases::kubeadm::pki::{Certificate, Pins};
use conformance_runner::{Runner, first_difference};
use serde_json::{Map, Value, json};

use crate::cases::Case;

/// Answers one input the way the driver of the recording did. Of errors only whether there is one counts.
type Function = fn(&Value) -> Value;

/// By the name of the function in `case.yaml`.
const FUNCTIONS: &[(&str, Function)] = &[
    ("endpoint", endpoint),
    ("hostport", host_port),
    ("pin", pins),
    ("pin-check", pin_check),
    ("service-ips", service_addresses),
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

fn function(case: &Case) -> Option<Function> {
    let about = componentconfig::yaml::read(&case.text("case.yaml").ok()?).ok()?;
    let name = about["function"].as_str()?.to_owned();
    FUNCTIONS
        .iter()
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
        if let Some(difference) = first_difference(&presence(&actual), &presence(expected)) {
            return Err(format!("input {index} ({input}): {difference}"));
        }
    }
    Ok(())
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
