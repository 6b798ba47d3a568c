//! Fields that stand for each other: the conversions to the internal types and back.

use serde_json::{Map, Value, json};

use super::canonical::is_empty;

type Object = Map<String, Value>;

/// What is done with the fields of a struct.
pub(super) type Alias = fn(&mut Object);

/// What reading does with fields that others replaced.
pub(super) fn read(type_name: &str) -> Option<Alias> {
    Some(match type_name {
        "core.v1.PodSpec" => |spec| fall_back(spec, "serviceAccountName", "serviceAccount"),
        "core.v1.Secret" => string_data,
        "core.v1.NodeSpec" => |spec| first_of(spec, "podCIDR", "podCIDRs", |single| single),
        "core.v1.PodStatus" => {
            |status| first_of(status, "podIP", "podIPs", |single| json!({"ip": single}))
        }
        "core.v1.ResourceRequirements" => drop_null_resources,
        _ => return None,
    })
}

/// What writing does with them.
pub(super) fn write(type_name: &str) -> Option<Alias> {
    Some(match type_name {
        "core.v1.PodSpec" => service_account,
        "core.v1.NodeSpec" => first_network,
        "apps.v1.StatefulSetSpec" => types_of_claims,
        _ => return None,
    })
}

fn service_account(spec: &mut Object) {
    match spec.get("serviceAccountName") {
        Some(name) if spec.get("serviceAccount") == Some(name) => {}
        Some(name) => drop(spec.insert("serviceAccount".to_owned(), name.clone())),
        None => drop(spec.remove("serviceAccount")),
    }
}

fn first_network(spec: &mut Object) {
    let networks = spec.get("podCIDRs");
    if let Some(first) = networks.and_then(|list| list.get(0)).cloned() {
        spec.insert("podCIDR".to_owned(), first);
    }
}

fn types_of_claims(spec: &mut Object) {
    let claims = spec.get_mut("volumeClaimTemplates");
    let claims = claims.and_then(Value::as_array_mut).into_iter().flatten();
    for claim in claims.filter_map(Value::as_object_mut) {
        claim.insert("apiVersion".to_owned(), "v1".into());
        claim.insert("kind".to_owned(), "PersistentVolumeClaim".into());
    }
}

fn fall_back(object: &mut Object, field: &str, alias: &str) {
    let missing = object.get(field).is_none_or(is_empty);
    if missing && let Some(value) = object.get(alias).filter(|value| !is_empty(value)).cloned() {
        object.insert(field.to_owned(), value);
    }
}

/// A single value and the list that replaced it: if they contradict each other the single value wins.
fn first_of(object: &mut Object, single: &str, list: &str, item: impl FnOnce(Value) -> Value) {
    let Some(value) = object.get(single).filter(|value| !is_empty(value)).cloned() else {
        return;
    };
    let wanted = item(value);
    if object.get(list).and_then(|list| list.get(0)) != Some(&wanted) {
        object.insert(list.to_owned(), json!([wanted]));
    }
}

/// The texts that are only ever written become data.
fn string_data(object: &mut Object) {
    let Some(Value::Object(texts)) = object.remove("stringData") else {
        return;
    };
    if texts.is_empty() {
        return;
    }
    let data = object.entry("data").or_insert(Value::Null);
    if !data.is_object() {
        *data = json!({});
    }
    let Some(data) = data.as_object_mut() else {
        return;
    };
    for (key, text) in texts {
        let text = text.as_str().unwrap_or_default();
        data.insert(key, base64(text.as_bytes()).into());
    }
}

/// A resource that is null is none.
fn drop_null_resources(object: &mut Object) {
    for list in ["limits", "requests"] {
        if let Some(list) = object.get_mut(list).and_then(Value::as_object_mut) {
            list.retain(|_, amount| !amount.is_null());
        }
    }
}

/// Base64 of the standard alphabet, padded.
pub(super) fn base64(bytes: &[u8]) -> String {
    const ALPHABET: [char; 64] = alphabet();
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let at = |index: usize| u32::from(chunk.get(index).copied().unwrap_or_default());
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for (place, shift) in [18, 12, 6, 0].into_iter().enumerate() {
            let letter = ALPHABET.get((bits >> shift & 63) as usize);
            let letter = letter.filter(|_| place <= chunk.len());
            text.push(letter.copied().unwrap_or('='));
        }
    }
    text
}

const fn alphabet() -> [char; 64] {
    let ranges = [(b'A', 26), (b'a', 26), (b'0', 10), (b'+', 1), (b'/', 1)];
    let mut letters = ['='; 64];
    let (mut at, mut range) = (0, 0);
    while range < ranges.len() {
        #[expect(clippy::indexing_slicing, reason = "evaluated at compile time")]
        let (first, count) = ranges[range];
        let mut step = 0;
        while step < count {
            #[expect(clippy::indexing_slicing, reason = "evaluated at compile time")]
            {
                letters[at] = (first + step) as char;
            }
            at += 1;
            step += 1;
        }
        range += 1;
    }
    letters
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_padded() {
        for (text, encoded) in [
            ("", ""),
            ("a", "YQ=="),
            ("ab", "YWI="),
            ("abc", "YWJj"),
            ("\u{7ff}?>", "378/Pg=="),
        ] {
            assert_eq!(base64(text.as_bytes()), encoded);
        }
    }
}
