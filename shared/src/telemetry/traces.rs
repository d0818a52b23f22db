//! Traces: two spans an update, that of the ingress which queues it and that of the worker which answers it, joined by the
//! `traceparent` that travels with the message. Both are written with their times once they are over, so that an update
//! that is not traced costs a look at one place in memory.
//!
//! Sampling and batching follow OpenTelemetry's own variables (`OTEL_TRACES_SAMPLER`, `OTEL_BSP_...`), which its library
//! reads. A collector that is away costs spans and nothing else: their queue is bounded.

use std::collections::HashMap;
use std::sync::OnceLock;
use std::time::Duration;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::{Span, SpanContext, SpanKind, TraceContextExt, Tracer, TracerProvider};
use opentelemetry::{Context, KeyValue};
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use tokio::runtime::Handle;

use crate::config::Logs;
use crate::envelope::Envelope;

/// The header of W3C's trace context, in HTTP and in the queue.
const TRACEPARENT: &str = "traceparent";

/// Longest wait for the collector; the next batch gathers meanwhile.
const EXPORT_TIMEOUT: Duration = Duration::from_secs(10);

/// Set once, at the start, where traces are asked for.
static TRACER: OnceLock<SdkTracer> = OnceLock::new();

/// Sends what is left when it is dropped. Must not outlive the runtime.
pub(crate) struct Traces(SdkTracerProvider);

impl Drop for Traces {
    fn drop(&mut self) {
        if let Err(error) = self.0.shutdown() {
            tracing::warn!(%error, "the last traces did not reach the collector");
        }
    }
}

/// Begins to send traces of the program `name` to the collector that the settings name, if they name any.
///
/// # Errors
/// The system has no usable TLS.
pub(crate) fn init(logs: &Logs, name: &str, runtime: &Handle) -> anyhow::Result<Option<Traces>> {
    let Some(endpoint) = &logs.otel_exporter_otlp_endpoint else {
        return Ok(None);
    };
    let client = Client {
        http: reqwest::Client::builder().timeout(EXPORT_TIMEOUT).build()?,
        runtime: runtime.clone(),
    };
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(client)
        .with_endpoint(format!(
            "{}/v1/traces",
            endpoint.expose().trim_end_matches('/')
        ))
        .build()
        .context("OTEL_EXPORTER_OTLP_ENDPOINT")?;
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_resource(
            Resource::builder()
                .with_service_name(name.to_owned())
                .build(),
        )
        .build();
    // A process has one program: nobody was here before.
    let _ = TRACER.set(provider.tracer("gofrobot"));
    Ok(Some(Traces(provider)))
}

/// The span of an update on its way into the queue; it ends when it is dropped.
pub struct Queueing(
    #[expect(dead_code, reason = "held for its end")] opentelemetry_sdk::trace::Span,
);

/// Begins the span of an update that goes into the queue, and makes its envelope carry the trace on.
pub fn queueing(envelope: &mut Envelope) -> Option<Queueing> {
    let tracer = TRACER.get()?;
    let span = tracer
        .span_builder("queue an update")
        .with_kind(SpanKind::Producer)
        .with_start_time(envelope.received_at)
        .with_attributes([KeyValue::new("telegram.update_id", envelope.update_id)])
        .start_with_context(tracer, &parent(envelope));
    envelope.traceparent = traceparent(span.span_context());
    Some(Queueing(span))
}

/// Writes the span of an update that has been answered, from the moment a worker took it in until now.
pub fn answered(
    envelope: &Envelope,
    taken: DateTime<Utc>,
    handler: &'static str,
    outcome: &'static str,
) {
    let Some(tracer) = TRACER.get() else { return };
    let attributes = [
        KeyValue::new("telegram.update_id", envelope.update_id),
        KeyValue::new("handler", handler),
        KeyValue::new("outcome", outcome),
    ];
    tracer
        .span_builder("answer an update")
        .with_kind(SpanKind::Consumer)
        .with_start_time(taken)
        .with_attributes(attributes)
        .start_with_context(tracer, &parent(envelope))
        .end();
}

fn parent(envelope: &Envelope) -> Context {
    let told = envelope.traceparent.iter();
    let carrier: HashMap<String, String> = told
        .map(|traceparent| (TRACEPARENT.to_owned(), traceparent.clone()))
        .collect();
    TraceContextPropagator::new().extract_with_context(&Context::new(), &carrier)
}

fn traceparent(span: &SpanContext) -> Option<String> {
    let mut carrier = HashMap::new();
    let context = Context::new().with_remote_span_context(span.clone());
    TraceContextPropagator::new().inject_context(&context, &mut carrier);
    carrier.remove(TRACEPARENT)
}

/// The exporter's way to the collector: it works on a thread of its own, the client on the runtime.
#[derive(Debug)]
struct Client {
    http: reqwest::Client,
    runtime: Handle,
}

#[async_trait::async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let request = reqwest::Request::try_from(request)?;
        let http = self.http.clone();
        let sent = self.runtime.spawn(async move {
            let answer = http.execute(request).await?;
            let status = answer.status();
            Ok::<_, reqwest::Error>((status, answer.bytes().await?))
        });
        let (status, body) = sent.await??;
        Ok(Response::builder().status(status).body(body)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_is_carried_on_and_nonsense_begins_another() {
        let told = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let mut envelope = Envelope::read(r#"{"update_id":1}"#.into()).unwrap();
        envelope.traceparent = Some(told.to_owned());
        let context = parent(&envelope);
        assert_eq!(
            traceparent(context.span().span_context()).as_deref(),
            Some(told)
        );
        for nonsense in [None, Some("00-00-00-00".to_owned())] {
            envelope.traceparent = nonsense;
            assert!(!parent(&envelope).span().span_context().is_valid());
        }
    }

    #[test]
    fn what_is_not_traced_is_left_alone() {
        let mut envelope = Envelope::read(r#"{"update_id":1}"#.into()).unwrap();
        assert!(queueing(&mut envelope).is_none());
        assert_eq!(envelope.traceparent, None);
    }
}
