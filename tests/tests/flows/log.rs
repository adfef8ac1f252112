//! All that a log is told, kept.

use std::fmt;
use std::sync::{Arc, Mutex};

/// Keeps names and values of every span and every event, whatever its level.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<String>>);

impl Log {
    pub(crate) fn text(&self) -> String {
        self.0.lock().unwrap().clone()
    }

    /// Runs something with all its threads under this log. Other tests in this process have none of it.
    pub(crate) fn during<T>(&self, work: impl Future<Output = T>) -> T {
        let there = self.clone();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            // Of the runtime's own, such as those that read from disk: the log is theirs until they end.
            .on_thread_start(move || std::mem::forget(tracing::subscriber::set_default(there.clone())))
            .build()
            .unwrap();
        let _here = tracing::subscriber::set_default(self.clone());
        runtime.block_on(work)
    }
}

struct Fields<'t>(&'t mut String);

impl tracing::field::Visit for Fields<'_> {
    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn fmt::Debug) {
        self.0.push_str(&format!(" {field}={value:?}"));
    }
}

impl tracing::Subscriber for Log {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        span.record(&mut Fields(&mut self.0.lock().unwrap()));
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, values: &tracing::span::Record<'_>) {
        values.record(&mut Fields(&mut self.0.lock().unwrap()));
    }

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        event.record(&mut Fields(&mut self.0.lock().unwrap()));
    }

    fn enter(&self, _: &tracing::span::Id) {}

    fn exit(&self, _: &tracing::span::Id) {}
}
