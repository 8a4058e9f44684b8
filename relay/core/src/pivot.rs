//! Chains of two mediators, for a pair that nobody speaks: interviewee's language → one between → officer's.

use std::cmp::Reverse;

use crate::dispatch::Dispatcher;
use crate::language::{LanguagePair, LanguageTag};
use crate::session::Session;
use crate::session_types::Candidate;

/// Chains that are offered at most.
const MOST: usize = 3;

/// One chain that could be rung now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Chain {
    /// The language between.
    pub via: LanguageTag,
    /// How many could take the half of which there are fewer.
    pub reach: usize,
    /// Points of the best two mediators together.
    pub score: u32,
}

/// The best chains for a session, best first: by the points of the best two, then by how many could step in.
pub fn best_chains(dispatcher: &Dispatcher<'_>, session: &Session) -> Vec<Chain> {
    let LanguagePair { source, target } = &session.request.languages;
    if session.via.is_some() {
        return Vec::new();
    }
    let between = dispatcher.roster.languages_beside(source).into_iter();
    let between = between.filter(|via| !via.same_language(source) && !via.same_language(target));
    let mut chains: Vec<Chain> = between.filter_map(|via| chain(dispatcher, session, via)).collect();
    chains.sort_by_key(|chain| (Reverse(chain.score), Reverse(chain.reach), chain.via.clone()));
    chains.truncate(MOST);
    chains
}

fn chain(dispatcher: &Dispatcher<'_>, session: &Session, via: LanguageTag) -> Option<Chain> {
    let LanguagePair { source, target } = session.request.languages.clone();
    let half = |source: LanguageTag, target: LanguageTag| {
        let languages = LanguagePair { source, target };
        let ranked = dispatcher.rank_as(session, &session.request, &languages, session.adjacent_allowed);
        ranked.into_iter().filter(|candidate| candidate.eligible).collect::<Vec<Candidate>>()
    };
    let first = half(source, via.clone());
    let second = half(via.clone(), target);
    let score = first.first()?.score + second.first()?.score;
    Some(Chain { via, reach: first.len().min(second.len()), score })
}
