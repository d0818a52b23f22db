{{/* The Job runs before anything else of the release exists, so all that it needs are hooks too, with a lower weight. */}}
{{- define "gofrobot.migrateHook" -}}
helm.sh/hook: pre-install,pre-upgrade
helm.sh/hook-weight: {{ . | quote }}
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end -}}
