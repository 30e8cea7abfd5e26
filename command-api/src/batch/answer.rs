//! What became of a batch, as the client is told.

use actix_web::{
    HttpResponse, ResponseError,
    http::{StatusCode, header::RETRY_AFTER},
};
use domain::kernel::AggregateEntry;
use event_store::{Outcome, Receipt, TenantId};
use serde_json::{Map, Value, json};
use service::http::Problem;

use crate::{
    answer::{Answer, consistency_token},
    request::PREFERENCE_APPLIED,
};

/// The results of all commands, in their order.
pub(super) struct Answers<'a> {
    pub(super) atomic: bool,
    pub(super) results: Vec<Single<'a>>,
}

/// What became of one command.
pub(super) enum Single<'a> {
    Done { aggregate: &'a AggregateEntry, creates: bool, receipt: Receipt },
    Refused(Problem),
}

impl Answers<'_> {
    /// The position by which everything that was done is visible.
    pub(super) fn position(&self) -> Option<u64> {
        let positions = self.results.iter().filter_map(|result| match result {
            Single::Done { receipt, .. } => Some(receipt.position),
            Single::Refused(_) => None,
        });
        positions.max()
    }

    pub(super) fn response(self, tenant: TenantId, applied: &[String]) -> HttpResponse {
        let mut response = HttpResponse::build(self.status());
        let position = self.position();
        if let Some(position) = position.filter(|_| !self.validated()) {
            response.insert_header(consistency_token(tenant, position));
        }
        if self.statuses().any(|status| status == StatusCode::SERVICE_UNAVAILABLE) {
            response.insert_header((RETRY_AFTER, "1"));
        }
        if !applied.is_empty() {
            response.insert_header((PREFERENCE_APPLIED, applied.join(", ")));
        }
        let atomic = self.atomic;
        let results: Vec<Value> = self.results.into_iter().map(Single::told).collect();
        response.json(json!({
            "data": { "atomic": atomic, "position": position, "results": results },
        }))
    }

    /// One status for all, where all went well.
    fn status(&self) -> StatusCode {
        if self.statuses().all(|status| status.is_success()) {
            StatusCode::OK
        } else {
            StatusCode::MULTI_STATUS
        }
    }

    fn statuses(&self) -> impl Iterator<Item = StatusCode> {
        self.results.iter().map(Single::status)
    }

    fn validated(&self) -> bool {
        self.results.iter().any(|result| {
            matches!(result, Single::Done { receipt, .. } if receipt.outcome == Outcome::Validated)
        })
    }
}

impl Single<'_> {
    fn status(&self) -> StatusCode {
        match self {
            Self::Done { aggregate, creates, receipt } => {
                Answer { aggregate, creates: *creates, receipt: receipt.clone() }.status()
            }
            Self::Refused(problem) => problem.status_code(),
        }
    }

    fn told(self) -> Value {
        let mut told = Map::new();
        told.insert("status".to_owned(), self.status().as_u16().into());
        match self {
            Self::Done { aggregate, creates, receipt } => {
                let answer = Answer { aggregate, creates, receipt };
                let data = serde_json::to_value(answer.data()).unwrap_or_default();
                told.insert("data".to_owned(), data);
            }
            Self::Refused(problem) => {
                told.insert("error".to_owned(), Value::Object(problem.error()));
            }
        }
        Value::Object(told)
    }
}
