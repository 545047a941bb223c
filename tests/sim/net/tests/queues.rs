//! Queues: what they hold, what they drop, what they mark.

use super::super::tcp::{Algorithm, TcpConfig};
use super::*;

#[test]
fn drop_tail_in_ms_holds_that_and_no_more() {
    let (mut net, link, route) = one_link(LinkConfig::constant(1_000_000, 0));
    add_cbr(&mut net, 1, route, 1_500_000);
    run(&mut net, 20 * SECOND);
    let waits = net.records(link).iter().filter(|r| r.used_capacity()).map(Record::waited);
    let longest = waits.max().expect("something was served");
    assert!((290 * MS..=300 * MS).contains(&longest), "{longest}");
    let rate = rate(&net, link, 1, SECOND, 20 * SECOND);
    assert!(rate.abs_diff(1_000_000) < 1_000, "{rate}");
    let share = drops(&net, link).len() as f64 / net.records(link).len() as f64;
    assert!((0.32..0.34).contains(&share), "{share}");
}

#[test]
fn drop_tail_in_ms_follows_the_capacity() {
    let config = LinkConfig::steps(vec![(0, 2_000_000), (10 * SECOND, 500_000)], 0);
    let (mut net, link, route) = one_link(config);
    add_cbr(&mut net, 1, route, 3_000_000);
    run(&mut net, 9 * SECOND);
    assert!((73_000..=76_300).contains(&net.backlog(link)), "{}", net.backlog(link));
    run(&mut net, 20 * SECOND);
    assert!((18_000..=20_000).contains(&net.backlog(link)), "{}", net.backlog(link));
}

#[test]
fn drop_tail_during_an_outage_holds_what_it_would_at_the_rate_before() {
    let config = LinkConfig::steps(vec![(0, 1_000_000), (SECOND, 0), (4 * SECOND, 1_000_000)], 0);
    let (mut net, link, route) = one_link(config);
    add_cbr(&mut net, 1, route, 900_000);
    run(&mut net, 3_900 * MS);
    assert!((37_000..=39_900).contains(&net.backlog(link)), "{}", net.backlog(link));
    run(&mut net, 10 * SECOND);
    assert!(net.backlog(link) <= 2_400, "{}", net.backlog(link));
}

#[test]
fn drop_tail_counts_bytes_or_packets() {
    for (queue, waiting) in
        [(QueueConfig::DropTailBytes(5_000), 4), (QueueConfig::DropTailPackets(7), 7)]
    {
        let config = LinkConfig::constant(1_000_000, 0).with_queue(queue);
        let (mut net, link, route) = one_link(config);
        let arrived = send_spaced(&mut net, route, 20, 0, media(1_200));
        assert_eq!(arrived.len(), waiting + 1, "{queue:?}: one more is being sent");
        assert_eq!(drops(&net, link).len(), 20 - waiting - 1);
    }
}

#[test]
fn codel_drops_from_a_standing_queue_after_an_interval() {
    let config = LinkConfig::constant(10_000_000, 0).with_queue(QueueConfig::CODEL);
    let (mut net, link, route) = one_link(config);
    add_cbr(&mut net, 1, route, 10_100_000);
    run(&mut net, 30 * SECOND);
    let dropped = drops(&net, link);
    let first = dropped.first().expect("it drops").left;
    let above = net.records(link).iter().find(|r| r.waited() >= 5 * MS).expect("above target");
    assert!(first >= above.started + 100 * MS, "{first}");
    assert!(first <= above.started + 150 * MS, "{first}");
    // The second an interval after the first, the third an interval over root 2 after the second.
    let gaps: Vec<Time> = dropped.windows(2).map(|pair| pair[1].left - pair[0].left).collect();
    assert!((95 * MS..=115 * MS).contains(&gaps[0]), "{}", gaps[0]);
    assert!((61 * MS..=81 * MS).contains(&gaps[1]), "{}", gaps[1]);
    assert!(sojourn(&net, link, 1, 20 * SECOND, 95) < 30 * MS);
}

#[test]
fn codel_leaves_a_good_queue_alone() {
    let config = LinkConfig::constant(1_000_000, 0).with_queue(QueueConfig::CODEL);
    let (mut net, link, route) = one_link(config);
    add_cbr(&mut net, 1, route, 950_000);
    run(&mut net, 30 * SECOND);
    assert_eq!(drops(&net, link), []);
}

#[test]
fn codel_keeps_the_queue_of_a_tcp_short() {
    let median = |queue| {
        let (mut net, link, route) =
            one_link(LinkConfig::constant(4_000_000, 20 * MS).with_queue(queue));
        let back = net.add_route(&[], 20 * MS);
        net.add_tcp(TcpConfig::long(1, route, back, Algorithm::NewReno));
        run(&mut net, 30 * SECOND);
        assert!(rate(&net, link, 1, 5 * SECOND, 30 * SECOND) > 3_500_000, "{queue:?}");
        sojourn(&net, link, 1, 5 * SECOND, 50)
    };
    assert!(median(QueueConfig::DropTailTime(300 * MS)) > 150 * MS);
    assert!(median(QueueConfig::CODEL) < 15 * MS);
}

#[test]
fn codel_marks_what_can_be_marked() {
    let config = LinkConfig::constant(1_000_000, 0).with_queue(QueueConfig::CODEL_ECN);
    for (ecn, is_marked) in [(Ecn::Ect0, true), (Ecn::NotEct, false)] {
        let (mut net, link, route) = one_link(config.clone());
        let arrived = send_spaced(&mut net, route, 3_000, 8_700, Head { ecn, ..media(1_200) });
        let marked = arrived.iter().filter(|packet| packet.ecn == Ecn::Ce).count();
        assert_eq!(drops(&net, link).is_empty(), is_marked, "{ecn:?}");
        assert_eq!(marked > 10, is_marked, "{ecn:?}: {marked}");
    }
}

#[test]
fn fq_codel_keeps_a_small_flow_from_a_large_one() {
    let delay = |queue| {
        let (mut net, link, route) = one_link(LinkConfig::constant(2_000_000, 0).with_queue(queue));
        add_cbr(&mut net, 1, route, 3_000_000);
        add_cbr(&mut net, 2, route, 100_000);
        run(&mut net, 20 * SECOND);
        let is_small = |record: &&Record| record.flow == 2;
        let lost = drops(&net, link).iter().filter(is_small).count();
        (sojourn(&net, link, 2, 0, 100), lost, rate(&net, link, 1, SECOND, 20 * SECOND))
    };
    let (longest, lost, rest) = delay(QueueConfig::FQ_CODEL);
    // One in transmission, one more of its round, and itself.
    assert!(longest <= 3 * 4_800, "{longest}");
    assert_eq!(lost, 0);
    assert!(rest > 1_880_000, "{rest}");
    assert!(delay(QueueConfig::CODEL).0 > 100 * MS, "without queues of their own it suffers");
}

#[test]
fn fq_codel_shares_equally() {
    let config = LinkConfig::constant(3_000_000, 0).with_queue(QueueConfig::FQ_CODEL);
    let (mut net, link, route) = one_link(config);
    for (flow, offered) in [(1, 4_000_000), (2, 2_000_000), (3, 1_500_000)] {
        add_cbr(&mut net, flow, route, offered);
    }
    run(&mut net, 20 * SECOND);
    let shares = [1, 2, 3].map(|flow| rate(&net, link, flow, 5 * SECOND, 20 * SECOND));
    assert!(jain(&shares) > 0.9999, "{shares:?}");
}

#[test]
fn fq_codel_serves_a_new_flow_first() {
    let config = LinkConfig::constant(2_000_000, 0).with_queue(QueueConfig::FQ_CODEL);
    let (mut net, link, route) = one_link(config);
    (1..=8).for_each(|flow| add_cbr(&mut net, flow, route, 1_000_000));
    add_cbr(&mut net, 9, route, 20_000);
    run(&mut net, 20 * SECOND);
    // One in transmission, and perhaps one that was new before it.
    let longest = sojourn(&net, link, 9, SECOND, 100);
    assert!(longest <= 3 * 4_800, "{longest}");
}

#[test]
fn codel_never_drops_the_last_packet() {
    let config = LinkConfig::constant(100_000, 0).with_queue(QueueConfig::CODEL);
    let (mut net, link, route) = one_link(config);
    let (rate, bytes, from) = (100_000, 1_200, 0);
    net.add_cbr(CbrConfig { flow: 2, route, rate, bytes, from, until: 1 });
    add_cbr(&mut net, 1, route, rate); // always one behind the one in transmission
    run(&mut net, 40 * SECOND);
    assert!(sojourn(&net, link, 1, SECOND, 0) > 150 * MS);
    assert_eq!(drops(&net, link), []);
}

#[test]
fn policer_saves_no_more_than_its_burst() {
    let (mut net, link, route) = one_link(LinkConfig::policer(2_000_000, 12_000, 0, 0));
    run(&mut net, 10 * SECOND);
    (0..20).for_each(|_| net.send(route, Packet { head: media(1_200), body: () }));
    while net.next_before(11 * SECOND).is_some() {}
    let at_once = net.records(link).iter().filter(|r| r.used_capacity() && r.sojourn() == 0);
    assert_eq!(at_once.count(), 10);
}

#[test]
fn policer_passes_its_rate_and_a_burst() {
    let (rate_of, burst, buffer) = (2_000_000, 12_000, 10 * MS);
    let (mut net, link, route) = one_link(LinkConfig::policer(rate_of, burst, buffer, 0));
    add_cbr(&mut net, 1, route, 5_000_000);
    run(&mut net, 20 * SECOND);
    let passed = rate(&net, link, 1, 0, 20 * SECOND) * 20;
    let expected = 20 * rate_of + u64::from(burst) * 8;
    assert!(passed.abs_diff(expected) <= 1_200 * 8, "{passed}");
    let records = net.records(link);
    assert!(records[..10].iter().all(|record| record.sojourn() == 0), "the burst goes at once");
    assert!(records.iter().all(|record| record.waited() <= buffer));
    assert!(records.iter().any(|record| record.waited() > 0), "the buffer is used");
}

#[test]
fn policer_leaves_what_conforms_alone() {
    let (mut net, link, route) = one_link(LinkConfig::policer(2_000_000, 3_000, 0, 0));
    add_cbr(&mut net, 1, route, 1_990_000);
    run(&mut net, 20 * SECOND);
    assert_eq!(drops(&net, link), []);
}
