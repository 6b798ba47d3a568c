//! Points in time, as managedFields have them.

use std::{error, fmt, str::FromStr};

const DAY: i64 = 86_400;
const DAYS_IN_400_YEARS: i64 = 146_097;
/// From the first of March of the year 0 to the beginning of 1970.
const DAYS_TO_1970: i64 = 719_468;

/// A whole second, in the range of years that RFC 3339 can write.
///
/// ```
/// use apply_semantics::managed_fields::Time;
/// let time: Time = "2024-02-29T23:30:00+02:00".parse()?;
/// assert_eq!(time.to_string(), "2024-02-29T21:30:00Z");
/// assert_eq!(time.unix_seconds(), 1_709_242_200);
/// # Ok::<(), apply_semantics::managed_fields::TimeError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(i64);

impl Time {
    /// The beginning of the year 0.
    const FIRST: i64 = -62_167_219_200;
    /// The end of the year 9999.
    const LAST: i64 = 253_402_300_799;

    /// A number of seconds since the beginning of 1970, UTC. What is out of the range of years is moved to its end.
    pub fn from_unix_seconds(seconds: i64) -> Self {
        Self(seconds.clamp(Self::FIRST, Self::LAST))
    }

    /// The seconds since the beginning of 1970, UTC.
    pub fn unix_seconds(self) -> i64 {
        self.0
    }
}

/// A time of the clock; fractions of a second are cut off.
impl From<std::time::SystemTime> for Time {
    fn from(time: std::time::SystemTime) -> Self {
        let seconds =
            |duration: std::time::Duration| i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
        let since = time.duration_since(std::time::UNIX_EPOCH);
        Self::from_unix_seconds(since.map_or_else(
            |before| {
                let part = i64::from(before.duration().subsec_nanos() > 0);
                -seconds(before.duration()) - part
            },
            seconds,
        ))
    }
}

/// RFC 3339 in UTC, without fractions.
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (day, second) = (self.0.div_euclid(DAY), self.0.rem_euclid(DAY));
        let (year, month, day) = date(day);
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"
        )
    }
}

/// RFC 3339 with any offset. Fractions of a second are cut off.
impl FromStr for Time {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, TimeError> {
        parse(text).ok_or(TimeError)
    }
}

/// A text is no time in the form of RFC 3339.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeError;

impl fmt::Display for TimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected a time such as 2024-02-29T21:30:00Z")
    }
}

impl error::Error for TimeError {}

fn parse(text: &str) -> Option<Time> {
    let (date, rest) = (text.get(..10)?, text.get(10..)?);
    let (clock, rest) = (rest.strip_prefix('T')?.get(..8)?, rest.get(9..)?);
    let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
    let [hour, minute, second] = numbers(clock, ':', [2, 2, 2])?;
    let offset = offset(without_fraction(rest)?)?;
    let in_range = (1..=12).contains(&month)
        && (1..=days_of(year, month)).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60;
    let seconds = days(year, month, day) * DAY + hour * 3600 + minute * 60 + second - offset;
    in_range.then(|| Time::from_unix_seconds(seconds))
}

fn numbers(text: &str, separator: char, lengths: [usize; 3]) -> Option<[i64; 3]> {
    let mut parts = text.split(separator);
    let mut numbers = [0; 3];
    for (number, length) in numbers.iter_mut().zip(lengths) {
        *number = digits(parts.next()?, length)?;
    }
    parts.next().is_none().then_some(numbers)
}

fn digits(text: &str, length: usize) -> Option<i64> {
    let all = text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
    all.then(|| text.parse().ok())?
}

fn without_fraction(text: &str) -> Option<&str> {
    let Some(fraction) = text.strip_prefix(['.', ',']) else {
        return Some(text);
    };
    let rest = fraction.trim_start_matches(|char: char| char.is_ascii_digit());
    (rest.len() < fraction.len()).then_some(rest)
}

/// How many seconds a local time is ahead of UTC.
fn offset(text: &str) -> Option<i64> {
    if text == "Z" {
        return Some(0);
    }
    let (sign, rest) = match text.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = rest.split_once(':')?;
    let (hours, minutes) = (digits(hours, 2)?, digits(minutes, 2)?);
    (hours <= 24 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

fn days_of(year: i64, month: i64) -> i64 {
    let next = if month == 12 {
        (year + 1, 1)
    } else {
        (year, month + 1)
    };
    days(next.0, next.1, 1) - days(year, month, 1)
}

/// Days since the beginning of 1970. Years are counted from March on, so that the leap day is the last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let in_cycle = year.rem_euclid(400);
    year.div_euclid(400) * DAYS_IN_400_YEARS + in_cycle * 365 + in_cycle / 4 - in_cycle / 100
        + (153 * month + 2) / 5
        + day
        - 1
        - DAYS_TO_1970
}

/// The year, month and day of a number of days since the beginning of 1970.
fn date(days_since_1970: i64) -> (i64, i64, i64) {
    let shifted = days_since_1970 + DAYS_TO_1970;
    let (cycle, in_cycle) = (
        shifted.div_euclid(DAYS_IN_400_YEARS),
        shifted.rem_euclid(DAYS_IN_400_YEARS),
    );
    let year = (in_cycle - in_cycle / 1460 + in_cycle / 36_524 - in_cycle / 146_096) / 365;
    let in_year = in_cycle - (365 * year + year / 4 - year / 100);
    let month = (5 * in_year + 2) / 153;
    let day = in_year - (153 * month + 2) / 5 + 1;
    let year = year + cycle * 400;
    if month < 10 {
        (year, month + 3, day)
    } else {
        (year + 1, month - 9, day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(text: &str) -> Option<i64> {
        text.parse().ok().map(Time::unix_seconds)
    }

    #[test]
    fn texts_and_numbers_agree() {
        for (text, number) in [
            ("1970-01-01T00:00:00Z", 0),
            ("1969-12-31T23:59:59Z", -1),
            ("2000-02-29T12:00:00Z", 951_825_600),
            ("2000-03-01T00:00:00Z", 951_868_800),
            ("2100-02-28T23:59:59Z", 4_107_542_399),
            ("0000-01-01T00:00:00Z", Time::FIRST),
            ("9999-12-31T23:59:59Z", Time::LAST),
        ] {
            assert_eq!(seconds(text), Some(number), "{text}");
            assert_eq!(Time::from_unix_seconds(number).to_string(), text);
        }
    }

    #[test]
    fn every_day_of_a_cycle_reads_back() {
        for day in -800..DAYS_IN_400_YEARS {
            let time = Time::from_unix_seconds(day * DAY + 86_399);
            assert_eq!(time.to_string().parse(), Ok(time));
        }
    }

    #[test]
    fn offsets_count_and_fractions_do_not() {
        assert_eq!(seconds("1970-01-01T01:00:00.999+01:00"), Some(0));
        assert_eq!(seconds("1969-12-31T22:30:00-01:30"), Some(0));
        for bad in [
            "",
            "1970-01-01",
            "1970-01-01 00:00:00Z",
            "1970-02-29T00:00:00Z",
            "1970-13-01T00:00:00Z",
            "1970-01-01T24:00:00Z",
            "1970-01-01T00:00:00",
            "1970-01-01T00:00:00.Z",
            "1970-01-01T00:00:00+0100",
            "+970-01-01T00:00:00Z",
            "1970-01-01T00:00:00ZZ",
            "é970-01-01T00:00:00Z",
        ] {
            assert_eq!(seconds(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_clock_is_cut_to_seconds() {
        use std::time::{Duration, UNIX_EPOCH};
        let at = |millis| UNIX_EPOCH + Duration::from_millis(millis);
        assert_eq!(Time::from(at(1999)).unix_seconds(), 1);
        assert_eq!(
            Time::from(UNIX_EPOCH - Duration::from_millis(1)).unix_seconds(),
            -1
        );
    }
}
