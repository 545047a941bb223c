//! A: getters. They take the time only to tell rates.

use std::time::Instant;

use super::{
    EncodingStats, EndpointStats, Engine, Error, SourceInfo, SourceStats, SubscriptionInfo,
    SubscriptionStats,
};
use crate::base::{ConferenceId, EndpointId, SourceId, SubscriptionId};
use crate::forward::{Encoding, Moment};
use crate::media::DropCounters;

impl Engine {
    /// The endpoints of a conference, in order of appearance.
    ///
    /// # Errors
    /// [`Error::StaleId`].
    pub fn endpoints(&self, conference: ConferenceId) -> Result<Vec<EndpointId>, Error> {
        let held = self.conferences.get(conference.key()).ok_or(Error::StaleId("conference"))?;
        Ok(held.endpoints.iter().copied().map(EndpointId::new).collect())
    }

    /// The sources published in a conference, by endpoint in order of appearance.
    ///
    /// # Errors
    /// [`Error::StaleId`].
    pub fn sources(&self, conference: ConferenceId) -> Result<Vec<SourceId>, Error> {
        let held = self.conferences.get(conference.key()).ok_or(Error::StaleId("conference"))?;
        let endpoints = held.endpoints.iter().filter_map(|key| self.endpoints.get(*key));
        let slots = endpoints.flat_map(|endpoint| endpoint.media.sources());
        Ok(slots.filter_map(|slot| self.sources.at(*slot)).map(|source| source.id()).collect())
    }

    /// What a source is.
    ///
    /// # Errors
    /// [`Error::StaleId`].
    pub fn source_info(&self, source: SourceId) -> Result<SourceInfo, Error> {
        let source = self.sources.get(source.key()).ok_or(Error::StaleId("source"))?;
        Ok(SourceInfo {
            endpoint: EndpointId::new(source.endpoint_key()),
            kind: source.kind(),
            mid: source.mid(),
            stream_id: source.stream_id().to_owned(),
            track_id: source.track_id().to_owned(),
            encodings: source.encodings().iter().map(|encoding| encoding.rid).collect(),
        })
    }

    /// The subscriptions of an endpoint, in order of appearance.
    ///
    /// # Errors
    /// [`Error::StaleId`].
    pub fn subscriptions(&self, endpoint: EndpointId) -> Result<Vec<SubscriptionId>, Error> {
        let endpoint = self.endpoints.get(endpoint.key()).ok_or(Error::StaleId("endpoint"))?;
        Ok(endpoint.subscriptions.iter().copied().map(SubscriptionId::new).collect())
    }

    /// What a subscription is.
    ///
    /// # Errors
    /// [`Error::StaleId`].
    pub fn subscription_info(
        &self,
        subscription: SubscriptionId,
    ) -> Result<SubscriptionInfo, Error> {
        let wish = self.wish(subscription)?;
        let endpoint = self.endpoints.get(wish.receiver).ok_or(Error::StaleId("endpoint"))?;
        let stream = wish.stream.and_then(|at| endpoint.media.send_streams().get(at as usize));
        let planned = || endpoint.control.as_ref()?.send_mid(subscription.as_u64());
        Ok(SubscriptionInfo {
            endpoint: EndpointId::new(wish.receiver),
            source: SourceId::new(wish.source),
            mid: stream.map(|stream| stream.mid).or_else(planned),
            negotiated: stream.is_some(),
            paused: wish.constraints.paused,
        })
    }

    /// Statistics of an endpoint's transport.
    ///
    /// # Errors
    /// [`Error::StaleId`].
    pub fn endpoint_stats(
        &self,
        now: Instant,
        endpoint: EndpointId,
    ) -> Result<EndpointStats, Error> {
        let endpoint = self.endpoints.get(endpoint.key()).ok_or(Error::StaleId("endpoint"))?;
        let media = &endpoint.media;
        let counters = media.counters();
        let (incoming, outgoing) = media.rates(now);
        Ok(EndpointStats {
            connected: endpoint.connected,
            remote: media.path().map(|path| path.remote),
            dtls_version: endpoint.dtls_version,
            srtp_profile: media.profile(),
            aead_backend: media.aead_backend(),
            packets_received: counters.packets_received,
            bytes_received: counters.bytes_received,
            packets_sent: counters.packets_sent,
            bytes_sent: counters.bytes_sent,
            current_round_trip_time: media.round_trip_time(),
            incoming_bitrate: incoming.as_bps(),
            outgoing_bitrate: outgoing.as_bps(),
            queued_packets: media.queued(),
            congestion: endpoint.congestion_stats(now),
            drops: counters.drops.clone(),
        })
    }

    /// Statistics of a source.
    ///
    /// # Errors
    /// [`Error::StaleId`].
    pub fn source_stats(&self, now: Instant, source: SourceId) -> Result<SourceStats, Error> {
        let source = self.sources.get(source.key()).ok_or(Error::StaleId("source"))?;
        Ok(SourceStats {
            endpoint: EndpointId::new(source.endpoint_key()),
            kind: source.kind(),
            subscriptions: source.followers().len(),
            encodings: source
                .encodings()
                .iter()
                .map(|held| encoding_stats(self.settings.moment(now), held))
                .collect(),
        })
    }

    /// Statistics of a subscription.
    ///
    /// # Errors
    /// [`Error::StaleId`].
    pub fn subscription_stats(
        &self,
        now: Instant,
        subscription: SubscriptionId,
    ) -> Result<SubscriptionStats, Error> {
        let info = self.subscription_info(subscription)?;
        let wish = self.wish(subscription)?;
        let endpoint = self.endpoints.get(wish.receiver).ok_or(Error::StaleId("endpoint"))?;
        let source = self.sources.get(wish.source).ok_or(Error::StaleId("source"))?;
        let stream = wish.stream.and_then(|at| endpoint.media.send_streams().get(at as usize));
        let (layer, reason) = source.layer_of(subscription.key()).unwrap_or_default();
        let held_back = source.held_back(self.settings.moment(now), subscription.key());
        let (paused_by_bandwidth, limited_by_bandwidth) = held_back.unwrap_or_default();
        let counters = stream.map(|stream| *stream.counters()).unwrap_or_default();
        let millis = self.settings.wall.millis(now);
        let remote = stream.map(|stream| *stream.remote()).unwrap_or_default();
        Ok(SubscriptionStats {
            endpoint: info.endpoint,
            source: info.source,
            mid: info.mid,
            ssrc: stream.map(|stream| stream.params.ssrc.0),
            paused: wish.constraints.paused,
            layer,
            target: source.target_of(subscription.key()).unwrap_or_default(),
            paused_by_bandwidth,
            limited_by_bandwidth,
            reason,
            packets_sent: stream.map_or(0, |stream| stream.packets()),
            bytes_sent: stream.map_or(0, |stream| stream.bytes()),
            retransmitted_packets_sent: counters.retransmitted,
            nack_count: counters.nacks,
            pli_count: counters.plis,
            fir_count: counters.firs,
            fraction_lost: f64::from(remote.fraction_lost) / 256.0,
            packets_lost: i64::from(remote.cumulative_lost),
            jitter: f64::from(remote.jitter) / f64::from(source.clock_rate()),
            round_trip_time: remote.round_trip_time,
            bitrate: stream.map_or(0, |stream| stream.rate(millis).as_bps()),
        })
    }

    /// Datagrams dropped that could not be laid at any endpoint's door, by reason.
    pub const fn drops(&self) -> &DropCounters {
        &self.drops
    }
}

fn encoding_stats(now: Moment, encoding: &Encoding) -> EncodingStats {
    let mut stats = EncodingStats {
        rid: encoding.rid,
        codec: encoding.codec,
        pli_count: encoding.key_frames.sent() - encoding.firs_sent,
        fir_count: encoding.firs_sent,
        key_frames_received: encoding.key_frames_received,
        active: encoding.is_present(),
        spatial_layers: 1,
        temporal_layers: 1,
        ..EncodingStats::default()
    };
    if let Some(frames) = &encoding.frames {
        stats.spatial_layers = frames.spatial_layers();
        stats.temporal_layers = frames.temporal_layers();
        let size = frames.size(stats.spatial_layers - 1);
        stats.frame_width = size.map(|(width, _)| width);
        stats.frame_height = size.map(|(_, height)| height);
        stats.frames_per_second = f64::from(frames.rate(now.millis, u8::MAX));
        stats.frames_received = frames.frames();
    }
    if let Some(stream) = &encoding.stream {
        let reception = stream.reception();
        stats.ssrc = Some(stream.ssrc().0);
        stats.packets_received = reception.received();
        stats.bytes_received = reception.bytes();
        stats.packets_lost = reception.lost();
        stats.retransmitted_packets_received = reception.repaired();
        stats.jitter = reception.jitter_seconds();
        stats.nack_count = stream.nacks_sent();
        stats.bitrate = reception.rate(now.at).as_bps();
    }
    stats
}
