use super::*;

/// Sends packets of `bytes` as long as the pacer lets them go, at each time it names, until
/// `end`; returns when each left.
fn run(pacer: &mut Pacer, rate: u64, bytes: u16, end: Micros) -> Vec<Micros> {
    let mut left = Vec::new();
    let mut now = pacer.at;
    while now < end {
        pacer.advance(now, rate, Flow::Usual);
        while pacer.may_send(Class::Video) {
            pacer.on_sent(Class::Video, bytes);
            left.push(now);
        }
        let next = pacer.opens_at();
        assert!(next > now, "a closed pacer says when it opens");
        now = next;
    }
    left
}

/// Sizes of what left together, and the times between.
fn bursts(left: &[Micros]) -> (Vec<usize>, Vec<u64>) {
    let chunks: Vec<&[Micros]> = left.chunk_by(|a, b| a == b).collect();
    let gaps = chunks.windows(2).map(|pair| pair[1][0].since(pair[0][0]).0).collect();
    (chunks.iter().map(|chunk| chunk.len()).collect(), gaps)
}

#[test]
fn packets_leave_at_the_rate_in_bursts_of_five_milliseconds_or_two_packets() {
    for (rate, bytes) in [
        (100_000, 1_200),
        (1_000_000, 1_200),
        (5_000_000, 1_200),
        (40_000_000, 1_200),
        (1_000_000, 150),
    ] {
        let mut pacer = Pacer::new(Micros::millis(7), rate);
        let end = Micros::millis(20_007);
        let left = run(&mut pacer, rate, bytes, end);
        let sent = left.len() as u64 * u64::from(bytes) * 8;
        let (sizes, gaps) = bursts(&left);
        assert!(sent.abs_diff(rate * 20) * 50 <= rate * 20, "{rate}: {sent} bits");
        let most = (rate / 200).max(2 * 1_280 * 8);
        let together = *sizes.iter().max().expect("some") as u64 * u64::from(bytes) * 8;
        assert!(together <= most, "{rate}: {together} bits at once, of {most}");
        let shortest = gaps.iter().min().expect("some");
        assert!(*shortest >= 1_000, "{rate}: {shortest} µs");
    }
}

#[test]
fn at_high_rates_several_packets_leave_together() {
    let mut pacer = Pacer::new(Micros(0), 20_000_000);
    let left = run(&mut pacer, 20_000_000, 1_200, Micros::millis(1_000));
    let (sizes, _) = bursts(&left);
    assert!(sizes[1..].iter().all(|size| *size >= 4), "{sizes:?}");
}

#[test]
fn sound_goes_at_once_and_what_it_took_is_missing_to_pictures() {
    let mut pacer = Pacer::new(Micros(0), 1_000_000);
    while pacer.may_send(Class::Video) {
        pacer.on_sent(Class::Video, 1_250);
    }
    let without = pacer.opens_at();
    assert!(pacer.may_send(Class::Audio));
    pacer.on_sent(Class::Audio, 125);
    assert_eq!(pacer.opens_at().since(without), Micros::millis(1));
    for class in [Class::Resend, Class::Video, Class::Padding] {
        assert!(!pacer.may_send(class), "{class:?}");
    }
}

#[test]
fn time_that_went_by_unused_is_not_made_up_for() {
    let mut pacer = Pacer::new(Micros(0), 1_000_000);
    pacer.advance(Micros::millis(60_000), 1_000_000, Flow::Usual);
    let left = run(&mut pacer, 1_000_000, 1_280, Micros::millis(60_001));
    assert_eq!(left.len(), 2);
}

#[test]
fn debt_made_at_a_high_rate_does_not_close_a_low_one_for_long() {
    let mut pacer = Pacer::new(Micros(0), 100_000_000);
    let _ = run(&mut pacer, 100_000_000, 1_200, Micros::millis(1));
    pacer.advance(Micros::millis(1), 50_000, Flow::Usual);
    assert!(pacer.opens_at() <= Micros::millis(251), "{:?}", pacer.opens_at());
    for _ in 0..1_000 {
        pacer.on_sent(Class::Audio, 1_000);
    }
    assert!(pacer.opens_at() <= Micros::millis(251), "sound alone is too much");
}

#[test]
fn where_only_sound_goes_one_other_packet_goes_each_half_second() {
    let mut pacer = Pacer::new(Micros(0), 100_000);
    let mut left = Vec::new();
    for millis in 0..2_100 {
        pacer.advance(Micros::millis(millis), 100_000, Flow::AudioOnly);
        assert!(pacer.may_send(Class::Audio));
        while pacer.may_send(Class::Video) {
            pacer.on_sent(Class::Video, 1_200);
            left.push(millis);
        }
    }
    assert_eq!(left, [0, 500, 1_000, 1_500, 2_000]);
}
