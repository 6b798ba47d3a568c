//! Conversion of a Cluster from text to text, as a conversion webhook does it, beside reading and writing the same text.
//!
//! `cargo bench -p benches --bench machine`.
#![allow(
    clippy::expect_used,
    clippy::unnecessary_wraps,
    reason = "what is measured works"
)]

use divan::{Bencher, black_box, counter::BytesCount};
use machine_api::{
    conversion::Conversion,
    core::{v1beta1, v1beta2},
};
use serde_json::Value;

fn main() {
    divan::main();
}

/// A managed Cluster of v1beta1 with status.
const CLUSTER: &str = include_str!("../data/cluster-v1beta1.json");

fn versions(group: &str, _: &str) -> Option<String> {
    Some(format!("{group}/v1beta1"))
}

fn up(text: &str) -> String {
    let spoke: v1beta1::Cluster = serde_json::from_str(text).expect("a cluster");
    let hub = Conversion::new(&versions)
        .to_hub(spoke)
        .expect("convertible");
    serde_json::to_string(&hub).expect("writable")
}

fn down(text: &str) -> String {
    let hub: v1beta2::Cluster = serde_json::from_str(text).expect("a cluster");
    let spoke: v1beta1::Cluster = Conversion::new(&versions)
        .from_hub(hub)
        .expect("convertible");
    serde_json::to_string(&spoke).expect("writable")
}

fn read_and_write(text: &str) -> String {
    let value: Value = serde_json::from_str(text).expect("JSON");
    serde_json::to_string(&value).expect("writable")
}

#[divan::bench]
fn cluster_read_and_write(bencher: Bencher) {
    bencher
        .counter(BytesCount::of_str(CLUSTER))
        .bench(|| read_and_write(black_box(CLUSTER)));
}

#[divan::bench]
fn cluster_to_hub(bencher: Bencher) {
    bencher
        .counter(BytesCount::of_str(CLUSTER))
        .bench(|| up(black_box(CLUSTER)));
}

#[divan::bench]
fn cluster_from_hub(bencher: Bencher) {
    let hub = up(CLUSTER);
    bencher
        .counter(BytesCount::of_str(&hub))
        .bench(|| down(black_box(&hub)));
}

#[divan::bench]
fn cluster_to_hub_with_data(bencher: Bencher) {
    let spoke = down(&up(CLUSTER));
    bencher
        .counter(BytesCount::of_str(&spoke))
        .bench(|| up(black_box(&spoke)));
}
