//! What befalls the participants, as the scenario says.

use lahn::{BitrateLimits, Constraints};

use super::World;
use super::agenda::Wake;
use crate::net::Time;
use crate::scenario::Happening;
use crate::scenario::happenings::{Constrain, Drag, KeyFrame, StopLayer};

impl World {
    pub(super) fn begin_happening(&mut self, now: Time, place: usize) {
        let Happening {
            until,
            mute,
            stop_layer,
            silence,
            key_frame,
            constrain,
            drag,
            desire,
            leave,
            ..
        } = self.happening(place);
        if let Some(of) = mute {
            let until = until.map_or(Time::MAX, |until| until.0);
            for place in self.scenario.matching(&of) {
                self.accounts[place].mutes.push((now, until));
                if let Some(publisher) = &mut self.publishers[place] {
                    publisher.muted = true;
                }
            }
        }
        if let Some(StopLayer { of, layer }) = stop_layer {
            self.turn_layer(now, &of, layer, false);
        }
        if let Some(name) = silence {
            self.set_silent(&name, true);
        }
        if let Some(KeyFrame { of, bytes }) = key_frame {
            for place in self.scenario.matching(&of) {
                if let Some(publisher) = &mut self.publishers[place] {
                    publisher.forced = Some(bytes);
                }
            }
        }
        if let Some(words) = constrain {
            self.constrain(now, &words);
        }
        if let (Some(Drag { changes, .. }), Some(until)) = (drag, until) {
            for _ in 0..changes {
                let within = u64::from(self.rng.next_u32()) % (until.0 - now);
                self.wake_at(now + within, Wake::Drag(place));
            }
        }
        if let Some(words) = desire {
            for place in self.receivers_called(&words.receiver) {
                self.desire(now, place, words.rate.0);
            }
        }
        if let Some(of) = leave {
            for place in self.scenario.matching(&of) {
                self.publisher_leaves(now, place);
            }
        }
    }

    pub(super) fn end_happening(&mut self, now: Time, place: usize) {
        let Happening { mute, stop_layer, silence, constrain, drag, .. } = self.happening(place);
        if let Some(of) = mute {
            for place in self.scenario.matching(&of) {
                if let Some(publisher) = &mut self.publishers[place] {
                    publisher.muted = false;
                    publisher.restart(now, None);
                }
            }
        }
        if let Some(StopLayer { of, layer }) = stop_layer {
            self.turn_layer(now, &of, layer, true);
        }
        if let Some(name) = silence {
            self.set_silent(&name, false);
        }
        if let Some(Constrain { receiver, of, .. }) = constrain {
            self.restore(now, &receiver, &of);
        }
        if let Some(Drag { receiver, .. }) = drag {
            self.restore(now, &receiver, "");
        }
    }

    /// One change at random: somebody is wanted larger, smaller or not at all.
    pub(super) fn drag(&mut self, now: Time, place: usize) {
        let Some(Drag { receiver, .. }) = self.happening(place).drag else { return };
        let (which, how) = (self.rng.next_u32() as usize, self.rng.next_u32() % 5);
        for place in self.receivers_called(&receiver) {
            let held = self.receivers[place].as_ref().expect("it is there");
            let streams: Vec<_> = held
                .streams
                .iter()
                .flatten()
                .filter(|stream| !stream.account.is_audio && !stream.is_over)
                .map(|stream| (stream.subscription, stream.publisher))
                .collect();
            let Some(&(subscription, publisher)) = streams.get(which % streams.len().max(1)) else {
                continue;
            };
            let Some(first) = self.constraints(place, publisher) else { continue };
            let most = |layer| Constraints { max_spatial: Some(layer), ..first };
            let constraints = match how {
                0 => most(0),
                1 => most(1),
                2 => Constraints { paused: true, ..first },
                3 => Constraints { priority: 200, ..first },
                _ => first,
            };
            let at = self.instant(now);
            self.engine.set_constraints(at, subscription, constraints).expect("it lives");
        }
    }

    fn happening(&self, place: usize) -> Happening {
        self.scenario.happenings[place].get_ref().clone()
    }

    fn turn_layer(&mut self, now: Time, of: &str, layer: usize, is_on: bool) {
        for place in self.scenario.matching(of) {
            let Some(publisher) = &mut self.publishers[place] else { continue };
            if let Some(held) = publisher.layers.get_mut(layer) {
                held.is_on = is_on;
            }
            if is_on {
                publisher.restart(now, Some(layer));
            }
        }
    }

    fn set_silent(&mut self, name: &str, silent: bool) {
        for place in self.receivers_called(name) {
            if let Some(receiver) = &mut self.receivers[place] {
                receiver.silent = silent;
            }
        }
    }

    fn constrain(&mut self, now: Time, words: &Constrain) {
        for place in self.receivers_called(&words.receiver) {
            for publisher in self.scenario.matching(&words.of) {
                let Some(first) = self.constraints(place, publisher) else { continue };
                let constraints = Constraints {
                    max_spatial: words.most_layer.or(first.max_spatial),
                    on_stage: words.on_stage || first.on_stage,
                    priority: words.priority.unwrap_or(first.priority),
                    paused: words.paused,
                    ..first
                };
                self.set_constraints(now, place, publisher, constraints);
            }
        }
    }

    /// As it was at the beginning; an empty `of`: all.
    fn restore(&mut self, now: Time, receiver: &str, of: &str) {
        let publishers = if of.is_empty() {
            (0..self.publishers.len()).collect()
        } else {
            self.scenario.matching(of)
        };
        for place in self.receivers_called(receiver) {
            for publisher in &publishers {
                if let Some(first) = self.constraints(place, *publisher) {
                    self.set_constraints(now, place, *publisher, first);
                }
            }
        }
    }

    fn set_constraints(&mut self, now: Time, place: usize, publisher: usize, to: Constraints) {
        let at = self.instant(now);
        let held = self.receivers[place].as_ref().expect("it is there");
        let mut streams = held.streams.iter().flatten();
        if let Some(stream) = streams.find(|held| held.publisher == publisher && !held.is_over) {
            self.engine.set_constraints(at, stream.subscription, to).expect("it lives");
        }
    }

    /// Of those that are there.
    fn receivers_called(&self, name: &str) -> Vec<usize> {
        let is = |place: &usize| {
            let words = self.receivers[*place].as_ref().map(|held| &held.words);
            words.is_some_and(|words| words.name == name)
        };
        (0..self.receivers.len()).filter(is).collect()
    }

    /// What the application says that it would like to send to a receiver, bit/s.
    pub(super) fn desire(&mut self, now: Time, place: usize, rate: u64) {
        let at = self.instant(now);
        let Some(receiver) = &self.receivers[place] else { return };
        let limits = BitrateLimits { desired: Some(rate), ..BitrateLimits::default() };
        self.engine.set_bitrate_limits(at, receiver.endpoint, limits).expect("it lives");
    }
}
