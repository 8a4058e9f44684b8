//! `kill -9` of the relay in mid-call: nothing acknowledged is lost, the chain holds, and the call goes on.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use dragoman_core::ids::ParticipantId;
use dragoman_core::session_types::{Phase, Role};
use dragoman_core::time::UnixMillis;
use dragoman_core::wire::ParticipantMessage;
use dragoman_relay::record::verify_file;
use dragoman_tests::call::{Call, Party};
use dragoman_tests::relay::RelayProcess;
use dragoman_tests::scribe::{Scribe, line};

const ROUNDS: usize = 3;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_and_the_call_goes_on() -> Result<()> {
    let data = tempfile::tempdir()?;
    let mut relay = RelayProcess::start(data.path()).await?;
    let links = relay.links().await?;
    let link = |path: &str| links.pointer(path).and_then(|link| link.as_str()).unwrap_or_default().to_owned();
    let url = relay.url.clone();
    let mut call = Call::establish(&url, &link("/officer"), &link("/mediators/0/link"), "sq").await?;
    let mut scribe = Scribe::join(&url, &mut call).await?;
    let speaker = speaker(&mut call).await?;

    let mut acknowledged = Vec::new();
    let mut worst = Duration::ZERO;
    for round in 0..ROUNDS {
        for number in 0..5 {
            let text = format!("line {number} of round {round}");
            scribe.write(&mut call, line(speaker, "en", &text, UnixMillis(1))?).await?;
            acknowledged.push(text);
        }
        // One more, in flight while the power goes.
        let lost = line(speaker, "en", "lost or not", UnixMillis(1))?;
        scribe.socket.send(&ParticipantMessage::AddTranscriptLine { line: lost }).await?;
        relay.kill()?;
        relay.restart().await?;
        let back = Instant::now();
        let session = call.session;
        call.officer = Party::enter(call.officer.client, session).await?;
        call.mediator = Party::enter(call.mediator.client, session).await?;
        call.interviewee = Party::enter(call.interviewee.client, session).await?;
        scribe.socket = scribe.client.session_socket(session).await?;
        heard_again(&mut call).await?;
        worst = worst.max(back.elapsed());
        scribe.is_transcribing().await?;
    }
    assert!(worst < Duration::from_secs(10));
    println!("{ROUNDS} power cuts: all three heard each other at most {worst:?} after the relay was back");

    call.officer.socket.send(&ParticipantMessage::EndSession).await?;
    call.officer.socket.phase(Phase::Sealed).await?;
    let path = format!("/api/v1/sessions/{}/record?reason=test%20of%20a%20power%20cut", call.session);
    let file = data.path().join("record.zip");
    std::fs::write(&file, call.officer.client.get(&path).await?)?;
    let verified = verify_file(&file, None)?;
    let transcript = transcript(&file)?;
    for text in &acknowledged {
        assert_eq!(transcript.matches(text.as_str()).count(), 1, "'{text}' was acknowledged");
    }
    assert!(verified.lines >= acknowledged.len());
    Ok(())
}

async fn speaker(call: &mut Call) -> Result<ParticipantId> {
    let view = call.officer.socket.phase(Phase::Live).await?;
    let officer = view.participants.iter().find(|participant| participant.role == Role::Officer);
    Ok(officer.context("no officer")?.id)
}

/// The officer talks until both others have heard it.
async fn heard_again(call: &mut Call) -> Result<()> {
    let (mut mediator, mut interviewee) = (false, false);
    for number in 0..500_u32 {
        call.officer.peer.send(&number.to_be_bytes()).await?;
        mediator |= call.mediator.peer.receive(Duration::from_millis(10)).await?.is_some();
        interviewee |= call.interviewee.peer.receive(Duration::from_millis(10)).await?.is_some();
        if mediator && interviewee {
            return Ok(());
        }
    }
    anyhow::bail!("no audio within 10 s")
}

fn transcript(record: &std::path::Path) -> Result<String> {
    let mut archive = zip::ZipArchive::new(std::fs::File::open(record)?)?;
    Ok(std::io::read_to_string(archive.by_name("transcript.txt")?)?)
}
