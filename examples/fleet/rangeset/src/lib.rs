//! A set of integers kept as sorted, disjoint ranges.

mod set;

pub use set::RangeSet;
