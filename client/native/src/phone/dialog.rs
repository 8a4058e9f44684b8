//! A telephone call that was picked up: it ends when either side hangs up, and what the trunk asks meanwhile is answered.

use std::sync::Arc;

use rsipstack::dialog::dialog::{Dialog, DialogState, DialogStateReceiver, TransactionHandle};
use rsipstack::dialog::dialog_layer::DialogLayer;
use rsipstack::dialog::invite_dialog::InviteDialog;
use rsipstack::sip::{Header, Method, Request, StatusCode};
use rsipstack::transaction::TransactionReceiver;
use rsipstack::transaction::transaction::Transaction;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::line::{Line, Terms};

/// See the module's page. Dropping it hangs up.
pub(super) struct PhoneCall {
    pub(super) line: Line,
    over: watch::Receiver<bool>,
    watcher: JoinHandle<()>,
    _hang_up: HangUp,
}

impl PhoneCall {
    pub(super) fn new(line: Line, hang_up: HangUp, news: DialogStateReceiver, id: u32) -> Self {
        let (is_over, over) = watch::channel(false);
        let terms = line.terms();
        let watcher = tokio::spawn(async move {
            attend(news, terms, id).await;
            is_over.send_replace(true);
        });
        Self { line, over, watcher, _hang_up: hang_up }
    }

    /// The next key; `None`: the other side has hung up, or the line is dead. Cancel safe.
    pub(super) async fn key(&mut self) -> Option<char> {
        let Self { line, over, .. } = self;
        tokio::select! {
            key = line.key() => key,
            _ = over.wait_for(|over| *over) => None,
        }
    }
}

impl Drop for PhoneCall {
    fn drop(&mut self) {
        self.watcher.abort();
    }
}

/// Says BYE when it is dropped, if the other side has not.
pub(super) struct HangUp {
    layer: Arc<DialogLayer>,
    dialog: InviteDialog,
}

impl HangUp {
    pub(super) fn new(layer: Arc<DialogLayer>, dialog: InviteDialog) -> Self {
        Self { layer, dialog }
    }
}

impl Drop for HangUp {
    fn drop(&mut self) {
        let (layer, dialog) = (self.layer.clone(), self.dialog.clone());
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        runtime.spawn(async move {
            let id = dialog.id();
            if !matches!(dialog.state(), DialogState::Terminated(..)) && dialog.bye().await.is_err() {
                tracing::debug!("the trunk did not confirm that the call is over");
            }
            layer.remove_dialog(&id);
        });
    }
}

/// Follows a call to its end.
async fn attend(mut news: DialogStateReceiver, terms: Terms, id: u32) {
    let mut version = 1;
    while let Some(state) = news.recv().await {
        match state {
            DialogState::Terminated(..) => return,
            DialogState::Updated(_, request, handle) => {
                version += 1;
                renegotiate(&request, &handle, &terms, id, version).await;
            }
            DialogState::Options(_, _, handle) => drop(handle.reply(StatusCode::OK).await),
            DialogState::Info(_, _, handle)
            | DialogState::Publish(_, _, handle)
            | DialogState::Notify(_, _, handle)
            | DialogState::Refer(_, _, handle)
            | DialogState::Message(_, _, handle) => drop(handle.reply(StatusCode::NotImplemented).await),
            DialogState::Calling(_)
            | DialogState::Trying(_)
            | DialogState::Early(..)
            | DialogState::WaitAck(..)
            | DialogState::Confirmed(..) => {}
        }
    }
}

/// The trunk asks again: to see whether the call is still there (RFC 4028), to hold it, or from another address. Codec and
/// call stay as they are.
async fn renegotiate(request: &Request, handle: &TransactionHandle, terms: &Terms, id: u32, version: u32) {
    let wished = match request.body.as_slice() {
        // Nothing is asked, or we are to say first what we have (an INVITE without an offer).
        [] => Some(terms.agreed()),
        body => std::str::from_utf8(body).ok().and_then(|offer| terms.change(offer)),
    };
    let described = wished.zip(terms.own().ok()).map(|(agreed, own)| agreed.describe(own, id, version));
    let answered = match described {
        None => handle.reply(StatusCode::NotAcceptableHere).await,
        Some(_) if request.body.is_empty() && request.method == Method::Update => {
            handle.reply(StatusCode::OK).await
        }
        Some(sdp) => {
            let kind = Header::ContentType("application/sdp".into());
            handle.respond(StatusCode::OK, Some(vec![kind]), Some(sdp.into_bytes())).await
        }
    };
    if answered.is_err() {
        tracing::debug!("the trunk asked, and was gone before the answer");
    }
}

/// Answers what the trunk asks, until it is closed. Nobody calls in: this only rings out.
pub(super) async fn answer_requests(layer: Arc<DialogLayer>, mut incoming: TransactionReceiver) {
    while let Some(mut transaction) = incoming.recv().await {
        match layer.match_dialog(&transaction) {
            Some(Dialog::Invite(mut dialog)) => {
                // It may wait for an ACK, and must not keep a BYE waiting.
                tokio::spawn(async move {
                    if dialog.handle(&mut transaction).await.is_err() {
                        tracing::debug!("what the trunk asked could not be answered");
                    }
                });
            }
            _ => drop(refuse(&mut transaction).await),
        }
    }
}

async fn refuse(transaction: &mut Transaction) -> rsipstack::Result<()> {
    match transaction.original.method {
        Method::Ack => Ok(()),
        // Is anybody there?
        Method::Options => transaction.reply(StatusCode::OK).await,
        Method::Bye | Method::Cancel | Method::Update | Method::Info => {
            transaction.reply(StatusCode::CallTransactionDoesNotExist).await
        }
        Method::Invite => transaction.reply(StatusCode::Forbidden).await,
        _ => transaction.reply(StatusCode::MethodNotAllowed).await,
    }
}
