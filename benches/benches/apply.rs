//! Server-side apply, beside parsing the live object.
//!
//! `cargo bench -p benches --bench apply`. The figures of the original, and what each job is, stand in
//! `apply-semantics/tests/conformance/bench/README.md`.
#![expect(
    clippy::expect_used,
    reason = "a measurement has nothing to do without its input"
)]

use apply_semantics::{
    fieldset::FieldSet,
    typed::{Duplicates, EmptyContainers, Typed},
};
use benches::apply::{Input, Request, input, without_managers};
use divan::{Bencher, black_box};
use serde_json::Value;

const NAMES: [&str; 6] = ["pod", "deployment", "node", "endpoints", "crd", "widget"];

fn main() {
    divan::main();
}

#[divan::bench(args = NAMES)]
fn parse_live(bencher: Bencher<'_, '_>, name: &str) {
    let text = input(name).text();
    bencher.bench(|| serde_json::from_slice::<Value>(black_box(text.as_bytes())));
}

fn request(bencher: Bencher<'_, '_>, name: &str, job: &str) {
    let input = input(name);
    bencher
        .with_inputs(|| input.request(job))
        .bench_values(Request::run);
}

macro_rules! requests {
    ($($function:ident $job:literal)*) => {
        #[divan::bench_group]
        mod requests {
            use super::{Bencher, NAMES, request};
            $(
                #[divan::bench(args = NAMES)]
                fn $function(bencher: Bencher<'_, '_>, name: &str) {
                    request(bencher, name, $job);
                }
            )*
        }
    };
}

requests! {
    update_create "UpdateCreate"
    update_noop "UpdateNoop"
    update_change "UpdateChange"
    apply_create "ApplyCreate"
    apply_noop "ApplyNoop"
    apply_change "ApplyChange"
    apply_conflict "ApplyConflict"
    apply_small "ApplySmall"
}

#[divan::bench(args = NAMES)]
fn bytes(bencher: Bencher<'_, '_>, name: &str) {
    let input = input(name);
    let [live, changed] = [&input.live, &input.changed].map(ToString::to_string);
    bencher.bench(|| input.bytes(black_box(live.as_bytes()), black_box(changed.as_bytes())));
}

#[divan::bench_group]
mod engine {
    use super::{
        Bencher, Duplicates, EmptyContainers, FieldSet, Input, NAMES, Typed, Value, black_box,
        input, without_managers,
    };

    struct Operands {
        input: Input,
        object: Typed,
        changed: Typed,
        live: Typed,
        set: FieldSet,
        half: FieldSet,
    }

    impl Operands {
        fn new(name: &str) -> Self {
            let input = input(name);
            let typed =
                |value: &Value| Typed::unchecked(input.ty.clone(), Some(without_managers(value)));
            let set = input.set();
            Self {
                object: typed(&input.object),
                changed: typed(&input.changed),
                live: typed(&input.live),
                half: set.paths().step_by(2).collect(),
                set,
                input,
            }
        }
    }

    #[divan::bench(args = NAMES)]
    fn validate(bencher: Bencher<'_, '_>, name: &str) {
        let operands = Operands::new(name);
        bencher.bench(|| {
            operands
                .input
                .ty
                .validate(black_box(operands.object.value()))
        });
    }

    #[divan::bench(args = NAMES)]
    fn to_field_set(bencher: Bencher<'_, '_>, name: &str) {
        let operands = Operands::new(name);
        bencher.bench(|| black_box(&operands.object).field_set());
    }

    #[divan::bench(args = NAMES)]
    fn compare_same(bencher: Bencher<'_, '_>, name: &str) {
        let operands = Operands::new(name);
        bencher.bench(|| black_box(&operands.object).compare(&operands.object));
    }

    #[divan::bench(args = NAMES)]
    fn compare_change(bencher: Bencher<'_, '_>, name: &str) {
        let operands = Operands::new(name);
        bencher.bench(|| black_box(&operands.object).compare(&operands.changed));
    }

    #[divan::bench(args = NAMES)]
    fn merge_change(bencher: Bencher<'_, '_>, name: &str) {
        let operands = Operands::new(name);
        bencher
            .with_inputs(|| (operands.live.clone(), operands.changed.clone()))
            .bench_values(|(live, changed)| live.merge(changed));
    }

    #[divan::bench(args = NAMES)]
    fn remove_half(bencher: Bencher<'_, '_>, name: &str) {
        let operands = Operands::new(name);
        bencher
            .with_inputs(|| operands.live.clone())
            .bench_values(|live| live.remove(&operands.half, EmptyContainers::Collapse));
    }

    #[divan::bench(args = NAMES)]
    fn extract_half(bencher: Bencher<'_, '_>, name: &str) {
        let operands = Operands::new(name);
        bencher.bench(|| black_box(&operands.live).extract(&operands.half));
    }

    #[divan::bench(args = NAMES)]
    fn set_to_json(bencher: Bencher<'_, '_>, name: &str) {
        let operands = Operands::new(name);
        bencher.bench(|| black_box(&operands.set).to_fields_v1());
    }

    #[divan::bench(args = NAMES)]
    fn set_from_json(bencher: Bencher<'_, '_>, name: &str) {
        let text = Operands::new(name).set.to_string();
        bencher.bench(|| black_box(&text).parse::<FieldSet>());
    }

    #[divan::bench(args = NAMES)]
    fn set_union(bencher: Bencher<'_, '_>, name: &str) {
        let operands = Operands::new(name);
        bencher.bench(|| black_box(&operands.set).union(&operands.half));
    }

    #[divan::bench(args = NAMES)]
    fn set_difference(bencher: Bencher<'_, '_>, name: &str) {
        let operands = Operands::new(name);
        bencher.bench(|| black_box(&operands.set).difference(&operands.half));
    }

    #[divan::bench(args = NAMES)]
    fn set_intersection(bencher: Bencher<'_, '_>, name: &str) {
        let operands = Operands::new(name);
        bencher.bench(|| black_box(&operands.set).intersection(&operands.half));
    }

    #[divan::bench(args = NAMES)]
    fn validate_live(bencher: Bencher<'_, '_>, name: &str) {
        let operands = Operands::new(name);
        bencher
            .with_inputs(|| without_managers(&operands.input.live))
            .bench_values(|live| {
                Typed::new(operands.input.ty.clone(), live, Duplicates::Allow).expect("valid")
            });
    }
}
