//! A hundred mediators accept one offer at the same moment, a thousand times: exactly one gets it, each time.

use anyhow::Result;
use dragoman_core::ids::{AccountId, MediatorId, ParticipantId, SessionId};
use dragoman_core::language::LanguagePair;
use dragoman_core::relay::{Act, Input};
use dragoman_core::rest::AccountRole;
use dragoman_core::roster::{Level, LoadLimits, Mediator, Profile, SpokenLanguage};
use dragoman_core::session_types::{OfferState, Place, SessionRequest, Widening};
use dragoman_core::time::UnixMillis;
use dragoman_relay::store::{Account, Batch, NewSession, StoreError};
use dragoman_tests::relay::TestRelay;
use uuid::Uuid;

const MEDIATORS: u128 = 100;
const ROUNDS: u128 = 1_000;

fn mediator(number: u128) -> Result<Mediator> {
    let spoken =
        |tag: &str| Ok::<_, anyhow::Error>(SpokenLanguage { tag: tag.parse()?, level: Level::Fluent });
    let profile = Profile::new(&format!("Racer {number}"), vec![spoken("so")?, spoken("en")?]);
    // No rest: the same hundred race again and again.
    let load = LoadLimits { minutes_a_day: 1_440, rest_minutes: 0 };
    let profile = Profile { load, ..profile.cleared(UnixMillis(1)) };
    Ok(Mediator { id: MediatorId(Uuid::from_u128(number)), profile })
}

async fn officer(relay: &TestRelay) -> Result<AccountId> {
    let (id, login, role) =
        (AccountId(Uuid::from_u128(7)), "racing.officer".to_owned(), AccountRole::Officer);
    let language = "en".parse()?;
    let account = Account { id, login, role, language, mediator: None, password_hash: None, agency: None };
    relay.app.store.add_account(&account, relay.app.now()).await?;
    Ok(id)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn exactly_one_assignment_each_time() -> Result<()> {
    let relay = TestRelay::start().await?;
    let engine = &relay.app.engine;
    let officer_account = officer(&relay).await?;
    for number in 1..=MEDIATORS {
        let mediator = mediator(number)?;
        let id = mediator.id;
        engine.input(Input::PutMediator(mediator)).await?;
        engine.input(Input::SetReady(id, true)).await?;
        engine.input(Input::SetReachable(id, true)).await?;
    }
    let languages = LanguagePair { source: "so".parse()?, target: "en".parse()? };
    let request = SessionRequest::between(languages);
    for round in 0..ROUNDS {
        let (session, officer) =
            (SessionId(Uuid::from_u128(round + 1)), ParticipantId(Uuid::from_u128(round + 1)));
        engine
            .input(Input::RequestSession { session, officer_account, officer, request: request.clone() })
            .await?;
        // Two more waves, so that all hundred ring at once.
        for _ in 0..2 {
            engine.act(session, officer, Act::Widen(Widening::RingAgain)).await?;
        }
        let ringing = engine
            .read(move |relay| {
                let session = relay.session(session)?;
                Some(session.ringing().map(|offer| (offer.number, offer.mediator)).collect::<Vec<_>>())
            })
            .await?
            .unwrap_or_default();
        assert_eq!(ringing.len() as u128, MEDIATORS);
        let accepts = ringing.into_iter().map(|(offer, mediator)| {
            let (engine, participant) = (engine.clone(), ParticipantId(Uuid::new_v4()));
            let accept = Input::AcceptOffer { session, offer, mediator, participant };
            tokio::spawn(async move { engine.input(accept).await.is_ok() })
        });
        let mut accepted = 0;
        for accept in accepts.collect::<Vec<_>>() {
            accepted += usize::from(accept.await?);
        }
        assert_eq!(accepted, 1, "round {round}");
        let states = engine
            .read(move |relay| {
                relay.session(session).map(|s| s.offers.iter().map(|o| o.state).collect::<Vec<_>>())
            })
            .await?
            .unwrap_or_default();
        let count = |wanted| states.iter().filter(|state| **state == wanted).count();
        assert_eq!((count(OfferState::Accepted), count(OfferState::Withdrawn)), (1, 99), "round {round}");
        engine.act(session, officer, Act::End).await?;
    }
    println!("{ROUNDS} rounds, {MEDIATORS} mediators each: one assignment every time");
    Ok(())
}

/// The database alone decides as well: without the engine's order in front of it, one conditional update wins.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_store_lets_one_assignment_pass() -> Result<()> {
    let relay = TestRelay::start().await?;
    let account = officer(&relay).await?;
    let store = &relay.app.store;
    for round in 0..50_u128 {
        let session = SessionId(Uuid::from_u128(round + 1));
        let languages = LanguagePair { source: "so".parse()?, target: "en".parse()? };
        let created = vec![NewSession {
            id: session,
            officer_account: account,
            requested_at: UnixMillis(1),
            request: SessionRequest::between(languages),
        }];
        store.write(&Batch { created, ..Batch::default() }).await?;
        let writes = (1..=20_u128).map(|number| {
            let assigned = vec![(
                session,
                Place::default(),
                MediatorId(Uuid::from_u128(round * 100 + number)),
                UnixMillis(2),
            )];
            let (store, batch) = (store.clone(), Batch { assigned, ..Batch::default() });
            tokio::spawn(async move { store.write(&batch).await })
        });
        let mut won = 0;
        for write in writes.collect::<Vec<_>>() {
            match write.await? {
                Ok(()) => won += 1,
                Err(StoreError::PlaceTaken) => {}
                Err(other) => return Err(other.into()),
            }
        }
        assert_eq!(won, 1, "round {round}");
    }
    Ok(())
}
