//! Rows of networking and discovery.

use serde_json::{Value, json};

use super::super::{
    super::read::{at, list, path, text},
    cells,
};
use super::core::balancers;

pub(super) fn networking(kind: &str, object: &Value) -> Option<Vec<Option<Value>>> {
    let spec = at(object, "spec");
    Some(match kind {
        "Ingress" => ingress(object),
        "IngressClass" => {
            let parameters = at(spec, "parameters");
            let shown = if parameters.is_null() {
                "<none>".to_owned()
            } else {
                let group = text(parameters, "apiGroup");
                let dot = if group.is_empty() { "" } else { "." };
                format!(
                    "{}{dot}{group}/{}",
                    text(parameters, "kind"),
                    text(parameters, "name")
                )
            };
            vec![
                Some(json!(text(spec, "controller"))),
                Some(json!(shown)),
                None,
            ]
        }
        "NetworkPolicy" => vec![Some(cells::selector(at(spec, "podSelector"))), None],
        "IPAddress" if text(object, "apiVersion").ends_with("/v1") => {
            let parent = at(spec, "parentRef");
            let parts = ["resource", "group", "namespace", "name"].map(|key| text(parent, key));
            let [resource, group, namespace, name] = parts;
            let dot = if group.is_empty() { "" } else { "." };
            let slash = if namespace.is_empty() { "" } else { "/" };
            vec![
                Some(json!(format!(
                    "{resource}{dot}{group}/{namespace}{slash}{name}"
                ))),
                None,
            ]
        }
        "ServiceCIDR" if text(object, "apiVersion").ends_with("/v1") => {
            let ranges: Vec<&str> = list(spec, "cidrs")
                .iter()
                .filter_map(Value::as_str)
                .collect();
            vec![Some(json!(ranges.join(","))), None]
        }
        _ => return None,
    })
}

fn ingress(object: &Value) -> Vec<Option<Value>> {
    const MOST: usize = 3;
    let spec = at(object, "spec");
    let all = list(spec, "rules").iter().map(|rule| text(rule, "host"));
    let hosts: Vec<&str> = all.filter(|host| !host.is_empty()).collect();
    let shown = match hosts.get(..MOST) {
        Some(first) if hosts.len() > MOST => {
            format!("{} + {} more...", first.join(","), hosts.len() - MOST)
        }
        _ if hosts.is_empty() => "*".to_owned(),
        _ => hosts.join(","),
    };
    let ingress = list(path(object, &["status", "loadBalancer"]), "ingress");
    let ports = if list(spec, "tls").is_empty() {
        "80"
    } else {
        "80, 443"
    };
    vec![
        Some(cells::or(spec, "ingressClassName", "<none>")),
        Some(json!(shown)),
        Some(json!(balancers(ingress).join(","))),
        Some(json!(ports)),
        None,
    ]
}

pub(super) fn endpoint_slice(object: &Value) -> Vec<Option<Value>> {
    const MOST: usize = 3;
    let shortened = |texts: Vec<String>, none: &str| {
        let more = texts.len().saturating_sub(MOST);
        let shown = texts
            .iter()
            .take(MOST)
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join(",");
        match (texts.len(), more) {
            (0, _) => json!(none),
            (_, 0) => json!(shown),
            (_, more) => json!(format!("{shown} + {more} more...")),
        }
    };
    let ports = list(object, "ports")
        .iter()
        .map(|port| match at(port, "port").as_i64() {
            Some(number) => number.to_string(),
            None => "*".to_owned(),
        });
    let addresses = list(object, "endpoints")
        .iter()
        .flat_map(|endpoint| list(endpoint, "addresses"));
    let addresses = addresses.filter_map(Value::as_str).map(str::to_owned);
    vec![
        Some(json!(text(object, "addressType"))),
        Some(shortened(ports.collect(), "<unset>")),
        Some(shortened(addresses.collect(), "<unset>")),
        None,
    ]
}
