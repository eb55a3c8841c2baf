//! Promises of units: known conversions, and codes that are none.

use super::*;
use proptest::prelude::*;

fn number(text: &str) -> Decimal {
    Decimal::parse(text).expect("a number")
}

#[test]
fn the_same_quantity_has_one_canonical_form() {
    for (one, other) in [
        (("1", "kg"), ("1000", "g")),
        (("5.4", "mg/dL"), ("54", "mg/L")),
        (("5.4", "g/l"), ("5.4", "kg/m3")),
        (("120", "mm[Hg]"), ("15.99864", "kPa")),
        (("60", "/min"), ("1", "Hz")),
        (("72", "{beats}/min"), ("1.2", "/s")),
        (("4.5", "10*3/uL"), ("4.5", "10*9/L")),
        (("4.5", "10^9/L"), ("4500", "/mm3")),
        (("1", "[lb_av]"), ("453.59237", "g")),
        (("1", "[in_i]"), ("2.54", "cm")),
        (("37", "Cel"), ("310.15", "K")),
        (("98.6", "[degF]"), ("37", "Cel")),
        (("37000", "mCel"), ("37", "Cel")),
        (("29.6", "[degRe]"), ("37", "Cel")),
        (("1", "U/L"), ("1", "umol/min/L")),
        (("60", "U/L"), ("1", "ukat/L")),
        (("1", "kat"), ("60000000", "U")),
        (("2", "[IU]/mL"), ("2000", "[iU]/L")),
        (("1", "mmol/L"), ("1", "meq/L")),
        (("1", "wk"), ("7", "d")),
        (("12", "mo"), ("1", "a")),
        (("1", "cal"), ("4.184", "J")),
        (("45", "%"), ("0.45", "1")),
        (("180", "deg"), ("3.14159265358979324", "rad")),
        (("1", "m[H2O]"), ("9.80665", "kPa")),
        (("1", "kg/(m.s2)"), ("1", "Pa")),
        (("5", "mL/min/{1.73_m2}"), ("5", "mL/min")),
        (("1", "Ki.By"), ("1", "KiBy")),
        (("1", "m.m/m"), ("1", "m")),
        (("1", "10*-3.L"), ("1", "mL")),
        (("1", "[ft_us]"), ("0.304800609601219202", "m")),
    ] {
        if one.1 == "Ki.By" {
            assert_eq!(canonical(number(one.0), one.1), None, "a prefix alone is no unit");
            continue;
        }
        let canonical =
            |(value, code): (&str, &str)| canonical(number(value), code).unwrap_or_else(|| panic!("{code}"));
        assert_eq!(canonical(one), canonical(other), "{one:?} {other:?}");
    }
}

#[test]
fn the_base_units_are_told() {
    for (code, dimension) in [
        ("mg/dL", "m-3.g"),
        ("mm[Hg]", "m-1.s-2.g"),
        ("{score}", "1"),
        ("1", "1"),
        ("mmol/L", "m-3"),
        ("[iU]/L", "m-3.[iU]"),
        ("Cel", "K"),
        ("[pH]", "[pH]"),
        ("dB[SPL]", "B[SPL]"),
    ] {
        assert_eq!(Unit::parse(code).expect(code).dimension(), dimension, "{code}");
    }
}

#[test]
fn what_is_no_unit_is_refused() {
    for code in [
        "", " ", "mg dL", "mgg", "kmin", "m/", "(m", "m)", "{x", "m--2", "0", "[s]", "beats", "µg", "Cel2",
        "Cel/m", "m99", "[in_i", ".m", "mg//l",
    ] {
        assert!(Unit::parse(code).is_none(), "{code}");
    }
    assert!(Unit::parse(&"(".repeat(200)).is_none());
    assert!(Unit::parse(&"m.".repeat(10_000)).is_none());
}

#[test]
fn values_convert_between_comparable_units_only() {
    assert_eq!(convert(number("185"), "[lb_av]", "kg").map(|d| d.to_string()), Some("83.91458845".into()));
    assert_eq!(convert(number("37"), "Cel", "[degF]").map(|d| d.to_string()), Some("98.6".into()));
    assert_eq!(convert(number("1"), "mg", "mL"), None);
    assert_eq!(convert(number("1"), "[iU]", "U"), None);
    assert_eq!(convert(number("1"), "unknown", "unknown"), Some(number("1")));
}

proptest! {
    #[test]
    fn never_panics_on_any_code(code in r"[a-zA-Z0-9\[\]{}()./*^'%+-]{0,16}") {
        let _ = canonical(number("1.5"), &code);
        let _ = canonical(number("99999999999999999999999999e300"), &code);
    }

    #[test]
    fn a_value_comes_back_from_its_base(mantissa in -1_000_000_000_i128..1_000_000_000, scale in 0_i16..6) {
        let value = Decimal { mantissa, scale };
        for code in ["mg/dL", "mm[Hg]", "[lb_av]", "min", "Cel", "10*3/uL"] {
            let unit = Unit::parse(code).expect("a unit");
            let back = unit.to_base(value).and_then(|base| unit.from_base(base)).expect("fits");
            prop_assert!(back.compare(value).is_eq(), "{code}: {value} {back}");
        }
    }
}
