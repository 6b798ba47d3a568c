//! Decimal numbers of any length, as far as quantities need them.

use std::cmp::Ordering;

/// `digits * 10^exponent`, negated or not. The digits have no leading zeros; zero has none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Decimal {
    negative: bool,
    /// From the most significant on, each 0 to 9.
    digits: Vec<u8>,
    pub(super) exponent: i64,
}

impl Decimal {
    /// The number `whole.fraction`; both are ASCII digits.
    pub(super) fn new(negative: bool, whole: &str, fraction: &str) -> Self {
        let digits = whole.bytes().chain(fraction.bytes());
        let digits = digits.map(|digit| digit - b'0');
        Self {
            negative,
            digits: digits.skip_while(|digit| *digit == 0).collect(),
            exponent: -signed(fraction.len()),
        }
    }

    pub(super) fn is_zero(&self) -> bool {
        self.digits.is_empty()
    }

    pub(super) fn sign(&self) -> Ordering {
        match (self.is_zero(), self.negative) {
            (true, _) => Ordering::Equal,
            (_, true) => Ordering::Less,
            _ => Ordering::Greater,
        }
    }

    /// Whether the magnitude is below one.
    pub(super) fn is_below_one(&self) -> bool {
        self.order() <= 0
    }

    /// How many digits stand before the point; zero or less if none does.
    fn order(&self) -> i64 {
        signed(self.digits.len()) + self.exponent
    }

    pub(super) fn compare(&self, other: &Self) -> Ordering {
        let by_sign = self.sign().cmp(&other.sign());
        if by_sign != Ordering::Equal || self.is_zero() {
            return by_sign;
        }
        let trimmed = |digits: &[u8]| {
            let zeros = digits.iter().rev().take_while(|digit| **digit == 0).count();
            digits
                .iter()
                .take(digits.len() - zeros)
                .copied()
                .collect::<Vec<_>>()
        };
        let larger = self
            .order()
            .cmp(&other.order())
            .then_with(|| trimmed(&self.digits).cmp(&trimmed(&other.digits)));
        if self.negative {
            larger.reverse()
        } else {
            larger
        }
    }

    /// Multiplies by `2^bits`.
    pub(super) fn shift_left(&mut self, bits: i64) {
        for _ in 0..bits {
            let mut carry = 0;
            for digit in self.digits.iter_mut().rev() {
                let doubled = *digit * 2 + carry;
                *digit = doubled % 10;
                carry = doubled / 10;
            }
            if carry > 0 {
                self.digits.insert(0, carry);
            }
        }
    }

    /// Without the digits below `10^exponent`; if any of them is not zero, the magnitude is rounded up.
    pub(super) fn rounded_up(mut self, exponent: i64) -> Self {
        let dropped = exponent - self.exponent;
        if dropped <= 0 || self.is_zero() {
            return self;
        }
        let kept = usize::try_from(signed(self.digits.len()) - dropped).unwrap_or(0);
        let inexact = self.digits.iter().skip(kept).any(|digit| *digit > 0);
        self.digits.truncate(kept);
        self.exponent = exponent;
        if inexact {
            self.increment();
        }
        self
    }

    fn increment(&mut self) {
        for digit in self.digits.iter_mut().rev() {
            if *digit < 9 {
                *digit += 1;
                return;
            }
            *digit = 0;
        }
        self.digits.insert(0, 1);
    }

    /// At most `2^63 - 1` in magnitude.
    pub(super) fn capped(self) -> Self {
        let largest = Self::new(self.negative, &i64::MAX.to_string(), "");
        let beyond = match self.sign() {
            Ordering::Equal => false,
            sign => self.compare(&largest) == sign,
        };
        if beyond { largest } else { self }
    }

    /// The value, if it is an integer that 64 bits hold.
    pub(super) fn to_i64(&self) -> Option<i64> {
        if self.is_zero() {
            return Some(0);
        }
        if self.order() > 19 {
            return None;
        }
        let below = usize::try_from(-self.exponent).unwrap_or(0);
        let whole = self.digits.len().saturating_sub(below);
        if self.digits.iter().skip(whole).any(|digit| *digit > 0) {
            return None;
        }
        let zeros = usize::try_from(self.exponent).unwrap_or(0);
        let digits = self.digits.iter().copied().take(whole);
        let value = digits
            .chain(std::iter::repeat_n(0, zeros))
            .fold(0_i128, |value, digit| value * 10 + i128::from(digit));
        i64::try_from(if self.negative { -value } else { value }).ok()
    }

    /// The nearest float.
    pub(super) fn to_f64(&self) -> f64 {
        let (digits, exponent) = self.in_thousands();
        // Nothing but a sign, digits and an exponent: a float, unless there are no digits.
        format!("{digits}e{exponent}").parse().unwrap_or(0.0)
    }

    /// The digits and the largest multiple of three to which ten can be raised beside them.
    pub(super) fn in_thousands(&self) -> (String, i64) {
        let zeros = self
            .digits
            .iter()
            .rev()
            .take_while(|digit| **digit == 0)
            .count();
        let exponent = self.exponent + signed(zeros);
        let surplus = exponent.rem_euclid(3);
        let sign = if self.negative { "-" } else { "" };
        let digits = self.digits.iter().take(self.digits.len() - zeros);
        let digits: String = digits.map(|digit| char::from(b'0' + digit)).collect();
        let padding = "0".repeat(usize::try_from(surplus).unwrap_or(0));
        (format!("{sign}{digits}{padding}"), exponent - surplus)
    }
}

/// A length as a number that may be subtracted.
pub(super) fn signed(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_of_two() {
        let mut number = Decimal::new(false, "", "5");
        number.shift_left(70);
        assert_eq!(
            number.compare(&Decimal::new(false, "590295810358705651712", "")),
            Ordering::Equal
        );
    }

    #[test]
    fn rounding_goes_away_from_zero() {
        for (text, wanted) in [("1001", "101"), ("999", "100"), ("1000", "100"), ("5", "1")] {
            let scaled = Decimal {
                exponent: -2,
                ..Decimal::new(false, text, "")
            };
            let tenths = scaled.rounded_up(-1);
            assert_eq!(
                tenths.compare(&Decimal {
                    exponent: -1,
                    ..Decimal::new(false, wanted, "")
                }),
                Ordering::Equal,
                "{text}"
            );
        }
        let tiny = Decimal::new(true, "", "0000000000001").rounded_up(-9);
        assert_eq!(tiny.in_thousands(), ("-1".to_owned(), -9));
    }

    #[test]
    fn integers() {
        assert_eq!(
            Decimal::new(true, "9223372036854775808", "").to_i64(),
            Some(i64::MIN)
        );
        assert_eq!(
            Decimal::new(false, "9223372036854775808", "").to_i64(),
            None
        );
        assert_eq!(Decimal::new(false, "15", "00").to_i64(), Some(15));
        assert_eq!(Decimal::new(false, "15", "01").to_i64(), None);
        let huge = Decimal {
            exponent: 1 << 40,
            ..Decimal::new(false, "1", "")
        };
        assert_eq!(huge.to_i64(), None);
    }
}
