//! `verify` as JUnit XML: one test case a claim, failed where the verdict is not the expected one; observations are skipped.

use super::judged::elsewhere;
use super::{Verified, grouped, short};
use crate::error::Error;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

/// The report.
///
/// # Errors
/// Only if the XML writer fails.
pub fn verify_junit(verified: &Verified<'_>) -> Result<String, Error> {
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
        let status = match claim.as_expected {
            true => TestCaseStatus::success(),
            false => {
                let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                status.set_message(summary.clone());
                status
            }
        };
        let mut case = TestCase::new(statement.slug, status);
        case.set_classname("gradient-gap");
        case.set_system_out(summary);
        suite.add_test_case(case);
    }
    for observed in verified.observed {
        let mut status = TestCaseStatus::skipped();
        status.set_message(elsewhere(observed));
        let mut case = TestCase::new(observed.slug, status);
        case.set_classname("gradient-gap");
        suite.add_test_case(case);
    }
    let mut report = Report::new("gradient-gap");
    report.add_test_suite(suite);
    report.to_string().map_err(|e| Error::new(format!("JUnit: {e}")))
}
