//! Which layer a subscription is to get: a pure function of what the publisher sends and what the
//! application allows.

use super::Constraints;
use super::layer::Layer;

/// A spatial layer of an encoding, as it may be had.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Offer {
    pub(crate) encoding: u8,
    pub(crate) spatial: u8,
    /// Its place among all, 0 the lowest.
    pub(crate) rank: u8,
    /// Width and height in pixels, where they are known.
    pub(crate) size: Option<(u16, u16)>,
    /// Temporal layers, 1-8.
    pub(crate) temporal_layers: u8,
    /// Frames per second with the temporal layers up to each; 0 where it is not known.
    pub(crate) rates: [f32; 8],
    /// Whether the publisher sends it now.
    pub(crate) is_sent: bool,
}

/// What the receiver's link allows a subscription.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Allowance {
    /// Everything: nobody counts.
    #[default]
    All,
    /// Nothing until it is decided.
    Undecided,
    /// Nothing.
    Nothing,
    /// No more than this.
    UpTo(Layer),
}

/// A camera that gives 30 frames a second gives 30.4 in some.
const RATE_TOLERANCE: f32 = 1.1;

/// Ranks offers from low to high: by size where sizes are known, as signalled otherwise.
pub(crate) fn rank(offers: &mut [Offer]) {
    let are_known = offers.iter().all(|offer| offer.size.is_some());
    offers.sort_by_key(|offer| {
        let area = offer.size.filter(|_| are_known).map(|(w, h)| u32::from(w) * u32::from(h));
        (area, offer.encoding, offer.spatial)
    });
    for (rank, offer) in (0..).zip(offers) {
        offer.rank = rank;
    }
}

/// The best of `offers`, which are [ranked](rank), within `constraints`, and its rank; the lowest
/// if none is. `None`: there is none at all.
pub(crate) fn choose<'a>(
    constraints: &Constraints,
    offers: impl Iterator<Item = &'a Offer> + Clone,
) -> Option<(Layer, u8)> {
    // Above a layer that is too large none can be small enough, known or not.
    let within = offers.clone().take_while(|offer| {
        let (width, height) = offer.size.unwrap_or((0, 0));
        constraints.max_spatial.is_none_or(|most| offer.rank <= most)
            && constraints.max_width.is_none_or(|most| width <= most)
            && constraints.max_height.is_none_or(|most| height <= most)
    });
    let mut offers = offers;
    let best = within.last().or_else(|| offers.next())?;
    Some((best.layer(temporal(constraints, best)), best.rank))
}

/// The same within `allowance`. `None` also if of what is allowed none is there.
pub(super) fn choose_allowed<'a>(
    constraints: &Constraints,
    allowance: Allowance,
    offers: impl Iterator<Item = &'a Offer> + Clone,
    all: &[Offer],
) -> Option<Layer> {
    let (best, best_rank) = choose(constraints, offers.clone())?;
    let allowed = match allowance {
        Allowance::All => return Some(best),
        // What it will be is not known; what is lowest is likely.
        Allowance::Undecided | Allowance::Nothing => {
            let mut offers = offers;
            let lowest = offers.next()?;
            return Some(lowest.layer(temporal(constraints, lowest)));
        }
        Allowance::UpTo(layer) => layer,
    };
    let is_it =
        |offer: &&Offer| (offer.encoding, offer.spatial) == (allowed.encoding, allowed.spatial);
    let rank = all.iter().find(is_it).map(|offer| offer.rank)?.min(best_rank);
    let offer = offers.take_while(|offer| offer.rank <= rank).last()?;
    let most = if is_it(&offer) { allowed.temporal } else { u8::MAX };
    Some(offer.layer(temporal(constraints, offer).min(most)))
}

impl Offer {
    const fn layer(&self, temporal: u8) -> Layer {
        Layer { encoding: self.encoding, spatial: self.spatial, temporal }
    }
}

/// The best temporal layer of an offer.
pub(super) fn temporal(constraints: &Constraints, offer: &Offer) -> u8 {
    let top = offer.temporal_layers.saturating_sub(1);
    let top = constraints.max_temporal.map_or(top, |most| most.min(top));
    let Some(most) = constraints.max_frame_rate else { return top };
    let is_slow_enough = |temporal: &u8| {
        let rate = offer.rates.get(usize::from(*temporal)).copied().unwrap_or(0.0);
        rate <= f32::from(most) * RATE_TOLERANCE
    };
    (0..=top).rev().find(is_slow_enough).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(encoding: u8, size: Option<(u16, u16)>) -> Offer {
        let rates = [7.5, 15.0, 30.2, 30.2, 30.2, 30.2, 30.2, 30.2];
        Offer {
            encoding,
            spatial: 0,
            rank: encoding,
            size,
            temporal_layers: 3,
            rates,
            is_sent: true,
        }
    }

    fn three() -> [Offer; 3] {
        [(320, 180), (640, 360), (1_280, 720)].map(Some).map(|size| {
            let encoding = match size {
                Some((320, _)) => 0,
                Some((640, _)) => 1,
                _ => 2,
            };
            offer(encoding, size)
        })
    }

    fn chosen(constraints: Constraints, offers: &[Offer]) -> (u8, u8) {
        let (layer, _) = choose(&constraints, offers.iter()).expect("there is one");
        (layer.encoding, layer.temporal)
    }

    const FREE: fn() -> Constraints = Constraints::default;

    #[test]
    fn best_within_size_and_rank_is_chosen_and_the_lowest_if_none_is() {
        let offers = three();
        assert_eq!(chosen(FREE(), &offers), (2, 2));
        let sized = |w, h| Constraints { max_width: Some(w), max_height: Some(h), ..FREE() };
        assert_eq!(chosen(sized(1_280, 720), &offers), (2, 2));
        assert_eq!(chosen(sized(1_280, 719), &offers), (1, 2));
        assert_eq!(chosen(sized(639, 400), &offers), (0, 2));
        assert_eq!(chosen(sized(1, 1), &offers), (0, 2));
        for (most, encoding) in [(0, 0), (1, 1), (2, 2), (9, 2)] {
            let ranked = Constraints { max_spatial: Some(most), ..FREE() };
            assert_eq!(chosen(ranked, &offers), (encoding, 2));
        }
        assert_eq!(choose(&FREE(), [].iter()), None);
    }

    #[test]
    fn frame_rate_and_temporal_bounds_choose_the_temporal_layer() {
        let offers = three();
        for (most, temporal) in [(60, 2), (30, 2), (28, 2), (27, 1), (15, 1), (10, 0), (1, 0)] {
            let slow = Constraints { max_frame_rate: Some(most), ..FREE() };
            assert_eq!(chosen(slow, &offers), (2, temporal), "{most} frames per second");
        }
        let low = Constraints { max_temporal: Some(1), ..FREE() };
        assert_eq!(chosen(low, &offers), (2, 1));
    }

    #[test]
    fn link_allows_less_than_the_application_or_the_other_way_round() {
        let offers = three();
        let chosen = |most: Constraints, allowance, sent: &[Offer]| {
            let layer = choose_allowed(&most, allowance, sent.iter(), &offers)?;
            Some((layer.encoding, layer.temporal))
        };
        let up_to = |encoding, temporal| Allowance::UpTo(Layer { encoding, spatial: 0, temporal });
        assert_eq!(chosen(FREE(), Allowance::All, &offers), Some((2, 2)));
        assert_eq!(chosen(FREE(), up_to(1, 1), &offers), Some((1, 1)));
        assert_eq!(chosen(FREE(), up_to(1, 7), &offers), Some((1, 2)));
        let small = Constraints { max_spatial: Some(0), max_temporal: Some(1), ..FREE() };
        assert_eq!(chosen(small, up_to(1, 0), &offers), Some((0, 1)));
        assert_eq!(chosen(small, up_to(0, 0), &offers), Some((0, 0)));
        // Until the link's share is worked out anew.
        assert_eq!(chosen(FREE(), up_to(2, 0), &offers[..2]), Some((1, 2)), "it is gone");
        assert_eq!(chosen(FREE(), up_to(0, 7), &offers[1..]), None, "all else is more");
        assert_eq!(chosen(FREE(), Allowance::Undecided, &offers), Some((0, 2)));
    }

    #[test]
    fn order_is_that_of_the_sizes_whatever_the_order_of_signalling() {
        let mut offers = [offer(0, Some((1_280, 720))), offer(1, Some((320, 180)))];
        rank(&mut offers);
        assert_eq!(chosen(FREE(), &offers), (0, 2));
        assert_eq!(chosen(Constraints { max_spatial: Some(0), ..FREE() }, &offers), (1, 2));
        let mut unknown = [offer(1, None), offer(0, Some((1_280, 720)))];
        rank(&mut unknown);
        assert_eq!(unknown[0].encoding, 0, "as signalled, while a size is not known");
        let small = Constraints { max_width: Some(640), ..FREE() };
        assert_eq!(chosen(small, &unknown), (0, 2), "what lies above a large one is larger");
    }
}
