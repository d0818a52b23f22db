{{/* Rules of network policies. A policy sees the pod's port, not the Service's: what the chart runs itself is known, and of
     what it does not run `podPort` can say another one than the address does. */}}

{{/* The head of a policy: (dict "root" $ "component" "worker"). */}}
{{- define "gofrobot.policyHead" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
{{ include "gofrobot.metadata" . }}
spec:
  podSelector:
    matchLabels: {{- include "gofrobot.selector" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
{{- end -}}

{{/* Pods of this release as peers: (dict "root" $ "components" (list "ingress" "worker")). */}}
{{- define "gofrobot.pods" -}}
{{- $root := .root -}}
{{- range $i, $component := .components }}
{{- if $i }}
{{ end -}}
- podSelector:
    matchLabels: {{- include "gofrobot.selector" (dict "root" $root "component" $component) | nindent 6 }}
{{- end }}
{{- end -}}

{{/* Who may read the figures: Prometheus, and `helm test`. */}}
{{- define "gofrobot.adminRule" -}}
- from:
    {{- include "gofrobot.pods" (dict "root" . "components" (list "test")) | nindent 4 }}
    {{- with .Values.networkPolicy.prometheus }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  ports: [{port: 8000}]
{{- end -}}

{{- define "gofrobot.dnsRule" -}}
- ports:
    {{- range .Values.networkPolicy.dnsPorts }}
    - {port: {{ int . }}, protocol: UDP}
    - {port: {{ int . }}, protocol: TCP}
    {{- end }}
{{- end -}}

{{/* The way to a service: (dict "root" $ "service" "redis"). */}}
{{- define "gofrobot.serviceRule" -}}
{{- $s := index .root.Values .service -}}
{{- if $s.inChart -}}
- to: {{- include "gofrobot.pods" (dict "root" .root "components" (list .service)) | nindent 4 }}
  ports: [{port: {{ include "gofrobot.port" . }}}]
{{- else -}}
- ports: [{port: {{ int ($s.podPort | default $s.port) }}}]
{{- end -}}
{{- end -}}

{{/* The way to the Bot API, and for traces. */}}
{{- define "gofrobot.webRule" -}}
{{- if .Values.simulate -}}
- to: {{- include "gofrobot.pods" (dict "root" . "components" (list "simulator")) | nindent 4 }}
  ports: [{port: 8081}]
{{- else -}}
- ports: [{port: {{ .Values.telegram.podPort | default (include "gofrobot.urlPort" (include "gofrobot.apiUrl" .)) | int }}}]
{{- end }}
{{- with .Values.config.otlpEndpoint }}
- ports: [{port: {{ include "gofrobot.urlPort" . }}}]
{{- end }}
{{- end -}}
