//! A TURN client over UDP without manners: it asks for anything, and says what was answered.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, ensure};
use dragoman_core::wire::IceServer;
use dragoman_relay::media::secure::Identity;
use rtc_stun::attributes::{
    ATTR_CHANNEL_NUMBER, ATTR_DATA, ATTR_LIFETIME, ATTR_NONCE, ATTR_REALM, ATTR_REQUESTED_TRANSPORT,
    ATTR_USERNAME, ATTR_XOR_PEER_ADDRESS, AttrType,
};
use rtc_stun::error_code::ErrorCodeAttribute;
use rtc_stun::integrity::MessageIntegrity;
use rtc_stun::message::{
    CLASS_INDICATION, CLASS_REQUEST, CLASS_SUCCESS_RESPONSE, Getter as _, METHOD_ALLOCATE,
    METHOD_CHANNEL_BIND, METHOD_CREATE_PERMISSION, METHOD_REFRESH, METHOD_SEND, Message, MessageClass,
    MessageType, Method, Setter as _, TransactionId,
};
use rtc_stun::xoraddr::XorMappedAddress;
use tokio::net::UdpSocket;
use tokio::time::timeout;

/// UDP, as REQUESTED-TRANSPORT names it.
const UDP: u8 = 17;

/// What a request was answered with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    /// It was done.
    Success,
    /// It was refused with this code.
    Error(u16),
}

/// See the module's page.
pub struct TurnClient {
    socket: UdpSocket,
    server: IceServer,
    realm: String,
    nonce: String,
    identity: Identity,
}

impl TurnClient {
    /// A new client, at a new port.
    pub async fn connect(address: SocketAddr, server: IceServer) -> anyhow::Result<Self> {
        let socket = UdpSocket::bind("127.0.0.1:0").await?;
        socket.connect(address).await?;
        let (realm, nonce) = (String::new(), String::new());
        Ok(Self { socket, server, realm, nonce, identity: Identity::generate()? })
    }

    /// Asks for an allocation, over UDP.
    pub async fn allocate(&mut self) -> anyhow::Result<Answer> {
        self.allocate_by(UDP).await
    }

    /// Asks for an allocation, over the protocol with this number.
    pub async fn allocate_by(&mut self, protocol: u8) -> anyhow::Result<Answer> {
        self.ask(METHOD_ALLOCATE, &[(ATTR_REQUESTED_TRANSPORT, vec![protocol, 0, 0, 0])], &[]).await
    }

    /// Asks for another lifetime, in seconds; 0 ends the allocation.
    pub async fn refresh(&mut self, seconds: u32) -> anyhow::Result<Answer> {
        self.ask(METHOD_REFRESH, &[(ATTR_LIFETIME, seconds.to_be_bytes().to_vec())], &[]).await
    }

    /// Asks to be let through to peers.
    pub async fn create_permission(&mut self, peers: &[SocketAddr]) -> anyhow::Result<Answer> {
        self.ask(METHOD_CREATE_PERMISSION, &[], peers).await
    }

    /// Asks for a channel to a peer.
    pub async fn channel_bind(&mut self, channel: u16, peer: SocketAddr) -> anyhow::Result<Answer> {
        let [high, low] = channel.to_be_bytes();
        self.ask(METHOD_CHANNEL_BIND, &[(ATTR_CHANNEL_NUMBER, vec![high, low, 0, 0])], &[peer]).await
    }

    /// Sends to a peer without asking.
    pub async fn send_indication(&self, peer: SocketAddr, data: &[u8]) -> anyhow::Result<()> {
        let message = message(METHOD_SEND, CLASS_INDICATION, &[(ATTR_DATA, data.to_vec())], &[peer])?;
        self.socket.send(&message.raw).await?;
        Ok(())
    }

    /// Sends by a channel without asking.
    pub async fn channel_data(&self, channel: u16, data: &[u8]) -> anyhow::Result<()> {
        let mut bytes = channel.to_be_bytes().to_vec();
        bytes.extend(u16::try_from(data.len())?.to_be_bytes());
        bytes.extend(data);
        self.socket.send(&bytes).await?;
        Ok(())
    }

    /// One request; once more where the first was only to learn realm and nonce.
    async fn ask(
        &mut self,
        method: Method,
        attributes: &[(AttrType, Vec<u8>)],
        peers: &[SocketAddr],
    ) -> anyhow::Result<Answer> {
        if self.nonce.is_empty() {
            let answer = self.exchange(message(method, CLASS_REQUEST, attributes, peers)?).await?;
            self.realm = String::from_utf8(answer.get(ATTR_REALM)?)?;
            self.nonce = String::from_utf8(answer.get(ATTR_NONCE)?)?;
        }
        let mut request = message(method, CLASS_REQUEST, attributes, peers)?;
        request.add(ATTR_USERNAME, self.server.username.as_bytes());
        request.add(ATTR_REALM, self.realm.as_bytes());
        request.add(ATTR_NONCE, self.nonce.as_bytes());
        let (user, password) = (self.server.username.clone(), self.server.credential.clone());
        let crypto = self.identity.provider().crypto();
        MessageIntegrity::new_long_term_integrity_with_provider(user, self.realm.clone(), password, crypto)?
            .add_to(&mut request)?;
        let answer = self.exchange(request).await?;
        if answer.typ.class == CLASS_SUCCESS_RESPONSE {
            return Ok(Answer::Success);
        }
        let mut error = ErrorCodeAttribute::default();
        error.get_from(&answer)?;
        Ok(Answer::Error(error.code.0))
    }

    async fn exchange(&self, request: Message) -> anyhow::Result<Message> {
        self.socket.send(&request.raw).await?;
        let mut buffer = [0; 2_048];
        let length = timeout(Duration::from_secs(10), self.socket.recv(&mut buffer)).await;
        let mut answer = Message::new();
        answer.unmarshal_binary(&buffer[..length.context("the server does not answer")??])?;
        ensure!(answer.transaction_id == request.transaction_id, "this answers something else");
        Ok(answer)
    }
}

fn message(
    method: Method,
    class: MessageClass,
    attributes: &[(AttrType, Vec<u8>)],
    peers: &[SocketAddr],
) -> anyhow::Result<Message> {
    let mut message = Message::new();
    message.typ = MessageType::new(method, class);
    message.transaction_id = TransactionId::new();
    message.write_header();
    for (kind, value) in attributes {
        message.add(*kind, value);
    }
    for peer in peers {
        XorMappedAddress { ip: peer.ip(), port: peer.port() }
            .add_to_as(&mut message, ATTR_XOR_PEER_ADDRESS)?;
    }
    Ok(message)
}
