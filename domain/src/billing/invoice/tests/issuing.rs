//! Issuing an invoice: what it comes to, and what stands from then on.

use super::{a_draft, discounted};
use crate::{
    billing::{
        Invoice, InvoiceCommand as Command, InvoiceEvent as Event, InvoiceRejection as Rejection,
        examples::{drafted, due_on, issue, issued, karoo, line, line_added, opened, paid},
        invoice::{
            command::{Due, Issue},
            line::{BilledLine, Discount, Line, Tax},
        },
    },
    kernel::{
        Aggregate, Claim, Date,
        testing::{amount, days, given, morning_of, rate, text, today, zar},
    },
};

fn due(due: Due) -> Command {
    Command::Issue(Issue { due: Some(due) })
}

/// What issuing a draft of these lines and discounts comes to: the net of each
/// line, then net, tax and total.
#[track_caller]
fn comes_to(lines: &[Line], discounts: &[Discount], nets: &[i64], sums: [i64; 3]) {
    let added = lines.iter().cloned().map(|line| Event::LineAdded { line });
    let off = discounts.iter().enumerate().map(|(n, off)| discounted(&format!("off {n}"), *off));
    a_draft(added.chain(off)).when(issue()).then_state(|invoice| {
        let Invoice::Issued(issued) = invoice else { panic!("not issued") };
        let billed: Vec<i64> = issued.lines.iter().map(|line| line.net.minor).collect();
        assert_eq!(billed, nets);
        assert_eq!([issued.net, issued.tax, issued.total], sums.map(zar));
    });
}

#[test]
fn issuing_fixes_what_is_owed_and_draws_the_next_number() {
    a_draft([line_added("menu", 1, 4_000), line_added("photos", 2, 3_000)])
        .when(issue())
        .then([issued()])
        .and_when(issue())
        .then_nothing();
    a_draft([line_added("menu", 1, 4_000)])
        .with_series("invoice-2026", 41)
        .when(issue())
        .then_state(|invoice| {
            let Invoice::Issued(issued) = invoice else { panic!("not issued") };
            assert_eq!(&*issued.number, "INV-2026-000042");
        });
    let number = Claim::Number { series: "invoice-2026".to_owned(), number: 1 };
    assert_eq!(Invoice::claims(&issued()), [number]);
}

#[test]
fn numbers_start_anew_every_year() {
    let new_year = Date::from_ymd(2027, 1, 1).unwrap();
    a_draft([line_added("menu", 1, 4_000)])
        .with_series("invoice-2026", 41)
        .at(morning_of(new_year))
        .when(issue())
        .then_state(|invoice| {
            let Invoice::Issued(issued) = invoice else { panic!("not issued") };
            assert_eq!(&*issued.number, "INV-2027-000001");
        });
}

#[test]
fn the_due_date_follows_from_terms_unless_it_is_named() {
    let lines = || a_draft([line_added("menu", 1, 4_000)]);
    let tomorrow = today().plus_days(1);
    let due_on_is = |expected: Date| {
        move |invoice: &Invoice| {
            let Invoice::Issued(issued) = invoice else { panic!("not issued") };
            assert_eq!(issued.due_on, expected);
        }
    };
    lines().when(issue()).then_state(due_on_is(due_on()));
    lines().when(due(Due::On(tomorrow))).then_state(due_on_is(tomorrow));
    lines().when(due(Due::InDays(days(1)))).then_state(due_on_is(tomorrow));
    let yesterday = Date::from_days(today().days() - 1).unwrap();
    lines()
        .when(due(Due::On(yesterday)))
        .then_refused(Rejection::DueBeforeIssue { due_on: yesterday, issued_on: today() });
}

#[test]
fn an_issued_invoice_cannot_be_issued_otherwise() {
    let already = Rejection::AlreadyIssued { number: text("INV-2026-000001"), due_on: due_on() };
    let given = || given::<Invoice>([drafted(), issued()]).knowing(karoo(), [opened()]);
    given().when(due(Due::On(due_on()))).then_nothing();
    given().when(due(Due::On(today()))).then_refused(already);
}

#[test]
fn an_empty_draft_cannot_be_issued() {
    a_draft([]).when(issue()).then_refused(Rejection::NoLines);
}

#[test]
fn an_invoice_for_nothing_is_issued_and_immediately_paid() {
    let nothing = zar(0);
    let billed = BilledLine { line_id: text("menu"), tax_rate: rate(1_500), net: nothing };
    let free = Event::Issued {
        number: text("INV-2026-000001"),
        sequence: 1,
        customer_id: karoo(),
        issued_on: today(),
        due_on: due_on(),
        lines: vec![billed],
        taxes: vec![Tax { rate: rate(1_500), taxable: nothing, tax: nothing }],
        net: nothing,
        tax: nothing,
        total: nothing,
    };
    let gift = discounted("gift", Discount::Rate(rate(10_000)));
    for history in [vec![line_added("menu", 1, 0)], vec![line_added("menu", 1, 4_000), gift]] {
        a_draft(history).when(issue()).then([free.clone(), paid()]);
    }
}

#[test]
fn tax_is_rounded_once_per_rate() {
    // Three lines of 33 cents at 15 %: 14.85 together, 4.95 each.
    let lines = [line("a", 1, 33), line("b", 1, 33), line("c", 1, 33)];
    comes_to(&lines, &[], &[33, 33, 33], [99, 15, 114]);
    // Proration vectors 1, 2 and 4 of the domain's design.
    let at = |rate_bp, net| Line { tax_rate: rate(rate_bp), ..line("prorated", 1, net) };
    comes_to(&[at(2_500, 645)], &[], &[645], [645, 161, 806]);
    comes_to(&[at(1_500, 33_333)], &[], &[33_333], [33_333, 5_000, 38_333]);
    comes_to(&[at(2_500, 19_333)], &[], &[19_333], [19_333, 4_833, 24_166]);
}

#[test]
fn each_rate_of_tax_stands_apart() {
    let exempt = Line { tax_rate: rate(0), ..line("stamps", 1, 333) };
    comes_to(&[line("menu", 1, 333), exempt], &[], &[333, 333], [666, 50, 716]);
}

#[test]
fn a_discount_on_the_whole_is_spread_by_largest_remainder() {
    let thirds = [line("a", 1, 100), line("b", 1, 100), line("c", 1, 100)];
    comes_to(&thirds, &[Discount::Amount(amount(100))], &[66, 67, 67], [200, 30, 230]);
    // Ten percent, then five cents of what is left of each.
    let two = [line("a", 1, 1_000), line("b", 3, 1_000)];
    let both = [Discount::Rate(rate(1_000)), Discount::Amount(amount(5))];
    comes_to(&two, &both, &[899, 2_696], [3_595, 539, 4_134]);
}

#[test]
fn a_discount_takes_no_more_than_there_is() {
    comes_to(&[line("a", 1, 100)], &[Discount::Amount(amount(500))], &[0], [0, 0, 0]);
}
