{{/* Where everything is. The addresses of the services are put together here from plain values, so that the network
     policies know the ports; `$(PASSWORD)` is filled in by the kubelet from the variable before it. */}}

{{- define "gofrobot.mode" -}}
{{- ternary "webhook" "polling" (or (not (empty .Values.webhook.url)) .Values.webhook.simulated) -}}
{{- end -}}

{{- define "gofrobot.webhookUrl" -}}
{{- .Values.webhook.url | default (printf "http://%s-ingress:8080/telegram" (include "gofrobot.fullname" .)) -}}
{{- end -}}

{{- define "gofrobot.apiUrl" -}}
{{- if .Values.simulate -}}
http://{{ include "gofrobot.fullname" . }}-simulator:8081
{{- else -}}
{{- .Values.telegram.apiUrl | default "https://api.telegram.org" -}}
{{- end -}}
{{- end -}}

{{/* Host of a service: (dict "root" $ "service" "redis"). */}}
{{- define "gofrobot.host" -}}
{{- $s := index .root.Values .service -}}
{{- if $s.inChart -}}
{{ include "gofrobot.fullname" .root }}-{{ .service }}
{{- else -}}
{{ $s.host }}
{{- end -}}
{{- end -}}

{{/* User and password as variables, then the address made of them: (dict "root" $ "service" "redis" "secret" NAME). */}}
{{- define "gofrobot.url" -}}
{{- $s := index .root.Values .service -}}
{{- $variable := get (dict "rabbitmq" "QUEUE_URL" "redis" "REDIS_URL" "postgres" "DATABASE_URL") .service -}}
{{- $prefix := upper .service -}}
{{- if and $s.existingSecret.name $s.existingSecret.urlKey }}
- name: {{ $variable }}
  valueFrom:
    secretKeyRef:
      name: {{ $s.existingSecret.name }}
      key: {{ $s.existingSecret.urlKey }}
{{- else }}
{{- $user := urlquery $s.user -}}
{{- $secured := or $s.inChart $s.password $s.existingSecret.name -}}
{{- if and $s.existingSecret.name $s.existingSecret.userKey }}
{{- $user = printf "$(%s_USER)" $prefix }}
- name: {{ $prefix }}_USER
  valueFrom:
    secretKeyRef:
      name: {{ $s.existingSecret.name }}
      key: {{ $s.existingSecret.userKey }}
{{- end }}
{{- if $secured }}
- name: {{ $prefix }}_PASSWORD
  valueFrom: {{- include "gofrobot.passwordRef" . | nindent 4 }}
{{- end }}
{{- $login := ternary (printf "%s:$(%s_PASSWORD)@" $user $prefix) "" (not (empty $secured)) -}}
{{- $place := printf "%s%s:%d" $login (include "gofrobot.host" .) (int (include "gofrobot.port" .)) }}
- name: {{ $variable }}
{{- if eq .service "rabbitmq" }}
  value: {{ printf "%s://%s/%s" (ternary "amqps" "amqp" $s.tls) $place ($s.vhost | urlquery | replace "+" "%20") | quote }}
{{- else if eq .service "redis" }}
  value: {{ printf "%s://%s/%d" (ternary "rediss" "redis" $s.tls) $place (int $s.database) | quote }}
{{- else }}
  value: {{ printf "postgres://%s/%s?sslmode=%s" $place (urlquery $s.database) (ternary "disable" $s.sslMode $s.inChart) | quote }}
{{- end }}
{{- end }}
{{- end -}}

{{/* The usual ports hold for what the chart itself runs. */}}
{{- define "gofrobot.port" -}}
{{- $s := index .root.Values .service -}}
{{- if $s.inChart -}}
{{ get (dict "rabbitmq" 5672 "redis" 6379 "postgres" 5432) .service }}
{{- else -}}
{{ int $s.port }}
{{- end -}}
{{- end -}}

{{/* Bot and queue, as ingress and worker both need them, and their logs. */}}
{{- define "gofrobot.commonEnv" -}}
{{- $v := .Values -}}
- name: BOT_TOKEN
{{- if $v.simulate }}
  value: "7000000001:simulated"
{{- else }}
  valueFrom: {{- include "gofrobot.secretKeyRef" (dict "root" . "name" "token" "existing" $v.telegram.existingSecret "key" $v.telegram.existingSecret.tokenKey) | nindent 4 }}
{{- end }}
- name: TELEGRAM_API_URL
  value: {{ include "gofrobot.apiUrl" . | quote }}
{{- include "gofrobot.url" (dict "root" . "service" "rabbitmq") }}
- name: QUEUE_PREFIX
  value: {{ $v.config.queuePrefix | quote }}
- name: PARTITIONS
  value: {{ int $v.config.partitions | quote }}
- name: ADMIN_ADDR
  value: "0.0.0.0:8000"
{{ include "gofrobot.logEnv" . }}
{{- end -}}

{{- define "gofrobot.logEnv" -}}
- name: LOG_LEVEL
  value: {{ .Values.config.logLevel | quote }}
- name: LOG_FORMAT
  value: {{ .Values.config.logFormat | quote }}
{{- with .Values.config.otlpEndpoint }}
- name: OTEL_EXPORTER_OTLP_ENDPOINT
  value: {{ . | quote }}
{{- end }}
{{- end -}}
