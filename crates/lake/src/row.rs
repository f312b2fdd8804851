//! Observations in memory: 48 bytes a row, every text a number into [`Dict`].

use std::cmp::Ordering;
use std::collections::HashMap;

use wsis_model::period::Period;

use crate::intern::{Interner, ranks_by};

/// One observation. All texts are numbers of a [`Dict`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    pub(crate) set: u32,
    pub(crate) series: u32,
    pub(crate) area: u32,
    pub(crate) cut: u32,
    pub(crate) period: Period,
    pub(crate) attr: u32,
    /// `value_text`: 0 for null, else number + 1.
    pub(crate) text: u32,
    pub(crate) payload: u32,
    /// NaN for null; never infinite, never -0.
    pub(crate) value: f64,
    pub(crate) payload_row: i64,
}

/// Bytes of a spilled row.
pub(crate) const ROW_BYTES: usize = 48;

impl Row {
    pub(crate) fn to_bytes(self) -> [u8; ROW_BYTES] {
        let mut out = [0_u8; ROW_BYTES];
        let words = [self.set, self.series, self.area, self.cut, self.attr, self.text];
        let mut at = out.chunks_exact_mut(4);
        let tail = [
            self.period.number().to_le_bytes(),
            self.payload.to_le_bytes(),
            half(self.value.to_bits(), 0),
            half(self.value.to_bits(), 1),
            half(self.payload_row.cast_unsigned(), 0),
            half(self.payload_row.cast_unsigned(), 1),
        ];
        for word in words.into_iter().map(u32::to_le_bytes).chain(tail) {
            if let Some(slot) = at.next() {
                slot.copy_from_slice(&word);
            }
        }
        out
    }

    /// None for bytes that no row was written to.
    pub(crate) fn from_bytes(bytes: &[u8; ROW_BYTES]) -> Option<Self> {
        let mut words = bytes.chunks_exact(4).map(|chunk| {
            let mut word = [0_u8; 4];
            word.copy_from_slice(chunk);
            u32::from_le_bytes(word)
        });
        let mut next = || words.next().unwrap_or_default();
        let [set, series, area, cut, attr, text] = [(); 6].map(|()| next());
        let [period, payload] = [(); 2].map(|()| next());
        let [v0, v1, r0, r1] = [(); 4].map(|()| u64::from(next()));
        Some(Self {
            set,
            series,
            area,
            cut,
            period: Period::from_number(period)?,
            attr,
            text,
            payload,
            value: f64::from_bits(v0 | v1 << 32),
            payload_row: (r0 | r1 << 32).cast_signed(),
        })
    }

    /// Whether two rows state the same: the figure and all that is said of it. The payload may
    /// be another: the same data published again are no revision (R12). So may the printed text:
    /// the same table as CSV and as XLSX gives 0.33760 and 0.3376.
    pub(crate) fn same_statement(&self, other: &Self) -> bool {
        self.value.to_bits() == other.value.to_bits() && self.attr == other.attr
    }

    pub(crate) fn is_missing(&self) -> bool {
        self.value.is_nan()
    }
}

fn half(bits: u64, which: u32) -> [u8; 4] {
    #[expect(clippy::cast_possible_truncation, reason = "takes one half at a time")]
    let word = (bits >> (32 * which)) as u32;
    word.to_le_bytes()
}

/// The payload that a row came in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Payload {
    /// µs since 1970, UTC.
    pub(crate) recorded_at: i64,
    /// SHA-256, hexadecimal.
    pub(crate) id: String,
    /// Days since 1970.
    pub(crate) released_at: Option<i32>,
}

/// Distinct tuples of numbers, numbered.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tuples<const N: usize> {
    items: Vec<[u32; N]>,
    index: HashMap<[u32; N], u32>,
}

impl<const N: usize> Tuples<N> {
    fn intern(&mut self, item: [u32; N]) -> u32 {
        if let Some(&id) = self.index.get(&item) {
            return id;
        }
        #[expect(clippy::cast_possible_truncation, reason = "memory ends before 2^32 tuples")]
        let id = self.items.len() as u32;
        self.items.push(item);
        self.index.insert(item, id);
        id
    }

    pub(crate) fn get(&self, id: u32) -> [u32; N] {
        self.items.get(id as usize).copied().unwrap_or([0; N])
    }
}

/// What a row says besides its key and value. `None` texts are 0, others number + 1.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attr<'a> {
    pub(crate) unit: &'a str,
    pub(crate) status: &'a str,
    pub(crate) flag: Option<&'a str>,
    pub(crate) footnote: Option<&'a str>,
    pub(crate) withdrawn: bool,
}

/// Every distinct text of an ingest.
#[derive(Debug, Default)]
pub(crate) struct Dict {
    pub(crate) sets: Vec<(String, String)>,
    pub(crate) series: Interner,
    pub(crate) areas: Interner,
    pub(crate) texts: Interner,
    /// sex, age, location, dimensions.
    pub(crate) cuts: Tuples<4>,
    /// unit, status, flag, footnote, withdrawn.
    pub(crate) attrs: Tuples<5>,
    pub(crate) payloads: Vec<Payload>,
    payload_index: HashMap<Payload, u32>,
    last_series: u32,
    last_area: u32,
    last_cut: u32,
    last_attr: u32,
    last_payload: u32,
}

impl Dict {
    /// The number of a source's dataset.
    pub(crate) fn set(&mut self, source: &str, dataset: &str) -> u32 {
        let at = self.sets.iter().position(|(s, d)| s == source && d == dataset);
        let at = at.unwrap_or_else(|| {
            self.sets.push((source.to_owned(), dataset.to_owned()));
            self.sets.len() - 1
        });
        u32::try_from(at).unwrap_or(u32::MAX)
    }

    /// The number of a series. Consecutive rows mostly share it, so the last is tried first.
    pub(crate) fn series(&mut self, code: &str) -> u32 {
        if self.series.len() == 0 || self.series.get(self.last_series) != code {
            self.last_series = self.series.intern(code);
        }
        self.last_series
    }

    pub(crate) fn area(&mut self, code: &str) -> u32 {
        if self.areas.len() == 0 || self.areas.get(self.last_area) != code {
            self.last_area = self.areas.intern(code);
        }
        self.last_area
    }

    pub(crate) fn cut(&mut self, texts: [&str; 4]) -> u32 {
        let last = self.cuts.get(self.last_cut);
        let same = !self.cuts.items.is_empty()
            && last.iter().zip(texts).all(|(&id, text)| self.texts.get(id) == text);
        if !same {
            let ids = texts.map(|text| self.texts.intern(text));
            self.last_cut = self.cuts.intern(ids);
        }
        self.last_cut
    }

    pub(crate) fn attr(&mut self, attr: &Attr<'_>) -> u32 {
        let [unit, status, flag, footnote, withdrawn] = self.attrs.get(self.last_attr);
        let same = !self.attrs.items.is_empty()
            && self.texts.get(unit) == attr.unit
            && self.texts.get(status) == attr.status
            && self.optional(flag) == attr.flag
            && self.optional(footnote) == attr.footnote
            && (withdrawn == 1) == attr.withdrawn;
        if !same {
            let ids = [
                self.texts.intern(attr.unit),
                self.texts.intern(attr.status),
                self.intern_optional(attr.flag),
                self.intern_optional(attr.footnote),
                u32::from(attr.withdrawn),
            ];
            self.last_attr = self.attrs.intern(ids);
        }
        self.last_attr
    }

    /// The number of a payload.
    pub(crate) fn payload(&mut self, payload: &Payload) -> u32 {
        if self.payloads.get(self.last_payload as usize) == Some(payload) {
            return self.last_payload;
        }
        let next = u32::try_from(self.payloads.len()).unwrap_or(u32::MAX);
        let id = *self.payload_index.entry(payload.clone()).or_insert(next);
        if id == next {
            self.payloads.push(payload.clone());
        }
        self.last_payload = id;
        id
    }

    /// When a statement was made: of two in one instant that of the body with the greater hash is
    /// the later one, whichever came first.
    pub(crate) fn moment(&self, row: &Row) -> (i64, &str) {
        self.moment_of(row.payload)
    }

    /// Whether a statement is that there is none any more.
    pub(crate) fn is_withdrawn(&self, row: &Row) -> bool {
        self.attrs.get(row.attr)[4] == 1
    }

    /// When a payload spoke.
    pub(crate) fn moment_of(&self, payload: u32) -> (i64, &str) {
        let payload = self.payloads.get(payload as usize);
        payload.map_or((i64::MIN, ""), |it| (it.recorded_at, it.id.as_str()))
    }

    /// A null-able text: 0 for null, else number + 1.
    pub(crate) fn optional(&self, id: u32) -> Option<&str> {
        id.checked_sub(1).map(|id| self.texts.get(id))
    }

    pub(crate) fn intern_optional(&mut self, text: Option<&str>) -> u32 {
        text.map_or(0, |text| self.texts.intern(text) + 1)
    }

    /// The same attributes with `withdrawn` set and without flag, footnote: what is known of an
    /// observation that the source no longer gives.
    pub(crate) fn withdrawn_attr(&mut self, attr: u32) -> u32 {
        let [unit, ..] = self.attrs.get(attr);
        let status = self.texts.intern(wsis_model::status::ObsStatus::Missing.code());
        self.attrs.intern([unit, status, 0, 0, 1])
    }
}

/// Which column is more significant in sorting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// `source, dataset, series_code, ref_area, sex, age, location, dimensions, freq, time_period`.
    Lake,
    /// `series_code, ref_area, freq, time_period, sex, age, location, dimensions, source, dataset`.
    Public,
}

/// A sort key: compared element by element.
pub(crate) type Key = [u32; 5];

/// The alphabetical places of a [`Dict`]'s texts. Texts added to the dictionary later do not
/// change the order of those already in it, so runs sorted earlier stay sorted.
#[derive(Debug)]
pub(crate) struct Ranks {
    order: Order,
    sets: Vec<u32>,
    series: Vec<u32>,
    areas: Vec<u32>,
    cuts: Vec<u32>,
}

impl Ranks {
    pub(crate) fn of(dict: &Dict, order: Order) -> Self {
        let texts = dict.texts.ranks();
        let rank = |id: &u32| texts.get(*id as usize).copied().unwrap_or(0);
        let compare =
            |a: &[u32; 4], b: &[u32; 4]| -> Ordering { a.iter().map(rank).cmp(b.iter().map(rank)) };
        Self {
            order,
            sets: ranks_by(&dict.sets, Ord::cmp),
            series: dict.series.ranks(),
            areas: dict.areas.ranks(),
            cuts: ranks_by(&dict.cuts.items, compare),
        }
    }

    /// The key of a row.
    pub(crate) fn key(&self, row: &Row) -> Key {
        let at = |ranks: &[u32], id: u32| ranks.get(id as usize).copied().unwrap_or(0);
        let set = at(&self.sets, row.set);
        let series = at(&self.series, row.series);
        let area = at(&self.areas, row.area);
        let cut = at(&self.cuts, row.cut);
        // Frequency and period in the order of their texts.
        let period = row.period.number();
        match self.order {
            Order::Lake => [set, series, area, cut, period],
            Order::Public => [series, area, period, cut, set],
        }
    }
}
