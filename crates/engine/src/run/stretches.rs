//! Years as stretches: what an answer still stands for when a later one tells a part of it again.

/// Sets of years, as stretches that do not touch, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stretches(Vec<(i32, i32)>);

impl Stretches {
    /// Every year.
    pub(crate) fn all() -> Self {
        Self(vec![(i32::MIN, i32::MAX)])
    }

    /// No year.
    pub(crate) const fn none() -> Self {
        Self(Vec::new())
    }

    /// One stretch.
    pub(crate) fn of(years: (i32, i32)) -> Self {
        Self(if years.0 <= years.1 { vec![years] } else { Vec::new() })
    }

    /// Whether there is no year in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a year is in it.
    pub(crate) fn holds(&self, year: i32) -> bool {
        self.0.iter().any(|(first, last)| (*first..=*last).contains(&year))
    }

    /// Its stretches, cut to those years.
    pub(crate) fn within(&self, (first, last): (i32, i32)) -> Vec<(i32, i32)> {
        let cut = |&(a, b): &(i32, i32)| (a.max(first), b.min(last));
        self.0.iter().map(cut).filter(|(a, b)| a <= b).collect()
    }

    /// Without those years.
    #[must_use]
    pub(crate) fn without(&self, (first, last): (i32, i32)) -> Self {
        let mut left = Vec::new();
        for &(a, b) in &self.0 {
            if let Some(before) = first.checked_sub(1).filter(|before| a <= *before) {
                left.push((a, b.min(before)));
            }
            if let Some(after) = last.checked_add(1).filter(|after| *after <= b) {
                left.push((a.max(after), b));
            }
        }
        Self(left)
    }

    /// With those years besides.
    #[must_use]
    pub(crate) fn with(&self, years: (i32, i32)) -> Self {
        let mut all = self.without(years).0;
        all.extend(Self::of(years).0);
        all.sort_unstable();
        Self(all)
    }

    /// With the years of another set besides.
    #[must_use]
    pub(crate) fn and(&self, other: &Self) -> Self {
        other.0.iter().fold(self.clone(), |all, years| all.with(*years))
    }

    /// Those of its years that another set does not hold.
    #[must_use]
    pub(crate) fn less(&self, other: &Self) -> Self {
        other.0.iter().fold(self.clone(), |left, years| left.without(*years))
    }
}

#[cfg(test)]
mod tests {
    use super::Stretches;

    #[test]
    fn years_are_taken_out_and_put_in() {
        let all = Stretches::of((2000, 2025));
        assert_eq!(all.without((2010, 2012)).0, [(2000, 2009), (2013, 2025)]);
        assert_eq!(all.without((1990, 2030)).0, []);
        assert_eq!(all.without((1990, 1999)).0, [(2000, 2025)]);
        assert_eq!(all.without((2000, 2000)).with((2000, 2001)).0, [(2000, 2001), (2002, 2025)]);
        assert_eq!(Stretches::all().within((2000, 2001)), [(2000, 2001)]);
        assert_eq!(Stretches::all().without((2000, 2001)).0.len(), 2);
        assert!(all.holds(2025) && !all.holds(2026));
        let covered = Stretches::of((2005, 2010)).with((2020, 2030));
        assert_eq!(all.less(&covered).0, [(2000, 2004), (2011, 2019)]);
        assert_eq!(Stretches::none().and(&covered), covered);
        assert_eq!(covered.and(&all).0, [(2000, 2025), (2026, 2030)]);
        for (first, last) in [(1995, 2003), (2003, 2003), (2020, 2030), (2030, 2040)] {
            for year in 1990..2045 {
                let expected = (2000..=2025).contains(&year) && !(first..=last).contains(&year);
                assert_eq!(all.without((first, last)).holds(year), expected, "{year}");
            }
        }
    }
}
