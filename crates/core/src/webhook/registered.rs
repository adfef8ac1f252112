//! Where clients want to be told of what.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use boyin_archive::Reader;
use boyin_model::id::CreditCode;
use boyin_model::json;
use boyin_model::time::UnixTime;
use boyin_model::webhook::WebhookKind;
use serde::{Deserialize, Serialize};

use super::WebhookError;
use crate::access::{ClientError, MAX_CLIENTS};
use crate::desk::{Order, signing_entry};
use crate::error::HomeError;
use crate::home::{Home, make_private_dir};
use crate::keyring::{append, read_text, replace};
use crate::revocation::{is_loopback, is_plain_address};

/// Days after a read for which a client is told of the license, at most.
pub const MAX_WEBHOOK_TERM_DAYS: u16 = 400;
/// Days after a read for which a client is told of the license, unless told otherwise.
pub const DEFAULT_WEBHOOK_TERM_DAYS: u16 = 90;
/// Characters of an address.
pub const MAX_WEBHOOK_URL_CHARS: usize = 512;

/// Where a client wants to be told of what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// ID of the client.
    pub client: String,
    /// Its agency. If the client is another agency's meanwhile, nothing is delivered.
    pub agency: CreditCode,
    /// Where: an address of https, or of http on this machine.
    pub url: String,
    /// Of what.
    pub kinds: Vec<WebhookKind>,
    /// The office whose key signs.
    pub office: CreditCode,
    /// Days after a read for which the client is told of the license.
    pub term_days: u16,
    /// What happened before is not told.
    pub since: UnixTime,
}

/// What is asked for a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookWish {
    /// Where: an address of https, or of http on this machine.
    pub url: String,
    /// Of what, at least one.
    pub kinds: Vec<WebhookKind>,
    /// The office whose key signs: an issuer of the trust list.
    pub office: CreditCode,
    /// Days after a read for which the client is told of the license, 1 to [`MAX_WEBHOOK_TERM_DAYS`].
    pub term_days: u16,
}

/// `webhooks/list.toml`
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Registered {
    #[serde(default, rename = "webhook")]
    webhooks: Vec<Webhook>,
}

/// Why a webhook cannot be set or removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WebhookSetFault {
    /// There is no such client.
    #[error("there is no client of this ID: see `boyin client list`")]
    NoClient,
    /// The client has none.
    #[error("the client has no webhook: see `boyin client webhook list`")]
    None,
    /// It has two.
    #[error("the client has two webhooks: remove one in webhooks/list.toml")]
    Twice,
    /// Not an address that is delivered to.
    #[error(
        "write an address of https with a plain host name, at most 512 characters; http is for an address of this machine (127.0.0.1)"
    )]
    Url,
    /// Nothing to tell of.
    #[error("say at least one kind of event, each once")]
    Kinds,
    /// Too short or too long.
    #[error("the term is 1 to 400 days")]
    Term,
    /// The office could not sign.
    #[error("the trust list names no key with which this office may sign now")]
    Office,
    /// Too many.
    #[error("there are 1024 webhooks at most")]
    TooMany,
}

impl WebhookSetFault {
    /// Stable machine code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoClient => "webhook_no_client",
            Self::None => "webhook_none",
            Self::Twice => "webhook_twice",
            Self::Url => "webhook_url",
            Self::Kinds => "webhook_kinds",
            Self::Term => "webhook_term",
            Self::Office => "webhook_office",
            Self::TooMany => "webhook_too_many",
        }
    }
}

/// Whether notices may go to an address: https, or http where nothing leaves this machine.
pub(super) fn is_webhook_url(url: &str) -> bool {
    let encrypted = url.starts_with("https://") || is_loopback(url);
    url.len() <= MAX_WEBHOOK_URL_CHARS && is_plain_address(url) && encrypted
}

impl Webhook {
    fn check(&self) -> Result<(), WebhookSetFault> {
        if !is_webhook_url(&self.url) {
            return Err(WebhookSetFault::Url);
        }
        let kinds: BTreeSet<_> = self.kinds.iter().collect();
        if kinds.is_empty() || kinds.len() != self.kinds.len() {
            return Err(WebhookSetFault::Kinds);
        }
        if (1..=MAX_WEBHOOK_TERM_DAYS).contains(&self.term_days) {
            Ok(())
        } else {
            Err(WebhookSetFault::Term)
        }
    }
}

impl Registered {
    fn check(&self) -> Result<(), WebhookError> {
        let mut seen = BTreeSet::new();
        for webhook in &self.webhooks {
            webhook.check().map_err(|fault| refused(&webhook.client, fault))?;
            if !seen.insert(webhook.client.as_str()) {
                return Err(refused(&webhook.client, WebhookSetFault::Twice));
            }
            if seen.len() > MAX_CLIENTS {
                return Err(refused(&webhook.client, WebhookSetFault::TooMany));
            }
        }
        Ok(())
    }
}

fn refused(client: &str, fault: WebhookSetFault) -> WebhookError {
    WebhookError::Webhook { client: client.to_owned(), fault }
}

impl Home {
    pub(crate) fn webhooks_dir(&self) -> PathBuf {
        self.dir().join("webhooks")
    }

    pub(crate) fn webhooks_path(&self) -> PathBuf {
        self.webhooks_dir().join("list.toml")
    }

    /// The webhooks of clients.
    ///
    /// # Errors
    /// [`WebhookError::Webhook`] if one of them is none: the file may have been written by hand; [`WebhookError`].
    pub fn webhooks(&self) -> Result<Vec<Webhook>, WebhookError> {
        let path = self.webhooks_path();
        if !path.exists() {
            return Ok(Vec::new());
        }
        let read: Registered = toml::from_str(&read_text(&path)?)
            .map_err(|source| HomeError::Toml { path, source: Box::new(source) })?;
        read.check()?;
        Ok(read.webhooks)
    }

    /// Sets where a client is told of what, in place of what was set before. What happened since it was set first is told.
    ///
    /// # Errors
    /// [`WebhookError`].
    pub fn set_webhook(&self, client: &str, wish: WebhookWish, order: &Order) -> Result<(), WebhookError> {
        let clients = self.clients()?;
        let agency = clients.get(client).ok_or_else(|| refused(client, WebhookSetFault::NoClient))?.agency;
        let (_, trust) = self.trust()?;
        if signing_entry(trust.list(), wish.office, order.at).is_none() {
            return Err(refused(client, WebhookSetFault::Office));
        }
        self.change_webhooks("set", client, order, |webhooks| {
            let before = webhooks.iter().position(|known| known.client == client);
            let before = before.map(|place| webhooks.remove(place)).filter(|known| known.agency == agency);
            let WebhookWish { url, kinds, office, term_days } = wish;
            let since = before.map_or(order.at, |before| before.since);
            let client = client.to_owned();
            webhooks.push(Webhook { client, agency, url, kinds, office, term_days, since });
            Ok(())
        })
    }

    /// Removes the webhook of a client. Its notices go on in their count if it gets one again.
    ///
    /// # Errors
    /// [`WebhookError`].
    pub fn remove_webhook(&self, client: &str, order: &Order) -> Result<(), WebhookError> {
        self.change_webhooks("remove", client, order, |webhooks| {
            let place = webhooks.iter().position(|known| known.client == client);
            webhooks.remove(place.ok_or(WebhookSetFault::None)?);
            Ok(())
        })
    }

    fn change_webhooks(
        &self,
        deed: &str,
        client: &str,
        order: &Order,
        change: impl FnOnce(&mut Vec<Webhook>) -> Result<(), WebhookSetFault>,
    ) -> Result<(), WebhookError> {
        let words = Reader::new(order.who.as_str(), order.office, order.purpose.as_str());
        words.map_err(ClientError::from)?;
        let dir = self.webhooks_dir();
        make_private_dir(&dir)?;
        let lock = dir.join("lock");
        let fail = |source| HomeError::File { path: lock.clone(), source };
        let file =
            fs::OpenOptions::new().create(true).truncate(false).write(true).open(&lock).map_err(fail)?;
        // Of two changes at once one would be lost.
        file.lock().map_err(fail)?;
        let mut registered = Registered { webhooks: self.webhooks()? };
        change(&mut registered.webhooks).map_err(|fault| refused(client, fault))?;
        registered.check()?;
        let now = registered.webhooks.iter().find(|webhook| webhook.client == client);
        let line = json::canonical(&serde_json::json!({
            "at": order.at.seconds(), "client": client, "deed": deed, "now": now,
            "office": order.office.as_str(), "purpose": order.purpose, "who": order.who,
        }));
        // Before it: a webhook must not be there for an instant without a name beside it.
        append(&dir.join("journal.jsonl"), &line)?;
        let text = toml::to_string(&registered).expect("webhooks have a TOML form");
        Ok(replace(&self.webhooks_path(), text.as_bytes())?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notices_leave_this_machine_encrypted_only() {
        for good in [
            "https://agency.example/boyin",
            "https://agency.example:8443/a?b=c",
            "http://127.0.0.1:9/a",
            "http://127.8.9.1/",
            "http://[::1]:9/",
        ] {
            assert!(is_webhook_url(good), "{good}");
        }
        for bad in [
            "http://agency.example/",
            "http://127.0.0.1.agency.example/",
            "http://localhost:9/",
            "http://10.0.0.1/",
            "http://[2001:db8::1]/",
            "https://user@agency.example/",
            "ftp://agency.example/",
            "https://",
            "agency.example",
            &format!("https://agency.example/{}", "a".repeat(MAX_WEBHOOK_URL_CHARS)),
        ] {
            assert!(!is_webhook_url(bad), "{bad}");
        }
    }
}
