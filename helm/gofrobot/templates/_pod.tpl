{{/* What every pod has in common: the restricted Pod Security Standard, no token, images. */}}

{{/* An image of the bot's own: (dict "root" $ "image" .Values.worker.image). A digest, where there is one, is the truth. */}}
{{- define "gofrobot.image" -}}
{{- $values := .root.Values -}}
{{- $registry := $values.image.registry | default $values.global.imageRegistry -}}
{{- with $registry }}{{ trimSuffix "/" . }}/{{ end -}}
{{- .image.repository -}}
{{- if .image.digest }}@{{ .image.digest }}{{ else }}:{{ $values.image.tag | default .root.Chart.AppVersion }}{{ end -}}
{{- end -}}

{{/* An image of somebody else's: (dict "root" $ "image" "redis:8.0-alpine"). */}}
{{- define "gofrobot.foreignImage" -}}
{{- with .root.Values.global.imageRegistry }}{{ trimSuffix "/" . }}/{{ end -}}
{{- .image -}}
{{- end -}}

{{/* The pod's part of the standard: (dict "root" $ "user" 65532 "group" 65532). */}}
{{- define "gofrobot.pod" -}}
serviceAccountName: {{ .serviceAccountName | default (include "gofrobot.serviceAccountName" .root) }}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .root.Values.image.pullSecrets | default .root.Values.global.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: {{ .user | default 65532 }}
  runAsGroup: {{ .group | default 65532 }}
  fsGroup: {{ .group | default 65532 }}
  # Always would loosen the mode of RabbitMQ's cookie at every start, and RabbitMQ refuses to start with it.
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{/* The container's part of it. */}}
{{- define "gofrobot.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  runAsNonRoot: true
  capabilities: {drop: [ALL]}
{{- end -}}

{{/* Where a pod may run: (dict "root" $ "component" "worker" "values" .Values.worker). */}}
{{- define "gofrobot.placement" -}}
{{- with .values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .values.topologySpreadConstraints }}
topologySpreadConstraints: {{- toYaml . | nindent 2 }}
{{- else }}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{- include "gofrobot.selector" . | nindent 8 }}
    # Each version spreads for itself, else a rolling update counts the pods that go.
    matchLabelKeys: [pod-template-hash]
{{- end }}
{{- end -}}
