//! Any text: no panic; a quantity prints as an equal amount, and what is printed stays as it is.
#![no_main]

use componentconfig::scalar::Quantity;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(quantity) = text.parse::<Quantity>() {
        let again: Quantity = quantity.as_str().parse().expect("what is printed can be read");
        assert!(quantity.compare(&again).is_eq());
        let _ = (quantity.value(), quantity.sign());
    }
});
