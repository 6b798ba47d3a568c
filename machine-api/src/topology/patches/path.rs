//! Values in variables, by paths such as `proxy.skip[0]`.

use serde_json::Value;

use super::Variables;

/// The value at a path.
pub(super) fn value(variables: &Variables, path: &str) -> Result<Value, String> {
    let mut segments = path.split('.');
    let (name, index) = segment(segments.next().unwrap_or_default())?;
    let missing = |what: &str| format!("variable {path:?} does not exist: there is no {what:?}");
    let mut value = variables.get(name).ok_or_else(|| missing(name))?;
    let mut at = index;
    loop {
        if let Some(index) = at {
            let items = value.as_array();
            let items = items.ok_or_else(|| format!("variable {path:?}: it is no list"))?;
            value = items
                .get(index)
                .ok_or_else(|| format!("variable {path:?}: the list has no item {index}"))?;
        }
        let Some(next) = segments.next() else {
            return Ok(value.clone());
        };
        let (name, index) = segment(next)?;
        value = value.get(name).ok_or_else(|| missing(name))?;
        at = index;
    }
}

/// A name, and the index behind it.
fn segment(text: &str) -> Result<(&str, Option<usize>), String> {
    let wrong = || format!("{text:?} is no name, with or without an index such as [0]");
    match (text.find('['), text.find(']')) {
        (None, None) => Ok((text, None)),
        (Some(open), Some(close)) => {
            let index = text.get(open + 1..close).ok_or_else(wrong)?;
            let index = index.parse().map_err(|_| wrong())?;
            Ok((text.get(..open).unwrap_or_default(), Some(index)))
        }
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn paths() {
        let variables = [("a".to_owned(), json!([{"b": [1, {"c": 2}]}, 3]))].into();
        let get = |path| value(&variables, path);
        assert_eq!(get("a[1]"), Ok(json!(3)));
        assert_eq!(get("a[0].b[1].c"), Ok(json!(2)));
        for wrong in [
            "b",
            "a.b",
            "a[2]",
            "a[0",
            "a]",
            "a[-1]",
            "a[0].b[0].c",
            "a[0].b[0][0]",
        ] {
            // Of two indexes only the first counts, as in the original.
            assert_eq!(get(wrong).is_err(), wrong != "a[0].b[0][0]", "{wrong}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_path_breaks_it(path in "[a.\\[\\]0-9]{0,12}") {
            let variables = [("a".to_owned(), json!({"a": [1, 2]}))].into();
            let _ = value(&variables, &path);
        }
    }
}
