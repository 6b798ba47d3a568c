//! Texts of cells: ages, selectors, lists.

use serde_json::{Value, json};

use super::super::read::{at, entries, list, text};

/// How long ago a time was, in the short form of the server; `<unknown>` without a time.
pub(crate) fn since(stamp: &str, now: &str) -> Value {
    match (seconds(stamp), seconds(now)) {
        (Some(stamp), Some(now)) => json!(duration(now - stamp)),
        _ => json!("<unknown>"),
    }
}

/// The seconds of a time stamp since the epoch of its calendar.
pub(super) fn seconds(stamp: &str) -> Option<i64> {
    let number = |from: usize, to: usize| stamp.get(from..to)?.parse::<i64>().ok();
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    // Days since the beginning of March of the year nought, so that leap days come last.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day;
    Some(((days * 24 + hour) * 60 + minute) * 60 + second)
}

/// A span in at most two units.
pub(super) fn duration(seconds: i64) -> String {
    const DAYS_OF_YEAR: i64 = 365;
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    let days = hours / 24;
    match seconds {
        ..-1 => "<invalid>".to_owned(),
        -1 => "0s".to_owned(),
        0..120 => format!("{seconds}s"),
        _ if minutes < 10 => two(minutes, "m", seconds % 60, "s"),
        _ if minutes < 180 => format!("{minutes}m"),
        _ if hours < 8 => two(hours, "h", minutes % 60, "m"),
        _ if hours < 48 => format!("{hours}h"),
        _ if hours < 192 => two(days, "d", hours % 24, "h"),
        _ if days < DAYS_OF_YEAR * 2 => format!("{days}d"),
        _ if days < DAYS_OF_YEAR * 8 => two(days / DAYS_OF_YEAR, "y", days % DAYS_OF_YEAR, "d"),
        _ => format!("{}y", days / DAYS_OF_YEAR),
    }
}

fn two(first: i64, unit: &str, second: i64, small: &str) -> String {
    if second == 0 {
        format!("{first}{unit}")
    } else {
        format!("{first}{unit}{second}{small}")
    }
}

/// Texts joined by commas, or `<none>`.
pub(super) fn joined(texts: &[&str]) -> Value {
    if texts.is_empty() {
        json!("<none>")
    } else {
        json!(texts.join(","))
    }
}

/// `a=b,c=d`, or `<none>`.
pub(super) fn labels(value: &Value, key: &str) -> Value {
    let pairs: Vec<String> = entries(value, key)
        .iter()
        .map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()))
        .collect();
    joined(&pairs.iter().map(String::as_str).collect::<Vec<_>>())
}

/// A selector in its short form.
pub(super) fn selector(value: &Value) -> Value {
    if value.is_null() {
        return json!("<none>");
    }
    let mut rules: Vec<(String, String)> = entries(value, "matchLabels")
        .iter()
        .map(|(key, value)| {
            (
                (*key).clone(),
                format!("{key}={}", value.as_str().unwrap_or_default()),
            )
        })
        .collect();
    for rule in list(value, "matchExpressions") {
        let key = text(rule, "key");
        let mut values: Vec<&str> = list(rule, "values")
            .iter()
            .filter_map(Value::as_str)
            .collect();
        values.sort_unstable();
        let values = values.join(",");
        let shown = match text(rule, "operator") {
            "In" => format!("{key} in ({values})"),
            "NotIn" => format!("{key} notin ({values})"),
            "Exists" => key.to_owned(),
            _ => format!("!{key}"),
        };
        rules.push((key.to_owned(), shown));
    }
    rules.sort();
    let rules: Vec<&str> = rules.iter().map(|(_, shown)| shown.as_str()).collect();
    joined(&rules)
}

/// The names and images of the containers of a pod.
pub(super) fn containers(pod: &Value) -> [Value; 2] {
    ["name", "image"].map(|key| {
        let texts: Vec<&str> = list(pod, "containers")
            .iter()
            .map(|container| text(container, key))
            .collect();
        json!(texts.join(","))
    })
}

/// The text of a field, or `<none>`, or `<unset>`, as given.
pub(super) fn or(value: &Value, key: &str, none: &str) -> Value {
    let text = text(value, key);
    json!(if text.is_empty() { none } else { text })
}

/// The number of a field, nought if it is not there.
pub(super) fn number(value: &Value, key: &str) -> Value {
    json!(at(value, key).as_i64().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_short() {
        let cases = [
            (0, "0s"),
            (119, "119s"),
            (120, "2m"),
            (125, "2m5s"),
            (600, "10m"),
            (3 * 3600, "3h"),
            (3 * 3600 + 600, "3h10m"),
            (8 * 3600 + 60, "8h"),
            (48 * 3600, "2d"),
            (50 * 3600, "2d2h"),
            (8 * 24 * 3600, "8d"),
            (2 * 365 * 24 * 3600 + 24 * 3600, "2y1d"),
            (9 * 365 * 24 * 3600, "9y"),
            (-5, "<invalid>"),
        ];
        for (seconds, text) in cases {
            assert_eq!(duration(seconds), text, "{seconds}");
        }
    }

    #[test]
    fn ages_count_leap_days() {
        assert_eq!(since("2028-02-28T00:00:00Z", "2028-03-01T00:00:00Z"), "2d");
        assert_eq!(since("2029-12-31T23:59:59Z", "2030-01-01T00:00:01Z"), "2s");
        assert_eq!(since("", "2030-01-01T00:00:01Z"), "<unknown>");
    }
}
