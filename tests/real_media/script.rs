//! What a replay is told, and what comes of it.

use std::fmt;

use lahn::{Constraints, Layer, LayerReason};

use super::decode::Rtp;

/// What happens to it.
#[derive(Clone, Default)]
pub struct Script {
    /// The dependency descriptor is not negotiated, and so not read.
    pub undescribed: bool,
    /// Payloads are random but for what browsers leave clear.
    pub opaque: bool,
    /// Milliseconds since the first packet.
    pub steps: Vec<(u64, Constraints)>,
    /// Places in [`Truth::packets`](super::original::Truth::packets) that do not arrive.
    pub lost: Vec<usize>,
    /// What is lost comes when it is asked for.
    pub repaired: bool,
}

impl fmt::Debug for Script {
    /// As short as it can be told.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { undescribed, opaque, lost, repaired, .. } = self;
        write!(
            f,
            "undescribed {undescribed}, opaque {opaque}, lost {lost:?}, repaired {repaired}"
        )?;
        for (at, Constraints { max_spatial, max_temporal, paused, .. }) in &self.steps {
            write!(f, "; {at} ms S{max_spatial:?} T{max_temporal:?}")?;
            f.write_str(if *paused { " paused" } else { "" })?;
        }
        Ok(())
    }
}

/// A packet that came out.
#[derive(Clone, PartialEq, Debug)]
pub struct Forwarded {
    /// Milliseconds since the first packet.
    pub at: u64,
    pub rtp: Rtp,
    pub descriptor: Option<Vec<u8>>,
    /// Its place in [`Truth::packets`](super::original::Truth::packets).
    pub original: usize,
    /// What the application was told that flows.
    pub layer: Option<Layer>,
}

#[derive(Default)]
pub struct Played {
    /// In the order in which they came out.
    pub packets: Vec<Forwarded>,
    pub layers: Vec<(u64, Option<Layer>, LayerReason)>,
    pub demand: Vec<(u64, Option<Layer>)>,
    /// Of each packet of the recording that arrived in its time: the layer that was told to flow
    /// once it had.
    pub told: Vec<Option<Option<Layer>>>,
    /// When a key frame was asked for.
    pub asked: Vec<(u64, u32)>,
    /// Packets asked for again.
    pub repairs: usize,
}
