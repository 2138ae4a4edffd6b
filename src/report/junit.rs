//! `verify` and `report` as JUnit XML: one test case a claim, failed where the verdict is not the expected one; observations are
//! skipped. Of a report, one case for every attack, and one for the comparison with an earlier run.

use super::judged::elsewhere;
use super::{Companion, Verified, grouped, short};
use crate::error::Error;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

/// A case that has failed, or not, with what is said of it.
fn case(name: &str, passes: bool, said: String) -> TestCase {
    let status = match passes {
        true => TestCaseStatus::success(),
        false => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_message(said.clone());
            status
        }
    };
    let mut case = TestCase::new(name, status);
    case.set_classname("gradient-gap");
    case.set_system_out(said);
    case
}

fn xml(suites: impl IntoIterator<Item = TestSuite>) -> Result<String, Error> {
    let mut report = Report::new("gradient-gap");
    report.add_test_suites(suites);
    report.to_string().map_err(|e| Error::new(format!("JUnit: {e}")))
}

/// What `verify` found: a suite with one case a claim.
///
/// # Errors
/// Only if the XML writer fails.
pub fn verify_junit(verified: &Verified<'_>) -> Result<String, Error> {
    xml([verdicts(verified)])
}

/// What `report` found: verdicts, attacks, and what differs from an earlier run where there is one to compare with. A run whose
/// exit status is 1 has a case that failed.
///
/// # Errors
/// Only if the XML writer fails.
pub(super) fn report_junit(run: &Companion<'_>) -> Result<String, Error> {
    let mut attacks = TestSuite::new("attack");
    for (attack, found) in &run.tightness.claims {
        let statement = &attack.claim.statement;
        let what = if found.violated { "refuted" } else { "not refuted" };
        let said = format!("{what} by {} evaluations, expected: {}", grouped(found.evaluations), statement.expected);
        attacks.add_test_case(case(statement.slug, found.as_expected(attack.claim), said));
    }
    let compared = run.drift.map(|(name, drift)| {
        let mut suite = TestSuite::new("baseline");
        let said = match drift {
            [] => "no verdict differs, and no bound is less used".into(),
            drift => drift.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
        };
        suite.add_test_case(case(name, drift.is_empty(), said));
        suite
    });
    xml([verdicts(&run.verified), attacks].into_iter().chain(compared))
}

fn verdicts(verified: &Verified<'_>) -> TestSuite {
    let mut suite = TestSuite::new("verify");
    for claim in &verified.result.claims {
        let statement = &claim.claim.statement;
        let summary = format!(
            "{} ({}): {}, expected: {}; {} cases, worst ratio {}",
            statement.formula,
            statement.place,
            claim.verdict,
            statement.expected,
            grouped(claim.cases),
            claim.max_ratio.map_or("none".into(), short)
        );
        suite.add_test_case(case(statement.slug, claim.as_expected, summary));
    }
    for observed in verified.observed {
        let mut status = TestCaseStatus::skipped();
        status.set_message(elsewhere(observed));
        let mut case = TestCase::new(observed.slug, status);
        case.set_classname("gradient-gap");
        suite.add_test_case(case);
    }
    suite
}
