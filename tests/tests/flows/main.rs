//! Whole-system flows over a real data directory: desk, lookup and service together.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the failure, with its place")]

mod catalog;
mod ceremony;
mod clerk_limits;
mod clients;
mod coverage;
mod delegation;
mod desk;
mod document_status;
mod gbt36906;
mod gbt36906_files;
mod headers;
mod history;
mod http;
mod keys;
mod life;
mod log;
mod matrix;
mod metrics;
mod moving;
mod nothing_personal;
mod ofd_http;
mod office;
mod openapi;
mod pages;
mod pages_words;
mod places;
mod remote;
mod rotation;
mod sealing;
mod seals;
mod shared;
mod shared_limits;
mod shared_lists;
mod sharing;
mod signer;
mod tls;
mod town;
mod vault;
mod webhook_turns;
mod webhooks;
mod window;
mod window_channels;
mod window_follow_ups;
mod window_http;
