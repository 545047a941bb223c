//! How large the viewers' tiles are, and what that means for their subscriptions.
//!
//! The rule: a tile gets the smallest layer that is not smaller than it, in either direction, since
//! the picture fills it. The engine's constraints are maxima; so the maximum is the size of that
//! layer itself, never that of the tile, which would give the next smaller layer. Where every
//! known layer is smaller than the tile, or none is known yet, there is no maximum. Sizes change
//! (a publisher starts, adapts, turns its phone): once a second the rule is applied anew.

use std::collections::HashMap;

use lahn::params::MediaKind;
use lahn::{Constraints, SourceId, SourceStats, SubscriptionId};

use super::state::State;
use crate::message::{MAX_TILES, ParticipantId, Tile};

/// Messages about tiles that a page may send in a second; ours sends five at most.
const PER_SECOND: u32 = 20;

/// Width and height in pixels.
type Size = (u16, u16);

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Views {
    wanted: HashMap<SubscriptionId, Wanted>,
    /// Of each encoding: the size of its highest spatial layer, and how many it has. Remembered
    /// while it is not sent, which it may not be because nobody wants it.
    sizes: HashMap<SourceId, Vec<Option<(Size, u8)>>>,
}

#[derive(Debug)]
struct Wanted {
    source: SourceId,
    tile: Tile,
    /// What the engine was told last.
    told: Option<Constraints>,
}

impl State {
    /// The page's tiles changed.
    pub(super) fn view(&mut self, id: ParticipantId, tiles: &[Tile]) {
        let Some(member) = self.members.get_mut(&id) else { return };
        member.views += 1;
        if member.views > PER_SECOND {
            let message = format!("more than {PER_SECOND} messages about tiles in a second");
            return self.refuse(id, "view", message);
        }
        if tiles.len() > MAX_TILES {
            return self.refuse(id, "view", format!("more than {MAX_TILES} tiles"));
        }
        if let Some(message) = tiles.iter().find_map(|tile| tile.check().err()) {
            return self.refuse(id, "view", message);
        }
        let endpoint = member.endpoint;
        let shown = self.engine(move |engine, _| {
            let mut shown = HashMap::new();
            for subscription in engine.subscriptions(endpoint)? {
                let info = engine.subscription_info(subscription)?;
                let is_video = engine.source_info(info.source)?.kind == MediaKind::Video;
                if let (Some(mid), true) = (info.mid, is_video) {
                    shown.insert(mid.as_str().to_owned(), (subscription, info.source));
                }
            }
            Ok(shown)
        });
        let shown = shown.unwrap_or_default();
        let mut unknown = None;
        for tile in tiles {
            match shown.get(&tile.mid) {
                Some((subscription, source)) => self.views.want(*subscription, *source, tile),
                None => unknown = Some(&tile.mid),
            }
        }
        self.limit();
        if let Some(mid) = unknown {
            let mid: String = mid.chars().take(16).collect();
            self.refuse(id, "view", format!("no picture comes in section {mid:?}"));
        }
    }

    /// Tells the engine what follows from the tiles and the sizes, where it is news.
    pub(super) fn limit(&mut self) {
        let news = self.views.news();
        if news.is_empty() {
            return;
        }
        // A subscription that ended meanwhile needs no limit.
        let _ = self.engine(move |engine, now| {
            for (subscription, constraints) in news {
                let _ = engine.set_constraints(now, subscription, constraints);
            }
            Ok(())
        });
    }
}

impl Views {
    /// Only these subscriptions are left.
    pub(super) fn keep(&mut self, live: impl Iterator<Item = SubscriptionId>) {
        let mut before = std::mem::take(&mut self.wanted);
        self.wanted = live.filter_map(|id| Some((id, before.remove(&id)?))).collect();
    }

    pub(super) fn forget(&mut self, source: SourceId) {
        self.sizes.remove(&source);
    }

    /// How large the layers are now.
    pub(super) fn learn(&mut self, source: SourceId, stats: &SourceStats) {
        let sizes = stats.encodings.iter().map(|encoding| {
            let size = (encoding.frame_width?, encoding.frame_height?);
            Some((size, encoding.spatial_layers.max(1)))
        });
        self.learn_sizes(source, &sizes.collect::<Vec<_>>());
    }

    fn learn_sizes(&mut self, source: SourceId, sizes: &[Option<(Size, u8)>]) {
        let known = self.sizes.entry(source).or_default();
        known.resize(sizes.len(), None);
        for (known, now) in known.iter_mut().zip(sizes) {
            *known = now.or(*known);
        }
    }

    fn want(&mut self, subscription: SubscriptionId, source: SourceId, tile: &Tile) {
        let told = self.wanted.remove(&subscription).and_then(|before| before.told);
        self.wanted.insert(subscription, Wanted { source, tile: tile.clone(), told });
    }

    fn news(&mut self) -> Vec<(SubscriptionId, Constraints)> {
        let mut news = Vec::new();
        for (subscription, wanted) in &mut self.wanted {
            let known = self.sizes.get(&wanted.source).map_or(&[][..], Vec::as_slice);
            let constraints = constraints(&wanted.tile, known);
            if wanted.told.replace(constraints) != Some(constraints) {
                news.push((*subscription, constraints));
            }
        }
        news
    }
}

fn constraints(tile: &Tile, encodings: &[Option<(Size, u8)>]) -> Constraints {
    let largest = match (tile.max_spatial, tile.width, tile.height) {
        (None, Some(width), Some(height)) => round_up((width, height), encodings),
        _ => None,
    };
    Constraints {
        max_width: largest.map(|(width, _)| width),
        max_height: largest.map(|(_, height)| height),
        max_spatial: tile.max_spatial,
        max_temporal: tile.max_temporal,
        on_stage: tile.on_stage,
        paused: tile.paused,
        ..Constraints::default()
    }
}

/// The smallest layer that fills the tile.
fn round_up(tile: (u32, u32), encodings: &[Option<(Size, u8)>]) -> Option<Size> {
    let layers = encodings.iter().flatten().flat_map(|(size, count)| layers(*size, *count));
    let fills =
        |(width, height): &Size| u32::from(*width) >= tile.0 && u32::from(*height) >= tile.1;
    layers.filter(fills).min_by_key(|(width, height)| u32::from(*width) * u32::from(*height))
}

/// Within an encoding each spatial layer has half the width and height of the next.
fn layers((width, height): Size, count: u8) -> impl Iterator<Item = Size> {
    (0..u32::from(count.min(8)))
        .map(move |below| (width.div_ceil(1 << below), height.div_ceil(1 << below)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIMULCAST: [Option<(Size, u8)>; 3] =
        [Some(((320, 180), 1)), Some(((640, 360), 1)), Some(((1280, 720), 1))];

    fn tile(width: u32, height: u32) -> Tile {
        Tile {
            mid: "1".to_owned(),
            width: Some(width),
            height: Some(height),
            max_spatial: None,
            max_temporal: None,
            on_stage: false,
            paused: false,
        }
    }

    fn largest(tile: &Tile, encodings: &[Option<(Size, u8)>]) -> Option<Size> {
        let constraints = constraints(tile, encodings);
        constraints.max_width.zip(constraints.max_height)
    }

    #[test]
    fn tile_gets_the_smallest_layer_that_is_not_smaller() {
        for ((width, height), expected) in [
            ((1, 1), Some((320, 180))),
            ((320, 180), Some((320, 180))),
            ((321, 180), Some((640, 360))),
            ((320, 181), Some((640, 360))),
            ((640, 100), Some((640, 360))),
            ((1280, 720), Some((1280, 720))),
            ((1281, 720), None),
            ((16_384, 16_384), None),
        ] {
            assert_eq!(largest(&tile(width, height), &SIMULCAST), expected, "{width}x{height}");
            // One encoding with three spatial layers is as good.
            let svc = [Some(((1280, 720), 3))];
            assert_eq!(largest(&tile(width, height), &svc), expected, "{width}x{height}");
        }
    }

    #[test]
    fn unknown_layers_are_allowed_where_the_known_ones_are_too_small() {
        let low_only = [SIMULCAST[0], None, None];
        assert_eq!(largest(&tile(300, 170), &low_only), Some((320, 180)));
        assert_eq!(largest(&tile(400, 225), &low_only), None);
        assert_eq!(largest(&tile(400, 225), &[]), None);
    }

    #[test]
    fn layer_chosen_by_hand_overrides_the_size() {
        let by_hand = Tile { max_spatial: Some(2), on_stage: true, ..tile(10, 10) };
        let constraints = constraints(&by_hand, &SIMULCAST);
        assert_eq!(constraints.max_width, None);
        assert_eq!((constraints.max_spatial, constraints.on_stage), (Some(2), true));
    }

    #[test]
    fn engine_is_told_what_is_news_and_a_layer_is_remembered_while_it_is_not_sent() {
        let (subscription, source) =
            (SubscriptionId::from_u64(1 << 32 | 1), SourceId::from_u64(1 << 32 | 1));
        let mut views = Views::default();
        views.learn_sizes(source, &SIMULCAST);
        views.want(subscription, source, &tile(300, 170));
        let told = views.news();
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].1.max_width, Some(320));
        assert!(views.news().is_empty(), "once");
        views.want(subscription, source, &tile(310, 175));
        assert!(views.news().is_empty(), "another size, the same layer");
        views.learn_sizes(source, &[Some(((160, 90), 1)), None, None]);
        assert_eq!(views.news()[0].1.max_width, Some(640), "the middle one is not sent, but known");
        views.keep(std::iter::empty());
        assert!(views.wanted.is_empty());
    }
}
