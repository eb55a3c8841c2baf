//! `near`: places within a distance, along the surface of the earth.

use serde_json::Value;

/// The distance when none is asked for, in metres.
const DEFAULT_METRES: f64 = 10_000.0;
/// Mean radius of the earth in metres.
const EARTH_METRES: f64 = 6_371_008.8;

/// Metres of the units that distances may be written in.
const UNITS: [(&str, f64); 8] = [
    ("km", 1_000.0),
    ("m", 1.0),
    ("cm", 0.01),
    ("mi", 1_609.344),
    ("[mi_i]", 1_609.344),
    ("[ft_i]", 0.304_8),
    ("[yd_i]", 0.914_4),
    ("[nmi_i]", 1_852.0),
];

/// The payload of a position: latitude and longitude. `None` when one is missing or no place on earth.
pub(crate) fn entry(position: &Value) -> Option<[u8; 16]> {
    let degrees = |name: &str| position.get(name)?.as_number()?.as_str().parse::<f64>().ok();
    let place = Place::new(degrees("latitude")?, degrees("longitude")?)?;
    let mut payload = [0; 16];
    payload[..8].copy_from_slice(&place.latitude.to_be_bytes());
    payload[8..].copy_from_slice(&place.longitude.to_be_bytes());
    Some(payload)
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Place {
    latitude: f64,
    longitude: f64,
}

impl Place {
    fn new(latitude: f64, longitude: f64) -> Option<Self> {
        let is_on_earth = latitude.abs() <= 90.0 && longitude.abs() <= 180.0;
        is_on_earth.then_some(Place { latitude, longitude })
    }

    fn decode(payload: &[u8]) -> Option<Self> {
        let (latitude, rest) = payload.split_first_chunk::<8>()?;
        Place::new(f64::from_be_bytes(*latitude), f64::from_be_bytes(*rest.first_chunk::<8>()?))
    }

    /// Great-circle distance in metres (haversine).
    fn metres_to(self, other: Place) -> f64 {
        let half = |from: f64, to: f64| ((to - from).to_radians() / 2.0).sin().powi(2);
        let between = half(self.latitude, other.latitude)
            + self.latitude.to_radians().cos()
                * other.latitude.to_radians().cos()
                * half(self.longitude, other.longitude);
        2.0 * EARTH_METRES * between.sqrt().min(1.0).asin()
    }
}

/// One alternative of a search by place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct NearTest {
    centre: Place,
    metres: f64,
}

impl NearTest {
    /// Reads `latitude|longitude`, `latitude|longitude|distance`, `latitude|longitude|distance|unit` (kilometres when
    /// no unit is written).
    pub(crate) fn new(parts: &[String]) -> Option<Self> {
        let number = |text: &String| text.trim().parse::<f64>().ok().filter(|number| number.is_finite());
        let (latitude, longitude, rest) = match parts {
            [latitude, longitude, rest @ ..] => (number(latitude)?, number(longitude)?, rest),
            _ => return None,
        };
        let filled = |part: Option<&String>| part.filter(|text| !text.is_empty()).cloned();
        let unit = match filled(rest.get(1)) {
            Some(unit) => UNITS.iter().find(|(code, _)| *code == unit)?.1,
            None => 1_000.0,
        };
        let metres = match filled(rest.first()) {
            Some(distance) => number(&distance).filter(|distance| *distance >= 0.0)? * unit,
            None => DEFAULT_METRES,
        };
        (rest.len() <= 2).then_some(NearTest { centre: Place::new(latitude, longitude)?, metres })
    }

    pub(crate) fn matches(&self, payload: &[u8]) -> bool {
        Place::decode(payload).is_some_and(|place| self.centre.metres_to(place) <= self.metres)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn distances_are_those_of_the_globe() {
        // Notre-Dame in Paris and the cathedral of Rennes: about 308 km.
        let payload = entry(&json!({"latitude": 48.1117, "longitude": -1.6832})).expect("a place");
        for (text, expected) in [
            ("48.8530|2.3499|310|km", true),
            ("48.8530|2.3499|305|km", false),
            ("48.8530|2.3499|310", true),
            ("48.8530|2.3499|310000|m", true),
            ("48.8530|2.3499|190|mi", false),
            ("48.8530|2.3499|193|[mi_i]", true),
            ("48.8530|2.3499", false),
            ("48.12|-1.68", true),
            ("48.1117|-1.6832|0|m", true),
        ] {
            let parts: Vec<String> = text.split('|').map(str::to_owned).collect();
            assert_eq!(NearTest::new(&parts).expect(text).matches(&payload), expected, "{text}");
        }
        for text in ["48", "91|0|1|km", "0|181|1", "a|b", "1|2|-3|km", "1|2|3|parsec", "1|2|3|km|x", "1|NaN"]
        {
            let parts: Vec<String> = text.split('|').map(str::to_owned).collect();
            assert_eq!(NearTest::new(&parts), None, "{text}");
        }
        assert_eq!(entry(&json!({"latitude": 48.1})), None);
    }

    #[test]
    fn the_date_line_and_the_poles_are_no_edge() {
        let fiji = entry(&json!({"latitude": -17.0, "longitude": 179.9})).expect("a place");
        let parts = ["-17", "-179.9", "30", "km"].map(str::to_owned);
        assert!(NearTest::new(&parts).expect("a test").matches(&fiji));
        let pole = entry(&json!({"latitude": 90, "longitude": 10})).expect("a place");
        let parts = ["90", "-120", "1", "m"].map(str::to_owned);
        assert!(NearTest::new(&parts).expect("a test").matches(&pole));
    }
}
