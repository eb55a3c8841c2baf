//! The factor of a unit, exact while it fits: a fraction of two decimals of 18 significant digits.

use crate::decimal::Decimal;

/// Significant digits that are kept: the product of two such numbers fits in 38.
const DIGITS: u32 = 18;

/// `numerator / denominator`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Factor {
    numerator: Decimal,
    denominator: Decimal,
}

impl Factor {
    pub(super) fn one() -> Self {
        Factor::whole(Decimal::whole(1))
    }

    pub(super) fn whole(numerator: Decimal) -> Self {
        Factor { numerator: rounded(numerator), denominator: Decimal::whole(1) }
    }

    pub(super) fn by(self, other: Factor) -> Option<Self> {
        let mut numerator = rounded(self.numerator.times(other.numerator)?);
        let mut denominator = rounded(self.denominator.times(other.denominator)?);
        let common = common_divisor(numerator.mantissa.unsigned_abs(), denominator.mantissa.unsigned_abs());
        if let Ok(common @ 2..) = i128::try_from(common) {
            numerator.mantissa /= common;
            denominator.mantissa /= common;
        }
        Some(Factor { numerator, denominator })
    }

    pub(super) fn inverse(self) -> Option<Self> {
        (self.numerator.mantissa != 0)
            .then_some(Factor { numerator: self.denominator, denominator: self.numerator })
    }

    pub(super) fn power(self, exponent: i8) -> Option<Self> {
        let base = if exponent < 0 { self.inverse()? } else { self };
        (0..exponent.unsigned_abs()).try_fold(Factor::one(), |product, _| product.by(base))
    }

    /// The value times this factor, to 18 significant digits.
    pub(super) fn times(self, value: Decimal) -> Option<Decimal> {
        let product = rounded(value).times(self.numerator)?;
        if self.denominator == Decimal::whole(1) {
            return Some(rounded(product));
        }
        if product.mantissa == 0 {
            return Some(Decimal::whole(0));
        }
        // As many digits as fit, then the division, then the rounding.
        let mut numerator = product.shortened();
        while let Some(mantissa) = numerator.mantissa.checked_mul(10) {
            numerator = Decimal { mantissa, scale: numerator.scale.checked_add(1)? };
        }
        let scale = numerator.scale.checked_sub(self.denominator.scale)?;
        Some(rounded(Decimal { mantissa: numerator.mantissa / self.denominator.mantissa, scale }))
    }
}

/// The number with at most 18 significant digits, rounded half away from zero, without zeros at its end.
fn rounded(number: Decimal) -> Decimal {
    let digits = number.mantissa.unsigned_abs().checked_ilog10().map_or(1, |log| log + 1);
    let Some(excess) = digits.checked_sub(DIGITS).filter(|excess| *excess > 0) else {
        return number.shortened();
    };
    let power = 10_i128.pow(excess);
    let half = if number.mantissa < 0 { -power / 2 } else { power / 2 };
    // The half is added to the last digits alone, so that the sum cannot overflow.
    let (whole, rest) = (number.mantissa / power, number.mantissa % power);
    let mantissa = whole + (rest + half) / power;
    let scale = number.scale.saturating_sub(i16::try_from(excess).unwrap_or(0));
    Decimal { mantissa, scale }.shortened()
}

fn common_divisor(mut one: u128, mut other: u128) -> u128 {
    while other != 0 {
        (one, other) = (other, one % other);
    }
    one
}
