//! Exact decimal numbers: FHIR decimals keep their digits, and searches depend on how many were written.

use std::cmp::Ordering;

/// `mantissa × 10^-scale`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Decimal {
    /// The digits, with their sign.
    pub mantissa: i128,
    /// How many of them stand after the decimal point; negative for trailing zeros left out.
    pub scale: i16,
}

/// Largest count of significant digits that is kept exactly.
const MAX_DIGITS: usize = 28;

impl Decimal {
    /// Reads a JSON number or a search value; `None` for any other text. Digits past the 28th are dropped.
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, rest) = match text.as_bytes().first()? {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        let (digits, exponent) = match rest.split_once(['e', 'E']) {
            Some((digits, exponent)) => (digits, exponent.parse::<i16>().ok()?),
            None => (rest, 0),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let is_wrong = |part: &str| !part.bytes().all(|byte| byte.is_ascii_digit());
        if (whole.is_empty() && fraction.is_empty()) || is_wrong(whole) || is_wrong(fraction) {
            return None;
        }
        let mut mantissa: i128 = 0;
        let mut significant = 0;
        let mut scale = 0_i16.checked_sub(exponent)?;
        for (index, byte) in whole.bytes().chain(fraction.bytes()).enumerate() {
            let is_fraction = index >= whole.len();
            if significant < MAX_DIGITS {
                mantissa = mantissa * 10 + i128::from(byte - b'0');
                significant += usize::from(mantissa != 0);
                scale = scale.checked_add(i16::from(is_fraction))?;
            } else if !is_fraction {
                scale = scale.checked_sub(1)?;
            }
        }
        Some(Decimal { mantissa: if negative { -mantissa } else { mantissa }, scale })
    }

    /// The whole number.
    pub fn whole(number: i64) -> Self {
        Decimal { mantissa: i128::from(number), scale: 0 }
    }

    /// Half of the last digit written: `5.40` → `0.005`.
    pub fn half_step(self) -> Self {
        Decimal { mantissa: 5, scale: self.scale.saturating_add(1) }
    }

    /// The sum; `None` past 38 digits.
    pub fn plus(self, other: Decimal) -> Option<Self> {
        let scale = self.scale.max(other.scale);
        Some(Decimal { mantissa: self.at_scale(scale)?.checked_add(other.at_scale(scale)?)?, scale })
    }

    /// The difference; `None` past 38 digits.
    pub fn minus(self, other: Decimal) -> Option<Self> {
        self.plus(Decimal { mantissa: other.mantissa.checked_neg()?, scale: other.scale })
    }

    /// The product; `None` past 38 digits.
    pub fn times(self, other: Decimal) -> Option<Self> {
        Some(Decimal {
            mantissa: self.mantissa.checked_mul(other.mantissa)?,
            scale: self.scale.checked_add(other.scale)?,
        })
    }

    /// The quotient with up to 12 digits after the point; `None` for a division by zero.
    pub fn divided_by(self, other: Decimal) -> Option<Self> {
        if other.mantissa == 0 {
            return None;
        }
        let mut numerator = self.mantissa;
        let mut scale = self.scale.checked_sub(other.scale)?;
        while scale < 12 {
            let Some(next) = numerator.checked_mul(10) else { break };
            numerator = next;
            scale += 1;
        }
        Some(Decimal { mantissa: numerator.checked_div(other.mantissa)?, scale }.shortened())
    }

    /// The whole part, toward zero.
    pub fn truncated(self) -> Option<i64> {
        let scale = u32::try_from(self.scale).unwrap_or(0);
        let whole = if self.scale <= 0 {
            self.at_scale(0)?
        } else {
            10_i128.checked_pow(scale).map_or(0, |power| self.mantissa / power)
        };
        i64::try_from(whole).ok()
    }

    /// The same number without zeros at its end, so that equal numbers have equal parts.
    pub fn shortened(mut self) -> Self {
        if self.mantissa == 0 {
            return Decimal::whole(0);
        }
        while self.mantissa % 10 == 0 {
            self.mantissa /= 10;
            self.scale = self.scale.saturating_sub(1);
        }
        self
    }

    fn at_scale(self, scale: i16) -> Option<i128> {
        let steps = u32::try_from(scale.checked_sub(self.scale)?).ok()?;
        self.mantissa.checked_mul(10_i128.checked_pow(steps)?)
    }

    /// How many places before the decimal point the first digit stands.
    fn magnitude(self) -> i64 {
        let digits = self.mantissa.unsigned_abs().checked_ilog10().map_or(0, i64::from);
        digits - i64::from(self.scale)
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.compare(*other))
    }
}

impl Decimal {
    /// Compares the numbers, whatever digits they were written with (`1.0` equals `1`).
    pub fn compare(self, other: Decimal) -> Ordering {
        let signs = self.mantissa.signum().cmp(&other.mantissa.signum());
        if signs != Ordering::Equal || self.mantissa == 0 {
            return signs;
        }
        let scale = self.scale.max(other.scale);
        match (self.at_scale(scale), other.at_scale(scale)) {
            (Some(left), Some(right)) => left.cmp(&right),
            // One is so much larger that a common scale does not fit: the place of the first digit decides.
            _ => {
                let order = self.magnitude().cmp(&other.magnitude());
                if self.mantissa < 0 { order.reverse() } else { order }
            }
        }
    }
}

impl std::fmt::Display for Decimal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let digits = self.mantissa.unsigned_abs().to_string();
        let sign = if self.mantissa < 0 { "-" } else { "" };
        let Ok(scale) = usize::try_from(self.scale) else {
            return write!(f, "{sign}{digits}{}", "0".repeat(usize::from(self.scale.unsigned_abs())));
        };
        if scale == 0 {
            return write!(f, "{sign}{digits}");
        }
        let padded = format!("{digits:0>width$}", width = scale + 1);
        let (whole, fraction) = padded.split_at(padded.len() - scale);
        write!(f, "{sign}{whole}.{fraction}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        Decimal::parse(text).expect("a decimal")
    }

    #[test]
    fn keeps_the_digits_that_were_written() {
        for text in ["0", "5.40", "-0.001", "100", "123456789012345678901234567.8"] {
            assert_eq!(decimal(text).to_string(), text);
        }
        for text in ["", "-", "1.2.3", "abc", "1e", "٣"] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
    }

    #[test]
    fn compares_by_value() {
        assert_eq!(decimal("1.0").compare(decimal("1")), Ordering::Equal);
        assert_eq!(decimal("1e2").compare(decimal("100.00")), Ordering::Equal);
        assert_eq!(decimal("-2").compare(decimal("-1.5")), Ordering::Less);
        assert_eq!(decimal("1e300").compare(decimal("9e-300")), Ordering::Greater);
        assert_eq!(decimal("-1e300").compare(decimal("-9e-300")), Ordering::Less);
    }

    #[test]
    fn counts() {
        assert_eq!(decimal("0.1").plus(decimal("0.2")), Some(decimal("0.3")));
        assert_eq!(decimal("1").divided_by(decimal("8")).map(|d| d.to_string()), Some("0.125".into()));
        assert_eq!(decimal("1").divided_by(decimal("0")), None);
        assert_eq!(decimal("-2.9").truncated(), Some(-2));
        assert_eq!(decimal("5.40").half_step().to_string(), "0.005");
    }
}
