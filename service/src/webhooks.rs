//! Tells clients of changes, beside a desk: looks for what there is to tell, and gives each client a turn of its own, so that one that
//! does not answer keeps no other one waiting.

use std::sync::Arc;

use boyin::model::time::UnixTime;
use boyin::webhook::{Delivered, WebhookError, Webhooks};
use boyin::{Desk, HealthItem};

use crate::server::ticks;
use crate::state::{AppState, blocking};

impl AppState {
    /// What health tells of webhooks. It is always as it should be: what receivers do has no say in whether verdicts can be relied on.
    pub(crate) fn webhooks_item(&self, now: UnixTime) -> Option<HealthItem> {
        let waiting = self.webhooks.as_ref()?.waiting(now);
        let (clients, age) = (waiting.clients, waiting.oldest_seconds);
        Some(HealthItem::new("webhooks", true, format!("{clients} clients wait, the oldest notice {age} s")))
    }
}

/// Looks every [`REFRESH_SECONDS`](crate::REFRESH_SECONDS) for whose turn it is. Without desk or webhooks there is nothing to do.
pub(crate) async fn tell(state: AppState) {
    let (Some(desk), Some(webhooks)) = (state.desk.clone(), state.webhooks.clone()) else { return };
    let mut ticks = ticks();
    loop {
        ticks.tick().await;
        for client in due(&state, &desk, &webhooks).await {
            let (state, desk, webhooks) = (state.clone(), Arc::clone(&desk), Arc::clone(&webhooks));
            tokio::task::spawn_blocking(move || {
                let turn = webhooks.deliver(&desk, &client, &|| state.now());
                told(&state, &client, &turn);
            });
        }
    }
}

async fn due(state: &AppState, desk: &Arc<Desk>, webhooks: &Arc<Webhooks>) -> Vec<String> {
    let (desk, webhooks, now) = (Arc::clone(desk), Arc::clone(webhooks), state.now());
    let looked = blocking(move || {
        // A list that cannot be told keeps no change of a license back.
        if let Err(error) = webhooks.tell_lists(&desk, now) {
            tracing::error!(code = error.code(), "the lists could not be told to clients");
        }
        webhooks.due(&desk, now)
    });
    match looked.await {
        Ok(due) => {
            for (client, error) in due.faults {
                tracing::error!(client, code = error.code(), "the place of a webhook cannot be read");
            }
            due.clients
        }
        Err(error) => {
            tracing::error!(code = error.code(), "webhooks could not be looked at");
            Vec::new()
        }
    }
}

fn told(state: &AppState, client: &str, turn: &Result<Delivered, WebhookError>) {
    match turn {
        Ok(Delivered { notices, fault }) => {
            if *notices > 0 {
                state.metrics.delivered("delivered", u64::try_from(*notices).unwrap_or(u64::MAX));
                tracing::info!(client, notices, "notices delivered");
            }
            if let Some(fault) = fault {
                state.metrics.delivered(fault.code(), 1);
                tracing::warn!(client, code = fault.code(), "a notice was not acknowledged");
            }
        }
        Err(error) => {
            state.metrics.delivered("stopped", 1);
            tracing::error!(client, code = error.code(), "notices stopped");
        }
    }
}
