//! OpenTelemetry: export of spans over OTLP, and W3C trace context across HTTP and gRPC.
//!
//! Without a `[tracing]` section there is no exporter, spans have no trace context, and [`inject`]
//! writes nothing.

use http::HeaderMap;
use opentelemetry::Context;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use tracing::{Span, Subscriber};
use tracing_opentelemetry::{OpenTelemetryLayer, OpenTelemetrySpanExt};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::registry::LookupSpan;

use crate::config::Tracing;

/// The target of spans around calls to other services. They are of level debug, for logs have the spans of
/// those who serve the calls, but they are exported.
pub const CALLS: &str = "cairn::calls";

/// Sends finished spans to a collector in batches, from a thread of its own.
#[derive(Debug)]
pub(crate) struct Exporter {
    provider: SdkTracerProvider,
}

impl Exporter {
    /// Connects lazily: a collector that is down costs spans, nothing else. Call within a runtime.
    pub(crate) fn new(config: &Tracing, service: &'static str) -> Result<Self, String> {
        let exporter = SpanExporter::builder()
            .with_tonic()
            .with_endpoint(&config.endpoint)
            .build()
            .map_err(|error| format!("tracing.endpoint: {error}"))?;
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(
                config.ratio,
            ))))
            .with_resource(
                Resource::builder_empty()
                    .with_attribute(service_name(service))
                    .build(),
            )
            .build();
        Ok(Self { provider })
    }

    /// Turns spans of level info and above, and those of [`CALLS`], into OpenTelemetry's.
    pub(crate) fn layer<S>(&self) -> impl Layer<S> + Send + Sync + use<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
    {
        let layer: OpenTelemetryLayer<S, _> =
            tracing_opentelemetry::layer().with_tracer(self.provider.tracer("cairn"));
        layer.with_filter(
            Targets::new()
                .with_default(LevelFilter::INFO)
                .with_target(CALLS, LevelFilter::DEBUG),
        )
    }

    /// Sends what is left. Blocks.
    pub(crate) fn shutdown(&self) {
        if let Err(error) = self.provider.shutdown() {
            tracing::warn!(%error, "the last spans were not exported");
        }
    }
}

fn service_name(service: &'static str) -> opentelemetry::KeyValue {
    opentelemetry::KeyValue::new("service.name", service)
}

/// Writes the trace context of the current span into `headers` (`traceparent`, `tracestate`).
pub fn inject(headers: &mut HeaderMap) {
    let context = Span::current().context();
    TraceContextPropagator::new().inject_context(&context, &mut HeaderInjector(headers));
}

/// The trace context that a caller sent in `headers`; an empty one if it sent none.
pub fn extract(headers: &HeaderMap) -> Context {
    TraceContextPropagator::new().extract_with_context(&Context::new(), &HeaderExtractor(headers))
}

/// Makes `span` a child of the caller's span, as told by `headers`, and a server's if it has the field
/// `otel.kind`. Call before `span` is entered.
pub fn continue_from(span: &Span, headers: &HeaderMap) {
    if headers.contains_key("traceparent") {
        // Fails only where no exporter is installed.
        let _ = span.set_parent(extract(headers));
        // Not part of the span from the start, for that would be in every line of the log.
        span.record("otel.kind", "server");
    }
}

struct HeaderInjector<'h>(&'h mut HeaderMap);

impl Injector for HeaderInjector<'_> {
    fn set(&mut self, key: &str, value: String) {
        if let (Ok(name), Ok(value)) = (
            http::HeaderName::try_from(key),
            http::HeaderValue::try_from(value),
        ) {
            self.0.insert(name, value);
        }
    }
}

struct HeaderExtractor<'h>(&'h HeaderMap);

impl Extractor for HeaderExtractor<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(http::HeaderName::as_str).collect()
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::TraceContextExt;
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn a_trace_crosses_headers() {
        let provider = SdkTracerProvider::builder().build();
        let exporter = Exporter { provider };
        let subscriber = tracing_subscriber::registry().with(exporter.layer());
        tracing::subscriber::with_default(subscriber, || {
            let mut incoming = HeaderMap::new();
            incoming.insert("traceparent", PARENT.parse().unwrap());
            let span = tracing::info_span!("request");
            continue_from(&span, &incoming);
            let call = tracing::debug_span!(target: CALLS, parent: &span, "call");
            assert!(!call.is_disabled());
            let mut outgoing = HeaderMap::new();
            call.in_scope(|| inject(&mut outgoing));
            let sent = extract(&outgoing).span().span_context().clone();
            assert_eq!(sent.trace_id().to_string(), "0af7651916cd43dd8448eb211c80319c");
            assert_ne!(sent.span_id().to_string(), "b7ad6b7169203331");
            assert!(sent.is_sampled());
        });
    }

    #[test]
    fn without_an_exporter_nothing_is_sent() {
        let mut headers = HeaderMap::new();
        inject(&mut headers);
        assert!(headers.is_empty());
        headers.insert("traceparent", "garbage".parse().unwrap());
        assert!(!extract(&headers).span().span_context().is_valid());
    }
}
