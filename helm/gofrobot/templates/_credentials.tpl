{{/* Tokens and passwords. Each comes from a Secret of the user's, else from a value (kept in the Secret `<fullname>`), else
     it is made up once (kept in the Secret `<fullname>-generated`). */}}

{{/* What was made up or is yet to be: its names. Only what the chart itself serves can be made up. */}}
{{- define "gofrobot.generated" -}}
{{- $v := .Values -}}
{{- $names := list -}}
{{- range $service := list "rabbitmq" "redis" "postgres" -}}
{{- $s := index $v $service -}}
{{- if and $s.inChart (not $s.password) (not $s.existingSecret.name) -}}
{{- $names = append $names (printf "%s-password" $service) -}}
{{- end -}}
{{- end -}}
{{- if and (eq (include "gofrobot.mode" .) "webhook") (not $v.webhook.secret) (not $v.webhook.existingSecret.name) -}}
{{- $names = append $names "webhook-secret" -}}
{{- end -}}
{{- toJson $names -}}
{{- end -}}

{{/* What was given by value: name and value of each. */}}
{{- define "gofrobot.given" -}}
{{- $v := .Values -}}
{{- $given := dict -}}
{{- range $service := list "rabbitmq" "redis" "postgres" -}}
{{- $s := index $v $service -}}
{{- if and $s.password (not $s.existingSecret.name) -}}
{{- $_ := set $given (printf "%s-password" $service) $s.password -}}
{{- end -}}
{{- end -}}
{{- if and $v.telegram.token (not $v.telegram.existingSecret.name) -}}
{{- $_ := set $given "token" $v.telegram.token -}}
{{- end -}}
{{- if and $v.webhook.secret (not $v.webhook.existingSecret.name) -}}
{{- $_ := set $given "webhook-secret" $v.webhook.secret -}}
{{- end -}}
{{- toJson $given -}}
{{- end -}}

{{/* A changed value changes the pods; what was made up does not change. */}}
{{- define "gofrobot.checksum" -}}
checksum/credentials: {{ include "gofrobot.given" . | sha256sum | trunc 16 | quote }}
{{- end -}}

{{/* Where one of them is: (dict "root" $ "name" "token" "existing" .Values.telegram.existingSecret "key" "token"). */}}
{{- define "gofrobot.secretKeyRef" -}}
{{- $given := include "gofrobot.given" .root | fromJson -}}
{{- $full := include "gofrobot.fullname" .root -}}
secretKeyRef:
{{- if .existing.name }}
  name: {{ .existing.name }}
  key: {{ .key }}
{{- else if hasKey $given .name }}
  name: {{ .secret | default $full }}
  key: {{ .name }}
{{- else }}
  name: {{ $full }}-generated
  key: {{ .name }}
{{- end }}
{{- end -}}

{{- define "gofrobot.passwordRef" -}}
{{- $s := index .root.Values .service -}}
{{- include "gofrobot.secretKeyRef" (dict "root" .root "name" (printf "%s-password" .service) "existing" $s.existingSecret "key" $s.existingSecret.passwordKey "secret" .secret) -}}
{{- end -}}
