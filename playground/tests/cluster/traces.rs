//! An update leaves one trace, though two processes take part in it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use tokio::net::TcpListener;

use crate::common::telegram::FIRST_PERSON as ANNA;
use crate::services::on_cluster;

/// Spans by the name of their service.
type Seen = Arc<Mutex<HashMap<String, Vec<Span>>>>;

async fn take(State(seen): State<Seen>, body: Bytes) {
    let request = ExportTraceServiceRequest::decode(body).unwrap();
    for of_service in request.resource_spans {
        let service = service(&of_service.resource.unwrap());
        let spans = of_service.scope_spans.into_iter().flat_map(|it| it.spans);
        seen.lock()
            .unwrap()
            .entry(service)
            .or_default()
            .extend(spans);
    }
}

fn service(resource: &Resource) -> String {
    let mut attributes = resource.attributes.iter();
    let attribute = attributes.find(|it| it.key == "service.name").unwrap();
    match attribute.value.clone().unwrap().value.unwrap() {
        Value::StringValue(name) => name,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_spans_of_an_update_are_of_one_trace() {
    on_cluster(1, |cluster| async move {
        let seen = Seen::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}/", listener.local_addr().unwrap());
        let routes = axum::Router::new().route("/v1/traces", post(take));
        let collector = axum::serve(listener, routes.with_state(seen.clone()));
        tokio::spawn(collector.into_future());

        let traced = [("OTEL_EXPORTER_OTLP_ENDPOINT", &*endpoint)];
        let mut ingress = cluster.ingress(&traced).await;
        let mut worker = cluster.launch("gofrobot-worker", &traced);
        worker.until_ready().await;
        cluster.telegram.ask(ANNA, ANNA, "/start").await;
        let menu = cluster.telegram.ask(ANNA, ANNA, "/davka").await.id;
        cluster.telegram.press(ANNA, ANNA, menu, "v1:profile").await;
        for program in [&mut ingress, &mut worker] {
            assert_eq!(program.stop().await, Some(0));
        }

        // What was left was sent before the end.
        let seen = std::mem::take(&mut *seen.lock().unwrap());
        let (queued, answered) = (&seen["gofrobot-ingress"], &seen["gofrobot-worker"]);
        assert_eq!((queued.len(), answered.len()), (3, 3));
        for answer in answered {
            let parent = |it: &&Span| it.span_id == answer.parent_span_id;
            let queue = queued.iter().find(parent).expect("a span of the ingress");
            assert_eq!(queue.trace_id, answer.trace_id);
            assert!(queue.parent_span_id.is_empty());
            assert!(queue.start_time_unix_nano <= answer.start_time_unix_nano);
            assert!(answer.start_time_unix_nano < answer.end_time_unix_nano);
        }
    })
    .await;
}
