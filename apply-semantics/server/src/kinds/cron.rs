//! Schedules of CronJobs: whether they can be read, in the words of the library that the server uses.

struct Bounds {
    low: u32,
    high: u32,
    names: &'static [&'static str],
}

const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];
const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const FIELDS: [Bounds; 5] = [
    Bounds {
        low: 0,
        high: 59,
        names: &[],
    },
    Bounds {
        low: 0,
        high: 23,
        names: &[],
    },
    Bounds {
        low: 1,
        high: 31,
        names: &[],
    },
    Bounds {
        low: 1,
        high: 12,
        names: &MONTHS,
    },
    Bounds {
        low: 0,
        high: 6,
        names: &DAYS,
    },
];

/// Whether a schedule can be read, and why not.
pub(super) fn check(schedule: &str) -> Result<(), String> {
    let mut schedule = schedule;
    if schedule.starts_with("TZ=") || schedule.starts_with("CRON_TZ=") {
        schedule = schedule.split_once(' ').map_or("", |(_, rest)| rest).trim();
    }
    if schedule.starts_with('@') {
        return descriptor(schedule);
    }
    let fields: Vec<&str> = schedule.split_whitespace().collect();
    if fields.len() != FIELDS.len() {
        let count = fields.len();
        let shown = fields.join(" ");
        return Err(format!(
            "expected exactly 5 fields, found {count}: [{shown}]"
        ));
    }
    fields.iter().zip(&FIELDS).try_for_each(|(field, bounds)| {
        field
            .split(',')
            .try_for_each(|range| check_range(range, bounds))
    })
}

fn descriptor(text: &str) -> Result<(), String> {
    let known = [
        "@yearly",
        "@annually",
        "@monthly",
        "@weekly",
        "@daily",
        "@midnight",
        "@hourly",
    ];
    if known.contains(&text) {
        return Ok(());
    }
    match text.strip_prefix("@every ") {
        Some(duration) if is_duration(duration) => Ok(()),
        Some(duration) => Err(format!(
            "failed to parse duration {text}: time: invalid duration {}",
            super::cause::quoted(duration)
        )),
        None => Err(format!("unrecognized descriptor: {text}")),
    }
}

fn is_duration(text: &str) -> bool {
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        let unit = ["ns", "us", "ms", "s", "m", "h"]
            .into_iter()
            .find(|unit| digits.starts_with(unit));
        match unit {
            Some(unit) if digits.len() < rest.len() => {
                rest = digits.get(unit.len()..).unwrap_or_default();
            }
            _ => return false,
        }
    }
    !text.is_empty()
}

fn check_range(text: &str, bounds: &Bounds) -> Result<(), String> {
    let (range, step) = match text.split_once('/') {
        Some((range, step)) => (range, Some(step)),
        None => (text, None),
    };
    if step.is_some_and(|step| step.contains('/')) {
        return Err(format!("too many slashes: {text}"));
    }
    let (low, high) = match range.split_once('-') {
        _ if matches!(range, "*" | "?") => (bounds.low, bounds.high),
        Some((_, high)) if high.contains('-') => return Err(format!("too many hyphens: {text}")),
        Some((low, high)) => (number(low, bounds)?, number(high, bounds)?),
        None if step.is_some() => (number(range, bounds)?, bounds.high),
        None => (number(range, bounds)?, number(range, bounds)?),
    };
    let step = step.map_or(Ok(1), integer)?;
    if low < bounds.low {
        return Err(format!(
            "beginning of range ({low}) below minimum ({}): {text}",
            bounds.low
        ));
    }
    if high > bounds.high {
        return Err(format!(
            "end of range ({high}) above maximum ({}): {text}",
            bounds.high
        ));
    }
    if low > high {
        return Err(format!(
            "beginning of range ({low}) beyond end of range ({high}): {text}"
        ));
    }
    if step == 0 {
        return Err(format!("step of range should be a positive number: {text}"));
    }
    Ok(())
}

fn number(text: &str, bounds: &Bounds) -> Result<u32, String> {
    let lower = text.to_ascii_lowercase();
    match bounds.names.iter().position(|name| *name == lower) {
        Some(index) => Ok(u32::try_from(index).unwrap_or_default() + bounds.low),
        None => integer(text),
    }
}

fn integer(text: &str) -> Result<u32, String> {
    match text.parse::<i64>() {
        Ok(number) => u32::try_from(number)
            .map_err(|_| format!("negative number ({number}) not allowed: {text}")),
        Err(_) => Err(format!(
            "failed to parse int from {text}: strconv.Atoi: parsing {}: invalid syntax",
            super::cause::quoted(text)
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn schedules_that_can_be_read() {
        for schedule in [
            "*/5 * * * *",
            "0 0 1-15/2 JAN,feb sun",
            "@daily",
            "@every 1h30m",
            "TZ=UTC 0 0 * * ?",
        ] {
            assert_eq!(check(schedule), Ok(()), "{schedule}");
        }
    }

    #[test]
    fn others_say_why() {
        let wrong = |schedule| check(schedule).unwrap_err();
        assert_eq!(wrong("bad"), "expected exactly 5 fields, found 1: [bad]");
        assert_eq!(
            wrong("60 * * * *"),
            "end of range (60) above maximum (59): 60"
        );
        assert_eq!(
            wrong("* * 0 * *"),
            "beginning of range (0) below minimum (1): 0"
        );
        assert_eq!(
            wrong("x * * * *"),
            "failed to parse int from x: strconv.Atoi: parsing \"x\": invalid syntax"
        );
        assert_eq!(wrong("@often"), "unrecognized descriptor: @often");
        assert_eq!(
            wrong("5-1 * * * *"),
            "beginning of range (5) beyond end of range (1): 5-1"
        );
    }
}
