{{/* Whatever of this release has a port called admin (the programs) or prometheus (RabbitMQ in the chart). */}}
{{- define "gofrobot.metricsSelector" -}}
matchLabels:
  app.kubernetes.io/name: {{ include "gofrobot.name" . }}
  app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}
