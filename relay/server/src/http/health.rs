//! Is it alive, can it work, and what has it counted. Numbers only: no name, no language of a person, no session.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use dragoman_core::session_types::Phase;

use super::App;
use crate::media::stats::{Counters, DELAY_BOUNDS_US};
use crate::notify::NotifyCounters;

/// The process answers.
pub(super) async fn healthz() -> &'static str {
    "ok\n"
}

/// Database, engine and media thread work.
pub(super) async fn readyz(State(app): State<Arc<App>>) -> (StatusCode, String) {
    let engine = app.engine.read(|_| ()).await.is_ok();
    let parts =
        [("database", app.store.is_ready().await), ("engine", engine), ("media", app.media.is_running())];
    let broken: Vec<&str> = parts.iter().filter(|(_, works)| !works).map(|(name, _)| *name).collect();
    match broken.as_slice() {
        [] => (StatusCode::OK, "ready\n".to_owned()),
        broken => (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {}\n", broken.join(", "))),
    }
}

/// Prometheus' text format, version 0.0.4.
pub(super) async fn metrics(State(app): State<Arc<App>>) -> impl IntoResponse {
    let phases =
        app.engine.read(|relay| relay.sessions().map(|session| session.phase()).collect::<Vec<_>>()).await;
    let mut text = String::new();
    write_media(&mut text, app.media.counters());
    write_rings(&mut text, app.notifier.counters());
    write_sessions(&mut text, &phases.unwrap_or_default());
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text)
}

fn write_media(text: &mut String, counters: &Counters) {
    let mut series = |name: &str, kind: &str, help: &str, value: u64| {
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}");
    };
    series("dragoman_media_peers", "gauge", "Transports that exist now.", counters.peers.get());
    series(
        "dragoman_rtp_received_total",
        "counter",
        "Authentic RTP packets received.",
        counters.received.get(),
    );
    series(
        "dragoman_frames_recovered_total",
        "counter",
        "Frames lost on the way here that came as redundancy of later packets.",
        counters.recovered.get(),
    );
    series("dragoman_rtp_forwarded_total", "counter", "RTP packets sent on.", counters.forwarded.get());
    series(
        "dragoman_dropped_unproven_total",
        "counter",
        "Datagrams from unproven sources or not authentic.",
        counters.dropped_unproven.get(),
    );
    series(
        "dragoman_dropped_unknown_total",
        "counter",
        "Datagrams of no agreed stream.",
        counters.dropped_unknown.get(),
    );
    series(
        "dragoman_dropped_send_total",
        "counter",
        "Datagrams the network did not take.",
        counters.dropped_send.get(),
    );
    let name = "dragoman_forward_delay_seconds";
    let _ = writeln!(
        text,
        "# HELP {name} Arrival of a datagram to the end of sending it on.\n# TYPE {name} histogram"
    );
    let mut total = 0;
    for (index, count) in counters.delay.iter().enumerate() {
        total += count.get();
        let bound = DELAY_BOUNDS_US.get(index).map_or("+Inf".to_owned(), |us| (*us as f64 / 1e6).to_string());
        let _ = writeln!(text, "{name}_bucket{{le=\"{bound}\"}} {total}");
    }
    let _ = writeln!(text, "{name}_sum {}\n{name}_count {total}", counters.delay_sum_us.get() as f64 / 1e6);
}

fn write_rings(text: &mut String, counters: &NotifyCounters) {
    for (name, help, value) in [
        (
            "dragoman_notify_sent_total",
            "Rings and their ends taken by a push service or the gateway.",
            &counters.sent,
        ),
        ("dragoman_notify_failed_total", "Rings and their ends that none took.", &counters.failed),
        (
            "dragoman_notify_expired_total",
            "Devices forgotten because their push service did.",
            &counters.expired,
        ),
        (
            "dragoman_notify_dropped_total",
            "Rings and their ends that found the queue full.",
            &counters.dropped,
        ),
    ] {
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} counter\n{name} {}", value.get());
    }
}

fn write_sessions(text: &mut String, phases: &[Phase]) {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for phase in phases {
        *counts.entry(format!("{phase:?}").to_lowercase()).or_default() += 1;
    }
    let name = "dragoman_sessions";
    let _ = writeln!(text, "# HELP {name} Sessions that are not over, by phase.\n# TYPE {name} gauge");
    for (phase, count) in counts {
        let _ = writeln!(text, "{name}{{phase=\"{phase}\"}} {count}");
    }
}
