{{- /* A value as the text of a variable. Helm reads numbers as floats, which print as 1e+06. */ -}}
{{- define "clearcut.text" -}}
{{- if and (kindIs "float64" .) (eq (floor .) .) -}}{{ int64 . }}{{- else -}}{{ . }}{{- end -}}
{{- end -}}

{{- /* The environment of all programs, as JSON: base/clearcut.env, then the value `settings`. */ -}}
{{- define "clearcut.settings" -}}
{{- $settings := dict -}}
{{- $known := list -}}
{{- range $line := splitList "\n" (.Files.Get "base/clearcut.env") -}}
{{- if regexMatch "^(# )?[A-Z][A-Z0-9_]+=" $line -}}
{{- $pair := splitn "=" 2 (trimPrefix "# " $line) -}}
{{- $known = append $known $pair._0 -}}
{{- if not (hasPrefix "#" $line) -}}{{- $_ := set $settings $pair._0 $pair._1 -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- range $name, $value := .Values.settings -}}
{{- if not (has $name $known) -}}
{{- fail (printf "settings.%s is not a setting of all programs: docs/configuration.md lists them; secrets go into the secret." $name) -}}
{{- end -}}
{{- $_ := set $settings $name (include "clearcut.text" $value) -}}
{{- end -}}
{{- /* As the worker reads the list: without blanks and empty entries. */ -}}
{{- $models := list -}}
{{- range splitList "," $settings.WORKER_MODELS -}}{{- with trim . -}}{{- $models = append $models . -}}{{- end -}}{{- end -}}
{{- $_ := set $settings "WORKER_MODELS" (join "," $models) -}}
{{- if not (regexMatch "^[\\w:@.,-]+$" $settings.WORKER_MODELS) -}}
{{- fail "settings.WORKER_MODELS takes AIR ids with commas between them." -}}
{{- end -}}
{{- if and .Values.keda.enabled (not (regexMatch "^([^:@,]+:[^:@,]+@[^:@,]+(,|$))+$" $settings.WORKER_MODELS)) -}}
{{- fail (printf "KEDA counts tasks by AIR ids, such as acme:1@1, and settings.WORKER_MODELS is %s." $settings.WORKER_MODELS) -}}
{{- end -}}
{{- toJson $settings -}}
{{- end -}}

{{- /* Sets the images, the secret and the models wherever an object names them. Takes and returns JSON. */ -}}
{{- define "clearcut.named" -}}
{{- $values := .root.Values -}}
{{- $text := .text -}}
{{- $tag := .tag | default $values.images.tag | default .root.Chart.AppVersion -}}
{{- range $image := list "gateway" "dispatcher" "worker-cpu" "worker-gpu" "migrate" "models" "weights" -}}
{{- $digest := get $values.images.digests $image -}}
{{- $version := ternary (printf "@%s" $digest) (printf ":%s" $tag) (ne $digest "") -}}
{{- $named := printf "%s/%s%s" $values.images.registry $image $version -}}
{{- $text = $text | replace (printf "\"clearcut/%s\"" $image) (quote $named) -}}
{{- end -}}
{{- $text = regexReplaceAll "(\"secretKeyRef\":{\"key\":\"[A-Z0-9_]+\",\"name\":)\"clearcut\"" $text (printf "${1}%s" (quote $values.secret)) -}}
{{- $text | replace "'WORKER_MODELS'" (printf "'%s'" .settings.WORKER_MODELS) -}}
{{- end -}}
