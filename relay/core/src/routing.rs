//! Who hears whom. One pure function; the media path carries out what it says and nothing else.
//!
//! | phase | officer ↔ mediators ↔ each other | interviewee, observers ↔ all | → scribe |
//! |---|---|---|---|
//! | ringing, unanswered | – | – | – |
//! | briefing | yes | – | – |
//! | live | yes | yes | only while transcribing |
//! | stopped, sealed, abandoned | – | – | – |

use crate::session::{Participant, Session};
use crate::session_types::{Phase, Role, Route};

/// The routes of a session as it stands. Speakers and listeners in the order in which they joined.
pub fn routes(session: &Session) -> Vec<Route> {
    let may_hear =
        |from: &Participant, to: &Participant| from.id != to.id && hears(session, from.role, to.role);
    let people = &session.participants;
    let listeners =
        |from: &Participant| people.iter().filter(|to| may_hear(from, to)).map(|to| to.id).collect();
    let all = people.iter().map(|from| Route { from: from.id, to: listeners(from) });
    all.filter(|route| !route.to.is_empty()).collect()
}

fn hears(session: &Session, from: Role, to: Role) -> bool {
    match (session.phase(), from, to) {
        (_, Role::Scribe, _) => false,
        (Phase::Briefing, Role::Officer | Role::Mediator, Role::Officer | Role::Mediator) => true,
        (Phase::Live, _, Role::Scribe) => session.transcribing,
        (Phase::Live, ..) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::testing::session_in;

    /// Officer first; two mediators, as in a pivot.
    const ROLES: [Role; 6] =
        [Role::Officer, Role::Mediator, Role::Mediator, Role::Interviewee, Role::Observer, Role::Scribe];

    /// Every phase × speaker × listener × transcribing, against the table above, written out a second time.
    #[test]
    fn the_table_holds_for_every_case() {
        for transcribing in [false, true] {
            for phase in [
                Phase::Ringing,
                Phase::Unanswered,
                Phase::Briefing,
                Phase::Live,
                Phase::Stopped,
                Phase::Sealed,
                Phase::Abandoned,
            ] {
                let session = session_in(phase, &ROLES, transcribing);
                let routes = routes(&session);
                for from in &session.participants {
                    for to in &session.participants {
                        let heard =
                            routes.iter().any(|route| route.from == from.id && route.to.contains(&to.id));
                        let pair = (from.role, to.role);
                        let staff = [
                            (Role::Officer, Role::Mediator),
                            (Role::Mediator, Role::Officer),
                            (Role::Mediator, Role::Mediator),
                        ]
                        .contains(&pair);
                        let allowed = from.id != to.id
                            && from.role != Role::Scribe
                            && match phase {
                                Phase::Briefing => staff,
                                Phase::Live => to.role != Role::Scribe || transcribing,
                                _ => false,
                            };
                        assert_eq!(heard, allowed, "{phase:?} {pair:?} transcribing {transcribing}");
                    }
                }
            }
        }
    }
}
