//! The versions a source comes in, as C sees them.

use lahn::{Layer, LayerReason};

/// A version of a source: an encoding, and within it a spatial and a temporal layer.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct lahn_layer {
    /// 1: this layer. 0: none at all, and the other fields are 0.
    pub present: u8,
    /// Index into the source's encodings, 0 the lowest (RFC 8853).
    pub encoding: u8,
    /// Spatial layer of the encoding; 0 is the lowest, and all there is where it has one only.
    pub spatial: u8,
    /// Temporal layer of the encoding; 0 is the lowest, and all there is where it has one only.
    pub temporal: u8,
}

impl lahn_layer {
    pub(super) const NONE: Self = Self { present: 0, encoding: 0, spatial: 0, temporal: 0 };
}

impl From<Layer> for lahn_layer {
    fn from(layer: Layer) -> Self {
        let Layer { encoding, spatial, temporal } = layer;
        Self { present: 1, encoding, spatial, temporal }
    }
}

impl From<Option<Layer>> for lahn_layer {
    fn from(layer: Option<Layer>) -> Self {
        layer.map_or(Self::NONE, Self::from)
    }
}

/// One of enum lahn_layer_reason_code, or a later reason.
pub type lahn_layer_reason = u32;

/// Why a subscription gets another layer than before, or none.
#[repr(u32)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum lahn_layer_reason_code {
    /// It is the first that flows.
    LAHN_LAYER_STARTED = 1,
    /// The application changed the constraints (lahn_subscription_set_constraints).
    LAHN_LAYER_CONSTRAINT = 2,
    /// The application paused it.
    LAHN_LAYER_PAUSED = 3,
    /// The application resumed it.
    LAHN_LAYER_RESUMED = 4,
    /// The publisher stopped sending what is wanted.
    LAHN_LAYER_MISSING = 5,
    /// The publisher sends something better than before.
    LAHN_LAYER_AVAILABLE = 6,
    /// The publisher started over, under another SSRC.
    LAHN_LAYER_RESTARTED = 7,
    /// Packets lost on their way from the publisher broke what was forwarded.
    LAHN_LAYER_LOSS = 8,
    /// The receiver's link carries no more, or carries more again.
    LAHN_LAYER_BANDWIDTH = 9,
    /// For a reason that this build has no number for.
    LAHN_LAYER_OTHER = 255,
}

pub(super) const fn layer_reason(reason: LayerReason) -> lahn_layer_reason {
    use lahn_layer_reason_code::*;
    let code = match reason {
        LayerReason::Started => LAHN_LAYER_STARTED,
        LayerReason::Constraint => LAHN_LAYER_CONSTRAINT,
        LayerReason::Paused => LAHN_LAYER_PAUSED,
        LayerReason::Resumed => LAHN_LAYER_RESUMED,
        LayerReason::Missing => LAHN_LAYER_MISSING,
        LayerReason::Available => LAHN_LAYER_AVAILABLE,
        LayerReason::Restarted => LAHN_LAYER_RESTARTED,
        LayerReason::Loss => LAHN_LAYER_LOSS,
        LayerReason::Bandwidth => LAHN_LAYER_BANDWIDTH,
        _ => LAHN_LAYER_OTHER,
    };
    code as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_a_number_of_its_own() {
        let reasons = [
            LayerReason::Started,
            LayerReason::Constraint,
            LayerReason::Paused,
            LayerReason::Resumed,
            LayerReason::Missing,
            LayerReason::Available,
            LayerReason::Restarted,
            LayerReason::Loss,
            LayerReason::Bandwidth,
        ];
        assert_eq!(reasons.map(layer_reason), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    }

    #[test]
    fn lowest_layer_is_not_none() {
        assert_eq!(lahn_layer::from(None), lahn_layer::NONE);
        let lowest = lahn_layer { present: 1, ..lahn_layer::NONE };
        assert_eq!(lahn_layer::from(Some(Layer::default())), lowest);
    }
}
