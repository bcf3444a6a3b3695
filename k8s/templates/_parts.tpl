{{- /* Each part reads files into `state` and sets in its objects what values say. */ -}}

{{- define "clearcut.base" -}}
{{- $values := .root.Values -}}
{{- $in := . -}}
{{- $parts := list "service-accounts" "gateway" "dispatcher" "worker" "migrate" -}}
{{- if $values.ingress.enabled -}}{{- $parts = append $parts "ingress" -}}{{- end -}}
{{- if $values.networkPolicies.enabled -}}{{- $parts = append $parts "network-policies" -}}{{- end -}}
{{- range $parts -}}{{- include "clearcut.load" (merge (dict "file" (printf "base/%s.yaml" .)) $in) -}}{{- end -}}
{{- include "clearcut.configMap" (merge (dict "name" "clearcut" "data" .settings) $in) -}}
{{- end -}}

{{- define "clearcut.device" -}}
{{- $values := .root.Values -}}
{{- $in := . -}}
{{- $components := list (ternary "cpu" "gpu" (eq $values.device "cpu")) -}}
{{- if eq $values.device "shared-gpu" -}}{{- $components = append $components "time-slicing" -}}{{- end -}}
{{- if eq $values.device "mig" -}}{{- $components = append $components "mig" -}}{{- end -}}
{{- range $components -}}{{- include "clearcut.component" (merge (dict "file" (printf "components/%s/worker.yaml" .)) $in) -}}{{- end -}}
{{- with $values.migProfile -}}
{{- if ne $values.device "mig" -}}{{- fail "migProfile needs device: mig." -}}{{- end -}}
{{- $container := index (get $in.state "Deployment/worker").spec.template.spec.containers 0 -}}
{{- range $name, $_ := $container.resources.limits -}}
{{- if hasPrefix "nvidia.com/" $name -}}{{- $_ := unset $container.resources.limits $name -}}{{- end -}}
{{- end -}}
{{- $_ := set $container.resources.limits (printf "nvidia.com/%s" .) 1 -}}
{{- end -}}
{{- if $values.prepull.enabled -}}
{{- if eq $values.device "cpu" -}}{{- fail "prepull needs a device with a GPU." -}}{{- end -}}
{{- include "clearcut.load" (merge (dict "file" "components/prepull/daemon-set.yaml") $in) -}}
{{- $pod := (get $in.state "DaemonSet/prepull").spec.template.spec -}}
{{- with $values.prepull.nodeSelector -}}{{- $_ := set $pod "nodeSelector" . -}}{{- end -}}
{{- end -}}
{{- end -}}

{{- /* A role of Postgres for each program. */ -}}
{{- define "clearcut.databaseRoles" -}}
{{- $in := . -}}
{{- with .root.Values.databaseRoles -}}
{{- range list "gateway" "worker" "dispatcher" "migrate" -}}
{{- include "clearcut.component" (merge (dict "file" (printf "components/database-roles/%s.yaml" .)) $in) -}}
{{- end -}}
{{- $env := list (dict "name" "DATABASE_ROLES" "value" .) -}}
{{- $pod := dict "containers" (list (dict "name" "migrate" "env" $env)) -}}
{{- $patch := dict "spec" (dict "template" (dict "spec" $pod)) -}}
{{- include "clearcut.patch" (merge (dict "name" "Job/migrate" "patch" $patch) $in) -}}
{{- if $in.root.Values.keda.enabled -}}
{{- range (get $in.state "TriggerAuthentication/postgres").spec.secretTargetRef -}}{{- $_ := set . "key" "WORKER_DATABASE_URL" -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "clearcut.weights" -}}
{{- $weights := .root.Values.weights -}}
{{- $in := . -}}
{{- if eq $weights.from "image" -}}
{{- include "clearcut.component" (merge (dict "file" "components/weights-image/worker.yaml") $in) -}}
{{- else -}}
{{- include "clearcut.component" (merge (dict "file" "components/weights-volume/worker.yaml") $in) -}}
{{- $data := dict "MODELS_MIRROR" ($weights.mirror | default "") -}}
{{- include "clearcut.configMap" (merge (dict "name" "weights" "data" $data) $in) -}}
{{- end -}}
{{- if eq $weights.from "claim" -}}
{{- include "clearcut.component" (merge (dict "file" "components/weights-claim/worker.yaml") $in) -}}
{{- include "clearcut.load" (merge (dict "file" "components/weights-claim/claim.yaml") $in) -}}
{{- $claim := (get $in.state "PersistentVolumeClaim/models").spec -}}
{{- with $weights.claim.accessMode -}}{{- $_ := set $claim "accessModes" (list .) -}}{{- end -}}
{{- with $weights.claim.storageClass -}}{{- $_ := set $claim "storageClassName" . -}}{{- end -}}
{{- with $weights.claim.size -}}{{- $_ := set $claim.resources.requests "storage" . -}}{{- end -}}
{{- end -}}
{{- end -}}

{{- define "clearcut.operators" -}}
{{- $values := .root.Values -}}
{{- $in := . -}}
{{- if $values.keda.enabled -}}
{{- include "clearcut.load" (merge (dict "file" "components/keda/scaled-object.yaml") $in) -}}
{{- include "clearcut.component" (merge (dict "file" "components/keda/gateway.yaml") $in) -}}
{{- include "clearcut.component" (merge (dict "file" "components/keda/worker.yaml") $in) -}}
{{- $scaled := (get $in.state "ScaledObject/worker").spec -}}
{{- if ne (toString $values.keda.minReplicas) "<nil>" -}}{{- $_ := set $scaled "minReplicaCount" $values.keda.minReplicas -}}{{- end -}}
{{- with $values.keda.maxReplicas -}}{{- $_ := set $scaled "maxReplicaCount" . -}}{{- end -}}
{{- /* As the worker gets it: from its own values, from the component of the device, or from the settings of all. */ -}}
{{- $concurrency := (default dict $values.settings).WORKER_CONCURRENCY -}}
{{- range (first (get $in.state "Deployment/worker").spec.template.spec.containers).env -}}
{{- if eq .name "WORKER_CONCURRENCY" -}}{{- $concurrency = .value -}}{{- end -}}
{{- end -}}
{{- $own := default dict $values.worker.env -}}
{{- if hasKey $own "WORKER_CONCURRENCY" -}}{{- $concurrency = $own.WORKER_CONCURRENCY -}}{{- end -}}
{{- /* Without a value, and with an empty one, the worker has its default. */ -}}
{{- $slots := include "clearcut.text" (default 2 $concurrency) -}}
{{- range $scaled.triggers -}}{{- $_ := set .metadata "targetQueryValue" $slots -}}{{- end -}}
{{- if gt (int $scaled.minReplicaCount) (int $scaled.maxReplicaCount) -}}
{{- fail (printf "keda.minReplicas must not be above keda.maxReplicas, and %d is above %d." (int $scaled.minReplicaCount) (int $scaled.maxReplicaCount)) -}}
{{- end -}}
{{- range (get $in.state "TriggerAuthentication/postgres").spec.secretTargetRef -}}{{- $_ := set . "name" $values.secret -}}{{- end -}}
{{- end -}}
{{- if $values.monitoring.enabled -}}
{{- range list "service-monitor" "prometheus-rule" -}}
{{- include "clearcut.load" (merge (dict "file" (printf "components/monitoring/%s.yaml" .)) $in) -}}
{{- end -}}
{{- with $values.monitoring.runbooks -}}
{{- $page := . -}}
{{- range (get $in.state "PrometheusRule/clearcut").spec.groups -}}
{{- range .rules -}}
{{- if .alert -}}{{- $_ := set .annotations "runbook_url" (printf "%s#%s" $page (lower .alert)) -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $boards := dict -}}
{{- range $path, $_ := .root.Files.Glob "components/monitoring/dashboards/*.json" -}}
{{- $_ := set $boards (base $path) ($in.root.Files.Get $path) -}}
{{- end -}}
{{- $labels := dict "grafana_dashboard" "1" -}}
{{- include "clearcut.configMap" (merge (dict "name" "clearcut-dashboards" "labels" $labels "data" $boards) $in) -}}
{{- end -}}
{{- end -}}

{{- define "clearcut.network" -}}
{{- $values := .root.Values -}}
{{- $state := .state -}}
{{- if $values.ingress.enabled -}}
{{- $ingress := get $state "Ingress/gateway" -}}
{{- $host := $values.ingress.host | default (urlParse .settings.PUBLIC_URL).hostname -}}
{{- if not $host -}}{{- fail "ingress needs a host: set settings.PUBLIC_URL or ingress.host." -}}{{- end -}}
{{- $_ := set $ingress.metadata "annotations" (merge (deepCopy $values.ingress.annotations) $ingress.metadata.annotations) -}}
{{- with $values.ingress.className -}}{{- $_ := set $ingress.spec "ingressClassName" . -}}{{- end -}}
{{- range $ingress.spec.rules -}}{{- $_ := set . "host" $host -}}{{- end -}}
{{- range $tls := $ingress.spec.tls -}}
{{- $_ := set $tls "hosts" (list $host) -}}
{{- with $values.ingress.tlsSecret -}}{{- $_ := set $tls "secretName" . -}}{{- end -}}
{{- end -}}
{{- if not $values.ingress.tls -}}{{- $_ := unset $ingress.spec "tls" -}}{{- end -}}
{{- end -}}
{{- if $values.networkPolicies.enabled -}}
{{- with $values.networkPolicies.storePorts -}}
{{- $ports := list -}}
{{- range . -}}{{- $ports = append $ports (dict "port" .) -}}{{- end -}}
{{- $_ := set (get $state "NetworkPolicy/stores").spec "egress" (list (dict "ports" $ports)) -}}
{{- end -}}
{{- with $values.networkPolicies.monitoringNamespace -}}
{{- $from := dict "namespaceSelector" (dict "matchLabels" (dict "kubernetes.io/metadata.name" .)) -}}
{{- range (get $state "NetworkPolicy/metrics").spec.ingress -}}{{- $_ := set . "from" (list $from) -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
