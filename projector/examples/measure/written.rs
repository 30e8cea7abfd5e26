//! A log, written in bulk.

use std::pin::{Pin, pin};

use chrono::Utc;
use domain::kernel::{
    Aggregate, Date, Encoded, EventCodec, Id, NAMED_MESSAGE_PACK, Personal, Text,
    testing::toy::{Book, BookEvent, Loan, LoanEvent},
};
use event_store::{
    history::EVENT_COLUMNS,
    pg::{provision, uuid},
};
use tokio_postgres::{
    Client,
    binary_copy::BinaryCopyInWriter,
    types::{ToSql, Type},
};
use ulid::Ulid;

/// A tenant with so many events: books that are lent, renewed and returned.
pub(crate) async fn fill(admin: &Client, events: u64) {
    let mut writer = Writer::new(admin, Ulid::generate()).await;
    writer.books(events / 5).await;
}

/// Writes a tenant's log past the append function, in bulk.
pub(crate) struct Writer<'a> {
    admin: &'a Client,
    tenant: Ulid,
    position: i64,
    /// The last loan, and the version of its next event.
    last: (Id<Loan>, i64),
    books: EventCodec<Book>,
    loans: EventCodec<Loan>,
}

const TYPES: &[Type] = &[
    Type::UUID,
    Type::INT8,
    Type::UUID,
    Type::INT8,
    Type::TEXT,
    Type::TEXT,
    Type::INT2,
    Type::INT2,
    Type::UUID,
    Type::TIMESTAMPTZ,
    Type::TIMESTAMPTZ,
    Type::TEXT,
    Type::UUID,
    Type::UUID,
    Type::UUID,
    Type::TEXT,
    Type::BYTEA,
    Type::BYTEA,
];

impl<'a> Writer<'a> {
    pub(crate) async fn new(admin: &'a Client, tenant: Ulid) -> Self {
        provision(admin, tenant, "a library").await.unwrap();
        let last = (Id::new(Ulid::generate()), 1);
        let (books, loans) = (EventCodec::new(), EventCodec::new());
        Self { admin, tenant, position: 0, last, books, loans }
    }

    pub(crate) async fn books(&mut self, books: u64) {
        let sql = format!("COPY log.events ({EVENT_COLUMNS}) FROM STDIN (FORMAT binary)");
        let sink = self.admin.copy_in(&sql).await.unwrap();
        let mut copy = pin!(BinaryCopyInWriter::new(sink, TYPES));
        for _ in 0..books {
            self.book(copy.as_mut()).await;
        }
        copy.finish().await.unwrap();
        self.publish().await;
    }

    /// One more event of the last loan.
    pub(crate) async fn renew(&mut self) {
        let sql = format!("COPY log.events ({EVENT_COLUMNS}) FROM STDIN (FORMAT binary)");
        let sink = self.admin.copy_in(&sql).await.unwrap();
        let mut copy = pin!(BinaryCopyInWriter::new(sink, TYPES));
        let until = Date::from_ymd(2026, 1, 15).unwrap();
        let renewed = self.loans.encode(&LoanEvent::Renewed { until }).unwrap();
        let (loan, version) = self.last;
        self.last.1 += 1;
        self.event::<Loan>(copy.as_mut(), loan, version, &renewed).await;
        copy.finish().await.unwrap();
        self.publish().await;
    }

    async fn publish(&self) {
        let head = "UPDATE log.heads SET position = $2, recorded_at = now() WHERE tenant_id = $1";
        self.admin.execute(head, &[&uuid(self.tenant), &self.position]).await.unwrap();
    }

    async fn book(&mut self, mut copy: Pin<&mut BinaryCopyInWriter>) {
        let (book, first, second) =
            (Id::new(Ulid::generate()), Id::new(Ulid::generate()), Id::new(Ulid::generate()));
        let title = Text::parse("Middlemarch, a study of provincial life").unwrap();
        let isbn = Text::of(book);
        let until = Date::from_ymd(2026, 1, 15).unwrap();
        let lent = |number| LoanEvent::Lent {
            number,
            book,
            // Written past what seals it.
            borrower: Personal::ERASED,
            until,
        };
        let renewed = LoanEvent::Renewed { until: until.plus_days(14) };
        let returned = LoanEvent::Returned { book, in_time: true };
        let acquired = self.books.encode(&BookEvent::Acquired { isbn, title }).unwrap();
        self.last = (second, 2);
        self.event::<Book>(copy.as_mut(), book, 1, &acquired).await;
        for (loan, version, event) in
            [(first, 1, lent(1)), (first, 2, renewed), (first, 3, returned), (second, 1, lent(2))]
        {
            let encoded = self.loans.encode(&event).unwrap();
            self.event::<Loan>(copy.as_mut(), loan, version, &encoded).await;
        }
    }

    async fn event<A: Aggregate>(
        &mut self,
        copy: Pin<&mut BinaryCopyInWriter>,
        stream: Id<A>,
        version: i64,
        event: &Encoded,
    ) {
        self.position += 1;
        let kind = format!("{}.{}", A::TYPE, event.name);
        let (tenant, stream) = (uuid(self.tenant), uuid(stream.ulid()));
        let (id, command) = (uuid(Ulid::generate()), uuid(Ulid::generate()));
        let schema_version = i16::try_from(event.schema_version).unwrap();
        let now = Utc::now();
        let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        // {"roles": ["admin"]}
        let metadata: &[u8] = b"\x81\xa5roles\x91\xa5admin";
        let row: [&(dyn ToSql + Sync); 18] = [
            &tenant,
            &self.position,
            &stream,
            &version,
            &A::TYPE,
            &kind,
            &schema_version,
            &NAMED_MESSAGE_PACK,
            &id,
            &now,
            &now,
            &"user:01J9ZQ8V5M3N8T1W2X4Y6Z7A8B",
            &command,
            &command,
            &None::<uuid::Uuid>,
            &trace,
            &metadata,
            &event.payload,
        ];
        copy.write(&row).await.unwrap();
    }
}
