//! CUBIC's curve (RFC 9438 §4) in integers: C = 0.4, beta = 0.7.

use super::super::{MS, Time};
use super::MSS;

#[derive(Debug, Default)]
pub(super) struct Cubic {
    /// Window before the last reduction, in bytes.
    plateau: u64,
    /// Since the last reduction, once something was acknowledged.
    epoch: Option<Epoch>,
}

#[derive(Debug)]
struct Epoch {
    began: Time,
    /// How long until the plateau is reached again ("K"), in ms.
    until_plateau: u64,
    /// What NewReno would have (§4.3), in bytes, and what it has counted towards the next.
    reno: u64,
    counted: u64,
}

impl Cubic {
    /// The window after `acknowledged` bytes.
    pub(super) fn grow(&mut self, now: Time, window: u64, acknowledged: u64, rtt: Time) -> u64 {
        let plateau = self.plateau.max(window);
        let epoch = self.epoch.get_or_insert_with(|| Epoch::new(now, window, plateau));
        let (at_least, at_most) = (window, window + window / 2);
        let target = epoch.curve(now + rtt, plateau).clamp(at_least, at_most);
        let reno = epoch.grow_reno(acknowledged, window, plateau);
        if epoch.curve(now, plateau) < reno {
            return window.max(reno);
        }
        window + (target - window) * acknowledged / window
    }

    /// The window after a loss, and fast convergence (§4.6, §4.7).
    pub(super) fn reduce(&mut self, window: u64) -> u64 {
        self.plateau = if window < self.plateau { window * 85 / 100 } else { window };
        self.epoch = None;
        window * 7 / 10
    }
}

impl Epoch {
    fn new(began: Time, window: u64, plateau: u64) -> Self {
        // K³ = distance / C, in segments and seconds; here in bytes and ms.
        let cube = u128::from(plateau - window) * 10_000_000_000 / u128::from(4 * MSS);
        Self { began, until_plateau: cube_root(cube), reno: window, counted: 0 }
    }

    fn curve(&self, now: Time, plateau: u64) -> u64 {
        let since = i128::from((now - self.began) / MS) - i128::from(self.until_plateau);
        let beyond = since * since * since * i128::from(4 * MSS) / 10_000_000_000;
        (i128::from(plateau) + beyond).max(0) as u64
    }

    /// §4.3: alpha is 9/17 until the plateau, then 1.
    fn grow_reno(&mut self, acknowledged: u64, window: u64, plateau: u64) -> u64 {
        self.counted += if self.reno < plateau { acknowledged * 9 } else { acknowledged * 17 };
        let grown = self.counted / 17 * MSS / window;
        if grown > 0 {
            self.counted -= (grown * window).div_ceil(MSS) * 17;
            self.reno += grown;
        }
        self.reno
    }
}

/// The root, rounded down, by bisection.
pub(super) fn cube_root(value: u128) -> u64 {
    let (mut low, mut high) = (0u128, 1u128 << 40);
    while low + 1 < high {
        let middle = (low + high) / 2;
        if middle * middle * middle <= value { low = middle } else { high = middle }
    }
    low as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cube_root_is_rounded_down() {
        for (value, root) in [(0, 0), (7, 1), (8, 2), (26, 2), (1_000_000_000, 1_000)] {
            assert_eq!(cube_root(value), root);
        }
    }

    #[test]
    fn window_is_back_at_the_plateau_after_k() {
        // RFC 9438 §4.2: from 70 segments to 100 in the cube root of 30 / 0.4, which is 4.217 s.
        let mut cubic = Cubic::default();
        let mut window = cubic.reduce(100 * MSS);
        assert_eq!(window, 70 * MSS);
        let rtt = 100 * MS;
        let mut at = |until: Time, window: &mut u64| {
            for now in (until - 1_405 * MS..until).step_by(1_000) {
                *window = cubic.grow(now, *window, *window / 100, rtt);
            }
            *window / MSS
        };
        assert!((90..=92).contains(&at(1_405 * MS, &mut window)), "{window}"); // 1 - 0.4 * 2.81³
        assert!((98..=99).contains(&at(2_810 * MS, &mut window)), "{window}"); // 1 - 0.4 * 1.41³
        assert!((99..=100).contains(&at(4_215 * MS, &mut window)), "{window}");
    }

    #[test]
    fn second_loss_below_the_plateau_yields_more() {
        let mut cubic = Cubic::default();
        cubic.reduce(100 * MSS);
        cubic.reduce(80 * MSS);
        assert_eq!(cubic.plateau, 68 * MSS);
    }
}
