//! The plane of step sizes.

use gradient_gap::collapse::{Construction, Theorem2, Theorem4};
use gradient_gap::experiments::Judgement;
use gradient_gap::experiments::phase::{COLLAPSE, Experiment, FAMILIES, Family, Plane, Row, Setting, run};
use gradient_gap::{Evaluation, Instance, policy::Policy};

fn experiment(families: &[Family], columns: usize, rows: usize) -> Experiment {
    run(&Setting { families: families.to_vec(), columns, rows, progress: 4.0 }, &|| {}).expect("runs")
}

fn ten(x: f64) -> f64 {
    10_f64.powf(x)
}

/// The share of cells left of a line whose first steps lower J.
fn falling(plane: &Plane, line: impl Fn(&Row) -> f64) -> f64 {
    let cells = plane.rows.iter().flat_map(|row| plane.columns.iter().zip(&row.cells).map(move |(x, cell)| (row, x, cell)));
    let left: Vec<bool> = cells.filter(|(row, x, _)| ten(**x) < line(row)).map(|(_, _, cell)| cell.falls).collect();
    left.iter().filter(|falls| **falls).count() as f64 / left.len().max(1) as f64
}

/// Nothing falls left of the safe line; right of it something does, with half as much again.
#[test]
fn the_safe_line_is_safe_and_no_other() {
    let experiment = experiment(&FAMILIES, 44, 12);
    for plane in &experiment.planes {
        assert_eq!(falling(plane, |row| row.safe), 0.0, "{}", plane.family.name());
        assert_eq!(falling(plane, |row| row.paper), 0.0, "{}", plane.family.name());
    }
    let of = |family: Family| experiment.planes.iter().find(|plane| plane.family == family).expect("there");
    assert!(falling(of(Family::Bend), |row| 1.5 * row.safe) > 0.01, "the factor 1 − J is needed at λ < 0");
    assert!(falling(of(Family::Cube), |_| COLLAPSE) > 0.01, "what keeps from collapse does not keep J rising");
    assert!(falling(of(Family::Theorem2), |_| 1.5 * COLLAPSE) > 0.01);
    let boundary = |family: Family| of(family).distance(|_| COLLAPSE).map(|[least, ..]| least);
    assert!(boundary(Family::Theorem2).is_some_and(|least| (1.0..1.01).contains(&least)));
    assert!(boundary(Family::Theorem4).is_some_and(|least| (1.0..1.01).contains(&least)));
    assert_eq!(boundary(Family::Tabular), None);
    let bend = of(Family::Bend).distance(|row| row.ascent).expect("falls");
    assert!((0.999..1.001).contains(&bend[0]), "{bend:?}");
    assert_eq!(experiment.judged.map(|judged| judged.judgement), [Judgement::Partly, Judgement::Reproduced]);
}

/// λ(K) of the constructions from one pair of steps, against all steps made.
#[test]
fn runs_that_repeat_themselves() {
    let (wide, progress) = (8, 0.05);
    for (family, rows) in [(Family::Theorem2, 3), (Family::Theorem4, 3)] {
        let setting = Setting { families: vec![family], columns: wide, rows, progress };
        let plane = &run(&setting, &|| {}).expect("runs").planes[0];
        for (row, column) in [(0, wide - 1), (0, wide - 3), (1, wide - 1)] {
            let (start, cell) = (&plane.rows[row].start, &plane.rows[row].cells[column]);
            let eta = ten(plane.columns[column]) / start.unit();
            let lambda = if family == Family::Theorem2 { start.lambda } else { (0.001_f64 / 0.999).ln() };
            // The same v, to what a search of a grid gives.
            let fits = |v: f64| v * v * (1.0 + ((v * eta).tanh() / 1.7).powi(2)) <= 1.0;
            let across = (0..=100_000).map(|i| 1.0 - 1e-5 * f64::from(i)).find(|v| fits(*v)).expect("some");
            let token = Theorem2 { across, start: lambda + 2_f64.ln(), ..Theorem2::new(1.0, start.alignment, eta) };
            let all = Theorem4 {
                token: token.with_steps(cell.steps as usize),
                ..Theorem4::new(1.0, start.alignment, eta, start.tokens)
            };
            let course = all.course::<f64>(&all.run().expect("runs"));
            let change = course.change();
            assert!((cell.end - cell.start - change).abs() < 1e-3 * change.abs(), "{cell:?} {change}");
            let lost = course.steps.iter().filter(|step| step.change < 0.0).count() as f64 / cell.steps;
            assert!((cell.lost - lost).abs() < 1e-12, "{cell:?} {lost}");
        }
    }
}

/// What is said of the bend's constants at θ_0 is within 1 % of them on the whole segment up to the boundary.
#[test]
fn a_bend_has_its_constants_on_the_segment() {
    let plane = &experiment(&[Family::Bend], 44, 7).planes[0];
    for row in &plane.rows {
        let (start, boundary) = (&row.start, row.boundary.expect("falls"));
        let features = vec![0.0, start.alignment];
        let instance = Instance {
            policy: Policy::quadratic_softmax(1, features, vec![0.0, -1.0], vec![0.0, start.lambda]).expect("a policy"),
            theta: vec![0.0],
            direction: vec![1.0],
            eta: boundary / start.unit(),
            correct: vec![false, true],
            then: vec![],
        };
        let evaluation = Evaluation::<f64>::new(&instance, 64);
        let constants = evaluation.constants();
        assert!((constants.curvature / start.constants[1] - 1.0).abs() < 0.01, "{constants:?} {:?}", start.constants);
        assert!(evaluation.step().change.abs() < 1e-8);
    }
}

/// What is said of cells that are not there: nothing.
#[test]
fn no_cell_is_no_evidence() {
    let setting = Setting { families: vec![Family::Theorem2], columns: 2, rows: 2, progress: 1.0 };
    let few = run(&setting, &|| {}).expect("runs");
    assert!(few.planes[0].rows.iter().all(|row| ten(few.planes[0].columns[0]) > row.paper));
    assert_eq!(few.planes[0].parts(), [false, true]);
    assert_eq!(few.judged[0].judgement, Judgement::Not);
}

/// As long and as short as can be asked for.
#[test]
fn any_progress() {
    for progress in [f64::MIN_POSITIVE, 1e6, f64::MAX] {
        let setting = Setting { families: FAMILIES.to_vec(), columns: 2, rows: 2, progress };
        for plane in run(&setting, &|| {}).expect("runs").planes {
            assert!(plane.rows.iter().flat_map(|row| &row.cells).all(|cell| !cell.end.is_nan() && cell.steps >= 1.0));
        }
    }
}

#[test]
fn settings_out_of_place() {
    let plain = Setting::default();
    for setting in [
        Setting { families: vec![], ..plain.clone() },
        Setting { columns: 1, ..plain.clone() },
        Setting { rows: 1, ..plain.clone() },
        Setting { progress: 0.0, ..plain.clone() },
        Setting { progress: f64::INFINITY, ..plain },
    ] {
        assert!(run(&setting, &|| {}).is_err(), "{setting:?}");
    }
}
