//! What can be done side by side, and what must wait its turn.

use std::collections::HashMap;

use ulid::Ulid;

/// Divides items into chains: items that touch the same aggregate, be it
/// through others, keep their order in one chain. The chains know nothing of
/// each other.
pub(crate) fn chains<T>(items: Vec<T>, touches: impl Fn(&T) -> Vec<Ulid>) -> Vec<Vec<T>> {
    let mut groups = Groups(vec![]);
    let mut owner: HashMap<Ulid, usize> = HashMap::new();
    for item in &items {
        let new = groups.add();
        for aggregate in touches(item) {
            let known = *owner.entry(aggregate).or_insert(new);
            groups.join(known, new);
        }
    }
    let mut places: HashMap<usize, usize> = HashMap::new();
    let mut chains: Vec<Vec<T>> = vec![];
    for (item, group) in items.into_iter().zip(0..) {
        let next = chains.len();
        let place = *places.entry(groups.first(group)).or_insert(next);
        match chains.get_mut(place) {
            Some(chain) => chain.push(item),
            None => chains.push(vec![item]),
        }
    }
    chains
}

/// Each group knows one that came before it and was joined with it, or itself.
struct Groups(Vec<usize>);

impl Groups {
    fn add(&mut self) -> usize {
        let new = self.0.len();
        self.0.push(new);
        new
    }

    fn first(&self, group: usize) -> usize {
        let mut group = group;
        while let Some(before) = self.0.get(group).copied().filter(|before| *before != group) {
            group = before;
        }
        group
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.first(one), self.first(other));
        if let Some(later) = self.0.get_mut(one.max(other)) {
            *later = one.min(other);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn divided(items: &[(char, &[u128])]) -> Vec<String> {
        let chains = chains(items.to_vec(), |(_, touches)| {
            touches.iter().map(|number| Ulid(*number)).collect()
        });
        chains.into_iter().map(|chain| chain.into_iter().map(|(name, _)| name).collect()).collect()
    }

    #[test]
    fn what_touches_the_same_keeps_its_order() {
        assert_eq!(
            divided(&[('a', &[1]), ('b', &[2]), ('c', &[1]), ('d', &[3])]),
            ["ac", "b", "d"]
        );
        assert_eq!(divided(&[]), Vec::<String>::new());
    }

    #[test]
    fn what_meets_through_another_keeps_its_order_too() {
        let items: &[(char, &[u128])] =
            &[('a', &[1]), ('b', &[2]), ('c', &[2, 1]), ('d', &[4]), ('e', &[4, 2])];
        assert_eq!(divided(items), ["abcde"]);
    }
}
