//! A connection that is offered to: servers that make the offer themselves, as many conference servers do towards a
//! listener. Our relay answers; whoever compares it with another server needs the same client at both.

use dragoman_core::red::Redundancy;
use webrtc::peer_connection::RTCSessionDescription;

use super::arrival::Arrival;
use super::transport::{GATHER_TIMEOUT, Transport, Ways, media};
use crate::error::Result;

impl Transport {
    /// Listens to what a server offers, and makes the SDP answer. `deliver` is called as in [`Transport::offer`].
    ///
    /// # Errors
    /// [`crate::ClientError::Media`] if no UDP socket can be opened, or the offer can not be used.
    pub async fn answer(
        offer: String,
        deliver: impl Fn(Arrival) + Send + Sync + 'static,
    ) -> Result<(Self, String)> {
        let (transport, when_gathered) =
            Self::unconnected(false, Redundancy::Fixed(0), Ways::default(), deliver).await?;
        let connection = &transport.connection;
        let offer = RTCSessionDescription::offer(offer).map_err(media)?;
        connection.set_remote_description(offer).await.map_err(media)?;
        let answer = connection.create_answer(None).await.map_err(media)?;
        connection.set_local_description(answer).await.map_err(media)?;
        let answer = transport.described(when_gathered, GATHER_TIMEOUT).await?;
        Ok((transport, answer))
    }
}
