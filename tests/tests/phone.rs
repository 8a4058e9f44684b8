//! A mediator without data: baresip is the telephone, and everything else is real too.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use dragoman_client::audio::read_wav;
use dragoman_client::net::{ApiClient, Link, Trust};
use dragoman_client::phone::{PhoneEvent, PhoneMediator, Pin, Trunk, TrunkOptions};
use dragoman_client::roles::SignIn;
use dragoman_core::session_types::Phase;
use dragoman_core::wire::ParticipantMessage;
use dragoman_tests::correlation::align;
use dragoman_tests::natives::{Native, request, signed_in};
use dragoman_tests::relay::{TestRelay, free_address};
use dragoman_tests::speech::{Phrases, speak};
use dragoman_tests::telephone::Telephone;
use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

/// Of the demonstration's roster, the only one who speaks French.
const OWL: usize = 6;
const PIN: &str = "4711";
const SECOND: usize = 48_000;

/// A relay, and a bridge to one telephone.
struct Bridge {
    _relay: TestRelay,
    officer: ApiClient,
    events: mpsc::UnboundedReceiver<PhoneEvent>,
    /// Where it takes SIP, and where a phone's sound.
    sip: SocketAddr,
    sound: SocketAddr,
    task: JoinHandle<()>,
}

impl Bridge {
    async fn to(phone: &Telephone) -> Result<Self> {
        let relay = TestRelay::start().await?;
        let officer = signed_in(&relay.links.officer).await?;
        let sound = free_address()?;
        let options = TrunkOptions {
            number: format!("sip:phone@{}", phone.address),
            trunk: phone.address.to_string(),
            caller: None,
            login: None,
            local: None,
            rtp_port: sound.port(),
            ring_for: Duration::from_secs(60),
        };
        let trunk = Trunk::open(options).await?;
        let sip = trunk.local();
        let link: Link = relay.links.mediators[OWL].link.parse()?;
        let api = ApiClient::new(link.relay.clone(), Trust::new(None)?)?;
        let bridge = PhoneMediator { api, account: SignIn::Link(link), trunk, pin: Pin::new(PIN)? };
        let (tell, events) = mpsc::unbounded_channel();
        let task = tokio::spawn(async move {
            let _ = bridge.run(move |event| drop(tell.send(event))).await;
        });
        let mut bridge = Self { _relay: relay, officer, events, sip, sound, task };
        bridge.event(|event| matches!(event, PhoneEvent::Ready)).await?;
        Ok(bridge)
    }

    async fn event(&mut self, wished: impl Fn(&PhoneEvent) -> bool) -> Result<PhoneEvent> {
        let next = async {
            while let Some(event) = self.events.recv().await {
                if wished(&event) {
                    return Ok(event);
                }
            }
            bail!("the bridge is over")
        };
        timeout(Duration::from_secs(15), next).await.context("the bridge did not say so")?
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Who ends a call.
#[derive(PartialEq)]
enum EndedBy {
    Phone,
    Officer,
}

/// Rings, asks for the PIN, carries sound both ways, and ends for both.
async fn a_call_through(codec: &str, by: EndedBy) -> Result<()> {
    let phrases = Phrases::read()?;
    let (of_phone, of_officer) = (spoken(&phrases.en[3], "fr")?, spoken(&phrases.en[5], "en+m3")?);
    let mut phone = Telephone::start(codec, &looped(&of_phone, 60)).await?;
    let mut bridge = Bridge::to(&phone).await?;
    let session = request(&bridge.officer, "fr").await?;
    let officer = Native::enter(bridge.officer.clone(), session, of_officer.clone()).await?;

    phone.rings().await?;
    phone.pick_up().await?;
    bridge.event(|event| matches!(event, PhoneEvent::PickedUp { .. })).await?;
    phone.press("4712#").await?;
    sleep(Duration::from_millis(300)).await;
    assert!(bridge.events.try_recv().is_err(), "a wrong PIN does not admit");
    phone.press("4711#").await?;
    bridge.event(|event| matches!(event, PhoneEvent::Admitted { .. })).await?;
    officer.call.wait_for(|view| view.phase == Phase::Briefing).await?;
    officer.call.connected().await?;
    throw_junk(&bridge).await?;
    sleep(Duration::from_millis(500)).await;

    let heard = officer.listen(Duration::from_secs(4)).await;
    match by {
        EndedBy::Phone => {
            // The phone asks anew within the call, as trunks do. Once held, baresip records nothing more, so this is last.
            phone.hold().await?;
            sleep(Duration::from_millis(300)).await;
            phone.resume().await?;
            let after = likeness(&of_phone, &officer.listen(Duration::from_secs(4)).await);
            assert!(after > 0.4, "{codec}: the officer hears the phone after it was held: {after}");
            phone.hang_up().await?;
        }
        EndedBy::Officer => {
            officer.call.send(ParticipantMessage::EndSession).await?;
            phone.is_over().await?;
        }
    }
    let ended = bridge.event(|event| matches!(event, PhoneEvent::Ended { .. })).await?;
    assert!(matches!(ended, PhoneEvent::Ended { report } if report.sent > 150));
    let by_phone = phone.heard().await?;
    let by_phone = &by_phone[by_phone.len().saturating_sub(4 * SECOND)..];
    for (who, heard, voice, own) in
        [("the officer", &heard[..], &of_phone, &of_officer), ("the phone", by_phone, &of_officer, &of_phone)]
    {
        let (right, wrong) = (likeness(voice, heard), likeness(own, heard));
        println!("{codec}: {who} hears the other: {right:.2}, and themselves: {wrong:.2}");
        assert!(right > 0.4, "{codec}: {who} hears the other: {right}");
        assert!(wrong < 0.2, "{codec}: {who} hears no echo: {wrong}");
    }
    assert!(phone.runs());
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mediator_interprets_by_telephone() -> Result<()> {
    a_call_through("PCMA/8000/1", EndedBy::Phone).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mediator_interprets_by_a_telephone_with_opus() -> Result<()> {
    a_call_through("opus/48000/2", EndedBy::Officer).await
}

/// The relay rings on when the phone is busy, and the phone stops when the relay does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_busy_phone_declines_and_an_offer_taken_back_stops_the_ring() -> Result<()> {
    let mut phone = Telephone::start("PCMA/8000/1", &vec![0.0; 30 * SECOND]).await?;
    let mut bridge = Bridge::to(&phone).await?;
    let busy = request(&bridge.officer, "fr").await?;
    let officer = Native::enter(bridge.officer.clone(), busy, vec![0.0; SECOND].into()).await?;
    phone.rings().await?;
    phone.hang_up().await?;
    let declined = bridge.event(|event| matches!(event, PhoneEvent::Declined { .. })).await?;
    assert!(
        matches!(declined, PhoneEvent::Declined { session, reason: "refused", status: Some(486 | 603) } if session == busy),
        "{declined:?}"
    );
    officer.call.wait_for(|view| view.phase == Phase::Unanswered).await?;
    officer.call.send(ParticipantMessage::EndSession).await?;
    officer.call.ended().await;

    let withdrawn = request(&bridge.officer, "fr").await?;
    let officer = Native::enter(bridge.officer.clone(), withdrawn, vec![0.0; SECOND].into()).await?;
    phone.rings().await?;
    officer.call.wait_for(|view| view.phase == Phase::Ringing).await?;
    officer.call.send(ParticipantMessage::EndSession).await?;
    let event = bridge.event(|event| matches!(event, PhoneEvent::Withdrawn { .. })).await?;
    assert!(matches!(event, PhoneEvent::Withdrawn { session } if session == withdrawn), "{event:?}");
    phone.is_over().await
}

/// Whoever does not know the PIN is hung up on, and the relay rings on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_wrong_pins_are_the_end() -> Result<()> {
    let mut phone = Telephone::start("PCMU/8000/1", &vec![0.0; 30 * SECOND]).await?;
    let mut bridge = Bridge::to(&phone).await?;
    let session = request(&bridge.officer, "fr").await?;
    let officer = Native::enter(bridge.officer.clone(), session, vec![0.0; SECOND].into()).await?;
    phone.rings().await?;
    phone.pick_up().await?;
    phone.press("0000#471#47111#").await?;
    let declined =
        bridge.event(|event| !matches!(event, PhoneEvent::Rings { .. } | PhoneEvent::PickedUp { .. }));
    let declined = declined.await?;
    assert!(matches!(declined, PhoneEvent::Declined { reason: "wrong_pin", .. }), "{declined:?}");
    phone.is_over().await?;
    officer.call.wait_for(|view| view.phase == Phase::Unanswered).await?;
    Ok(())
}

/// From the trunk's own address, but for the port: SIP that is none or belongs to no call, and sound of somebody else.
async fn throw_junk(bridge: &Bridge) -> Result<()> {
    let thrower = UdpSocket::bind("127.0.0.1:0").await?;
    let from = thrower.local_addr()?;
    let mut state = 7_u32;
    for number in 0..200_u32 {
        let mut junk: Vec<u8> = (0..number * 3)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                state.to_be_bytes()[0]
            })
            .collect();
        thrower.send_to(&junk, bridge.sip).await?;
        let method =
            ["INVITE", "BYE", "CANCEL", "ACK", "OPTIONS", "REFER", "PRACK", "FOO"][number as usize % 8];
        let request = format!(
            "{method} sip:dragoman@{} SIP/2.0\r\nVia: SIP/2.0/UDP {from};branch=z9hG4bK{number}\r\n\
             From: <sip:x@{from}>;tag={number}\r\nTo: <sip:dragoman@{}>;tag=9\r\nCall-ID: {number}\r\n\
             CSeq: 1 {method}\r\nContact: <sip:x@{from}>\r\nContent-Length: 0\r\n\r\n",
            bridge.sip, bridge.sip
        );
        thrower.send_to(request.as_bytes(), bridge.sip).await?;
        // Sound like the phone's own, version 2 and PCMA.
        junk.splice(0..junk.len().min(2), [0x80, 8]);
        thrower.send_to(&junk, bridge.sound).await?;
    }
    Ok(())
}

/// The best of the alignments of single words: a clock that is evened out shifts the parts of a phrase.
fn likeness(voice: &[f32], heard: &[f32]) -> f64 {
    let parts = heard.chunks_exact(SECOND).map(|part| align(voice, part).correlation);
    parts.fold(0.0, f64::max)
}

fn spoken(text: &str, voice: &str) -> Result<Arc<[f32]>> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("speech.wav");
    speak(text, voice, 160, &file)?;
    Ok(read_wav(&file)?.into())
}

fn looped(voice: &[f32], seconds: usize) -> Vec<f32> {
    voice.iter().copied().cycle().take(seconds * SECOND).collect()
}
