//! The set itself: insertion joins what touches, lookup is a binary search.

use std::ops::Range;

/// Sorted ranges that do not touch each other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RangeSet {
    ranges: Vec<Range<u64>>,
}

impl RangeSet {
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds every integer of `range`; an empty range changes nothing.
    pub fn insert(&mut self, range: Range<u64>) {
        if range.is_empty() {
            return;
        }
        let first = self.ranges.partition_point(|known| known.end < range.start);
        let last = self.ranges.partition_point(|known| known.start <= range.end);
        let joined = self.ranges[first..last]
            .iter()
            .fold(range, |whole, part| whole.start.min(part.start)..whole.end.max(part.end));
        self.ranges.splice(first..last, [joined]);
    }

    pub fn contains(&self, value: u64) -> bool {
        let index = self.ranges.partition_point(|known| known.end <= value);
        self.ranges.get(index).is_some_and(|range| range.contains(&value))
    }

    pub fn ranges(&self) -> &[Range<u64>] {
        &self.ranges
    }
}
