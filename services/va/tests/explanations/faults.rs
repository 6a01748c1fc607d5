//! Servers that misbehave below HTTP and TLS.

use std::future::pending;

use tokio::net::{TcpListener, TcpSocket, TcpStream};

/// A port that accepts no further connections and refuses none, for as long as the value is kept.
pub(crate) struct Full {
    pub(crate) port: u16,
    _held: (TcpListener, Vec<TcpStream>),
}

impl Full {
    pub(crate) async fn start() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(1).unwrap();
        let address = listener.local_addr().unwrap();
        let mut waiting = Vec::new();
        // The queue is full when the next connection is not made at once.
        while let Ok(stream) =
            tokio::time::timeout(std::time::Duration::from_millis(100), TcpStream::connect(address)).await
        {
            waiting.push(stream.unwrap());
        }
        Self {
            port: address.port(),
            _held: (listener, waiting),
        }
    }
}

/// The port of a server that resets each connection once something arrives.
pub(crate) async fn resetting() -> u16 {
    serving(|stream| async move {
        stream.readable().await.unwrap();
        // Dropped with unread octets, a socket resets its connection.
    })
    .await
}

/// The port of a server that accepts and says nothing.
pub(crate) async fn silent() -> u16 {
    serving(|stream| async move {
        let _stream = stream;
        pending::<()>().await;
    })
    .await
}

async fn serving<F>(serve: impl Fn(TcpStream) -> F + Send + 'static) -> u16
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream));
        }
    });
    port
}
