//! Quantiles of what was measured.

/// The nearest rank of sorted values at `share`, 0 to 1; `None` of none (Hyndman and Fan 1996, definition 1).
pub(crate) fn nearest_rank<T: Copy>(sorted: &[T], share: f64) -> Option<T> {
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_those_of_the_textbook() {
        let waits: Vec<u32> = (1..=20).collect();
        assert_eq!((nearest_rank(&waits, 0.5), nearest_rank(&waits, 0.95)), (Some(10), Some(19)));
        assert_eq!((nearest_rank(&waits, 0.0), nearest_rank(&waits, 1.0)), (Some(1), Some(20)));
        assert_eq!(nearest_rank::<u32>(&[], 0.5), None);
    }
}
