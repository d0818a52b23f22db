{{/* Objects that ingress and workers both have. */}}

{{/* Every pod by its address, ready or not: for Prometheus and for `helm test`. */}}
{{- define "gofrobot.adminService" -}}
apiVersion: v1
kind: Service
{{ include "gofrobot.metadata" . }}
spec:
  clusterIP: None
  publishNotReadyAddresses: true
  selector: {{- include "gofrobot.selector" . | nindent 4 }}
  ports:
    - {name: admin, port: 8000, targetPort: admin, appProtocol: http}
{{- end -}}

{{/* One at a time, and a pod that is not ready never holds up a node's drain. */}}
{{- define "gofrobot.pdb" -}}
{{- if and .values.podDisruptionBudget.enabled (ge (int .replicas) 2) -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
{{ include "gofrobot.metadata" . }}
spec:
  maxUnavailable: 1
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels: {{- include "gofrobot.selector" . | nindent 6 }}
{{- end -}}
{{- end -}}
