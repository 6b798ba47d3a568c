//! What Go's `time.Parse` says of a text that is no time stamp.

use crate::call::go_quoted;

/// A part of a layout: what separates it from the one before, how it is written, and how it is read.
type Part = (&'static str, &'static str, fn(&str) -> Read<'_>);

/// What came of reading a part.
enum Read<'a> {
    /// What is left of the text.
    Rest(&'a str),
    Bad,
    OutOfRange(&'static str),
}

const YEAR: Part = ("", "2006", year);
const MONTH: Part = ("-", "01", |text| two(text, true, 1, 12, "month"));
const DAY: Part = ("-", "02", |text| two(text, true, 0, 99, "day"));
const HOUR: Part = ("T", "15", |text| two(text, false, 0, 23, "hour"));
const MINUTE: Part = (":", "04", |text| two(text, true, 0, 59, "minute"));
const SECOND: Part = (":", "05", |text| two(text, true, 0, 59, "second"));
const MICROS: Part = ("", ".000000", micros);
const ZONE: Part = ("", "Z07:00", zone);

/// The error of a time stamp in seconds.
pub(super) fn seconds_error(text: &str) -> String {
    let second: Part = (":", "05", |text| match two(text, true, 0, 59, "second") {
        Read::Rest(rest) => Read::Rest(without_fraction(rest)),
        other => other,
    });
    let parts = [YEAR, MONTH, DAY, HOUR, MINUTE, second, ZONE];
    error(text, "2006-01-02T15:04:05Z07:00", &parts)
}

/// The error of a time stamp in microseconds.
pub(super) fn micros_error(text: &str) -> String {
    let parts = [YEAR, MONTH, DAY, HOUR, MINUTE, SECOND, MICROS, ZONE];
    error(text, "2006-01-02T15:04:05.000000Z07:00", &parts)
}

fn error(text: &str, layout: &str, parts: &[Part]) -> String {
    let value = go_quoted(text);
    let cannot = |element: &str, rest: &str| {
        format!(
            "parsing time {value} as {}: cannot parse {} as {}",
            go_quoted(layout),
            go_quoted(rest),
            go_quoted(element)
        )
    };
    let mut rest = text;
    for (separator, element, read) in parts {
        let Some(after) = rest.strip_prefix(separator) else {
            return cannot(separator, rest);
        };
        match read(after) {
            Read::Rest(left) => rest = left,
            Read::Bad => return cannot(element, after),
            Read::OutOfRange(what) => {
                return format!("parsing time {value}: {what} out of range");
            }
        }
    }
    if rest.is_empty() {
        format!("parsing time {value}: day out of range")
    } else {
        format!("parsing time {value}: extra text: {}", go_quoted(rest))
    }
}

fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

fn year(text: &str) -> Read<'_> {
    match text.split_at_checked(4) {
        Some((year, rest)) if digits(year) == 4 => Read::Rest(rest),
        _ => Read::Bad,
    }
}

/// One or two digits, or exactly two.
fn two<'a>(text: &'a str, fixed: bool, least: u32, most: u32, what: &'static str) -> Read<'a> {
    let length = digits(text).min(2);
    if length == 0 || (fixed && length == 1) {
        return Read::Bad;
    }
    let (number, rest) = text.split_at(length);
    match number.parse() {
        Ok(number) if (least..=most).contains(&number) => Read::Rest(rest),
        _ => Read::OutOfRange(what),
    }
}

fn without_fraction(text: &str) -> &str {
    match text.strip_prefix(['.', ',']) {
        Some(fraction) if digits(fraction) > 0 => {
            fraction.trim_start_matches(|c: char| c.is_ascii_digit())
        }
        _ => text,
    }
}

fn micros(text: &str) -> Read<'_> {
    match text.split_at_checked(7) {
        Some((fraction, rest))
            if fraction.starts_with(['.', ',']) && digits(&fraction[1..]) == 6 =>
        {
            Read::Rest(rest)
        }
        _ => Read::Bad,
    }
}

fn zone(text: &str) -> Read<'_> {
    if let Some(rest) = text.strip_prefix('Z') {
        return Read::Rest(rest);
    }
    let Some((zone, rest)) = text.split_at_checked(6) else {
        return Read::Bad;
    };
    let number = |text: Option<&str>| text.filter(|text| digits(text) == 2)?.parse::<u32>().ok();
    match (
        number(zone.get(1..3)),
        zone.get(3..4),
        number(zone.get(4..6)),
    ) {
        (Some(hours), Some(":"), Some(_)) if hours > 24 => {
            Read::OutOfRange("time zone offset hour")
        }
        (Some(_), Some(":"), Some(minutes)) if minutes > 60 => {
            Read::OutOfRange("time zone offset minute")
        }
        (Some(_), Some(":"), Some(_)) if zone.starts_with(['+', '-']) => Read::Rest(rest),
        _ => Read::Bad,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_that_cannot_be_read_is_named() {
        assert_eq!(
            micros_error("2030-01-01T00:00:00Z"),
            r#"parsing time "2030-01-01T00:00:00Z" as "2006-01-02T15:04:05.000000Z07:00": cannot parse "Z" as ".000000""#
        );
        assert_eq!(
            micros_error("2030-01-01T00:00:00.000000Zx"),
            r#"parsing time "2030-01-01T00:00:00.000000Zx": extra text: "x""#
        );
        assert_eq!(
            seconds_error("2030-13-01T00:00:00Z"),
            r#"parsing time "2030-13-01T00:00:00Z": month out of range"#
        );
        assert_eq!(
            seconds_error("2030-02-30T00:00:00Z"),
            r#"parsing time "2030-02-30T00:00:00Z": day out of range"#
        );
        assert_eq!(
            seconds_error("2030-01-01"),
            r#"parsing time "2030-01-01" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "T""#
        );
        assert_eq!(
            seconds_error("yesterday"),
            r#"parsing time "yesterday" as "2006-01-02T15:04:05Z07:00": cannot parse "yesterday" as "2006""#
        );
    }
}
