//! What is written down of the engine every 10 ms, and what encoders that follow the estimate are
//! told.

use lahn::params::MediaKind;
use lahn::{CongestionState, CongestionStats};

use super::World;
use crate::metrics::{Class, Sample};
use crate::net::{SECOND, Time};

impl World {
    pub(super) fn sample(&mut self, now: Time) {
        let at = self.instant(now);
        for receiver in self.receivers.iter_mut().flatten() {
            let stats = self.engine.endpoint_stats(at, receiver.endpoint).expect("it lives");
            let said = stats.congestion.unwrap_or_default();
            let mut pending = 0;
            for stream in receiver.streams.iter().flatten() {
                if stream.kind == MediaKind::Video && !stream.is_over {
                    let stats = self.engine.subscription_stats(at, stream.subscription);
                    let stats = stats.expect("it lives");
                    let waits = stats.layer.is_some_and(|layer| {
                        (stats.target.encoding, stats.target.spatial)
                            > (layer.encoding, layer.spatial)
                    });
                    pending += u32::from(waits);
                }
            }
            receiver.account.samples.push(Sample { pending, ..sample_of(now, &said) });
        }
    }

    /// Tells an encoder that follows the estimate of its receiver what there is for it: what sound
    /// and retransmissions leave, a share for each such encoder.
    pub(super) fn aim(&mut self, now: Time, place: usize) {
        let at = self.instant(now);
        let Self { publishers, receivers, engine, scenario, .. } = self;
        let Some(elastic) = publishers[place].as_ref().and_then(|held| held.words.elastic) else {
            return;
        };
        let receives = |of: usize| move |stream: &&super::receiver::Stream| stream.publisher == of;
        let mut all = receivers.iter().flatten();
        let receiver =
            all.find(|held| held.streams.iter().flatten().any(|held| receives(place)(&held)));
        let Some(receiver) = receiver else { return };
        let stats = engine.endpoint_stats(at, receiver.endpoint).expect("it lives");
        let start = scenario.engine.start.map_or(300_000, |start| start.0);
        let estimate = stats.congestion.map_or(start, |said| said.target_bitrate);
        let (mut sound, mut sharing) = (0, 0);
        for stream in receiver.streams.iter().flatten().filter(|stream| !stream.is_over) {
            if let Some(publisher) = &publishers[stream.publisher] {
                sound += publisher.words.audio.map_or(0, |rate| rate.0);
                let shares = publisher.words.elastic.is_some() && !publisher.muted;
                sharing += u64::from(shares);
            }
        }
        let again = &receiver.account.sent[Class::Resent as usize];
        let again = 8.0 * again.rate(now.saturating_sub(SECOND), now);
        let left = estimate.saturating_sub(sound + again as u64) / sharing.max(1);
        if let Some(publisher) = &mut publishers[place] {
            publisher.target = left.clamp(elastic.least.0, elastic.most.0);
        }
    }
}

fn sample_of(now: Time, said: &CongestionStats) -> Sample {
    Sample {
        at: now,
        estimate: said.target_bitrate,
        desired: said.desired_bitrate,
        allocated: said.allocated_bitrate,
        padding: said.padding_bytes_sent,
        queue_delay: said.queue_delay.as_micros() as Time,
        loss: said.loss,
        acked: said.acked_bitrate,
        state: match said.state {
            CongestionState::Hold => "hold",
            CongestionState::Increase => "increase",
            CongestionState::Decrease => "decrease",
            CongestionState::Drain => "drain",
            CongestionState::Probing => "probing",
            CongestionState::NoFeedback => "no feedback",
            _ => "?",
        },
        pending: 0,
    }
}
