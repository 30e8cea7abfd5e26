//! Somebody who talks to a running program, as an admin UI or a dashboard does.

use anyhow::Result;
use cli::Endpoints;
use reqwest::{
    RequestBuilder,
    header::{HeaderMap, HeaderName, HeaderValue},
};
use serde_json::{Value, json};

/// A client with one tenant's token.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    commands: String,
    graphql: String,
    token: String,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as JSON; null when it is none.
    pub body: Value,
}

impl Answer {
    /// A header's value, empty when there is none.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The id of the aggregate that a command made.
    #[must_use]
    pub fn id(&self) -> &str {
        self.body.pointer("/data/id").and_then(Value::as_str).unwrap_or_default()
    }

    /// The code of an error.
    #[must_use]
    pub fn code(&self) -> &str {
        self.body.pointer("/error/code").and_then(Value::as_str).unwrap_or_default()
    }
}

impl Client {
    /// A client of the tenant at a place in the endpoints.
    #[must_use]
    pub fn of(endpoints: &Endpoints, tenant: usize) -> Self {
        let token = endpoints.tenants.get(tenant).map(|one| one.token.as_str());
        Self::at(&endpoints.command_api, &endpoints.graphql, token.unwrap_or_default())
    }

    /// A client of services at these addresses.
    #[must_use]
    pub fn at(commands: &str, graphql: &str, token: &str) -> Self {
        Self {
            http: reqwest::Client::new(),
            commands: commands.to_owned(),
            graphql: graphql.to_owned(),
            token: token.to_owned(),
        }
    }

    /// The same client with another token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: token.to_owned(), ..self.clone() }
    }

    /// Where GraphQL is asked, and as whom, for programs that ask themselves.
    #[must_use]
    pub fn graphql_environment(&self) -> [(&'static str, &str); 2] {
        [("GRAPHQL_URL", &self.graphql), ("GRAPHQL_TOKEN", &self.token)]
    }

    /// Gives a command: `billing/customer/open`.
    ///
    /// # Errors
    /// When nobody answers.
    pub async fn command(&self, path: &str, body: Value) -> Result<Answer> {
        self.command_with(path, body, &[]).await
    }

    /// Gives a command with further headers.
    ///
    /// # Errors
    /// When nobody answers.
    pub async fn command_with(
        &self,
        path: &str,
        body: Value,
        headers: &[(&'static str, &str)],
    ) -> Result<Answer> {
        let mut request = self.http.post(format!("{}/v1/{path}", self.commands)).json(&body);
        for (name, value) in headers {
            request = request.header(HeaderName::from_static(name), HeaderValue::from_str(value)?);
        }
        self.send(request).await
    }

    /// Asks a query, with the consistency token of a command.
    ///
    /// # Errors
    /// When nobody answers.
    pub async fn query(&self, query: &str, consistency: Option<&str>) -> Result<Answer> {
        let mut request = self.http.post(&self.graphql).json(&json!({ "query": query }));
        if let Some(token) = consistency {
            request = request.header("consistency-token", token);
        }
        self.send(request).await
    }

    /// Gets a document of the command API.
    ///
    /// # Errors
    /// When nobody answers.
    pub async fn get(&self, path: &str) -> Result<Answer> {
        self.send(self.http.get(format!("{}{path}", self.commands))).await
    }

    async fn send(&self, request: RequestBuilder) -> Result<Answer> {
        let response = request.bearer_auth(&self.token).send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = serde_json::from_slice(&response.bytes().await?).unwrap_or_default();
        Ok(Answer { status, headers, body })
    }
}
