//! Which cells belong together: a union-find whose labels are used again once nothing refers to them.

/// Number of a set; valid until the set is removed, or absorbed and released.
pub(super) type Label = u32;

/// Stands for "no set" in rows of labels.
pub(super) const COLD: Label = Label::MAX;

/// What two sets bring along when they become one.
pub(super) trait Merge {
    /// Takes over everything of `other`.
    fn merge(&mut self, other: Self);
}

enum Slot<T> {
    Root(T),
    Child(Label),
    Free,
}

/// Disjoint sets with data, in memory proportional to the sets alive.
pub(super) struct Forest<T> {
    slots: Vec<Slot<T>>,
    free: Vec<Label>,
    absorbed: Vec<Label>,
}

impl<T: Merge> Forest<T> {
    pub(super) fn new() -> Self {
        Self { slots: Vec::new(), free: Vec::new(), absorbed: Vec::new() }
    }

    /// A new set.
    pub(super) fn insert(&mut self, data: T) -> Label {
        match self.free.pop() {
            Some(label) => {
                self.slots[label as usize] = Slot::Root(data);
                label
            }
            None => {
                let label = self.slots.len() as Label;
                assert!(label != COLD, "more than {COLD} separate hot areas in one row of the map");
                self.slots.push(Slot::Root(data));
                label
            }
        }
    }

    /// The label that stands for the whole set of `label`.
    pub(super) fn find(&mut self, mut label: Label) -> Label {
        while let Slot::Child(parent) = self.slots[label as usize] {
            if let Slot::Child(grandparent) = self.slots[parent as usize] {
                self.slots[label as usize] = Slot::Child(grandparent);
            }
            label = parent;
        }
        label
    }

    /// Joins two sets; returns the label that stands for both, and whether they were two.
    pub(super) fn union(&mut self, a: Label, b: Label) -> (Label, bool) {
        let (a, b) = (self.find(a), self.find(b));
        if a == b {
            return (a, false);
        }
        match std::mem::replace(&mut self.slots[b as usize], Slot::Child(a)) {
            Slot::Root(data) => self.get_mut(a).merge(data),
            _ => unreachable!("find returns a root"),
        }
        self.absorbed.push(b);
        (a, true)
    }

    /// Whether `label` stands for a set by itself: neither absorbed nor removed.
    pub(super) fn is_root(&self, label: Label) -> bool {
        matches!(self.slots[label as usize], Slot::Root(_))
    }

    /// Data of the set that the root `label` stands for.
    pub(super) fn get_mut(&mut self, label: Label) -> &mut T {
        match &mut self.slots[label as usize] {
            Slot::Root(data) => data,
            _ => unreachable!("label {label} does not stand for a set"),
        }
    }

    /// Ends the set that the root `label` stands for. Labels absorbed by it must be released in the same row.
    pub(super) fn remove(&mut self, label: Label) -> T {
        self.free.push(label);
        match std::mem::replace(&mut self.slots[label as usize], Slot::Free) {
            Slot::Root(data) => data,
            _ => unreachable!("label {label} does not stand for a set"),
        }
    }

    /// Makes absorbed labels available again; the caller holds none of them any more.
    pub(super) fn release_absorbed(&mut self) {
        for label in self.absorbed.drain(..) {
            self.slots[label as usize] = Slot::Free;
            self.free.push(label);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Merge for Vec<u32> {
        fn merge(&mut self, other: Self) {
            self.extend(other);
        }
    }

    #[test]
    fn labels_are_used_again() {
        let mut forest = Forest::new();
        let labels: Vec<Label> = (0..4).map(|i| forest.insert(vec![i])).collect();
        assert_eq!(forest.union(labels[0], labels[1]), (labels[0], true));
        assert_eq!(forest.union(labels[2], labels[1]), (labels[2], true));
        assert_eq!(forest.union(labels[0], labels[2]), (labels[2], false));
        assert_eq!(forest.find(labels[1]), labels[2]);
        assert_eq!(forest.get_mut(labels[2]), &[2, 0, 1]);
        assert!(!forest.is_root(labels[0]) && forest.is_root(labels[3]));
        forest.release_absorbed();
        assert_eq!(forest.remove(labels[3]), [3]);
        for i in 0..3 {
            assert!(forest.insert(vec![i]) < 4, "a free label comes first");
        }
        assert_eq!(forest.insert(vec![9]), 4);
    }
}
