//! One trace goes through all services.

use opentelemetry::trace::{TraceContextExt as _, TracerProvider as _};
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::Instrument as _;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::layer::SubscriberExt as _;

use super::*;

#[tokio::test]
async fn a_handler_works_in_the_trace_of_its_caller() {
    let provider = SdkTracerProvider::builder().build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
    let _subscriber = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));
    let trace = || {
        tracing::Span::current()
            .context()
            .span()
            .span_context()
            .trace_id()
            .to_string()
    };

    let hub = Hub::new();
    let echo = Echo::new(move |_| async move { Ok(trace()) });
    let _server = start(&hub.transport("sa.cairn"), configuration(), echo).await;
    let channel = memory_channel(&hub, "ra.cairn");
    let call = async { (trace(), say(&channel, "hello").await.unwrap()) };
    let (ours, theirs) = call.instrument(tracing::info_span!("request")).await;
    assert_eq!(ours, theirs);
    let another = say(&channel, "hello").await.unwrap();
    assert_ne!(ours, another, "a call outside is another trace");
}
