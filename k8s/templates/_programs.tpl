{{- /* Sets in the pods what values say. */ -}}
{{- define "clearcut.programs" -}}
{{- $values := .root.Values -}}
{{- $in := . -}}
{{- $checksum := sha256sum (toJson .settings) -}}
{{- range $name := list "gateway" "dispatcher" "worker" -}}
{{- $of := get $values $name -}}
{{- $program := dict "name" $name "values" $of "checksum" $checksum -}}
{{- $_ := set $program "isScaled" (and (eq $name "worker") $values.keda.enabled) -}}
{{- $_ := set $program "runtimeClass" (ternary $values.runtimeClass "" (eq $name "worker")) -}}
{{- $patch := include "clearcut.program" $program | fromYaml -}}
{{- include "clearcut.patch" (merge (dict "name" (printf "Deployment/%s" $name) "patch" $patch) $in) -}}
{{- include "clearcut.tolerate" (merge (dict "name" (printf "Deployment/%s" $name) "tolerations" $of.tolerations) $in) -}}
{{- if and (eq $name "worker") $values.prepull.enabled -}}
{{- include "clearcut.tolerate" (merge (dict "name" "DaemonSet/prepull" "tolerations" $of.tolerations) $in) -}}
{{- end -}}
{{- with $of.serviceAccountAnnotations -}}
{{- $patch := dict "metadata" (dict "annotations" .) -}}
{{- include "clearcut.patch" (merge (dict "name" (printf "ServiceAccount/%s" $name) "patch" $patch) $in) -}}
{{- end -}}
{{- if not $of.disruptionBudget -}}{{- $_ := unset $in.state (printf "PodDisruptionBudget/%s" $name) -}}{{- end -}}
{{- end -}}
{{- end -}}

{{- /* In addition to those that the component of the device brings. */ -}}
{{- define "clearcut.tolerate" -}}
{{- if .tolerations -}}
{{- $pod := (get .state .name).spec.template.spec -}}
{{- $_ := set $pod "tolerations" (concat ($pod.tolerations | default list) .tolerations) -}}
{{- end -}}
{{- end -}}

{{- define "clearcut.program" -}}
spec:
  {{- if and (ne (toString .values.replicas) "<nil>") (not .isScaled) }}
  replicas: {{ .values.replicas }}
  {{- end }}
  template:
    metadata:
      annotations:
        checksum/settings: {{ .checksum }}
        {{- with .values.podAnnotations }}{{ toYaml . | nindent 8 }}{{ end }}
    spec:
      {{- with .values.nodeSelector }}
      nodeSelector: {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .values.affinity }}
      affinity: {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .runtimeClass }}
      runtimeClassName: {{ . }}
      {{- end }}
      containers:
        - name: {{ .name }}
          {{- with .values.resources }}
          resources: {{- toYaml . | nindent 12 }}
          {{- end }}
          {{- with .values.env }}
          env:
            {{- range $name, $value := . }}
            - { name: {{ $name }}, value: {{ include "clearcut.text" $value | quote }}, valueFrom: null }
            {{- end }}
          {{- end }}
{{- end -}}

{{- /* What every object gets. */ -}}
{{- define "clearcut.common" -}}
{{- $values := .root.Values -}}
{{- $secrets := list -}}
{{- range $values.images.pullSecrets -}}{{- $secrets = append $secrets (dict "name" .) -}}{{- end -}}
{{- range $name, $object := .state -}}
{{- $_ := set $object.metadata "labels" (merge (dict "app.kubernetes.io/part-of" "clearcut") ($object.metadata.labels | default dict)) -}}
{{- if and $secrets (has $object.kind (list "Deployment" "DaemonSet" "Job")) -}}
{{- $_ := set $object.spec.template.spec "imagePullSecrets" $secrets -}}
{{- end -}}
{{- end -}}
{{- /* Each release has a migration of its own. */ -}}
{{- $tag := $values.images.tag | default .root.Chart.AppVersion | lower -}}
{{- $_ := set (get .state "Job/migrate").metadata "name" (printf "migrate-%s" (regexReplaceAll "[^a-z0-9]+" $tag "-")) -}}
{{- end -}}
