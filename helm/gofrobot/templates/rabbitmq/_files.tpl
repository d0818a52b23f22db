{{/* RabbitMQ's plugins and limits, apart from the object that holds them: only these shall restart it when they change. */}}
{{- define "gofrobot.rabbitmqFiles" -}}
enabled_plugins: |
  [rabbitmq_management,rabbitmq_prometheus].
gofrobot.conf: |
  # Publishers are stopped before the container's memory is reached, and before the disk is full. Ingress
  # then answers 503, and Telegram keeps the updates.
  vm_memory_high_watermark.absolute = {{ .Values.rabbitmq.server.memoryWatermark }}
  disk_free_limit.absolute = {{ .Values.rabbitmq.server.diskFreeLimit }}
  # The log of quorum queues is kept in memory up to this size; its default is half of the memory allowed here.
  raft.wal_max_size_bytes = 67108864
{{- end -}}
