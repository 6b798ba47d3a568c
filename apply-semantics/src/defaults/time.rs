//! Time stamps as the API server reads and writes them.

use std::borrow::Cow;

/// The text of a time stamp in seconds and UTC, of one in RFC 3339 with any fraction and offset.
pub(super) fn seconds(text: &str) -> Option<Cow<'_, str>> {
    let stamp = Stamp::read(text)?;
    Some(if stamp.is_written_so(text) {
        text.into()
    } else {
        stamp.write("").into()
    })
}

/// The text of a time stamp with six digits and UTC. Anything but six digits is refused, as the server refuses it.
pub(super) fn micros(text: &str) -> Option<String> {
    let stamp = Stamp::read(text)?;
    let fraction = stamp.fraction?;
    (fraction.len() == 6).then(|| stamp.write(&format!(".{fraction}")))
}

struct Stamp<'a> {
    /// Minutes since the year nought, in UTC.
    minutes: i64,
    second: i64,
    fraction: Option<&'a str>,
}

impl<'a> Stamp<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let (date, rest) = (text.get(..10)?, text.get(10..)?);
        let year = number(date.get(..4)?, 9999)?;
        let month = number(date.get(5..7)?, 12)?;
        let day = number(date.get(8..)?, days_of(year, month)?)?;
        let clock = rest.strip_prefix('T')?;
        let (hour, minute) = (number(clock.get(..2)?, 23)?, number(clock.get(3..5)?, 59)?);
        let second = number(clock.get(6..8)?, 59)?;
        let marks = [
            date.get(4..5)?,
            date.get(7..8)?,
            clock.get(2..3)?,
            clock.get(5..6)?,
        ];
        if marks != ["-", "-", ":", ":"] || month == 0 || day == 0 {
            return None;
        }
        let (fraction, zone) = fraction(clock.get(8..)?)?;
        let minutes = days_before(year, month) + day - 1;
        Some(Self {
            minutes: (minutes * 24 + hour) * 60 + minute - offset(zone)?,
            second,
            fraction,
        })
    }

    /// Whether it is written in whole seconds and UTC. It was read of that text.
    fn is_written_so(&self, text: &str) -> bool {
        self.fraction.is_none() && text.ends_with('Z')
    }

    fn write(&self, fraction: &str) -> String {
        let (mut days, minute) = (self.minutes.div_euclid(1440), self.minutes.rem_euclid(1440));
        let mut year = days / 366;
        while days_before(year + 1, 1) <= days {
            year += 1;
        }
        days -= days_before(year, 1);
        let mut month = 1;
        while let Some(length) = days_of(year, month).filter(|length| days >= *length) {
            days -= length;
            month += 1;
        }
        let (hour, minute) = (minute / 60, minute % 60);
        let (day, second) = (days + 1, self.second);
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z")
    }
}

fn number(text: &str, most: i64) -> Option<i64> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|_| digits)?;
    (number <= most).then_some(number)
}

fn fraction(text: &str) -> Option<(Option<&str>, &str)> {
    let Some(after) = text.strip_prefix(['.', ',']) else {
        return Some((None, text));
    };
    let end = after.find(|c: char| !c.is_ascii_digit())?;
    (end > 0)
        .then(|| after.split_at(end))
        .map(|(digits, zone)| (Some(digits), zone))
}

/// The minutes that a zone is ahead of UTC.
fn offset(zone: &str) -> Option<i64> {
    if zone == "Z" {
        return Some(0);
    }
    let sign = match zone.get(..1)? {
        "+" => 1,
        "-" => -1,
        _ => return None,
    };
    let (hours, minutes) = zone.get(1..)?.split_once(':')?;
    if hours.len() != 2 || minutes.len() != 2 {
        return None;
    }
    Some(sign * (number(hours, 24)? * 60 + number(minutes, 60)?))
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_of(year: i64, month: i64) -> Option<i64> {
    Some(match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        0..=12 => 31,
        _ => return None,
    })
}

/// The days from the beginning of the year nought to that of a month.
fn days_before(year: i64, month: i64) -> i64 {
    let leaps = if year > 0 {
        let past = year - 1;
        past / 4 - past / 100 + past / 400 + 1
    } else {
        0
    };
    let months: i64 = (1..month).filter_map(|month| days_of(year, month)).sum();
    year * 365 + leaps + months
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_in_utc() {
        let cases = [
            ("2030-01-01T00:00:00Z", "2030-01-01T00:00:00Z"),
            ("2030-01-01T00:30:00.25+01:00", "2029-12-31T23:30:00Z"),
            ("2024-02-28T23:59:59-00:01", "2024-02-29T00:00:59Z"),
            ("2000-12-31T23:59:59-01:00", "2001-01-01T00:59:59Z"),
        ];
        for (text, canonical) in cases {
            assert_eq!(seconds(text).as_deref(), Some(canonical));
        }
        for text in ["0000-01-01T00:00:00Z", "2024-02-29T23:59:59Z"] {
            assert!(matches!(seconds(text), Some(Cow::Borrowed(_))), "{text}");
            assert_eq!(
                Stamp::read(text).map(|stamp| stamp.write("")),
                seconds(text).map(Cow::into_owned)
            );
        }
        for text in [
            "",
            "2030-01-01",
            "2030-02-29T00:00:00Z",
            "2030-01-01 00:00:00Z",
            "2030-01-01T00:00:00",
        ] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }

    #[test]
    fn micros_have_six_digits() {
        let text = "2030-01-01T00:00:00.000001Z";
        assert_eq!(micros(text).as_deref(), Some(text));
        assert_eq!(micros("2030-01-01T00:00:00Z"), None);
        assert_eq!(micros("2030-01-01T00:00:00.1Z"), None);
    }
}
