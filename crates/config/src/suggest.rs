//! "Did you mean": the nearest of the names that would be right.

/// Names that a message lists.
const LISTED: usize = 20;

/// The candidate nearest to `name`, if it is near enough to be a slip: at most one third of its
/// letters differ (two for short names). Of equally near ones the first in order.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted: Vec<char> = name.to_lowercase().chars().collect();
    let limit = (wanted.len() / 3).max(2);
    candidates
        .into_iter()
        // As many letters differ at least; a name of three million is compared with none.
        .filter(|candidate| candidate.chars().count().abs_diff(wanted.len()) <= limit)
        .map(|candidate| {
            let letters: Vec<char> = candidate.to_lowercase().chars().collect();
            (distance(&wanted, &letters), candidate)
        })
        .filter(|(distance, candidate)| *distance <= limit && *distance < candidate.chars().count())
        .min()
        .map(|(_, candidate)| candidate)
}

/// The candidate that differs from `name` by one or two letters, case aside: hardly meant otherwise.
pub(crate) fn slip<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let letters = |text: &str| text.to_lowercase().chars().collect::<Vec<char>>();
    let wanted = letters(name);
    let near = candidates.into_iter().filter(|it| it.chars().count().abs_diff(wanted.len()) <= 2);
    let near = near.map(|it| (distance(&wanted, &letters(it)), it));
    near.filter(|(distance, _)| *distance <= 2).min().map(|(_, candidate)| candidate)
}

/// "did you mean `x`?", or all that would be right, after `otherwise`.
pub fn hint<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str> + Clone,
    otherwise: &str,
) -> String {
    if let Some(candidate) = nearest(name, candidates.clone()) {
        return format!("did you mean `{candidate}`?");
    }
    let mut names: Vec<String> = candidates.into_iter().map(|name| format!("`{name}`")).collect();
    names.sort();
    if names.is_empty() {
        otherwise.to_owned()
    } else {
        format!("{otherwise}: {}", listed(names.iter().map(String::as_str)))
    }
}

/// Names that would be right, in their order; of many the first twenty and the number of the
/// rest.
pub fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    match names.get(..LISTED) {
        Some(first) if names.len() > LISTED => {
            format!("{} and {} more", first.join(", "), names.len() - LISTED)
        }
        _ => names.join(", "),
    }
}

/// Insertions, deletions, substitutions and swaps of neighbours that turn one into the other.
fn distance(from: &[char], to: &[char]) -> usize {
    let width = to.len() + 1;
    let mut before_last: Vec<usize> = vec![0; width];
    let mut last: Vec<usize> = (0..width).collect();
    for (row, left) in from.iter().enumerate() {
        let mut current = vec![row + 1; width];
        for (column, right) in to.iter().enumerate() {
            let step = usize::from(left != right);
            let mut best = (last[column] + step).min(last[column + 1] + 1).min(current[column] + 1);
            let swapped = row > 0
                && column > 0
                && from.get(row - 1) == Some(right)
                && to.get(column - 1) == Some(left);
            if swapped {
                best = best.min(before_last[column - 1] + 1);
            }
            current[column + 1] = best;
        }
        before_last = std::mem::replace(&mut last, current);
    }
    last.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{hint, listed, nearest};

    #[test]
    fn slips_are_found_and_other_words_are_not() {
        let fields = ["page_size", "timeout_s", "title", "id"];
        assert_eq!(nearest("pagesize", fields), Some("page_size"));
        assert_eq!(nearest("tilte", fields), Some("title"));
        assert_eq!(nearest("Timeout_S", fields), Some("timeout_s"));
        assert_eq!(nearest("licence", fields), None);
        assert_eq!(nearest("", fields), None);
        // A name of two letters is not a slip of every other one.
        assert_eq!(nearest("xy", fields), None);
    }

    /// With a thousand pipelines the hint of one wrong name filled the screen.
    #[test]
    fn of_many_names_the_first_and_the_number_of_the_rest_are_told() {
        let names: Vec<String> = (0..1_000).map(|n| format!("p{n:03}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        assert_eq!(listed(names[..20].iter().copied()), names[..20].join(", "));
        let told = listed(names.iter().copied());
        assert!(told.ends_with("p018, p019 and 980 more"), "{told}");
        assert_eq!(hint("another", ["x"], "there are"), "there are: `x`");
        assert_eq!(hint("another", [], "there are none"), "there are none");
    }
}
