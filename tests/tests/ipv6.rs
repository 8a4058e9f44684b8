//! A call where there is no IPv4: pages, signalling and audio over IPv6 alone.

use std::net::Ipv6Addr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use dragoman_core::session_types::{Phase, Role};
use dragoman_tests::correlation::align;
use dragoman_tests::natives::{Native, accept, invite, ready_desk, request, signed_in};
use dragoman_tests::relay::{TestRelay, free_address_of};
use dragoman_tests::speech::{Phrases, spoken};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn native_clients_hear_each_other_over_ipv6_alone() -> Result<()> {
    let address = free_address_of(Ipv6Addr::LOCALHOST.into())?;
    let relay = TestRelay::start_with(|settings| {
        settings.listen = Some(address.to_string());
        settings.public_url = Some(format!("http://{address}"));
    })
    .await?;
    assert_eq!(relay.app.media.announced(), [address], "no other address is told");
    let phrases = Phrases::read()?;
    let (of_officer, of_interviewee): (Arc<[f32]>, Arc<[f32]>) =
        (spoken(&phrases.en[3], "en+m3")?.into(), spoken(&phrases.sq[5], "sq+f2")?.into());

    let officer_api = signed_in(&relay.links.officer).await?;
    let mediator_api = signed_in(&relay.links.mediators[0].link).await?;
    let mut desk = ready_desk(&mediator_api).await?;
    let session = request(&officer_api, "sq").await?;
    accept(&mut desk).await?;
    let officer = Native::enter(officer_api.clone(), session, of_officer.clone()).await?;
    let mediator = Native::enter(mediator_api, session, vec![0.0; 48_000].into()).await?;
    let link = invite(&officer_api, session, Role::Interviewee).await?;
    let interviewee = Native::join(&link, of_interviewee.clone()).await?;
    for person in [&officer, &mediator, &interviewee] {
        person.call.connected().await.context("no way over IPv6")?;
        person.call.wait_for(|view| view.phase == Phase::Live).await?;
    }
    let (to_officer, to_interviewee) =
        tokio::join!(officer.listen(Duration::from_secs(5)), interviewee.listen(Duration::from_secs(5)),);
    // The clips begin again in the midst of what was listened to, so likeness is far from whole.
    let like = |voice: &[f32], heard: &[f32]| align(voice, heard).correlation;
    let heard = [like(&of_interviewee, &to_officer), like(&of_officer, &to_interviewee)];
    let own = [like(&of_officer, &to_officer), like(&of_interviewee, &to_interviewee)];
    println!("likeness of what is heard with the other's voice: {heard:.2?}, with one's own: {own:.2?}");
    assert!(heard.iter().all(|like| *like > 0.3) && own.iter().all(|like| *like < 0.1), "{heard:?} {own:?}");
    Ok(())
}
