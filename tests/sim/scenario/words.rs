//! The small words of a scenario, each read from one TOML value: moments, rates, steps over time.
//! Read next: [`super`].

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};

use crate::net::Time;

/// Since the beginning, or between two moments: `"2.5s"`, `"40ms"`, or a number of seconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Span(pub Time);

/// Bits per second: `"2.5M"`, `"300k"`, or a number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Bits(pub u64);

impl Span {
    pub const fn seconds(self) -> f64 {
        self.0 as f64 / 1e6
    }

    fn parse(text: &str) -> Option<Self> {
        let (number, unit) = match (text.strip_suffix("ms"), text.strip_suffix("us")) {
            (Some(number), _) => (number, 1e3),
            (_, Some(number)) => (number, 1.0),
            _ => (text.strip_suffix('s')?, 1e6),
        };
        whole(number, unit).map(Self)
    }
}

impl Bits {
    fn parse(text: &str) -> Option<Self> {
        let (number, unit) = match (text.strip_suffix('M'), text.strip_suffix('k')) {
            (Some(number), _) => (number, 1e6),
            (_, Some(number)) => (number, 1e3),
            _ => (text, 1.0),
        };
        whole(number, unit).map(Self)
    }
}

fn whole(number: &str, unit: f64) -> Option<u64> {
    let value = number.trim().parse::<f64>().ok()? * unit;
    (0.0..1e12).contains(&value).then(|| value.round() as u64)
}

/// Reads a text by `parse`, or a number in `unit`s.
struct Reads<T> {
    parse: fn(&str) -> Option<T>,
    of: fn(f64) -> Option<T>,
    expected: &'static str,
}

impl<T> Visitor<'_> for Reads<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        (self.parse)(text).ok_or_else(|| E::custom(format!("\"{text}\" is not {}", self.expected)))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<T, E> {
        (self.of)(number).ok_or_else(|| E::custom(format!("{number} is not {}", self.expected)))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<T, E> {
        self.visit_f64(number as f64)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reads {
            parse: Self::parse,
            of: |number| Self::parse(&format!("{number}s")),
            expected: "a time like \"2.5s\", \"40ms\" or 2.5",
        })
    }
}

impl<'de> Deserialize<'de> for Bits {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reads {
            parse: Self::parse,
            of: |number| Self::parse(&number.to_string()),
            expected: "a rate like \"2.5M\", \"300k\" or 300000 (bit/s)",
        })
    }
}

/// One value all the time, or `[[from, value], ...]` from 0 on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Steps<T>(pub Vec<(Span, T)>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Steps<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "one value, or [[from, value], ...] from 0 on")]
        enum Either<T> {
            One(T),
            Many(Vec<(Span, T)>),
        }
        let steps = match Either::deserialize(deserializer)? {
            Either::One(value) => vec![(Span(0), value)],
            Either::Many(steps) => steps,
        };
        if steps.first().is_none_or(|first| first.0.0 != 0) {
            return Err(D::Error::custom("the first of the steps has to begin at 0"));
        }
        if !steps.is_sorted_by(|a, b| a.0 < b.0) {
            return Err(D::Error::custom("steps have to be in the order of their times"));
        }
        Ok(Self(steps))
    }
}

impl<T: Copy> Steps<T> {
    /// What holds at `at`.
    pub fn at(&self, at: Time) -> T {
        let begun = self.0.iter().take_while(|step| step.0.0 <= at);
        begun.last().expect("steps begin at 0").1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct One {
        span: Span,
        bits: Bits,
        steps: Steps<Bits>,
    }

    #[test]
    fn times_and_rates_are_read_with_their_units() {
        let text = "span = \"2.5s\"\nbits = \"1.5M\"\nsteps = [[0, \"300k\"], [\"40ms\", 7]]";
        let one: One = toml::from_str(text).unwrap();
        assert_eq!((one.span, one.bits), (Span(2_500_000), Bits(1_500_000)));
        assert_eq!([0, 39_999, 40_000].map(|at| one.steps.at(at).0), [300_000, 300_000, 7]);
        let text = "span = 3\nbits = 500\nsteps = 1";
        let one: One = toml::from_str(text).unwrap();
        assert_eq!((one.span, one.bits, one.steps.at(9)), (Span(3_000_000), Bits(500), Bits(1)));
    }

    #[test]
    fn nonsense_is_refused_with_what_was_expected() {
        for (text, expected) in [
            ("span = \"3 apples\"\nbits = 1\nsteps = 1", "a time like"),
            ("span = 1\nbits = \"fast\"\nsteps = 1", "a rate like"),
            ("span = -1\nbits = 1\nsteps = 1", "a time like"),
            ("span = 1\nbits = 1\nsteps = [[1, 1]]", "begin at 0"),
            ("span = 1\nbits = 1\nsteps = [[0, 1], [0, 2]]", "order"),
        ] {
            let error = toml::from_str::<One>(text).err().expect("nonsense").to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
