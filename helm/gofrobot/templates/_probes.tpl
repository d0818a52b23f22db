{{/* What the kubelet asks of ingress and worker. `/health` says only that the process lives: a process that waits for
     RabbitMQ or its database must not be killed for it, and one that is short of processor is given a minute.
     `/ready` says whether it does its work, and is asked often: a rolling update waits for it. */}}
{{- define "gofrobot.probes" -}}
startupProbe:
  httpGet: {path: /health, port: admin}
  periodSeconds: 1
  timeoutSeconds: 5
  failureThreshold: 60
livenessProbe:
  httpGet: {path: /health, port: admin}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet: {path: /ready, port: admin}
  periodSeconds: 3
  timeoutSeconds: 3
  failureThreshold: 2
{{- end -}}
