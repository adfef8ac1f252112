//! Whole-system flows over a real data directory: desk, lookup and service together.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the failure, with its place")]

mod catalog;
mod ceremony;
mod clients;
mod coverage;
mod delegation;
mod desk;
mod gbt36906;
mod history;
mod http;
mod keys;
mod life;
mod matrix;
mod metrics;
mod moving;
mod office;
mod openapi;
mod pages;
mod pages_words;
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
mod vault;
mod webhook_turns;
mod webhooks;
mod window;
mod window_channels;
mod window_follow_ups;
mod window_http;
