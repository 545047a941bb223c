//! What one tile of the page wants of what it shows: how large it is, or what the viewer chose.

use serde::Deserialize;

/// Tiles in one message: more than a full conference has.
pub(crate) const MAX_TILES: usize = 100;

/// Largest side of a tile, in device pixels: two 8K screens side by side.
const MAX_SIDE: u32 = 16_384;

/// Highest layer that may be named: a dependency descriptor has no more.
const MAX_LAYER: u8 = 7;

/// See the module. What is left out is no limit.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Tile {
    /// The section whose picture it shows.
    pub(crate) mid: String,
    /// Device pixels.
    pub(crate) width: Option<u32>,
    /// Device pixels.
    pub(crate) height: Option<u32>,
    /// The highest spatial layer or encoding, 0 the lowest; the size does not count then.
    pub(crate) max_spatial: Option<u8>,
    /// The highest temporal layer, 0 the lowest.
    pub(crate) max_temporal: Option<u8>,
    #[serde(default)]
    pub(crate) on_stage: bool,
    /// Nobody sees it.
    #[serde(default)]
    pub(crate) paused: bool,
}

impl Tile {
    /// # Errors
    /// A text for the page, where a number makes no sense.
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.width.is_some() != self.height.is_some() {
            return Err("a tile has a width and a height, or neither".to_owned());
        }
        let mut sides = [self.width, self.height].into_iter().flatten();
        if let Some(side) = sides.find(|side| !(1..=MAX_SIDE).contains(side)) {
            return Err(format!("no tile is {side} pixels wide or high"));
        }
        let mut layers = [self.max_spatial, self.max_temporal].into_iter().flatten();
        match layers.find(|layer| *layer > MAX_LAYER) {
            Some(layer) => Err(format!("there is no layer {layer}")),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Result<(), String> {
        let tile: Tile = serde_json::from_str(text).map_err(|error| error.to_string())?;
        tile.check()
    }

    #[test]
    fn tile_of_any_screen_is_taken_and_absurd_ones_are_not() {
        for good in [
            r#"{"mid":"1"}"#,
            r#"{"mid":"1","width":1,"height":16384,"onStage":true}"#,
            r#"{"mid":"1","maxSpatial":7,"maxTemporal":0,"paused":true}"#,
            r#"{"mid":"1","width":null,"height":null}"#,
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in [
            r#"{"width":320,"height":180}"#,
            r#"{"mid":"1","width":320}"#,
            r#"{"mid":"1","width":0,"height":180}"#,
            r#"{"mid":"1","width":-320,"height":180}"#,
            r#"{"mid":"1","width":320.5,"height":180}"#,
            r#"{"mid":"1","width":320,"height":16385}"#,
            r#"{"mid":"1","width":320,"height":1e99}"#,
            r#"{"mid":"1","maxSpatial":8}"#,
            r#"{"mid":"1","maxTemporal":256}"#,
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
