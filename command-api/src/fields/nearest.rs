//! What somebody may have meant.

/// The known name that is closest to one that is unknown, if any is close.
pub(super) fn nearest<'a>(unknown: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let most = (unknown.chars().count() / 3).max(1);
    known
        .map(|name| (distance(&plain(unknown), &plain(name)), name))
        .filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// `lineId`, `Line-Id` and `line_id` are the same mistake.
fn plain(name: &str) -> Vec<char> {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// How many letters have to be put in, taken out, changed, or swapped with
/// their neighbour.
fn distance(one: &[char], other: &[char]) -> usize {
    // Rows of the table of distances between beginnings: before the last, last.
    let mut earlier: Vec<usize> = vec![];
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in other.iter().enumerate() {
            let at = |row: &[usize], j: usize| row.get(j).copied().unwrap_or(usize::MAX - 1);
            let changed = at(&last, j) + usize::from(a != b);
            let mut fewest = changed.min(at(&last, j + 1) + 1).min(at(&row, j) + 1);
            let before = |letters: &[char], place: usize| {
                place.checked_sub(1).and_then(|place| letters.get(place)).copied()
            };
            if before(one, i) == Some(*b) && before(other, j) == Some(*a) {
                fewest = fewest.min(at(&earlier, j.saturating_sub(1)) + 1);
            }
            row.push(fewest);
        }
        earlier = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_pen_is_understood() {
        let known = ["line_id", "description", "quantity", "unit_price"];
        let nearest = |unknown| nearest(unknown, known.into_iter());
        assert_eq!(nearest("descripton"), Some("description"));
        assert_eq!(nearest("unitPrice"), Some("unit_price"));
        assert_eq!(nearest("quantities"), Some("quantity"));
        assert_eq!(nearest("colour"), None);
        assert_eq!(nearest("x"), None);
    }

    #[test]
    fn distances_count_letters() {
        let distance = |a: &str, b: &str| {
            distance(&a.chars().collect::<Vec<_>>(), &b.chars().collect::<Vec<_>>())
        };
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("same", "same"), 0);
        assert_eq!(distance("lable", "label"), 1);
    }
}
