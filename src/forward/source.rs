//! One thing published, its encodings, and everybody who gets it.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::align::Moment;
use super::frames::Frames;
use super::ladder::Ladder;
use super::start::Cold;
use super::{Encoding, Layer, LayerReason, Subscription};
use crate::base::{Key, NtpTime, RtpTime, SourceId, Ssrc};
use crate::params::{Codec, CodecParams, MediaKind, MediaParams, Mid, ReceiveParams};
use crate::stream::history::{Fields, Position};
use crate::stream::recv::{ClockOffset, ReceiveStream};
use crate::wire::ext::VideoLayersAllocation;

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
    pub(super) encodings: Vec<Encoding>,
    pub(super) subscriptions: Vec<Subscription>,
    /// The rest of each, at the same place.
    pub(super) cold: Vec<Cold>,
    /// Where each stands among them: every receiver's report asks.
    places: HashMap<Key, usize>,
    /// Every subscription there is, also those that wait to be negotiated.
    followers: Vec<Key>,
    /// Between the publisher's wall clock and ours; the same for all sources of an endpoint.
    clock_offset: ClockOffset,
    /// The best layer that anybody wants, as it was told; `None`: nothing was told yet.
    pub(super) demand: Option<Option<Layer>>,
    /// What there is of it to choose from.
    pub(super) ladder: Option<Box<Ladder>>,
    /// Something else is sent than before, and its receivers' endpoints do not know yet.
    pub(super) is_relaid: bool,
    /// What the application is to be told.
    pub(super) notices: Vec<Notice>,
    /// A key frame is wanted, and its publisher's endpoint does not know yet.
    pub(super) wants_key_frame: bool,
}

/// What the application is to be told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Notice {
    /// A subscription gets another layer.
    Layer { subscription: Key, layer: Option<Layer>, reason: LayerReason },
    /// Another layer is the best that anybody wants.
    Demand { layer: Option<Layer> },
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
            cold: Vec::new(),
            places: HashMap::new(),
            followers: Vec::new(),
            clock_offset: ClockOffset::default(),
            demand: None,
            ladder: None,
            is_relaid: false,
            notices: Vec::new(),
            wants_key_frame: false,
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

    /// A receiver more, which nothing is chosen for yet:
    /// [`set_constraints`](Self::set_constraints) follows.
    pub(crate) fn subscribe(&mut self, key: Key, subscription: Subscription) {
        self.places.insert(key, self.subscriptions.len());
        self.subscriptions.push(subscription);
        self.cold.push(Cold::new(key));
    }

    /// A receiver less.
    pub(crate) fn unsubscribe(&mut self, now: Moment, key: Key) -> Option<Subscription> {
        let place = self.places.remove(&key)?;
        let left = self.subscriptions.swap_remove(place);
        self.cold.swap_remove(place);
        if let Some(moved) = self.cold.get(place) {
            self.places.insert(moved.key, place);
        }
        self.update_demand(now);
        Some(left)
    }

    /// Somebody needs a key frame of `encoding`.
    pub(crate) fn want_key_frame(&mut self, now: Instant, encoding: usize) {
        if self.kind == MediaKind::Video
            && let Some(encoding) = self.encodings.get_mut(encoding)
        {
            encoding.key_frames.want(now);
            self.wants_key_frame = true;
        }
    }

    /// A receiver asks for a key frame of what it gets.
    pub(crate) fn want_key_frame_for(&mut self, now: Instant, key: Key) {
        if let Some(subscription) = self.subscription(key) {
            let encoding = subscription.current().unwrap_or(subscription.target.encoding);
            self.want_key_frame(now, usize::from(encoding));
        }
    }

    /// The encodings that somebody gets or waits for need a key frame.
    pub(crate) fn want_key_frame_for_all(&mut self, now: Instant) {
        for index in 0..self.encodings.len() {
            let wants = |held: &Subscription| usize::from(held.target.encoding) == index;
            if self.subscriptions.iter().any(wants) {
                self.want_key_frame(now, index);
            }
        }
    }

    /// The publisher's stream of `encoding` is over, because it starts over under another SSRC or
    /// because it said goodbye.
    pub(crate) fn end_stream(&mut self, now: Moment, encoding: u8) {
        for place in 0..self.subscriptions.len() {
            let subscription = &mut self.subscriptions[place];
            if subscription.origin == encoding {
                subscription.stop(&mut self.cold[place], &self.encodings, now);
                subscription.forget_origin();
                self.cold[place].pending = LayerReason::Restarted;
                self.tell(place, None, LayerReason::Restarted);
            }
        }
        if let Some(held) = self.encodings.get_mut(usize::from(encoding)) {
            held.end_stream();
        }
        self.want_key_frame(now.at, usize::from(encoding));
    }

    /// A packet came that begins a key frame of `encoding`.
    pub(crate) fn on_key_frame(&mut self, encoding: u8, timestamp: RtpTime) {
        if let Some(encoding) = self.encodings.get_mut(usize::from(encoding)) {
            encoding.on_key_frame(timestamp);
        }
    }

    /// The publisher tells how large its layers are; its streams are numbered as they were
    /// signalled.
    pub(crate) fn on_allocation(&mut self, allocation: &VideoLayersAllocation) {
        for (stream, spatial, layer) in allocation.layers() {
            let encoding = self.encodings.get_mut(usize::from(stream));
            let Some(encoding) = encoding else { continue };
            for (temporal, rate) in (0..).zip(layer.bitrates()) {
                encoding.rates.get_or_insert_default().tell(spatial, temporal, *rate);
            }
            if let (Some(frames), Some(picture)) = (&mut encoding.frames, layer.picture) {
                frames.set_size(spatial, (picture.width, picture.height));
            }
        }
    }

    /// A packet of `encoding` came, and stands in its history.
    pub(crate) fn on_packet(&mut self, now: Moment, encoding: u8, fields: &Fields, payload: usize) {
        let Some(held) = self.encodings.get_mut(usize::from(encoding)) else { return };
        let rates = held.rates.get_or_insert_default();
        rates.count(now.millis, fields.frame, payload, held.frames.as_ref());
        self.is_relaid |= self.ladder.get_or_insert_default().hear(now.millis);
        let needs_key_frame = held.frames.as_mut().is_some_and(Frames::take_need);
        if needs_key_frame && self.is_watched(encoding) {
            self.want_key_frame(now.at, usize::from(encoding));
        }
        if self.kind == MediaKind::Video {
            self.on_presence(now, encoding);
        }
    }

    /// The packet at `position` made others readable that came before it.
    pub(crate) fn read_again(&mut self, now: Moment, encoding: u8, position: Position) {
        if let Some(held) = self.encodings.get_mut(usize::from(encoding)) {
            held.read_again(now, position, &self.codecs);
        }
    }

    /// The publisher said goodbye to `ssrc`: should packets come again, they are a new stream.
    pub(crate) fn on_goodbye(&mut self, now: Moment, encoding: u8, ssrc: Ssrc) {
        let held = self.encodings.get(usize::from(encoding));
        if held.and_then(|held| held.stream.as_ref()).is_some_and(|held| held.ssrc() == ssrc) {
            self.end_stream(now, encoding);
        }
    }

    /// Now and then: encodings that fell silent need not hold memory.
    pub(crate) fn tend(&mut self, now: Moment) {
        self.encodings.iter_mut().for_each(|encoding| encoding.tend(now));
        self.aim_at_frame_rates(now);
    }

    /// The next encoding whose publisher is to be asked for a key frame now: of all that are wanted
    /// at a time, but not again within `interval` (A5).
    pub(crate) fn take_due_key_frame(&mut self, now: Moment, interval: Duration) -> Option<usize> {
        let asked = self.asked();
        if asked.is_some_and(|at| at < now.at && now.at < at + interval) {
            return None;
        }
        let due = (0..self.encodings.len()).find(|&index| {
            let waiting = self.is_waited_for(index);
            let encoding = &mut self.encodings[index];
            // Before the first packet there is no SSRC to name in a request.
            let is_due = encoding.stream.is_some()
                && encoding.key_frames.take_due(now.at, interval, waiting);
            if is_due && let Some(frames) = &mut encoding.frames {
                frames.on_key_frame_asked(now.millis);
            }
            is_due
        })?;
        self.ladder.get_or_insert_default().asked = Some(now.at);
        Some(due)
    }

    /// If packets of `encoding` are to be asked for again now, hands its stream to `ask`, which
    /// returns whether it did. What nobody gets is not asked for (K4); where what was asked for is
    /// given up, a key frame is.
    pub(crate) fn ask_for_lost(
        &mut self,
        now: Instant,
        encoding: u8,
        ask: impl FnOnce(&mut ReceiveStream) -> bool,
    ) -> bool {
        let is_watched = self.is_watched(encoding);
        let held = self.encodings.get_mut(usize::from(encoding));
        let Some(stream) = held.and_then(|held| held.stream.as_mut()) else { return true };
        if stream.lost_deadline().is_none_or(|deadline| deadline > now) {
            return true;
        }
        if !is_watched {
            stream.forget_lost();
            return true;
        }
        let asked = ask(stream);
        if stream.take_given_up() {
            self.want_key_frame(now, usize::from(encoding));
        }
        asked
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
        let deadline = self.encodings.iter().enumerate().filter_map(deadline).min()?;
        Some(self.asked().map_or(deadline, |at| deadline.max(at + interval)))
    }

    /// The timestamp to report (RFC 3550 §6.4.1) for a subscription at `now`: what its receiver's
    /// stream would show at this moment, on the publisher's clock.
    pub(crate) fn timestamp_at(&self, ours: NtpTime, key: Key) -> Option<RtpTime> {
        let subscription = self.subscription(key)?;
        let stream = self.encodings.get(usize::from(subscription.origin))?.stream.as_ref()?;
        let theirs = self.clock_offset.theirs(ours)?;
        let timestamp = stream.clock()?.rtp_at(theirs, self.clock_rate());
        Some(timestamp.wrapping_add(subscription.timestamp_offset))
    }

    /// A sender report came from its endpoint.
    pub(crate) const fn set_clock_offset(&mut self, offset: ClockOffset) {
        self.clock_offset = offset;
    }

    /// Its encodings.
    pub(crate) fn encodings_mut(&mut self) -> &mut [Encoding] {
        &mut self.encodings
    }

    /// The subscription with this number.
    pub(crate) fn subscription(&self, key: Key) -> Option<&Subscription> {
        self.subscriptions.get(self.place(key)?)
    }

    /// What a subscription gets, and why.
    pub(crate) fn layer_of(&self, key: Key) -> Option<(Option<Layer>, LayerReason)> {
        let cold = self.cold.get(self.place(key)?)?;
        Some((cold.layer, cold.reason))
    }

    /// What the application is to be told, once.
    pub(crate) fn take_notices(&mut self) -> impl Iterator<Item = Notice> {
        self.notices.drain(..)
    }

    /// Whether anybody gets an encoding or waits for it.
    pub(crate) fn is_watched(&self, encoding: u8) -> bool {
        self.subscriptions.iter().any(|held| held.uses(encoding))
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

    /// Slot of each receiving endpoint, and index of the sent stream there.
    pub(crate) fn receivers(&self) -> impl Iterator<Item = (u32, u32)> {
        self.subscriptions.iter().map(|held| (held.endpoint, u32::from(held.stream)))
    }

    /// Every subscription there is.
    pub(crate) fn followers(&self) -> &[Key] {
        &self.followers
    }

    pub(super) fn place(&self, key: Key) -> Option<usize> {
        self.places.get(&key).copied()
    }

    /// When its publisher was last asked for key frames.
    fn asked(&self) -> Option<Instant> {
        self.ladder.as_ref().and_then(|held| held.asked)
    }

    fn is_waited_for(&self, encoding: usize) -> bool {
        let encoding = u8::try_from(encoding).unwrap_or(u8::MAX);
        self.subscriptions.iter().any(|held| held.waits_for(encoding))
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
        let at = Instant::now();
        let now = Moment { at, millis: 0 };
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
            source.subscribe(*key, Subscription::new(key.slot(), 0, tail));
        }
        // From the front, from the end, from between, and one that was moved.
        for gone in [0, 5, 2, 4] {
            let left = source.unsubscribe(now, keys[gone]).map(|held| held.endpoint);
            assert_eq!(left, Some(keys[gone].slot()));
            assert!(source.unsubscribe(now, keys[gone]).is_none(), "once");
            for key in &keys {
                let held = source.subscription(*key).map(|held| held.endpoint);
                assert!(held.is_none_or(|held| held == key.slot()));
            }
        }
        for left in [1, 3] {
            assert!(source.subscription(keys[left]).is_some());
        }
        assert_eq!(source.subscriptions.len(), 2);
    }
}
