//! A question whose body stays away for a while, as one on a bad line does, or one of somebody who means harm.

use std::sync::Arc;

use rustls::ClientConfig;
use rustls_pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::super::protocol::{Ask, Message};
use super::super::tls::PARENT_NAME;

pub struct Slow {
    stream: TlsStream<TcpStream>,
    body: Vec<u8>,
}

impl Slow {
    /// Asks up to where the parent begins to read the body.
    pub async fn begin(address: &str, config: ClientConfig, ask: Ask) -> Slow {
        let stream = TcpStream::connect(address).await.unwrap();
        let name = ServerName::try_from(PARENT_NAME).unwrap();
        let mut stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap();
        let (name, body) = (ask.name(), Message::bare(ask).to_bytes());
        let head = format!(
            "POST /v1/{name} HTTP/1.1\r\nhost: parent\r\nconnection: close\r\ncontent-length: {}\r\nexpect: 100-continue\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = [0; 64];
        let read = stream.read(&mut answer).await.unwrap();
        assert!(answer[..read].starts_with(b"HTTP/1.1 100 "), "{}", String::from_utf8_lossy(&answer[..read]));
        Slow { stream, body }
    }

    /// Sends the body and gives the answer with its head.
    pub async fn end(mut self) -> String {
        self.stream.write_all(&self.body).await.unwrap();
        let mut answer = Vec::new();
        // That the parent hangs up without a goodbye is no matter.
        let _ = self.stream.read_to_end(&mut answer).await;
        String::from_utf8_lossy(&answer).into_owned()
    }
}
