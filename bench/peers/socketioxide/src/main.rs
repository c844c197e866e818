// The contract of examples/bench.cpp on socketioxide and axum, on one thread: the server has one core. PORT is the argument.
use socketioxide::extract::{AckSender, Data, SocketRef};
use socketioxide::SocketIo;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let (layer, io) = SocketIo::builder().max_payload(1_000_000).build_layer();
    io.ns("/", async |s: SocketRef| {
        s.join("all");
        s.on("echo", async |Data(x): Data<serde_json::Value>, ack: AckSender| {
            ack.send(&x).ok();
        });
        s.on("bcast", async |io: SocketIo, Data(x): Data<serde_json::Value>| {
            io.to("all").emit("msg", &x).await.ok();
        });
    });
    let app = axum::Router::new().layer(layer);
    let port = std::env::args().nth(1).unwrap_or("0".into());
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await.unwrap();
    println!("listening {} {}", std::process::id(), listener.local_addr().unwrap().port());
    let listener = axum::serve::ListenerExt::tap_io(listener, |tcp| {
        tcp.set_nodelay(true).ok();
    });
    axum::serve(listener, app).await.unwrap();
}
