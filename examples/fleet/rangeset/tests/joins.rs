use rangeset::RangeSet;

#[test]
fn joins_ranges_that_touch() {
    let mut set = RangeSet::new();
    set.insert(10..20);
    set.insert(20..25);
    assert_eq!(set.ranges(), &[10..25]);
}

#[test]
fn keeps_ranges_apart_that_do_not() {
    let mut set = RangeSet::new();
    set.insert(1..2);
    set.insert(5..6);
    assert_eq!(set.ranges(), &[1..2, 5..6]);
    assert!(!set.contains(3));
}
