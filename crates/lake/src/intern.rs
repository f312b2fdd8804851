//! Each distinct text once: a byte arena with an open-addressed index, about 16 bytes of
//! overhead per text and no allocation per row.

/// Texts with small stable numbers, in order of first appearance.
#[derive(Debug, Default, Clone)]
pub(crate) struct Interner {
    bytes: String,
    /// End of text `i` in `bytes`; it starts where the one before ends.
    ends: Vec<usize>,
    /// Number + 1, 0 for free. Length is a power of two.
    slots: Vec<u32>,
}

/// Folded multiplication of eight bytes at a time: fast on the short codes that fill a lake, and
/// the same on every machine.
fn hash(text: &[u8]) -> u64 {
    const A: u64 = 0x9E37_79B9_7F4A_7C15;
    const B: u64 = 0xD6E8_FEB8_6659_FD93;
    let fold = |x: u64, y: u64| {
        let product = u128::from(x) * u128::from(y);
        #[expect(clippy::cast_possible_truncation, reason = "both halves are used")]
        let folded = (product as u64) ^ ((product >> 64) as u64);
        folded
    };
    let mut state = A ^ text.len() as u64;
    for chunk in text.chunks(8) {
        let mut word = [0_u8; 8];
        for (to, from) in word.iter_mut().zip(chunk) {
            *to = *from;
        }
        state = fold(state ^ u64::from_le_bytes(word), B);
    }
    fold(state, A)
}

impl Interner {
    /// The number of a text, giving it one if it is new.
    pub(crate) fn intern(&mut self, text: &str) -> u32 {
        if (self.ends.len() + 1) * 2 > self.slots.len() {
            self.grow();
        }
        let mask = self.slots.len() - 1;
        let mut at = slot_of(text.as_bytes(), mask);
        loop {
            match self.slots.get(at) {
                Some(0) | None => break,
                Some(&id) if self.get(id - 1) == text => return id - 1,
                Some(_) => at = (at + 1) & mask,
            }
        }
        // 2^32 - 1 distinct texts would need more than 64 GiB: the cast cannot wrap before
        // memory ends.
        #[expect(clippy::cast_possible_truncation, reason = "see above")]
        let id = self.ends.len() as u32;
        self.bytes.push_str(text);
        self.ends.push(self.bytes.len());
        if let Some(slot) = self.slots.get_mut(at) {
            *slot = id + 1;
        }
        id
    }

    fn grow(&mut self) {
        let len = (self.slots.len() * 2).max(64);
        let mask = len - 1;
        let mut slots = vec![0_u32; len];
        for (id, text) in (1_u32..).zip(self.iter()) {
            let mut at = slot_of(text.as_bytes(), mask);
            while slots.get(at).is_some_and(|&taken| taken != 0) {
                at = (at + 1) & mask;
            }
            if let Some(slot) = slots.get_mut(at) {
                *slot = id;
            }
        }
        self.slots = slots;
    }

    /// The text of a number; empty for a number never given.
    pub(crate) fn get(&self, id: u32) -> &str {
        let id = id as usize;
        let start = id.checked_sub(1).and_then(|before| self.ends.get(before)).copied();
        let end = self.ends.get(id).copied().unwrap_or(0);
        self.bytes.get(start.unwrap_or(0)..end).unwrap_or_default()
    }

    /// How many texts there are.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// All texts, by number.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        #[expect(clippy::cast_possible_truncation, reason = "numbers are u32")]
        (0..self.ends.len() as u32).map(|id| self.get(id))
    }

    /// For each number its place in the alphabet (byte order).
    pub(crate) fn ranks(&self) -> Vec<u32> {
        let texts: Vec<&str> = self.iter().collect();
        ranks_by(&texts, Ord::cmp)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "masked to the table's length")]
fn slot_of(text: &[u8], mask: usize) -> usize {
    hash(text) as usize & mask
}

/// For each item its place in sorted order; items must be distinct.
pub(crate) fn ranks_by<T>(
    items: &[T],
    mut compare: impl FnMut(&T, &T) -> std::cmp::Ordering,
) -> Vec<u32> {
    let mut order: Vec<usize> = (0..items.len()).collect();
    order.sort_unstable_by(|&a, &b| match (items.get(a), items.get(b)) {
        (Some(a), Some(b)) => compare(a, b),
        _ => std::cmp::Ordering::Equal,
    });
    let mut ranks = vec![0_u32; items.len()];
    for (rank, at) in (0_u32..).zip(order) {
        if let Some(slot) = ranks.get_mut(at) {
            *slot = rank;
        }
    }
    ranks
}
