//! Rings a telephone through a SIP trunk (RFC 3261, over UDP). The library (`rsipstack`) has the transactions, the dialog
//! and the digest; here is what is asked of it.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use rsipstack::EndpointBuilder;
use rsipstack::dialog::authenticate::Credential;
use rsipstack::dialog::dialog_layer::DialogLayer;
use rsipstack::dialog::invitation::InviteOption;
use rsipstack::platform::CancellationToken;
use rsipstack::sip::{Method, StatusCodeKind, Transport, Uri};
use rsipstack::transaction::CallIdFormat;
use rsipstack::transaction::endpoint::EndpointOption;
use rsipstack::transport::udp::UdpConnection;
use rsipstack::transport::{SipAddr, TransportLayer};

use super::dialog::{self, PhoneCall};
use super::line::{Line, Port};
use super::sdp::{self, Agreed};
use crate::error::{ClientError, Result};

/// What is said about ourselves: no version, no machine.
const NAME: &str = "dragoman";

/// How a phone is reached.
#[derive(Clone)]
pub struct TrunkOptions {
    /// Whom to ring: `sip:+355…@trunk`.
    pub number: String,
    /// The trunk's host and port.
    pub trunk: String,
    /// Who rings, as the trunk wants it (`sip:…`). Usually the user at the trunk.
    pub caller: Option<String>,
    /// User and password, where the trunk asks for them (digest).
    pub login: Option<(String, String)>,
    /// Our own address for SIP; usually the one that leads to the trunk, and any port.
    pub local: Option<SocketAddr>,
    /// Our own port for sound; 0: any.
    pub rtp_port: u16,
    /// How long a phone rings at most; usually the relay takes the ring back before.
    pub ring_for: Duration,
}

impl std::fmt::Debug for TrunkOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TrunkOptions").field("trunk", &self.trunk).finish_non_exhaustive()
    }
}

/// Why nobody is on the line. Nothing in it names a number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum NotReached {
    /// The phone, or the trunk, said no: the SIP status.
    Refused(u16),
    /// Nobody picked up.
    NoAnswer,
    /// The trunk did not answer, or not in a way that is understood.
    Trunk,
    /// Codec or address could not be agreed on.
    Sound,
}

/// See the module's page.
pub struct Trunk {
    layer: Arc<DialogLayer>,
    options: TrunkOptions,
    address: SocketAddr,
    own: SocketAddr,
    number: Uri,
    caller: Uri,
    stop: CancellationToken,
}

impl std::fmt::Debug for Trunk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Trunk").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Trunk {
    /// Opens the SIP port. Nothing is sent before the first ring. What does not come from the trunk's address is ignored.
    ///
    /// # Errors
    /// [`ClientError::Phone`] if an address can not be used.
    pub async fn open(options: TrunkOptions) -> Result<Self> {
        let wrong = |what: &str| ClientError::Phone(format!("{what}: give it as sip:NUMBER@HOST"));
        let address = tokio::net::lookup_host(&options.trunk)
            .await
            .map_err(|e| ClientError::Phone(format!("the trunk {}: {e}", options.trunk)))?
            .find(|address| options.local.is_none_or(|local| local.is_ipv4() == address.is_ipv4()))
            .ok_or_else(|| ClientError::Phone(format!("the trunk {} has no address", options.trunk)))?;
        let number = Uri::try_from(options.number.as_str()).map_err(|_| wrong("the number"))?;
        let local = match options.local {
            Some(local) => local,
            None => SocketAddr::new(way_to(address)?, 0),
        };
        let user = options.login.as_ref().map_or(NAME, |(user, _)| user);
        let caller = options.caller.clone().unwrap_or_else(|| format!("sip:{user}@{}", host(address)));
        let caller = Uri::try_from(caller.as_str()).map_err(|_| wrong("the caller"))?;

        let failed = |e: rsipstack::Error| ClientError::Phone(format!("the SIP port {local}: {e}"));
        let stop = CancellationToken::new();
        let connection = UdpConnection::create_connection(local, None, Some(stop.child_token()));
        let connection = connection.await.map_err(failed)?;
        let own = connection.get_addr().get_socketaddr().map_err(failed)?;
        let transport = TransportLayer::new(stop.child_token());
        let ip = address.ip();
        transport.set_whitelist(move |from: IpAddr| async move { from == ip });
        transport.add_transport(connection.into());
        let endpoint = EndpointBuilder::new()
            .with_cancel_token(stop.clone())
            .with_transport_layer(transport)
            .with_user_agent(NAME)
            .with_option(EndpointOption { callid_format: CallIdFormat::Uuid, ..EndpointOption::default() })
            .with_allows(vec![
                Method::Invite,
                Method::Ack,
                Method::Cancel,
                Method::Bye,
                Method::Options,
                Method::Update,
            ])
            .build();
        let layer = Arc::new(DialogLayer::new(endpoint.inner.clone()));
        let incoming = endpoint.incoming_transactions().map_err(failed)?;
        tokio::spawn(dialog::answer_requests(layer.clone(), incoming));
        tokio::spawn(async move { endpoint.serve().await });
        Ok(Self { layer, options, address, own, number, caller, stop })
    }

    /// Our own SIP address.
    pub fn local(&self) -> SocketAddr {
        self.own
    }

    /// Rings until somebody picks up. Dropping the future takes the ring back (CANCEL).
    pub(super) async fn ring(&self) -> std::result::Result<PhoneCall, NotReached> {
        let port = Port::open(self.own.ip(), self.options.rtp_port).await.map_err(|error| {
            tracing::warn!(%error, "the phone can not be rung");
            NotReached::Sound
        })?;
        let own = port.address().map_err(|_| NotReached::Sound)?;
        let id = rand::random::<u32>() >> 1;
        let (states, news) = self.layer.new_dialog_state_channel();
        let invited = self.layer.do_invite(self.invitation(sdp::offer(own, id))?, states);
        let (dialog, answer) = match tokio::time::timeout(self.options.ring_for, invited).await {
            Err(_) => return Err(NotReached::NoAnswer),
            Ok(Err(error)) => {
                // The library's text may repeat what was received.
                tracing::warn!(kind = error_kind(&error), "the trunk does not answer as it should");
                return Err(NotReached::Trunk);
            }
            Ok(Ok((dialog, answer))) => (dialog, answer.ok_or(NotReached::Trunk)?),
        };
        let status = answer.status_code.code();
        if answer.status_code.kind() != StatusCodeKind::Successful {
            return Err(NotReached::Refused(status));
        }
        let held = dialog::HangUp::new(self.layer.clone(), dialog);
        let agreed =
            std::str::from_utf8(&answer.body).ok().and_then(Agreed::read).ok_or(NotReached::Sound)?;
        let line = Line::open(port, agreed).map_err(|_| NotReached::Sound)?;
        Ok(PhoneCall::new(line, held, news, id))
    }

    fn invitation(&self, offer: String) -> std::result::Result<InviteOption, NotReached> {
        let contact = format!("sip:{NAME}@{}", self.own);
        let credential = self.options.login.clone().map(|(username, password)| Credential {
            username,
            password,
            realm: None,
            auth_username: None,
        });
        Ok(InviteOption {
            caller: self.caller.clone(),
            callee: self.number.clone(),
            destination: Some(SipAddr { r#type: Some(Transport::Udp), addr: self.address.into() }),
            content_type: Some("application/sdp".to_owned()),
            offer: Some(offer.into_bytes()),
            contact: Uri::try_from(contact.as_str()).map_err(|_| NotReached::Trunk)?,
            credential,
            ..InviteOption::default()
        })
    }
}

impl Drop for Trunk {
    fn drop(&mut self) {
        // A call that was hung up just now still has its last words to send; then the port is closed.
        let stop = self.stop.clone();
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                tokio::time::sleep(Duration::from_secs(1)).await;
                stop.cancel();
            });
        }
    }
}

/// Which of our addresses leads there. Nothing is sent.
fn way_to(address: SocketAddr) -> Result<IpAddr> {
    let any: SocketAddr = if address.is_ipv6() { ([0_u16; 8], 0).into() } else { ([0_u8; 4], 0).into() };
    let way = std::net::UdpSocket::bind(any).and_then(|socket| {
        socket.connect(address)?;
        socket.local_addr()
    });
    Ok(way.map_err(|e| ClientError::Phone(format!("no way to the trunk {address}: {e}")))?.ip())
}

/// As a URI's host: IPv6 in brackets.
fn host(address: SocketAddr) -> String {
    match address {
        SocketAddr::V4(address) => address.ip().to_string(),
        SocketAddr::V6(address) => format!("[{}]", address.ip()),
    }
}

fn error_kind(error: &rsipstack::Error) -> &'static str {
    match error {
        rsipstack::Error::TransactionError(..) => "transaction",
        rsipstack::Error::TransportLayerError(..) => "transport",
        rsipstack::Error::DialogError(..) => "dialog",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rsipstack::sip::SipMessage;

    const BYE: &[u8] = b"BYE sip:dragoman@192.0.2.1:5060 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bK7;rport\r\n\
        From: <sip:phone@192.0.2.9>;tag=1\r\nTo: \"d\" <sip:dragoman@192.0.2.9>;tag=2\r\nCall-ID: 1\r\nCSeq: 2 BYE\r\n\
        Contact: <sip:phone@192.0.2.9:5060>\r\nContent-Length: 0\r\n\r\n";

    proptest! {
        /// The library reads what comes from the trunk before we do.
        #[test]
        fn junk_never_panics(
            junk in proptest::collection::vec(any::<u8>(), 0..300),
            changes in proptest::collection::vec((0..BYE.len(), any::<u8>()), 0..12),
            length in 0..=BYE.len(),
        ) {
            let _ = SipMessage::try_from(junk.as_slice());
            let mut message = BYE.to_vec();
            for (at, byte) in changes {
                message[at] = byte;
            }
            let _ = SipMessage::try_from(&message[..length]);
            prop_assert!(SipMessage::try_from(BYE).is_ok());
        }
    }
}
