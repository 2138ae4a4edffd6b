//! Which statements the proof of a statement uses: the claims whose pages the section "Proof" of its page links.

use super::{ClaimEntry, REGISTRY, Statement};

/// The section of a page under `## heading`, without the heading; empty where there is none.
pub fn section<'p>(page: &'p str, heading: &str) -> &'p str {
    let title = format!("\n## {heading}\n");
    let Some(at) = page.find(&title) else { return "" };
    let rest = &page[at + title.len() - 1..];
    rest.find("\n## ").map_or(rest, |end| &rest[..end])
}

/// The claims whose pages a text of `docs/claims` links, in the registry's order.
fn linked(text: &str) -> impl Iterator<Item = &'static ClaimEntry> {
    let links = |slug: &str| {
        let target = |end: &str| text.contains(&format!("]({slug}.md{end}"));
        target(")") || target("#")
    };
    REGISTRY.iter().filter(move |claim| links(claim.statement.slug))
}

/// The other claims that a section of the page links.
fn others(statement: &Statement, heading: &str) -> Vec<&'static ClaimEntry> {
    linked(section(statement.page, heading)).filter(|claim| claim.statement.slug != statement.slug).collect()
}

/// The claims that the proof of this statement uses, in the registry's order.
pub fn used_in_proof(statement: &Statement) -> Vec<&'static ClaimEntry> {
    others(statement, "Proof")
}

/// The claims that say in a corrected form what this statement says, in the registry's order.
pub fn corrected_by(statement: &Statement) -> Vec<&'static ClaimEntry> {
    others(statement, "Corrected form")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slugs(claims: impl Iterator<Item = &'static ClaimEntry>) -> Vec<&'static str> {
        claims.map(|claim| claim.statement.slug).collect()
    }

    #[test]
    fn sections_end_where_the_next_one_begins() {
        let page = "# p\n\n## Proof\n\nBy (16).\n\n### Part\n\nmore\n\n## See also\n\nx\n";
        assert_eq!(section(page, "Proof"), "\n\nBy (16).\n\n### Part\n\nmore\n");
        assert_eq!((section(page, "See also"), section(page, "Equality")), ("\n\nx\n", ""));
    }

    #[test]
    fn links_to_claims_and_to_nothing_else_are_found() {
        let text = "By [(16)](log-odds-step.md#proof), [x](convergence.md) and [y](../phase.md); not stagnation.md.";
        assert_eq!(slugs(linked(text)), ["convergence", "log-odds-step"]);
        assert!(slugs(linked("[a](log-odds-step-tight.md)")) == ["log-odds-step-tight"]);
    }

    /// A proof that uses itself, by way of others, proves nothing.
    #[test]
    fn no_proof_goes_in_a_circle() {
        let mut proved: Vec<&str> = vec![];
        while proved.len() < REGISTRY.len() {
            let rests = |claim: &&ClaimEntry| slugs(used_in_proof(&claim.statement).into_iter());
            let open = REGISTRY.iter().filter(|claim| !proved.contains(&claim.statement.slug));
            let next = slugs(open.filter(|claim| rests(claim).iter().all(|slug| proved.contains(slug))));
            assert!(!next.is_empty(), "in a circle: all but {proved:?}");
            proved.extend(next);
        }
    }
}
