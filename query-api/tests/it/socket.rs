//! A client of live queries.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, client_async, connect_async,
    tungstenite::{Message, client::IntoClientRequest},
};

use crate::{stage::Stage, tenant::Tenant};

/// A client of `graphql-transport-ws`.
pub(crate) struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    pub(crate) async fn open(stage: &Stage) -> Self {
        let url = format!("ws://{}/graphql", stage.address);
        let mut request = url.into_client_request().unwrap();
        let protocol = "graphql-transport-ws".parse().unwrap();
        request.headers_mut().insert("sec-websocket-protocol", protocol);
        Self(connect_async(request).await.unwrap().0)
    }

    pub(crate) async fn of(tenant: &Tenant<'_>) -> Self {
        let mut socket = Self::open(tenant.stage).await;
        let token = format!("Bearer {}", tenant.token);
        socket
            .say(&json!({ "type": "connection_init", "payload": { "Authorization": token } }))
            .await;
        assert_eq!(socket.hear().await, json!({ "type": "connection_ack" }));
        socket
    }

    /// A client over a connection of one's own, introduced.
    pub(crate) async fn over(stream: TcpStream, tenant: &Tenant<'_>) -> Self {
        let url = format!("ws://{}/graphql", tenant.stage.address);
        let mut request = url.into_client_request().unwrap();
        let protocol = "graphql-transport-ws".parse().unwrap();
        request.headers_mut().insert("sec-websocket-protocol", protocol);
        let token = format!("Bearer {}", tenant.token).parse().unwrap();
        request.headers_mut().insert("authorization", token);
        let (socket, _) = client_async(request, MaybeTlsStream::Plain(stream)).await.unwrap();
        let mut socket = Self(socket);
        socket.say(&json!({ "type": "connection_init" })).await;
        assert_eq!(socket.hear().await, json!({ "type": "connection_ack" }));
        socket
    }

    pub(crate) async fn say(&mut self, message: &Value) {
        self.0.send(Message::text(message.to_string())).await.unwrap();
    }

    pub(crate) async fn subscribe(&mut self, id: &str, query: &str) {
        let payload = json!({ "query": query });
        self.say(&json!({ "type": "subscribe", "id": id, "payload": payload })).await;
    }

    /// The next message of the protocol.
    pub(crate) async fn hear(&mut self) -> Value {
        loop {
            let heard = timeout(Duration::from_secs(20), self.0.next()).await;
            match heard.expect("a message within 20 s").unwrap().unwrap() {
                Message::Text(text) => return serde_json::from_str(&text).unwrap(),
                Message::Close(frame) => panic!("closed: {frame:?}"),
                _ => {}
            }
        }
    }

    /// The data of the next answer.
    pub(crate) async fn next(&mut self, id: &str) -> Value {
        let heard = self.hear().await;
        assert_eq!((&heard["type"], &heard["id"]), (&json!("next"), &json!(id)), "{heard:#}");
        assert!(heard["payload"].get("errors").is_none(), "{heard:#}");
        heard["payload"]["data"].clone()
    }

    pub(crate) async fn silence(&mut self) {
        let heard = timeout(Duration::from_millis(300), self.hear()).await;
        assert!(heard.is_err(), "{heard:?}");
    }

    /// The code and reason with which the server closes it.
    pub(crate) async fn closed(&mut self) -> (u16, String) {
        loop {
            let heard = timeout(Duration::from_secs(20), self.0.next()).await;
            match heard.expect("an end within 20 s") {
                Some(Ok(Message::Close(Some(frame)))) => {
                    return (frame.code.into(), frame.reason.to_string());
                }
                Some(Ok(_)) => {}
                ended => panic!("{ended:?}"),
            }
        }
    }
}
