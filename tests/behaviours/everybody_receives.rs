//! One publishes, three receive: every packet, in order, untouched.

use crate::support::*;

/// A call of one publisher (audio and video) and three receivers who subscribed to both.
fn call_of_four(world: &mut World) -> (Who, [Who; 3]) {
    let publisher = world.join(&[Medium::Audio, Medium::Video]);
    let receivers = [world.join(&[]), world.join(&[]), world.join(&[])];
    for receiver in receivers {
        world.subscribe_all(receiver, publisher);
    }
    world.connect();
    (publisher, receivers)
}

#[test]
fn three_receivers_get_every_packet_in_order_and_untouched() {
    let mut world = World::new(1);
    let (publisher, receivers) = call_of_four(&mut world);
    world.run_for(secs(5));

    for receiver in receivers {
        for (place, subscription) in subscriptions(&world, receiver).into_iter().enumerate() {
            let sent = &world.participants[publisher].publications[place].sent;
            let mid = world.mid(subscription);
            let received = world.participants[receiver].received_in(&mid);
            check::is_in_order(&received);
            let start = check::is_a_faithful_copy(sent, &received);
            // All but what is still on its way (40 ms), or was published before the receiver
            // was ready or a key frame came (first second).
            let [least, late] = if place == 0 { [200, 4] } else { [450, 12] };
            assert!(received.len() >= least, "{} of {}", received.len(), sent.len());
            assert!(start + received.len() + late >= sent.len(), "the newest are missing");
        }
    }
}

fn subscriptions(world: &World, who: Who) -> Vec<lahn::SubscriptionId> {
    world.engine.subscriptions(world.endpoint(who)).expect("it lives")
}

#[test]
fn marker_bit_of_every_frame_survives() {
    let mut world = World::new(2);
    let (_, receivers) = call_of_four(&mut world);
    world.run_for(secs(2));

    let video = subscriptions(&world, receivers[0])[1];
    let received = world.participants[receivers[0]].received_in(&world.mid(video));
    let markers = received.iter().filter(|packet| packet.marker).count();
    assert!(markers >= 30, "{markers} frames ended");
    for frame in received.chunk_by(|a, b| a.timestamp == b.timestamp) {
        assert!(frame[..frame.len() - 1].iter().all(|packet| !packet.marker));
    }
}

#[test]
fn each_receiver_has_its_own_ssrcs() {
    let mut world = World::new(3);
    let (_, receivers) = call_of_four(&mut world);
    world.run_for(secs(1));
    let mut ssrcs: Vec<u32> = receivers
        .iter()
        .flat_map(|receiver| subscriptions(&world, *receiver))
        .map(|subscription| world.ssrc(subscription))
        .collect();
    ssrcs.sort();
    ssrcs.dedup();
    assert_eq!(ssrcs.len(), 6);
}

#[test]
fn sink_with_three_slots_loses_nothing() {
    let mut world = World::new(4);
    world.set_slots(3);
    let (publisher, receivers) = call_of_four(&mut world);
    world.run_for(secs(2));
    for receiver in receivers {
        let video = subscriptions(&world, receiver)[1];
        let received = world.participants[receiver].received_in(&world.mid(video));
        let sent = &world.participants[publisher].publications[1].sent;
        check::is_a_faithful_copy(sent, &received);
        assert!(received.len() > 100);
    }
}

#[test]
fn nothing_is_dropped_on_a_clean_network() {
    let mut world = World::new(5);
    let (publisher, receivers) = call_of_four(&mut world);
    world.run_for(secs(2));
    for who in receivers.into_iter().chain([publisher]) {
        let stats = world.engine.endpoint_stats(world.now, world.endpoint(who)).expect("it lives");
        let drops: Vec<_> = stats.drops.iter().collect();
        // Before a receiver has its key frame, there is nothing to select.
        let serious: Vec<_> =
            drops.iter().filter(|(reason, _)| *reason != lahn::DropReason::NotSelected).collect();
        assert!(serious.is_empty(), "{serious:?}");
    }
    assert_eq!(world.engine.drops().total(), 0);
}

#[test]
fn header_extensions_that_describe_the_media_are_carried() {
    let mut world = World::new(6);
    let (_, receivers) = call_of_four(&mut world);
    world.run_for(secs(1));
    let audio = subscriptions(&world, receivers[0])[0];
    let received = world.participants[receivers[0]].received_in(&world.mid(audio));
    assert!(received.len() > 30);
    for packet in received {
        assert_eq!(packet.header.ext_vals.audio_level, Some(-30));
        assert_eq!(packet.header.ext_vals.voice_activity, Some(true));
    }
}

#[test]
fn hop_by_hop_extensions_are_the_engines_own() {
    let mut world = World::new(7);
    let (_, receivers) = call_of_four(&mut world);
    world.run_for(secs(2));
    let received = &world.participants[receivers[0]].received;
    // One transport-wide number after the other, over all sections; the publisher's went up by
    // its own.
    let numbers: Vec<u16> =
        received.iter().filter_map(|packet| packet.header.ext_vals.transport_cc).collect();
    assert_eq!(numbers.len(), received.len(), "on every packet");
    assert!(numbers.windows(2).all(|pair| pair[1] == pair[0].wrapping_add(1)), "with gaps");
}
