//! Which of the devices that are there is used: the one that was asked for, else the usual one, and again the one that
//! was asked for when it comes back. Pure: the devices are an argument.

/// What to do after a look at the devices.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Step {
    /// Go on.
    Stay,
    /// Open this one instead; `None` is the system's usual one.
    Open(Option<String>),
}

/// See the module's page.
#[derive(Clone, Debug)]
pub(super) struct Choice {
    wanted: Option<String>,
    /// What is open: `Some(None)` is the usual one.
    open: Option<Option<String>>,
}

impl Choice {
    pub(super) fn new(wanted: Option<String>) -> Self {
        Self { wanted, open: None }
    }

    /// A device was opened.
    pub(super) fn opened(&mut self, device: Option<String>) {
        self.open = Some(device);
    }

    /// What was open is gone, or could not be opened.
    pub(super) fn lost(&mut self) {
        self.open = None;
    }

    /// Whether another device than the wished one is in use, so that it is worth looking for that one.
    pub(super) fn is_makeshift(&self) -> bool {
        self.open.as_ref().is_none_or(|open| *open != self.wanted)
    }

    /// `present`: the names of the devices that suit, as they are listed now.
    pub(super) fn look(&self, present: &[String]) -> Step {
        let wanted_is_here = self.wanted.as_ref().is_some_and(|wanted| present.contains(wanted));
        match &self.open {
            Some(open) if *open == self.wanted || !wanted_is_here => Step::Stay,
            _ if wanted_is_here => Step::Open(self.wanted.clone()),
            _ => Step::Open(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wished_device_that_goes_is_stood_in_for_until_it_comes_back() {
        let (headset, built_in) = ("headset".to_owned(), "built in".to_owned());
        let mut choice = Choice::new(Some(headset.clone()));
        assert_eq!(choice.look(&[built_in.clone(), headset.clone()]), Step::Open(Some(headset.clone())));
        choice.opened(Some(headset.clone()));
        assert!(!choice.is_makeshift());
        assert_eq!(
            choice.look(std::slice::from_ref(&built_in)),
            Step::Stay,
            "it is open: whether it is lost says its stream"
        );
        choice.lost();
        assert_eq!(choice.look(std::slice::from_ref(&built_in)), Step::Open(None));
        choice.opened(None);
        assert!(choice.is_makeshift());
        assert_eq!(choice.look(std::slice::from_ref(&built_in)), Step::Stay);
        assert_eq!(choice.look(&[built_in, headset.clone()]), Step::Open(Some(headset)));
    }

    #[test]
    fn without_a_wish_it_is_the_usual_one_again_and_again() {
        let mut choice = Choice::new(None);
        assert_eq!(choice.look(&[]), Step::Open(None));
        choice.opened(None);
        assert!(!choice.is_makeshift());
        assert_eq!(choice.look(&["other".to_owned()]), Step::Stay);
        choice.lost();
        assert_eq!(choice.look(&["other".to_owned()]), Step::Open(None));
    }
}
