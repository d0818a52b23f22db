{{/* What the services in the chart have in common: one pod each, a volume where something is kept. */}}

{{- define "gofrobot.serverSpec" -}}
serviceName: {{ include "gofrobot.component" . }}
replicas: 1
revisionHistoryLimit: 5
selector:
  matchLabels: {{- include "gofrobot.selector" . | nindent 4 }}
{{- if and .size .root.Values.persistence.enabled }}
persistentVolumeClaimRetentionPolicy:
  whenDeleted: {{ .root.Values.persistence.whenDeleted }}
  whenScaled: Retain
volumeClaimTemplates:
  - metadata:
      name: data
      # No version here: this part of a StatefulSet can never change.
      labels: {{- include "gofrobot.selector" . | nindent 8 }}
    spec:
      accessModes: [ReadWriteOnce]
      {{- with .root.Values.persistence.storageClass }}
      storageClassName: {{ . }}
      {{- end }}
      resources: {requests: {storage: {{ .size }}}}
{{- end }}
{{- end -}}

{{/* The volume where none is claimed. */}}
{{- define "gofrobot.serverData" -}}
{{- if not (and .size .root.Values.persistence.enabled) }}
- name: data
  emptyDir: {}
{{- end }}
{{- end -}}
