//! Makes links: an address whose fragment holds 256 random bits. Browsers never send fragments to servers, so the secret
//! reaches no log on the way.

use std::time::Duration;

use dragoman_core::rest::LinkMade;
use qrcode::QrCode;
use qrcode::render::{svg, unicode};

use crate::secrets::new_secret;
use crate::store::{Link, Store};

/// An invitation into a session is used at once or not at all.
pub const JOIN_FOR: Duration = Duration::from_secs(15 * 60);
/// An enrolment may wait for the person's next shift.
pub const ENROL_FOR: Duration = Duration::from_secs(3 * 24 * 60 * 60);
/// The demonstration's sign-in links last as long as anybody may play with it.
pub const DEMO_FOR: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Stores `link` under a fresh secret and returns its address.
///
/// # Errors
/// If the store fails, or the address is too long for a QR code.
pub async fn make(store: &Store, public_url: &str, link: &Link) -> anyhow::Result<LinkMade> {
    let (secret, hash) = new_secret();
    store.add_link(&hash, link).await?;
    let url = format!("{public_url}/#/link/{secret}");
    let qr_svg = QrCode::new(&url)?.render::<svg::Color<'_>>().min_dimensions(240, 240).build();
    Ok(LinkMade { url, qr_svg, expires_at: link.expires_at })
}

/// A QR code for the terminal.
///
/// # Errors
/// If the address is too long.
pub fn qr_for_terminal(url: &str) -> anyhow::Result<String> {
    // Terminals are mostly dark: light modules are drawn, so that the code is dark on light there.
    let code = QrCode::new(url)?;
    Ok(code
        .render::<unicode::Dense1x2>()
        .dark_color(unicode::Dense1x2::Light)
        .light_color(unicode::Dense1x2::Dark)
        .build())
}
