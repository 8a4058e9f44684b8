//! What is asked for: decided, or refused.

use crate::evidence::VerifiedLog;
use crate::ids::{AccountId, MediatorId};
use crate::language::LanguageTag;
use crate::review::log::Review;
use crate::review::refusal::ReviewRefusal;
use crate::review::types::{LineVersion, ReviewAct, Reviser, Revision};
use crate::roster_check::is_register_number;
use crate::session::Participant;
use crate::session_types::Role;
use crate::transcript::{TranscriptEntry, TranscriptLine};

/// Most lines that are certified at a time.
const MAX_LINES: usize = 1_000;

/// Somebody who may work on a transcript: the session's officer, or a mediator of it who was asked to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reviewer {
    /// Who is signed in.
    pub account: AccountId,
    /// A mediator's place on the roster; `None`: the officer.
    pub mediator: Option<MediatorId>,
}

impl Reviewer {
    /// Their place in the session, if they were in it.
    pub fn in_session<'a>(&self, log: &'a VerifiedLog) -> Option<&'a Participant> {
        match self.mediator {
            None if log.session.officer_account != self.account => None,
            None => log.everybody.iter().find(|participant| participant.role == Role::Officer),
            Some(mediator) => log.everybody.iter().find(|participant| {
                participant.assigned.as_ref().is_some_and(|taken| taken.mediator == mediator)
            }),
        }
    }

    fn as_reviser(&self, me: &Participant, service_number: Option<String>) -> Reviser {
        let taken = me.assigned.as_ref();
        Reviser {
            role: me.role,
            alias: taken.map(|taken| taken.alias.clone()),
            register_number: taken.map_or(service_number, |taken| taken.register_number.clone()),
        }
    }

    /// Languages in which they can tell whether a line is right.
    pub fn languages(&self, log: &VerifiedLog) -> Vec<LanguageTag> {
        let Some(me) = self.in_session(log) else { return Vec::new() };
        match log.session.turn_languages(me) {
            Some(pair) => {
                let neighbour = me.assigned.as_ref().and_then(|taken| taken.adjacent_language.clone());
                [Some(pair.source), Some(pair.target), neighbour].into_iter().flatten().collect()
            }
            None => vec![me.language.clone()],
        }
    }
}

impl Review {
    /// What follows from an act, and who is named for it. Nothing is changed yet: see [`Review::append`].
    ///
    /// # Errors
    /// Why it is refused.
    pub fn decide(
        &self,
        log: &VerifiedLog,
        reviewer: &Reviewer,
        act: ReviewAct,
    ) -> Result<(Reviser, Revision), ReviewRefusal> {
        let me = reviewer.in_session(log).ok_or(ReviewRefusal::NotYourRole)?;
        let asked = reviewer.mediator.and_then(|mediator| self.open_check(mediator));
        if me.role == Role::Mediator && asked.is_none() {
            return Err(ReviewRefusal::NotAsked);
        }
        let mut service_number = None;
        let revision = match act {
            ReviewAct::CorrectLine { seen, text } => {
                let line = self.seen_line(log, seen)?;
                let text = text_of(&text)?;
                let now = self.corrections.get(&seen.line).and_then(|all| all.last()).map(|last| &last.text);
                if now.unwrap_or(&line.text).trim() == text {
                    return Err(ReviewRefusal::SameText);
                }
                Revision::LineCorrected { line: seen.line, text }
            }
            ReviewAct::CertifyLines { seen, service_number: number } => {
                service_number = number.map(|number| number_of(&number)).transpose()?;
                self.certification(log, reviewer, seen)?
            }
            ReviewAct::Comment { entry, text } => {
                let exists = entry.is_none_or(|number| log.transcript.iter().any(|(seq, _)| *seq == number));
                if !exists {
                    return Err(ReviewRefusal::NoSuchLine);
                }
                Revision::Commented { entry, text: text_of(&text)? }
            }
            ReviewAct::AskCheck { .. } | ReviewAct::CallCheckOff { .. } if me.role != Role::Officer => {
                return Err(ReviewRefusal::NotYourRole);
            }
            ReviewAct::AskCheck { of } => {
                let asked = log.everybody.iter().find(|participant| participant.id == of);
                let mediator = asked.and_then(|participant| participant.assigned.as_ref());
                let mediator = mediator.ok_or(ReviewRefusal::NoSuchMediator)?.mediator;
                if self.is_asked(mediator) {
                    return Err(ReviewRefusal::AskedAlready);
                }
                Revision::CheckAsked { of, mediator }
            }
            ReviewAct::CallCheckOff { of } if self.awaits(of) => Revision::CheckCalledOff { of },
            ReviewAct::FinishCheck => Revision::CheckFinished { of: asked.ok_or(ReviewRefusal::NotAsked)? },
            ReviewAct::CallCheckOff { .. } => return Err(ReviewRefusal::NotAsked),
        };
        Ok((reviewer.as_reviser(me, service_number), revision))
    }

    fn certification(
        &self,
        log: &VerifiedLog,
        reviewer: &Reviewer,
        seen: Vec<LineVersion>,
    ) -> Result<Revision, ReviewRefusal> {
        if !(1..=MAX_LINES).contains(&seen.len()) {
            return Err(ReviewRefusal::LinesMalformed);
        }
        let spoken = reviewer.languages(log);
        for version in &seen {
            let line = self.seen_line(log, *version)?;
            let speaker = log.everybody.iter().find(|participant| participant.id == line.speaker);
            // What was transcribed as a neighbour is judged by whoever speaks what was said. A mediator says things in two.
            let own =
                speaker.filter(|speaker| speaker.role != Role::Mediator).map(|speaker| &speaker.language);
            let of_line = [Some(&line.language), own];
            let understood =
                of_line.into_iter().flatten().any(|tag| spoken.iter().any(|own| own.same_language(tag)));
            if !understood {
                return Err(ReviewRefusal::NotYourLanguage);
            }
        }
        Ok(Revision::LinesCertified { lines: seen })
    }

    fn seen_line<'a>(
        &self,
        log: &'a VerifiedLog,
        seen: LineVersion,
    ) -> Result<&'a TranscriptLine, ReviewRefusal> {
        let entry = log.transcript.iter().find(|(number, _)| *number == seen.line);
        let Some((_, TranscriptEntry::Line(line))) = entry else { return Err(ReviewRefusal::NoSuchLine) };
        if self.version(seen.line) == seen.version { Ok(line) } else { Err(ReviewRefusal::LineChanged) }
    }
}

fn text_of(text: &str) -> Result<String, ReviewRefusal> {
    let text = text.trim();
    let fits = (1..=TranscriptLine::MAX_CHARS).contains(&text.chars().count());
    if fits { Ok(text.to_owned()) } else { Err(ReviewRefusal::TextMalformed) }
}

fn number_of(number: &str) -> Result<String, ReviewRefusal> {
    let number = number.trim();
    if is_register_number(number) { Ok(number.to_owned()) } else { Err(ReviewRefusal::NumberMalformed) }
}
