//! What the contract says about control planes.

use machine_api::contract;
use serde_json::{Value, json};

pub(crate) fn control_plane(input: &Value) -> Result<Value, String> {
    let object = &input["object"];
    let upgrading = match contract::is_upgrading(object) {
        Ok(upgrading) => json!(upgrading),
        Err(error) => json!({"error": error.to_string()}),
    };
    Ok(json!({"provisioning": contract::is_provisioning(object), "upgrading": upgrading}))
}
