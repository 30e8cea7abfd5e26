//! A tenant: it writes its log, and asks about it.

use domain::kernel::{
    Actor, Aggregate, Date, Encoded, EventCodec, Id, NAMED_MESSAGE_PACK, Personal, Text,
    testing::toy::{Book, BookEvent, Loan, LoanEvent},
};
use event_store::{
    Append, CommandRecord, Log, NewEvent, TenantId,
    keys::{Erasure, erase},
    pg::uuid,
};
use reqwest::RequestBuilder;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use service::database::DatabaseRole;
use tokio_postgres::NoTls;
use ulid::Ulid;

use crate::stage::Stage;

/// One tenant: its log, and a client of it.
pub(crate) struct Tenant<'a> {
    pub(crate) stage: &'a Stage,
    pub(crate) id: Ulid,
    pub(crate) token: String,
}

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Answer {
    /// What was asked for, which was given without any trouble.
    #[track_caller]
    pub(crate) fn data(self) -> Value {
        assert!(self.body.get("errors").is_none(), "{:#}", self.body);
        self.body["data"].clone()
    }

    pub(crate) fn errors(&self) -> &[Value] {
        self.body["errors"].as_array().map(Vec::as_slice).unwrap_or_default()
    }

    /// The code and the message of the only error.
    #[track_caller]
    pub(crate) fn error(&self) -> (&str, &str) {
        let [error] = self.errors() else { panic!("{:#}", self.body) };
        (error["extensions"]["code"].as_str().unwrap(), error["message"].as_str().unwrap())
    }
}

impl Tenant<'_> {
    pub(crate) async fn ask(&self, query: &str) -> Answer {
        self.ask_with(query, json!({})).await
    }

    pub(crate) async fn ask_with(&self, query: &str, variables: Value) -> Answer {
        self.send(self.request(&json!({ "query": query, "variables": variables }))).await
    }

    pub(crate) fn request(&self, body: &Value) -> RequestBuilder {
        self.stage.post(body).bearer_auth(&self.token)
    }

    pub(crate) async fn send(&self, request: RequestBuilder) -> Answer {
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{status}: {text}"));
        Answer { status, body }
    }

    /// The answer, without any trouble.
    pub(crate) async fn data(&self, query: &str) -> Value {
        self.ask(query).await.data()
    }

    pub(crate) fn consistency(&self, position: u64) -> String {
        format!("{}:{position}", TenantId(self.id))
    }

    /// Writes an event, and gives its position.
    pub(crate) async fn write<A: Aggregate>(&self, id: Id<A>, event: &A::Event) -> u64 {
        let encoded = EventCodec::<A>::new().encode(event).unwrap();
        if encoded.personal {
            return self.append::<A>(id.ulid(), encoded).await;
        }
        let (name, version) = (&encoded.name, encoded.schema_version);
        self.write_raw(id, name, version, &encoded.payload).await
    }

    /// Writes an event whatever it holds, and gives its position.
    pub(crate) async fn write_raw<A: Aggregate>(
        &self,
        id: Id<A>,
        name: &str,
        schema_version: u16,
        payload: &[u8],
    ) -> u64 {
        let kind = format!("{}.{name}", A::TYPE);
        let actor = Actor::system("test").to_string();
        let row = self
            .stage
            .admin
            .query_one(
                "WITH head AS (
                     UPDATE log.heads SET position = position + 1, recorded_at = clock_timestamp()
                     WHERE tenant_id = $1 RETURNING *
                 )
                 INSERT INTO log.events (tenant_id, position, stream_id, version, stream_type,
                     type, schema_version, codec, event_id, occurred_at, recorded_at, actor,
                     command_id, correlation_id, payload)
                 SELECT $1, head.position, $2,
                     1 + (SELECT count(*) FROM log.events WHERE tenant_id = $1 AND stream_id = $2),
                     $3, $4, $5, $6, $7, head.recorded_at, head.recorded_at, $8, $7, $7, $9
                 FROM head RETURNING position",
                &[
                    &uuid(self.id),
                    &uuid(id.ulid()),
                    &A::TYPE,
                    &kind,
                    &i16::try_from(schema_version).unwrap(),
                    &NAMED_MESSAGE_PACK,
                    &uuid(Ulid::generate()),
                    &actor,
                    &payload,
                ],
            )
            .await
            .unwrap();
        u64::try_from(row.get::<_, i64>(0)).unwrap()
    }

    /// Writes an event that holds personal data, which the log seals.
    async fn append<A: Aggregate>(&self, stream: Ulid, event: Encoded) -> u64 {
        let sql = "SELECT count(*) FROM log.events WHERE tenant_id = $1 AND stream_id = $2";
        let row = self.stage.admin.query_one(sql, &[&uuid(self.id), &uuid(stream)]).await.unwrap();
        let command = CommandRecord::new(Ulid::generate(), Actor::system("test"), service::now());
        let event = NewEvent::from(event);
        let append = Append {
            expected: u64::try_from(row.get::<_, i64>(0)).unwrap(),
            events: vec![event],
            ..Append::of(self.id, A::TYPE, stream, command)
        };
        self.stage.log.append(append).await.unwrap().last_position
    }

    /// Forgets a person.
    pub(crate) async fn erase<A: Aggregate>(&self, subject: Id<A>) {
        let erasure = Erasure {
            tenant: self.id,
            subject: subject.ulid(),
            actor: "user:thandi".to_owned(),
            reason: "asked to".to_owned(),
        };
        let keys = self.stage.keys(DatabaseRole::Owner).await;
        let url = self.stage.config.database.url.expose_secret();
        let (mut client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
        tokio::spawn(connection);
        erase(&mut client, &self.stage.registry, &keys, &erasure).await.unwrap();
    }

    pub(crate) async fn lend_to(&self, book: Id<Book>, number: u64, name: &str) -> Id<Loan> {
        let loan = Id::new(Ulid::generate());
        let borrower = Personal::from(Text::parse(name).unwrap());
        let until = "2026-02-01".parse().unwrap();
        self.write(loan, &LoanEvent::Lent { number, book, borrower, until }).await;
        loan
    }

    pub(crate) async fn acquire(&self, title: &str) -> Id<Book> {
        let book = Id::new(Ulid::generate());
        let title = Text::parse(title).unwrap();
        self.write(book, &BookEvent::Acquired { isbn: Text::of(book), title }).await;
        book
    }

    pub(crate) async fn lend(&self, book: Id<Book>, number: u64, until: &str) -> Id<Loan> {
        let loan = Id::new(Ulid::generate());
        let borrower = Personal::from(Text::parse("Sipho").unwrap());
        let until: Date = until.parse().unwrap();
        self.write(loan, &LoanEvent::Lent { number, book, borrower, until }).await;
        loan
    }

    pub(crate) async fn renew(&self, loan: Id<Loan>, until: &str) -> u64 {
        self.write(loan, &LoanEvent::Renewed { until: until.parse().unwrap() }).await
    }

    pub(crate) async fn remind(&self, loan: Id<Loan>) -> u64 {
        self.write(loan, &LoanEvent::Reminded {}).await
    }

    pub(crate) async fn give_back(&self, loan: Id<Loan>, book: Id<Book>) -> u64 {
        self.write(loan, &LoanEvent::Returned { book, in_time: true }).await
    }
}
