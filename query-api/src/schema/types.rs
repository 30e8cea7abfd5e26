//! Types that are there whatever is declared.

use std::sync::Arc;

use async_graphql::{
    Value,
    dynamic::{Enum, EnumItem, InputObject, InputValue, Object, SchemaBuilder, TypeRef},
};

use super::{
    connection::cursor,
    scalars::{BIG_INT, DATE, DATE_TIME},
    shown::shown,
};
use crate::{rows::Connection, sql::Period};

pub(super) const PAGE_INFO: &str = "PageInfo";
pub(super) const ORDER_DIRECTION: &str = "OrderDirection";
pub(super) const NULLS_ORDER: &str = "NullsOrder";
pub(super) const AS_OF: &str = "AsOf";
pub(super) const PERIOD: &str = "Period";
pub(super) const AGE_BUCKETS: &str = "AgeBuckets";
pub(super) const AGE_BUCKET: &str = "AgeBucket";
pub(super) const GROUP_AGGREGATE: &str = "GroupAggregate";

pub(super) fn register(schema: SchemaBuilder) -> SchemaBuilder {
    schema
        .register(page_info())
        .register(
            Enum::new(ORDER_DIRECTION)
                .description("Which way an order runs.")
                .item(EnumItem::new("ASC").description("From the least to the greatest."))
                .item(EnumItem::new("DESC").description("From the greatest to the least.")),
        )
        .register(
            Enum::new(NULLS_ORDER)
                .description("Where empty values stand in an order.")
                .item(EnumItem::new("FIRST").description("Before all others."))
                .item(EnumItem::new("LAST").description("After all others.")),
        )
        .register(as_of())
        .register(period())
        .register(age_buckets())
        .register(age_bucket())
        .register(
            Enum::new(GROUP_AGGREGATE)
                .description("What groups are put in order by.")
                .item(EnumItem::new("KEY").description("What the rows of a group share."))
                .item(EnumItem::new("COUNT").description("How many rows there are."))
                .item(EnumItem::new("SUM").description("The sum of a field."))
                .item(EnumItem::new("AVG").description("The mean of a field."))
                .item(EnumItem::new("MIN").description("The least value of a field."))
                .item(EnumItem::new("MAX").description("The greatest value of a field.")),
        )
}

fn page_info() -> Object {
    type Page = Arc<Connection>;
    let flag = || TypeRef::named_nn(TypeRef::BOOLEAN);
    let cursor_of = || TypeRef::named(TypeRef::STRING);
    Object::new(PAGE_INFO)
        .description("Where a page stands in its list.")
        .field(shown(("hasNextPage", flag(), "Whether rows follow the page."), |page: &Page| {
            Some(page.has_next.into())
        }))
        .field(shown(
            (
                "hasPreviousPage",
                flag(),
                "Whether rows precede the page; reading forward, whether it began at a cursor.",
            ),
            |page: &Page| Some(page.has_previous.into()),
        ))
        .field(shown(
            ("startCursor", cursor_of(), "The cursor of the page's first row."),
            |page: &Page| Some(cursor(page, page.nodes().next()?).into()),
        ))
        .field(shown(
            ("endCursor", cursor_of(), "The cursor of the page's last row."),
            |page: &Page| Some(cursor(page, page.nodes().next_back()?).into()),
        ))
}

fn as_of() -> InputObject {
    InputObject::new(AS_OF)
        .description(
            "A moment in the past, by the time it was recorded or by its position in the log. \
             The row is worked out anew from the events up to then.",
        )
        .oneof()
        .field(
            InputValue::new("time", TypeRef::named(DATE_TIME))
                .description("After everything that was recorded up to this time."),
        )
        .field(
            InputValue::new("position", TypeRef::named(BIG_INT))
                .description("After the event at this position."),
        )
}

fn period() -> Enum {
    Period::ALL.into_iter().fold(
        Enum::new(PERIOD).description("A period of the calendar. Weeks begin on Mondays."),
        |periods, (name, period)| periods.item(EnumItem::new(name).description(period.doc())),
    )
}

fn age_buckets() -> InputObject {
    InputObject::new(AGE_BUCKETS)
        .description("Buckets by how many days a date lies before another.")
        .field(
            InputValue::new("on", TypeRef::named_nn(DATE))
                .description("The date from which ages are counted back."),
        )
        .field(
            InputValue::new("edges", TypeRef::named_nn_list(TypeRef::INT))
                .description(
                    "The last day of each bucket but the last, rising. The default makes the \
                     buckets up to 0 (not due yet), 1-30, 31-60, 61-90 and 91+.",
                )
                .default_value(Value::List([0, 30, 60, 90].map(Value::from).to_vec())),
        )
}

/// The bounds of a bucket of ages.
pub(super) type Ages = (Option<i32>, Option<i32>);

fn age_bucket() -> Object {
    Object::new(AGE_BUCKET)
        .description("A range of ages in days; a date after the one counted from has one below 0.")
        .field(shown(
            ("from", TypeRef::named(TypeRef::INT), "The lowest age; null in the first bucket."),
            |(from, _): &Ages| from.map(Value::from),
        ))
        .field(shown(
            ("to", TypeRef::named(TypeRef::INT), "The highest age; null in the last bucket."),
            |(_, to): &Ages| to.map(Value::from),
        ))
        .field(shown(
            (
                "label",
                TypeRef::named_nn(TypeRef::STRING),
                "The range in words: \"current\" for all ages up to 0, \"1-30\", \"91+\".",
            ),
            |ages: &Ages| Some(label(*ages).into()),
        ))
}

fn label(ages: Ages) -> String {
    match ages {
        (None, Some(0)) => "current".to_owned(),
        (None, Some(to)) => format!("up to {to}"),
        (Some(from), Some(to)) if from == to => from.to_string(),
        (Some(from), Some(to)) => format!("{from}-{to}"),
        (Some(from), None) => format!("{from}+"),
        (None, None) => "all".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_is_labelled_as_people_read_it() {
        let labels = [(None, Some(0)), (Some(1), Some(30)), (Some(91), None), (Some(5), Some(5))];
        assert_eq!(labels.map(label), ["current", "1-30", "91+", "5"]);
        assert_eq!(label((None, Some(-7))), "up to -7");
    }
}
