//! An account's desk, opened again whenever it is lost.

use std::time::Duration;

use tokio::time::sleep;

use crate::error::{ClientError, Result};
use crate::net::{ApiClient, DeskSocket, Link};

/// Before a desk that was lost is opened again.
pub(crate) const DESK_PAUSE: Duration = Duration::from_secs(1);

/// How an account signs in, again whenever the relay has forgotten it.
#[derive(Clone)]
pub enum SignIn {
    /// By a link that signs in many times (the demonstration's).
    Link(Link),
    /// By name and password.
    Password {
        /// The login name.
        login: String,
        /// Never shown.
        password: String,
    },
}

impl std::fmt::Debug for SignIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Link(_) => "Link",
            Self::Password { .. } => "Password",
        })
    }
}

impl SignIn {
    /// Signs in.
    ///
    /// # Errors
    /// [`ClientError::Refused`] if the relay does not know the account so.
    pub(crate) async fn sign_in(&self, api: &ApiClient) -> Result<()> {
        match self {
            Self::Link(link) => api.sign_in(link).await?,
            Self::Password { login, password } => api.login(login, password).await?,
        };
        Ok(())
    }
}

/// Opens the desk, however long the relay is away.
///
/// # Errors
/// [`ClientError::Refused`] if the relay does not want this account any more.
pub(crate) async fn open_desk(api: &ApiClient, account: &SignIn) -> Result<DeskSocket> {
    loop {
        match api.desk_socket().await {
            Ok(desk) => return Ok(desk),
            Err(ClientError::Refused(problem)) if problem.code == "not_signed_in" => {
                account.sign_in(api).await?;
            }
            Err(error) => tracing::warn!(%error, "the relay is not there; trying again"),
        }
        sleep(DESK_PAUSE).await;
    }
}
