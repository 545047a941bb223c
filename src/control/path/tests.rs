use super::*;

const BINDING_SUCCESS: [u8; 2] = [0x01, 0x01];

const HIGH: u32 = 1_853_824_767;
const LOW: u32 = 1_845_501_695;

fn path(port: u16) -> Path {
    Path { local: ([198, 51, 100, 1], 1).into(), remote: ([192, 0, 2, 7], port).into() }
}

/// A binding request: USERNAME (5 bytes, padded), PRIORITY, perhaps USE-CANDIDATE.
fn request(transaction: u8, priority: u32, nominates: bool) -> Vec<u8> {
    let mut message = vec![0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42];
    message.extend([transaction; 12]);
    message.extend([0, 6, 0, 5, b'a', b':', b'b', b'c', b'd', 0, 0, 0]);
    message.extend([0, 0x24, 0, 4]);
    message.extend(priority.to_be_bytes());
    if nominates {
        message.extend([0, 0x25, 0, 0]);
    }
    with_length(message)
}

fn with_length(mut message: Vec<u8>) -> Vec<u8> {
    let len = u16::try_from(message.len() - 20).expect("short");
    message[2..4].copy_from_slice(&len.to_be_bytes());
    message
}

fn response(kind: [u8; 2], transaction: u8) -> Vec<u8> {
    let mut message = vec![kind[0], kind[1], 0, 0, 0x21, 0x12, 0xa4, 0x42];
    message.extend([transaction; 12]);
    message
}

struct Bench {
    watch: PathWatch,
    now: Instant,
    count: u8,
}

impl Bench {
    fn new() -> Self {
        #[expect(clippy::disallowed_methods, reason = "a test needs some instant to begin with")]
        let now = Instant::now();
        Self { watch: PathWatch::default(), now, count: 0 }
    }

    /// A nominating check that str0m answers. Whether media moved.
    fn nominate(&mut self, after: Duration, port: u16, priority: u32) -> bool {
        self.now += after;
        self.count = self.count.wrapping_add(1);
        assert!(self.watch.on_receive(path(port), &request(self.count, priority, true)));
        let success = response(BINDING_SUCCESS, self.count);
        let answered = self.watch.on_transmit(self.now, path(port), &success);
        answered.expect("answers the check").is_nominated
    }
}

#[test]
fn nomination_counts_only_once_it_is_answered_with_success() {
    let mut bench = Bench::new();
    bench.watch.on_receive(path(1), &request(1, HIGH, true));
    assert_eq!(bench.watch.nominated(), None);
    let error = response([0x01, 0x11], 1);
    assert_eq!(bench.watch.on_transmit(bench.now, path(1), &error), None);
    assert_eq!(bench.watch.nominated(), None);
    assert!(!bench.watch.is_validated(path(1)));
    let success = response(BINDING_SUCCESS, 1);
    let answered = bench.watch.on_transmit(bench.now, path(1), &success);
    assert_eq!(answered, Some(Answered { is_new_path: true, is_nominated: true }));
    assert_eq!(bench.watch.nominated(), Some(path(1)));
}

#[test]
fn forged_nomination_gains_nothing_from_the_answer_to_a_real_check() {
    let mut bench = Bench::new();
    bench.watch.on_receive(path(666), &request(1, HIGH, true));
    bench.watch.on_receive(path(1), &request(1, HIGH, false));
    let success = response(BINDING_SUCCESS, 1);
    let answered = bench.watch.on_transmit(bench.now, path(1), &success);
    assert_eq!(answered, Some(Answered { is_new_path: true, is_nominated: false }));
    assert_eq!(bench.watch.nominated(), None);
    assert!(!bench.watch.is_validated(path(666)));
}

#[test]
fn check_without_nomination_validates_its_path_but_moves_nothing() {
    let mut bench = Bench::new();
    assert!(bench.nominate(Duration::ZERO, 1, LOW));
    bench.watch.on_receive(path(2), &request(77, HIGH, false));
    let success = response(BINDING_SUCCESS, 77);
    let answered = bench.watch.on_transmit(bench.now, path(2), &success).expect("answers it");
    assert!(answered.is_new_path && !answered.is_nominated);
    assert!(bench.watch.is_validated(path(2)));
    assert_eq!(bench.watch.nominated(), Some(path(1)));
}

#[test]
fn burst_of_nominations_settles_on_the_highest_priority() {
    let mut bench = Bench::new();
    let step = Duration::from_millis(50);
    assert!(bench.nominate(step, 1, LOW));
    assert!(bench.nominate(step, 2, HIGH));
    for _ in 0..4 {
        assert!(!bench.nominate(step, 1, LOW));
        assert!(!bench.nominate(step, 2, HIGH));
    }
    assert_eq!(bench.watch.nominated(), Some(path(2)));
}

#[test]
fn change_to_a_network_of_lower_priority_goes_through_with_the_next_check() {
    let mut bench = Bench::new();
    assert!(bench.nominate(Duration::ZERO, 1, HIGH));
    assert!(!bench.nominate(Duration::from_millis(100), 2, LOW));
    assert!(bench.nominate(Duration::from_millis(480), 2, LOW));
    assert_eq!(bench.watch.nominated(), Some(path(2)));
}

#[test]
fn rebound_address_of_the_same_candidate_is_followed_at_once() {
    let mut bench = Bench::new();
    assert!(bench.nominate(Duration::ZERO, 1, HIGH));
    assert!(bench.nominate(Duration::from_millis(1), 2, HIGH));
}

#[test]
fn peer_may_not_check_from_any_number_of_places() {
    let mut bench = Bench::new();
    for port in 0..u16::try_from(MAX_PATHS).expect("small") {
        bench.nominate(Duration::ZERO, port + 1, HIGH);
    }
    assert!(!bench.watch.on_receive(path(60_000), &request(1, HIGH, true)));
    assert!(bench.watch.on_receive(path(1), &request(1, HIGH, true)));
}

#[test]
fn unanswered_checks_do_not_pile_up() {
    let mut bench = Bench::new();
    for number in 0..200 {
        bench.watch.on_receive(path(1), &request(number, HIGH, true));
    }
    assert_eq!(bench.watch.checks.len(), MAX_CHECKS);
}

#[test]
fn truncated_and_mutated_checks_never_panic() {
    let whole = request(1, HIGH, true);
    let mut watch = PathWatch::default();
    for len in 0..whole.len() {
        watch.on_receive(path(1), &whole[..len]);
    }
    for place in 0..whole.len() {
        for value in [0, 1, 0x7f, 0xff] {
            let mut message = whole.clone();
            message[place] = value;
            watch.on_receive(path(1), &message);
        }
    }
}

#[test]
fn nomination_behind_the_integrity_is_not_the_peers() {
    let mut bench = Bench::new();
    let mut message = request(1, HIGH, false);
    message.extend([0, 8, 0, 20]);
    message.extend([0; 20]);
    message.extend([0, 0x25, 0, 0]);
    bench.watch.on_receive(path(1), &with_length(message));
    let answered = bench.watch.on_transmit(bench.now, path(1), &response(BINDING_SUCCESS, 1));
    assert!(!answered.expect("answers the check").is_nominated);
    assert_eq!(bench.watch.nominated(), None);
}
