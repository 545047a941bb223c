//! One thing published, its encodings, and everybody who gets it.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::{Constraints, Encoding, Subscription};
use crate::base::{Key, NtpTime, RtpTime, SourceId, Ssrc};
use crate::params::{Codec, CodecParams, MediaKind, MediaParams, Mid, ReceiveParams};
use crate::stream::recv::ClockOffset;

/// See the module.
#[derive(Debug)]
pub(crate) struct Source {
    id: SourceId,
    /// Slot of the endpoint that publishes it.
    endpoint: u32,
    endpoint_key: Key,
    kind: MediaKind,
    mid: Mid,
    stream_id: String,
    track_id: String,
    /// What its packets' codec numbers mean.
    codecs: Vec<CodecParams>,
    encodings: Vec<Encoding>,
    subscriptions: Vec<Subscription>,
    /// Where each stands among them: every receiver's report asks.
    places: HashMap<Key, usize>,
    /// Every subscription there is, also those that wait to be negotiated.
    followers: Vec<Key>,
    /// Between the publisher's wall clock and ours; the same for all sources of an endpoint.
    clock_offset: ClockOffset,
}

impl Source {
    /// As negotiated in `media`, published by `endpoint`.
    pub(crate) fn new(
        id: SourceId,
        endpoint: Key,
        media: &MediaParams,
        receive: &ReceiveParams,
        codecs: &[CodecParams],
    ) -> Self {
        Self {
            id,
            endpoint: endpoint.slot(),
            endpoint_key: endpoint,
            kind: media.kind,
            mid: media.mid,
            stream_id: receive.stream_id.clone(),
            track_id: receive.track_id.clone(),
            codecs: codecs.to_vec(),
            encodings: receive.encodings.iter().map(|params| Encoding::new(params.rid)).collect(),
            subscriptions: Vec::new(),
            places: HashMap::new(),
            followers: Vec::new(),
            clock_offset: ClockOffset::default(),
        }
    }

    /// The publisher negotiated again: other payload types, more encodings. Encodings are never
    /// taken away, so that their indices stay good; one that is not sent any more is just silent.
    pub(crate) fn renegotiate(&mut self, receive: &ReceiveParams, codecs: &[CodecParams]) {
        self.codecs.clear();
        self.codecs.extend_from_slice(codecs);
        for params in &receive.encodings {
            if !self.encodings.iter().any(|encoding| encoding.rid == params.rid) {
                self.encodings.push(Encoding::new(params.rid));
            }
        }
    }

    /// Somebody subscribed, and may have to negotiate before it receives.
    pub(crate) fn follow(&mut self, key: Key) {
        self.followers.push(key);
    }

    /// Nobody's subscription any more.
    pub(crate) fn unfollow(&mut self, key: Key) {
        self.followers.retain(|held| *held != key);
    }

    /// A receiver more; it waits for a key frame, which is asked for.
    pub(crate) fn subscribe(&mut self, now: Instant, subscription: Subscription) {
        let target = usize::from(subscription.target());
        self.places.insert(subscription.key, self.subscriptions.len());
        self.subscriptions.push(subscription);
        self.want_key_frame(now, target);
    }

    /// A receiver less.
    pub(crate) fn unsubscribe(&mut self, key: Key) -> Option<Subscription> {
        let place = self.places.remove(&key)?;
        let left = self.subscriptions.swap_remove(place);
        if let Some(moved) = self.subscriptions.get(place) {
            self.places.insert(moved.key, place);
        }
        Some(left)
    }

    /// Pauses or resumes a subscription.
    pub(crate) fn set_paused(&mut self, now: Instant, key: Key, paused: bool) {
        let Some(subscription) = self.subscription_mut(key) else { return };
        if subscription.paused == paused {
            return;
        }
        subscription.paused = paused;
        subscription.restart();
        let target = usize::from(subscription.target());
        if !paused {
            self.want_key_frame(now, target);
        }
    }

    /// Bounds what a subscription gets.
    pub(crate) fn set_constraints(&mut self, now: Instant, key: Key, constraints: Constraints) {
        self.set_paused(now, key, constraints.paused);
        let last = u8::try_from(self.encodings.len().saturating_sub(1)).unwrap_or(0);
        self.set_target(now, key, constraints.max_spatial.unwrap_or(last).min(last));
    }

    /// Chooses the encoding for a subscription.
    pub(crate) fn set_target(&mut self, now: Instant, key: Key, encoding: u8) {
        let Some(subscription) = self.subscription_mut(key) else { return };
        subscription.set_target(encoding);
        if subscription.is_waiting() {
            self.want_key_frame(now, usize::from(encoding));
        }
    }

    /// Somebody needs a key frame of `encoding`.
    pub(crate) fn want_key_frame(&mut self, now: Instant, encoding: usize) {
        if self.kind == MediaKind::Video
            && let Some(encoding) = self.encodings.get_mut(encoding)
        {
            encoding.key_frames.want(now);
        }
    }

    /// A receiver asks for a key frame of what it gets.
    pub(crate) fn want_key_frame_for(&mut self, now: Instant, key: Key) {
        if let Some(subscription) = self.subscription(key) {
            let encoding = subscription.current().unwrap_or_else(|| subscription.target());
            self.want_key_frame(now, usize::from(encoding));
        }
    }

    /// The encodings that somebody gets or waits for need a key frame.
    pub(crate) fn want_key_frame_for_all(&mut self, now: Instant) {
        for index in 0..self.encodings.len() {
            if self.subscriptions.iter().any(|held| usize::from(held.target()) == index) {
                self.want_key_frame(now, index);
            }
        }
    }

    /// The publisher's stream of `encoding` started over under another SSRC.
    pub(crate) fn on_restart(&mut self, now: Instant, encoding: u8) {
        for subscription in &mut self.subscriptions {
            if subscription.current() == Some(encoding) {
                subscription.restart();
            }
        }
        self.want_key_frame(now, usize::from(encoding));
    }

    /// A packet came that begins a key frame of `encoding`.
    pub(crate) fn on_key_frame(&mut self, encoding: u8, timestamp: RtpTime) {
        if let Some(encoding) = self.encodings.get_mut(usize::from(encoding)) {
            encoding.on_key_frame(timestamp);
        }
    }

    /// The publisher said goodbye to `ssrc`: should packets come again, they are a new stream.
    pub(crate) fn on_end(&mut self, encoding: u8, ssrc: Ssrc) {
        let Some(held) = self.encodings.get_mut(usize::from(encoding)) else { return };
        if held.stream.as_ref().is_none_or(|stream| stream.ssrc() != ssrc) {
            return;
        }
        held.stream = None;
        for subscription in &mut self.subscriptions {
            if subscription.current() == Some(encoding) {
                subscription.restart();
            }
        }
    }

    /// Now and then: encodings that fell silent need not hold memory.
    pub(crate) fn tend(&mut self, now: Instant) {
        let histories = self.encodings.iter_mut().filter_map(|held| held.history.as_mut());
        histories.for_each(|history| history.tend(now));
    }

    /// The next encoding whose publisher is to be asked for a key frame now.
    pub(crate) fn take_due_key_frame(&mut self, now: Instant, interval: Duration) -> Option<usize> {
        (0..self.encodings.len()).find(|&index| {
            let waiting = self.is_waited_for(index);
            let encoding = &mut self.encodings[index];
            // Before the first packet there is no SSRC to name in a request.
            encoding.stream.is_some() && encoding.key_frames.take_due(now, interval, waiting)
        })
    }

    /// When [`take_due_key_frame`](Self::take_due_key_frame) has something.
    pub(crate) fn key_frame_deadline(&self, interval: Duration) -> Option<Instant> {
        if self.kind == MediaKind::Audio {
            return None;
        }
        let deadline = |(index, encoding): (usize, &Encoding)| {
            encoding.stream.as_ref()?;
            encoding.key_frames.deadline(interval, self.is_waited_for(index))
        };
        self.encodings.iter().enumerate().filter_map(deadline).min()
    }

    /// The timestamp to report (RFC 3550 §6.4.1) for a subscription at `now`: what its receiver's
    /// stream would show at this moment, on the publisher's clock.
    pub(crate) fn timestamp_at(&self, ours: NtpTime, key: Key) -> Option<RtpTime> {
        let subscription = self.subscription(key)?;
        let stream = self.encodings.get(usize::from(subscription.current()?))?.stream.as_ref()?;
        let theirs = self.clock_offset.theirs(ours)?;
        let timestamp = stream.clock()?.rtp_at(theirs, self.clock_rate());
        Some(timestamp.wrapping_add(subscription.timestamp_offset()))
    }

    /// A sender report came from its endpoint.
    pub(crate) const fn set_clock_offset(&mut self, offset: ClockOffset) {
        self.clock_offset = offset;
    }

    /// Its encodings.
    pub(crate) fn encodings_mut(&mut self) -> &mut [Encoding] {
        &mut self.encodings
    }

    /// Its receivers, and what they are served from.
    pub(crate) fn parts_mut(&mut self) -> (&mut [Subscription], &[Encoding]) {
        (&mut self.subscriptions, &self.encodings)
    }

    /// The subscription with this number.
    pub(crate) fn subscription(&self, key: Key) -> Option<&Subscription> {
        self.subscriptions.get(*self.places.get(&key)?)
    }

    /// Its id.
    pub(crate) const fn id(&self) -> SourceId {
        self.id
    }

    /// Slot of the endpoint that publishes it.
    pub(crate) const fn endpoint(&self) -> u32 {
        self.endpoint
    }

    /// Key of the endpoint that publishes it.
    pub(crate) const fn endpoint_key(&self) -> Key {
        self.endpoint_key
    }

    /// Audio or video.
    pub(crate) const fn kind(&self) -> MediaKind {
        self.kind
    }

    /// RTP clock rate in Hz.
    pub(crate) fn clock_rate(&self) -> u32 {
        // The list is the endpoint's, of both kinds.
        let mut codecs = self.codecs.iter().map(|params| params.codec);
        let codec = codecs.find(|codec| codec.kind() == self.kind);
        codec.map_or(90_000, Codec::clock_rate)
    }

    /// The section it is published in.
    pub(crate) const fn mid(&self) -> Mid {
        self.mid
    }

    /// `msid` identification.
    pub(crate) fn stream_id(&self) -> &str {
        &self.stream_id
    }

    /// `msid` appdata.
    pub(crate) fn track_id(&self) -> &str {
        &self.track_id
    }

    /// What its packets' codec numbers mean.
    pub(crate) fn codecs(&self) -> &[CodecParams] {
        &self.codecs
    }

    /// Its encodings.
    pub(crate) fn encodings(&self) -> &[Encoding] {
        &self.encodings
    }

    /// Its receivers.
    pub(crate) fn subscriptions(&self) -> &[Subscription] {
        &self.subscriptions
    }

    /// Every subscription there is.
    pub(crate) fn followers(&self) -> &[Key] {
        &self.followers
    }

    fn subscription_mut(&mut self, key: Key) -> Option<&mut Subscription> {
        self.subscriptions.get_mut(*self.places.get(&key)?)
    }

    fn is_waited_for(&self, encoding: usize) -> bool {
        let waits =
            |held: &Subscription| held.is_waiting() && usize::from(held.target()) == encoding;
        self.subscriptions.iter().any(waits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{ExtSeq, Slab};
    use crate::params::ExtensionIds;
    use crate::stream::send::Tail;

    #[test]
    fn subscriptions_are_found_by_their_number_whoever_leaves() {
        #[expect(clippy::disallowed_methods, reason = "tests need some instant to start from")]
        let now = Instant::now();
        let mut slab = Slab::new();
        let keys: Vec<Key> = (0..6).map(|_| slab.insert(())).collect();
        let media = MediaParams {
            mid: Mid::new(b"0").expect("a token"),
            kind: MediaKind::Audio,
            codecs: Vec::new(),
            extensions: ExtensionIds::new(),
            receive: None,
            send: None,
        };
        let receive = ReceiveParams {
            encodings: Vec::new(),
            stream_id: String::new(),
            track_id: String::new(),
        };
        let mut source = Source::new(SourceId::new(keys[0]), keys[0], &media, &receive, &[]);
        let tail = Tail { seq: ExtSeq(1), timestamp: RtpTime(1), at: None };
        for key in &keys {
            source.subscribe(now, Subscription::new(*key, key.slot(), 0, 0, false, tail));
        }
        // From the front, from the end, from between, and one that was moved.
        for gone in [0, 5, 2, 4] {
            assert_eq!(source.unsubscribe(keys[gone]).map(|held| held.key), Some(keys[gone]));
            assert!(source.unsubscribe(keys[gone]).is_none(), "once");
            for key in &keys {
                let held = source.subscription(*key).map(|held| held.key);
                assert!(held.is_none_or(|held| held == *key));
            }
        }
        for left in [1, 3] {
            assert!(source.subscription(keys[left]).is_some());
        }
        assert_eq!(source.subscriptions().len(), 2);
    }
}
