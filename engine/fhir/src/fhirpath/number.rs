//! Decimals as FHIRPath rounds, bounds and raises them.

use crate::decimal::Decimal;
use std::cmp::Ordering;

/// Most digits after the point that a rounding or a boundary may ask for.
const DIGITS: i64 = 28;

/// Which way a number goes when it loses digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Down,
    Up,
    /// Half away from zero.
    Nearest,
}

/// Reads a decimal that has digits on both sides of its point, without exponent.
pub(super) fn decimals(text: &str) -> Option<Decimal> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let is_decimal = digits
        .split_once('.')
        .map_or_else(|| is_digits(digits), |(whole, fraction)| is_digits(whole) && is_digits(fraction));
    is_decimal.then(|| Decimal::parse(text))?
}

/// The number with so many digits after the point.
pub(super) fn rounded(number: Decimal, digits: i64, way: Way) -> Option<Decimal> {
    if !(0..=DIGITS).contains(&digits) {
        return None;
    }
    let scale = i16::try_from(digits).ok()?;
    let lost = number.scale.checked_sub(scale)?;
    if lost <= 0 {
        let power = 10_i128.checked_pow(u32::from(lost.unsigned_abs()))?;
        return Some(Decimal { mantissa: number.mantissa.checked_mul(power)?, scale });
    }
    // Past 38 digits nothing but the sign is left.
    let power = 10_i128.checked_pow(u32::from(lost.unsigned_abs()));
    let (floor, rest) = match power {
        Some(power) => (number.mantissa.div_euclid(power), number.mantissa.rem_euclid(power)),
        None if number.mantissa < 0 => (-1, 1),
        None => (0, number.mantissa.signum()),
    };
    let is_up = match way {
        Way::Down => false,
        Way::Up => rest != 0,
        Way::Nearest => {
            power.is_some_and(|power| match rest.cmp(&(power / 2)) {
                Ordering::Greater => true,
                Ordering::Equal => rest != 0 && number.mantissa >= 0,
                Ordering::Less => false,
            }) || (power.is_none() && number.mantissa < 0)
        }
    };
    Some(Decimal { mantissa: floor + i128::from(is_up), scale })
}

/// The least or greatest number that, rounded, is written like this one.
pub(super) fn boundary(number: Decimal, is_low: bool, digits: Option<i64>) -> Option<Decimal> {
    const DEFAULT: i64 = 8;
    let half = number.half_step();
    let (bound, way) = if is_low { (number.minus(half)?, Way::Down) } else { (number.plus(half)?, Way::Up) };
    rounded(bound, digits.unwrap_or(DEFAULT), way)
}

/// A number of floating point, to 15 significant digits.
pub(super) fn from_float(number: f64) -> Option<Decimal> {
    number.is_finite().then(|| Decimal::parse(&format!("{number:.14e}")))?.map(Decimal::shortened)
}

/// The nearest number of floating point.
pub(super) fn to_float(number: Decimal) -> Option<f64> {
    format!("{}e{}", number.mantissa, -i32::from(number.scale)).parse().ok()
}

/// `base` to the power of `exponent`: exact when it is a whole number and fits.
pub(super) fn power(base: Decimal, exponent: Decimal) -> Option<Decimal> {
    let whole = exponent.truncated().filter(|whole| Decimal::whole(*whole).compare(exponent).is_eq());
    if let Some(count @ 0..=1_000) = whole {
        let exact = (0..count).try_fold(Decimal::whole(1), |product, _| product.times(base));
        if exact.is_some() {
            return exact;
        }
    }
    from_float(to_float(base)?.powf(to_float(exponent)?))
}
