//! What is lost on the way in is asked for again; what is lost on one way out is sent again to
//! that receiver alone.

use lahn::params::MediaKind;
use str0m::rtp::rtcp::Rtcp;

use crate::support::*;

/// Loses every `nth` RTP datagram.
fn every(nth: u32) -> net::LoseIf {
    let mut count = 0;
    Box::new(move |bytes: &[u8]| {
        let is_rtp = (128..=191).contains(&bytes[0]) && !(192..=223).contains(&bytes[1]);
        count += u32::from(is_rtp);
        is_rtp && count % nth == 0
    })
}

struct Call {
    world: World,
    publisher: Who,
    receivers: [Who; 2],
}

fn video_call(seed: u64) -> Call {
    video_call_from(seed, 20_000)
}

/// The publisher's first packet has the number `first_seq`.
fn video_call_from(seed: u64, first_seq: u64) -> Call {
    let mut world = World::new(seed);
    let publisher = world.join(&[Medium::Video]);
    world.participants[publisher].publications[0].next_seq = first_seq;
    let receivers = [world.join(&[]), world.join(&[])];
    receivers.iter().for_each(|receiver| {
        world.subscribe_all(*receiver, publisher);
    });
    world.connect();
    world.run_for(secs(1));
    Call { world, publisher, receivers }
}

impl Call {
    /// Lets what is on its way, or being repaired, arrive.
    fn settle_down(&mut self) {
        for participant in &mut self.world.participants {
            participant.up.lose_if = None;
            participant.down.lose_if = None;
            (participant.up.loss, participant.down.loss) = (0.0, 0.0);
            (participant.up.burst, participant.down.burst) = (None, None);
        }
        self.world.run_for(secs(1));
        self.world.participants[self.publisher].publications[0].active = false;
        self.world.run_for(secs(1));
    }

    /// Asserts that a receiver has every packet from its first key frame to the last.
    #[track_caller]
    fn has_everything(&self, receiver: Who) {
        let sent = &self.world.participants[self.publisher].publications[0].sent;
        let received: Vec<_> = self.world.participants[receiver].received.iter().collect();
        let start = check::is_a_faithful_copy(sent, &received);
        assert_eq!(start + received.len(), sent.len(), "the end is missing");
    }

    /// RTP packets to a receiver under another SSRC than the subscription's own.
    fn retransmissions_to(&self, receiver: Who) -> usize {
        let endpoint = self.world.endpoint(receiver);
        let subscription = self.world.engine.subscriptions(endpoint).expect("it lives")[0];
        let own = self.world.ssrc(subscription);
        self.world.rtp_to(receiver).filter(|packet| packet.ssrc() != own).count()
    }

    fn nacks_to_publisher(&self) -> usize {
        let rtcp = &self.world.participants[self.publisher].rtcp;
        rtcp.iter().filter(|(_, rtcp)| matches!(rtcp, Rtcp::Nack(_))).count()
    }
}

#[test]
fn loss_on_the_uplink_is_repaired_for_everybody() {
    let mut call = video_call(20);
    call.world.participants[call.publisher].up.lose_if = Some(every(25));
    call.world.run_for(secs(4));
    call.settle_down();

    call.receivers.iter().for_each(|receiver| call.has_everything(*receiver));
    assert!(call.nacks_to_publisher() > 0);
    let source = call.world.source(call.publisher, MediaKind::Video);
    let stats = call.world.engine.source_stats(call.world.now, source).expect("it lives");
    assert!(stats.encodings[0].nack_count > 0);
    assert!(stats.encodings[0].retransmitted_packets_received >= 15, "{stats:?}");
}

#[test]
fn loss_on_one_downlink_is_repaired_there_and_only_there() {
    let mut call = video_call(21);
    let [lossy, clean] = call.receivers;
    call.world.participants[lossy].down.lose_if = Some(every(25));
    call.world.run_for(secs(4));
    call.settle_down();

    call.has_everything(lossy);
    call.has_everything(clean);
    assert!(call.retransmissions_to(lossy) >= 15);
    assert_eq!(call.retransmissions_to(clean), 0);
    assert_eq!(call.nacks_to_publisher(), 0, "the publisher is not to blame");
    let endpoint = call.world.endpoint(lossy);
    let subscription = call.world.engine.subscriptions(endpoint).expect("it lives")[0];
    let stats = call.world.engine.subscription_stats(call.world.now, subscription).expect("lives");
    assert!(stats.nack_count > 0);
    assert!(stats.retransmitted_packets_sent >= 15);
}

#[test]
fn random_loss_everywhere_is_repaired() {
    let mut call = video_call(22);
    for participant in &mut call.world.participants {
        participant.up.loss = 0.03;
        participant.down.loss = 0.03;
    }
    call.world.run_for(secs(6));
    call.settle_down();
    call.receivers.iter().for_each(|receiver| call.has_everything(*receiver));
}

#[test]
fn loss_in_bursts_is_repaired() {
    let mut call = video_call(23);
    let burst = Some(Burst { begins: 0.003, length: 12 });
    call.world.participants[call.publisher].up.burst = burst;
    call.world.participants[call.receivers[0]].down.burst = burst;
    call.world.run_for(secs(6));
    call.settle_down();
    call.receivers.iter().for_each(|receiver| call.has_everything(*receiver));
}

#[test]
fn loss_across_the_sequence_number_wrap_is_repaired() {
    let mut call = video_call_from(24, 65_000);
    let number = |call: &Call| call.world.participants[call.publisher].publications[0].next_seq;
    call.world.participants[call.publisher].up.lose_if = Some(every(9));
    call.world.participants[call.receivers[0]].down.lose_if = Some(every(10));
    assert!(number(&call) < 65_400);
    call.world.run_for(secs(6));
    assert!(number(&call) > 65_700);
    call.settle_down();
    let source = call.world.source(call.publisher, MediaKind::Video);
    let stats = call.world.engine.source_stats(call.world.now, source).expect("it lives");
    eprintln!("SRC {stats:?}");
    for r in call.receivers {
        let sub = call.world.engine.subscriptions(call.world.endpoint(r)).unwrap()[0];
        eprintln!("SUB {:?}", call.world.engine.subscription_stats(call.world.now, sub));
        let sent = &call.world.participants[call.publisher].publications[0].sent;
        let rec: Vec<_> = call.world.participants[r].received.iter().collect();
        let start = check::place(sent, &rec[0].payload).unwrap();
        eprintln!(
            "R{r} start {start} rec {} sent {} missing {:?}",
            rec.len(),
            sent.len(),
            (start..sent.len())
                .filter(|i| !rec.iter().any(|p| p.payload == sent[*i].payload))
                .collect::<Vec<_>>()
        );
    }
    eprintln!(
        "DROPS {:?}",
        call.world
            .engine
            .endpoint_stats(call.world.now, call.world.endpoint(call.publisher))
            .unwrap()
            .drops
            .iter()
            .collect::<Vec<_>>()
    );
    call.receivers.iter().for_each(|receiver| call.has_everything(*receiver));
}

#[test]
fn audio_goes_on_beside_lossy_video() {
    let mut world = World::new(25);
    let publisher = world.join(&[Medium::Audio, Medium::Video]);
    let receiver = world.join(&[]);
    let audio = world.subscribe_all(receiver, publisher)[0];
    world.connect();
    world.participants[receiver].down.loss = 0.05;
    world.run_for(secs(4));
    let received = world.participants[receiver].received_in(&world.mid(audio)).len();
    assert!(received >= 180, "{received} of 200 audio packets");
}
