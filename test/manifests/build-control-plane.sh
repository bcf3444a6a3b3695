#!/usr/bin/env bash
# Builds etcd, parts of Kubernetes and KEDA from their Go modules, and takes the resource definitions of KEDA and the Prometheus
# operator from theirs. Usage: build-control-plane.sh FOLDER. KEDA=no builds no KEDA.
set -euo pipefail

folder=${1:?'the folder to build into'}
kubernetes=1.36.3 etcd=3.6.16 keda=2.18.0 operator=0.85.0

mkdir -p "$folder/crds"
folder=$(cd "$folder" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export GOFLAGS=-mod=mod

module_folder() { go mod download -json "$1" | sed -n 's/^\s*"Dir": "\(.*\)",$/\1/p'; }

# Kubernetes takes its parts from folders beside it. As modules of their own they have the same version, from 0.
mkdir "$work/kubernetes"
cd "$work/kubernetes"
source=$(module_folder "k8s.io/kubernetes@v$kubernetes")
{
  echo 'module build'
  sed -n '/^go /p' "$source/go.mod"
  echo "require k8s.io/kubernetes v$kubernetes"
  sed -n "s#^\s*\(k8s.io/[a-z-]*\) => ./staging.*#replace \1 => \1 v0.${kubernetes#1.}#p" "$source/go.mod"
} >go.mod
# Helm and the chart ask for its version.
version=k8s.io/component-base/version
for program in kube-apiserver kube-controller-manager; do
  go build -ldflags "-X $version.gitVersion=v$kubernetes" -o "$folder/$program" "k8s.io/kubernetes/cmd/$program"
done

mkdir "$work/etcd"
cd "$work/etcd"
printf 'module build\ngo 1.25\nrequire go.etcd.io/etcd/server/v3 v%s\n' "$etcd" >go.mod
go build -o "$folder/etcd" go.etcd.io/etcd/server/v3

# KEDA replaces modules, which counts in the main module only. So it is built in a copy of its folder.
cp -r "$(module_folder "github.com/kedacore/keda/v2@v$keda")" "$work/keda"
chmod -R u+w "$work/keda"
cd "$work/keda"
for program in operator adapter; do
  [[ ${KEDA:-yes} == no ]] || go build -ldflags '-s -w' -o "$folder/keda-$program" "./cmd/$program"
done

cd "$folder/crds"
cp "$work/keda"/config/crd/bases/*keda.sh_*.yaml .
definitions=$(module_folder "github.com/prometheus-operator/prometheus-operator@v$operator")/example/prometheus-operator-crd
cp "$definitions"/*_prometheusrules.yaml "$definitions"/*_servicemonitors.yaml .
chmod u+w ./*.yaml
