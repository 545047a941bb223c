//! After service: marks, losses, delays, doubles.

use std::sync::Arc;

use super::*;

const GAP: Time = 100 * MS;

/// What arrives of `count` packets, one each `gap`.
fn arrivals(config: LinkConfig, count: u64, gap: Time, head: Head) -> Vec<Arrived> {
    let (mut net, _, route) = one_link(config);
    send_spaced(&mut net, route, count, gap, head)
}

#[test]
fn jitter_has_its_sigma_and_its_bounds() {
    let config = LinkConfig::wire(50 * MS).with_jitter(Jitter::Ordered { sigma: 5 * MS });
    let offsets: Vec<f64> = arrivals(config, 20_000, GAP, media(100))
        .iter()
        .map(|packet| (packet.at - packet.sent) as f64 - 50_000.0)
        .collect();
    let mean = offsets.iter().sum::<f64>() / 20_000.0;
    let sigma = (offsets.iter().map(|offset| offset * offset).sum::<f64>() / 20_000.0).sqrt();
    assert!(mean.abs() < 100.0, "{mean}");
    assert!((4_850.0..5_050.0).contains(&sigma), "{sigma}"); // cut at 3 sigma: 0.987 of it
    assert!(offsets.iter().all(|offset| offset.abs() <= 15_000.0));
    assert!(offsets.iter().any(|offset| offset.abs() > 12_500.0));
}

#[test]
fn ordered_jitter_keeps_the_order() {
    let config = LinkConfig::wire(50 * MS).with_jitter(Jitter::Ordered { sigma: 10 * MS });
    let arrived = arrivals(config, 5_000, MS, media(100));
    assert!(arrived.is_sorted_by_key(|packet| packet.tag));
    assert_eq!(arrived.len(), 5_000);
}

#[test]
fn reordering_jitter_overtakes_so_many_and_no_more() {
    let worst = |max| {
        let config =
            LinkConfig::wire(50 * MS).with_jitter(Jitter::Reordered { sigma: 10 * MS, max });
        let arrived = arrivals(config, 5_000, MS, media(100));
        let overtaken = arrived.iter().scan(0, |last, packet| {
            *last = packet.tag.max(*last);
            Some(*last - packet.tag)
        });
        overtaken.max()
    };
    assert_eq!(worst(3), Some(3));
    assert_eq!(worst(0), Some(0));
    assert!(worst(1_000) > Some(20));
}

#[test]
fn delay_steps_up_and_down_without_reordering() {
    let config =
        LinkConfig::wire(30 * MS).with_delay_from(SECOND, 110 * MS).with_delay_from(2 * SECOND, MS);
    let arrived = arrivals(config, 60, 50 * MS, media(100));
    assert!(arrived.is_sorted_by_key(|packet| packet.tag));
    let delay = |number: usize| arrived[number].at - arrived[number].sent;
    assert_eq!((delay(19), delay(20), delay(39)), (30 * MS, 110 * MS, 110 * MS));
    // The first after the step back waits for the last before it.
    assert_eq!((delay(40), delay(43)), (60 * MS, MS));
}

#[test]
fn packets_are_doubled_as_often_as_said() {
    let config = LinkConfig { duplicates: 0.1, ..LinkConfig::wire(MS) };
    let count = arrivals(config, 10_000, MS, media(100)).len();
    assert!((10_900..11_100).contains(&count), "{count}");
}

#[test]
fn independent_loss_has_its_rate_and_uses_capacity() {
    let config = LinkConfig::constant(5_000_000, 0).with_loss(Kinds::All, Loss::Iid(0.02));
    let (mut net, link, route) = one_link(config);
    let arrived = send_spaced(&mut net, route, 50_000, 2 * MS, media(1_000)).len();
    assert!((48_900..49_100).contains(&arrived), "{arrived}");
    let lost: Vec<_> = net.records(link).iter().filter(|r| r.fate == Fate::Lost).collect();
    assert_eq!(lost.len(), 50_000 - arrived);
    assert!(lost.iter().all(|record| record.used_capacity() && record.sojourn() == 1_600));
}

#[test]
fn gilbert_elliott_loses_in_bursts() {
    // A hundredth of the time bad, for ten packets in the mean, half of them lost.
    let (good_to_bad, bad_to_good, loss_in_bad) = (1.0 / 990.0, 0.1, 0.5);
    let how = Loss::GilbertElliott { good_to_bad, bad_to_good, loss_in_bad };
    let config = LinkConfig::wire(MS).with_loss(Kinds::All, how);
    let count = 300_000;
    let arrived = arrivals(config, count, 10, media(100));
    let lost = count - arrived.len() as u64;
    assert!((1_300..1_700).contains(&lost), "{lost}");
    // A loss follows a loss with (1 - bad_to_good) * loss_in_bad.
    let gaps = arrived.windows(2).map(|pair| pair[1].tag - pair[0].tag - 1);
    let bursts = gaps.filter(|gap| *gap > 0).count();
    let length = lost as f64 / bursts as f64;
    assert!((1.72..1.92).contains(&length), "{length}"); // 1 / (1 - 0.45)
}

#[test]
fn loss_tells_kinds_and_times_apart() {
    let config = LinkConfig::wire(MS).with_loss_between(
        Kinds::Only(Kind::Rtcp),
        SECOND,
        2 * SECOND,
        Loss::Iid(1.0),
    );
    let lost = |kind| 300 - arrivals(config.clone(), 300, 10 * MS, Head::new(1, 100, kind)).len();
    assert_eq!((lost(Kind::Media), lost(Kind::Rtcp)), (0, 100));
}

#[test]
fn scripts_lose_by_number_and_head() {
    let script = Arc::new(|head: &Head, number| head.tag.is_multiple_of(2) && number >= 4);
    let config = LinkConfig::wire(MS).with_loss(Kinds::All, Loss::Scripted(script));
    let tags: Vec<u64> =
        arrivals(config, 8, MS, media(100)).iter().map(|packet| packet.tag).collect();
    assert_eq!(tags, [0, 1, 2, 3, 5, 7]);
}

#[test]
fn step_marks_above_its_threshold() {
    let config = LinkConfig::constant(10_000_000, 0).with_marking(Marking::Step(MS));
    // Five packets at once, 0.96 ms each: the third has waited 1.92 ms.
    let arrived = arrivals(config.clone(), 5, 0, Head { ecn: Ecn::Ect1, ..media(1_200) });
    let marks: Vec<bool> = arrived.iter().map(|packet| packet.ecn == Ecn::Ce).collect();
    assert_eq!(marks, [false, false, true, true, true]);
    let plain = arrivals(config, 5, 0, media(1_200));
    assert!(plain.iter().all(|packet| packet.ecn == Ecn::NotEct));
}

#[test]
fn l4s_step_marks_only_ect_1() {
    let config = LinkConfig::constant(10_000_000, 0).with_marking(Marking::L4sStep(MS));
    for (ecn, marked) in [(Ecn::Ect0, 0), (Ecn::Ect1, 3)] {
        let arrived = arrivals(config.clone(), 5, 0, Head { ecn, ..media(1_200) });
        assert_eq!(arrived.iter().filter(|packet| packet.ecn == Ecn::Ce).count(), marked);
    }
}

#[test]
fn bleaching_wipes_marks_or_forestalls_them() {
    for bleach in [Bleach::Before, Bleach::After] {
        let config = LinkConfig::constant(1_000_000, 0).with_queue(QueueConfig::CODEL_ECN);
        let config = LinkConfig { bleach, ..config };
        let (mut net, link, route) = one_link(config);
        let head = Head { ecn: Ecn::Ect1, ..media(1_200) };
        let arrived = send_spaced(&mut net, route, 1_000, 8_000, head);
        assert!(arrived.iter().all(|packet| packet.ecn == Ecn::NotEct), "{bleach:?}");
        // What the queue takes for incapable it drops.
        assert_eq!(drops(&net, link).is_empty(), bleach == Bleach::After);
    }
}
