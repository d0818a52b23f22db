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
{{- $existing := $s.existingSecret -}}
{{- $variable := get (dict "rabbitmq" "QUEUE_URL" "redis" "REDIS_URL" "postgres" "DATABASE_URL") .service -}}
{{- $prefix := upper .service -}}
{{- if and $existing.name $existing.urlKey }}
- name: {{ $variable }}
  valueFrom:
    secretKeyRef:
      name: {{ $existing.name }}
      key: {{ $existing.urlKey }}
{{- else }}
{{- $login := "" -}}
{{- if and $existing.name $existing.userKey }}
- name: {{ $prefix }}_USER
  valueFrom:
    secretKeyRef:
      name: {{ $existing.name }}
      key: {{ $existing.userKey }}
{{- $login = printf "$(%s_USER)" $prefix }}
{{- else if $s.user }}
- name: {{ $prefix }}_USER
  value: {{ $s.user | quote }}
{{- $login = printf "$(%s_USER)" $prefix }}
{{- end }}
{{- if or $s.inChart $s.password $existing.name }}
- name: {{ $prefix }}_PASSWORD
  valueFrom: {{- include "gofrobot.passwordRef" . | nindent 4 }}
{{- $login = printf "%s:$(%s_PASSWORD)" $login $prefix }}
{{- end }}
{{- $place := printf "%s%s:%s" (ternary (print $login "@") "" (ne $login "")) (include "gofrobot.host" .) (include "gofrobot.port" .) }}
- name: {{ $variable }}
{{- if eq .service "rabbitmq" }}
  value: {{ printf "%s://%s/%s" (ternary "amqps" "amqp" $s.tls) $place ($s.vhost | urlquery) | quote }}
{{- else if eq .service "redis" }}
  value: {{ printf "%s://%s/%d" (ternary "rediss" "redis" $s.tls) $place (int $s.database) | quote }}
{{- else }}
  value: {{ printf "postgres://%s/%s?sslmode=%s" $place $s.database (ternary "disable" $s.sslMode $s.inChart) | quote }}
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

{{/* The bot and the server it talks to. */}}
{{- define "gofrobot.botEnv" -}}
- name: BOT_TOKEN
{{- if .Values.simulate }}
  value: "7000000001:simulated"
{{- else }}
  valueFrom: {{- include "gofrobot.secretKeyRef" (dict "root" . "name" "token" "existing" .Values.telegram.existingSecret "key" .Values.telegram.existingSecret.tokenKey) | nindent 4 }}
{{- end }}
- name: TELEGRAM_API_URL
  value: {{ include "gofrobot.apiUrl" . | quote }}
{{- end -}}

{{/* Bot and queue, as ingress and worker both need them, and their logs. */}}
{{- define "gofrobot.commonEnv" -}}
{{- $v := .Values -}}
{{ include "gofrobot.botEnv" . }}
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

{{/* Parts of an address of the web, "https://bot.example.org:8443/telegram". By expressions, because urlParse ends the
     rendering at what is no address, before validate.yaml can say which value it was. */}}
{{- define "gofrobot.urlHost" -}}
{{- regexReplaceAll "^https?://([^/:]+).*$" . "${1}" -}}
{{- end -}}
{{- define "gofrobot.urlPath" -}}
{{- regexReplaceAll "^https?://[^/]+" . "" -}}
{{- end -}}
{{- define "gofrobot.urlPort" -}}
{{- $port := regexFind "^https?://[^/]+:[0-9]+" . | splitList ":" | last -}}
{{- if regexMatch "^[0-9]+$" $port }}{{ $port }}{{ else }}{{ ternary 443 80 (hasPrefix "https:" .) }}{{ end -}}
{{- end -}}
