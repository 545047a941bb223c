//! What a subscription may get at most.

use lahn::{Constraints, SubscriptionId};

use super::lahn_subscription_id;
use crate::handle::{State, exclusive, lahn_engine, shared};
use crate::layout::{self, Sized32, SizedOut};
use crate::result::lahn_result;

/// What a subscription may get at most; start from LAHN_CONSTRAINTS_INIT, which limits nothing.
/// The lowest layer is allowed in any case, and so is one whose size is not known yet.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct lahn_constraints {
    /// sizeof(lahn_constraints).
    pub struct_size: u32,
    /// Pixels; 0: no limit.
    pub max_width: u16,
    /// Pixels; 0: no limit.
    pub max_height: u16,
    /// Frames per second; 0: no limit.
    pub max_frame_rate: u16,
    /// 0 is the lowest; counts encodings where a source has several, else spatial layers.
    /// LAHN_NO_LIMIT: no limit.
    pub max_spatial: u8,
    /// 0 is the lowest. LAHN_NO_LIMIT: no limit.
    pub max_temporal: u8,
    /// Who keeps what when bandwidth is short: 255 first, 0 last; 128 where nobody cares.
    pub priority: u8,
    /// Not 0: it is what people look at, and comes before all that is not, whatever the priority.
    pub on_stage: u8,
    /// Not 0: nothing at all, as by lahn_subscription_set_paused.
    pub paused: u8,
    /// Not 0: it is not left out altogether when bandwidth is short: its lowest layer goes on
    /// whatever happens.
    pub unpausable: u8,
}

// SAFETY: repr(C), struct_size first, integers only, 4 + 3 x 2 + 6 x 1 bytes without a gap.
unsafe impl Sized32 for lahn_constraints {
    const FIRST: usize = 16;
}

/// lahn_constraints.max_spatial and .max_temporal: no limit.
/// cbindgen:ignore
pub const LAHN_NO_LIMIT: u8 = u8::MAX;

/// Bounds what a subscription gets, without negotiation: it gets the best layer that the publisher
/// sends within. All constraints are set anew: to change one, begin with what
/// lahn_subscription_constraints tells. A lower temporal layer is taken up at once, another
/// encoding or spatial layer at a key frame, which is asked for; until then the old one goes on.
/// LAHN_EVENT_LAYER_CHANGED tells when it is done.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lahn_subscription_set_constraints(
    engine: *mut lahn_engine,
    now_us: u64,
    subscription: lahn_subscription_id,
    constraints: *const lahn_constraints,
) -> lahn_result {
    let body = |state: &mut State| {
        // SAFETY: the header's promise for a struct with struct_size.
        let constraints = unsafe { layout::read(constraints, "constraints")? }.read();
        let (engine, now) = state.at(now_us)?;
        Ok(engine.set_constraints(now, SubscriptionId::from_u64(subscription), constraints)?)
    };
    // SAFETY: the header's promise for a handle.
    unsafe { exclusive(engine, body) }
}

/// Tells a subscription's constraints.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lahn_subscription_constraints(
    engine: *const lahn_engine,
    subscription: lahn_subscription_id,
    constraints_out: *mut lahn_constraints,
) -> lahn_result {
    let body = |state: &State| {
        // SAFETY: the header's promise for a struct with struct_size.
        let out = unsafe { SizedOut::new(constraints_out, "constraints_out")? };
        out.set(&state.engine.constraints(SubscriptionId::from_u64(subscription))?.into());
        Ok(())
    };
    // SAFETY: the header's promise for a handle.
    unsafe { shared(engine, body) }
}

impl lahn_constraints {
    fn read(&self) -> Constraints {
        Constraints {
            max_width: limit(self.max_width, 0),
            max_height: limit(self.max_height, 0),
            max_frame_rate: limit(self.max_frame_rate, 0),
            max_spatial: limit(self.max_spatial, LAHN_NO_LIMIT),
            max_temporal: limit(self.max_temporal, LAHN_NO_LIMIT),
            priority: self.priority,
            on_stage: self.on_stage != 0,
            paused: self.paused != 0,
            pausable: self.unpausable == 0,
        }
    }
}

impl From<Constraints> for lahn_constraints {
    fn from(constraints: Constraints) -> Self {
        Self {
            struct_size: 0,
            max_width: constraints.max_width.unwrap_or(0),
            max_height: constraints.max_height.unwrap_or(0),
            max_frame_rate: constraints.max_frame_rate.unwrap_or(0),
            max_spatial: constraints.max_spatial.unwrap_or(LAHN_NO_LIMIT),
            max_temporal: constraints.max_temporal.unwrap_or(LAHN_NO_LIMIT),
            priority: constraints.priority,
            on_stage: constraints.on_stage.into(),
            paused: constraints.paused.into(),
            unpausable: (!constraints.pausable).into(),
        }
    }
}

fn limit<T: PartialEq>(given: T, none: T) -> Option<T> {
    (given != none).then_some(given)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constraints_survive_the_border_both_ways() {
        let each_its_own = Constraints {
            max_width: Some(640),
            max_height: Some(360),
            max_frame_rate: Some(15),
            max_spatial: Some(0),
            max_temporal: Some(1),
            priority: 7,
            on_stage: true,
            paused: false,
            pausable: false,
        };
        let paused = Constraints { paused: true, ..Constraints::default() };
        for constraints in [Constraints::default(), each_its_own, paused] {
            let plain = lahn_constraints::from(constraints);
            assert_eq!(plain.read(), constraints);
        }
        let plain = lahn_constraints::from(each_its_own);
        let expected = lahn_constraints {
            struct_size: 0,
            max_width: 640,
            max_height: 360,
            max_frame_rate: 15,
            max_spatial: 0,
            max_temporal: 1,
            priority: 7,
            on_stage: 1,
            paused: 0,
            unpausable: 1,
        };
        assert_eq!(plain, expected);
    }
}
