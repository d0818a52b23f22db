{{/* Quickly up, slowly down: each change of the number of workers hands partitions over. */}}
{{- define "gofrobot.scalingBehavior" -}}
scaleUp:
  stabilizationWindowSeconds: 0
  policies: [{type: Percent, value: 100, periodSeconds: 15}]
scaleDown:
  stabilizationWindowSeconds: {{ int .scaleDownAfterSeconds }}
  policies: [{type: Pods, value: 1, periodSeconds: 60}]
{{- end -}}
