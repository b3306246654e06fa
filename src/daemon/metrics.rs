//! `/healthz`, `/readyz` and Prometheus `/metrics` on the local listener. Numbers only: no person is in them.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64};

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::alarms;
use super::attest;
use super::backups;
use super::office::Office;
use super::room;
use super::worker::Progress;
use crate::error::{Context, Result};
use crate::sync::receive::Parent;
use crate::sync::status::{LinkHandle, LinkState};

#[derive(Clone)]
struct Board {
    office: Arc<Office>,
    progress: Arc<Progress>,
    link: LinkHandle,
    parent: Arc<Parent>,
}

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfRule {
    rule: String,
    severity: String,
}

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfAlarm {
    alarm: String,
}

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfArea {
    area: String,
    /// What the office is called.
    name: String,
}

/// Serves until `stopped`.
pub async fn serve(
    listener: TcpListener,
    office: Arc<Office>,
    progress: Arc<Progress>,
    link: LinkHandle,
    parent: Arc<Parent>,
    mut stopped: watch::Receiver<bool>,
) {
    let board = Board { office, progress, link, parent };
    let router = Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(board);
    let served = axum::serve(listener, router).with_graceful_shutdown(async move {
        drop(stopped.wait_for(|stop| *stop).await);
    });
    if let Err(error) = served.await {
        tracing::error!(%error, "the metrics' port was closed");
    }
}

/// Ready: the store answers and the worker's last turn did not fail.
async fn ready(State(board): State<Board>) -> impl IntoResponse {
    let office = board.office.clone();
    let store =
        tokio::task::spawn_blocking(move || office.store.read(|view| view.seq()).is_ok()).await.unwrap_or(false);
    match (store, board.progress.last_error()) {
        (true, None) => (StatusCode::OK, "ready\n".to_owned()),
        (false, _) => (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer\n".to_owned()),
        (true, Some(error)) => (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")),
    }
}

async fn metrics(State(board): State<Board>) -> impl IntoResponse {
    match tokio::task::spawn_blocking(move || page(&board)).await {
        Ok(Ok(page)) => {
            let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            (StatusCode::OK, [(header::CONTENT_TYPE, kind)], page).into_response()
        }
        _ => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

fn page(board: &Board) -> Result<String> {
    let mut registry = Registry::with_prefix("rosterd");
    let mut gauge = |name: &str, help: &str, value: i64| {
        let gauge = Gauge::<i64, AtomicI64>::default();
        gauge.set(value);
        registry.register(name, help, gauge);
    };
    let now = board.office.now().as_second();
    let status = board.link.status();
    let joined = status.state != LinkState::NotJoined;
    let words = board.office.store.read(|view| attest::alarms(view, board.office.area(), now * 1000))?;
    gauge("words_wrong", "Signed words of offices below with which something is wrong", words.len() as i64);
    let (backlog, lag, held, quarantined, waiting, totals, children) = board.office.store.read(|view| {
        let after = view.acknowledged()?;
        Ok((
            if joined { view.backlog(after)? } else { (0, 0) },
            if joined { view.seq()?.saturating_sub(after) } else { 0 },
            view.held(false)?.len(),
            view.quarantine_count()?,
            view.dirty_count()?,
            view.totals()?,
            view.children()?,
        ))
    })?;
    let backups = board.office.store.read(backups::kept)?;
    let alarms = alarms::standing(&board.office, Some(&board.progress))?;
    gauge("backlog_entries", "Things not yet acknowledged by the parent", backlog.0 as i64);
    gauge("backlog_bytes", "Their size before compression", backlog.1 as i64);
    gauge("watermark_lag", "Sequence numbers between here and the parent's watermark", lag as i64);
    gauge("held_snapshots", "Snapshots the deletion guard holds", held as i64);
    gauge("quarantined", "Lines and files not taken", quarantined as i64);
    gauge("waiting_entries", "Entries that wait to be linked and judged", waiting as i64);
    gauge("entries", "Entries that stand", totals.entries as i64);
    if let Some(at) = status.last_contact {
        gauge("parent_last_contact_seconds", "Since the parent last answered", now - at);
    }
    if let Some(ends) = status.certificate_ends {
        gauge("certificate_days", "Until this node's certificate ends", (ends - now) / 86_400);
    }
    gauge("parity_broken", "1: the last comparison with the parent found differences", i64::from(status.differing > 0));
    gauge("disk_full", "1: nothing is read for want of room", i64::from(board.office.room.short().is_some()));
    gauge(
        "store_damaged",
        "1: the store is damaged and nothing is written",
        i64::from(board.office.store.damage().is_some()),
    );
    if let Some(free) = room::free_bytes(board.office.store.path()) {
        gauge("disk_free_bytes", "Left where the store lies", free as i64);
    }
    if let Some(at) = backups.good_at {
        gauge("backup_age_seconds", "Since the last good nightly backup", now - at / 1000);
    }
    registry.register(
        "pass_seconds",
        "How long passes took that found something to do",
        board.progress.pass_seconds.clone(),
    );
    let standing = Family::<OfAlarm, Gauge<i64, AtomicI64>>::default();
    for alarm in alarms {
        standing.get_or_create(&OfAlarm { alarm: alarm.code }).inc();
    }
    registry.register("alarms", "Alarms of this node that stand", standing);
    let open = Family::<OfRule, Gauge<i64, AtomicI64>>::default();
    for (rule, severity, count) in totals.open {
        open.get_or_create(&OfRule { rule, severity }).set(count as i64);
    }
    registry.register("findings_open", "Open findings", open);
    let contact = Family::<OfArea, Gauge<i64, AtomicI64>>::default();
    for child in children {
        if let Some(at) = child.last_contact {
            contact
                .get_or_create(&OfArea { area: child.area.to_string(), name: child.name.clone() })
                .set(now - at / 1000);
        }
    }
    registry.register("child_last_contact_seconds", "Since a child last asked anything", contact);
    let refusals = Gauge::<u64, AtomicU64>::default();
    refusals.set(board.parent.tally().values().sum());
    registry.register("refusals", "Questions of children that were refused since the start", refusals);
    let mut page = String::new();
    encode(&mut page, &registry).or_say("writing the metrics")?;
    Ok(page)
}
