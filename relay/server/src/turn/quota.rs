//! How many allocations there are, for one participant and in all.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// For one participant: a browser makes one for each of its networks and each address of the server, and for a moment
/// has those of two transports.
pub(super) const MOST_EACH: usize = 24;
/// In all. Each has a socket and perhaps a connection: twice that many open files.
pub(super) const MOST_IN_ALL: usize = 2_000;

/// See the module's page. Cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Quota(Arc<Mutex<HashMap<String, usize>>>);

/// Why there is no place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Full {
    /// This participant has enough.
    Own,
    /// The relay has.
    All,
}

impl Quota {
    /// Takes a place, until it is dropped.
    pub(super) fn take(&self, whose: &str) -> Result<Place, Full> {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.values().sum::<usize>() >= MOST_IN_ALL {
            return Err(Full::All);
        }
        let own = taken.entry(whose.to_owned()).or_default();
        if *own >= MOST_EACH {
            return Err(Full::Own);
        }
        *own += 1;
        Ok(Place { quota: self.clone(), whose: whose.to_owned() })
    }
}

/// One allocation's place.
pub(super) struct Place {
    quota: Quota,
    whose: String,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.quota.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = taken.get_mut(&self.whose) {
            *own = own.saturating_sub(1);
            if *own == 0 {
                taken.remove(&self.whose);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_few_and_come_back() {
        let quota = Quota::default();
        let own: Vec<Place> = (0..MOST_EACH).map(|_| quota.take("p-1").unwrap()).collect();
        assert_eq!(quota.take("p-1").err(), Some(Full::Own));
        let mut others = Vec::new();
        let full = loop {
            match quota.take(&format!("p-x{}", others.len() / MOST_EACH)) {
                Ok(place) => others.push(place),
                Err(full) => break full,
            }
        };
        assert_eq!(full, Full::All);
        assert_eq!(own.len() + others.len(), MOST_IN_ALL);
        drop((own, others));
        assert!(quota.take("p-1").is_ok());
        assert!(quota.0.lock().unwrap().is_empty(), "places that came back are not remembered");
    }
}
