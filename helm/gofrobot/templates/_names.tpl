{{/* Names and labels. Most take a component: (dict "root" $ "component" "worker"). */}}

{{- define "gofrobot.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{/* At most 40 characters: a StatefulSet's name and the hash of its revision become a label of 63. */}}
{{- define "gofrobot.fullname" -}}
{{- $name := include "gofrobot.name" . -}}
{{- $full := .Values.fullnameOverride | default (ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name)) -}}
{{- $full | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{- define "gofrobot.component" -}}
{{- printf "%s-%s" (include "gofrobot.fullname" .root) .component -}}
{{- end -}}

{{/* What selects pods: nothing that an upgrade changes. */}}
{{- define "gofrobot.selector" -}}
app.kubernetes.io/name: {{ include "gofrobot.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "gofrobot.labels" -}}
{{ include "gofrobot.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: gofrobot
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name (.root.Chart.Version | replace "+" "_") }}
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Labels of pods: no version, which would restart the services in the chart with every new chart. */}}
{{- define "gofrobot.podLabels" -}}
{{ include "gofrobot.selector" . }}
{{- with mustMerge (dict) (.podLabels | default dict) .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* The head of an object: name, namespace, labels, annotations. `suffix` ends the name where a component has two objects
     of a kind; `annotations` go before those of all objects. */}}
{{- define "gofrobot.metadata" -}}
metadata:
  name: {{ include "gofrobot.component" . }}{{ with .suffix }}-{{ . }}{{ end }}
  namespace: {{ .root.Release.Namespace }}
  labels: {{- include "gofrobot.labels" . | nindent 4 }}
  {{- with .labels }}
  {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with mustMerge (dict) (.annotations | default dict) .root.Values.commonAnnotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}

{{- define "gofrobot.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default (include "gofrobot.fullname" .) -}}
{{- else -}}
{{- .Values.serviceAccount.name | default "default" -}}
{{- end -}}
{{- end -}}
