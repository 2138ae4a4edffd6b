//! A certified counterexample: found, stored as JSON, read again, and everything that it says asked anew. Theorem 1(a) as
//! printed.

#![allow(clippy::print_stdout, reason = "an example prints")]

use gradient_gap::check::witness::{Stored, read_stored};
use gradient_gap::claims::find;
use gradient_gap::prelude::*;

fn main() -> Result<(), Error> {
    let claim = find("stagnation-printed").ok_or_else(|| Error::new("not in the registry"))?;
    let found = Attack::of(claim, 1_000).run(&|_| {})?;
    let witness = found.witness.ok_or_else(|| Error::new("nothing was found"))?;
    println!("{}", witness.summary());

    // What a file would hold.
    let json = witness.to_json();
    let stored = read_stored(&json, false)?;
    println!("{} bytes of JSON, read again: {}", json.len(), certify(claim, stored.instance()).decision);
    if let Stored::Witness { witness, .. } = stored {
        for assertion in witness.asserted(true)? {
            println!("{:?}: {}", assertion.confirmed, assertion.text);
        }
    }
    Ok(())
}
