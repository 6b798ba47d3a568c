//! The forms of date and time that go-yaml v2 knows.

/// Whether a text is `2006-1-2`, `2006-1-2 15:4:5.9` or `2006-1-2T15:4:5.9Z07:00` (or with `t`), the parts in range.
pub(super) fn is_timestamp(text: &str) -> bool {
    let mut scan = Scan(text);
    let Some(()) = scan.date() else { return false };
    match scan.0.chars().next() {
        None => true,
        Some(' ') => {
            scan.0 = scan.0.trim_start_matches(' ');
            scan.time().is_some() && scan.0.is_empty()
        }
        Some('T' | 't') => {
            scan.0 = scan.0.get(1..).unwrap_or_default();
            scan.time().is_some() && scan.zone().is_some() && scan.0.is_empty()
        }
        _ => false,
    }
}

struct Scan<'a>(&'a str);

impl Scan<'_> {
    fn date(&mut self) -> Option<()> {
        let year = self.number(4, 4)?;
        self.literal('-')?;
        let month = self.number(1, 2)?;
        self.literal('-')?;
        let day = self.number(1, 2)?;
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let days = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            _ => return None,
        };
        (1..=days).contains(&day).then_some(())
    }

    fn time(&mut self) -> Option<()> {
        // Hours take two digits where there are two; so do minutes and seconds.
        let hour = self.number(1, 2)?;
        self.literal(':')?;
        let minute = self.number(1, 2)?;
        self.literal(':')?;
        let second = self.number(1, 2)?;
        if let Some(fraction) = self.0.strip_prefix(['.', ',']) {
            let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
            if digits > 0 {
                self.0 = fraction.get(digits..)?;
            }
        }
        (hour < 24 && minute < 60 && second < 60).then_some(())
    }

    fn zone(&mut self) -> Option<()> {
        if let Some(rest) = self.0.strip_prefix('Z') {
            self.0 = rest;
            return Some(());
        }
        self.0 = self.0.strip_prefix(['+', '-'])?;
        let hour = self.number(2, 2)?;
        self.literal(':')?;
        let minute = self.number(2, 2)?;
        (hour <= 24 && minute < 60).then_some(())
    }

    fn number(&mut self, least: usize, most: usize) -> Option<u32> {
        let digits = self.0.bytes().take_while(u8::is_ascii_digit).count();
        let digits = digits.min(most);
        if digits < least {
            return None;
        }
        let (number, rest) = self.0.split_at_checked(digits)?;
        self.0 = rest;
        number.parse().ok()
    }

    fn literal(&mut self, c: char) -> Option<()> {
        self.0 = self.0.strip_prefix(c)?;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        for text in [
            "2001-01-01",
            "2001-1-1",
            "2000-02-29",
            "2001-12-14t21:59:43.10-05:00",
            "2001-12-14T21:59:43Z",
            "2001-12-14 21:59:43.10",
            "2001-12-14 1:2:3",
            "2001-12-14T1:2:3+01:00",
        ] {
            assert!(is_timestamp(text), "{text}");
        }
        for text in [
            "2001-13-01",
            "2001-02-29",
            "1900-02-29",
            "2001-00-01",
            "2001-01-00",
            "01-01-01",
            "20010-01-01",
            "2001-12-14 21:59:43.10 -5",
            "2001-12-14T21:59:43",
            "2001-12-14T25:00:00Z",
            "2001-12-14x",
            "2001-12-14T21:59:43z",
            "2001-12",
            "",
        ] {
            assert!(!is_timestamp(text), "{text}");
        }
    }
}
