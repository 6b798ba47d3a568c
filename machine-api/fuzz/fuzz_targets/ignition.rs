//! Any additional configuration of Ignition: it is refused, or what is made is JSON.

#![no_main]

use componentconfig::secret::Secret;
use libfuzzer_sys::fuzz_target;
use machine_api::{
    Compat,
    bootstrap_data::{Certificates, Input, Role, render},
};
use serde_json::{Value, json};

fn read<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).expect("what is written here is valid")
}

fuzz_target!(|input: (&str, bool)| {
    let (text, strict) = input;
    let cluster = read(json!({"metadata": {"name": "c"}, "spec": {"controlPlaneEndpoint": {"host": "h", "port": 1}}}));
    let machine = read(json!({"metadata": {"name": "m"}, "spec": {"version": "v1.36.0"}}));
    let config = read(json!({"spec": {
        "format": "ignition",
        "joinConfiguration": {"discovery": {"bootstrapToken": {"token": "abcdef.0123456789abcdef"}}},
        "ignition": {"containerLinuxConfig": {"strict": strict, "additionalConfig": text}},
    }}));
    let made = render(&Input {
        cluster: &cluster,
        machine: &machine,
        config: &config,
        role: Role::JoinWorker,
        certificates: &Certificates::default(),
        ca_cert_hashes: &["sha256:12".to_owned()],
        control_plane_version: None,
        secrets: &|_: &str, _: &str| None::<Secret>,
        compat: Compat::Fixed,
    });
    if let Ok(made) = made {
        let value: Value = serde_json::from_str(made.value.expose()).expect("Ignition's configuration is JSON");
        assert_eq!(value["ignition"]["version"], "2.3.0");
    }
});
