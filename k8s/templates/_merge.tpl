{{- /* Merges a patch into an object, as kustomize does: maps by key, the lists below by the key of their items; null removes,
and all else replaces. The result is JSON. */ -}}
{{- define "clearcut.merge" -}}
{{- $keys := dict "containers" "name" "initContainers" "name" "env" "name" "volumes" "name" "volumeMounts" "mountPath" -}}
{{- $merged := deepCopy .base -}}
{{- range $key, $value := .patch -}}
{{- $old := get $merged $key -}}
{{- if kindIs "invalid" $value -}}
{{- $_ := unset $merged $key -}}
{{- else if kindIs "map" $value -}}
{{- $from := ternary $old (dict) (kindIs "map" $old) -}}
{{- $_ := set $merged $key (include "clearcut.merge" (dict "base" $from "patch" $value) | fromJson) -}}
{{- else if and (kindIs "slice" $value) (kindIs "slice" $old) (hasKey $keys $key) -}}
{{- $items := include "clearcut.mergeItems" (dict "base" $old "patch" $value "by" (get $keys $key)) | fromJsonArray -}}
{{- $_ := set $merged $key $items -}}
{{- else -}}
{{- $_ := set $merged $key $value -}}
{{- end -}}
{{- end -}}
{{- toJson $merged -}}
{{- end -}}

{{- /* Items of the patch that the base lacks come first, so that its init containers do. */ -}}
{{- define "clearcut.mergeItems" -}}
{{- $patches := dict -}}
{{- $by := .by -}}
{{- range .patch -}}{{- $_ := set $patches (get . $by) . -}}{{- end -}}
{{- $merged := list -}}
{{- $known := list -}}
{{- range .base -}}
{{- $name := get . $by -}}
{{- $known = append $known $name -}}
{{- $patch := ternary (get $patches $name) (dict) (hasKey $patches $name) -}}
{{- $merged = append $merged (include "clearcut.merge" (dict "base" . "patch" $patch) | fromJson) -}}
{{- end -}}
{{- $added := list -}}
{{- range .patch -}}
{{- if not (has (get . $by) $known) -}}{{- $added = append $added . -}}{{- end -}}
{{- end -}}
{{- toJson (concat $added $merged) -}}
{{- end -}}

{{- /* Reads the objects of a file into `state`, by kind and name. */ -}}
{{- define "clearcut.load" -}}
{{- range $text := splitList "\n---\n" (.root.Files.Get .file) -}}
{{- $object := fromYaml $text -}}
{{- if not $object.kind -}}{{- fail (printf "%s has no object: %v" $.file $object) -}}{{- end -}}
{{- $_ := set $.state (printf "%s/%s" $object.kind $object.metadata.name) $object -}}
{{- end -}}
{{- end -}}

{{- /* Merges a patch into one of the objects. */ -}}
{{- define "clearcut.patch" -}}
{{- if not (hasKey .state .name) -}}{{- fail (printf "There is no object %s to patch." .name) -}}{{- end -}}
{{- $merged := include "clearcut.merge" (dict "base" (get .state .name) "patch" .patch) | fromJson -}}
{{- $_ := set .state .name $merged -}}
{{- end -}}

{{- /* Merges the patches of a component's file. */ -}}
{{- define "clearcut.component" -}}
{{- $patch := fromYaml (.root.Files.Get .file) -}}
{{- $name := printf "%s/%s" $patch.kind $patch.metadata.name -}}
{{- include "clearcut.patch" (dict "state" .state "name" $name "patch" $patch) -}}
{{- end -}}

{{- define "clearcut.configMap" -}}
{{- $metadata := dict "name" .name "labels" (.labels | default dict) -}}
{{- $object := dict "apiVersion" "v1" "kind" "ConfigMap" "metadata" $metadata "data" .data -}}
{{- $_ := set .state (printf "ConfigMap/%s" .name) $object -}}
{{- end -}}
