use super::Customer;
use crate::{
    billing::stories::renamed_and_closed,
    kernel::testing::{fixtures, laws},
};

#[test]
fn the_laws_of_customers_hold() {
    laws::Aggregate::<Customer>::new().orders(renamed_and_closed()).hold();
}

#[test]
fn all_events_of_customers_ever_stored_can_be_read() {
    fixtures::<Customer>("src/billing/customer/fixtures");
}
