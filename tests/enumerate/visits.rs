//! Every response is asked about, once, on its own tokens.

use crate::small::{ENDINGS, Written, walk};
use gradient_gap::enumerate::{ByPrefix, Table};
use gradient_gap::policy::{Shape, Tree};
use std::sync::Mutex;

#[test]
fn every_response_once() {
    for (vocabulary, max_length) in [(1, 3), (2, 9), (3, 6), (4, 5), (5, 4), (7, 1), (2, 20), (3, 10), (4, 9)] {
        for ending in ENDINGS {
            let shape = Shape { vocabulary, max_length, ending };
            let Ok(tree) = Tree::new(shape) else { continue };
            let mut expected: Vec<Vec<u32>> = (0..tree.leaves().len()).map(|o| tree.tokens(o)).collect();
            expected.sort();
            let table = Table::new(shape, |_, _, _, _, _| {}).expect("valid");
            let nothing: Written<'_> = &|_, _, _, _| {};
            let by_prefix = ByPrefix::new(shape, nothing).expect("valid");
            for way in 0..2 {
                let met = Mutex::new(vec![]);
                let reward = |o: &[u32]| {
                    met.lock().expect("no panic").push(o.to_vec());
                    o.len().is_multiple_of(2)
                };
                let moments = match way {
                    0 => walk(&table, &reward),
                    _ => walk(&by_prefix, &reward),
                };
                let mut met = met.into_inner().expect("no panic");
                met.sort();
                assert_eq!(met, expected, "{shape:?}");
                let even = expected.iter().filter(|o| o.len() % 2 == 0).count() as u64;
                assert_eq!(moments.expect("valid").responses, [expected.len() as u64 - even, even]);
            }
        }
    }
}
