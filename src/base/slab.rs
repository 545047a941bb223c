//! A slab with generational keys: dense storage, O(1) everything, stale keys refused.

/// Names an entry of a [`Slab`]: slot and generation. The generation of a live entry is never 0.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct Key {
    slot: u32,
    generation: u32,
}

impl Key {
    /// The slot: an index into the slab, reused after removal.
    pub(crate) const fn slot(self) -> u32 {
        self.slot
    }

    /// How often the slot has been taken, from 1.
    pub(crate) const fn generation(self) -> u32 {
        self.generation
    }

    /// Slot in the low, generation in the high 32 bits.
    pub(crate) const fn as_u64(self) -> u64 {
        (self.generation as u64) << 32 | self.slot as u64
    }

    /// The reverse of [`as_u64`](Self::as_u64).
    #[expect(clippy::cast_possible_truncation, reason = "taking the number apart is the point")]
    pub(crate) const fn from_u64(raw: u64) -> Self {
        Self { slot: raw as u32, generation: (raw >> 32) as u32 }
    }
}

/// Entries at stable slots; a freed slot is reused under a new generation.
#[derive(Debug)]
pub(crate) struct Slab<T> {
    entries: Vec<Entry<T>>,
    free: Vec<u32>,
}

#[derive(Debug)]
struct Entry<T> {
    generation: u32,
    value: Option<T>,
}

impl<T> Slab<T> {
    /// An empty slab; allocates on first insert.
    pub(crate) const fn new() -> Self {
        Self { entries: Vec::new(), free: Vec::new() }
    }

    /// Stores what `make` returns for the key the entry will have.
    pub(crate) fn insert_with(&mut self, make: impl FnOnce(Key) -> T) -> Key {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.entries.push(Entry { generation: 0, value: None });
            u32::try_from(self.entries.len() - 1).expect("fewer than 2^32 entries are ever alive")
        });
        let entry = &mut self.entries[slot as usize];
        // Skipping 0 keeps every live key's number non-zero, also after 2^32 reuses of a slot.
        entry.generation = entry.generation.wrapping_add(1).max(1);
        let key = Key { slot, generation: entry.generation };
        entry.value = Some(make(key));
        key
    }

    /// Stores `value`.
    pub(crate) fn insert(&mut self, value: T) -> Key {
        self.insert_with(|_| value)
    }

    /// Takes the entry out; `None` for a stale key.
    pub(crate) fn remove(&mut self, key: Key) -> Option<T> {
        let entry = self.entries.get_mut(key.slot as usize)?;
        if entry.generation != key.generation {
            return None;
        }
        let value = entry.value.take()?;
        self.free.push(key.slot);
        Some(value)
    }

    /// The entry, mutably; `None` for a stale key.
    pub(crate) fn get_mut(&mut self, key: Key) -> Option<&mut T> {
        let entry = self.entries.get_mut(key.slot as usize)?;
        if entry.generation == key.generation { entry.value.as_mut() } else { None }
    }

    /// The entry in `slot`, whatever its generation: for slots that are known to be alive.
    pub(crate) fn at_mut(&mut self, slot: u32) -> Option<&mut T> {
        self.entries.get_mut(slot as usize)?.value.as_mut()
    }

    /// The keys of all entries, in slot order.
    pub(crate) fn keys(&self) -> impl Iterator<Item = Key> {
        (0..).zip(&self.entries).filter_map(|(slot, entry)| {
            entry.value.as_ref()?;
            Some(Key { slot, generation: entry.generation })
        })
    }

    /// The entry; `None` for a stale key.
    pub(crate) fn get(&self, key: Key) -> Option<&T> {
        let entry = self.entries.get(key.slot as usize)?;
        if entry.generation == key.generation { entry.value.as_ref() } else { None }
    }

    /// The entry in `slot`, whatever its generation.
    pub(crate) fn at(&self, slot: u32) -> Option<&T> {
        self.entries.get(slot as usize)?.value.as_ref()
    }

    /// How many entries are alive.
    pub(crate) fn len(&self) -> usize {
        self.entries.len() - self.free.len()
    }
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stale_key_names_nothing_after_its_slot_is_reused() {
        let mut slab = Slab::new();
        let first = slab.insert("a");
        assert_eq!(slab.remove(first), Some("a"));
        let second = slab.insert("b");
        assert_eq!(first.slot(), second.slot());
        assert_eq!(slab.get(first), None);
        assert_eq!(slab.get_mut(first), None);
        assert_eq!(slab.remove(first), None);
        assert_eq!(slab.get(second), Some(&"b"));
        assert_eq!(slab.len(), 1);
    }

    #[test]
    fn key_survives_the_trip_through_a_number_and_is_never_zero() {
        let mut slab = Slab::new();
        let key = slab.insert(());
        assert_ne!(key.as_u64(), 0);
        assert_eq!(Key::from_u64(key.as_u64()), key);
        assert!(slab.get(Key::from_u64(0)).is_none());
        assert!(slab.get(Key::from_u64(u64::MAX)).is_none());
    }
}
